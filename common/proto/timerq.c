/*
 * A binary min-heap over pointers, 1-based: the children of slot i are 2i and 2i + 1, and slot 0 is
 * what an entry that is not queued says of itself.
 *
 * Invariants: heap[i - 1]->slot == i for every i in 1..len; no entry is nearer than its parent; no
 * deadline in the heap is TIMERQ_NEVER.  Entries of equal deadline come out in no promised order.
 */
#include "proto/timerq.h"

#include <assert.h>
#include <stdlib.h>

enum { TIMERQ_FIRST_CAP = 16 };

static void place(struct timerq *q, size_t slot, struct timerq_entry *e)
{
	q->heap[slot - 1] = e;
	e->slot = (uint32_t)slot;
}

static struct timerq_entry *at(const struct timerq *q, size_t slot)
{
	return q->heap[slot - 1];
}

/* Moves e, whose place is the free slot `slot`, towards the root as far as it has to. */
static void sift_up(struct timerq *q, size_t slot, struct timerq_entry *e)
{
	while (slot > 1 && at(q, slot / 2)->deadline > e->deadline) {
		place(q, slot, at(q, slot / 2));
		slot /= 2;
	}
	place(q, slot, e);
}

static size_t nearer_child(const struct timerq *q, size_t slot)
{
	size_t child = slot * 2;

	if (child + 1 <= q->len && at(q, child + 1)->deadline < at(q, child)->deadline)
		child++;
	return child;
}

static void sift_down(struct timerq *q, size_t slot, struct timerq_entry *e)
{
	while (slot * 2 <= q->len) {
		size_t child = nearer_child(q, slot);

		if (at(q, child)->deadline >= e->deadline)
			break;
		place(q, slot, at(q, child));
		slot = child;
	}
	place(q, slot, e);
}

/* Finds the place of e from `slot`, which nothing else occupies. */
static void settle(struct timerq *q, size_t slot, struct timerq_entry *e)
{
	if (slot > 1 && at(q, slot / 2)->deadline > e->deadline)
		sift_up(q, slot, e);
	else
		sift_down(q, slot, e);
}

static enum err make_room(struct timerq *q)
{
	if (q->len < q->cap)
		return ERR_NONE;

	size_t cap = q->cap ? q->cap * 2 : TIMERQ_FIRST_CAP;
	struct timerq_entry **heap = realloc(q->heap, cap * sizeof(*heap));

	if (!heap)
		return ERR_MEMORY;
	q->heap = heap;
	q->cap = cap;
	return ERR_NONE;
}

void timerq_init(struct timerq *q)
{
	*q = (struct timerq){0};
}

void timerq_wipe(struct timerq *q)
{
	free(q->heap);
	timerq_init(q);
}

enum err timerq_set(struct timerq *q, struct timerq_entry *e, uint64_t deadline)
{
	if (deadline == TIMERQ_NEVER) {
		timerq_remove(q, e);
		return ERR_NONE;
	}
	if (!e->slot) {
		enum err err = make_room(q);

		if (err)
			return err;
		e->slot = (uint32_t)++q->len;
	}
	e->deadline = deadline;
	settle(q, e->slot, e);
	return ERR_NONE;
}

void timerq_remove(struct timerq *q, struct timerq_entry *e)
{
	size_t slot = e->slot;

	if (!slot)
		return;
	assert(slot <= q->len && at(q, slot) == e);

	struct timerq_entry *last = at(q, q->len--);

	e->slot = 0;
	if (last != e)
		settle(q, slot, last);
}

uint64_t timerq_next(const struct timerq *q)
{
	return q->len ? at(q, 1)->deadline : TIMERQ_NEVER;
}

struct timerq_entry *timerq_pop(struct timerq *q, uint64_t now)
{
	if (!q->len || at(q, 1)->deadline > now)
		return NULL;

	struct timerq_entry *e = at(q, 1);

	timerq_remove(q, e);
	return e;
}
