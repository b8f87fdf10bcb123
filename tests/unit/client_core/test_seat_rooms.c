/* A seat in several rooms: coming in, talking there, leaving. */
#include "seat_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig r;

static enum err say(enum command_kind kind, const char *room)
{
	struct seat_line line = {.kind = kind, .room = slice_of(room, strlen(room))};

	return seat_say(r.seat, &line, NULL);
}

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

/* ---- coming in --------------------------------------------------------------------------------- */

static void a_room_is_made_and_talked_in(void **state)
{
	(void)state;
	begin_in("#dev");
	assert_int_equal(r.entered, 1);
	assert_string_equal(r.last_room, "#dev");
	assert_string_equal(r.was, "");
	rig_say_in(&r, "#dev", "hello");
	rig_append_in(&r, "#dev", "hello alice");
	rig_append(&r, "elsewhere");
	rig_run(&r, SECOND);
	assert_int_equal(r.heard_count, 3);
	assert_true(rig_room(&r, "#dev")->heard == 4); /* OPEN and JOIN before */
	assert_true(seat_settled(r.seat));
	struct slice name = seat_room_name(r.seat, rig_room(&r, "#dev")->number);
	assert_memory_equal(name.data, "#dev", name.len);
	assert_int_equal(seat_room_name(r.seat, 99).len, 0);
	rig_end(&r);
}

static void what_is_said_waits_for_its_room_alone(void **state)
{
	(void)state;
	rig_join(&r);
	r.slow = true;
	rig_enter(&r, "#dev");
	rig_say_in(&r, "#dev", "in dev");
	rig_say(&r, "in the lobby");
	rig_run(&r, SECOND / 10);
	assert_int_equal(r.held_count, 2); /* ENTER, and the lobby's */
	rig_hurry(&r);
	rig_run(&r, SECOND);
	assert_true(rig_heard(&r, (const char *const[]){"in the lobby", "#dev:in dev", NULL}));
	assert_int_equal(r.answers, 3);
	rig_end(&r);
}

static void a_room_that_one_is_not_in(void **state)
{
	char name[WIRE_ROOM_NAME_MAX + 1];

	(void)state;
	begin_in("#dev");
	assert_int_equal(say(COMMAND_TALK, "#other"), ERR_NOT_FOUND);
	assert_int_equal(say(COMMAND_PART, "#de"), ERR_NOT_FOUND);
	memset(name, '#', sizeof(name));
	struct seat_line line = {.kind = COMMAND_ENTER, .room = slice_of(name, sizeof(name))};
	assert_int_equal(seat_say(r.seat, &line, NULL), ERR_TOO_BIG);
	assert_int_equal(seat_unanswered(r.seat), 0);
	rig_end(&r);
}

static void a_refused_room_answers_what_was_said_in_it(void **state)
{
	(void)state;
	rig_join(&r);
	r.house.refuse_enter = CODE_PASSWORD;
	rig_enter(&r, "#dev");
	rig_say_in(&r, "#dev", "hello?");
	rig_say_in(&r, "#dev", "hello??");
	rig_run(&r, SECOND);
	assert_int_equal(r.answers, 3);
	assert_int_equal(r.last_code, CODE_PASSWORD);
	assert_string_equal(r.last_room, "#dev");
	assert_int_equal(r.entered + r.left, 0);
	assert_int_equal(say(COMMAND_TALK, "#dev"), ERR_NOT_FOUND);
	assert_true(seat_settled(r.seat));
	r.house.refuse_enter = CODE_OK;
	enter("#dev");
	assert_int_equal(r.entered, 1);
	rig_end(&r);
}

/* The first was refused, and the second is not: what comes after it is not its fault. */
static void asked_twice_it_is_two_questions(void **state)
{
	(void)state;
	rig_join(&r);
	r.slow = true;
	rig_enter(&r, "#dev");
	rig_say_in(&r, "#dev", "one");
	rig_enter(&r, "#dev");
	rig_say_in(&r, "#dev", "two");
	rig_run(&r, SECOND / 10);
	assert_int_equal(r.held_count, 1);
	r.house.refuse_enter = CODE_PASSWORD;
	rig_hurry(&r);
	r.house.refuse_enter = CODE_OK;
	rig_run(&r, SECOND);
	assert_true(rig_heard(&r, (const char *const[]){"#dev:two", NULL}));
	assert_int_equal(r.answers, 4);
	rig_end(&r);
}

static void who_is_in_a_room_is_told_so_without_a_question(void **state)
{
	(void)state;
	begin_in("#dev");
	unsigned enters = r.house.enters;
	enter("#dev");
	enter(SEAT_LOBBY);
	assert_int_equal(r.house.enters, enters);
	assert_int_equal(r.answers, 3);
	assert_int_equal(r.entered, 1);
	rig_end(&r);
}

