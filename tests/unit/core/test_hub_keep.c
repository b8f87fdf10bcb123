/* How long rooms keep what is said: the administrator says it, and the store is told. */
#include "hub_house.h"

static enum err hold(const char *room, uint32_t days)
{
	return hub_keep(hub, words(room), days);
}

/* What the store was told of that room last. */
static uint32_t kept_by(uint32_t room)
{
	struct slice all = fake_kept();
	struct record r;
	uint32_t days = UINT32_MAX - 1;

	while (all.len > 0) {
		assert_int_equal(record_get(&all, &r), ERR_NONE);
		if (r.kind == RECORD_ROOM && r.room.number == room)
			days = r.room.keep_days;
	}
	return days;
}

static void a_room_keeps_as_long_as_it_is_told(void **state)
{
	(void)state;
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#Dev");
	assert_int_equal(kept_by(dev), 0);
	assert_int_equal(hold("#dev", 30), ERR_NONE);
	settle();
	assert_int_equal(kept_by(dev), 30);
	assert_int_equal(hold("DEV", RECORD_KEEP_FOREVER), ERR_NONE);
	settle();
	assert_int_equal(kept_by(dev), RECORD_KEEP_FOREVER);
	assert_int_equal(hold("lobby", 7), ERR_NONE);
	settle();
	assert_int_equal(kept_by(WIRE_LOBBY), 7);
	assert_int_equal(hold("dev", 0), ERR_NONE);
	settle();
	assert_int_equal(kept_by(dev), 0);
}

/* The record has all that the room is. */
static void nothing_else_changes(void **state)
{
	struct record r;

	(void)state;
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#dev");
	assert_int_equal(
		run(alice,
		    (struct command){.kind = COMMAND_TOPIC, .room = dev, .text = words("tea")}),
		CODE_OK);
	assert_int_equal(hold("dev", 30), ERR_NONE);
	settle();
	assert_true(records_of(fake_kept(), RECORD_ROOM, &r) > 0);
	assert_int_equal(r.room.number, dev);
	assert_words(r.room.name, "#dev");
	assert_words(r.room.topic, "tea");
	assert_int_equal(r.room.keep_days, 30);
}

static void rooms_of_two_and_of_nobody_are_not_found(void **state)
{
	(void)state;
	struct hub_client *alice = guest(0, 'A', "alice");
	guest(1, 'B', "bob");
	enter_ok(alice, "@bob");
	assert_int_equal(hold("#dev", 3), ERR_NOT_FOUND);
	assert_int_equal(hold("@bob", 3), ERR_NOT_FOUND);
	assert_int_equal(hold("", 3), ERR_NOT_FOUND);
	assert_int_equal(hold("#", 3), ERR_NOT_FOUND);
	assert_int_equal(hold("no room", 3), ERR_NOT_FOUND);
}

static void what_is_not_written_is_taken_back(void **state)
{
	(void)state;
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#dev");
	assert_int_equal(hold("#dev", 30), ERR_NONE);
	settle_as(ERR_FULL);
	assert_true(hub_failing(hub));
	assert_int_equal(hold("#dev", 31), ERR_CLOSED);
	now.mono_us += 2 * HUB_RETRY;
	settle();
	assert_false(hub_failing(hub));
	assert_int_equal(
		run(alice,
		    (struct command){.kind = COMMAND_TOPIC, .room = dev, .text = words("tea")}),
		CODE_OK);
	assert_int_equal(kept_by(dev), 0);
}

static void without_a_store_there_is_nothing_to_say(void **state)
{
	(void)state;
	assert_int_equal(hold("lobby", 30), ERR_CLOSED);
}

int main(void)
{
#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, on_disk, tear_down)
	const struct CMUnitTest tests[] = {
		ON_DISK(a_room_keeps_as_long_as_it_is_told),
		ON_DISK(nothing_else_changes),
		ON_DISK(rooms_of_two_and_of_nobody_are_not_found),
		ON_DISK(what_is_not_written_is_taken_back),
		cmocka_unit_test_setup_teardown(without_a_store_there_is_nothing_to_say, in_memory,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
