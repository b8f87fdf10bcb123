/* LIST and WHO: which rooms there are, and who is in one (protocol.md §4). */
#include "core/hub_internal.h"

#include <stdlib.h>

/* What an entry of a list takes, at the most. */
enum { LISTED_MAX = 4 + 1 + 8 + 8 + 2 + WIRE_ROOM_NAME_MAX + 2 + WIRE_TOPIC_MAX };

/* ---- names of rooms -------------------------------------------------------------------------- */

/* As they were called when the room was opened, as long as that name is theirs. */
static struct slice name_of(const struct hub *h, const struct registry_room *room, size_t i)
{
	const struct names_entry *e = names_of_key(h->names, room->keys[i]);

	if (!e || !owner_equal(names_identity(e), room->owners[i]))
		e = names_newest(h->names, room->owners[i]);
	return e ? spelling_name(&e->spelling) : room->names[i];
}

struct slice hub_room_name(const struct hub *h, const struct registry_room *room,
			   const struct presence *who, char storage[WIRE_ROOM_NAME_MAX])
{
	if (room->kind == REGISTRY_PUBLIC)
		return room->name;
	struct slice name = name_of(h, room, hub_other_of_two(who, room));
	storage[0] = '@';
	memcpy(storage + 1, name.data, name.len);
	return slice_of(storage, 1 + name.len);
}

/* ---- LIST ------------------------------------------------------------------------------------ */

/* One that is not kept yet is not told of. */
static bool is_there(const struct context *x, const struct registry_room *room)
{
	return registry_head(room) > 0 || room == x->hub->lobby;
}

/* False: it does not fit. */
static bool list_room(struct context *x, struct buf *page, const struct registry_room *room)
{
	struct presence *p = presence_of(x->client->member);
	bool direct = room->kind == REGISTRY_DIRECT, in = hub_belongs(p, room);
	bool open = in || !room->has_password; /* what is behind a password includes the topic */
	char storage[WIRE_ROOM_NAME_MAX];
	struct listed_room listed = {.room = room->number,
				     .members = direct ? 2 : room->member_count,
				     .head = registry_head(room),
				     .name = hub_room_name(x->hub, room, p, storage),
				     .topic = open ? room->topic : slice_of(NULL, 0)};

	if (buf_room(page) < LISTED_MAX)
		return false;
	listed.flags = (uint8_t)((in ? LISTED_IN : 0) | (room->has_password ? LISTED_PASSWORD : 0) |
				 (direct ? LISTED_DIRECT : 0));
	list_put(page, &listed);
	return true;
}

static bool key_of(struct context *x, struct slice name, char storage[NAME_MAX_KEY],
		   struct slice *key)
{
	size_t len;

	if (name.len < 2 || name_key(roster_checker(x->hub->roster), (const char *)name.data + 1,
				     name.len - 1, storage, &len) != ERR_NONE)
		return false;
	*key = slice_of(storage, len);
	return true;
}

static void list_public(struct context *x, struct buf *page)
{
	const struct registry *r = x->hub->registry;
	const struct registry_room *room;
	char storage[NAME_MAX_KEY];
	struct slice after;
	size_t i =
		key_of(x, x->command->text, storage, &after) ? registry_public_after(r, after) : 0;

	for (; (room = registry_public_at(r, i)); i++) {
		if (!is_there(x, room))
			continue;
		x->reply->more = !list_room(x, page, room);
		if (x->reply->more)
			return;
	}
}

/* One's own: public ones first, each kind in the order of its keys. */
struct row {
	const struct registry_room *room;
	struct slice key;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->room->kind != other->room->kind)
		return one->room->kind == REGISTRY_PUBLIC ? -1 : 1;
	int order = registry_compare_keys(one->key, other->key);
	if (order != 0)
		return order;
	return (one->room->number > other->room->number) -
	       (one->room->number < other->room->number);
}

struct rows {
	struct row *at;
	size_t count, cap;
};

static bool add_row(struct rows *rows, const struct registry_room *room, struct slice key)
{
	if (rows->count == rows->cap) {
		size_t cap = rows->cap ? rows->cap * 2 : 64;
		struct row *at = realloc(rows->at, cap * sizeof(*at));
		if (!at)
			return false;
		rows->at = at;
		rows->cap = cap;
	}
	rows->at[rows->count++] = (struct row){room, key};
	return true;
}

