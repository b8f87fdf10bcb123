/* ui/model: talks that change where they stand, and history that is loaded above them. */
#include "ui_rig.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- recalls and edits --------------------------------------------------------------------- */

static void change(struct model *m, enum event_kind kind, uint64_t target, const char *what)
{
	happen_in(
		m, "#lobby",
		(struct event){
			.kind = kind, .from = text("alice"), .target = target, .text = text(what)});
}

static void test_a_recalled_talk_is_a_tombstone_in_its_place(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	talk_in(m, "#lobby", 0, "one");
	talk_in(m, "#lobby", 0, "two");
	note(m, "between");
	talk_in(m, "#lobby", 0, "three");
	change(m, EVENT_RECALL, 2, "");
	assert_int_equal(count_lines(m), 4);
	line_is(m, 0, MODEL_TALK, "alice", "one");
	line_is(m, 1, MODEL_HAPPENING, "", "alice recalled a message");
	line_is(m, 3, MODEL_TALK, "alice", "three");
	assert_int_equal(model_here(m)->lines.talks, 2);
	happen_in(m, "#lobby", (struct event){.kind = EVENT_RECALL, .target = 3});
	line_is(m, 3, MODEL_HAPPENING, "", "the administrator recalled a message");
	model_free(m);
}

static void test_an_edited_talk_changes_in_its_place(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	talk_in(m, "#lobby", 0, "one");
	talk_in(m, "#lobby", 0, "two");
	change(m, EVENT_EDIT, 1, "uno\x1b");
	change(m, EVENT_EDIT, 2, "dos");
	change(m, EVENT_EDIT, 1, "ein");
	change(m, EVENT_EDIT, 1, ""); /* it was changed again since */
	assert_int_equal(count_lines(m), 2);
	line_is(m, 0, MODEL_TALK, "alice", "ein (edited)");
	line_is(m, 1, MODEL_TALK, "alice", "dos (edited)");
	change(m, EVENT_EDIT, 2, ""); /* overtaken by another, which comes */
	line_is(m, 1, MODEL_TALK, "alice", "dos (edited)");
	change(m, EVENT_RECALL, 1, "");
	line_is(m, 0, MODEL_HAPPENING, "", "alice recalled a message");
	model_free(m);
}

static void test_what_came_changed_already_is_shown_so(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	happen(m, EVENT_RECALLED, "alice", "");
	happen(m, EVENT_EDITED, "alice", "new");
	line_is(m, 0, MODEL_HAPPENING, "", "alice recalled a message");
	line_is(m, 1, MODEL_TALK, "alice", "new (edited)");
	model_free(m);
}

/* ---- history ------------------------------------------------------------------------------- */

static struct day_time minute_of(int64_t ms)
{
	return at_minute((int)ms);
}

struct page {
	struct buf b;
	uint8_t bytes[65536];
};

static void put(struct page *p, uint64_t seq, enum event_kind kind, const char *what)
{
	struct event e = {.room = 1,
			  .seq = seq,
			  .kind = kind,
			  .time_ms = 300,
			  .target = seq > 1 ? seq - 1 : 0,
			  .from = text("alice"),
			  .text = text(what)};

	event_put(&p->b, &e);
	assert_false(p->b.failed);
}

static struct page *talks(uint64_t from, uint64_t to)
{
	static struct page p;
	char words[32];

	p.b = buf_of(p.bytes, sizeof(p.bytes));
	for (uint64_t seq = from; seq <= to; seq++) {
		snprintf(words, sizeof(words), "talk %d", (int)seq);
		put(&p, seq, EVENT_TALK, words);
	}
	return &p;
}

static enum err load(struct model *m, const char *room, uint64_t before, bool more,
		     const struct page *p)
{
	struct model_page page = {.room = text(room),
				  .before = before,
				  .more = more,
				  .events = slice_of(p->bytes, p->b.len)};

	return model_page(m, &page, minute_of);
}

