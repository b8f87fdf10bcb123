/* protocol.md §4: one function per command, one table that says which there are. */
#include "core/hub.h"

#include <stdlib.h>
#include <string.h>

struct hub {
	struct hub_config config;
	struct hub_observer observer;
	struct room *lobby;
	struct roster *roster;
	char reply_text[WIRE_REPLY_TEXT_MAX]; /* of the reply given out last */
};

struct hub *hub_new(const struct hub_config *config, const struct hub_observer *observer)
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->config = *config;
	if (observer)
		h->observer = *observer;
	h->lobby = room_new(WIRE_LOBBY, config->room_bytes);
	h->roster = roster_new();
	if (!h->lobby || !h->roster) {
		hub_free(h);
		return NULL;
	}
	return h;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	room_free(h->lobby);
	roster_free(h->roster);
	free(h);
}

struct room *hub_room(const struct hub *h, uint32_t id)
{
	return id == WIRE_LOBBY ? h->lobby : NULL;
}

struct roster *hub_roster(const struct hub *h)
{
	return h->roster;
}

static enum err append(struct hub *h, struct event *e, const struct address *who)
{
	enum err error = room_append(h->lobby, e);

	if (error == ERR_NONE && h->observer.appended)
		h->observer.appended(h->observer.ctx, e, who);
	return error;
}

static struct slice name_of(const struct member *m)
{
	return slice_of(m->name, strlen(m->name));
}

static struct event event_by(const struct member *m, enum event_kind kind, int64_t wall_ms)
{
	return (struct event){
		.kind = kind, .time_ms = wall_ms > 0 ? wall_ms : 0, .from = name_of(m)};
}

static bool is_text(struct slice s)
{
	return text_talk_ok((const char *)s.data, s.len);
}

/* Words that come with leaving or kicking: kept when they are text, cut when they are long. */
static struct slice reason_words(struct slice s)
{
	size_t len = text_clip((const char *)s.data, s.len, WIRE_REASON_MAX);

	return is_text(slice_of(s.data, len)) ? slice_of(s.data, len) : slice_of(NULL, 0);
}

static void leave(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
		  int64_t wall_ms, uint64_t *seq)
{
	struct event e = event_by(c->member, EVENT_QUIT, wall_ms);

	e.reason = reason;
	e.text = reason_words(words);
	if (append(h, &e, &c->address) == ERR_NONE)
		*seq = e.seq;
	roster_leave(h->roster, c->member);
	c->member = NULL;
}

/* ---- commands -------------------------------------------------------------------------------- */

struct context {
	struct hub *hub;
	struct hub_client *client;
	const struct command *command;
	int64_t wall_ms;
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
	if (e == ERR_MEMORY)
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

static enum code join(struct context *x)
{
	struct hub *h = x->hub;
	struct slice name = x->command->text;

	if (!hub_room(h, x->command->room))
		return CODE_NO_SUCH_ROOM;
	if (roster_count(h->roster) >= h->config.max_members)
		return CODE_ROOM_FULL;
	enum err e = roster_enter(h->roster, (const char *)name.data, name.len, &x->client->address,
				  x->client, &x->client->member);
	if (e != ERR_NONE)
		return name_code(h, name, e);
	struct event event = event_by(x->client->member, EVENT_JOIN, x->wall_ms);
	if (append(h, &event, &x->client->address) != ERR_NONE) {
		roster_leave(h->roster, x->client->member);
		x->client->member = NULL;
		return CODE_SERVER_FULL;
	}
	x->reply->seq = event.seq;
	x->reply->first = first_for(h, x->command, event.seq);
	x->reply->epoch = h->config.epoch;
	x->reply->text = reply_name(h, x->client->member);
	return CODE_OK;
}

static enum code talk(struct context *x)
{
	struct event event = event_by(x->client->member, EVENT_TALK, x->wall_ms);

	if (!hub_room(x->hub, x->command->room))
		return CODE_NO_SUCH_ROOM;
	if (!is_text(x->command->text))
		return CODE_TEXT_BAD;
	event.text = x->command->text;
	if (append(x->hub, &event, &x->client->address) != ERR_NONE)
		return CODE_SERVER_FULL;
	x->reply->seq = event.seq;
	return CODE_OK;
}

static enum code quit(struct context *x)
{
	leave(x->hub, x->client, LEAVE_QUIT, x->command->text, x->wall_ms, &x->reply->seq);
	return CODE_OK;
}

static enum code nick(struct context *x)
{
	struct hub *h = x->hub;
	struct member *m = x->client->member;
	struct slice name = x->command->text;
	struct member before = *m;

	enum err e = roster_rename(h->roster, m, (const char *)name.data, name.len);
	if (e != ERR_NONE)
		return name_code(h, name, e);
	struct event event = event_by(m, EVENT_NICK, x->wall_ms);
	event.from = slice_of(before.name, strlen(before.name));
	event.text = name_of(m);
	if (append(h, &event, &x->client->address) != ERR_NONE) {
		/* An old name that cannot be taken back leaves the member under the new one. */
		e = roster_rename(h->roster, m, before.name, strlen(before.name));
		return CODE_SERVER_FULL;
	}
	x->reply->text = reply_name(h, m);
	x->reply->seq = event.seq;
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
		who_put(&page, name_of(m), MEMBER_HERE);
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

	if (kind < COMMAND_JOIN || kind > COMMAND_WHO)
		return CODE_UNKNOWN_COMMAND;
	if (commands[kind].joined != joined)
		return joined ? CODE_ALREADY_JOINED : CODE_NOT_JOINED;
	return commands[kind].run(x);
}

void hub_command(struct hub *h, struct hub_client *c, const struct command *command,
		 int64_t wall_ms, struct reply *reply)
{
	struct context x = {h, c, command, wall_ms, reply};

	*reply = (struct reply){.id = command->id};
	reply->code = run(&x);
	if (reply->code != CODE_OK)
		*reply = (struct reply){.id = command->id, .code = reply->code};
}

/* ---- not by command -------------------------------------------------------------------------- */

void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      int64_t wall_ms)
{
	uint64_t seq;

	if (c->member)
		leave(h, c, reason, words, wall_ms, &seq);
}

void hub_moved(struct hub_client *c, const struct address *to)
{
	c->address = *to;
	if (c->member)
		c->member->address = *to;
}

enum err hub_announce(struct hub *h, struct slice text, int64_t wall_ms)
{
	struct event event = {
		.kind = EVENT_ANNOUNCE, .time_ms = wall_ms > 0 ? wall_ms : 0, .text = text};

	return is_text(text) ? append(h, &event, NULL) : ERR_MALFORMED;
}

struct hub_client *hub_kick(struct hub *h, struct slice name, struct slice words, int64_t wall_ms)
{
	struct member *m = roster_find(h->roster, (const char *)name.data, name.len);

	if (!m)
		return NULL;
	struct hub_client *c = m->owner;
	hub_gone(h, c, LEAVE_KICKED, words, wall_ms);
	return c;
}
