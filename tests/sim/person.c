/* A client without a machine: a seat, its links, and what its owner does. */
#include "world_internal.h"

#include "sealed.h"

#include <stdio.h>
#include <string.h>

enum { PUMP_ROUNDS = 16 }; /* of what follows from what was done, in one turn */

/* ---- the seat's port ------------------------------------------------------------------------- */

static bool port_open(void *ctx, unsigned slot, enum transport way, size_t *address,
		      char why[SEAT_WHY_MAX])
{
	struct person *m = ctx;

	(void)why;
	assert_null(m->slots[slot]);
	if (*address > 0)
		return false;
	*address = 1;
	m->slots[slot] = flow_open(m, slot, way);
	return true;
}

static void port_close(void *ctx, unsigned slot)
{
	struct person *m = ctx;

	assert_non_null(m->slots[slot]);
	flow_close(m->slots[slot], true);
	m->slots[slot] = NULL;
}

static void port_entropy(void *ctx, void *p, size_t n)
{
	const struct person *m = ctx;

	for (uint8_t *at = p; n > 0; n--)
		*at++ = (uint8_t)world_random(m->world);
}

static void port_since(void *ctx, struct slice room, struct seat_since *since)
{
	witness_since(ctx, room, since);
}

/* ---- coming and going ------------------------------------------------------------------------ */

void person_start(struct person *m)
{
	struct world *w = m->world;
	struct seat_config config = {.ways = {TRANSPORT_UDP, TRANSPORT_TCP},
				     .session = {.identity = sealed_identity(m->index + 1)},
				     .nick = m->name,
				     .since = {.mode = SINCE_SEQ},
				     .instance = 1 + world_random(w) % (UINT64_C(1) << 61)};
	struct seat_port port = {m, port_open, port_close, port_entropy, port_since};

	if (m->seat)
		return;
	world_note(w, m->index, "starts", 0, 0);
	w->figures.lives++;
	m->lives++;
	m->leaving = m->ended = m->asleep = false;
	m->started_us = w->now;
	witness_lives(m, w->disk && world_random(w) % 2 == 0);
	m->seat = seat_new(&config, &port, w->now);
	assert_non_null(m->seat);
	world_touch(m);
}

static void bury(struct person *m)
{
	seat_free(m->seat); /* closes what is open */
	m->seat = NULL;
	timerq_remove(&m->world->clocks, &m->clock);
}

void person_kill(struct person *m, bool power_off)
{
	if (!m->seat)
		return;
	world_note(m->world, m->index, power_off ? "loses power" : "is killed", 0, 0);
	for (unsigned i = 0; i < SEAT_SLOTS && power_off; i++)
		if (m->slots[i])
			m->slots[i]->broken = true; /* nobody says that it closes */
	bury(m);
}

void person_leave(struct person *m)
{
	if (!m->seat || m->leaving)
		return;
	world_note(m->world, m->index, "leaves", 0, 0);
	m->leaving = true;
	m->left_us = m->world->now;
	seat_leave(m->seat, m->world->now, "");
	world_touch(m);
}

void person_free(struct person *m)
{
	if (m->seat)
		bury(m);
}

bool person_runs(const struct person *m)
{
	return m->seat != NULL;
}

bool person_settled(const struct person *m)
{
	return m->seat && seat_state(m->seat) == SEAT_ONLINE && m->unanswered == 0 &&
	       seat_settled(m->seat) && witness_heard_all(m);
}

/* ---- what happens to it ---------------------------------------------------------------------- */

static void drain(struct person *m)
{
	struct seat_event ev;

	while (seat_event(m->seat, m->world->now, &ev))
		witness_told(m, &ev);
}

/* The bytes are the seat's only until this returns. */
void person_receive(struct person *m, struct flow *f, void *bytes, size_t n)
{
	if (m->slots[f->slot] != f)
		world_fail(m->world, "an open link that the seat does not have");
	seat_feed(m->seat, m->world->now, f->slot, bytes, n);
	drain(m);
	world_touch(m);
}

void person_link_failed(struct person *m, struct flow *f, const char *why)
{
	if (!f->open)
		return;
	world_note(m->world, m->index, "link failed", f->slot, 0);
	seat_link_failed(m->seat, m->world->now, f->slot, why);
	world_touch(m);
}

