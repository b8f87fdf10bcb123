/*
 * A disk in virtual time: the store of a simulated server (core/store.h), which outlives it.
 *
 * A batch takes a while, and so does an answer, so that answers come in any order.  A server that dies
 * leaves the batch that was under way: the disk has all of it or nothing, as it is drawn, and nobody
 * was told which.  For a while it can be full or broken.  Nothing that it kept is ever lost.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "core/hub.h"
#include "core/record.h"

#include <stdbool.h>

struct disk;

struct disk_config {
	uint64_t seed;	     /* all that it does is drawn from that */
	uint64_t epoch;	     /* of its logs */
	const uint64_t *now; /* the time; borrowed */
	/* Told of each record when it is kept, be it that of a dead server. */
	void (*keeps)(void *ctx, const struct record *r);
	void *ctx;
};

struct disk *disk_new(const struct disk_config *config);
void disk_free(struct disk *d);

struct store_port disk_port(struct disk *d);
/* What hub_restore() wants; borrowed until the next call. */
struct slice disk_records(struct disk *d);
/* The server died, in the middle of whatever it was. */
void disk_crash(struct disk *d);
/* From now on so many percent of the batches fail with that: ERR_FULL; or ERR_SYSTEM, then questions
 * do, too.  ERR_NONE: it works. */
void disk_fail(struct disk *d, enum err error, unsigned percent);
bool disk_fails(const struct disk *d);

uint64_t disk_deadline(const struct disk *d); /* TIMERQ_NEVER: none */
void disk_tick(struct disk *d, struct hub *h, struct instant now);

#endif