static void test_a_page_goes_above_what_is_there(void **state)
{
	struct model *m = in_lobby(100);
	struct scrollback *b = &model_here(m)->lines;
	uint64_t at;

	(void)state;
	note(m, "a notice from before");
	talk_in(m, "#lobby", 50, "talk 50");
	talk_in(m, "#lobby", 51, "talk 51");
	at = b->end - 1;
	assert_true(look_may_load(m));
	model_here(m)->loading = true;
	assert_false(look_may_load(m));
	assert_int_equal(load(m, "#lobby", 50, true, talks(40, 49)), ERR_NONE);
	assert_true(look_may_load(m));
	assert_int_equal(count_lines(m), 13);
	line_is(m, 0, MODEL_TALK, "alice", "talk 40");
	line_is(m, 9, MODEL_TALK, "alice", "talk 49");
	line_is(m, 10, MODEL_NOTICE, "", "a notice from before");
	assert_int_equal(scrollback_at(b, b->first)->second, 300 * 60);
	assert_int_equal(scrollback_at(b, at)->seq, 51); /* its place is the same */
	assert_int_equal(load(m, "#lobby", 40, false, talks(30, 39)), ERR_NONE);
	assert_int_equal(model_here(m)->oldest, 30);
	assert_false(look_may_load(m)); /* there is no more */
	model_free(m);
}

static void test_a_page_is_taken_once(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 50, "talk 50");
	assert_int_equal(load(m, "#lobby", 50, true, talks(45, 49)), ERR_NONE);
	assert_int_equal(load(m, "#lobby", 50, true, talks(40, 49)), ERR_NONE); /* overlaps */
	assert_int_equal(count_lines(m), 11);
	line_is(m, 0, MODEL_TALK, "alice", "talk 40");
	line_is(m, 5, MODEL_TALK, "alice", "talk 45");
	assert_int_equal(load(m, "#lobby", 30, true, talks(20, 29)), ERR_NONE); /* a hole */
	assert_int_equal(count_lines(m), 11);
	assert_int_equal(load(m, "#gone", 30, true, talks(20, 29)), ERR_NONE);
	assert_int_equal(m->room_count, 1);
	assert_int_equal(load(m, "#lobby", 40, true, talks(1, 0)), ERR_NONE); /* refused */
	assert_true(look_may_load(m));
	model_free(m);
}

static void test_the_beginning_is_known(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	assert_true(look_may_load(m)); /* nothing was told of it yet */
	talk_in(m, "#lobby", 1, "talk 1");
	assert_false(look_may_load(m));
	go_to(m, "#dev");
	talk_in(m, "#dev", 5, "talk 5");
	assert_true(look_may_load(m));
	struct model_status s = {.link = LINK_RECONNECTING, .room = text("#dev")};
	assert_int_equal(model_status(m, &s), ERR_NONE);
	assert_false(look_may_load(m));
	model_free(m);
}

/* A recall or an edit comes while the page that has the talk as it was is under way. */
static void test_changes_that_come_before_their_talk(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 50, "talk 50");
	talk_in(m, "#dev", 50, "elsewhere");
	change(m, EVENT_EDIT, 44, "four");
	change(m, EVENT_EDIT, 45, "five");
	change(m, EVENT_EDIT, 45, "cinq");
	change(m, EVENT_EDIT, 46, "six");
	change(m, EVENT_RECALL, 46, "");
	change(m, EVENT_RECALL, 47, "");
	assert_int_equal(count_lines(m), 1);
	assert_int_equal(load(m, "#lobby", 50, true, talks(44, 49)), ERR_NONE);
	line_is(m, 0, MODEL_TALK, "alice", "four (edited)");
	line_is(m, 1, MODEL_TALK, "alice", "cinq (edited)");
	line_is(m, 2, MODEL_HAPPENING, "", "alice recalled a message");
	line_is(m, 3, MODEL_HAPPENING, "", "alice recalled a message");
	line_is(m, 4, MODEL_TALK, "alice", "talk 48");
	assert_int_equal(load(m, "#dev", 50, true, talks(44, 49)), ERR_NONE);
	go_to(m, "#dev");
	line_is(m, 0, MODEL_TALK, "alice", "talk 44");
	model_free(m);
}

