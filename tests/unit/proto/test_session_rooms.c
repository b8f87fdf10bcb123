/* Several rooms in one session: each heard in order and once, and none waits for another. */
#include "session_rig.h"

#include "proto/session_internal.h"

static struct rig r;

enum { NEXT = 100000, MS = 1000, DEV = 2, TEA = 3, ALICE = 4 };

static void joined(enum session_link link)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, SECOND);
}

static void expect_answered(uint64_t id)
{
	uint64_t until = r.now + 5 * SECOND;

	rig_work(&r);
	while (!rig_answer(&r, id))
		assert_true(rig_step(&r, until));
	assert_int_equal(rig_answer(&r, id)->code, CODE_OK);
}

static void entered(uint32_t room, uint64_t since)
{
	expect_answered(rig_enter(&r, room, since));
}

static void many_happen(uint32_t room, int n, size_t len)
{
	while (n-- > 0)
		rig_happen_in(&r, room, len);
}

static struct readers *readers(void)
{
	return &r.end[SERVER]->server.readers;
}

static size_t frames_in(enum side to, size_t i, enum frame_type type)
{
	const struct unit *u = rig_under_way(&r, to, i);

	return u ? rig_frames_in(&r, to, u->bytes, u->len, type) : 0;
}

static enum fate dark(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)to, (void)bytes, (void)n;
	return rig->countdown ? IS_LOST : PASSES;
}

/* ---- being in several -------------------------------------------------------------------------- */

static void every_room_is_heard_in_order(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		many_happen(DEV, 50, 20);
		many_happen(TEA, 7, 3000);
		entered(DEV, 0);
		entered(TEA, 5);
		for (int i = 0; i < 40; i++) {
			rig_happen_in(&r, WIRE_LOBBY + i % 3, i % 7 ? 30 : 2000);
			rig_run(&r, 5 * MS);
		}
		rig_run(&r, SECOND);
		for (uint32_t room = WIRE_LOBBY; room <= TEA; room++)
			rig_expect_heard(&r, room);
		assert_int_equal(session_heard(r.end[CLIENT], ALICE), 0);
		rig_end(&r);
	}
}

static void one_room_takes_no_more_memory_than_before(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	assert_int_equal(readers()->count, 1);
	assert_null(readers()->more);
	assert_int_equal(r.end[CLIENT]->client.hearing.cap, 1);
	entered(DEV, 0);
	assert_non_null(readers()->more);
	expect_answered(rig_part(&r, DEV));
	rig_run(&r, SECOND);
	assert_int_equal(readers()->count, 1);
	assert_null(readers()->more); /* it is given back */
	rig_end(&r);
}

static void a_session_follows_so_many_rooms_and_no_more(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		for (uint32_t room = DEV; room <= WIRE_ROOMS_MAX; room++)
			entered(room, 0);
		assert_int_equal(session_follow(r.end[SERVER], 100, 1), ERR_FULL);
		assert_int_equal(session_follow(r.end[SERVER], DEV, 2),
				 ERR_NONE); /* is one of them */
		for (uint32_t room = WIRE_LOBBY; room <= WIRE_ROOMS_MAX; room++)
			many_happen(room, 3, 100);
		rig_run(&r, SECOND);
		for (uint32_t room = WIRE_LOBBY; room <= WIRE_ROOMS_MAX; room++)
			rig_expect_heard(&r, room);
		rig_end(&r);
	}
}

/* ---- fairness ---------------------------------------------------------------------------------- */

static void a_backlog_does_not_hold_up_the_lobby(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	many_happen(DEV, 100 * 1000, 40);
	entered(DEV, 0);
	rig_run(&r, 200 * MS);
	for (int i = 0; i < 10; i++) {
		uint64_t until = r.now + 2 * r.delay + 5 * MS; /* a full window, and one way */
		rig_happen(&r, 20);
		rig_work(&r);
		while (r.heard < r.head)
			assert_true(rig_step(&r, until));
		assert_true(r.rooms[DEV].heard < r.rooms[DEV].head);
		rig_run(&r, 7 * MS);
	}
	uint64_t until = r.now + 60 * SECOND;
	while (r.rooms[DEV].heard < r.rooms[DEV].head)
		assert_true(rig_step(&r, until));
	rig_end(&r);
}

