/*
 * A hub on a real history, whose disk loses its power again and again, and fails in between; talkers
 * that come back after each time with all that was not answered.  From one seed.
 *
 * What has to hold: what was answered is in the log, once, under the number that the answer gave; what was
 * refused is not; every talker hears every event, in order, once, whatever lives it was heard in, and under
 * one number always the same.
 */
#ifndef LIVES_H
#define LIVES_H

#include <stdint.h>

struct lives_figures {
	uint64_t lives, cuts, faults; /* began; ended by a cut; had a fault in them */
	uint64_t talks, answered, refused, repeated; /* repeated: given again in another life */
	uint64_t lost_batches; /* were under way at a cut, and were not kept */
};

/* In a directory of its own below /tmp; a failure fails the test.  Adds to *f. */
void lives_run(uint64_t seed, struct lives_figures *f);

#endif
