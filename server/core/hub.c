/* The hub's life, members and their sessions, and what happens without a command. */
#include "core/hub_internal.h"

#include <stdlib.h>

static bool make_parts(struct hub *h)
{
	size_t max_names = h->config.max_names ? h->config.max_names : h->config.max_members;

	h->lobby = room_new(WIRE_LOBBY, h->config.room_bytes, 0);
	h->roster = roster_new();
	h->senders = senders_new(SENDERS_MAX, h->config.seed);
	if (h->roster)
		h->names = names_new(max_names, h->config.seed, roster_checker(h->roster));
	return h->lobby && h->roster && h->senders && h->names;
}

struct hub *hub_new(const struct hub_config *config, const struct hub_observer *observer)
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->config = *config;
	if (observer)
		h->observer = *observer;
	timerq_init(&h->lost);
	if (!make_parts(h)) {
		hub_free(h);
		return NULL;
	}
	return h;
}

void hub_free(struct hub *h)
{
	const struct member *m;

	if (!h)
		return;
	senders_free(h->senders);
	for (size_t i = 0; h->roster && (m = roster_at(h->roster, i)); i++)
		free(m->owner);
	names_free(h->names);
	roster_free(h->roster);
	timerq_wipe(&h->lost);
	room_free(h->lobby);
	free(h);
}

struct room *hub_room(const struct hub *h, uint32_t id)
{
	return id == WIRE_LOBBY ? h->lobby : NULL;
}

struct roster *hub_roster(const struct hub *h)
{
	return h->roster;
}

struct names *hub_names(const struct hub *h)
{
	return h->names;
}

enum err hub_append(struct hub *h, struct event *e, const struct address *who)
{
	enum err error = room_append(h->lobby, e, NULL);

	if (error != ERR_NONE)
		return error;
	room_publish(h->lobby);
	if (h->observer.appended)
		h->observer.appended(h->observer.ctx, e, who);
	return ERR_NONE;
}

struct event hub_event_by(const struct member *m, enum event_kind kind, struct instant now)
{
	return (struct event){.kind = kind, .time_ms = hub_wall_ms(now), .from = member_name(m)};
}

bool hub_is_text(struct slice s)
{
	return text_talk_ok((const char *)s.data, s.len);
}

/* Words that come with leaving or kicking: kept when they are text, cut when they are long. */
static struct slice reason_words(struct slice s)
{
	size_t len = text_clip((const char *)s.data, s.len, WIRE_REASON_MAX);

	return hub_is_text(slice_of(s.data, len)) ? slice_of(s.data, len) : slice_of(NULL, 0);
}

/* ---- members and their sessions -------------------------------------------------------------- */

void presence_attach(struct hub *h, struct presence *p, struct hub_client *c, struct sender *sender)
{
	if (sender)
		senders_hold(h->senders, sender, &p->senders);
	c->sender = sender;
	c->member = p->member;
	c->next = p->sessions;
	p->sessions = c;
	p->member->address = c->address;
	p->member->state = MEMBER_HERE;
}

static void detach(struct hub *h, struct presence *p, struct hub_client *c)
{
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
		p->member->address = p->sessions->address;
}

void presence_remove(struct hub *h, struct presence *p, struct instant now)
{
	for (struct hub_client *c = p->sessions; c; c = c->next) {
		c->member = NULL;
		c->sender = NULL;
	}
	senders_release(h->senders, &p->senders);
	timerq_remove(&h->lost, &p->until);
	if (p->name)
		names_rest(h->names, p->name, hub_wall_ms(now));
	roster_leave(h->roster, p->member);
	free(p);
}

void presence_leave(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		    struct instant now, uint64_t *seq)
{
	struct event e = hub_event_by(p->member, EVENT_QUIT, now);

	e.reason = reason;
	e.text = reason_words(words);
	if (hub_append(h, &e, &p->member->address) == ERR_NONE)
		*seq = e.seq;
	presence_remove(h, p, now);
}

/* The place is kept; false: it cannot be. */
static bool lose(struct hub *h, struct presence *p, enum leave_reason reason, struct instant now)
{
	struct event e = hub_event_by(p->member, EVENT_LOST, now);

	if (timerq_set(&h->lost, &p->until, now.mono_us + h->config.grace_us) != ERR_NONE)
		return false;
	if (hub_append(h, &e, &p->member->address) != ERR_NONE)
		return false; /* who leaves is taken out of the queue */
	p->reason = reason;
	p->member->state = MEMBER_RECONNECTING;
	return true;
}

static bool may_come_back(const struct hub *h, const struct presence *p, enum leave_reason reason)
{
	return owner_known(p->identity) && h->config.grace_us > 0 && !h->ending &&
	       (reason == LEAVE_LOST || reason == LEAVE_TIMED_OUT);
}

bool presence_part(struct hub *h, struct hub_client *c)
{
	struct presence *p = presence_of(c->member);

	detach(h, p, c);
	return !p->sessions;
}

/* ---- not by command -------------------------------------------------------------------------- */

static const struct slice no_words = {.data = NULL};

void hub_gone(struct hub *h, struct hub_client *c, enum leave_reason reason, struct slice words,
	      struct instant now)
{
	uint64_t seq;

	if (!c->member)
		return;
	struct presence *p = presence_of(c->member);
	if (presence_part(h, c) && !(may_come_back(h, p, reason) && lose(h, p, reason, now)))
		presence_leave(h, p, reason, words, now, &seq);
}

void hub_moved(struct hub_client *c, const struct address *to)
{
	c->address = *to;
	if (c->member && presence_of(c->member)->sessions == c)
		c->member->address = *to;
}

uint64_t hub_deadline(const struct hub *h)
{
	return timerq_next(&h->lost);
}

void hub_tick(struct hub *h, struct instant now)
{
	struct presence *p;
	uint64_t seq;

	while ((p = (struct presence *)timerq_pop(&h->lost, now.mono_us))) /* its first member */
		presence_leave(h, p, p->reason, no_words, now, &seq);
}

void hub_end(struct hub *h, struct instant now)
{
	struct presence *p;
	uint64_t seq;

	h->ending = true;
	while ((p = (struct presence *)timerq_pop(&h->lost, TIMERQ_NEVER)))
		presence_leave(h, p, LEAVE_SHUTDOWN, no_words, now, &seq);
}

enum err hub_announce(struct hub *h, struct slice text, struct instant now)
{
	struct event event = {.kind = EVENT_ANNOUNCE, .time_ms = hub_wall_ms(now), .text = text};

	return hub_is_text(text) ? hub_append(h, &event, NULL) : ERR_MALFORMED;
}

enum err hub_kick(struct hub *h, struct slice name, struct slice words, struct instant now,
		  struct hub_client **first)
{
	struct member *m = roster_find(h->roster, (const char *)name.data, name.len);
	uint64_t seq;

	if (!m)
		return ERR_NOT_FOUND;
	*first = presence_of(m)->sessions;
	presence_leave(h, presence_of(m), LEAVE_KICKED, words, now, &seq);
	return ERR_NONE;
}

enum err hub_release(struct hub *h, struct slice name)
{
	return names_release(h->names, (const char *)name.data, name.len);
}
