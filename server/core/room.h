/*
 * A room's log: every event, encoded once, in order of its sequence number.
 *
 * The newest events are kept up to a limit of bytes; older ones are gone from memory.  Readers
 * (struct session, the transcript) hold a number, never a pointer across an append.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include "proto/wire.h"

enum { ROOM_SEGMENT = 64 * 1024 };

struct room;

/* Keeps at least the newest event, and others while they fit `max_bytes`.  NULL: no memory. */
struct room *room_new(uint32_t id, size_t max_bytes);
void room_free(struct room *r);

uint64_t room_head(const struct room *r);  /* newest number; 0: empty */
uint64_t room_first(const struct room *r); /* oldest number that is kept; head + 1: none */
size_t room_bytes(const struct room *r);   /* of kept events */

/* Gives e the room's id and next number and keeps its encoding.  ERR_MEMORY, ERR_TOO_BIG. */
NODISCARD enum err room_append(struct room *r, struct event *e);

/* The encoded EVENT frame; data == NULL: not kept.  Valid until the next append. */
struct slice room_frame(const struct room *r, uint64_t seq);

#endif