static void test_a_page_that_has_the_change_already_is_right(void **state)
{
	struct model *m = in_lobby(100);
	struct page *p;

	(void)state;
	talk_in(m, "#lobby", 50, "talk 50");
	change(m, EVENT_EDIT, 48, "edited first");
	p = talks(49, 48);
	put(p, 48, EVENT_RECALLED, "");
	put(p, 49, EVENT_RECALL, ""); /* no line of its own */
	assert_int_equal(load(m, "#lobby", 50, true, p), ERR_NONE);
	assert_int_equal(count_lines(m), 2);
	line_is(m, 0, MODEL_HAPPENING, "", "alice recalled a message");
	assert_int_equal(model_here(m)->oldest, 48);
	model_free(m);
}

/* They are kept for a while only; nothing is kept for ever, and nothing leaks. */
static void test_changes_of_talks_that_never_come(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 500, "x");
	for (uint64_t i = 1; i < 100; i++)
		change(m, EVENT_EDIT, i, "something else");
	talk_in(m, "#dev", 500, "x");
	happen_in(m, "#dev", (struct event){.kind = EVENT_RECALL, .seq = 501, .target = 3});
	model_leave(m, text("#dev"));
	assert_int_equal(load(m, "#lobby", 500, true, talks(95, 99)), ERR_NONE);
	line_is(m, 4, MODEL_TALK, "alice", "something else (edited)");
	model_free(m);
}

static void test_history_stops_at_the_bound(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	for (uint64_t seq = 50; seq < 55; seq++)
		talk_in(m, "#lobby", seq, "live");
	assert_int_equal(load(m, "#lobby", 50, false, talks(30, 49)), ERR_NONE);
	assert_int_equal(count_lines(m), 10);
	line_is(m, 0, MODEL_TALK, "alice", "talk 45");
	assert_int_equal(model_here(m)->oldest, 45);
	assert_false(look_may_load(m));
	talk_in(m, "#lobby", 55, "live");
	line_is(m, 0, MODEL_TALK, "alice", "talk 46");
	line_is(m, 9, MODEL_TALK, "alice", "live");
	model_free(m);
}

static void test_numbers_that_begin_again_are_another_log(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 7, "old seven");
	talk_in(m, "#lobby", 8, "old eight");
	talk_in(m, "#lobby", 5, "new five");
	talk_in(m, "#lobby", 6, "new six");
	talk_in(m, "#lobby", 7, "new seven");
	change(m, EVENT_RECALL, 7, "");
	line_is(m, 0, MODEL_TALK, "alice", "old seven");
	line_is(m, 4, MODEL_HAPPENING, "", "alice recalled a message");
	assert_false(look_may_load(m)); /* it would have to go between */
	model_free(m);
}

static void test_a_broken_page_is_refused(void **state)
{
	struct model *m = in_lobby(100);
	struct page *p = talks(1, 3);

	(void)state;
	p->b.len--;
	assert_int_equal(load(m, "#lobby", 50, true, p), ERR_MALFORMED);
	assert_int_equal(count_lines(m), 0);
	model_free(m);
}

/* ---- what is not shown ---------------------------------------------------------------------- */

