/* fanout: everybody hears what a few say, each of whom keeps a window full; window: one talk at a time. */
#include "scenario_fanout.h"

#include "sys/clock.h"

#include <stdio.h>

enum { COME_AT_ONCE = 64 };

static struct fanout measure(struct load *l, const struct subject *s, const struct setup *w)
{
	uint64_t cpu, own, heard, begun;

	crowd_talk(l, w->window, clock_mono_us() + w->warm * SCENARIOS_SECOND);
	cpu = subject_cpu_ns(s);
	own = subject_own_cpu_ns();
	heard = l->heard;
	begun = clock_mono_us();
	crowd_talk(l, w->window, begun + w->seconds * SCENARIOS_SECOND);
	return (struct fanout){.deliveries = l->heard - heard,
			       .server_s = (double)(subject_cpu_ns(s) - cpu) / 1e9,
			       .load_s = (double)(subject_own_cpu_ns() - own) / 1e9,
			       .wall_s = (double)(clock_mono_us() - begun) / 1e6};
}

struct fanout scenario_fanout_in(struct load *l, const struct subject *s, const struct setup *w)
{
	crowd_come(l, 0, w->members, COME_AT_ONCE);
	struct fanout f = measure(l, s, w);
	crowd_settle(l, w->members);
	crowd_check(l, w->members);
	return f;
}

void scenario_fanout_print(const struct fanout *f)
{
	printf(" seconds=%.2f deliveries=%llu server_cpu_s=%.3f load_cpu_s=%.3f per_cpu_s=%.0f "
	       "ns_each=%.1f wall_rate=%.0f",
	       f->wall_s, (unsigned long long)f->deliveries, f->server_s, f->load_s,
	       (double)f->deliveries / f->server_s, f->server_s * 1e9 / (double)f->deliveries,
	       (double)f->deliveries / f->wall_s);
}

static void run(const struct setup *w)
{
	struct subject s;
	struct load l;

	subject_begin(&s, w);
	load_init(&l, w->adapter, &s.target, w->members, w->talkers);
	l.bytes = w->bytes;
	struct fanout f = scenario_fanout_in(&l, &s, w);
	crowd_print_setup(w);
	printf(" talkers=%lu window=%lu bytes=%lu", w->talkers, w->window, w->bytes);
	scenario_fanout_print(&f);
	crowd_verdict(&l);
	load_wipe(&l);
	subject_end(&s);
}

const struct scenario scenario_fanout = {.name = "fanout", .run = run};
const struct scenario scenario_window = {
	.name = "window", .run = run, .defaults = {.talkers = 1, .window = 1}};
