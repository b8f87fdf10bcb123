/* How a session ends: who says goodbye, what still goes out before, and that it ends in time. */
#include "session_rig.h"

#include "proto/timerq.h"

static struct rig r;

static void joined(enum session_link link)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, SECOND);
}

static void run_until_ended(enum side at, uint64_t within)
{
	uint64_t until = r.now + within;

	rig_work(&r);
	while (!r.ended[at])
		if (!rig_step(&r, until) && !r.ended[at])
			fail_msg("%s does not end", at == CLIENT ? "client" : "server");
}

static enum fate lose_countdown_to_client(struct rig *rig, enum side to, const uint8_t *bytes,
					  size_t n)
{
	(void)bytes, (void)n;
	return to == CLIENT && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

static enum fate lose_countdown_to_server(struct rig *rig, enum side to, const uint8_t *bytes,
					  size_t n)
{
	(void)bytes, (void)n;
	return to == SERVER && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

/* ---- goodbye --------------------------------------------------------------------------------- */

static void a_client_says_goodbye(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		session_close(r.end[CLIENT], r.now, CODE_LEFT, "再见");
		rig_work(&r);
		assert_true(r.ended[CLIENT]); /* it does not wait to hear that it left */
		assert_int_equal(r.end_code[CLIENT], CODE_LEFT);
		assert_false(r.by_peer[CLIENT]);
		run_until_ended(SERVER, SECOND);
		assert_int_equal(r.end_code[SERVER], CODE_LEFT);
		assert_true(r.by_peer[SERVER]);
		assert_string_equal(r.end_text[SERVER], "再见");
		rig_end(&r);
	}
}

static void a_server_says_goodbye(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		session_close(r.end[SERVER], r.now, CODE_KICKED, "enough");
		uint64_t start = r.now;
		run_until_ended(CLIENT, SECOND);
		run_until_ended(SERVER, SECOND);
		assert_in_range(r.now - start, 0, 100 * 1000);
		assert_int_equal(r.end_code[CLIENT], CODE_KICKED);
		assert_true(r.by_peer[CLIENT]);
		assert_string_equal(r.end_text[CLIENT], "enough");
		assert_int_equal(r.end_code[SERVER], CODE_KICKED);
		assert_false(r.by_peer[SERVER]);
		rig_end(&r);
	}
}

static void words_are_cut_between_characters(void **state)
{
	char text[WIRE_REASON_MAX + 8];

	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + WIRE_REASON_MAX - 1, "语", 4);
		joined(link);
		session_close(r.end[SERVER], r.now, CODE_KICKED, text);
		run_until_ended(CLIENT, SECOND);
		assert_int_equal(strlen(r.end_text[CLIENT]), WIRE_REASON_MAX - 1);
		rig_end(&r);
	}
}

/* Over UDP a goodbye is a frame like any other: the server's is repeated until it is heard. */
static void a_lost_goodbye_of_the_server_is_said_again(void **state)
{
	(void)state;
	for (int lost = 1; lost <= 4; lost++) {
		joined(SESSION_DGRAM);
		r.weather = lose_countdown_to_client;
		r.countdown = lost;
		session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "");
		run_until_ended(SERVER, 6 * SECOND);
		assert_true(r.ended[CLIENT]);
		assert_int_equal(r.end_code[CLIENT], CODE_SHUTDOWN);
		rig_end(&r);
	}
}

static void a_goodbye_that_nobody_confirms_ends_in_time(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	r.weather = lose_countdown_to_server;
	r.countdown = 1000;
	session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "");
	uint64_t start = r.now;
	run_until_ended(SERVER, 60 * SECOND);
	assert_int_equal(r.now - start, SESSION_DRAIN_TIMEOUT);
	assert_int_equal(r.end_code[SERVER], CODE_SHUTDOWN);
	rig_end(&r);
}

