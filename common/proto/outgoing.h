/*
 * The sending end of numbered items that are kept until they have arrived: a client's commands, which
 * wait for their replies, and a server's replies, which wait to be acknowledged.
 *
 * Knows which parts of which are due; what becomes of them is the session's to note.  Never looks into
 * a frame.
 */
#ifndef PROTO_OUTGOING_H
#define PROTO_OUTGOING_H

#include "proto/pieces.h"

/* A command that waits for its reply, or a reply that waits for its acknowledgement. */
struct outgoing {
	struct outgoing *next;
	uint64_t id;
	enum command_kind kind; /* client */
	uint32_t room;		/* client: of a JOIN or PART */
	struct pieces *reply;	/* client: what of its reply is there, when that comes in parts */
	uint32_t due;		/* set of parts (one bit for an item that fits a packet) */
	uint32_t arrived;	/* parts that were acknowledged */
	uint32_t len;
	uint8_t bytes[]; /* the encoded frame */
};

/* In the order in which they were given: a client's by id, a server's as the answers came. */
struct outgoing_list {
	struct outgoing *first, *last;
	uint32_t count, bytes;
	uint64_t lowest; /* no id is below, while there is one */
};

/* A copy of the encoded frame, all of it due, at the end of the list.  NULL: no memory. */
struct outgoing *outgoing_add(struct outgoing_list *l, uint64_t id, const struct buf *frame);
struct outgoing *outgoing_find(const struct outgoing_list *l, uint64_t id); /* NULL: not there */
void outgoing_remove(struct outgoing_list *l, uint64_t id);		    /* not there: nothing */
void outgoing_forget(struct outgoing_list *l, uint64_t upto); /* all with an id up to that one */
bool outgoing_due(const struct outgoing_list *l);	      /* something in it has to be sent */

uint32_t outgoing_parts(const struct outgoing *o); /* the set of all its parts */

/* In how many parts an item of `len` bytes goes by packet; 1: as it is. */
uint8_t item_parts(size_t len);

#endif
