/* A seat that comes back into several rooms, finds those of two, and begins where it was before. */
#include "seat_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig r;

static void enter(const char *room)
{
	rig_enter(&r, room);
	rig_run(&r, SECOND);
	assert_int_equal(r.last_code, CODE_OK);
}

/* Over TCP: breaking that is told at once. */
static void begin_in(const char *room)
{
	rig_join_by(&r, TRANSPORT_TCP);
	enter(room);
}

static void come_back(void)
{
	rig_break_links(&r, TRANSPORT_TCP);
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
}

/* ---- coming back ------------------------------------------------------------------------------- */

static void back_in_every_room_and_nothing_is_missing(void **state)
{
	(void)state;
	begin_in("#dev");
	enter("#ops");
	rig_append_in(&r, "#dev", "before");
	rig_run(&r, SECOND);
	uint64_t heard = rig_room(&r, "#dev")->heard;
	rig_break_links(&r, TRANSPORT_TCP);
	rig_append_in(&r, "#dev", "meanwhile");
	rig_append_in(&r, "#ops", "there too");
	rig_run(&r, SECOND);
	assert_int_equal(r.house.enters, 4);
	assert_int_equal(r.house.last_enter.since_mode, SINCE_SEQ);
	assert_true(r.house.last_enter.epoch == 5);
	assert_true(rig_room(&r, "#dev")->heard == heard + 1);
	assert_true(rig_heard(&r, (const char *const[]){"#dev:before", "#dev:meanwhile",
							"#ops:there too", NULL}));
	assert_int_equal(r.entered, 2); /* it is told once */
	assert_int_equal(r.anew + r.gaps, 0);
	rig_end(&r);
}

static void an_unanswered_line_waits_until_its_room_is_entered_again(void **state)
{
	(void)state;
	begin_in("#dev");
	r.ways[TRANSPORT_TCP].cut_down = true;
	rig_say_in(&r, "#dev", "one");
	rig_say(&r, "two");
	rig_turn(&r);
	assert_true(r.house.newest_mid == 2);
	r.ways[TRANSPORT_TCP].cut_down = false;
	rig_break_links(&r, TRANSPORT_TCP);
	rig_say_in(&r, "#dev", "three");
	rig_run(&r, SECOND);
	assert_int_equal(r.house.repeats, 2);
	assert_int_equal(r.answers, 4);
	assert_int_equal(r.heard_count, 3);
	assert_true(rig_room(&r, "#dev")->head == 4); /* OPEN, JOIN, one, three */
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

static void a_line_is_not_given_while_its_room_waits(void **state)
{
	(void)state;
	begin_in("#dev");
	rig_break_links(&r, TRANSPORT_TCP);
	r.house.refuse_enter = CODE_NOT_WRITTEN;
	rig_say_in(&r, "#dev", "one");
	rig_say(&r, "two");
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(rig_heard(&r, (const char *const[]){"two", NULL}));
	assert_int_equal(seat_unanswered(r.seat), 1);
	rig_run(&r, 60 * SECOND);
	assert_in_range(r.house.enters, 10, 40); /* it is asked again, and not all the time */
	assert_int_equal(r.left, 0);
	r.house.refuse_enter = CODE_OK;
	rig_run(&r, SEAT_BACKOFF_MAX);
	assert_true(rig_heard(&r, (const char *const[]){"two", "#dev:one", NULL}));
	rig_end(&r);
}

static void a_join_that_cannot_be_written_is_tried_again(void **state)
{
	(void)state;
	begin_in("#dev");
	r.house.refuse_join = CODE_NOT_WRITTEN;
	unsigned joins = r.house.joins;
	rig_break_links(&r, TRANSPORT_TCP);
	rig_say(&r, "one");
	rig_run(&r, 60 * SECOND);
	assert_false(r.ended);
	assert_int_equal(r.state, SEAT_RECONNECTING);
	assert_in_range(r.house.joins - joins, 10, 40);
	r.house.refuse_join = CODE_OK;
	rig_run(&r, SEAT_BACKOFF_MAX);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(rig_heard(&r, (const char *const[]){"one", NULL}));
	rig_end(&r);
}

static void the_first_join_that_cannot_be_written_is_told(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	rig_begin(&r, &c);
	r.house.refuse_join = CODE_NOT_WRITTEN;
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.refused, 1);
	assert_int_equal(r.last_code, CODE_NOT_WRITTEN);
	assert_int_equal(r.house.joins, 1);
	rig_end(&r);
}

