/* paced: so many talks a second, and how long each takes to each member. */
#include "scenarios.h"

#include <stdio.h>

static void run(const struct setup *w)
{
	static struct histogram latency;
	struct crowd c;

	crowd_begin(&c, w, w->members);
	crowd_come(&c.load, 0, w->members);
	crowd_pace_for(&c.load, w->members, w->rate, w->warm_ms * SCENARIOS_MS);
	c.load.latency = &latency;
	struct cost cost = crowd_meter(&c.subject, &c.load);
	crowd_pace_for(&c.load, w->members, w->rate, w->seconds * SCENARIOS_SECOND);
	cost = crowd_since(&c.subject, &c.load, cost);
	crowd_check(&c.load, w->members);
	crowd_print_setup(w);
	printf(" talkers=%lu rate=%lu bytes=%lu", w->talkers, w->rate, w->bytes);
	crowd_print_latency(&latency);
	crowd_print_cost(&cost);
	crowd_verdict(&c.load);
	crowd_end(&c);
}

const struct scenario scenario_paced = {.name = "paced",
					.help = "rate=50 seconds=5 warm_ms=1000: so many talks a "
						"second, and how long each takes to each "
						"member",
					.run = run,
					.defaults = {.rate = 50}};
