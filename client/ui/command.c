/* The slash commands; the contract is in command.h. */
#include "ui/command.h"

#include "proto/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN_MAX = 64 }; /* bytes of an unknown command that its complaint repeats */

enum args {
	ARGS_NONE,
	ARGS_MAY,
	ARGS_MUST,
	ARGS_WHO,	 /* one word */
	ARGS_WHO_MAY,	 /* one word, then perhaps text */
	ARGS_WHO_MUST,	 /* one word, then text */
	ARGS_COUNT,	 /* perhaps a number */
	ARGS_EVENT,	 /* perhaps a number or "last" */
	ARGS_EVENT_MUST, /* … then text */
};

struct command_row {
	const char *name;
	const char *alias; /* NULL: none */
	enum command_line_kind kind;
	enum args args;
	const char *usage;
	const char *help;
};

/* What follows a newline in a help text: as much as is before it in the first line. */
#define NEXT_LINE "\n                         "

static const struct command_row rows[] = {
	{"help", NULL, COMMAND_LINE_HELP, ARGS_MAY, "/help [COMMAND]", "this list, or one command"},
	{"join", NULL, COMMAND_LINE_JOIN, ARGS_WHO_MAY, "/join #ROOM [PASSWORD]",
	 "go to a room; it is made if there is none"},
	{"part", NULL, COMMAND_LINE_PART, ARGS_MAY, "/part [WORDS]",
	 "leave this room; it is shown the words"},
	{"rooms", NULL, COMMAND_LINE_ROOMS, ARGS_NONE, "/rooms", "the rooms that you are in"},
	{"list", NULL, COMMAND_LINE_LIST, ARGS_NONE, "/list", "all public rooms"},
	{"topic", NULL, COMMAND_LINE_TOPIC, ARGS_MAY, "/topic [TEXT]",
	 "show what this room is about, or set it (-: none)"},
	{"who", NULL, COMMAND_LINE_WHO, ARGS_NONE, "/who", "who is in the room"},
	{"msg", NULL, COMMAND_LINE_MSG, ARGS_WHO_MUST, "/msg NICK TEXT",
	 "say it to one member alone, here or not"},
	{"query", NULL, COMMAND_LINE_QUERY, ARGS_WHO, "/query NICK",
	 "go to the room of you two; so does /join @NICK"},
	{"recall", NULL, COMMAND_LINE_RECALL, ARGS_EVENT, "/recall [NUMBER|last]",
	 "take back what you said last here, or that one"},
	{"edit", NULL, COMMAND_LINE_EDIT, ARGS_EVENT_MUST, "/edit [NUMBER|last] TEXT",
	 "say it otherwise"},
	{"history", NULL, COMMAND_LINE_HISTORY, ARGS_COUNT, "/history [N]",
	 "N older events of this room (50)"},
	{"search", NULL, COMMAND_LINE_SEARCH, ARGS_MAY, "/search [WORDS]",
	 "what was said with these words, newest first;" NEXT_LINE
	 "also from:NAME in:#ROOM before:YYYY-MM-DD;" NEXT_LINE
	 "without any: more of the last search"},
	{"nick", NULL, COMMAND_LINE_NICK, ARGS_MUST, "/nick NAME", "take another name"},
	{"quit", "exit", COMMAND_LINE_QUIT, ARGS_MAY, "/quit [WORDS]",
	 "leave; the rooms are shown the words (also /exit)"},
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static struct slice trim(const char *s, size_t n)
{
	while (n > 0 && is_space(s[0])) {
		s++;
		n--;
	}
	while (n > 0 && is_space(s[n - 1]))
		n--;
	return slice_of(s, n);
}

static char lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same_word(const char *name, struct slice word)
{
	if (!name || strlen(name) != word.len)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (name[i] != lower(word.data[i]))
			return false;
	return true;
}

/* `word` without its '/'. */
static const struct command_row *find(struct slice word)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (same_word(rows[i].name, word) || same_word(rows[i].alias, word))
			return &rows[i];
	return NULL;
}

static struct command_line talk(const char *text, size_t n)
{
	return (struct command_line){.kind = COMMAND_LINE_TALK, .args = slice_of(text, n)};
}

/* ---- arguments -------------------------------------------------------------------------------- */

