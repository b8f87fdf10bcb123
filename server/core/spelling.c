/* A name that is its own key is not kept twice; one that is not lies behind it, wherever that is. */
#include "core/spelling.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert((int)NAME_MAX_BYTES <= (int)UINT8_MAX, "names are short");
_Static_assert(NAME_MAX_KEY + 1 + NAME_MAX_BYTES + 1 <= UINT16_MAX, "so are their keys");

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

bool spelling_is(const struct spelling *s, struct slice name)
{
	return same(spelling_name(s), name);
}

static size_t size_of(struct slice key, struct slice name)
{
	return key.len + 1 + (same(key, name) ? 0 : name.len + 1);
}

/* A pointer always fits: it may come to that. */
size_t spelling_room(struct slice key, struct slice name)
{
	size_t size = size_of(key, name);

	return size < sizeof(char *) ? sizeof(char *) : size;
}

void spelling_init(struct spelling *s, struct slice key, size_t room)
{
	char *bytes = (char *)(s + 1);

	assert(room > key.len && room >= sizeof(char *) && room <= UINT16_MAX);
	memcpy(bytes, key.data, key.len);
	bytes[key.len] = '\0';
	*s = (struct spelling){.key_len = (uint16_t)key.len, .room = (uint16_t)room};
}

/* What lies there may be a part of the key or the name. */
static void put(char *bytes, struct slice key, struct slice name)
{
	bool is_key = same(key, name);

	if (!is_key) {
		memmove(bytes + key.len + 1, name.data, name.len);
		bytes[key.len + 1 + name.len] = '\0';
	}
	memmove(bytes, key.data, key.len);
	bytes[key.len] = '\0';
}

enum err spelling_write(struct spelling *s, struct slice name)
{
	struct slice key = spelling_key(s);
	size_t size = size_of(key, name);
	bool is_key = same(key, name), far = size > s->room;
	char *before = s->far ? (char *)(uintptr_t)spelling_bytes(s) : NULL;
	char *bytes = far ? malloc(size) : (char *)(s + 1);

	if (!bytes)
		return ERR_MEMORY;
	put(bytes, key, name);
	if (far)
		memcpy(s + 1, &bytes, sizeof(bytes));
	free(before);
	s->far = far;
	s->is_key = is_key;
	s->name_len = (uint8_t)name.len;
	return ERR_NONE;
}

void spelling_wipe(struct spelling *s)
{
	if (s->far)
		free((char *)(uintptr_t)spelling_bytes(s));
}

enum err spelling_new(struct name_checker *c, struct slice name, struct spelling **out)
{
	const char *text = (const char *)name.data;
	char storage[NAME_MAX_KEY];
	size_t len;

	if (name_check(c, text, name.len) != NAME_FINE ||
	    name_key(c, text, name.len, storage, &len) != ERR_NONE)
		return ERR_MALFORMED;
	struct slice key = slice_of(storage, len);
	size_t room = spelling_room(key, name);
	struct spelling *s = malloc(sizeof(*s) + room);
	if (!s)
		return ERR_MEMORY;
	spelling_init(s, key, room);
	enum err e = spelling_write(s, name);
	assert(e == ERR_NONE); /* there is room */
	*out = s;
	return ERR_NONE;
}

void spelling_free(struct spelling *s)
{
	if (s)
		spelling_wipe(s);
	free(s);
}
