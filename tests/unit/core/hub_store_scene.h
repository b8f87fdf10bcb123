/*
 * The scene of the hub's tests, with a store behind it that keeps what it is told to keep, when it is told.
 */
#ifndef TEST_HUB_STORE_SCENE_H
#define TEST_HUB_STORE_SCENE_H

#include "fake_store.h"
#include "hub_scene.h"

#include "proto/timerq.h"

static size_t told; /* events that the observer was told of */

static inline void count(void *ctx, const struct event *e, const struct address *who)
{
	(void)ctx;
	(void)who;
	told += e->room == WIRE_LOBBY;
	assert_true(e->room != WIRE_LOBBY || e->seq == told);
}

static inline void begin_stored(uint64_t grace)
{
	struct hub_config config = {.room_bytes = 1 << 20,
				    .max_members = 70,
				    .max_names = 200,
				    .grace_us = grace,
				    .epoch = EPOCH,
				    .store = &fake_port};
	struct hub_observer observer = {count, NULL};

	begin(grace);
	hub_free(hub);
	fake_begin();
	told = 0;
	hub = hub_new(&config, &observer);
	assert_non_null(hub);
	ear_begin(hub);
}

static inline int set_up(void **state)
{
	(void)state;
	begin_stored(GRACE);
	return 0;
}

static inline int tear_down(void **state)
{
	fake_end();
	return teardown(state);
}

/* ---- what one does --------------------------------------------------------------------------- */

static uint64_t asked;

/* Asks, and does not wait: returns the id. */
static inline uint64_t ask(struct hub_client *c, struct command command)
{
	command.id = ++asked;
	command.room = WIRE_LOBBY;
	hub_command(hub, c, &command, now);
	return asked;
}

static inline uint64_t ask_join(struct hub_client *c, const char *name, uint64_t instance)
{
	return ask(c, (struct command){.kind = COMMAND_JOIN,
				       .text = words(name),
				       .since_mode = SINCE_LAST,
				       .instance = instance});
}

static inline uint64_t ask_talk(struct hub_client *c, const char *text, uint64_t mid)
{
	return ask(c, (struct command){.kind = COMMAND_TALK, .text = words(text), .mid = mid});
}

static inline uint64_t ask_nick(struct hub_client *c, const char *name)
{
	return ask(c, (struct command){.kind = COMMAND_NICK, .text = words(name)});
}

static inline uint64_t ask_quit(struct hub_client *c)
{
	return ask(c, (struct command){.kind = COMMAND_QUIT, .text = words("bye")});
}

/* What waits is a batch now. */
static inline void take_off(void)
{
	assert_false(fake.busy);
	hub_turn(hub, now);
	assert_true(fake.busy);
}

static inline void land(enum err e)
{
	fake_done(hub, e, now);
	assert_true(told == head());
}

static inline void keep(void)
{
	take_off();
	land(ERR_NONE);
}

static inline void break_down(void)
{
	take_off();
	land(ERR_FULL);
	assert_true(hub_failing(hub));
}

/* The store can write again, as is found out after a while. */
static inline void recover(void)
{
	now.mono_us += HUB_RETRY;
	keep();
	assert_false(hub_failing(hub));
}

static inline struct hub_client *member_with(size_t i, char key, const char *name)
{
	ask_join(session(i, key), name, 100 + i);
	keep();
	assert_int_equal(ear.reply.code, CODE_OK);
	return &clients[i];
}

static inline void assert_answered(struct hub_client *c, uint64_t id, enum code code)
{
	assert_ptr_equal(ear.client, c);
	assert_true(ear.reply.id == id);
	assert_int_equal(ear.reply.code, code);
}

#endif
