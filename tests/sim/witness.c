/*
 * What has to hold for every member and every address, checked as it happens (of the logs: witness_log.c):
 *
 *   - hearers: each event of a log reaches a member at most once, in order, to the byte, and none is
 *     missing but those that the member was told are gone; what two say to each other, no third hears,
 *     reads or finds;
 *   - answers: one for each thing that was said; it names the event that the log has, or says why there
 *     is none;
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
	RELIEF_US = 5 * SECOND, /* from when a disk works to when everybody knows */
	MEMORY_BASE = 2 << 20,
	MEMORY_PER_MEMBER = 1 << 20,
};

/* ---- ears ------------------------------------------------------------------------------------ */

void witness_lives(struct person *m, bool remembers)
{
	m->asked_count = m->unanswered = 0; /* its memory is used again */
	memory_own_free(m->asked);
	m->asked = NULL;
	m->left_rooms = false;
	for (size_t i = 0; i < m->ear_count; i++)
		m->ears[i].in = false;
	if (remembers && m->ear_count > 0)
		return;
	memset(m->ears, 0, sizeof(m->ears));
	m->ear_count = 1;
	snprintf(m->ears[0].name, sizeof(m->ears[0].name), "%s", SEAT_LOBBY);
}

static const struct ear *find_ear(const struct person *m, uint32_t room)
{
	for (size_t i = 0; i < m->ear_count; i++)
		if (m->ears[i].log && m->ears[i].log->room == room)
			return &m->ears[i];
	return NULL;
}

static struct ear *ear_in(struct person *m, uint32_t room)
{
	const struct ear *e = find_ear(m, room);

	return e ? &m->ears[e - m->ears] : NULL;
}

static bool is_called(const struct ear *e, struct slice name)
{
	return strlen(e->name) == name.len && memcmp(e->name, name.data, name.len) == 0;
}

static struct ear *ear_called(struct person *m, struct slice name)
{
	for (size_t i = 0; i < m->ear_count; i++)
		if (is_called(&m->ears[i], name))
			return &m->ears[i];
	return NULL;
}

/* As far as it heard, in this life and those that it remembers. */
void witness_since(struct person *m, struct slice room, struct seat_since *since)
{
	const struct ear *e = ear_called(m, room);

	if (!e || !e->log)
		return;
	since->mode = SINCE_SEQ;
	since->since = e->next - 1;
	since->epoch = e->log->epoch;
	if (e->log->direct)
		since->epoch = event_epoch_of_two(e->log->epoch, e->log->room);
}

/* What was said in a room of two is nobody else's to hear. */
static bool is_for(const struct chronicle *log, const struct person *m)
{
	return !log->direct || log->pair[0] == m->index || log->pair[1] == m->index;
}

static struct ear *new_ear(struct person *m, uint32_t room, uint64_t next)
{
	const struct chronicle *log = witness_log(m->world, m->ears[0].log->epoch, room);
	struct ear *e = ear_in(m, room);

	if (!is_for(log, m))
		world_fail(m->world, "%s is in a room of two others", m->name);
	if (!e)
		e = &m->ears[m->ear_count++];
	assert_true(m->ear_count <= SEAT_ROOMS_MAX);
	*e = (struct ear){.log = log, .next = next, .in = true};
	return e;
}

bool witness_heard_all(const struct person *m)
{
	const struct world *w = m->world;

	if (m->ears[0].log != w->lobby)
		return false;
	for (size_t i = 0; i < m->ear_count; i++)
		if (m->ears[i].in && m->ears[i].next != m->ears[i].log->count + 1)
			return false;
	for (size_t i = 0; i < w->log_count; i++) {
		const struct chronicle *log = w->logs[i];
		const struct ear *e = find_ear(m, log->room);
		if (log->direct && is_for(log, m) && !(e && e->in))
			return false;
	}
	return true;
}

/* ---- members --------------------------------------------------------------------------------- */

/* What is said in a room that is being entered is answered as that is. */
static uint64_t judged_since(const struct person *m, const struct asked *a)
{
	for (size_t i = m->asked_count; i-- > 0;) {
		const struct asked *before = &m->asked[i];
		if (before->kind == COMMAND_ENTER && before->where == a->where && !before->answered)
			return before->at;
	}
	return a->at;
}

