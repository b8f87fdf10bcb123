/* ui/model: joins and quits in one line; what was not looked at; what calls on the person. */
#include "ui_rig.h"

#include "ui/fold.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

/* ---- folds ---------------------------------------------------------------------------------- */

static void join(struct model *m, const char *who)
{
	happen(m, EVENT_JOIN, who, "");
}

static void quit(struct model *m, const char *who)
{
	happen(m, EVENT_QUIT, who, "bye");
}

static void test_a_fold_grows(void **state)
{
	struct model *m = in_lobby(10);
	const struct model_line *line;

	(void)state;
	join(m, "alice");
	line_is(m, 0, MODEL_HAPPENING, "", "alice joined");
	join(m, "carol");
	happen(m, EVENT_LOST, "alice", ""); /* has no line, and breaks nothing */
	quit(m, "dave");
	join(m, "eve");
	join(m, "frank");
	assert_int_equal(count_lines(m), 1);
	line_is(m, 0, MODEL_HAPPENING, "", "alice, carol and 2 others joined; dave left");
	line = look_at(model_here(m), look_first(model_here(m)));
	assert_int_equal(line->seq, 1);
	assert_int_equal(line->last, 6);
	assert_int_equal(line->second, 601 * 60);
	assert_int_equal(m->line_count, 1);
	assert_int_equal(m->bytes, scrollback_cost(line));
	model_free(m);
}

/* One alone tells all of it. */
static void test_one_alone_is_no_fold(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	quit(m, "alice");
	line_is(m, 0, MODEL_HAPPENING, "", "alice left: bye");
	join(m, "alice");
	line_is(m, 0, MODEL_HAPPENING, "", "alice left and came back");
	model_free(m);
}

static void test_a_talk_breaks_a_fold(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	join(m, "alice");
	talk_in(m, "#lobby", 0, "hello");
	quit(m, "eve");
	note(m, "a notice does so, too");
	join(m, "eve");
	happen(m, EVENT_TOPIC, "eve", "tea");
	join(m, "frank");
	assert_int_equal(count_lines(m), 7);
	line_is(m, 2, MODEL_HAPPENING, "", "eve left: bye");
	line_is(m, 4, MODEL_HAPPENING, "", "eve joined");
	model_free(m);
}

static void test_a_day_breaks_a_fold(void **state)
{
	struct model *m = in_lobby(10);
	struct event e = {.kind = EVENT_JOIN, .seq = 1, .from = text("a")};

	(void)state;
	for (int day = 0; day < 3; day++, e.seq++)
		assert_int_equal(model_event(m, text("#lobby"), &e, (struct day_time){.day = day}),
				 ERR_NONE);
	assert_int_equal(count_lines(m), 3);
	model_free(m);
}

static void test_a_kick_is_told_by_itself(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	join(m, "alice");
	happen_in(m, "#lobby",
		  (struct event){.kind = EVENT_QUIT,
				 .reason = LEAVE_KICKED,
				 .from = text("alice"),
				 .text = text("spam")});
	join(m, "alice");
	assert_int_equal(count_lines(m), 3);
	line_is(m, 1, MODEL_HAPPENING, "", "alice left (kicked): spam");
	model_free(m);
}

static void test_who_wants_each_line_gets_it(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	model_set(m, &(struct model_settings){.max_lines = 10, .fold = false, .words = ""});
	join(m, "alice");
	join(m, "eve");
	assert_int_equal(count_lines(m), 2);
	model_set(m, &(struct model_settings){.max_lines = 10, .fold = true, .words = ""});
	join(m, "frank"); /* what stands there stays as it is */
	join(m, "grace");
	assert_int_equal(count_lines(m), 3);
	line_is(m, 2, MODEL_HAPPENING, "", "frank and grace joined");
	model_free(m);
}