static void a_lost_goodbye_of_the_client_ends_by_silence(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	r.weather = lose_countdown_to_server;
	r.countdown = 1;
	session_close(r.end[CLIENT], r.now, CODE_LEFT, "");
	uint64_t start = r.now;
	run_until_ended(SERVER, 60 * SECOND);
	assert_in_range(r.now - start, 1, SESSION_IDLE_TIMEOUT);
	assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
	rig_end(&r);
}

static void both_may_say_goodbye_at_once(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		session_close(r.end[CLIENT], r.now, CODE_LEFT, "c");
		session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "s");
		rig_run(&r, SECOND);
		assert_int_equal(r.end_code[CLIENT], CODE_LEFT);
		assert_int_equal(r.end_code[SERVER], CODE_SHUTDOWN);
		rig_end(&r);
	}
}

/* ---- what goes out before -------------------------------------------------------------------- */

static void what_was_said_before_is_heard_before(enum session_link link, bool storm)
{
	joined(link);
	if (storm)
		r.weather = lose_countdown_to_client;
	r.countdown = storm ? 3 : 0;
	for (int i = 0; i < 40; i++)
		rig_happen(&r, i % 8 ? 40 : 5000);
	session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "");
	rig_happen(&r, 7); /* too late */
	run_until_ended(CLIENT, 4 * SECOND);
	assert_true(r.heard == r.head - 1);
	run_until_ended(SERVER, SECOND);
	rig_end(&r);
}

static void a_closing_server_sends_what_is_due(void **state)
{
	(void)state;
	what_was_said_before_is_heard_before(SESSION_STREAM, false);
	what_was_said_before_is_heard_before(SESSION_DGRAM, false);
	what_was_said_before_is_heard_before(SESSION_DGRAM, true);
}

static void a_closing_client_sends_what_is_due(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		for (int i = 0; i < 12; i++)
			rig_talk(&r, i % 3 ? 40 : TEXT_MAX_BYTES);
		session_close(r.end[CLIENT], r.now, CODE_LEFT, "");
		run_until_ended(SERVER, 5 * SECOND);
		assert_int_equal(r.commands, 13);
		assert_int_equal(r.end_code[SERVER], CODE_LEFT);
		assert_true(r.ended[CLIENT]);
		rig_end(&r);
	}
}

static enum fate lose_first_answer(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	return to == CLIENT && rig_frames_in(rig, to, bytes, n, FRAME_REPLY) && rig->countdown-- > 0
		       ? IS_LOST
		       : PASSES;
}

/* Whoever leaves by /quit is told so as soon as the loss shows, not after the longest drain. */
static void a_lost_answer_to_a_quit_does_not_hold_up_the_leaver(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	r.weather = lose_first_answer;
	r.countdown = 1;
	uint64_t id = rig_command(&r, COMMAND_QUIT, ""), start = r.now;
	run_until_ended(CLIENT, 10 * SECOND);
	assert_non_null(rig_answer(&r, id));
	assert_int_equal(r.end_code[CLIENT], CODE_LEFT);
	assert_in_range(r.now - start, 0, 600 * 1000);
	rig_end(&r);
}

/* The last things said before a kick or a shutdown are lost, and nothing is said after them. */
static void a_lost_last_event_does_not_hold_up_the_end(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	r.weather = lose_countdown_to_client;
	r.countdown = 1;
	rig_happen(&r, 30);
	session_close(r.end[SERVER], r.now, CODE_KICKED, "");
	uint64_t start = r.now;
	run_until_ended(CLIENT, 10 * SECOND);
	assert_true(r.heard == r.head);
	assert_in_range(r.now - start, 0, 600 * 1000);
	rig_end(&r);
}

/* A peer that is gone gets the goodbye after the longest drain, and a second to confirm it. */
static void nobody_is_waited_for_for_long(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	r.weather = lose_countdown_to_client;
	r.countdown = 1000000;
	rig_happen(&r, 30);
	session_close(r.end[SERVER], r.now, CODE_KICKED, "");
	uint64_t start = r.now;
	run_until_ended(SERVER, 60 * SECOND);
	assert_int_equal(r.now - start, SESSION_DRAIN_TIMEOUT + SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_KICKED);
	rig_end(&r);
}

