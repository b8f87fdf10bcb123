/* What a server sends of its rooms: to each its turn, to the end, and not too much. */
#include "session_rig.h"

#include "proto/session_internal.h"

static struct rig r;

enum { NEXT = 100000, MS = 1000, DEV = 2, TEA = 3, ALICE = 4 };

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

/* ---- fairness ---------------------------------------------------------------------------------- */

static void a_backlog_does_not_hold_up_the_lobby(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_happen_often(&r, DEV, 100 * 1000, 40);
	rig_entered(&r, DEV, 0);
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
	rig_joined(&r, SESSION_STREAM);
	rig_happen_often(&r, DEV, 10 * 1000, 40);
	assert_int_equal(session_follow(r.end[SERVER], DEV, 1), ERR_NONE);
	rig_happen_often(&r, WIRE_LOBBY, 3, 40);
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
	rig_joined(&r, SESSION_DGRAM);
	for (uint32_t room = DEV; room < DEV + ROOMS; room++)
		rig_entered(&r, room, 0);
	rig_run(&r, SECOND);
	for (uint32_t room = DEV; room < DEV + ROOMS; room++)
		rig_happen_often(&r, room, EVENTS, LEN);
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
	rig_joined(&r, SESSION_DGRAM);
	rig_entered(&r, DEV, 0);
	rig_run(&r, SECOND);
	rig_settle(&r);
	while (r.rooms[DEV].head < r.head)
		rig_happen_in(&r, DEV, 10);
	rig_run(&r, SECOND);
	r.weather = dark;
	r.countdown = 1;
	rig_happen(&r, 10);
	rig_happen_in(&r, DEV, 10);
	for (int i = 0; i < 2; i++) { /* newer ones, so that nothing is probed */
		rig_run(&r, 17 * MS);
		rig_happen(&r, 10);
	}
	rig_run(&r, 17 * MS);
	r.countdown = 0;
	rig_happen_in(&r, DEV, 10);
	rig_work(&r);
	assert_int_equal(frames_in(CLIENT, 0, FRAME_EVENT), 3);
	rig_run(&r, SECOND);
	rig_expect_heard(&r, DEV);
	rig_end(&r);
}

/* What a room has had since all of that was sent, the walks through the room bring. */
static void news_alone_give_nobody_a_turn(void **state)
{
	struct reply reply = {.id = 1, .code = CODE_OK};

	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_run(&r, 100 * MS);
	assert_false(session_due(r.end[SERVER], r.now));
	rig_happen(&r, 10);
	assert_false(session_due(r.end[SERVER], r.now));
	rig_run(&r, 100 * MS);
	assert_false(session_due(r.end[SERVER], r.now)); /* it was acknowledged */
	assert_int_equal(session_reply(r.end[SERVER], &reply), ERR_NONE);
	assert_true(session_due(r.end[SERVER], r.now));
	rig_end(&r);
}

static void what_waits_for_the_window_gives_a_turn(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_run(&r, 100 * MS);
	rig_happen_often(&r, WIRE_LOBBY, 200, 1000);
	rig_work(&r);
	assert_true(session_due(r.end[SERVER], r.now));
	rig_run(&r, 10 * SECOND);
	rig_expect_heard(&r, WIRE_LOBBY);
	assert_false(session_due(r.end[SERVER], r.now));
	rig_end(&r);
}

/* ---- what has to be fetched -------------------------------------------------------------------- */

static void what_is_fetched_lets_the_rest_pass(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_happen_often(&r, DEV, 200, 100);
		r.rooms[DEV].later = true;
		rig_entered(&r, DEV, 0); /* its reply did not wait */
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
		rig_joined(&r, link);
		r.rooms[DEV].later = true;
		rig_entered(&r, DEV, 0);
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
	rig_joined(&r, SESSION_DGRAM);
	rig_entered(&r, DEV, 0);
	rig_run(&r, SECOND);
	rig_happen_often(&r, DEV, 30, 400);
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
			rig_joined(&r, link);
			rig_happen_often(&r, DEV, 20, 100);
			r.rooms[DEV].later = true;
			rig_entered(&r, DEV, 0);
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
		rig_joined(&r, link);
		rig_entered(&r, DEV, 0);
		rig_happen_often(&r, DEV, 100, 300); /* more than a window */
		uint64_t last = r.rooms[DEV].head;
		session_unfollow(r.end[SERVER], DEV, last);
		session_unfollow(r.end[SERVER], TEA, 1); /* is not followed */
		rig_happen_often(&r, DEV, 100, 300);
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
		rig_joined(&r, SESSION_DGRAM);
		rig_entered(&r, DEV, 0);
		rig_run(&r, SECOND);
		rig_happen_often(&r, DEV, 5, 1000);
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
	rig_joined(&r, SESSION_DGRAM);
	rig_entered(&r, DEV, 0);
	rig_entered(&r, TEA, 0);
	rig_run(&r, SECOND);
	rig_happen_often(&r, DEV, 5, 1000);
	rig_happen_often(&r, TEA, 5, 1000);
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
		rig_joined(&r, SESSION_DGRAM);
		rig_entered(&r, DEV, 0);
		rig_run(&r, SECOND);
		rig_happen_often(&r, DEV, 20, 500);
		rig_work(&r);
		rig_lose(&r, CLIENT);
		session_unfollow(r.end[SERVER], DEV, r.rooms[DEV].head);
		uint64_t first = r.rooms[DEV].head + 1 > back ? r.rooms[DEV].head + 1 - back : 1;
		assert_int_equal(session_follow(r.end[SERVER], DEV, first), ERR_NONE);
		rig_happen_often(&r, DEV, 20, 500);
		rig_run(&r, 5 * SECOND);
		if (back >= 20) /* or the client misses some, and was not told of it */
			rig_expect_heard(&r, DEV);
		assert_false(r.ended[CLIENT] || r.ended[SERVER]);
		rig_end(&r);
	}
}