static void test_a_room_that_is_cleared_can_be_loaded_again(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	talk_in(m, "#lobby", 1, "one");
	note(m, "words of ours");
	talk_in(m, "#lobby", 2, "two");
	talk_in(m, "#dev", 1, "elsewhere");
	model_clear(m);
	assert_int_equal(count_lines(m), 0);
	assert_int_equal(m->line_count, 1);
	assert_true(look_may_load(m));
	assert_int_equal(model_here(m)->oldest, 3);
	talk_in(m, "#lobby", 3, "three");
	assert_int_equal(load(m, "#lobby", 3, false, talks(1, 2)), ERR_NONE);
	assert_int_equal(count_lines(m), 3);
	line_is(m, 0, MODEL_TALK, "alice", "talk 1");
	line_is(m, 2, MODEL_TALK, "alice", "three");
	model_clear(m);
	model_clear(m); /* what is empty, too */
	model_free(m);
}

static void ignore(struct preferences *p, const char *name, const char *value)
{
	assert_int_equal(preferences_put(p, &(struct preference){PREFERENCE_IGNORED, text(name),
								 text(value)}),
			 ERR_NONE);
}

static void test_who_is_ignored_is_not_shown(void **state)
{
	struct model *m = in_lobby(100);
	struct preferences p;

	(void)state;
	preferences_init(&p);
	model_set(m, &(struct model_settings){
			     .max_lines = 100, .fold = true, .words = "", .preferences = &p});
	ignore(&p, "Alice", "all");
	happen(m, EVENT_JOIN, "carol", "");
	happen(m, EVENT_TALK, "alice", "hello bob");
	happen(m, EVENT_JOIN, "alice", "");
	happen(m, EVENT_NICK, "eve", "alice");
	happen(m, EVENT_TOPIC, "alice", "mine");
	talk_in(m, "#dev", 1, "bob?");
	talk_in(m, "@alice", 1, "psst");
	assert_int_equal(count_lines(m), 1);
	line_is(m, 0, MODEL_HAPPENING, "", "carol joined");
	assert_int_equal(model_here(m)->members.len, 2); /* who is there is there */
	assert_int_equal(look_counts(m).unread, 0);
	assert_int_equal(m->room_count, 2); /* and there is no room of us two */
	ignore(&p, "alice", "");
	happen(m, EVENT_TALK, "alice", "again");
	line_is(m, 1, MODEL_TALK, "alice", "again");
	model_free(m);
	preferences_wipe(&p);
}

/* A page of nothing else is done with, too. */
static void test_history_of_who_is_ignored_is_passed_over(void **state)
{
	struct model *m = in_lobby(100);
	struct preferences p;

	(void)state;
	preferences_init(&p);
	ignore(&p, "alice", "all");
	model_set(m, &(struct model_settings){.max_lines = 100, .words = "", .preferences = &p});
	happen(m, EVENT_OPEN, "", "");
	model_here(m)->oldest = 50;
	assert_int_equal(load(m, "#lobby", 50, true, talks(40, 49)), ERR_NONE);
	assert_int_equal(count_lines(m), 1);
	assert_int_equal(model_here(m)->oldest, 40);
	model_free(m);
	preferences_wipe(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_recalled_talk_is_a_tombstone_in_its_place),
		cmocka_unit_test(test_an_edited_talk_changes_in_its_place),
		cmocka_unit_test(test_what_came_changed_already_is_shown_so),
		cmocka_unit_test(test_a_page_goes_above_what_is_there),
		cmocka_unit_test(test_a_page_is_taken_once),
		cmocka_unit_test(test_the_beginning_is_known),
		cmocka_unit_test(test_changes_that_come_before_their_talk),
		cmocka_unit_test(test_a_page_that_has_the_change_already_is_right),
		cmocka_unit_test(test_changes_of_talks_that_never_come),
		cmocka_unit_test(test_history_stops_at_the_bound),
		cmocka_unit_test(test_numbers_that_begin_again_are_another_log),
		cmocka_unit_test(test_a_broken_page_is_refused),
		cmocka_unit_test(test_a_room_that_is_cleared_can_be_loaded_again),
		cmocka_unit_test(test_who_is_ignored_is_not_shown),
		cmocka_unit_test(test_history_of_who_is_ignored_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
