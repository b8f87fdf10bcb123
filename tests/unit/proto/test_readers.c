/* The readers of a session: one for each room, few in memory, none forgotten. */
#include "proto/readers.h"

#include "check.h"

static struct readers r;

static void follow(uint32_t room, uint64_t first)
{
	assert_int_equal(readers_follow(&r, room, first), ERR_NONE);
}

static void expect_follows(uint32_t room, uint64_t next)
{
	struct reader *reader = readers_find(&r, room);

	assert_non_null(reader);
	assert_int_equal(reader->room, room);
	assert_true(reader->next == next);
}

static void one_room_takes_no_memory(void **state)
{
	(void)state;
	assert_null(readers_find(&r, 1));
	follow(1, 5);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.cap, 0);
	expect_follows(1, 5);
	assert_null(readers_find(&r, 2));
	readers_wipe(&r);
	assert_int_equal(r.count, 0);
	assert_null(readers_find(&r, 1));
}

static void a_room_is_followed_once(void **state)
{
	(void)state;
	follow(1, 5);
	follow(2, 6);
	readers_find(&r, 2)->last = 9;
	follow(2, 10);
	assert_int_equal(r.count, 2);
	expect_follows(1, 5);
	expect_follows(2, 10);
	assert_true(readers_find(&r, 2)->last == READER_NO_END);
	readers_wipe(&r);
}

static void there_is_a_bound(void **state)
{
	(void)state;
	for (uint32_t room = 1; room <= WIRE_ROOMS_MAX; room++)
		follow(room, room);
	assert_int_equal(readers_follow(&r, WIRE_ROOMS_MAX + 1, 1), ERR_FULL);
	follow(7, 70); /* it has one */
	assert_int_equal(r.count, WIRE_ROOMS_MAX);
	assert_in_range(r.cap, 1, WIRE_ROOMS_MAX);
	readers_remove(&r, readers_find(&r, 9));
	follow(WIRE_ROOMS_MAX + 1, 1);
	for (uint32_t room = 1; room <= WIRE_ROOMS_MAX; room++)
		if (room != 9 && room != 7)
			expect_follows(room, room);
	readers_wipe(&r);
}

static void who_comes_to_an_end_makes_place(void **state)
{
	(void)state;
	for (uint32_t room = 1; room <= WIRE_ROOMS_MAX; room++)
		follow(room, room);
	reader_end(readers_find(&r, 5), 100);
	follow(WIRE_ROOMS_MAX + 1, 7);
	assert_null(readers_find(&r, 5));
	expect_follows(WIRE_ROOMS_MAX + 1, 7);
	assert_int_equal(readers_follow(&r, 5, 1), ERR_FULL);
	assert_int_equal(r.count, WIRE_ROOMS_MAX);
	readers_wipe(&r);
}

/* Whatever goes first: the rest are there, and the memory goes with the second-last. */
static void others_stay_when_one_goes(void **state)
{
	enum { ROOMS = 9 };

	(void)state;
	for (uint32_t start = 0; start < ROOMS; start++) {
		for (uint32_t room = 1; room <= ROOMS; room++)
			follow(room, 10 * room);
		for (uint32_t gone = 1; gone <= ROOMS; gone++) {
			r.turn = r.count - 1;
			readers_remove(&r, readers_find(&r, 1 + (start + gone * 4) % ROOMS));
			assert_int_equal(r.count, ROOMS - gone);
			assert_true(r.turn < r.count || r.count == 0);
			for (uint32_t left = gone + 1; left <= ROOMS; left++) {
				uint32_t room = 1 + (start + left * 4) % ROOMS;
				expect_follows(room, UINT64_C(10) * room);
			}
			assert_int_equal(r.cap == 0, r.count <= 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_room_takes_no_memory),
		cmocka_unit_test(a_room_is_followed_once),
		cmocka_unit_test(there_is_a_bound),
		cmocka_unit_test(who_comes_to_an_end_makes_place),
		cmocka_unit_test(others_stay_when_one_goes),
	};

	return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
