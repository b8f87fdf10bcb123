/* See heap.h: a table by address, with linear probing, and sums when somebody asks. */
#include "heap.h"

#include "memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 1 << 16 };

struct block {
	const void *p; /* NULL: a free place */
	const void *site;
	size_t bytes;
};

static struct block *blocks;
static size_t cap, count;

static size_t home_of(const void *p)
{
	return (size_t)(((uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (cap - 1);
}

static struct block *place_of(const void *p)
{
	size_t i = home_of(p);

	while (blocks[i].p && blocks[i].p != p)
		i = (i + 1) & (cap - 1);
	return &blocks[i];
}

static void grow(void)
{
	struct block *old = blocks;
	size_t old_cap = cap;

	cap = cap ? cap * 2 : FIRST_CAP;
	blocks = memory_own(cap * sizeof(*blocks));
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].p)
			*place_of(old[i].p) = old[i];
	memory_own_free(old);
}

void heap_watch(void)
{
	if (!blocks)
		grow();
}

void heap_note(const void *p, size_t n, const void *site)
{
	if (!blocks)
		return;
	if (2 * count >= cap)
		grow();
	*place_of(p) = (struct block){p, site, n};
	count++;
}

/* What stands behind it moves up, so that it is found without it. */
static void close_gap(size_t gap)
{
	for (size_t i = (gap + 1) & (cap - 1); blocks[i].p; i = (i + 1) & (cap - 1)) {
		size_t home = home_of(blocks[i].p);
		if (((i - home) & (cap - 1)) < ((i - gap) & (cap - 1)))
			continue;
		blocks[gap] = blocks[i];
		gap = i;
	}
	blocks[gap].p = NULL;
}

void heap_forget(const void *p)
{
	struct block *b = blocks && p ? place_of(p) : NULL;

	if (!b || !b->p)
		return;
	close_gap((size_t)(b - blocks));
	count--;
}

static int by_bytes(const void *a, const void *b)
{
	const struct heap_site *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

static struct heap_site *site_in(struct heap_site *all, size_t *n, size_t max, const void *site)
{
	for (size_t i = 0; i < *n; i++)
		if (all[i].site == site)
			return &all[i];
	if (*n == max)
		return NULL;
	all[*n] = (struct heap_site){.site = site};
	return &all[(*n)++];
}

size_t heap_sites(struct heap_site *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < cap; i++) {
		struct heap_site *s = blocks[i].p ? site_in(out, &n, max, blocks[i].site) : NULL;
		if (!s)
			continue;
		s->blocks++;
		s->bytes += blocks[i].bytes;
	}
	qsort(out, n, sizeof(*out), by_bytes);
	return n;
}

size_t heap_bytes(void)
{
	size_t bytes = 0;

	for (size_t i = 0; i < cap; i++)
		bytes += blocks[i].p ? blocks[i].bytes : 0;
	return bytes;
}
