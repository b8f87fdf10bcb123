/* ui/completion: what Tab makes of a line.  In the rows '|' is the cursor. */
#include "ui/completion.h"

#include "check.h"
#include "ui_rig.h"

#include <stdio.h>
#include <string.h>

static void come(struct model *m, const char *room, const char *name)
{
	happen_in(m, room, (struct event){.kind = EVENT_JOIN, .from = text(name)});
}

static void talk(struct model *m, const char *name)
{
	happen_in(m, "#lobby",
		  (struct event){.kind = EVENT_TALK, .from = text(name), .text = text("hello")});
}

/* Bob is in the lobby with some others, of whom Alan and then Ella spoke last. */
static struct model *lobby(void)
{
	static const char *const names[] = {"bob", "Alan", "alice", "Ella", "Älva", "小明", "小红"};
	struct model *m = model_new(1000);

	assert_non_null(m);
	go_to(m, "#lobby");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		come(m, "#lobby", names[i]);
	talk(m, "小红");
	talk(m, "Alan");
	talk(m, "Ella");
	go_to(m, "#dev");
	go_to(m, "@alice");
	go_to(m, "#lobby");
	return m;
}

static void becomes(const struct model *m, const char *line, int turn, const char *want)
{
	char typed[256], made[1024];
	size_t cursor = strcspn(line, "|"), n = strlen(line) - 1;
	struct completion c;

	snprintf(typed, sizeof(typed), "%.*s%s", (int)cursor, line, line + cursor + 1);
	c = completion_of(m, slice_of(typed, n), cursor, turn);
	assert_true(c.from <= c.to && c.to <= n);
	snprintf(made, sizeof(made), "%.*s%.*s|%s", c.len ? (int)c.from : (int)cursor, typed,
		 (int)c.len, c.text, typed + c.to);
	assert_string_equal(made, want);
}

static void test_nicks(void **state)
{
	static const struct {
		const char *line;
		int turn;
		const char *made;
	} rows[] = {
		{"al|", 0, "Alan: |"}, /* who spoke is before who did not */
		{"al|", 1, "alice: |"},
		{"al|", 2, "Alan: |"},
		{"al|", -1, "alice: |"},
		{"al|", -2, "Alan: |"},
		{"alic|", 0, "alice: |"},
		{"hi al|", 0, "hi Alan |"},
		{"hi al| and you", 0, "hi Alan| and you"},
		{"al| there", 0, "Alan:| there"},
		{"al|there", 0, "Alan: |there"},
		{"|", 0, "Ella: |"}, /* the one who spoke last */
		{"|", 2, "小红: |"},
		{"so |", 1, "so Alan |"},
		{"小|", 0, "小红: |"},
		{"小|", 1, "小明: |"},
		{"äl|", 0, "Älva: |"},
		{"b|", 0, "b|"}, /* not oneself */
		{"nobody|", 0, "nobody|"},
		{"/msg al|", 0, "/msg Alan |"},
		{"/msg @al|", 0, "/msg @Alan |"},
		{"/私聊 al|", 0, "/私聊 Alan |"},
		{"/me waves at al|", 0, "/me waves at Alan |"},
		{"hi @al|", 1, "hi @alice |"},
		{"你好@小|", 0, "你好@小红 |"},
		{"@a|", 2, "@all |"},
		{"@全|", 0, "@全体 |"},
		{"me@al|", 0, "me@al|"}, /* an address */
		{"/reply @el|", 0, "/reply @Ella |"},
	};
	struct model *m = lobby();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		becomes(m, rows[i].line, rows[i].turn, rows[i].made);
	model_free(m);
}

/* Who has spoken and is gone is not offered; nor who is in another room. */
static void test_nicks_are_of_who_is_here(void **state)
{
	struct model *m = lobby();

	(void)state;
	happen_in(m, "#lobby", (struct event){.kind = EVENT_QUIT, .from = text("Alan")});
	becomes(m, "al|", 0, "alice: |");
	becomes(m, "al|", 1, "alice: |");
	go_to(m, "#dev");
	becomes(m, "al|", 0, "al|");
	come(m, "#dev", "albert");
	becomes(m, "al|", 0, "albert: |");
	model_free(m);
}