/* Record by record, as a stream that takes few of them would have it. */
static void on_a_stream_every_record_has_something_of_each_room(void **state)
{
	static uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	size_t lobby = 0, dev = 0;
	struct frame f;

	(void)state;
	joined(SESSION_STREAM);
	many_happen(DEV, 10 * 1000, 40);
	assert_int_equal(session_follow(r.end[SERVER], DEV, 1), ERR_NONE);
	many_happen(WIRE_LOBBY, 3, 40);
	struct buf out = buf_of(storage, sizeof(storage));
	assert_true(session_output(r.end[SERVER], r.now, &out));
	struct slice frames = slice_of(storage + WIRE_RECORD_HEADER, out.len - WIRE_RECORD_HEADER);
	while (frames.len > 0) {
		assert_int_equal(frame_get(&frames, &f), ERR_NONE);
		lobby += f.event.room == WIRE_LOBBY;
		dev += f.event.room == DEV;
	}
	assert_int_equal(lobby, 3);
	assert_in_range(dev, 100, 1000);
	rig_end(&r);
}

/* Of sixty rooms with much to say none is far behind the others, and packets are full all the same. */
static void sixty_backlogs_go_hand_in_hand(void **state)
{
	enum { ROOMS = 60, EVENTS = 600, LEN = 40 };
	uint64_t least = EVENTS;

	(void)state;
	joined(SESSION_DGRAM);
	for (uint32_t room = DEV; room < DEV + ROOMS; room++)
		entered(room, 0);
	rig_run(&r, SECOND);
	for (uint32_t room = DEV; room < DEV + ROOMS; room++)
		many_happen(room, EVENTS, LEN);
	size_t before = r.sent[CLIENT];
	uint64_t until = r.now + 60 * SECOND;
	rig_work(&r);
	while (r.rooms[DEV].heard < r.rooms[DEV].head)
		assert_true(rig_step(&r, until));
	for (uint32_t room = DEV; room < DEV + ROOMS; room++)
		least = r.rooms[room].heard < least ? r.rooms[room].heard : least;
	assert_true(least >= EVENTS / 2);
	rig_run(&r, 10 * SECOND);
	for (uint32_t room = DEV; room < DEV + ROOMS; room++)
		rig_expect_heard(&r, room);
	size_t full = (size_t)ROOMS * EVENTS * r.rooms[DEV].frames[EVENTS].len / WIRE_FRAMES_MAX;
	assert_in_range(r.sent[CLIENT] - before, full, full * 5 / 4);
	rig_end(&r);
}

/* Events of the same number in two rooms, both lost: both go along with the next. */
static void what_is_overdue_goes_along_whatever_its_room(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	entered(DEV, 0);
	rig_run(&r, SECOND);
	assert_true(r.head == r.rooms[DEV].head);
	r.weather = dark;
	r.countdown = 1;
	rig_happen(&r, 10);
	rig_happen_in(&r, DEV, 10);
	rig_run(&r, 60 * MS);
	r.countdown = 0;
	rig_happen_in(&r, DEV, 10);
	rig_work(&r);
	assert_int_equal(frames_in(CLIENT, 0, FRAME_EVENT), 3);
	rig_run(&r, SECOND);
	rig_expect_heard(&r, DEV);
	rig_end(&r);
}

/* ---- what has to be fetched -------------------------------------------------------------------- */

static void what_is_fetched_lets_the_rest_pass(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		many_happen(DEV, 200, 100);
		r.rooms[DEV].later = true;
		entered(DEV, 0); /* its reply did not wait */
		for (int i = 0; i < 20; i++) {
			rig_happen(&r, 50);
			rig_talk(&r, 10);
			rig_run(&r, 50 * MS);
			rig_expect_heard(&r, WIRE_LOBBY);
		}
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		assert_int_equal(r.rooms[DEV].heard, 0);
		r.rooms[DEV].later = false;
		rig_run(&r, SECOND);
		rig_expect_heard(&r, DEV);
		rig_end(&r);
	}
}

