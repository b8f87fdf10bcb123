/* From one life of the server to the next: what was kept is as it was. */
#include "hub_store_scene.h"

#include "fake_memory.h"

#include <stdio.h>

enum { PLENTY = 1000 };

static enum err restored;

/* The server dies: what is under way or pending is lost, and it starts again with what was kept. */
static void restart_with(struct slice records, uint64_t grace)
{
	struct hub_config config = {.room_bytes = 1 << 20,
				    .max_members = 70,
				    .max_names = 200,
				    .grace_us = grace,
				    .epoch = 1,
				    .store = &fake_port};
	struct hub_observer observer = {count, NULL};

	hub_free(hub);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = (struct hub_client){
			.address = {.transport = TRANSPORT_UDP, .port = (uint16_t)(i + 1)},
			.bearer = clients[i].bearer};
	fake.busy = false;
	now.mono_us = 5 * SECOND; /* of another boot */
	hub = hub_new(&config, &observer);
	assert_non_null(hub);
	ear_begin(hub);
	restored = hub_restore(hub, records, now);
	told = head();
}

static void restart(size_t events)
{
	restart_with(memory_records(EPOCH, events), GRACE);
	assert_int_equal(restored, ERR_NONE);
	if (!hub_idle(hub))
		keep();
}

/* A first start, so that the store knows of the lobby. */
static int set_up_empty(void **state)
{
	set_up(state);
	assert_int_equal(hub_restore(hub, slice_of(NULL, 0), now), ERR_NONE);
	keep();
	return 0;
}

struct joined {
	uint64_t first, seq;
};

static struct joined joins(struct hub_client *c, const char *name, uint64_t instance)
{
	ask_join(c, name, instance);
	if (!hub_idle(hub) && !fake.busy)
		keep();
	assert_answered(c, asked, CODE_OK);
	assert_true(ear.reply.epoch == EPOCH);
	return (struct joined){ear.reply.first, ear.reply.seq};
}

/* ---- the log --------------------------------------------------------------------------------- */

static void the_first_start_makes_a_lobby(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(records_of(fake_kept(), RECORD_ROOM, &r), 1);
	assert_int_equal(r.room.number, WIRE_LOBBY);
	assert_words(r.room.name, "#lobby");
	restart(PLENTY);
	assert_int_equal(head(), 0);
	assert_int_equal(records_of(fake_kept(), RECORD_ROOM, &r), 1); /* it is known already */
}

static void the_log_goes_on_where_it_was(void **state)
{
	static const size_t given[] = {PLENTY, 3, 1, 0};

	for (size_t i = 0; i < COUNT_OF(given); i++) {
		set_up_empty(state);
		struct hub_client *alice = member_with(0, 'A', "alice");
		for (uint64_t n = 1; n <= 5; n++) {
			ask_talk(alice, "said", n);
			keep();
		}
		ask_talk(alice, "not kept", 6);
		take_off();
		restart(given[i]);
		assert_int_equal(head(), 6);
		uint64_t first = room_first(hub_room(hub, WIRE_LOBBY));
		assert_int_equal(first, given[i] > 6 ? 1 : 7 - given[i]);
		joins(alice, "alice", 100);
		ask_talk(alice, "after", 6);
		keep();
		expect(7, EVENT_TALK, "alice");
		assert_words(newest().text, "after");
		if (first <= 6) {
			struct slice s = room_frame(hub_room(hub, WIRE_LOBBY), 6);
			struct frame f;
			assert_int_equal(frame_get(&s, &f), ERR_NONE);
			assert_words(f.event.text, "said");
			assert_memory_equal(room_author(hub_room(hub, WIRE_LOBBY), 6),
					    alice->bearer->identity, OWNER_BYTES);
		}
		tear_down(state);
	}
}

/* ---- who was there --------------------------------------------------------------------------- */

