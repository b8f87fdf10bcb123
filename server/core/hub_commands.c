/* protocol.md §4: one function per command, one table that says which there are. */
#include "core/hub_internal.h"

#include <stdlib.h>

static const struct deed talk_deed = {.kept = NULL};

enum code hub_not_written(const struct context *x, struct sender *sender)
{
	if (sender)
		sender_refuses(sender, x->command->mid);
	return CODE_NOT_WRITTEN;
}

static enum code say(struct context *x, struct registry_room *room, struct sender *sender)
{
	struct event event = hub_event_by(x->client->member, EVENT_TALK, x->now);
	struct wish wish = {.deed = &talk_deed,
			    .x = x,
			    .room = room,
			    .event = &event,
			    .by = presence_of(x->client->member),
			    .sender = sender,
			    .mid = sender ? x->command->mid : 0};

	event.text = x->command->text;
	if (x->hub->failing)
		return hub_not_written(x, sender);
	return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
}

/* What it repeats is settled by now, be it that nothing more can be written. */
static void repeat_kept(struct hub *h, struct pending *p, struct reply *r)
{
	uint64_t mid;

	memcpy(&mid, p->more, sizeof(mid));
	if (!sender_said(p->sender, mid, &r->seq) || r->seq == SENDER_REFUSED)
		*r = (struct reply){.id = r->id, .code = CODE_NOT_WRITTEN};
	hub_reply(h, p->client, r);
}

static const struct deed repeat_deed = {.fact = true, .kept = repeat_kept};

/* It was said already, and refused, or not; whether under that number, may not be settled: then this waits
 * behind it. */
enum code hub_repeat(struct context *x, struct sender *sender, uint64_t seq)
{
	struct wish wish = {.deed = &repeat_deed,
			    .x = x,
			    .sender = sender,
			    .more = &x->command->mid,
			    .more_len = sizeof(x->command->mid)};

	if (seq == SENDER_REFUSED)
		return CODE_NOT_WRITTEN;
	if (sender_pending(sender))
		return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
	x->reply->seq = seq;
	return CODE_OK;
}

static enum code talk(struct context *x)
{
	struct sender *sender = x->command->mid != 0 ? x->client->sender : NULL;
	struct registry_room *room = hub_room_of(x, x->command->room);
	uint64_t seq;

	if (!room)
		return CODE_NO_SUCH_ROOM;
	if (!hub_is_text(x->command->text))
		return CODE_TEXT_BAD;
	if (sender && sender_said(sender, x->command->mid, &seq))
		return hub_repeat(x, sender, seq);
	return say(x, room, sender);
}

static const struct {
	enum code (*run)(struct context *x);
	bool joined; /* what the client has to be */
} commands[] = {
	[COMMAND_JOIN] = {hub_join, false},
	[COMMAND_TALK] = {talk, true},
	[COMMAND_QUIT] = {hub_quit, true},
	[COMMAND_NICK] = {hub_nick, true},
	[COMMAND_WHO] = {hub_who, true},
	[COMMAND_ENTER] = {hub_enter, true},
	[COMMAND_PART] = {hub_part, true},
	[COMMAND_LIST] = {hub_list, true},
	[COMMAND_TOPIC] = {hub_topic, true},
	[COMMAND_PAGE] = {hub_page, true},
	[COMMAND_SEARCH] = {hub_search, true},
	[COMMAND_EDIT] = {hub_edit, true},
	[COMMAND_RECALL] = {hub_recall_talk, true},
	[COMMAND_AWAY] = {hub_away, true},
	[COMMAND_WHOIS] = {hub_whois, true},
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

void hub_finish(struct context *x, enum code code)
{
	const struct reply refusal = {.id = x->command->id, .code = code};

	if (!x->later)
		hub_reply(x->hub, x->client, code == CODE_OK ? x->reply : &refusal);
}

void hub_command(struct hub *h, struct hub_client *c, const struct command *command,
		 struct instant now)
{
	struct reply reply = {.id = command->id};
	struct context x = {h, c, command, now, &reply, false};

	if (!hub_holds(c)) /* else its session ends, and is not asked to wait any more */
		hub_finish(&x, run(&x));
}

bool hub_holds(const struct hub_client *c)
{
	return c->leaving || c->asking;
}
