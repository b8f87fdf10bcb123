/* How members are here, and their sessions.  For the files hub*.c alone; what is said of them is hub.c's. */
#ifndef CORE_HUB_PRESENCE_H
#define CORE_HUB_PRESENCE_H

#include "core/hub_pending.h"
#include "core/hub_rooms.h"
#include "proto/timerq.h"

#include <string.h>

/* How a member is here: the roster's entry has it as its owner. */
struct presence {
	struct timerq_entry until; /* first member; queued while there is no session */
	struct member *member;
	struct hub_client *sessions; /* by `next`; NULL: lost */
	const uint8_t *identity;     /* of all its sessions: its person's, or zeros */
	uint64_t instance;	     /* of the one that came last; 0: it told none */
	struct names_entry *name;    /* NULL: it is not kept for anybody */
	struct ring senders;	     /* that were here as this member: its clients */
	struct ring places;	     /* the public rooms it is in */
	struct table_entry by_owner; /* in hub.people, if it is listed */
	struct place lobby;
	enum leave_reason reason; /* why it was lost, or is to leave */
	bool lost;		  /* the others were told so */
	unsigned unsettled;	  /* deeds that hold it, pending */
	bool listed;
	bool ends; /* it leaves when there is none: it is in hub.ends, by `end` */
	struct ring end;
	char *words; /* … with these, NUL-terminated; NULL: none */
};

static inline struct presence *presence_of(const struct member *m)
{
	return m->owner;
}

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
/* The members of that identity, one after the other; NULL: none, or no other. */
struct presence *presence_first(const struct hub *h, const uint8_t owner[OWNER_BYTES]);
struct presence *presence_next(const struct presence *p);

#endif
