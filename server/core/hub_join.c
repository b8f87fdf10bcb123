/* JOIN and QUIT: how a client comes to be a member, and ends (protocol.md §4). */
#include "core/hub_internal.h"

#include <stdlib.h>

/* What a JOIN asks, until it is answered; and what is to be undone. */
struct joining {
	uint64_t id;
	struct beginning from;
	bool event; /* there is one */
	bool fresh; /* its name was nobody's before */
};

static struct joining joining_of(const struct command *c)
{
	return (struct joining){.id = c->id, .from = hub_beginning(c)};
}

/* The answer to a JOIN.  `own`: the number of one's own, or what stands for it. */
static void joined(struct hub *h, struct hub_client *c, const struct member *m,
		   const struct joining *j, uint64_t own)
{
	struct reply r = {
		.id = j->id, .code = CODE_OK, .epoch = h->config.epoch, .room = WIRE_LOBBY};

	r.first = hub_first(h, h->lobby, &j->from, own);
	r.text = member_name(m);
	r.seq = j->event ? own : 0;
	r.more = c->sender && sender_has_said(c->sender);
	hub_reply(h, c, &r);
	if (h->port.follow)
		h->port.follow(h->port.ctx, c, WIRE_LOBBY, r.first);
}

static void join_kept(struct hub *h, struct pending *p, struct reply *r)
{
	uint64_t own = p->room ? r->seq : registry_head(h->lobby) + 1;

	p->presence->seen = true;
	if (p->client)
		joined(h, p->client, &p->presence->member, p->more, own);
}

/* Nobody was told of it. */
static void join_undone(struct hub *h, struct pending *p, struct instant now)
{
	const struct joining *j = p->more;
	struct names_entry *name = p->presence->name;

	presence_remove(h, p->presence, now);
	p->presence = NULL;
	if (name && j->fresh)
		hub_forget_name(h, name);
}

static const struct deed join_deed = {.holds = true, .kept = join_kept, .undo = join_undone};

static void again_undone(struct hub *h, struct pending *p, struct instant now)
{
	struct hub_client *c = p->client;

	if (c && c->member && presence_part(h, c))
		presence_end(h, p->presence, LEAVE_LOST, slice_of(NULL, 0), now);
}

static const struct deed again_deed = {.holds = true, .kept = join_kept, .undo = again_undone};

/* It is not settled yet that the member is here, or as whom. */
static enum code join_behind(struct context *x, struct presence *p, struct sender *sender)
{
	struct joining j = joining_of(x->command);
	struct wish wish = {
		.deed = &again_deed, .x = x, .held = p, .more = &j, .more_len = sizeof(j)};

	if (!pending_add(x->hub, &wish))
		return CODE_SERVER_FULL;
	if (!presence_sessions(p))
		(void)presence_returns(x->hub, p, &x->client->address,
				       x->now); /* it has not gone yet */
	presence_attach(x->hub, p, x->client, sender);
	return hub_later(x);
}

/* By which a client is known when the server was away: its newest one. */
static void note_instance(struct context *x, struct presence *p)
{
	struct record r = {.kind = RECORD_PRESENT};

	if (p->instance == x->command->instance)
		return;
	p->instance = x->command->instance;
	presence_record(p, x->hub->lobby, &r);
	hub_note_fact(x->hub, &r);
}

/* One more session of a member that is in the room, lost or not. */
static enum code join_again(struct context *x, struct presence *p, struct sender *sender)
{
	struct joining j = joining_of(x->command);
	uint64_t own = registry_head(x->hub->lobby) + 1;

	if (p->ends && p->reason == LEAVE_KICKED)
		return CODE_NAME_TAKEN;
	if (p->unsettled > 0)
		return join_behind(x, p, sender);
	if (!presence_sessions(p) && !presence_returns(x->hub, p, &x->client->address, x->now))
		return CODE_SERVER_FULL;
	presence_attach(x->hub, p, x->client, sender);
	note_instance(x, p);
	joined(x->hub, x->client, &p->member, &j, own);
	return hub_later(x);
}

/* A member that nobody has been told of.  Errors as presence_new(), names_take(). */
static enum err enter(struct context *x, struct presence **out)
{
	struct presence *p;
	struct names_entry *name;
	enum err e = presence_new(x->hub, x->command->text, client_identity(x->client), &p);

	if (e != ERR_NONE)
		return e;
	p->instance = x->command->instance;
	e = hub_take_name(x, &name);
	if (e != ERR_NONE) {
		presence_remove(x->hub, p, x->now);
		return e;
	}
	presence_keep_name(p, name);
	*out = p;
	return ERR_NONE;
}

static enum code join_anew(struct context *x, struct sender *sender)
{
	struct hub *h = x->hub;
	struct joining j = joining_of(x->command);
	struct presence *p;