void witness_said(struct person *m, uint64_t ticket, const struct asked *a)
{
	uint64_t since = judged_since(m, a);
	struct asked *asked = WORLD_GROW(m->asked, m->asked_count);

	*asked = *a;
	asked->at = since;
	m->unanswered++;
	if (ticket != m->asked_count + 1)
		world_fail(m->world, "%s: ticket %llu", m->name, (unsigned long long)ticket);
}

static void joined(struct person *m, const struct reply *r)
{
	const struct world *w = m->world;
	struct ear *lobby = &m->ears[0];
	const struct chronicle *log = witness_log(w, r->epoch, WIRE_LOBBY);
	uint64_t next = lobby->log == log ? lobby->next : 1;

	if (r->first != next && (r->first < next || r->first > log->first))
		world_fail(w, "%s asked for all from %llu on, and gets it from %llu on", m->name,
			   (unsigned long long)next, (unsigned long long)r->first);
	lobby->log = log;
	lobby->next = r->first;
	lobby->in = true;
}

static bool disk_was_ill(const struct world *w, uint64_t since)
{
	return w->disk && (disk_fails(w->disk) || w->disk_ill + RELIEF_US >= since);
}

/* What may be answered but OK, and why. */
static bool may_be_refused(const struct person *m, const struct asked *a, enum code code)
{
	bool changes = a->kind == COMMAND_RECALL || a->kind == COMMAND_EDIT;
	bool reads = a->kind == COMMAND_PAGE || a->kind == COMMAND_SEARCH;

	switch (code) {
	case CODE_NOT_WRITTEN:
		return (!reads || a->where != 0) && disk_was_ill(m->world, a->at);
	case CODE_SERVER_FULL:
	case CODE_NOT_KEPT:
		return (reads || changes) && m->world->disk;
	case CODE_TOO_LATE:
	case CODE_NO_SUCH_EVENT:
		return changes;
	case CODE_NO_SUCH_NICK:
		return a->kind == COMMAND_ENTER || a->where >= WORLD_PEOPLE;
	case CODE_NOT_JOINED:
	case CODE_NO_SUCH_ROOM:
		return a->where != 0 && m->left_rooms;
	default:
		return false;
	}
}

static void refused(struct person *m, const struct asked *a, enum code code)
{
	struct world *w = m->world;

	world_note(w, m->index, code_name(code), (uint64_t)a->kind, (uint64_t)a->talk);
	w->figures.refused++;
	if (!may_be_refused(m, a, code))
		world_fail(w, "%s is refused a command of kind %d: %s", m->name, (int)a->kind,
			   code_name(code));
	m->left_rooms |= a->kind == COMMAND_ENTER;
	if (a->talk < 0)
		return;
	w->talks[a->talk].refused = true;
	if (w->talks[a->talk].log)
		world_fail(w, "%s: talk %lld is refused, and is in the log", m->name,
			   (long long)a->talk);
}

/* What came until then, one's own leaving with it, is not heard by who left (protocol.md §9). */
static void parted(struct ear *e, uint64_t last)
{
	if (e && last >= e->next)
		e->next = last + 1;
}

/* OK: the log in which it is said to be has it at the very place. */
static void accepted(struct person *m, const struct asked *a, const struct reply *r)
{
	struct world *w = m->world;

	if (a->talk < 0)
		return;
	struct talk *t = &w->talks[a->talk];
	if (!t->log || t->log->epoch != m->ears[0].log->epoch || t->seq != r->seq)
		world_fail(w, "%s: OK to talk %lld, but event %llu is not that", m->name,
			   (long long)a->talk, (unsigned long long)r->seq);
	t->answered = true;
}

/* Nothing of others, and nothing that was not so any more when it was asked for. */
static void read_again(struct person *m, const struct asked *a, struct slice page)
{
	const struct world *w = m->world;
	struct event e;
	struct slice raw;

	while (page_get(&page, &e, &raw)) {
		const struct chronicle *log = witness_log(w, m->ears[0].log->epoch, e.room);
		if (!is_for(log, m))
			world_fail(w, "%s reads what two others said", m->name);
		if (!witness_had(log, e.seq, raw, a->at))
			world_fail(w, "%s reads event %llu of room %u in other words", m->name,
				   (unsigned long long)e.seq, e.room);
		m->world->figures.read++;
	}
}

