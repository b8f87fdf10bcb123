/*
 * A hash table of entries that are the caller's, embedded in its structs.
 *
 * It finds entries by their hash alone: the caller looks whether it is the one that it wants, and asks
 * for the next when it is not.  Hashes are made with a seed that was drawn: nobody can aim at one
 * bucket.  Buckets grow with the entries and are never fewer again.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "proto/err.h"

#include <stddef.h>
#include <stdint.h>

struct table_entry {
	uint64_t hash;
	struct table_entry *next; /* in its bucket */
};

/* Zero-initialise. */
struct table {
	struct table_entry **buckets;
	size_t cap, count; /* a power of two, or 0 */
};

void table_wipe(struct table *t); /* entries are left alone */

uint64_t table_hash(const void *bytes, size_t n, uint64_t seed);

/* ERR_MEMORY: only as long as there is no bucket at all. */
NODISCARD enum err table_add(struct table *t, struct table_entry *e, uint64_t hash);
void table_remove(struct table *t, struct table_entry *e);

/* Entries of that hash; NULL: none, or no more. */
struct table_entry *table_first(const struct table *t, uint64_t hash);
struct table_entry *table_next(const struct table_entry *e);

#endif