static void who_was_there_is_there_and_nobody_hears_of_it(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	member_with(1, 'B', "bob");
	restart(PLENTY);
	assert_int_equal(roster_count(hub_roster(hub)), 2);
	assert_int_equal(member("alice")->state, MEMBER_RECONNECTING);
	assert_true(hub_deadline(hub) == now.mono_us + GRACE);
	struct joined j = joins(alice, "alice", 100);
	assert_true(j.seq == 0 && j.first == 3);
	assert_int_equal(member("alice")->state, MEMBER_HERE);
	assert_int_equal(head(), 2);
	assert_true(hub_idle(hub));
	now.mono_us += GRACE;
	hub_tick(hub, now);
	keep();
	expect_quit(3, "bob", LEAVE_LOST);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	restart(PLENTY);
	assert_int_equal(roster_count(hub_roster(hub)), 1);
	assert_null(member("bob"));
}

static void who_was_lost_before_is_back_in_the_end(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	gone(alice, LEAVE_LOST);
	land(ERR_NONE);
	expect(2, EVENT_LOST, "alice");
	restart(PLENTY);
	joins(alice, "alice", 100);
	expect(3, EVENT_BACK, "alice");
	restart(PLENTY);
	joins(alice, "alice", 100);
	expect(3, EVENT_BACK, "alice"); /* as said before */
}

static void who_can_never_come_back_has_gone(void **state)
{
	(void)state;
	member_with(0, '-', "nobody");
	member_with(1, 'A', "alice");
	restart(PLENTY);
	expect_quit(3, "nobody", LEAVE_LOST);
	assert_int_equal(roster_count(hub_roster(hub)), 1);
	restart_with(memory_records(EPOCH, PLENTY), 0); /* a server that waits for nobody */
	keep();
	expect_quit(4, "alice", LEAVE_LOST);
}

/* It may not have heard by what name it is here. */
static void a_client_is_known_by_its_instance(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_nick(alice, "rose");
	keep();
	restart(PLENTY);
	joins(alice, "alice", 100);
	assert_string_equal(spelling_text(alice->member->spelling), "rose");
	assert_int_equal(head(), 2);
	joins(session(1, 'A'), "rose", 7); /* another client of hers: the newest */
	gone(&clients[0], LEAVE_LOST);
	restart(PLENTY);
	joins(&clients[1], "lily", 7);
	assert_string_equal(spelling_text(clients[1].member->spelling), "rose");
}

static void who_quit_does_not_come_back(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_quit(alice);
	keep();
	restart(PLENTY);
	assert_int_equal(roster_count(hub_roster(hub)), 0);
	ask_join(alice, "alice", 100); /* was on its way */
	assert_answered(alice, asked, CODE_LEFT);
	joins(alice, "alice", 101);
	expect(3, EVENT_JOIN, "alice");
}

/* ---- once ------------------------------------------------------------------------------------ */

static void what_was_said_is_not_said_again(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	for (uint64_t mid = 1; mid <= 100; mid++) {
		ask_talk(alice, "said", mid);
		if (mid % 7 == 0)
			keep();
	}
	keep();
	ask_talk(alice, "not kept", 101);
	take_off();
	restart(5);
	joins(alice, "alice", 100);
	for (uint64_t mid = 30; mid <= 100; mid++) {
		ask_talk(alice, "said", mid);
		assert_answered(alice, asked, CODE_OK);
		assert_true(ear.reply.seq == (mid > 36 ? mid + 1 : 0));
	}
	assert_int_equal(head(), 101);
	ask_talk(alice, "now it is", 101);
	keep();
	expect(102, EVENT_TALK, "alice");
}

/* ---- names ----------------------------------------------------------------------------------- */

