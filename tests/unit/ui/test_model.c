/* ui/model: what is kept, what is dropped, and that all of it is safe to show. */
#include "ui/model.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void note(struct model *m, const char *words)
{
	assert_int_equal(model_note(m, MODEL_NOTICE, text(words), 0), ERR_NONE);
}

static void happen(struct model *m, enum event_kind kind, const char *from, const char *what)
{
	struct event e = {.kind = kind, .from = text(from), .text = text(what)};

	assert_int_equal(model_event(m, &e, 601), ERR_NONE);
}

static void line_is(const struct model *m, uint64_t i, enum model_kind kind, const char *who,
		    const char *what)
{
	const struct model_line *line = model_at(m, i);

	assert_int_equal(line->kind, kind);
	assert_int_equal(line->who_len, strlen(who));
	assert_int_equal(line->text_len, strlen(what));
	assert_memory_equal(line->bytes, who, line->who_len);
	assert_memory_equal(line->bytes + line->who_len, what, line->text_len);
}

static void test_events_become_lines(void **state)
{
	struct model *m = model_new(100);

	(void)state;
	happen(m, EVENT_JOIN, "alice", "");
	happen(m, EVENT_TALK, "alice", "你好");
	happen(m, EVENT_NICK, "alice", "bob");
	happen(m, EVENT_ANNOUNCE, "", "down at 9");
	happen(m, EVENT_QUIT, "bob", "bye");
	assert_int_equal(m->end - m->first, 5);
	line_is(m, 0, MODEL_HAPPENING, "", "alice joined");
	line_is(m, 1, MODEL_TALK, "alice", "你好");
	line_is(m, 2, MODEL_HAPPENING, "", "alice is now known as bob");
	line_is(m, 3, MODEL_ANNOUNCE, "", "down at 9");
	line_is(m, 4, MODEL_HAPPENING, "", "bob left: bye");
	assert_int_equal(model_at(m, 1)->minute, 601);
	assert_int_equal(m->talks, 1);
	assert_int_equal(m->members.len, 0);
	model_free(m);
}

static void test_what_is_shown_is_safe(void **state)
{
	struct model *m = model_new(100);

	(void)state;
	happen(m, EVENT_TALK, "ev\x1bil", "two\nlines\x07");
	line_is(m, 0, MODEL_TALK, "ev␛il", "two\nlines␇");
	note(m, "a\x1b[31m");
	line_is(m, 1, MODEL_NOTICE, "", "a␛[31m");
	model_free(m);
}

static void test_the_oldest_lines_go(void **state)
{
	struct model *m = model_new(3);
	char words[8];

	(void)state;
	happen(m, EVENT_TALK, "alice", "first");
	for (int i = 0; i < 5; i++) {
		snprintf(words, sizeof(words), "n%d", i);
		note(m, words);
	}
	assert_int_equal(m->first, 3);
	assert_int_equal(m->end, 6);
	line_is(m, 3, MODEL_NOTICE, "", "n2");
	line_is(m, 5, MODEL_NOTICE, "", "n4");
	assert_int_equal(m->talks, 0);
	model_free(m);
}

static void test_memory_has_a_bound_too(void **state)
{
	struct model *m = model_new(MODEL_LINES);
	size_t big = TEXT_MAX_BYTES;
	char *words = malloc(big);

	(void)state;
	assert_non_null(words);
	memset(words, 'x', big);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(model_note(m, MODEL_NOTICE, slice_of(words, big), 0), ERR_NONE);
	assert_true(m->bytes <= MODEL_MAX_BYTES);
	assert_true(m->bytes > MODEL_MAX_BYTES - 2 * big);
	assert_true(m->end - m->first < 2000);
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
	edit_is("a\nb", 2, "a␊b", 4);
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
				 .room = text("lobby"),
				 .server = text("udp://[::1]:8888"),
				 .prompt = text("na\nme: ")};

	(void)state;
	model_status(m, &s);
	assert_int_equal(m->link, LINK_ONLINE);
	assert_int_equal(m->unsent, 3);
	assert_string_equal(m->nick, "小明");
	assert_string_equal(m->prompt, "na␊me: ");
	s = (struct model_status){.link = LINK_RECONNECTING};
	model_status(m, &s);
	assert_string_equal(m->nick, "");
	assert_string_equal(m->prompt, "");
	model_free(m);
}

static void test_a_list_replaces_what_was_known(void **state)
{
	struct model *m = model_new(10);

	(void)state;
	happen(m, EVENT_JOIN, "old", "");
	assert_false(model_who(m, true, true, slice_of("\3bob\0", 5)));
	assert_int_equal(m->members.len, 1); /* not before it is whole */
	assert_true(model_who(m, false, false, slice_of("\5alice\0", 7)));
	assert_int_equal(m->members.len, 2);
	assert_string_equal(m->members.list[0]->name, "alice");
	assert_true(model_who(m, true, false, slice_of("\3eve\1", 5)));
	assert_int_equal(m->members.len, 1);
	assert_int_equal(members_reconnecting(&m->members), 1);
	model_free(m);
}

static void test_lost_and_back_are_marks_and_no_lines(void **state)
{
	struct model *m = model_new(10);

	(void)state;
	happen(m, EVENT_JOIN, "alice", "");
	happen(m, EVENT_LOST, "alice", "");
	assert_int_equal(members_reconnecting(&m->members), 1);
	happen(m, EVENT_BACK, "alice", "");
	assert_int_equal(members_reconnecting(&m->members), 0);
	assert_int_equal(m->end - m->first, 1);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