/* Numbers that begin again are of another log: nothing of it goes into a line of the old one. */
static void test_another_log_breaks_a_fold(void **state)
{
	struct model *m = in_lobby(10);
	struct event e = {.kind = EVENT_JOIN, .seq = 5, .from = text("alice")};

	(void)state;
	happen_in(m, "#lobby", e);
	e.seq = 2;
	happen_in(m, "#lobby", e);
	assert_int_equal(count_lines(m), 2);
	model_free(m);
}

/* A storm of them is one line of bounded size, and drops nothing else. */
static void test_a_storm_is_one_line(void **state)
{
	struct model *m = in_lobby(10);
	char name[32];

	(void)state;
	talk_in(m, "#lobby", 0, "kept");
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "guest%d", i);
		join(m, name);
	}
	assert_int_equal(count_lines(m), 2);
	line_is(m, 1, MODEL_HAPPENING, "", "guest0, guest1 and 4998 others joined");
	assert_true(m->bytes < 1024);
	model_free(m);
}

/* A page of history grows it at its other end; what is dropped of it can be loaded again. */
static struct day_time noon(int64_t ms)
{
	(void)ms;
	return at_minute(601);
}

static void load_joins(struct model *m, uint64_t from, uint64_t to)
{
	uint8_t bytes[4096];
	char name[32];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct model_page page = {.room = text("#lobby"), .before = to + 1, .more = true};

	for (uint64_t seq = from; seq <= to; seq++) {
		snprintf(name, sizeof(name), "n%d", (int)seq);
		event_put(&b, &(struct event){.room = 1,
					      .seq = seq,
					      .kind = EVENT_JOIN,
					      .from = text(name),
					      .text = text("")});
	}
	assert_false(b.failed);
	page.events = slice_of(bytes, b.len);
	assert_int_equal(model_page(m, &page, noon), ERR_NONE);
}

static void test_history_grows_a_fold_too(void **state)
{
	struct model *m = in_lobby(10);
	const struct model_line *line;

	(void)state;
	happen_in(m, "#lobby",
		  (struct event){.kind = EVENT_JOIN, .seq = 50, .from = text("alice")});
	load_joins(m, 48, 49);
	assert_int_equal(count_lines(m), 1);
	line_is(m, 0, MODEL_HAPPENING, "", "n48, n49 and alice joined");
	line = look_at(model_here(m), look_first(model_here(m)));
	assert_int_equal(line->seq, 48);
	assert_int_equal(line->last, 50);
	assert_int_equal(model_here(m)->oldest, 48);
	load_joins(m, 40, 47);
	line_is(m, 0, MODEL_HAPPENING, "", "n40, n41 and 9 others joined");
	talk_in(m, "#lobby", 51, "x");
	model_set(m, &(struct model_settings){.max_lines = 1, .fold = true, .words = ""});
	assert_int_equal(model_here(m)->oldest, 51);
	model_free(m);
}

/* ---- what was not looked at ------------------------------------------------------------------ */

static struct model *in_two_rooms(void)
{
	struct model *m = in_lobby(100);

	talk_in(m, "#dev", 1, "the first");
	go_to(m, "#dev");
	go_to(m, "#lobby");
	return m;
}

static void counts_are(const struct model *m, size_t room, uint64_t unread, uint64_t mentions,
		       uint64_t mark)
{
	assert_int_equal(m->rooms[room]->unread, unread);
	assert_int_equal(m->rooms[room]->mentions, mentions);
	assert_int_equal(m->rooms[room]->mark, mark);
}

static void test_the_mark_stays_while_one_looks(void **state)
{
	struct model *m = in_two_rooms();
	uint64_t i = 0;

	(void)state;
	counts_are(m, 1, 0, 0, 0);
	talk_in(m, "#dev", 2, "one");
	talk_in(m, "#dev", 3, "bob: two");
	counts_are(m, 1, 2, 1, 2);
	assert_int_equal(look_counts(m).unread, 2);
	assert_int_equal(look_counts(m).mentions, 1);
	go_to(m, "#dev");
	counts_are(m, 1, 0, 0, 2);
	assert_true(look_mark(model_here(m), &i));
	assert_int_equal(look_at(model_here(m), i)->seq, 2);
	talk_in(m, "#dev", 4, "three"); /* it is seen */
	counts_are(m, 1, 0, 0, 2);
	go_to(m, "#lobby");
	counts_are(m, 1, 0, 0, 0);
	talk_in(m, "#dev", 5, "four");
	counts_are(m, 1, 1, 0, 5);
	model_free(m);
}

