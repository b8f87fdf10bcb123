/*
 * A hub in a box: clients with identities, what they ask, and what the room has heard.  Included by the
 * tests of the hub alone; each has its own.
 */
#ifndef TEST_HUB_SCENE_H
#define TEST_HUB_SCENE_H

#include "core/hub.h"

#include "check.h"
#include "hub_ear.h"

#include <stdio.h>
#include <string.h>

#define EPOCH UINT64_C(7777)

enum { SECOND = 1000 * 1000, GRACE = 90 * SECOND, CLIENTS = 80 };

static struct hub *hub;
static struct hub_client clients[CLIENTS];
static struct bearer bearers[CLIENTS]; /* their identities */
static struct reply reply;
static struct instant now;
static struct address told_of; /* by the observer, with the newest event */

static inline void observe(void *ctx, const struct event *e, const struct address *who)
{
	(void)ctx;
	(void)e;
	told_of = who ? *who : (struct address){.port = 0};
}

static inline void begin(uint64_t grace)
{
	struct hub_config config = {.room_bytes = 1 << 20,
				    .max_members = 70,
				    .max_names = 200,
				    .grace_us = grace,
				    .epoch = EPOCH};
	struct hub_observer observer = {observe, NULL};

	hub_free(hub);
	memset(clients, 0, sizeof(clients));
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].address =
			(struct address){.transport = TRANSPORT_UDP, .port = (uint16_t)(i + 1)};
	now = (struct instant){.mono_us = SECOND, .wall_ms = 1000};
	hub = hub_new(&config, &observer);
	assert_non_null(hub);
	ear_begin(hub);
}

static inline int setup(void **state)
{
	(void)state;
	begin(GRACE);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	hub_free(hub);
	hub = NULL;
	return 0;
}

static inline struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

/* A client with a session of its own, and the key of that letter; 'U': a local user; '-': nobody. */
static inline struct hub_client *session(size_t i, char key)
{
	clients[i].bearer = &bearers[i];
	memset(bearers[i].identity, key == '-' ? 0 : key, OWNER_BYTES);
	if (key == 'U')
		owner_of_user(1000, bearers[i].identity);
	return &clients[i];
}

static inline enum code give(struct hub_client *c, struct command command)
{
	command.id = 1;
	command.room = WIRE_LOBBY;
	reply = ear_ask(hub, c, &command, now);
	return reply.code;
}

static inline enum code join_as(struct hub_client *c, const char *name, uint64_t instance)
{
	return give(c, (struct command){.kind = COMMAND_JOIN,
					.text = words(name),
					.since_mode = SINCE_LAST,
					.instance = instance});
}

static inline enum code join(struct hub_client *c, const char *name)
{
	return join_as(c, name, 9);
}

/* As a client that has nothing to do with the others. */
static inline enum code join_apart(struct hub_client *c, const char *name)
{
	return join_as(c, name, 100 + (uint64_t)(c - clients));
}

static inline enum code talk(struct hub_client *c, const char *text, uint64_t mid)
{
	return give(c, (struct command){.kind = COMMAND_TALK, .text = words(text), .mid = mid});
}

static inline enum code nick(struct hub_client *c, const char *name)
{
	return give(c, (struct command){.kind = COMMAND_NICK, .text = words(name)});
}

static inline enum code quit(struct hub_client *c)
{
	return give(c, (struct command){.kind = COMMAND_QUIT, .text = words("bye")});
}

static inline void gone(struct hub_client *c, enum leave_reason reason)
{
	hub_gone(hub, c, reason, words(""), now);
	hub_turn(hub, now);
}

/* How many sessions are closed by it. */
static inline size_t kick(const char *name)
{
	size_t before = ear.closes;

	assert_int_equal(hub_kick(hub, words(name), words("spam"), now), ERR_NONE);
	hub_turn(hub, now);
	assert_true(ear.closes == before ||
		    (ear.code == CODE_KICKED && strcmp(ear.words, "spam") == 0));
	return ear.closes - before;
}

static inline uint64_t head(void)
{
	return room_head(hub_room(hub, WIRE_LOBBY));
}

static inline struct event newest(void)
{
	struct slice s = room_frame(hub_room(hub, WIRE_LOBBY), head());
	struct frame f;

	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	return f.event;
}

static inline void assert_words(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
}

/* The room has heard this as its event number `seq`, and nothing since. */
static inline void expect(uint64_t seq, enum event_kind kind, const char *from)
{
	assert_int_equal(head(), seq);
	assert_int_equal(newest().kind, kind);
	assert_words(newest().from, from);
}

static inline void expect_quit(uint64_t seq, const char *from, enum leave_reason reason)
{
	expect(seq, EVENT_QUIT, from);
	assert_int_equal(newest().reason, reason);
}

static inline struct member *member(const char *name)
{
	return roster_find(hub_roster(hub), name, strlen(name));
}

static inline void after(uint64_t microseconds)
{
	now.mono_us += microseconds;
	hub_tick(hub, now);
	hub_turn(hub, now);
}

#endif
