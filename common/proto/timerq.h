/*
 * Deadlines in order: a binary heap of caller-owned entries.  Pure: knows no clock; time is any
 * growing 64-bit number, here microseconds.  Used by the reactor and by the peers' table, for whom
 * moving one deadline among n costs O(log n) and asking for the nearest costs nothing.
 */
#ifndef PROTO_TIMERQ_H
#define PROTO_TIMERQ_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMERQ_NEVER UINT64_MAX

struct timerq_entry {
	uint64_t deadline;
	uint32_t slot; /* 1-based place in the heap; 0: not queued.  Zero-initialise. */
	uint32_t own;  /* the caller's: nobody looks at it here */
};

struct timerq {
	struct timerq_entry **heap;
	size_t len, cap;
};

void timerq_init(struct timerq *q);
void timerq_wipe(struct timerq *q); /* entries are left alone */

/* Queues or moves; TIMERQ_NEVER takes it out.  ERR_MEMORY only when a new entry needs room. */
NODISCARD enum err timerq_set(struct timerq *q, struct timerq_entry *e, uint64_t deadline);
void timerq_remove(struct timerq *q, struct timerq_entry *e); /* not queued: nothing */

uint64_t timerq_next(const struct timerq *q); /* nearest deadline, or TIMERQ_NEVER */

/* Takes out and returns an entry whose deadline is <= now, nearest first; NULL when none is. */
struct timerq_entry *timerq_pop(struct timerq *q, uint64_t now);

#endif
