/* Pages of history, which go above all that is there; the contract is in model.h. */
#include "ui/model_internal.h"

#include <stdlib.h>

static enum err grow_fold(struct model *m, struct model_room *r, const struct event *e,
			  struct day_time at)
{
	uint64_t i = r->lines.first;
	struct model_line *line = model_line_grown(scrollback_at(&r->lines, i), e, true, at);

	if (!line)
		return ERR_MEMORY;
	model_replace(m, r, i, line);
	return ERR_NONE;
}

static enum err add_line(struct model *m, struct model_room *r, const struct event *e,
			 struct day_time at)
{
	struct model_line *line = model_line_of_event(m, e, at);
	struct model_line *newer = model_take_change(m, r, e->seq);

	if (line && newer && e->kind != EVENT_RECALLED) {
		newer->day = at.day;
		newer->second = at.second;
		free(line);
		line = newer;
	} else {
		free(newer);
	}
	return model_prepend(m, r, line);
}

/* Above all that is there. */
static enum err put_past(struct model *m, struct model_room *r, const struct event *e,
			 struct day_time at)
{
	if (!model_has_line(e->kind) || model_passes_over(m, e))
		return ERR_NONE;
	if (r->lines.first < r->lines.end && model_folds_into(m, r, r->lines.first, e, at))
		return grow_fold(m, r, e, at);
	return add_line(m, r, e, at);
}

enum { PAGE_EVENTS = 2048 }; /* more than a reply has place for */

/* From the newest to the oldest; what is there already is passed over. */
static enum err take_page(struct model *m, struct model_room *r, const struct slice *frames,
			  size_t count, struct day_time (*at)(int64_t ms))
{
	while (count > 0 && !model_is_full(m)) {
		struct slice frame = frames[--count], raw;
		struct event e;
		if (!page_get(&frame, &e, &raw) || (r->oldest > 0 && e.seq >= r->oldest))
			continue;
		if (put_past(m, r, &e, at(e.time_ms)) != ERR_NONE)
			return ERR_MEMORY;
		r->oldest = e.seq;
	}
	return ERR_NONE;
}

enum err model_page(struct model *m, const struct model_page *p, struct day_time (*at)(int64_t ms))
{
	struct model_room *r = model_find(m, p->room);
	struct slice frames[PAGE_EVENTS], rest = p->events;
	struct event e;
	size_t count = 0;
	enum err err;

	if (!r)
		return ERR_NONE;
	r->loading = false;
	while (count < PAGE_EVENTS && page_get(&rest, &e, &frames[count]))
		count++;
	if (rest.failed)
		return ERR_MALFORMED;
	/* a page that does not reach up to what is here would leave a hole */
	if (p->before > 0 && p->before < r->oldest)
		return ERR_NONE;
	err = take_page(m, r, frames, count, at);
	if (err == ERR_NONE && !model_is_full(m))
		r->whole = !p->more;
	return err;
}
