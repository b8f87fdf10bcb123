/* The line that is being typed; the contract is in typed_line.h. */
#include "typed_line.h"

#include "proto/text.h"
#include "ui/typed_row.h"

#include <assert.h>
#include <stdlib.h>

enum { COLUMNS_USUAL = 80, LABEL_SIZE = TEXT_SAFE_SIZE(MESSAGE_MAX_LABEL) };

struct typed_line {
	struct typed_row row;
	char prompt[LABEL_SIZE];     /* the session's … */
	char own_prompt[LABEL_SIZE]; /* … and readline's: "" unless it asks for something */
	char *line;		     /* display-safe */
	size_t len, cursor;
	uint8_t bytes[TYPED_ROW_BYTES];
};

struct typed_line *typed_line_new(void)
{
	struct typed_line *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	typed_row_init(&t->row, COLUMNS_USUAL);
	t->line = calloc(1, 1);
	if (t->line)
		return t;
	free(t);
	return NULL;
}

void typed_line_free(struct typed_line *t)
{
	if (!t)
		return;
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