static void test_the_room_that_is_shown_is_not_looked_at_without_focus(void **state)
{
	struct model *m = in_two_rooms();

	(void)state;
	talk_in(m, "#lobby", 1, "seen");
	counts_are(m, 0, 0, 0, 0);
	model_focus(m, false);
	model_focus(m, false);
	talk_in(m, "#lobby", 2, "@bob");
	talk_in(m, "#lobby", 3, "not seen");
	counts_are(m, 0, 2, 1, 2);
	go_to(m, "#lobby"); /* a status for another reason */
	counts_are(m, 0, 2, 1, 2);
	model_focus(m, true);
	counts_are(m, 0, 0, 0, 2);
	model_focus(m, false);
	counts_are(m, 0, 0, 0, 0);
	model_free(m);
}

static void test_ones_own_words_are_seen(void **state)
{
	struct model *m = in_two_rooms();

	(void)state;
	happen_in(
		m, "#dev",
		(struct event){.kind = EVENT_TALK, .from = text("bob"), .text = text("bob @all")});
	happen_in(m, "#dev", (struct event){.kind = EVENT_JOIN, .from = text("eve")});
	counts_are(m, 1, 0, 0, 0);
	go_to(m, "#dev");
	assert_false(look_at(model_here(m), look_first(model_here(m)) + 1)->mention);
	model_free(m);
}

static void news_are(const struct model *m, const char *room, uint64_t seq, bool words, bool calls,
		     bool shown)
{
	struct model_news news = model_news(m, text(room), seq);

	assert_int_equal(news.words, words);
	assert_int_equal(news.calls, calls);
	assert_int_equal(news.shown, shown);
}

static void test_what_an_event_is_to_the_person(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	go_to(m, "#lobby");
	talk_in(m, "#lobby", 1, "hello");
	talk_in(m, "#lobby", 2, "hello bob");
	talk_in(m, "#dev", 1, "hello");
	talk_in(m, "#dev", 2, "hello bob");
	talk_in(m, "@alice", 1, "hello");
	happen_in(m, "#dev", (struct event){.kind = EVENT_JOIN, .seq = 3, .from = text("bob2")});
	happen_in(m, "#dev",
		  (struct event){.kind = EVENT_TALK,
				 .seq = 4,
				 .from = text("bob"),
				 .text = text("bob, that is me")});
	news_are(m, "#lobby", 1, true, false, true);
	news_are(m, "#lobby", 2, true, true, true);
	news_are(m, "#dev", 1, true, false, false);
	news_are(m, "#dev", 2, true, true, false);
	news_are(m, "@alice", 1, true, true, false);
	news_are(m, "#dev", 3, false, false, false);
	news_are(m, "#dev", 4, false, false, false);
	news_are(m, "#dev", 5, false, false, false); /* there is none */
	news_are(m, "#none", 1, false, false, false);
	model_free(m);
}

static void test_what_is_recalled_is_not_unread(void **state)
{
	struct model *m = in_two_rooms();
	uint64_t i;

	(void)state;
	talk_in(m, "#dev", 2, "bob!");
	talk_in(m, "#dev", 3, "two");
	happen_in(m, "#dev", (struct event){.kind = EVENT_RECALL, .target = 2});
	counts_are(m, 1, 1, 0, 2);
	happen_in(m, "#dev", (struct event){.kind = EVENT_RECALL, .target = 1}); /* seen before */
	counts_are(m, 1, 1, 0, 2);
	assert_true(look_mark(m->rooms[1], &i)); /* above the tombstone */
	model_free(m);
}

