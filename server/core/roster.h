/*
 * The roster: name → address, of everyone in the room.
 *
 * A name belongs to one member at a time; which names count as the same is proto/name's to say.
 * Entries are in order of their keys, so that a long list can be told page by page.  The roster
 * never decides who may come in, and owns nothing but its list: members are the caller's, and so is what
 * they are called and where they are.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "core/spelling.h"
#include "proto/address.h"
#include "proto/wire.h"

/* Embedded in whatever its owner is; never copied. */
struct member {
	const struct spelling
		*spelling;	     /* changed by roster_rename(), or for one of the same key */
	struct address *address;     /* the owner's to change, as is … */
	enum member_state state : 8; /* … this */
};

static inline struct slice member_name(const struct member *m)
{
	return spelling_name(m->spelling);
}

static inline struct slice member_key(const struct member *m)
{
	return spelling_key(m->spelling);
}

struct roster;

struct roster *roster_new(void);    /* NULL: no memory, or no Unicode data */
void roster_free(struct roster *r); /* as if all of them left */
size_t roster_count(const struct roster *r);

struct name_checker *roster_checker(const struct roster *r);

/* Is this a name that could be taken at all? */
enum name_verdict roster_check(struct roster *r, const char *name, size_t len);

/* ERR_EXISTS: its name, or one that counts as the same, is taken; ERR_MEMORY.  It stays where it is until
 * roster_leave(). */
NODISCARD enum err roster_enter(struct roster *r, struct member *m);
void roster_leave(struct roster *r, struct member *m);

/* Takes another name; one's own in other letters is free.  ERR_EXISTS: as above, and it is as before. */
NODISCARD enum err roster_rename(struct roster *r, struct member *m, const struct spelling *s);

struct member *roster_find(struct roster *r, const char *name, size_t len);
/* The members in order: roster_at(r, 0) …; roster_after(): the place of the first past this name. */
struct member *roster_at(const struct roster *r, size_t i);
size_t roster_after(struct roster *r, const char *name, size_t len);

#endif
