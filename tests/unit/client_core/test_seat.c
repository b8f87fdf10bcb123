/* A seat that is taken, kept and left: finding the server, joining, saying, leaving. */
#include "seat_rig.h"

#include <string.h>

static struct rig r;

static struct seat_config config_by(enum transport first, enum transport second)
{
	struct seat_config c = rig_config();

	c.ways[0] = first;
	c.ways[1] = second;
	return c;
}

static void begin_by(enum transport first, enum transport second)
{
	struct seat_config c = config_by(first, second);

	rig_begin(&r, &c);
}

static enum err say(enum command_kind kind, const char *text, size_t len)
{
	struct seat_line line = {.kind = kind, .text = slice_of(text, len)};

	return seat_say(r.seat, &line, NULL);
}

static void expect_end(enum seat_end how, enum code code)
{
	assert_true(r.ended);
	assert_int_equal(r.how, how);
	assert_int_equal(r.end_code, code);
}

/* ---- finding the server ------------------------------------------------------------------------ */

static void the_preferred_way_alone_when_it_answers(void **state)
{
	(void)state;
	rig_join(&r);
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.ways[TRANSPORT_UDP].opened, 1);
	assert_int_equal(r.ways[TRANSPORT_TCP].opened, 0);
	rig_end(&r);
}

static void the_other_way_a_second_later(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	assert_int_equal(r.opens, 2);
	assert_true(r.opened_at[1] - r.opened_at[0] == SEAT_HEAD_START);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 0);
	assert_int_equal(r.house.joins, 1);
	rig_end(&r);
}

static void the_other_way_at_once_when_the_first_has_none(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	r.ways[TRANSPORT_UDP].no_socket = true;
	rig_turn(&r);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	rig_end(&r);
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	r.ways[TRANSPORT_UDP].closed = true;
	rig_turn(&r);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	rig_end(&r);
}

static void one_address_after_the_other(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, 0);
	r.ways[TRANSPORT_UDP].addresses = 3;
	r.ways[TRANSPORT_UDP].dead_addresses = 2;
	rig_run(&r, 2 * SESSION_OPEN_TIMEOUT + SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.ways[TRANSPORT_UDP].opened, 3);
	rig_end(&r);
}

static void nobody_there_is_the_end(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	r.ways[TRANSPORT_UDP].closed = r.ways[TRANSPORT_TCP].closed = true;
	rig_turn(&r);
	expect_end(SEAT_END_NOBODY, CODE_OK);
	assert_string_equal(r.end_text, "nobody listens there");
	rig_end(&r);
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_run(&r, SESSION_OPEN_TIMEOUT);
	assert_false(r.ended);
	rig_run(&r, SEAT_HEAD_START);
	expect_end(SEAT_END_NOBODY, CODE_OK);
	assert_string_equal(r.end_text, "nobody answers there");
	assert_int_equal(rig_links(&r, TRANSPORT_UDP) + rig_links(&r, TRANSPORT_TCP), 0);
	rig_end(&r);
}

static void a_stranger_is_nobody(void **state)
{
	uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	(void)state;
	begin_by(TRANSPORT_TCP, 0);
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_turn(&r);
	seat_feed(r.seat, r.now, 0, http, sizeof(http) - 1);
	rig_run(&r, 2 * SECOND);
	expect_end(SEAT_END_NOBODY, CODE_OK);
	assert_string_equal(r.end_text, "something else than a chat-server answers there");
	rig_end(&r);
}

static void a_server_that_turns_us_away_has_answered(void **state)
{
	static const struct {
		enum code code;
		enum seat_end how;
	} cases[] = {{CODE_SERVER_FULL, SEAT_END_REFUSED},
		     {CODE_KICKED, SEAT_END_REFUSED},
		     {CODE_SHUTDOWN, SEAT_END_LOST}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t bytes[WIRE_RECORD_HEADER + WIRE_REASON_MAX];
		struct buf b = buf_of(bytes, sizeof(bytes));
		begin_by(TRANSPORT_UNIX, 0);
		rig_cut(&r, TRANSPORT_UNIX, true);
		rig_turn(&r);
		buf_put_u16(&b, 0);
		bye_put(&b, cases[i].code, "no");
		bytes[1] = (uint8_t)(b.len - 2);
		seat_feed(r.seat, r.now, 0, bytes, b.len);
		rig_turn(&r);
		expect_end(cases[i].how, cases[i].code);
		assert_string_equal(r.end_text, "no");
		rig_end(&r);
	}
}

