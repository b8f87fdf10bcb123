/* A table by identity. */
#include "core/bearers.h"

#include "core/slab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct bearers {
	struct table table;
	struct slab slab;
	uint64_t seed;
};

static uint64_t hash_of(const struct bearers *p, const uint8_t identity[OWNER_BYTES])
{
	return table_hash(identity, OWNER_BYTES, p->seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	return hash_of(ctx, ((const struct bearer *)e)->identity); /* its first member */
}

struct bearers *bearers_new(uint64_t seed)
{
	struct bearers *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->seed = seed;
	table_init(&p->table, hash_of_entry, p);
	slab_init(&p->slab, sizeof(struct bearer));
	return p;
}

void bearers_free(struct bearers *p)
{
	if (!p)
		return;
	assert(p->table.count == 0);
	table_wipe(&p->table);
	slab_wipe(&p->slab);
	free(p);
}

struct bearer *bearer_find(const struct bearers *p, const uint8_t identity[OWNER_BYTES])
{
	struct table_entry *e = table_first(&p->table, hash_of(p, identity));

	while (e && !owner_equal(((struct bearer *)e)->identity, identity))
		e = table_next(e);
	return (struct bearer *)e; /* its first member */
}

struct bearer *bearer_of(struct bearers *p, const uint8_t identity[OWNER_BYTES])
{
	struct bearer *bearer = bearer_find(p, identity);

	if (bearer)
		return bearer;
	bearer = slab_take(&p->slab);
	if (!bearer)
		return NULL;
	memcpy(bearer->identity, identity, OWNER_BYTES);
	if (table_add(&p->table, &bearer->entry) == ERR_NONE)
		return bearer;
	slab_put(&p->slab, bearer);
	return NULL;
}

void bearer_let_go(struct bearers *p, struct bearer *bearer)
{
	if (bearer->present || bearer->names || bearer->sender_count > 0 ||
	    bearer->session_count > 0)
		return;
	table_remove(&p->table, &bearer->entry);
	slab_put(&p->slab, bearer);
}
