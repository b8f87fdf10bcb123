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

static void member_free(struct member *m)
{
	free(m->key);
	free(m);
}

void roster_free(struct roster *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		member_free(r->members[i]);
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

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* The first place whose key is not before this one. */
static size_t place_of(const struct roster *r, const char *key, size_t len)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct member *m = r->members[mid];
		if (compare(m->key, m->key_len, key, len) < 0)
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
	return m && compare(m->key, m->key_len, key, len) == 0 ? m : NULL;
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
	size_t place = place_of(r, m->key, m->key_len);

	assert(r->members[place] == m);
	r->count--;
	memmove(&r->members[place], &r->members[place + 1],
		(r->count - place) * sizeof(struct member *));
}

static void set_name(struct member *m, const char *name, size_t len, char *key, size_t key_len)
{
	memcpy(m->name, name, len);
	m->name[len] = '\0';
	free(m->key);
	m->key = key;
	m->key_len = key_len;
}

/* The key of a name that may be taken, in memory of its own. */
static enum err key_of(struct roster *r, const char *name, size_t len, char **key, size_t *key_len)
{
	char storage[NAME_MAX_KEY];

	if (name_check(r->names, name, len) != NAME_FINE ||
	    name_key(r->names, name, len, storage, key_len) != ERR_NONE)
		return ERR_MALFORMED;
	*key = malloc(*key_len);
	if (!*key)
		return ERR_MEMORY;
	memcpy(*key, storage, *key_len);
	return ERR_NONE;
}

enum err roster_enter(struct roster *r, const char *name, size_t len, const struct address *address,
		      void *owner, struct member **out)
{
	char *key = NULL;
	size_t key_len, place;
	enum err e = key_of(r, name, len, &key, &key_len);

	if (e == ERR_NONE && holder(r, key, key_len, &place))
		e = ERR_EXISTS;
	if (e == ERR_NONE && r->count == r->cap)
		e = grow(r);
	struct member *m = e == ERR_NONE ? calloc(1, sizeof(*m)) : NULL;
	if (!m) {
		free(key);
		return e == ERR_NONE ? ERR_MEMORY : e;
	}
	set_name(m, name, len, key, key_len);
	m->address = *address;
	m->owner = owner;
	insert(r, place, m);
	*out = m;
	return ERR_NONE;
}

void roster_leave(struct roster *r, struct member *m)
{
	take_out(r, m);
	member_free(m);
}

enum err roster_rename(struct roster *r, struct member *m, const char *name, size_t len)
{
	char *key = NULL;
	size_t key_len, place;
	enum err e = key_of(r, name, len, &key, &key_len);

	if (e != ERR_NONE)
		return e;
	struct member *other = holder(r, key, key_len, &place);
	if (other && other != m) {
		free(key);
		return ERR_EXISTS;
	}
	take_out(r, m);
	set_name(m, name, len, key, key_len);
	insert(r, place_of(r, key, key_len), m);
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
