/*
 * A server with a disk, one thing at a time: it comes back with all that it acknowledged; who was there is
 * there; what it could not write was refused; what two say to each other is theirs.
 */
#include "world.h"

static const uint64_t second = 1000 * 1000;

enum { ROOM = 1 };

struct scene {
	struct world *world;
	struct person *alice, *bob, *carol;
	struct world_figures before;
	uint64_t head;
};

static void note(struct scene *s)
{
	world_expect_settled(s->world, 10);
	s->before = *world_figures(s->world);
	s->head = world_head(s->world);
}

static struct scene begin(uint64_t seed)
{
	struct world_config config = {.seed = seed,
				      .members = 3,
				      .path = {.delay_us = 10000},
				      .disk = true,
				      .quiet = true};
	struct scene s = {.world = world_new(&config)};

	s.alice = world_person(s.world, 0);
	s.bob = world_person(s.world, 1);
	s.carol = world_person(s.world, 2);
	for (unsigned i = 0; i < 3; i++)
		person_start(world_person(s.world, i));
	world_run(s.world, second);
	note(&s);
	return s;
}

/* So much more of this has been answered with a refusal. */
static uint64_t refused(const struct scene *s)
{
	return world_figures(s->world)->refused - s->before.refused;
}

/* What everybody hears of another server is nothing but what is said. */
static void it_goes_on_where_it_was(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct scene s = begin(seed);
		person_path(s.alice)->no_down = seed % 4 < 2; /* then no answer gets through */
		person_path_changed(s.alice);
		for (int i = 0; i < 20; i++)
			assert_true(person_say(s.alice, 100));
		world_run(s.world, (seed * 7919) % 80000); /* in the middle of it */
		world_crash(s.world, seed % 2);
		world_run(s.world, 30 * second);
		assert_true(person_say(s.bob, 100));
		person_path(s.alice)->no_down = false;
		person_path_changed(s.alice);
		world_restart(s.world);
		world_expect_settled(s.world, 20);
		const struct world_figures *f = world_figures(s.world);
		assert_int_equal(world_head(s.world), s.head + 21);
		assert_int_equal(f->joins + f->quits + f->lost + f->back,
				 s.before.joins + s.before.quits + s.before.lost + s.before.back);
		assert_int_equal(f->anew + f->gaps + refused(&s), 0);
		world_end(s.world);
	}
}

static void a_goodbye_is_written_down(void **state)
{
	struct scene s = begin(30);

	(void)state;
	world_shutdown(s.world);
	world_run(s.world, 20 * second);
	assert_false(world_is_up(s.world));
	assert_int_equal(world_figures(s.world)->quits, 3);
	world_restart(s.world);
	world_expect_settled(s.world, 20);
	assert_int_equal(world_figures(s.world)->joins, 6);
	assert_int_equal(world_figures(s.world)->anew, 0);
	assert_int_equal(world_head(s.world), s.head + 6);
	world_end(s.world);
}

static void who_does_not_come_back_is_gone_after_grace(void **state)
{
	struct scene s = begin(31);

	(void)state;
	world_crash(s.world, false);
	person_kill(s.carol, true);
	world_run(s.world, 200 * second); /* longer than that: it counts from when one could */
	world_restart(s.world);
	world_run(s.world, 85 * second);
	assert_int_equal(world_figures(s.world)->quits, 0);
	world_run(s.world, 10 * second);
	assert_int_equal(world_figures(s.world)->quits, 1);
	world_end(s.world);
}

static void what_cannot_be_written_is_refused_until_it_can(void **state)
{
	(void)state;
	for (int full = 0; full < 2; full++) {
		struct scene s = begin(40);
		world_spoil_disk(s.world, full, 100);
		for (int i = 0; i < 5; i++) {
			assert_true(person_say(s.alice, 100));
			world_run(s.world, second);
		}
		assert_int_equal(refused(&s), 5);
		assert_int_equal(world_head(s.world), s.head);
		world_spoil_disk(s.world, full, 0);
		world_run(s.world, 2 * second);
		assert_true(person_say(s.alice, 100));
		world_expect_settled(s.world, 10);
		assert_int_equal(refused(&s), 5);
		assert_int_equal(world_head(s.world), s.head + 1);
		world_end(s.world);
	}
}

/* witness.c sees to it that carol hears, reads and finds nothing of it. */
static void two_talk_to_each_other_over_lives(void **state)
{
	struct scene s = begin(50);

	(void)state;
	assert_true(person_enter(s.alice, WORLD_PEOPLE + 1));
	assert_true(person_say_in(s.alice, WORLD_PEOPLE + 1, 50));
	world_run(s.world, second);
	assert_true(person_say_in(s.bob, WORLD_PEOPLE + 0, 50));
	note(&s);
	world_crash(s.world, true);
	world_run(s.world, second);
	world_restart(s.world);
	assert_true(person_say_in(s.bob, WORLD_PEOPLE + 0, 50));
	world_expect_settled(s.world, 20);
	for (uint64_t talk = 0; talk < 3; talk++) {
		assert_true(person_search(s.carol, talk));
		assert_true(person_search(s.bob, talk));
	}
	world_expect_settled(s.world, 10);
	assert_int_equal(world_figures(s.world)->read, 3); /* bob's */
	assert_int_equal(world_head(s.world), s.head);	   /* nothing of it in the lobby */
	world_end(s.world);
}

static void rooms_and_what_was_changed_in_them_are_kept(void **state)
{
	struct scene s = begin(60);

	(void)state;
	assert_true(person_enter(s.alice, ROOM) && person_enter(s.bob, ROOM));
	assert_true(person_say_in(s.alice, ROOM, 50) && person_say_in(s.bob, ROOM, 50));
	note(&s);
	assert_true(person_edit(s.alice, 70) && person_recall(s.bob));
	note(&s);
	world_crash(s.world, false);
	world_restart(s.world);
	world_expect_settled(s.world, 20);
	assert_true(person_enter(s.carol, ROOM)); /* hears all of it, as it is now */
	assert_true(person_look_back(s.alice, ROOM, 0));
	assert_true(person_look_back(s.bob, ROOM, 0)); /* who does not ask, waits for long */
	world_expect_settled(s.world, 10);
	assert_int_equal(world_figures(s.world)->rewritten, 2);
	assert_true(world_figures(s.world)->read > 5);
	assert_int_equal(world_figures(s.world)->rooms, 1);
	world_end(s.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on_where_it_was),
		cmocka_unit_test(a_goodbye_is_written_down),
		cmocka_unit_test(who_does_not_come_back_is_gone_after_grace),
		cmocka_unit_test(what_cannot_be_written_is_refused_until_it_can),
		cmocka_unit_test(two_talk_to_each_other_over_lives),
		cmocka_unit_test(rooms_and_what_was_changed_in_them_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
