/* ui/model: what is kept, what is dropped, and that all of it is safe to show. */
#include "ui_rig.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_events_become_lines(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	happen(m, EVENT_JOIN, "alice", "");
	happen(m, EVENT_TALK, "alice", "你好");
	happen(m, EVENT_NICK, "alice", "bob");
	happen(m, EVENT_ANNOUNCE, "", "down at 9");
	happen(m, EVENT_QUIT, "bob", "bye");
	assert_int_equal(count_lines(m), 5);
	line_is(m, 0, MODEL_HAPPENING, "", "alice joined");
	line_is(m, 1, MODEL_TALK, "alice", "你好");
	line_is(m, 2, MODEL_HAPPENING, "", "alice is now known as bob");
	line_is(m, 3, MODEL_ANNOUNCE, "", "down at 9");
	line_is(m, 4, MODEL_HAPPENING, "", "bob left: bye");
	assert_int_equal(scrollback_at(&model_here(m)->lines, model_here(m)->lines.first)->second,
			 601 * 60);
	assert_int_equal(model_here(m)->lines.talks, 1);
	assert_int_equal(model_here(m)->members.len, 0);
	model_free(m);
}

static void test_what_is_shown_is_safe(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	happen(m, EVENT_TALK, "ev\x1bil", "two\nlines\x07");
	line_is(m, 0, MODEL_TALK, "ev␛il", "two\nlines␇");
	note(m, "a\x1b[31m");
	line_is(m, 1, MODEL_NOTICE, "", "a␛[31m");
	model_free(m);
}

static void test_the_oldest_lines_go(void **state)
{
	struct model *m = in_lobby(3);
	char words[8];

	(void)state;
	happen(m, EVENT_TALK, "alice", "first");
	for (int i = 0; i < 5; i++) {
		snprintf(words, sizeof(words), "n%d", i);
		note(m, words);
	}
	assert_int_equal(count_lines(m), 3);
	line_is(m, 0, MODEL_NOTICE, "", "n2");
	line_is(m, 2, MODEL_NOTICE, "", "n4");
	assert_int_equal(model_here(m)->lines.talks, 0);
	model_free(m);
}

static void test_memory_has_a_bound_too(void **state)
{
	struct model *m = in_lobby(MODEL_LINES);
	size_t big = TEXT_MAX_BYTES;
	char *words = malloc(big);

	(void)state;
	assert_non_null(words);
	memset(words, 'x', big);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(model_note(m, MODEL_NOTICE, slice_of(words, big), at_minute(0)),
				 ERR_NONE);
	assert_true(model_here(m)->lines.bytes <= MODEL_MAX_BYTES);
	assert_true(model_here(m)->lines.bytes > MODEL_MAX_BYTES - 2 * big);
	assert_true(count_lines(m) < 2000);
	free(words);
	model_free(m);
}

static void edit_is(const char *line, size_t cursor, const char *want, size_t want_cursor)
{
	struct model *m = model_new(1);

	assert_int_equal(model_edit(m, text(""), text(line), cursor), ERR_NONE);
	assert_int_equal(m->input_len, strlen(want));
	assert_memory_equal(m->input, want, m->input_len);
	assert_int_equal(m->cursor, want_cursor);
	model_free(m);
}

static void test_the_cursor_stays_at_its_character(void **state)
{
	(void)state;
	edit_is("", 0, "", 0);
	edit_is("hello", 2, "hello", 2);
	edit_is("a\nb", 2, "a\nb", 2);
	edit_is("你好", 3, "你好", 3);
	edit_is("a\x01", 2, "a␁", 4);
}

static void test_status_is_taken_whole(void **state)
{
	struct model *m = model_new(1);
	struct model_status s = {.link = LINK_ONLINE,
				 .transport = TRANSPORT_UDP,
				 .unsent = 3,
				 .nick = text("小明"),
				 .room = text("#lo\nbby"),
				 .server = text("udp://[::1]:8888"),
				 .prompt = text("na\nme: ")};

	(void)state;
	assert_int_equal(model_status(m, &s), ERR_NONE);
	assert_int_equal(m->link, LINK_ONLINE);
	assert_int_equal(m->unsent, 3);
	assert_string_equal(m->nick, "小明");
	assert_string_equal(model_here(m)->name, "#lo␊bby");
	assert_int_equal(m->room_count, 1);
	assert_string_equal(m->prompt, "na␊me: ");
	s = (struct model_status){.link = LINK_RECONNECTING};
	assert_int_equal(model_status(m, &s), ERR_NONE);
	assert_string_equal(m->nick, "");
	assert_string_equal(m->prompt, "");
	model_free(m);
}

