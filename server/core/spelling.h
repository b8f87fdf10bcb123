/*
 * A name as somebody writes it, and its key: what it is compared by.
 *
 * Which names there are and what is the key of one, is proto/name's to say.  The key lies behind the struct
 * itself, and so does the name if it is the same, or was thought of when there was made room for it; else it
 * has memory of its own.  Never copied.  It can be the last member of something else.
 */
#ifndef CORE_SPELLING_H
#define CORE_SPELLING_H

#include "proto/buf.h"
#include "proto/name.h"

#include <stdbool.h>

/* For others to read. */
struct spelling {
	char *name; /* NUL-terminated */
	uint16_t name_len, key_len;
	uint16_t room; /* bytes behind the struct */
};

static inline struct slice spelling_name(const struct spelling *s)
{
	return slice_of(s->name, s->name_len);
}

static inline struct slice spelling_key(const struct spelling *s)
{
	return slice_of(s + 1, s->key_len);
}

bool spelling_is(const struct spelling *s, struct slice name); /* to the letter */

/* How many bytes that key and name need behind the struct.  At first the name is empty. */
size_t spelling_room(struct slice key, struct slice name);
void spelling_init(struct spelling *s, struct slice key, size_t room);
/* Another name of the same key, also a part of its own.  ERR_MEMORY: it is as before. */
NODISCARD enum err spelling_write(struct spelling *s, struct slice name);
void spelling_wipe(struct spelling *s);

/* One by itself.  ERR_MALFORMED: it is no name that can be taken; ERR_MEMORY. */
NODISCARD enum err spelling_new(struct name_checker *c, struct slice name, struct spelling **out);
void spelling_free(struct spelling *s); /* NULL: nothing */

#endif
