/* protocol.md §4: one function per command, one table that says which there are. */
#include "core/hub_internal.h"

#include <stdlib.h>

struct context {
	struct hub *hub;
	struct hub_client *client;
	const struct command *command;
	struct instant now;
	struct reply *reply;
};

static struct slice reply_name(struct hub *h, const struct member *m)
{
	size_t len = strlen(m->name);

	memcpy(h->reply_text, m->name, len);
	return slice_of(h->reply_text, len);
}

/* Why a name cannot be entered. */
static enum code name_code(struct hub *h, struct slice name, enum err e)
{
	if (e == ERR_EXISTS)
		return CODE_NAME_TAKEN;
	if (e == ERR_MEMORY || e == ERR_TOO_BIG)
		return CODE_SERVER_FULL;
	return roster_check(h->roster, (const char *)name.data, name.len) == NAME_RESERVED
		       ? CODE_NAME_RESERVED
		       : CODE_NAME_BAD;
}

/*
 * Where a newcomer whose own join is `own` starts to read.  Numbers that were counted in another log
 * say nothing about this one: all of it is new.
 */
static uint64_t first_for(const struct hub *h, const struct command *c, uint64_t own)
{
	uint64_t first = own, oldest = room_first(h->lobby);
	bool other_log = c->epoch != 0 && c->epoch != h->config.epoch;

	if (c->since_mode == SINCE_SEQ && other_log)
		first = 1;
	else if (c->since_mode == SINCE_SEQ && c->since < own)
		first = c->since + 1;
	else if (c->since_mode == SINCE_LAST)
		first = c->since < own ? own - c->since : 1;
	return first < oldest ? oldest : first;
}

/* `own`: the number of one's own join, or what stands for it. */
static enum code joined(struct context *x, uint64_t own)
{
	x->reply->first = first_for(x->hub, x->command, own);
	x->reply->epoch = x->hub->config.epoch;
	x->reply->room = WIRE_LOBBY;
	x->reply->text = reply_name(x->hub, x->client->member);
	return CODE_OK;
}

/* One more session of a member that is in the room, lost or not. */
static enum code join_again(struct context *x, struct presence *p, struct sender *sender)
{
	uint64_t own = room_head(x->hub->lobby) + 1;

	if (!p->sessions) {
		struct event event = hub_event_by(p->member, EVENT_BACK, x->now);
		if (hub_append(x->hub, &event, &x->client->address) != ERR_NONE)
			return CODE_SERVER_FULL;
		timerq_remove(&x->hub->lost, &p->until);
	}
	presence_attach(x->hub, p, x->client, sender);
	return joined(x, own);
}

/*
 * A name of this client's, in use.  NULL with ERR_NONE: it is nobody's, and stays so, since the client has no
 * identity, or there are too many names: then it is only the client's while it is here under it.
 */
static enum err take_name(struct context *x, struct names_entry **out)
{
	struct names *names = x->hub->names;
	const uint8_t *identity = x->client->identity;
	const char *name = (const char *)x->command->text.data;
	size_t len = x->command->text.len;

	*out = NULL;
	if (!owner_known(identity))
		return names_find(names, name, len) ? ERR_EXISTS : ERR_NONE;
	enum err e = names_take(names, name, len, identity, hub_wall_ms(x->now), out);
	return e == ERR_FULL ? ERR_NONE : e;
}

/* A member that nobody has been told of.  Errors as roster_enter(), names_take(). */
static enum err enter(struct context *x, struct presence **out)
{
	struct hub *h = x->hub;
	struct hub_client *c = x->client;
	struct slice name = x->command->text;
	struct presence *p = calloc(1, sizeof(*p));
	enum err e = p ? ERR_NONE : ERR_MEMORY;

	if (e == ERR_NONE)
		e = roster_enter(h->roster, (const char *)name.data, name.len, &c->address, p,
				 &p->member);
	if (e != ERR_NONE) {
		free(p);
		return e;
	}
	ring_init(&p->senders);
	memcpy(p->identity, c->identity, OWNER_BYTES);
	e = take_name(x, &p->name);
	if (e != ERR_NONE) {
		presence_remove(h, p, x->now);
		return e;
	}
	*out = p;
	return ERR_NONE;
}

