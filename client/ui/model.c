/* What there is to show; the contract is in model.h. */
#include "ui/model.h"

#include "proto/text.h"
#include "ui/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct model *model_new(size_t max_lines)
{
	struct model *m = calloc(1, sizeof(*m));

	assert(max_lines >= 1);
	if (!m)
		return NULL;
	m->ring = calloc(max_lines, sizeof(struct model_line *));
	m->cap = max_lines;
	m->input = calloc(1, 1);
	m->link = LINK_CONNECTING;
	if (!m->ring || !m->input) {
		model_free(m);
		return NULL;
	}
	return m;
}

static void drop_oldest(struct model *m)
{
	struct model_line *line = m->ring[m->first % m->cap];

	m->bytes -= sizeof(*line) + line->who_len + line->text_len;
	m->talks -= line->kind == MODEL_TALK;
	m->ring[m->first % m->cap] = NULL;
	m->first++;
	free(line);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	while (m->first < m->end)
		drop_oldest(m);
	members_wipe(&m->members);
	members_wipe(&m->listed);
	free(m->ring);
	free(m->input);
	free(m);
}

const struct model_line *model_at(const struct model *m, uint64_t line)
{
	assert(line >= m->first && line < m->end);
	return m->ring[line % m->cap];
}

/* ---- lines -------------------------------------------------------------------------------- */

static void append(struct model *m, struct model_line *line)
{
	if (m->end - m->first == m->cap)
		drop_oldest(m);
	m->ring[m->end % m->cap] = line;
	m->end++;
	m->bytes += sizeof(*line) + line->who_len + line->text_len;
	m->talks += line->kind == MODEL_TALK;
	while (m->bytes > MODEL_MAX_BYTES && m->first + 1 < m->end)
		drop_oldest(m);
}

/* Shrinks the line to what it holds, if the allocator likes. */
static struct model_line *fitted(struct model_line *line)
{
	struct model_line *less = realloc(line, sizeof(*line) + line->who_len + line->text_len);

	return less ? less : line;
}

static enum err add(struct model *m, enum model_kind kind, int minute, struct slice who,
		    struct slice text)
{
	size_t cap = TEXT_SAFE_SIZE(who.len) + TEXT_SAFE_SIZE(text.len);
	struct model_line *line = malloc(sizeof(*line) + cap);

	if (!line)
		return ERR_MEMORY;
	*line = (struct model_line){.kind = kind, .minute = minute};
	line->who_len = text_safe(line->bytes, cap, (const char *)who.data, who.len, false);
	line->text_len = text_safe(line->bytes + line->who_len, cap - line->who_len,
				   (const char *)text.data, text.len, true);
	append(m, fitted(line));
	return ERR_NONE;
}

enum err model_note(struct model *m, enum model_kind kind, struct slice text, int minute)
{
	return add(m, kind, minute, slice_of("", 0), text);
}

enum err model_event(struct model *m, const struct event *e, int minute)
{
	char words[FORMAT_HAPPENING_SIZE];

	if (members_event(&m->members, e) != ERR_NONE)
		return ERR_MEMORY;
	switch (e->kind) {
	case EVENT_TALK:
	case EVENT_EDITED:
		return add(m, MODEL_TALK, minute, e->from, e->text);
	case EVENT_ANNOUNCE:
		return model_note(m, MODEL_ANNOUNCE, e->text, minute);
	case EVENT_JOIN:
	case EVENT_QUIT:
	case EVENT_NICK:
		break;
	case EVENT_LOST:
	case EVENT_BACK:
		return ERR_NONE; /* a mark at the name, not a line */
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_RECALL:
	case EVENT_EDIT:
	case EVENT_RECALLED:
		return ERR_NONE;
	}
	return model_note(m, MODEL_HAPPENING, slice_of(words, format_happening(e, words)), minute);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static void set_label(char out[MODEL_LABEL_SIZE], struct slice s)
{
	text_safe(out, MODEL_LABEL_SIZE, (const char *)s.data, s.len, false);
}

/* The part before the cursor is made safe by itself: so the cursor is never inside a mark. */
enum err model_edit(struct model *m, struct slice prompt, struct slice line, size_t cursor)
{
	const char *s = (const char *)line.data;
	size_t cap = TEXT_SAFE_SIZE(line.len) + 1;
	char *input = malloc(cap);

	assert(cursor <= line.len);
	if (!input)
		return ERR_MEMORY;
	m->cursor = text_safe(input, cap, s, cursor, false);
	m->input_len = m->cursor;
	if (cursor < line.len)
		m->input_len += text_safe(input + m->cursor, cap - m->cursor, s + cursor,
					  line.len - cursor, false);
	free(m->input);
	m->input = input;
	set_label(m->input_prompt, prompt);
	return ERR_NONE;
}

void model_status(struct model *m, const struct model_status *s)
{
	m->link = s->link;
	m->transport = s->transport;
	m->unsent = s->unsent;
	set_label(m->nick, s->nick);
	set_label(m->room, s->room);
	set_label(m->server, s->server);
	set_label(m->prompt, s->prompt);
}

bool model_who(struct model *m, bool first, bool more, struct slice names)
{
	if (first)
		members_wipe(&m->listed);
	if (members_page(&m->listed, names) != ERR_NONE || more)
		return false;
	members_wipe(&m->members);
	m->members = m->listed;
	m->listed = (struct members){0};
	return true;
}
