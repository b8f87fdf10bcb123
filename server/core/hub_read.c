/*
 * PAGE and SEARCH: reading without following (protocol.md §4).  What is in memory is taken from there; for
 * the rest the command waits, and with it the client's next ones, until the store has answered.
 *
 * Who asked may have left the room, and what was found may have been taken back, when the answer comes:
 * all is looked at again then.
 */
#include "core/hub_internal.h"

#include "core/query.h"
#include "core/scan.h"

#include <stdlib.h>

enum {
	READ_EVENTS = 512, /* in one page, at the most */
	READ_HITS = 100,   /* … that a search found */
};

/* ---- PAGE ------------------------------------------------------------------------------------ */

/* A page as it is put together, from its newest event downwards. */
struct paging {
	struct registry_room *room;
	uint64_t next, last; /* not looked at yet: up to `next`; the newest: `last` */
	uint64_t count;	     /* that may be added */
	size_t room_left;    /* bytes */
	struct slice stored; /* older ones, as the store gave them */
};

static struct paging paging_of(const struct context *x, struct registry_room *room)
{
	uint64_t head = registry_head(room), before = x->command->before;
	uint64_t last = before != 0 && before <= head ? before - 1 : head;

	return (struct paging){
		.room = room,
		.next = last,
		.last = last,
		.count = x->command->count < READ_EVENTS ? x->command->count : READ_EVENTS,
		.room_left = WIRE_REPLY_TEXT_MAX,
	};
}

static bool is_complete(const struct paging *g)
{
	return g->count == 0 || g->next < g->room->first || g->next == 0;
}

/* What is in memory; true: nothing else is needed. */
static bool take_here(struct hub *h, struct paging *g)
{
	while (!is_complete(g)) {
		struct slice frame = hub_frame_here(h, g->room, g->next);
		if (!frame.data)
			return false;
		if (frame.len > g->room_left)
			return true;
		g->room_left -= frame.len;
		g->count--;
		g->next--;
	}
	return true;
}

/* Where the event g->next ends in the store's page, and how many events there are up to it.  False: it is
 * not there, or that is no page of this room. */
static bool measure(const struct paging *g, struct slice page, size_t *len, uint64_t *count)
{
	struct slice rest = page;
	uint64_t seq = 0;
	struct frame f;

	for (*count = 1; frame_get(&rest, &f) == ERR_NONE; ++*count) {
		if (f.event.room != g->room->number || (seq != 0 && f.event.seq != seq + 1))
			return false;
		seq = f.event.seq;
		*len = page.len - rest.len;
		if (seq == g->next)
			return true;
	}
	return false;
}

/*
 * Of the store's page, the newest events that there is still place for.  Memory may have more by now, or
 * less: then false, and so when what was read is not true any more.
 */
static bool take_stored(struct hub *h, struct paging *g, const struct store_answer *answer)
{
	struct slice page = answer->page;
	uint64_t count;
	struct frame f;

	if (!measure(g, page, &page.len, &count) ||
	    hub_is_stale(h, answer->ticket, g->room->number, g->next - count + 1, g->next))
		return false;
	for (; count > 0 && (count > g->count || page.len > g->room_left); count--)
		if (frame_get(&page, &f) != ERR_NONE) /* it was, a moment ago */
			return false;
	g->stored = page;
	g->next -= count;
	return true;
}

static enum code give_page(struct context *x, const struct paging *g)
{
	struct buf page = buf_of(x->hub->reply_text, WIRE_REPLY_TEXT_MAX);
	uint64_t first_here = g->next + 1;
	struct slice rest = g->stored;
	struct frame f;

