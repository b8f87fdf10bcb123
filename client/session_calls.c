/*
 * What calls the person; the contract is in session_calls.h.
 *
 * Which of the events that come first are history, the server's clock tells: those before our own JOIN
 * are.  Where there was no JOIN, ours does, and a clock that goes wrong is wrong by as much here.
 */
#include "session_calls.h"

#include "proto/event_json.h"
#include "sys/clock.h"
#include "ui/preferences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DATA_SIZE = JSON_SIZE(16, TEXT_MAX_BYTES + 2 * NAME_MAX_BYTES + 2 * MESSAGE_MAX_LABEL + 64)
};

/* ---- the program ------------------------------------------------------------------------------- */

static const char *hook_of(const struct client *c)
{
	return c->o->preferences->settings.hook;
}

/* Once for each that the person names. */
static void tell_failure(struct client *c, const char *why)
{
	char words[MESSAGE_MAX_WORDS];

	if (strcmp(c->hook_told, hook_of(c)) == 0)
		return;
	snprintf(c->hook_told, sizeof(c->hook_told), "%s", hook_of(c));
	snprintf(words, sizeof(words), "the hook %s cannot be run%s%s", hook_of(c),
		 *why ? ": " : "", why);
	client_notice(c, NOTICE_ERROR, words);
}

static void on_ended(void *ctx, int status)
{
	if (status == HOOK_NOT_RUN)
		tell_failure(ctx, "");
}

void client_calls_begin(struct client *c)
{
	c->hooks = (struct hooks){
		.reactor = c->reactor, .time_us = HOOK_TIME_US, .ended = on_ended, .ctx = c};
}

void client_calls_end(struct client *c)
{
	hooks_end(&c->hooks);
}

/* {"why":"mention","to":"小明","server":"tcp://…","seq":12,"room":"dev",…} */
static void put_data(struct buf *b, const struct client *c, const struct message_event *m,
		     const struct event *e)
{
	bool direct = m->room.len > 0 && m->room.data[0] == '@';
	struct json j = json_open(b);

	json_text(&j, "why", direct ? "direct" : m->calls ? "mention" : "all");
	json_text(&j, "to", c->nick);
	json_text(&j, "server", c->label);
	event_json_put(&j, e, m->room);
	json_close(&j);
}

static void run_hook(struct client *c, const struct message_event *m, const struct event *e,
		     uint8_t *data)
{
	struct buf b = buf_of(data, DATA_SIZE);
	enum err err;

	put_data(&b, c, m, e);
	err = b.failed ? ERR_TOO_BIG : hooks_run(&c->hooks, hook_of(c), data, b.len);
	if (err != ERR_NONE && err != ERR_FULL) /* enough of them run */
		tell_failure(c, "out of memory, descriptors or processes");
}

void client_call(struct client *c, const struct message_event *m)
{
	struct slice raw = m->raw;
	struct frame f;
	uint8_t *data;

	if (!*hook_of(c) || frame_get(&raw, &f) != ERR_NONE || f.type != FRAME_EVENT)
		return;
	data = malloc(DATA_SIZE);
	if (data)
		run_hook(c, m, &f.event, data);
	free(data);
}

/* ---- what is past ------------------------------------------------------------------------------ */

static void live_from(struct client *c, int64_t time_ms)
{
	c->live = true;
	c->live_from = time_ms;
}

void client_calls_joined(struct client *c, uint64_t seq)
{
	c->join_seq = seq;
	if (seq == 0)
		live_from(c, clock_wall_ms());
	else if (c->lobby_seq >= seq) /* it was here before the answer */
		live_from(c, c->lobby_time);
}

bool client_is_past(struct client *c, struct slice room, const struct event *e)
{
	if (!c->live && visits_find(&c->visits, room) == c->visits.all[0]) {
		c->lobby_seq = e->seq;
		c->lobby_time = e->time_ms;
		if (c->join_seq > 0 && e->seq >= c->join_seq)
			live_from(c, e->time_ms);
	}
	return !c->live || e->time_ms < c->live_from;
}