static void a_room_that_is_closed_to_us_is_left(void **state)
{
	(void)state;
	begin_in("#dev");
	r.house.refuse_enter = CODE_PASSWORD;
	rig_break_links(&r, TRANSPORT_TCP);
	rig_say_in(&r, "#dev", "hello?");
	rig_run(&r, SECOND);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.left_code, CODE_PASSWORD);
	assert_int_equal(r.last_code, CODE_PASSWORD);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(seat_settled(r.seat));
	come_back();
	assert_int_equal(r.house.enters, 2);
	rig_end(&r);
}

static void a_gap_in_one_room_is_told_of_that(void **state)
{
	(void)state;
	begin_in("#dev");
	rig_break_links(&r, TRANSPORT_TCP);
	for (int i = 0; i < 10; i++)
		rig_append_in(&r, "#dev", "lost");
	rig_room(&r, "#dev")->kept_from = 9;
	rig_run(&r, SECOND);
	assert_int_equal(r.gaps, 1);
	assert_true(r.missed == 6); /* 3 … 8 */
	assert_true(rig_room(&r, "#dev")->heard == 12);
	rig_end(&r);
}

static void in_a_new_log_rooms_are_entered_by_their_names(void **state)
{
	(void)state;
	begin_in("#dev");
	rig_open(&r, "bob");
	rig_append_in(&r, "#dev", "old");
	rig_run(&r, SECOND);
	uint32_t number = rig_room(&r, "#dev")->number;
	rig_restart(&r, false);
	rig_say_in(&r, "#dev", "new");
	rig_say_in(&r, "@bob", "are you there?");
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.anew, 1);
	assert_int_equal(r.gaps, 0);
	assert_true(rig_room(&r, "#dev")->number != number);
	assert_string_equal(r.heard_from[r.heard_count - 1], "#dev:new");
	assert_int_equal(r.left, 1); /* who is bob by now? */
	assert_int_equal(r.left_code, CODE_NO_SUCH_ROOM);
	assert_int_equal(r.answers, 3);
	assert_null(house_find(&r.house, "@bob"));
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

/* A server whose disk lost the newest has others under their numbers. */
static void a_log_that_lost_its_end_is_told(void **state)
{
	struct rig_room *lobby = r.house.rooms;

	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_append(&r, "one");
	rig_append(&r, "lost");
	rig_run(&r, SECOND);
	free(lobby->log[--lobby->head]);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_turn(&r);
	rig_append(&r, "two");
	rig_append(&r, "three");
	rig_turn(&r);
	assert_true(rig_heard(&r, (const char *const[]){"one", "lost", "two", "three", NULL}));
	assert_int_equal(r.gaps, 0);
	assert_int_equal(r.anew, 1);
	rig_end(&r);
}

/* ---- rooms of two ------------------------------------------------------------------------------ */

static void somebody_opens_a_room_of_two(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_open(&r, "bob");
	rig_append_in(&r, "@bob", "psst");
	rig_run(&r, SECOND);
	assert_int_equal(r.entered, 1);
	assert_int_equal(r.house.enters, 0);
	rig_say_in(&r, "@bob", "what?");
	rig_run(&r, SECOND);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_append_in(&r, "@bob", "nothing");
	rig_run(&r, SECOND);
	assert_int_equal(r.house.enters, 1);
	assert_true(rig_heard(
		&r, (const char *const[]){"@bob:psst", "@bob:what?", "@bob:nothing", NULL}));
	assert_int_equal(r.entered, 1);
	rig_end(&r);
}

/* It opens after we were told of it, and before we are let in: what we hear meanwhile is heard. */
static void one_is_let_into_a_room_of_two_that_has_begun(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	house_open(&r.house, "@bob");
	rig_break_links(&r, TRANSPORT_TCP);
	r.slow = true;
	rig_run(&r, SECOND);
	rig_hurry(&r); /* joined */
	r.slow = true;
	rig_run(&r, SECOND);
	rig_hurry(&r); /* that room is there */
	r.slow = true;
	rig_run(&r, SECOND);
	assert_int_equal(r.house.enters, 0);
	rig_follow(&r, rig_room(&r, "@bob"));
	rig_append_in(&r, "@bob", "psst");
	rig_run(&r, SECOND);
	rig_hurry(&r);
	rig_run(&r, SECOND);
	assert_int_equal(r.house.enters, 1);
	rig_break_links(&r, TRANSPORT_TCP);
	rig_append_in(&r, "@bob", "nothing");
	rig_run(&r, SECOND);
	assert_true(rig_heard(&r, (const char *const[]){"@bob:psst", "@bob:nothing", NULL}));
	assert_int_equal(r.gaps + r.anew, 0);
	rig_end(&r);
}

