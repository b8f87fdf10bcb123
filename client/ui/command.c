/* What a typed line means; the contract is in command.h. */
#include "ui/command_rows.h"

#include <string.h>

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

static bool is_last(struct slice word)
{
	static const char last[] = "last";

	if (word.len != sizeof(last) - 1)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if ((word.data[i] | 0x20) != (uint8_t)last[i])
			return false;
	return true;
}

/* A number or "last" at the beginning of c->text is what is meant; everything else is text. */
static bool take_event(struct command_line *c)
{
	struct slice rest = c->text, word = word_of(&rest);

	if (!is_last(word) && !number_of(word, &c->number))
		return false;
	c->text = rest;
	return true;
}

static void take_answered(struct command_line *c)
{
	struct slice rest = c->text, word = word_of(&rest);

	if (take_event(c) || word.len < 2 || word.data[0] != '@')
		return;
	c->who = slice_of(word.data + 1, word.len - 1);
	c->text = rest;
}

static bool take_count(struct command_line *c)
{
	struct slice rest = c->text, word = word_of(&rest);

	if (!number_of(word, &c->number))
		return false;
	c->text = rest;
	return true;
}

static bool is_rest(enum command_arg arg)
{
	return arg >= COMMAND_ARG_TEXT;
}

/* False: it is not as the row has it. */
static bool take_arg(struct command_line *c, const struct command_arg_row *a)
{
	switch (a->arg) {
	case COMMAND_ARG_NONE:
		return true;
	case COMMAND_ARG_EVENT:
		(void)take_event(c);
		return true;
	case COMMAND_ARG_ANSWERED:
		take_answered(c);
		return true;
	case COMMAND_ARG_COUNT:
		return c->text.len == 0 ? !a->must : take_count(c);
	case COMMAND_ARG_TEXT:
	case COMMAND_ARG_VALUE:
	case COMMAND_ARG_FILE:
		return c->text.len > 0 || !a->must;
	default:
		c->who = word_of(&c->text);
		return c->who.len > 0 || !a->must;
	}
}

static bool take_args(struct command_line *c)
{
	bool rest = false;

	c->text = c->args;
	for (size_t i = 0; i < COMMAND_ARGS; i++) {
		if (!take_arg(c, &c->row->args[i]))
			return false;
		rest |= is_rest(c->row->args[i].arg);
	}
	return rest || c->text.len == 0;
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
	c.row = command_find(slice_of(line + 1, end - 1));
	if (!c.row)
		return c;
	c.kind = take_args(&c) ? c.row->kind : COMMAND_LINE_MISUSED;
	return c;
}

bool command_is_local(const struct command_line *c)
{
	return c->row && c->row->local && c->kind != COMMAND_LINE_MISUSED;
}

/* ---- half-typed lines --------------------------------------------------------------------------- */

/* Whether a whole word is that argument, and not the next one. */
static bool is_taken(enum command_arg arg, struct slice word)
{
	uint64_t number;

	if (arg == COMMAND_ARG_ANSWERED && word.len > 1 && word.data[0] == '@')
		return true;
	if (arg == COMMAND_ARG_EVENT || arg == COMMAND_ARG_ANSWERED)
		return is_last(word) || number_of(word, &number);
	return true;
}

/* What stands behind the whole words of `before`, which are arguments of the row. */
static enum command_arg arg_after(const struct command_row *row, struct slice before,
				  struct slice *first)
{
	size_t i = 0;

	for (before = trim((const char *)before.data, before.len); before.len > 0;) {
		struct slice word = word_of(&before);
		if (i < COMMAND_ARGS && !is_taken(row->args[i].arg, word))
			i++;
		if (i < COMMAND_ARGS && is_rest(row->args[i].arg))
			break;
		*first = word;
		i++;
	}
	return i < COMMAND_ARGS ? row->args[i].arg : COMMAND_ARG_NONE;
}

struct command_place command_place(const char *line, size_t n, size_t cursor)
{
	struct command_place p = {.arg = COMMAND_ARG_TEXT, .from = cursor, .to = cursor};
	const struct command_row *row;
	size_t end = 0;

	while (p.from > 0 && !is_space(line[p.from - 1]))
		p.from--;
	while (p.to < n && !is_space(line[p.to]))
		p.to++;
	if (n == 0 || line[0] != '/' || (n > 1 && line[1] == '/'))
		return p;
	while (end < n && !is_space(line[end]))
		end++;
	row = command_find(slice_of(line + 1, end - 1));
	if (p.from == 0)
		p.arg = COMMAND_ARG_COMMAND;
	else if (row)
		p.arg = arg_after(row, slice_of(line + end, p.from - end), &p.first);
	return p;
}