static void test_a_list_replaces_what_was_known(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	happen(m, EVENT_JOIN, "old", "");
	assert_null(model_who(m, text("#lobby"), true, true, slice_of("\3bob\0", 5)));
	assert_int_equal(model_here(m)->members.len, 1); /* not before it is whole */
	assert_non_null(model_who(m, text("#lobby"), false, false, slice_of("\5alice\0", 7)));
	assert_int_equal(model_here(m)->members.len, 2);
	assert_string_equal(model_here(m)->members.list[0]->name, "alice");
	assert_non_null(model_who(m, text("#lobby"), true, false, slice_of("\3eve\1", 5)));
	assert_int_equal(model_here(m)->members.len, 1);
	assert_int_equal(members_reconnecting(&model_here(m)->members), 1);
	model_free(m);
}

static void test_lost_and_back_are_marks_and_no_lines(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	happen(m, EVENT_JOIN, "alice", "");
	happen(m, EVENT_LOST, "alice", "");
	assert_int_equal(members_reconnecting(&model_here(m)->members), 1);
	happen(m, EVENT_BACK, "alice", "");
	assert_int_equal(members_reconnecting(&model_here(m)->members), 0);
	assert_int_equal(count_lines(m), 1);
	model_free(m);
}

/* ---- rooms --------------------------------------------------------------------------------- */

static void test_each_room_has_its_lines(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 0, "one");
	talk_in(m, "#dev", 0, "two");
	talk_in(m, "@alice", 0, "three");
	talk_in(m, "#dev", 0, "four");
	assert_int_equal(m->room_count, 3);
	line_is(m, 0, MODEL_TALK, "alice", "one");
	assert_int_equal(count_lines(m), 1);
	go_to(m, "#dev");
	line_is(m, 0, MODEL_TALK, "alice", "two");
	line_is(m, 1, MODEL_TALK, "alice", "four");
	go_to(m, "#nowhere yet");
	assert_int_equal(count_lines(m), 0);
	go_to(m, "@alice");
	line_is(m, 0, MODEL_TALK, "alice", "three");
	model_free(m);
}

static void unread_is(const struct model *m, size_t room, uint64_t count)
{
	assert_int_equal(m->rooms[room]->unread, count);
}

static void test_what_is_not_looked_at_is_unread(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 0, "seen");
	talk_in(m, "#dev", 0, "one");
	talk_in(m, "#dev", 0, "two");
	happen_in(m, "#dev", (struct event){.kind = EVENT_JOIN, .from = text("eve")});
	happen_in(m, "#dev",
		  (struct event){.kind = EVENT_TALK, .from = text("bob"), .text = text("mine")});
	happen_in(m, "#dev", (struct event){.kind = EVENT_ANNOUNCE, .text = text("down")});
	unread_is(m, 0, 0);
	unread_is(m, 1, 3);
	go_to(m, "#dev");
	unread_is(m, 1, 0);
	talk_in(m, "#lobby", 0, "now it is the other");
	unread_is(m, 0, 1);
	go_to(m, "#dev"); /* a status for another reason */
	unread_is(m, 0, 1);
	model_free(m);
}

static void test_a_room_that_is_left_is_gone(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#dev", 0, "one");
	talk_in(m, "@alice", 0, "two");
	go_to(m, "@alice");
	model_leave(m, text("#dev"));
	assert_int_equal(m->room_count, 2);
	line_is(m, 0, MODEL_TALK, "alice", "two");
	talk_in(m, "#lobby", 0, "unread until it is shown");
	model_leave(m, text("@alice"));
	assert_string_equal(model_here(m)->name, "#lobby");
	unread_is(m, 0, 0);
	model_leave(m, text("#lobby")); /* one has to be there */
	model_leave(m, text("#never"));
	assert_int_equal(m->room_count, 1);
	model_free(m);
}