/* With nothing else to do nobody asks for it, and nothing is sent. */
static void waiting_for_it_is_no_work(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		uint8_t storage[WIRE_PACKET_MAX];
		joined(link);
		r.rooms[DEV].later = true;
		entered(DEV, 0);
		rig_run(&r, SECOND);
		size_t fetched = r.rooms[DEV].fetched, sent = r.sent[CLIENT];
		rig_run(&r, 14 * SECOND);
		struct buf out = buf_of(storage, sizeof(storage));
		assert_false(session_output(r.end[SERVER], r.now, &out));
		assert_true(session_deadline(r.end[SERVER]) > r.now + SECOND);
		assert_in_range(r.rooms[DEV].fetched - fetched, 0, 10);
		assert_in_range(r.sent[CLIENT] - sent, 0, 1); /* the answer to a PING */
		r.rooms[DEV].later = false;
		rig_run(&r, SECOND); /* as its caller does when it is there */
		rig_expect_heard(&r, DEV);
		rig_end(&r);
	}
}

/* What was lost has been put away meanwhile. */
static void what_is_lost_may_have_to_be_fetched(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	entered(DEV, 0);
	rig_run(&r, SECOND);
	many_happen(DEV, 30, 400);
	rig_work(&r);
	rig_lose(&r, CLIENT);
	r.rooms[DEV].later = true;
	size_t sent = r.sent[CLIENT];
	for (int i = 0; i < 10; i++) {
		rig_happen(&r, 50);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, WIRE_LOBBY);
	}
	assert_in_range(r.sent[CLIENT] - sent, 10, 40);
	r.rooms[DEV].later = false;
	rig_run(&r, SECOND);
	rig_expect_heard(&r, DEV);
	rig_end(&r);
}

static void a_close_waits_for_it_for_a_while(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		for (int comes = 0; comes < 2; comes++) {
			joined(link);
			many_happen(DEV, 20, 100);
			r.rooms[DEV].later = true;
			entered(DEV, 0);
			rig_run(&r, SECOND);
			rig_happen(&r, 10);
			session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "");
			rig_run(&r, 2 * SECOND);
			assert_false(r.ended[CLIENT]);
			rig_expect_heard(&r, WIRE_LOBBY);
			r.rooms[DEV].later = !comes;
			rig_run(&r, comes ? SECOND : SESSION_DRAIN_TIMEOUT);
			assert_int_equal(r.end_code[CLIENT], CODE_SHUTDOWN);
			assert_true(r.ended[SERVER]);
			assert_int_equal(r.rooms[DEV].heard, comes ? r.rooms[DEV].head : 0);
			rig_end(&r);
		}
	}
}

/* ---- leaving ----------------------------------------------------------------------------------- */

static void a_room_ends_where_the_server_says(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		entered(DEV, 0);
		many_happen(DEV, 100, 300); /* more than a window */
		uint64_t last = r.rooms[DEV].head;
		session_unfollow(r.end[SERVER], DEV, last);
		session_unfollow(r.end[SERVER], TEA, 1); /* is not followed */
		many_happen(DEV, 100, 300);
		rig_run(&r, SECOND);
		assert_true(r.rooms[DEV].heard == last);
		assert_int_equal(readers()->count, 1);
		rig_happen(&r, 10);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, WIRE_LOBBY);
		rig_end(&r);
	}
}

static enum fate lose_cursors(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	return to == SERVER && rig->countdown > 0 &&
			       rig_frames_in(rig, to, bytes, n, FRAME_CURSOR) &&
			       rig->countdown-- > 0
		       ? IS_LOST
		       : PASSES;
}

