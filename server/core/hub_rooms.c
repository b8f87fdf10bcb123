/* Public rooms: who is in them, how one comes in and goes, and what they are about (protocol.md §4). */
#include "core/hub_internal.h"

#include "proto/proof.h"

#include <stdlib.h>

/* ---- who is where ---------------------------------------------------------------------------- */

void place_add(struct place *place, struct presence *p, struct registry_room *room)
{
	struct place **at = &p->places;

	while (*at)
		at = &(*at)->next;
	place->room = room;
	place->next = NULL;
	*at = place;
	room->member_count++;
}

void place_remove(struct place *place, struct presence *p)
{
	struct place **at = &p->places;

	while (*at != place)
		at = &(*at)->next;
	*at = place->next;
	place->room->member_count--;
}

struct place *place_in(const struct presence *p, const struct registry_room *room)
{
	struct place *at = p->places;

	while (at && at->room != room)
		at = at->next;
	return at;
}

struct registry_room *presence_next_room(const struct presence *p, const struct place **at)
{
	*at = *at ? (*at)->next : p->places;
	return *at ? (*at)->room : NULL;
}

static size_t count_places(const struct presence *p)
{
	size_t n = 1; /* the lobby */

	for (const struct place *at = p->places; at; at = at->next)
		n++;
	return n;
}

bool hub_belongs(const struct presence *p, const struct registry_room *room)
{
	return room->kind == REGISTRY_DIRECT ? hub_is_one_of_two(p, room)
					     : room->number == WIRE_LOBBY || place_in(p, room);
}

struct registry_room *hub_room_of(const struct context *x, uint32_t number)
{
	struct registry_room *room = registry_find(x->hub->registry, number);

	return room && hub_belongs(presence_of(x->client->member), room) ? room : NULL;
}

struct registry_room *hub_still_in(const struct context *x)
{
	return x->client->member ? hub_room_of(x, x->command->room) : NULL;
}

bool hub_follows(const struct hub *h, struct hub_client *c, const struct registry_room *room)
{
	return h->port.follows && h->port.follows(h->port.ctx, c, room->number);
}

bool hub_may_follow(const struct hub *h, struct hub_client *c)
{
	return !h->port.followed || h->port.followed(h->port.ctx, c) < WIRE_ROOMS_MAX;
}

void hub_follow(struct hub *h, struct hub_client *c, const struct registry_room *room,
		uint64_t first)
{
	if (h->port.follow)
		h->port.follow(h->port.ctx, c, room->number, first);
}

/* ---- reading from ---------------------------------------------------------------------------- */

struct beginning hub_beginning(const struct command *c)
{
	return (struct beginning){.mode = c->since_mode, .since = c->since, .epoch = c->epoch};
}

uint64_t hub_epoch(const struct hub *h, const struct registry_room *room)
{
	return room->kind == REGISTRY_PUBLIC ? h->config.epoch
					     : event_epoch_of_two(h->config.epoch, room->number);
}

uint64_t hub_first(const struct hub *h, const struct registry_room *room, const struct beginning *b,
		   uint64_t own)
{
	uint64_t first = own, oldest = room->first;
	bool other_log = b->epoch != 0 && b->epoch != hub_epoch(h, room);
	bool last = b->mode == SINCE_LAST || (b->mode == SINCE_KNOWN && other_log);
	uint64_t count = b->mode == SINCE_LAST ? b->since : WIRE_BACKLOG;

	if (last)
		first = count < own ? own - count : 1;
	else if (other_log)
		first = 1;
	else if (b->since < own)
		first = b->since + 1;
	return first < oldest ? oldest : first;
}

/* ---- ENTER ----------------------------------------------------------------------------------- */

/* What an ENTER asks, until it is answered; and what is to be undone. */
struct entering {
	struct beginning from;
	struct registry_room *room;
	struct place *place; /* NULL: the member was in it */
};