/* Streams are broken by whoever can send a RST: when the other way gets through, that was no answer. */
static void a_broken_stream_is_not_the_last_word(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_UDP, true);
	r.ways[TRANSPORT_TCP].locked = true;
	rig_run(&r, SEAT_HEAD_START);
	assert_int_equal(rig_links(&r, TRANSPORT_TCP), 1);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	assert_false(r.ended);
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_run(&r, SEAT_SECOND_OPINION - 1);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.transport, TRANSPORT_UDP);
	rig_run(&r, 2 * SESSION_OPEN_TIMEOUT);
	assert_false(r.ended);
	rig_end(&r);
}

static void a_wrong_password_is_told_when_nobody_knows_better(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	r.ways[TRANSPORT_UDP].locked = r.ways[TRANSPORT_TCP].locked = true;
	rig_run(&r, SEAT_HEAD_START);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_run(&r, SEAT_SECOND_OPINION - 1);
	assert_false(r.ended);
	rig_run(&r, 1);
	expect_end(SEAT_END_REFUSED, CODE_NOT_ACCEPTED);
	rig_end(&r);
	begin_by(TRANSPORT_TCP, 0);
	r.ways[TRANSPORT_TCP].locked = true;
	rig_turn(&r);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	expect_end(SEAT_END_REFUSED, CODE_NOT_ACCEPTED);
	rig_end(&r);
	begin_by(TRANSPORT_UDP, 0);
	r.ways[TRANSPORT_UDP].locked = true;
	rig_run(&r, SESSION_OPEN_TIMEOUT - 1);
	assert_false(r.ended);
	rig_run(&r, 1);
	expect_end(SEAT_END_REFUSED, CODE_NOT_ACCEPTED);
	rig_end(&r);
}

/* ---- joining ----------------------------------------------------------------------------------- */

static void the_first_join_asks_for_what_was_wanted(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	c.since = (struct seat_since){.mode = SINCE_SEQ, .since = 3};
	rig_begin(&r, &c);
	for (int i = 0; i < 5; i++)
		rig_append(&r, "before");
	rig_turn(&r);
	assert_int_equal(r.joined, 1);
	assert_int_equal(r.house.last_join.since_mode, SINCE_SEQ);
	assert_true(r.house.last_join.since == 3 && r.house.last_join.epoch == 0);
	assert_true(r.house.last_join.instance == 77);
	assert_true(r.house.rooms[0].heard == 6 && r.heard_count == 2);
	rig_end(&r);
}

static void a_name_can_come_later(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	c.nick = NULL;
	rig_begin(&r, &c);
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_JOINING);
	assert_int_equal(r.house.joins, 0);
	assert_int_equal(seat_join(r.seat, slice_of("alice", 5)), ERR_NONE);
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_end(&r);
}

static void another_name_after_a_refusal(void **state)
{
	char long_name[NAME_MAX_BYTES + 1];

	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	r.house.refuse_join = CODE_NAME_TAKEN;
	rig_say(&r, "early");
	rig_turn(&r);
	assert_int_equal(r.refused, 1);
	assert_int_equal(r.last_code, CODE_NAME_TAKEN);
	assert_int_equal(r.state, SEAT_JOINING);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(r.house.joins, 1); /* the refused name is not asked for again */
	memset(long_name, 'x', sizeof(long_name));
	assert_int_equal(seat_join(r.seat, slice_of(long_name, sizeof(long_name))), ERR_TOO_BIG);
	r.house.refuse_join = CODE_OK;
	r.house.joins = 0;
	assert_int_equal(seat_join(r.seat, slice_of("alicia", 6)), ERR_NONE);
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(rig_heard(&r, (const char *const[]){"early", NULL}));
	rig_end(&r);
}

/* ---- saying ------------------------------------------------------------------------------------ */

