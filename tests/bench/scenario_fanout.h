/* How a room's talks are spread: for the scenarios fanout, window and scale. */
#ifndef SCENARIO_FANOUT_H
#define SCENARIO_FANOUT_H

#include "scenarios.h"

struct fanout {
	uint64_t deliveries;
	double server_s, load_s, wall_s; /* processor times, and the clock's */
};

extern const struct scenario scenario_fanout, scenario_window;

/* All members come, talkers talk as the setup says, and all that was said is heard and checked. */
struct fanout scenario_fanout_in(struct load *l, const struct subject *s, const struct setup *w);
void scenario_fanout_print(const struct fanout *f);

#endif
