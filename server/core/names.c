/*
 * Two tables (names by key, owners by identity) and three kinds of lists: names in use, names that rest
 * in order of age, and each owner's names in order of age.
 */
#include "core/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct names_owner {
	struct table_entry by_identity; /* first member */
	uint8_t identity[OWNER_BYTES];
	struct ring names; /* by `of_owner` */
	size_t count;
};

struct names {
	size_t max;
	uint64_t seed, changes;
	struct name_checker *checker;
	struct table keys, owners;
	struct ring resting, used; /* by `by_age` */
};

struct names *names_new(size_t max, uint64_t seed, struct name_checker *checker)
{
	struct names *n = calloc(1, sizeof(*n));

	assert(max > 0);
	if (!n)
		return NULL;
	n->max = max;
	n->seed = seed;
	n->checker = checker;
	ring_init(&n->resting);
	ring_init(&n->used);
	return n;
}

/* ---- owners ---------------------------------------------------------------------------------- */

static struct names_owner *owner_find(const struct names *n, const uint8_t identity[OWNER_BYTES],
				      uint64_t hash)
{
	struct table_entry *e = table_first(&n->owners, hash);

	while (e && !owner_equal(((struct names_owner *)e)->identity, identity))
		e = table_next(e);
	return (struct names_owner *)e; /* its first member */
}

static struct names_owner *owner_of(struct names *n, const uint8_t identity[OWNER_BYTES])
{
	uint64_t hash = table_hash(identity, OWNER_BYTES, n->seed);
	struct names_owner *o = owner_find(n, identity, hash);

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o || table_add(&n->owners, &o->by_identity, hash) != ERR_NONE) {
		free(o);
		return NULL;
	}
	memcpy(o->identity, identity, OWNER_BYTES);
	ring_init(&o->names);
	return o;
}

