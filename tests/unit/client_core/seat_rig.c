/* See seat_rig.h. */
#include "seat_rig.h"

#include "sealed.h"

#include "proto/packet.h"
#include "proto/timerq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void seat_works(const struct rig *r, bool was)
{
	if (r->seat_works)
		r->seat_works(was);
}

/* ---- the port ---------------------------------------------------------------------------------- */

static bool open_link(void *ctx, unsigned slot, enum transport t, size_t *address,
		      char why[SEAT_WHY_MAX])
{
	struct rig *r = ctx;
	struct rig_link *l = &r->links[slot];
	struct rig_way *w = &r->ways[t];
	size_t addresses = w->addresses ? w->addresses : 1;

	assert_true(slot < SEAT_SLOTS);
	assert_false(l->open);
	assert_true(*why == '\0');
	if (w->no_socket || *address >= addresses) {
		if (w->no_socket)
			strcpy(why, "no socket");
		return false;
	}
	*l = (struct rig_link){.open = true, .transport = t, .address = (*address)++};
	w->opened++;
	if (r->opens < RIG_NOTES)
		r->opened_at[r->opens++] = r->now;
	return true;
}

static void close_link(void *ctx, unsigned slot)
{
	struct rig *r = ctx;
	struct rig_link *l = &r->links[slot];

	assert_true(l->open);
	session_free(l->server);
	*l = (struct rig_link){.open = false};
}

/* What a caller knows of a room from before: r->known. */
static void since(void *ctx, struct slice room, struct seat_since *out)
{
	const struct rig *r = ctx;

	if (r->known.room && room.len == strlen(r->known.room) &&
	    memcmp(room.data, r->known.room, room.len) == 0)
		*out = r->known.since;
}

static void entropy(void *ctx, void *p, size_t n)
{
	struct rig *r = ctx;

	for (uint8_t *at = p; n > 0; n--) {
		r->random = r->random * UINT64_C(6364136223846793005) + 1442695040888963407;
		*at++ = (uint8_t)(r->random >> 56);
	}
}

/* ---- the rooms --------------------------------------------------------------------------------- */

void rig_append(struct rig *r, const char *text)
{
	house_append(&r->house.rooms[0], EVENT_TALK, "bob", slice_of(text, strlen(text)));
}

void rig_append_in(struct rig *r, const char *room, const char *text)
{
	house_append(rig_room(r, room), EVENT_TALK, "bob", slice_of(text, strlen(text)));
}

void rig_follow(struct rig *r, struct rig_room *room)
{
	room->in = true;
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (r->links[i].server && r->links[i].joined)
			assert_int_equal(session_follow(r->links[i].server, room->number, 1),
					 ERR_NONE);
}

void rig_open(struct rig *r, const char *who)
{
	char name[RIG_TEXT];

	snprintf(name, sizeof(name), "@%s", who);
	rig_follow(r, house_open(&r->house, name));
}

struct rig_room *rig_room(struct rig *r, const char *name)
{
	struct rig_room *room = house_find(&r->house, name);

	assert_non_null(room);
	assert_string_equal(room->name, name);
	return room;
}

void rig_forget_before(struct rig *r, uint64_t seq)
{
	r->house.rooms[0].kept_from = seq;
}

/* ---- the server's commands --------------------------------------------------------------------- */

static void carry_out(struct rig *r, struct rig_link *l, const struct command *c)
{
	house_carry_out(&r->house, l->server, &l->joined, c);
}

static void hold(struct rig *r, struct rig_link *l, const struct command *c)
{
	struct rig_held *h = &r->held[r->held_count++];

	assert_true(r->held_count <= RIG_HELD && c->text.len <= RIG_TEXT);
	h->link = l;
	h->command = *c;
	memcpy(h->text, c->text.data, c->text.len);
	h->command.text.data = (const uint8_t *)h->text;
}

void rig_hurry(struct rig *r)
{
	r->slow = false;
	for (size_t i = 0; i < r->held_count; i++)
		carry_out(r, r->held[i].link, &r->held[i].command);
	r->held_count = 0;
}

static void serve(struct rig *r, struct rig_link *l)
{
	struct session_event ev;

	while (l->server && session_event(l->server, r->now, &ev)) {
		if (ev.kind == SESSION_COMMAND && r->slow)
			hold(r, l, &ev.command);
		else if (ev.kind == SESSION_COMMAND)
			carry_out(r, l, &ev.command);
		if (ev.kind == SESSION_ENDED && ev.ended.by_peer)
			r->byes++;
	}
}

/* ---- links ------------------------------------------------------------------------------------- */

