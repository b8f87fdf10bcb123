/* The inside of the hub, shared by the files hub*.c.  Nobody else includes this. */
#ifndef CORE_HUB_INTERNAL_H
#define CORE_HUB_INTERNAL_H

#include "core/hub_ask.h"
#include "core/hub_pending.h"
#include "core/record.h"
#include "core/ring.h"
#include "core/senders.h"
#include "proto/timerq.h"

#include <string.h>

struct hub {
	struct hub_config config;
	struct store_port store; /* commit NULL: there is none */
	struct hub_observer observer;
	struct hub_port port;
	struct registry *registry;
	struct registry_room *lobby;
	struct roster *roster;
	struct names *names;
	struct senders *senders;
	struct timerq lost; /* members, until their grace is over */
	struct ring ends;   /* members that leave once they are settled */
	bool ending;

	struct queue waiting, flight;
	bool busy;	   /* the flight is under way */
	bool failing;	   /* the last one did not arrive: only facts are pending */
	uint64_t retry_at; /* no batch before that */
	uint64_t batches;
	struct table asked; /* of the store, by ticket */
	uint64_t tickets;   /* so far */
	struct buf batch;   /* its records; grows */
	struct buf notes;   /* records for the next pending_add() */
	uint8_t notes_storage[2 * RECORD_MAX];
	char reply_text[WIRE_NAMES_MAX]; /* of the reply given out last */
};

/* That a member is in a room: an element of the member's list, and of the room's. */
struct place {
	struct ring of_presence, of_room;
	struct presence *presence;
	struct registry_room *room;
};

/* How a member is here: the roster's entry has it as its owner. */
struct presence {
	struct timerq_entry until; /* first member; queued while there is no session */
	struct member *member;
	struct hub_client *sessions;   /* by `next`; NULL: lost */
	uint8_t identity[OWNER_BYTES]; /* of all its sessions */
	uint64_t instance;	       /* of the one that came last; 0: it told none */
	struct names_entry *name;      /* NULL: it is not kept for anybody */
	struct ring senders;	       /* that were here as this member: its clients */
	struct ring places;	       /* the rooms it is in, the lobby first */
	struct place lobby;
	enum leave_reason reason; /* why it was lost, or is to leave */
	bool lost;		  /* the others were told so */
	unsigned unsettled;	  /* deeds that hold it, pending */
	bool ends;		  /* it leaves when there is none: it is in hub.ends, by `end` */
	struct ring end;
	char *words; /* … with these, NUL-terminated; NULL: none */
};

/* A command while it is carried out. */
struct context {
	struct hub *hub;
	struct hub_client *client;
	const struct command *command;
	struct instant now;
	struct reply *reply;
	bool later; /* the reply comes when it is kept */
};

/* The command's reply comes later, or was given: to be returned by its function. */
static inline enum code hub_later(struct context *x)
{
	x->later = true;
	return CODE_OK;
}

/* A command's function returned that: the answer is given, unless that comes later. */
void hub_finish(struct context *x, enum code code);

/* ---- commands: hub_commands.c has the table ---------------------------------------------------- */

enum code hub_join(struct context *x); /* hub_join.c */
enum code hub_quit(struct context *x);
enum code hub_nick(struct context *x); /* hub_nick.c */

/* Why a name cannot be entered. */
enum code hub_name_code(struct hub *h, struct slice name, enum err e);
bool hub_name_fresh(struct hub *h, struct slice name); /* it is nobody's */
/*
 * A name of this client's, in use.  NULL with ERR_NONE: it is nobody's, and stays so, since the client has no
 * identity, or there are too many names: then it is only the client's while it is here under it.
 */
NODISCARD enum err hub_take_name(struct context *x, struct names_entry **out);
/* Not in use any more (NULL: nothing), and nobody's if it was `fresh`. */
void hub_untake_name(struct hub *h, struct names_entry *e, bool fresh, struct instant now);

/* ---- events and members: hub.c ----------------------------------------------------------------- */

bool hub_is_text(struct slice s);
struct event hub_event_by(const struct member *m, enum event_kind kind, struct instant now);

/* Under that name, in the lobby, without a session.  Errors as roster_enter(). */
NODISCARD enum err presence_new(struct hub *h, struct slice name, const struct address *from,
				struct presence **out);
void presence_attach(struct hub *h, struct presence *p, struct hub_client *c,
		     struct sender *sender);
/* It is its member's no more; true: it was the last. */
bool presence_part(struct hub *h, struct hub_client *c);
void presence_record(const struct presence *p, const struct registry_room *room, struct record *r);
/* A PRESENT or ABSENT of it goes with the next pending_add(). */
void presence_note(struct hub *h, const struct presence *p, enum record_kind kind,
		   const struct registry_room *room);
/* It is in that room from now on, or no more. */
void place_add(struct place *place, struct presence *p, struct registry_room *room);
void place_remove(struct place *place);
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
/* Its number and name are always the same; the rest is as it was in another life.  As registry_add(). */
NODISCARD enum err hub_make_lobby(struct hub *h, const struct registry_facts *restored);
/* What the registry of names, and that of senders, have to have written down, is. */
void hub_watch(struct hub *h); /* hub_restore.c */
/* Those that were to leave do, if nothing holds them any more. */
void hub_settle(struct hub *h, struct instant now);

static inline struct slice member_name(const struct member *m)
{
	return slice_of(m->name, strlen(m->name));
}

/* Unix time, for what is kept: a clock that was never set is at its beginning. */
static inline int64_t hub_wall_ms(struct instant now)
{
	return now.wall_ms > 0 ? now.wall_ms : 0;
}

static inline struct presence *presence_of(const struct member *m)
{
	return m->owner;
}

static inline struct place *place_of(struct ring *r)
{
	return RING_OF(r, struct place, of_presence);
}

#endif
