/* ui/view: several rooms, talks that changed, history and searches, at several sizes. */
#include "ui_rig.h"

#include "ui/format.h"
#include "ui/view.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void be_in(struct model *m, const char *room)
{
	struct model_status s = {.link = LINK_ONLINE,
				 .transport = TRANSPORT_UDP,
				 .nick = text("小明"),
				 .room = text(room),
				 .server = text("chat://192.0.2.1:8888")};

	assert_int_equal(model_status(m, &s), ERR_NONE);
}

static void say(struct model *m, const char *room, const char *who, const char *what)
{
	happen_in(m, room,
		  (struct event){.kind = EVENT_TALK, .from = text(who), .text = text(what)});
}

/* In the lobby; two other rooms where things are said meanwhile. */
static struct model *three_rooms(void)
{
	struct model *m = model_new(1000);

	assert_non_null(m);
	be_in(m, "#lobby");
	assert_int_equal(model_topic(m, text("#开发"), text("周五发布")), ERR_NONE);
	say(m, "#lobby", "alice", "anybody up for lunch?");
	say(m, "#开发", "李雷", "今天谁来合并？");
	say(m, "#开发", "韩梅梅", "我来");
	say(m, "@alice", "alice", "psst");
	say(m, "#lobby", "小明", "去");
	return m;
}

static void test_a_room_of_two(void **state)
{
	struct model *m = three_rooms();

	(void)state;
	be_in(m, "@alice");
	say(m, "@alice", "小明", "什么事？");
	say(m, "@alice", "alice", "a surprise for 韩梅梅, do not tell");
	screen_is(m, 60, 12,
		  LINES("@alice | chat://192.0.2.1:8888",
			"── unread from here ────────────────────────────────────────",
			"10:01 alice: psst", "10:01 小明: 什么事？",
			"10:01 alice: a surprise for 韩梅梅, do not tell"),
		  LINES("小明 | online (udp)  2:#开发 2", ">"));
	screen_is(m, 20, 5, LINES("@alice", "       for 韩梅梅,", "       do not tell"),
		  LINES("小明  2:#开发 2", ">"));
	model_free(m);
}

static void find(struct model *m, uint64_t seq, const char *room, const char *who, const char *what)
{
	static char line[FORMAT_LINE_SIZE];
	struct event e = {.kind = EVENT_TALK, .seq = seq, .from = text(who), .text = text(what)};
	size_t n = format_found(&e, text(room), "2026-11-20 18:30", line);

	assert_int_equal(model_note(m, MODEL_ANSWER, slice_of(line, n), at_minute(602)), ERR_NONE);
}

static void test_search_results(void **state)
{
	struct model *m = three_rooms();

	(void)state;
	find(m, 4711, "#开发", "李雷", "周五发布，大家准备好");
	find(m, 12, "@alice", "alice",
	     "发布 is a word that I can read now, and so can everybody else");
	screen_is(m, 79, 24,
		  LINES("#lobby | chat://192.0.2.1:8888                                           "
			"2 here",
			"10:01 alice: anybody up for lunch?", "10:01 小明: 去",
			"10:02 #开发 4711 (2026-11-20 18:30) 李雷: 周五发布，大家准备好",
			"10:02 @alice 12 (2026-11-20 18:30) alice: 发布 is a word that I can read "
			"now,",
			"      and so can everybody else"),
		  LINES("小明 | online (udp)  2:#开发 2 3:@alice !1", ">"));
	screen_is(m, 30, 8,
		  LINES("#lobby                  2 here", "李雷: 周五发布，大家准备好",
			"@alice 12 (2026-11-20 18:30)", "alice: 发布 is a word that I",
			"can read now, and so can", "everybody else"),
		  LINES("小明  2:#开发 2 3:@alice !1", ">"));
	model_free(m);
}

/* ---- history ------------------------------------------------------------------------------- */

static struct day_time noon(int64_t ms)
{
	(void)ms;
	return at_minute(720);
}

static void load(struct model *m, uint64_t from, uint64_t to)
{
	static uint8_t bytes[16384];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct model_page page = {.room = text("#lobby"), .before = to + 1, .more = from > 1};
	char words[32];

	for (uint64_t seq = from; seq <= to; seq++) {
		snprintf(words, sizeof(words), "old %d", (int)seq);
		event_put(&b, &(struct event){.room = 1,
					      .seq = seq,
					      .kind = EVENT_TALK,
					      .from = text("bob"),
					      .text = text(words)});
	}
	assert_false(b.failed);
	page.events = slice_of(bytes, b.len);
	assert_int_equal(model_page(m, &page, noon), ERR_NONE);
}

static struct model *recent(void)
{
	struct model *m = model_new(1000);
	char words[32];

	assert_non_null(m);
	be_in(m, "#lobby");
	for (uint64_t seq = 101; seq <= 120; seq++) {
		snprintf(words, sizeof(words), "new %d", (int)seq);
		talk_in(m, "#lobby", seq, words);
	}
	return m;
}

