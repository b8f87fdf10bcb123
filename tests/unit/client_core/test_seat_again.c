/* A seat whose links die: what follows, in which time, and what of it anybody sees. */
#include "seat_rig.h"

#include <stdlib.h>
#include <string.h>

static struct rig r;

static void expect_end(enum seat_end how, enum code code)
{
	assert_true(r.ended);
	assert_int_equal(r.how, how);
	assert_int_equal(r.end_code, code);
}

/* ---- back in the room -------------------------------------------------------------------------- */

static void back_at_once_and_nothing_is_missing(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_say(&r, "one");
	rig_run(&r, SECOND);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_append(&r, "meanwhile");
	rig_say(&r, "two");
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.house.joins, 2);
	assert_int_equal(r.house.last_join.since_mode, SINCE_SEQ);
	assert_true(r.house.last_join.since == 2 && r.house.last_join.epoch == 5);
	assert_true(r.house.last_join.instance == 77);
	assert_true(rig_heard(&r, (const char *const[]){"one", "meanwhile", "two", NULL}));
	assert_int_equal(r.joined, 1); /* it is told once */
	assert_int_equal(r.anew + r.gaps, 0);
	rig_end(&r);
}

/* Carried out, but the answer was lost: said again under the same number, it is not said twice. */
static void an_unanswered_talk_is_said_again_as_the_same(void **state)
{
	(void)state;
	rig_join(&r);
	r.ways[TRANSPORT_UDP].cut_down = true;
	rig_say(&r, "one");
	rig_say(&r, "two");
	rig_run(&r, SECOND);
	assert_true(r.house.newest_mid == 2);
	assert_int_equal(r.answers, 0);
	rig_say(&r, "three");
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	assert_true(r.house.repeats >= 2);
	assert_int_equal(r.answers, 3);
	assert_true(rig_heard(&r, (const char *const[]){"one", "two", "three", NULL}));
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

static void what_is_said_while_away_is_kept(void **state)
{
	(void)state;
	rig_join(&r);
	rig_die(&r);
	rig_say(&r, "is anybody there?");
	rig_run(&r, 100 * SECOND);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	rig_say(&r, "hello?");
	assert_int_equal(seat_unanswered(r.seat), 2);
	rig_restart(&r, true);
	rig_run(&r, SEAT_BACKOFF_MAX + SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(seat_unanswered(r.seat), 0);
	assert_true(rig_heard(&r, (const char *const[]){"is anybody there?", "hello?", NULL}));
	rig_end(&r);
}

static void a_gap_is_told(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_break_links(&r, TRANSPORT_TCP);
	for (int i = 0; i < 10; i++)
		rig_append(&r, "lost");
	rig_forget_before(&r, 9);
	rig_turn(&r);
	assert_int_equal(r.gaps, 1);
	assert_true(r.missed == 7); /* 2 … 8 */
	assert_true(r.house.rooms[0].heard == 11);
	rig_end(&r);
}

static void a_new_log_is_told(void **state)
{
	(void)state;
	rig_join(&r);
	for (int i = 0; i < 10; i++)
		rig_append(&r, "old");
	rig_say(&r, "mine");
	rig_run(&r, SECOND);
	assert_true(r.house.rooms[0].heard == 12);
	rig_restart(&r, false);
	rig_append(&r, "new");
	rig_say(&r, "and mine");
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.anew, 1);
	assert_int_equal(r.gaps, 0);
	assert_true(r.house.rooms[0].heard == 3); /* one's own JOIN among them */
	assert_string_equal(r.heard_from[r.heard_count - 1], "and mine");
	assert_true(seat_settled(r.seat));
	rig_break_links(&r, TRANSPORT_UDP);
	rig_say(&r, "again");
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.anew, 1); /* by now it is the old one */
	assert_true(r.house.last_join.epoch == 6 && r.house.rooms[0].heard == 4);
	rig_end(&r);
}

/* ---- silence ----------------------------------------------------------------------------------- */

