/* Members and their sessions: how they come, are away, come back and leave. */
#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

/* ---- what they are called -------------------------------------------------------------------- */

struct called presence_called(const struct presence *p)
{
	bool shared = p->name && p->member.spelling == &p->name->spelling;

	return (struct called){.name = p->name,
			       .own = shared ? NULL
					     : (struct spelling *)(uintptr_t)p->member.spelling};
}

static const struct spelling *spelling_of(const struct called *called)
{
	return called->own ? called->own : &called->name->spelling;
}

enum err presence_spell(struct hub *h, struct slice name, struct names_entry *kept,
			struct called *out)
{
	*out = (struct called){.name = kept};
	if (kept && spelling_is(&kept->spelling, name))
		return ERR_NONE;
	return spelling_new(roster_checker(h->roster), name, &out->own);
}

void presence_call(struct hub *h, struct presence *p, const struct called *called)
{
	enum err e = roster_rename(h->roster, &p->member, spelling_of(called));

	assert(e == ERR_NONE);
	p->name = called->name;
}

void presence_keep_name(struct presence *p, struct names_entry *kept)
{
	struct spelling *own = presence_called(p).own;

	p->name = kept;
	if (!kept || !own || !spelling_is(&kept->spelling, spelling_name(own)))
		return;
	p->member.spelling = &kept->spelling;
	spelling_free(own);
}

/* ---- who they are ---------------------------------------------------------------------------- */

const uint8_t *presence_identity(const struct presence *p)
{
	static const uint8_t nobody[OWNER_BYTES];

	return p->bearer ? p->bearer->identity : nobody;
}

/* Who has an identity is found by it. */
static enum err list_person(struct hub *h, struct presence *p, const uint8_t identity[OWNER_BYTES])
{
	if (!owner_known(identity))
		return ERR_NONE;
	p->bearer = bearer_of(h->bearers, identity);
	if (!p->bearer)
		return ERR_MEMORY;
	p->next = p->bearer->present;
	p->bearer->present = p;
	return ERR_NONE;
}

static void unlist_person(struct hub *h, struct presence *p)
{
	if (!p->bearer)
		return;
	struct presence **at = &p->bearer->present;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	bearer_let_go(h->bearers, p->bearer);
	p->bearer = NULL;
}

struct presence *presence_first(const struct hub *h, const uint8_t owner[OWNER_BYTES])
{
	const struct bearer *bearer = bearer_find(h->bearers, owner);

	return bearer ? bearer->present : NULL;
}

/* Into the roster, by letters of its own. */
static enum err enter(struct hub *h, struct presence *p, struct slice name)
{
	struct spelling *own;
	enum err e = spelling_new(roster_checker(h->roster), name, &own);

	if (e != ERR_NONE)
		return e;
	p->member.spelling = own;
	p->member.state = MEMBER_HERE;
	e = roster_enter(h->roster, &p->member);
	if (e != ERR_NONE)
		spelling_free(own);
	return e;
}

static void presence_free(struct hub *h, struct presence *p)
{
	struct place *place;

	while ((place = p->places)) {
		place_remove(place, p);
		free(place);
	}
	away_forget(h, p);
	h->lobby->member_count--;
	roster_leave(h->roster, &p->member);
	spelling_free(presence_called(p).own);
	unlist_person(h, p);
	slab_put(&h->presences, p);
}

enum err presence_new(struct hub *h, struct slice name, const uint8_t identity[OWNER_BYTES],
		      struct presence **out)
{
	struct presence *p = slab_take(&h->presences);
	enum err e = p ? enter(h, p, name) : ERR_MEMORY;

	if (e != ERR_NONE) {
		slab_put(&h->presences, p);
		return e;
	}
	h->lobby->member_count++;
	e = list_person(h, p, identity);
	if (e == ERR_NONE)
		*out = p;
	else
		presence_free(h, p);
	return e;
}

/* ---- where they are -------------------------------------------------------------------------- */

void presence_attach(struct hub *h, struct presence *p, struct hub_client *c, struct sender *sender)
{
	assert(p->member.state == MEMBER_HERE);
	if (sender)
		senders_hold(h->senders, sender, &p->senders);
	c->sender = sender;
	c->member = &p->member;
	c->next = presence_sessions(p);
	p->member.address = &c->address;
}