static void entered(struct hub *h, struct hub_client *c, const struct entering *e, struct reply *r,
		    uint64_t own)
{
	r->first = hub_first(h, e->room, &e->from, own);
	r->epoch = hub_epoch(h, e->room);
	r->room = e->room->number;
	r->text = e->room->name;
	hub_reply(h, c, r);
	hub_follow(h, c, e->room, r->first);
}

static void enter_kept(struct hub *h, struct pending *p, struct reply *r)
{
	const struct entering *e = p->more;
	uint64_t own = p->room ? r->seq : registry_head(e->room) + 1;

	if (e->place)
		e->place->seen = true;
	if (p->client)
		entered(h, p->client, e, r, own);
}

static void enter_undone(struct hub *h, struct pending *p, struct instant now)
{
	struct entering *e = p->more;

	(void)h;
	(void)now;
	if (!e->place)
		return;
	place_remove(e->place, p->presence);
	free(e->place);
}

static const struct deed enter_deed = {.holds = true, .kept = enter_kept, .undo = enter_undone};

/* The member is in it, or about to be: one more of its sessions, or one that begins anew. */
static enum code enter_again(struct context *x, struct presence *p, struct registry_room *room)
{
	struct entering e = {.from = hub_beginning(x->command), .room = room};
	struct wish wish = {
		.deed = &enter_deed, .x = x, .held = p, .more = &e, .more_len = sizeof(e)};

	if (p->unsettled > 0)
		return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
	entered(x->hub, x->client, &e, x->reply, registry_head(room) + 1);
	return hub_later(x);
}

static enum code enter_anew(struct context *x, struct presence *p, struct registry_room *room)
{
	struct hub *h = x->hub;
	struct event event = hub_event_by(&p->member, EVENT_JOIN, x->now);
	struct entering e = {.from = hub_beginning(x->command), .room = room};
	struct wish wish = {.deed = &enter_deed,
			    .x = x,
			    .room = room,
			    .event = &event,
			    .by = p,
			    .held = p,
			    .more = &e,
			    .more_len = sizeof(e)};

	e.place = calloc(1, sizeof(*e.place));
	if (!e.place)
		return CODE_SERVER_FULL;
	presence_note(h, p, RECORD_PRESENT, room);
	if (!pending_add(h, &wish)) {
		free(e.place);
		return CODE_SERVER_FULL;
	}
	place_add(e.place, p, room);
	return hub_later(x);
}

/* Nobody was told of it, and everybody who came after is out of it again. */
static void opening_undone(struct hub *h, struct pending *p, struct instant now)
{
	(void)now;
	registry_remove(h->registry, p->room);
}

static const struct deed opening = {.undo = opening_undone};

struct record hub_room_record(const struct registry_room *room)
{
	struct record r = {.kind = RECORD_ROOM};

	r.room = (struct record_room){
		.number = room->number,
		.kind = room->kind == REGISTRY_DIRECT ? RECORD_DIRECT : RECORD_PUBLIC,
		.name = room->name,
		.topic = room->topic,
		.password = slice_of(room->password, room->has_password ? REGISTRY_PASSWORD : 0),
		.keep_days = room->keep_days,
		.made_ms = room->made_ms,
		.names = {room->names[0], room->names[1]},
	};
	memcpy(r.room.owners, room->owners, sizeof(r.room.owners));
	return r;
}

/* Its OPEN is pending then. */
static enum err make_room(struct context *x, const struct presence *p, struct slice key,
			  struct registry_room **out)
{
	struct hub *h = x->hub;
	struct event event = hub_event_by(&p->member, EVENT_OPEN, x->now);
	const struct registry_facts facts = {.kind = REGISTRY_PUBLIC,
					     .name = x->command->text,
					     .key = key,
					     .password = x->command->key,
					     .made_ms = hub_wall_ms(x->now),
					     .owners = {presence_identity(p), NULL}};
	enum err error = registry_add(h->registry, &facts, out);

	if (error != ERR_NONE)
		return error;
	struct record record = hub_room_record(*out);
	struct wish wish = {.deed = &opening, .room = *out, .event = &event, .by = p};
	event.text = (*out)->name;
	hub_note(h, &record);
	if (pending_add(h, &wish))
		return ERR_NONE;
	registry_remove(h->registry, *out);
	return ERR_MEMORY;
}

