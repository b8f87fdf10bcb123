/*
 * What a hub says by its port, for tests of the hub alone: the answer given last, and who was closed.
 * Included by tests that have one hub at a time.
 */
#ifndef TEST_HUB_EAR_H
#define TEST_HUB_EAR_H

#include "core/hub.h"

#include "check.h"

#include <string.h>

enum { EAR_READERS = 1024 };

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
	/* who gets which room, from where; what is not got any more has its last number in `last` */
	struct ear_reader {
		struct hub_client *client;
		uint32_t room;
		uint64_t first, last;
	} readers[EAR_READERS];
	size_t reader_count;
	size_t others_followed;	      /* by all sessions: rooms that are none of the readers' */
	uint8_t binding[HUB_BINDING]; /* of all sessions */
} ear;

static inline struct ear_reader *ear_reader(const struct hub_client *c, uint32_t room)
{
	for (size_t i = 0; i < ear.reader_count; i++)
		if (ear.readers[i].client == c && ear.readers[i].room == room)
			return &ear.readers[i];
	return NULL;
}

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
	struct ear_reader *r = ear_reader(c, room);

	(void)ctx;
	if (!r) {
		assert_true(ear.reader_count < EAR_READERS);
		r = &ear.readers[ear.reader_count++];
	}
	*r = (struct ear_reader){.client = c, .room = room, .first = first, .last = UINT64_MAX};
	ear.follows++;
	ear.followed = room;
	ear.first = first;
}

static inline void ear_unfollow(void *ctx, struct hub_client *c, uint32_t room, uint64_t last)
{
	struct ear_reader *r = ear_reader(c, room);

	(void)ctx;
	if (r)
		r->last = last;
}

static inline bool ear_asked_room(void *ctx, struct hub_client *c, uint32_t room)
{
	const struct ear_reader *r = ear_reader(c, room);

	(void)ctx;
	return r && r->last == UINT64_MAX;
}

static inline size_t ear_asked_count(void *ctx, struct hub_client *c)
{
	size_t n = ear.others_followed;

	(void)ctx;
	for (size_t i = 0; i < ear.reader_count; i++)
		n += ear.readers[i].client == c && ear.readers[i].last == UINT64_MAX;
	return n;
}

static inline void ear_asked_binding(void *ctx, struct hub_client *c, uint8_t out[HUB_BINDING])
{
	(void)ctx;
	(void)c;
	memcpy(out, ear.binding, sizeof(ear.binding));
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
					     .wake = ear_wake,
					     .follows = ear_asked_room,
					     .followed = ear_asked_count,
					     .binding = ear_asked_binding};

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
