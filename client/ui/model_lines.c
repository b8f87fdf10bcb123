/*
 * Lines: made of events and of what the person says, and kept, as many as there may be; the contract is
 * in model_internal.h.
 */
#include "ui/model_internal.h"

#include "proto/text.h"
#include "ui/format.h"

#include <assert.h>
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

/* Shrinks the line to what it holds, if the allocator likes. */
static struct model_line *fitted(struct model_line *line)
{
	struct model_line *less =
		realloc(line, sizeof(*line) + line->who_len + line->text_len + line->fold_len);

	return less ? less : line;
}

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

static struct model_line *line_of(const struct words *w, uint64_t seq, struct day_time at)
{
	struct slice who = name_of(w->who);
	size_t note = strlen(w->note);
	size_t cap = TEXT_SAFE_SIZE(who.len) + TEXT_SAFE_SIZE(w->text.len) + note + w->fold.len;
	struct model_line *line = malloc(sizeof(*line) + cap);
	size_t who_len, text;

	assert(note <= UINT16_MAX && w->fold.len <= UINT16_MAX);
	if (!line)
		return NULL;
	who_len = text_safe(line->bytes, cap, (const char *)who.data, who.len, false);
	text = text_safe(line->bytes + who_len, cap - who_len, (const char *)w->text.data,
			 w->text.len, true);
	*line = (struct model_line){.seq = seq,
				    .last = seq,
				    .day = at.day,
				    .second = at.second,
				    .kind = (uint8_t)w->kind,
				    .who_len = (uint16_t)who_len,
				    .quote_len = quote_in(line->bytes + who_len, text),
				    .note_len = (uint16_t)note,
				    .fold_len = (uint16_t)w->fold.len,
				    .text_len = (uint32_t)(text + note)};
	append_bytes(line, who_len + text, w->note, note);
	append_bytes(line, who_len + line->text_len, w->fold.data, w->fold.len);
	return fitted(line);
}

/* A talk, or what somebody does. */
static struct words talk(struct slice who, struct slice text, const char *note)
{
	size_t mark = strlen(FORMAT_ACTION);
	struct words w = {.kind = MODEL_TALK, .who = who, .text = text, .note = note};

	if (text.len > mark && memcmp(text.data, FORMAT_ACTION, mark) == 0) {
		w.kind = MODEL_ACTION;
		w.text = slice_of(text.data + mark, text.len - mark);
	}
	return w;
}

bool model_is_own(const struct model *m, const struct model_line *line)
{
	size_t nick = strlen(m->nick);

	return line->who_len == nick && nick > 0 && memcmp(line->bytes, m->nick, nick) == 0;
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
	struct words w = talk(e->from, e->text, e->kind == EVENT_EDITED ? EDITED : "");
	struct model_line *line = line_of(&w, e->seq, at);

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

struct model_line *model_line_of_event(const struct model *m, const struct event *e,
				       struct day_time at)
{
	struct fold f = {0};

	if (e->kind == EVENT_TALK || e->kind == EVENT_EDITED)
		return line_of_talk(m, e, at);
	if (e->kind == EVENT_ANNOUNCE)
		return line_of_announcement(m, e, at);
	if (!m->fold || !fold_takes(e))
		return line_of_happening(e, NULL, at);
	fold_add(&f, e, false);
	return line_of_happening(e, &f, at);
}

struct model_line *model_line_of_said(const struct model *m, struct slice text, const char *note,
				      struct day_time at)
{
	struct words w = talk(slice_of(m->nick, strlen(m->nick)), text, note);

	return line_of(&w, 0, at);
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
	while (m->bytes > MODEL_MAX_BYTES && m->line_count > 1)
		drop_oldest(m, room_with_most(m, true));
}

bool model_is_full(const struct model *m)
{
	return m->line_count >= m->max_lines || m->bytes >= MODEL_MAX_BYTES;
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