static void owner_let_go(struct names *n, struct names_owner *o)
{
	if (o->count > 0)
		return;
	table_remove(&n->owners, &o->by_identity);
	free(o);
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct names_entry *entry_of(struct table_entry *e)
{
	return e ? RING_OF(e, struct names_entry, by_key) : NULL;
}

static struct names_entry *find_key(const struct names *n, const char *key, size_t len,
				    uint64_t hash)
{
	struct names_entry *e = entry_of(table_first(&n->keys, hash));

	while (e && (e->key_len != len || memcmp(e->key, key, len) != 0))
		e = entry_of(table_next(&e->by_key));
	return e;
}

struct names_entry *names_find(struct names *n, const char *name, size_t len)
{
	char key[NAME_MAX_KEY];
	size_t key_len;

	if (name_key(n->checker, name, len, key, &key_len) != ERR_NONE)
		return NULL;
	return find_key(n, key, key_len, table_hash(key, key_len, n->seed));
}

static void forget(struct names *n, struct names_entry *e)
{
	struct names_owner *o = e->owner;

	table_remove(&n->keys, &e->by_key);
	ring_remove(&e->by_age);
	ring_remove(&e->of_owner);
	free(e);
	n->changes++;
	o->count--;
	owner_let_go(n, o);
}

void names_free(struct names *n)
{
	struct names_entry *e;

	if (!n)
		return;
	while ((e = names_first(n)))
		forget(n, e);
	table_wipe(&n->keys);
	table_wipe(&n->owners);
	free(n);
}

static struct names_entry *oldest_unused_of(const struct names_owner *o)
{
	struct ring *r = ring_oldest(&o->names);

	while (r && RING_OF(r, struct names_entry, of_owner)->uses > 0)
		r = ring_newer(&o->names, r);
	return r ? RING_OF(r, struct names_entry, of_owner) : NULL;
}

/* Makes way for one more name of this owner, which is counted already. */
static enum err make_way(struct names *n, const struct names_owner *o)
{
	bool own_limit = o->count > NAMES_PER_KEY && !owner_is_user(o->identity);
	struct ring *oldest = ring_oldest(&n->resting);
	struct names_entry *victim = NULL;

	if (own_limit)
		victim = oldest_unused_of(o);
	else if (n->keys.count < n->max)
		return ERR_NONE;
	else if (oldest)
		victim = RING_OF(oldest, struct names_entry, by_age);
	if (!victim)
		return ERR_FULL;
	forget(n, victim);
	return ERR_NONE;
}

static enum err enter(struct names *n, struct names_owner *o, const char *key, size_t key_len,
		      struct names_entry **out)
{
	struct names_entry *e = calloc(1, sizeof(*e) + key_len);
	enum err err = e ? ERR_NONE : ERR_MEMORY;

	o->count++; /* first: so the owner stays, whichever name gives way */
	if (err == ERR_NONE)
		err = make_way(n, o);
	if (err == ERR_NONE)
		err = table_add(&n->keys, &e->by_key, table_hash(key, key_len, n->seed));
	if (err != ERR_NONE) {
		free(e);
		o->count--;
		owner_let_go(n, o);
		return err;
	}
	memcpy(e->key, key, key_len);
	e->key_len = key_len;
	e->owner = o;
	ring_add(&n->resting, &e->by_age);
	ring_add(&o->names, &e->of_owner);
	*out = e;
	return ERR_NONE;
}

static void use(struct names *n, struct names_entry *e, const char *name, size_t len)
{
	if (strlen(e->name) != len || memcmp(e->name, name, len) != 0)
		n->changes++;
	memcpy(e->name, name, len);
	e->name[len] = '\0';
	ring_remove(&e->by_age);
	ring_add(&n->used, &e->by_age);
	ring_remove(&e->of_owner);
	ring_add(&e->owner->names, &e->of_owner);
	e->uses++;
}

enum err names_take(struct names *n, const char *name, size_t len, const uint8_t owner[OWNER_BYTES],
		    struct names_entry **out)
{
	char key[NAME_MAX_KEY];
	size_t key_len;

	assert(owner_known(owner));
	if (name_key(n->checker, name, len, key, &key_len) != ERR_NONE)
		return ERR_MALFORMED;
	struct names_entry *e = find_key(n, key, key_len, table_hash(key, key_len, n->seed));
	if (e && !owner_equal(e->owner->identity, owner))
		return ERR_EXISTS;
	if (!e) {
		struct names_owner *o = owner_of(n, owner);
		enum err err = o ? enter(n, o, key, key_len, &e) : ERR_MEMORY;
		if (err != ERR_NONE)
			return err;
	}
	use(n, e, name, len);
	*out = e;
	return ERR_NONE;
}

void names_rest(struct names *n, struct names_entry *e)
{
	assert(e->uses > 0);
	if (--e->uses > 0)
		return;
	ring_remove(&e->by_age);
	ring_add(&n->resting, &e->by_age);
	ring_remove(&e->of_owner);
	ring_add(&e->owner->names, &e->of_owner);
}

enum err names_release(struct names *n, const char *name, size_t len)
{
	struct names_entry *e = names_find(n, name, len);

	if (!e)
		return ERR_NOT_FOUND;
	if (e->uses > 0)
		return ERR_EXISTS;
	forget(n, e);
	return ERR_NONE;
}

/* ---- looking on ------------------------------------------------------------------------------ */

const uint8_t *names_identity(const struct names_entry *e)
{
	return e->owner->identity;
}

size_t names_count(const struct names *n)
{
	return n->keys.count;
}

uint64_t names_changes(const struct names *n)
{
	return n->changes;
}

static struct names_entry *aged(struct ring *r)
{
	return r ? RING_OF(r, struct names_entry, by_age) : NULL;
}

struct names_entry *names_first(const struct names *n)
{
	struct names_entry *e = aged(ring_oldest(&n->resting));

	return e ? e : aged(ring_oldest(&n->used));
}

struct names_entry *names_next(const struct names *n, const struct names_entry *e)
{
	if (e->uses > 0)
		return aged(ring_newer(&n->used, &e->by_age));
	struct names_entry *next = aged(ring_newer(&n->resting, &e->by_age));
	return next ? next : aged(ring_oldest(&n->used));
}
