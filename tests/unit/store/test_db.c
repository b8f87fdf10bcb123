/* db: errors have their names and a sentence, transactions are whole, values are bound. */
#include "store_rig.h"

#include <string.h>

static struct db db;

static int setup(void **state)
{
	if (rig_setup(state))
		return -1;
	const struct db_options options = {.path = rig_path("it.db"), .use = DB_WRITE};
	assert_int_equal(db_open(&db, &options), ERR_NONE);
	assert_int_equal(db_exec(&db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b)"), ERR_NONE);
	return 0;
}

static int teardown(void **state)
{
	db_close(&db);
	return rig_teardown(state);
}

static int64_t count(void)
{
	sqlite3_stmt *s;
	int64_t n;

	assert_int_equal(db_prepare(&db, "SELECT count(*) FROM t", &s), ERR_NONE);
	assert_int_equal(db_value(&db, s, -1, &n), ERR_NONE);
	sqlite3_finalize(s);
	return n;
}

static void what_was_begun_is_kept_or_gone(void **state)
{
	(void)state;
	assert_int_equal(db_begin(&db), ERR_NONE);
	assert_int_equal(db_exec(&db, "INSERT INTO t VALUES(1, 'x')"), ERR_NONE);
	db_rollback(&db);
	assert_int_equal(count(), 0);
	assert_int_equal(db_begin(&db), ERR_NONE);
	assert_int_equal(db_exec(&db, "INSERT INTO t VALUES(1, 'x')"), ERR_NONE);
	assert_int_equal(db_commit(&db), ERR_NONE);
	db_rollback(&db); /* nothing is under way */
	assert_int_equal(count(), 1);
}

static void values_are_bound_as_they_are(void **state)
{
	static const char evil[] = "'); DROP TABLE t; --";
	sqlite3_stmt *s;
	bool row;

	(void)state;
	assert_int_equal(db_prepare(&db, "INSERT INTO t VALUES(?1, ?2)", &s), ERR_NONE);
	db_bind_int(s, 1, INT64_MIN);
	db_bind_text(s, 2, slice_of(evil, strlen(evil)));
	assert_int_equal(db_run(&db, s), ERR_NONE);
	db_bind_int(s, 1, 7);
	db_bind_bytes(s, 2, slice_of(NULL, 0));
	assert_int_equal(db_run(&db, s), ERR_NONE);
	sqlite3_finalize(s);

	assert_int_equal(db_prepare(&db, "SELECT b FROM t WHERE b IS NOT NULL ORDER BY a", &s),
			 ERR_NONE);
	assert_int_equal(db_next(&db, s, &row), ERR_NONE);
	assert_true(row);
	assert_int_equal(db_bytes(s, 0).len, strlen(evil));
	assert_memory_equal(db_bytes(s, 0).data, evil, strlen(evil));
	assert_int_equal(db_next(&db, s, &row), ERR_NONE);
	assert_true(row);
	assert_int_equal(db_bytes(s, 0).len, 0);
	assert_int_equal(db_next(&db, s, &row), ERR_NONE);
	assert_false(row);
	sqlite3_finalize(s);
}

static void a_value_that_is_not_there_is_the_one_that_was_given(void **state)
{
	sqlite3_stmt *s;
	int64_t v;

	(void)state;
	assert_int_equal(db_prepare(&db, "SELECT max(a) FROM t", &s), ERR_NONE);
	assert_int_equal(db_value(&db, s, -5, &v), ERR_NONE);
	assert_int_equal(v, -5);
	assert_int_equal(db_exec(&db, "INSERT INTO t VALUES(3, 4)"), ERR_NONE);
	assert_int_equal(db_value(&db, s, -5, &v), ERR_NONE);
	assert_int_equal(v, 3);
	sqlite3_finalize(s);
}

static void all_statements_or_none(void **state)
{
	static const char *const texts[] = {"SELECT 1", "SELECT nothing FROM nowhere", "SELECT 2"};
	sqlite3_stmt *all[3];

	(void)state;
	assert_int_equal(db_prepare_all(&db, texts, 1, all), ERR_NONE);
	assert_non_null(all[0]);
	db_finish(all, 1);
	assert_null(all[0]);
	assert_int_equal(db_prepare_all(&db, texts, 3, all), ERR_SYSTEM);
	for (size_t i = 0; i < 3; i++)
		assert_null(all[i]);
}

/* The limit of pages stands for a disk's: SQLite gives the same error. */
static void no_space_is_full_and_the_rest_goes_on(void **state)
{
	(void)state;
	assert_int_equal(db_exec(&db, "PRAGMA max_page_count = 4"), ERR_NONE);
	assert_int_equal(db_begin(&db), ERR_NONE);
	assert_int_equal(db_exec(&db, "INSERT INTO t VALUES(1, zeroblob(100000))"), ERR_FULL);
	assert_non_null(strstr(db.why.text, "full"));
	db_rollback(&db);
	assert_int_equal(db_exec(&db, "INSERT INTO t VALUES(2, 'small')"), ERR_NONE);
	assert_int_equal(count(), 1);
}

static void who_reads_does_not_write(void **state)
{
	const struct db_options options = {.path = rig_path("it.db"), .use = DB_READ};
	struct db reader;

	(void)state;
	assert_int_equal(db_open(&reader, &options), ERR_NONE);
	assert_int_equal(db_exec(&reader, "INSERT INTO t VALUES(1, 2)"), ERR_SYSTEM);
	db_close(&reader);
	assert_int_equal(count(), 0);
}

static void what_is_not_there_cannot_be_read(void **state)
{
	const struct db_options options = {.path = rig_path("no.db"), .use = DB_READ};
	struct db reader;

	(void)state;
	assert_int_equal(db_open(&reader, &options), ERR_SYSTEM);
	assert_null(reader.sql);
	assert_true(reader.why.text[0]);
	db_close(&reader);
}

static void what_is_no_database_is_damaged(void **state)
{
	(void)state;
	db_close(&db);
	rig_copy("it.db", "bad.db");
	rig_flip("bad.db", 3);

	const struct db_options options = {.path = rig_path("bad.db"), .use = DB_WRITE};
	enum err e = db_open(&db, &options);
	if (e == ERR_NONE)
		e = db_exec(&db, "SELECT * FROM t");
	assert_int_equal(e, ERR_MALFORMED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_was_begun_is_kept_or_gone),
		TEST(values_are_bound_as_they_are),
		TEST(a_value_that_is_not_there_is_the_one_that_was_given),
		TEST(all_statements_or_none),
		TEST(no_space_is_full_and_the_rest_goes_on),
		TEST(who_reads_does_not_write),
		TEST(what_is_not_there_cannot_be_read),
		TEST(what_is_no_database_is_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
