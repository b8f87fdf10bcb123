/* Commands, replies and events, whatever is lost, doubled, swapped or cut on the way. */
#include "session_rig.h"

#include "proto/packet.h"
#include "proto/recovery.h"
#include "proto/timerq.h"

#include <stdio.h>

static struct rig r;

static void expect_answered(uint64_t id, uint64_t within)
{
	uint64_t until = r.now + within;

	rig_work(&r);
	while (!rig_answer(&r, id))
		if (!rig_step(&r, until) && !rig_answer(&r, id))
			fail_msg("no answer to %llu", (unsigned long long)id);
	assert_int_equal(rig_answer(&r, id)->code, CODE_OK);
}

static void expect_heard_all(uint64_t within)
{
	uint64_t until = r.now + within;

	rig_work(&r);
	while (r.heard < r.head)
		if (!rig_step(&r, until) && r.heard < r.head)
			fail_msg("heard %llu of %llu", (unsigned long long)r.heard,
				 (unsigned long long)r.head);
	rig_expect_whole_log(&r);
}

/* ---- in good weather ------------------------------------------------------------------------- */

static void commands_are_answered_in_order(enum session_link link)
{
	rig_begin(&r, link);
	assert_int_equal(rig_command(&r, COMMAND_JOIN, ""), 1); /* refused, and no matter */
	assert_int_equal(rig_command(&r, COMMAND_JOIN, "n"), 2);
	assert_int_equal(rig_talk(&r, 5), 3);
	assert_int_equal(rig_command(&r, COMMAND_WHO, ""), 4);
	assert_int_equal(rig_command(&r, COMMAND_NICK, "m"), 5);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 5);
	rig_run(&r, SECOND);
	assert_int_equal(r.answer_count, 5);
	for (uint64_t id = 1; id <= 5; id++)
		assert_true(r.answers[id - 1].id == id);
	assert_int_equal(r.answers[0].code, CODE_NAME_BAD);
	assert_int_equal(r.answers[1].code, CODE_OK);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

static void commands_of_before_the_opening_are_answered_in_order(void **state)
{
	(void)state;
	commands_are_answered_in_order(SESSION_DGRAM);
	commands_are_answered_in_order(SESSION_STREAM);
}

static void sixty_four_commands_may_wait(void **state)
{
	struct command c = {.kind = COMMAND_WHO, .room = WIRE_LOBBY};

	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_begin(&r, link);
		rig_join(&r);
		for (uint64_t i = 0; i < WIRE_COMMANDS_MAX; i++)
			assert_true(rig_command(&r, COMMAND_WHO, "") == i + 2);
		assert_int_equal(session_command(r.end[CLIENT], &c), ERR_FULL);
		assert_int_equal(session_unanswered(r.end[CLIENT]), WIRE_COMMANDS_MAX);
		rig_run(&r, SECOND);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		assert_int_equal(session_command(r.end[CLIENT], &c), ERR_NONE);
		assert_true(c.id == WIRE_COMMANDS_MAX + 2); /* a refused one took no number */
		rig_end(&r);
	}
}

static void a_command_has_a_largest_size(void **state)
{
	static char text[WIRE_ITEM_MAX];
	struct command c = {.kind = COMMAND_TALK, .room = WIRE_LOBBY};

	(void)state;
	memset(text, 'x', sizeof(text));
	rig_begin(&r, SESSION_DGRAM);
	c.text = slice_of(text, sizeof(text) - 4);
	assert_int_equal(session_command(r.end[CLIENT], &c), ERR_TOO_BIG);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	c.text = slice_of(text, TEXT_MAX_BYTES + 1); /* the room's to judge */
	assert_int_equal(session_command(r.end[CLIENT], &c), ERR_NONE);
	assert_true(c.id == 1);
	rig_end(&r);
}

/* Sizes around those of a part, a packet and the largest text. */
static void talks_of_every_size_arrive(void **state)
{
	static const size_t sizes[] = {1,    1000, 1010, 1015, 1016, 1017,  1018,	   1019,
				       1020, 1024, 1025, 1100, 1150, 1200,  2000,	   2035,
				       2040, 2045, 3000, 8191, 8192, 16383, TEXT_MAX_BYTES};

	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_begin(&r, link);
		rig_join(&r);
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			uint64_t id = rig_talk(&r, sizes[i]);
			expect_answered(id, SECOND);
		}
		expect_heard_all(SECOND);
		rig_end(&r);
	}
}

