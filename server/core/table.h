/*
 * A hash table of entries that are the caller's, embedded in its structs.
 *
 * It finds the bucket that an entry would be in: the caller looks whether it is the one that it wants, and
 * asks for the next when it is not.  What the hash of an entry is, the caller tells whenever the table asks:
 * it is not kept.  Hashes are made with a seed that was drawn: nobody can aim at one bucket.  Buckets
 * grow with the entries and are never fewer again.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "proto/err.h"

#include <stddef.h>
#include <stdint.h>

struct table_entry {
	struct table_entry *next; /* in its bucket */
};

/* Of an entry that is in the table, or about to be: always the same. */
typedef uint64_t table_hash_of(const void *ctx, const struct table_entry *e);

struct table {
	struct table_entry **buckets;
	size_t cap, count; /* a power of two, or 0 */
	table_hash_of *hash_of;
	const void *ctx; /* for it */
};

void table_init(struct table *t, table_hash_of *hash_of, const void *ctx);
void table_wipe(struct table *t); /* entries are left alone */

uint64_t table_hash(const void *bytes, size_t n, uint64_t seed);

/* ERR_MEMORY: only as long as there is no bucket at all. */
NODISCARD enum err table_add(struct table *t, struct table_entry *e);
void table_remove(struct table *t, struct table_entry *e);

/* Where entries of that hash are, among some of others.  NULL: none, or no more. */
struct table_entry *table_first(const struct table *t, uint64_t hash);
struct table_entry *table_next(const struct table_entry *e);

#endif
