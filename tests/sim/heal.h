/*
 * How soon a member has everything again, in virtual time: after it was cut off, and after its address
 * changed under it.
 */
#ifndef SIM_HEAL_H
#define SIM_HEAL_H

#include "world.h"

enum {
	HEAL_OUTAGE_MAX_US = 4 * 1000 * 1000, /* what is promised of outages … */
	HEAL_MOVE_MAX_US = 50 * 1000,	      /* … and of moves, beside two round trips */
};

struct heal_setup {
	struct path path;
	unsigned talks_per_minute; /* of the others together, all the while */
	unsigned outage_seconds;   /* 0: it moves instead */
	bool told;		   /* the machine notices that the network is another */
	uint64_t seeds;
};

struct heal_figures {
	uint64_t median_us, max_us; /* until all is there that was said before */
	double events;		    /* that were missing, in the mean */
};

struct heal_figures heal_measure(const struct heal_setup *setup);

#endif
