/*
 * From one life to the next: a hub as its store remembers it, and what the store is told so that it can.
 *
 * Who was there when the server went away is there again, without a session, as if it had been lost this
 * moment; but nobody was told that it is lost, and nobody is told when it is back.
 */
#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

/* ---- what is to be written down -------------------------------------------------------------- */

static void name_changed(void *ctx, const struct names_entry *e, const struct names_past *past)
{
	struct record r = {.kind = RECORD_NAME};

	r.name.name = spelling_name(&e->spelling);
	memcpy(r.name.owner, names_identity(e), OWNER_BYTES);
	r.name.first = past->first;
	r.name.last = past->last;
	r.name.used = past->used;
	hub_note_fact(ctx, &r);
}

static void name_gone(void *ctx, const char *name)
{
	struct record r = {.kind = RECORD_NAME_GONE};

	r.name.name = slice_of(name, strlen(name));
	hub_note_fact(ctx, &r);
}

static void sender_gone(void *ctx, const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	struct record r = {.kind = RECORD_SENDER_GONE};

	memcpy(r.sender.owner, owner, OWNER_BYTES);
	r.sender.instance = instance;
	hub_note_fact(ctx, &r);
}

void hub_watch(struct hub *h)
{
	const struct names_watch names = {h, name_changed, name_gone};
	const struct senders_watch senders = {h, sender_gone};

	names_watch(h->names, &names);
	senders_watch(h->senders, &senders);
}

/* ---- rooms and their newest events ----------------------------------------------------------- */

struct restoring {
	struct hub *hub;
	struct instant now;
	struct registry_room *room; /* whose events come next */
	uint64_t head;		    /* of that room */
	bool lobby;		    /* it was among them */
};

/* A room's events have come, up to its newest; or none at all, then they are read when they are needed. */
static enum err room_done(struct restoring *r)
{
	struct registry_room *room = r->room;

	r->room = NULL;
	if (room && room->log)
		room_publish(room->log);
	if (room && registry_head(room) != r->head)
		return ERR_MALFORMED;
	if (room)
		registry_settle(r->hub->registry, room);
	return ERR_NONE;
}

static enum err key_of(struct hub *h, struct slice name, char storage[NAME_MAX_KEY],
		       struct slice *key)
{
	size_t len;
	enum err e = name_key(roster_checker(h->roster), (const char *)name.data, name.len, storage,
			      &len);

	*key = slice_of(storage, e == ERR_NONE ? len : 0);
	return e == ERR_NONE ? ERR_NONE : ERR_MALFORMED;
}

static enum err add_room(struct restoring *r, const struct record_room *room,
			 struct registry_facts *f)
{
	char keys[2][NAME_MAX_KEY];
	enum err e = ERR_NONE;

	if (room->kind == RECORD_DIRECT) {
		for (int i = 0; i < 2 && e == ERR_NONE; i++)
			e = key_of(r->hub, room->names[i], keys[i], &f->keys[i]);
	} else if (room->name.len < 2 || room->name.data[0] != '#') {
		e = ERR_MALFORMED;
	} else {
		e = key_of(r->hub, slice_of(room->name.data + 1, room->name.len - 1), keys[0],
			   &f->key);
	}
	if (e == ERR_NONE)
		e = registry_add(r->hub->registry, f, &r->room);
	return e == ERR_MEMORY ? e : e == ERR_NONE ? ERR_NONE : ERR_MALFORMED;
}

/* The lobby is there already; another one takes its place. */
static enum err replace_lobby(struct restoring *r, const struct registry_facts *f)
{
	struct hub *h = r->hub;

	if (r->lobby)
		return ERR_MALFORMED;
	registry_remove(h->registry, h->lobby);
	h->lobby = NULL;
	enum err e = hub_make_lobby(h, f);
	r->room = h->lobby;
	r->lobby = true;
	return e;
}

static const uint8_t *known(const uint8_t owner[OWNER_BYTES])
{
	return owner_known(owner) ? owner : NULL;
}

static enum err take_room(struct restoring *r, const struct record *record)
{
	const struct record_room *room = &record->room;
	struct registry_facts f = {.number = room->number,
				   .kind = room->kind == RECORD_DIRECT ? REGISTRY_DIRECT
								       : REGISTRY_PUBLIC,
				   .name = room->name,
				   .topic = room->topic,
				   .password = room->password,
				   .keep_days = room->keep_days,
				   .made_ms = room->made_ms,
				   .owners = {known(room->owners[0]), known(room->owners[1])},
				   .names = {room->names[0], room->names[1]},
				   .head = room->head,
				   .first = room->first};
	enum err e = room_done(r);

	r->head = room->head;
	if (e != ERR_NONE)
		return e;
	return room->number == WIRE_LOBBY ? replace_lobby(r, &f) : add_room(r, room, &f);
}

/* Its log begins before the first of its events that comes. */
static enum err begin_log(struct restoring *r, uint64_t seq)
{
	struct registry_room *room = r->room;

	if (room->log)
		return ERR_NONE;
	room->head = seq - 1;
	return registry_log(r->hub->registry, room) ? ERR_NONE : ERR_MEMORY;
}

static enum err take_event(struct restoring *r, const struct record *record)
{
	const struct record_event *event = &record->event;
	struct slice bytes = event->frame;
	struct frame f;

