/*
 * The hub: commands in, events appended.  It alone says who may do what in which room.
 *
 * Its callers are the peers' table (for sessions) and the console.  It knows sessions only as a
 * struct hub_client that the caller embeds; it sends nothing, and never looks at a link.  Readers see
 * what it appended in the room's log.  Pure: `wall_ms` is the time that events are stamped with.
 */
#ifndef CORE_HUB_H
#define CORE_HUB_H

#include "core/room.h"
#include "core/roster.h"
#include "proto/wire.h"

struct hub_config {
	size_t room_bytes;  /* kept of a room's log in memory */
	size_t max_members; /* in the room */
	uint64_t epoch;	    /* of the room's log: random, above 0, below 2^62 */
};

/* Told of each event once, as it is appended; `who` is NULL when nobody in the room caused it. */
struct hub_observer {
	void (*appended)(void *ctx, const struct event *e, const struct address *who);
	void *ctx;
};

/* One session, as the hub sees it.  Zero-initialise, then set the address. */
struct hub_client {
	struct address address;
	struct member *member; /* NULL: not in the room */
};

struct hub;

struct hub *hub_new(const struct hub_config *config,
		    const struct hub_observer *observer); /* NULL: no memory */
void hub_free(struct hub *h);

/* Carries out one command and fills the reply, whose text is borrowed until the next call. */
void hub_command(struct hub *h, struct hub_client *c, const struct command *command,
		 int64_t wall_ms, struct reply *reply);

/* The session is over; if it was in the room, the others are told why.  `words` may be empty. */
void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      int64_t wall_ms);

/* The session goes on from another address. */
void hub_moved(struct hub_client *c, const struct address *to);

/* 管理员消息, to all.  ERR_MALFORMED: text_talk_ok() says no; ERR_MEMORY. */
NODISCARD enum err hub_announce(struct hub *h, struct slice text, int64_t wall_ms);

/* Takes the member of that name out of the room; the caller ends its session.  NULL: no such member. */
struct hub_client *hub_kick(struct hub *h, struct slice name, struct slice words, int64_t wall_ms);

struct room *hub_room(const struct hub *h, uint32_t id); /* NULL: no such room */
struct roster *hub_roster(const struct hub *h);

#endif