static void a_long_log_is_heard(enum session_link link, int cut)
{
	rig_begin(&r, link);
	r.cut = cut;
	for (int i = 0; i < 3000; i++)
		rig_happen(&r, 1 + (size_t)i % 50);
	for (int i = 0; i < 10; i++)
		rig_happen(&r, TEXT_MAX_BYTES);
	rig_join(&r); /* since 0 */
	expect_heard_all(20 * SECOND);
	assert_true(r.first == 1);
	rig_end(&r);
}

static void a_newcomer_gets_all_that_the_room_has(void **state)
{
	(void)state;
	a_long_log_is_heard(SESSION_DGRAM, CUT_WHOLE);
	a_long_log_is_heard(SESSION_STREAM, CUT_WHOLE);
	a_long_log_is_heard(SESSION_STREAM, 1);
	a_long_log_is_heard(SESSION_STREAM, 7);
	a_long_log_is_heard(SESSION_STREAM, CUT_RANDOM);
}

static void a_stream_cut_anywhere_is_the_same_stream(void **state)
{
	static const int cuts[] = {CUT_WHOLE, 1, 2, 3, 5, 1000, CUT_RANDOM};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		rig_begin(&r, SESSION_STREAM);
		r.cut = cuts[i];
		rig_join(&r);
		for (int talk = 0; talk < 20; talk++)
			rig_talk(&r, talk % 10 ? 30 : TEXT_MAX_BYTES);
		rig_run(&r, 2 * SECOND);
		assert_int_equal(r.answer_count, 21);
		rig_expect_whole_log(&r);
		rig_end(&r);
	}
}

/* ---- what is lost ---------------------------------------------------------------------------- */

static uint64_t number_of(const uint8_t *bytes, size_t n)
{
	struct packet p;

	assert_int_equal(packet_get(bytes, n, &p), ERR_NONE);
	return p.number;
}

/* The packet of one number is lost; which, and which way, is in `countdown`. */
static enum fate lose_one(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	bool this_way = to == (rig->countdown % 2 ? CLIENT : SERVER);

	return bytes[0] == PACKET_DATA && this_way &&
			       number_of(bytes, n) == (uint64_t)rig->countdown / 2
		       ? IS_LOST
		       : PASSES;
}

static void any_one_packet_may_be_lost(void **state)
{
	(void)state;
	for (int lost = 0; lost < 160; lost++) {
		rig_begin(&r, SESSION_DGRAM);
		r.weather = lose_one;
		r.countdown = lost;
		rig_join(&r);
		uint64_t id = rig_talk(&r, TEXT_MAX_BYTES);
		expect_answered(id, 3 * SECOND);
		id = rig_talk(&r, 100);
		expect_answered(id, 3 * SECOND);
		expect_heard_all(3 * SECOND);
		assert_int_equal(r.commands, 3);
		rig_end(&r);
	}
}

static enum fate lose_replies(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	return to == CLIENT && rig->countdown > 0 &&
			       rig_frames_in(rig, to, bytes, n, FRAME_REPLY) && rig->countdown-- > 0
		       ? IS_LOST
		       : PASSES;
}

/* The classic: the OK is lost, and the second attempt finds the name taken, by oneself. */
static void a_lost_answer_is_given_again(void **state)
{
	(void)state;
	for (int lost = 0; lost < 4; lost++) {
		rig_begin(&r, SESSION_DGRAM);
		r.weather = lose_replies;
		r.countdown = lost;
		rig_join(&r);
		assert_int_equal(r.countdown, 0);
		uint64_t seq = r.answers[0].seq;
		r.countdown = lost;
		uint64_t id = rig_talk(&r, 10);
		expect_answered(id, 8 * SECOND);
		assert_true(rig_answer(&r, id)->seq == seq + 1);
		assert_int_equal(r.commands, 2); /* each carried out once: see the rig */
		assert_int_equal(r.head, 2);
		expect_heard_all(5 * SECOND);
		rig_end(&r);
	}
}

static enum fate lose_commands(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	return to == SERVER && rig->countdown > 0 &&
			       rig_frames_in(rig, to, bytes, n, FRAME_COMMAND) &&
			       rig->countdown-- > 0
		       ? IS_LOST
		       : PASSES;
}

static void a_lost_command_is_given_again(void **state)
{
	(void)state;
	for (int lost = 0; lost < 5; lost++) {
		rig_begin(&r, SESSION_DGRAM);
		rig_join(&r);
		r.weather = lose_commands;
		r.countdown = lost;
		expect_answered(rig_talk(&r, 10), 10 * SECOND);
		assert_int_equal(r.countdown, 0);
		assert_int_equal(r.commands, 2);
		rig_end(&r);
	}
}

