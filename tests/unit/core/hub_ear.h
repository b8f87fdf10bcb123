/*
 * What a hub says by its port, for tests of the hub alone: the answer given last, and who was closed.
 * Included by tests that have one hub at a time.
 */
#ifndef TEST_HUB_EAR_H
#define TEST_HUB_EAR_H

#include "core/hub.h"

#include "check.h"

#include <string.h>

static struct {
	size_t replies, closes, follows, wakes;
	struct hub_client *client; /* the last one that was answered */
	struct reply reply;	   /* … how; its text is in: */
	uint8_t text[WIRE_ITEM_MAX];
	struct hub_client *closed; /* the last one … */
	enum code code;
	char words[WIRE_REASON_MAX + 1];
	uint32_t followed; /* the last room */
	uint64_t first;
} ear;

static inline void ear_reply(void *ctx, struct hub_client *c, const struct reply *r)
{
	(void)ctx;
	assert_true(r->text.len <= sizeof(ear.text));
	if (r->text.len > 0)
		memcpy(ear.text, r->text.data, r->text.len);
	ear.replies++;
	ear.client = c;
	ear.reply = *r;
	ear.reply.text = slice_of(ear.text, r->text.len);
}

static inline void ear_follow(void *ctx, struct hub_client *c, uint32_t room, uint64_t first)
{
	(void)ctx;
	(void)c;
	ear.follows++;
	ear.followed = room;
	ear.first = first;
}

static inline void ear_unfollow(void *ctx, struct hub_client *c, uint32_t room, uint64_t last)
{
	(void)ctx;
	(void)c;
	(void)room;
	(void)last;
}

static inline void ear_close(void *ctx, struct hub_client *c, enum code code, struct slice words)
{
	(void)ctx;
	assert_true(words.len <= WIRE_REASON_MAX);
	ear.closes++;
	ear.closed = c;
	ear.code = code;
	memcpy(ear.words, words.len > 0 ? (const char *)words.data : "", words.len);
	ear.words[words.len] = '\0';
}

static inline void ear_wake(void *ctx, uint32_t room)
{
	(void)ctx;
	(void)room;
	ear.wakes++;
}

static inline void ear_begin(struct hub *hub)
{
	static const struct hub_port port = {.reply = ear_reply,
					     .follow = ear_follow,
					     .unfollow = ear_unfollow,
					     .close = ear_close,
					     .wake = ear_wake};

	memset(&ear, 0, sizeof(ear));
	hub_serve(hub, &port);
}

/* One command, and the turn in which it is kept: it is answered once, and nobody else is. */
static inline struct reply ear_ask(struct hub *hub, struct hub_client *c,
				   const struct command *command, struct instant now)
{
	size_t before = ear.replies;

	hub_command(hub, c, command, now);
	hub_turn(hub, now);
	assert_int_equal(ear.replies, before + 1);
	assert_ptr_equal(ear.client, c);
	assert_true(ear.reply.id == command->id);
	return ear.reply;
}

#endif
