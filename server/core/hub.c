/* The hub's life, members and their sessions, and what happens without a command. */
#include "core/hub_internal.h"

#include <stdint.h>
#include <stdlib.h>

#define LOBBY_NAME "#lobby"

enum err hub_make_lobby(struct hub *h, const struct registry_facts *restored)
{
	struct registry_facts lobby = *restored;

	lobby.number = WIRE_LOBBY;
	lobby.kind = REGISTRY_PUBLIC;
	lobby.name = slice_of(LOBBY_NAME, strlen(LOBBY_NAME));
	lobby.key = slice_of(&LOBBY_NAME[1], strlen(LOBBY_NAME) - 1);
	return registry_add(h->registry, &lobby, &h->lobby);
}

static bool make_rooms(struct hub *h)
{
	static const struct registry_facts nothing = {.head = 0};
	size_t all = h->config.rooms_bytes ? h->config.rooms_bytes : SIZE_MAX;

	h->registry = registry_new(h->config.room_bytes, all, h->store.commit, h->config.seed);
	return h->registry && hub_make_lobby(h, &nothing) == ERR_NONE &&
	       registry_log(h->registry, h->lobby);
}

static bool make_parts(struct hub *h)
{
	size_t max_names = h->config.max_names ? h->config.max_names : h->config.max_members;
	bool rooms = make_rooms(h);

	h->roster = roster_new();
	h->bearers = bearers_new(h->config.seed);
	h->senders = h->bearers ? senders_new(SENDERS_MAX, h->config.seed, h->bearers) : NULL;
	if (h->roster && h->bearers)
		h->names =
			names_new(max_names, h->config.seed, roster_checker(h->roster), h->bearers);
	if (h->store.read)
		h->fetch.pages = pages_new(h->config.page_bytes, h->config.seed);
	return rooms && h->roster && h->senders && h->names && (h->fetch.pages || !h->store.read);
}

struct hub *hub_new(const struct hub_config *config, const struct hub_observer *observer)
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->config = *config;
	if (config->store)
		h->store = *config->store;
	if (observer)
		h->observer = *observer;
	timerq_init(&h->lost);
	hub_fetch_init(h);
	ring_init(&h->ends);
	ring_init(&h->waiting.all);
	ring_init(&h->flight.all);
	h->notes = buf_of(h->notes_storage, sizeof(h->notes_storage));
	if (!make_parts(h)) {
		hub_free(h);
		return NULL;
	}
	hub_watch(h);
	return h;
}

void hub_serve(struct hub *h, const struct hub_port *port)
{
	h->port = *port;
}

static void presence_free(struct hub *h, struct presence *p)
{
	struct place *place;

	while ((place = p->places)) {
		place_remove(place, p);
		free(place);
	}
	h->lobby->member_count--;
	free(p->ends ? p->words : NULL);
	free(p);
}

static void unlist_person(struct hub *h, struct presence *p);

void hub_free(struct hub *h)
{
	if (!h)
		return;
	h->store.commit = NULL; /* nothing is kept any more */
	queue_wipe(h, &h->flight);
	queue_wipe(h, &h->waiting);
	hub_wipe_asked(h);
	hub_fetch_wipe(h);
	scan_wipe(&h->scan);
	hub_wipe_changes(h);
	senders_free(h->senders);
	for (size_t i = h->roster ? roster_count(h->roster) : 0; i-- > 0;) {
		struct presence *p = presence_of(roster_at(h->roster, i));
		roster_leave(h->roster, &p->member);
		unlist_person(h, p);
		presence_free(h, p);
	}
	names_free(h->names);
	bearers_free(h->bearers);
	roster_free(h->roster);
	timerq_wipe(&h->lost);
	registry_free(h->registry);
	free(h->batch.data);
	free(h);
}

uint64_t hub_head(const struct hub *h, uint32_t room)
{
	const struct registry_room *e = registry_find(h->registry, room);

	return e ? registry_head(e) : 0;
}

struct room *hub_room(const struct hub *h, uint32_t id)
{
	struct registry_room *e = registry_find(h->registry, id);

	return e ? registry_log(h->registry, e) : NULL;
}

struct roster *hub_roster(const struct hub *h)
{
	return h->roster;
}

struct names *hub_names(const struct hub *h)
{
	return h->names;
}

