/* Commands that wait: for their turn, for what is missing before them, for room. */
#include "session_rig.h"

static struct rig r;

#define HUNDRED_YEARS (UINT64_C(3155760000) * SECOND)

static void begin(enum session_link link, uint64_t pace)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, SECOND);
	r.pace = pace;
}

/* Talks; those that the session does not take yet are for later. */
static int talk_as_taken(int n, size_t len)
{
	int i = 0;

	for (; i < n && !session_full(r.end[CLIENT]); i++)
		rig_talk(&r, len);
	return i;
}

/* ---- held back ------------------------------------------------------------------------------- */

static const struct {
	const char *what;
	enum session_link link;
	int cut;
	int talks;
	size_t len;
	uint64_t pace;
} rows[] = {
	{"a few on a stream", SESSION_STREAM, CUT_WHOLE, 10, 20, SECOND / 10},
	{"a few in packets", SESSION_DGRAM, CUT_WHOLE, 10, 20, SECOND / 10},
	{"a stream in pieces", SESSION_STREAM, CUT_RANDOM, 50, 300, SECOND / 10},
	{"one byte at a time", SESSION_STREAM, 1, 20, 30, SECOND / 10},
	{"many on a stream", SESSION_STREAM, CUT_WHOLE, 500, 20, SECOND / 20},
	{"many in packets", SESSION_DGRAM, CUT_WHOLE, 500, 20, SECOND / 20},
	{"large on a stream", SESSION_STREAM, CUT_WHOLE, 100, TEXT_MAX_BYTES, SECOND / 10},
	{"large in packets", SESSION_DGRAM, CUT_WHOLE, 100, TEXT_MAX_BYTES, SECOND / 10},
	{"slower than time-outs", SESSION_STREAM, CUT_RANDOM, 4, 20, (uint64_t)40 * SECOND},
	{"slower, in packets", SESSION_DGRAM, CUT_WHOLE, 4, 20, (uint64_t)40 * SECOND},
};

/* That none comes before its time, and all in order, the rig sees. */
static void commands_come_at_the_pace_that_is_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("%s\n", rows[i].what);
		begin(rows[i].link, rows[i].pace);
		r.cut = rows[i].cut;
		size_t before = r.commands;
		uint64_t start = r.now;
		for (int left = rows[i].talks; left > 0;) {
			left -= talk_as_taken(left, rows[i].len);
			rig_run(&r, rows[i].pace);
		}
		uint64_t want = rows[i].pace * (unsigned)(rows[i].talks - 1);
		rig_run(&r,
			start + want + 2 * SECOND > r.now ? start + want + 2 * SECOND - r.now : 0);
		assert_int_equal(r.commands - before, rows[i].talks);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		rig_expect_whole_log(&r);
		assert_true(session_open(r.end[CLIENT]) && session_open(r.end[SERVER]));
		rig_end(&r);
	}
}

/* Who is held back hears the others as before. */
static void events_come_to_who_is_held_back(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		begin(link, 10 * (uint64_t)SECOND);
		talk_as_taken(5, 20);
		rig_run(&r, SECOND);
		assert_true(session_holds(r.end[SERVER], r.now));
		rig_happen(&r, 30);
		rig_run(&r, SECOND / 4);
		assert_int_equal(r.heard, r.head);
		rig_end(&r);
	}
}

static void nothing_is_held_without_a_command(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		begin(link, 10 * (uint64_t)SECOND);
		talk_as_taken(1, 20);
		rig_run(&r, SECOND);
		assert_true(r.free_at > r.now);
		assert_false(session_holds(r.end[SERVER], r.now));
		assert_false(session_holds(r.end[CLIENT], r.now));
		rig_end(&r);
	}
}

static void a_goodbye_waits_for_nothing_that_is_held(void **state)
{
	(void)state;
	begin(SESSION_STREAM, 10 * (uint64_t)SECOND);
	talk_as_taken(5, 20);
	rig_run(&r, SECOND);
	session_close(r.end[SERVER], r.now, CODE_SHUTDOWN, "");
	rig_run(&r, SECOND);
	assert_true(r.ended[CLIENT]);
	assert_int_equal(r.end_code[CLIENT], CODE_SHUTDOWN);
	rig_end(&r);
}

/* Nothing more comes of the client; what it said before waits. */
static void leave_waiting(enum session_link link, uint64_t pace, int talks)
{
	begin(link, pace);
	talk_as_taken(talks, 20);
	rig_run(&r, SECOND);
	assert_true(session_holds(r.end[SERVER], r.now));
	r.delay = HUNDRED_YEARS;
}

static void who_is_gone_is_not_waited_for_because_of_what_it_said(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		leave_waiting(link, 1000 * (uint64_t)SECOND, 2);
		rig_run(&r, SESSION_IDLE_TIMEOUT - 2 * SECOND);
		assert_false(r.ended[SERVER]);
		rig_run(&r, 2 * SECOND);
		assert_true(r.ended[SERVER]);
		assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
		rig_end(&r);
	}
}

/* A stream is not read while something waits: only then does what is carried out count as heard. */
static void what_is_carried_out_counts_as_heard_on_streams_alone(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		leave_waiting(link, 20 * (uint64_t)SECOND, 4);
		rig_run(&r, SESSION_IDLE_TIMEOUT + SECOND);
		assert_int_equal(r.ended[SERVER], link == SESSION_DGRAM);
		rig_run(&r, 60 * (uint64_t)SECOND);
		assert_true(r.ended[SERVER]);
		assert_int_equal(r.commands, link == SESSION_DGRAM ? 4 : 5);
		rig_end(&r);
	}
}

