/* A sorted array of pointers: looking up is a binary search, telling a page is a walk. */
#include "core/roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct roster {
	struct name_checker *names;
	struct member **members; /* by key */
	size_t count, cap;
};

struct roster *roster_new(void)
{
	struct roster *r = calloc(1, sizeof(*r));

	if (r && !(r->names = name_checker_new())) {
		free(r);
		return NULL;
	}
	return r;
}

struct name_checker *roster_checker(const struct roster *r)
{
	return r->names;
}

static void free_name(struct member *m)
{
	if (m->name != m->inside)
		free((char *)(uintptr_t)m->name);
	m->name = NULL;
}

void roster_free(struct roster *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free_name(r->members[i]);
	free(r->members);
	name_checker_free(r->names);
	free(r);
}

size_t roster_count(const struct roster *r)
{
	return r->count;
}

enum name_verdict roster_check(struct roster *r, const char *name, size_t len)
{
	return name_check(r->names, name, len);
}

/* Its key comes before that one: below 0; after: above; 0: it is the same. */
static int compare(const struct member *m, const char *key, size_t len)
{
	struct slice own = member_key(m);
	int order = memcmp(own.data, key, own.len < len ? own.len : len);

	return order ? order : (own.len > len) - (own.len < len);
}

/* The first place whose key is not before this one. */
static size_t place_of(const struct roster *r, const char *key, size_t len)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct member *m = r->members[mid];
		if (compare(m, key, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct member *holder(const struct roster *r, const char *key, size_t len, size_t *place)
{
	*place = place_of(r, key, len);
	struct member *m = *place < r->count ? r->members[*place] : NULL;
	return m && compare(m, key, len) == 0 ? m : NULL;
}

static enum err grow(struct roster *r)
{
	size_t cap = r->cap ? r->cap * 2 : 16;
	struct member **members = realloc(r->members, cap * sizeof(struct member *));

	if (!members)
		return ERR_MEMORY;
	r->members = members;
	r->cap = cap;
	return ERR_NONE;
}

static void insert(struct roster *r, size_t place, struct member *m)
{
	memmove(&r->members[place + 1], &r->members[place],
		(r->count - place) * sizeof(struct member *));
	r->members[place] = m;
	r->count++;
}

static void take_out(struct roster *r, const struct member *m)
{
	struct slice key = member_key(m);
	size_t place = place_of(r, (const char *)key.data, key.len);

	assert(r->members[place] == m);
	r->count--;
	memmove(&r->members[place], &r->members[place + 1],
		(r->count - place) * sizeof(struct member *));
}

/* A name that may be taken. */
struct spelling {
	const char *name;
	size_t len, key_len;
	bool is_key;
	char *outside; /* memory for it, with its key; NULL: it fits into a member */
	char key[NAME_MAX_KEY];
};

static enum err spell(struct roster *r, const char *name, size_t len, struct spelling *s)
{
	s->name = name;
	s->len = len;
	s->outside = NULL;
	if (name_check(r->names, name, len) != NAME_FINE ||
	    name_key(r->names, name, len, s->key, &s->key_len) != ERR_NONE)
		return ERR_MALFORMED;
	s->is_key = len == s->key_len && memcmp(name, s->key, len) == 0;
	size_t size = len + 1 + (s->is_key ? 0 : s->key_len);
	if (size > MEMBER_SHORT && !(s->outside = malloc(size)))
		return ERR_MEMORY;
	return ERR_NONE;
}

static struct member *holder_of(const struct roster *r, const struct spelling *s, size_t *place)
{
	return holder(r, s->key, s->key_len, place);
}

/* The name that it has may be what this one is made from. */
static void set_name(struct member *m, const struct spelling *s)
{
	char *at = s->outside ? s->outside : m->inside;

	memmove(at, s->name, s->len);
	at[s->len] = '\0';
	if (!s->is_key)
		memcpy(at + s->len + 1, s->key, s->key_len);
	free_name(m);
	m->name = at;
	m->is_key = s->is_key;
	m->name_len = (uint16_t)s->len;
	m->key_len = (uint16_t)s->key_len;
}

enum err roster_enter(struct roster *r, struct member *m, const char *name, size_t len,
		      const struct address *address)
{
	struct spelling s;
	size_t place;
	enum err e = spell(r, name, len, &s);

	if (e == ERR_NONE && holder_of(r, &s, &place))
		e = ERR_EXISTS;
	if (e == ERR_NONE && r->count == r->cap)
		e = grow(r);
	if (e != ERR_NONE) {
		free(s.outside);
		return e;
	}
	*m = (struct member){.address = *address, .state = MEMBER_HERE};
	set_name(m, &s);
	insert(r, place, m);
	return ERR_NONE;
}

void roster_leave(struct roster *r, struct member *m)
{
	take_out(r, m);
	free_name(m);
}

enum err roster_rename(struct roster *r, struct member *m, const char *name, size_t len)
{
	struct spelling s;
	size_t place;
	enum err e = spell(r, name, len, &s);

	if (e != ERR_NONE)
		return e;
	struct member *other = holder_of(r, &s, &place);
	if (other && other != m) {
		free(s.outside);
		return ERR_EXISTS;
	}
	take_out(r, m);
	set_name(m, &s);
	insert(r, place_of(r, s.key, s.key_len), m);
	return ERR_NONE;
}

struct member *roster_find(struct roster *r, const char *name, size_t len)
{
	char key[NAME_MAX_KEY];
	size_t key_len, place;

	if (name_key(r->names, name, len, key, &key_len) != ERR_NONE)
		return NULL;
	return holder(r, key, key_len, &place);
}

struct member *roster_at(const struct roster *r, size_t i)
{
	return i < r->count ? r->members[i] : NULL;
}

size_t roster_after(struct roster *r, const char *name, size_t len)
{
	char key[NAME_MAX_KEY];
	size_t key_len, place;

	if (len == 0 || name_key(r->names, name, len, key, &key_len) != ERR_NONE)
		return 0;
	return holder(r, key, key_len, &place) ? place + 1 : place;
}
