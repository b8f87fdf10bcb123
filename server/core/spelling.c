/* Behind the struct: the key, a NUL, and there may be room for a name. */
#include "core/spelling.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

bool spelling_is(const struct spelling *s, struct slice name)
{
	return same(spelling_name(s), name);
}

size_t spelling_room(struct slice key, struct slice name)
{
	return key.len + 1 + (same(key, name) ? 0 : name.len + 1);
}

static char *behind(struct spelling *s)
{
	return (char *)(s + 1);
}

void spelling_init(struct spelling *s, struct slice key, size_t room)
{
	assert(room > key.len && room <= UINT16_MAX);
	memcpy(behind(s), key.data, key.len);
	behind(s)[key.len] = '\0';
	s->name = behind(s) + key.len;
	s->name_len = 0;
	s->key_len = (uint16_t)key.len;
	s->room = (uint16_t)room;
}

/* Where that name lies behind it; NULL: it does not fit there. */
static char *place_of(struct spelling *s, struct slice name)
{
	size_t used = s->key_len + 1U;

	if (same(spelling_key(s), name))
		return behind(s);
	return name.len < s->room - used ? behind(s) + used : NULL;
}

enum err spelling_write(struct spelling *s, struct slice name)
{
	char *at = place_of(s, name);

	if (!at && !(at = malloc(name.len + 1)))
		return ERR_MEMORY;
	memmove(at, name.data, name.len);
	at[name.len] = '\0';
	if (at != s->name)
		spelling_wipe(s);
	s->name = at;
	s->name_len = (uint16_t)name.len;
	return ERR_NONE;
}

void spelling_wipe(struct spelling *s)
{
	if ((uintptr_t)s->name - (uintptr_t)behind(s) >= s->room) /* elsewhere */
		free(s->name);
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