/* A stream with a hole in it never heals. */
static bool cut(const struct rig *r, struct rig_link *l, bool up)
{
	const struct rig_way *w = &r->ways[l->transport];
	bool is_cut = (up ? w->cut_up : w->cut_down) || l->address < w->dead_addresses;

	l->holed[up] |= is_cut && l->transport != TRANSPORT_UDP;
	return is_cut || l->holed[up];
}

static const struct secure_identity *server_identity(bool locked)
{
	static const uint8_t psk[NOISE_KEY] = "another password";
	static struct secure_identity other;

	if (!locked)
		return sealed_identity(SEALED_SERVER);
	secure_identity_from(&other, sealed_identity(SEALED_SERVER)->keys.secret, psk);
	return &other;
}

static void meet(struct rig *r, struct rig_link *l, const void *bytes, size_t n)
{
	struct session_config c = {.role = SESSION_SERVER,
				   .link = SESSION_STREAM,
				   .log = house_log(),
				   .log_ctx = &r->house};
	struct packet p;

	if (l->transport == TRANSPORT_UDP) {
		if (packet_get(bytes, n, &p) != ERR_NONE || p.type != PACKET_INIT)
			return;
		c.link = SESSION_DGRAM;
		c.remote_cid = p.cid;
		entropy(r, &c.local_cid, sizeof(c.local_cid));
	}
	if (l->transport != TRANSPORT_UNIX) {
		c.identity = server_identity(r->ways[l->transport].locked);
		entropy(r, c.ephemeral, sizeof(c.ephemeral));
	}
	l->server = session_new(&c, r->now);
	assert_non_null(l->server);
}

static void to_server(struct rig *r, unsigned slot, uint8_t *bytes, size_t n)
{
	struct rig_link *l = &r->links[slot];

	if (r->ways[l->transport].closed) {
		if (l->transport == TRANSPORT_UDP)
			seat_link_doubtful(r->seat, r->now, slot, "nobody listens there");
		else
			seat_link_failed(r->seat, r->now, slot, "nobody listens there");
		return;
	}
	if (cut(r, l, true) || l->forgotten)
		return;
	if (!l->server)
		meet(r, l, bytes, n);
	if (l->server) {
		session_feed(l->server, r->now, bytes, n);
		serve(r, l);
	}
}

static uint8_t scratch[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];

static bool seat_speaks(struct rig *r, unsigned slot)
{
	struct buf b = buf_of(scratch, sizeof(scratch));
	size_t size;

	seat_works(r, false);
	bool any = seat_output(r->seat, r->now, slot, &b, &size);
	seat_works(r, true);
	if (!any)
		return false;
	assert_true(r->links[slot].open);
	for (size_t at = 0; at < b.len; at += size)
		to_server(r, slot, b.data + at, b.len - at < size ? b.len - at : size);
	return true;
}

static void listen(struct rig *r);

static bool server_speaks(struct rig *r, unsigned slot)
{
	struct rig_link *l = &r->links[slot];
	struct buf b = buf_of(scratch, sizeof(scratch));

	if (!l->server || !session_output(l->server, r->now, &b))
		return false;
	serve(r, l);
	if (!cut(r, l, false)) {
		seat_works(r, false);
		seat_feed(r->seat, r->now, slot, b.data, b.len);
		listen(r);
		seat_works(r, true);
	}
	return true;
}

/* ---- turns ------------------------------------------------------------------------------------- */

static void listen(struct rig *r)
{
	struct seat_event ev;

	while (seat_event(r->seat, r->now, &ev))
		rig_note(r, &ev);
	assert_true(seat_state(r->seat) == r->state || r->ended);
}

static bool all_speak(struct rig *r)
{
	bool any = false;

	for (unsigned i = 0; i < SEAT_SLOTS; i++) {
		while (r->links[i].open && seat_speaks(r, i)) {
			any = true;
			listen(r);
		}
		while (r->links[i].open && server_speaks(r, i))
			any = true;
	}
	return any;
}

void rig_turn(struct rig *r)
{
	unsigned rounds = 0;

	do {
		for (unsigned i = 0; i < SEAT_SLOTS; i++) {
			if (r->links[i].server && session_deadline(r->links[i].server) <= r->now)
				session_tick(r->links[i].server, r->now);
			serve(r, &r->links[i]);
		}
		seat_works(r, false);
		if (seat_deadline(r->seat) <= r->now)
			seat_tick(r->seat, r->now);
		listen(r);
		seat_works(r, true);
		assert_true(++rounds < 10000);
	} while (all_speak(r) || seat_deadline(r->seat) <= r->now);
}

static uint64_t next_time(const struct rig *r)
{
	uint64_t at = seat_deadline(r->seat);

	for (unsigned i = 0; i < SEAT_SLOTS; i++) {
		const struct session *s = r->links[i].server;
		uint64_t t = s ? session_deadline(s) : TIMERQ_NEVER;
		at = t < at ? t : at;
	}
	return at;
}

