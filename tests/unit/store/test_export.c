/* store/export: a room as JSON lines, beside a server or without one. */
#include "store/export.h"

#include "store/batch.h"

#include "store_rig.h"

#include <stdlib.h>
#include <string.h>

static struct opened it;
static struct batch batch;
static uint64_t number;
static char *text;
static size_t size;

static int setup(void **state)
{
	if (rig_setup(state))
		return -1;
	rig_open(&it);
	number = 0;
	rig_begin();
	return batch_init(&batch, &it.db, NULL) == ERR_NONE ? 0 : -1;
}

static void close_it(void)
{
	batch_wipe(&batch);
	opening_end(&it);
}

static int teardown(void **state)
{
	free(text);
	text = NULL;
	close_it();
	return rig_teardown(state);
}

static void keep(void)
{
	if (batch_keep(&batch, &it.db, rig_records(), ++number) != ERR_NONE)
		fail_msg("%s", it.db.why.text);
	rig_begin();
}

static enum err export(const char *room) {
	FILE *out; enum err e;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	rig_why.text[0] = '\0';
	e = export_room(rig_dir, room, out, &rig_why);
	assert_int_equal(fclose(out), 0);
	return e;
}

static void put_event(enum event_kind kind, uint64_t seq, const char *from, const char *words)
{
	struct record r = {.kind = RECORD_EVENT, .event = {.room = 2, .seq = seq}};
	uint8_t bytes[512];
	struct buf b = buf_of(bytes, sizeof(bytes));
	const struct event e = {.room = 2,
				.seq = seq,
				.kind = kind,
				.time_ms = INT64_C(1795244400123),
				.target = kind == EVENT_EDITED ? seq + 1 : 1,
				.from = slice_of(from, strlen(from)),
				.text = slice_of(words, strlen(words))};

	event_put(&b, &e);
	r.event.frame = slice_of(b.data, b.len);
	rig_put(&r);
}

/* The next line; each event's has the room and the time in the same place. */
static void next_is(char **at, const char *before, const char *after)
{
	char want[512];
	char *end = strchr(*at, '\n');

	assert_non_null(end);
	*end = '\0';
	(void)snprintf(want, sizeof(want), "{%s,\"time\":\"2026-11-21T07:00:00.123Z\"%s}", before,
		       after);
	assert_string_equal(*at, want);
	*at = end + 1;
}

#define EVENT(seq, rest) "\"seq\":" seq ",\"room\":\"Büro\",\"kind\":" rest

static void a_room_comes_out_as_the_client_prints_it(void **state)
{
	char *at;

	(void)state;
	rig_put_room(1, "#lobby");
	rig_put_room(2, "#Büro");
	rig_put_talk(1, 1, "elsewhere");
	put_event(EVENT_OPEN, 1, "alice", "#Büro");
	put_event(EVENT_JOIN, 2, "alice", "");
	put_event(EVENT_EDITED, 3, "alice", "你\"好\"\x1b[31m");
	put_event(EVENT_EDIT, 4, "alice", "x");
	put_event(EVENT_RECALLED, 5, "bob", "");
	put_event(EVENT_ANNOUNCE, 6, "", "九点停机");
	keep();
	assert_int_equal(export("Büro"), ERR_NONE);
	at = text;
	next_is(&at, EVENT("1", "\"open\",\"from\":\"alice\""), "");
	next_is(&at, EVENT("2", "\"join\",\"from\":\"alice\""), "");
	next_is(&at, EVENT("3", "\"talk\",\"from\":\"alice\""),
		",\"text\":\"你\\\"好\\\"\\u001b[31m\",\"edited\":true");
	next_is(&at, EVENT("4", "\"edit\",\"from\":\"alice\""), ",\"target\":1,\"text\":\"x\"");
	next_is(&at, EVENT("5", "\"recalled\",\"from\":\"bob\""), "");
	next_is(&at, EVENT("6", "\"announce\""), ",\"text\":\"九点停机\"");
	assert_string_equal(at, "");
	assert_int_equal(export("lobby"), ERR_NONE);
	assert_non_null(strstr(text, "\"room\":\"lobby\""));
	assert_null(strstr(text, "\"room\":\"Büro\""));
}

