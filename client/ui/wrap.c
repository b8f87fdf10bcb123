/* Greedy line breaking; the contract is in wrap.h. */
#include "ui/wrap.h"

#include "proto/utf8.h"
#include "ui/cells.h"

#include <string.h>

struct wrap wrap_of(const char *s, size_t n, int ambiguous)
{
	return (struct wrap){.s = s, .n = n, .ambiguous = ambiguous};
}

static bool is_space(const struct place *p)
{
	return p->len == 1 && p->bytes[0] == ' ';
}

static bool is_one_of(const struct place *p, const char *set)
{
	size_t n = strlen(set);

	while (n > 0) {
		int32_t cp = 0;
		size_t len = utf8_next(set, n, &cp);
		if (p->len == len && memcmp(p->bytes, set, len) == 0)
			return true;
		set += len;
		n -= len;
	}
	return false;
}

static bool may_break(const struct place *before, const struct place *after)
{
	if (is_space(before))
		return true;
	if (before->width < 2 && after->width < 2)
		return false;
	return !is_one_of(after, "，。、；：？！）》」』】〉”’…～,.;:?!)]}%") &&
	       !is_one_of(before, "（《「『【〈“‘([{");
}

/* The row ends before `end`; the next one starts after the spaces there. */
static void end_row(struct wrap *w, struct wrap_row *row, const char *end)
{
	const char *stop = w->s + w->n;

	row->s = w->s;
	row->n = (size_t)(end - w->s);
	while (end < stop && *end == ' ')
		end++;
	w->s = end;
	w->n = (size_t)(stop - end);
	w->done = w->n == 0;
}

static void end_line(struct wrap *w, struct wrap_row *row, const char *newline)
{
	size_t len = (size_t)(newline - w->s);

	*row = (struct wrap_row){w->s, len};
	w->s += len + 1;
	w->n -= len + 1;
}

bool wrap_next(struct wrap *w, int width, struct wrap_row *row)
{
	const char *at = w->s, *break_at = NULL;
	size_t left = w->n;
	struct place before = {.len = 0}, p;
	int col = 0;

	if (w->done)
		return false;
	for (;;) {
		const char *start = at;
		if (left > 0 && *at == '\n') {
			end_line(w, row, at);
			return true;
		}
		if (!place_next(&at, &left, w->ambiguous, &p))
			break;
		if (before.len > 0 && may_break(&before, &p))
			break_at = start;
		if (col + p.width > width && col > 0) {
			end_row(w, row, is_space(&p) || !break_at ? start : break_at);
			return true;
		}
		col += p.width;
		before = p;
	}
	*row = (struct wrap_row){w->s, w->n};
	w->done = true;
	return true;
}
