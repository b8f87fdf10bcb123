/* batch: every record is a row, and a batch is kept whole or not at all. */
#include "store/batch.h"

#include "store/row.h"
#include "store/schema.h"
#include "store_rig.h"

#include <string.h>

static struct opened it;
static struct batch batch;

static int setup(void **state)
{
	if (rig_setup(state))
		return -1;
	rig_open(&it);
	rig_begin();
	return batch_init(&batch, &it.db, NULL) == ERR_NONE ? 0 : -1;
}

static int teardown(void **state)
{
	batch_wipe(&batch);
	opening_end(&it);
	return rig_teardown(state);
}

static void keep(uint64_t number)
{
	if (batch_keep(&batch, &it.db, rig_records(), number) != ERR_NONE)
		fail_msg("%s", it.db.why.text);
	rig_begin();
}

static void refused(enum err expected, uint64_t number)
{
	assert_int_equal(batch_keep(&batch, &it.db, rig_records(), number), expected);
	assert_true(it.db.why.text[0]);
	rig_begin();
}

static void events_lie_by_room_and_number(void **state)
{
	(void)state;
	rig_put_talk(2, 1, "in the second");
	rig_put_talk(1, 1, "hello");
	rig_put_talk(1, 2, "again");
	keep(1);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 3);
	assert_int_equal(rig_number("SELECT max(id) FROM events WHERE id < 2 << 33"),
			 schema_id(1, 2));
	assert_int_equal(rig_number("SELECT time FROM events WHERE id = (1 << 33) + 2"), 5002);
	assert_int_equal(rig_number("SELECT kind FROM events WHERE id = (1 << 33) + 2"),
			 EVENT_TALK);
	assert_int_equal(rig_number("SELECT value FROM meta WHERE name = 'batch'"), 1);
}

static void an_event_is_read_as_it_was_written(void **state)
{
	struct slice frame;
	struct row_event e;
	sqlite3_stmt *s;
	bool row;

	(void)state;
	rig_put_talk(1, 1, "你好");
	keep(1);
	assert_int_equal(db_prepare(&it.db, "SELECT " ROW_EVENT " FROM events", &s), ERR_NONE);
	assert_int_equal(db_next(&it.db, s, &row), ERR_NONE);
	assert_int_equal(row_get_event(&it.db, s, &e), ERR_NONE);
	frame = rig_talk(1, 1, "你好");
	assert_int_equal(e.frame.len, frame.len);
	assert_memory_equal(e.frame.data, frame.data, frame.len);
	assert_memory_equal(e.author.data, rig_alice, OWNER_BYTES);
	sqlite3_finalize(s);
	rig_sql("UPDATE events SET frame = CAST(replace(frame, 'alice', 'alicf') AS BLOB)");
	assert_int_equal(db_prepare(&it.db, "SELECT " ROW_EVENT " FROM events", &s), ERR_NONE);
	assert_int_equal(db_next(&it.db, s, &row), ERR_NONE);
	assert_int_equal(row_get_event(&it.db, s, &e), ERR_MALFORMED);
	assert_non_null(strstr(it.db.why.text, "event 1 of room 1"));
	sqlite3_finalize(s);
}

static void a_number_is_given_once(void **state)
{
	(void)state;
	rig_put_talk(1, 1, "first");
	keep(1);
	rig_put_talk(1, 2, "new");
	rig_put_talk(1, 1, "another first");
	refused(ERR_SYSTEM, 2);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 1);
	assert_int_equal(rig_number("SELECT value FROM meta WHERE name = 'batch'"), 1);
}

static void what_is_no_record_takes_the_batch_with_it(void **state)
{
	struct record r = {.kind = RECORD_EVENT, .event = {.room = 1, .seq = 3}};
	struct slice all;

	(void)state;
	rig_put_talk(1, 1, "fine");
	rig_put_talk(1, 2, "cut");
	all = rig_records();
	all.len--;
	assert_int_equal(batch_keep(&batch, &it.db, all, 1), ERR_MALFORMED);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 0);
	r.event.frame = slice_of("x", 1);
	rig_put(&r);
	refused(ERR_MALFORMED, 1);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 0);
	rig_put_talk(1, 1, "and it goes on");
	keep(1);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 1);
}

