/* The hub's life, and what happens without a command. */
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
	slab_init(&h->presences, sizeof(struct presence));
	slab_init(&h->gone, sizeof(struct gone));
	hub_init_asked(h);
	hub_init_changes(h);
	hub_init_aways(h);
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
	hub_wipe_presences(h);
	names_free(h->names);
	table_wipe(&h->aways);
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

struct bearers *hub_bearers(const struct hub *h)
{
	return h->bearers;
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

/* ---- not by command -------------------------------------------------------------------------- */

static const struct slice no_words = {.data = NULL};

void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      struct instant now)
{
	parked_forget_client(c);
	while (c->pending)
		pending_leave_client(c->pending);
	if (!c->member)
		return;
	struct presence *p = presence_of(c->member);
	if (presence_part(h, c))
		presence_end(h, p, reason, words, now);
}

void hub_moved(struct hub_client *c, const struct address *to)
{
	c->address = *to; /* which is its member's, if it is the newest */
}

uint64_t hub_deadline(const struct hub *h)
{
	uint64_t lost = timerq_next(&h->lost), turn = hub_next_turn(h);
	uint64_t fetch = hub_fetch_deadline(h);

	turn = fetch < turn ? fetch : turn;
	return lost < turn ? lost : turn;
}

void hub_tick(struct hub *h, struct instant now)
{
	struct presence *p;

	while ((p = presence_lost_until(h, now.mono_us)))
		presence_leave(h, p, p->reason, no_words, now, NULL);
}

void hub_end(struct hub *h, struct instant now)
{
	struct presence *p;

	h->ending = true;
	while ((p = presence_lost_until(h, TIMERQ_NEVER)))
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
	struct hub_client *c;
	while ((c = presence_sessions(p))) {
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