static void answered(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;
	const struct reply *r = &ev->answer.reply;
	size_t i = (size_t)r->id - 2;

	if (r->id < 2 || i >= m->asked_count || m->asked[i].answered)
		world_fail(w, "%s gets an answer to ticket %llu, which %s", m->name,
			   (unsigned long long)r->id,
			   i < m->asked_count ? "had one" : "it never drew");
	struct asked *a = &m->asked[i];
	a->answered = true;
	m->unanswered--;
	w->figures.answers++;
	if (r->code != CODE_OK)
		refused(m, a, r->code);
	else
		accepted(m, a, r);
	if (a->kind == COMMAND_PART && r->code == CODE_OK)
		parted(ear_called(m, ev->room), r->seq);
	if (a->kind == COMMAND_PAGE || a->kind == COMMAND_SEARCH)
		read_again(m, a, r->text);
}

static void heard(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;
	const struct event *event = &ev->heard.event;
	uint64_t seq = event->seq;
	struct ear *e = ear_in(m, event->room);

	w->figures.heard++;
	if (m->ears[0].log && (!e || !e->in) && event->kind == EVENT_OPEN && seq == 1)
		e = new_ear(m, event->room, 1); /* somebody opens a room of two */
	if (!e || !e->in || seq != e->next || seq > e->log->count)
		world_fail(w, "%s hears event %llu of room %u, not %llu", m->name,
			   (unsigned long long)seq, event->room,
			   (unsigned long long)(e ? e->next : 0));
	if (!witness_had(e->log, seq, ev->heard.raw, 0))
		world_fail(w, "%s hears event %llu of room %u in other words", m->name,
			   (unsigned long long)seq, event->room);
	e->next++;
	world_note(w, m->index, "hears", event->room, seq);
}

static const struct seat_room *room_called(const struct person *m, struct slice name)
{
	for (size_t i = 0; i < m->seat->room_end; i++) {
		const struct seat_room *r = &m->seat->rooms[i];
		if (r->state == ROOM_IN && r->name_len == name.len &&
		    memcmp(r->name, name.data, name.len) == 0)
			return r;
	}
	world_fail(m->world, "%s is in a room that it does not know", m->name);
}

static void entered(struct person *m, const struct seat_event *ev)
{
	const struct seat_room *r = room_called(m, ev->room);
	struct ear *e = ear_in(m, r->number);
	uint64_t next = r->since.since + 1, wanted = e ? e->next : 1;

	if (next != wanted)
		world_fail(m->world, "%s is in room %u, and is to hear %llu next, not %llu",
			   m->name, r->number, (unsigned long long)next,
			   (unsigned long long)wanted);
	e = e ? e : new_ear(m, r->number, next);
	e->in = true;
	memcpy(e->name, ev->room.data, ev->room.len);
	e->name[ev->room.len] = '\0';
	world_note(m->world, m->index, "is in room", r->number, next);
}

static void is_out(struct person *m, const struct seat_event *ev)
{
	struct ear *e = ear_called(m, ev->room);

	if (!e || e == &m->ears[0])
		world_fail(m->world, "%s leaves a room that it is not in", m->name);
	world_note(m->world, m->index, "is out of room; code", e->log->room, ev->left);
	if (ev->left != CODE_OK && !m->left_rooms)
		world_fail(m->world, "%s is out of room %u: %s", m->name, e->log->room,
			   code_name(ev->left));
	e->in = false;
}

static void missed(struct person *m, const struct seat_event *ev)
{
	struct ear *e = ear_called(m, ev->room);

	m->world->figures.gaps++;
	if (!e || !e->log)
		world_fail(m->world, "%s misses something of a room that it is not in", m->name);
	e->next += ev->missed;
	if (e->next > e->log->first)
		world_fail(m->world, "%s misses %llu events that the room still has", m->name,
			   (unsigned long long)ev->missed);
}

