/*
 * Whose names are whose: a name belongs to the identity that took it first, also while nobody is here
 * under it.
 *
 * Which names count as the same is proto/name's to say.  The registry is bounded: when it is full, the
 * name that nobody has used for longest gives way to a new one.  One key may own at most
 * NAMES_PER_KEY names; with more, it loses its own that it has not used for longest.  Local users may
 * own as many as there is room for.  A name in use never gives way.
 */
#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include "core/owner.h"
#include "core/ring.h"
#include "core/table.h"
#include "proto/name.h"

enum { NAMES_PER_KEY = 64 };

struct names_owner;

/* A name that has an owner; for others to read. */
struct names_entry {
	char name[NAME_MAX_BYTES + 1]; /* as it was taken last, NUL-terminated */
	struct names_owner *owner;
	size_t uses; /* under way, see names_take() */
	/* the registry's own */
	struct table_entry by_key;
	struct ring by_age, of_owner;
	size_t key_len;
	char key[];
};

struct names;

/* Keeps at most `max` (at least 1).  Borrows the checker for its life.  NULL: no memory. */
struct names *names_new(size_t max, uint64_t seed, struct name_checker *checker);
void names_free(struct names *n);

/*
 * The name is this identity's from now on, if it was nobody's, and in use until names_rest(); so often
 * as it was taken.  ERR_EXISTS: it is another's; ERR_FULL: none can give way; ERR_MALFORMED: it has no
 * key; ERR_MEMORY.  `owner` has to be known.
 */
NODISCARD enum err names_take(struct names *n, const char *name, size_t len,
			      const uint8_t owner[OWNER_BYTES], struct names_entry **out);
void names_rest(struct names *n, struct names_entry *e);

/* Takes a name away from its owner.  ERR_NOT_FOUND: it has none; ERR_EXISTS: it is in use. */
NODISCARD enum err names_release(struct names *n, const char *name, size_t len);

struct names_entry *names_find(struct names *n, const char *name, size_t len); /* NULL: nobody's */
const uint8_t *names_identity(const struct names_entry *e);		       /* of its owner */

size_t names_count(const struct names *n);
uint64_t
names_changes(const struct names *n); /* grows when a name gets, changes or loses its owner */
/* All of them, those in use last, else the longest unused first; NULL: there is no other. */
struct names_entry *names_first(const struct names *n);
struct names_entry *names_next(const struct names *n, const struct names_entry *e);

#endif
