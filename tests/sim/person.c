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

/* ---- coming and going ------------------------------------------------------------------------ */

void person_start(struct person *m)
{
	struct world *w = m->world;
	struct seat_config config = {.ways = {TRANSPORT_UDP, TRANSPORT_TCP},
				     .session = {.identity = sealed_identity(m->index + 1)},
				     .nick = m->name,
				     .since = {.mode = SINCE_SEQ},
				     .instance = 1 + world_random(w) % (UINT64_C(1) << 61)};
	struct seat_port port = {m, port_open, port_close, port_entropy, NULL};

	if (m->seat)
		return;
	world_note(w, m->index, "starts", 0, 0);
	w->figures.lives++;
	m->lives++;
	m->leaving = m->ended = m->asleep = false;
	witness_lives(m);
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
	const struct world *w = m->world;
	const struct chronicle *log = w->logs[w->log_count - 1];

	return m->seat && seat_state(m->seat) == SEAT_ONLINE && m->unanswered == 0 &&
	       seat_settled(m->seat) && m->log == log && m->next == log->count + 1;
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
		if (!seat_output(m->seat, m->world->now, slot, &b))
			return;
		flow_send(m->slots[slot], b.data, b.len);
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

static bool say(struct person *m, enum command_kind kind, struct slice text, int64_t talk)
{
	uint64_t ticket;
	struct seat_line line = {.kind = kind, .text = text};
	enum err e = seat_say(m->seat, &line, &ticket);

	if (e != ERR_NONE)
		return false;
	witness_said(m, ticket, talk);
	world_touch(m);
	return true;
}

bool person_say(struct person *m, size_t len)
{
	static char text[TEXT_MAX_BYTES];
	struct world *w = m->world;
	struct talk *t;

	if (!m->seat || m->leaving)
		return false;
	t = WORLD_GROW(w->talks, w->talk_count);
	*t = (struct talk){.person = m->index, .life = m->lives, .len = len, .said_us = w->now};
	len = witness_text(w, w->talk_count - 1, text);
	t->len = len;
	w->figures.talks++;
	world_note(w, m->index, "says", w->talk_count - 1, len);
	return say(m, COMMAND_TALK, slice_of(text, len), (int64_t)w->talk_count - 1);
}

bool person_ask_who(struct person *m)
{
	return m->seat && !m->leaving && say(m, COMMAND_WHO, slice_of("", 0), -1);
}

bool person_rename(struct person *m, unsigned n)
{
	char name[40];
	int len = snprintf(name, sizeof(name), "%s-%u", m->name, n);

	return m->seat && !m->leaving && say(m, COMMAND_NICK, slice_of(name, (size_t)len), -1);
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
	const struct world *w = m->world;

	return m->log == w->logs[w->log_count - 1] ? m->next - 1 : 0;
}

enum transport person_transport(const struct person *m)
{
	return m->seat ? seat_transport(m->seat) : 0;
}
