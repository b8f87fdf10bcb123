/* ui/command: what a typed line means. */
#include "ui/command_rows.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void test_what_lines_mean(void **state)
{
	static const struct {
		const char *line;
		enum command_line_kind kind;
		const char *args;
	} rows[] = {
		{"hello", COMMAND_LINE_TALK, "hello"},
		{"  two  spaces ", COMMAND_LINE_TALK, "  two  spaces "},
		{"", COMMAND_LINE_TALK, ""},
		{" /quit", COMMAND_LINE_TALK, " /quit"},
		{"//quit", COMMAND_LINE_TALK, "/quit"},
		{"//", COMMAND_LINE_TALK, "/"},
		{"///x", COMMAND_LINE_TALK, "//x"},
		{"你好 /quit", COMMAND_LINE_TALK, "你好 /quit"},
		{"/quit", COMMAND_LINE_QUIT, ""},
		{"/exit", COMMAND_LINE_QUIT, ""},
		{"/QUIT  再见, all \t", COMMAND_LINE_QUIT, "再见, all"},
		{"/nick 小明", COMMAND_LINE_NICK, "小明"},
		{"/nick\tbob", COMMAND_LINE_NICK, "bob"},
		{"/who", COMMAND_LINE_WHO, ""},
		{"/who  ", COMMAND_LINE_WHO, ""},
		{"/whois bob", COMMAND_LINE_WHOIS, "bob"},
		{"/资料 小明", COMMAND_LINE_WHOIS, "小明"},
		{"/whois", COMMAND_LINE_MISUSED, ""},
		{"/whois bob eve", COMMAND_LINE_MISUSED, "bob eve"},
		{"/away", COMMAND_LINE_AWAY, ""},
		{"/away  for lunch ", COMMAND_LINE_AWAY, "for lunch"},
		{"/暂离 吃饭", COMMAND_LINE_AWAY, "吃饭"},
		{"/help", COMMAND_LINE_HELP, ""},
		{"/help nick", COMMAND_LINE_HELP, "nick"},
		{"/help nick who", COMMAND_LINE_MISUSED, "nick who"},
		{"/退出 再见", COMMAND_LINE_QUIT, "再见"},
		{"/撤回", COMMAND_LINE_RECALL, ""},
		{"/撤", COMMAND_LINE_UNKNOWN, ""},
		{"/nick", COMMAND_LINE_MISUSED, ""},
		{"/nick   ", COMMAND_LINE_MISUSED, ""},
		{"/who am i", COMMAND_LINE_MISUSED, "am i"},
		{"/", COMMAND_LINE_UNKNOWN, ""},
		{"/ quit", COMMAND_LINE_UNKNOWN, "quit"},
		{"/foo bar", COMMAND_LINE_UNKNOWN, "bar"},
		{"/quitter", COMMAND_LINE_UNKNOWN, ""},
		{"/qui", COMMAND_LINE_UNKNOWN, ""},
		{"/usr/bin is full", COMMAND_LINE_UNKNOWN, "is full"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct command_line c = command_parse(rows[i].line, strlen(rows[i].line));
		if (c.kind != rows[i].kind || c.args.len != strlen(rows[i].args) ||
		    memcmp(c.args.data, rows[i].args, c.args.len) != 0)
			fail_msg("\"%s\": kind %d, args \"%.*s\"", rows[i].line, c.kind,
				 (int)c.args.len, (const char *)c.args.data);
	}
}

struct parts {
	const char *line;
	enum command_line_kind kind;
	const char *who, *text;
	uint64_t number;
};

static bool same(struct slice have, const char *want)
{
	return have.len == strlen(want) &&
	       (have.len == 0 || memcmp(have.data, want, have.len) == 0);
}

static void parts_are(const struct parts *p)
{
	struct command_line c = command_parse(p->line, strlen(p->line));

	if (c.kind != p->kind || !same(c.who, p->who) || !same(c.text, p->text) ||
	    c.number != p->number)
		fail_msg("\"%s\": kind %d, who \"%.*s\", text \"%.*s\", number %llu", p->line,
			 c.kind, (int)c.who.len, (const char *)c.who.data, (int)c.text.len,
			 (const char *)c.text.data, (unsigned long long)c.number);
}

static void test_rooms_and_members_in_arguments(void **state)
{
	static const struct parts rows[] = {
		{"/join #dev", COMMAND_LINE_JOIN, "#dev", "", 0},
		{"/join  #开发  open sesame ", COMMAND_LINE_JOIN, "#开发", "open sesame", 0},
		{"/join", COMMAND_LINE_MISUSED, "", "", 0},
		{"/query 小明", COMMAND_LINE_QUERY, "小明", "", 0},
		{"/query", COMMAND_LINE_MISUSED, "", "", 0},
		{"/query a b", COMMAND_LINE_MISUSED, "a", "b", 0},
		{"/msg 小明  你好 吗 ", COMMAND_LINE_MSG, "小明", "你好 吗", 0},
		{"/msg 小明", COMMAND_LINE_MISUSED, "小明", "", 0},
		{"/msg", COMMAND_LINE_MISUSED, "", "", 0},
		{"/part see you", COMMAND_LINE_PART, "", "see you", 0},
		{"/topic", COMMAND_LINE_TOPIC, "", "", 0},
		{"/topic 周五 爬山", COMMAND_LINE_TOPIC, "", "周五 爬山", 0},
		{"/list", COMMAND_LINE_LIST, "", "", 0},
		{"/list all", COMMAND_LINE_MISUSED, "", "all", 0},
		{"/rooms", COMMAND_LINE_ROOMS, "", "", 0},
		{"/search 天气 from:小明", COMMAND_LINE_SEARCH, "", "天气 from:小明", 0},
		{"/search", COMMAND_LINE_SEARCH, "", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		parts_are(&rows[i]);
}

static void test_numbers_in_arguments(void **state)
{
	static const struct parts rows[] = {
		{"/recall", COMMAND_LINE_RECALL, "", "", 0},
		{"/recall last", COMMAND_LINE_RECALL, "", "", 0},
		{"/recall LAST", COMMAND_LINE_RECALL, "", "", 0},
		{"/recall 120", COMMAND_LINE_RECALL, "", "", 120},
		{"/recall 0", COMMAND_LINE_MISUSED, "", "0", 0},
		{"/recall 120 121", COMMAND_LINE_MISUSED, "", "121", 120},
		{"/recall that", COMMAND_LINE_MISUSED, "", "that", 0},
		{"/recall -1", COMMAND_LINE_MISUSED, "", "-1", 0},
		{"/edit 120 new words", COMMAND_LINE_EDIT, "", "new words", 120},
		{"/edit new words", COMMAND_LINE_EDIT, "", "new words", 0},
		{"/edit last 42 is it", COMMAND_LINE_EDIT, "", "42 is it", 0},
		{"/edit lasting", COMMAND_LINE_EDIT, "", "lasting", 0},
		{"/edit 12a", COMMAND_LINE_EDIT, "", "12a", 0},
		{"/edit 120", COMMAND_LINE_MISUSED, "", "", 120},
		{"/edit", COMMAND_LINE_MISUSED, "", "", 0},
		{"/history", COMMAND_LINE_HISTORY, "", "", 0},
		{"/history 200", COMMAND_LINE_HISTORY, "", "", 200},
		{"/history all", COMMAND_LINE_MISUSED, "", "all", 0},
		{"/history 2 3", COMMAND_LINE_MISUSED, "", "3", 2},
		{"/recall 4611686018427387903", COMMAND_LINE_RECALL, "", "", BUF_VARINT_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		parts_are(&rows[i]);
	struct command_line c = command_parse("/recall 4611686018427387904", 27);
	assert_int_equal(c.kind, COMMAND_LINE_MISUSED);
	c = command_parse("/recall 99999999999999999999999", 31);
	assert_int_equal(c.kind, COMMAND_LINE_MISUSED);
	c = command_parse("/edit 4611686018427387904 x", 27); /* no number, so it is text */
	assert_int_equal(c.number, 0);
}

/* The line is bytes and a length: nothing after its end is looked at. */
static void test_a_line_ends_where_it_ends(void **state)
{
	struct command_line c = command_parse("/nick bob", 5);

	(void)state;
	assert_int_equal(c.kind, COMMAND_LINE_MISUSED);
	c = command_parse("//", 1);
	assert_int_equal(c.kind, COMMAND_LINE_UNKNOWN);
}

static void complaint_is(const char *line, const char *want)
{
	char out[256];
	struct command_line c = command_parse(line, strlen(line));
	size_t n = command_complaint(&c, out, sizeof(out));

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

static void test_complaints_say_what_to_do(void **state)
{
	(void)state;
	complaint_is("/foo bar", "unknown command /foo: type /help");
	complaint_is("/", "unknown command /: type /help");
	complaint_is("/jion", "unknown command /jion: is it /join?  Or type /help");
	complaint_is("/Jon", "unknown command /Jon: is it /join?  Or type /help");
	complaint_is("/quitt", "unknown command /quitt: is it /quit?  Or type /help");
	complaint_is("/hilp me", "unknown command /hilp: is it /help?  Or type /help");
	complaint_is("/oj", "unknown command /oj: type /help");
	complaint_is("/quitter", "unknown command /quitter: type /help");
	complaint_is("/iojn", "unknown command /iojn: type /help");
	complaint_is("/nick", "usage: /nick NAME");
	complaint_is("/who x", "usage: /who");
	complaint_is("/msg bob", "usage: /msg NICK TEXT");
}

static void test_a_long_unknown_word_is_cut_between_characters(void **state)
{
	char line[201] = "/";
	char out[256];

	(void)state;
	for (size_t i = 1; i + 3 < sizeof(line); i += 3)
		memcpy(line + i, "好", 3);
	struct command_line c = command_parse(line, strlen(line));
	command_complaint(&c, out, sizeof(out));
	assert_null(strstr(out, "\xe5\xa5…")); /* no half of one */
	assert_non_null(strstr(out, "好…: type /help"));
	assert_true(strlen(out) < 110);
}

static void test_output_is_cut_to_its_place(void **state)
{
	struct command_line c = command_parse("/foo", 4);
	char out[8];

	(void)state;
	assert_int_equal(command_complaint(&c, out, sizeof(out)), 7);
	assert_string_equal(out, "unknown");
	assert_int_equal(command_help(text(""), out, sizeof(out)), 7);
	assert_string_equal(out, "Saying ");
	assert_int_equal(command_help(text(""), out, 0), 0);
}

/* All of it, however much it becomes, in a place of that size. */
static void help_of_all(char out[COMMAND_HELP_SIZE])
{
	size_t n = command_help(text(""), out, COMMAND_HELP_SIZE);

	assert_int_equal(n, strlen(out));
	assert_true(n < COMMAND_HELP_SIZE - 1);
}

static void test_help_knows_every_command(void **state)
{
	char all[COMMAND_HELP_SIZE], one[512], line[512];
	const struct command_row *row;

	(void)state;
	help_of_all(all);
	for (size_t i = 0; (row = command_row(i)) != NULL; i++) {
		command_help(text(row->name), one, sizeof(one));
		snprintf(line, sizeof(line), "%-24s %s", row->usage, row->help);
		assert_true(strncmp(one, line, strlen(line)) == 0);
		assert_non_null(strstr(all, line));
		for (size_t k = 0; k < COMMAND_ALIASES && row->aliases[k]; k++)
			assert_non_null(strstr(one + strlen(line), row->aliases[k]));
	}
	command_help(text("/recall"), one, sizeof(one));
	assert_string_equal(one, "/recall [NUMBER|last]    take back what you said last here, or "
				 "that one\n                         also /撤回");
	command_help(text("nonsense"), one, sizeof(one));
	assert_string_equal(one, "unknown command nonsense: type /help");
}

/* Whatever a command or an alias is called, nothing else is. */
static void test_names_are_one_command_each(void **state)
{
	const struct command_row *row;

	(void)state;
	for (size_t i = 0; (row = command_row(i)) != NULL; i++) {
		assert_ptr_equal(command_find(text(row->name)), row);
		for (size_t k = 0; k < COMMAND_ALIASES && row->aliases[k]; k++)
			assert_ptr_equal(command_find(text(row->aliases[k])), row);
		assert_true(strncmp(row->usage + 1, row->name, strlen(row->name)) == 0);
	}
}

/* On a screen of 80 columns, behind the time. */
static void test_help_fits_a_screen(void **state)
{
	char all[COMMAND_HELP_SIZE];

	(void)state;
	help_of_all(all);
	for (const char *line = all; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strcspn(line, "\n") > 80 - 6)
			fail_msg("too long: %.*s", (int)strcspn(line, "\n"), line);
	}
}

static void read_file(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	out[fread(out, 1, cap - 1, f)] = '\0';
	fclose(f);
}

static void test_the_readme_shows_the_help(void **state)
{
	static char readme[256 * 1024];
	char all[COMMAND_HELP_SIZE];

	(void)state;
	read_file(CHAT_SOURCE_DIR "/README.md", readme, sizeof(readme));
	help_of_all(all);
	if (!strstr(readme, all))
		fail_msg("README.md does not have this:\n%s", all);
}

/* ---- half-typed lines ------------------------------------------------------------------------ */

/* The cursor is at the '|'. */
static void place_is(const char *line, enum command_arg arg, const char *word, const char *first)
{
	char typed[128];
	size_t cursor = strcspn(line, "|"), n;
	struct command_place p;

	snprintf(typed, sizeof(typed), "%.*s%s", (int)cursor, line, line + cursor + 1);
	n = strlen(typed);
	p = command_place(typed, n, cursor);
	if (p.arg != arg || p.from > cursor || p.to < cursor || p.to > n ||
	    !same(slice_of(typed + p.from, p.to - p.from), word) || !same(p.first, first))
		fail_msg("\"%s\": %d, \"%.*s\" after \"%.*s\"", line, p.arg, (int)(p.to - p.from),
			 typed + p.from, (int)p.first.len, (const char *)p.first.data);
}

static void test_what_is_being_typed(void **state)
{
	(void)state;
	place_is("|", COMMAND_ARG_TEXT, "", "");
	place_is("he|", COMMAND_ARG_TEXT, "he", "");
	place_is("hello @al|ice there", COMMAND_ARG_TEXT, "@alice", "");
	place_is("//no|", COMMAND_ARG_TEXT, "//no", "");
	place_is("/|", COMMAND_ARG_COMMAND, "/", "");
	place_is("/jo|", COMMAND_ARG_COMMAND, "/jo", "");
	place_is("/j|o #dev", COMMAND_ARG_COMMAND, "/jo", "");
	place_is("/join |", COMMAND_ARG_ROOM, "", "");
	place_is("/join #d|", COMMAND_ARG_ROOM, "#d", "");
	place_is("/join #dev pass|", COMMAND_ARG_TEXT, "pass", "#dev");
	place_is("/msg al| hello", COMMAND_ARG_NICK, "al", "");
	place_is("/msg alice he|", COMMAND_ARG_TEXT, "he", "alice");
	place_is("/msg alice hello the|re", COMMAND_ARG_TEXT, "there", "alice");
	place_is("/私聊 小|", COMMAND_ARG_NICK, "小", "");
	place_is("/edit 12 new|", COMMAND_ARG_TEXT, "new", "12");
	place_is("/edit new wo|", COMMAND_ARG_TEXT, "wo", "");
	place_is("/edit |", COMMAND_ARG_EVENT, "", "");
	place_is("/who |", COMMAND_ARG_NONE, "", "");
	place_is("/nope |", COMMAND_ARG_TEXT, "", "");
	place_is("/help re|", COMMAND_ARG_COMMAND, "re", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_lines_mean),
		cmocka_unit_test(test_rooms_and_members_in_arguments),
		cmocka_unit_test(test_numbers_in_arguments),
		cmocka_unit_test(test_a_line_ends_where_it_ends),
		cmocka_unit_test(test_complaints_say_what_to_do),
		cmocka_unit_test(test_a_long_unknown_word_is_cut_between_characters),
		cmocka_unit_test(test_output_is_cut_to_its_place),
		cmocka_unit_test(test_help_knows_every_command),
		cmocka_unit_test(test_names_are_one_command_each),
		cmocka_unit_test(test_help_fits_a_screen),
		cmocka_unit_test(test_the_readme_shows_the_help),
		cmocka_unit_test(test_what_is_being_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
