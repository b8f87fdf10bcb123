/*
 * Storms: members that talk, leave and come, on paths and machines to which everything happens, with
 * a server that dies now and then, on a disk that is full or broken at times; all of it drawn from one
 * seed.
 */
#ifndef SIM_STORM_H
#define SIM_STORM_H

#include "world.h"

struct storm_setup {
	uint64_t seed;
	unsigned members;
	unsigned minutes;	 /* of virtual time; calm follows, in which all has to heal */
	unsigned fault_seconds;	 /* from one fault to the next, for each member, in the mean */
	unsigned talk_seconds;	 /* from one talk to the next, likewise */
	unsigned server_minutes; /* from one of the server's deaths to the next, likewise */
	unsigned disk_minutes;	 /* from one trouble with its disk to the next; 0: it has none */
};

struct storm_figures {
	struct world_figures world;
	uint64_t virtual_us, fingerprint;
};

/* Runs it; a failure fails the test. */
struct storm_figures storm_run(const struct storm_setup *setup);

#endif