	buf_put_bytes(&page, g->stored.data, g->stored.len);
	while (frame_get(&rest, &f) == ERR_NONE)
		first_here = f.event.seq + 1;
	for (uint64_t seq = first_here; seq <= g->last; seq++) {
		struct slice frame = hub_frame_here(x->hub, g->room, seq);
		buf_put_bytes(&page, frame.data, frame.len);
	}
	if (g->next < g->last)
		x->reply->first = g->next + 1;
	x->reply->more = g->next >= g->room->first && g->next > 0;
	x->reply->room = g->room->number;
	x->reply->text = slice_of(page.data, page.len);
	return CODE_OK;
}

typedef enum code resume_fn(struct context *x, const struct store_answer *answer);

/* All that there is now: events that are gone, or cannot be read, end the page. */
static enum code end_page(struct context *x, const struct paging *g)
{
	bool none = g->next == g->last && g->stored.len == 0;

	return none && g->count > 0 && g->last > 0 ? CODE_NOT_KEPT : give_page(x, g);
}

static enum code read_stored(struct context *x, const struct paging *g, resume_fn *resume)
{
	uint64_t first = g->next >= g->count ? g->next - g->count + 1 : 1;
	struct store_query q = {.kind = QUERY_PAGE,
				.room = g->room->number,
				.first = first > g->room->first ? first : g->room->first,
				.last = g->next,
				.max_bytes = g->room_left};

	if (!x->hub->store.read)
		return end_page(x, g);
	return hub_park(x, &q, resume);
}

/* False: what was read does not belong to what is in memory. */
static bool resume(struct context *x, const struct store_answer *answer, struct paging *g,
		   enum code *code)
{
	struct registry_room *room = hub_still_in(x);

	*code = CODE_NO_SUCH_ROOM;
	if (!room)
		return true;
	*g = paging_of(x, room);
	bool whole = take_here(x->hub, g);
	if (!whole && answer->error == ERR_NONE && !take_stored(x->hub, g, answer))
		return false;
	*code = end_page(x, g);
	return true;
}

static enum code resumed_again(struct context *x, const struct store_answer *answer)
{
	struct paging g;
	enum code code;

	return resume(x, answer, &g, &code) ? code : end_page(x, &g);
}

static enum code resumed(struct context *x, const struct store_answer *answer)
{
	struct paging g;
	enum code code;

	return resume(x, answer, &g, &code) ? code : read_stored(x, &g, resumed_again);
}

enum code hub_page(struct context *x)
{
	struct registry_room *room = hub_room_of(x, x->command->room);

	if (!room)
		return CODE_NO_SUCH_ROOM;
	struct paging g = paging_of(x, room);
	return take_here(x->hub, &g) ? end_page(x, &g) : read_stored(x, &g, resumed);
}

/* ---- SEARCH: where --------------------------------------------------------------------------- */

struct scope {
	uint32_t *rooms;
	size_t count, cap;
};

static bool add_room(struct scope *s, const struct registry_room *room)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		uint32_t *rooms = realloc(s->rooms, cap * sizeof(*rooms));
		if (!rooms)
			return false;
		s->rooms = rooms;
		s->cap = cap;
	}
	s->rooms[s->count++] = room->number;
	return true;
}

static bool add_all(const struct context *x, struct scope *s)
{
	const struct presence *p = presence_of(x->client->member);
	const struct registry *registry = x->hub->registry;
	const struct place *at = NULL;
	const struct registry_room *room = x->hub->lobby;
	bool good = true;

	for (; room && good; room = presence_next_room(p, &at))
		good = add_room(s, room);
	for (room = registry_first_direct(registry, presence_identity(p)); room && good;
	     room = registry_next_direct(registry, room, presence_identity(p)))
		if (hub_is_one_of_two(p, room))
			good = add_room(s, room);
	return good;
}

static enum code find_scope(struct context *x, const struct query *q, struct scope *s)
{
	struct registry_room *room = NULL;

	if (q->in.len > 0)
		room = hub_room_called(x, q->in);
	else if (x->command->room != 0)
		room = hub_room_of(x, x->command->room);
	else
		return add_all(x, s) ? CODE_OK : CODE_SERVER_FULL;
	if (!room)
		return CODE_NO_SUCH_ROOM;
	return add_room(s, room) ? CODE_OK : CODE_SERVER_FULL;
}

