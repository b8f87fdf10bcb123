/* ui/view: the screen at every size, as text. */
#include "ui_rig.h"

#include "ui/view.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void happen_at(struct model *m, enum event_kind kind, const char *from, const char *what,
		      int minute)
{
	struct event e = {.seq = model_here(m)->newest + 1,
			  .kind = kind,
			  .from = text(from),
			  .text = text(what)};

	assert_int_equal(model_event(m, text("#lobby"), &e, at_minute(minute)), ERR_NONE);
}

static void say(struct model *m, const char *from, const char *what)
{
	happen_at(m, EVENT_TALK, from, what, 720);
}

static void type(struct model *m, const char *line)
{
	assert_int_equal(model_edit(m, text(""), text(line), strlen(line)), ERR_NONE);
}

static void be(struct model *m, enum link_state link)
{
	struct model_status s = {.link = link,
				 .transport = TRANSPORT_UDP,
				 .nick = text("小明"),
				 .room = text("#lobby"),
				 .server = text("udp://127.0.0.1:8888")};

	assert_int_equal(model_status(m, &s), ERR_NONE);
}

static struct model *online(void)
{
	struct model *m = model_new(1000);

	assert_non_null(m);
	be(m, LINK_ONLINE);
	return m;
}

static struct model *conversation(void)
{
	struct model *m = online();

	happen_at(m, EVENT_JOIN, "小明", "", 600);
	happen_at(m, EVENT_JOIN, "alice", "", 601);
	happen_at(m, EVENT_TALK, "小明",
		  "大家好，今天天气不错！有人想去爬山吗？我们可以早上八点在学校门口集合，"
		  "然后一起坐公交车去。",
		  602);
	happen_at(m, EVENT_TALK, "alice",
		  "Sounds good 🙂 I will bring some water and a very long-winded explanation of "
		  "why "
		  "mountains exist at all.",
		  602);
	happen_at(m, EVENT_ANNOUNCE, "", "服务器将于今晚十点维护", 603);
	happen_at(m, EVENT_TALK, "李雷", "two\nlines 👨\u200d👩\u200d👧 end", 604);
	happen_at(m, EVENT_QUIT, "alice", "晚安", 605);
	assert_int_equal(model_note(m, MODEL_ERROR, text("unknown command /foo: type /help"),
				    at_minute(606)),
			 ERR_NONE);
	return m;
}

/* ---- every size --------------------------------------------------------------------------- */

static void test_the_title_tells_who_is_reconnecting(void **state)
{
	struct model *m = conversation();

	(void)state;
	happen_at(m, EVENT_LOST, "小明", "", 606);
	assert_string_equal(shoot(m, 60, 5)->rows[0] + 38, "1 here, 1 reconnecting");
	assert_string_equal(shoot(m, 59, 5)->rows[0] + 53, "2 here");
	happen_at(m, EVENT_BACK, "小明", "", 607);
	assert_string_equal(shoot(m, 60, 5)->rows[0] + 54, "2 here");
	model_free(m);
}

/* From nothing to more than anybody has: always a whole screen, the cursor in it. */
static void test_every_size_is_drawn(void **state)
{
	struct model *m = conversation();

	(void)state;
	type(m, "好好好好好好好好好好好好好好好好好好好好好好好好好好好好好好 and a bit more");
	for (int height = 1; height <= 16; height++)
		for (int width = 1; width <= 90; width++)
			shoot(m, width, height);
	model_here(m)->scroll =
		view_scroll(&(struct view){m, default_settings(), 9, 7}, VIEW_KEY_TOP);
	for (int width = 1; width <= 90; width++)
		shoot(m, width, 7);
	model_free(m);
}

static void test_little_rooms(void **state)
{
	struct model *m = online();

	(void)state;
	say(m, "bob", "hi");
	type(m, "x");
	screen_is(m, 20, 1, LINES("> x"), LINES(NULL));
	screen_is(m, 20, 2, LINES("bob: hi", "> x"), LINES(NULL));
	screen_is(m, 20, 3, LINES("bob: hi", "小明 | online (udp)", "> x"), LINES(NULL));
	screen_is(m, 1, 1, LINES(""), LINES(NULL)); /* the cursor takes it */
	model_free(m);
}