static void test_a_word_to_the_person_alone_calls(void **state)
{
	struct model *m = in_two_rooms();

	(void)state;
	talk_in(m, "@alice", 1, "hi");
	counts_are(m, 2, 1, 1, 1);
	go_to(m, "@alice");
	assert_false(
		look_at(model_here(m), look_first(model_here(m)))->mention); /* no name in it */
	model_free(m);
}

static void test_another_log_has_no_mark(void **state)
{
	struct model *m = in_two_rooms();
	uint64_t i;

	(void)state;
	talk_in(m, "#dev", 7, "x");
	talk_in(m, "#dev", 3, "of another log");
	counts_are(m, 1, 2, 0, 3);
	go_to(m, "#dev");
	assert_true(look_mark(model_here(m), &i));
	assert_int_equal(i, look_end(model_here(m)) - 1);
	model_free(m);
}

static void test_what_was_missed_begins_below_a_mark(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	assert_int_equal(model_missed(m, text("#lobby")), ERR_NONE);
	happen_in(m, "#lobby", (struct event){.kind = EVENT_QUIT, .seq = 7, .from = text("bob")});
	talk_in(m, "#lobby", 8, "while you were away");
	talk_in(m, "#lobby", 9, "bob?");
	happen_in(m, "#lobby", (struct event){.kind = EVENT_JOIN, .from = text("bob")});
	counts_are(m, 0, 0, 0, 8);
	talk_in(m, "#lobby", 11, "there you are");
	counts_are(m, 0, 0, 0, 8);
	go_to(m, "#dev");
	counts_are(m, 0, 0, 0, 0);
	model_free(m);
}

static void test_nothing_was_missed(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	assert_int_equal(model_missed(m, text("#lobby")), ERR_NONE);
	happen_in(m, "#lobby", (struct event){.kind = EVENT_JOIN, .seq = 7, .from = text("bob")});
	talk_in(m, "#lobby", 8, "hello");
	counts_are(m, 0, 0, 0, 0);
	model_free(m);
}

static void test_a_mark_that_was_dropped(void **state)
{
	struct model *m = in_lobby(3);
	uint64_t i;

	(void)state;
	for (uint64_t seq = 1; seq < 10; seq++)
		talk_in(m, "#dev", seq, "x");
	counts_are(m, 1, 9, 0, 1);
	assert_false(look_mark(m->rooms[1], &i));
	model_free(m);
}

/* ---- what lines are ---------------------------------------------------------------------------- */

static void test_words_that_call(void **state)
{
	struct model *m = in_lobby(10);
	const struct model_line *line;

	(void)state;
	model_set(m, &(struct model_settings){.max_lines = 10, .words = "release, 发布"});
	talk_in(m, "#lobby", 1, "周五发布");
	talk_in(m, "#lobby", 2, "bob");
	happen(m, EVENT_ANNOUNCE, "", "@all: down at 9");
	talk_in(m, "#lobby", 4, "nothing");
	for (uint64_t i = 0; i < 4; i++) {
		line = look_at(model_here(m), look_first(model_here(m)) + i);
		assert_int_equal(line->mention, i < 3);
	}
	happen_in(m, "#lobby",
		  (struct event){.kind = EVENT_EDIT,
				 .target = 4,
				 .from = text("alice"),
				 .text = text("nothing, bob")});
	line = look_at(model_here(m), look_first(model_here(m)) + 3);
	assert_true(line->mention);
	assert_int_equal(line->note_len, strlen(" (edited)"));
	model_free(m);
}

static void test_what_somebody_does(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	talk_in(m, "#lobby", 0, "/me waves at bob");
	talk_in(m, "#lobby", 0, "/me ");
	talk_in(m, "#lobby", 0, "/meh");
	line_is(m, 0, MODEL_ACTION, "alice", "waves at bob");
	assert_true(look_at(model_here(m), look_first(model_here(m)))->mention);
	line_is(m, 1, MODEL_TALK, "alice", "/me ");
	line_is(m, 2, MODEL_TALK, "alice", "/meh");
	assert_int_equal(model_here(m)->lines.talks, 3);
	model_free(m);
}

