/* What the administrator orders of rooms: how long they keep what is said, and what they are about. */
#include "core/hub_internal.h"

struct registry_room *hub_ordered_room(struct hub *h, struct slice name)
{
	char storage[NAME_MAX_KEY];
	size_t len;

	if (name.len > 0 && name.data[0] == '#')
		name = slice_of(name.data + 1, name.len - 1);
	if (name_key(roster_checker(h->roster), (const char *)name.data, name.len, storage, &len) !=
	    ERR_NONE)
		return NULL;
	return registry_named(h->registry, slice_of(storage, len));
}

const struct registry_room *hub_public_room(struct hub *h, struct slice name)
{
	return hub_ordered_room(h, name);
}

struct slice hub_title(const struct hub *h, uint32_t room)
{
	const struct registry_room *found = registry_find(h->registry, room);

	return found ? found->name : slice_of(NULL, 0); /* one of two has none */
}

const struct registry *hub_registry(const struct hub *h)
{
	return h->registry;
}

struct keeping {
	uint32_t number, days;
};

static void keep_undone(struct hub *h, struct pending *p, struct instant now)
{
	const struct keeping *before = p->more;
	struct registry_room *room = registry_find(h->registry, before->number);

	(void)now;
	if (room)
		room->keep_days = before->days;
}

static const struct deed keep_deed = {.undo = keep_undone};

enum err hub_keep(struct hub *h, struct slice name, uint32_t days)
{
	struct registry_room *room = hub_ordered_room(h, name);
	struct keeping before;
	struct wish wish = {.deed = &keep_deed, .more = &before, .more_len = sizeof(before)};
	struct record record;

	if (!room)
		return ERR_NOT_FOUND;
	if (!h->store.commit || h->failing)
		return ERR_CLOSED;
	before = (struct keeping){room->number, room->keep_days};
	room->keep_days = days;
	record = hub_room_record(room);
	hub_note(h, &record);
	if (pending_add(h, &wish))
		return ERR_NONE;
	room->keep_days = before.days;
	return ERR_MEMORY;
}

enum err hub_set_topic(struct hub *h, struct slice name, struct slice topic, struct instant now)
{
	struct registry_room *room = hub_ordered_room(h, name);

	if (!room)
		return ERR_NOT_FOUND;
	if (!hub_is_topic(topic))
		return ERR_MALFORMED;
	if (h->failing)
		return ERR_CLOSED;
	return hub_change_topic(h, room, topic, NULL, now) ? ERR_NONE : ERR_MEMORY;
}
