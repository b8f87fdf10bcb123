/*
 * Which chunk an object is of, a search by its address tells: objects have no headers.  A chunk is used from
 * its beginning, as long as no object was put back; its pages are not touched before.
 */
#include "core/slab.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_SANITIZED 1
#endif
#endif

#ifdef SLAB_SANITIZED
#include <sanitizer/asan_interface.h>
enum { SANITIZED = 1 };
#else
#define ASAN_POISON_MEMORY_REGION(at, n)   ((void)(at), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
enum { SANITIZED = 0 };
#endif

enum {
	ALLOCATORS = 16, /* bytes that malloc() keeps of what it gives out, at the most */
	CHUNKS_FIRST = 8,
};

/* Of one that is not taken. */
struct vacant {
	struct vacant *next;
};

struct slab_chunk {
	struct slab_chunk *next, *previous; /* as long as it has room */
	struct vacant *vacant;		    /* what was put back */
	uint32_t used, fresh;		    /* objects that are taken; that never were */
	unsigned char bytes[SLAB_CHUNK - ALLOCATORS - 3 * sizeof(void *) - 2 * sizeof(uint32_t)];
};
_Static_assert(sizeof(struct slab_chunk) == SLAB_CHUNK - ALLOCATORS,
	       "a chunk is as big as it says");
_Static_assert(sizeof(((struct slab_chunk *)NULL)->bytes) >= SLAB_LINE + 2 * SLAB_OBJECT_MAX,
	       "a chunk has room for more than one");

static size_t alignment_of(const struct slab *s)
{
	size_t alignment = s->size & (~s->size + 1);

	return alignment < SLAB_LINE ? alignment : SLAB_LINE;
}

/* From one object to the next. */
static size_t stride_of(const struct slab *s)
{
	return s->size + (SANITIZED ? alignment_of(s) : 0);
}

static unsigned char *first_of(struct slab_chunk *c)
{
	return c->bytes + (~(uintptr_t)c->bytes + 1) % SLAB_LINE;
}

void slab_init(struct slab *s, size_t size)
{
	size_t whole = (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);

	assert(size > 0 && whole <= SLAB_OBJECT_MAX);
	*s = (struct slab){.size = whole};
	s->in_chunk = (sizeof(((struct slab_chunk *)NULL)->bytes) - SLAB_LINE) / stride_of(s);
}

void slab_wipe(struct slab *s)
{
	assert(s->count == 0);
	for (size_t i = 0; i < s->chunk_count; i++)
		free(s->chunks[i]);
	free(s->chunks);
	slab_init(s, s->size);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static void link_chunk(struct slab *s, struct slab_chunk *c)
{
	c->previous = NULL;
	c->next = s->roomy;
	if (c->next)
		c->next->previous = c;
	s->roomy = c;
}

static void unlink_chunk(struct slab *s, struct slab_chunk *c)
{
	if (c->next)
		c->next->previous = c->previous;
	*(c->previous ? &c->previous->next : &s->roomy) = c->next;
}

/* How many chunks begin before that address, or at it. */
static size_t chunks_until(const struct slab *s, const void *address)
{
	size_t low = 0, high = s->chunk_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if ((uintptr_t)s->chunks[middle] <= (uintptr_t)address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_place(struct slab *s)
{
	if (s->chunk_count < s->cap)
		return true;
	size_t cap = s->cap ? 2 * s->cap : CHUNKS_FIRST;
	struct slab_chunk **chunks = realloc(s->chunks, cap * sizeof(struct slab_chunk *));
	if (!chunks)
		return false;
	s->chunks = chunks;
	s->cap = cap;
	return true;
}

static struct slab_chunk *add_chunk(struct slab *s)
{
	struct slab_chunk *c = has_place(s) ? malloc(sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->vacant = NULL;
	c->used = 0;
	c->fresh = (uint32_t)s->in_chunk;
	ASAN_POISON_MEMORY_REGION(c->bytes, sizeof(c->bytes));
	size_t at = chunks_until(s, c);
	memmove(s->chunks + at + 1, s->chunks + at,
		(s->chunk_count - at) * sizeof(struct slab_chunk *));
	s->chunks[at] = c;
	s->chunk_count++;
	link_chunk(s, c);
	return c;
}

static void remove_chunk(struct slab *s, size_t at)
{
	struct slab_chunk *c = s->chunks[at];

	unlink_chunk(s, c);
	s->chunk_count--;
	memmove(s->chunks + at, s->chunks + at + 1,
		(s->chunk_count - at) * sizeof(struct slab_chunk *));
	ASAN_UNPOISON_MEMORY_REGION(c->bytes, sizeof(c->bytes));
	free(c);
}

/* ---- objects --------------------------------------------------------------------------------- */

static void *take_from(const struct slab *s, struct slab_chunk *c)
{
	void *object = c->vacant;

	c->used++;
	if (!object) {
		object = first_of(c) + (s->in_chunk - c->fresh--) * stride_of(s);
		ASAN_UNPOISON_MEMORY_REGION(object, s->size);
		return object;
	}
	ASAN_UNPOISON_MEMORY_REGION(object, s->size);
	c->vacant = c->vacant->next;
	return object;
}

void *slab_take(struct slab *s)
{
	struct slab_chunk *c = s->roomy ? s->roomy : add_chunk(s);

	if (!c)
		return NULL;
	void *object = take_from(s, c);
	if (!c->vacant && c->fresh == 0)
		unlink_chunk(s, c);
	s->count++;
	return memset(object, 0, s->size);
}

static void put_into(const struct slab *s, struct slab_chunk *c, void *object)
{
	struct vacant *v = object;

	assert(c->used > 0 && (size_t)((unsigned char *)object - first_of(c)) % stride_of(s) == 0);
	v->next = c->vacant;
	c->vacant = v;
	c->used--;
	ASAN_POISON_MEMORY_REGION(object, s->size);
}

void slab_put(struct slab *s, void *object)
{
	if (!object)
		return;
	size_t until = chunks_until(s, object);
	assert(until > 0);
	struct slab_chunk *c = s->chunks[until - 1];
	bool was_full = !c->vacant && c->fresh == 0;
	put_into(s, c, object);
	s->count--;
	if (was_full)
		link_chunk(s, c);
	if (c->used == 0 && (c->next || c->previous))
		remove_chunk(s, until - 1);
}