	j.event = true;
	j.fresh = hub_name_fresh(h, x->command->text);
	if (h->failing)
		return CODE_NOT_WRITTEN;
	if (roster_count(h->roster) >= h->config.max_members)
		return CODE_ROOM_FULL;
	enum err e = enter(x, &p);
	if (e != ERR_NONE)
		return hub_name_code(h, x->command->text, e);
	struct event event = hub_event_by(&p->member, EVENT_JOIN, x->now);
	struct wish wish = {.deed = &join_deed,
			    .x = x,
			    .room = h->lobby,
			    .event = &event,
			    .by = p,
			    .held = p,
			    .more = &j,
			    .more_len = sizeof(j)};
	presence_note(h, p, RECORD_PRESENT, h->lobby);
	if (!pending_add(h, &wish)) {
		presence_remove(h, p, x->now);
		return CODE_SERVER_FULL;
	}
	presence_attach(h, p, x->client, sender);
	return hub_later(x);
}

/*
 * Where this client is, or was lost: one instance is one member, by whatever name it knows itself.  It may
 * not have heard that it has another one.
 */
static struct presence *presence_of_sender(const struct sender *sender)
{
	struct sender **member = sender ? sender_holder(sender) : NULL;

	return member ? RING_OF(member, struct presence, senders) : NULL;
}

static struct presence *presence_of_name(struct context *x)
{
	struct slice name = x->command->text;
	struct member *m = roster_find(x->hub->roster, (const char *)name.data, name.len);
	struct presence *p = m ? presence_of(m) : NULL;

	return p && owner_known(presence_identity(p)) &&
			       owner_equal(presence_identity(p), client_identity(x->client))
		       ? p
		       : NULL;
}

enum code hub_join(struct context *x)
{
	uint64_t instance = x->command->instance;
	bool counted = owner_known(client_identity(x->client)) && instance != 0;
	struct sender *sender = NULL;

	if (x->command->room != WIRE_LOBBY)
		return CODE_NO_SUCH_ROOM;
	if (counted &&
	    !(sender = senders_of(x->hub->senders, client_identity(x->client), instance)))
		return CODE_SERVER_FULL;
	if (sender && sender_left(sender))
		return CODE_LEFT;
	struct presence *p = presence_of_sender(sender);
	if (!p)
		p = presence_of_name(x);
	return p ? join_again(x, p, sender) : join_anew(x, sender);
}

/* ---- leaving --------------------------------------------------------------------------------- */

/*
 * The same client's other sessions: it gave them up for this one, and they may not know yet.  They end,
 * or somebody who is in no room any more would go on hearing it.
 */
static void part_forgotten(struct hub *h, struct presence *p, const struct hub_client *c)
{
	struct hub_client *next;

	for (struct hub_client *other = presence_sessions(p); other; other = next) {
		next = other->next;
		if (other == c || !c->sender || other->sender != c->sender)
			continue;
		(void)presence_part(h, other);
		if (h->port.close)
			h->port.close(h->port.ctx, other, CODE_LEFT, slice_of(NULL, 0));
	}
}

/* Its answer is the last thing that it hears. */
static void let_go(struct hub *h, struct hub_client *c, const struct reply *r)
{
	c->leaving = false;
	hub_reply(h, c, r);
	if (h->port.close)
		h->port.close(h->port.ctx, c, CODE_LEFT, slice_of(NULL, 0));
}

static void quit_kept(struct hub *h, struct pending *p, struct reply *r)
{
	if (p->client)
		let_go(h, p->client, r);
}

static const struct deed quit_deed = {.fact = true, .kept = quit_kept};

/* The member stays, or has to wait: its client does not have to, once that it is over is kept. */
static void quit_apart(struct context *x, struct presence *p, const struct wish *left)
{
	(void)!pending_add(x->hub, left);
	if (!presence_sessions(p))
		presence_end(x->hub, p, LEAVE_QUIT, x->command->text, x->now);
}

/*
 * Who is here by another client, too, stays: nothing happens for the others.  This client is over: a JOIN
 * of it that comes later was on its way when it quit.
 */
enum code hub_quit(struct context *x)
{
	struct hub_client *c = x->client;
	struct presence *p = presence_of(c->member);
	struct wish left = {.deed = &quit_deed, .x = x, .sender = c->sender};
	const struct pending *before = c->pending;

	if (c->sender)
		sender_leave(c->sender);
	part_forgotten(x->hub, p, c);
	bool last = presence_part(x->hub, c);
	if (last && p->unsettled == 0)
		presence_leave(x->hub, p, LEAVE_QUIT, x->command->text, x->now, &left);
	else
		quit_apart(x, p, &left);
	c->leaving = c->pending != before;
	if (!c->leaving)
		let_go(x->hub, c, x->reply);
	return hub_later(x);
}
