/*
 * The hub: commands in, events appended.  It alone says who may do what in which room, and whose names
 * are whose.
 *
 * Nothing is seen before it is kept.  What a command makes changes who is here at once, and waits as
 * pending; hub_turn() numbers all that waits and hands it to the store as one batch; once
 * hub_committed() says that it is kept, readers see it in the rooms' logs, and its reply is given.  One
 * batch is under way at a time.  What could not be kept is taken back, and its command told so; what
 * has happened anyway (somebody is gone) is tried again until it can be.  Without a store a batch is
 * kept, and seen, at once.
 *
 * Its callers are the peers' table (for sessions) and the console.  It knows sessions only as a
 * struct hub_client that the caller embeds; it sends nothing, and never looks at a link: what is to
 * be done for a client, it says by struct hub_port, any time after its command.
 *
 * A member is here by one session or several of one identity.  One whose last session breaks keeps its
 * place for a while; the same client takes it again by joining, or any of the same identity by joining
 * under the same name.  Pure: two clocks come in as struct instant; hub_tick() wants to be called when
 * hub_deadline() is there.
 */
#ifndef CORE_HUB_H
#define CORE_HUB_H

#include "core/hub_orders.h"
#include "core/hub_port.h"
#include "core/instant.h"
#include "core/names.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/store.h"
#include "proto/session_log.h"
#include "proto/wire.h"

enum {
	HUB_PENDING_MAX = 16 * 1024 * 1024, /* bytes, if no other limit is given */
	HUB_RETRY = 1000 * 1000,	    /* microseconds from a failure to the next attempt */
};

struct hub_config {
	size_t room_bytes;    /* kept of a room's log in memory */
	size_t rooms_bytes;   /* … of all rooms' logs together; 0: no limit */
	size_t page_bytes;    /* … of older events that were read again */
	size_t max_members;   /* in the room */
	size_t max_names;     /* that have owners, here or not; 0: as many as members */
	uint64_t grace_us;    /* for which the place of a lost member is kept; 0: not at all */
	uint64_t recall_us;   /* for which one's talks can be recalled and edited; 0: never */
	uint64_t epoch;	      /* of the room's log: random, above 0, below 2^62 */
	uint64_t seed;	      /* random, secret */
	size_t pending_bytes; /* then hub_crowded(); 0: HUB_PENDING_MAX */
	const struct store_port *store; /* copied; NULL: what is kept, is kept in memory */
};

/* Told of each event once, when it is published; `who` is NULL when nobody in the room caused it. */
struct hub_observer {
	void (*published)(void *ctx, const struct event *e, const struct address *who);
	void *ctx;
};

struct hub;

struct hub *hub_new(const struct hub_config *config,
		    const struct hub_observer *observer); /* NULL: no memory */
/*
 * What a store kept of another life, in the order of core/record.h; first of all, and once.  Who was
 * there then has the time of grace to come back, and the others hear nothing of it.  ERR_MALFORMED: that
 * is no such thing; ERR_MEMORY.  After either the hub is to be freed.
 */
NODISCARD enum err hub_restore(struct hub *h, struct slice records, struct instant now);
void hub_free(struct hub *h);				    /* calls no port */
void hub_serve(struct hub *h, const struct hub_port *port); /* copied; from now on */

/* Carries out one command, or begins to: its reply comes by the port, now or later. */
void hub_command(struct hub *h, struct hub_client *c, const struct command *command,
		 struct instant now);
/* The client's next command is to wait; one that comes all the same is not carried out. */
bool hub_holds(const struct hub_client *c);
/* So much is pending that all commands are to wait. */
bool hub_crowded(const struct hub *h);

/* Hands over what is pending as the next batch, if it is time for that. */
void hub_turn(struct hub *h, struct instant now);
bool hub_due(const struct hub *h, struct instant now); /* it is */
/* What became of the batch.  ERR_NONE: it is kept; else nothing of it is. */
void hub_committed(struct hub *h, enum err error, struct instant now);
/* What was asked of the store is there, or is not to be had; its page is borrowed for the call. */
void hub_answered(struct hub *h, const struct store_answer *answer, struct instant now);
bool hub_idle(const struct hub *h); /* nothing is pending */
/* The store cannot write: since when that is so, what would be written is refused. */
bool hub_failing(const struct hub *h);

/*
 * The session is over: nothing more is said about it by the port.  If it was its member's last, the
 * others are told why; unless it was lost, or silent: then the member has the time of grace to come
 * back.  `words` may be empty.
 */
void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      struct instant now);

uint64_t hub_deadline(const struct hub *h); /* TIMERQ_NEVER: none */
void hub_tick(struct hub *h, struct instant now);

/* The server ends: nobody is waited for any more. */
void hub_end(struct hub *h, struct instant now);

/* The session goes on from another address. */
void hub_moved(struct hub_client *c, const struct address *to);

/*
 * Events that are published, as struct session_log says; who was told LOG_LATER is woken by the port
 * when they are there.
 */
enum log_state hub_run(struct hub *h, uint32_t room, uint64_t seq, size_t max_bytes,
		       struct slice *out, uint32_t *count);
/* The same without a change to anything, so that many may ask at once: nobody who is told LOG_LATER is
 * woken, until it asks by hub_run(). */
enum log_state hub_run_in_memory(const struct hub *h, uint32_t room, uint64_t seq, size_t max_bytes,
				 struct slice *out, uint32_t *count);
/* Older events than that are kept no more. */
void hub_trimmed(struct hub *h, uint32_t room, uint64_t first);

uint64_t hub_head(const struct hub *h, uint32_t room); /* newest event that is published; 0: none */
struct room *hub_room(const struct hub *h, uint32_t id); /* NULL: no such room */
struct roster *hub_roster(const struct hub *h);
struct names *hub_names(const struct hub *h);
struct bearers *hub_bearers(const struct hub *h);

#endif
