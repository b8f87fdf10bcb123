/*
 * What the administrator orders, and what there is to look at for that.  Public rooms are called "#dev", or
 * without the "#"; of rooms of two there is nothing to be seen here.
 */
#ifndef CORE_HUB_ORDERS_H
#define CORE_HUB_ORDERS_H

#include "core/instant.h"
#include "core/registry.h"
#include "proto/wire.h"

struct hub;

/* 管理员消息, to all.  ERR_MALFORMED: text_talk_ok() says no; ERR_MEMORY; ERR_CLOSED: the store
 * cannot write. */
NODISCARD enum err hub_announce(struct hub *h, struct slice text, struct instant now);

/* Takes the member of that name out of the room, and has its sessions closed.  ERR_NOT_FOUND. */
NODISCARD enum err hub_kick(struct hub *h, struct slice name, struct slice words,
			    struct instant now);

/*
 * A public room keeps what is said in it so long: days, RECORD_KEEP_FOREVER, or 0 for as long as all
 * rooms do.  ERR_NOT_FOUND: no such room; ERR_CLOSED: there is no store, or it cannot write;
 * ERR_MEMORY.
 */
NODISCARD enum err hub_keep(struct hub *h, struct slice name, uint32_t days);

/*
 * Takes back a talk of that room, whoever said it; `done` is told what came of it, in this call or later.
 * ERR_NOT_FOUND: no such room; ERR_EXISTS: one is under way already.
 */
NODISCARD enum err hub_recall(struct hub *h, struct slice room, uint64_t seq, struct instant now,
			      void (*done)(void *ctx, enum code code), void *ctx);

/* Takes a name from its owner, for whoever takes it next.  Errors as names_release(). */
NODISCARD enum err hub_release(struct hub *h, struct slice name);

/* Sets what a room is about; empty: nothing in particular.  ERR_NOT_FOUND; ERR_MALFORMED: no text, or over
 * WIRE_TOPIC_MAX; ERR_CLOSED: the store cannot write; ERR_MEMORY. */
NODISCARD enum err hub_set_topic(struct hub *h, struct slice room, struct slice topic,
				 struct instant now);

/* NULL: there is no such room. */
const struct registry_room *hub_public_room(struct hub *h, struct slice name);
/* The name of a public room; of any other number: empty. */
struct slice hub_title(const struct hub *h, uint32_t room);
const struct registry *hub_registry(const struct hub *h);

#endif
