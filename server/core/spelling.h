/*
 * A name as somebody writes it, and its key: what it is compared by.
 *
 * Which names there are and what is the key of one, is proto/name's to say.  Both lie behind the struct itself;
 * or, when there was not made room for them, elsewhere.  Never copied.  It can be the last member of
 * something else.
 */
#ifndef CORE_SPELLING_H
#define CORE_SPELLING_H

#include "proto/buf.h"
#include "proto/name.h"

#include <stdbool.h>
#include <string.h>

struct spelling {
	uint8_t name_len;
	bool is_key : 1;	/* the name */
	bool far : 1;		/* there is but a pointer behind the struct */
	uint16_t key_len, room; /* bytes behind the struct, in all */
};

/* The key, with a NUL, and behind it the name, with another, unless it is the same. */
static inline const char *spelling_bytes(const struct spelling *s)
{
	const char *bytes = (const char *)(s + 1);

	if (s->far)
		memcpy(&bytes, s + 1, sizeof(bytes));
	return bytes;
}

static inline const char *spelling_text(const struct spelling *s) /* the name, NUL-terminated */
{
	return spelling_bytes(s) + (s->is_key ? 0 : s->key_len + (s->name_len > 0));
}

static inline struct slice spelling_name(const struct spelling *s)
{
	return slice_of(spelling_text(s), s->name_len);
}

static inline struct slice spelling_key(const struct spelling *s)
{
	return slice_of(spelling_bytes(s), s->key_len);
}

bool spelling_is(const struct spelling *s, struct slice name); /* to the letter */

/* How many bytes that key and name need behind the struct. */
size_t spelling_room(struct slice key, struct slice name);
/* With at least that room for the key and no name; at first the name is empty. */
void spelling_init(struct spelling *s, struct slice key, size_t room);
/* Another name of the same key, also a part of its own.  ERR_MEMORY: it is as before. */
NODISCARD enum err spelling_write(struct spelling *s, struct slice name);
void spelling_wipe(struct spelling *s);

/* One by itself.  ERR_MALFORMED: it is no name that can be taken; ERR_MEMORY. */
NODISCARD enum err spelling_new(struct name_checker *c, struct slice name, struct spelling **out);
void spelling_free(struct spelling *s); /* NULL: nothing */

#endif
