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

void roster_free(struct roster *r)
{
	if (!r)
		return;
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
static int compare(const struct member *m, struct slice key)
{
	struct slice own = member_key(m);
	int order = memcmp(own.data, key.data, own.len < key.len ? own.len : key.len);

	return order ? order : (own.len > key.len) - (own.len < key.len);
}

/* The first place whose key is not before this one. */
static size_t place_of(const struct roster *r, struct slice key)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct member *m = r->members[mid];
		if (compare(m, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct member *holder(const struct roster *r, struct slice key, size_t *place)
{
	*place = place_of(r, key);
	struct member *m = *place < r->count ? r->members[*place] : NULL;
	return m && compare(m, key) == 0 ? m : NULL;
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
	size_t place = place_of(r, member_key(m));

	assert(r->members[place] == m);
	r->count--;
	memmove(&r->members[place], &r->members[place + 1],
		(r->count - place) * sizeof(struct member *));
}

enum err roster_enter(struct roster *r, struct member *m)
{
	size_t place;

	if (holder(r, member_key(m), &place))
		return ERR_EXISTS;
	if (r->count == r->cap && grow(r) != ERR_NONE)
		return ERR_MEMORY;
	insert(r, place, m);
	return ERR_NONE;
}

void roster_leave(struct roster *r, struct member *m)
{
	take_out(r, m);
}

enum err roster_rename(struct roster *r, struct member *m, const struct spelling *s)
{
	size_t place;
	const struct member *other = holder(r, spelling_key(s), &place);

	if (other && other != m)
		return ERR_EXISTS;
	take_out(r, m);
	m->spelling = s;
	insert(r, place_of(r, member_key(m)), m);
	return ERR_NONE;
}

struct member *roster_find(struct roster *r, const char *name, size_t len)
{
	char key[NAME_MAX_KEY];
	size_t key_len, place;

	if (name_key(r->names, name, len, key, &key_len) != ERR_NONE)
		return NULL;
	return holder(r, slice_of(key, key_len), &place);
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
	return holder(r, slice_of(key, key_len), &place) ? place + 1 : place;
}