static struct gone *gone_of(const struct presence *p)
{
	assert(p->member.state == MEMBER_RECONNECTING);
	return RING_OF(p->member.address, struct gone, address);
}

static bool is_hurried(const struct hub *h, const struct presence *p)
{
	return gone_of(p) == &h->hurried;
}

/* It has no session, and was there last. */
static void go_away(struct hub *h, struct presence *p, const struct address *from)
{
	struct gone *gone = slab_take(&h->gone);

	if (gone)
		gone->presence = p;
	else
		gone = &h->hurried;
	gone->address = *from;
	p->member.address = &gone->address;
	p->member.state = MEMBER_RECONNECTING;
}

static void unlist_session(struct presence *p, const struct hub_client *c)
{
	struct hub_client *other = presence_sessions(p);

	if (other == c) {
		p->member.address = c->next ? &c->next->address : NULL;
		return;
	}
	while (other->next != c)
		other = other->next;
	other->next = c->next;
}

bool presence_part(struct hub *h, struct hub_client *c)
{
	struct presence *p = presence_of(c->member);

	unlist_session(p, c);
	c->next = NULL;
	c->member = NULL;
	if (c->sender)
		senders_part(h->senders, c->sender);
	c->sender = NULL;
	if (!presence_sessions(p))
		go_away(h, p, &c->address);
	return !presence_sessions(p);
}

/* It is neither lost nor about to leave any more. */
static void unlist_gone(struct hub *h, struct presence *p)
{
	struct gone *gone = gone_of(p);

	if (is_hurried(h, p)) {
		h->hurried_ends -= p->ends;
	} else if (p->ends) {
		ring_remove(&gone->end);
		free(gone->words);
		gone->until = (struct timerq_entry){.slot = 0};
	} else {
		timerq_remove(&h->lost, &gone->until);
	}
	p->ends = false;
}

/* It is not away any more, and nowhere yet. */
static void stay(struct hub *h, struct presence *p)
{
	if (p->member.state == MEMBER_HERE)
		return;
	unlist_gone(h, p);
	if (!is_hurried(h, p))
		slab_put(&h->gone, gone_of(p));
	p->member.address = NULL;
	p->member.state = MEMBER_HERE;
}

void presence_remove(struct hub *h, struct presence *p, struct instant now)
{
	struct hub_client *c;

	while ((c = presence_sessions(p)))
		(void)presence_part(h, c);
	senders_release(h->senders, &p->senders);
	stay(h, p);
	if (p->name)
		names_rest(h->names, p->name, hub_wall_ms(now));
	presence_free(h, p);
}

/* Their sessions may be gone already. */
void hub_wipe_presences(struct hub *h)
{
	for (size_t i = h->roster ? roster_count(h->roster) : 0; i-- > 0;) {
		struct presence *p = presence_of(roster_at(h->roster, i));
		stay(h, p);
		presence_free(h, p);
	}
	slab_wipe(&h->gone);
	slab_wipe(&h->presences);
}

/* ---- leaving --------------------------------------------------------------------------------- */

void presence_record(const struct presence *p, const struct registry_room *room, struct record *r)
{
	r->present.room = room->number;
	r->present.name = member_name(&p->member);
	r->present.instance = p->instance;
	r->present.lost = p->lost;
	memcpy(r->present.owner, presence_identity(p), OWNER_BYTES);
}

void presence_note(struct hub *h, const struct presence *p, enum record_kind kind,
		   const struct registry_room *room)
{
	struct record r = {.kind = kind};

	presence_record(p, room, &r);
	hub_note(h, &r);
}

/* Its sender is no more of this member, but is to be written down. */
void presence_leave(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		    struct instant now, const struct wish *left)
{
	struct event e = hub_event_by(&p->member, EVENT_QUIT, now);
	const struct place *at = NULL;

	e.reason = reason;
	e.text = hub_reason_words(words);
	for (struct registry_room *room = h->lobby; room; room = presence_next_room(p, &at)) {
		struct wish wish = room == h->lobby && left ? *left : (struct wish){.by = NULL};
		presence_note(h, p, RECORD_ABSENT, room);
		wish.room = room;
		wish.event = &e;
		wish.by = p;
		(void)!pending_add(h, &wish); /* without memory nobody is told */
	}
	presence_remove(h, p, now);
}

/* LOST or BACK, everywhere, as a fact; what is written down of it is the lobby's. */
static bool say_everywhere(struct hub *h, struct presence *p, enum event_kind kind,
			   struct instant now)
{
	struct event e = hub_event_by(&p->member, kind, now);
	const struct place *at = NULL;
	bool good = true;

