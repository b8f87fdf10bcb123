/*
 * Which rooms there are: number ↔ name, or ↔ the two whose room it is; and what is known of each.
 *
 * A room is small: it has a log in memory (core/room.h) only while somebody needs it, and all logs
 * share one limit of bytes.  The log that was not used for longest gives way first: as a whole, where a
 * store has it too; else, its oldest events.
 *
 * Names and pairs are told apart by keys, which the caller makes (proto/name.h).  A room of two is
 * found by its two owners, in any order; where both are one, by their names, too.  Owners have limits,
 * which are for who makes a room, not for what is restored: local users have none.
 *
 * Pure; it never decides who may see a room.
 */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include "core/owner.h"
#include "core/ring.h"
#include "core/room.h"
#include "core/table.h"

enum {
	REGISTRY_MAX = 65536, /* numbers: 1 to this */
	REGISTRY_PUBLIC_MAX = 4096,
	REGISTRY_MADE_MAX = 16, /* public ones that one owner made */
	REGISTRY_PASSWORD = 32,
	REGISTRY_OPENED_MAX = 128, /* of two, that one owner opened */
};

enum registry_kind {
	REGISTRY_PUBLIC,
	REGISTRY_DIRECT, /* of two */
};

/* What a room is made of; borrowed. */
struct registry_facts {
	uint32_t
		number; /* 0: the next free one, within the limits of its owner; else it is restored */
	enum registry_kind kind;
	struct slice name, key; /* public */
	struct slice topic;
	struct slice password; /* its public key (proto/proof.h), or empty */
	uint32_t keep_days;    /* see core/record.h */
	int64_t made_ms;
	const uint8_t *owners[2];	/* the first made it; the second: of two */
	struct slice names[2], keys[2]; /* of two: theirs */
	uint64_t head, first; /* restored: its newest number, and the oldest that is kept */
};

struct registry_owner;

/* One owner's part in a room: made, opened, or the other of two. */
struct registry_share {
	struct ring of_owner; /* rooms of two alone */
	struct registry_owner *owner;
	struct registry_room *room;
};

struct registry_room {
	uint32_t number, keep_days;
	enum registry_kind kind;
	int64_t made_ms;
	struct slice name, key;		/* public; in the entry's memory, as are … */
	struct slice names[2], keys[2]; /* … these */
	struct slice topic;
	bool has_password;
	uint8_t password[REGISTRY_PASSWORD];
	uint8_t owners[2][OWNER_BYTES]; /* zeros: nobody */
	uint64_t head;			/* while there is no log; see registry_head() */
	uint64_t first;			/* older ones are kept nowhere */
	struct room *log;		/* NULL: none in memory */
	size_t member_count;		/* the hub's */
	/* the registry's own */
	uint8_t *topic_bytes;
	struct table_entry by_key;
	struct registry_share shares[2];
	struct ring by_use; /* while there is a log */
	size_t log_bytes;
};

struct registry;

/* `log_bytes`: of one log; `all_bytes`: of all.  `stored`: what goes from memory is kept elsewhere.
 * NULL: no memory. */
struct registry *registry_new(size_t log_bytes, size_t all_bytes, bool stored, uint64_t seed);
void registry_free(struct registry *r);

/* ERR_EXISTS: that name, pair or number is there; ERR_FULL: there, or its owner has, too many;
 * ERR_MEMORY. */
NODISCARD enum err registry_add(struct registry *r, const struct registry_facts *f,
				struct registry_room **out);
void registry_remove(struct registry *r, struct registry_room *e);

struct registry_room *registry_find(const struct registry *r,
				    uint32_t number); /* NULL: none, as below */
struct registry_room *registry_named(const struct registry *r, struct slice key);
struct registry_room *registry_of_two(const struct registry *r, const uint8_t *const owners[2],
				      const struct slice keys[2]);
struct registry_room *registry_after(const struct registry *r,
				     uint32_t number); /* in order of numbers */
/* The public ones in order of their keys: registry_public_at(r, 0) …; registry_public_after(): the place of
 * the first past this key. */
struct registry_room *registry_public_at(const struct registry *r, size_t i);
size_t registry_public_after(const struct registry *r, struct slice key);
int registry_compare_keys(struct slice a, struct slice b); /* as strcmp() */
/* An owner's rooms of two, in the order in which they were opened. */
struct registry_room *registry_first_direct(const struct registry *r,
					    const uint8_t owner[OWNER_BYTES]);
struct registry_room *registry_next_direct(const struct registry *r, const struct registry_room *e,
					   const uint8_t owner[OWNER_BYTES]);

NODISCARD enum err registry_set_topic(struct registry_room *e, struct slice topic); /* ERR_MEMORY */

uint64_t registry_head(const struct registry_room *e);
/* Its log, made if there is none; it counts as used now.  NULL: no memory. */
struct room *registry_log(struct registry *r, struct registry_room *e);
/* After appending or reading: logs that were not used for long give way.  Frames that were lent by
 * logs are void. */
void registry_settle(struct registry *r, struct registry_room *e);

size_t registry_count(const struct registry *r, enum registry_kind kind);
size_t registry_log_bytes(const struct registry *r);

#endif
