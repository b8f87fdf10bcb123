/* Pages are found by their room and block; those of one block are few, and looked through. */
#include "core/pages.h"

#include "core/ring.h"
#include "core/table.h"

#include <stdlib.h>
#include <string.h>

struct page {
	struct table_entry entry; /* first member */
	struct ring by_age;	  /* by when it was read last */
	uint32_t room, count;
	uint64_t first;
	size_t size;	 /* of all of it */
	uint8_t *bytes;	 /* the frames, behind `ends` */
	uint32_t ends[]; /* of each frame in `bytes` */
};

struct pages {
	size_t bytes, max_bytes;
	uint64_t seed;
	struct table table;
	struct ring by_age;
};

static uint64_t hash_of(const struct pages *p, uint32_t room, uint64_t seq)
{
	uint64_t block[2] = {room, seq / PAGES_BLOCK};

	return table_hash(block, sizeof(block), p->seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	const struct page *page = (const struct page *)e; /* its first member */

	return hash_of(ctx, page->room, page->first);
}

struct pages *pages_new(size_t max_bytes, uint64_t seed)
{
	struct pages *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->max_bytes = max_bytes;
	p->seed = seed;
	ring_init(&p->by_age);
	table_init(&p->table, hash_of_entry, p);
	return p;
}

size_t pages_bytes(const struct pages *p)
{
	return p->bytes;
}

static void forget(struct pages *p, struct page *page)
{
	table_remove(&p->table, &page->entry);
	ring_remove(&page->by_age);
	p->bytes -= page->size;
	free(page);
}

void pages_free(struct pages *p)
{
	struct ring *oldest;

	if (!p)
		return;
	while ((oldest = ring_oldest(&p->by_age)))
		forget(p, RING_OF(oldest, struct page, by_age));
	table_wipe(&p->table);
	free(p);
}

uint64_t pages_last(uint64_t first)
{
	return first - first % PAGES_BLOCK + PAGES_BLOCK - 1;
}

static struct page *find(const struct pages *p, uint32_t room, uint64_t seq)
{
	struct table_entry *e = table_first(&p->table, hash_of(p, room, seq));

	for (; e; e = table_next(e)) {
		struct page *page = (struct page *)e; /* its first member */
		if (page->room == room && seq >= page->first && seq - page->first < page->count)
			return page;
	}
	return NULL;
}

/* How many frames there are from `first` on without a hole, and in how many bytes. */
static enum err measure(uint32_t room, uint64_t first, struct slice frames, uint32_t *count,
			size_t *len)
{
	struct slice rest = frames;
	struct frame f;

	*count = 0;
	*len = 0;
	while (rest.len > 0 && first + *count <= pages_last(first)) {
		if (frame_get(&rest, &f) != ERR_NONE || f.type != FRAME_EVENT ||
		    f.event.room != room)
			return ERR_MALFORMED;
		if (f.event.seq != first + *count)
			break;
		*len = frames.len - rest.len;
		++*count;
	}
	return *count > 0 ? ERR_NONE : ERR_NOT_FOUND;
}

static void fill(struct page *page, struct slice frames)
{
	struct slice rest = frames;
	struct frame f;

	memcpy(page->bytes, frames.data, frames.len);
	for (uint32_t i = 0; i < page->count; i++) {
		if (frame_get(&rest, &f) != ERR_NONE) /* it was, a moment ago */
			return;
		page->ends[i] = (uint32_t)(frames.len - rest.len);
	}
}

static void make_room(struct pages *p)
{
	struct ring *oldest = ring_oldest(&p->by_age), *next;

	while (p->bytes > p->max_bytes && (next = ring_newer(&p->by_age, oldest)) &&
	       ring_newer(&p->by_age, next)) {
		forget(p, RING_OF(oldest, struct page, by_age));
		oldest = ring_oldest(&p->by_age);
	}
}

enum err pages_put(struct pages *p, uint32_t room, uint64_t first, struct slice frames)
{
	uint32_t count;
	size_t len;
	enum err e = measure(room, first, frames, &count, &len);

	if (e != ERR_NONE || find(p, room, first))
		return e;
	size_t size = sizeof(struct page) + count * sizeof(uint32_t) + len;
	struct page *page = calloc(1, size);
	if (!page)
		return ERR_MEMORY;
	page->room = room;
	page->count = count;
	page->first = first;
	if (table_add(&p->table, &page->entry) != ERR_NONE) {
		free(page);
		return ERR_MEMORY;
	}
	page->size = size;
	page->bytes = (uint8_t *)&page->ends[count];
	fill(page, slice_of(frames.data, len));
	ring_add(&p->by_age, &page->by_age);
	p->bytes += size;
	make_room(p);
	return ERR_NONE;
}

struct slice pages_run(struct pages *p, uint32_t room, uint64_t seq, size_t max_bytes,
		       uint32_t *count)
{
	struct page *page = *count > 0 ? find(p, room, seq) : NULL;

	if (!page)
		return slice_of(NULL, 0);
	ring_remove(&page->by_age);
	ring_add(&p->by_age, &page->by_age);
	uint32_t i = (uint32_t)(seq - page->first), n = 1, start = i > 0 ? page->ends[i - 1] : 0;
	while (n < *count && i + n < page->count && page->ends[i + n] - start <= max_bytes)
		n++;
	*count = n;
	return slice_of(page->bytes + start, page->ends[i + n - 1] - start);
}

void pages_drop(struct pages *p, uint32_t room, uint64_t seq)
{
	struct page *page = find(p, room, seq);

	if (page)
		forget(p, page);
}