static enum code enter_new(struct context *x, struct presence *p, struct slice key)
{
	struct hub *h = x->hub;
	struct pending *before = pending_newest(h);
	struct registry_room *room;
	enum err e = make_room(x, p, key, &room);

	if (e != ERR_NONE)
		return e == ERR_FULL ? CODE_TOO_MANY_ROOMS : CODE_SERVER_FULL;
	enum code code = enter_anew(x, p, room);
	if (code != CODE_OK) {
		pending_cancel_after(h, before);
		registry_remove(h->registry, room);
	}
	return code;
}

/* `key`: the room's, or the one that it is to get. */
static bool knows_password(const struct context *x, struct slice key, struct slice name_key)
{
	uint8_t binding[PROOF_BINDING] = {0};

	if (x->hub->port.binding)
		x->hub->port.binding(x->hub->port.ctx, x->client, binding);
	return proof_holds(key, x->command->proof, binding, name_key);
}

static bool may_come_in(const struct context *x, const struct registry_room *room,
			struct slice name_key)
{
	if (!room)
		return x->command->key.len == 0 || knows_password(x, x->command->key, name_key);
	return !room->has_password ||
	       knows_password(x, slice_of(room->password, sizeof(room->password)), name_key);
}

/* "#" and what could be a name. */
static bool room_key(struct context *x, struct slice name, char storage[NAME_MAX_KEY],
		     struct slice *key)
{
	struct roster *roster = x->hub->roster;
	size_t len;

	if (name.len < 2 || name.data[0] != '#')
		return false;
	const char *bare = (const char *)name.data + 1;
	if (roster_check(roster, bare, name.len - 1) != NAME_FINE ||
	    name_key(roster_checker(roster), bare, name.len - 1, storage, &len) != ERR_NONE)
		return false;
	*key = slice_of(storage, len);
	return true;
}

struct registry_room *hub_room_called(struct context *x, struct slice name)
{
	char storage[NAME_MAX_KEY];
	struct slice key;

	if (name.len > 0 && name.data[0] == '@')
		return hub_direct_called(x, name);
	struct registry_room *room =
		room_key(x, name, storage, &key) ? registry_named(x->hub->registry, key) : NULL;
	return room && hub_belongs(presence_of(x->client->member), room) ? room : NULL;
}

static enum code enter_public(struct context *x)
{
	struct presence *p = presence_of(x->client->member);
	char storage[NAME_MAX_KEY];
	struct slice key;

	if (!room_key(x, x->command->text, storage, &key))
		return CODE_ROOM_NAME_BAD;
	struct registry_room *room = registry_named(x->hub->registry, key);
	bool again = room && hub_belongs(p, room);
	if (!again && !may_come_in(x, room, key))
		return CODE_PASSWORD;
	if ((!again && count_places(p) >= WIRE_ROOMS_MAX) ||
	    (!(room && hub_follows(x->hub, x->client, room)) && !hub_may_follow(x->hub, x->client)))
		return CODE_TOO_MANY_ROOMS;
	if (again)
		return enter_again(x, p, room);
	if (x->hub->failing)
		return CODE_NOT_WRITTEN;
	if (room && room->member_count >= x->hub->config.max_members)
		return CODE_ROOM_FULL;
	return room ? enter_anew(x, p, room) : enter_new(x, p, key);
}

enum code hub_enter(struct context *x)
{
	struct slice name = x->command->text;

	return name.len > 0 && name.data[0] == '@' ? hub_enter_direct(x) : enter_public(x);
}

/* ---- PART ------------------------------------------------------------------------------------ */

/* Its sessions get what they have not got, up to that; and then no more. */
static void part_kept(struct hub *h, struct pending *p, struct reply *r)
{
	struct place *place;

	memcpy(&place, p->more, sizeof(struct place *));
	for (struct hub_client *c = presence_sessions(p->presence); c && h->port.unfollow;
	     c = c->next)
		h->port.unfollow(h->port.ctx, c, p->room->number, r->seq);
	free(place);
	hub_reply(h, p->client, r);
}