static void one_room_by_two_names_is_one(void **state)
{
	(void)state;
	rig_join(&r);
	enter("#Dev");
	assert_string_equal(r.last_room, "#Dev"); /* so it was made */
	r.slow = true;
	rig_enter(&r, "#DEV");
	rig_say_in(&r, "#DEV", "loud");
	rig_say_in(&r, "#Dev", "not so");
	rig_run(&r, SECOND / 10);
	rig_hurry(&r);
	rig_run(&r, SECOND);
	assert_string_equal(r.last_room, "#Dev");
	assert_string_equal(r.was, "#DEV");
	assert_int_equal(r.heard_count, 2);
	assert_int_equal(r.answers, 4);
	assert_int_equal(say(COMMAND_TALK, "#DEV"), ERR_NOT_FOUND);
	assert_int_equal(r.left, 0);
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

static void more_rooms_than_there_is_place_for(void **state)
{
	char name[16];

	(void)state;
	rig_join(&r);
	rig_cut(&r, TRANSPORT_UDP, true);
	for (int i = 0; i < SEAT_ROOMS_MAX - 1; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(say(COMMAND_ENTER, name), ERR_NONE);
	}
	assert_int_equal(say(COMMAND_ENTER, "#more"), ERR_FULL);
	assert_int_equal(say(COMMAND_ENTER, "#0"), ERR_NONE);
	r.house.refuse_enter = CODE_TOO_MANY_ROOMS;
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.answers, SEAT_ROOMS_MAX);
	r.house.refuse_enter = CODE_OK;
	enter("#more"); /* their places are free */
	rig_end(&r);
}

static void enter_with(const char *room, uint8_t first)
{
	uint8_t seed[PROOF_SEED] = {first};
	struct seat_line line = {.kind = COMMAND_ENTER,
				 .room = slice_of(room, strlen(room)),
				 .seed = first ? seed : NULL};

	assert_int_equal(seat_say(r.seat, &line, NULL), ERR_NONE);
	memset(seed, 0, sizeof(seed)); /* it was copied */
	rig_run(&r, SECOND);
}

/* It is shown to each session anew: the proof for one is worth nothing in another. */
static void a_password_is_known_to_every_session(void **state)
{
	(void)state;
	rig_join_by(&r, TRANSPORT_TCP);
	enter_with("#dev", 7);
	assert_true(rig_room(&r, "#dev")->locked);
	rig_say_in(&r, "#dev", "secret");
	come_back();
	rig_say_in(&r, "#dev", "still");
	come_back();
	assert_true(rig_heard(&r, (const char *const[]){"#dev:secret", "#dev:still", NULL}));
	assert_int_equal(r.house.enters, 3);
	assert_int_equal(r.left, 0);
	rig_part(&r, "#dev");
	rig_run(&r, SECOND);
	enter_with("#dev", 0);
	assert_int_equal(r.last_code, CODE_PASSWORD);
	enter_with("#dev", 8);
	assert_int_equal(r.last_code, CODE_PASSWORD);
	enter_with("#dev", 7);
	assert_int_equal(r.last_code, CODE_OK);
	rig_end(&r);
}

/* ---- saying other things ----------------------------------------------------------------------- */

static void expect_other(const struct seat_line *line, const struct command *want)
{
	const struct command *c = &r.house.last_other;

	assert_int_equal(seat_say(r.seat, line, NULL), ERR_NONE);
	rig_run(&r, SECOND);
	assert_int_equal(c->kind, want->kind);
	assert_int_equal(c->room, want->room);
	assert_true(c->seq == want->seq && c->mid == want->mid && c->before == want->before);
	assert_true(c->count == want->count && c->token == want->token);
	assert_int_equal(r.last_code, CODE_OK);
	assert_true(seat_settled(r.seat));
}

