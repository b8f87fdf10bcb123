/*
 * A server that is refused memory, at every place where it asks for it: whoever it happens to is
 * turned away or lost, the others notice nothing, and at the end all is over in time.
 */
#include "hub_ear.h"
#include "peers_rig.h"

#include "refuse.h"

#include "proto/timerq.h"

#include <stdio.h>

enum { BYSTANDERS = 4, NEWCOMERS = 20 };

static struct rig r;
static struct guest *bystanders[BYSTANDERS];

/* Guests have all the memory they want. */
static uint64_t ask(struct guest *g, enum command_kind kind, const char *text)
{
	struct command c = {.kind = kind, .room = WIRE_LOBBY, .text = slice_of(text, strlen(text))};

	refuse_pause(true);
	enum err e = session_command(g->session, &c);
	refuse_pause(false);
	assert_true(e == ERR_NONE || e == ERR_CLOSED);
	return e == ERR_NONE ? c.id : 0;
}

static void begin(void)
{
	char name[] = "bystander0";

	refuse(0, 0);
	rig_begin(&r, 1000);
	r.guests_work = refuse_pause;
	for (int i = 0; i < BYSTANDERS; i++, name[9]++)
		bystanders[i] = rig_member(&r, name, i % 2);
}

static void newcomers_come(void)
{
	char name[16];

	for (int i = 0; i < NEWCOMERS; i++) {
		snprintf(name, sizeof(name), "new%d", i);
		struct guest *g = rig_guest(&r, i % 3 == 0);
		ask(g, COMMAND_JOIN, name);
		rig_turn(&r);
		if (i % 4 == 0)
			ask(g, COMMAND_NICK, name + 1);
		if (i % 5 == 0)
			ask(g, COMMAND_QUIT, "");
		if (i == 6 && g->peer)
			rig_hang_up(&r, g);
		rig_turn(&r);
	}
}

static void all_talk(void)
{
	static char text[5001];

	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < BYSTANDERS; i++) {
		ask(bystanders[i], COMMAND_TALK, i % 2 ? "hello" : text);
		ask(bystanders[i], COMMAND_WHO, "");
		rig_turn(&r);
	}
	bystanders[1]->takes = 3; /* what it does not take has to be kept */
	ask(bystanders[0], COMMAND_TALK, "and you?");
	rig_turn(&r);
	bystanders[1]->takes = SIZE_MAX;
	if (bystanders[1]->peer)
		peers_writable(r.peers, bystanders[1]->peer);
	enum err e = peers_kick(r.peers, rig_now(&r), slice_of("new1", 4), slice_of("x", 1));
	assert_true(e == ERR_NONE || e == ERR_NOT_FOUND);
	e = hub_announce(r.hub, slice_of("all ok?", 7), rig_now(&r));
	assert_true(e == ERR_NONE || e == ERR_MEMORY);
	rig_run(&r, SECOND);
}

static size_t bystanders_left(void)
{
	size_t left = 0;

	for (int i = 0; i < BYSTANDERS; i++) {
		struct guest *g = bystanders[i];
		if (g->ended || g->closed)
			continue;
		assert_true(g->heard == rig_head(&r)); /* in order and whole: see the rig */
		uint64_t id = ask(g, COMMAND_TALK, "still here");
		rig_run(&r, SECOND);
		assert_int_equal(rig_answer(g, id), CODE_OK);
		left++;
	}
	return left;
}

/* True: some allocation was refused. */
static bool survives(uint64_t after, uint64_t count)
{
	begin();
	refuse(after, count);
	newcomers_come();
	all_talk();
	bool any = refused();
	refuse(0, 0);
	rig_run(&r, 20 * SECOND);
	assert_in_range(bystanders_left(), count == 1 ? BYSTANDERS - 1 : 0, BYSTANDERS);
	for (size_t i = 0; i < r.count; i++)
		if (!r.guests[i].closed && !r.guests[i].ended && r.guests[i].first > 0)
			assert_true(r.guests[i].heard == rig_head(&r));
	peers_shutdown(r.peers, rig_now(&r));
	rig_run(&r, 10 * SECOND);
	assert_int_equal(peers_count(r.peers), 0);
	assert_int_equal(roster_count(hub_roster(r.hub)), 0);
	rig_end(&r);
	return any;
}

static void any_one_allocation_may_fail(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (survives(after, 1))
		after++;
	assert_in_range(after, 100, 100000);
}

static void any_few_allocations_may_fail(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (survives(after, 5))
		after += 3;
	assert_in_range(after, 100, 100000);
}

static void memory_may_be_gone_for_a_while(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (survives(after, UINT64_MAX))
		after += 7;
	assert_in_range(after, 100, 100000);
}

/* Between the tick and the pump others come, and take all the places for deadlines that there are. */
static void a_deadline_that_was_due_keeps_its_place(void **state)
{
	char name[16];

	(void)state;
	for (int there = 10; there < 20; there++) {
		refuse(0, 0);
		rig_begin(&r, 1000);
		for (int i = 0; i < there; i++) {
			snprintf(name, sizeof(name), "m%d", i);
			rig_member(&r, name, false)->deaf = true;
		}
		assert_int_equal(hub_announce(r.hub, slice_of("nobody hears", 12), rig_now(&r)),
				 ERR_NONE);
		while (peers_pump(r.peers, rig_now(&r)))
			continue;
		r.now += 2 * SECOND; /* all of them are to be probed */
		peers_tick(r.peers, rig_now(&r));
		for (int i = 0; i < there; i++)
			rig_stranger(&r, true);
		refuse(0, UINT64_MAX);
		peers_pump(r.peers, rig_now(&r));
		refuse(0, 0);
		assert_true(peers_deadline(r.peers) > r.now);
		rig_end(&r);
	}
}