static enum code join_anew(struct context *x, struct sender *sender)
{
	struct hub *h = x->hub;
	struct presence *p;

	if (roster_count(h->roster) >= h->config.max_members)
		return CODE_ROOM_FULL;
	enum err e = enter(x, &p);
	if (e != ERR_NONE)
		return name_code(h, x->command->text, e);
	struct event event = hub_event_by(p->member, EVENT_JOIN, x->now);
	if (hub_append(h, &event, &x->client->address) != ERR_NONE) {
		presence_remove(h, p, x->now);
		return CODE_SERVER_FULL;
	}
	presence_attach(h, p, x->client, sender);
	x->reply->seq = event.seq;
	return joined(x, event.seq);
}

/*
 * Where this client is, or was lost: one instance is one member, by whatever name it knows itself.  It may
 * not have heard that it has another one.
 */
static struct presence *presence_of_sender(const struct sender *sender)
{
	struct ring *member = sender ? sender_holder(sender) : NULL;

	return member ? RING_OF(member, struct presence, senders) : NULL;
}

static struct presence *presence_of_name(struct context *x)
{
	struct slice name = x->command->text;
	struct member *m = roster_find(x->hub->roster, (const char *)name.data, name.len);
	struct presence *p = m ? presence_of(m) : NULL;

	return p && owner_known(p->identity) && owner_equal(p->identity, x->client->identity)
		       ? p
		       : NULL;
}

static enum code join(struct context *x)
{
	uint64_t instance = x->command->instance;
	bool counted = owner_known(x->client->identity) && instance != 0;
	struct sender *sender = NULL;

	if (!hub_room(x->hub, x->command->room))
		return CODE_NO_SUCH_ROOM;
	if (counted && !(sender = senders_of(x->hub->senders, x->client->identity, instance)))
		return CODE_SERVER_FULL;
	if (sender && sender_left(sender))
		return CODE_LEFT;
	struct presence *p = presence_of_sender(sender);
	if (!p)
		p = presence_of_name(x);
	return p ? join_again(x, p, sender) : join_anew(x, sender);
}

static enum code say(struct context *x, struct sender *sender)
{
	struct event event = hub_event_by(x->client->member, EVENT_TALK, x->now);

	event.text = x->command->text;
	if (hub_append(x->hub, &event, &x->client->address) != ERR_NONE)
		return CODE_SERVER_FULL;
	if (sender)
		sender_says(sender, x->command->mid, event.seq);
	x->reply->seq = event.seq;
	return CODE_OK;
}

static enum code talk(struct context *x)
{
	struct sender *sender = x->command->mid != 0 ? x->client->sender : NULL;

	if (!hub_room(x->hub, x->command->room))
		return CODE_NO_SUCH_ROOM;
	if (!hub_is_text(x->command->text))
		return CODE_TEXT_BAD;
	if (sender && sender_said(sender, x->command->mid, &x->reply->seq))
		return CODE_OK;
	return say(x, sender);
}

/* The same client's other sessions: it gave them up for this one, and they may not know yet. */
static void part_forgotten(struct hub *h, struct presence *p, const struct hub_client *c)
{
	struct hub_client *next;

	for (struct hub_client *other = p->sessions; other; other = next) {
		next = other->next;
		if (other != c && c->sender && other->sender == c->sender)
			(void)presence_part(h, other);
	}
}

/*
 * Who is here by another client, too, stays: nothing happens for the others.  This client is over: a JOIN
 * of it that comes later was on its way when it quit.
 */
static enum code quit(struct context *x)
{
	struct presence *p = presence_of(x->client->member);

	if (x->client->sender)
		sender_leave(x->client->sender);
	part_forgotten(x->hub, p, x->client);
	if (presence_part(x->hub, x->client))
		presence_leave(x->hub, p, LEAVE_QUIT, x->command->text, x->now, &x->reply->seq);
	return CODE_OK;
}

static bool is_called(const struct member *m, struct slice name)
{
	return strlen(m->name) == name.len && memcmp(m->name, name.data, name.len) == 0;
}

