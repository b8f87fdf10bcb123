/*
 * Members with identities: whose names are whose, several sessions of one member, who is lost and who
 * comes back, what is said twice.  protocol.md §4, §6.
 */
#include "core/hub.h"
#include "core/senders.h"

#include "check.h"

#include "proto/timerq.h"

#include <stdio.h>
#include <string.h>

#define EPOCH UINT64_C(7777)

enum { SECOND = 1000 * 1000, GRACE = 90 * SECOND, CLIENTS = 80 };

static struct hub *hub;
static struct hub_client clients[CLIENTS];
static struct reply reply;
static struct instant now;
static struct address told_of; /* by the observer, with the newest event */

static void observe(void *ctx, const struct event *e, const struct address *who)
{
	(void)ctx;
	(void)e;
	told_of = who ? *who : (struct address){.port = 0};
}

static void begin(uint64_t grace)
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
}

static int setup(void **state)
{
	(void)state;
	begin(GRACE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hub_free(hub);
	hub = NULL;
	return 0;
}

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

/* A client with a session of its own, and the key of that letter; 'U': a local user; '-': nobody. */
static struct hub_client *session(size_t i, char key)
{
	memset(&clients[i].identity, key == '-' ? 0 : key, OWNER_BYTES);
	if (key == 'U')
		owner_of_user(1000, clients[i].identity);
	return &clients[i];
}

static enum code give(struct hub_client *c, struct command command)
{
	command.id = 1;
	command.room = WIRE_LOBBY;
	hub_command(hub, c, &command, now, &reply);
	return reply.code;
}

static enum code join_as(struct hub_client *c, const char *name, uint64_t instance)
{
	return give(c, (struct command){.kind = COMMAND_JOIN,
					.text = words(name),
					.since_mode = SINCE_LAST,
					.instance = instance});
}

static enum code join(struct hub_client *c, const char *name)
{
	return join_as(c, name, 9);
}

/* As a client that has nothing to do with the others. */
static enum code join_apart(struct hub_client *c, const char *name)
{
	return join_as(c, name, 100 + (uint64_t)(c - clients));
}

static enum code talk(struct hub_client *c, const char *text, uint64_t mid)
{
	return give(c, (struct command){.kind = COMMAND_TALK, .text = words(text), .mid = mid});
}

static enum code nick(struct hub_client *c, const char *name)
{
	return give(c, (struct command){.kind = COMMAND_NICK, .text = words(name)});
}

static enum code quit(struct hub_client *c)
{
	return give(c, (struct command){.kind = COMMAND_QUIT, .text = words("bye")});
}

static void gone(struct hub_client *c, enum leave_reason reason)
{
	hub_gone(hub, c, reason, words(""), now);
}

static uint64_t head(void)
{
	return room_head(hub_room(hub, WIRE_LOBBY));
}

static struct event newest(void)
{
	struct slice s = room_frame(hub_room(hub, WIRE_LOBBY), head());
	struct frame f;

	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	return f.event;
}

static void assert_words(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
}

/* The room has heard this as its event number `seq`, and nothing since. */
static void expect(uint64_t seq, enum event_kind kind, const char *from)
{
	assert_int_equal(head(), seq);
	assert_int_equal(newest().kind, kind);
	assert_words(newest().from, from);
}

static void expect_quit(uint64_t seq, const char *from, enum leave_reason reason)
{
	expect(seq, EVENT_QUIT, from);
	assert_int_equal(newest().reason, reason);
}

static const struct member *member(const char *name)
{
	return roster_find(hub_roster(hub), name, strlen(name));
}

static void after(uint64_t microseconds)
{
	now.mono_us += microseconds;
	hub_tick(hub, now);
}

/* ---- whose names are whose ------------------------------------------------------------------- */

/* 'A' was here as alice and has left; who may be called so? */
static const struct {
	const char *name;
	char key;
	enum code code;
} claims[] = {
	{"alice", 'A', CODE_OK},	 {"alice", 'B', CODE_NAME_TAKEN},
	{"alice", 'U', CODE_NAME_TAKEN}, {"alice", '-', CODE_NAME_TAKEN},
	{"ALICE", 'A', CODE_OK},	 {"Аlice", 'B', CODE_NAME_TAKEN}, /* a Cyrillic А */
	{"alice2", 'B', CODE_OK},	 {"bob", '-', CODE_OK},
	{"bob", 'A', CODE_OK},		 {"admin", 'A', CODE_NAME_RESERVED},
	{"a b", 'A', CODE_NAME_BAD},	 {"", 'A', CODE_NAME_BAD},
};

static void a_name_is_kept_for_its_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(claims); i++) {
		begin(GRACE);
		assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
		assert_int_equal(quit(&clients[0]), CODE_OK);
		struct hub_client *c = session(1, claims[i / 2].key);
		enum code code;
		if (i % 2) { /* by another name first */
			assert_int_equal(join_apart(c, "somebody"), CODE_OK);
			code = nick(c, claims[i / 2].name);
		} else {
			code = join_apart(c, claims[i / 2].name);
		}
		if (code != claims[i / 2].code)
			fail_msg("row %zu: %s", i / 2, code_name(code));
		assert_int_equal(head(), 2 + i % 2 + (code == CODE_OK));
		assert_int_equal(roster_count(hub_roster(hub)), i % 2 || code == CODE_OK);
		if (code == CODE_NAME_BAD || code == CODE_NAME_RESERVED)
			assert_int_equal(names_count(hub_names(hub)), 1 + i % 2);
	}
}

