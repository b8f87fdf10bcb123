/* fanout: everybody hears what a few say, each of whom keeps a window full; window: one talk at a time. */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>

struct cost scenario_fanout_in(const struct setup *w, const struct subject *s, struct load *l)
{
	crowd_come(l, 0, w->members);
	crowd_talk(l, w->window, clock_mono_us() + w->warm_ms * SCENARIOS_MS);
	struct cost cost = crowd_meter(s, l);
	crowd_talk(l, w->window, clock_mono_us() + w->seconds * SCENARIOS_SECOND);
	cost = crowd_since(s, l, cost);
	crowd_settle(l, l->members);
	crowd_check(l, l->members);
	crowd_check_order(l, l->adapter->echoes ? 0 : w->talkers, l->members);
	return cost;
}

static void print(const struct cost *cost)
{
	double n = (double)cost->heard, server = (double)cost->server_ns;

	crowd_print_cost(cost);
	printf(" deliveries=%.0f per_cpu_s=%.0f ns_each=%.1f load_ns_each=%.1f wall_rate=%.0f", n,
	       n / server * 1e9, server / n, (double)cost->load_ns / n,
	       n / (double)cost->wall_us * 1e6);
}

static void run(const struct setup *w)
{
	struct crowd c;

	crowd_begin(&c, w, w->members);
	struct cost cost = scenario_fanout_in(w, &c.subject, &c.load);
	crowd_print_setup(w);
	printf(" talkers=%lu window=%lu bytes=%lu", w->talkers, w->window, w->bytes);
	print(&cost);
	crowd_verdict(&c.load);
	crowd_end(&c);
}

const struct scenario scenario_fanout = {.name = "fanout",
					 .help = "talkers=4 window=64 seconds=5 warm_ms=1000: some "
						 "keep so many talks under way each; "
						 "all hear all",
					 .run = run};
const struct scenario scenario_window = {
	.name = "window",
	.help = "the same with talkers=1 window=1: each delivery costs what it costs alone",
	.run = run,
	.defaults = {.talkers = 1, .window = 1}};
