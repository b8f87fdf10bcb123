/* Who is in which room, and where they begin to read it.  For the files hub*.c alone. */
#ifndef CORE_HUB_ROOMS_H
#define CORE_HUB_ROOMS_H

#include "core/hub.h"

#include "core/record.h"
#include "core/registry.h"

struct context;
struct hub;
struct hub_client;
struct presence;

/* That a member is in a room which is not the lobby: an element of the member's list. */
struct place {
	struct place *next;
	struct registry_room *room;
	bool seen; /* that is kept, and the others may know */
};

/* What somebody who comes wants of a log. */
struct beginning {
	enum since_mode mode;
	uint64_t since, epoch;
};

/* It is in that room from now on, or no more. */
void place_add(struct place *place, struct presence *p, struct registry_room *room);
void place_remove(struct place *place, struct presence *p);
struct place *place_in(const struct presence *p, const struct registry_room *room); /* NULL: none */

struct beginning hub_beginning(const struct command *c);
uint64_t hub_epoch(const struct hub *h, const struct registry_room *room); /* of the room's log */
/*
 * Where a newcomer whose own join is `own` starts to read.  Numbers that were counted in another log
 * say nothing about this one: all of it is new.
 */
uint64_t hub_first(const struct hub *h, const struct registry_room *room, const struct beginning *b,
		   uint64_t own);

/*
 * The room of that number, if it is this client's to look into: it is in it, or it is one of two, and
 * its own.  NULL: there is none, as far as it may know.
 */
struct registry_room *hub_room_of(const struct context *x, uint32_t number);
/* The same of the command's room, when the client may have gone since it asked. */
struct registry_room *hub_still_in(const struct context *x);
/* The same of "#room" or "@nick". */
struct registry_room *hub_room_called(struct context *x, struct slice name);
struct registry_room *hub_ordered_room(struct hub *h, struct slice name);      /* hub_orders.c */
struct registry_room *hub_direct_called(struct context *x, struct slice name); /* hub_direct.c */
/* Whether the member is in the room, or one of the two whose it is. */
bool hub_belongs(const struct presence *p, const struct registry_room *room);
bool hub_is_one_of_two(const struct presence *p, const struct registry_room *room);
/* Which of the two the member is not: 0 or 1. */
size_t hub_other_of_two(const struct presence *p, const struct registry_room *room);

/* The room as it is to be written down. */
struct record hub_room_record(const struct registry_room *room);

/* Whether that session gets the room; whether it may have one more. */
bool hub_follows(const struct hub *h, struct hub_client *c, const struct registry_room *room);
bool hub_may_follow(const struct hub *h, struct hub_client *c);
void hub_follow(struct hub *h, struct hub_client *c, const struct registry_room *room,
		uint64_t first);

/* The name that the client knows the room by: "#room", "@nick". */
struct slice hub_room_name(const struct hub *h, const struct registry_room *room,
			   const struct presence *who, char storage[WIRE_ROOM_NAME_MAX]);

enum code hub_enter(struct context *x);	       /* hub_rooms.c: "#room" */
enum code hub_enter_direct(struct context *x); /* hub_direct.c: "@nick" */
enum code hub_part(struct context *x);
enum code hub_topic(struct context *x);
bool hub_is_topic(struct slice s);
/* x NULL: by the administrator.  False: no memory, it is as before. */
bool hub_change_topic(struct hub *h, struct registry_room *room, struct slice topic,
		      const struct context *x, struct instant now);
enum code hub_list(struct context *x); /* hub_list.c */
enum code hub_who(struct context *x);

#endif