static void what_is_said_early_waits_for_the_room(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	rig_say(&r, "one");
	rig_say(&r, "two");
	assert_int_equal(seat_unanswered(r.seat), 2);
	assert_false(seat_settled(r.seat));
	rig_turn(&r);
	assert_true(rig_heard(&r, (const char *const[]){"one", "two", NULL}));
	assert_int_equal(r.answers, 2);
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

static void more_than_a_session_takes_at_once(void **state)
{
	(void)state;
	rig_join(&r);
	for (size_t i = 0; i < SEAT_SAID_MAX; i++)
		rig_say(&r, "again");
	assert_int_equal(say(COMMAND_TALK, "x", 1), ERR_FULL);
	rig_run(&r, SECOND);
	assert_int_equal(r.answers, SEAT_SAID_MAX);
	assert_true(r.house.newest_mid == SEAT_SAID_MAX);
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

static void what_cannot_be_said(void **state)
{
	static char text[TEXT_MAX_BYTES + 1];

	(void)state;
	rig_join(&r);
	memset(text, 'x', sizeof(text));
	assert_int_equal(say(COMMAND_TALK, text, sizeof(text)), ERR_TOO_BIG);
	assert_int_equal(say(COMMAND_TALK, text, sizeof(text) - 1), ERR_NONE);
	rig_run(&r, SECOND);
	assert_int_equal(r.answers, 1);
	rig_end(&r);
}

static void a_refused_talk_is_answered(void **state)
{
	(void)state;
	rig_join(&r);
	r.house.refuse_talk = CODE_TEXT_BAD;
	rig_say(&r, "bad");
	rig_run(&r, SECOND);
	assert_int_equal(r.last_code, CODE_TEXT_BAD);
	assert_int_equal(r.answers, 1);
	assert_int_equal(seat_unanswered(r.seat), 0);
	rig_end(&r);
}

static void a_new_name_is_the_name_to_come_back_with(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	assert_int_equal(say(COMMAND_NICK, "ali", 3), ERR_NONE);
	rig_run(&r, SECOND);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	assert_int_equal(r.house.joins, 2);
	assert_int_equal(r.house.last_join.text.len, 3); /* "ali" */
	rig_end(&r);
}

/* ---- leaving ----------------------------------------------------------------------------------- */

static void leaving_is_answered(void **state)
{
	(void)state;
	rig_join(&r);
	seat_leave(r.seat, r.now, "bye");
	rig_turn(&r);
	assert_int_equal(r.house.quits, 1);
	expect_end(SEAT_END_LEFT, CODE_OK);
	assert_int_equal(say(COMMAND_TALK, "x", 1), ERR_CLOSED);
	seat_close(r.seat, r.now, "bye");
	rig_turn(&r);
	assert_int_equal(r.byes, 1);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 0);
	rig_end(&r);
}

static void leaving_does_not_wait_for_ever(void **state)
{
	(void)state;
	rig_join(&r);
	rig_cut(&r, TRANSPORT_UDP, true);
	seat_leave(r.seat, r.now, "bye");
	rig_run(&r, SEAT_LEAVE_WAIT - 1);
	assert_false(r.ended);
	assert_int_equal(r.ways[TRANSPORT_TCP].opened, 0); /* nobody comes back to leave */
	rig_run(&r, 1);
	expect_end(SEAT_END_LEFT, CODE_OK);
	rig_end(&r);
}

static void a_link_that_breaks_while_leaving_has_left(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	r.slow = true;
	seat_leave(r.seat, r.now, "bye");
	rig_turn(&r);
	assert_false(r.ended);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	expect_end(SEAT_END_LEFT, CODE_OK);
	rig_end(&r);
}

static void who_is_nowhere_has_left_at_once(void **state)
{
	(void)state;
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_turn(&r);
	seat_leave(r.seat, r.now, "");
	rig_turn(&r);
	expect_end(SEAT_END_LEFT, CODE_OK);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 0);
	rig_end(&r);
	rig_join_by(&r, TRANSPORT_TCP);
	rig_die(&r);
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	seat_leave(r.seat, r.now, "");
	rig_turn(&r);
	expect_end(SEAT_END_LEFT, CODE_OK);
	rig_end(&r);
}

static void freed_in_the_middle_it_closes_its_links(void **state)
{
	(void)state;
	rig_join(&r);
	rig_say(&r, "not heard");
	rig_end(&r); /* looks at the links */
	begin_by(TRANSPORT_UDP, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_run(&r, 3 * SECOND);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP) + rig_links(&r, TRANSPORT_TCP), 2);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_preferred_way_alone_when_it_answers),
		cmocka_unit_test(the_other_way_a_second_later),
		cmocka_unit_test(the_other_way_at_once_when_the_first_has_none),
		cmocka_unit_test(one_address_after_the_other),
		cmocka_unit_test(nobody_there_is_the_end),
		cmocka_unit_test(a_stranger_is_nobody),
		cmocka_unit_test(a_server_that_turns_us_away_has_answered),
		cmocka_unit_test(a_broken_stream_is_not_the_last_word),
		cmocka_unit_test(a_wrong_password_is_told_when_nobody_knows_better),
		cmocka_unit_test(the_first_join_asks_for_what_was_wanted),
		cmocka_unit_test(a_name_can_come_later),
		cmocka_unit_test(another_name_after_a_refusal),
		cmocka_unit_test(what_is_said_early_waits_for_the_room),
		cmocka_unit_test(more_than_a_session_takes_at_once),
		cmocka_unit_test(what_cannot_be_said),
		cmocka_unit_test(a_refused_talk_is_answered),
		cmocka_unit_test(a_new_name_is_the_name_to_come_back_with),
		cmocka_unit_test(leaving_is_answered),
		cmocka_unit_test(leaving_does_not_wait_for_ever),
		cmocka_unit_test(a_link_that_breaks_while_leaving_has_left),
		cmocka_unit_test(who_is_nowhere_has_left_at_once),
		cmocka_unit_test(freed_in_the_middle_it_closes_its_links),
	};

	return cmocka_run_group_tests_name("seat", tests, NULL, NULL);
}
