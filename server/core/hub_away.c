/* AWAY: that one is away, and is back again, in every room that the member is in (protocol.md §4). */
#include "core/hub_away.h"

#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

/* ---- who is ---------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct hub *h, const struct presence *p)
{
	return table_hash(&p, sizeof(p), h->config.seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	return hash_of(ctx, ((const struct away *)e)->presence); /* its first member */
}

void hub_init_aways(struct hub *h)
{
	table_init(&h->aways, hash_of_entry, h);
}

static struct away *find(const struct hub *h, const struct presence *p)
{
	struct table_entry *e = p->away ? table_first(&h->aways, hash_of(h, p)) : NULL;

	while (e && ((struct away *)e)->presence != p)
		e = table_next(e);
	return (struct away *)e; /* its first member */
}

const struct away *away_of(const struct hub *h, const struct presence *p)
{
	return find(h, p);
}

enum member_state away_state(const struct presence *p)
{
	return p->away && p->member.state == MEMBER_HERE ? MEMBER_AWAY : p->member.state;
}

/* `to` (NULL: here) is what it is from now on; *before is what it was, and the caller's.  False: no memory,
 * and it is here, as it was. */
static bool turn(struct hub *h, struct presence *p, struct away *to, struct away **before)
{
	*before = find(h, p);
	if (*before)
		table_remove(&h->aways, &(*before)->by_presence);
	if (to && table_add(&h->aways, &to->by_presence) != ERR_NONE)
		return false;
	p->away = to != NULL;
	return true;
}

void away_forget(struct hub *h, struct presence *p)
{
	struct away *away = NULL;

	if (turn(h, p, NULL, &away))
		free(away);
}

/* ---- AWAY ------------------------------------------------------------------------------------ */

/* A change, until it is kept. */
struct turning {
	struct away *before;
};

static void turn_back(struct hub *h, struct presence *p, struct away *before)
{
	struct away *after = NULL;
	bool good = turn(h, p, before, &after);

	assert(good); /* it was in the table */
	free(after);
}

static void away_kept(struct hub *h, struct pending *p, struct reply *r)
{
	const struct turning *t = p->more;

	free(t->before);
	hub_reply(h, p->client, r);
}

static void away_undone(struct hub *h, struct pending *p, struct instant now)
{
	const struct turning *t = p->more;

	(void)now;
	turn_back(h, p->presence, t->before);
}

static void away_wiped(struct pending *p)
{
	const struct turning *t = p->more;

	free(t->before);
}

static const struct deed away_deed = {
	.holds = true, .kept = away_kept, .undo = away_undone, .wipe = away_wiped};
static const struct deed away_elsewhere = {.kept = NULL};

/* In every room that it is in; the answer comes with the lobby's. */
static bool say_away(struct context *x, struct presence *p, const struct turning *t)
{
	struct hub *h = x->hub;
	struct event event = hub_event_by(&p->member, EVENT_AWAY, x->now);
	struct pending *before = pending_newest(h);
	const struct place *at = NULL;
	struct wish answered = {
		.deed = &away_deed, .x = x, .held = p, .more = t, .more_len = sizeof(*t)};

	event.text = x->command->text;
	for (struct registry_room *room = h->lobby; room; room = presence_next_room(p, &at)) {
		struct wish wish = {.deed = &away_elsewhere};
		if (room == h->lobby)
			wish = answered;
		wish.room = room;
		wish.event = &event;
		wish.by = p;
		if (!pending_add(h, &wish)) {
			pending_cancel_after(h, before);
			return false;
		}
	}
	return true;
}

static enum code change(struct context *x, struct presence *p)
{
	struct slice words = x->command->text;
	struct away *to = NULL;
	struct turning t;

	if (words.len > 0) {
		to = malloc(sizeof(*to) + words.len);
		if (!to)
			return CODE_SERVER_FULL;
		to->presence = p;
		to->since_ms = hub_wall_ms(x->now);
		to->len = words.len;
		memcpy(to->words, words.data, words.len);
	}
	if (!turn(x->hub, p, to, &t.before)) {
		free(to);
		return CODE_SERVER_FULL;
	}
	if (say_away(x, p, &t))
		return hub_later(x);
	turn_back(x->hub, p, t.before);
	return CODE_SERVER_FULL;
}

static const struct deed as_before_deed = {.kept = NULL};

/* It is just so already, or about to be. */
static enum code as_before(struct context *x, const struct presence *p)
{
	struct wish wish = {.deed = &as_before_deed, .x = x};

	if (p->unsettled == 0)
		return CODE_OK;
	return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
}

static bool is_so(const struct away *away, struct slice words)
{
	if (!away || words.len == 0)
		return !away && words.len == 0;
	return away->len == words.len && memcmp(away->words, words.data, words.len) == 0;
}

enum code hub_away(struct context *x)
{
	struct presence *p = presence_of(x->client->member);
	struct slice words = x->command->text;

	if (words.len > 0 && (words.len > WIRE_AWAY_MAX || !hub_is_text(words)))
		return CODE_TEXT_BAD;
	if (is_so(find(x->hub, p), words))
		return as_before(x, p);
	return x->hub->failing ? CODE_NOT_WRITTEN : change(x, p);
}
