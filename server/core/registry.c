/*
 * By number a room is found in an array; by name or pair in one table, under a hash of its key or of
 * its owners.  An owner is there as long as it has a part in a room that counts or is of two.
 */
#include "core/registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct registry_owner {
	struct table_entry entry; /* first member */
	uint8_t id[OWNER_BYTES];
	unsigned made, opened; /* rooms that count against its limits */
	unsigned shares;
	struct ring directs; /* by registry_share.of_owner */
};

struct registry {
	size_t log_max, all_max, log_bytes;
	bool stored;
	uint64_t seed;
	struct registry_room **numbers; /* by number - 1; NULL: none */
	size_t cap, end;		/* no room has a greater number than `end` */
	size_t counts[2];		/* by kind */
	struct registry_room **sorted;	/* the public ones, by their keys */
	size_t sorted_cap;
	struct table keys, owners;
	struct ring by_use; /* those with a log */
};

/* The same for both orders; the names are looked at later. */
static uint64_t hash_of_two(const struct registry *r, const uint8_t *const owners[2])
{
	return table_hash(owners[0], OWNER_BYTES, r->seed) +
	       table_hash(owners[1], OWNER_BYTES, r->seed);
}

static uint64_t hash_of_room(const void *ctx, const struct table_entry *entry)
{
	const struct registry *r = ctx;
	const struct registry_room *e = RING_OF(entry, const struct registry_room, by_key);
	const uint8_t *const owners[2] = {e->owners[0], e->owners[1]};

	return e->kind == REGISTRY_PUBLIC ? table_hash(e->key.data, e->key.len, r->seed)
					  : hash_of_two(r, owners);
}

static uint64_t hash_of_owner(const void *ctx, const struct table_entry *e)
{
	const struct registry *r = ctx;

	return table_hash(((const struct registry_owner *)e)->id, OWNER_BYTES, r->seed);
}

struct registry *registry_new(size_t log_bytes, size_t all_bytes, bool stored, uint64_t seed)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->log_max = log_bytes;
	r->all_max = all_bytes;
	r->stored = stored;
	r->seed = seed;
	table_init(&r->keys, hash_of_room, r);
	table_init(&r->owners, hash_of_owner, r);
	ring_init(&r->by_use);
	return r;
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	while (r->end > 0)
		registry_remove(r, r->numbers[r->end - 1]);
	free(r->numbers);
	free(r->sorted);
	table_wipe(&r->keys);
	table_wipe(&r->owners);
	free(r);
}

size_t registry_count(const struct registry *r, enum registry_kind kind)
{
	return r->counts[kind];
}

/* ---- finding --------------------------------------------------------------------------------- */

struct registry_room *registry_find(const struct registry *r, uint32_t number)
{
	return number >= 1 && number <= r->end ? r->numbers[number - 1] : NULL;
}

struct registry_room *registry_after(const struct registry *r, uint32_t number)
{
	for (size_t i = number; i < r->end; i++)
		if (r->numbers[i])
			return r->numbers[i];
	return NULL;
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static struct registry_room *entry_of(struct table_entry *e)
{
	return e ? RING_OF(e, struct registry_room, by_key) : NULL;
}

struct registry_room *registry_named(const struct registry *r, struct slice key)
{
	uint64_t hash = table_hash(key.data, key.len, r->seed);
	struct registry_room *e = entry_of(table_first(&r->keys, hash));

