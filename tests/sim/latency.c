/* One run per seed; the figures are of all their deliveries together. */
#include "latency.h"

#include "actor.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MEMBERS = 100, PATIENCE = 60 };

struct samples {
	uint32_t *us;
	size_t count, cap;
};

static void join_all(struct sim *s, struct actor **members, unsigned count)
{
	char name[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "member%u", i);
		members[i] = sim_join(s, name, VIA_UDP);
	}
	sim_expect_agreement(s, PATIENCE);
}

/* Pauses are anything up to twice their mean, so that talks meet each other, too. */
static void talk(struct sim *s, struct actor **members, const struct latency_setup *setup)
{
	uint64_t mean = 1000000 / setup->talks_per_second;

	for (unsigned i = 0; i < setup->seconds * setup->talks_per_second; i++) {
		char text[32];
		snprintf(text, sizeof(text), "what I said was no. %u", i);
		sim_say(members[sim_random(s) % setup->members], text);
		sim_run(s, (double)(sim_random(s) % (2 * mean)) / 1e6);
	}
}

static void all_has_arrived(struct sim *s, struct actor **members,
			    const struct latency_setup *setup)
{
	for (unsigned i = 0; i < setup->members; i++) {
		sim_expect_answered(members[i], PATIENCE);
		assert_true(sim_in_room(members[i]));
	}
	sim_expect_agreement(s, PATIENCE);
	for (unsigned i = 0; i < setup->members; i++)
		assert_int_equal(sim_heard_count(members[i], EVENT_TALK),
				 setup->seconds * setup->talks_per_second);
}

static void take_samples(struct samples *all, const struct sim *s)
{
	size_t count;
	const uint32_t *us = sim_latencies(s, &count);

	assert_in_range(count, 1, all->cap - all->count);
	memcpy(&all->us[all->count], us, count * sizeof(*us));
	all->count += count;
}

static void one_seed(const struct latency_setup *setup, uint64_t seed, struct samples *samples,
		     struct latency_figures *f)
{
	struct weather fair = {.delay_us = setup->weather.delay_us};
	struct actor *members[MAX_MEMBERS];
	struct sim *s = sim_new(seed, &fair);

	join_all(s, members, setup->members);
	sim_weather(s, &setup->weather);
	struct sim_traffic before = sim_traffic(s);
	talk(s, members, setup);
	all_has_arrived(s, members, setup);
	struct sim_traffic after = sim_traffic(s);
	f->packets += (double)(after.packets - before.packets);
	f->bytes += (double)(after.bytes - before.bytes);
	take_samples(samples, s);
	sim_weather(s, &fair);
	sim_end(s);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

struct latency_figures latency_measure(const struct latency_setup *setup)
{
	struct latency_figures f = {0};
	struct samples all = {.cap = setup->seeds * setup->seconds * setup->talks_per_second *
				     (setup->members - 1)};

	assert_in_range(setup->members, 2, MAX_MEMBERS);
	all.us = memory_own(all.cap * sizeof(*all.us));
	for (uint64_t seed = 1; seed <= setup->seeds; seed++)
		one_seed(setup, seed, &all, &f);
	qsort(all.us, all.count, sizeof(*all.us), compare);
	f.deliveries = all.count;
	f.p50_us = all.us[all.count / 2];
	f.p99_us = all.us[all.count - 1 - all.count / 100];
	f.max_us = all.us[all.count - 1];
	f.packets /= (double)all.count;
	f.bytes /= (double)all.count;
	memory_own_free(all.us);
	return f;
}
