/* A hub that is restored without memory says so, and is none; with it, it is whole. */
#include "hub_store_scene.h"

#include "fake_memory.h"
#include "refuse.h"

/* Rooms, people in them, names, and what they said. */
static void live(void)
{
	static const char *const rooms[] = {"#one", "#two"};

	begin_stored(GRACE);
	assert_int_equal(hub_restore(hub, slice_of(NULL, 0), now), ERR_NONE);
	for (size_t i = 0; i < 6; i++) {
		char name[] = {'m', (char)('a' + i), '\0'};
		struct hub_client *c = member_with(i, (char)('A' + i), name);
		ask(c, (struct command){.kind = COMMAND_ENTER, .text = words(rooms[i % 2])});
		ask_talk(c, "hello", 1);
		keep();
	}
	ask(&clients[0], (struct command){.kind = COMMAND_ENTER, .text = words("@mb")});
	keep();
}

/* True: something was refused. */
static bool restored(struct slice records, uint64_t after)
{
	struct hub_config config = {.room_bytes = 1 << 20,
				    .max_members = 70,
				    .max_names = 200,
				    .grace_us = GRACE,
				    .epoch = 1,
				    .store = &fake_port};

	refuse(after, 1);
	struct hub *other = hub_new(&config, NULL);
	enum err e = other ? hub_restore(other, records, now) : ERR_MEMORY;
	bool any = refused();
	refuse(0, 0);
	assert_true(e == ERR_NONE || (any && e == ERR_MEMORY));
	if (e == ERR_NONE) {
		assert_int_equal(roster_count(hub_roster(other)), 6);
		assert_int_equal(names_count(hub_names(other)), 6);
		assert_int_equal(hub_head(other, WIRE_LOBBY), head());
		assert_int_equal(hub_head(other, 2), hub_head(hub, 2));
	}
	hub_free(other);
	return any;
}

static void any_one_allocation_may_fail(void **state)
{
	uint64_t after = 0;

	(void)state;
	live();
	struct slice records = memory_records(EPOCH, 100);
	while (restored(records, after))
		after++;
	assert_in_range(after, 50, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(any_one_allocation_may_fail, tear_down),
	};

	return cmocka_run_group_tests_name("hub, restored without memory", tests, NULL, NULL);
}
