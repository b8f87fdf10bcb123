/*
 * The roster: name → address, of everyone in the room.
 *
 * A name belongs to one member at a time; which names count as the same is proto/name's to say.
 * Entries are in order of their keys, so that a long list can be told page by page.  The roster
 * never decides who may come in, and owns nothing but its list and the names in it: members are the
 * caller's.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "proto/address.h"
#include "proto/name.h"
#include "proto/wire.h"

enum { MEMBER_SHORT = 18 };

/* Embedded in whatever its owner is; never copied. */
struct member {
	const char *name;	     /* as taken, NUL-terminated */
	struct address address;	     /* the owner's to change, as is … */
	enum member_state state : 8; /* … this; at first: here */
	/* the roster's own */
	bool is_key; /* the name; else its key lies behind the NUL */
	uint16_t name_len, key_len;
	char inside[MEMBER_SHORT]; /* the name, if it fits with its key */
};

static inline struct slice member_name(const struct member *m)
{
	return slice_of(m->name, m->name_len);
}

static inline struct slice member_key(const struct member *m)
{
	return slice_of(m->name + (m->is_key ? 0 : m->name_len + 1), m->key_len);
}

struct roster;

struct roster *roster_new(void);    /* NULL: no memory, or no Unicode data */
void roster_free(struct roster *r); /* as if all of them left */
size_t roster_count(const struct roster *r);

struct name_checker *roster_checker(const struct roster *r);

/* Is this a name that could be taken at all? */
enum name_verdict roster_check(struct roster *r, const char *name, size_t len);

/* ERR_EXISTS: the name, or one that counts as the same, is taken; ERR_MALFORMED: roster_check() says no;
 * ERR_MEMORY.  The member, which need not be initialised, stays where it is until roster_leave();
 * then it has no name (NULL). */
NODISCARD enum err roster_enter(struct roster *r, struct member *m, const char *name, size_t len,
				const struct address *address);
void roster_leave(struct roster *r, struct member *m);

/* Takes another name; one's own in other letters is free.  Errors as roster_enter(). */
NODISCARD enum err roster_rename(struct roster *r, struct member *m, const char *name, size_t len);

struct member *roster_find(struct roster *r, const char *name, size_t len);
/* The members in order: roster_at(r, 0) …; roster_after(): the place of the first past this name. */
struct member *roster_at(const struct roster *r, size_t i);
size_t roster_after(struct roster *r, const char *name, size_t len);

#endif