/* The answer to the JOIN is lost, and events come before it. */
static enum fate lose_first_answer(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	if (to != CLIENT || rig->countdown == 0 || !rig_frames_in(rig, to, bytes, n, FRAME_REPLY))
		return PASSES;
	rig->countdown--;
	rig_happen(rig, 20);
	rig_happen(rig, 3000);
	return IS_LOST;
}

static void events_before_the_answer_to_the_join_are_not_lost(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	r.weather = lose_first_answer;
	r.countdown = 2;
	rig_join(&r);
	expect_heard_all(5 * SECOND);
	assert_int_equal(r.head, 5);
	rig_end(&r);
}

static enum fate dark(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)to, (void)bytes, (void)n;
	return rig->countdown ? IS_LOST : PASSES;
}

/* With nothing said afterwards that would show the gap. */
static void the_last_event_is_heard_although_it_was_lost(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_happen(&r, 50);
	rig_work(&r);
	rig_lose(&r, CLIENT);
	uint64_t lost = r.now;
	expect_heard_all(SECOND);
	/* a probe's time-out at 20 ms, and half a round trip: the probe is the event itself */
	assert_in_range(r.now - lost, 0, (20 + 4 * 10 + 25 + 10) * 1000);
	rig_end(&r);
}

static size_t frames_under_way(enum side to, size_t i, enum frame_type type)
{
	const struct unit *u = rig_under_way(&r, to, i);

	assert_non_null(u);
	return rig_frames_in(&r, to, u->bytes, u->len, type);
}

/* What is still on its way goes along with what is new, once in a packet. */
static void a_packet_heals_the_loss_of_those_before_it(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_talk(&r, 10);
	rig_talk(&r, 11);
	rig_work(&r);
	rig_lose(&r, SERVER);
	rig_run(&r, 5000);
	uint64_t id = rig_talk(&r, 12);
	rig_work(&r);
	assert_int_equal(frames_under_way(SERVER, 0, FRAME_COMMAND), 3);
	rig_run(&r, 10 * 1000);
	assert_int_equal(r.commands, 4);
	assert_int_equal(frames_under_way(CLIENT, 0, FRAME_REPLY), 3);
	rig_lose(&r, CLIENT);
	rig_talk(&r, 13);
	rig_run(&r, 20 * 1000);
	assert_non_null(rig_answer(&r, id));
	rig_end(&r);
}

/* Whatever is due, silence is asked with one packet, and later with one and its copy. */
static void a_probe_is_one_packet(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	size_t before = r.sent[CLIENT];
	r.countdown = 1;
	r.weather = dark;
	for (int i = 0; i < 100; i++)
		rig_happen(&r, 1000);
	rig_work(&r);
	assert_in_range(r.sent[CLIENT] - before, 10, 11); /* the first window */
	before = r.sent[CLIENT];
	rig_run(&r, 10 * SECOND);
	assert_in_range(r.sent[CLIENT] - before, 10, 15); /* after 85 ms, 85, 170, 340, … 3 s */
	r.countdown = 0;
	expect_heard_all(10 * SECOND);
	rig_end(&r);
}

/* Many answers are lost, and all of them come again: none of an open command is forgotten. */
static void sixty_four_lost_answers_are_given_again(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < WIRE_COMMANDS_MAX; i++)
			rig_talk(&r, 10);
		rig_work(&r);
		for (int i = 0; i < 20; i++) {
			rig_run(&r, 5000);
			rig_lose(&r, CLIENT);
		}
		rig_run(&r, 10 * SECOND);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	}
	assert_int_equal(r.answer_count, 1 + 3 * WIRE_COMMANDS_MAX);
	rig_end(&r);
}

/* ---- when acknowledgements go ------------------------------------------------------------------ */

/* The packets with an acknowledgement that the client has under way. */
static size_t acks_under_way(void)
{
	size_t n = 0;

	for (size_t i = 0; rig_under_way(&r, SERVER, i); i++)
		n += frames_under_way(SERVER, i, FRAME_ACK);
	return n;
}

static void a_packet_after_a_silence_is_acknowledged_at_once(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_happen(&r, 10);
	rig_run(&r, r.delay);
	assert_int_equal(r.heard, 2);
	assert_int_equal(acks_under_way(), 1);
	rig_end(&r);
}

static void one_packet_more_is_acknowledged_after_a_while(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_happen(&r, 10);
	rig_run(&r, RECOVERY_ACK_DELAY - 1);
	rig_happen(&r, 10);
	rig_run(&r, r.delay + RECOVERY_ACK_DELAY - 1);
	assert_int_equal(r.heard, 3);
	assert_int_equal(acks_under_way(), 0);
	rig_run(&r, 1);
	assert_int_equal(acks_under_way(), 1);
	rig_end(&r);
}

