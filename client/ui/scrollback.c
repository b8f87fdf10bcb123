/* A ring that grows by doubling; the contract is in scrollback.h. */
#include "ui/scrollback.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 16 };
#define ORIGIN (UINT64_C(1) << 48) /* of indices: as much room below it as anybody can fill */

void scrollback_init(struct scrollback *s)
{
	*s = (struct scrollback){.first = ORIGIN, .end = ORIGIN, .floor = ORIGIN};
}

void scrollback_wipe(struct scrollback *s)
{
	while (s->first < s->end)
		scrollback_drop_oldest(s);
	free(s->ring);
	scrollback_init(s);
}

static struct model_line **slot(const struct scrollback *s, uint64_t i)
{
	return &s->ring[i & (s->cap - 1)];
}

const struct model_line *scrollback_at(const struct scrollback *s, uint64_t i)
{
	assert(i >= s->first && i < s->end);
	return *slot(s, i);
}

size_t scrollback_cost(const struct model_line *line)
{
	return sizeof(*line) + line->who_len + line->text_len + line->fold_len;
}

static bool is_talk(const struct model_line *line)
{
	return line->kind == MODEL_TALK || line->kind == MODEL_ACTION;
}

static void count(struct scrollback *s, const struct model_line *line)
{
	s->bytes += scrollback_cost(line);
	s->talks += is_talk(line);
}

static void discount(struct scrollback *s, const struct model_line *line)
{
	s->bytes -= scrollback_cost(line);
	s->talks -= is_talk(line);
}

static enum err make_room(struct scrollback *s)
{
	struct scrollback wider = *s;

	if (s->end - s->first < s->cap)
		return ERR_NONE;
	wider.cap = s->cap > 0 ? s->cap * 2 : FIRST_CAP;
	wider.ring = calloc(wider.cap, sizeof(*wider.ring));
	if (!wider.ring)
		return ERR_MEMORY;
	for (uint64_t i = s->first; i < s->end; i++)
		*slot(&wider, i) = *slot(s, i);
	free(s->ring);
	*s = wider;
	return ERR_NONE;
}

enum err scrollback_append(struct scrollback *s, struct model_line *line)
{
	if (make_room(s) != ERR_NONE)
		return ERR_MEMORY;
	*slot(s, s->end) = line;
	s->end++;
	count(s, line);
	return ERR_NONE;
}

/* Lines of no event that were the first ones are after that event now. */
static void count_on(struct scrollback *s, uint64_t seq)
{
	for (uint64_t i = s->first; i < s->end && (*slot(s, i))->seq < seq; i++)
		(*slot(s, i))->seq = (*slot(s, i))->last = seq;
}

enum err scrollback_prepend(struct scrollback *s, struct model_line *line)
{
	if (make_room(s) != ERR_NONE)
		return ERR_MEMORY;
	count_on(s, line->seq);
	if (s->floor == s->first)
		s->floor--;
	s->first--;
	*slot(s, s->first) = line;
	count(s, line);
	return ERR_NONE;
}

void scrollback_drop_oldest(struct scrollback *s)
{
	struct model_line *line;

	assert(s->first < s->end);
	line = *slot(s, s->first);
	discount(s, line);
	s->first++;
	if (s->floor < s->first)
		s->floor = s->first;
	free(line);
}

void scrollback_replace(struct scrollback *s, uint64_t i, struct model_line *line)
{
	assert(i >= s->first && i < s->end);
	discount(s, *slot(s, i));
	free(*slot(s, i));
	*slot(s, i) = line;
	count(s, line);
}

bool scrollback_find(const struct scrollback *s, uint64_t seq, uint64_t *i)
{
	uint64_t low = s->floor, high = s->end;

	while (low < high) { /* the first line that is not before that event */
		uint64_t middle = low + (high - low) / 2;
		if (scrollback_at(s, middle)->seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->end || scrollback_at(s, low)->seq != seq ||
	    scrollback_at(s, low)->kind >= MODEL_ANSWER)
		return false;
	*i = low;
	return true;
}
