/*
 * chat-sim-latency: prints how long deliveries take in the simulator.
 *
 *     chat-sim-latency [rtt=MS] [loss=PERCENT] [jitter=MS] [members=N] [talks=PER_SECOND]
 *                      [minutes=N] [seeds=N]
 *
 * Without `rtt` and `loss` it prints the table of all distances and losses that the project promises
 * something about.  Jitter is added to each way, evenly spread, and so reorders packets.
 */
#include "latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	unsigned long rtt, loss, jitter, members, talks, minutes, seeds;
	bool one;
};

static bool set(struct settings *w, const char *arg)
{
	const struct {
		const char *name;
		unsigned long *value;
		bool one;
	} known[] = {
		{"rtt=", &w->rtt, true},	{"loss=", &w->loss, true},
		{"jitter=", &w->jitter, false}, {"members=", &w->members, false},
		{"talks=", &w->talks, false},	{"minutes=", &w->minutes, false},
		{"seeds=", &w->seeds, false},
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		size_t n = strlen(known[i].name);
		char *end;
		if (strncmp(arg, known[i].name, n) != 0 || arg[n] == '\0')
			continue;
		*known[i].value = strtoul(arg + n, &end, 10);
		w->one |= known[i].one;
		return *end == '\0';
	}
	return false;
}

static void measure(const struct settings *w, unsigned long rtt, unsigned long loss)
{
	struct latency_setup setup = {
		.weather = {.loss = (unsigned)loss,
			    .delay_us = rtt * 500,
			    .jitter_us = w->jitter * 1000},
		.members = (unsigned)w->members,
		.seconds = (unsigned)w->minutes * 60,
		.talks_per_second = (unsigned)w->talks,
		.seeds = w->seeds,
	};
	struct latency_figures f = latency_measure(&setup);

	printf("%6lu ms %6lu %% %10llu %7.1f ms %7.1f ms %7.1f ms %8.2f %8.0f\n", rtt, loss,
	       (unsigned long long)f.deliveries, f.p50_us / 1e3, f.p99_us / 1e3, f.max_us / 1e3,
	       f.packets, f.bytes);
	fflush(stdout);
}

static void measure_all(const struct settings *w)
{
	static const unsigned long rtts[] = {50, 200}, losses[] = {0, 1, 5, 10, 30, 50};

	for (size_t i = 0; i < COUNT_OF(rtts); i++)
		for (size_t k = 0; k < COUNT_OF(losses); k++)
			measure(w, rtts[i], losses[k]);
}

int main(int argc, char **argv)
{
	struct settings w = {.rtt = 50, .members = 8, .talks = 5, .minutes = 10, .seeds = 5};

	for (int i = 1; i < argc; i++) {
		if (set(&w, argv[i]))
			continue;
		fprintf(stderr, "chat-sim-latency: what is \"%s\"?\n", argv[i]);
		return 1;
	}
	if (w.members < 2 || !w.talks || !w.minutes || !w.seeds || w.loss > 90) {
		fprintf(stderr, "chat-sim-latency: there would be nothing to measure\n");
		return 1;
	}
	printf("%9s %8s %10s %10s %10s %10s %8s %8s\n", "rtt", "loss", "deliveries", "p50", "p99",
	       "max", "packets", "bytes");
	if (w.one)
		measure(&w, w.rtt, w.loss);
	else
		measure_all(&w);
	return 0;
}