static void every_second_packet_is_acknowledged_at_once(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	for (int i = 0; i < 6; i++) {
		rig_happen(&r, 10);
		rig_work(&r);
	}
	rig_run(&r, r.delay);
	assert_int_equal(r.heard, 7);
	assert_int_equal(acks_under_way(), 3);
	rig_end(&r);
}

static void a_gap_is_told_at_once(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_happen(&r, 10);
	rig_work(&r);
	rig_lose(&r, CLIENT);
	rig_happen(&r, 10);
	rig_run(&r, r.delay);
	assert_int_equal(r.heard, 1);
	assert_int_equal(acks_under_way(), 1);
	expect_heard_all(SECOND);
	rig_end(&r);
}

/* Many packets that came in order: the client is calm. */
static void begin_calm(void)
{
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	for (int i = 0; i < 70; i++) {
		rig_happen(&r, 10);
		rig_run(&r, 2 * r.delay);
	}
	rig_run(&r, SECOND);
	rig_happen(&r, 10); /* the first after a silence is acknowledged by itself */
	rig_run(&r, 2 * r.delay);
}

static void happen_apart(int n)
{
	for (int i = 0; i < n; i++) {
		rig_happen(&r, 10);
		rig_work(&r);
	}
	rig_run(&r, r.delay);
}

static void where_nothing_is_lost_it_is_every_eighth(void **state)
{
	(void)state;
	begin_calm();
	happen_apart(7);
	assert_int_equal(acks_under_way(), 0);
	happen_apart(8);
	assert_int_equal(r.heard, r.head);
	assert_int_equal(acks_under_way(), 1);
	rig_run(&r, r.delay);
	happen_apart(1);
	assert_int_equal(acks_under_way(), 1);
	rig_end(&r);
}

static void calm_or_not_none_waits_for_longer(void **state)
{
	(void)state;
	begin_calm();
	happen_apart(1);
	assert_int_equal(acks_under_way(), 0);
	rig_run(&r, RECOVERY_ACK_DELAY - 1);
	assert_int_equal(acks_under_way(), 0);
	rig_run(&r, 1);
	assert_int_equal(acks_under_way(), 1);
	rig_end(&r);
}

static void a_gap_ends_the_calm(void **state)
{
	(void)state;
	begin_calm();
	rig_happen(&r, 10);
	rig_work(&r);
	rig_lose(&r, CLIENT);
	happen_apart(1);
	assert_int_equal(acks_under_way(), 1); /* at once */
	expect_heard_all(SECOND);
	rig_happen(&r, 10);
	rig_run(&r, 2 * r.delay + RECOVERY_ACK_DELAY / 2);
	happen_apart(6);
	assert_int_equal(acks_under_way(), 3); /* every second again */
	rig_end(&r);
}

/* However far apart, each event is one packet: nothing is asked for, or sent twice, while one waits. */
static void who_waits_for_an_acknowledgement_does_not_ask(void **state)
{
	static const uint64_t apart_ms[] = {1, 3, 7, 12, 24, 26, 40, 49, 60};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(apart_ms); i++) {
		begin_calm();
		rig_run(&r, SECOND);
		size_t before = r.sent[CLIENT];
		for (int n = 0; n < 100; n++) {
			rig_happen(&r, 100);
			rig_run(&r, apart_ms[i] * 1000);
		}
		rig_run(&r, SECOND);
		assert_int_equal(r.heard, r.head);
		assert_int_equal(r.sent[CLIENT] - before, 100);
		rig_end(&r);
	}
}

/* Its window does not stop a sender before an acknowledgement comes, and grows by those for many. */
static void the_window_grows_in_a_calm(void **state)
{
	size_t sent = 0;

	(void)state;
	begin_calm();
	for (int i = 0; i < 6; i++) {
		size_t before = r.sent[CLIENT];
		rig_happen_often(&r, WIRE_LOBBY, 150, 1000);
		rig_run(&r, 2 * r.delay + RECOVERY_ACK_DELAY);
		sent = r.sent[CLIENT] - before;
		expect_heard_all(SECOND);
		rig_run(&r, SECOND);
	}
	assert_in_range(sent, 150, 200);
	rig_end(&r);
}

/* ---- storms ---------------------------------------------------------------------------------- */

