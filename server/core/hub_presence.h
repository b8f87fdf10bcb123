/* How members are here, and their sessions.  For the files hub*.c alone; what is said of them is hub.c's. */
#ifndef CORE_HUB_PRESENCE_H
#define CORE_HUB_PRESENCE_H

#include "core/hub_pending.h"
#include "core/hub_rooms.h"
#include "proto/timerq.h"

#include <string.h>

/*
 * How a member is here.  It has a session; or it has none and is either lost, and in hub.lost, or about to
 * leave, and in hub.ends.
 */
struct presence {
	struct member member;	     /* in the roster */
	struct hub_client *sessions; /* by `next` */
	struct bearer *bearer;	     /* who it is; NULL: it has no identity */
	struct presence *next;	     /* of the same identity, in bearer.present */
	uint64_t instance;	     /* of the one that came last; 0: it told none */
	struct names_entry *name;    /* NULL: it is not kept for anybody */
	struct ring senders;	     /* that were here as this member: its clients */
	struct place *places;	     /* the public rooms that it is in, but for the lobby */
	union {
		struct timerq_entry until; /* in hub.lost */
		struct {
			struct ring
				end; /* if it `ends`: in hub.ends, and leaves when it is settled */
			char *words; /* … with these, NUL-terminated; NULL: none */
		};
	};
	unsigned unsettled;	      /* deeds that hold it, pending */
	enum leave_reason reason : 8; /* why it was lost, or is to leave */
	bool lost;		      /* the others were told so */
	bool ends;
	bool seen; /* that it is here is kept, and the others may know */
};

/* All the rooms that it is in, the lobby first; `at` is NULL then.  NULL: no other. */
struct registry_room *presence_next_room(const struct presence *p, const struct place **at);

static inline struct presence *presence_of(struct member *m)
{
	return RING_OF(m, struct presence, member);
}

/* Of all its sessions: its person's, or zeros. */
const uint8_t *presence_identity(const struct presence *p);
/* Under that name, in the lobby, without a session.  Errors as roster_enter(). */
NODISCARD enum err presence_new(struct hub *h, struct slice name, const struct address *from,
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
/* It has no session any more, and leaves, or is lost: at once, or when it is settled. */
void presence_end(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		  struct instant now);
/* It has none, and gets one.  False: no memory, it is as lost as before. */
bool presence_returns(struct hub *h, struct presence *p, const struct address *from,
		      struct instant now);
/* Every room that it is in, as facts; `left` (NULL: nothing) says what is to go with the lobby's. */
void presence_leave(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		    struct instant now, const struct wish *left);
/* The first of that identity, the others by `next`; NULL: none. */
struct presence *presence_first(const struct hub *h, const uint8_t owner[OWNER_BYTES]);

#endif
