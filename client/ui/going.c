/* Which room a key means; the contract is in going.h. */
#include "ui/going.h"

#include "ui/look.h"

/* The one `step` after the one that is shown; round again. */
static const struct model_room *after(const struct model *m, size_t step)
{
	return m->rooms[(m->current + step) % m->room_count];
}

static const struct model_room *next_active(const struct model *m)
{
	for (size_t i = 1; i < m->room_count; i++)
		if (after(m, i)->mentions > 0)
			return after(m, i);
	for (size_t i = 1; i < m->room_count; i++)
		if (after(m, i)->unread > 0)
			return after(m, i);
	return NULL;
}

static const struct model_room *first_unread(const struct model *m)
{
	uint64_t line;

	if (look_mark(model_here(m), &line))
		return NULL;
	for (size_t i = 0; i < m->room_count; i++)
		if (i != m->current && m->rooms[i]->unread > 0)
			return m->rooms[i];
	return NULL;
}

static const struct model_room *numbered(const struct model *m, size_t i)
{
	return i < m->room_count && m->rooms[i]->name_len > 0 ? m->rooms[i] : NULL;
}

const struct model_room *going_to(const struct model *m, enum view_key key)
{
	if (key == VIEW_KEY_ACTIVE)
		return next_active(m);
	if (key == VIEW_KEY_UNREAD)
		return first_unread(m);
	if (key >= VIEW_KEY_ROOM_1 && key <= VIEW_KEY_ROOM_10)
		return numbered(m, (size_t)(key - VIEW_KEY_ROOM_1));
	return NULL;
}