static bool may_be_called(struct hub *h, const struct member *m, struct slice name)
{
	const struct member *other = roster_find(h->roster, (const char *)name.data, name.len);

	return !other || other == m;
}

/* Tells the others; when that cannot be, the name is as before (or, without memory, the new one). */
static enum err rename_member(struct context *x)
{
	struct hub *h = x->hub;
	struct member *m = x->client->member;
	struct member before = *m;
	struct slice name = x->command->text;

	enum err e = roster_rename(h->roster, m, (const char *)name.data, name.len);
	if (e != ERR_NONE)
		return e;
	struct event event = hub_event_by(m, EVENT_NICK, x->now);
	event.from = slice_of(before.name, strlen(before.name));
	event.text = member_name(m);
	e = hub_append(h, &event, &x->client->address);
	x->reply->seq = event.seq;
	if (e != ERR_NONE)
		(void)!roster_rename(h->roster, m, before.name, strlen(before.name));
	return e;
}

/* Another name, or one's own in other letters. */
static enum err change_name(struct context *x)
{
	struct hub *h = x->hub;
	struct presence *p = presence_of(x->client->member);
	struct slice name = x->command->text;
	struct names_entry *entry;

	if (roster_check(h->roster, (const char *)name.data, name.len) != NAME_FINE)
		return ERR_MALFORMED;
	if (!may_be_called(h, p->member, name))
		return ERR_EXISTS;
	enum err e = take_name(x, &entry);
	if (e != ERR_NONE)
		return e;
	e = rename_member(x);
	struct names_entry *given_up = e == ERR_NONE ? p->name : entry;
	if (e == ERR_NONE)
		p->name = entry;
	if (given_up)
		names_rest(h->names, given_up, hub_wall_ms(x->now));
	return e;
}

static enum code nick(struct context *x)
{
	struct member *m = x->client->member;
	struct slice name = x->command->text;
	enum err e = is_called(m, name) ? ERR_NONE : change_name(x);

	if (e != ERR_NONE)
		return name_code(x->hub, name, e);
	x->reply->text = reply_name(x->hub, m);
	return CODE_OK;
}

/* As many names as fit; the client asks on from the last one. */
static enum code who(struct context *x)
{
	struct hub *h = x->hub;
	struct buf page = buf_of(h->reply_text, sizeof(h->reply_text));
	struct slice after = x->command->text;
	const struct member *m;

	if (!hub_room(h, x->command->room))
		return CODE_NO_SUCH_ROOM;
	size_t i = roster_after(h->roster, (const char *)after.data, after.len);
	for (; (m = roster_at(h->roster, i)); i++) {
		if (buf_room(&page) < 3 + strlen(m->name))
			break;
		who_put(&page, member_name(m), m->state);
	}
	x->reply->more = m != NULL;
	x->reply->text = slice_of(page.data, page.len);
	return CODE_OK;
}

static const struct {
	enum code (*run)(struct context *x);
	bool joined; /* what the client has to be */
} commands[] = {
	[COMMAND_JOIN] = {join, false}, [COMMAND_TALK] = {talk, true},
	[COMMAND_QUIT] = {quit, true},	[COMMAND_NICK] = {nick, true},
	[COMMAND_WHO] = {who, true},
};

static enum code run(struct context *x)
{
	enum command_kind kind = x->command->kind;
	bool joined = x->client->member != NULL;

	if ((unsigned)kind >= sizeof(commands) / sizeof(commands[0]) || !commands[kind].run)
		return CODE_UNKNOWN_COMMAND;
	if (commands[kind].joined != joined)
		return joined ? CODE_ALREADY_JOINED : CODE_NOT_JOINED;
	return commands[kind].run(x);
}

void hub_command(struct hub *h, struct hub_client *c, const struct command *command,
		 struct instant now, struct reply *reply)
{
	struct context x = {h, c, command, now, reply};

	*reply = (struct reply){.id = command->id};
	reply->code = run(&x);
	if (reply->code != CODE_OK)
		*reply = (struct reply){.id = command->id, .code = reply->code};
}