static void nobody_is_asked_while_nobody_speaks(void **state)
{
	(void)state;
	rig_join(&r);
	rig_run(&r, 600 * SECOND);
	assert_int_equal(r.opens, 1);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_end(&r);
}

static void silence_begins_with_a_question(void **state)
{
	uint64_t said;

	(void)state;
	rig_join(&r);
	rig_run(&r, 2 * SECOND);
	rig_cut(&r, TRANSPORT_UDP, true);
	said = r.now;
	rig_say(&r, "hello?");
	rig_run(&r, SEAT_SILENCE - 1);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_run(&r, 1);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	assert_true(r.opened_at[1] == said + SEAT_SILENCE);
	assert_true(r.opened_at[2] == said + SEAT_SILENCE + SEAT_HEAD_START_AGAIN);
	assert_true(rig_heard(&r, (const char *const[]){"hello?", NULL}));
	rig_end(&r);
}

static void who_speaks_first_is_kept(void **state)
{
	(void)state;
	rig_join(&r);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_say(&r, "hello?");
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 2);
	assert_int_equal(rig_links(&r, TRANSPORT_TCP), 1);
	for (unsigned i = 1; i < SEAT_SLOTS; i++)
		r.links[i].forgotten = true; /* the candidates' */
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_run(&r, 4 * SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 1);
	assert_int_equal(rig_links(&r, TRANSPORT_TCP), 0);
	assert_int_equal(r.house.joins, 1);
	assert_true(rig_heard(&r, (const char *const[]){"hello?", NULL}));
	rig_end(&r);
}

/* A stream says nothing of whether its bytes arrive: half-way it is asked for a sign of life. */
static void a_slow_answer_is_no_silence(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_run(&r, SECOND);
	r.slow = true;
	rig_say(&r, "hello?");
	rig_run(&r, SEAT_SILENCE / 2 + 1000);
	rig_hurry(&r);
	rig_run(&r, SEAT_SILENCE);
	assert_int_equal(r.opens, 1);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.answers, 1);
	rig_end(&r);
}

static void a_pause_is_no_silence(void **state)
{
	(void)state;
	rig_join(&r);
	seat_pause(r.seat, r.now, true);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_say(&r, "hello?");
	rig_run(&r, 30 * SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.opens, 1);
	seat_pause(r.seat, r.now, false);
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_run(&r, SEAT_SILENCE);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.opens, 1);
	assert_int_equal(r.answers, 1);
	rig_end(&r);
}

/* The room is never left: the old session says goodbye when the new one has joined. */
static void the_old_one_goes_when_the_new_one_is_there(void **state)
{
	(void)state;
	rig_join(&r);
	r.ways[TRANSPORT_UDP].cut_down = true;
	rig_say(&r, "hello?");
	rig_run(&r, SEAT_SILENCE + SEAT_HEAD_START_AGAIN - 1000);
	assert_int_equal(r.byes, 0);
	r.slow = true;
	rig_run(&r, 2000);
	assert_int_equal(r.byes, 0);
	rig_hurry(&r);
	rig_run(&r, 3 * SECOND);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	assert_int_equal(r.byes, 1);
	assert_int_equal(r.house.joins, 2);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 0);
	rig_end(&r);
}

static void a_closed_port_is_asked_at_once(void **state)
{
	(void)state;
	rig_join(&r);
	rig_die(&r);
	rig_say(&r, "hello?");
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	rig_restart(&r, true);
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(rig_heard(&r, (const char *const[]){"hello?", NULL}));
	rig_end(&r);
}

/* A lie about the port (anybody can send such a message) costs one look around. */
static void a_doubt_without_reason_passes(void **state)
{
	(void)state;
	rig_join(&r);
	rig_cut(&r, TRANSPORT_TCP, true);
	seat_link_doubtful(r.seat, r.now, 0, "nobody listens there");
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP), 1);
	assert_int_equal(rig_links(&r, TRANSPORT_TCP), 0);
	rig_end(&r);
}

/* ---- trying again and again -------------------------------------------------------------------- */