static void who_has_no_identity_owns_nothing(void **state)
{
	(void)state;
	assert_int_equal(join_apart(session(0, '-'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(1, 'A'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join_apart(session(1, '-'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join_apart(session(2, 'A'), "carol"), CODE_OK);
	assert_int_equal(nick(&clients[2], "alice"), CODE_NAME_TAKEN);
	gone(&clients[0], LEAVE_LOST); /* nobody could come back as alice */
	expect_quit(3, "alice", LEAVE_LOST);
	assert_int_equal(names_count(hub_names(hub)), 1);
	assert_int_equal(nick(&clients[2], "alice"), CODE_OK);
}

static void one_may_own_several_names_and_be_here_under_them(void **state)
{
	(void)state;
	assert_int_equal(join_apart(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(1, 'A'), "rose"), CODE_OK);
	expect(2, EVENT_JOIN, "rose");
	assert_int_equal(roster_count(hub_roster(hub)), 2);
	assert_int_equal(nick(&clients[1], "alice"), CODE_NAME_TAKEN);
	assert_int_equal(nick(&clients[1], "lily"), CODE_OK);
	assert_int_equal(join_apart(session(2, 'B'), "rose"), CODE_NAME_TAKEN); /* still hers */
	assert_int_equal(nick(&clients[0], "rose"), CODE_OK);
	assert_int_equal(names_count(hub_names(hub)), 3);
}

static void a_name_can_be_released_when_nobody_is_here_under_it(void **state)
{
	(void)state;
	assert_int_equal(hub_release(hub, words("alice")), ERR_NOT_FOUND);
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(hub_release(hub, words("alice")), ERR_EXISTS);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(hub_release(hub, words("alice")), ERR_EXISTS); /* may come back */
	after(GRACE);
	assert_int_equal(hub_release(hub, words("ALICE")), ERR_NONE);
	assert_int_equal(join(session(1, 'B'), "alice"), CODE_OK);
	assert_int_equal(nick(&clients[1], "bob"), CODE_OK);
	assert_int_equal(hub_release(hub, words("alice")), ERR_NONE); /* was given up */
	assert_int_equal(hub_release(hub, words("bob")), ERR_EXISTS);
}

/* Not one's first choice, but there is a limit to what one key can take away from the others. */
static void the_oldest_name_of_a_key_gives_way(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i <= NAMES_PER_KEY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(join_as(session(0, 'A'), name, 1 + (uint64_t)i), CODE_OK);
		assert_int_equal(quit(&clients[0]), CODE_OK);
	}
	assert_int_equal(join(session(1, 'B'), "n1"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(1, 'B'), "n0"), CODE_OK);
}

static void who_is_here_under_all_its_names_gets_no_other(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < NAMES_PER_KEY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(join_apart(session((size_t)i, 'A'), name), CODE_OK);
	}
	assert_int_equal(join_apart(session(NAMES_PER_KEY, 'A'), "more"), CODE_SERVER_FULL);
	assert_int_equal(roster_count(hub_roster(hub)), NAMES_PER_KEY);
	assert_int_equal(head(), NAMES_PER_KEY);
	assert_int_equal(join_apart(session(NAMES_PER_KEY, 'A'), "n5"), CODE_OK);
	assert_int_equal(join_apart(session(NAMES_PER_KEY + 1, 'B'), "more"), CODE_OK);
}

/* ---- several sessions ------------------------------------------------------------------------ */

static void the_same_name_again_is_one_more_session(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "Alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], "x", 1), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(reply.seq, 0);
	assert_int_equal(reply.first, 3); /* as if its own join were the next event */
	assert_int_equal(reply.epoch, EPOCH);
	assert_words(reply.text, "Alice");
	assert_int_equal(head(), 2);
	assert_int_equal(roster_count(hub_roster(hub)), 1);
	assert_ptr_equal(clients[1].member, clients[0].member);
	assert_true(address_equal(&member("alice")->address, &clients[1].address));
	assert_int_equal(join(&clients[1], "alice"), CODE_ALREADY_JOINED);
	assert_int_equal(join(session(2, 'B'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(talk(&clients[0], "by the one", 2), CODE_OK);
	assert_true(address_equal(&told_of, &clients[0].address));
	assert_int_equal(talk(&clients[1], "by the other", 3), CODE_OK);
	assert_true(address_equal(&told_of, &clients[1].address));
	expect(4, EVENT_TALK, "Alice");
}

static void one_more_session_says_where_to_begin(void **state)
{
	static const struct {
		enum since_mode mode;
		uint64_t since, epoch, first;
	} rows[] = {
		{SINCE_SEQ, 0, 0, 1},  {SINCE_SEQ, 3, 0, 4},	 {SINCE_SEQ, 5, 0, 6},
		{SINCE_SEQ, 9, 0, 6},  {SINCE_SEQ, 3, EPOCH, 4}, {SINCE_SEQ, 3, EPOCH + 1, 1},
		{SINCE_LAST, 0, 0, 6}, {SINCE_LAST, 2, 0, 4},	 {SINCE_LAST, 99, 0, 1},
	};

	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	for (uint64_t i = 1; i < 5; i++)
		assert_int_equal(talk(&clients[0], "x", i), CODE_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			give(session(i + 1, 'A'), (struct command){.kind = COMMAND_JOIN,
								   .text = words("alice"),
								   .since_mode = rows[i].mode,
								   .since = rows[i].since,
								   .epoch = rows[i].epoch}),
			CODE_OK);
		assert_int_equal(reply.first, rows[i].first);
	}
	assert_int_equal(head(), 5);
}

static void a_full_room_takes_one_more_session_of_who_is_there(void **state)
{
	char name[16];

	(void)state;
	for (size_t i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		assert_int_equal(join_apart(session(i, 'U'), name), CODE_OK);
	}
	assert_int_equal(join_apart(session(70, 'U'), "new"), CODE_ROOM_FULL);
	assert_int_equal(join_apart(session(70, 'U'), "n3"), CODE_OK);
	gone(&clients[3], LEAVE_LOST);
	gone(&clients[70], LEAVE_LOST);
	assert_int_equal(member("n3")->state, MEMBER_RECONNECTING);
	assert_int_equal(join_apart(session(71, 'U'), "new"), CODE_ROOM_FULL);
	assert_int_equal(join_apart(session(72, 'U'), "n3"), CODE_OK);
}

/* However the others end: it is the last session that counts. */
static void only_the_last_session_s_end_is_the_member_s(void **state)
{
	(void)state;
	for (enum leave_reason reason = LEAVE_QUIT; reason <= LEAVE_SHUTDOWN; reason++) {
		begin(0);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(join_as(session(i, 'A'), "alice", i + 1), CODE_OK);
		gone(&clients[3], reason);
		assert_int_equal(quit(&clients[0]), CODE_OK);
		assert_int_equal(reply.seq, 0);
		assert_null(clients[0].member);
		gone(&clients[0], LEAVE_QUIT); /* its session ends then; it is out already */
		gone(&clients[1], reason);
		expect(1, EVENT_JOIN, "alice");
		assert_true(address_equal(&member("alice")->address, &clients[2].address));
		gone(&clients[2], reason);
		expect_quit(2, "alice", reason);
		assert_null(member("alice"));
	}
}

static void the_last_session_s_quit_has_a_number(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_as(session(1, 'A'), "alice", 8), CODE_OK);
	assert_int_equal(quit(&clients[1]), CODE_OK);
	assert_int_equal(reply.seq, 0);
	assert_int_equal(talk(&clients[1], "x", 1), CODE_NOT_JOINED);
	assert_int_equal(quit(&clients[0]), CODE_OK);
	assert_int_equal(reply.seq, 2);
	expect_quit(2, "alice", LEAVE_QUIT);
	assert_words(newest().text, "bye");
}

/* A client that came back over another link: who it was before leaves with it, whenever that ends. */
static void who_quits_takes_along_what_it_gave_up(void **state)
{
	(void)state;
	assert_int_equal(join_as(session(0, 'A'), "alice", 5), CODE_OK);
	assert_int_equal(join_as(session(1, 'A'), "alice", 6), CODE_OK);
	assert_int_equal(join_as(session(2, 'A'), "alice", 5), CODE_OK);
	assert_int_equal(join_as(session(3, 'A'), "alice", 5), CODE_OK);
	assert_int_equal(quit(&clients[2]), CODE_OK);
	assert_int_equal(reply.seq, 0); /* the other client is still here */
	assert_null(clients[0].member);
	assert_null(clients[3].member);
	gone(&clients[0], LEAVE_TIMED_OUT);
	assert_int_equal(quit(&clients[1]), CODE_OK);
	expect_quit(2, "alice", LEAVE_QUIT);
	gone(&clients[3], LEAVE_LOST);
	assert_int_equal(head(), 2);
	for (uint64_t instance = 0; instance < 2; instance++) { /* 0: not told, so not the same */
		assert_int_equal(join_as(session(0, 'A'), "alice", instance), CODE_OK);
		assert_int_equal(join_as(session(1, 'A'), "alice", instance), CODE_OK);
		assert_int_equal(quit(&clients[1]), CODE_OK);
		assert_int_equal(clients[0].member != NULL, instance == 0);
		gone(&clients[0], LEAVE_QUIT);
	}
}

/*
 * A client whose first path died, and that quits over another; a third session of it is on its way, or
 * was dismissed before the client knew that it was open.  Nothing of it stays, or comes later.
 */
static void who_quit_does_not_come_back_by_a_session_that_is_late(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		begin(GRACE);
		assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
		assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
		if (!late)
			assert_int_equal(join(session(2, 'A'), "alice"), CODE_OK);
		assert_int_equal(quit(&clients[1]), CODE_OK);
		assert_int_equal(reply.seq, 2);
		expect_quit(2, "alice", LEAVE_QUIT);
		if (late)
			assert_int_equal(join(session(2, 'A'), "alice"), CODE_LEFT);
		assert_null(clients[2].member);
		assert_int_equal(talk(&clients[2], "x", 1), CODE_NOT_JOINED);
		gone(&clients[1], LEAVE_QUIT);
		gone(&clients[0], LEAVE_TIMED_OUT);
		gone(&clients[2], LEAVE_TIMED_OUT);
		after(GRACE);
		assert_int_equal(head(), 2);
		assert_int_equal(roster_count(hub_roster(hub)), 0);
	}
}

/* Only by QUIT, only this client: not by a goodbye of one of its sessions, nor others of the same key. */
static void only_who_quit_is_over(void **state)
{
	static const struct {
		char key;
		uint64_t instance;
		bool over;
	} rows[] = {
		{'A', 9, true},	 {'A', 8, false}, {'A', 0, false},
		{'B', 9, false}, {'U', 9, false}, {'-', 9, false},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		bool by_quit = i % 2, over = rows[i / 2].over && by_quit;
		begin(GRACE);
		assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
		if (by_quit)
			assert_int_equal(quit(&clients[0]), CODE_OK);
		else
			gone(&clients[0], LEAVE_QUIT);
		enum code code = join_as(session(1, rows[i / 2].key), "new", rows[i / 2].instance);
		if (code != (over ? CODE_LEFT : CODE_OK))
			fail_msg("row %zu: %s", i, code_name(code));
		assert_int_equal(head(), over ? 2 : 3);
	}
}

static void a_kick_ends_all_sessions(void **state)
{
	struct hub_client *first = NULL;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(join_apart(session(i, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(3, 'A'), "rose"), CODE_OK);
	assert_int_equal(hub_kick(hub, words("alice"), words("spam"), now, &first), ERR_NONE);
	expect_quit(3, "alice", LEAVE_KICKED);
	for (; first; first = first->next, n++)
		assert_null(first->member);
	assert_int_equal(n, 3);
	assert_non_null(clients[3].member);
	for (size_t i = 0; i < 3; i++)
		gone(&clients[i], LEAVE_LOST);
	assert_int_equal(head(), 3);
	assert_int_equal(join_apart(session(0, 'A'), "alice"),
			 CODE_OK); /* her name is still hers */
}

/* ---- lost and back --------------------------------------------------------------------------- */

static const struct {
	enum leave_reason reason;
	bool kept;
} ends[] = {
	{LEAVE_QUIT, false},	 {LEAVE_LOST, true},	  {LEAVE_TIMED_OUT, true},
	{LEAVE_KICKED, false},	 {LEAVE_TOO_SLOW, false}, {LEAVE_PROTOCOL, false},
	{LEAVE_SHUTDOWN, false},
};

static void the_place_of_a_lost_member_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		begin(GRACE);
		assert_true(hub_deadline(hub) == TIMERQ_NEVER);
		assert_int_equal(join(session(0, i % 2 ? 'A' : 'U'), "alice"), CODE_OK);
		gone(&clients[0], ends[i].reason);
		assert_null(clients[0].member);
		if (!ends[i].kept) {
			expect_quit(2, "alice", ends[i].reason);
			assert_true(hub_deadline(hub) == TIMERQ_NEVER);
			continue;
		}
		expect(2, EVENT_LOST, "alice");
		assert_true(address_equal(&told_of, &clients[0].address));
		assert_int_equal(member("alice")->state, MEMBER_RECONNECTING);
		assert_true(hub_deadline(hub) == now.mono_us + GRACE);
		after(GRACE - 1);
		expect(2, EVENT_LOST, "alice");
		after(1);
		expect_quit(3, "alice", ends[i].reason);
		assert_null(member("alice"));
		assert_true(hub_deadline(hub) == TIMERQ_NEVER);
		after(GRACE);
		assert_int_equal(head(), 3);
	}
}

static void without_grace_who_is_lost_leaves(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	expect_quit(2, "alice", LEAVE_LOST);
}

static void who_comes_back_in_time_has_never_left(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "Alice"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	after(GRACE - 1);
	assert_int_equal(join(session(1, 'B'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(1, '-'), "alice"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(2, 'A'), "alice"), CODE_OK);
	assert_int_equal(reply.seq, 0);
	assert_int_equal(reply.first, 3); /* its own BACK is the first that it hears */
	assert_words(reply.text, "Alice");
	expect(3, EVENT_BACK, "Alice");
	assert_true(address_equal(&told_of, &clients[2].address));
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	after(10 * GRACE);
	assert_int_equal(head(), 3);
	gone(&clients[2], LEAVE_TIMED_OUT); /* and again */
	expect(4, EVENT_LOST, "Alice");
	after(GRACE);
	expect_quit(5, "Alice", LEAVE_TIMED_OUT);
}

/* The new session is there before the server knows that the old one is dead. */
static void who_rejoins_before_being_missed_is_not_lost(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	gone(&clients[0], LEAVE_TIMED_OUT);
	assert_int_equal(head(), 1);
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	gone(&clients[1], LEAVE_LOST);
	expect(2, EVENT_LOST, "alice");
}

static void each_has_its_own_time(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	after(10 * SECOND);
	gone(&clients[1], LEAVE_LOST);
	assert_int_equal(head(), 4);
	after(GRACE - 10 * SECOND);
	expect_quit(5, "alice", LEAVE_LOST);
	after(10 * SECOND);
	expect_quit(6, "bob", LEAVE_LOST);
}

static void who_is_lost_can_be_kicked(void **state)
{
	struct hub_client *first = &clients[9];

	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(hub_kick(hub, words("alice"), words(""), now, &first), ERR_NONE);
	assert_null(first); /* there is no session to end */
	expect_quit(3, "alice", LEAVE_KICKED);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	after(GRACE);
	assert_int_equal(head(), 3);
}

static void at_the_end_nobody_is_waited_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[] = {(char)('a' + i), '\0'};
		assert_int_equal(join_apart(session(i, 'A'), name), CODE_OK);
	}
	gone(&clients[0], LEAVE_LOST);
	gone(&clients[1], LEAVE_LOST);
	hub_end(hub, now);
	assert_int_equal(head(), 7);
	expect_quit(7, newest().from.data[0] == 'a' ? "a" : "b", LEAVE_SHUTDOWN);
	gone(&clients[2], LEAVE_LOST); /* too late for grace */
	expect_quit(8, "c", LEAVE_LOST);
	assert_int_equal(roster_count(hub_roster(hub)), 0);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
}

static void who_tells_who_is_there(void **state)
{
	enum member_state there;
	struct slice name, page;

	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(give(&clients[1], (struct command){.kind = COMMAND_WHO}), CODE_OK);
	page = reply.text;
	assert_true(who_get(&page, &name, &there));
	assert_words(name, "alice");
	assert_int_equal(there, MEMBER_RECONNECTING);
	assert_true(who_get(&page, &name, &there));
	assert_words(name, "bob");
	assert_int_equal(there, MEMBER_HERE);
	assert_false(who_get(&page, &name, &there));
}

/* ---- said twice ------------------------------------------------------------------------------ */

static void a_talk_that_comes_again_gets_the_first_answer(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], "one", 1), CODE_OK);
	assert_int_equal(talk(&clients[0], "two", 2), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[1], "two", 2), CODE_OK);
	assert_int_equal(reply.seq, 3);
	expect(5, EVENT_BACK, "alice");
	assert_int_equal(talk(&clients[1], "three", 3), CODE_OK);
	assert_int_equal(reply.seq, 6);
	assert_int_equal(talk(&clients[1], "one", 1), CODE_OK);
	assert_int_equal(reply.seq, 2);
	expect(6, EVENT_TALK, "alice");
}