/* As us, but by another client. */
static void we_open_a_room_of_two_elsewhere(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	rig_follow(&r, house_make(&r.house, "@bob"));
	rig_run(&r, SECOND);
	assert_int_equal(r.entered, 1);
	rig_end(&r);
}

static void rooms_of_two_from_before_are_found(void **state)
{
	struct seat_config c = rig_config();
	char name[RIG_TEXT];

	(void)state;
	for (size_t page = 0; page < 4; page++) {
		c.since.since = 2;
		rig_begin(&r, &c);
		r.house.list_page = page;
		for (int i = 0; i < 5; i++) {
			snprintf(name, sizeof(name), "@bob%d", i);
			house_open(&r.house, name);
			for (int j = 0; j < 10; j++)
				rig_append_in(&r, name, "you were away");
		}
		house_make(&r.house, "#dev"); /* that we are not in */
		rig_run(&r, SECOND);
		assert_int_equal(r.entered, 5);
		assert_int_equal(r.heard_count, 10);
		assert_int_equal(r.house.lists, page == 0 ? 1 : (5 + page) / page);
		assert_true(seat_settled(r.seat));
		rig_end(&r);
	}
}

/* Mallory owns the name by now; what is said to bob is for bob, whether he has another name or not. */
static void nothing_is_said_to_whom_a_name_went_over(void **state)
{
	static const char *const others[] = {"@robert", "@"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rig_join_by(&r, TRANSPORT_TCP);
		rig_open(&r, "bob");
		rig_append_in(&r, "@bob", "psst");
		rig_run(&r, SECOND);
		rig_break_links(&r, TRANSPORT_TCP);
		strcpy(house_find(&r.house, "@bob")->name, others[i]);
		const struct rig_room *mallory_s = house_make(&r.house, "@bob");
		rig_say_in(&r, "@bob", "for bob alone");
		rig_run(&r, SECOND);
		assert_true(mallory_s->head == 1); /* nothing but its OPEN */
		assert_int_equal(r.left_code, CODE_NO_SUCH_NICK);
		assert_int_equal(seat_unanswered(r.seat), 0);
		rig_end(&r);
	}
}

static void what_is_known_of_a_room_from_before_is_not_told_again(void **state)
{
	static const char *const rooms[] = {SEAT_LOBBY, "#dev", "@bob"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		struct seat_config c = rig_config();
		r.known = (struct rig_known){rooms[i], {.mode = SINCE_SEQ, .since = 4, .epoch = 5}};
		rig_begin(&r, &c);
		struct rig_room *room = i == 0 ? r.house.rooms : house_open(&r.house, rooms[i]);
		if (i == 2)
			r.known.since.epoch = event_epoch_of_two(5, room->number);
		room->in = false;
		while (room->head < 6)
			rig_append_in(&r, rooms[i], "before");
		if (i == 1)
			rig_enter(&r, rooms[i]);
		rig_run(&r, SECOND);
		assert_int_equal(r.heard_count, 2);
		assert_int_equal(r.gaps + r.anew, 0);
		rig_end(&r);
	}
}

/* As it was given, so it is asked; and from then on by what was heard. */
static void what_is_known_of_another_log_is_no_reason_to_tell_all(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	r.known = (struct rig_known){SEAT_LOBBY, {.mode = SINCE_KNOWN, .since = 4, .epoch = 4}};
	rig_begin(&r, &c);
	rig_append(&r, "before");
	rig_run(&r, SECOND);
	assert_int_equal(r.house.last_join.since_mode, SINCE_KNOWN);
	assert_int_equal(r.house.last_join.epoch, 4);
	assert_int_equal(r.anew, 1);
	rig_die(&r);
	rig_restart(&r, true);
	rig_say(&r, "again");
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.house.last_join.since_mode, SINCE_SEQ);
	rig_end(&r);
}

