/* NICK: another name, in every room that the member is in (protocol.md §4). */
#include "core/hub_internal.h"

enum code hub_name_code(struct hub *h, struct slice name, enum err e)
{
	if (e == ERR_EXISTS)
		return CODE_NAME_TAKEN;
	if (e == ERR_MEMORY || e == ERR_TOO_BIG)
		return CODE_SERVER_FULL;
	return roster_check(h->roster, (const char *)name.data, name.len) == NAME_RESERVED
		       ? CODE_NAME_RESERVED
		       : CODE_NAME_BAD;
}

bool hub_name_fresh(struct hub *h, struct slice name)
{
	return !names_find(h->names, (const char *)name.data, name.len);
}

enum err hub_take_name(struct context *x, struct names_entry **out)
{
	struct names *names = x->hub->names;
	const uint8_t *identity = client_identity(x->client);
	const char *name = (const char *)x->command->text.data;
	size_t len = x->command->text.len;

	*out = NULL;
	if (!owner_known(identity))
		return names_find(names, name, len) ? ERR_EXISTS : ERR_NONE;
	enum err e = names_take(names, name, len, identity, hub_wall_ms(x->now), out);
	return e == ERR_FULL ? ERR_NONE : e;
}

void hub_untake_name(struct hub *h, struct names_entry *e, bool fresh, struct instant now)
{
	if (!e)
		return;
	names_rest(h->names, e, hub_wall_ms(now));
	if (fresh)
		hub_forget_name(h, e);
}

void hub_forget_name(struct hub *h, const struct names_entry *e)
{
	if (e->uses == 0)
		(void)!names_release(h->names, spelling_text(&e->spelling), e->spelling.name_len);
}

static bool may_be_called(struct hub *h, const struct member *m, struct slice name)
{
	const struct member *other = roster_find(h->roster, (const char *)name.data, name.len);

	return !other || other == m;
}

/* A change of name, until it is kept. */
struct renaming {
	struct called called; /* before; in use until then */
	char before[NAME_MAX_BYTES + 1];
	bool fresh; /* the new one was nobody's */
};

static void nick_kept(struct hub *h, struct pending *p, struct reply *r)
{
	const struct renaming *n = p->more;
	struct instant then = {.wall_ms = p->event.time_ms};

	hub_untake_name(h, n->called.name, false, then);
	spelling_free(n->called.own);
	r->text = p->event.text;
	hub_reply(h, p->client, r);
}

/* They may be others by now.  Without memory they stay so. */
static void spell_back(struct hub *h, const struct renaming *n)
{
	if (!n->called.own)
		names_spell(h->names, n->called.name, n->before, strlen(n->before));
}

static void call_back(struct hub *h, struct presence *p, const struct renaming *n,
		      struct instant now)
{
	const struct called called = presence_called(p);

	presence_call(h, p, &n->called);
	spell_back(h, n);
	hub_untake_name(h, called.name, n->fresh, now);
	spelling_free(called.own);
}

static void nick_undone(struct hub *h, struct pending *p, struct instant now)
{
	call_back(h, p->presence, p->more, now);
}

static void nick_wiped(struct pending *p)
{
	const struct renaming *n = p->more;

	spelling_free(n->called.own);
}

static const struct deed nick_deed = {
	.holds = true, .kept = nick_kept, .undo = nick_undone, .wipe = nick_wiped};
static const struct deed nick_elsewhere = {.kept = NULL};

static void note_renamed(struct hub *h, const struct presence *p, const char *before,
			 const struct registry_room *room)
{
	struct record r = {.kind = RECORD_ABSENT};

	r.present.room = room->number;
	r.present.name = slice_of(before, strlen(before));
	hub_note(h, &r);
	presence_note(h, p, RECORD_PRESENT, room);
}

/* In every room that it is in; the answer comes with the lobby's. */
static bool say_renamed(struct context *x, struct presence *p, const struct renaming *n)
{
	struct hub *h = x->hub;
	struct event event = hub_event_by(&p->member, EVENT_NICK, x->now);
	struct pending *before = pending_newest(h);
	const struct place *at = NULL;
	struct wish answered = {
		.deed = &nick_deed, .x = x, .held = p, .more = n, .more_len = sizeof(*n)};

	event.from = slice_of(n->before, strlen(n->before));
	event.text = member_name(&p->member);
	for (struct registry_room *room = h->lobby; room; room = presence_next_room(p, &at)) {
		struct wish wish = {.deed = &nick_elsewhere};
		if (room == h->lobby)
			wish = answered;
		note_renamed(h, p, n->before, room);
		wish.room = room;
		wish.event = &event;
		wish.by = p;
		if (!pending_add(h, &wish)) {
			pending_cancel_after(h, before);
			return false;
		}
	}
	return true;
}

/* The name is taken; as before, if the others cannot be told. */
static enum err rename_member(struct context *x, struct presence *p, struct names_entry *kept,
			      const struct renaming *n)
{
	struct called called;
	enum err e = presence_spell(x->hub, x->command->text, kept, &called);

	if (e != ERR_NONE) {
		spell_back(x->hub, n);
		hub_untake_name(x->hub, kept, n->fresh, x->now);
		return e;
	}
	presence_call(x->hub, p, &called);
	if (say_renamed(x, p, n))
		return ERR_NONE;
	call_back(x->hub, p, n, x->now);
	return ERR_MEMORY;
}

/* Another name, or one's own in other letters. */
static enum err change_name(struct context *x)
{
	struct hub *h = x->hub;
	struct presence *p = presence_of(x->client->member);
	struct slice name = x->command->text, before = member_name(&p->member);
	struct renaming n = {.called = presence_called(p), .fresh = hub_name_fresh(h, name)};
	struct names_entry *kept;

	if (roster_check(h->roster, (const char *)name.data, name.len) != NAME_FINE)
		return ERR_MALFORMED;
	if (!may_be_called(h, &p->member, name))
		return ERR_EXISTS;
	memcpy(n.before, before.data, before.len); /* which may be in other letters soon */
	enum err e = hub_take_name(x, &kept);
	return e == ERR_NONE ? rename_member(x, p, kept, &n) : e;
}

static void same_name_kept(struct hub *h, struct pending *p, struct reply *r)
{
	r->text = slice_of(p->more, strlen(p->more));
	hub_reply(h, p->client, r);
}

static const struct deed same_name_deed = {.kept = same_name_kept};

/* It is called that already, or is about to be. */
static enum code same_name(struct context *x, struct member *m)
{
	struct wish wish = {.deed = &same_name_deed,
			    .x = x,
			    .more = spelling_text(m->spelling),
			    .more_len = m->spelling->name_len + 1U};

	if (presence_of(m)->unsettled > 0)
		return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
	x->reply->text = member_name(m);
	return CODE_OK;
}

enum code hub_nick(struct context *x)
{
	struct member *m = x->client->member;
	struct slice name = x->command->text;

	if (spelling_is(m->spelling, name))
		return same_name(x, m);
	if (x->hub->failing)
		return CODE_NOT_WRITTEN;
	enum err e = change_name(x);
	return e == ERR_NONE ? hub_later(x) : hub_name_code(x->hub, name, e);
}