static void test_a_room_is_called_otherwise(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "@alice", 0, "one");
	model_rename(m, text("@alice"), text("@Alice\x1b"));
	model_rename(m, text("@nobody"), text("@somebody"));
	go_to(m, "@Alice\x1b");
	line_is(m, 0, MODEL_TALK, "alice", "one");
	assert_string_equal(model_here(m)->name, "@Alice␛");
	talk_in(m, "@bob", 0, "two");
	model_rename(m, text("@Alice\x1b"), text("@bob")); /* they are one and the same */
	assert_int_equal(m->room_count, 2);
	go_to(m, "@bob");
	line_is(m, 0, MODEL_TALK, "alice", "two");
	model_free(m);
}

/* The room with most lines gives way, so that a loud one does not wipe a quiet one. */
static void test_the_bound_is_over_all_rooms(void **state)
{
	struct model *m = in_lobby(10);
	char words[16];

	(void)state;
	talk_in(m, "@alice", 0, "once a day");
	for (int i = 0; i < 100; i++) {
		snprintf(words, sizeof(words), "n%d", i);
		talk_in(m, "#dev", 0, words);
	}
	go_to(m, "@alice");
	line_is(m, 0, MODEL_TALK, "alice", "once a day");
	go_to(m, "#dev");
	assert_int_equal(count_lines(m), 9);
	line_is(m, 0, MODEL_TALK, "alice", "n91");
	assert_int_equal(model_here(m)->oldest, 92); /* n91 is number 92 */
	assert_false(model_here(m)->whole);
	model_free(m);
}

static void test_there_are_so_many_rooms_and_no_more(void **state)
{
	struct model *m = in_lobby(1000);
	char name[16];

	(void)state;
	for (int i = 0; i < 2 * MODEL_MAX_ROOMS; i++) {
		snprintf(name, sizeof(name), "#room%d", i);
		talk_in(m, name, 1, "x");
		assert_int_equal(model_topic(m, text(name), text("y")), ERR_NONE);
	}
	assert_int_equal(m->room_count, MODEL_MAX_ROOMS);
	model_free(m);
}

static void test_topics_and_names_are_safe(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	assert_int_equal(model_topic(m, text("#a\x1b[2J"), text("b\x1b]0;c\x07")), ERR_NONE);
	assert_string_equal(m->rooms[1]->name, "#a␛[2J");
	assert_string_equal(m->rooms[1]->topic, "b␛]0;c␇");
	assert_int_equal(model_topic(m, text("#a\x1b[2J"), text("")), ERR_NONE);
	assert_string_equal(m->rooms[1]->topic, "");
	assert_int_equal(m->room_count, 2);
	model_free(m);
}

static void test_members_are_of_their_room(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	talk_in(m, "#dev", 0, "x");
	talk_in(m, "@alice", 0, "x");
	assert_int_equal(m->rooms[0]->members.len, 0);
	assert_int_equal(m->rooms[1]->members.len, 1);
	assert_int_equal(m->rooms[2]->members.len, 0); /* it is always the same two */
	assert_non_null(model_who(m, text("#dev"), true, false, slice_of("\3bob\0\3eve\0", 10)));
	assert_null(model_who(m, text("#gone"), true, false, slice_of("\3bob\0", 5)));
	assert_int_equal(m->rooms[1]->members.len, 2);
	assert_int_equal(m->room_count, 3);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_become_lines),
		cmocka_unit_test(test_what_is_shown_is_safe),
		cmocka_unit_test(test_the_oldest_lines_go),
		cmocka_unit_test(test_memory_has_a_bound_too),
		cmocka_unit_test(test_the_cursor_stays_at_its_character),
		cmocka_unit_test(test_status_is_taken_whole),
		cmocka_unit_test(test_a_list_replaces_what_was_known),
		cmocka_unit_test(test_lost_and_back_are_marks_and_no_lines),
		cmocka_unit_test(test_each_room_has_its_lines),
		cmocka_unit_test(test_what_is_not_looked_at_is_unread),
		cmocka_unit_test(test_a_room_that_is_left_is_gone),
		cmocka_unit_test(test_a_room_is_called_otherwise),
		cmocka_unit_test(test_the_bound_is_over_all_rooms),
		cmocka_unit_test(test_there_are_so_many_rooms_and_no_more),
		cmocka_unit_test(test_topics_and_names_are_safe),
		cmocka_unit_test(test_members_are_of_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