static void a_name_is_its_owners_in_another_life(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	ask_nick(alice, "Rose");
	keep();
	ask_quit(alice);
	keep();
	assert_int_equal(names_count(hub_names(hub)), 2);
	restart(PLENTY);
	assert_int_equal(names_count(hub_names(hub)), 2);
	ask_join(session(1, 'B'), "rose", 1);
	assert_answered(&clients[1], asked, CODE_NAME_TAKEN);
	ask_join(&clients[1], "alice", 1);
	assert_answered(&clients[1], asked, CODE_NAME_TAKEN);
	joins(alice, "ROSE", 102);
	ask_quit(alice);
	keep();
	assert_int_equal(hub_release(hub, words("alice")), ERR_NONE);
	keep();
	restart(PLENTY);
	assert_int_equal(names_count(hub_names(hub)), 1);
	assert_string_equal(spelling_text(&names_find(hub_names(hub), "rose", 4)->spelling),
			    "ROSE");
}

static void what_a_name_has_seen_is_kept(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");

	(void)state;
	now.wall_ms += 5000;
	ask_quit(alice);
	keep();
	restart(PLENTY);
	struct names_past past = names_past(names_find(hub_names(hub), "alice", 5), now.wall_ms);
	assert_true(past.first == 1000 && past.last == 6000 && past.used == 5000);
}

/* ---- what is no such thing ------------------------------------------------------------------- */

static void what_cannot_have_been_is_refused(void **state)
{
	static const struct record rows[] = {
		{.kind = RECORD_ABSENT, .present = {.room = 1}},
		{.kind = RECORD_NAME_GONE},
		{.kind = RECORD_NAME},					/* of nobody */
		{.kind = RECORD_EVENT, .event = {.room = 1, .seq = 1}}, /* before its room */
		{.kind = RECORD_ROOM, .room = {.number = 2}},		/* without a name */
		{.kind = RECORD_ROOM, .room = {.number = 2, .kind = RECORD_DIRECT}},
	};
	uint8_t bytes[RECORD_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		record_put(&b, &rows[i]);
		restart_with(slice_of(b.data, b.len), GRACE);
		assert_int_equal(restored, ERR_MALFORMED);
	}
	restart_with(slice_of("\xff", 1), GRACE);
	assert_int_equal(restored, ERR_MALFORMED);
	member_with(0, 'A', "alice");
}

/* Each event has its number, and the newest of them the room's. */
static void a_log_with_a_hole_is_refused(void **state)
{
	struct hub_client *alice = member_with(0, 'A', "alice");
	static uint8_t bytes[16 * RECORD_MAX];
	struct record r;

	(void)state;
	for (uint64_t n = 1; n < 4; n++)
		ask_talk(alice, "said", n);
	keep();
	for (size_t without = 2; without <= 5; without++) {
		struct slice all = memory_records(EPOCH, PLENTY);
		struct buf b = buf_of(bytes, sizeof(bytes));
		while (all.len > 0) {
			assert_int_equal(record_get(&all, &r), ERR_NONE);
			if (r.kind != RECORD_EVENT || r.event.seq != without)
				record_put(&b, &r);
		}
		restart_with(slice_of(b.data, b.len), GRACE);
		assert_int_equal(restored, without <= 4 ? ERR_MALFORMED : ERR_NONE);
	}
}

int main(void)
{
#define A_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_empty, tear_down)
	const struct CMUnitTest tests[] = {
		A_TEST(the_first_start_makes_a_lobby),
		cmocka_unit_test(the_log_goes_on_where_it_was),
		A_TEST(who_was_there_is_there_and_nobody_hears_of_it),
		A_TEST(who_was_lost_before_is_back_in_the_end),
		A_TEST(who_can_never_come_back_has_gone),
		A_TEST(a_client_is_known_by_its_instance),
		A_TEST(who_quit_does_not_come_back),
		A_TEST(what_was_said_is_not_said_again),
		A_TEST(a_name_is_its_owners_in_another_life),
		A_TEST(what_a_name_has_seen_is_kept),
		A_TEST(what_cannot_have_been_is_refused),
		A_TEST(a_log_with_a_hole_is_refused),
	};

	return cmocka_run_group_tests_name("hub, restored", tests, NULL, NULL);
}
