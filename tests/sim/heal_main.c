/*
 * chat-sim-heal [SEEDS]: prints how soon a member has everything again, after it was cut off and after
 * its address changed.  Virtual time: the figures are the same on every machine.
 */
#include "heal.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const char *what, const struct heal_setup *setup)
{
	struct heal_figures f = heal_measure(setup);

	printf("%-24s %6.0f ms %5u %% %9u %8.1f %9.0f ms %7.0f ms\n", what,
	       (double)setup->path.delay_us / 500, setup->path.loss, setup->talks_per_minute,
	       f.events, (double)f.median_us / 1e3, (double)f.max_us / 1e3);
	fflush(stdout);
}

static void outages(uint64_t seeds)
{
	static const unsigned rates[] = {100, 300}, losses[] = {0, 10};
	static const unsigned rtts_ms[] = {50, 200};

	for (size_t i = 0; i < 8; i++) {
		struct heal_setup setup = {
			.path = {.delay_us = rtts_ms[i / 4] * 500, .loss = losses[i / 2 % 2]},
			.talks_per_minute = rates[i % 2],
			.outage_seconds = 60,
			.seeds = seeds};
		print("60 s cut off", &setup);
	}
}

static void moves(uint64_t seeds)
{
	static const unsigned rtts_ms[] = {10, 50, 200};

	for (size_t i = 0; i < 6; i++) {
		struct heal_setup setup = {.path = {.delay_us = rtts_ms[i / 2] * 500},
					   .talks_per_minute = 60,
					   .told = i % 2,
					   .seeds = seeds};
		print(setup.told ? "moved, and knows" : "moved, unknowing", &setup);
	}
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 300;

	printf("%-24s %9s %7s %9s %8s %12s %10s\n", "what", "rtt", "loss", "talks/min", "missing",
	       "median", "max");
	outages(seeds);
	moves(seeds);
	return 0;
}
