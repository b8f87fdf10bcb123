/* Who follows a room, and the walks through them. */
#include "core/audiences.h"

#include "check.h"

#include "proto/timerq.h"

#include <string.h>

enum { ROOM = 7, OTHER = 8, SLOTS = 500 };

static struct audiences all;
static uint64_t now;

static void begin(unsigned shards)
{
	audiences_init(&all, shards, 1);
	now = 0;
}

static void add(uint32_t room, uint32_t slot)
{
	assert_int_equal(audiences_add(&all, room, slot), ERR_NONE);
}

static void add_range(uint32_t room, uint32_t first, uint32_t last)
{
	for (uint32_t slot = first; slot <= last; slot++)
		add(room, slot);
}

static void expect_next(unsigned shard, uint32_t slot)
{
	uint32_t found;

	assert_true(audiences_next(&all, shard, now, &found));
	assert_int_equal(found, slot);
}

static void expect_end(unsigned shard)
{
	uint32_t slot;

	assert_int_equal(audiences_due(&all, shard, 1), 0);
	assert_false(audiences_next(&all, shard, now, &slot));
}

static void followers_are_visited_in_order_of_their_slots(void **state)
{
	static const uint32_t come[] = {9, 2, 5, 1, 8, 3, 7};
	static const uint32_t visited[] = {1, 2, 3, 5, 7, 8, 9};

	(void)state;
	begin(1);
	for (size_t i = 0; i < COUNT_OF(come); i++)
		add(ROOM, come[i]);
	expect_end(0);
	audiences_stir(&all, ROOM);
	assert_int_equal(audiences_due(&all, 0, SIZE_MAX), COUNT_OF(visited));
	for (size_t i = 0; i < COUNT_OF(visited); i++)
		expect_next(0, visited[i]);
	expect_end(0);
	audiences_wipe(&all);
}

static void expect_ahead(uint32_t after, uint32_t slot)
{
	uint32_t found;

	assert_true(audiences_ahead(&all, 0, after, &found));
	assert_int_equal(found, slot);
}

static void who_is_visited_later_is_known_before(void **state)
{
	uint32_t slot;

	(void)state;
	begin(1);
	add_range(ROOM, 1, 10);
	assert_false(audiences_ahead(&all, 0, 0, &slot));
	audiences_stir(&all, ROOM);
	for (uint32_t after = 0; after < 10; after++)
		expect_ahead(after, 1 + after);
	assert_false(audiences_ahead(&all, 0, 10, &slot));
	for (uint32_t i = 1; i <= 7; i++)
		expect_next(0, i);
	expect_ahead(2, 10);
	assert_false(audiences_ahead(&all, 0, 3, &slot));
	audiences_stir(&all, ROOM); /* and now it goes round */
	for (uint32_t after = 0; after < 10; after++)
		expect_ahead(after, 1 + (7 + after) % 10);
	assert_false(audiences_ahead(&all, 0, 10, &slot));
	audiences_wipe(&all);
}

