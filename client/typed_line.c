/* The line that is being typed; the contract is in typed_line.h. */
#include "typed_line.h"

#include "proto/text.h"
#include "ui/completion.h"
#include "ui/typed_row.h"

#include <assert.h>
#include <stdlib.h>

enum {
	KNOWN_LINES = 1000, /* of all rooms: who spoke last */
	COLUMNS_USUAL = 80,
	LABEL_SIZE = TEXT_SAFE_SIZE(MESSAGE_MAX_LABEL)
};

struct typed_line {
	struct typed_row row;
	char prompt[LABEL_SIZE];     /* the session's … */
	char own_prompt[LABEL_SIZE]; /* … and readline's: "" unless it asks for something */
	char *line;		     /* display-safe */
	size_t len, cursor;
	struct model *model; /* what is not shown, but known */
	struct completion completion;
	uint8_t bytes[TYPED_ROW_BYTES];
};

struct typed_line *typed_line_new(void)
{
	struct typed_line *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	typed_row_init(&t->row, COLUMNS_USUAL);
	t->line = calloc(1, 1);
	t->model = model_new(KNOWN_LINES);
	if (t->line && t->model)
		return t;
	typed_line_free(t);
	return NULL;
}

void typed_line_free(struct typed_line *t)
{
	if (!t)
		return;
	model_free(t->model);
	free(t->line);
	free(t);
}

static void set_label(char label[LABEL_SIZE], struct slice s)
{
	assert(s.len <= MESSAGE_MAX_LABEL);
	(void)text_safe(label, LABEL_SIZE, (const char *)s.data, s.len, false);
}

void typed_line_prompt(struct typed_line *t, struct slice prompt)
{
	set_label(t->prompt, prompt);
}

/* The part before the cursor is made safe by itself: so the cursor is never inside a mark. */
enum err typed_line_edit(struct typed_line *t, const struct message_edit *e)
{
	const char *s = (const char *)e->line.data;
	size_t cap = TEXT_SAFE_SIZE(e->line.len) + 1;
	char *line = malloc(cap);

	if (!line)
		return ERR_MEMORY;
	t->cursor = text_safe(line, cap, s, e->cursor, false);
	t->len = t->cursor;
	if (e->cursor < e->line.len)
		t->len += text_safe(line + t->cursor, cap - t->cursor, s + e->cursor,
				    e->line.len - e->cursor, false);
	free(t->line);
	t->line = line;
	set_label(t->own_prompt, e->prompt);
	return ERR_NONE;
}

/* ---- what Tab makes of it ---------------------------------------------------------------------- */

/* The times are of no concern. */
static enum err heed_event(struct typed_line *t, const struct message_event *m)
{
	struct slice raw = m->raw;
	struct frame f;

	if (frame_get(&raw, &f) != ERR_NONE || f.type != FRAME_EVENT)
		return ERR_MALFORMED;
	return model_event(t->model, m->room, &f.event, (struct day_time){.day = 0});
}

static enum err heed_room(struct typed_line *t, const struct message_room *r)
{
	if (r->left) {
		model_leave(t->model, r->room);
		return ERR_NONE;
	}
	if (r->was.len > 0)
		model_rename(t->model, r->was, r->room);
	return model_topic(t->model, r->room, r->topic);
}

enum err typed_line_heed(struct typed_line *t, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_EVENT:
		return heed_event(t, &m->event);
	case MESSAGE_ROOM:
		return heed_room(t, &m->room);
	case MESSAGE_WHO:
		(void)model_who(t->model, m->who.room, m->who.first, m->who.more, m->who.names);
		return ERR_NONE;
	case MESSAGE_STATUS:
		return model_status(t->model, &(struct model_status){.link = m->status.link,
								     .nick = m->status.nick,
								     .room = m->status.room});
	default:
		return ERR_NONE;
	}
}

void typed_line_complete(struct typed_line *t, const struct message_complete *c,
			 struct message *answer)
{
	t->completion = completion_of(t->model, c->line, c->cursor, c->turn);
	*answer = (struct message){.type = MESSAGE_REPLACE};
	answer->replace = (struct message_replace){c->serial, t->completion.from, t->completion.to,
						   slice_of(t->completion.text, t->completion.len)};
}

/* ---- showing it ---------------------------------------------------------------------------------- */

static struct buf begin(struct typed_line *t)
{
	return buf_of(t->bytes, sizeof(t->bytes));
}

struct slice typed_line_show(struct typed_line *t, int ambiguous)
{
	struct buf out = begin(t);

	typed_row_show(&t->row,
		       &(struct typed_text){.prompt = t->own_prompt[0] ? t->own_prompt : t->prompt,
					    .line = t->line,
					    .len = t->len,
					    .cursor = t->cursor,
					    .ambiguous = ambiguous},
		       &out);
	return slice_of(out.data, out.len);
}

struct slice typed_line_hide(struct typed_line *t)
{
	struct buf out = begin(t);

	typed_row_erase(&t->row, &out);
	return slice_of(out.data, out.len);
}

struct slice typed_line_fit(struct typed_line *t, int columns)
{
	struct buf out = begin(t);

	typed_row_resize(&t->row, columns > 0 ? columns : COLUMNS_USUAL, &out);
	return slice_of(out.data, out.len);
}
