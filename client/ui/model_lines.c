/*
 * Lines: made of events and of what the person says, and kept, as many as there may be; the contract is
 * in model_internal.h.
 */
#include "ui/model_internal.h"

#include "proto/text.h"
#include "ui/format.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define EDITED " (edited)"

/* ---- making lines -------------------------------------------------------------------------- */

struct words {
	enum model_kind kind;
	struct slice who, text;
	const char *note; /* of ours, after the text */
	struct slice fold;
};

/* Nobody's name is longer; another one is cut. */
static struct slice name_of(struct slice who)
{
	return slice_of(who.data, text_clip((const char *)who.data, who.len, NAME_MAX_BYTES));
}

/* "> alice: are you there\nyes": of what it answers to. */
static uint16_t quote_in(const char *text, size_t n)
{
	const char *end = n > 2 && memcmp(text, "> ", 2) == 0 ? memchr(text, '\n', n) : NULL;
	size_t len = end ? (size_t)(end + 1 - text) : 0;

	return len > 0 && len < n && len <= UINT16_MAX ? (uint16_t)len : 0;
}

static void append_bytes(struct model_line *line, size_t at, const void *p, size_t n)
{
	if (n > 0)
		memcpy(line->bytes + at, p, n);
}

/* Into a line that has place for all of it. */
static void fill(struct model_line *line, size_t cap, const struct words *w)
{
	size_t note = strlen(w->note);
	size_t name = text_safe(line->bytes, cap, (const char *)w->who.data, w->who.len, false);
	size_t text = text_safe(line->bytes + name, cap - name, (const char *)w->text.data,
				w->text.len, true);

	assert(note <= UINT16_MAX && w->fold.len <= UINT16_MAX);
	line->kind = (uint8_t)w->kind;
	line->who_len = (uint16_t)name;
	line->quote_len = quote_in(line->bytes + name, text);
	line->note_len = (uint16_t)note;
	line->fold_len = (uint16_t)w->fold.len;
	line->text_len = (uint32_t)(text + note);
	append_bytes(line, name + text, w->note, note);
	append_bytes(line, name + line->text_len, w->fold.data, w->fold.len);
}

static size_t room_for(const struct words *w)
{
	return TEXT_SAFE_SIZE(w->who.len) + TEXT_SAFE_SIZE(w->text.len) + strlen(w->note) +
	       w->fold.len;
}

/* Shrunk to what it holds, if the allocator likes. */
static struct model_line *long_line(const struct words *w)
{
	size_t cap = room_for(w);
	struct model_line *line = malloc(sizeof(*line) + cap), *less;

	if (!line)
		return NULL;
	*line = (struct model_line){0};
	fill(line, cap, w);
	less = realloc(line, scrollback_cost(line));
	return less ? less : line;
}

enum { SHORT_LINE = 2048 }; /* with all that it might need */

static struct model_line *short_line(const struct words *w)
{
	alignas(struct model_line) char here[sizeof(struct model_line) + SHORT_LINE];
	struct model_line *line = (struct model_line *)here, *copy;

	*line = (struct model_line){0};
	fill(line, SHORT_LINE, w);
	copy = malloc(scrollback_cost(line));
	if (copy)
		memcpy(copy, line, scrollback_cost(line));
	return copy;
}

static struct model_line *line_of(struct words *w, uint64_t seq, struct day_time at)
{
	struct model_line *line;

	w->who = name_of(w->who);
	line = room_for(w) <= SHORT_LINE ? short_line(w) : long_line(w);
	if (!line)
		return NULL;
	line->seq = line->last = seq;
	line->day = at.day;
	line->second = at.second;
	return line;
}

/* A talk, or what somebody does. */
static struct model_line *line_of_words(struct slice who, struct slice text, const char *note,
					uint64_t seq, struct day_time at)
{
	size_t mark = strlen(FORMAT_ACTION);
	struct words w = {.kind = MODEL_TALK, .who = who, .text = text, .note = note};

	if (text.len > mark && memcmp(text.data, FORMAT_ACTION, mark) == 0) {
		w.kind = MODEL_ACTION;
		w.text = slice_of(text.data + mark, text.len - mark);
	}
	return line_of(&w, seq, at);
}

bool model_is_own(const struct model *m, const struct model_line *line)
{
	return line->who_len == m->nick_len && m->nick_len > 0 &&
	       memcmp(line->bytes, m->nick, m->nick_len) == 0;
}

static bool calls(const struct model *m, const struct model_line *line)
{
	return !model_is_own(m, line) && mention_in(&m->mention, line->bytes + line->who_len,
						    line->text_len - line->note_len);
}

/* False: events of that kind have no line. */
bool model_has_line(enum event_kind kind)
{
	switch (kind) {
	case EVENT_JOIN:
	case EVENT_TALK:
	case EVENT_QUIT:
	case EVENT_NICK:
	case EVENT_ANNOUNCE:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_AWAY:
	case EVENT_RECALLED:
	case EVENT_EDITED:
		return true;
	case EVENT_LOST: /* marks at the name … */
	case EVENT_BACK:
	case EVENT_RECALL: /* … and changes of another line */
	case EVENT_EDIT:
		break;
	}
	return false;
}

static struct model_line *line_of_talk(const struct model *m, const struct event *e,
				       struct day_time at)
{
	const char *note = e->kind == EVENT_EDITED ? EDITED : "";
	struct model_line *line = line_of_words(e->from, e->text, note, e->seq, at);

	if (line)
		line->mention = calls(m, line);
	return line;
}