static void who_leaves_does_not_miss_what_was_forgotten(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_entered(&r, DEV, 0);
		rig_run(&r, SECOND);
		rig_happen_often(&r, DEV, 5, 100);
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
		rig_joined(&r, link);
		rig_entered(&r, DEV, 0);
		rig_run(&r, SECOND);
		rig_happen_often(&r, DEV, 5, 100);
		r.rooms[DEV].kept_from = r.rooms[DEV].head;
		rig_run(&r, SECOND);
		assert_int_equal(r.end_code[CLIENT], CODE_TOO_SLOW);
		rig_end(&r);
	}
}

/* ---- cursors ----------------------------------------------------------------------------------- */

static void a_cursor_is_told_of_rooms_with_news_alone(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	for (uint32_t room = DEV; room < DEV + 20; room++)
		rig_entered(&r, room, 0);
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
		assert_true(reader_confirmed(readers_find(readers(), room)) ==
			    r.rooms[room].head + 1);
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
	rig_joined(&r, SESSION_DGRAM);
	rig_entered(&r, DEV, 0);
	rig_run(&r, SECOND);
	uint64_t before = readers_find(readers(), DEV)->next;
	rig_happen_often(&r, DEV, 3 * WIRE_EVENTS_MAX, 100);
	r.weather = none_to_server;
	for (uint64_t i = 0; i < 400; i++) {
		uint8_t bytes[64];
		struct buf b = buf_of(bytes, sizeof(bytes));
		struct ack a = {.count = 1};
		const struct reader *reader = readers_find(readers(), DEV);
		rig_run(&r, 11 * MS);
		assert_true(reader->next - reader_confirmed(reader) <= WIRE_EVENTS_MAX);
		a.ranges[0].last = r.end[SERVER]->busy->dgram.recovery.next_number - 1;
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
	rig_joined(&r, SESSION_DGRAM);
	rig_entered(&r, DEV, 0);
	rig_entered(&r, TEA, 0);
	for (int i = 0; i < 60; i++) { /* the window grows */
		rig_happen_often(&r, DEV, 20, 1000);
		rig_run(&r, 25 * MS);
	}
	rig_run(&r, 2 * SECOND);
	r.weather = dark;
	r.countdown = 1;
	rig_happen_often(&r, DEV, 4 * WIRE_EVENTS_MAX, 1);
	rig_happen_often(&r, TEA, 10, 1);
	rig_run(&r, 5 * SECOND);
	const struct reader *dev = readers_find(readers(), DEV);
	assert_true(dev->next - reader_confirmed(dev) == WIRE_EVENTS_MAX);
	assert_true(readers_find(readers(), TEA)->next == r.rooms[TEA].head + 1); /* its own */
	r.countdown = 0;
	rig_run(&r, 10 * SECOND);
	rig_expect_heard(&r, DEV);
	rig_expect_heard(&r, TEA);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backlog_does_not_hold_up_the_lobby),
		cmocka_unit_test(on_a_stream_every_record_has_something_of_each_room),
		cmocka_unit_test(sixty_backlogs_go_hand_in_hand),
		cmocka_unit_test(what_is_overdue_goes_along_whatever_its_room),
		cmocka_unit_test(news_alone_give_nobody_a_turn),
		cmocka_unit_test(what_waits_for_the_window_gives_a_turn),
		cmocka_unit_test(what_is_fetched_lets_the_rest_pass),
		cmocka_unit_test(waiting_for_it_is_no_work),
		cmocka_unit_test(what_is_lost_may_have_to_be_fetched),
		cmocka_unit_test(a_close_waits_for_it_for_a_while),
		cmocka_unit_test(a_room_ends_where_the_server_says),
		cmocka_unit_test(a_room_that_was_left_is_forgotten_though_cursors_are_lost),
		cmocka_unit_test(what_is_lost_of_a_room_that_is_gone_is_not_missed),
		cmocka_unit_test(a_room_may_be_followed_again_at_once),
		cmocka_unit_test(who_leaves_does_not_miss_what_was_forgotten),
		cmocka_unit_test(whoever_needs_what_one_room_forgot_begins_anew),
		cmocka_unit_test(a_cursor_is_told_of_rooms_with_news_alone),
		cmocka_unit_test(a_full_window_goes_on_when_all_of_it_was_acknowledged),
		cmocka_unit_test(no_room_has_more_under_way_than_the_bound),
	};

	return cmocka_run_group_tests_name("session, follow", tests, NULL, NULL);
}
