/* opening: a history is taken as it was left, or there is a sentence; it is never begun anew. */
#include "store/opening.h"

#include "store/schema.h"
#include "store_rig.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct opened it;

/* One batch, as the writer commits it. */
static void commit(uint64_t batch)
{
	assert_int_equal(db_begin(&it.db), ERR_NONE);
	assert_int_equal(schema_put(&it.db, "batch", (int64_t)batch), ERR_NONE);
	assert_int_equal(schema_put(&it.db, "filler", (int64_t)batch * 1000), ERR_NONE);
	assert_int_equal(db_commit(&it.db), ERR_NONE);
	claim_note_batch(&it.claim, batch);
}

/* A log of three batches. */
static void make(bool ended)
{
	rig_open(&it);
	for (uint64_t batch = 1; batch <= 3; batch++)
		commit(batch);
	if (ended)
		opening_end(&it);
	else
		opening_drop(&it);
}

static int64_t meta(const char *name)
{
	int64_t v;

	assert_int_equal(schema_get(&it.db, name, -1, &v), ERR_NONE);
	return v;
}

static void refused(enum err expected)
{
	assert_int_equal(rig_try(&it), expected);
	assert_null(it.db.sql);
	assert_int_equal(it.claim.fd, -1);
	assert_true(rig_why.text[0]);
}

static void a_log_begins_and_goes_on(void **state)
{
	(void)state;
	rig_open(&it);
	assert_int_equal(it.epoch, RIG_EPOCH);
	assert_int_equal(meta("clean"), 0);
	commit(1);
	opening_end(&it);
	assert_int_equal(rig_size("room.db-wal"), 0);
	assert_int_equal(rig_number("SELECT value FROM meta WHERE name = 'clean'"), 1);

	struct opening other = {.dir = rig_dir, .new_epoch = 888};
	assert_int_equal(opening_begin(&it, &other, &rig_why), ERR_NONE);
	assert_int_equal(it.epoch, RIG_EPOCH);
	assert_int_equal(meta("batch"), 1);
	assert_int_equal(meta("clean"), 0);
	opening_end(&it);
}