struct event hub_event_by(const struct member *m, enum event_kind kind, struct instant now)
{
	return (struct event){.kind = kind, .time_ms = hub_wall_ms(now), .from = member_name(m)};
}

bool hub_is_text(struct slice s)
{
	return text_talk_ok((const char *)s.data, s.len);
}

struct slice hub_reason_words(struct slice s)
{
	size_t len = text_clip((const char *)s.data, s.len, WIRE_REASON_MAX);

	return hub_is_text(slice_of(s.data, len)) ? slice_of(s.data, len) : slice_of(NULL, 0);
}

/* ---- members and their sessions -------------------------------------------------------------- */

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

enum err presence_new(struct hub *h, struct slice name, const struct address *from,
		      const uint8_t identity[OWNER_BYTES], struct presence **out)
{
	struct presence *p = calloc(1, sizeof(*p));
	enum err e = p ? ERR_NONE : ERR_MEMORY;

	if (e == ERR_NONE)
		e = roster_enter(h->roster, &p->member, (const char *)name.data, name.len, from);
	if (e != ERR_NONE) {
		free(p);
		return e;
	}
	ring_init(&p->senders);
	h->lobby->member_count++;
	e = list_person(h, p, identity);
	if (e != ERR_NONE) {
		roster_leave(h->roster, &p->member);
		presence_free(h, p);
		return e;
	}
	*out = p;
	return ERR_NONE;
}

void presence_attach(struct hub *h, struct presence *p, struct hub_client *c, struct sender *sender)
{
	if (sender)
		senders_hold(h->senders, sender, &p->senders);
	c->sender = sender;
	c->member = &p->member;
	c->next = p->sessions;
	p->sessions = c;
	p->member.address = c->address;
	p->member.state = MEMBER_HERE;
}

bool presence_part(struct hub *h, struct hub_client *c)
{
	struct presence *p = presence_of(c->member);
	struct hub_client **at = &p->sessions;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->next = NULL;
	c->member = NULL;
	if (c->sender)
		senders_part(h->senders, c->sender);
	c->sender = NULL;
	if (p->sessions)
		p->member.address = p->sessions->address;
	return !p->sessions;
}

struct presence *presence_first(const struct hub *h, const uint8_t owner[OWNER_BYTES])
{
	const struct bearer *bearer = bearer_find(h->bearers, owner);

	return bearer ? bearer->present : NULL;
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

/* It is neither lost nor about to leave any more. */
static void stay(struct hub *h, struct presence *p)
{
	if (!p->ends) {
		timerq_remove(&h->lost, &p->until);
		return;
	}
	ring_remove(&p->end);
	free(p->words);
	p->ends = false;
	p->until = (struct timerq_entry){.slot = 0};
}

void presence_remove(struct hub *h, struct presence *p, struct instant now)
{
	while (p->sessions)
		(void)presence_part(h, p->sessions);
	senders_release(h->senders, &p->senders);
	stay(h, p);
	if (p->name)
		names_rest(h->names, p->name, hub_wall_ms(now));
	roster_leave(h->roster, &p->member);
	unlist_person(h, p);
	presence_free(h, p);
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

/* The place is kept; false: it cannot be. */
static bool lose(struct hub *h, struct presence *p, enum leave_reason reason, struct instant now)
{
	if (timerq_set(&h->lost, &p->until, now.mono_us + h->config.grace_us) != ERR_NONE)
		return false;
	if (!say_everywhere(h, p, EVENT_LOST, now))
		return false; /* who leaves is taken out of the queue */
	p->reason = reason;
	p->member.state = MEMBER_RECONNECTING;
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
	stay(h, p);
	p->ends = true;
	p->reason = reason;
	p->words = copy_words(hub_reason_words(words));
	p->member.state = MEMBER_RECONNECTING;
	ring_add(&h->ends, &p->end);
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
	p->member.address = *from;
	if (p->lost && !say_everywhere(h, p, EVENT_BACK, now)) {
		pending_cancel_after(h, before);
		p->lost = true;
		return false;
	}
	stay(h, p);
	return true;
}

void hub_settle(struct hub *h, struct instant now)
{
	struct ring *next;

	for (struct ring *r = ring_oldest(&h->ends); r; r = next) {
		struct presence *p = RING_OF(r, struct presence, end);
		next = ring_newer(&h->ends, r);
		if (p->unsettled > 0)
			continue;
		char *words = p->words;
		p->words = NULL;
		stay(h, p);
		end(h, p, p->reason, slice_of(words, words ? strlen(words) : 0), now);
		free(words);
	}
}

/* ---- not by command -------------------------------------------------------------------------- */

static const struct slice no_words = {.data = NULL};

void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      struct instant now)
{
	while (c->pending)
		pending_leave_client(c->pending);
	parked_forget_client(c);
	if (!c->member)
		return;
	struct presence *p = presence_of(c->member);
	if (presence_part(h, c))
		presence_end(h, p, reason, words, now);
}

void hub_moved(struct hub_client *c, const struct address *to)
{
	c->address = *to;
	if (c->member && presence_of(c->member)->sessions == c)
		c->member->address = *to;
}

uint64_t hub_deadline(const struct hub *h)
{
	uint64_t lost = timerq_next(&h->lost), turn = hub_next_turn(h);
	uint64_t fetch = hub_fetch_deadline(h);

	turn = fetch < turn ? fetch : turn;
	return lost < turn ? lost : turn;
}

static struct presence *lost_until(struct hub *h, uint64_t time)
{
	struct timerq_entry *e = timerq_pop(&h->lost, time);

