/*
 * What a laptop's day does to a client, one thing at a time: what the others see of it, and what the
 * client has in the end.
 */
#include "world.h"

static const uint64_t second = 1000 * 1000;

struct scene {
	struct world *world;
	struct person *alice, *bob;
	struct world_figures before;
};

static struct scene begin(uint64_t seed)
{
	struct world_config config = {
		.seed = seed, .members = 2, .path = {.delay_us = 10000}, .quiet = true};
	struct scene s = {.world = world_new(&config)};

	s.alice = world_person(s.world, 0);
	s.bob = world_person(s.world, 1);
	person_start(s.alice);
	person_start(s.bob);
	world_run(s.world, second);
	world_expect_settled(s.world, 10);
	s.before = *world_figures(s.world);
	return s;
}

/* Both say something at that time. */
static void both_talk(struct scene *s)
{
	assert_true(person_say(s->alice, 40));
	assert_true(person_say(s->bob, 40));
}

static void pass(struct scene *s, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		if (i % 10 == 0)
			both_talk(s);
		world_run(s->world, second);
	}
}

/* Everything is there, and the others have been shown just so much. */
static void end(struct scene *s, unsigned quits, unsigned lost)
{
	const struct world_figures *f = world_figures(s->world);

	world_expect_settled(s->world, 10);
	assert_int_equal(f->joins - s->before.joins, quits);
	assert_int_equal(f->quits - s->before.quits, quits);
	assert_int_equal(f->lost - s->before.lost, lost);
	assert_int_equal(f->back - s->before.back, lost - quits);
	assert_int_equal(f->gaps, 0);
	world_end(s->world);
}

static void cut(struct scene *s, bool up, bool down)
{
	person_path(s->alice)->no_up = up;
	person_path(s->alice)->no_down = down;
	person_path_changed(s->alice);
}

static void another_address_is_not_noticed(void **state)
{
	struct scene s = begin(1);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		person_move(s.alice, i % 2);
		pass(&s, 15);
	}
	end(&s, 0, 0);
}

static void an_outage_shorter_than_grace_is_a_mark_at_most(void **state)
{
	static const unsigned outages[] = {1, 5, 20, 40, 60, 80, 120, 130};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(outages); i++) {
		struct scene s = begin(2 + i);
		cut(&s, true, true);
		pass(&s, outages[i]);
		cut(&s, false, false);
		end(&s, 0, outages[i] > 45); /* the server's patience with silence */
	}
}

static void sleep_for_an_hour(void **state)
{
	struct scene s = begin(20);

	(void)state;
	person_sleep(s.alice, true);
	for (unsigned i = 0; i < 360; i++) {
		assert_true(person_say(s.bob, 40));
		world_run(s.world, 10 * second);
	}
	person_sleep(s.alice, false);
	end(&s, 1, 1);
}

static void without_udp_streams_do(void **state)
{
	struct scene s = begin(21);

	(void)state;
	person_path(s.alice)->no_udp = true;
	person_path_changed(s.alice);
	pass(&s, 120);
	person_path(s.alice)->no_udp = false;
	person_path(s.alice)->no_tcp = true; /* and back again */
	person_path_changed(s.alice);
	pass(&s, 120);
	end(&s, 0, 0);
}

/* Small packets get through, large ones never again, and nobody says so. */
static void a_path_that_swallows_large_packets_is_left(void **state)
{
	struct scene s = begin(22);

	(void)state;
	person_path(s.alice)->mtu = 700;
	person_path_changed(s.alice);
	pass(&s, 20);
	assert_true(person_say(s.alice, 5000));
	assert_true(person_say(s.bob, 5000));
	pass(&s, 20);
	assert_int_equal(person_transport(s.alice), TRANSPORT_TCP);
	end(&s, 0, 1);
}

static void a_server_that_comes_back_has_all_that_was_typed(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 3; how++) {
		struct scene s = begin(23 + how);
		if (how == 2)
			world_shutdown(s.world);
		else
			world_crash(s.world, how == 1);
		pass(&s, 30);
		world_restart(s.world);
		world_expect_settled(s.world, 10);
		assert_int_equal(world_figures(s.world)->anew, 2);
		assert_true(world_head(s.world) >= 2 + 6); /* two joins; three talks of each */
		world_end(s.world);
	}
}

/* The server has done it, and nobody could tell: then alice comes by another link. */
static void a_new_name_outlives_the_link_it_was_taken_on(void **state)
{
	static const unsigned outages[] = {2, 10, 60};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(outages); i++) {
		struct scene s = begin(30 + i);
		cut(&s, false, true);
		assert_true(person_rename(s.alice, 7));
		world_run(s.world, second / 2);
		cut(&s, true, true);
		pass(&s, outages[i]);
		cut(&s, false, false);
		end(&s, 0, outages[i] > 45);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_address_is_not_noticed),
		cmocka_unit_test(an_outage_shorter_than_grace_is_a_mark_at_most),
		cmocka_unit_test(sleep_for_an_hour),
		cmocka_unit_test(without_udp_streams_do),
		cmocka_unit_test(a_path_that_swallows_large_packets_is_left),
		cmocka_unit_test(a_server_that_comes_back_has_all_that_was_typed),
		cmocka_unit_test(a_new_name_outlives_the_link_it_was_taken_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