static void rounds_grow_apart(void **state)
{
	uint64_t whole = SEAT_BACKOFF_MIN;
	bool jitter = false;

	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_die(&r);
	rig_run(&r, 100 * SECOND);
	assert_in_range(r.opens, 25, 60);
	for (size_t i = 2; i < r.opens; i++) {
		uint64_t wait = r.opened_at[i] - r.opened_at[i - 1];
		assert_in_range(wait, whole / 2, whole);
		jitter |= wait != whole && wait != whole / 2;
		whole = whole * 2 < SEAT_BACKOFF_MAX ? whole * 2 : SEAT_BACKOFF_MAX;
	}
	assert_true(jitter);
	rig_run(&r, 36000 * UINT64_C(1000000));
	assert_false(r.ended); /* for ever */
	rig_restart(&r, true);
	rig_run(&r, SEAT_BACKOFF_MAX);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_end(&r);
}

/* A server that takes us and lets us go is not stormed. */
static void who_is_thrown_out_does_not_storm_back(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	for (int i = 0; i < 1000; i++) {
		rig_break_links(&r, TRANSPORT_TCP);
		rig_run(&r, 10 * 1000);
	}
	assert_in_range(r.opens, 4, 9); /* in ten seconds */
	rig_run(&r, SEAT_BACKOFF_MAX + SEAT_STABLE);
	assert_int_equal(r.state, SEAT_ONLINE);
	size_t opens = r.opens;
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	assert_int_equal(r.opens, opens + 1); /* at once: it had been fine */
	rig_end(&r);
}

static void patience_has_an_end_where_it_was_given_one(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	c.give_up_us = 120 * SECOND;
	rig_begin(&r, &c);
	rig_turn(&r);
	rig_die(&r);
	rig_say(&r, "hello?"); /* learns it */
	rig_run(&r, 120 * SECOND - 1);
	assert_false(r.ended);
	rig_run(&r, 1);
	expect_end(SEAT_END_LOST, CODE_OK);
	assert_string_equal(r.end_text, "nobody listens there");
	assert_int_equal(seat_unanswered(r.seat), 1);
	rig_end(&r);
}

static void it_is_counted_from_each_loss(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	c.ways[0] = TRANSPORT_TCP;
	c.ways[1] = 0;
	c.give_up_us = 20 * SECOND;
	rig_begin(&r, &c);
	rig_turn(&r);
	for (int i = 0; i < 5; i++) {
		rig_die(&r);
		rig_run(&r, 12 * SECOND);
		rig_restart(&r, true);
		rig_run(&r, 5 * SECOND);
		assert_int_equal(r.state, SEAT_ONLINE);
	}
	rig_end(&r);
}

static void another_network_is_a_reason_to_try_at_once(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_die(&r);
	rig_run(&r, 100 * SECOND);
	rig_restart(&r, true);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	seat_network_changed(r.seat, r.now);
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_end(&r);
}

static void another_network_renews_what_is_being_tried(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.opens, 2);
	seat_network_changed(r.seat, r.now);
	rig_turn(&r);
	seat_network_changed(r.seat, r.now); /* they come in numbers */
	rig_turn(&r);
	assert_int_equal(r.opens, 3);
	assert_int_equal(rig_links(&r, TRANSPORT_TCP), 1);
	rig_end(&r);
}

static void another_network_is_asked_about_at_once(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_run(&r, SECOND);
	r.links[0].forgotten = true;
	seat_network_changed(r.seat, r.now);
	rig_run(&r, SEAT_SILENCE);
	assert_int_equal(r.opens, 2); /* though nobody had said anything */
	rig_end(&r);
}

/* ---- because somebody says so ------------------------------------------------------------------ */

/* The server says goodbye to nobody; and what was TCP is UDP again, which comes first. */
static void another_link_takes_the_place_of_a_good_one(void **state)
{
	struct seat_config config = rig_config();

	(void)state;
	rig_begin(&r, &config);
	rig_cut(&r, TRANSPORT_UDP, true);
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.transport, TRANSPORT_TCP);
	unsigned joins = r.house.joins;
	rig_cut(&r, TRANSPORT_UDP, false);
	seat_reconnect(r.seat, r.now);
	rig_say(&r, "meanwhile");
	rig_append(&r, "so do others");
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.transport, TRANSPORT_UDP);
	assert_int_equal(r.house.joins, joins + 1);
	rig_run(&r, 2 * SECOND);
	assert_int_equal(rig_links(&r, TRANSPORT_TCP), 0);
	assert_int_equal(r.answers, 1);
	assert_int_equal(r.anew + r.gaps, 0);
	rig_end(&r);
}

