/* The slash commands; the contract is in command.h. */
#include "ui/command.h"

#include "proto/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN_MAX = 64 }; /* bytes of an unknown command that its complaint repeats */

enum args { ARGS_NONE, ARGS_MAY, ARGS_MUST };

struct command_row {
	const char *name;
	const char *alias; /* NULL: none */
	enum command_line_kind kind;
	enum args args;
	const char *usage;
	const char *help;
};

static const struct command_row rows[] = {
	{"help", NULL, COMMAND_LINE_HELP, ARGS_MAY, "/help [COMMAND]", "this list, or one command"},
	{"nick", NULL, COMMAND_LINE_NICK, ARGS_MUST, "/nick NAME", "take another name"},
	{"quit", "exit", COMMAND_LINE_QUIT, ARGS_MAY, "/quit [WORDS]",
	 "leave; the room is shown the words (also /exit)"},
	{"who", NULL, COMMAND_LINE_WHO, ARGS_NONE, "/who", "who is in the room"},
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
	c.kind = c.row->kind;
	if ((c.row->args == ARGS_MUST && c.args.len == 0) ||
	    (c.row->args == ARGS_NONE && c.args.len > 0))
		c.kind = COMMAND_LINE_MISUSED;
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
	return written(snprintf(out, cap, "%-16s %s", row->usage, row->help), cap);
}

static size_t help_all(char *out, size_t cap)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at += help_row(&rows[i], out + at, cap - at);
		at += written(snprintf(out + at, cap - at, "\n"), cap - at);
	}
	return at + written(snprintf(out + at, cap - at, "%-16s %s", "//TEXT",
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