	p->lost = kind == EVENT_LOST;
	for (struct registry_room *room = h->lobby; room; room = presence_next_room(p, &at)) {
		struct wish wish = {.room = room, .event = &e, .by = p};
		if (room == h->lobby)
			presence_note(h, p, RECORD_PRESENT, h->lobby);
		good = pending_add(h, &wish) && good;
	}
	return good;
}

static char *copy_words(struct slice words)
{
	char *copy = malloc(words.len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, words.len > 0 ? (const char *)words.data : "", words.len);
	copy[words.len] = '\0';
	return copy;
}

static enum err await(struct hub *h, struct presence *p, struct instant now)
{
	if (is_hurried(h, p))
		return ERR_MEMORY;
	return timerq_set(&h->lost, &gone_of(p)->until, now.mono_us + h->config.grace_us);
}

enum err presence_expect(struct hub *h, struct presence *p, struct instant now)
{
	static const struct address nowhere = {.transport = TRANSPORT_UDP};

	go_away(h, p, &nowhere);
	p->reason = LEAVE_LOST;
	return await(h, p, now);
}

/* The place is kept; false: it cannot be. */
static bool lose(struct hub *h, struct presence *p, enum leave_reason reason, struct instant now)
{
	if (await(h, p, now) != ERR_NONE)
		return false;
	if (!say_everywhere(h, p, EVENT_LOST, now))
		return false; /* who leaves is taken out of the queue */
	p->reason = reason;
	return true;
}

static bool may_come_back(const struct hub *h, const struct presence *p, enum leave_reason reason)
{
	return owner_known(presence_identity(p)) && h->config.grace_us > 0 && !h->ending &&
	       (reason == LEAVE_LOST || reason == LEAVE_TIMED_OUT);
}

static void end(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		struct instant now)
{
	if (!may_come_back(h, p, reason) || !lose(h, p, reason, now))
		presence_leave(h, p, reason, words, now, NULL);
}

void presence_end(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		  struct instant now)
{
	if (p->unsettled == 0) {
		end(h, p, reason, words, now);
		return;
	}
	struct gone *gone = gone_of(p);
	unlist_gone(h, p);
	p->ends = true;
	p->reason = reason;
	if (is_hurried(h, p)) {
		h->hurried_ends++;
		return;
	}
	gone->words = copy_words(hub_reason_words(words));
	ring_add(&h->ends, &gone->end);
}

/* The others are told only if they were told that it was lost: not where it was not settled yet, nor
 * where it is only the server that was away. */
bool presence_returns(struct hub *h, struct presence *p, const struct address *from,
		      struct instant now)
{
	struct pending *before = pending_newest(h);

	if (p->ends) {
		stay(h, p);
		return true;
	}
	*p->member.address = *from;
	if (p->lost && !say_everywhere(h, p, EVENT_BACK, now)) {
		pending_cancel_after(h, before);
		p->lost = true;
		return false;
	}
	stay(h, p);
	return true;
}

/* Those for whom there was no memory are in no list. */
static void settle_hurried(struct hub *h, struct instant now)
{
	for (size_t i = roster_count(h->roster); i-- > 0 && h->hurried_ends > 0;) {
		struct presence *p = presence_of(roster_at(h->roster, i));
		if (p->ends && is_hurried(h, p) && p->unsettled == 0)
			presence_leave(h, p, p->reason, slice_of(NULL, 0), now, NULL);
	}
}

void hub_settle(struct hub *h, struct instant now)
{
	struct ring *next;

	for (struct ring *r = ring_oldest(&h->ends); r; r = next) {
		struct gone *gone = RING_OF(r, struct gone, end);
		struct presence *p = gone->presence;
		next = ring_newer(&h->ends, r);
		if (p->unsettled > 0)
			continue;
		char *words = gone->words;
		gone->words = NULL;
		unlist_gone(h, p);
		end(h, p, p->reason, slice_of(words, words ? strlen(words) : 0), now);
		free(words);
	}
	settle_hurried(h, now);
}

struct presence *presence_lost_until(struct hub *h, uint64_t time)
{
	struct timerq_entry *e = timerq_pop(&h->lost, time);

	return e ? RING_OF(e, struct gone, until)->presence : NULL;
}