static void test_what_is_answered_to(void **state)
{
	static const struct {
		const char *text;
		size_t quote;
	} rows[] = {
		{"> alice: 在吗\n在", sizeof("> alice: 在吗\n") - 1},
		{"> alice: x", 0}, /* an answer without an answer */
		{"> alice: x\n", 0},
		{">quote\nx", 0},
		{"x > y\nz", 0},
	};
	struct model *m = in_lobby(10);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		talk_in(m, "#lobby", 0, rows[i].text);
		const struct model_room *r = model_here(m);
		assert_int_equal(look_at(r, look_end(r) - 1)->quote_len, rows[i].quote);
	}
	model_free(m);
}

static void test_an_empty_room(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	assert_false(look_empty(m)); /* that is not known yet */
	happen(m, EVENT_JOIN, "bob", "");
	assert_true(look_empty(m));
	talk_in(m, "#lobby", 0, "hello");
	assert_false(look_empty(m));
	talk_in(m, "#dev", 7, "x");
	happen_in(m, "@eve", (struct event){.kind = EVENT_OPEN, .from = text("eve")});
	go_to(m, "@eve");
	assert_true(look_empty(m));
	assert_int_equal(model_said(m,
				    &(struct model_said){.ticket = 1,
							 .room = text("@eve"),
							 .state = SAID_SENDING,
							 .text = text("hi")},
				    at_minute(0)),
			 ERR_NONE);
	assert_false(look_empty(m));
	model_free(m);
}

static void test_fewer_lines_from_now_on(void **state)
{
	struct model *m = in_lobby(100);

	(void)state;
	for (uint64_t seq = 1; seq <= 50; seq++)
		talk_in(m, seq % 2 ? "#lobby" : "#dev", (seq + 1) / 2, "x");
	model_set(m, &(struct model_settings){.max_lines = 10, .words = ""});
	assert_int_equal(m->line_count, 10);
	assert_int_equal(count_lines(m), 5);
	model_leave(m, text("#dev"));
	assert_int_equal(m->line_count, 5);
	assert_int_equal(m->bytes, model_here(m)->lines.bytes);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fold_grows),
		cmocka_unit_test(test_one_alone_is_no_fold),
		cmocka_unit_test(test_a_talk_breaks_a_fold),
		cmocka_unit_test(test_a_day_breaks_a_fold),
		cmocka_unit_test(test_a_kick_is_told_by_itself),
		cmocka_unit_test(test_who_wants_each_line_gets_it),
		cmocka_unit_test(test_another_log_breaks_a_fold),
		cmocka_unit_test(test_a_storm_is_one_line),
		cmocka_unit_test(test_history_grows_a_fold_too),
		cmocka_unit_test(test_the_mark_stays_while_one_looks),
		cmocka_unit_test(test_the_room_that_is_shown_is_not_looked_at_without_focus),
		cmocka_unit_test(test_ones_own_words_are_seen),
		cmocka_unit_test(test_what_an_event_is_to_the_person),
		cmocka_unit_test(test_what_is_recalled_is_not_unread),
		cmocka_unit_test(test_a_word_to_the_person_alone_calls),
		cmocka_unit_test(test_another_log_has_no_mark),
		cmocka_unit_test(test_what_was_missed_begins_below_a_mark),
		cmocka_unit_test(test_nothing_was_missed),
		cmocka_unit_test(test_a_mark_that_was_dropped),
		cmocka_unit_test(test_words_that_call),
		cmocka_unit_test(test_what_somebody_does),
		cmocka_unit_test(test_what_is_answered_to),
		cmocka_unit_test(test_an_empty_room),
		cmocka_unit_test(test_fewer_lines_from_now_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
