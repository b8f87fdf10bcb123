/* Commands of one's own; the contract is in alias.h. */
#include "ui/alias.h"

#include "ui/command_rows.h"

#include <string.h>

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static void skip_spaces(struct slice *s)
{
	while (s->len > 0 && is_space(s->data[0]))
		(void)slice_u8(s);
}

static struct slice take_word(struct slice *s)
{
	size_t n = 0;

	skip_spaces(s);
	while (n < s->len && !is_space(s->data[n]))
		n++;
	return slice_bytes(s, n);
}

/* From 1; empty: there are fewer. */
static struct slice word_of(struct slice args, unsigned number)
{
	struct slice word = take_word(&args);

	while (--number > 0)
		word = take_word(&args);
	return word;
}

/* What stands for a '$' and the character after it; false: only itself. */
static bool stands_for(char c, struct slice args, struct slice *out)
{
	if (c == '*')
		*out = args;
	else if (c == '$')
		*out = slice_of("$", 1);
	else if (c >= '1' && c <= '9')
		*out = word_of(args, (unsigned)(c - '0'));
	else
		return false;
	return true;
}

/* One alias, once. */
static enum err fill_in(const char *words, struct slice args, struct alias_line *out)
{
	struct buf b = buf_of(out->text, sizeof(out->text) - 1);
	bool used = false;
	struct slice piece;

	for (const char *at = words; *at; at++) {
		if (*at == '$' && stands_for(at[1], args, &piece)) {
			used = true;
			buf_put_bytes(&b, piece.data, piece.len);
			at++;
		} else {
			buf_put_u8(&b, (uint8_t)*at);
		}
	}
	if (!used && args.len > 0) {
		buf_put_u8(&b, ' ');
		buf_put_bytes(&b, args.data, args.len);
	}
	if (b.failed)
		return ERR_TOO_BIG;
	out->len = b.len;
	out->text[b.len] = '\0';
	return ERR_NONE;
}

/* The alias that the line begins with, and what is behind it; NULL: none. */
static const char *alias_of(const struct preferences *p, struct slice line, struct slice *args)
{
	struct slice rest = line, word;

	if (line.len < 2 || line.data[0] != '/' || line.data[1] == '/' || is_space(line.data[1]))
		return NULL;
	word = take_word(&rest);
	skip_spaces(&rest);
	while (rest.len > 0 && is_space(rest.data[rest.len - 1]))
		rest.len--;
	*args = rest;
	word = slice_of(word.data + 1, word.len - 1);
	return command_find(word) ? NULL : preferences_alias(p, word);
}

enum err alias_expand(const struct preferences *p, struct slice line, struct alias_line *out)
{
	struct alias_line before;
	struct slice args;
	const char *words = alias_of(p, line, &args);
	enum err err;

	if (!words)
		return ERR_NOT_FOUND;
	for (int depth = 0; words; depth++) {
		if (depth == ALIAS_DEPTH)
			return ERR_FULL;
		err = fill_in(words, args, out);
		if (err != ERR_NONE)
			return err;
		memcpy(before.text, out->text, out->len + 1);
		before.len = out->len;
		words = alias_of(p, slice_of(before.text, before.len), &args);
	}
	return ERR_NONE;
}

bool alias_is_secret(const struct preferences *p, struct slice line)
{
	struct alias_line alias;
	bool stands = alias_expand(p, line, &alias) == ERR_NONE;
	struct command_line l = stands ? command_parse(alias.text, alias.len)
				       : command_parse((const char *)line.data, line.len);

	return l.kind == COMMAND_LINE_JOIN && l.text.len > 0;
}