/* Whichever CURSOR is the last to arrive: that everything was acknowledged will do. */
static void a_room_that_was_left_is_forgotten_though_cursors_are_lost(void **state)
{
	(void)state;
	for (int lost = 0; lost < 6; lost++) {
		joined(SESSION_DGRAM);
		entered(DEV, 0);
		rig_run(&r, SECOND);
		many_happen(DEV, 5, 1000);
		r.weather = lose_cursors;
		r.countdown = lost;
		rig_work(&r);
		session_unfollow(r.end[SERVER], DEV, r.rooms[DEV].head);
		rig_run(&r, 5 * SECOND);
		rig_expect_heard(&r, DEV);
		assert_int_equal(readers()->count, 1);
		rig_end(&r);
	}
}

static void what_is_lost_of_a_room_that_is_gone_is_not_missed(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	entered(DEV, 0);
	entered(TEA, 0);
	rig_run(&r, SECOND);
	many_happen(DEV, 5, 1000);
	many_happen(TEA, 5, 1000);
	rig_work(&r);
	rig_lose(&r, CLIENT); /* 5 and 5, in flight */
	session_unfollow(r.end[SERVER], DEV, r.rooms[DEV].head - 5);
	assert_null(readers_find(readers(), DEV)); /* all of that is there */
	rig_run(&r, 5 * SECOND);
	rig_expect_heard(&r, TEA);
	assert_true(r.rooms[DEV].heard == r.rooms[DEV].head - 5);
	rig_end(&r);
}

/* What was in flight of the first time is not taken for something of the second. */
static void a_room_may_be_followed_again_at_once(void **state)
{
	(void)state;
	for (uint64_t back = 0; back <= 30; back += 10) {
		joined(SESSION_DGRAM);
		entered(DEV, 0);
		rig_run(&r, SECOND);
		many_happen(DEV, 20, 500);
		rig_work(&r);
		rig_lose(&r, CLIENT);
		session_unfollow(r.end[SERVER], DEV, r.rooms[DEV].head);
		uint64_t first = r.rooms[DEV].head + 1 > back ? r.rooms[DEV].head + 1 - back : 1;
		assert_int_equal(session_follow(r.end[SERVER], DEV, first), ERR_NONE);
		many_happen(DEV, 20, 500);
		rig_run(&r, 5 * SECOND);
		if (back >= 20) /* or the client misses some, and was not told of it */
			rig_expect_heard(&r, DEV);
		assert_false(r.ended[CLIENT] || r.ended[SERVER]);
		rig_end(&r);
	}
}

static void after_the_reply_to_part_nothing_is_heard(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		entered(DEV, 0);
		rig_run(&r, SECOND);
		many_happen(DEV, 60, 500);
		expect_answered(
			rig_part(&r, DEV)); /* the rig knows that up to there nothing comes */
		uint64_t last = r.rooms[DEV].head;
		many_happen(DEV, 10, 100);
		rig_run(&r, 2 * SECOND);
		assert_true(r.rooms[DEV].heard == last);
		assert_true(session_heard(r.end[CLIENT], DEV) == last);
		assert_int_equal(readers()->count, 1);
		entered(DEV, last + 5);
		many_happen(DEV, 10, 100);
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
		joined(link);
		many_happen(DEV, 100, 100);
		entered(DEV, 0);
		rig_run(&r, SECOND);
		entered(DEV, 50); /* while one is in it */
		rig_run(&r, SECOND);
		rig_expect_heard(&r, DEV);
		expect_answered(rig_part(&r, DEV));
		entered(DEV, 0);
		many_happen(DEV, 10, 100);
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
	joined(SESSION_DGRAM);
	many_happen(DEV, 20, 100);
	entered(DEV, 0);
	rig_run(&r, SECOND);
	r.weather = is_late;
	r.countdown = (int)r.commands + 2;
	uint64_t first = parts_last ? rig_enter(&r, DEV, 10) : rig_part(&r, DEV);
	rig_work(&r);
	many_happen(DEV, 4, 600);
	rig_run(&r, MS);
	uint64_t second = parts_last ? rig_part(&r, DEV) : rig_enter(&r, DEV, 21);
	many_happen(DEV, 3, 600);
	rig_run(&r, 2 * SECOND);
	assert_true(r.answers[r.answer_count - 1].id == first);
	assert_non_null(rig_answer(&r, second));
	many_happen(DEV, 5, 100);
	rig_run(&r, SECOND);
	assert_int_equal(readers()->count, parts_last ? 1 : 2);
	assert_int_equal(hearing_find(&r.end[CLIENT]->client.hearing, DEV)->left, parts_last);
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
		joined(link);
		entered(ALICE, 0);
		many_happen(ALICE, 5, 100);
		rig_run(&r, SECOND);
		expect_answered(rig_part(&r, ALICE));
		assert_true(hearing_find(&r.end[CLIENT]->client.hearing, ALICE)->left);
		many_happen(ALICE, 5, 100);
		assert_int_equal(session_follow(r.end[SERVER], ALICE, 1), ERR_NONE);
		rig_run(&r, SECOND);
		rig_expect_heard(&r, ALICE); /* what comes after the PART; see the rig */
		assert_false(hearing_find(&r.end[CLIENT]->client.hearing, ALICE)->left);
		rig_end(&r);
	}
}