static bool collect(struct context *x, struct rows *rows)
{
	const struct presence *p = presence_of(x->client->member);
	const struct registry *registry = x->hub->registry;
	const struct place *at = NULL;
	const struct registry_room *room = x->hub->lobby;
	bool good = true;

	for (; room && good; room = presence_next_room(p, &at))
		if (is_there(x, room))
			good = add_row(rows, room, room->key);
	for (room = registry_first_direct(registry, presence_identity(p)); room && good;
	     room = registry_next_direct(registry, room, presence_identity(p)))
		if (is_there(x, room) && hub_is_one_of_two(p, room))
			good = add_row(rows, room, room->keys[hub_other_of_two(p, room)]);
	return good;
}

static bool is_called(struct context *x, const struct registry_room *room, struct slice name)
{
	char storage[WIRE_ROOM_NAME_MAX];
	struct slice its = hub_room_name(x->hub, room, presence_of(x->client->member), storage);

	return registry_compare_keys(its, name) == 0;
}

/* The place behind the room that the client got last: that very one or, if it is none of these any
 * more, where one of its name would be. */
static size_t first_row(struct context *x, const struct rows *rows)
{
	struct registry_room like = {.kind = REGISTRY_PUBLIC, .number = UINT32_MAX};
	struct slice name = x->command->text;
	struct row last = {.room = &like};
	char storage[NAME_MAX_KEY];
	size_t i = 0;

	for (i = rows->count; i > 0; i--)
		if (is_called(x, rows->at[i - 1].room, name))
			return i;
	if (!key_of(x, name, storage, &last.key))
		return 0;
	like.kind = name.data[0] == '@' ? REGISTRY_DIRECT : REGISTRY_PUBLIC;
	while (i < rows->count && compare_rows(&rows->at[i], &last) < 0)
		i++;
	return i;
}

static enum code list_mine(struct context *x, struct buf *page)
{
	struct rows rows = {.at = NULL};

	if (!collect(x, &rows)) {
		free(rows.at);
		return CODE_SERVER_FULL;
	}
	if (rows.count > 0)
		qsort(rows.at, rows.count, sizeof(rows.at[0]), compare_rows);
	size_t i = x->command->text.len > 0 ? first_row(x, &rows) : 0;
	while (i < rows.count && list_room(x, page, rows.at[i].room))
		i++;
	x->reply->more = i < rows.count;
	free(rows.at);
	return CODE_OK;
}

enum code hub_list(struct context *x)
{
	struct buf page = buf_of(x->hub->reply_text, WIRE_REPLY_TEXT_MAX);
	enum code code = CODE_OK;

	if (x->command->mode == LIST_PUBLIC)
		list_public(x, &page);
	else
		code = list_mine(x, &page);
	x->reply->text = slice_of(page.data, page.len);
	return code;
}

/* ---- WHO ------------------------------------------------------------------------------------- */

/* Whose coming is not kept yet is not told of. */
static bool is_in(const struct presence *p, const struct registry_room *room)
{
	const struct place *place = place_in(p, room);

	return (place ? place->seen : p->seen) && hub_belongs(p, room);
}

/* As many names as fit; the client asks on from the last one. */
enum code hub_who(struct context *x)
{
	struct hub *h = x->hub;
	struct buf page = buf_of(h->reply_text, WIRE_NAMES_MAX);
	const struct registry_room *room = hub_room_of(x, x->command->room);
	struct slice after = x->command->text;
	struct member *m;

	if (!room)
		return CODE_NO_SUCH_ROOM;
	size_t i = roster_after(h->roster, (const char *)after.data, after.len);
	for (; (m = roster_at(h->roster, i)); i++) {
		if (!is_in(presence_of(m), room))
			continue;
		if (buf_room(&page) < 3U + m->spelling->name_len)
			break;
		who_put(&page, member_name(m), away_state(presence_of(m)));
	}
	x->reply->more = m != NULL;
	x->reply->text = slice_of(page.data, page.len);
	return CODE_OK;
}
