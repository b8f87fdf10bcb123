/* A walk over lines, which knows whether it is inside a fence. */
#include "document.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct document {
	char path[256];
	size_t len;
	char *text;
};

struct document *document_read(const char *path)
{
	struct document *d = calloc(1, sizeof(*d));
	char full[512];

	assert_non_null(d);
	snprintf(d->path, sizeof(d->path), "%s", path);
	snprintf(full, sizeof(full), "%s/%s", CHAT_SOURCE_DIR, path);
	FILE *f = fopen(full, "rb");
	if (!f)
		fail_msg("cannot read %s", full);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	d->len = (size_t)ftell(f);
	rewind(f);
	d->text = malloc(d->len + 1);
	assert_non_null(d->text);
	assert_int_equal(fread(d->text, 1, d->len, f), d->len);
	d->text[d->len] = '\0';
	fclose(f);
	return d;
}

void document_free(struct document *d)
{
	free(d->text);
	free(d);
}

const char *document_text(const struct document *d)
{
	return d->text;
}

const char *document_path(const struct document *d)
{
	return d->path;
}

struct text_line {
	const char *at;
	size_t len; /* without its newline */
};

static bool next_line(const struct document *d, size_t *at, struct text_line *l)
{
	if (*at >= d->len)
		return false;
	l->at = d->text + *at;
	const char *end = memchr(l->at, '\n', d->len - *at);
	l->len = end ? (size_t)(end - l->at) : d->len - *at;
	*at += l->len + 1;
	return true;
}

static bool is_fence(const struct text_line *l)
{
	return l->len >= 3 && memcmp(l->at, "```", 3) == 0;
}

static int line_number(const struct document *d, const char *at)
{
	int n = 1;

	for (const char *p = d->text; p < at; p++)
		n += *p == '\n';
	return n;
}

bool document_block(const struct document *d, size_t *at, struct block *b)
{
	struct text_line l;

	while (next_line(d, at, &l)) {
		if (!is_fence(&l))
			continue;
		b->line = line_number(d, l.at);
		snprintf(b->info, sizeof(b->info), "%.*s", (int)l.len - 3, l.at + 3);
		b->body = l.at + l.len + 1;
		while (next_line(d, at, &l))
			if (is_fence(&l)) {
				b->len = (size_t)(l.at - b->body);
				return true;
			}
		fail_msg("%s:%d: a block without an end", d->path, b->line);
	}
	return false;
}

/* Copies a cell without the blanks around it and the backticks in it. */
static void cell_put(struct row *r, const char *from, const char *to)
{
	char *out = r->cell[r->count++];
	size_t n = 0;

	while (from < to && *from == ' ')
		from++;
	while (to > from && to[-1] == ' ')
		to--;
	for (; from < to && n + 1 < ROW_CELL_SIZE; from++)
		if (*from != '`')
			out[n++] = *from;
	out[n] = '\0';
}

static bool is_row(const struct text_line *l)
{
	return l->len >= 2 && l->at[0] == '|' && l->at[l->len - 1] == '|';
}

static void row_split(const struct document *d, const struct text_line *l, struct row *r)
{
	const char *end = l->at + l->len, *from = l->at + 1, *bar;

	r->line = line_number(d, l->at);
	r->count = 0;
	while ((bar = memchr(from, '|', (size_t)(end - from)))) {
		if (r->count == ROW_CELLS)
			fail_msg("%s:%d: too many cells", d->path, r->line);
		cell_put(r, from, bar);
		from = bar + 1;
	}
}

/* *at is inside the table once its heading was seen, and just past the last row that was given. */
static bool skip_to_table(const struct document *d, const char *heading, size_t *at)
{
	struct text_line l;
	struct row r;
	bool fenced = false, in_table = false;

	while (next_line(d, at, &l)) {
		fenced ^= is_fence(&l);
		if (fenced || !is_row(&l)) {
			in_table = false;
			continue;
		}
		row_split(d, &l, &r);
		if (!in_table && strcmp(r.cell[0], heading) == 0)
			return next_line(d, at, &l); /* |---| */
		in_table = true;
	}
	return false;
}

bool document_row(const struct document *d, const char *heading, size_t *at, struct row *r)
{
	struct text_line l;

	for (;;) {
		size_t next = *at;
		if (*at > 0 && next_line(d, &next, &l) && is_row(&l)) {
			row_split(d, &l, r);
			*at = next;
			return true;
		}
		if (!skip_to_table(d, heading, at))
			return false;
	}
}