static void another_link_is_looked_for_until_there_is_one(void **state)
{
	(void)state;
	rig_join(&r);
	unsigned byes = r.byes;
	r.ways[TRANSPORT_UDP].no_socket = r.ways[TRANSPORT_TCP].no_socket = true;
	seat_reconnect(r.seat, r.now);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	assert_int_equal(r.byes, byes); /* one is in the room still */
	r.ways[TRANSPORT_UDP].no_socket = r.ways[TRANSPORT_TCP].no_socket = false;
	seat_reconnect(r.seat, r.now);
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_run(&r, 2 * SECOND);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP) + rig_links(&r, TRANSPORT_TCP), 1);
	rig_end(&r);
}

static void a_lost_one_is_looked_for_at_once(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_die(&r);
	rig_run(&r, 100 * SECOND);
	rig_restart(&r, true);
	seat_reconnect(r.seat, r.now);
	rig_turn(&r);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_end(&r);
}

/* ---- ends -------------------------------------------------------------------------------------- */

static void how_the_server_lets_go_decides(void **state)
{
	static const struct {
		enum code code;
		bool end;
		enum seat_end how;
	} cases[] = {
		{CODE_KICKED, true, SEAT_END_REFUSED},
		{CODE_SHUTDOWN, false, 0},
		{CODE_SERVER_FULL, false, 0},
		{CODE_TIMED_OUT, false, 0},
		{CODE_TOO_SLOW, false, 0},
		{CODE_PROTOCOL, true, SEAT_END_LOST},
		{CODE_LEFT, true, SEAT_END_LOST},
		{CODE_TOO_MANY, true, SEAT_END_LOST},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
		enum code code = cases[i / 2].code;
		rig_join_by(&r, i % 2 ? TRANSPORT_TCP : TRANSPORT_UDP);
		rig_goodbye(&r, code);
		rig_run(&r, SECOND);
		assert_int_equal(r.ended, cases[i / 2].end);
		if (r.ended)
			expect_end(cases[i / 2].how, code);
		else
			assert_int_equal(r.state, SEAT_ONLINE);
		rig_end(&r);
	}
}

static void refused_on_coming_back_is_the_end(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	r.house.refuse_join = CODE_NAME_TAKEN;
	rig_say(&r, "not delivered");
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	expect_end(SEAT_END_REFUSED, CODE_NAME_TAKEN);
	assert_int_equal(seat_unanswered(r.seat), 1);
	rig_end(&r);
}

static void a_full_server_is_tried_again(void **state)
{
	uint8_t bytes[WIRE_RECORD_HEADER + WIRE_REASON_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	buf_put_u16(&b, 0);
	bye_put(&b, CODE_SERVER_FULL, "");
	bytes[1] = (uint8_t)(b.len - 2);
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		if (r.links[i].open)
			seat_feed(r.seat, r.now, i, bytes, b.len);
	rig_turn(&r);
	assert_false(r.ended);
	rig_cut(&r, TRANSPORT_TCP, false);
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	rig_end(&r);
}

/* Whoever is on the way can put that into a stream, and has not ended anything by it. */
static void a_spoilt_stream_is_a_broken_one(void **state)
{
	uint8_t spoilt[22] = {0, 20};

	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	unsigned joins = r.house.joins;
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		if (r.links[i].open)
			seat_feed(r.seat, r.now, i, spoilt, sizeof(spoilt));
	rig_run(&r, SECOND);
	assert_false(r.ended);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.house.joins, joins + 1);
	rig_end(&r);
}