/* Its signs of life come in all the while. */
static void who_is_there_is_waited_for_in_packets(void **state)
{
	(void)state;
	begin(SESSION_DGRAM, 200 * (uint64_t)SECOND);
	talk_as_taken(3, 20);
	rig_run(&r, 500 * (uint64_t)SECOND);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	assert_true(session_open(r.end[CLIENT]) && session_open(r.end[SERVER]));
	rig_end(&r);
}

/* ---- gaps ------------------------------------------------------------------------------------ */

/* A talk with a number that is not the next, as the client would send it. */
static void forge_early(uint64_t packet, uint64_t id)
{
	uint8_t bytes[200];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct command c = {.id = id, .kind = COMMAND_TALK, .room = WIRE_LOBBY};

	c.text = slice_of("later", 5);
	command_put(&b, &c);
	rig_forge(&r, SERVER, packet, &b);
}

static void who_leaves_a_gap_is_sent_away_in_time(void **state)
{
	(void)state;
	begin(SESSION_DGRAM, 0);
	forge_early(400, r.commands + 2);
	for (int i = 0; i < 5; i++) { /* more of them are no progress */
		rig_run(&r, 10 * (uint64_t)SECOND);
		forge_early(401 + (uint64_t)i, r.commands + 3 + (uint64_t)i);
	}
	rig_run(&r, SESSION_GAP_TIMEOUT - 51 * (uint64_t)SECOND);
	assert_false(r.ended[SERVER]);
	rig_run(&r, 2 * SECOND);
	assert_true(r.ended[SERVER]);
	assert_int_equal(r.end_code[SERVER], CODE_TIMED_OUT);
	rig_end(&r);
}

static enum fate lose_to_server(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == SERVER && rig->countdown-- > 0 ? IS_LOST : PASSES;
}

/* A long command whose parts come with many losses between them, over and over: each is whole in time. */
static void gaps_that_close_are_forgotten(void **state)
{
	(void)state;
	begin(SESSION_DGRAM, 0);
	r.weather = lose_to_server;
	for (int i = 0; i < 30; i++) {
		r.countdown = 1;
		rig_talk(&r, 10);
		rig_work(&r);
		r.countdown = 0;
		rig_talk(&r, 5000);
		rig_run(&r, 5 * (uint64_t)SECOND);
	}
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	assert_false(r.ended[SERVER]);
	rig_end(&r);
}

/* ---- room ------------------------------------------------------------------------------------ */

/* Others hold all there is: what needs no place goes on, the rest comes once there is room. */
static void a_full_pool_delays_what_is_in_parts(void **state)
{
	(void)state;
	begin(SESSION_DGRAM, 0);
	r.pool.held = r.pool.max;
	uint64_t small = rig_talk(&r, 10), large = rig_talk(&r, 3000), after = rig_talk(&r, 10);
	rig_run(&r, 10 * (uint64_t)SECOND);
	assert_non_null(rig_answer(&r, small));
	assert_null(rig_answer(&r, large));
	assert_true(session_open(r.end[CLIENT]) && session_open(r.end[SERVER]));
	r.pool.held = 0;
	rig_run(&r, 15 * (uint64_t)SECOND);
	assert_non_null(rig_answer(&r, large));
	assert_non_null(rig_answer(&r, after));
	rig_end(&r);
}

/* What has no place may come again; that somebody sends it again and again is no sign of life. */
static void a_copy_of_what_had_no_room_is_not_heard(void **state)
{
	uint8_t copy[WIRE_PACKET_MAX];

	(void)state;
	begin(SESSION_DGRAM, 0);
	r.pool.held = r.pool.max;
	rig_talk(&r, 3000);
	rig_work(&r);
	const struct unit *u = rig_under_way(&r, SERVER, 0);
	size_t n = u->len;
	memcpy(copy, u->bytes, n);
	rig_run(&r, r.delay);
	r.delay = HUNDRED_YEARS;
	for (int i = 0; i < 5; i++) {
		assert_false(r.ended[SERVER]);
		rig_run(&r, 10 * (uint64_t)SECOND);
		if (!r.ended[SERVER])
			rig_feed(&r, SERVER, copy, n);
	}
	assert_true(r.ended[SERVER]);
	r.pool.held = 0;
	rig_end(&r);
}

/* On a stream what cannot be kept is lost, and the stream with it; not for the peer's fault. */
static void a_stream_that_cannot_be_held_ends(void **state)
{
	(void)state;
	begin(SESSION_STREAM, 10 * (uint64_t)SECOND);
	r.pool.max = 3000;
	talk_as_taken(8, 1000);
	rig_run(&r, 2 * SECOND);
	assert_true(r.ended[CLIENT]);
	assert_int_equal(r.end_code[CLIENT], CODE_SERVER_FULL);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_come_at_the_pace_that_is_set),
		cmocka_unit_test(events_come_to_who_is_held_back),
		cmocka_unit_test(nothing_is_held_without_a_command),
		cmocka_unit_test(a_goodbye_waits_for_nothing_that_is_held),
		cmocka_unit_test(who_is_gone_is_not_waited_for_because_of_what_it_said),
		cmocka_unit_test(what_is_carried_out_counts_as_heard_on_streams_alone),
		cmocka_unit_test(who_is_there_is_waited_for_in_packets),
		cmocka_unit_test(who_leaves_a_gap_is_sent_away_in_time),
		cmocka_unit_test(gaps_that_close_are_forgotten),
		cmocka_unit_test(a_full_pool_delays_what_is_in_parts),
		cmocka_unit_test(a_copy_of_what_had_no_room_is_not_heard),
		cmocka_unit_test(a_stream_that_cannot_be_held_ends),
	};

	return cmocka_run_group_tests_name("session: commands that wait", tests, NULL, NULL);
}