static void who_leaves_does_not_miss_what_was_forgotten(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		entered(DEV, 0);
		rig_run(&r, SECOND);
		many_happen(DEV, 5, 100);
		session_unfollow(r.end[SERVER], DEV, r.rooms[DEV].head - 2);
		r.rooms[DEV].kept_from = r.rooms[DEV].head + 1;
		rig_run(&r, SECOND);
		assert_int_equal(readers()->count, 1);
		assert_false(r.ended[SERVER]);
		rig_end(&r);
	}
}

static void whoever_needs_what_one_room_forgot_begins_anew(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		entered(DEV, 0);
		rig_run(&r, SECOND);
		many_happen(DEV, 5, 100);
		r.rooms[DEV].kept_from = r.rooms[DEV].head;
		rig_run(&r, SECOND);
		assert_int_equal(r.end_code[CLIENT], CODE_TOO_SLOW);
		rig_end(&r);
	}
}

/* ---- rooms that others open -------------------------------------------------------------------- */

static void a_room_of_two_begins_by_itself(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		many_happen(ALICE, 3, 2000);
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
		joined(SESSION_DGRAM);
		many_happen(ALICE, 8, 900);
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
		joined(SESSION_DGRAM);
		many_happen(DEV, 20, 1000);
		r.weather = lose_first;
		r.countdown = 1;
		uint64_t id = rig_enter(&r, DEV, since);
		rig_work(&r);
		rig_run(&r, 3 * r.delay);
		assert_int_equal(r.countdown, 0);
		assert_true(since > 0 || r.rooms[DEV].heard == 0);
		expect_answered(id);
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
		joined(link);
		r.think = 1;
		r.thought_at = r.now + 300 * MS;
		uint64_t id = rig_enter(&r, DEV, 0);
		rig_run(&r, 50 * MS);
		many_happen(ALICE, 5, 200);
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

/* ---- cursors ----------------------------------------------------------------------------------- */

static void a_cursor_is_told_of_rooms_with_news_alone(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	for (uint32_t room = DEV; room < DEV + 20; room++)
		entered(room, 0);
	rig_run(&r, SECOND);
	rig_happen_in(&r, TEA, 10);
	rig_run(&r, r.delay);
	assert_int_equal(frames_in(SERVER, 0, FRAME_ACK), 1);
	assert_int_equal(frames_in(SERVER, 0, FRAME_CURSOR), 1);
	rig_run(&r, SECOND);
	size_t sent = r.sent[SERVER];
	for (uint32_t room = DEV; room < DEV + 20; room++)
		rig_happen_in(&r, room, 10);
	rig_run(&r, SECOND);
	assert_in_range(r.sent[SERVER] - sent, 1, 10);
	for (uint32_t room = DEV; room < DEV + 20; room++)
		assert_true(readers_find(readers(), room)->confirmed == r.rooms[room].head + 1);
	rig_end(&r);
}

static enum fate none_to_server(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)rig, (void)bytes, (void)n;
	return to == SERVER ? IS_LOST : PASSES;
}

