/* Words about the slash commands, from their table; the contract is in command.h. */
#include "ui/command_rows.h"

#include "proto/text.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN_MAX = 64 }; /* bytes of an unknown command that its complaint repeats */

static const char *const titles[] = {
	[COMMAND_GROUP_SAY] = "Saying something:", [COMMAND_GROUP_ROOMS] = "Rooms:",
	[COMMAND_GROUP_PEOPLE] = "People:",	   [COMMAND_GROUP_SAID] = "What was said:",
	[COMMAND_GROUP_CLIENT] = "This client:",
};

/* Bytes that an snprintf() of `wrote` really left in out. */
static size_t written(int wrote, size_t cap)
{
	if (wrote < 0 || cap == 0)
		return 0;
	return (size_t)wrote < cap ? (size_t)wrote : cap - 1;
}

/* ---- what may have been meant ------------------------------------------------------------------ */

static uint8_t lower(uint8_t c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Whether one letter too many, too few, wrong, or two that changed places make the one of the other. */
static bool is_near(const char *name, struct slice word)
{
	size_t n = strlen(name), m = word.len, front = 0, back = 0;

	while (front < n && front < m && (uint8_t)name[front] == lower(word.data[front]))
		front++;
	while (back < n - front && back < m - front &&
	       (uint8_t)name[n - 1 - back] == lower(word.data[m - 1 - back]))
		back++;
	n -= front + back; /* of each, what is not the same */
	m -= front + back;
	if (n == 2 && m == 2)
		return (uint8_t)name[front] == lower(word.data[front + 1]) &&
		       (uint8_t)name[front + 1] == lower(word.data[front]);
	return n <= 1 && m <= 1;
}

/* NULL: none is like it.  Of two letters everything is like everything. */
static const struct command_row *nearest(struct slice word)
{
	for (size_t i = 0; word.len > 2 && command_row(i); i++)
		if (strlen(command_row(i)->name) > 2 && is_near(command_row(i)->name, word))
			return command_row(i);
	return NULL;
}

static size_t complain_unknown(struct slice word, char *out, size_t cap)
{
	const char *s = (const char *)word.data;
	size_t n = text_clip(s, word.len, WORD_SHOWN_MAX);
	bool slash = word.len > 0 && s[0] == '/';
	const struct command_row *meant = nearest(slice_of(s + slash, word.len - slash));

	if (meant)
		return written(snprintf(out, cap, "unknown command %.*s: is it /%s?  Or type /help",
					(int)n, s, meant->name),
			       cap);
	return written(snprintf(out, cap, "unknown command %.*s%s: type /help", (int)n, s,
				n < word.len ? "…" : ""),
		       cap);
}

/* ---- words -------------------------------------------------------------------------------------- */

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

static size_t help_one(const struct command_row *row, char *out, size_t cap)
{
	size_t at = help_row(row, out, cap);

	for (size_t i = 0; i < COMMAND_ALIASES && row->aliases[i]; i++)
		at += written(snprintf(out + at, cap - at, "%s/%s",
				       i == 0 ? COMMAND_NEXT_LINE "also " : ", ", row->aliases[i]),
			      cap - at);
	return at;
}

static size_t help_group(enum command_group group, char *out, size_t cap)
{
	size_t at = written(snprintf(out, cap, "%s\n", titles[group]), cap);

	for (size_t i = 0; command_row(i); i++) {
		if (command_row(i)->group != group)
			continue;
		at += help_row(command_row(i), out + at, cap - at);
		at += written(snprintf(out + at, cap - at, "\n"), cap - at);
	}
	return at;
}

static size_t help_all(char *out, size_t cap)
{
	size_t at = 0;

	for (enum command_group g = 0; g < COMMAND_GROUPS; g++)
		at += help_group(g, out + at, cap - at);
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
	row = command_find(topic);
	return row ? help_one(row, out, cap) : complain_unknown(topic, out, cap);
}