/* Another log, from the first event that it still has. */
static void anew(struct person *m, struct slice room)
{
	struct world *w = m->world;
	const struct seat_since *since = &m->seat->rooms[0].since;
	struct ear *lobby = &m->ears[0];
	const struct chronicle *log = witness_log(w, since->epoch, WIRE_LOBBY);

	w->figures.anew++;
	if (lobby->log == log || room.len > 0)
		world_fail(w, "%s is told of a new log that it knows: %.*s", m->name, (int)room.len,
			   (const char *)room.data);
	lobby->log = log;
	lobby->next = since->since + 1;
	if (lobby->next > 1 && lobby->next > log->first)
		world_fail(w, "%s begins a new log at event %llu", m->name,
			   (unsigned long long)lobby->next);
}

static void ended(struct person *m, const struct seat_event *ev)
{
	struct world *w = m->world;

	m->ended = true;
	world_note(w, m->index, "ends: how, code", ev->ended.how, ev->ended.code);
	if (m->leaving)
		return;
	if (m->ears[0].in)
		world_fail(w, "%s gives up: %.*s", m->name, (int)ev->ended.text.len,
			   (const char *)ev->ended.text.data);
	w->figures.given_up++;
}

/* A newcomer comes again later; whoever was there is not told so. */
static void not_let_in(struct person *m, enum code code)
{
	if (code != CODE_NOT_WRITTEN || !disk_was_ill(m->world, m->started_us))
		world_fail(m->world, "%s is refused its name: %s", m->name, code_name(code));
	m->world->figures.given_up++;
	m->ended = true;
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
		not_let_in(m, ev->answer.reply.code);
		break;
	case SEAT_REPLY:
		answered(m, ev);
		break;
	case SEAT_FORGOTTEN: /* lines of an earlier life alone may be, and these have none */
		world_fail(w, "%s does not know what became of what it said", m->name);
		break;
	case SEAT_HEARD:
		heard(m, ev);
		break;
	case SEAT_ANEW:
		anew(m, ev->room);
		break;
	case SEAT_GAP:
		missed(m, ev);
		break;
	case SEAT_ENTERED:
		entered(m, ev);
		break;
	case SEAT_LEFT:
		is_out(m, ev);
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

	if (w->disk && disk_fails(w->disk))
		return false;
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
		else if (m->ill_since == 0 || w->now > m->well_since + WITNESS_RECOVERY_US)
			m->ill_since = w->now;
	}
}

/* Trouble that is over at once, and yet has to be got over. */
void witness_hurt(struct person *m)
{
	m->hurt_us = m->world->now;
	if (m->well && m->world->now > m->well_since + WITNESS_RECOVERY_US)
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

static size_t logs_bytes(const struct world *w)
{
	size_t sum = 0;

	for (size_t i = 0; i < w->log_count && w->hub; i++) {
		const struct room *room = hub_room(w->hub, w->logs[i]->room);
		if (room && w->logs[i]->epoch == w->lobby->epoch)
			sum += room_bytes(room);
	}
	return sum;
}

static void measure_memory(struct world *w)
{
	size_t held = memory_live() - w->memory_before - logs_bytes(w) -
		      (w->deliveries.cap + w->clocks.cap) * sizeof(struct timerq_entry *);

	if (held > w->figures.memory_max)
		w->figures.memory_max = held;
	if (held > MEMORY_BASE + w->config.members * (size_t)MEMORY_PER_MEMBER)
		world_fail(w, "%zu bytes of memory are held", held);
}

/* What is in the logs is what was told of them, or is kept. */
static void compare_logs(struct world *w)
{
	for (size_t i = 0; i < w->log_count; i++) {
		struct chronicle *log = w->logs[i];
		const struct room *room = hub_room(w->hub, log->room);
		if (log->epoch != w->lobby->epoch)
			continue;
		if (hub_head(w->hub, log->room) != log->count)
			world_fail(w, "the head of room %u is %llu, not %zu", log->room,
				   (unsigned long long)hub_head(w->hub, log->room), log->count);
		log->first = room && !w->disk ? room_first(room) : 1;
	}
}

void witness_after_turn(struct world *w)
{
	if (w->disk && disk_fails(w->disk))
		w->disk_ill = w->now;
	if (!w->hub)
		return;
	compare_logs(w);
	if (roster_count(hub_roster(w->hub)) > w->config.members)
		world_fail(w, "more names than members");
	if (w->turns % 64 == 0)
		measure_memory(w);
}