static void a_rewrite_replaces_the_text_and_keeps_the_author(void **state)
{
	struct row_event e;
	sqlite3_stmt *s;
	bool row;

	(void)state;
	rig_put_talk(1, 1, "a secret that was said");
	keep(1);
	rig_put_rewrite(1, 1, "nothing");
	rig_put_rewrite(1, 9, "was never there, or is gone");
	keep(2);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 1);
	assert_int_equal(rig_number("SELECT count(*) FROM events WHERE instr(frame, 'secret')"), 0);
	assert_int_equal(db_prepare(&it.db, "SELECT " ROW_EVENT " FROM events", &s), ERR_NONE);
	assert_int_equal(db_next(&it.db, s, &row), ERR_NONE);
	assert_int_equal(row_get_event(&it.db, s, &e), ERR_NONE);
	assert_memory_equal(e.author.data, rig_alice, OWNER_BYTES);
	sqlite3_finalize(s);
}

static void a_room_changes_but_not_where_it_begins(void **state)
{
	(void)state;
	rig_put_room(1, "lobby");
	keep(1);
	rig_sql("UPDATE rooms SET first = 50");
	rig_put_room(1, "#lobby");
	keep(2);
	assert_int_equal(rig_number("SELECT first FROM rooms WHERE name = '#lobby'"), 50);
	assert_int_equal(rig_number("SELECT count(*) FROM rooms"), 1);
}

static void put_name(const char *name, int64_t last, enum record_kind kind)
{
	struct record r = {.kind = kind};

	r.name.name = slice_of(name, strlen(name));
	memcpy(r.name.owner, rig_alice, OWNER_BYTES);
	r.name.last = last;
	rig_put(&r);
}

/* Who was written down last is last, whatever its name is. */
static void names_come_change_and_go(void **state)
{
	(void)state;
	put_name("a'; DROP TABLE names; --", 1, RECORD_NAME);
	put_name("alice", 2, RECORD_NAME);
	put_name("bob", 3, RECORD_NAME);
	put_name("alice", 4, RECORD_NAME);
	put_name("bob", 0, RECORD_NAME_GONE);
	keep(1);
	assert_int_equal(rig_number("SELECT count(*) FROM names"), 2);
	assert_int_equal(rig_number("SELECT last FROM names ORDER BY rowid DESC LIMIT 1"), 4);
}

static void senders_and_members_come_and_go(void **state)
{
	struct record s = {.kind = RECORD_SENDER, .sender = {.instance = UINT64_MAX, .newest = 5}};
	struct record p = {.kind = RECORD_PRESENT, .present = {.room = 1, .instance = 7}};

	(void)state;
	p.present.name = slice_of("alice", 5);
	rig_put(&s);
	rig_put(&s);
	rig_put(&p);
	p.present.room = 2;
	rig_put(&p);
	keep(1);
	assert_int_equal(rig_number("SELECT count(*) FROM senders WHERE instance = -1"), 1);
	assert_int_equal(rig_number("SELECT count(*) FROM present"), 2);
	s.kind = RECORD_SENDER_GONE;
	p.kind = RECORD_ABSENT;
	rig_put(&s);
	rig_put(&p);
	keep(2);
	assert_int_equal(rig_number("SELECT count(*) FROM senders"), 0);
	assert_int_equal(rig_number("SELECT room FROM present"), 1);
}

static void an_empty_batch_is_one(void **state)
{
	(void)state;
	keep(41);
	assert_int_equal(rig_number("SELECT value FROM meta WHERE name = 'batch'"), 41);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(events_lie_by_room_and_number),
		TEST(an_event_is_read_as_it_was_written),
		TEST(a_number_is_given_once),
		TEST(what_is_no_record_takes_the_batch_with_it),
		TEST(a_rewrite_replaces_the_text_and_keeps_the_author),
		TEST(a_room_changes_but_not_where_it_begins),
		TEST(names_come_change_and_go),
		TEST(senders_and_members_come_and_go),
		TEST(an_empty_batch_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
