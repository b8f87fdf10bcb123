/* Chains in buckets, at least half as many as there are entries. */
#include "core/table.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLE_MIN = 32,
	CHAIN = 2, /* entries in a bucket, on the average, at the most */
};

void table_init(struct table *t, table_hash_of *hash_of, const void *ctx)
{
	*t = (struct table){.hash_of = hash_of, .ctx = ctx};
}

void table_wipe(struct table *t)
{
	free(t->buckets);
	table_init(t, t->hash_of, t->ctx);
}

/* splitmix64's: every bit of the input changes about half of the output's. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t table_hash(const void *bytes, size_t n, uint64_t seed)
{
	const uint8_t *at = bytes;
	uint64_t h = mix(seed ^ n);

	while (n > 0) {
		uint64_t chunk = 0;
		size_t size = n < sizeof(chunk) ? n : sizeof(chunk);
		memcpy(&chunk, at, size);
		h = mix(h ^ chunk);
		at += size;
		n -= size;
	}
	return h;
}

static struct table_entry **bucket_of(const struct table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->cap - 1)];
}

static struct table_entry **own_bucket(const struct table *t, const struct table_entry *e)
{
	return bucket_of(t, t->hash_of(t->ctx, e));
}

static void put(struct table *t, struct table_entry *e)
{
	struct table_entry **bucket = own_bucket(t, e);

	e->next = *bucket;
	*bucket = e;
}

/* Without memory for more buckets, chains grow. */
static void grow(struct table *t)
{
	struct table grown = *t;

	grown.cap = t->cap ? t->cap * 2 : TABLE_MIN;
	grown.buckets = calloc(grown.cap, sizeof(struct table_entry *));
	if (!grown.buckets)
		return;
	for (size_t i = 0; i < t->cap; i++)
		for (struct table_entry *e = t->buckets[i], *next; e; e = next) {
			next = e->next;
			put(&grown, e);
		}
	free(t->buckets);
	*t = grown;
}

enum err table_add(struct table *t, struct table_entry *e)
{
	if (t->count >= CHAIN * t->cap)
		grow(t);
	if (!t->buckets)
		return ERR_MEMORY;
	put(t, e);
	t->count++;
	return ERR_NONE;
}

void table_remove(struct table *t, struct table_entry *e)
{
	struct table_entry **at = own_bucket(t, e);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->count--;
}

struct table_entry *table_first(const struct table *t, uint64_t hash)
{
	return t->buckets ? *bucket_of(t, hash) : NULL;
}

struct table_entry *table_next(const struct table_entry *e)
{
	return e->next;
}