static struct model_line *line_of_announcement(const struct model *m, const struct event *e,
					       struct day_time at)
{
	struct words w = {.kind = MODEL_ANNOUNCE, .text = e->text, .note = ""};
	struct model_line *line = line_of(&w, e->seq, at);

	if (line)
		line->mention = calls(m, line);
	return line;
}

static struct model_line *line_of_happening(const struct event *e, const struct fold *f,
					    struct day_time at)
{
	uint8_t bytes[FOLD_BYTES_MAX];
	char text[FORMAT_HAPPENING_SIZE];
	struct words w = {.kind = MODEL_HAPPENING, .note = ""};
	struct buf b = buf_of(bytes, sizeof(bytes));

	if (f)
		fold_put(&b, f);
	assert(!b.failed);
	w.text = slice_of(text, format_happening(e, text));
	w.fold = slice_of(bytes, b.len);
	return line_of(&w, e->seq, at);
}

static struct model_line *line_of_first(const struct event *e, struct day_time at)
{
	struct fold f = {0};

	fold_add(&f, e, false);
	return line_of_happening(e, &f, at);
}

struct model_line *model_line_of_event(const struct model *m, const struct event *e,
				       struct day_time at)
{
	if (e->kind == EVENT_TALK || e->kind == EVENT_EDITED)
		return line_of_talk(m, e, at);
	if (e->kind == EVENT_ANNOUNCE)
		return line_of_announcement(m, e, at);
	return m->fold && fold_takes(e) ? line_of_first(e, at) : line_of_happening(e, NULL, at);
}

struct model_line *model_line_of_said(const struct model *m, struct slice text, const char *note,
				      struct day_time at)
{
	return line_of_words(slice_of(m->nick, m->nick_len), text, note, 0, at);
}

static struct fold fold_of(const struct model_line *line)
{
	struct fold f = {0};
	bool whole = fold_get(
		slice_of(line->bytes + line->who_len + line->text_len, line->fold_len), &f);

	assert(whole);
	return f;
}

struct model_line *model_line_grown(const struct model_line *fold, const struct event *e,
				    bool before, struct day_time at)
{
	char text[FOLD_WORDS_SIZE];
	uint8_t bytes[FOLD_BYTES_MAX];
	struct words w = {.kind = MODEL_HAPPENING, .note = ""};
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct fold f = fold_of(fold);
	struct model_line *line;

	fold_add(&f, e, before);
	fold_put(&b, &f);
	assert(!b.failed);
	w.text = slice_of(text, fold_words(&f, text));
	w.fold = slice_of(bytes, b.len);
	line = line_of(&w, before ? e->seq : fold->seq, at);
	if (!line)
		return NULL;
	line->last = before ? fold->last : e->seq;
	line->second = before ? at.second : fold->second;
	return line;
}

enum err model_note(struct model *m, enum model_kind kind, struct slice text, struct day_time at)
{
	struct model_room *r = model_here(m);
	struct words w = {.kind = kind, .text = text, .note = ""};
	enum err err = model_append(m, r, line_of(&w, r->newest, at));

	model_keep_bounds(m);
	return err;
}

/* ---- how many there may be ------------------------------------------------------------------ */

static struct model_room *room_with_most(const struct model *m, bool bytes)
{
	struct model_room *most = m->rooms[0];

	for (size_t i = 1; i < m->room_count; i++) {
		const struct scrollback *a = &m->rooms[i]->lines, *b = &most->lines;
		if (bytes ? a->bytes > b->bytes : a->end - a->first > b->end - b->first)
			most = m->rooms[i];
	}
	return most;
}

/* What is dropped can be loaded again. */
static void drop_oldest(struct model *m, struct model_room *r)
{
	const struct model_line *line = scrollback_at(&r->lines, r->lines.first);

	if (r->lines.first >= r->lines.floor && line->last >= r->oldest) {
		r->oldest = line->last + 1;
		r->whole = false;
	}
	m->line_count--;
	m->bytes -= scrollback_cost(line);
	scrollback_drop_oldest(&r->lines);
}

void model_clear(struct model *m)
{
	struct model_room *r = model_here(m);

	model_forget_changes(m, r);
	while (r->lines.first < r->lines.end)
		drop_oldest(m, r);
	r->scroll = (struct model_scroll){.back = false};
}

void model_keep_bounds(struct model *m)
{
	while (m->line_count > m->max_lines)
		drop_oldest(m, room_with_most(m, false));
	while (m->bytes > m->max_bytes && m->line_count > 1)
		drop_oldest(m, room_with_most(m, true));
}

bool model_is_full(const struct model *m)
{
	return m->line_count >= m->max_lines || m->bytes >= m->max_bytes;
}

static enum err count_in(struct model *m, struct model_line *line, enum err err)
{
	if (err != ERR_NONE) {
		free(line);
		return err;
	}
	m->line_count++;
	m->bytes += scrollback_cost(line);
	return ERR_NONE;
}

enum err model_append(struct model *m, struct model_room *r, struct model_line *line)
{
	enum err err = line ? scrollback_append(&r->lines, line) : ERR_MEMORY;

	return count_in(m, line, err);
}

enum err model_prepend(struct model *m, struct model_room *r, struct model_line *line)
{
	return count_in(m, line, line ? scrollback_prepend(&r->lines, line) : ERR_MEMORY);
}

void model_replace(struct model *m, struct model_room *r, uint64_t i, struct model_line *line)
{
	m->bytes -= scrollback_cost(scrollback_at(&r->lines, i));
	m->bytes += scrollback_cost(line);
	scrollback_replace(&r->lines, i, line);
	model_keep_bounds(m);
}
