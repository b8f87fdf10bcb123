/*
 * A room's log: every event, encoded once, in order of its sequence number, with who said it.
 *
 * An event is numbered first, and only seen once it is published: what is numbered behind the head is
 * nobody's to read, and can be taken back, so that its number is given again.  A published event
 * changes in one way alone, by room_rewrite(): when it was edited or recalled.
 *
 * The newest events are kept up to a limit of bytes; older ones are gone from memory (core/pages.h has
 * what a store gave back of them).  Readers (struct session, the transcript) hold a number, never a
 * pointer across an append, a rewrite or a truncation.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include "core/owner.h"
#include "proto/wire.h"

enum { ROOM_SEGMENT = 64 * 1024 };

struct room;

/* Begins behind `head`, of which nothing is in memory.  Keeps at least the newest event, and others
 * while they fit `max_bytes`.  NULL: no memory. */
struct room *room_new(uint32_t id, size_t max_bytes, uint64_t head);
void room_free(struct room *r);

uint64_t room_head(const struct room *r);  /* newest number that is published; 0: empty */
uint64_t room_last(const struct room *r);  /* … that was given; above the head: not published */
uint64_t room_first(const struct room *r); /* oldest number in memory; room_last() + 1: none */
size_t room_bytes(const struct room *r);   /* of memory for events, with what finds them */

/*
 * Gives e the room's id and next number, and keeps its encoding and, of what was said, its author (NULL:
 * the administrator).  ERR_MEMORY, ERR_TOO_BIG: no number was given.
 */
NODISCARD enum err room_append(struct room *r, struct event *e, const uint8_t author[OWNER_BYTES]);
void room_publish(struct room *r);  /* all that is numbered; what is over the limit is forgotten */
void room_truncate(struct room *r); /* back to the head */

/* The encoded EVENT frame of a published event; data == NULL: not in memory. */
struct slice room_frame(const struct room *r, uint64_t seq);
/*
 * The encoded frames of published events from `seq` on that lie in one piece: at least one, others while all
 * fit `max_bytes`.  *count: at most so many; becomes how many they are.  data == NULL: not in memory.
 */
struct slice room_run(const struct room *r, uint64_t seq, size_t max_bytes, uint32_t *count);
/* The same as room_frame() of one that is numbered, published or not: for what is to be written down. */
struct slice room_numbered(const struct room *r, uint64_t seq);
/*
 * Who said it, of a TALK (an EDITED, a RECALLED) that is in memory; all zeros: the administrator, or not
 * known; of any other event: zeros.  Valid until the next append.
 */
const uint8_t *room_author(const struct room *r, uint64_t seq);

/*
 * Another frame (at most WIRE_ITEM_MAX bytes) stands where this published event was; of the old one
 * nothing is left.  The author stays.  ERR_NOT_FOUND: not in memory; ERR_MEMORY: of it and all before it
 * nothing is in memory now.
 */
NODISCARD enum err room_rewrite(struct room *r, uint64_t seq, struct slice frame);

/* Forgets the oldest published events until room_bytes() is at most `bytes`, or only those are left
 * that lie in one piece with the newest. */
void room_shrink(struct room *r, size_t bytes);

#endif
