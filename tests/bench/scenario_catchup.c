/* catchup: somebody comes into a room who wants all that was said in it. */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>

enum { LATE = 1, BOTH = 2, OWN_JOIN = 1, DEADLINE_US = 120 * 1000 * 1000 };

static void say_all(struct load *l, const struct setup *w)
{
	uint64_t deadline = clock_mono_us() + DEADLINE_US;

	while (l->talker[0].said < w->history) {
		if (clock_mono_us() >= deadline)
			crowd_fail("the server does not take in that much, in two minutes");
		while (load_outstanding(l, 0) < w->window && l->talker[0].said < w->history &&
		       load_talk(l, 0, clock_mono_us()))
			;
		crowd_turn(l, clock_mono_us() + SCENARIOS_SECOND);
	}
	crowd_settle(l, LATE);
}

static void run(const struct setup *w)
{
	struct crowd c;
	struct load *l = &c.load;

	crowd_begin(&c, w, BOTH);
	crowd_come(l, 0, LATE);
	say_all(l, w);
	c.subject.target.backlog = w->history + OWN_JOIN;
	struct cost cost = crowd_meter(&c.subject, &c.load);
	if (!load_come(l, LATE))
		crowd_fail("a member cannot begin");
	talk_check_begin(l->check, LATE, true);
	uint64_t deadline = clock_mono_us() + DEADLINE_US;
	while (cost.heard + w->history > l->heard && clock_mono_us() < deadline)
		crowd_turn(l, deadline);
	cost = crowd_since(&c.subject, &c.load, cost);
	crowd_check(l, BOTH);
	crowd_print_setup(w);
	printf(" history=%lu bytes=%lu", w->history, w->bytes);
	crowd_print_cost(&cost);
	printf(" ns_each=%.1f", (double)cost.server_ns / (double)w->history);
	crowd_verdict(l);
	crowd_end(&c);
}

const struct scenario scenario_catchup = {
	.name = "catchup",
	.help = "history=100000: one talks alone; then another comes, and is given all of it",

	.run = run,
	.needs_memory = true,
	.defaults = {.members = 2, .talkers = 1},
};