/* Members that rest have to be woken for what is said: if that cannot be, then as soon as it can. */
static void who_rests_is_told_once_there_is_memory(void **state)
{
	char name[16];

	(void)state;
	refuse(0, 0);
	rig_begin(&r, 1000);
	for (int i = 0; i < NEWCOMERS; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		(void)rig_member(&r, name, false);
	}
	rig_run(&r, 5 * SECOND);
	uint64_t head = rig_head(&r);
	assert_int_equal(hub_announce(r.hub, slice_of("wake up", 7), rig_now(&r)), ERR_NONE);
	hub_turn(r.hub, rig_now(&r));
	refuse(0, UINT64_MAX);
	while (peers_pump(r.peers, rig_now(&r)))
		continue;
	assert_true(refused());
	refuse(0, 0);
	assert_true(peers_deadline(r.peers) > r.now);
	rig_run(&r, SECOND);
	for (size_t i = 0; i < r.count; i++)
		assert_true(r.guests[i].heard == head + 1);
	rig_end(&r);
}

static void announce(struct hub *h)
{
	assert_int_equal(hub_announce(h, slice_of("fill!", 5), (struct instant){1, 1}), ERR_NONE);
	hub_turn(h, (struct instant){1, 1});
}

static struct hub *hub_with(struct hub_client *c, const struct command *join)
{
	struct hub_config config = {.max_members = 10};
	struct hub *h = hub_new(&config, NULL);

	assert_non_null(h);
	ear_begin(h);
	if (join)
		(void)ear_ask(h, c, join, (struct instant){1, 1});
	return h;
}

/* Events that still fit what memory the room has: the next needs more. */
static size_t places_left(const struct command *join)
{
	struct hub_client c = {.bearer = NULL};
	struct hub *h = hub_with(&c, join);
	size_t n = 0;

	announce(h);
	for (uint64_t first = room_first(hub_room(h, WIRE_LOBBY));; n++) {
		announce(h);
		if (room_first(hub_room(h, WIRE_LOBBY)) !=
		    first) /* a new piece: the old one went */
			break;
	}
	hub_free(h);
	return n + 1;
}

/* What cannot be told to the room is not done: nobody comes or is renamed behind its back. */
static bool command_is_done_or_not(uint64_t after, enum command_kind kind, bool known)
{
	const struct instant now = {1, 1};
	struct bearer somebody = {.identity = {7}};
	struct hub_client c = {.bearer = known ? &somebody : NULL};
	struct command join = {
		.id = 1, .kind = COMMAND_JOIN, .room = WIRE_LOBBY, .text = slice_of("before", 6)};
	struct command next = {.id = 2,
			       .kind = kind,
			       .room = WIRE_LOBBY,
			       .text = slice_of("after", 5),
			       .instance = 1,
			       .mid = 1};

	refuse(0, 0);
	const struct command *first = kind == COMMAND_JOIN ? NULL : &join;
	struct hub *hub = hub_with(&c, first);
	struct room *room = hub_room(hub, WIRE_LOBBY);
	for (size_t left = places_left(first); left > 0; left--)
		announce(hub);
	uint64_t head = room_head(room);
	refuse(after, 1);
	struct reply reply = ear_ask(hub, &c, &next, now);
	bool any = refused(), done = reply.code == CODE_OK;
	refuse(0, 0);
	assert_true(done || (any && reply.code == CODE_SERVER_FULL));
	assert_true(room_head(room) == head + done);
	assert_int_equal(roster_count(hub_roster(hub)), kind != COMMAND_JOIN || done);
	if (c.member)
		assert_string_equal(spelling_text(c.member->spelling), done ? "after" : "before");
	hub_free(hub);
	return any;
}

static void what_cannot_be_told_is_not_done(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		uint64_t after = 0;
		while (command_is_done_or_not(after, i & 1 ? COMMAND_JOIN : COMMAND_NICK, i & 2))
			after++;
		assert_in_range(after, 1, 20);
	}
}

static void without_memory_there_is_no_table(void **state)
{
	struct peers_config config = {.max_peers = 10};
	struct peers_port port = {0};

	(void)state;
	refuse(0, 0);
	rig_begin(&r, 10);
	refuse(0, 1);
	assert_null(peers_new(&config, r.hub, &port));
	refuse(0, 0);
	rig_end(&r);
	for (uint64_t after = 0;; after++) {
		struct hub_config hub_config = {.room_bytes = 1000, .max_members = 10};
		refuse(after, 1);
		struct hub *hub = hub_new(&hub_config, NULL);
		bool any = refused();
		refuse(0, 0);
		hub_free(hub);
		if (!any)
			break;
		assert_null(hub);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_allocation_may_fail),
		cmocka_unit_test(any_few_allocations_may_fail),
		cmocka_unit_test(memory_may_be_gone_for_a_while),
		cmocka_unit_test(a_deadline_that_was_due_keeps_its_place),
		cmocka_unit_test(who_rests_is_told_once_there_is_memory),
		cmocka_unit_test(what_cannot_be_told_is_not_done),
		cmocka_unit_test(without_memory_there_is_no_table),
	};

	return cmocka_run_group_tests_name("peers, memory", tests, NULL, NULL);
}