	while (e && (e->kind != REGISTRY_PUBLIC || !same(e->key, key)))
		e = entry_of(table_next(&e->by_key));
	return e;
}

int registry_compare_keys(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n > 0 ? memcmp(a.data, b.data, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The first place whose key is not before this one. */
static size_t place_of(const struct registry *r, struct slice key)
{
	size_t low = 0, high = r->counts[REGISTRY_PUBLIC];

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (registry_compare_keys(r->sorted[mid]->key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct registry_room *registry_public_at(const struct registry *r, size_t i)
{
	return i < r->counts[REGISTRY_PUBLIC] ? r->sorted[i] : NULL;
}

size_t registry_public_after(const struct registry *r, struct slice key)
{
	size_t place = place_of(r, key);
	const struct registry_room *e = registry_public_at(r, place);

	return e && same(e->key, key) ? place + 1 : place;
}

static bool is_of_two(const struct registry_room *e, const uint8_t *const owners[2],
		      const struct slice keys[2], bool swapped)
{
	if (!owner_equal(e->owners[0], owners[swapped]) ||
	    !owner_equal(e->owners[1], owners[!swapped]))
		return false;
	return !owner_equal(owners[0], owners[1]) ||
	       (same(e->keys[0], keys[swapped]) && same(e->keys[1], keys[!swapped]));
}

struct registry_room *registry_of_two(const struct registry *r, const uint8_t *const owners[2],
				      const struct slice keys[2])
{
	struct registry_room *e = entry_of(table_first(&r->keys, hash_of_two(r, owners)));

	while (e && (e->kind != REGISTRY_DIRECT ||
		     (!is_of_two(e, owners, keys, false) && !is_of_two(e, owners, keys, true))))
		e = entry_of(table_next(&e->by_key));
	return e;
}

/* ---- owners ---------------------------------------------------------------------------------- */

static struct registry_owner *find_owner(const struct registry *r, const uint8_t id[OWNER_BYTES])
{
	struct table_entry *e = table_first(&r->owners, table_hash(id, OWNER_BYTES, r->seed));

	while (e && !owner_equal(((struct registry_owner *)e)->id, id))
		e = table_next(e);
	return (struct registry_owner *)e; /* its first member */
}

static struct registry_owner *owner_of(struct registry *r, const uint8_t id[OWNER_BYTES])
{
	struct registry_owner *o = find_owner(r, id);

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	memcpy(o->id, id, OWNER_BYTES);
	if (table_add(&r->owners, &o->entry) != ERR_NONE) {
		free(o);
		return NULL;
	}
	ring_init(&o->directs);
	return o;
}

static void let_go(struct registry *r, struct registry_owner *o)
{
	if (!o || o->shares > 0)
		return;
	table_remove(&r->owners, &o->entry);
	free(o);
}

static unsigned *counter(struct registry_owner *o, enum registry_kind kind)
{
	return kind == REGISTRY_PUBLIC ? &o->made : &o->opened;
}

/* Nobody made the lobby. */
static bool has_share(const struct registry_facts *f, size_t i)
{
	if (!f->owners[i] || !owner_known(f->owners[i]))
		return false;
	return i == 0 || !owner_equal(f->owners[0], f->owners[1]);
}

static void unshare(struct registry *r, struct registry_room *e)
{
	for (size_t i = 0; i < 2; i++) {
		struct registry_share *s = &e->shares[i];
		if (!s->owner)
			continue;
		if (e->kind == REGISTRY_DIRECT)
			ring_remove(&s->of_owner);
		if (i == 0)
			--*counter(s->owner, e->kind);
		s->owner->shares--;
		let_go(r, s->owner);
		s->owner = NULL;
	}
}

static enum err share(struct registry *r, struct registry_room *e, const struct registry_facts *f)
{
	for (size_t i = 0; i < 2; i++) {
		struct registry_owner *o = has_share(f, i) ? owner_of(r, f->owners[i]) : NULL;
		if (!o && has_share(f, i))
			return ERR_MEMORY;
		if (!o)
			continue;
		e->shares[i] = (struct registry_share){.owner = o, .room = e};
		o->shares++;
		if (i == 0)
			++*counter(o, e->kind);
		if (e->kind == REGISTRY_DIRECT)
			ring_add(&o->directs, &e->shares[i].of_owner);
	}
	return ERR_NONE;
}

static struct registry_room *direct_of(struct ring *link)
{
	return link ? RING_OF(link, struct registry_share, of_owner)->room : NULL;
}

struct registry_room *registry_first_direct(const struct registry *r,
					    const uint8_t owner[OWNER_BYTES])
{
	const struct registry_owner *o = find_owner(r, owner);

	return o ? direct_of(ring_oldest(&o->directs)) : NULL;
}

struct registry_room *registry_next_direct(const struct registry *r, const struct registry_room *e,
					   const uint8_t owner[OWNER_BYTES])
{
	const struct registry_owner *o = find_owner(r, owner);

	for (size_t i = 0; o && i < 2; i++)
		if (e->shares[i].owner == o)
			return direct_of(ring_newer(&o->directs, &e->shares[i].of_owner));
	return NULL;
}

/* ---- making and removing --------------------------------------------------------------------- */

static bool is_there(const struct registry *r, const struct registry_facts *f)
{
	if (f->number != 0 && registry_find(r, f->number))
		return true;
	return f->kind == REGISTRY_PUBLIC ? registry_named(r, f->key) != NULL
					  : registry_of_two(r, f->owners, f->keys) != NULL;
}

/* However many rooms of two there are, there is a number for every public one. */
static size_t most_of(enum registry_kind kind)
{
	size_t publics = REGISTRY_PUBLIC_MAX;

	return kind == REGISTRY_PUBLIC ? publics : REGISTRY_MAX - publics;
}

static bool is_too_many(const struct registry *r, const struct registry_facts *f)
{
	if (f->number > REGISTRY_MAX || (f->number == 0 && r->end == REGISTRY_MAX))
		return true;
	if (f->number != 0)
		return false;
	if (r->counts[f->kind] >= most_of(f->kind))
		return true;
	struct registry_owner *o = f->owners[0] ? find_owner(r, f->owners[0]) : NULL;
	if (!o || owner_is_user(o->id))
		return false;
	return *counter(o, f->kind) >=
	       (unsigned)(f->kind == REGISTRY_PUBLIC ? REGISTRY_MADE_MAX : REGISTRY_OPENED_MAX);
}

static enum err make_place(struct registry *r, size_t number)
{
	size_t cap = r->cap ? r->cap : 16;

	while (cap < number)
		cap *= 2;
	if (cap == r->cap)
		return ERR_NONE;
	struct registry_room **numbers = realloc(r->numbers, cap * sizeof(struct registry_room *));
	if (!numbers)
		return ERR_MEMORY;
	memset(numbers + r->cap, 0, (cap - r->cap) * sizeof(struct registry_room *));
	r->numbers = numbers;
	r->cap = cap;
	return ERR_NONE;
}

static enum err make_sorted_place(struct registry *r)
{
	size_t cap = r->sorted_cap ? r->sorted_cap * 2 : 16;

	if (r->counts[REGISTRY_PUBLIC] < r->sorted_cap)
		return ERR_NONE;
	struct registry_room **sorted = realloc(r->sorted, cap * sizeof(struct registry_room *));
	if (!sorted)
		return ERR_MEMORY;
	r->sorted = sorted;
	r->sorted_cap = cap;
	return ERR_NONE;
}

/* Its place was made. */
static void count_in(struct registry *r, struct registry_room *e)
{
	size_t count = r->counts[e->kind];

	if (e->kind == REGISTRY_PUBLIC) {
		size_t place = place_of(r, e->key);
		memmove(&r->sorted[place + 1], &r->sorted[place],
			(count - place) * sizeof(struct registry_room *));
		r->sorted[place] = e;
	}
	r->counts[e->kind]++;
}

static void count_out(struct registry *r, const struct registry_room *e)
{
	size_t count = r->counts[e->kind];

	if (e->kind == REGISTRY_PUBLIC) {
		size_t place = place_of(r, e->key);
		memmove(&r->sorted[place], &r->sorted[place + 1],
			(count - place - 1) * sizeof(struct registry_room *));
	}
	r->counts[e->kind]--;
}

/* A copy in the entry's own memory, at *at. */
static struct slice keep(uint8_t **at, struct slice s)
{
	struct slice kept = slice_of(*at, s.len);

	if (s.len > 0)
		memcpy(*at, s.data, s.len);
	*at += s.len;
	return kept;
}

static struct registry_room *entry_new(const struct registry_facts *f)
{
	size_t len = f->name.len + f->key.len;

	for (size_t i = 0; i < 2; i++)
		len += f->names[i].len + f->keys[i].len;
	struct registry_room *e = calloc(1, sizeof(*e) + len);
	if (!e)
		return NULL;
	uint8_t *at = (uint8_t *)(e + 1);
	e->name = keep(&at, f->name);
	e->key = keep(&at, f->key);
	for (size_t i = 0; i < 2; i++) {
		e->names[i] = keep(&at, f->names[i]);
		e->keys[i] = keep(&at, f->keys[i]);
		if (f->owners[i])
			memcpy(e->owners[i], f->owners[i], OWNER_BYTES);
	}
	return e;
}

static void set_facts(struct registry_room *e, const struct registry_facts *f)
{
	e->kind = f->kind;
	e->keep_days = f->keep_days;
	e->made_ms = f->made_ms;
	e->head = f->head;
	e->first = f->first ? f->first : 1;
	e->has_password = f->password.len == sizeof(e->password);
	if (e->has_password)
		memcpy(e->password, f->password.data, sizeof(e->password));
}

/* Into the table and under its owners; of a failure nothing is left. */
static enum err link_entry(struct registry *r, struct registry_room *e,
			   const struct registry_facts *f)
{
	enum err error = share(r, e, f);

	if (error == ERR_NONE)
		error = table_add(&r->keys, &e->by_key);
	if (error != ERR_NONE)
		unshare(r, e);
	return error;
}

enum err registry_add(struct registry *r, const struct registry_facts *f,
		      struct registry_room **out)
{
	size_t number = f->number ? f->number : r->end + 1;

	if (is_there(r, f))
		return ERR_EXISTS;
	if (is_too_many(r, f))
		return ERR_FULL;
	if (make_place(r, number) != ERR_NONE || make_sorted_place(r) != ERR_NONE)
		return ERR_MEMORY;
	struct registry_room *e = entry_new(f);
	if (!e)
		return ERR_MEMORY;
	set_facts(e, f);
	if (registry_set_topic(e, f->topic) != ERR_NONE || link_entry(r, e, f) != ERR_NONE) {
		free(e->topic_bytes);
		free(e);
		return ERR_MEMORY;
	}
	e->number = (uint32_t)number;
	r->numbers[number - 1] = e;
	if (number > r->end)
		r->end = number;
	count_in(r, e);
	*out = e;
	return ERR_NONE;
}

static void free_log(struct registry *r, struct registry_room *e)
{
	if (!e->log)
		return;
	e->head = room_head(e->log);
	r->log_bytes -= e->log_bytes;
	e->log_bytes = 0;
	ring_remove(&e->by_use);
	room_free(e->log);
	e->log = NULL;
}

void registry_remove(struct registry *r, struct registry_room *e)
{
	free_log(r, e);
	unshare(r, e);
	table_remove(&r->keys, &e->by_key);
	r->numbers[e->number - 1] = NULL;
	while (r->end > 0 && !r->numbers[r->end - 1])
		r->end--;
	count_out(r, e);
	free(e->topic_bytes);
	free(e);
}

enum err registry_set_topic(struct registry_room *e, struct slice topic)
{
	uint8_t *copy = topic.len > 0 ? malloc(topic.len) : NULL;

	if (topic.len > 0 && !copy)
		return ERR_MEMORY;
	if (copy)
		memcpy(copy, topic.data, topic.len);
	free(e->topic_bytes);
	e->topic_bytes = copy;
	e->topic = slice_of(copy, topic.len);
	return ERR_NONE;
}

/* ---- logs ------------------------------------------------------------------------------------ */

uint64_t registry_head(const struct registry_room *e)
{
	return e->log ? room_head(e->log) : e->head;
}

static void count_bytes(struct registry *r, struct registry_room *e)
{
	r->log_bytes += room_bytes(e->log) - e->log_bytes;
	e->log_bytes = room_bytes(e->log);
}

struct room *registry_log(struct registry *r, struct registry_room *e)
{
	if (e->log) {
		ring_remove(&e->by_use);
		ring_add(&r->by_use, &e->by_use);
		return e->log;
	}
	e->log = room_new(e->number, r->log_max, e->head);
	if (e->log)
		ring_add(&r->by_use, &e->by_use);
	return e->log;
}

/* What it can spare; where nothing is numbered that is not published, and a store has all: itself. */
static void give_way(struct registry *r, struct registry_room *e)
{
	size_t over = r->log_bytes - r->all_max;

	if (r->stored && room_last(e->log) == room_head(e->log)) {
		free_log(r, e);
		return;
	}
	room_shrink(e->log, over < e->log_bytes ? e->log_bytes - over : 0);
	count_bytes(r, e);
	if (!r->stored)
		e->first = room_first(e->log);
}

void registry_settle(struct registry *r, struct registry_room *e)
{
	if (!e->log)
		return;
	count_bytes(r, e);
	if (!r->stored)
		e->first = room_first(e->log);
	struct ring *next = ring_oldest(&r->by_use);
	while (next && r->log_bytes > r->all_max) {
		struct registry_room *oldest = RING_OF(next, struct registry_room, by_use);
		next = ring_newer(&r->by_use, next);
		if (oldest != e || !r->stored)
			give_way(r, oldest);
	}
}

size_t registry_log_bytes(const struct registry *r)
{
	return r->log_bytes;
}