static void put_out(struct person *m, unsigned slot)
{
	uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];

	while (m->slots[slot] && flow_takes(m->slots[slot])) {
		struct buf b = buf_of(storage, sizeof(storage));
		size_t size;
		if (!seat_output(m->seat, m->world->now, slot, &b, &size))
			return;
		for (size_t at = 0; at < b.len; at += size)
			flow_send(m->slots[slot], b.data + at,
				  b.len - at < size ? b.len - at : size);
	}
}

/* As client/link.c does it with sockets. */
static void pump_once(struct person *m)
{
	if (seat_deadline(m->seat) <= m->world->now)
		seat_tick(m->seat, m->world->now);
	drain(m);
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		put_out(m, i);
	drain(m);
}

void person_pump(struct person *m)
{
	uint64_t now = m->world->now;

	if (!m->seat || m->asleep)
		return;
	for (int i = 0; i < PUMP_ROUNDS; i++) {
		pump_once(m);
		if (seat_deadline(m->seat) > now)
			break;
	}
	if (m->ended) {
		bury(m);
		return;
	}
	assert_int_equal(timerq_set(&m->world->clocks, &m->clock, seat_deadline(m->seat)),
			 ERR_NONE);
}

/* ---- what its owner does --------------------------------------------------------------------- */

/* What its seat calls that place now; of a room of two that it does not know, as it would ask for it. */
static struct slice name_of(const struct person *m, unsigned where, char name[WORLD_WHERE_MAX])
{
	for (size_t i = 1; i < m->ear_count && where >= WORLD_PEOPLE; i++) {
		const struct ear *e = &m->ears[i];
		if (e->in && witness_is_there(m->world, e->log, m->index, where))
			return seat_room_name(m->seat, e->log->room);
	}
	world_where(m->world, where, name);
	return slice_of(name, strlen(name));
}

/* What is said, is said there. */
static bool say(struct person *m, struct seat_line line, struct asked a)
{
	char name[WORLD_WHERE_MAX];
	uint64_t ticket;

	if (!m->seat || m->leaving)
		return false;
	line.kind = a.kind;
	line.room = name_of(m, a.where, name);
	a.at = m->world->now;
	if (seat_say(m->seat, &line, &ticket) != ERR_NONE)
		return false;
	world_note(m->world, m->index, "says; kind where, number", a.kind * 100u + a.where,
		   (uint64_t)a.talk);
	witness_said(m, ticket, &a);
	world_touch(m);
	return true;
}

/* A talk is noted first: its number is in it. */
static struct slice write_talk(struct person *m, unsigned where, size_t len, int64_t edits)
{
	static char text[TEXT_MAX_BYTES];
	struct world *w = m->world;
	struct talk *t = WORLD_GROW(w->talks, w->talk_count);

	*t = (struct talk){.person = m->index,
			   .life = m->lives,
			   .where = where,
			   .edits = edits,
			   .len = len,
			   .said_us = w->now};
	t->len = witness_text(w, w->talk_count - 1, text);
	return slice_of(text, t->len);
}

static struct asked asks(enum command_kind kind, unsigned where)
{
	return (struct asked){.kind = kind, .where = where, .talk = -1};
}

bool person_say_in(struct person *m, unsigned where, size_t len)
{
	struct world *w = m->world;
	struct asked a = asks(COMMAND_TALK, where);
	struct seat_line line = {.text = write_talk(m, where, len, -1)};

	a.talk = (int64_t)w->talk_count - 1;
	bool said = say(m, line, a);
	w->figures.talks += said;
	return said;
}

bool person_say(struct person *m, size_t len)
{
	return person_say_in(m, 0, len);
}

bool person_ask_who(struct person *m)
{
	return say(m, (struct seat_line){.text = slice_of("", 0)}, asks(COMMAND_WHO, 0));
}

bool person_rename(struct person *m, unsigned n)
{
	char name[40];
	int len = snprintf(name, sizeof(name), "%s-%u", m->name, n);

	return say(m, (struct seat_line){.text = slice_of(name, (size_t)len)},
		   asks(COMMAND_NICK, 0));
}

bool person_away(struct person *m, unsigned n)
{
	static const char *const words[] = {"", "lunch", "回头见"};

	return say(m, (struct seat_line){.text = slice_of(words[n], strlen(words[n]))},
		   asks(COMMAND_AWAY, 0));
}

