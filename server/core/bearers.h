/*
 * Who is known by an identity, in whatever way: owns names, has said something, is here, or
 * has a session.
 *
 * Names (core/names.h), senders (core/senders.h) and members know the same people; here each is kept once,
 * as long as one of them knows it.
 */
#ifndef CORE_BEARERS_H
#define CORE_BEARERS_H

#include "core/owner.h"
#include "core/table.h"

struct names_entry;
struct presence;
struct sender;

struct bearer {
	struct table_entry entry; /* first member */
	uint8_t identity[OWNER_BYTES];
	struct presence
		*present; /* the hub's: its members that are here, or may come back; by `next` */
	struct names_entry *names; /* names.c's: the newest first, by `next` */
	struct sender *idle;	   /* senders.c's: those without a session, the oldest first: few */
	uint32_t paid_until; /* names.c's: new names so far cover the time until then; seconds */
	uint32_t sender_count;
	/* the peers' table's: sessions, open or not; and one of them, see struct peer_queue */
	uint32_t session_count, session;
};

struct bearers;

struct bearers *bearers_new(uint64_t seed); /* NULL: no memory */
void bearers_free(struct bearers *p);	    /* when nobody is known any more; NULL: nothing */

struct bearer *bearer_find(const struct bearers *p, const uint8_t identity[OWNER_BYTES]);
/* The same, or a new one; NULL: no memory. */
struct bearer *bearer_of(struct bearers *p, const uint8_t identity[OWNER_BYTES]);
/* Forgotten, if nothing of it is left. */
void bearer_let_go(struct bearers *p, struct bearer *bearer);

#endif