/* It was with whoever had that name before. */
static void a_younger_room_of_two_is_told_from_its_beginning(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	r.known = (struct rig_known){"@bob", {.mode = SINCE_SEQ, .since = 4}};
	rig_begin(&r, &c);
	struct rig_room *room = house_open(&r.house, "@bob");
	r.known.since.epoch = event_epoch_of_two(5, room->number - 1);
	while (room->head < 6)
		rig_append_in(&r, "@bob", "before");
	rig_run(&r, SECOND);
	assert_int_equal(r.heard_count, 5); /* all talks */
	assert_int_equal(seat_epoch(r.seat, slice_of("@bob", 4)),
			 event_epoch_of_two(5, room->number));
	rig_end(&r);
}

static void what_was_missed_since_then_is_told(void **state)
{
	struct seat_config c = rig_config();

	(void)state;
	r.known = (struct rig_known){SEAT_LOBBY, {.mode = SINCE_SEQ, .since = 4, .epoch = 5}};
	rig_begin(&r, &c);
	for (int i = 0; i < 10; i++)
		rig_append(&r, "before");
	rig_forget_before(&r, 8);
	rig_run(&r, SECOND);
	assert_int_equal(r.gaps, 1);
	assert_true(r.missed == 3);
	rig_end(&r);
	r.known = (struct rig_known){SEAT_LOBBY, {.mode = SINCE_SEQ, .since = 4, .epoch = 4}};
	rig_begin(&r, &c);
	rig_append(&r, "before");
	rig_run(&r, SECOND);
	assert_int_equal(r.anew, 1);
	assert_int_equal(r.heard_count, 1);
	rig_end(&r);
}

/* ---- numbers of talks -------------------------------------------------------------------------- */