	if (!r->room || r->room->number != event->room || frame_get(&bytes, &f) != ERR_NONE ||
	    f.type != FRAME_EVENT || f.event.seq != event->seq)
		return ERR_MALFORMED;
	enum err e = begin_log(r, event->seq);
	if (e == ERR_NONE && room_last(r->room->log) + 1 != event->seq)
		e = ERR_MALFORMED;
	return e == ERR_NONE ? room_append(r->room->log, &f.event, event->author) : e;
}

/* ---- people ---------------------------------------------------------------------------------- */

/* A name that is none any more, or as another, since Unicode went on, is nobody's. */
static enum err take_name(struct restoring *r, const struct record *record)
{
	const struct record_name *n = &record->name;
	const struct names_past past = {n->first, n->last, n->used};

	if (!owner_known(n->owner))
		return ERR_MALFORMED;
	enum err e = names_restore(r->hub->names, (const char *)n->name.data, n->name.len, n->owner,
				   &past);
	return e == ERR_MEMORY ? e : ERR_NONE;
}

static enum err take_sender(struct restoring *r, const struct record *record)
{
	return senders_restore(r->hub->senders, &record->sender);
}

/* A name that is none any more, or as another, since Unicode went on, is nobody's to come back to. */
static enum err take_member(struct restoring *r, const struct record_present *at,
			    struct presence **out)
{
	struct hub *h = r->hub;
	struct names_entry *name = NULL;
	struct presence *p;

	*out = NULL;
	enum err e = presence_new(h, at->name, at->owner, &p);
	if (e != ERR_NONE)
		return e == ERR_MEMORY ? e : ERR_NONE;
	*out = p;
	p->seen = true;
	e = presence_expect(h, p, r->now);
	if (e == ERR_NONE && owner_known(at->owner))
		e = names_take(h->names, (const char *)at->name.data, at->name.len, at->owner,
			       hub_wall_ms(r->now), &name);
	presence_keep_name(p, name);
	return e == ERR_MEMORY ? e : ERR_NONE;
}

/* What the others were told of it, and the client that it had, are told with the lobby. */
static enum err take_into_lobby(struct restoring *r, struct presence *p,
				const struct record_present *at)
{
	struct senders *senders = r->hub->senders;

	p->lost = at->lost;
	p->instance = at->instance;
	if (!owner_known(presence_identity(p)) || p->instance == 0)
		return ERR_NONE;
	struct sender *sender = senders_of(senders, presence_identity(p), p->instance);
	if (!sender)
		return ERR_MEMORY;
	senders_adopt(senders, sender, &p->senders);
	return ERR_NONE;
}

static enum err take_place(struct restoring *r, const struct record *record)
{
	const struct record_present *at = &record->present;
	struct registry_room *room = registry_find(r->hub->registry, at->room);
	struct member *m = roster_find(r->hub->roster, (const char *)at->name.data, at->name.len);
	struct presence *p = m ? presence_of(m) : NULL;
	enum err e = p ? ERR_NONE : take_member(r, at, &p);

	if (e != ERR_NONE || !p || !room)
		return e;
	if (room == r->hub->lobby)
		return take_into_lobby(r, p, at);
	struct place *place = calloc(1, sizeof(*place));
	if (!place)
		return ERR_MEMORY;
	place->seen = true;
	place_add(place, p, room);
	return ERR_NONE;
}

/* Who can never come back need not be waited for. */
static void let_go(struct hub *h, struct instant now)
{
	for (size_t i = roster_count(h->roster); i-- > 0;) {
		struct presence *p = presence_of(roster_at(h->roster, i));
		if (!owner_known(presence_identity(p)) || h->config.grace_us == 0)
			presence_leave(h, p, LEAVE_LOST, slice_of(NULL, 0), now, NULL);
	}
}

/* ---- all together ---------------------------------------------------------------------------- */

static enum err take(struct restoring *r, const struct record *record)
{
	switch (record->kind) {
	case RECORD_META:
		r->hub->config.epoch = record->epoch;
		return ERR_NONE;
	case RECORD_ROOM:
		return take_room(r, record);
	case RECORD_EVENT:
		return take_event(r, record);
	case RECORD_NAME:
		return take_name(r, record);
	case RECORD_SENDER:
		return take_sender(r, record);
	case RECORD_PRESENT:
		return take_place(r, record);
	default:
		return ERR_MALFORMED;
	}
}

static void note_lobby(struct hub *h, struct instant now)
{
	struct record r = {.kind = RECORD_ROOM};

	r.room.number = WIRE_LOBBY;
	r.room.name = h->lobby->name;
	r.room.made_ms = hub_wall_ms(now);
	r.room.first = 1;
	hub_note_fact(h, &r);
}

static enum err take_all(struct restoring *r, struct slice records)
{
	struct record record;
	enum err e = ERR_NONE;

	while (records.len > 0 && e == ERR_NONE) {
		e = record_get(&records, &record);
		if (e == ERR_NONE)
			e = take(r, &record);
	}
	if (e == ERR_NONE)
		e = room_done(r);
	return e == ERR_NONE || e == ERR_MEMORY ? e : ERR_MALFORMED;
}

enum err hub_restore(struct hub *h, struct slice records, struct instant now)
{
	static const struct names_watch nobody = {.ctx = NULL};
	struct restoring r = {.hub = h, .now = now};

	names_watch(h->names, &nobody); /* they are written down as they come */
	enum err e = take_all(&r, records);
	hub_watch(h);
	if (e != ERR_NONE)
		return e;
	if (!r.lobby)
		note_lobby(h, now);
	let_go(h, now);
	return ERR_NONE;
}
