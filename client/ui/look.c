/* The view's questions; the contract is in look.h. */
#include "ui/look.h"

#include <assert.h>

uint64_t look_first(const struct model_room *r)
{
	return r->lines.first;
}

uint64_t look_end(const struct model_room *r)
{
	return r->lines.end + r->pending.len;
}

const struct model_line *look_at(const struct model_room *r, uint64_t i)
{
	if (i < r->lines.end)
		return scrollback_at(&r->lines, i);
	assert(i < look_end(r));
	return r->pending.list[i - r->lines.end].line;
}

bool look_mark(const struct model_room *r, uint64_t *i)
{
	return r->mark > 0 && scrollback_find(&r->lines, r->mark, i);
}

bool look_empty(const struct model *m)
{
	const struct model_room *r = model_here(m);

	return r->whole && r->lines.talks == 0 && r->pending.len == 0 && m->link == LINK_ONLINE;
}

bool look_may_load(const struct model *m)
{
	const struct model_room *r = model_here(m);
	bool full = m->line_count >= m->max_lines || m->bytes >= m->max_bytes;

	return !r->loading && !r->whole && r->name[0] && m->link == LINK_ONLINE && !full &&
	       r->lines.floor == r->lines.first;
}

struct look_counts look_counts(const struct model *m)
{
	struct look_counts all = {0};

	for (size_t i = 0; i < m->room_count; i++) {
		const struct model_room *r = m->rooms[i];
		all.unread += r->unread;
		all.mentions += r->mentions;
		all.sending += pending_count(&r->pending, SAID_SENDING);
		all.failed += pending_count(&r->pending, SAID_FAILED);
	}
	return all;
}