/* The server looks that no talk is 64 numbers behind another (room_rig.c). */
static void what_waits_holds_the_numbers_that_are_drawn(void **state)
{
	(void)state;
	begin_in("#dev");
	r.ways[TRANSPORT_TCP].cut_down = true;
	for (int i = 0; i < 10; i++)
		rig_say_in(&r, "#dev", "mine");
	rig_turn(&r);
	r.ways[TRANSPORT_TCP].cut_down = false;
	r.house.refuse_enter = CODE_NOT_WRITTEN;
	rig_break_links(&r, TRANSPORT_TCP);
	for (int i = 0; i < 100; i++)
		rig_say(&r, "mine");
	rig_run(&r, SECOND);
	assert_true(r.house.newest_mid == 64);
	r.house.refuse_enter = CODE_OK;
	rig_run(&r, 2 * SEAT_BACKOFF_MAX);
	assert_true(r.house.newest_mid == 110);
	assert_int_equal(r.heard_count, 110);
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

/* ---- by chance --------------------------------------------------------------------------------- */

static const char *const haunts[] = {"", "#a", "#b", "@bob"};

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

static void disturb(uint64_t what)
{
	enum transport t = what % 2 ? TRANSPORT_UDP : TRANSPORT_TCP;

	switch (what / 2 % 8) {
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
		rig_restart(&r, true);
		break;
	case 5:
		r.house.refuse_enter = what & 16 ? CODE_NOT_WRITTEN : CODE_OK;
		break;
	case 6:
		r.house.refuse_join = what & 16 && r.joined ? CODE_NOT_WRITTEN : CODE_OK;
		break;
	case 7:
		if (r.house.rooms[what / 16 % 2].name[0])
			rig_append_in(&r, r.house.rooms[what / 16 % 2].name, "somebody else");
		break;
	}
}

/* The line says which it is: the server looks that those of a room come in order. */
static unsigned act(uint64_t what, unsigned n)
{
	const char *room = haunts[what % COUNT_OF(haunts)];
	enum command_kind kind = COMMAND_TALK;
	char text[16];

	if (*room == '#' && what / 4 % 8 == 0)
		kind = COMMAND_PART;
	if (*room && what / 4 % 8 == 1)
		kind = COMMAND_ENTER;
	snprintf(text, sizeof(text), "%u", n);
	struct seat_line line = {.kind = kind,
				 .room = slice_of(room, strlen(room)),
				 .text = slice_of(text, strlen(text))};
	enum err e = seat_say(r.seat, &line, NULL);
	assert_true(e == ERR_NONE || e == ERR_NOT_FOUND);
	return e == ERR_NONE;
}

static void lose_what_is_held(void)
{
	assert_true(r.held_count > 0);
	r.held_count = 0;
	r.slow = false;
}

/* The server is slow again as soon as one is in. */
static void come_back_into_the_lobby(void)
{
	r.slow = true;
	rig_break_links(&r, TRANSPORT_TCP);
	rig_run(&r, SECOND);
	assert_int_equal(r.held_count, 1);
	rig_hurry(&r);
	r.slow = true;
}

/*
 * A line that waits for its room may be older than one that has its number from a session before, and
 * be the first whose turn comes; there may be no number for it before that other one is answered.
 */
static void what_has_its_number_waits_for_nothing_that_has_none(void **state)
{
	(void)state;
	begin_in("#ops");
	r.slow = true;
	rig_enter(&r, "#dev");
	rig_say_in(&r, "#dev", "older");
	rig_say_in(&r, "#ops", "numbered");
	rig_turn(&r);
	assert_int_equal(r.held_count, 2);
	r.slow = false;
	for (int i = 2; i < WIRE_COMMANDS_MAX; i++)
		rig_say_in(&r, "#ops", "answered");
	rig_turn(&r);
	assert_true(r.house.newest_mid == WIRE_COMMANDS_MAX - 1);
	assert_int_equal(seat_unanswered(r.seat), 3);
	lose_what_is_held();
	come_back_into_the_lobby();
	rig_say(&r, "the last number");
	rig_turn(&r);
	lose_what_is_held();
	come_back();
	assert_true(r.house.newest_mid == WIRE_COMMANDS_MAX + 1);
	assert_true(seat_settled(r.seat));
	assert_string_equal(r.heard_from[r.heard_count - 1], "#dev:older");
	rig_end(&r);
}

/* Every talk that was answered OK is in its room, once, in order; all others were answered, too. */
static void chaos(uint64_t seed)
{
	uint64_t random = seed;
	unsigned said = 0;

	rig_join(&r);
	for (int i = 0; i < 60; i++) {
		for (uint64_t n = draw(&random) % 6; n > 0; n--)
			said += act(draw(&random), said + 1);
		disturb(draw(&random));
		rig_run(&r, draw(&random) % (3 * SECOND));
	}
	r.house.refuse_join = r.house.refuse_enter = CODE_OK;
	rig_restart(&r, true);
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_cut(&r, TRANSPORT_TCP, false);
	rig_run(&r, 20 * SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_int_equal(r.answers, said);
	assert_int_equal(r.house.talks, r.talked);
	assert_true(seat_settled(r.seat));
	for (size_t i = 0; i < RIG_ROOMS; i++)
		if (r.house.rooms[i].in)
			assert_true(r.house.rooms[i].heard == r.house.rooms[i].head);
	assert_int_equal(r.anew + r.gaps, 0);
	rig_end(&r);
}

static void every_room_has_what_was_said_in_it_whatever_happens(void **state)
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
		cmocka_unit_test(back_in_every_room_and_nothing_is_missing),
		cmocka_unit_test(an_unanswered_line_waits_until_its_room_is_entered_again),
		cmocka_unit_test(a_line_is_not_given_while_its_room_waits),
		cmocka_unit_test(a_join_that_cannot_be_written_is_tried_again),
		cmocka_unit_test(the_first_join_that_cannot_be_written_is_told),
		cmocka_unit_test(a_room_that_is_closed_to_us_is_left),
		cmocka_unit_test(a_gap_in_one_room_is_told_of_that),
		cmocka_unit_test(in_a_new_log_rooms_are_entered_by_their_names),
		cmocka_unit_test(a_log_that_lost_its_end_is_told),
		cmocka_unit_test(somebody_opens_a_room_of_two),
		cmocka_unit_test(one_is_let_into_a_room_of_two_that_has_begun),
		cmocka_unit_test(we_open_a_room_of_two_elsewhere),
		cmocka_unit_test(rooms_of_two_from_before_are_found),
		cmocka_unit_test(nothing_is_said_to_whom_a_name_went_over),
		cmocka_unit_test(what_is_known_of_a_room_from_before_is_not_told_again),
		cmocka_unit_test(what_is_known_of_another_log_is_no_reason_to_tell_all),
		cmocka_unit_test(a_younger_room_of_two_is_told_from_its_beginning),
		cmocka_unit_test(what_was_missed_since_then_is_told),
		cmocka_unit_test(what_waits_holds_the_numbers_that_are_drawn),
		cmocka_unit_test(what_has_its_number_waits_for_nothing_that_has_none),
		cmocka_unit_test(every_room_has_what_was_said_in_it_whatever_happens),
	};

	return cmocka_run_group_tests_name("seat, rooms again", tests, NULL, NULL);
}