static void test_many_speakers(void **state)
{
	struct model *m = lobby();
	char name[32];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "many%02d", i);
		come(m, "#lobby", name);
		talk(m, name);
	}
	becomes(m, "many|", 0, "many39: |");
	becomes(m, "many|", 31, "many08: |");
	becomes(m, "many|", 32, "many00: |"); /* the others as they are called */
	becomes(m, "many|", -1, "many07: |");
	becomes(m, "many|", 40, "many39: |");
	model_free(m);
}

static void test_rooms_emoji_commands_and_settings(void **state)
{
	static const struct {
		const char *line;
		int turn;
		const char *made;
	} rows[] = {
		{"see #d|", 0, "see #dev |"},
		{"#|", 0, "#lobby |"},
		{"/join d|", 0, "/join #dev |"},
		{"/join #d|", 0, "/join #dev |"},
		{"/join @|", 0, "/join @alice |"},
		{":smil|", 0, "😄|"},
		{":smil|", 1, "😃|"},
		{"so :SMILE:|", 0, "so 😄|"},
		{"好:tada|", 0, "好🎉|"},
		{":|", 0, ":|"},
		{"at 12:3|", 0, "at 12:3|"},
		{":nothing_like_it|", 0, ":nothing_like_it|"},
		{"/he|", 0, "/help |"},
		{"/HE|", 0, "/help |"},
		{"/qu|", 0, "/query |"},
		{"/qu|", 1, "/quit |"},
		{"/撤|", 0, "/撤回 |"},
		{"/nothing|", 0, "/nothing|"},
		{"|/help", 0, "|/help"},
		{"/help qu|", 0, "/help query |"},
		{"/help /qu|", 1, "/help /quit |"},
		{"/set fold|", 0, "/set fold-joins |"},
		{"/set fold-joins o|", 0, "/set fold-joins off |"},
		{"/set fold-joins o|", 1, "/set fold-joins on |"},
		{"/set notify m|", 0, "/set notify mentions |"},
		{"/set notify d|", 0, "/set notify default |"},
		{"/set nothing o|", 0, "/set nothing o|"},
		{"/mute-notify n|", 0, "/mute-notify none |"},
		{"/recall l|", 0, "/recall last |"},
		{"/history 1|", 0, "/history 1|"},
		{"//he|", 0, "//he|"},
	};
	struct model *m = lobby();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		becomes(m, rows[i].line, rows[i].turn, rows[i].made);
	model_free(m);
}

static void test_commands_of_one_s_own(void **state)
{
	struct preference one = {PREFERENCE_ALIAS, text("hey"), text("/me waves at $1")};
	struct preferences p;
	struct model *m = lobby();

	(void)state;
	preferences_init(&p);
	assert_int_equal(preferences_put(&p, &one), ERR_NONE);
	model_set(m, &(struct model_settings){
			     .max_lines = 100, .fold = true, .words = "", .preferences = &p});
	becomes(m, "/he|", 0, "/help |");
	becomes(m, "/he|", 1, "/hey |");
	becomes(m, "/alias h|", 0, "/alias hey |");
	becomes(m, "/hey al|", 0, "/hey Alan |");
	model_free(m);
	preferences_wipe(&p);
}

/* No line and no place in it is too strange; in the middle of a letter, too. */
static void test_any_line(void **state)
{
	static const char bytes[] = "/@#: al小\xff\xe5\x0a:x:set msg";
	struct model *m = lobby();
	char line[12];

	(void)state;
	for (unsigned seed = 0; seed < 20000; seed++) {
		unsigned draw = seed * 2654435761u;
		size_t n = seed % (sizeof(line) + 1);
		for (size_t i = 0; i < n; i++, draw = draw * 1664525u + 1013904223u)
			line[i] = bytes[(draw >> 16) % (sizeof(bytes) - 1)];
		for (size_t cursor = 0; cursor <= n; cursor++) {
			struct completion c =
				completion_of(m, slice_of(line, n), cursor, (int)draw);
			assert_true(c.from <= c.to && c.to <= n);
			assert_true(c.len <= COMPLETION_TEXT_MAX);
		}
	}
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nicks),
		cmocka_unit_test(test_nicks_are_of_who_is_here),
		cmocka_unit_test(test_many_speakers),
		cmocka_unit_test(test_rooms_emoji_commands_and_settings),
		cmocka_unit_test(test_commands_of_one_s_own),
		cmocka_unit_test(test_any_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
