/*
 * Rooms of two: how they are opened, and who may know of them (protocol.md §4).
 *
 * The two are identities.  Nobody joins such a room or leaves it, so there is nothing of it in a member's
 * places: hub_is_one_of_two() is what every look into one has to pass.
 */
#include "core/hub_internal.h"

enum { DRAWN_MAX = WIRE_ROOMS_MAX / 2 }; /* rooms of one session that others may add to */

bool hub_is_one_of_two(const struct presence *p, const struct registry_room *room)
{
	struct slice key = member_key(&p->member);

	if (!owner_known(presence_identity(p)))
		return false;
	if (!owner_equal(room->owners[0], room->owners[1]))
		return owner_equal(room->owners[0], presence_identity(p)) ||
		       owner_equal(room->owners[1], presence_identity(p));
	return owner_equal(room->owners[0], presence_identity(p)) &&
	       (registry_compare_keys(room->keys[0], key) == 0 ||
		registry_compare_keys(room->keys[1], key) == 0);
}

size_t hub_other_of_two(const struct presence *p, const struct registry_room *room)
{
	struct slice key = member_key(&p->member);

	if (!owner_equal(room->owners[0], room->owners[1]))
		return owner_equal(room->owners[0], presence_identity(p));
	return registry_compare_keys(room->keys[0], key) == 0;
}

/* ---- the other ------------------------------------------------------------------------------- */

/* Somebody who can be written to. */
struct person {
	const uint8_t *owner;
	struct slice name, key;
};

/* One that the member has a room with already, under a name that is nobody's any more. */
static bool find_former(struct context *x, struct slice name, struct person *out)
{
	const struct registry *registry = x->hub->registry;
	const struct presence *p = presence_of(x->client->member);
	const struct registry_room *room = registry_first_direct(registry, presence_identity(p));

	for (; room; room = registry_next_direct(registry, room, presence_identity(p))) {
		char storage[WIRE_ROOM_NAME_MAX];
		struct slice its = hub_room_name(x->hub, room, p, storage);
		size_t other = hub_other_of_two(p, room);
		if (!hub_is_one_of_two(p, room) || registry_compare_keys(its, name) != 0)
			continue;
		*out = (struct person){room->owners[other], room->names[other], room->keys[other]};
		return true;
	}
	return false;
}

/* Who is here under that name, or owns it. */
static bool find_person(struct context *x, struct slice name, struct person *out)
{
	struct hub *h = x->hub;
	const char *bare = (const char *)name.data + 1;
	struct member *m = roster_find(h->roster, bare, name.len - 1);
	const struct names_entry *e = names_find(h->names, bare, name.len - 1);

	if (m)
		*out = (struct person){presence_identity(presence_of(m)), member_name(m),
				       member_key(m)};
	else if (e)
		*out = (struct person){names_identity(e), spelling_name(&e->spelling),
				       spelling_key(&e->spelling)};
	else
		return find_former(x, name, out);
	return owner_known(out->owner);
}

/* ---- ENTER ----------------------------------------------------------------------------------- */

/* What an ENTER asks, until it is answered. */
struct coming {
	struct beginning from;
	struct registry_room *room;
	struct presence *who;
};

static void come_in(struct hub *h, struct hub_client *c, const struct coming *i, struct reply *r)
{
	char storage[WIRE_ROOM_NAME_MAX];

	r->seq = 0;
	r->first = hub_first(h, i->room, &i->from, registry_head(i->room) + 1);
	r->epoch = hub_epoch(h, i->room);
	r->room = i->room->number;
	r->text = hub_room_name(h, i->room, i->who, storage);
	hub_reply(h, c, r);
	hub_follow(h, c, i->room, r->first);
}

/* Others' rooms leave place for those that a client asks for itself. */
static bool may_be_drawn(struct hub *h, struct hub_client *c)
{
	return !h->port.followed || h->port.followed(h->port.ctx, c) < DRAWN_MAX;
}