/* ---- before it is open ----------------------------------------------------------------------- */

static void a_session_that_never_opened_ends_at_once_over_udp(void **state)
{
	(void)state;
	for (enum side side = CLIENT; side <= SERVER; side++) {
		rig_begin(&r, SESSION_DGRAM);
		rig_work(&r);
		rig_run(&r, 10 * 1000);
		rig_lose(&r, CLIENT);
		size_t to_client = r.sent[CLIENT], to_server = r.sent[SERVER];
		session_close(r.end[side], r.now, CODE_SHUTDOWN, "");
		rig_work(&r);
		assert_true(r.ended[side]);
		assert_int_equal(r.end_code[side], CODE_SHUTDOWN);
		assert_int_equal(r.sent[CLIENT], to_client);
		assert_int_equal(r.sent[SERVER], to_server);
		rig_end(&r);
	}
}

static void a_stream_that_never_opened_is_told(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_STREAM);
	session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "");
	run_until_ended(CLIENT, SECOND);
	assert_int_equal(r.end_code[CLIENT], CODE_SHUTDOWN);
	assert_false(r.opened[CLIENT]);
	rig_end(&r);
	rig_begin(&r, SESSION_STREAM);
	session_close(r.end[CLIENT], r.now, CODE_LEFT, "");
	run_until_ended(SERVER, SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_LEFT);
	rig_end(&r);
}

/* ---- after the end --------------------------------------------------------------------------- */

static void nothing_happens_after_the_end(void **state)
{
	uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX], late[] = {0, 3, 1, 7, 7};
	struct command c = {.kind = COMMAND_WHO, .room = WIRE_LOBBY};
	struct reply reply = {.id = 9};

	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		session_close(r.end[CLIENT], r.now, CODE_LEFT, "");
		assert_int_equal(session_command(r.end[CLIENT], &c), ERR_CLOSED);
		rig_run(&r, SECOND);
		for (enum side side = CLIENT; side <= SERVER; side++) {
			struct session *s = r.end[side];
			struct session_event ev;
			struct buf out = buf_of(bytes, sizeof(bytes));
			assert_true(session_ended(s));
			session_feed(s, r.now, late, sizeof(late));
			session_tick(s, r.now + 100 * SECOND);
			session_close(s, r.now, CODE_KICKED, "");
			assert_false(session_event(s, r.now, &ev));
			assert_false(session_output(s, r.now, &out));
			assert_true(session_deadline(s) == TIMERQ_NEVER);
		}
		assert_int_equal(session_command(r.end[CLIENT], &c), ERR_CLOSED);
		assert_int_equal(session_reply(r.end[SERVER], &reply), ERR_NONE);
		rig_end(&r);
	}
}

/* What was sent before the goodbye was heard may still come. */
static void commands_to_a_closing_server_are_not_carried_out(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		rig_talk(&r, 50);
		rig_talk(&r, 5000);
		session_close(r.end[SERVER], r.now, CODE_KICKED, "");
		run_until_ended(CLIENT, 2 * SECOND);
		run_until_ended(SERVER, 2 * SECOND);
		assert_int_equal(r.commands, 1);
		rig_end(&r);
	}
}

/* ---- streams that stand still ---------------------------------------------------------------- */

static void a_record_has_to_be_complete_in_time(void **state)
{
	(void)state;
	for (size_t have = 1; have <= 3; have += 2) {
		static const uint8_t some[] = {0, 20, 1};
		joined(SESSION_STREAM);
		uint64_t start = r.now;
		rig_feed(&r, SERVER, some, have);
		while (!r.ended[SERVER]) { /* the client's other bytes never come */
			rig_lose(&r, SERVER);
			assert_true(rig_step(&r, r.now + 60 * SECOND));
		}
		assert_int_equal(r.now - start, SESSION_RECORD_TIMEOUT);
		assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
		rig_end(&r);
	}
}

