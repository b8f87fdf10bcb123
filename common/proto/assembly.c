/* Early items wait in a table by number; the table itself exists only while something waits. */
#include "proto/assembly.h"

#include <stdlib.h>
#include <string.h>

struct assembly_item {
	uint32_t total;	  /* bytes */
	uint32_t missing; /* set of part numbers; 0: complete */
	uint8_t bytes[];
};

void assembly_open(struct assembly *a, uint64_t next, uint32_t window, size_t held_max)
{
	*a = (struct assembly){.next = next, .window = window, .held_max = held_max};
}

/* What holding an item takes from the pool; the first one in an assembly needs the table, too. */
static size_t price(const struct assembly *a, size_t total)
{
	size_t table = a->count == 0 ? a->window * sizeof(struct assembly_item *) : 0;

	return sizeof(struct assembly_item) + total + table;
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

static struct assembly_item **slot(const struct assembly *a, uint64_t id)
{
	return &a->slots[id % a->window];
}

static void release(struct assembly *a, uint64_t id)
{
	struct assembly_item **at = slot(a, id);

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
static struct assembly_item *hold(struct assembly *a, uint64_t id, size_t total, uint32_t missing)
{
	if (!a->slots) {
		a->slots = calloc(a->window, sizeof(struct assembly_item *));
		if (!a->slots)
			return NULL;
	}
	struct assembly_item **at = slot(a, id);
	if (*at)
		return *at;
	/* Of what is its own, the next one always has a place, or early ones could lock it out. */
	bool fits = (id == a->next || a->held + total <= a->held_max) && pay(a, id, total);
	struct assembly_item *item = fits ? malloc(sizeof(*item) + total) : NULL;
	if (fits && !item)
		pay_back(a, total);
	if (item) {
		*item = (struct assembly_item){.total = (uint32_t)total, .missing = missing};
		*at = item;
		a->held += total;
		a->count++;
	} else if (a->count == 0) {
		free(a->slots);
		a->slots = NULL;
	}
	return item;
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
	if (a->slots && *slot(a, id))
		return ASSEMBLY_OLD;
	struct assembly_item *item = hold(a, id, bytes.len, 0);
	if (!item)
		return ASSEMBLY_NO_ROOM;
	memcpy(item->bytes, bytes.data, bytes.len);
	return ASSEMBLY_KEPT;
}

enum assembly_verdict assembly_part(struct assembly *a, const struct part *p)
{
	uint32_t parts = (p->total + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE;
	uint32_t all = parts < 32 ? (UINT32_C(1) << parts) - 1 : UINT32_MAX;

	if (a->next != 0 && p->id < a->next)
		return ASSEMBLY_OLD;
	if (past_window(a, p->id))
		return ASSEMBLY_NO_ROOM;
	struct assembly_item *item = hold(a, p->id, p->total, all);
	if (!item)
		return ASSEMBLY_NO_ROOM;
	if (item->total != p->total)
		return ASSEMBLY_BROKEN;
	if (!(item->missing >> p->index & 1))
		return ASSEMBLY_OLD;
	memcpy(item->bytes + (size_t)p->index * WIRE_PART_SIZE, p->bytes.data, p->bytes.len);
	item->missing &= ~(UINT32_C(1) << p->index);
	return ASSEMBLY_KEPT;
}

bool assembly_ready(const struct assembly *a, struct slice *bytes)
{
	const struct assembly_item *item = a->slots ? *slot(a, a->next) : NULL;

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
