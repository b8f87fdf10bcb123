/* restore: what a hub had kept is what the next one is told; what is missing is not passed over. */
#include "store/restore.h"

#include "store/batch.h"
#include "store_rig.h"

#include <stdlib.h>
#include <string.h>

static struct opened it;
static uint8_t *records;
static struct slice rest; /* of them */
static struct record next_record;

static int setup(void **state)
{
	if (rig_setup(state))
		return -1;
	rig_open(&it);
	rig_begin();
	return 0;
}

static int teardown(void **state)
{
	free(records);
	records = NULL;
	opening_end(&it);
	return rig_teardown(state);
}

static void keep(void)
{
	static uint64_t number;
	struct batch batch;

	assert_int_equal(batch_init(&batch, &it.db, NULL), ERR_NONE);
	if (batch_keep(&batch, &it.db, rig_records(), ++number) != ERR_NONE)
		fail_msg("%s", it.db.why.text);
	batch_wipe(&batch);
	rig_begin();
}

static enum err restore(void)
{
	size_t len;
	enum err e;

	free(records);
	e = restore_read(&it.db, it.epoch, &records, &len);
	rest = slice_of(records, len);
	return e;
}

static void restored(void)
{
	if (restore() != ERR_NONE)
		fail_msg("%s", it.db.why.text);
}

static const struct record *next(enum record_kind kind)
{
	assert_int_equal(record_get(&rest, &next_record), ERR_NONE);
	assert_int_equal(next_record.kind, kind);
	return &next_record;
}

static void is_text(struct slice s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	if (s.len > 0)
		assert_memory_equal(s.data, text, s.len);
}

static void an_empty_log_has_its_epoch(void **state)
{
	(void)state;
	restored();
	assert_int_equal(next(RECORD_META)->epoch, RIG_EPOCH);
	assert_int_equal(rest.len, 0);
}

static void put_direct(void)
{
	static uint8_t key[KEY_BYTES] = {9, 8, 7};
	struct record r = {.kind = RECORD_ROOM};

	r.room.number = 3;
	r.room.kind = RECORD_DIRECT;
	r.room.topic = slice_of("of two", 6);
	r.room.password = slice_of(key, sizeof(key));
	r.room.keep_days = RECORD_KEEP_FOREVER;
	r.room.made_ms = 12345;
	memcpy(r.room.owners[0], rig_alice, OWNER_BYTES);
	r.room.owners[1][31] = 5;
	r.room.names[0] = slice_of("alice", 5);
	r.room.names[1] = slice_of("小明", 6);
	rig_put(&r);
}

static void rooms_come_back_with_their_ends_and_newest_events(void **state)
{
	const struct record *r;

	(void)state;
	put_direct();
	rig_put_room(1, "#lobby");
	for (uint64_t seq = 1; seq <= RESTORE_EVENTS + 10; seq++)
		rig_put_talk(1, seq, "hello");
	rig_put_talk(3, 1, "a whisper");
	keep();
	restored();
	next(RECORD_META);
	r = next(RECORD_ROOM);
	assert_int_equal(r->room.number, 1);
	is_text(r->room.name, "#lobby");
	assert_int_equal(r->room.head, RESTORE_EVENTS + 10);
	assert_int_equal(r->room.first, 1);
	for (uint64_t seq = 11; seq <= RESTORE_EVENTS + 10; seq++) {
		struct slice wanted = rig_talk(1, seq, "hello");
		r = next(RECORD_EVENT);
		assert_int_equal(r->event.seq, seq);
		assert_memory_equal(r->event.author, rig_alice, OWNER_BYTES);
		assert_int_equal(r->event.frame.len, wanted.len);
		assert_memory_equal(r->event.frame.data, wanted.data, wanted.len);
	}
	r = next(RECORD_ROOM);
	assert_int_equal(r->room.number, 3);
	assert_int_equal(r->room.kind, RECORD_DIRECT);
	is_text(r->room.topic, "of two");
	assert_int_equal(r->room.password.len, KEY_BYTES);
	assert_int_equal(r->room.password.data[1], 8);
	assert_true(r->room.keep_days == RECORD_KEEP_FOREVER);
	assert_int_equal(r->room.made_ms, 12345);
	assert_memory_equal(r->room.owners[0], rig_alice, OWNER_BYTES);
	assert_int_equal(r->room.owners[1][31], 5);
	is_text(r->room.names[1], "小明");
	assert_int_equal(r->room.head, 1);
	assert_int_equal(next(RECORD_EVENT)->event.room, 3);
	assert_int_equal(rest.len, 0);
}

