/*
 * What has to hold in every run, checked as it happens:
 *
 *   - a log: numbers without holes; each talk is there once, to the byte, under its sayer's name, and
 *     after what the same client said before; nobody joins twice or leaves without having joined;
 *   - its hearers: each event of a log reaches a member at most once, in order, to the byte, and none
 *     is missing but those that the member was told are gone;
 *   - answers: one for each thing that was said; it names the event that the log has;
 *   - places: nobody is shown as gone by accident who was not away for the whole time of grace, or
 *     behind a room that forgets;
 *   - the network: no address gets more than three times what came from it before it has answered,
 *     and before that is more than INIT, no more than came;
 *   - memory: bounded.
 */
#include "world_internal.h"

#include "core/seat_internal.h"

#include "proto/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SECOND = 1000 * 1000,
	RECOVERY_US = 25 * SECOND,	    /* well so long: then it is in the room */
	SESSION_OUTLIVES_US = 120 * SECOND, /* what was said on a link may arrive so late */
	BREATH_US = 15 * SECOND,	    /* well for less: as good as ill all the time */
	MEMORY_BASE = 2 << 20,
	MEMORY_PER_MEMBER = 1 << 20,
};

static uint64_t hash_of(struct slice s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.data[i]) * UINT64_C(0x100000001b3);
	return h;
}

static struct chronicle *newest_log(const struct world *w)
{
	return w->logs[w->log_count - 1];
}

/* ---- talks ----------------------------------------------------------------------------------- */

/* Its number, a colon, and as much of a pattern as was asked for. */
size_t witness_text(const struct world *w, size_t talk, char text[TEXT_MAX_BYTES])
{
	size_t n = (size_t)snprintf(text, TEXT_MAX_BYTES, "%zu:", talk), len = w->talks[talk].len;

	for (; n < len; n++)
		text[n] = (char)('a' + (n * 7 + talk) % 26);
	return n;
}

static int64_t talk_of(const struct world *w, struct slice text)
{
	static char same[TEXT_MAX_BYTES];
	char digits[24];
	size_t n = text.len < sizeof(digits) ? text.len : sizeof(digits) - 1;

	memcpy(digits, text.data, n);
	digits[n] = '\0';
	size_t talk = strtoul(digits, NULL, 10);
	if (talk >= w->talk_count || witness_text(w, talk, same) != text.len ||
	    memcmp(same, text.data, text.len) != 0)
		world_fail(w, "a talk that nobody said: %.*s", (int)n, digits);
	return (int64_t)talk;
}

/* Whoever it is, by whichever of its names. */
static unsigned person_of(const struct world *w, struct slice name)
{
	for (unsigned i = 0; i < w->config.members; i++) {
		const char *first = w->members[i].name;
		size_t len = strlen(first);
		bool is = name.len >= len && memcmp(first, name.data, len) == 0;
		if (is && (name.len == len || name.data[len] == '-'))
			return i;
	}
	world_fail(w, "somebody who was never there: %.*s", (int)name.len, (const char *)name.data);
}

/* ---- logs ------------------------------------------------------------------------------------ */

void witness_log_begins(struct world *w, uint64_t epoch)
{
	struct chronicle *log = memory_own(sizeof(*log));

	log->epoch = epoch;
	*WORLD_GROW(w->logs, w->log_count) = log;
}

static void talk_appended(struct world *w, struct chronicle *log, struct told *t,
			  const struct event *e, unsigned who)
{
	t->talk = talk_of(w, e->text);
	struct talk *talk = &w->talks[t->talk];
	if (talk->person != who)
		world_fail(w, "talk %lld is not by %s", (long long)t->talk, w->members[who].name);
	if (talk->log == log)
		world_fail(w, "talk %lld is there twice: %llu, %llu", (long long)t->talk,
			   (unsigned long long)talk->seq, (unsigned long long)e->seq);
	talk->log = log;
	talk->seq = e->seq;
	if (talk->life < log->life[who])
		return; /* it was under way when its sayer died */
	if (talk->life == log->life[who] && (uint64_t)t->talk + 1 <= log->newest[who])
		world_fail(w, "talk %lld comes after %llu", (long long)t->talk,
			   (unsigned long long)log->newest[who] - 1);
	log->newest[who] = (uint64_t)t->talk + 1;
	log->life[who] = talk->life;
}

