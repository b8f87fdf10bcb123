/*
 * How long a talk takes from one member's lips to another's ears over a bad network, and what that
 * costs in packets: a room of members over UDP who talk in turn, at random moments.
 *
 * All join in fair weather over the same distance; then the loss begins.  Everything said has to
 * arrive and nobody may be lost, or the run fails.  Time is virtual: the figures are the same on every
 * machine.
 */
#ifndef SIM_LATENCY_H
#define SIM_LATENCY_H

#include "sim.h"

struct latency_setup {
	struct weather weather; /* of the talks; half a round trip is its delay_us */
	unsigned members, seconds;
	unsigned talks_per_second; /* of all members together */
	uint64_t seeds;		   /* 1, 2, 3 … */
};

struct latency_figures {
	uint64_t deliveries;
	uint32_t p50_us, p99_us, max_us;
	double packets, bytes; /* UDP payloads of both directions, per delivery */
};

struct latency_figures latency_measure(const struct latency_setup *setup);

#endif
