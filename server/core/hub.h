/*
 * The hub: commands in, events appended.  It alone says who may do what in which room, and whose names
 * are whose.
 *
 * Its callers are the peers' table (for sessions) and the console.  It knows sessions only as a
 * struct hub_client that the caller embeds; it sends nothing, and never looks at a link.  Readers see
 * what it appended in the room's log.
 *
 * A member is here by one session or several of one identity.  One whose last session breaks keeps its
 * place for a while; the same client takes it again by joining, or any of the same identity by joining
 * under the same name.  Pure: two clocks come in as struct instant; hub_tick() wants to be called when
 * hub_deadline() is there.
 */
#ifndef CORE_HUB_H
#define CORE_HUB_H

#include "core/instant.h"
#include "core/names.h"
#include "core/room.h"
#include "core/roster.h"
#include "proto/wire.h"

struct hub_config {
	size_t room_bytes;  /* kept of a room's log in memory */
	size_t max_members; /* in the room */
	size_t max_names;   /* that have owners, here or not; 0: as many as members */
	uint64_t grace_us;  /* for which the place of a lost member is kept; 0: not at all */
	uint64_t epoch;	    /* of the room's log: random, above 0, below 2^62 */
	uint64_t seed;	    /* random, secret */
};

/* Told of each event once, as it is appended; `who` is NULL when nobody in the room caused it. */
struct hub_observer {
	void (*appended)(void *ctx, const struct event *e, const struct address *who);
	void *ctx;
};

/*
 * One session, as the hub sees it.  Zero-initialise, then set the address, and the identity as soon as
 * it is known.  Who has none owns no names, and can neither come back nor repeat itself.
 */
struct hub_client {
	struct address address;
	uint8_t identity[OWNER_BYTES];
	/* the hub's own */
	struct member *member;	 /* NULL: not in the room */
	struct hub_client *next; /* of the same member */
	struct sender *sender;	 /* NULL: it has no identity, or told no instance */
};

struct hub;

struct hub *hub_new(const struct hub_config *config,
		    const struct hub_observer *observer); /* NULL: no memory */
void hub_free(struct hub *h);

/* Carries out one command and fills the reply, whose text is borrowed until the next call. */
void hub_command(struct hub *h, struct hub_client *c, const struct command *command,
		 struct instant now, struct reply *reply);

/*
 * The session is over.  If it was its member's last, the others are told why; unless it was lost, or
 * silent: then the member has the time of grace to come back.  `words` may be empty.
 */
void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      struct instant now);

uint64_t hub_deadline(const struct hub *h); /* TIMERQ_NEVER: none */
void hub_tick(struct hub *h, struct instant now);

/* The server ends: nobody is waited for any more. */
void hub_end(struct hub *h, struct instant now);

/* The session goes on from another address. */
void hub_moved(struct hub_client *c, const struct address *to);

/* 管理员消息, to all.  ERR_MALFORMED: text_talk_ok() says no; ERR_MEMORY. */
NODISCARD enum err hub_announce(struct hub *h, struct slice text, struct instant now);

/*
 * Takes the member of that name out of the room.  The caller ends its sessions: `first` and, by `next`,
 * those after it; there may be none.  ERR_NOT_FOUND: no such member.
 */
NODISCARD enum err hub_kick(struct hub *h, struct slice name, struct slice words,
			    struct instant now, struct hub_client **first);

/* Takes a name from its owner, for whoever takes it next.  Errors as names_release(). */
NODISCARD enum err hub_release(struct hub *h, struct slice name);

struct room *hub_room(const struct hub *h, uint32_t id); /* NULL: no such room */
struct roster *hub_roster(const struct hub *h);
struct names *hub_names(const struct hub *h);

#endif
