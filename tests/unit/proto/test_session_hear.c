/* What a client makes of rooms that it enters and leaves, that others open, and that a server makes up. */
#include "session_rig.h"

#include "proto/session_internal.h"

static struct rig r;

enum { NEXT = 100000, MS = 1000, DEV = 2, TEA = 3, ALICE = 4 };

static struct readers *readers(void)
{
	return &r.end[SERVER]->server.readers;
}

/* ---- leaving ----------------------------------------------------------------------------------- */

static void after_the_reply_to_part_nothing_is_heard(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_entered(&r, DEV, 0);
		rig_run(&r, SECOND);
		rig_happen_often(&r, DEV, 60, 500);
		rig_expect_answered(
			&r, rig_part(&r, DEV)); /* the rig knows that up to there nothing comes */
		uint64_t last = r.rooms[DEV].head;
		rig_happen_often(&r, DEV, 10, 100);
		rig_run(&r, 2 * SECOND);
		assert_true(r.rooms[DEV].heard == last);
		assert_true(session_heard(r.end[CLIENT], DEV) == last);
		assert_int_equal(readers()->count, 1);
		rig_entered(&r, DEV, last + 5);
		rig_happen_often(&r, DEV, 10, 100);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, DEV);
		rig_end(&r);
	}
}

/* A room that was entered again with its whole log: what was heard is not heard again. */
static void what_was_heard_is_not_heard_again(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_happen_often(&r, DEV, 100, 100);
		rig_entered(&r, DEV, 0);
		rig_run(&r, SECOND);
		rig_entered(&r, DEV, 50); /* while one is in it */
		rig_run(&r, SECOND);
		rig_expect_heard(&r, DEV);
		rig_expect_answered(&r, rig_part(&r, DEV));
		rig_entered(&r, DEV, 0);
		rig_happen_often(&r, DEV, 10, 100);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, DEV);
		rig_end(&r);
	}
}

/* All replies are, but those that go out after so many commands. */
static enum fate is_late(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	return to == CLIENT && rig->commands < (size_t)rig->countdown &&
			       rig_frames_in(rig, to, bytes, n, FRAME_REPLY)
		       ? IS_LATE
		       : PASSES;
}

/* PART and ENTER, and the reply to the second is there first. */
static void overtake(bool parts_last)
{
	rig_joined(&r, SESSION_DGRAM);
	rig_happen_often(&r, DEV, 20, 100);
	rig_entered(&r, DEV, 0);
	rig_run(&r, SECOND);
	r.weather = is_late;
	r.countdown = (int)r.commands + 2;
	uint64_t first = parts_last ? rig_enter(&r, DEV, 10) : rig_part(&r, DEV);
	rig_work(&r);
	rig_happen_often(&r, DEV, 4, 600);
	rig_run(&r, MS);
	uint64_t second = parts_last ? rig_part(&r, DEV) : rig_enter(&r, DEV, 21);
	rig_happen_often(&r, DEV, 3, 600);
	rig_run(&r, 2 * SECOND);
	assert_true(r.answers[r.answer_count - 1].id == first);
	assert_non_null(rig_answer(&r, second));
	rig_happen_often(&r, DEV, 5, 100);
	rig_run(&r, SECOND);
	assert_int_equal(readers()->count, parts_last ? 1 : 2);
	assert_int_equal(hearing_find(&r.end[CLIENT]->client->hearing, DEV)->left, parts_last);
}

/* From 22 on, as the ENTER had it: the PART's reply comes too late to end anything. */
static void a_newer_reply_stands_against_an_older_one(void **state)
{
	(void)state;
	overtake(false);
	rig_expect_heard(&r, DEV);
	rig_end(&r);
	overtake(true);
	rig_end(&r);
}

static void a_room_that_was_left_may_begin_again_by_itself(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_entered(&r, ALICE, 0);
		rig_happen_often(&r, ALICE, 5, 100);
		rig_run(&r, SECOND);
		rig_expect_answered(&r, rig_part(&r, ALICE));
		assert_true(hearing_find(&r.end[CLIENT]->client->hearing, ALICE)->left);
		rig_happen_often(&r, ALICE, 5, 100);
		assert_int_equal(session_follow(r.end[SERVER], ALICE, 1), ERR_NONE);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, ALICE); /* what comes after the PART; see the rig */
		assert_false(hearing_find(&r.end[CLIENT]->client->hearing, ALICE)->left);
		rig_end(&r);
	}
}

/* ---- rooms that others open -------------------------------------------------------------------- */

