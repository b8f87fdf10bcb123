/*
 * The peers' table under a script of everything that can come from outside: datagrams and stream bytes
 * from wherever, connections that come, block, open up and break, time, kicks, the server's end.
 *
 * A stream is closed once and not touched afterwards; nobody gets more bytes than it sent before it has
 * answered; time never stands still; and after the server's end nobody is left, soon.
 */
#include "fuzz.h"

#include "core/peers.h"
#include "proto/record.h"
#include "proto/timerq.h"

enum { HOSTS = 8, LINKS = 8 };

struct link {
	struct peer *peer; /* NULL: not connected, or closed by the server */
	size_t room;	   /* bytes that it takes now */
};

struct host {
	struct address address;
	uint64_t cid, number; /* offered by the server; of the next packet */
	size_t received, sent;
	bool answered;
};

struct world {
	struct hub *hub;
	struct peers *peers;
	struct host hosts[HOSTS];
	struct link links[LINKS];
	uint64_t now, drawn;
	uint64_t ids[HOSTS + LINKS]; /* of the next command of each */
};

static struct instant instant(const struct world *w)
{
	return (struct instant){.mono_us = w->now, .wall_ms = (int64_t)(w->now / 1000)};
}

/* ---- the outside as the server sees it --------------------------------------------------------- */

static void send_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	struct world *w = ctx;
	struct host *h = &w->hosts[to->port];
	struct packet packet;

	CHECK(via == 3 && to->port < HOSTS && address_equal(to, &h->address));
	CHECK(n <= WIRE_PACKET_MAX && packet_get(p, n, &packet) == ERR_NONE);
	if (packet.type == PACKET_RESP)
		h->cid = packet.server_cid;
	h->sent += n;
	CHECK(h->answered || h->sent <= h->received);
}

static size_t send_stream(void *ctx, void *link, const void *p, size_t n)
{
	struct link *l = link;
	size_t taken = n < l->room ? n : l->room;

	(void)ctx;
	CHECK(l->peer && n > 0 && p);
	l->room -= taken;
	return taken;
}

static void close_stream(void *ctx, void *link)
{
	struct link *l = link;

	(void)ctx;
	CHECK(l->peer);
	l->peer = NULL;
}

static void entropy(void *ctx, void *p, size_t n)
{
	struct world *w = ctx;

	for (uint8_t *at = p; n > 0; n--) {
		w->drawn = w->drawn * UINT64_C(6364136223846793005) + 1442695040888963407;
		*at++ = (uint8_t)(w->drawn >> 56);
	}
}

/* ---- what can happen --------------------------------------------------------------------------- */

static void datagram(struct world *w, struct host *h, const uint8_t *bytes, size_t n)
{
	struct packet p;
	uint8_t *exact = malloc(n ? n : 1);

	CHECK(exact);
	memcpy(exact, bytes, n);
	h->received += n;
	if (packet_get(bytes, n, &p) == ERR_NONE && p.type == PACKET_DATA && h->cid &&
	    p.cid == h->cid)
		h->answered = true;
	peers_datagram(w->peers, instant(w), &h->address, 3, exact, n);
	free(exact);
}

static void stream_bytes(struct world *w, struct link *l, const uint8_t *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	CHECK(exact);
	memcpy(exact, bytes, n);
	if (l->peer && n > 0)
		peers_stream(w->peers, instant(w), l->peer, exact, n);
	free(exact);
}

/* A command as an honest client would give it, with a text that the script chooses. */
static void put_command(struct world *w, size_t who, struct script *in, struct buf *b)
{
	uint8_t choice = script_u8(in), text[32];
	struct command c = {.id = ++w->ids[who], .room = WIRE_LOBBY, .since = choice};

	c.kind = c.id == 1 ? COMMAND_JOIN : choice % 8 < 4 ? COMMAND_TALK : choice % 8;
	c.text = slice_of(text, script_take(in, text, script_u8(in) % sizeof(text)));
	if (c.kind == COMMAND_JOIN) {
		text[0] = (uint8_t)('a' + choice % 4);
		c.text.len = 1;
	}
	command_put(b, &c);
}

static void by_packet(struct world *w, size_t i, struct script *in)
{
	static uint8_t storage[WIRE_PACKET_MAX];
	struct host *h = &w->hosts[i];
	struct buf b = buf_of(storage, sizeof(storage));
	uint8_t how = script_u8(in), bytes[64];

	if (how % 4 == 0) {
		init_put(&b, how);
		w->ids[i] = h->number = 0;
	} else if (how % 4 == 1) { /* raw */
		buf_put_bytes(&b, bytes, script_take(in, bytes, sizeof(bytes)));
	} else {
		data_header_put(&b, h->cid, h->number++);
		if (how % 4 == 2)
			put_command(w, i, in, &b);
		if (how & 0x10)
			cursor_put(&b, WIRE_LOBBY, script_u8(in));
		if (how & 0x20)
			ack_put(&b, &(struct ack){.count = 1, .ranges = {{0, script_u8(in)}}});
		if (how & 0x40)
			buf_put_bytes(&b, bytes, script_take(in, bytes, script_u8(in) % 64));
	}
	datagram(w, h, storage, b.len);
}