static void its_files_are_for_their_owner_alone(void **state)
{
	static const char *const names[] = {"room.db", "room.db-wal", "room.db-shm", "lock"};
	mode_t before = umask(0);
	struct stat st;

	(void)state;
	rig_open(&it);
	umask(before);
	commit(1);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(stat(rig_path(names[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	opening_end(&it);
}

static void a_second_server_is_refused(void **state)
{
	struct opened other;

	(void)state;
	make(true);
	rig_open(&it);
	assert_int_equal(rig_try(&other), ERR_EXISTS);
	assert_said("another server is at work");
	commit(4);
	opening_end(&it);
}

static void after_a_crash_everything_is_there(void **state)
{
	(void)state;
	make(false);
	assert_true(rig_size("room.db-wal") > 0);
	rig_open(&it);
	assert_int_equal(meta("batch"), 3);
	assert_int_equal(it.epoch, RIG_EPOCH);
	opening_end(&it);
}

/* The one commit that the note has not heard of. */
static void the_note_may_be_behind(void **state)
{
	(void)state;
	make(true);
	rig_open(&it);
	commit(4);
	claim_note_batch(&it.claim, 3);
	opening_drop(&it);
	rig_open(&it);
	assert_int_equal(meta("batch"), 4);
	assert_int_equal(it.epoch, RIG_EPOCH);
	opening_end(&it);
}

static void last_writes_that_are_gone_are_missed(void **state)
{
	size_t whole;

	(void)state;
	make(false);
	whole = rig_size("room.db-wal");
	rig_truncate("room.db-wal", whole - 100);
	refused(ERR_MALFORMED);
	assert_said("the last 1 writes");
	assert_said("remove the file lock");
	refused(ERR_MALFORMED); /* it is not forgotten by asking */

	assert_int_equal(unlink(rig_path("lock")), 0);
	struct opening wanted = {.dir = rig_dir, .new_epoch = 888};
	assert_int_equal(opening_begin(&it, &wanted, &rig_why), ERR_NONE);
	assert_int_equal(meta("batch"), 2);
	assert_int_equal(it.epoch, 888);
	opening_end(&it);
	rig_open(&it);
	assert_int_equal(it.epoch, 888);
	opening_end(&it);
}

static void a_wal_that_is_gone_or_flipped_is_missed(void **state)
{
	(void)state;
	make(false);
	rig_copy("room.db-wal", "kept");
	rig_flip("room.db-wal", rig_size("room.db-wal") - 50);
	refused(ERR_MALFORMED);
	assert_int_equal(unlink(rig_path("room.db-wal")), 0);
	refused(ERR_MALFORMED);
	assert_said("the last 3 writes");
	rig_copy("kept", "room.db-wal");
	rig_open(&it);
	assert_int_equal(meta("batch"), 3);
	opening_end(&it);
}

static void lazy_durability_may_lose_the_last(void **state)
{
	struct opening wanted = {.dir = rig_dir, .lazy = true, .new_epoch = 5};

	(void)state;
	make(true);
	assert_int_equal(opening_begin(&it, &wanted, &rig_why), ERR_NONE);
	assert_int_equal(it.epoch, RIG_EPOCH);
	commit(4);
	commit(5);
	opening_drop(&it);
	rig_truncate("room.db-wal", rig_size("room.db-wal") - 100);
	assert_int_equal(opening_begin(&it, &wanted, &rig_why), ERR_NONE);
	assert_int_equal(meta("batch"), 4);
	assert_int_equal(it.epoch, 5);
	opening_end(&it);
}

static void a_database_that_is_gone_is_missed(void **state)
{
	(void)state;
	make(true);
	rig_copy("room.db", "kept");
	rig_truncate("room.db", 0);
	refused(ERR_NOT_FOUND);
	assert_said("gone or empty");
	assert_int_equal(unlink(rig_path("room.db")), 0);
	refused(ERR_NOT_FOUND);
	assert_said("begin without");
	rig_copy("kept", "room.db");
	rig_open(&it);
	assert_int_equal(meta("batch"), 3);
	opening_end(&it);
}

/* Of one that was cut to nothing SQLite would throw away what it still has in its WAL. */
static void what_is_left_of_it_is_left(void **state)
{
	size_t wal;

	(void)state;
	make(false);
	wal = rig_size("room.db-wal");
	rig_truncate("room.db", 0);
	refused(ERR_NOT_FOUND);
	assert_int_equal(rig_size("room.db-wal"), wal);
}

static void one_that_was_cut_short_is_damaged(void **state)
{
	(void)state;
	make(true);
	for (size_t size = rig_size("room.db") - 1; size > 0; size /= 2) {
		rig_truncate("room.db", size);
		assert_int_not_equal(rig_try(&it), ERR_NONE); /* damaged, or gone */
		assert_said("put back a backup");
	}
}

/* In a tree of pages, after a crash: everything is read. */
static void a_page_that_was_overwritten_is_found_after_a_crash(void **state)
{
	(void)state;
	rig_open(&it);
	assert_int_equal(db_exec(&it.db,
				 "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
				 "FROM n WHERE x < 2000) INSERT INTO events SELECT x, x, 1, "
				 "zeroblob(32), 2, zeroblob(50), 0 FROM n"),
			 ERR_NONE);
	commit(1);
	assert_int_equal(
		sqlite3_wal_checkpoint_v2(it.db.sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
		SQLITE_OK);
	opening_drop(&it);
	rig_flip("room.db", rig_size("room.db") - 4096 + 5); /* the newest page's count of cells */
	refused(ERR_MALFORMED);
	assert_said("damaged");
}

static void another_programs_database_is_left_alone(void **state)
{
	(void)state;
	rig_sql("CREATE TABLE recipes(name TEXT); INSERT INTO recipes VALUES('soup')");
	refused(ERR_EXISTS);
	assert_said("another program's");
	assert_int_equal(rig_number("SELECT count(*) FROM recipes"), 1);
}

static void a_newer_one_is_left_alone(void **state)
{
	(void)state;
	make(true);
	rig_sql("PRAGMA user_version = 1000");
	refused(ERR_TOO_BIG);
	assert_said("newer chat-server");
	assert_said("1000");
	assert_int_equal(rig_number("PRAGMA user_version"), 1000);
}

/* A backup: the same log, on its way to become another one. */
static void what_was_put_there_from_elsewhere_has_a_new_epoch(void **state)
{
	struct opening wanted = {.dir = rig_dir, .new_epoch = 999};

	(void)state;
	make(true);
	rig_copy("room.db", "kept");
	rig_open(&it);
	commit(4);
	opening_end(&it);
	rig_copy("kept", "room.db"); /* an older one of the same log */
	refused(ERR_MALFORMED);
	assert_said("an older copy was put back");
	assert_int_equal(unlink(rig_path("lock")), 0);
	assert_int_equal(opening_begin(&it, &wanted, &rig_why), ERR_NONE);
	assert_int_equal(it.epoch, 999);
	assert_int_equal(meta("batch"), 3);
	opening_end(&it);

	rig_copy("kept", "room.db"); /* one of another log */
	wanted.new_epoch = 1000;
	assert_int_equal(opening_begin(&it, &wanted, &rig_why), ERR_NONE);
	assert_int_equal(it.epoch, 1000);
	opening_end(&it);
}

static void garbage_is_no_history(void **state)
{
	(void)state;
	make(true);
	for (size_t at = 0; at < 16; at++)
		rig_flip("room.db", at);
	refused(ERR_MALFORMED);
	assert_said("damaged");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_log_begins_and_goes_on),
		TEST(its_files_are_for_their_owner_alone),
		TEST(a_second_server_is_refused),
		TEST(after_a_crash_everything_is_there),
		TEST(the_note_may_be_behind),
		TEST(last_writes_that_are_gone_are_missed),
		TEST(a_wal_that_is_gone_or_flipped_is_missed),
		TEST(lazy_durability_may_lose_the_last),
		TEST(a_database_that_is_gone_is_missed),
		TEST(what_is_left_of_it_is_left),
		TEST(one_that_was_cut_short_is_damaged),
		TEST(a_page_that_was_overwritten_is_found_after_a_crash),
		TEST(another_programs_database_is_left_alone),
		TEST(a_newer_one_is_left_alone),
		TEST(what_was_put_there_from_elsewhere_has_a_new_epoch),
		TEST(garbage_is_no_history),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