static enum fate storm(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	unsigned dice = rig_random(rig) % 100;

	(void)to, (void)bytes, (void)n;
	if (dice < 20)
		return IS_LOST;
	if (dice < 30)
		return IS_DOUBLED;
	return dice < 45 ? IS_LATE : PASSES;
}

/* Talks from the client and events from elsewhere, some of them large. */
static void talk_for_a_while(unsigned lines)
{
	for (unsigned i = 0; i < lines; i++) {
		if (!session_full(r.end[CLIENT]))
			rig_talk(&r, rig_random(&r) % 8 ? 1 + rig_random(&r) % 200
							: 1 + rig_random(&r) % TEXT_MAX_BYTES);
		for (unsigned n = rig_random(&r) % 8; n > 0; n--)
			rig_happen(&r, 1 + rig_random(&r) % 2000);
		rig_run(&r, rig_random(&r) % 100000);
	}
}

static void a_storm_loses_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		rig_begin_at(&r, SESSION_DGRAM, seed);
		r.weather = storm;
		rig_join(&r);
		talk_for_a_while(seed % 10 ? 40 : 200);
		uint64_t until = r.now + 60 * SECOND;
		while (session_unanswered(r.end[CLIENT]) > 0)
			assert_true(rig_step(&r, until));
		assert_int_equal(r.answer_count, r.commands);
		expect_heard_all(60 * SECOND);
		rig_end(&r);
	}
}

/* All is dark for half a minute, while the room goes on in small events. */
static void a_session_outlives_the_dark(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	r.weather = dark;
	rig_join(&r);
	for (int i = 0; i < 200; i++) { /* the window grows */
		for (int n = 0; n < 30; n++)
			rig_happen(&r, 1000);
		rig_run(&r, 30 * 1000);
	}
	r.countdown = 1;
	for (int i = 0; i < 3000; i++) {
		rig_happen(&r, 1);
		rig_run(&r, 10 * 1000);
	}
	rig_talk(&r, 5);
	rig_run(&r, 5 * SECOND);
	r.countdown = 0;
	expect_heard_all(10 * SECOND);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	rig_end(&r);
}

/* ---- falling behind -------------------------------------------------------------------------- */

static void whoever_needs_what_is_forgotten_is_told(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_begin(&r, link);
		rig_join(&r);
		rig_run(&r, SECOND);
		rig_happen(&r, 5);
		rig_happen(&r, 5);
		rig_forget(&r, r.head + 1);
		rig_run(&r, SECOND);
		assert_int_equal(r.end_code[SERVER], CODE_TOO_SLOW);
		assert_int_equal(r.end_code[CLIENT], CODE_TOO_SLOW);
		assert_true(r.by_peer[CLIENT]);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_before_the_opening_are_answered_in_order),
		cmocka_unit_test(sixty_four_commands_may_wait),
		cmocka_unit_test(a_command_has_a_largest_size),
		cmocka_unit_test(talks_of_every_size_arrive),
		cmocka_unit_test(a_newcomer_gets_all_that_the_room_has),
		cmocka_unit_test(a_stream_cut_anywhere_is_the_same_stream),
		cmocka_unit_test(any_one_packet_may_be_lost),
		cmocka_unit_test(a_lost_answer_is_given_again),
		cmocka_unit_test(a_lost_command_is_given_again),
		cmocka_unit_test(events_before_the_answer_to_the_join_are_not_lost),
		cmocka_unit_test(the_last_event_is_heard_although_it_was_lost),
		cmocka_unit_test(a_packet_heals_the_loss_of_those_before_it),
		cmocka_unit_test(a_probe_is_one_packet),
		cmocka_unit_test(sixty_four_lost_answers_are_given_again),
		cmocka_unit_test(a_packet_after_a_silence_is_acknowledged_at_once),
		cmocka_unit_test(one_packet_more_is_acknowledged_after_a_while),
		cmocka_unit_test(every_second_packet_is_acknowledged_at_once),
		cmocka_unit_test(a_gap_is_told_at_once),
		cmocka_unit_test(where_nothing_is_lost_it_is_every_eighth),
		cmocka_unit_test(calm_or_not_none_waits_for_longer),
		cmocka_unit_test(a_gap_ends_the_calm),
		cmocka_unit_test(who_waits_for_an_acknowledgement_does_not_ask),
		cmocka_unit_test(the_window_grows_in_a_calm),
		cmocka_unit_test(a_storm_loses_nothing),
		cmocka_unit_test(a_session_outlives_the_dark),
		cmocka_unit_test(whoever_needs_what_is_forgotten_is_told),
	};

	return cmocka_run_group_tests_name("session, exchange", tests, NULL, NULL);
}
