/* Early items wait in a table by number; the table itself exists only while something waits. */
#include "proto/assembly.h"

#include <stdlib.h>

void assembly_open(struct assembly *a, uint64_t next, uint32_t window, size_t held_max)
{
	*a = (struct assembly){.next = next, .window = window, .held_max = held_max};
}

/* What holding an item takes from the pool; the first one in an assembly needs the table, too. */
static size_t price(const struct assembly *a, size_t total)
{
	size_t table = a->count == 0 ? a->window * sizeof(struct pieces *) : 0;

	return sizeof(struct pieces) + total + table;
}

static bool pay(const struct assembly *a, uint64_t id, size_t total)
{
	size_t sum = price(a, total);

	if (!a->pool)
		return true;
	size_t max = id == a->next ? a->pool->max : a->pool->max / 2;
	if (a->pool->held + sum > max)
		return false;
	a->pool->held += sum;
	return true;
}

static void pay_back(const struct assembly *a, size_t total)
{
	if (a->pool)
		a->pool->held -= price(a, total);
}

static struct pieces **slot(const struct assembly *a, uint64_t id)
{
	return &a->slots[id % a->window];
}

static void release(struct assembly *a, uint64_t id)
{
	struct pieces **at = slot(a, id);

	if (!*at)
		return;
	size_t total = (*at)->total;
	free(*at);
	*at = NULL;
	a->held -= total;
	a->count--;
	pay_back(a, total);
	if (a->count > 0)
		return;
	free(a->slots);
	a->slots = NULL;
}

void assembly_wipe(struct assembly *a)
{
	for (uint32_t i = 0; a->slots && i < a->window; i++)
		release(a, i);
	a->next = 0;
}

/* The place of an item, made when it is not there yet; NULL: no room for it. */
static struct pieces *hold(struct assembly *a, uint64_t id, uint32_t total)
{
	if (!a->slots) {
		a->slots = calloc(a->window, sizeof(struct pieces *));
		if (!a->slots)
			return NULL;
	}
	struct pieces **at = slot(a, id);
	if (*at)
		return *at;
	/* Of what is its own, the next one always has a place, or early ones could lock it out. */
	bool fits = (id == a->next || a->held + total <= a->held_max) && pay(a, id, total);
	struct pieces *item = fits ? pieces_new(total) : NULL;
	if (fits && !item)
		pay_back(a, total);
	if (item) {
		*at = item;
		a->held += total;
		a->count++;
	} else if (a->count == 0) {
		free(a->slots);
		a->slots = NULL;
	}
	return item;
}

static struct pieces *held(const struct assembly *a, uint64_t id)
{
	return a->slots ? *slot(a, id) : NULL;
}

static bool past_window(const struct assembly *a, uint64_t id)
{
	return a->next == 0 || id - a->next >= a->window;
}

enum assembly_verdict assembly_whole(struct assembly *a, uint64_t id, struct slice bytes)
{
	return a->next != 0 && id == a->next ? ASSEMBLY_NOW : assembly_keep(a, id, bytes);
}

enum assembly_verdict assembly_keep(struct assembly *a, uint64_t id, struct slice bytes)
{
	if (a->next != 0 && id < a->next)
		return ASSEMBLY_OLD;
	if (past_window(a, id))
		return ASSEMBLY_NO_ROOM;
	struct pieces *had = held(a, id);
	if (had && !had->missing)
		return ASSEMBLY_OLD;
	if (had) /* parts of what it was before it changed */
		release(a, id);
	struct pieces *item = hold(a, id, (uint32_t)bytes.len);
	if (!item)
		return ASSEMBLY_NO_ROOM;
	pieces_fill(item, bytes);
	return ASSEMBLY_KEPT;
}

/* The place of a part.  Parts of what the item was before it changed give way, to be sent anew. */
static struct pieces *hold_part(struct assembly *a, const struct part *p)
{
	struct pieces *item = held(a, p->id);

	if (item && item->missing && p->edit > item->edit) {
		release(a, p->id);
		item = NULL;
	}
	if (item)
		return item;
	item = hold(a, p->id, p->total);
	if (item)
		item->edit = p->edit;
	return item;
}

enum assembly_verdict assembly_part(struct assembly *a, const struct part *p)
{
	if (a->next != 0 && p->id < a->next)
		return ASSEMBLY_OLD;
	if (past_window(a, p->id))
		return ASSEMBLY_NO_ROOM;
	struct pieces *item = hold_part(a, p);
	if (!item)
		return ASSEMBLY_NO_ROOM;
	if (p->edit < item->edit)
		return ASSEMBLY_OLD;
	switch (pieces_put(item, p)) {
	case PIECES_KEPT:
		return ASSEMBLY_KEPT;
	case PIECES_OLD:
		return ASSEMBLY_OLD;
	case PIECES_BROKEN:
		break;
	}
	return ASSEMBLY_BROKEN;
}

bool assembly_ready(const struct assembly *a, struct slice *bytes)
{
	const struct pieces *item = a->slots ? *slot(a, a->next) : NULL;

	if (!item || item->missing)
		return false;
	*bytes = slice_of(item->bytes, item->total);
	return true;
}

void assembly_advance(struct assembly *a)
{
	if (a->slots)
		release(a, a->next);
	a->next++;
}

/* While anything is held it is within the window. */
void assembly_skip(struct assembly *a, uint64_t next)
{
	while (a->slots && a->next < next)
		assembly_advance(a);
	if (a->next < next)
		a->next = next;
}