/* The sessions of one of the two that are here, and could not know of the room: from its beginning. */
static void draw_in(struct hub *h, const struct registry_room *room,
		    const uint8_t owner[OWNER_BYTES])
{
	for (struct presence *p = presence_first(h, owner); p; p = p->next) {
		if (!hub_is_one_of_two(p, room))
			continue;
		for (struct hub_client *c = presence_sessions(p); c; c = c->next)
			if (hub_follows(h, c, h->lobby) && !hub_follows(h, c, room) &&
			    may_be_drawn(h, c))
				hub_follow(h, c, room, 1);
	}
}

static void entered(struct hub *h, struct pending *p, struct reply *r)
{
	if (p->client && p->client->member)
		come_in(h, p->client, p->more, r);
}

static void opened(struct hub *h, struct pending *p, struct reply *r)
{
	entered(h, p, r);
	for (size_t i = 0; i < 2; i++)
		draw_in(h, p->room, p->room->owners[i]);
}

static void opening_undone(struct hub *h, struct pending *p, struct instant now)
{
	(void)now;
	registry_remove(h->registry, p->room);
}

static const struct deed opening = {.holds = true, .kept = opened, .undo = opening_undone};
static const struct deed entering = {.holds = true, .kept = entered};

static enum code open_room(struct context *x, const struct registry_facts *facts)
{
	struct hub *h = x->hub;
	struct presence *p = presence_of(x->client->member);
	struct event event = hub_event_by(&p->member, EVENT_OPEN, x->now);
	struct coming coming = {.from = hub_beginning(x->command), .who = p};
	enum err e = registry_add(h->registry, facts, &coming.room);

	if (e != ERR_NONE)
		return e == ERR_FULL ? CODE_TOO_MANY_ROOMS : CODE_SERVER_FULL;
	struct record record = hub_room_record(coming.room);
	struct wish wish = {.deed = &opening,
			    .x = x,
			    .room = coming.room,
			    .event = &event,
			    .by = p,
			    .held = p,
			    .more = &coming,
			    .more_len = sizeof(coming)};
	event.text = facts->names[1];
	hub_note(h, &record);
	if (pending_add(h, &wish))
		return hub_later(x);
	registry_remove(h->registry, coming.room);
	return CODE_SERVER_FULL;
}

/* It is there, or about to be. */
static enum code go_on(struct context *x, struct registry_room *room)
{
	struct presence *p = presence_of(x->client->member);
	struct coming coming = {.from = hub_beginning(x->command), .room = room, .who = p};
	struct wish wish = {
		.deed = &entering, .x = x, .held = p, .more = &coming, .more_len = sizeof(coming)};

	if (registry_head(room) == 0 || p->unsettled > 0)
		return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
	come_in(x->hub, x->client, &coming, x->reply);
	return hub_later(x);
}

/* What a room of the client and of whoever has that name is made of.  False: nobody has. */
static bool find_two(struct context *x, struct slice name, struct registry_facts *out)
{
	struct presence *p = presence_of(x->client->member);
	struct person other;

	if (name.len < 2 || !owner_known(presence_identity(p)) || !find_person(x, name, &other))
		return false;
	*out = (struct registry_facts){
		.kind = REGISTRY_DIRECT,
		.made_ms = hub_wall_ms(x->now),
		.owners = {presence_identity(p), other.owner},
		.names = {member_name(&p->member), other.name},
		.keys = {member_key(&p->member), other.key},
	};
	return true;
}

struct registry_room *hub_direct_called(struct context *x, struct slice name)
{
	struct registry_facts facts;

	return find_two(x, name, &facts)
		       ? registry_of_two(x->hub->registry, facts.owners, facts.keys)
		       : NULL;
}

enum code hub_enter_direct(struct context *x)
{
	struct registry_facts facts;

	if (!find_two(x, x->command->text, &facts))
		return CODE_NO_SUCH_NICK;
	struct registry_room *room = registry_of_two(x->hub->registry, facts.owners, facts.keys);
	if (!(room && hub_follows(x->hub, x->client, room)) && !hub_may_follow(x->hub, x->client))
		return CODE_TOO_MANY_ROOMS;
	if (room)
		return go_on(x, room);
	return x->hub->failing ? CODE_NOT_WRITTEN : open_room(x, &facts);
}