static void every_line_has_what_belongs_to_it(void **state)
{
	struct slice dev = slice_of("#dev", 4), text = slice_of("new", 3);

	(void)state;
	begin_in("#dev");
	uint32_t room = rig_room(&r, "#dev")->number;
	rig_say_in(&r, "#dev", "old");
	expect_other(
		&(struct seat_line){.kind = COMMAND_EDIT, .room = dev, .target = 3, .text = text},
		&(struct command){.kind = COMMAND_EDIT, .room = room, .seq = 3, .mid = 2});
	expect_other(&(struct seat_line){.kind = COMMAND_RECALL, .room = dev, .target = 3},
		     &(struct command){.kind = COMMAND_RECALL, .room = room, .seq = 3});
	expect_other(&(struct seat_line){.kind = COMMAND_TOPIC, .room = dev, .text = text},
		     &(struct command){.kind = COMMAND_TOPIC, .room = room});
	expect_other(
		&(struct seat_line){.kind = COMMAND_PAGE, .room = dev, .before = 9, .count = 50},
		&(struct command){.kind = COMMAND_PAGE, .room = room, .before = 9, .count = 50});
	expect_other(&(struct seat_line){.kind = COMMAND_SEARCH, .text = text, .token = 77},
		     &(struct command){.kind = COMMAND_SEARCH, .token = 77});
	expect_other(&(struct seat_line){.kind = COMMAND_SEARCH, .room = dev, .text = text},
		     &(struct command){.kind = COMMAND_SEARCH, .room = room});
	expect_other(&(struct seat_line){.kind = COMMAND_WHO},
		     &(struct command){.kind = COMMAND_WHO, .room = WIRE_LOBBY});
	rig_end(&r);
}

/* Carried out, but the answer was lost. */
static void an_unanswered_edit_is_given_again_as_the_same(void **state)
{
	struct seat_line line = {.kind = COMMAND_EDIT,
				 .room = slice_of("#dev", 4),
				 .target = 3,
				 .text = slice_of("new", 3)};

	(void)state;
	begin_in("#dev");
	r.ways[TRANSPORT_TCP].cut_down = true;
	assert_int_equal(seat_say(r.seat, &line, NULL), ERR_NONE);
	rig_turn(&r);
	assert_int_equal(r.house.others, 1);
	r.ways[TRANSPORT_TCP].cut_down = false;
	come_back();
	assert_int_equal(r.house.others, 2);
	assert_int_equal(r.house.repeats, 1);
	assert_int_equal(r.answers, 2);
	rig_end(&r);
}

/* ---- leaving ----------------------------------------------------------------------------------- */

static void a_room_is_left(void **state)
{
	(void)state;
	begin_in("#dev");
	rig_say_in(&r, "#dev", "one");
	rig_part(&r, "#dev");
	rig_say_in(&r, "#dev", "two");
	rig_run(&r, SECOND);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.left_code, CODE_OK);
	assert_int_equal(r.last_code, CODE_NOT_JOINED); /* the line behind it */
	assert_int_equal(r.answers, 4);
	assert_true(rig_heard(&r, (const char *const[]){"#dev:one", NULL}));
	assert_int_equal(say(COMMAND_TALK, "#dev"), ERR_NOT_FOUND);
	assert_true(seat_settled(r.seat));
	come_back();
	assert_int_equal(r.house.enters, 1);
	rig_end(&r);
}

static void in_and_out_and_in_again(void **state)
{
	(void)state;
	begin_in("#dev");
	r.slow = true;
	rig_part(&r, "#dev");
	rig_enter(&r, "#dev");
	rig_say_in(&r, "#dev", "again");
	rig_run(&r, SECOND / 10);
	rig_hurry(&r);
	rig_run(&r, SECOND);
	assert_int_equal(r.house.parts, 1);
	assert_int_equal(r.house.enters, 2);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.entered, 2);
	assert_true(rig_heard(&r, (const char *const[]){"#dev:again", NULL}));
	rig_end(&r);
}

/* It was done, but the answer was lost: nobody comes in again for that. */
static void a_room_that_was_left_is_not_entered_to_be_left(void **state)
{
	(void)state;
	begin_in("#dev");
	r.ways[TRANSPORT_TCP].cut_down = true;
	rig_part(&r, "#dev");
	rig_turn(&r);
	assert_int_equal(r.house.parts, 1);
	r.ways[TRANSPORT_TCP].cut_down = false;
	come_back();
	assert_int_equal(r.house.parts, 2);
	assert_int_equal(r.house.enters, 1);
	assert_int_equal(r.last_code, CODE_OK);
	assert_int_equal(r.left, 1);
	rig_end(&r);
}

static void the_last_words_are_said_before_one_leaves(void **state)
{
	(void)state;
	begin_in("#dev");
	rig_cut(&r, TRANSPORT_TCP, true);
	rig_say_in(&r, "#dev", "bye");
	rig_part(&r, "#dev");
	rig_turn(&r);
	rig_cut(&r, TRANSPORT_TCP, false);
	come_back();
	assert_true(rig_heard(&r, (const char *const[]){"#dev:bye", NULL}));
	assert_int_equal(r.left, 1);
	assert_int_equal(r.left_code, CODE_OK);
	rig_end(&r);
}

/* The server's end of the one there is. */
static struct session *session(void)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (r.links[i].server)
			return r.links[i].server;
	return NULL;
}

