/*
 * Whose names are whose: a name belongs to the identity that took it first, also while nobody is here
 * under it.
 *
 * Which names count as the same is proto/name's to say.  The registry is bounded, and nobody may take
 * a name from its owner by filling it: when it is full, there is no new one, unless one gives way that
 * was hardly used, and then not for NAMES_REST_MS.  Names are settled, and never give way to others',
 * when they were used for NAMES_USE_MS in all, or again NAMES_AGE_MS after the first time, or are a
 * local user's.  A name in use never gives way.
 *
 * One key may own at most NAMES_PER_KEY names; with more, it loses its own that it has not used for
 * longest.  It may take NAMES_AT_ONCE new ones, and then one every NAMES_INTERVAL_MS.  Local users have
 * neither limit.
 *
 * Pure: `now` is milliseconds since 1970, and may jump.
 */
#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include "core/bearers.h"
#include "core/ring.h"
#include "core/spelling.h"

enum {
	NAMES_PER_KEY = 64,
	NAMES_AT_ONCE = 8,
	NAMES_INTERVAL_MS = 450 * 1000, /* eight an hour */
	NAMES_USE_MS = 3600 * 1000,
	NAMES_AGE_MS = 24 * 3600 * 1000,
};
#define NAMES_REST_MS (INT64_C(30) * 24 * 3600 * 1000)

/* What a name has seen under its owner, in milliseconds. */
struct names_past {
	int64_t first, last; /* times: when it was taken, and used last */
	int64_t used;	     /* how long in all */
};

/* Milliseconds, from 0 on, for thousands of years: what is later, or longer, counts as the last of them. */
struct names_ms {
	uint16_t low, middle, high;
};

/* A name that has an owner; for others to read. */
struct names_entry {
	struct bearer *owner;
	/* the registry's own */
	struct table_entry by_key;
	struct ring by_age;
	struct names_entry *next;	   /* the next older one of the same owner */
	struct names_ms first, last, used; /* its past, until it was used last */
	struct names_ms taken;		   /* since when it is used */
	uint16_t uses;			   /* under way, see names_take(); for others to read */
	/* Last.  As it was taken last; without memory for that, as before.  For others to read, too. */
	struct spelling spelling;
};

struct names;

/* Told of what is to be written down: a name and what it has seen; or that nobody owns it any more, or
 * that it is written otherwise now (the old way is told first).  Neither may call the registry. */
struct names_watch {
	void *ctx;
	void (*changed)(void *ctx, const struct names_entry *e, const struct names_past *past);
	void (*gone)(void *ctx, const char *name);
};

/* Keeps at most `max` (at least 1).  Borrows the checker and the bearers for its life.  NULL: no memory. */
struct names *names_new(size_t max, uint64_t seed, struct name_checker *checker,
			struct bearers *bearers);
void names_free(struct names *n);
void names_watch(struct names *n, const struct names_watch *watch); /* copied; from now on */

/*
 * The name is this identity's from now on, if it was nobody's, and in use until names_rest(); so often
 * as it was taken.  ERR_EXISTS: it is another's; ERR_FULL: none can give way, or that owner has taken
 * too many new ones; ERR_MALFORMED: it has no key; ERR_TOO_BIG: it is in use UINT16_MAX times; ERR_MEMORY.
 * `owner` has to be known.
 */
NODISCARD enum err names_take(struct names *n, const char *name, size_t len,
			      const uint8_t owner[OWNER_BYTES], int64_t now,
			      struct names_entry **out);
void names_rest(struct names *n, struct names_entry *e, int64_t now);
/* In other letters, of the same key; without memory as before. */
void names_spell(struct names *n, struct names_entry *e, const char *name, size_t len);

/*
 * What was written down, in the order of names_first(): as it was, and not in use.  Errors as
 * names_take(), but ERR_EXISTS also when it is the same owner's.
 */
NODISCARD enum err names_restore(struct names *n, const char *name, size_t len,
				 const uint8_t owner[OWNER_BYTES], const struct names_past *past);
struct names_past names_past(const struct names_entry *e, int64_t now); /* to be written down */
int64_t names_since(const struct names_entry *e); /* it has been in use; of one that is */

/* Takes a name away from its owner.  ERR_NOT_FOUND: it has none; ERR_EXISTS: it is in use. */
NODISCARD enum err names_release(struct names *n, const char *name, size_t len);

struct names_entry *names_find(struct names *n, const char *name, size_t len); /* NULL: nobody's */
struct names_entry *names_of_key(const struct names *n, struct slice key);     /* by name_key() */
/* The one that this identity uses, or else used last; NULL: it owns none. */
struct names_entry *names_newest(const struct names *n, const uint8_t owner[OWNER_BYTES]);
const uint8_t *names_identity(const struct names_entry *e); /* of its owner */

size_t names_count(const struct names *n);
/* Grows when a name gets, changes or loses its owner, or is settled. */
uint64_t names_changes(const struct names *n);
/* All of them: the settled, those in use, the others, the longest unused first; NULL: no other. */
struct names_entry *names_first(const struct names *n);
struct names_entry *names_next(const struct names *n, const struct names_entry *e);

#endif