static void a_room_of_two_begins_by_itself(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_happen_often(&r, ALICE, 3, 2000);
		assert_int_equal(session_follow(r.end[SERVER], ALICE, 1), ERR_NONE);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, ALICE);
		rig_happen_in(&r, ALICE, 20);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, ALICE);
		rig_end(&r);
	}
}

static enum fate lose_first(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == CLIENT && rig->countdown > 0 && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

static void its_beginning_may_be_lost(void **state)
{
	(void)state;
	for (int lost = 1; lost <= 4; lost++) {
		rig_joined(&r, SESSION_DGRAM);
		rig_happen_often(&r, ALICE, 8, 900);
		r.weather = lose_first;
		r.countdown = lost;
		assert_int_equal(session_follow(r.end[SERVER], ALICE, 1), ERR_NONE);
		rig_run(&r, 2 * SECOND);
		rig_expect_heard(&r, ALICE);
		rig_end(&r);
	}
}

/* The reply to ENTER is lost, and events come before it. */
static void events_before_the_reply_come_again(void **state)
{
	(void)state;
	for (uint64_t since = 0; since <= 20; since += 10) {
		rig_joined(&r, SESSION_DGRAM);
		rig_happen_often(&r, DEV, 20, 1000);
		r.weather = lose_first;
		r.countdown = 1;
		uint64_t id = rig_enter(&r, DEV, since);
		rig_work(&r);
		rig_run(&r, 3 * r.delay);
		assert_int_equal(r.countdown, 0);
		assert_true(since > 0 || r.rooms[DEV].heard == 0);
		rig_expect_answered(&r, id);
		rig_run(&r, 2 * SECOND);
		rig_expect_heard(&r, DEV);
		rig_end(&r);
	}
}

/* A room of two opens while an ENTER of another room is thought about. */
static void an_unknown_room_waits_for_the_reply_to_enter(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		r.think = 1;
		r.thought_at = r.now + 300 * MS;
		uint64_t id = rig_enter(&r, DEV, 0);
		rig_run(&r, 50 * MS);
		rig_happen_often(&r, ALICE, 5, 200);
		assert_int_equal(session_follow(r.end[SERVER], ALICE, 1), ERR_NONE);
		rig_run(&r, 200 * MS);
		assert_null(rig_answer(&r, id));
		/* on a stream the reply would have come before its events */
		assert_int_equal(r.rooms[ALICE].heard, link == SESSION_DGRAM ? 0 : 5);
		rig_run(&r, 2 * SECOND);
		assert_non_null(rig_answer(&r, id));
		rig_expect_heard(&r, ALICE);
		rig_expect_heard(&r, DEV);
		rig_end(&r);
	}
}

/* ---- hostile ends ------------------------------------------------------------------------------ */

static void forge_event(uint32_t room, uint64_t seq, uint64_t number)
{
	uint8_t bytes[64];
	struct buf b = buf_of(bytes, sizeof(bytes));

	event_put(&b,
		  &(struct event){
			  .room = room, .seq = seq, .kind = EVENT_JOIN, .from = slice_of("x", 1)});
	rig_forge(&r, CLIENT, number, &b);
}

/* Whoever has asked for it again is told where it begins before what comes in it. */
static void a_room_that_was_left_waits_for_the_reply_to_enter(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_entered(&r, DEV, 0);
	rig_happen_often(&r, DEV, 20, 100);
	rig_run(&r, SECOND);
	rig_expect_answered(&r, rig_part(&r, DEV));
	uint64_t left_at = session_heard(r.end[CLIENT], DEV);
	r.think = 1;
	r.thought_at = r.now + 300 * MS;
	uint64_t id = rig_enter(&r, DEV, left_at);
	rig_run(&r, 50 * MS);
	forge_event(DEV, left_at + 1, NEXT); /* as if the reply had been lost */
	rig_run(&r, 50 * MS);
	assert_null(rig_answer(&r, id));
	assert_true(session_heard(r.end[CLIENT], DEV) == left_at);
	rig_expect_answered(&r, id);
	rig_happen_often(&r, DEV, 20, 100);
	rig_run(&r, SECOND);
	rig_expect_heard(&r, DEV);
	rig_end(&r);
}

/* Each with an event that waits for the first: none is ever given out. */
static void a_server_cannot_open_rooms_without_end(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		for (uint32_t room = DEV; room <= HEARING_ROOMS_MAX; room++) {
			forge_event(room, 2, NEXT + room);
			assert_false(r.ended[CLIENT]);
		}
		forge_event(HEARING_ROOMS_MAX + 1, 2, NEXT + 500);
		rig_run(&r, 2 * SECOND);
		assert_int_equal(r.end_code[CLIENT], CODE_PROTOCOL);
		assert_false(r.by_peer[CLIENT]);
		rig_end(&r);
	}
}