static void part_undone(struct hub *h, struct pending *p, struct instant now)
{
	struct place *place;

	(void)h;
	(void)now;
	memcpy(&place, p->more, sizeof(struct place *));
	place_add(place, p->presence, p->room);
}

static void part_wiped(struct pending *p)
{
	struct place *place;

	memcpy(&place, p->more, sizeof(struct place *));
	free(place);
}

static const struct deed part_deed = {
	.holds = true, .kept = part_kept, .undo = part_undone, .wipe = part_wiped};

static enum code leave(struct context *x, struct presence *p, struct place *place)
{
	struct event event = hub_event_by(&p->member, EVENT_QUIT, x->now);
	struct wish wish = {.deed = &part_deed,
			    .x = x,
			    .room = place->room,
			    .event = &event,
			    .by = p,
			    .held = p,
			    .more = &place,
			    .more_len = sizeof(struct place *)};

	event.reason = LEAVE_PARTED;
	event.text = hub_reason_words(x->command->text);
	presence_note(x->hub, p, RECORD_ABSENT, place->room);
	if (!pending_add(x->hub, &wish))
		return CODE_SERVER_FULL;
	place_remove(place, p);
	return hub_later(x);
}

enum code hub_part(struct context *x)
{
	struct presence *p = presence_of(x->client->member);
	struct registry_room *room = hub_room_of(x, x->command->room);

	if (!room)
		return CODE_NO_SUCH_ROOM;
	if (room == x->hub->lobby || room->kind == REGISTRY_DIRECT)
		return CODE_LOBBY_STAYS;
	if (x->hub->failing)
		return CODE_NOT_WRITTEN;
	return leave(x, p, place_in(p, room));
}

/* ---- TOPIC ----------------------------------------------------------------------------------- */

/* What it was before. */
static void topic_undone(struct hub *h, struct pending *p, struct instant now)
{
	struct slice before = slice_of(p->more, p->more ? strlen(p->more) : 0);

	(void)h;
	(void)now;
	(void)!registry_set_topic(p->room, before); /* without memory it stays the new one */
}

static const struct deed topic_deed = {.undo = topic_undone};

bool hub_is_topic(struct slice s)
{
	return s.len == 0 || (s.len <= WIRE_TOPIC_MAX && hub_is_text(s));
}

bool hub_change_topic(struct hub *h, struct registry_room *room, struct slice topic,
		      const struct context *x, struct instant now)
{
	char before[WIRE_TOPIC_MAX + 1];
	struct event event = {.kind = EVENT_TOPIC, .time_ms = hub_wall_ms(now), .text = topic};
	struct wish wish = {
		.deed = &topic_deed, .x = x, .room = room, .event = &event, .more = before};

	if (x) {
		wish.by = presence_of(x->client->member);
		event.from = member_name(x->client->member);
	}
	memcpy(before, room->topic.len > 0 ? (const char *)room->topic.data : "", room->topic.len);
	before[room->topic.len] = '\0';
	wish.more_len = room->topic.len + 1;
	if (registry_set_topic(room, topic) != ERR_NONE)
		return false;
	struct record record = hub_room_record(room);
	hub_note(h, &record);
	if (pending_add(h, &wish))
		return true;
	(void)!registry_set_topic(room, slice_of(before, wish.more_len - 1));
	return false;
}

enum code hub_topic(struct context *x)
{
	struct registry_room *room = hub_room_of(x, x->command->room);

	if (!room || room->kind == REGISTRY_DIRECT)
		return CODE_NO_SUCH_ROOM;
	if (!hub_is_topic(x->command->text))
		return CODE_TEXT_BAD;
	if (x->hub->failing)
		return CODE_NOT_WRITTEN;
	return hub_change_topic(x->hub, room, x->command->text, x, x->now) ? hub_later(x)
									   : CODE_SERVER_FULL;
}
