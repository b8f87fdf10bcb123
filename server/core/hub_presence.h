/* How members are here, and their sessions.  For the files hub*.c alone. */
#ifndef CORE_HUB_PRESENCE_H
#define CORE_HUB_PRESENCE_H

#include "core/hub_pending.h"
#include "core/hub_rooms.h"
#include "proto/timerq.h"

#include <string.h>

/*
 * How a member is here.  It has sessions (MEMBER_HERE), and is where the newest of them is; or it has none
 * any more (MEMBER_RECONNECTING), and there is a struct gone for that.
 */
struct presence {
	struct member member;	      /* in the roster */
	struct bearer *bearer;	      /* who it is; NULL: it has no identity */
	struct presence *next;	      /* of the same identity, in bearer.present */
	uint64_t instance;	      /* of the one that came last; 0: it told none */
	struct names_entry *name;     /* NULL: it is not kept for anybody */
	struct sender *senders;	      /* that were here as this member: its clients */
	struct place *places;	      /* the public rooms that it is in, but for the lobby */
	unsigned unsettled;	      /* deeds that hold it, pending */
	enum leave_reason reason : 8; /* why it was lost, or is to leave */
	bool lost : 1;		      /* the others were told so */
	bool ends : 1;
	bool away : 1; /* said so, see core/hub_away.h */
	bool seen : 1; /* that it is here is kept, and the others may know */
};
_Static_assert(sizeof(struct presence) <= 80, "one for each member");

/*
 * Of a member without a session: it is either lost, and in hub.lost, or about to leave, and in hub.ends; or
 * that is decided this moment.  When there was no memory for one, it is the hub's `hurried`, which is in
 * neither and may be several members': they leave as soon as they are settled.
 */
struct gone {
	struct presence *presence;
	struct address address; /* where it was last */
	union {
		struct timerq_entry until; /* in hub.lost */
		struct {
			struct ring
				end; /* if it `ends`: in hub.ends, and leaves when it is settled */
			char *words; /* … with these, NUL-terminated; NULL: none */
		};
	};
};

/* All the rooms that it is in, the lobby first; `at` is NULL then.  NULL: no other. */
struct registry_room *presence_next_room(const struct presence *p, const struct place **at);

static inline struct presence *presence_of(struct member *m)
{
	return RING_OF(m, struct presence, member);
}

/* The newest first, by `next`; NULL: it has none. */
static inline struct hub_client *presence_sessions(const struct presence *p)
{
	return p->member.address && p->member.state == MEMBER_HERE
		       ? RING_OF(p->member.address, struct hub_client, address)
		       : NULL;
}

/* Of all its sessions: its person's, or zeros. */
const uint8_t *presence_identity(const struct presence *p);
/*
 * Under that name, in the lobby, without a session, and not anywhere.  ERR_MALFORMED: it is no name;
 * ERR_EXISTS: it is taken; ERR_MEMORY.
 */
NODISCARD enum err presence_new(struct hub *h, struct slice name,
				const uint8_t identity[OWNER_BYTES], struct presence **out);
void presence_attach(struct hub *h, struct presence *p, struct hub_client *c,
		     struct sender *sender);
/* It is its member's no more; true: it was the last. */
bool presence_part(struct hub *h, struct hub_client *c);
void presence_record(const struct presence *p, const struct registry_room *room, struct record *r);
/* A PRESENT or ABSENT of it goes with the next pending_add(). */
void presence_note(struct hub *h, const struct presence *p, enum record_kind kind,
		   const struct registry_room *room);
/* Out of the room without a word, whatever sessions there are: they are in no room any more. */
void presence_remove(struct hub *h, struct presence *p, struct instant now);
/* It has had no session, and comes back until its grace is over, or never. */
NODISCARD enum err presence_expect(struct hub *h, struct presence *p, struct instant now);
/* It has no session any more, and leaves, or is lost: at once, or when it is settled. */
void presence_end(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		  struct instant now);
/* It has none, and gets one.  False: no memory, it is as lost as before. */
bool presence_returns(struct hub *h, struct presence *p, const struct address *from,
		      struct instant now);
/* Every room that it is in, as facts; `left` (NULL: nothing) says what is to go with the lobby's. */
void presence_leave(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		    struct instant now, const struct wish *left);
/* The next whose grace is over at that time, and is to leave; NULL: none. */
struct presence *presence_lost_until(struct hub *h, uint64_t time);
/* The first of that identity, the others by `next`; NULL: none. */
struct presence *presence_first(const struct hub *h, const uint8_t owner[OWNER_BYTES]);

/*
 * What a member is called by: a name that is kept for it, or nothing; and letters of its own where those of
 * that name are others, or there is none.
 */
struct called {
	struct names_entry *name;
	struct spelling *own; /* NULL: the name's */
};

struct called presence_called(const struct presence *p);
/* By what keeps that name, in use (NULL: nothing), with memory of its own if it needs some.  ERR_MEMORY. */
NODISCARD enum err presence_spell(struct hub *h, struct slice name, struct names_entry *kept,
				  struct called *out);
/* Nobody else is called so.  What it was called by is the caller's. */
void presence_call(struct hub *h, struct presence *p, const struct called *called);
/* By that one which is kept for it from now on, of the same letters if there was memory for them. */
void presence_keep_name(struct presence *p, struct names_entry *kept);

#endif