static void rooms_that_were_left_make_place(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		for (uint32_t room = DEV; room < RIG_ROOMS; room++) {
			rig_happen_often(&r, room, 2, 10);
			rig_entered(&r, room, 0);
			rig_run(&r, 100 * MS);
			rig_expect_heard(&r, room);
			rig_expect_answered(&r, rig_part(&r, room));
		}
		assert_int_equal(r.end[CLIENT]->client->hearing.count, HEARING_ROOMS_MAX);
		rig_happen(&r, 10);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, WIRE_LOBBY);
		rig_end(&r);
	}
}

static bool forge_large(uint32_t room, uint64_t seq, uint64_t *number)
{
	static const uint8_t piece[WIRE_PART_SIZE];
	uint8_t bytes[WIRE_FRAMES_MAX];
	size_t before = r.sent[SERVER];

	for (uint8_t i = 0; i < 2; i++) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		struct part p = {.room = room, .id = seq, .total = WIRE_ITEM_MAX, .index = i};
		p.bytes = slice_of(piece, sizeof(piece));
		part_put(&b, FRAME_EVENT_PART, &p);
		rig_forge(&r, CLIENT, (*number)++, &b);
	}
	rig_run(&r, RECOVERY_ACK_DELAY);
	return r.sent[SERVER] > before; /* it was acknowledged */
}

/* What waits is bounded over all rooms; the next event of each has its place all the same. */
static void a_server_cannot_fill_the_clients_memory(void **state)
{
	uint64_t number = NEXT;
	size_t taken = 0;

	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	const struct hearing *h = &r.end[CLIENT]->client->hearing;
	for (uint64_t seq = 3; seq <= 20; seq++)
		for (uint32_t room = DEV; room <= 40; room++)
			taken += forge_large(room, seq, &number);
	assert_in_range(taken, 100, HEARING_EARLY_MAX / WIRE_ITEM_MAX);
	assert_in_range(h->pool.held, HEARING_EARLY_MAX - 50000, HEARING_EARLY_MAX);
	for (uint32_t room = DEV; room <= 40; room++) {
		uint64_t before = hearing_find(h, room)->incoming.next;
		assert_true(before == 1);
		assert_true(forge_large(room, 1, &number));
	}
	assert_in_range(h->pool.held, 0, h->pool.max);
	assert_false(r.ended[CLIENT]);
	rig_end(&r);
}

/* Its parts are said to be the lobby's, and it is another room's. */
static void parts_that_lie_about_their_room_end_the_session(void **state)
{
	static uint8_t whole[WIRE_ITEM_MAX];
	struct buf b = buf_of(whole, sizeof(whole));

	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_happen_in(&r, DEV, 1);
	rig_happen_in(&r, DEV, 1500);
	struct slice event = rig_frame(&r, DEV, 2);
	buf_put_bytes(&b, event.data, event.len);
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t bytes[WIRE_FRAMES_MAX];
		struct buf f = buf_of(bytes, sizeof(bytes));
		struct part p = {.room = WIRE_LOBBY, .id = 2, .total = (uint32_t)b.len, .index = i};
		p.bytes = slice_of(whole + i * WIRE_PART_SIZE,
				   i ? b.len - WIRE_PART_SIZE : WIRE_PART_SIZE);
		part_put(&f, FRAME_EVENT_PART, &p);
		rig_forge(&r, CLIENT, NEXT + i, &f);
	}
	rig_run(&r, 2 * SECOND);
	assert_int_equal(r.end_code[CLIENT], CODE_PROTOCOL);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_the_reply_to_part_nothing_is_heard),
		cmocka_unit_test(what_was_heard_is_not_heard_again),
		cmocka_unit_test(a_newer_reply_stands_against_an_older_one),
		cmocka_unit_test(a_room_that_was_left_may_begin_again_by_itself),
		cmocka_unit_test(a_room_of_two_begins_by_itself),
		cmocka_unit_test(its_beginning_may_be_lost),
		cmocka_unit_test(events_before_the_reply_come_again),
		cmocka_unit_test(an_unknown_room_waits_for_the_reply_to_enter),
		cmocka_unit_test(a_room_that_was_left_waits_for_the_reply_to_enter),
		cmocka_unit_test(a_server_cannot_open_rooms_without_end),
		cmocka_unit_test(rooms_that_were_left_make_place),
		cmocka_unit_test(a_server_cannot_fill_the_clients_memory),
		cmocka_unit_test(parts_that_lie_about_their_room_end_the_session),
	};

	return cmocka_run_group_tests_name("session, hear", tests, NULL, NULL);
}