static void press(struct model *m, enum view_key key)
{
	model_here(m)->scroll = view_scroll(&(struct view){m, default_settings(), 40, 8},
					    key); /* a pane of 5 rows */
}

static void test_history_loads_above_a_pane_that_stays(void **state)
{
	struct model *m = recent();

	(void)state;
	assert_false(view_at_top(&(struct view){m, default_settings(), 40, 8}));
	press(m, VIEW_KEY_TOP);
	assert_true(view_at_top(&(struct view){m, default_settings(), 40, 8}));
	assert_true(look_may_load(m));
	model_here(m)->loading = true;
	screen_is(m, 40, 8,
		  LINES("#lobby | chat://192.0.2.1:8888    1 here", "10:01 alice: new 101",
			"10:01 alice: new 102", "10:01 alice: new 103", "10:01 alice: new 104",
			"10:01 alice: new 105"),
		  LINES("小明 | online     loading older lines...", ">"));
	load(m, 91, 100);
	assert_false(view_at_top(&(struct view){m, default_settings(), 40, 8}));
	screen_is(m, 40, 8,
		  LINES("#lobby | chat://192.0.2.1:8888    1 here", "10:01 alice: new 101",
			"10:01 alice: new 102", "10:01 alice: new 103", "10:01 alice: new 104",
			"10:01 alice: new 105"),
		  LINES("小明 | online (udp)        scrolled back", ">"));
	press(m, VIEW_KEY_PAGE_UP);
	screen_is(m, 40, 8,
		  LINES("#lobby | chat://192.0.2.1:8888    1 here", "12:00 bob: old 97",
			"12:00 bob: old 98", "12:00 bob: old 99", "12:00 bob: old 100",
			"10:01 alice: new 101"),
		  LINES("小明 | online (udp)        scrolled back", ">"));
	model_free(m);
}

/* On a screen that is not full there is place above: what is there stays at the bottom. */
static void test_history_fills_a_screen(void **state)
{
	struct model *m = model_new(1000);

	(void)state;
	be_in(m, "#lobby");
	talk_in(m, "#lobby", 11, "hello");
	assert_true(view_at_top(&(struct view){m, default_settings(), 40, 8}));
	load(m, 9, 10);
	screen_is(m, 40, 8,
		  LINES("#lobby | chat://192.0.2.1:8888    1 here", "12:00 bob: old 9",
			"12:00 bob: old 10", "10:01 alice: hello"),
		  LINES("小明 | online (udp)", ">"));
	load(m, 1, 8);
	screen_is(m, 40, 8,
		  LINES("#lobby | chat://192.0.2.1:8888    1 here", "12:00 bob: old 7",
			"12:00 bob: old 8", "12:00 bob: old 9", "12:00 bob: old 10",
			"10:01 alice: hello"),
		  LINES("小明 | online (udp)", ">"));
	press(m, VIEW_KEY_TOP);
	assert_false(look_may_load(m));
	model_free(m);
}

/* Each room is left where it was scrolled to. */
static void test_each_room_keeps_its_place(void **state)
{
	struct model *m = recent();

	(void)state;
	press(m, VIEW_KEY_PAGE_UP);
	say(m, "#dev", "eve", "elsewhere");
	be_in(m, "#dev");
	screen_is(m, 40, 8,
		  LINES("#dev | chat://192.0.2.1:8888      1 here",
			"── unread from here ────────────────────", "10:01 eve: elsewhere"),
		  LINES("小明 | online (udp)", ">"));
	say(m, "#lobby", "eve", "here");
	be_in(m, "#lobby");
	screen_is(m, 40, 8,
		  LINES("#lobby | chat://192.0.2.1:8888    2 here", "10:01 alice: new 112",
			"10:01 alice: new 113", "10:01 alice: new 114", "10:01 alice: new 115",
			"10:01 alice: new 116"),
		  LINES("小明 | online (udp)          1 new below", ">"));
	model_free(m);
}

static void test_hostile_rooms_at_every_size(void **state)
{
	struct model *m = three_rooms();
	char name[200] = "#", topic[400] = "";

	(void)state;
	for (size_t i = 1; i + 4 < sizeof(name); i += 3)
		memcpy(name + i, "\u0301\xe2", 2); /* marks, and bytes that are no text */
	memset(topic, 0x1b, sizeof(topic) - 1);
	assert_int_equal(model_topic(m, text(name), text(topic)), ERR_NONE);
	say(m, name, "\u202eevil", "\x1b[2J");
	for (int height = 1; height <= 12; height++)
		for (int width = 1; width <= 90; width++)
			shoot(m, width, height);
	be_in(m, name);
	for (int height = 1; height <= 12; height++)
		for (int width = 1; width <= 90; width++)
			shoot(m, width, height);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_room_of_two),
		cmocka_unit_test(test_search_results),
		cmocka_unit_test(test_history_loads_above_a_pane_that_stays),
		cmocka_unit_test(test_history_fills_a_screen),
		cmocka_unit_test(test_each_room_keeps_its_place),
		cmocka_unit_test(test_hostile_rooms_at_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
