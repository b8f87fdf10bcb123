/*
 * threads: what more threads are worth to a server, measured on a machine that the load is on, too.  So the
 * load is as light as can be: but for the talkers, members come in as they do, and then throw away what
 * comes, unread (TCP's MSG_TRUNC); that it was all, its length says.  Rounds with one thread and with more
 * take turns, of each the median counts.
 */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS_MAX = 25, ENVELOPE = 64 /* bytes around a talk, at the most */ };

struct figure {
	double wall_rate, ns_each;
};

static uint64_t said(const struct load *l)
{
	uint64_t n = 0;

	for (size_t k = 0; k < l->talkers; k++)
		n += l->talker[k].said;
	return n;
}

/* All have all that was said: each talk, with what is around it, and nothing twice. */
static void drain(struct load *l)
{
	uint64_t deadline = clock_mono_us() + 30 * (uint64_t)SCENARIOS_SECOND;
	uint64_t least = said(l) * l->bytes, most = said(l) * (l->bytes + ENVELOPE) + ENVELOPE;

	crowd_settle(l, l->talkers);
	for (size_t i = l->talkers; i < l->members;) {
		uint64_t drained = adapter_chat_drained(load_member(l, i));
		if (drained > most || clock_mono_us() >= deadline)
			crowd_fail("a member got more than was said, or less");
		if (drained >= least)
			i++;
		else
			crowd_turn(l, deadline);
	}
}

static struct cost measure(const struct setup *w, struct crowd *c)
{
	struct load *l = &c->load;

	crowd_come(l, 0, w->members);
	for (size_t i = w->talkers; i < w->members; i++)
		adapter_chat_drain(load_member(l, i));
	crowd_talk(l, w->window, clock_mono_us() + w->warm_ms * SCENARIOS_MS);
	drain(l);
	struct cost cost = crowd_meter(&c->subject, l);
	uint64_t before = said(l);
	crowd_talk(l, w->window, clock_mono_us() + w->seconds * SCENARIOS_SECOND);
	drain(l);
	cost = crowd_since(&c->subject, l, cost);
	cost.heard = (said(l) - before) * w->members;
	crowd_check(l, w->talkers);
	return cost;
}

static struct figure round_with(const struct setup *w, unsigned long threads)
{
	struct setup now = *w;
	struct crowd c;

	now.threads = threads;
	now.pin = 0;
	crowd_begin(&c, &now, w->members);
	struct cost cost = measure(&now, &c);
	crowd_require_all(&c.load);
	crowd_end(&c);
	return (struct figure){.wall_rate = (double)cost.heard / (double)cost.wall_us * 1e6,
			       .ns_each = (double)cost.server_ns / (double)cost.heard};
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct figure median(const struct figure *all, size_t n)
{
	double rates[ROUNDS_MAX], costs[ROUNDS_MAX];

	for (size_t i = 0; i < n; i++) {
		rates[i] = all[i].wall_rate;
		costs[i] = all[i].ns_each;
	}
	qsort(rates, n, sizeof(*rates), by_value);
	qsort(costs, n, sizeof(*costs), by_value);
	return (struct figure){rates[n / 2], costs[n / 2]};
}

static void run(const struct setup *w)
{
	struct figure one[ROUNDS_MAX], more[ROUNDS_MAX];

	if (w->via != TARGET_TCP || w->talkers >= w->members || w->rounds > ROUNDS_MAX)
		crowd_fail("threads is for via=tcp, members that do not talk, and 25 rounds");
	for (unsigned long i = 0; i < w->rounds; i++) {
		one[i] = round_with(w, 1);
		more[i] = round_with(w, w->threads);
	}
	struct figure a = median(one, w->rounds), b = median(more, w->rounds);
	crowd_print_setup(w);
	printf(" talkers=%lu window=%lu bytes=%lu rounds=%lu wall_rate_1=%.0f wall_rate=%.0f "
	       "times=%.2f ns_each_1=%.1f ns_each=%.1f\n",
	       w->talkers, w->window, w->bytes, w->rounds, a.wall_rate, b.wall_rate,
	       b.wall_rate / a.wall_rate, a.ns_each, b.ns_each);
}

const struct scenario scenario_threads = {
	.name = "threads",
	.help = "via=tcp members=1000 talkers=16 window=64 seconds=2 rounds=5 threads=2: how "
		"much more a server with so many does",
	.run = run,
	.needs_own = true,
	.defaults = {.members = 1000,
		     .talkers = 16,
		     .threads = 2,
		     .rounds = 5,
		     .seconds = 2,
		     .via = TARGET_TCP}};
