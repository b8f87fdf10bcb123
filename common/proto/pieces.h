/*
 * One encoded item that came in parts, while it does, and until it is used.
 *
 * Who keeps which, and how many, is the caller's to say.
 */
#ifndef PROTO_PIECES_H
#define PROTO_PIECES_H

#include "proto/wire.h"

enum pieces_verdict {
	PIECES_KEPT,
	PIECES_OLD,    /* had it */
	PIECES_BROKEN, /* of another size: not a part of this item */
};

struct pieces {
	uint64_t edit;	  /* as of its parts */
	uint32_t total;	  /* bytes */
	uint32_t missing; /* set of part numbers; 0: complete */
	uint8_t bytes[];
};

struct pieces *
pieces_new(uint32_t total); /* all of it missing, of no edit; NULL: no memory; free() it */
/* A part that part_get() found sound. */
enum pieces_verdict pieces_put(struct pieces *p, const struct part *part);
/* The whole item at once. */
void pieces_fill(struct pieces *p, struct slice bytes);

#endif