/* By another client of the same person: whoever is in a room is so with all of them. */
static void a_room_that_was_left_elsewhere_is_left(void **state)
{
	(void)state;
	begin_in("#dev");
	struct rig_room *room = rig_room(&r, "#dev");
	house_leave(room, session());
	rig_run(&r, SECOND);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.left_code, CODE_OK);
	assert_int_equal(say(COMMAND_TALK, "#dev"), ERR_NOT_FOUND);
	enter("#dev");
	assert_int_equal(r.entered, 2);
	rig_end(&r);
}

/* Whichever of the answers comes first, the list or one's own. */
static void who_leaves_what_was_left_elsewhere_has_left_it(void **state)
{
	(void)state;
	begin_in("#dev");
	r.slow = true;
	house_leave(rig_room(&r, "#dev"), session());
	rig_turn(&r);
	rig_part(&r, "#dev");
	rig_turn(&r);
	assert_int_equal(r.held_count, 2); /* LIST, and PART */
	rig_hurry(&r);
	rig_run(&r, SECOND);
	assert_int_equal(r.house.parts, 1);
	assert_int_equal(r.last_code, CODE_OK);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.left_code, CODE_OK);
	rig_end(&r);
}

/* The session has to be let in again; and what is heard of old times is no leaving at all. */
static void a_room_that_one_is_back_in_is_kept(void **state)
{
	(void)state;
	begin_in("#dev");
	struct rig_room *room = rig_room(&r, "#dev");
	house_leave(room, session());
	house_append(room, EVENT_JOIN, "alice", slice_of(NULL, 0));
	room->in = true;
	rig_append_in(&r, "#dev", "after");
	rig_run(&r, SECOND);
	assert_int_equal(r.left, 0);
	assert_int_equal(r.house.enters, 2);
	assert_true(room->heard == room->head);
	come_back();
	assert_int_equal(r.left, 0);
	rig_say_in(&r, "#dev", "still here");
	rig_run(&r, SECOND);
	assert_true(rig_heard(&r, (const char *const[]){"#dev:after", "#dev:still here", NULL}));
	rig_end(&r);
}

/* What is heard between asking to be let in again and the answer is no sign of a shorter log. */
static void being_let_in_again_holds_up_nothing(void **state)
{
	(void)state;
	begin_in("#dev");
	struct rig_room *room = rig_room(&r, "#dev");
	house_append(room, EVENT_QUIT, "alice", slice_of(NULL, 0)); /* of old times */
	r.slow = true;
	rig_run(&r, SECOND);
	rig_hurry(&r); /* that is where one is */
	r.slow = true;
	rig_run(&r, SECOND);
	rig_append_in(&r, "#dev", "meanwhile");
	rig_run(&r, SECOND);
	assert_int_equal(r.house.enters, 1);
	rig_hurry(&r);
	rig_append_in(&r, "#dev", "and then");
	rig_run(&r, SECOND);
	assert_int_equal(r.house.enters, 2);
	assert_int_equal(r.left + r.anew + r.gaps, 0);
	assert_true(rig_heard(&r, (const char *const[]){"#dev:meanwhile", "#dev:and then", NULL}));
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_is_made_and_talked_in),
		cmocka_unit_test(what_is_said_waits_for_its_room_alone),
		cmocka_unit_test(a_room_that_one_is_not_in),
		cmocka_unit_test(a_refused_room_answers_what_was_said_in_it),
		cmocka_unit_test(asked_twice_it_is_two_questions),
		cmocka_unit_test(who_is_in_a_room_is_told_so_without_a_question),
		cmocka_unit_test(one_room_by_two_names_is_one),
		cmocka_unit_test(more_rooms_than_there_is_place_for),
		cmocka_unit_test(a_password_is_known_to_every_session),
		cmocka_unit_test(every_line_has_what_belongs_to_it),
		cmocka_unit_test(an_unanswered_edit_is_given_again_as_the_same),
		cmocka_unit_test(a_room_is_left),
		cmocka_unit_test(in_and_out_and_in_again),
		cmocka_unit_test(a_room_that_was_left_is_not_entered_to_be_left),
		cmocka_unit_test(the_last_words_are_said_before_one_leaves),
		cmocka_unit_test(a_room_that_was_left_elsewhere_is_left),
		cmocka_unit_test(who_leaves_what_was_left_elsewhere_has_left_it),
		cmocka_unit_test(a_room_that_one_is_back_in_is_kept),
		cmocka_unit_test(being_let_in_again_holds_up_nothing),
	};

	return cmocka_run_group_tests_name("seat, rooms", tests, NULL, NULL);
}