/* ---- rows --------------------------------------------------------------------------------- */

static void test_a_wide_character_is_not_halved_at_the_edge(void **state)
{
	struct model *m = online();

	(void)state;
	say(m, "a", "天天天天");
	screen_is(m, 9, 5, LINES("#lobby", "a: 天天天", "   天"), LINES("小明", ">"));
	screen_is(m, 10, 5, LINES("#lobby", "a: 天天天", "   天"), LINES("小明", ">"));
	model_free(m);
}

static void test_a_long_name_leaves_the_text_its_place(void **state)
{
	struct model *m = online();

	(void)state;
	say(m, "abcdefghijklmnop", "hello world");
	screen_is(m, 20, 6, LINES("#lobby        1 here", "abcdefghijklmnop:", "  hello world"),
		  LINES("小明 | online (udp)", ">"));
	screen_is(m, 28, 6,
		  LINES("#lobby                1 here", "abcdefghijklmnop: hello", "  world"),
		  LINES("小明 | online (udp)", ">"));
	model_free(m);
}

static void test_a_name_has_one_colour(void **state)
{
	struct model *m = online();
	struct grid g;

	(void)state;
	say(m, "alice", "one");
	say(m, "小红", "two");
	say(m, "alice", "three");
	assert_int_equal(grid_init(&g, 30, 7), ERR_NONE);
	view_draw(&(struct view){m, default_settings(), 30, 7}, &g);
	assert_true(grid_cell(&g, 1, 0)->style >= STYLE_NICK);
	assert_int_equal(grid_cell(&g, 1, 0)->style, grid_cell(&g, 3, 4)->style);
	assert_int_not_equal(grid_cell(&g, 1, 0)->style, grid_cell(&g, 2, 0)->style);
	assert_int_equal(grid_cell(&g, 1, 7)->style, STYLE_PLAIN);
	grid_wipe(&g);
	model_free(m);
}

/* ---- status ------------------------------------------------------------------------------- */

static void test_the_status_says_where_we_stand(void **state)
{
	struct model *m = model_new(10);

	(void)state;
	screen_is(m, 60, 4, LINES("chat-room"), LINES("connecting...", ">"));
	be(m, LINK_JOINING);
	screen_is(m, 60, 4, LINES("#lobby | udp://127.0.0.1:8888"),
		  LINES("小明 | joining...", ">"));
	be(m, LINK_RECONNECTING);
	m->unsent = 3;
	screen_is(m, 60, 4, LINES("#lobby | udp://127.0.0.1:8888"),
		  LINES("小明 | reconnecting...                              3 unsent", ">"));
	model_free(m);
}

static void lag_is(struct model *m, uint32_t ms, const char *words)
{
	m->lag_ms = ms;
	assert_string_equal(shoot(m, 60, 4)->rows[2], words);
}

static void test_the_status_says_how_long_an_answer_takes(void **state)
{
	struct model *m = online();

	(void)state;
	say(m, "bob", "hi");
	lag_is(m, 0, "小明 | online (udp)");
	lag_is(m, 12, "小明 | online (udp, 12 ms)");
	lag_is(m, 999, "小明 | online (udp, 999 ms)");
	lag_is(m, 1000, "小明 | online (udp, 1.0 s)");
	lag_is(m, 12345, "小明 | online (udp, 12.3 s)");
	model_free(m);
}

static void test_an_empty_room_says_what_to_type(void **state)
{
	struct model *m = online();

	(void)state;
	screen_is(m, 60, 4, LINES("#lobby | udp://127.0.0.1:8888"),
		  LINES("小明 | online (udp)",
			"> type a line, Enter says it; /help lists the commands"));
	assert_int_equal(shoot(m, 60, 4)->cursor_x, 2);
	type(m, "h");
	screen_is(m, 60, 4, LINES("#lobby | udp://127.0.0.1:8888"),
		  LINES("小明 | online (udp)", "> h"));
	type(m, "");
	say(m, "bob", "hi");
	assert_string_equal(shoot(m, 60, 4)->rows[3], ">");
	model_free(m);
}