/* It is remembered while the member is away, too, and under whichever name it comes back. */
static void what_was_said_is_remembered_longer_than_the_place(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], "one", 1), CODE_OK);
	gone(&clients[0], LEAVE_LOST);
	after(GRACE);
	assert_int_equal(join(session(1, 'A'), "rose"), CODE_OK);
	assert_int_equal(head(), 5);
	assert_int_equal(talk(&clients[1], "one", 1), CODE_OK);
	assert_int_equal(reply.seq, 2);
	assert_int_equal(head(), 5);
}

static void a_refused_talk_was_not_said(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(talk(&clients[0], " ", 1), CODE_TEXT_BAD);
	assert_int_equal(talk(&clients[0], "one", 1), CODE_OK);
	assert_int_equal(reply.seq, 2);
}

/* Another instance, another identity, no number, no instance, no identity: nothing is a repeat. */
static void only_counted_talks_can_be_repeats(void **state)
{
	static const struct {
		char key;
		uint64_t instance, mid;
		uint64_t seq, head; /* of what is said again over a second session; at the end */
	} rows[] = {
		{'A', 9, 1, 2, 2}, {'U', 9, 1, 2, 2}, {'A', 9, 0, 3, 3},
		{'A', 0, 1, 4, 4}, {'-', 9, 1, 4, 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(GRACE);
		for (size_t n = 0; n < 2; n++) {
			char name[] = {(char)('m' + n), '\0'};
			assert_int_equal(give(session(n, rows[i].key),
					      (struct command){.kind = COMMAND_JOIN,
							       .text = words(name),
							       .instance = rows[i].instance}),
					 CODE_OK);
			assert_int_equal(talk(&clients[n], "hello", rows[i].mid), CODE_OK);
			assert_int_equal(reply.seq, n ? rows[i].seq : 2);
		}
		assert_int_equal(head(), rows[i].head);
	}
}

/* Comes as that key and instance, says one thing, and is lost. */
static void pass_by(size_t i, uint32_t key, uint64_t instance)
{
	char name[16];

	snprintf(name, sizeof(name), "m%x", key);
	session(i, 'M');
	memcpy(clients[i].identity, &key, sizeof(key));
	assert_int_equal(join_as(&clients[i], name, instance), CODE_OK);
	assert_int_equal(talk(&clients[i], "x", 1), CODE_OK);
	gone(&clients[i], LEAVE_QUIT);
}

/* By one key that begins anew all the time, or by many; while alice has a session or is awaited. */
static void nobody_is_made_forgotten_while_they_are_here(void **state)
{
	(void)state;
	for (int lost = 0; lost < 2; lost++)
		for (uint32_t keys = 1; keys <= SENDERS_MAX; keys += SENDERS_MAX - 1) {
			begin(GRACE);
			assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
			assert_int_equal(talk(&clients[0], "once", 1), CODE_OK);
			if (lost)
				gone(&clients[0], LEAVE_LOST);
			for (uint32_t i = 1; i <= SENDERS_MAX + 1; i++)
				pass_by(1, i % keys, i);
			uint64_t before = head();
			assert_int_equal(join(session(2, 'A'), "alice"), CODE_OK);
			assert_int_equal(talk(&clients[2], "once", 1), CODE_OK);
			assert_int_equal(reply.seq, 2);
			assert_int_equal(head(), before + (lost ? 1 : 0));
		}
}

static void other_instances_and_identities_count_for_themselves(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(1, 'B'), "bob"), CODE_OK);
	assert_int_equal(
		give(session(2, 'A'),
		     (struct command){.kind = COMMAND_JOIN, .text = words("rose"), .instance = 10}),
		CODE_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(talk(&clients[i], "hello", 1), CODE_OK);
		assert_int_equal(reply.seq, 4 + i);
	}
}