/* Gone by accident: it has to have been away, and for long enough. */
static void judge_loss(struct world *w, struct person *m)
{
	uint64_t grace = w->config.grace_us, since = m->ill_since;

	if (w->dying)
		return;
	if (m->well && w->now > m->well_since + RECOVERY_US)
		world_fail(w, "%s is shown as gone, and is well since %.1f s", m->name,
			   (double)(w->now - m->well_since) / 1e6);
	if (w->now < since + grace)
		world_fail(w, "%s is shown as gone after %.1f s of trouble", m->name,
			   (double)(w->now - since) / 1e6);
}

static void quit_appended(struct world *w, struct chronicle *log, const struct event *e,
			  struct person *m)
{
	w->figures.quits++;
	if (!log->present[m->index])
		world_fail(w, "%s leaves without having joined", m->name);
	log->present[m->index] = false;
	switch (e->reason) {
	case LEAVE_QUIT:
		/* A link that was given up may say goodbye as the last one of a server that ends. */
		if (w->dying)
			break;
		if (m->left_us == 0 || w->now > m->left_us + SESSION_OUTLIVES_US)
			world_fail(w, "%s never said that it leaves", m->name);
		break;
	case LEAVE_LOST:
	case LEAVE_TIMED_OUT:
		judge_loss(w, m);
		break;
	case LEAVE_TOO_SLOW:
		if (w->config.room_bytes >= WORLD_ROOM_BYTES)
			world_fail(w, "%s is not too slow: the room has all", m->name);
		break;
	case LEAVE_SHUTDOWN:
		if (!w->dying)
			world_fail(w, "%s leaves for a shutdown that is none", m->name);
		break;
	default:
		world_fail(w, "%s leaves: %s", m->name, leave_reason_name(e->reason));
	}
}

static void presence_appended(struct world *w, struct chronicle *log, const struct event *e,
			      unsigned who)
{
	if (e->kind == EVENT_JOIN) {
		w->figures.joins++;
		if (log->present[who])
			world_fail(w, "%s joins twice", w->members[who].name);
		log->present[who] = true;
	} else if (e->kind == EVENT_QUIT) {
		quit_appended(w, log, e, &w->members[who]);
	} else {
		if (e->kind == EVENT_NICK && person_of(w, e->text) != who)
			world_fail(w, "%s takes another's name", w->members[who].name);
		w->figures.lost += e->kind == EVENT_LOST;
		w->figures.back += e->kind == EVENT_BACK;
		if (!log->present[who])
			world_fail(w, "%s does something without having joined",
				   w->members[who].name);
	}
}

void witness_appended(void *ctx, const struct event *e, const struct address *who)
{
	static uint8_t storage[WIRE_ITEM_MAX];
	struct world *w = ctx;
	struct chronicle *log = newest_log(w);
	struct buf b = buf_of(storage, sizeof(storage));
	unsigned by = person_of(w, e->from);

	(void)who;
	if (e->seq != log->count + 1)
		world_fail(w, "event %llu follows %zu", (unsigned long long)e->seq, log->count);
	world_note(w, by, event_kind_name(e->kind), e->seq, e->reason);
	struct told *t = WORLD_GROW(log->told, log->count);
	event_put(&b, e);
	t->hash = hash_of(slice_of(b.data, b.len));
	t->talk = -1;
	if (e->kind == EVENT_TALK)
		talk_appended(w, log, t, e, by);
	else
		presence_appended(w, log, e, by);
}

/* ---- members --------------------------------------------------------------------------------- */

void witness_lives(struct person *m)
{
	m->asked_count = m->unanswered = 0; /* its memory is used again */
	memory_own_free(m->asked);
	m->asked = NULL;
	m->log = NULL;
	m->next = 0;
}

