/* joins: many come into an empty room as fast as they can, while a few who are there talk. */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>

enum { DEADLINE_US = 300 * 1000 * 1000 };

static uint64_t come_meanwhile(struct load *l, const struct setup *w)
{
	uint64_t begun = clock_mono_us(), deadline = begun + DEADLINE_US;
	struct pace pace = {.begun = begun, .rate = w->rate};
	size_t next = w->talkers;

	while (l->present < w->members) {
		for (; next < w->members && next - l->present < w->joiners; next++)
			if (!load_come(l, next))
				crowd_fail("a member cannot begin");
		crowd_turn(l, crowd_pace(l, &pace));
		if (clock_mono_us() >= deadline)
			crowd_fail("not all members came in, in five minutes");
	}
	return clock_mono_us() - begun;
}

/* Who came while others talked has heard all from some talk on. */
static void hear_the_rest(struct load *l, const struct setup *w)
{
	uint64_t told = (uint64_t)w->members * (w->members - 1) / 2;
	uint64_t deadline = clock_mono_us() + DEADLINE_US;

	for (size_t i = 0; i < l->talkers; i++)
		(void)load_talk(l, i, clock_mono_us());
	crowd_settle(l, w->members);

	while (l->adapter->announces && l->told < told && clock_mono_us() < deadline)
		crowd_turn(l, deadline);
	if (l->adapter->announces && l->told != told)
		crowd_fail("somebody was not told once of who came after them");
}

static void run(const struct setup *w)
{
	static struct histogram latency;
	struct crowd c;
	struct load *l = &c.load;

	crowd_begin(&c, w, w->members);
	crowd_come(l, 0, w->talkers);
	crowd_pace_for(l, w->talkers, w->rate, w->warm_ms * SCENARIOS_MS);
	l->latency = &latency;
	struct cost cost = crowd_meter(&c.subject, &c.load);
	uint64_t came = come_meanwhile(l, w);
	hear_the_rest(l, w);
	cost = crowd_since(&c.subject, &c.load, cost);
	crowd_check(l, w->members);
	crowd_print_setup(w);
	printf(" talkers=%lu rate=%lu joiners=%lu came_s=%.2f", w->talkers, w->rate, w->joiners,
	       (double)came / 1e6);
	crowd_print_cost(&cost);
	crowd_print_latency(&latency);
	crowd_verdict(l);
	crowd_end(&c);
}

const struct scenario scenario_joins = {.name = "joins",
					.help = "members=10000 joiners=256 rate=50: all come into "
						"an empty room, so many of them at "
						"a time, while the first few talk",
					.run = run,
					.defaults = {.members = 10000, .rate = 50, .joiners = 256}};