/* The time is that of one record: a slow stream of many goes on. */
static void slow_records_are_no_half_records(void **state)
{
	static const uint8_t ping[] = {0, 2, 1, 9};

	(void)state;
	joined(SESSION_STREAM);
	for (int i = 0; i < 200; i++) {
		rig_feed(&r, SERVER, ping + i % 4, 1);
		r.now += 2 * SECOND;
		rig_lose(&r, CLIENT);
		rig_lose(&r, SERVER);
		session_tick(r.end[SERVER], r.now);
		assert_false(session_ended(r.end[SERVER]));
	}
	rig_end(&r);
}

/* It cannot write, and the other side goes on with nonsense: that must not put off its end. */
static void nonsense_does_not_put_off_the_end(void **state)
{
	static uint8_t nonsense[] = {0, 1, 0xff};

	(void)state;
	joined(SESSION_STREAM);
	uint64_t start = r.now;
	struct session_event ev;
	struct session *s = r.end[SERVER];
	while (!session_ended(s) && r.now < start + 20 * SECOND) {
		session_feed(s, r.now, nonsense, sizeof(nonsense));
		while (session_event(s, r.now, &ev))
			assert_int_equal(ev.kind, SESSION_ENDED);
		r.now += SECOND / 5;
		if (session_deadline(s) <= r.now)
			session_tick(s, r.now);
	}
	assert_in_range(r.now - start, 0, 2 * SECOND);
	rig_end(&r);
}

/* Too slow, gone, and the room talks on: each attempt to send must not put off the end. */
static void a_busy_room_does_not_put_off_the_end(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	rig_happen(&r, 5);
	rig_forget(&r, r.head + 1);
	uint64_t start = r.now;
	while (!r.ended[SERVER] && r.now < start + 30 * SECOND) {
		rig_happen(&r, 5);
		rig_forget(&r, r.head + 1);
		rig_work(&r);
		rig_lose(&r, CLIENT);
		rig_lose(&r, SERVER);
		rig_step(&r, r.now + SECOND / 10);
	}
	assert_in_range(r.now - start, 0, 2 * SECOND);
	assert_int_equal(r.end_code[SERVER], CODE_TOO_SLOW);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_says_goodbye),
		cmocka_unit_test(a_server_says_goodbye),
		cmocka_unit_test(words_are_cut_between_characters),
		cmocka_unit_test(a_lost_goodbye_of_the_server_is_said_again),
		cmocka_unit_test(a_goodbye_that_nobody_confirms_ends_in_time),
		cmocka_unit_test(a_lost_goodbye_of_the_client_ends_by_silence),
		cmocka_unit_test(both_may_say_goodbye_at_once),
		cmocka_unit_test(a_closing_server_sends_what_is_due),
		cmocka_unit_test(a_closing_client_sends_what_is_due),
		cmocka_unit_test(a_lost_answer_to_a_quit_does_not_hold_up_the_leaver),
		cmocka_unit_test(a_lost_last_event_does_not_hold_up_the_end),
		cmocka_unit_test(nobody_is_waited_for_for_long),
		cmocka_unit_test(a_session_that_never_opened_ends_at_once_over_udp),
		cmocka_unit_test(a_stream_that_never_opened_is_told),
		cmocka_unit_test(nothing_happens_after_the_end),
		cmocka_unit_test(commands_to_a_closing_server_are_not_carried_out),
		cmocka_unit_test(a_record_has_to_be_complete_in_time),
		cmocka_unit_test(slow_records_are_no_half_records),
		cmocka_unit_test(nonsense_does_not_put_off_the_end),
		cmocka_unit_test(a_busy_room_does_not_put_off_the_end),
	};

	return cmocka_run_group_tests_name("session, end", tests, NULL, NULL);
}