static void rooms_are_found_as_names_are_compared(void **state)
{
	static const char *const names[] = {"#Büro", "büro", "ＢÜRO", "#BU\u0308RO"};

	(void)state;
	rig_put_room(2, "#Büro");
	put_event(EVENT_JOIN, 1, "alice", "");
	keep();
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(export(names[i]), ERR_NONE);
		assert_true(size > 0);
	}
}

static void a_long_one_comes_out_whole(void **state)
{
	enum { EVENTS = 1234 };
	size_t lines = 0;

	(void)state;
	rig_put_room(1, "#lobby");
	for (uint64_t seq = 1; seq <= EVENTS; seq++)
		rig_put_talk(1, seq, "hello");
	keep();
	rig_sql("DELETE FROM events WHERE id < (1 << 33) + 101"); /* as if they were too old */
	assert_int_equal(export("lobby"), ERR_NONE);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, EVENTS - 100);
	assert_int_equal(strncmp(text, "{\"seq\":101,", 11), 0);
	close_it(); /* and without a server */
	assert_int_equal(export("lobby"), ERR_NONE);
	assert_int_equal(strncmp(text, "{\"seq\":101,", 11), 0);
	rig_open(&it);
	assert_int_equal(batch_init(&batch, &it.db, NULL), ERR_NONE);
}

static void what_cannot_be_exported_is_told(void **state)
{
	struct record of_two = {.kind = RECORD_ROOM, .room = {.number = 3, .kind = RECORD_DIRECT}};
	static const char *const names[] = {
		"#dev", "", "#", "no name", "'; DROP TABLE rooms; --", "%", "\xff"};

	(void)state;
	rig_put_room(1, "#lobby");
	of_two.room.names[0] = slice_of("alice", 5);
	of_two.room.names[1] = slice_of("bob", 3);
	rig_put(&of_two);
	rig_put_talk(3, 1, "secret");
	rig_put_talk(1, 1, "hello");
	keep();
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(export(names[i]), ERR_NOT_FOUND);
		assert_said("has no room");
		assert_int_equal(size, 0);
	}
	assert_int_equal(export("@bob"), ERR_NOT_FOUND);
	assert_said("between two");
	rig_sql("UPDATE events SET sum = 1 WHERE id >> 33 = 1");
	assert_int_equal(export("lobby"), ERR_MALFORMED);
	assert_said("event 1 of room 1");
	assert_int_equal(rig_number("SELECT count(*) FROM rooms"), 2);
}

static void where_there_is_nothing_nothing_is_made(void **state)
{
	struct db_why why;

	(void)state;
	assert_int_equal(export_room("/nonexistent", "lobby", stdout, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "no history"));
	rig_sql("PRAGMA user_version = 1000");
	assert_int_equal(export("lobby"), ERR_TOO_BIG);
	assert_said("newer");
	rig_sql("PRAGMA user_version = 1; PRAGMA application_id = 7");
	assert_int_equal(export("lobby"), ERR_EXISTS);
	assert_said("no history of a chat-server");
}

static void a_reader_that_takes_no_more_is_told(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	rig_put_room(1, "#lobby");
	rig_put_talk(1, 1, "hello");
	keep();
	assert_int_equal(export_room(rig_dir, "lobby", full, &rig_why), ERR_CLOSED);
	assert_said("No space left");
	fclose(full);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(a_room_comes_out_as_the_client_prints_it),
		EACH(rooms_are_found_as_names_are_compared),
		EACH(a_long_one_comes_out_whole),
		EACH(what_cannot_be_exported_is_told),
		EACH(where_there_is_nothing_nothing_is_made),
		EACH(a_reader_that_takes_no_more_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
