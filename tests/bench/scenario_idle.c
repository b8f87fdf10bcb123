/* idle: what members cost who do nothing; and, if a few talk, when all have heard it. */
#include "scenarios.h"

#include "sys/clock.h"

#include <stdio.h>

static void be_quiet(struct load *l, unsigned long seconds)
{
	uint64_t until = clock_mono_us() + seconds * SCENARIOS_SECOND;

	while (clock_mono_us() < until)
		crowd_turn(l, until);
}

static void run(const struct setup *w)
{
	static struct histogram latency;
	struct crowd c;

	crowd_begin(&c, w, w->members);
	uint64_t before = subject_resident(&c.subject);
	uint64_t begun = clock_mono_us();
	crowd_come(&c.load, 0, w->members);
	double came = (double)(clock_mono_us() - begun) / 1e6;
	be_quiet(&c.load, w->quiet);
	uint64_t after = subject_resident(&c.subject);
	struct cost cost = crowd_meter(&c.subject, &c.load);
	be_quiet(&c.load, w->quiet);
	cost = crowd_since(&c.subject, &c.load, cost);
	crowd_print_setup(w);
	printf(" share=%u came_s=%.2f rss_before=%llu rss_after=%llu rss_each=%.0f idle_cpu=%.4f",
	       c.subject.target.share, came, (unsigned long long)before, (unsigned long long)after,
	       (double)(after - before) / (double)w->members,
	       (double)cost.server_ns / 1e3 / (double)cost.wall_us);
	if (w->rate > 0) {
		c.load.latency = &latency;
		crowd_pace_for(&c.load, w->members, w->rate, w->seconds * SCENARIOS_SECOND);
		crowd_check(&c.load, w->members);
		crowd_print_latency(&latency);
	}
	crowd_verdict(&c.load);
	crowd_end(&c);
}

const struct scenario scenario_idle = {
	.name = "idle",
	.help = "members=10000 quiet=5: what memory the server has before they come, and when all "
		"have been quiet for a while; with rate=N they talk then for seconds=20, as in "
		"paced",
	.run = run,
	.defaults = {.members = 10000, .quiet = 5, .seconds = 20}};
