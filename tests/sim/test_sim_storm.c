/*
 * Two hundred short storms, one seed each, half of them on a disk.  SIM_SEED=N in the environment runs that one alone, for which
 * SIM_TRACE=1 prints what happens; chat-sim-storm runs longer ones, and more.
 */
#include "storm.h"

#include <stdlib.h>

enum { SEEDS = 100, MEMBERS = 4 };

static struct storm_figures short_storm(uint64_t seed, bool disk)
{
	const struct storm_setup setup = {.seed = seed,
					  .members = MEMBERS,
					  .minutes = 3,
					  .fault_seconds = 15,
					  .talk_seconds = 10,
					  .server_minutes = 3,
					  .disk_minutes = disk ? 1 : 0};

	return storm_run(&setup);
}

static uint64_t chosen_seed(void)
{
	const char *only = getenv("SIM_SEED");

	return only ? strtoull(only, NULL, 10) : 0;
}

static void add(struct world_figures *sum, const struct world_figures *f)
{
	sum->talks += f->talks;
	sum->heard += f->heard;
	sum->anew += f->anew;
	sum->gaps += f->gaps;
	sum->lost += f->lost;
	sum->back += f->back;
	sum->quits += f->quits;
	sum->lives += f->lives;
	sum->refused += f->refused;
	sum->rewritten += f->rewritten;
	sum->read += f->read;
	sum->rooms += f->rooms;
	sum->crashes += f->crashes;
}

static struct world_figures storms(bool disk)
{
	uint64_t only = chosen_seed(), first = only ? only : 1;
	struct world_figures sum = {0};

	for (uint64_t seed = first; seed < first + (only ? 1 : SEEDS); seed++) {
		struct storm_figures f = short_storm(seed, disk);
		add(&sum, &f.world);
	}
	print_message("%llu talks, %llu heard\n", (unsigned long long)sum.talks,
		      (unsigned long long)sum.heard);
	return sum;
}

/* Something did happen. */
static void assert_eventful(const struct world_figures *sum)
{
	assert_true(sum->talks > SEEDS * 50);
	assert_true(sum->heard > 2 * sum->talks);
	assert_true(sum->lives > SEEDS * MEMBERS);
	assert_true(sum->lost > SEEDS / 2 && sum->back > SEEDS / 4);
	assert_true(sum->quits > SEEDS / 4);
}

static void nothing_is_lost_doubled_or_reordered(void **state)
{
	struct world_figures sum = storms(false);

	(void)state;
	if (chosen_seed())
		return;
	assert_eventful(&sum);
	assert_true(sum.anew > SEEDS);
}

static void nor_is_it_on_a_disk_by_one_server_after_another(void **state)
{
	struct world_figures sum = storms(true);

	(void)state;
	if (chosen_seed())
		return;
	assert_eventful(&sum);
	assert_true(sum.crashes > SEEDS / 4 && sum.rooms > SEEDS);
	assert_true(sum.refused > SEEDS && sum.rewritten > SEEDS && sum.read > SEEDS);
	assert_int_equal(sum.anew + sum.gaps, 0);
}

static void a_seed_is_the_same_storm_again(void **state)
{
	struct storm_figures once, again;

	(void)state;
	if (chosen_seed())
		skip();
	for (int disk = 0; disk < 2; disk++) {
		once = short_storm(77, disk);
		again = short_storm(77, disk);
		assert_true(once.fingerprint == again.fingerprint);
		assert_true(once.fingerprint != short_storm(78, disk).fingerprint);
	}
}

/*
 * Alice's datagrams get through no more; she goes on over a stream, and quits while the server still holds
 * her first session.  Bob sees her leave once, at once.
 */
static void who_quits_over_another_link_leaves_at_once(void **state)
{

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world_config config = {.seed = seed,
					      .members = 2,
					      .quiet = true,
					      .path = {.delay_us = 1000 * (1 + seed % 90)}};
		struct world *w = world_new(&config);
		struct person *alice = world_person(w, 0), *bob = world_person(w, 1);
		person_start(alice);
		person_start(bob);
		world_expect_settled(w, 10);
		person_path(alice)->no_udp = true;
		person_path_changed(alice);
		assert_true(person_say(alice, 10));
		world_expect_settled(w, 10);
		person_leave(alice);
		world_run(w, 2 * 1000 * 1000);
		assert_int_equal(world_figures(w)->quits, 1);
		world_run(w, 200 * 1000 * 1000);
		assert_int_equal(world_figures(w)->quits, 1);
		assert_int_equal(world_figures(w)->lost, 0);
		assert_int_equal(world_figures(w)->joins, 2);
		world_end(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_doubled_or_reordered),
		cmocka_unit_test(nor_is_it_on_a_disk_by_one_server_after_another),
		cmocka_unit_test(who_quits_over_another_link_leaves_at_once),
		cmocka_unit_test(a_seed_is_the_same_storm_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