	return e ? RING_OF(e, struct presence, until) : NULL;
}

void hub_tick(struct hub *h, struct instant now)
{
	struct presence *p;

	while ((p = lost_until(h, now.mono_us)))
		presence_leave(h, p, p->reason, no_words, now, NULL);
}

void hub_end(struct hub *h, struct instant now)
{
	struct presence *p;

	h->ending = true;
	while ((p = lost_until(h, TIMERQ_NEVER)))
		presence_leave(h, p, LEAVE_SHUTDOWN, no_words, now, NULL);
}

static const struct deed announcement = {.kept = NULL};

enum err hub_announce(struct hub *h, struct slice text, struct instant now)
{
	struct event event = {.kind = EVENT_ANNOUNCE, .time_ms = hub_wall_ms(now), .text = text};
	struct wish wish = {.deed = &announcement, .room = h->lobby, .event = &event};

	if (!hub_is_text(text))
		return ERR_MALFORMED;
	if (h->failing)
		return ERR_CLOSED;
	return pending_add(h, &wish) ? ERR_NONE : ERR_MEMORY;
}

static void kick_kept(struct hub *h, struct pending *p, struct reply *r)
{
	(void)r;
	if (!p->client)
		return;
	p->client->leaving = false;
	if (h->port.close)
		h->port.close(h->port.ctx, p->client, CODE_KICKED,
			      slice_of(p->more, strlen(p->more)));
}

static const struct deed kick_deed = {.fact = true, .kept = kick_kept};

/* Its goodbye comes when it could hear of its going. */
static void send_away(struct hub *h, struct hub_client *c, const char *words)
{
	static const struct command none = {.id = 0};
	const struct context x = {.hub = h, .client = c, .command = &none};
	struct wish wish = {
		.deed = &kick_deed, .x = &x, .more = words, .more_len = strlen(words) + 1};

	c->leaving = pending_add(h, &wish) != NULL;
	if (!c->leaving && h->port.close)
		h->port.close(h->port.ctx, c, CODE_KICKED, slice_of(words, strlen(words)));
}

enum err hub_kick(struct hub *h, struct slice name, struct slice words, struct instant now)
{
	struct member *m = roster_find(h->roster, (const char *)name.data, name.len);
	char text[WIRE_REASON_MAX + 1];

	if (!m)
		return ERR_NOT_FOUND;
	struct presence *p = presence_of(m);
	size_t len = text_clip((const char *)words.data, words.len, WIRE_REASON_MAX);
	memcpy(text, len > 0 ? (const char *)words.data : "", len);
	text[len] = '\0';
	while (p->sessions) {
		struct hub_client *c = p->sessions;
		(void)presence_part(h, c);
		send_away(h, c, text);
	}
	presence_end(h, p, LEAVE_KICKED, words, now);
	return ERR_NONE;
}

enum err hub_release(struct hub *h, struct slice name)
{
	return names_release(h->names, (const char *)name.data, name.len);
}
