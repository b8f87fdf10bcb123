/* ui/notice: who is called when, and what is said then. */
#include "ui/notice.h"

#include "check.h"
#include "proto/text.h"

#include <string.h>

enum { SECOND = 1000 * 1000, ALL_WAYS = NOTICE_BELL | NOTICE_DESKTOP | NOTICE_HOOK };

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct settings all_on(void)
{
	struct settings s;

	settings_init(&s);
	strcpy(s.hook, "/bin/true");
	return s;
}

/* ---- when ----------------------------------------------------------------------------------- */

static const struct notice_news mention = {.words = true, .calls = true};
static const struct notice_news talk = {.words = true};

static void test_what_calls(void **state)
{
	static const struct {
		enum settings_notify level;
		struct notice_news news;
		bool called;
	} rows[] = {
		{SETTINGS_NOTIFY_MENTIONS, {.words = true, .calls = true}, true},
		{SETTINGS_NOTIFY_MENTIONS, {.words = true}, false},
		{SETTINGS_NOTIFY_ALL, {.words = true}, true},
		{SETTINGS_NOTIFY_ALL, {.words = true, .calls = true}, true},
		{SETTINGS_NOTIFY_NONE, {.words = true, .calls = true}, false},
		{SETTINGS_NOTIFY_NONE, {.words = true}, false},
		{SETTINGS_NOTIFY_ALL, {.words = false}, false}, /* one's own; a join */
		{SETTINGS_NOTIFY_ALL, {.calls = true}, false},	/* … with one's name */
		{SETTINGS_NOTIFY_ALL, {.words = true, .past = true}, false},
		{SETTINGS_NOTIFY_MENTIONS, {.words = true, .calls = true, .past = true}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct notice n = {.focus = NOTICE_AWAY};
		if (notice_take(&n, SECOND, rows[i].level, &rows[i].news) != rows[i].called)
			fail_msg("row %zu", i);
	}
}

static void test_by_which_ways(void **state)
{
	static const struct {
		int bell, desktop;
		const char *hook;
		unsigned ways;
	} rows[] = {
		{1, 1, "", NOTICE_BELL | NOTICE_DESKTOP},
		{1, 0, "", NOTICE_BELL},
		{0, 1, "", NOTICE_DESKTOP},
		{0, 0, "x", NOTICE_HOOK},
		{1, 1, "x", ALL_WAYS},
		{0, 0, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct settings s = all_on();
		s.bell = rows[i].bell;
		s.desktop_notify = rows[i].desktop;
		strcpy(s.hook, rows[i].hook);
		assert_int_equal(notice_ways(&s), rows[i].ways);
	}
}

/* Of what is on the screen nobody is told who looks; of anything else, they are. */
static void test_what_is_seen_does_not_call(void **state)
{
	static const struct {
		enum notice_focus focus;
		uint64_t pressed; /* before */
		bool shown, called;
	} rows[] = {
		{NOTICE_LOOKS, 0, true, false},
		{NOTICE_LOOKS, 0, false, true},
		{NOTICE_AWAY, 0, true, true},
		{NOTICE_AWAY, SECOND, true, true},
		{NOTICE_AWAY, 0, false, true},
		{NOTICE_UNTOLD, 0, true, true}, /* it never was */
		{NOTICE_UNTOLD, NOTICE_AT_HAND_US - 1, true, false},
		{NOTICE_UNTOLD, NOTICE_AT_HAND_US, true, true},
		{NOTICE_UNTOLD, 1, false, true},
	};
	const uint64_t now = 100 * SECOND;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct notice n = {.focus = rows[i].focus};
		struct notice_news news = mention;
		n.pressed = rows[i].pressed ? now - rows[i].pressed : 0;
		news.shown = rows[i].shown;
		if (notice_take(&n, now, SETTINGS_NOTIFY_MENTIONS, &news) != rows[i].called)
			fail_msg("row %zu", i);
	}
}

static void test_a_burst_calls_once_a_second(void **state)
{
	struct notice n = {.focus = NOTICE_AWAY};
	int calls = 0;

	(void)state;
	for (uint64_t now = SECOND; now < 4 * SECOND; now += 1000)
		calls += notice_take(&n, now, SETTINGS_NOTIFY_MENTIONS, &mention);
	assert_int_equal(calls, 3);
	/* What does not call does not make others wait, nor does what nobody wants to hear of. */
	n = (struct notice){.focus = NOTICE_AWAY};
	assert_false(notice_take(&n, 9, SETTINGS_NOTIFY_MENTIONS, &talk));
	assert_false(notice_take(&n, 9, SETTINGS_NOTIFY_NONE, &mention));
	assert_true(notice_take(&n, 9, SETTINGS_NOTIFY_MENTIONS, &mention));
}

static void test_focus(void **state)
{
	struct notice n = {0};

	(void)state;
	assert_false(notice_pressed(&n, 7, true));
	assert_int_equal(n.focus, NOTICE_UNTOLD);
	notice_focus(&n, false);
	assert_int_equal(n.focus, NOTICE_AWAY);
	assert_false(notice_pressed(&n, 8, false));
	assert_int_equal(n.focus, NOTICE_AWAY);
	assert_true(notice_pressed(&n, 8, true)); /* the terminal has forgotten to tell */
	assert_int_equal(n.focus, NOTICE_LOOKS);
	assert_false(notice_pressed(&n, 9, true));
	notice_focus(&n, false);
	notice_focus(&n, true);
	assert_int_equal(n.focus, NOTICE_LOOKS);
}

/* ---- without a model -------------------------------------------------------------------------- */

static void test_what_events_are(void **state)
{
	static const struct {
		struct event event;
		const char *from, *text, *room;
		bool words, calls;
	} rows[] = {
		{{.kind = EVENT_TALK}, "bob", "hello", "#dev", true, false},
		{{.kind = EVENT_TALK}, "bob", "hello 小明!", "#dev", true, true},
		{{.kind = EVENT_TALK}, "bob", "@all lunch", "#dev", true, true},
		{{.kind = EVENT_TALK}, "bob", "the build is red", "#dev", true, true},
		{{.kind = EVENT_TALK}, "bob", "hello", "@bob", true, true},
		{{.kind = EVENT_TALK}, "小明", "小明 @all", "#dev", false, false},
		{{.kind = EVENT_TALK}, "小明", "hi", "@bob", false, false},
		{{.kind = EVENT_TALK}, "Eve", "小明", "#dev", false, false}, /* ignored */
		{{.kind = EVENT_TALK}, "Eve", "hi", "@Eve", false, false},
		{{.kind = EVENT_ANNOUNCE}, "", "down at noon", "#dev", true, false},
		{{.kind = EVENT_ANNOUNCE}, "", "@全体 down at noon", "#dev", true, true},
		{{.kind = EVENT_JOIN}, "bob", "", "#dev", false, false},
		{{.kind = EVENT_NICK}, "bob", "小明2", "#dev", false, false},
		{{.kind = EVENT_TOPIC}, "bob", "小明", "#dev", false, false},
		{{.kind = EVENT_EDIT}, "bob", "小明", "#dev", false, false},
	};
	static struct mention m;
	struct preferences p;
	struct notice_person me = {text("小明"), &m, &p};

	(void)state;
	preferences_init(&p);
	mention_set(&m, "小明", "build");
	assert_int_equal(preferences_put(&p, &(struct preference){PREFERENCE_IGNORED, text("eve"),
								  text("all")}),
			 ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct event e = rows[i].event;
		struct notice_news news;
		e.from = text(rows[i].from);
		e.text = text(rows[i].text);
		news = notice_read(&me, text(rows[i].room), &e);
		if (news.words != rows[i].words || news.calls != rows[i].calls || news.past ||
		    news.shown)
			fail_msg("row %zu: %d %d", i, news.words, news.calls);
	}
	preferences_wipe(&p);
}

/* ---- in words ------------------------------------------------------------------------------- */

static void words_are(const char *room, const char *from, const char *what, const char *title,
		      const char *body)
{
	struct event e = {.kind = EVENT_TALK, .from = text(from), .text = text(what)};
	struct notice_words w;

	notice_words(&w, text(room), &e);
	assert_string_equal(w.title, title);
	assert_string_equal(w.body, body);
}

static void test_words(void **state)
{
	(void)state;
	words_are("#dev", "bob", "hello 小明", "bob in #dev", "hello 小明");
	words_are("@bob", "bob", "hi", "bob", "hi");
	words_are("#dev", "", "down at noon", "#dev", "down at noon");
	words_are("#dev", "bob", "/me waves", "bob in #dev", "waves");
	words_are("#dev", "bob", "a\nb\033]0;x\a", "bob in #dev", "a␊b␛]0;x␇");
}

static void test_words_are_bounded(void **state)
{
	static char long_text[TEXT_MAX_BYTES];
	char name[NAME_MAX_BYTES], room[WIRE_ROOM_NAME_MAX];
	struct event e = {.kind = EVENT_TALK};
	struct notice_words w;

	(void)state;
	memset(name, 'n', sizeof(name));
	memset(room, 'r', sizeof(room));
	for (size_t i = 0; i + 3 <= sizeof(long_text); i += 3)
		memcpy(long_text + i, "好", 3);
	e.from = slice_of(name, sizeof(name));
	e.text = slice_of(long_text, sizeof(long_text) / 3 * 3);
	notice_words(&w, slice_of(room, sizeof(room)), &e);
	assert_true(text_valid(w.body, strlen(w.body)));
	assert_in_range(strlen(w.body), NOTICE_BODY_SIZE - 4, NOTICE_BODY_SIZE - 1);
	assert_in_range(strlen(w.title), NAME_MAX_BYTES + 20, NOTICE_LABEL_SIZE - 1);
}

static void test_titles(void **state)
{
	char out[NOTICE_TITLE_SIZE], room[512];

	(void)state;
	assert_string_equal(notice_title(0, 0, "#dev", out), "#dev - chat");
	assert_string_equal(notice_title(4, 0, "#dev", out), "(4) #dev - chat");
	assert_string_equal(notice_title(4, 1, "@小明", out), "(4 !1) @小明 - chat");
	assert_string_equal(notice_title(0, 0, "", out), "chat");
	memset(room, 0, sizeof(room));
	for (size_t i = 0; i + 4 < sizeof(room); i += 3)
		memcpy(room + i, "好", 3);
	notice_title(UINT64_MAX, UINT64_MAX, room, out);
	assert_true(text_valid(out, strlen(out)));
	assert_non_null(strstr(out, "好 - chat"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_calls),
		cmocka_unit_test(test_by_which_ways),
		cmocka_unit_test(test_what_is_seen_does_not_call),
		cmocka_unit_test(test_a_burst_calls_once_a_second),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_what_events_are),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_are_bounded),
		cmocka_unit_test(test_titles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
