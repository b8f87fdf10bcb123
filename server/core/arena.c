/* A list of chunks, each used from its beginning; only the newest is taken from. */
#include "core/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
	struct arena_chunk *older;
	size_t used;
	alignas(max_align_t) unsigned char bytes[ARENA_TAKE_MAX];
};
_Static_assert(sizeof(struct arena_chunk) <= ARENA_CHUNK, "a chunk is as big as it says");

static void free_all(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *older = c->older;
		free(c);
		c = older;
	}
}

void arena_wipe(struct arena *a)
{
	free_all(a->newest);
	free_all(a->spare);
	memset(a, 0, sizeof(*a));
}

static struct arena_chunk *chunk_get(struct arena *a)
{
	struct arena_chunk *c = a->spare;

	if (!c)
		return malloc(sizeof(*c));
	a->spare = c->older;
	a->spare_bytes -= ARENA_CHUNK;
	return c;
}

void *arena_take(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->newest;
	size_t whole = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

	assert(whole <= ARENA_TAKE_MAX);
	if (!c || ARENA_TAKE_MAX - c->used < whole) {
		c = chunk_get(a);
		if (!c)
			return NULL;
		c->used = 0;
		c->older = a->newest;
		a->newest = c;
	}
	void *taken = c->bytes + c->used;
	c->used += whole;
	a->bytes += whole;
	return taken;
}

void *arena_copy(struct arena *a, const void *bytes, size_t n)
{
	void *copy = arena_take(a, n);

	if (copy && n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

void arena_clear(struct arena *a)
{
	while (a->newest) {
		struct arena_chunk *c = a->newest;
		a->newest = c->older;
		if (a->spare_bytes >= ARENA_SPARE) {
			free(c);
			continue;
		}
		c->older = a->spare;
		a->spare = c;
		a->spare_bytes += ARENA_CHUNK;
	}
	a->bytes = 0;
}

static void append(struct arena_chunk **end, struct arena_chunk *chunks)
{
	while (*end)
		end = &(*end)->older;
	*end = chunks;
}

void arena_lend(struct arena *a, struct arena *other)
{
	append(&other->spare, a->spare);
	other->spare_bytes += a->spare_bytes;
	a->spare = NULL;
	a->spare_bytes = 0;
}

/* The other's go behind ours, which are few: they are what a turn took. */
void arena_join(struct arena *a, struct arena *other)
{
	append(&a->newest, other->newest);
	a->bytes += other->bytes;
	other->newest = NULL;
	other->bytes = 0;
}