/* ---- SEARCH: what ---------------------------------------------------------------------------- */

/* The event as it is now, if the client may see it; data == NULL: not so. */
static struct slice as_it_is(struct context *x, uint64_t ticket, const struct event *e,
			     struct slice frame)
{
	struct registry_room *room = hub_room_of(x, e->room);

	if (!room || e->seq < room->first)
		return slice_of(NULL, 0);
	if (!hub_is_stale(x->hub, ticket, e->room, e->seq, e->seq))
		return frame;
	frame = room->log ? room_frame(room->log, e->seq) : slice_of(NULL, 0);
	struct slice rest = frame;
	struct frame f;
	bool said = frame.data && frame_get(&rest, &f) == ERR_NONE &&
		    (f.event.kind == EVENT_TALK || f.event.kind == EVENT_EDITED);
	return said ? frame : slice_of(NULL, 0);
}

static enum code found(struct context *x, const struct store_answer *answer)
{
	struct buf page = buf_of(x->hub->reply_text, WIRE_REPLY_TEXT_MAX);
	struct slice rest = answer->page, raw;
	struct event e;

	while (page_get(&rest, &e, &raw)) {
		struct slice frame = as_it_is(x, answer->ticket, &e, raw);
		if (buf_room(&page) < frame.len)
			break;
		buf_put_bytes(&page, frame.data, frame.len);
	}
	x->reply->more = answer->more;
	x->reply->seq = answer->more ? answer->token : 0;
	x->reply->text = slice_of(page.data, page.len);
	return CODE_OK;
}

static enum code search_resumed(struct context *x, const struct store_answer *answer)
{
	if (!x->client->member)
		return CODE_NOT_JOINED;
	switch (answer->error) {
	case ERR_NONE:
		return found(x, answer);
	case ERR_NOT_FOUND: /* no word in it that could be looked for */
	case ERR_TOO_BIG:
	case ERR_MALFORMED:
		return CODE_QUERY_BAD;
	default:
		return CODE_NOT_KEPT;
	}
}

static enum code search_memory(struct context *x, const struct store_query *q)
{
	struct buf page = buf_of(x->hub->reply_text, WIRE_REPLY_TEXT_MAX);
	struct scan_result result;
	enum err e = scan_run(&x->hub->scan, x->hub->registry, roster_checker(x->hub->roster), q,
			      &page, &result);
	const struct store_answer answer = {.error = e,
					    .more = result.more,
					    .token = result.token,
					    .page = slice_of(page.data, page.len)};

	if (e != ERR_NONE)
		return search_resumed(x, &answer);
	x->reply->more = result.more;
	x->reply->seq = result.more ? result.token : 0;
	x->reply->text = answer.page;
	return CODE_OK;
}

static enum code search_in(struct context *x, const struct query *query, const struct scope *scope)
{
	struct store_query q = {.kind = QUERY_SEARCH,
				.max_bytes = WIRE_REPLY_TEXT_MAX,
				.rooms = scope->rooms,
				.room_count = scope->count,
				.words = slice_of(query->words, query->words_len),
				.from = query->from,
				.before_ms = query->before_ms,
				.token = x->command->token,
				.count = READ_HITS};

	return x->hub->store.read ? hub_park(x, &q, search_resumed) : search_memory(x, &q);
}

enum code hub_search(struct context *x)
{
	struct scope scope = {.rooms = NULL};
	struct query query;

	if (query_parse(&query, x->command->text) != ERR_NONE)
		return CODE_QUERY_BAD;
	enum code code = find_scope(x, &query, &scope);
	if (code == CODE_OK)
		code = search_in(x, &query, &scope);
	free(scope.rooms);
	return code;
}