void witness_said(struct person *m, uint64_t ticket, int64_t talk)
{
	struct asked *a = WORLD_GROW(m->asked, m->asked_count);

	a->talk = talk;
	m->unanswered++;
	if (ticket != m->asked_count + 1)
		world_fail(m->world, "%s: ticket %llu", m->name, (unsigned long long)ticket);
}

static const struct chronicle *log_by_epoch(const struct world *w, uint64_t epoch)
{
	for (size_t i = w->log_count; i-- > 0;)
		if (w->logs[i]->epoch == epoch)
			return w->logs[i];
	world_fail(w, "a log of nobody");
}

static void joined(struct person *m, const struct reply *r)
{
	const struct world *w = m->world;

	m->log = log_by_epoch(w, r->epoch);
	m->next = r->first;
	if (r->first == 0 || (r->first > 1 && r->first > m->log->first))
		world_fail(w, "%s asked for everything, and gets it from %llu on", m->name,
			   (unsigned long long)r->first);
}

/* OK: the log in which it is said to be has it at the very place. */
static void answered(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;
	const struct reply *r = &ev->answer.reply;
	size_t i = (size_t)r->id - 2;

	if (r->id < 2 || i >= m->asked_count || m->asked[i].answered)
		world_fail(w, "%s gets an answer to ticket %llu, which %s", m->name,
			   (unsigned long long)r->id,
			   i < m->asked_count ? "had one" : "it never drew");
	m->asked[i].answered = true;
	m->unanswered--;
	w->figures.answers++;
	if (r->code != CODE_OK)
		world_fail(w, "%s is refused a command: %s", m->name, code_name(r->code));
	if (m->asked[i].talk < 0)
		return;
	if (!m->log || r->seq == 0 || r->seq > m->log->count ||
	    m->log->told[r->seq - 1].talk != m->asked[i].talk)
		world_fail(w, "%s: OK to talk %lld, but event %llu is not that", m->name,
			   (long long)m->asked[i].talk, (unsigned long long)r->seq);
}

static void heard(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;
	uint64_t seq = ev->heard.event.seq;

	w->figures.heard++;
	if (!m->log || seq != m->next || seq > m->log->count)
		world_fail(w, "%s hears event %llu, not %llu", m->name, (unsigned long long)seq,
			   (unsigned long long)m->next);
	if (hash_of(ev->heard.raw) != m->log->told[seq - 1].hash)
		world_fail(w, "%s hears event %llu in other words", m->name,
			   (unsigned long long)seq);
	m->next++;
}

static void missed(struct person *m, uint64_t n)
{
	m->world->figures.gaps++;
	m->next += n;
	if (!m->log || m->next > m->log->first)
		world_fail(m->world, "%s misses %llu events that the room still has", m->name,
			   (unsigned long long)n);
}

/* Another log, from the first event that it still has. */
static void anew(struct person *m)
{
	struct world *w = m->world;
	const struct chronicle *log = log_by_epoch(w, m->seat->rooms[0].since.epoch);

	w->figures.anew++;
	if (m->log == log)
		world_fail(w, "%s is told of a new log that it knows", m->name);
	m->log = log;
	m->next = m->seat->rooms[0].since.since + 1;
	if (m->next > 1 && m->next > log->first)
		world_fail(w, "%s begins a new log at event %llu", m->name,
			   (unsigned long long)m->next);
}

static void ended(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;

	m->ended = true;
	world_note(w, m->index, "ends: how, code", ev->ended.how, ev->ended.code);
	if (m->leaving)
		return;
	if (m->log)
		world_fail(w, "%s gives up: %.*s", m->name, (int)ev->ended.text.len,
			   (const char *)ev->ended.text.data);
	w->figures.given_up++;
}

