/* The inside of the hub, shared by the files hub*.c.  Nobody else includes this. */
#ifndef CORE_HUB_INTERNAL_H
#define CORE_HUB_INTERNAL_H

#include "core/hub_ask.h"
#include "core/hub_away.h"
#include "core/hub_edit.h"
#include "core/hub_fetch.h"
#include "core/hub_pending.h"
#include "core/hub_presence.h"
#include "core/hub_rooms.h"
#include "core/record.h"
#include "core/ring.h"
#include "core/scan.h"
#include "core/senders.h"
#include "core/slab.h"
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
	struct bearers *bearers;
	struct slab presences, gone;
	struct timerq lost;  /* members, until their grace is over */
	struct ring ends;    /* members that leave once they are settled, … */
	size_t hurried_ends; /* … and how many more */
	struct gone hurried; /* see hub_presence.h */
	bool ending;
	struct table aways; /* who is away, see hub_away.h */

	struct queue waiting, flight;
	bool busy;	   /* the flight is under way */
	bool failing;	   /* the last one did not arrive: only facts are pending */
	uint64_t retry_at; /* no batch before that */
	uint64_t batches;
	struct table asked; /* of the store, by ticket */
	uint64_t tickets;   /* so far */
	struct fetching fetch;
	struct table changes;	   /* talks that are recalled or edited, see hub_edit.c */
	struct hub_client console; /* the administrator: it recalls, and no more; answered by: */
	void (*recalled)(void *ctx, enum code code);
	void *recalled_ctx;
	struct scan scan;
	struct buf batch; /* its records; grows */
	struct buf notes; /* records for the next pending_add() */
	uint8_t notes_storage[2 * RECORD_MAX];
	char reply_text[WIRE_REPLY_TEXT_MAX]; /* of the reply given out last */
	uint8_t frame_bytes[WIRE_ITEM_MAX];   /* of the frame that is made */
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
enum code hub_page(struct context *x); /* hub_read.c */
/* What is said by that sender, or NULL, cannot be kept: not now, and not behind what is said later. */
enum code hub_not_written(const struct context *x, struct sender *sender);
/* A talk or edit that was given before, as number `seq`, if that is settled. */
enum code hub_repeat(struct context *x, struct sender *sender, uint64_t seq);
enum code hub_search(struct context *x);

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
/* It is not in use any more, and nobody's by now if that was so before and nobody else uses it. */
void hub_forget_name(struct hub *h, const struct names_entry *e);

/* ---- events and members: hub.c ----------------------------------------------------------------- */

bool hub_is_text(struct slice s);
/* Words that come with leaving or kicking: kept when they are text, cut when they are long. */
struct slice hub_reason_words(struct slice s);
struct event hub_event_by(const struct member *m, enum event_kind kind, struct instant now);

/* Its number and name are always the same; the rest is as it was in another life.  As registry_add(). */
NODISCARD enum err hub_make_lobby(struct hub *h, const struct registry_facts *restored);
/* What the registry of names, and that of senders, have to have written down, is. */
void hub_watch(struct hub *h); /* hub_restore.c */
/* Those that were to leave do, if nothing holds them any more.  hub_presence.c */
void hub_settle(struct hub *h, struct instant now);
void hub_wipe_presences(struct hub *h); /* at the end: nobody is told */

/* Unix time, for what is kept: a clock that was never set is at its beginning. */
static inline int64_t hub_wall_ms(struct instant now)
{
	return now.wall_ms > 0 ? now.wall_ms : 0;
}

#endif
