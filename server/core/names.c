/*
 * Two tables (names by key, owners by identity), each owner's list of names, and three lists that each
 * name is in one of: in use; settled; and those that may give way, the longest unused first.
 */
#include "core/names.h"

#include "core/slab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_STEP = 8, /* bytes behind an entry, see spelling_room() */
	TEXT_STEPS = 8,
};

struct names {
	size_t max;
	uint64_t seed, changes;
	struct name_checker *checker;
	struct bearers *bearers;
	struct table keys;
	struct ring settled, used, passing; /* by `by_age` */
	struct slab slabs
		[TEXT_STEPS]; /* by the room that there is for the text; more has a block of its own */
	struct names_watch watch;
};
_Static_assert(sizeof(struct names_entry) <= 72, "one for each member");
_Static_assert(offsetof(struct names_entry, spelling) + sizeof(struct spelling) ==
		       sizeof(struct names_entry),
	       "the text lies behind both");

static uint64_t hash_of(const struct names *n, struct slice key)
{
	return table_hash(key.data, key.len, n->seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	return hash_of(ctx, spelling_key(&RING_OF(e, struct names_entry, by_key)->spelling));
}

struct names *names_new(size_t max, uint64_t seed, struct name_checker *checker,
			struct bearers *bearers)
{
	struct names *n = calloc(1, sizeof(*n));

	assert(max > 0);
	if (!n)
		return NULL;
	n->max = max;
	n->seed = seed;
	n->checker = checker;
	n->bearers = bearers;
	for (size_t i = 0; i < TEXT_STEPS; i++)
		slab_init(&n->slabs[i], sizeof(struct names_entry) + (i + 1) * TEXT_STEP);
	table_init(&n->keys, hash_of_entry, n);
	ring_init(&n->settled);
	ring_init(&n->used);
	ring_init(&n->passing);
	return n;
}

void names_watch(struct names *n, const struct names_watch *watch)
{
	n->watch = *watch;
}

/* ---- times ----------------------------------------------------------------------------------- */

static int64_t ms_of(const struct names_ms *ms)
{
	return (int64_t)((uint64_t)ms->high << 32 | (uint64_t)ms->middle << 16 | ms->low);
}

static struct names_ms to_ms(int64_t t)
{
	const int64_t last = (INT64_C(1) << 48) - 1, ms = t < 0 ? 0 : t > last ? last : t;

	return (struct names_ms){(uint16_t)ms, (uint16_t)(ms >> 16), (uint16_t)(ms >> 32)};
}

static struct names_past past_of(const struct names_entry *e)
{
	return (struct names_past){ms_of(&e->first), ms_of(&e->last), ms_of(&e->used)};
}

static void set_past(struct names_entry *e, const struct names_past *past)
{
	e->first = to_ms(past->first);
	e->last = to_ms(past->last);
	e->used = to_ms(past->used);
}

/* ---- telling --------------------------------------------------------------------------------- */

static void tell_changed(const struct names *n, const struct names_entry *e)
{
	const struct names_past past = past_of(e);

	if (n->watch.changed)
		n->watch.changed(n->watch.ctx, e, &past);
}

static void tell_gone(const struct names *n, const char *name)
{
	if (n->watch.gone && name[0])
		n->watch.gone(n->watch.ctx, name);
}

/* ---- owners ---------------------------------------------------------------------------------- */

static void owner_let_go(struct names *n, struct bearer *o)
{
	if (!o->names)
		o->paid_until = 0;
	bearer_let_go(n->bearers, o);
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct names_entry *entry_of(struct table_entry *e)
{
	return e ? RING_OF(e, struct names_entry, by_key) : NULL;
}

static bool has_key(const struct names_entry *e, const char *key, size_t len)
{
	struct slice own = spelling_key(&e->spelling);

	return own.len == len && memcmp(own.data, key, len) == 0;
}

static struct names_entry *find_key(const struct names *n, const char *key, size_t len,
				    uint64_t hash)
{
	struct names_entry *e = entry_of(table_first(&n->keys, hash));

	while (e && !has_key(e, key, len))
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

struct names_entry *names_of_key(const struct names *n, struct slice key)
{
	uint64_t hash = table_hash(key.data, key.len, n->seed);

	return find_key(n, (const char *)key.data, key.len, hash);
}

/* Used now, or else later than the other. */
static bool is_newer(const struct names_entry *a, const struct names_entry *b)
{
	if ((a->uses > 0) != (b->uses > 0))
		return a->uses > 0;
	return a->uses > 0 ? ms_of(&a->taken) > ms_of(&b->taken)
			   : ms_of(&a->last) > ms_of(&b->last);
}

struct names_entry *names_newest(const struct names *n, const uint8_t owner[OWNER_BYTES])
{
	const struct bearer *o = bearer_find(n->bearers, owner);
	struct names_entry *found = NULL;

	for (struct names_entry *e = o ? o->names : NULL; e; e = e->next)
		if (!found || !is_newer(found, e))
			found = e;
	return found;
}

/* The slab for entries with that room; NULL: they have a block of their own. */
static struct slab *slab_of(struct names *n, size_t room)
{
	return room <= TEXT_STEPS * TEXT_STEP ? &n->slabs[(room - 1) / TEXT_STEP] : NULL;
}

/* Of that key, and with a place for that name; it has none yet. */
static struct names_entry *entry_new(struct names *n, struct slice key, struct slice name)
{
	size_t room = spelling_room(key, name);
	struct slab *slab = slab_of(n, room);
	struct names_entry *e = slab ? slab_take(slab) : calloc(1, sizeof(*e) + room);

	if (!e)
		return NULL;
	if (slab)
		room = slab->size - sizeof(*e);
	spelling_init(&e->spelling, key, room);
	return e;
}

static void entry_free(struct names *n, struct names_entry *e)
{
	struct slab *slab = slab_of(n, e->spelling.room);

	spelling_wipe(&e->spelling);
	if (slab)
		slab_put(slab, e);
	else
		free(e);
}

static void disown(struct names_entry *e)
{
	struct names_entry **at = &e->owner->names;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
}

static void forget(struct names *n, struct names_entry *e)
{
	struct bearer *o = e->owner;

	tell_gone(n, spelling_text(&e->spelling));
	table_remove(&n->keys, &e->by_key);
	ring_remove(&e->by_age);
	disown(e);
	entry_free(n, e);
	n->changes++;
	owner_let_go(n, o);
}

void names_free(struct names *n)
{
	struct names_entry *e;

	if (!n)
		return;
	n->watch = (struct names_watch){.ctx = NULL};
	while ((e = names_first(n)))
		forget(n, e->owner->names); /* which is the first in its list */
	table_wipe(&n->keys);
	for (size_t i = 0; i < TEXT_STEPS; i++)
		slab_wipe(&n->slabs[i]);
	free(n);
}

static bool is_settled(const struct names_entry *e)
{
	const struct names_past past = past_of(e);

	return owner_is_user(e->owner->identity) || past.used >= NAMES_USE_MS ||
	       past.last - past.first >= NAMES_AGE_MS;
}

/* ---- what gives way -------------------------------------------------------------------------- */

/* The owner's own; NULL: it has none of that kind. */
static struct names_entry *longest_unused_of(const struct bearer *o, bool also_settled)
{
	struct names_entry *found = NULL;

	for (struct names_entry *e = o->names; e; e = e->next)
		if (e->uses == 0 && (also_settled || !is_settled(e)) &&
		    (!found || ms_of(&e->last) <= ms_of(&found->last)))
			found = e;
	return found;
}

static struct names_entry *longest_passed(const struct names *n, int64_t now)
{
	struct ring *r = ring_oldest(&n->passing);
	struct names_entry *e = r ? RING_OF(r, struct names_entry, by_age) : NULL;

	return e && now - ms_of(&e->last) >= NAMES_REST_MS ? e : NULL;
}

static bool has_too_many(const struct bearer *o) /* with one more */
{
	size_t n = 1;

	for (const struct names_entry *e = o->names; e; e = e->next)
		n++;
	return n > NAMES_PER_KEY;
}

/* What is to be forgotten for one more name of this owner; NULL with ERR_NONE: nothing. */
static enum err find_way(const struct names *n, const struct bearer *o, int64_t now,
			 struct names_entry **victim)
{
	bool limited = !owner_is_user(o->identity);

	*victim = NULL;
	if (limited && has_too_many(o))
		*victim = longest_unused_of(o, true);
	else if (n->keys.count < n->max)
		return ERR_NONE;
	else if (!(*victim = longest_passed(n, now)) && limited)
		*victim = longest_unused_of(o, false);
	return *victim ? ERR_NONE : ERR_FULL;
}

_Static_assert(NAMES_INTERVAL_MS % 1000 == 0, "names are paid for in whole seconds");

static uint32_t to_second(int64_t second)
{
	return second < 0 ? 0 : second > UINT32_MAX ? UINT32_MAX : (uint32_t)second;
}

/* One more new name, which it has to pay for in time.  A second counts from its beginning. */
static bool pay(struct bearer *o, int64_t now)
{
	const int64_t interval = NAMES_INTERVAL_MS / 1000, credit = NAMES_AT_ONCE * interval;
	const int64_t second = now / 1000;
	int64_t paid = o->paid_until;

	if (owner_is_user(o->identity))
		return true;
	if (paid < second)
		paid = second;
	if (paid > second + credit) /* the clock went back */
		paid = second + credit;
	bool pays = paid + interval <= second + credit;
	o->paid_until = to_second(pays ? paid + interval : paid);
	return pays;
}

/* ---- taking and leaving ---------------------------------------------------------------------- */

static enum err enter(struct names *n, struct bearer *o, struct slice key, struct slice name,
		      int64_t now, struct names_entry **out)
{
	struct names_entry *e = entry_new(n, key, name), *victim;
	enum err err = e ? find_way(n, o, now, &victim) : ERR_MEMORY;

	if (err == ERR_NONE)
		err = table_add(&n->keys, &e->by_key);
	if (err != ERR_NONE) {
		if (e)
			entry_free(n, e);
		owner_let_go(n, o);
		return err;
	}
	e->owner = o;
	e->next = o->names;
	o->names = e;
	e->first = e->last = to_ms(now);
	ring_add(&n->passing, &e->by_age);
	if (victim)
		forget(n, victim);
	*out = e;
	return ERR_NONE;
}

void names_spell(struct names *n, struct names_entry *e, const char *name, size_t len)
{
	char before[NAME_MAX_BYTES + 1];

	if (spelling_is(&e->spelling, slice_of(name, len)))
		return;
	memcpy(before, spelling_text(&e->spelling), e->spelling.name_len + 1U);
	if (spelling_write(&e->spelling, slice_of(name, len)) != ERR_NONE)
		return;
	tell_gone(n, before);
	n->changes++;
	tell_changed(n, e);
}

static void use(struct names *n, struct names_entry *e, int64_t now)
{
	if (e->uses++ > 0)
		return;
	e->taken = to_ms(now);
	ring_remove(&e->by_age);
	ring_add(&n->used, &e->by_age);
}

static void lie_down(struct names *n, struct names_entry *e)
{
	ring_remove(&e->by_age);
	ring_add(is_settled(e) ? &n->settled : &n->passing, &e->by_age);
}

/* A name that nobody has, as a new one of this owner. */
static enum err take_new(struct names *n, const uint8_t owner[OWNER_BYTES], struct slice key,
			 struct slice name, int64_t now, struct names_entry **out)
{
	struct bearer *o = bearer_of(n->bearers, owner);

	if (!o)
		return ERR_MEMORY;
	if (!pay(o, now)) {
		owner_let_go(n, o);
		return ERR_FULL;
	}
	return enter(n, o, key, name, now, out);
}

enum err names_take(struct names *n, const char *name, size_t len, const uint8_t owner[OWNER_BYTES],
		    int64_t now, struct names_entry **out)
{
	char key[NAME_MAX_KEY];
	size_t key_len;

	assert(owner_known(owner));
	if (name_key(n->checker, name, len, key, &key_len) != ERR_NONE)
		return ERR_MALFORMED;
	struct names_entry *e = find_key(n, key, key_len, table_hash(key, key_len, n->seed));
	if (e && !owner_equal(e->owner->identity, owner))
		return ERR_EXISTS;
	if (e && e->uses == UINT16_MAX)
		return ERR_TOO_BIG;
	if (!e) {
		enum err err =
			take_new(n, owner, slice_of(key, key_len), slice_of(name, len), now, &e);
		if (err != ERR_NONE)
			return err;
	}
	names_spell(n, e, name, len);
	use(n, e, now);
	*out = e;
	return ERR_NONE;
}

int64_t names_since(const struct names_entry *e)
{
	return ms_of(&e->taken);
}

struct names_past names_past(const struct names_entry *e, int64_t now)
{
	const int64_t taken = ms_of(&e->taken);
	struct names_past past = past_of(e);

	if (e->uses == 0)
		return past;
	if (now > taken)
		past.used += now - taken;
	if (now > past.last)
		past.last = now;
	return past;
}

void names_rest(struct names *n, struct names_entry *e, int64_t now)
{
	bool was_settled = is_settled(e);

	assert(e->uses > 0);
	if (e->uses > 1) {
		e->uses--;
		return;
	}
	const struct names_past past = names_past(e, now);
	set_past(e, &past);
	e->uses = 0;
	lie_down(n, e);
	n->changes += is_settled(e) && !was_settled;
	tell_changed(n, e);
}

enum err names_restore(struct names *n, const char *name, size_t len,
		       const uint8_t owner[OWNER_BYTES], const struct names_past *past)
{
	char key[NAME_MAX_KEY];
	size_t key_len;
	struct names_entry *e;

	assert(owner_known(owner));
	if (name_key(n->checker, name, len, key, &key_len) != ERR_NONE)
		return ERR_MALFORMED;
	if (find_key(n, key, key_len, table_hash(key, key_len, n->seed)))
		return ERR_EXISTS;
	if (n->keys.count >= n->max)
		return ERR_FULL;
	struct bearer *o = bearer_of(n->bearers, owner);
	enum err err = o ? enter(n, o, slice_of(key, key_len), slice_of(name, len), past->last, &e)
			 : ERR_MEMORY;
	if (err != ERR_NONE)
		return err;
	set_past(e, past);
	names_spell(n, e, name, len);
	lie_down(n, e);
	return ERR_NONE;
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

/* The oldest of the first list that is not empty, from this one on. */
static struct names_entry *first_from(const struct names *n, size_t list)
{
	const struct ring *const lists[] = {&n->settled, &n->used, &n->passing};

	for (; list < sizeof(lists) / sizeof(lists[0]); list++) {
		struct ring *r = ring_oldest(lists[list]);
		if (r)
			return RING_OF(r, struct names_entry, by_age);
	}
	return NULL;
}

struct names_entry *names_first(const struct names *n)
{
	return first_from(n, 0);
}

struct names_entry *names_next(const struct names *n, const struct names_entry *e)
{
	bool used = e->uses > 0, settled = !used && is_settled(e);
	const struct ring *list = used ? &n->used : settled ? &n->settled : &n->passing;
	struct ring *r = ring_newer(list, &e->by_age);

	return r ? RING_OF(r, struct names_entry, by_age)
		 : first_from(n, settled ? 1
				 : used	 ? 2
					 : 3);
}