static void who_is_stirred_again_is_visited_once_from_there(void **state)
{
	(void)state;
	begin(1);
	add_range(ROOM, 1, 5);
	audiences_stir(&all, ROOM);
	expect_next(0, 1);
	expect_next(0, 2);
	audiences_stir(&all, ROOM);
	expect_next(0, 3);
	expect_next(0, 4);
	expect_next(0, 5);
	expect_next(0, 1);
	expect_next(0, 2);
	expect_end(0);
	audiences_wipe(&all);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

enum { MANY = AUDIENCES_LARGE + 100, PART = 300, BEGUN = 1000 };

static void expect_all(uint32_t first, uint32_t last)
{
	for (uint32_t slot = first; slot <= last; slot++)
		expect_next(0, slot);
}

/* A walk through so many, stirred again when a part was visited: all the others have seen that, too. */
static void walk_twice(uint32_t members, uint64_t took)
{
	begin(1);
	add_range(ROOM, 1, members);
	now = BEGUN;
	audiences_stir(&all, ROOM);
	expect_all(1, PART);
	audiences_stir(&all, ROOM);
	now += took;
	expect_all(PART + 1, members);
}

static void a_large_room_rests_in_proportion_to_its_round(void **state)
{
	(void)state;
	walk_twice(MANY, 7000);
	expect_end(0);
	assert_int_equal(audiences_deadline(&all), BEGUN + 7000 + AUDIENCES_REST * 7000);
	now = audiences_deadline(&all) - 1;
	audiences_wake(&all, now);
	audiences_stir(&all, ROOM); /* whatever happens, it goes out together */
	expect_end(0);
	audiences_wake(&all, ++now);
	assert_true(audiences_deadline(&all) == TIMERQ_NEVER);
	expect_all(1, MANY);
	expect_end(0);
	audiences_wipe(&all);
}

static void a_long_round_is_followed_at_once(void **state)
{
	(void)state;
	walk_twice(MANY, AUDIENCES_ROUND_MAX);
	expect_all(1, PART);
	expect_end(0);
	audiences_wipe(&all);
}

/* Nobody waits in a room that is quiet, though it was walked through a moment ago. */
static void what_comes_between_walks_is_brought_at_once(void **state)
{
	(void)state;
	begin(1);
	add_range(ROOM, 1, MANY);
	for (int i = 0; i < 3; i++) {
		audiences_stir(&all, ROOM);
		expect_all(1, MANY);
		expect_end(0);
	}
	audiences_wipe(&all);
}

static void a_small_room_knows_no_rounds(void **state)
{
	(void)state;
	walk_twice(AUDIENCES_LARGE, 7000);
	expect_all(1, PART);
	expect_end(0);
	audiences_wipe(&all);
}

static void no_round_is_put_off_for_longer_than_that(void **state)
{
	(void)state;
	walk_twice(MANY, AUDIENCES_ROUND_MAX - 1);
	expect_end(0);
	assert_int_equal(audiences_deadline(&all), BEGUN + AUDIENCES_ROUND_MAX);
	audiences_wipe(&all);
}

static void who_goes_while_a_room_rests_is_not_missed(void **state)
{
	(void)state;
	walk_twice(MANY, 7000);
	for (uint32_t slot = 1; slot <= MANY - 3; slot++)
		audiences_remove(&all, ROOM, slot);
	audiences_wake(&all, audiences_deadline(&all));
	expect_all(MANY - 2, MANY);
	expect_end(0);
	audiences_wipe(&all);
	walk_twice(MANY, 7000);
	for (uint32_t slot = 1; slot <= MANY; slot++)
		audiences_remove(&all, ROOM, slot);
	assert_true(audiences_deadline(&all) == TIMERQ_NEVER);
	audiences_wipe(&all);
}

/* ---- several --------------------------------------------------------------------------------- */

static void shards_walk_through_their_own(void **state)
{
	(void)state;
	begin(3);
	add_range(ROOM, 0, 6);
	audiences_stir(&all, ROOM);
	expect_next(2, 2);
	expect_next(0, 0);
	expect_next(2, 5);
	expect_end(2);
	expect_next(1, 1);
	expect_next(1, 4);
	expect_end(1);
	expect_next(0, 3);
	expect_next(0, 6);
	expect_end(0);
	audiences_wipe(&all);
}

static void a_room_of_two_does_not_wait_for_a_large_one(void **state)
{
	uint32_t slot = 0;

	(void)state;
	begin(1);
	add_range(ROOM, 100, 10100);
	add_range(OTHER, 1, 2);
	audiences_stir(&all, ROOM);
	audiences_stir(&all, OTHER);
	for (int i = 0; i < AUDIENCES_PIECE; i++)
		expect_next(0, 100 + (uint32_t)i);
	expect_next(0, 1);
	expect_next(0, 2);
	for (uint32_t i = AUDIENCES_PIECE; i <= 10000; i++)
		expect_next(0, 100 + i);
	assert_false(audiences_next(&all, 0, now, &slot));
	audiences_wipe(&all);
}

/* Whoever asks may end its turn before the piece is through; then the next room is the first. */
static void a_turn_that_ends_early_is_a_turn(void **state)
{
	(void)state;
	begin(1);
	add_range(ROOM, 100, 110);
	add_range(OTHER, 1, 2);
	audiences_stir(&all, ROOM);
	audiences_stir(&all, OTHER);
	audiences_pass(&all, 0); /* nobody has had a turn yet */
	expect_next(0, 100);
	audiences_pass(&all, 0);
	expect_next(0, 1);
	audiences_pass(&all, 0);
	expect_next(0, 101);
	audiences_remove(&all, ROOM, 105);
	audiences_pass(&all, 0);
	expect_next(0, 2);
	expect_next(0, 102);
	audiences_wipe(&all);
}

static void nobody_is_left_when_all_are_gone(void **state)
{
	uint32_t slot;

	(void)state;
	begin(2);
	add_range(ROOM, 1, 4);
	audiences_stir(&all, ROOM);
	for (uint32_t i = 1; i <= 4; i++)
		audiences_remove(&all, ROOM, i);
	expect_end(0);
	expect_end(1);
	assert_false(audiences_follower(&all, ROOM, 0, &slot));
	audiences_stir(&all, ROOM); /* of nobody */
	expect_end(0);
	assert_int_equal(all.table.count, 0);
	audiences_wipe(&all);
}

/* ---- any order of events --------------------------------------------------------------------- */

static struct {
	bool follows, owed; /* a visit */
} model[2][SLOTS];

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
	drawn = drawn * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(drawn >> 33) % below;
}

