/*
 * Each thing has before it which piece it is of.  Pieces with room are a list; a full one is in none, and
 * is found again by the thing that is given back.
 */
#include "proto/stock.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_PIECE = 4 * 1024 };

struct slot {
	struct stock_piece *piece;
	struct slot *next_free; /* while it is; else the thing begins here */
};

struct stock_piece {
	struct stock_piece *next, *prev; /* with room */
	struct slot *free;
	size_t used, fresh, cap; /* slots: taken; never taken begin there; in all */
	max_align_t slots[];
};

static size_t stride(const struct stock *s)
{
	size_t n = offsetof(struct slot, next_free) + s->size;

	n = n > sizeof(struct slot) ? n : sizeof(struct slot);
	return (n + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

static void link_piece(struct stock *s, struct stock_piece *p)
{
	p->prev = NULL;
	p->next = s->room;
	if (p->next)
		p->next->prev = p;
	s->room = p;
}

static void unlink_piece(struct stock *s, struct stock_piece *p)
{
	if (p->next)
		p->next->prev = p->prev;
	if (p->prev)
		p->prev->next = p->next;
	else
		s->room = p->next;
}

static struct stock_piece *new_piece(struct stock *s)
{
	size_t bytes = s->pieces > 0 ? 2 * s->last_size : FIRST_PIECE;

	bytes = bytes < STOCK_PIECE ? bytes : STOCK_PIECE;
	while (bytes < sizeof(struct stock_piece) + stride(s))
		bytes *= 2;
	struct stock_piece *p = malloc(bytes);
	if (!p)
		return NULL;
	*p = (struct stock_piece){.cap = (bytes - sizeof(*p)) / stride(s)};
	s->last_size = bytes;
	s->pieces++;
	link_piece(s, p);
	return p;
}

void *stock_take(struct stock *s)
{
	struct stock_piece *p = s->room ? s->room : new_piece(s);

	if (!p)
		return NULL;
	struct slot *slot = p->free;
	if (slot)
		p->free = slot->next_free;
	else
		slot = (struct slot *)((char *)p->slots + p->fresh++ * stride(s));
	slot->piece = p;
	s->taken++;
	if (++p->used == p->cap)
		unlink_piece(s, p);
	return &slot->next_free;
}

static void free_piece(struct stock *s, struct stock_piece *p)
{
	unlink_piece(s, p);
	s->pieces--;
	free(p);
}

void stock_give(struct stock *s, void *thing)
{
	if (!thing)
		return;
	struct slot *slot = (struct slot *)((char *)thing - offsetof(struct slot, next_free));
	struct stock_piece *p = slot->piece;
	if (p->used == p->cap)
		link_piece(s, p);
	slot->next_free = p->free;
	p->free = slot;
	p->used--;
	s->taken--;
	if (p->used == 0)
		free_piece(s, p);
}

void stock_wipe(struct stock *s)
{
	assert(s->taken == 0);
	while (s->room)
		free_piece(s, s->room);
	*s = (struct stock){.size = s->size};
}