static void test_another_prompt(void **state)
{
	struct model *m = model_new(10);
	struct model_status s = {.link = LINK_JOINING, .prompt = text("name: ")};

	(void)state;
	assert_int_equal(model_status(m, &s), ERR_NONE);
	assert_string_equal(shoot(m, 60, 3)->rows[2], "name: type the name that you want here");
	assert_int_equal(shoot(m, 60, 3)->cursor_x, 6);
	type(m, "小");
	assert_string_equal(shoot(m, 30, 3)->rows[2], "name: 小");
	assert_int_equal(shoot(m, 30, 3)->cursor_x, 8);
	assert_int_equal(model_edit(m, text("(search)`x': "), text("xyz"), 1), ERR_NONE);
	assert_string_equal(shoot(m, 30, 3)->rows[2], "(search)`x': xyz");
	assert_int_equal(shoot(m, 30, 3)->cursor_x, 14);
	model_free(m);
}

/* ---- the input line ----------------------------------------------------------------------- */

static void edit(struct model *m, const char *line, size_t cursor)
{
	assert_int_equal(model_edit(m, text(""), text(line), cursor), ERR_NONE);
}

static void test_a_low_screen_moves_the_input_sideways(void **state)
{
	struct model *m = online();

	(void)state;
	edit(m, "abcdefghijklmnopqrstuvwxyz", 26);
	assert_string_equal(shoot(m, 12, 5)->rows[4], "> uvwxyz");
	assert_int_equal(shoot(m, 12, 5)->cursor_x, 8);
	edit(m, "abcdefghijklmnopqrstuvwxyz", 0);
	assert_string_equal(shoot(m, 12, 5)->rows[4], "> abcdefghij");
	assert_int_equal(shoot(m, 12, 5)->cursor_x, 2);
	edit(m, "a天天天天天天天天", 25); /* starts in the middle of one: that one is left out */
	assert_string_equal(shoot(m, 12, 5)->rows[4], ">  天天天");
	assert_int_equal(shoot(m, 12, 5)->cursor_x, 9);
	model_free(m);
}