/* Splits the first word off what is left of the arguments. */
static struct slice word_of(struct slice *rest)
{
	const char *s = (const char *)rest->data;
	size_t end = 0;

	while (end < rest->len && !is_space(s[end]))
		end++;
	*rest = trim(s + end, rest->len - end);
	return slice_of(s, end);
}

/* Digits alone, of a number over 0 that the protocol carries. */
static bool number_of(struct slice word, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9' || v > BUF_VARINT_MAX / 10)
			return false;
		v = v * 10 + (uint64_t)(word.data[i] - '0');
	}
	if (v == 0 || v > BUF_VARINT_MAX)
		return false;
	*out = v;
	return true;
}

/* A number or "last" at the beginning of c->text is what is meant; everything else is text. */
static void take_event(struct command_line *c)
{
	struct slice rest = c->text, word = word_of(&rest);

	if (same_word("last", word) || number_of(word, &c->number))
		c->text = rest;
}

/* False: the arguments are not as the row has them. */
static bool take_args(struct command_line *c, enum args args)
{
	c->text = c->args;
	switch (args) {
	case ARGS_NONE:
		return c->args.len == 0;
	case ARGS_MAY:
		return true;
	case ARGS_MUST:
		return c->args.len > 0;
	case ARGS_WHO:
	case ARGS_WHO_MAY:
	case ARGS_WHO_MUST:
		c->who = word_of(&c->text);
		if (args != ARGS_WHO_MAY && (c->text.len > 0) != (args == ARGS_WHO_MUST))
			return false;
		return c->who.len > 0;
	case ARGS_COUNT:
		return c->args.len == 0 || number_of(c->args, &c->number);
	case ARGS_EVENT:
	case ARGS_EVENT_MUST:
		take_event(c);
		return (c->text.len > 0) == (args == ARGS_EVENT_MUST);
	}
	return false;
}

struct command_line command_parse(const char *line, size_t n)
{
	struct command_line c = {.kind = COMMAND_LINE_UNKNOWN};
	size_t end = 0;

	if (n == 0 || line[0] != '/')
		return talk(line, n);
	if (n > 1 && line[1] == '/')
		return talk(line + 1, n - 1);
	while (end < n && !is_space(line[end]))
		end++;
	c.word = slice_of(line, end);
	c.args = trim(line + end, n - end);
	c.row = find(slice_of(line + 1, end - 1));
	if (!c.row)
		return c;
	c.kind = take_args(&c, c.row->args) ? c.row->kind : COMMAND_LINE_MISUSED;
	return c;
}

/* Bytes that an snprintf() of `wrote` really left in out. */
static size_t written(int wrote, size_t cap)
{
	if (wrote < 0 || cap == 0)
		return 0;
	return (size_t)wrote < cap ? (size_t)wrote : cap - 1;
}

static size_t complain_unknown(struct slice word, char *out, size_t cap)
{
	const char *s = (const char *)word.data;
	size_t n = text_clip(s, word.len, WORD_SHOWN_MAX);

	return written(snprintf(out, cap, "unknown command %.*s%s: type /help", (int)n, s,
				n < word.len ? "…" : ""),
		       cap);
}

size_t command_complaint(const struct command_line *c, char *out, size_t cap)
{
	if (!c->row)
		return complain_unknown(c->word, out, cap);
	return written(snprintf(out, cap, "usage: %s", c->row->usage), cap);
}

static size_t help_row(const struct command_row *row, char *out, size_t cap)
{
	return written(snprintf(out, cap, "%-24s %s", row->usage, row->help), cap);
}

static size_t help_all(char *out, size_t cap)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at += help_row(&rows[i], out + at, cap - at);
		at += written(snprintf(out + at, cap - at, "\n"), cap - at);
	}
	return at + written(snprintf(out + at, cap - at, "%-24s %s", "//TEXT",
				     "say \"/TEXT\"; any other line is said as it is"),
			    cap - at);
}

size_t command_help(struct slice topic, char *out, size_t cap)
{
	const struct command_row *row;

	if (topic.len == 0)
		return help_all(out, cap);
	if (topic.data[0] == '/')
		topic = slice_of(topic.data + 1, topic.len - 1);
	row = find(topic);
	return row ? help_row(row, out, cap) : complain_unknown(topic, out, cap);
}
