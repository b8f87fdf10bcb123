/*
 * churn: while some are present, others come, wait until they see themselves in the room, and quit, over
 * and over.  Everybody present has to be told of each of that, once.
 */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>

enum { SETTLE_US = 30 * 1000 * 1000 };

struct churn {
	struct load *load;
	size_t first, count; /* who come and go */
	uint64_t joins, quits;
	bool closing; /* nobody comes any more */
};

/* What is next for somebody who comes and goes; true: they are somewhere in between. */
static bool step(struct churn *c, size_t index)
{
	struct load *l = c->load;
	struct member *m = load_member(l, index);

	if (m->fd >= 0 && m->over) {
		c->quits++;
		load_end(l, index);
	} else if (m->fd >= 0 && m->present && !m->leaving) {
		c->joins++;
		load_leave(l, index);
	}
	if (m->fd < 0 && !c->closing && !load_come(l, index))
		crowd_fail("a member cannot begin");
	return m->fd >= 0;
}

static size_t step_all(struct churn *c)
{
	size_t busy = 0;

	for (size_t i = 0; i < c->count; i++)
		busy += step(c, c->first + i);
	return busy;
}

static void go_on(struct churn *c, uint64_t us)
{
	uint64_t until = clock_mono_us() + us;

	while (clock_mono_us() < until) {
		(void)step_all(c);
		crowd_turn(c->load, until);
	}
}

/* All go, and all have been told of `want` joins and quits. */
static void come_to_rest(struct churn *c, uint64_t want)
{
	uint64_t deadline = clock_mono_us() + SETTLE_US;

	c->closing = true;
	while (step_all(c) > 0 && clock_mono_us() < deadline)
		crowd_turn(c->load, deadline);
	want += c->first * (c->joins + c->quits);
	while (c->load->told < want && clock_mono_us() < deadline)
		crowd_turn(c->load, deadline);
	if (c->load->told != want)
		fprintf(stderr, "chat-bench: %llu joins and quits were told, of %llu\n",
			(unsigned long long)c->load->told, (unsigned long long)want);
	if (c->load->told != want)
		crowd_fail("somebody present was not told once of who came and went");
}

/* Who comes is told of the later ones. */
static uint64_t told_of_each_other(size_t n)
{
	return (uint64_t)n * (n - 1) / 2;
}

static void print(const struct setup *w, const struct cost *cost, uint64_t cycles)
{
	double server = (double)cost->server_ns, told = (double)cost->told;

	crowd_print_setup(w);
	printf(" joiners=%lu", w->joiners);
	crowd_print_cost(cost);
	printf(" cycles=%llu cycles_per_cpu_s=%.0f announcements=%.0f ns_each=%.1f",
	       (unsigned long long)cycles, (double)cycles / server * 1e9, told, server / told);
}

static void run(const struct setup *w)
{
	struct crowd crowd;
	struct churn c = {.load = &crowd.load, .first = w->members, .count = w->joiners};

	crowd_begin(&crowd, w, w->members + w->joiners);
	c.load->listeners = w->members;
	crowd_come(c.load, 0, w->members);
	go_on(&c, w->warm_ms * SCENARIOS_MS);
	struct cost cost = crowd_meter(&crowd.subject, &crowd.load);
	uint64_t cycles = c.quits;
	go_on(&c, w->seconds * SCENARIOS_SECOND);
	cost = crowd_since(&crowd.subject, &crowd.load, cost);
	cycles = c.quits - cycles;
	come_to_rest(&c, told_of_each_other(w->members));
	print(w, &cost, cycles);
	crowd_verdict(c.load);
	crowd_end(&crowd);
}

const struct scenario scenario_churn = {
	.name = "churn",
	.help = "members=500 joiners=64 seconds=5 warm_ms=1000: while some are present, others "
		"join, and "
		"quit when they see themselves in the room, over and over",

	.run = run,
	.needs_announcing = true,
	.defaults = {.members = 500, .joiners = 64},
};