/* ---- by chance --------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

static void disturb(uint64_t what)
{
	enum transport t = what % 2 ? TRANSPORT_UDP : TRANSPORT_TCP;

	switch (what / 2 % 9) {
	case 0:
		rig_cut(&r, t, true);
		break;
	case 1:
		r.ways[t].cut_down = true;
		break;
	case 2:
		rig_cut(&r, t, false);
		break;
	case 3:
		rig_break_links(&r, t);
		break;
	case 4:
		rig_die(&r);
		break;
	case 5:
		rig_restart(&r, true);
		break;
	case 6:
		seat_network_changed(r.seat, r.now);
		break;
	case 7:
		rig_append(&r, "somebody else");
		break;
	case 8:
		seat_reconnect(r.seat, r.now);
		break;
	}
}

/* Whatever happens to links: all that was said is in the log once, in order, and was answered once. */
static void chaos(uint64_t seed)
{
	uint64_t random = seed, said = 0;

	rig_join(&r);
	for (int i = 0; i < 40; i++) {
		for (uint64_t n = draw(&random) % 4; n > 0; n--, said++)
			rig_say(&r, "mine");
		disturb(draw(&random));
		rig_run(&r, draw(&random) % (4 * SECOND));
	}
	rig_restart(&r, true);
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_cut(&r, TRANSPORT_TCP, false);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(r.house.newest_mid == said); /* the server looks that none is left out */
	assert_true(r.answers == said);
	assert_true(r.house.rooms[0].heard == r.house.rooms[0].head);
	assert_int_equal(r.anew + r.gaps, 0);
	rig_run(&r, SECOND);
	assert_int_equal(rig_links(&r, TRANSPORT_UDP) + rig_links(&r, TRANSPORT_TCP), 1);
	rig_end(&r);
}

static void nothing_is_lost_or_doubled_whatever_happens(void **state)
{
	const char *given = getenv("SEAT_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 1;

	(void)state;
	for (uint64_t seed = first; seed < (given ? first + 1 : first + 300); seed++) {
		print_message("# seed %llu\n", (unsigned long long)seed);
		chaos(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_at_once_and_nothing_is_missing),
		cmocka_unit_test(an_unanswered_talk_is_said_again_as_the_same),
		cmocka_unit_test(what_is_said_while_away_is_kept),
		cmocka_unit_test(a_gap_is_told),
		cmocka_unit_test(a_new_log_is_told),
		cmocka_unit_test(nobody_is_asked_while_nobody_speaks),
		cmocka_unit_test(silence_begins_with_a_question),
		cmocka_unit_test(who_speaks_first_is_kept),
		cmocka_unit_test(a_slow_answer_is_no_silence),
		cmocka_unit_test(a_pause_is_no_silence),
		cmocka_unit_test(the_old_one_goes_when_the_new_one_is_there),
		cmocka_unit_test(a_closed_port_is_asked_at_once),
		cmocka_unit_test(a_doubt_without_reason_passes),
		cmocka_unit_test(rounds_grow_apart),
		cmocka_unit_test(who_is_thrown_out_does_not_storm_back),
		cmocka_unit_test(patience_has_an_end_where_it_was_given_one),
		cmocka_unit_test(it_is_counted_from_each_loss),
		cmocka_unit_test(another_network_is_a_reason_to_try_at_once),
		cmocka_unit_test(another_network_renews_what_is_being_tried),
		cmocka_unit_test(another_network_is_asked_about_at_once),
		cmocka_unit_test(another_link_takes_the_place_of_a_good_one),
		cmocka_unit_test(another_link_is_looked_for_until_there_is_one),
		cmocka_unit_test(a_lost_one_is_looked_for_at_once),
		cmocka_unit_test(how_the_server_lets_go_decides),
		cmocka_unit_test(refused_on_coming_back_is_the_end),
		cmocka_unit_test(a_full_server_is_tried_again),
		cmocka_unit_test(a_spoilt_stream_is_a_broken_one),
		cmocka_unit_test(nothing_is_lost_or_doubled_whatever_happens),
	};

	return cmocka_run_group_tests_name("seat, again", tests, NULL, NULL);
}
