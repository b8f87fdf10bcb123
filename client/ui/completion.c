/*
 * Candidates are offered twice in the same order: once to be counted, once to choose among them.  So
 * nothing has to be kept.
 */
#include "ui/completion.h"

#include "ui/command_rows.h"
#include "ui/emoji.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

enum {
	SPEAKERS = 32,		/* so many come first … */
	SPEAKERS_WITHIN = 1000, /* … of those lines */
};

struct completing {
	const struct model *m;
	struct slice typed; /* what candidates begin with */
	size_t wanted, count;
	struct slice chosen; /* number `wanted` */
};

static struct slice text_of(const char *s)
{
	return slice_of(s, strlen(s));
}

static UChar32 next_letter(struct slice *s)
{
	const uint8_t *bytes = s->data;
	int32_t i = 0;
	UChar32 c;

	U8_NEXT_OR_FFFD(bytes, i, (int32_t)s->len, c);
	*s = slice_of(s->data + i, s->len - (size_t)i);
	return u_foldCase(c, U_FOLD_CASE_DEFAULT);
}

static bool begins(struct slice name, struct slice typed)
{
	while (typed.len > 0 && name.len > 0)
		if (next_letter(&name) != next_letter(&typed))
			return false;
	return typed.len == 0;
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static void offer_as(struct completing *c, struct slice name, struct slice text)
{
	if (begins(name, c->typed) && c->count++ == c->wanted)
		c->chosen = text;
}

static void offer(struct completing *c, const char *name)
{
	offer_as(c, text_of(name), text_of(name));
}

/* ---- nicks ------------------------------------------------------------------------------------ */

struct speakers {
	struct slice names[SPEAKERS];
	size_t count;
};

static bool has_spoken(const struct speakers *s, struct slice name)
{
	for (size_t i = 0; i < s->count; i++)
		if (same(s->names[i], name))
			return true;
	return false;
}

static bool is_member(const struct model_room *r, struct slice name)
{
	for (size_t i = 0; i < r->members.len; i++)
		if (same(text_of(r->members.list[i]->name), name))
			return true;
	return false;
}

static bool is_own(const struct model *m, struct slice name)
{
	return same(slice_of(m->nick, m->nick_len), name);
}

static void note_speaker(struct completing *c, struct speakers *s, const struct model_line *line)
{
	struct slice name = slice_of(line->bytes, line->who_len);

	if ((line->kind != MODEL_TALK && line->kind != MODEL_ACTION) || name.len == 0 ||
	    !begins(name, c->typed) || is_own(c->m, name) || has_spoken(s, name) ||
	    !is_member(model_here(c->m), name))
		return;
	s->names[s->count++] = name;
	offer_as(c, name, name);
}

/* The last one first. */
static void offer_speakers(struct completing *c, struct speakers *s)
{
	const struct scrollback *lines = &model_here(c->m)->lines;
	uint64_t stop = lines->end - lines->first > SPEAKERS_WITHIN ? lines->end - SPEAKERS_WITHIN
								    : lines->first;

	for (uint64_t i = lines->end; i > stop && s->count < SPEAKERS; i--)
		note_speaker(c, s, scrollback_at(lines, i - 1));
}

static void offer_nicks(struct completing *c)
{
	const struct model_room *r = model_here(c->m);
	struct speakers s = {.count = 0};

	offer_speakers(c, &s);
	for (size_t i = 0; i < r->members.len; i++) {
		struct slice name = text_of(r->members.list[i]->name);
		if (!is_own(c->m, name) && !has_spoken(&s, name))
			offer_as(c, name, name);
	}
}

static void offer_called(struct completing *c)
{
	offer_nicks(c);
	offer(c, "all");
	offer(c, "全体");
}

/* ---- rooms, emoji, commands, settings ----------------------------------------------------------- */

/* "de" is "#dev", too. */
static void offer_rooms(struct completing *c)
{
	bool sigil = c->typed.len > 0 && (c->typed.data[0] == '#' || c->typed.data[0] == '@');

	for (size_t i = 0; i < c->m->room_count; i++) {
		const char *name = c->m->rooms[i]->name;
		if (*name)
			offer_as(c, text_of(sigil ? name : name + 1), text_of(name));
	}
}

static void offer_emoji(struct completing *c)
{
	const struct emoji *e;

	for (size_t i = 0; (e = emoji_row(i)) != NULL; i++)
		offer_as(c, text_of(e->name), text_of(e->bytes));
}

static void offer_own_commands(struct completing *c)
{
	const struct preferences *p = c->m->preferences;

	for (size_t i = 0; p && i < p->aliases.count; i++)
		offer(c, p->aliases.all[i].name);
}

/* Those in Chinese are offered to who has begun one. */
static void offer_commands(struct completing *c)
{
	const struct command_row *row;

	for (size_t i = 0; (row = command_row(i)) != NULL; i++)
		offer(c, row->name);
	offer_own_commands(c);
	for (size_t i = 0; c->typed.len > 0 && (row = command_row(i)) != NULL; i++)
		for (size_t a = 0; a < COMMAND_ALIASES && row->aliases[a]; a++)
			offer(c, row->aliases[a]);
}

static void offer_settings(struct completing *c)
{
	const struct setting *row;

	for (size_t i = 0; (row = settings_row(i)) != NULL; i++)
		offer(c, row->name);
}

static void offer_values(struct completing *c, const struct setting *row)
{
	const char *word;

	if (!row)
		return;
	for (size_t i = 0; (word = settings_word(row, i)) != NULL; i++)
		offer(c, word);
	offer(c, "default");
}

static void offer_levels(struct completing *c)
{
	offer(c, "all");
	offer(c, "mentions");
	offer(c, "none");
	offer(c, "default");
}

/* ---- what is being typed --------------------------------------------------------------------------- */

enum sort {
	SORT_NOTHING,
	SORT_NICK,
	SORT_CALLED, /* "@alice" in a text */
	SORT_ROOM,
	SORT_EMOJI,
	SORT_COMMAND,
	SORT_SETTING,
	SORT_VALUE,
	SORT_ALIAS,
	SORT_LEVEL,
	SORT_LAST, /* the word "last" */
};

struct place_in_line {
	enum sort sort;
	size_t from;	    /* what is replaced begins here … */
	size_t name;	    /* … and what candidates begin with here */
	struct slice first; /* VALUE: of this setting */
};

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A sign that begins something: not that of "12:30" or "me@example.org", nor the second of ":smile:". */
static bool is_sign(struct slice line, size_t from, size_t cursor, size_t i)
{
	uint8_t c = line.data[i];

	if (c != '@' && c != '#' && c != ':')
		return false;
	if (i > from && is_word(line.data[i - 1]))
		return false;
	return c != ':' || i + 1 < cursor;
}

/* In a text: whatever the last sign of the word says, else a nick. */
static struct place_in_line in_text(struct slice line, size_t from, size_t cursor)
{
	for (size_t i = cursor; i > from; i--) {
		if (!is_sign(line, from, cursor, i - 1))
			continue;
		if (line.data[i - 1] == '#')
			return (struct place_in_line){
				.sort = SORT_ROOM, .from = i - 1, .name = i - 1};
		return (struct place_in_line){.sort = line.data[i - 1] == '@' ? SORT_CALLED
									      : SORT_EMOJI,
					      .from = i - 1,
					      .name = i};
	}
	return (struct place_in_line){.sort = SORT_NICK, .from = from, .name = from};
}

static enum sort sort_of(enum command_arg arg)
{
	switch (arg) {
	case COMMAND_ARG_NICK:
		return SORT_NICK;
	case COMMAND_ARG_ROOM:
		return SORT_ROOM;
	case COMMAND_ARG_COMMAND:
		return SORT_COMMAND;
	case COMMAND_ARG_SETTING:
		return SORT_SETTING;
	case COMMAND_ARG_VALUE:
		return SORT_VALUE;
	case COMMAND_ARG_ALIAS:
		return SORT_ALIAS;
	case COMMAND_ARG_LEVEL:
		return SORT_LEVEL;
	case COMMAND_ARG_EVENT:
		return SORT_LAST;
	default:
		return SORT_NOTHING;
	}
}

static struct place_in_line place_of(struct slice line, size_t cursor)
{
	struct command_place p = command_place((const char *)line.data, line.len, cursor);
	struct place_in_line at = {sort_of(p.arg), p.from, p.from, p.first};
	bool sigil = cursor > p.from && (line.data[p.from] == '/' || line.data[p.from] == '@');

	if (p.arg == COMMAND_ARG_TEXT || p.arg == COMMAND_ARG_ANSWERED)
		return in_text(line, p.from, cursor);
	if (cursor == 0)
		at.sort = SORT_NOTHING; /* before the '/' */
	if (sigil && (at.sort == SORT_COMMAND || at.sort == SORT_NICK))
		at.name++;
	return at;
}

static void offer_all(struct completing *c, const struct place_in_line *at)
{
	c->count = 0;
	switch (at->sort) {
	case SORT_NICK:
		offer_nicks(c);
		break;
	case SORT_CALLED:
		offer_called(c);
		break;
	case SORT_ROOM:
		offer_rooms(c);
		break;
	case SORT_EMOJI:
		offer_emoji(c);
		break;
	case SORT_COMMAND:
		offer_commands(c);
		break;
	case SORT_SETTING:
		offer_settings(c);
		break;
	case SORT_VALUE:
		offer_values(c, settings_find(at->first));
		break;
	case SORT_ALIAS:
		offer_own_commands(c);
		break;
	case SORT_LEVEL:
		offer_levels(c);
		break;
	case SORT_LAST:
		offer(c, "last");
		break;
	case SORT_NOTHING:
		break;
	}
}

/* ---- putting it in ------------------------------------------------------------------------------- */

/* A space, unless there is one already; an emoji is not a word. */
static const char *after(const struct place_in_line *at, struct slice line, size_t cursor)
{
	bool space = cursor < line.len && line.data[cursor] == ' ';
	bool talk = at->sort == SORT_NICK && at->from == 0;

	if (at->sort == SORT_EMOJI)
		return "";
	if (talk)
		return space ? ":" : ": ";
	return space ? "" : " ";
}

static void append(struct completion *out, const void *s, size_t n)
{
	if (n > sizeof(out->text) - out->len)
		return; /* it does not happen: names are shorter */
	memcpy(out->text + out->len, s, n);
	out->len += n;
}

/* Round again, both ways. */
static size_t number_of(int turn, size_t count)
{
	int64_t n = (int64_t)count, i = turn % n;

	return (size_t)(i < 0 ? i + n : i);
}

static struct slice typed_of(const struct place_in_line *at, struct slice line, size_t cursor)
{
	size_t end = cursor;

	if (at->sort == SORT_EMOJI && line.data[end - 1] == ':')
		end--;
	return slice_of(line.data + at->name, end - at->name);
}

struct completion completion_of(const struct model *m, struct slice line, size_t cursor, int turn)
{
	struct place_in_line at = place_of(line, cursor);
	struct completing c = {.m = m, .wanted = SIZE_MAX, .typed = typed_of(&at, line, cursor)};
	struct completion out = {.from = at.from, .to = cursor};
	const char *end = after(&at, line, cursor);

	offer_all(&c, &at);
	if (c.count == 0)
		return out;
	c.wanted = number_of(turn, c.count);
	offer_all(&c, &at);
	if (at.sort != SORT_EMOJI)
		append(&out, line.data + at.from, at.name - at.from);
	append(&out, c.chosen.data, c.chosen.len);
	append(&out, end, strlen(end));
	return out;
}
