/* schema: an older database is brought up, all of the way or not at all; a newer one is left alone. */
#include "store/schema.h"

#include "store_rig.h"

#include <string.h>

static struct db db;

static const char *const three[] = {
	"CREATE TABLE people(name TEXT)",
	"ALTER TABLE people ADD COLUMN age INTEGER; UPDATE people SET age = 7",
	"CREATE TABLE cats(name TEXT); INSERT INTO cats SELECT name FROM people",
};

static struct schema up_to(int count)
{
	return (struct schema){three, count};
}

static int setup(void **state)
{
	if (rig_setup(state))
		return -1;
	const struct db_options options = {.path = rig_path(OPENING_FILE), .use = DB_WRITE};
	return db_open(&db, &options) == ERR_NONE ? 0 : -1;
}

static int teardown(void **state)
{
	db_close(&db);
	return rig_teardown(state);
}

static int version(const struct schema *s, enum err expected)
{
	int v;

	assert_int_equal(schema_look(&db, s, &v), expected);
	return v;
}

static void an_older_one_takes_the_steps_that_it_lacks(void **state)
{
	struct schema first = up_to(1), all = up_to(3);

	(void)state;
	assert_int_equal(version(&all, ERR_NONE), 0);
	assert_int_equal(schema_bring_up(&db, &first), ERR_NONE);
	assert_int_equal(version(&all, ERR_NONE), 1);
	rig_sql("INSERT INTO people VALUES('Tom')");
	assert_int_equal(schema_bring_up(&db, &all), ERR_NONE);
	assert_int_equal(version(&all, ERR_NONE), 3);
	assert_int_equal(rig_number("SELECT count(*) FROM people WHERE age = 7"), 1);
	assert_int_equal(rig_number("SELECT count(*) FROM cats WHERE name = 'Tom'"), 1);
	assert_int_equal(schema_bring_up(&db, &all), ERR_NONE); /* and that was that */
	assert_int_equal(rig_number("SELECT count(*) FROM cats"), 1);
}

static void a_step_that_fails_takes_all_back(void **state)
{
	static const char *const bad[] = {"CREATE TABLE people(name TEXT)",
					  "CREATE TABLE cats(name TEXT)", "CREATE TABLE people(x)"};
	struct schema first = {bad, 1}, all = {bad, 3};

	(void)state;
	assert_int_equal(schema_bring_up(&db, &first), ERR_NONE);
	assert_int_equal(schema_bring_up(&db, &all), ERR_SYSTEM);
	assert_int_equal(version(&all, ERR_NONE), 1);
	assert_int_equal(rig_number("SELECT count(*) FROM sqlite_schema WHERE name = 'cats'"), 0);
}

static void a_newer_one_is_left_alone(void **state)
{
	struct schema two = up_to(2), all = up_to(3);

	(void)state;
	assert_int_equal(schema_bring_up(&db, &all), ERR_NONE);
	assert_int_equal(version(&two, ERR_TOO_BIG), 3);
	assert_int_equal(schema_bring_up(&db, &two), ERR_TOO_BIG);
	assert_int_equal(version(&all, ERR_NONE), 3);
}

static void another_programs_is_left_alone(void **state)
{
	struct schema all = up_to(3);

	(void)state;
	rig_sql("CREATE TABLE recipes(name TEXT)");
	version(&all, ERR_EXISTS);
	assert_int_equal(schema_bring_up(&db, &all), ERR_EXISTS);
	rig_sql("PRAGMA application_id = 5; PRAGMA user_version = 2");
	version(&all, ERR_EXISTS);
	assert_int_equal(rig_number("SELECT count(*) FROM sqlite_schema"), 1);
}

/* Every version that there was: the steps so far, and then the others. */
static void ours_can_be_brought_up_from_every_step(void **state)
{
	const struct schema *ours = schema_ours();

	(void)state;
	for (int from = 1; from <= ours->count; from++) {
		struct schema old = {ours->steps, from};
		assert_int_equal(schema_bring_up(&db, &old), ERR_NONE);
		assert_int_equal(schema_put(&db, "epoch", 42 + from), ERR_NONE);
		assert_int_equal(schema_bring_up(&db, ours), ERR_NONE);
		assert_int_equal(version(ours, ERR_NONE), ours->count);
		assert_int_equal(rig_number("SELECT value FROM meta WHERE name = 'epoch'"),
				 42 + from);
		teardown(state);
		setup(state);
	}
}

static void numbers_are_kept_by_name(void **state)
{
	int64_t v;

	(void)state;
	assert_int_equal(schema_bring_up(&db, schema_ours()), ERR_NONE);
	assert_int_equal(schema_get(&db, "x", -3, &v), ERR_NONE);
	assert_int_equal(v, -3);
	assert_int_equal(schema_put(&db, "x", INT64_MAX), ERR_NONE);
	assert_int_equal(schema_put(&db, "y", 1), ERR_NONE);
	assert_int_equal(schema_get(&db, "x", -3, &v), ERR_NONE);
	assert_true(v == INT64_MAX);
}

static void an_id_is_a_room_and_a_number(void **state)
{
	int64_t most = schema_id((1u << 30) - 1, (UINT64_C(1) << 33) - 1);

	(void)state;
	assert_true(most == INT64_MAX);
	assert_int_equal(schema_room(most), (1u << 30) - 1);
	assert_true(schema_seq(most) == (UINT64_C(1) << 33) - 1);
	assert_true(schema_id(1, 5) < schema_id(1, 6) && schema_id(1, 6) < schema_id(2, 1));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_older_one_takes_the_steps_that_it_lacks),
		TEST(a_step_that_fails_takes_all_back),
		TEST(a_newer_one_is_left_alone),
		TEST(another_programs_is_left_alone),
		TEST(ours_can_be_brought_up_from_every_step),
		TEST(numbers_are_kept_by_name),
		TEST(an_id_is_a_room_and_a_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