static void a_room_without_events_goes_on_where_it_was(void **state)
{
	const struct record *r;

	(void)state;
	rig_put_room(1, "#lobby");
	rig_put_room(7, "#new");
	for (uint64_t seq = 1; seq <= 5; seq++)
		rig_put_talk(1, seq, "hello");
	keep();
	rig_sql("DELETE FROM events; UPDATE rooms SET first = 6 WHERE number = 1");
	restored();
	next(RECORD_META);
	r = next(RECORD_ROOM);
	assert_int_equal(r->room.head, 5);
	assert_int_equal(r->room.first, 6);
	r = next(RECORD_ROOM);
	assert_int_equal(r->room.head, 0);
	assert_int_equal(r->room.first, 1);
	assert_int_equal(rest.len, 0);
}

static void people_come_back_in_their_order(void **state)
{
	struct record n = {.kind = RECORD_NAME};
	struct record s = {.kind = RECORD_SENDER, .sender = {.newest = 8, .seqs = {80, 0, 78}}};
	struct record p = {.kind = RECORD_PRESENT,
			   .present = {.room = 1, .instance = 1, .lost = true}};
	const struct record *r;

	(void)state;
	memcpy(n.name.owner, rig_alice, OWNER_BYTES);
	n.name.first = 1;
	n.name.last = 2;
	n.name.used = 3;
	n.name.name = slice_of("zoe", 3);
	rig_put(&n);
	n.name.name = slice_of("alice", 5);
	rig_put(&n);
	s.sender.instance = UINT64_MAX - 1;
	rig_put(&s);
	s.sender.left = true;
	s.sender.instance = 2;
	rig_put(&s);
	p.present.name = slice_of("zoe", 3);
	rig_put(&p);
	keep();
	restored();
	next(RECORD_META);
	is_text(next(RECORD_NAME)->name.name, "zoe");
	r = next(RECORD_NAME);
	is_text(r->name.name, "alice");
	assert_int_equal(r->name.first, 1);
	assert_int_equal(r->name.last, 2);
	assert_int_equal(r->name.used, 3);
	assert_true(next(RECORD_SENDER)->sender.instance == UINT64_MAX - 1);
	r = next(RECORD_SENDER);
	assert_true(r->sender.left);
	assert_int_equal(r->sender.newest, 8);
	assert_int_equal(r->sender.seqs[0], 80);
	assert_int_equal(r->sender.seqs[2], 78);
	r = next(RECORD_PRESENT);
	is_text(r->present.name, "zoe");
	assert_int_equal(r->present.instance, 1);
	assert_true(r->present.lost);
	assert_int_equal(rest.len, 0);
}

/* All that is not what was written has to be noticed: a start without it would go on without it. */
static void what_is_damaged_is_refused(void **state)
{
	static const char *const damages[] = {
		"UPDATE events SET sum = sum + 1 WHERE id = (1 << 33) + 2",
		"UPDATE events SET author = x'00' WHERE id = (1 << 33) + 2",
		"DELETE FROM events WHERE id = (1 << 33) + 1",
		"UPDATE rooms SET first = 0",
		"UPDATE rooms SET number = 1 << 30",
		"UPDATE rooms SET owner_a = x'00'",
		"UPDATE rooms SET password = x'00'",
		"UPDATE rooms SET name = printf('%.1000c', 'x')",
		"INSERT INTO names VALUES('x', x'00', 1, 2, 3)",
		"INSERT INTO names VALUES(printf('%.1000c', 'x'), zeroblob(32), 1, 2, 3)",
		"INSERT INTO senders VALUES(zeroblob(32), 1, x'05')",
		"INSERT INTO senders VALUES(zeroblob(31), 1, x'0001')",
		"INSERT INTO present VALUES(0, 'x', zeroblob(32), 1, 0)",
		"INSERT INTO present VALUES(1, 'x', zeroblob(33), 1, 0)",
	};

	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		rig_put_room(1, "#lobby");
		for (uint64_t seq = 1; seq <= 3; seq++)
			rig_put_talk(1, seq, "hello");
		keep();
		restored();
		rig_sql(damages[i]);
		if (restore() != ERR_MALFORMED)
			fail_msg("not noticed: %s", damages[i]);
		assert_null(records);
		assert_true(it.db.why.text[0]);
		teardown(state);
		setup(state);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_log_has_its_epoch),
		TEST(rooms_come_back_with_their_ends_and_newest_events),
		TEST(a_room_without_events_goes_on_where_it_was),
		TEST(people_come_back_in_their_order),
		TEST(what_is_damaged_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