static void test_a_high_screen_gives_the_input_rows(void **state)
{
	struct model *m = online();

	(void)state;
	edit(m, "abcdefghijklmnop", 16);
	assert_string_equal(shoot(m, 12, 10)->rows[8], "> abcdefghij");
	assert_string_equal(shoot(m, 12, 10)->rows[9], "klmnop");
	assert_int_equal(shoot(m, 12, 10)->cursor_x, 6);
	assert_int_equal(shoot(m, 12, 10)->cursor_y, 9);
	edit(m, "abcdefghij", 10); /* a full row: the cursor needs another */
	assert_int_equal(shoot(m, 12, 10)->cursor_x, 0);
	assert_int_equal(shoot(m, 12, 10)->cursor_y, 9);
	edit(m, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", 52);
	assert_string_equal(shoot(m, 12, 10)->rows[7], "wxyzabcdefgh");
	assert_string_equal(shoot(m, 12, 10)->rows[9], "uvwxyz");
	edit(m, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", 0);
	assert_string_equal(shoot(m, 12, 10)->rows[7], "> abcdefghij");
	assert_int_equal(shoot(m, 12, 10)->cursor_y, 7);
	edit(m, "abcdefghi天x", 12); /* the wide one goes to the next row, whole */
	assert_string_equal(shoot(m, 12, 10)->rows[8], "> abcdefghi");
	assert_string_equal(shoot(m, 12, 10)->rows[9], "天x");
	assert_int_equal(shoot(m, 12, 10)->cursor_x, 2);
	model_free(m);
}

/* ---- scrolling ---------------------------------------------------------------------------- */

static struct model *numbered(int lines)
{
	struct model *m = online();
	char words[16];

	for (int i = 0; i < lines; i++) {
		snprintf(words, sizeof(words), "line %d", i);
		say(m, "a", words);
	}
	return m;
}

static void press(struct model *m, enum view_key key)
{
	model_here(m)->scroll = view_scroll(&(struct view){m, default_settings(), 30, 8},
					    key); /* a pane of 5 rows */
}

static void pane_starts(const struct model *m, const char *row)
{
	assert_string_equal(shoot(m, 30, 8)->rows[1], row);
}

static void test_keys_scroll(void **state)
{
	struct model *m = numbered(20);

	(void)state;
	pane_starts(m, "a: line 15");
	press(m, VIEW_KEY_PAGE_UP);
	pane_starts(m, "a: line 11"); /* one line of the page before stays */
	press(m, VIEW_KEY_LINE_UP);
	pane_starts(m, "a: line 10");
	press(m, VIEW_KEY_LINE_DOWN);
	press(m, VIEW_KEY_PAGE_DOWN);
	pane_starts(m, "a: line 15");
	assert_false(model_here(m)->scroll.back);
	press(m, VIEW_KEY_TOP);
	pane_starts(m, "a: line 0");
	press(m, VIEW_KEY_PAGE_UP);
	press(m, VIEW_KEY_LINE_UP);
	pane_starts(m, "a: line 0");
	press(m, VIEW_KEY_BOTTOM);
	pane_starts(m, "a: line 15");
	model_free(m);
}

static void test_what_fits_does_not_scroll(void **state)
{
	struct model *m = numbered(4);

	(void)state;
	press(m, VIEW_KEY_PAGE_UP);
	assert_false(model_here(m)->scroll.back);
	press(m, VIEW_KEY_TOP);
	assert_false(model_here(m)->scroll.back);
	model_free(m);
	m = online();
	press(m, VIEW_KEY_PAGE_UP);
	assert_false(model_here(m)->scroll.back);
	model_free(m);
}

static void test_a_scrolled_pane_stays(void **state)
{
	struct model *m = numbered(20);

	(void)state;
	press(m, VIEW_KEY_PAGE_UP);
	assert_string_equal(shoot(m, 30, 8)->rows[6], "小明 | online    scrolled back");
	say(m, "bob", "something new");
	say(m, "bob", "and more");
	type(m, "typing does not move it");
	pane_starts(m, "a: line 11");
	assert_string_equal(shoot(m, 30, 8)->rows[6], "小明 | online      2 new below");
	press(m, VIEW_KEY_LINE_UP);
	assert_string_equal(shoot(m, 30, 8)->rows[6], "小明 | online      2 new below");
	press(m, VIEW_KEY_BOTTOM);
	assert_string_equal(shoot(m, 30, 8)->rows[5], "bob: and more");
	assert_string_equal(shoot(m, 30, 8)->rows[6], "小明 | online (udp)");
	model_free(m);
}

static void test_resizing_keeps_the_place(void **state)
{
	struct model *m = numbered(60);

	(void)state;
	say(m, "bob", "a long line that takes several rows when the screen is narrow");
	press(m, VIEW_KEY_PAGE_UP);
	press(m, VIEW_KEY_PAGE_UP);
	assert_string_equal(shoot(m, 30, 8)->rows[5], "a: line 54");
	assert_string_equal(shoot(m, 38, 24)->rows[21], "a: line 54");
	assert_string_equal(shoot(m, 12, 6)->rows[3], "a: line 54");
	assert_string_equal(shoot(m, 79, 9)->rows[6], "12:00 a: line 54");
	assert_string_equal(shoot(m, 30, 8)->rows[5], "a: line 54");
	model_free(m);
}

/* The row that is at the bottom is gone in a wider screen: its line stays all the same. */
static void test_resizing_inside_a_line(void **state)
{
	struct model *m = numbered(20);

	(void)state;
	say(m, "bob", "one two three four five six seven eight nine ten eleven twelve");
	press(m, VIEW_KEY_LINE_UP);
	assert_string_equal(shoot(m, 30, 8)->rows[5], "     six seven eight nine ten");
	assert_string_equal(shoot(m, 39, 8)->rows[5], "     eight nine ten eleven twelve");
	assert_string_equal(
		shoot(m, 79, 8)->rows[5],
		"12:00 bob: one two three four five six seven eight nine ten eleven twelve");
	assert_string_equal(shoot(m, 30, 8)->rows[5], "     six seven eight nine ten");
	model_free(m);
}

/* Rows between two lines come and go, and the lines stay. */
static void test_days_and_marks_move_nothing(void **state)
{
	struct model *m = numbered(20);

	(void)state;
	press(m, VIEW_KEY_LINE_UP);
	pane_starts(m, "a: line 14");
	assert_string_equal(shoot(m, 30, 8)->rows[5], "a: line 18");
	model_focus(m, false);
	say(m, "bob", "not looked at");
	model_focus(m, true);
	assert_string_equal(shoot(m, 30, 8)->rows[5], "a: line 18");
	press(m, VIEW_KEY_LINE_DOWN);
	press(m, VIEW_KEY_LINE_DOWN);
	assert_string_equal(shoot(m, 30, 8)->rows[5], "── unread from here ──────────");
	model_focus(m, false);
	model_focus(m, true); /* … which is over then */
	assert_string_equal(shoot(m, 30, 8)->rows[5], "a: line 19");
	model_free(m);
}

static void test_a_key_goes_to_what_was_not_read(void **state)
{
	struct model *m = numbered(3);
	const char *rule = "── unread from here ──────────";

	(void)state;
	model_focus(m, false);
	for (int i = 0; i < 30; i++)
		say(m, "bob", "meanwhile");
	model_focus(m, true);
	press(m, VIEW_KEY_UNREAD);
	assert_string_equal(shoot(m, 30, 8)->rows[1], rule);
	press(m, VIEW_KEY_BOTTOM);
	assert_string_equal(shoot(m, 30, 8)->rows[1], "bob: meanwhile");
	model_free(m);
	m = online();
	model_focus(m, false);
	for (int i = 0; i < 30; i++)
		say(m, "bob", "all of it");
	model_focus(m, true);
	press(m, VIEW_KEY_UNREAD);
	assert_string_equal(shoot(m, 30, 8)->rows[1], rule);
	assert_true(view_at_top(&(struct view){m, default_settings(), 30, 8}));
	model_free(m);
}

static void test_lines_that_are_gone_move_the_pane(void **state)
{
	struct model *m = model_new(20);
	char words[16];

	(void)state;
	be(m, LINK_ONLINE);
	for (int i = 0; i < 40; i++) {
		snprintf(words, sizeof(words), "line %d", i);
		say(m, "a", words);
		if (i == 19)
			press(m, VIEW_KEY_TOP);
	}
	pane_starts(m, "a: line 20"); /* the oldest that is left */
	press(m, VIEW_KEY_PAGE_DOWN);
	assert_true(model_here(m)->scroll.back);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_title_tells_who_is_reconnecting),
		cmocka_unit_test(test_every_size_is_drawn),
		cmocka_unit_test(test_little_rooms),
		cmocka_unit_test(test_a_wide_character_is_not_halved_at_the_edge),
		cmocka_unit_test(test_a_long_name_leaves_the_text_its_place),
		cmocka_unit_test(test_a_name_has_one_colour),
		cmocka_unit_test(test_the_status_says_where_we_stand),
		cmocka_unit_test(test_the_status_says_how_long_an_answer_takes),
		cmocka_unit_test(test_an_empty_room_says_what_to_type),
		cmocka_unit_test(test_another_prompt),
		cmocka_unit_test(test_a_low_screen_moves_the_input_sideways),
		cmocka_unit_test(test_a_high_screen_gives_the_input_rows),
		cmocka_unit_test(test_keys_scroll),
		cmocka_unit_test(test_what_fits_does_not_scroll),
		cmocka_unit_test(test_a_scrolled_pane_stays),
		cmocka_unit_test(test_resizing_keeps_the_place),
		cmocka_unit_test(test_resizing_inside_a_line),
		cmocka_unit_test(test_days_and_marks_move_nothing),
		cmocka_unit_test(test_a_key_goes_to_what_was_not_read),
		cmocka_unit_test(test_lines_that_are_gone_move_the_pane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
