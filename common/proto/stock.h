/*
 * Memory for things of one size that live for a moment, apart from what lives long.
 *
 * Thousands of sessions may be busy at once and all rest a second later.  What they had then lay between
 * what stays, and no page of it would ever be given back.  Here such things lie side by side, in pieces
 * that are given back as a whole.  A piece is larger than the one before it, up to STOCK_PIECE.  Not for two threads at a time.
 */
#ifndef PROTO_STOCK_H
#define PROTO_STOCK_H

#include <stddef.h>
#include <stdint.h>

enum { STOCK_PIECE = 512 * 1024 }; /* bytes, above which malloc() gives a mapping of its own */

struct stock_piece;

/* Zero-initialise, but for the size. */
struct stock {
	size_t size;		  /* of each thing */
	struct stock_piece *room; /* pieces with room for more, … */
	size_t pieces, last_size; /* of all; of the piece that was made last */
	size_t taken;		  /* things */
};

void *stock_take(struct stock *s);	       /* not initialised; NULL: no memory */
void stock_give(struct stock *s, void *thing); /* one of its own; NULL: nothing */
void stock_wipe(struct stock *s);	       /* all were given back */

#endif