void rig_run(struct rig *r, uint64_t microseconds)
{
	uint64_t until = r->now + microseconds;

	rig_turn(r);
	while (next_time(r) <= until) {
		r->now = next_time(r) > r->now ? next_time(r) : r->now + 1;
		rig_turn(r);
	}
	r->now = until;
}

struct seat_config rig_config(void)
{
	return (struct seat_config){.ways = {TRANSPORT_UDP, TRANSPORT_TCP},
				    .session = {.identity = sealed_identity(1)},
				    .nick = "alice",
				    .since = {.mode = SINCE_LAST, .since = 50},
				    .instance = 77};
}

void rig_begin(struct rig *r, const struct seat_config *config)
{
	struct seat_port port = {r, open_link, close_link, entropy, since};

	struct rig_known known = r->known;

	memset(r, 0, sizeof(*r));
	r->known = known;
	r->now = UINT64_C(1000) * SECOND;
	r->random = 20261121;
	house_begin(&r->house);
	struct seat_config c = *config;
	c.names = r->house.names;
	r->seat = seat_new(&c, &port, r->now);
	assert_non_null(r->seat);
}

void rig_join_by(struct rig *r, enum transport way)
{
	struct seat_config config = rig_config();

	config.ways[0] = way;
	config.ways[1] = 0;
	rig_begin(r, &config);
	rig_turn(r);
	assert_int_equal(r->state, SEAT_ONLINE);
	assert_int_equal(r->joined, 1);
}

void rig_join(struct rig *r)
{
	struct seat_config config = rig_config();

	rig_begin(r, &config);
	rig_turn(r);
	assert_int_equal(r->state, SEAT_ONLINE);
	assert_int_equal(r->transport, TRANSPORT_UDP);
}

void rig_end(struct rig *r)
{
	seat_free(r->seat);
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		assert_false(r->links[i].open);
	house_end(&r->house);
	r->known = (struct rig_known){.room = NULL};
}

static uint64_t say(struct rig *r, enum command_kind kind, const char *room, const char *text)
{
	struct seat_line line = {.kind = kind,
				 .room = slice_of(room, strlen(room)),
				 .text = slice_of(text, strlen(text))};
	uint64_t ticket;

	assert_int_equal(seat_say(r->seat, &line, &ticket), ERR_NONE);
	return ticket;
}

uint64_t rig_say(struct rig *r, const char *text)
{
	return say(r, COMMAND_TALK, "", text);
}

uint64_t rig_say_in(struct rig *r, const char *room, const char *text)
{
	return say(r, COMMAND_TALK, room, text);
}

uint64_t rig_enter(struct rig *r, const char *room)
{
	return say(r, COMMAND_ENTER, room, "");
}

uint64_t rig_part(struct rig *r, const char *room)
{
	return say(r, COMMAND_PART, room, "");
}

/* ---- the world --------------------------------------------------------------------------------- */

void rig_cut(struct rig *r, enum transport t, bool is_cut)
{
	r->ways[t].cut_up = r->ways[t].cut_down = is_cut;
}

void rig_break_links(struct rig *r, enum transport t)
{
	for (unsigned i = 0; i < SEAT_SLOTS; i++) {
		struct rig_link *l = &r->links[i];
		if (!l->open || l->transport != t)
			continue;
		session_free(l->server);
		l->server = NULL;
		l->forgotten = true;
		if (t != TRANSPORT_UDP)
			seat_link_failed(r->seat, r->now, i, "the server closed the connection");
	}
}

void rig_die(struct rig *r)
{
	r->ways[TRANSPORT_UDP].closed = r->ways[TRANSPORT_TCP].closed = true;
	r->ways[TRANSPORT_UNIX].closed = true;
	for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_UNIX; t++)
		rig_break_links(r, t);
}

void rig_restart(struct rig *r, bool with_log)
{
	r->ways[TRANSPORT_UDP].closed = r->ways[TRANSPORT_TCP].closed = false;
	r->ways[TRANSPORT_UNIX].closed = false;
	for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_UNIX; t++)
		rig_break_links(r, t);
	if (!with_log)
		house_wipe(&r->house);
}

void rig_goodbye(struct rig *r, enum code code)
{
	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		if (r->links[i].server)
			session_close(r->links[i].server, r->now, code, "");
}

unsigned rig_links(const struct rig *r, enum transport t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SEAT_SLOTS; i++)
		n += r->links[i].open && r->links[i].transport == t;
	return n;
}

bool rig_heard(const struct rig *r, const char *const texts[])
{
	size_t n = 0;

	for (; texts[n]; n++)
		if (n >= r->heard_count || strcmp(texts[n], r->heard_from[n]) != 0)
			return false;
	return n == r->heard_count;
}