static void come_or_go(uint32_t room, uint32_t slot)
{
	if (model[room][slot].follows)
		audiences_remove(&all, room, slot);
	else
		add(room, slot);
	model[room][slot].follows = !model[room][slot].follows;
	model[room][slot].owed = false;
}

static void stir(uint32_t room)
{
	audiences_stir(&all, room);
	for (int i = 0; i < SLOTS; i++)
		model[room][i].owed = model[room][i].follows;
}

/* A visit is for all rooms that somebody follows: who is owed none may get one, too. */
static bool visit(unsigned shard)
{
	uint32_t slot;

	if (!audiences_next(&all, shard, now, &slot))
		return false;
	assert_int_equal(slot % all.shards, shard);
	assert_true(model[0][slot].follows || model[1][slot].follows);
	model[0][slot].owed = model[1][slot].owed = false;
	return true;
}

static void drain(void)
{
	size_t most = 0;

	for (unsigned i = 0; i < all.shards; i++)
		most += audiences_due(&all, i, SIZE_MAX);
	for (unsigned i = 0; i < all.shards; i++)
		while (visit(i))
			assert_true(most-- > 0);
	for (int i = 0; i < SLOTS; i++)
		assert_false(model[0][i].owed || model[1][i].owed);
}

static void live(unsigned shards, uint64_t seed)
{
	drawn = seed;
	memset(model, 0, sizeof(model));
	begin(shards);
	for (int i = 0; i < 20000; i++) {
		uint32_t what = draw(100);
		if (what < 45)
			come_or_go(draw(2), draw(SLOTS));
		else if (what < 48)
			stir(draw(2));
		else if (what < 99)
			visit(draw(shards));
		else
			drain();
	}
	drain();
	audiences_wipe(&all);
}

static void nobody_is_forgotten_whoever_comes_and_goes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		print_message("# seed %llu\n", (unsigned long long)seed);
		live(1 + (unsigned)seed % 4, seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followers_are_visited_in_order_of_their_slots),
		cmocka_unit_test(who_is_visited_later_is_known_before),
		cmocka_unit_test(who_is_stirred_again_is_visited_once_from_there),
		cmocka_unit_test(a_large_room_rests_in_proportion_to_its_round),
		cmocka_unit_test(a_long_round_is_followed_at_once),
		cmocka_unit_test(what_comes_between_walks_is_brought_at_once),
		cmocka_unit_test(a_small_room_knows_no_rounds),
		cmocka_unit_test(no_round_is_put_off_for_longer_than_that),
		cmocka_unit_test(who_goes_while_a_room_rests_is_not_missed),
		cmocka_unit_test(shards_walk_through_their_own),
		cmocka_unit_test(a_room_of_two_does_not_wait_for_a_large_one),
		cmocka_unit_test(a_turn_that_ends_early_is_a_turn),
		cmocka_unit_test(nobody_is_left_when_all_are_gone),
		cmocka_unit_test(nobody_is_forgotten_whoever_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