/* Acknowledgements arrive, and not one CURSOR: the server goes on past the bound all the same. */
static void a_full_window_goes_on_when_all_of_it_was_acknowledged(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	entered(DEV, 0);
	rig_run(&r, SECOND);
	uint64_t before = readers_find(readers(), DEV)->next;
	many_happen(DEV, 3 * WIRE_EVENTS_MAX, 100);
	r.weather = none_to_server;
	for (uint64_t i = 0; i < 400; i++) {
		uint8_t bytes[64];
		struct buf b = buf_of(bytes, sizeof(bytes));
		struct ack a = {.count = 1};
		const struct reader *reader = readers_find(readers(), DEV);
		rig_run(&r, 11 * MS);
		assert_true(reader->next - reader->confirmed <= WIRE_EVENTS_MAX);
		a.ranges[0].last = r.end[SERVER]->dgram.recovery.next_number - 1;
		ack_put(&b, &a);
		rig_forge(&r, SERVER, NEXT + i, &b);
	}
	assert_true(readers_find(readers(), DEV)->next - before == 3 * WIRE_EVENTS_MAX);
	rig_expect_heard(&r, DEV);
	rig_end(&r);
}

/* With none of them nothing is sent past the bound, however long the silence. */
static void no_room_has_more_under_way_than_the_bound(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	entered(DEV, 0);
	entered(TEA, 0);
	for (int i = 0; i < 60; i++) { /* the window grows */
		many_happen(DEV, 20, 1000);
		rig_run(&r, 25 * MS);
	}
	rig_run(&r, 2 * SECOND);
	r.weather = dark;
	r.countdown = 1;
	many_happen(DEV, 4 * WIRE_EVENTS_MAX, 1);
	many_happen(TEA, 10, 1);
	rig_run(&r, 5 * SECOND);
	const struct reader *dev = readers_find(readers(), DEV);
	assert_true(dev->next - dev->confirmed == WIRE_EVENTS_MAX);
	assert_true(readers_find(readers(), TEA)->next == r.rooms[TEA].head + 1); /* its own */
	r.countdown = 0;
	rig_run(&r, 10 * SECOND);
	rig_expect_heard(&r, DEV);
	rig_expect_heard(&r, TEA);
	rig_end(&r);
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

/* Each with an event that waits for the first: none is ever given out. */
static void a_server_cannot_open_rooms_without_end(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
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
		joined(link);
		for (uint32_t room = DEV; room < RIG_ROOMS; room++) {
			many_happen(room, 2, 10);
			entered(room, 0);
			rig_run(&r, 100 * MS);
			rig_expect_heard(&r, room);
			expect_answered(rig_part(&r, room));
		}
		assert_int_equal(r.end[CLIENT]->client.hearing.count, HEARING_ROOMS_MAX);
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
	joined(SESSION_DGRAM);
	const struct hearing *h = &r.end[CLIENT]->client.hearing;
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
	joined(SESSION_DGRAM);
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

/* ---- storms ------------------------------------------------------------------------------------ */

static enum fate storm(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	unsigned dice = rig_random(rig) % 100;

	(void)to, (void)bytes, (void)n;
	if (dice < 15)
		return IS_LOST;
	if (dice < 25)
		return IS_DOUBLED;
	return dice < 40 ? IS_LATE : PASSES;
}

enum { STORM_ROOMS = 8 };

/* In and out of rooms, and things happen in all of them; `in`: as it will be when all is answered. */
static void wander(bool in[STORM_ROOMS])
{
	uint32_t i = rig_random(&r) % STORM_ROOMS, room = DEV + i;

	if (session_full(r.end[CLIENT]))
		return;
	if (in[i])
		rig_part(&r, room);
	else
		rig_enter(&r, room, r.rooms[room].heard);
	in[i] = !in[i];
}

static void in_a_storm_no_room_loses_anything(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		bool in[STORM_ROOMS] = {false};
		print_message("seed %llu\n", (unsigned long long)seed);
		rig_begin_at(&r, seed % 4 ? SESSION_DGRAM : SESSION_STREAM, seed);
		r.cut = CUT_RANDOM;
		r.weather = storm;
		r.think = seed % 3 ? 100 * MS : 0;
		rig_join(&r);
		for (int step = 0; step < 200; step++) {
			if (rig_random(&r) % 5 == 0)
				wander(in);
			rig_happen_in(&r, 1 + rig_random(&r) % (1 + STORM_ROOMS),
				      1 + rig_random(&r) % (rig_random(&r) % 8 ? 100 : 3000));
			r.rooms[1 + rig_random(&r) % STORM_ROOMS].later = rig_random(&r) % 8 == 0;
			rig_run(&r, rig_random(&r) % (20 * MS));
		}
		for (uint32_t room = WIRE_LOBBY; room < RIG_ROOMS; room++)
			r.rooms[room].later = false;
		rig_run(&r, 20 * SECOND);
		assert_false(r.ended[CLIENT] || r.ended[SERVER]);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		rig_expect_heard(&r, WIRE_LOBBY);
		uint32_t count = 1;
		for (uint32_t i = 0; i < STORM_ROOMS; i++) {
			if (!in[i])
				continue;
			rig_expect_heard(&r, DEV + i);
			count++;
		}
		assert_int_equal(readers()->count, count);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_room_is_heard_in_order),
		cmocka_unit_test(one_room_takes_no_more_memory_than_before),
		cmocka_unit_test(a_session_follows_so_many_rooms_and_no_more),
		cmocka_unit_test(a_backlog_does_not_hold_up_the_lobby),
		cmocka_unit_test(on_a_stream_every_record_has_something_of_each_room),
		cmocka_unit_test(sixty_backlogs_go_hand_in_hand),
		cmocka_unit_test(what_is_overdue_goes_along_whatever_its_room),
		cmocka_unit_test(what_is_fetched_lets_the_rest_pass),
		cmocka_unit_test(waiting_for_it_is_no_work),
		cmocka_unit_test(what_is_lost_may_have_to_be_fetched),
		cmocka_unit_test(a_close_waits_for_it_for_a_while),
		cmocka_unit_test(a_room_ends_where_the_server_says),
		cmocka_unit_test(a_room_that_was_left_is_forgotten_though_cursors_are_lost),
		cmocka_unit_test(what_is_lost_of_a_room_that_is_gone_is_not_missed),
		cmocka_unit_test(a_room_may_be_followed_again_at_once),
		cmocka_unit_test(after_the_reply_to_part_nothing_is_heard),
		cmocka_unit_test(what_was_heard_is_not_heard_again),
		cmocka_unit_test(a_newer_reply_stands_against_an_older_one),
		cmocka_unit_test(a_room_that_was_left_may_begin_again_by_itself),
		cmocka_unit_test(who_leaves_does_not_miss_what_was_forgotten),
		cmocka_unit_test(whoever_needs_what_one_room_forgot_begins_anew),
		cmocka_unit_test(a_room_of_two_begins_by_itself),
		cmocka_unit_test(its_beginning_may_be_lost),
		cmocka_unit_test(events_before_the_reply_come_again),
		cmocka_unit_test(an_unknown_room_waits_for_the_reply_to_enter),
		cmocka_unit_test(a_cursor_is_told_of_rooms_with_news_alone),
		cmocka_unit_test(a_full_window_goes_on_when_all_of_it_was_acknowledged),
		cmocka_unit_test(no_room_has_more_under_way_than_the_bound),
		cmocka_unit_test(a_server_cannot_open_rooms_without_end),
		cmocka_unit_test(rooms_that_were_left_make_place),
		cmocka_unit_test(a_server_cannot_fill_the_clients_memory),
		cmocka_unit_test(parts_that_lie_about_their_room_end_the_session),
		cmocka_unit_test(in_a_storm_no_room_loses_anything),
	};

	return cmocka_run_group_tests_name("session, rooms", tests, NULL, NULL);
}
