/*
 * What is pending in the hub: done, and not kept yet.  For the files hub*.c alone.
 *
 * What a command does, it does in two steps.  First it changes who is here and what they are called,
 * and calls pending_add() for what is to be kept: an event, records, who waits for the answer.  Then,
 * when that is kept, its deed's kept() gives the answer; or undo() takes the change back.  Undoing goes
 * from the newest to the oldest, so that each finds things as it left them.  Facts are not undone:
 * nothing that is pending before a fact may make it untrue, which is why a member whose coming or name
 * is not settled yet leaves only when it is (presence_end()).
 */
#ifndef CORE_HUB_PENDING_H
#define CORE_HUB_PENDING_H

#include "core/arena.h"
#include "core/hub.h"
#include "core/record.h"
#include "core/ring.h"
#include "core/registry.h"

struct context;
struct pending;
struct presence;

/* What is pending, the oldest first, and where it lies. */
struct queue {
	struct ring all;
	struct arena arena;
};

struct deed {
	bool fact;  /* it has happened, whether it is kept or not: never undone */
	bool holds; /* its member stays as it is until this is decided */
	/* It is kept and published: completes the reply, gives it by hub_reply(), and does what comes
	 * after.  NULL: just the reply.  A fact's is called as soon as its client need not wait, too. */
	void (*kept)(struct hub *h, struct pending *p, struct reply *r);
	/* It could not be: takes back what was done (the reply is given elsewhere).  NULL: nothing. */
	void (*undo)(struct hub *h, struct pending *p, struct instant now);
	/* The batch is made: adds records behind its event, by hub_put().  Called with a store alone.
	 * NULL: nothing. */
	enum err (*put)(struct hub *h, struct pending *p);
	/* The hub ends before it is decided: frees what is in `more`.  NULL: nothing. */
	void (*wipe)(struct pending *p);
};

struct pending {
	struct ring link;	      /* first member; of its queue */
	const struct deed *deed;      /* NULL: nothing waits for it, and it is a fact */
	struct hub_client *client;    /* who waits for the reply; NULL: nobody, or it is gone */
	struct pending **back, *next; /* the client's list */
	uint64_t id;		      /* of the command */
	struct registry_room *room;   /* NULL: there is no event */
	struct event event;	      /* has its number while it is in the flight */
	uint8_t author[OWNER_BYTES];  /* zeros: the administrator */
	bool by_somebody;	      /* at: */
	struct address address;
	struct presence *presence; /* of a deed that holds it; undo() clears it when it is gone */
	struct slice records;	   /* beside the event's */
	struct sender *sender;	   /* pinned; its SENDER goes with the batch; NULL: none */
	uint64_t mid;		   /* of the sender's talk that the event is; 0: none */
	void *more;		   /* the deed's own */
	size_t more_len;
};

/* What pending_add() is told; all of it is copied. */
struct wish {
	const struct deed *deed;
	const struct context *x; /* whose reply waits; NULL: nobody's */
	struct registry_room *room;
	const struct event *event; /* NULL: none */
	const struct presence *by; /* who caused it; NULL: the administrator */
	struct presence *held;	   /* by a deed that holds */
	struct sender *sender;	   /* NULL: none */
	uint64_t mid;		   /* of the event that is said; the sender knows it from now on */
	const void *more;
	size_t more_len;
};

/* A record that goes with the next pending_add(), which is to come before anything else. */
void hub_note(struct hub *h, const struct record *r);
/* A record that is a fact, and goes with nothing else. */
void hub_note_fact(struct hub *h, const struct record *r);
/* NULL: no memory, nothing is pending. */
struct pending *pending_add(struct hub *h, const struct wish *w);
/* Takes back what was added after that one, of a command that cannot be done after all. */
struct pending *pending_newest(struct hub *h); /* NULL: none */
void pending_cancel_after(struct hub *h, struct pending *newest);
void pending_drop(struct hub *h, struct pending *p);			    /* it is decided */
void hub_reply(struct hub *h, struct hub_client *c, const struct reply *r); /* c NULL: nobody */
void pending_leave_client(struct pending *p); /* nobody waits for it any more */
/* Gives back what is decided there, of which much may lie between what is not.  Nobody waits for any of
 * it. */
void queue_compact(struct queue *q);
void queue_wipe(struct hub *h, struct queue *q);
NODISCARD enum err hub_put(struct hub *h, const struct record *r); /* into the batch; ERR_MEMORY */

/* When the next batch is to be made: TIMERQ_NEVER: there is none; 0: now. */
uint64_t hub_next_turn(const struct hub *h);

#endif