static void by_stream(struct world *w, size_t i, struct script *in)
{
	static uint8_t storage[4096];
	struct link *l = &w->links[i];
	struct buf b = buf_of(storage, sizeof(storage));
	uint8_t how = script_u8(in), bytes[64];

	if (how % 4 == 0) {
		buf_put_bytes(&b, bytes, script_take(in, bytes, script_u8(in) % 64));
	} else {
		size_t at = record_open(&b);
		if (how % 4 == 1)
			hello_put(&b);
		else
			put_command(w, HOSTS + i, in, &b);
		if (how & 0x40)
			buf_put_bytes(&b, bytes, script_take(in, bytes, script_u8(in) % 64));
		record_close(&b, at);
		if (how & 0x80) /* in two pieces */
			b.len /= 2;
	}
	stream_bytes(w, l, storage, b.len);
	if (how & 0x80)
		stream_bytes(w, l, storage + b.len, b.len);
}

static void connect(struct world *w, size_t i)
{
	struct link *l = &w->links[i];
	struct address from = {.transport = TRANSPORT_TCP, .port = (uint16_t)i};

	if (l->peer)
		return;
	w->ids[HOSTS + i] = 0;
	l->room = SIZE_MAX;
	l->peer = peers_accept(w->peers, instant(w), &from, l);
}

static void open_up(struct world *w, size_t i, size_t room)
{
	struct link *l = &w->links[i];

	l->room = room;
	if (l->peer && room > 0)
		peers_writable(w->peers, l->peer);
}

/* The end of a turn, and what is due by now. */
static void turn(struct world *w)
{
	for (unsigned n = 0; peers_pump(w->peers, instant(w)); n++)
		CHECK(n < 10000);
	for (unsigned n = 0; peers_deadline(w->peers) <= w->now; n++) {
		CHECK(n < 4); /* time stands still */
		peers_tick(w->peers, instant(w));
		for (unsigned m = 0; peers_pump(w->peers, instant(w)); m++)
			CHECK(m < 10000);
	}
	CHECK(roster_count(hub_roster(w->hub)) <= peers_count(w->peers));
}

static void manage(struct world *w, struct script *in)
{
	uint8_t choice = script_u8(in), name = (uint8_t)('a' + choice % 4);
	static uint8_t text[8192];

	if (choice < 128) {
		enum err e =
			peers_kick(w->peers, instant(w), slice_of(&name, 1), slice_of("begone", 6));
		CHECK(e == ERR_NONE || e == ERR_NOT_FOUND);
		return;
	}
	memset(text, name, sizeof(text));
	CHECK(hub_announce(w->hub, slice_of(text, 1 + (choice & 0x7f) * 64u), 1) == ERR_NONE);
}

static void act(struct world *w, struct script *in)
{
	uint8_t op = script_u8(in);
	size_t i = (op >> 4) % LINKS;

	switch (op % 16) {
	case 0:
		connect(w, i);
		break;
	case 1:
		if (w->links[i].peer)
			peers_hangup(w->peers, instant(w), w->links[i].peer);
		break;
	case 2:
		open_up(w, i, script_u8(in) < 128 ? 0 : script_u16(in));
		break;
	case 3:
		w->now += (uint64_t)script_u8(in) * 2000;
		break;
	case 4:
		w->now += (uint64_t)script_u8(in) * 300000;
		break;
	case 5:
		manage(w, in);
		break;
	case 6:
		peers_tick(w->peers, instant(w)); /* early, and without a turn's end */
		break;
	default:
		if (op % 2)
			by_packet(w, i, in);
		else
			by_stream(w, i, in);
		if (op % 16 < 13) /* more in the same turn */
			return;
	}
	turn(w);
}

/* ---- beginning and end ------------------------------------------------------------------------- */

static void begin(struct world *w, uint8_t how)
{
	struct hub_config hub = {.room_bytes = how & 1 ? 1 : 1 << 20, .max_members = 6};
	struct peers_config peers = {.max_peers = 12};
	struct peers_port port = {w, send_packet, send_stream, close_stream, entropy};

	*w = (struct world){.now = 1000000, .drawn = how};
	for (size_t i = 0; i < HOSTS; i++)
		w->hosts[i].address =
			(struct address){.transport = TRANSPORT_UDP, .port = (uint16_t)i};
	w->hub = hub_new(&hub, NULL);
	CHECK(w->hub);
	w->peers = peers_new(&peers, w->hub, &port);
	CHECK(w->peers);
}

/* All are told goodbye; who does not take it is gone soon all the same. */
static void finish(struct world *w)
{
	peers_shutdown(w->peers, instant(w));
	for (unsigned i = 0; i < 100 && peers_count(w->peers) > 0; i++) {
		turn(w);
		w->now += 100000;
	}
	turn(w);
	CHECK(peers_count(w->peers) == 0 && roster_count(hub_roster(w->hub)) == 0);
	CHECK(peers_deadline(w->peers) == TIMERQ_NEVER);
	for (size_t i = 0; i < LINKS; i++)
		CHECK(!w->links[i].peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct world w;
	struct script in = {bytes, n};
	uint8_t how = script_u8(&in);

	begin(&w, how);
	while (in.len > 0)
		act(&w, &in);
	if (how & 2)
		finish(&w);
	peers_free(w.peers);
	hub_free(w.hub);
	return 0;
}