/* ---- names ----------------------------------------------------------------------------------- */

static void one_s_present_name_is_no_news(void **state)
{
	(void)state;
	for (const char *key = "A-"; *key; key++) {
		begin(GRACE);
		assert_int_equal(join(session(0, *key), "alice"), CODE_OK);
		assert_int_equal(nick(&clients[0], "alice"), CODE_OK);
		assert_int_equal(reply.seq, 0);
		assert_words(reply.text, "alice");
		assert_int_equal(head(), 1);
		assert_int_equal(nick(&clients[0], "Alice"), CODE_OK); /* in other letters it is */
		assert_int_equal(reply.seq, 2);
		expect(2, EVENT_NICK, "alice");
	}
}

static void a_rename_is_the_member_s_not_the_session_s(void **state)
{
	(void)state;
	assert_int_equal(join_apart(session(0, 'A'), "alice"), CODE_OK);
	assert_int_equal(join_apart(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(nick(&clients[0], "rose"), CODE_OK);
	assert_int_equal(talk(&clients[1], "me too", 1), CODE_OK);
	expect(3, EVENT_TALK, "rose");
	assert_int_equal(join_apart(session(2, 'A'), "alice"), CODE_OK); /* another member */
	expect(4, EVENT_JOIN, "alice");
	gone(&clients[0], LEAVE_LOST);
	gone(&clients[1], LEAVE_LOST);
	expect(5, EVENT_LOST, "rose");
	assert_int_equal(join_apart(session(3, 'A'), "rose"), CODE_OK);
	expect(6, EVENT_BACK, "rose");
}

/*
 * One client: as which name it came first, which it took then (so many times as it has answers lost), and
 * by which it comes back.
 */
static void who_was_renamed_comes_back_as_that_member(void **state)
{
	static const struct {
		const char *asks;
		uint64_t instance;
		bool same; /* member as before */
	} rows[] = {
		{"bob", 9, true},   {"robert", 9, true}, {"rob", 9, true},  {"admin", 9, true},
		{"carol", 9, true}, {"", 9, true},	 {"bob", 8, false}, {"robert", 8, true},
		{"bob", 0, false},  {"robert", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		bool lost = i % 2;
		begin(GRACE);
		assert_int_equal(join(session(0, 'B'), "bob"), CODE_OK);
		assert_int_equal(join(session(2, 'C'), "carol"), CODE_OK);
		assert_int_equal(nick(&clients[0], "robert"), CODE_OK);
		if (lost)
			gone(&clients[0], LEAVE_LOST);
		assert_int_equal(join_as(session(1, 'B'), rows[i / 2].asks, rows[i / 2].instance),
				 CODE_OK);
		assert_words(reply.text, rows[i / 2].same ? "robert" : rows[i / 2].asks);
		if ((roster_count(hub_roster(hub)) == 2) != rows[i / 2].same)
			fail_msg("row %zu", i / 2);
		if (!rows[i / 2].same)
			continue;
		uint64_t before = head();
		assert_int_equal(before, lost ? 5 : 3);
		assert_int_equal(nick(&clients[1], "robert"), CODE_OK); /* again */
		assert_int_equal(reply.seq, 0);
		assert_words(reply.text, "robert");
		assert_int_equal(head(), before);
		assert_int_equal(member("robert")->state, MEMBER_HERE);
	}
}

/* Another identity that guessed the number is somebody else. */
static void an_instance_is_its_identity_s(void **state)
{
	(void)state;
	assert_int_equal(join(session(0, 'B'), "bob"), CODE_OK);
	assert_int_equal(join(session(1, 'A'), "bob"), CODE_NAME_TAKEN);
	assert_int_equal(join(session(1, 'A'), "alice"), CODE_OK);
	assert_int_equal(join(session(2, '-'), "eve"), CODE_OK);
	assert_int_equal(join(session(3, '-'), "mallory"), CODE_OK);
	assert_int_equal(roster_count(hub_roster(hub)), 4);
}

/* Who was taken out, or was waited for in vain, comes anew, as whoever it wants to be. */
static void a_member_that_is_gone_is_no_more_come_back_to(void **state)
{
	struct hub_client *first;

	(void)state;
	assert_int_equal(join(session(0, 'B'), "bob"), CODE_OK);
	assert_int_equal(hub_kick(hub, words("bob"), words(""), now, &first), ERR_NONE);
	assert_int_equal(join(&clients[0], "bert"), CODE_OK);
	expect(3, EVENT_JOIN, "bert");
	gone(&clients[0], LEAVE_TIMED_OUT);
	after(GRACE);
	assert_int_equal(join(session(1, 'B'), "rob"), CODE_OK);
	expect(6, EVENT_JOIN, "rob");
	gone(&clients[1], LEAVE_QUIT);
	assert_int_equal(join(session(2, 'B'), "robert"), CODE_OK);
	expect(8, EVENT_JOIN, "robert");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(a_name_is_kept_for_its_owner),
		TEST(who_has_no_identity_owns_nothing),
		TEST(one_may_own_several_names_and_be_here_under_them),
		TEST(a_name_can_be_released_when_nobody_is_here_under_it),
		TEST(the_oldest_name_of_a_key_gives_way),
		TEST(who_is_here_under_all_its_names_gets_no_other),
		TEST(the_same_name_again_is_one_more_session),
		TEST(one_more_session_says_where_to_begin),
		TEST(a_full_room_takes_one_more_session_of_who_is_there),
		TEST(only_the_last_session_s_end_is_the_member_s),
		TEST(the_last_session_s_quit_has_a_number),
		TEST(who_quits_takes_along_what_it_gave_up),
		TEST(who_quit_does_not_come_back_by_a_session_that_is_late),
		TEST(only_who_quit_is_over),
		TEST(a_kick_ends_all_sessions),
		TEST(the_place_of_a_lost_member_is_kept),
		TEST(without_grace_who_is_lost_leaves),
		TEST(who_comes_back_in_time_has_never_left),
		TEST(who_rejoins_before_being_missed_is_not_lost),
		TEST(each_has_its_own_time),
		TEST(who_is_lost_can_be_kicked),
		TEST(at_the_end_nobody_is_waited_for),
		TEST(who_tells_who_is_there),
		TEST(a_talk_that_comes_again_gets_the_first_answer),
		TEST(what_was_said_is_remembered_longer_than_the_place),
		TEST(a_refused_talk_was_not_said),
		TEST(only_counted_talks_can_be_repeats),
		TEST(nobody_is_made_forgotten_while_they_are_here),
		TEST(other_instances_and_identities_count_for_themselves),
		TEST(one_s_present_name_is_no_news),
		TEST(a_rename_is_the_member_s_not_the_session_s),
		TEST(who_was_renamed_comes_back_as_that_member),
		TEST(an_instance_is_its_identity_s),
		TEST(a_member_that_is_gone_is_no_more_come_back_to),
	};

	return cmocka_run_group_tests_name("hub members", tests, NULL, NULL);
}
