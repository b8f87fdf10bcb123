/*
 * One member is cut off or moves while two others talk.  The clock starts when the path is free again,
 * or with the first packet from the new address, which the member's own talk makes; it stops when the
 * member has heard all that was in the log by then.
 */
#include "heal.h"

#include <stdlib.h>

enum { MEMBERS = 3, SEEDS_MAX = 1000, STEP_US = 1000, TALK_BYTES = 60, PATIENCE_SECONDS = 30 };

static const uint64_t second = 1000 * 1000;

struct scene {
	const struct heal_setup *setup;
	struct world *world;
	struct person *member;
	uint64_t talk_at;
	unsigned talks;
};

/* The others talk, one after the other. */
static void pass(struct scene *s, uint64_t us)
{
	uint64_t until = world_now(s->world) + us, between;

	between = 60 * second / s->setup->talks_per_minute;
	while (s->talk_at < until) {
		if (s->talk_at > world_now(s->world))
			world_run(s->world, s->talk_at - world_now(s->world));
		person_say(world_person(s->world, 1 + s->talks++ % (MEMBERS - 1)), TALK_BYTES);
		s->talk_at += between;
	}
	world_run(s->world, until - world_now(s->world));
}

static void cut_off(struct scene *s, bool cut)
{
	struct path *p = person_path(s->member);

	p->no_up = p->no_down = cut;
	person_path_changed(s->member);
}

/*
 * Somebody says something to where it is no more; then it says something itself, unless it has noticed
 * and sent a packet at once.  Returns when it sent the first.
 */
static uint64_t moves(struct scene *s)
{
	uint64_t moved = world_now(s->world);

	person_move(s->member, s->setup->told);
	person_say(world_person(s->world, 1), TALK_BYTES);
	pass(s, s->setup->path.delay_us + STEP_US);
	if (s->setup->told)
		return moved;
	person_say(s->member, TALK_BYTES);
	return world_now(s->world);
}

static uint64_t until_heard(struct scene *s, uint64_t head, uint64_t began)
{
	while (person_heard(s->member) < head) {
		assert_true(world_now(s->world) < began + PATIENCE_SECONDS * second);
		pass(s, STEP_US);
	}
	return world_now(s->world) - began;
}

static uint64_t measure_one(const struct heal_setup *setup, uint64_t seed, double *missing)
{
	struct world_config config = {
		.seed = seed, .members = MEMBERS, .path = setup->path, .quiet = true};
	struct scene s = {.setup = setup, .world = world_new(&config)};
	uint64_t head, took, began;

	s.member = world_person(s.world, 0);
	for (unsigned i = 0; i < MEMBERS; i++)
		person_start(world_person(s.world, i));
	world_run(s.world, 3 * second);
	s.talk_at = world_now(s.world);
	pass(&s, 5 * second + world_random(s.world) % second);
	if (setup->outage_seconds) {
		cut_off(&s, true);
		pass(&s, setup->outage_seconds * second);
		cut_off(&s, false);
		began = world_now(s.world);
	} else {
		began = moves(&s);
	}
	head = world_head(s.world);
	*missing += (double)(head - person_heard(s.member));
	took = until_heard(&s, head, began);
	world_expect_settled(s.world, PATIENCE_SECONDS);
	world_end(s.world);
	return took;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

struct heal_figures heal_measure(const struct heal_setup *setup)
{
	static uint64_t took[SEEDS_MAX];
	double missing = 0;

	assert_in_range(setup->seeds, 1, SEEDS_MAX);
	for (uint64_t i = 0; i < setup->seeds; i++)
		took[i] = measure_one(setup, i + 1, &missing);
	qsort(took, setup->seeds, sizeof(*took), compare);
	return (struct heal_figures){.median_us = took[setup->seeds / 2],
				     .max_us = took[setup->seeds - 1],
				     .events = missing / (double)setup->seeds};
}