void witness_told(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;

	switch (ev->kind) {
	case SEAT_STATE:
		world_note(w, m->index, "state, transport", ev->now.state, ev->now.transport);
		break;
	case SEAT_JOINED:
		joined(m, &ev->answer.reply);
		break;
	case SEAT_REFUSED:
		world_fail(w, "%s is refused its name: %s", m->name,
			   code_name(ev->answer.reply.code));
	case SEAT_REPLY:
		answered(m, ev);
		break;
	case SEAT_HEARD:
		heard(m, ev);
		break;
	case SEAT_ANEW:
		anew(m);
		break;
	case SEAT_GAP:
		missed(m, ev->missed);
		break;
	case SEAT_ENTERED:
	case SEAT_LEFT:
		break;
	case SEAT_ENDED:
		ended(m, ev);
		break;
	}
}

/* ---- who could be in the room ---------------------------------------------------------------- */

static bool is_well(const struct world *w, const struct person *m)
{
	const struct path *p = &m->path;
	/* Half a path is worse than none: it takes a while to see that it will not do. */
	bool half = p->mtu && p->mtu < WIRE_INIT_SIZE;
	bool through = !p->no_up && !p->no_down && !(p->no_udp && p->no_tcp) && !half;

	return w->hub && !w->dying && m->seat && !m->leaving && !m->asleep && through;
}

/* Called whenever something about that changes. */
void witness_health(struct world *w)
{
	for (unsigned i = 0; i < w->config.members; i++) {
		struct person *m = &w->members[i];
		bool well = is_well(w, m);
		if (well == m->well)
			continue;
		m->well = well;
		if (well)
			m->well_since = w->now;
		else if (m->ill_since == 0 || w->now > m->well_since + BREATH_US)
			m->ill_since = w->now;
	}
}

/* Trouble that is over at once, and yet has to be got over. */
void witness_hurt(struct person *m)
{
	if (m->well && m->world->now > m->well_since + BREATH_US)
		m->ill_since = m->world->now;
	if (m->well)
		m->well_since = m->world->now;
}

/* ---- the network ----------------------------------------------------------------------------- */

void witness_to_server(struct world *w, const struct delivery *d)
{
	struct place *p = &w->places[d->place];

	p->received += d->len;
	w->places[d->answers].validated |= d->answers != 0;
	p->past_init |= d->len > 0 && d->bytes[0] != PACKET_INIT;
}

void witness_from_server(struct world *w, uint32_t place, const void *bytes, size_t n)
{
	struct place *p = &w->places[place];
	uint64_t times = p->past_init ? 3 : 1;

	(void)bytes;
	p->sent += n;
	if (!p->validated && p->sent > times * p->received)
		world_fail(w, "%llu bytes sent to where %llu came from",
			   (unsigned long long)p->sent, (unsigned long long)p->received);
}

/* ---- after each turn ------------------------------------------------------------------------- */

static void measure_memory(struct world *w)
{
	const struct room *room = w->hub ? hub_room(w->hub, WIRE_LOBBY) : NULL;
	size_t log = room ? room_bytes(room) : 0;
	size_t held = memory_live() - w->memory_before - log -
		      (w->deliveries.cap + w->clocks.cap) * sizeof(struct timerq_entry *);

	if (held > w->figures.memory_max)
		w->figures.memory_max = held;
	if (held > MEMORY_BASE + w->config.members * (size_t)MEMORY_PER_MEMBER)
		world_fail(w, "%zu bytes of memory are held", held);
}

void witness_after_turn(struct world *w)
{
	if (!w->hub)
		return;
	const struct room *room = hub_room(w->hub, WIRE_LOBBY);
	struct chronicle *log = newest_log(w);
	log->first = room_first(room);
	if (room_head(room) != log->count)
		world_fail(w, "the room's head is not what it told");
	if (roster_count(hub_roster(w->hub)) > w->config.members)
		world_fail(w, "more names than members");
	if (w->turns % 64 == 0)
		measure_memory(w);
}

void witness_free(struct world *w)
{
	for (size_t i = 0; i < w->log_count; i++) {
		memory_own_free(w->logs[i]->told);
		memory_own_free(w->logs[i]);
	}
	for (unsigned i = 0; i < w->config.members; i++)
		memory_own_free(w->members[i].asked);
	memory_own_free(w->logs);
	memory_own_free(w->talks);
}