bool person_enter(struct person *m, unsigned where)
{
	return say(m, (struct seat_line){.target = 0}, asks(COMMAND_ENTER, where));
}

bool person_part(struct person *m, unsigned where)
{
	bool said = say(m, (struct seat_line){.target = 0}, asks(COMMAND_PART, where));

	m->left_rooms |= said;
	return said;
}

/* The newest of its own that it knows to be there; -1: none. */
static int64_t last_talk(const struct person *m)
{
	const struct world *w = m->world;

	for (size_t i = w->talk_count; i-- > 0;) {
		const struct talk *t = &w->talks[i];
		if (t->person == m->index && t->life == m->lives && t->answered && t->edits < 0)
			return (int64_t)i;
	}
	return -1;
}

bool person_recall(struct person *m)
{
	int64_t i = last_talk(m);
	const struct talk *t = i >= 0 ? &m->world->talks[i] : NULL;

	return t && say(m, (struct seat_line){.target = t->seq}, asks(COMMAND_RECALL, t->where));
}

bool person_edit(struct person *m, size_t len)
{
	int64_t i = last_talk(m);

	if (i < 0)
		return false;
	struct slice text = write_talk(m, m->world->talks[i].where, len, i);
	const struct talk *t = &m->world->talks[i];
	struct asked a = asks(COMMAND_EDIT, t->where);
	a.talk = (int64_t)m->world->talk_count - 1;
	return say(m, (struct seat_line){.text = text, .target = t->seq}, a);
}

bool person_look_back(struct person *m, unsigned where, uint64_t before)
{
	return say(m, (struct seat_line){.before = before, .count = 20}, asks(COMMAND_PAGE, where));
}

bool person_search(struct person *m, uint64_t talk)
{
	char words[24];
	int len = snprintf(words, sizeof(words), "%llu", (unsigned long long)talk);

	return say(m, (struct seat_line){.text = slice_of(words, (size_t)len)},
		   asks(COMMAND_SEARCH, 0));
}

struct path *person_path(struct person *m)
{
	return &m->path;
}

void person_path_changed(struct person *m)
{
	world_note(m->world, m->index, "has another path", m->path.loss, m->path.delay_us);
	world_note(m->world, m->index, "  mtu; cuts (u t ^ v)", m->path.mtu,
		   m->path.no_udp * 1000u + m->path.no_tcp * 100u + m->path.no_up * 10u +
			   m->path.no_down);
	paths_wake(m->world, m);
	witness_health(m->world);
}

void person_move(struct person *m, bool told)
{
	world_note(m->world, m->index, "moves", told, 0);
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		if (m->slots[i])
			flow_move(m->slots[i]);
	if (m->seat && told && !m->asleep) {
		seat_network_changed(m->seat, m->world->now);
		world_touch(m);
	}
}

void person_sleep(struct person *m, bool asleep)
{
	if (m->asleep == asleep || !m->seat)
		return;
	world_note(m->world, m->index, asleep ? "sleeps" : "wakes", 0, 0);
	m->asleep = asleep;
	if (asleep)
		timerq_remove(&m->world->clocks, &m->clock);
	else
		paths_wake(m->world, m);
	witness_health(m->world);
	world_touch(m);
}

void person_reset_streams(struct person *m)
{
	for (unsigned i = 0; i < SEAT_SLOTS && !m->asleep; i++)
		if (m->slots[i])
			flow_reset(m->slots[i]);
}

void person_tamper(struct person *m)
{
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		if (m->slots[i])
			m->slots[i]->tampered[UP] = m->slots[i]->tampered[DOWN] = true;
}

void person_doubt(struct person *m)
{
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		if (m->slots[i] && m->slots[i]->transport == TRANSPORT_UDP)
			flow_doubt(m->slots[i]);
}

void person_spoof(struct person *m, unsigned n)
{
	m->spoof = n;
}

uint64_t person_heard(const struct person *m)
{
	const struct ear *lobby = &m->ears[0];

	return lobby->log == m->world->lobby ? lobby->next - 1 : 0;
}

enum transport person_transport(const struct person *m)
{
	return m->seat ? seat_transport(m->seat) : 0;
}
