/*
 * The peers' table under a script of everything that can come from outside: datagrams and stream bytes
 * from wherever, clients that shake hands, move, and then say under their own keys whatever they like,
 * connections that come, block, open up and break, time, kicks, recalls, a store that is late or
 * fails, the server's end.
 *
 * A stream is closed once and not touched afterwards; no place gets more bytes than came from there,
 * and none three times that, before somebody has read there and answered; time never stands still;
 * nobody gets an event of a room of two that is not his; and after the server's end nobody is left, soon.
 */
#include "cut_train.h"
#include "fuzz_command.h"
#include "fuzz_store.h"

#include "core/peers.h"
#include "sealed.h"

#include "proto/packet.h"
#include "proto/record.h"
#include "proto/session_internal.h"
#include "proto/timerq.h"

enum {
	HOSTS = 8,
	LINKS = 8,     /* of even number: local, in the clear */
	PLACES = 2,    /* of a host: its ports i and i + HOSTS */
	INBOX = 32,    /* packets that a host has not read */
	UNREAD = 8192, /* bytes that a link has not read; what comes then is lost */
	MEMBERS = 6,
	GRACE = 5000000,
	FORGED = 100000, /* packet numbers of what is forged begin here */
	SHARDS = 3,
};

struct link {
	struct peer *peer;	 /* NULL: not connected, or closed by the server */
	size_t room;		 /* bytes that it takes now */
	struct session *session; /* NULL: in the clear */
	uint8_t unread[UNREAD];
	size_t len;
};

struct packet_bytes {
	uint8_t bytes[WIRE_PACKET_MAX];
	size_t len, place;
};

struct place {
	size_t received, sent; /* by the server */
	bool reached, answered;
};

struct host {
	struct session *session;
	struct place places[PLACES];
	size_t place;				/* where it is */
	uint64_t number;			/* of the next forged packet */
	struct packet_bytes inbox[INBOX], last; /* the last that it sent */
	size_t count;
};

struct world {
	struct hub *hub;
	struct peers *peers;
	struct host hosts[HOSTS];
	struct link links[LINKS];
	uint64_t now, drawn;
	uint64_t ids[HOSTS + LINKS]; /* of the next command of each */
	bool stored;
	struct fuzz_store store;
};

static struct instant instant(const struct world *w)
{
	return (struct instant){.mono_us = w->now, .wall_ms = (int64_t)(w->now / 1000)};
}

/* ---- the outside as the server sees it --------------------------------------------------------- */

static struct address address_of(size_t host, size_t place)
{
	return (struct address){.transport = TRANSPORT_UDP,
				.port = (uint16_t)(host + place * HOSTS)};
}

static void send_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	struct world *w = ctx;
	struct host *h = &w->hosts[to->port % HOSTS];
	struct place *place = &h->places[to->port / HOSTS];
	struct packet packet;

	CHECK(via == 3 && to->port < HOSTS * PLACES);
	CHECK(n <= WIRE_PACKET_MAX && packet_get(p, n, &packet) == ERR_NONE);
	place->sent += n;
	/* what asks whether somebody is there may be more than the packet that made it ask */
	CHECK(place->answered ||
	      place->sent <= (packet.type == PACKET_DATA ? 3 : 1) * place->received);
	if (h->count == INBOX)
		return;
	struct packet_bytes *in = &h->inbox[h->count++];
	memcpy(in->bytes, p, n);
	in->len = n;
	in->place = to->port / HOSTS;
}

static void send_train(void *ctx, unsigned shard, const struct address *to, int via,
		       const void *bytes, size_t n, size_t size)
{
	(void)shard;
	cut_train(send_packet, ctx, to, via, bytes, n, size);
}

static size_t send_stream(void *ctx, void *link, const void *p, size_t n)
{
	struct link *l = link;
	size_t taken = n < l->room ? n : l->room;
	size_t kept = taken < UNREAD - l->len ? taken : UNREAD - l->len;

	(void)ctx;
	CHECK(l->peer && n > 0 && p);
	l->room -= taken;
	memcpy(l->unread + l->len, p, kept);
	l->len += kept;
	return taken;
}

static void await_writable(void *ctx, void *link)
{
	(void)ctx;
	(void)link;
}

static void close_stream(void *ctx, void *link)
{
	struct link *l = link;

	(void)ctx;
	CHECK(l->peer);
	l->peer = NULL;
}

static void together(void *ctx, void (*fn)(void *arg, unsigned shard), void *arg)
{
	(void)ctx;
	for (unsigned i = SHARDS; i-- > 0;)
		fn(arg, i);
}

static void entropy(void *ctx, void *p, size_t n)
{
	struct world *w = ctx;

	for (uint8_t *at = p; n > 0; n--) {
		w->drawn = w->drawn * UINT64_C(6364136223846793005) + 1442695040888963407;
		*at++ = (uint8_t)(w->drawn >> 56);
	}
}

/* ---- hosts ------------------------------------------------------------------------------------- */

static void datagram(struct world *w, size_t i, const uint8_t *bytes, size_t n)
{
	struct host *h = &w->hosts[i];
	struct place *place = &h->places[h->place];
	struct address from = address_of(i, h->place);
	uint8_t *exact = malloc(n ? n : 1);

	CHECK(exact);
	if (n > 0)
		memcpy(exact, bytes, n);
	place->received += n;
	/* what it read in one place it may answer from another */
	for (size_t at = 0; at < PLACES && n > 0 && bytes[0] >= PACKET_FIN; at++)
		h->places[at].answered |= h->places[at].reached;
	const struct peers_arrival arrival = {from, 3, exact, n};
	peers_datagrams(w->peers, instant(w), &arrival, 1);
	free(exact);
}

static void check_heard(struct world *w, const struct session *s, const struct event *e)
{
	CHECK(!w->stored || fuzz_may_see(&w->store, e->room, s->terms->identity->keys.public));
}

static void drain(struct world *w, struct session *s)
{
	struct session_event ev;
	struct event e;
	struct slice raw;

	while (session_event(s, w->now, &ev)) {
		CHECK(ev.kind != SESSION_COMMAND && ev.kind != SESSION_PATH);
		if (ev.kind == SESSION_EVENT)
			check_heard(w, s, &ev.heard.event);
		if (ev.kind == SESSION_REPLY && reply_sound(&ev.reply, COMMAND_PAGE))
			while (page_get(&ev.reply.text, &e, &raw))
				check_heard(w, s, &e);
	}
}

/* What the host itself has to say. */
static void speak(struct world *w, size_t i)
{
	struct host *h = &w->hosts[i];
	struct buf b = buf_of(h->last.bytes, WIRE_PACKET_MAX);

	if (!h->session)
		return;
	if (session_deadline(h->session) <= w->now)
		session_tick(h->session, w->now);
	drain(w, h->session);
	for (unsigned n = 0; session_output(h->session, w->now, &b); n++) {
		CHECK(n < 10000);
		datagram(w, i, b.data, b.len);
		h->last.len = b.len;
		b.len = 0;
		drain(w, h->session);
	}
}

static void listen(struct world *w, size_t i)
{
	struct host *h = &w->hosts[i];

	for (size_t n = 0; n < h->count; n++) {
		h->places[h->inbox[n].place].reached = true;
		if (!h->session)
			continue;
		session_feed(h->session, w->now, h->inbox[n].bytes, h->inbox[n].len);
		drain(w, h->session);
	}
	h->count = 0;
	speak(w, i);
}

static void knock(struct world *w, size_t i, uint8_t draw)
{
	struct host *h = &w->hosts[i];
	struct session_config config = sealed_client(1 + draw % 5, SESSION_DGRAM, draw);

	session_free(h->session);
	h->session = session_new(&config, w->now);
	CHECK(h->session);
	h->number = FORGED;
	w->ids[i] = 0;
	speak(w, i);
}

static void put_command(struct world *w, size_t who, struct script *in, struct buf *b)
{
	uint8_t text[32];
	struct command c = draw_command(++w->ids[who], in, text);

	command_put(b, &c);
}

static void command(struct world *w, size_t i, struct script *in)
{
	struct host *h = &w->hosts[i];
	uint8_t text[32];

	if (!h->session)
		return;
	struct command c = draw_command(w->ids[i] + 1, in, text);
	if (session_command(h->session, &c) == ERR_NONE)
		w->ids[i] = c.id;
	speak(w, i);
}

/* Frames of the script's, under the host's own keys if it has any. */
static void forge(struct world *w, size_t i, struct script *in, uint8_t how)
{
	uint8_t frames[512], storage[WIRE_PACKET_MAX], bytes[64];
	struct host *h = &w->hosts[i];
	struct buf f = buf_of(frames, sizeof(frames)), b = buf_of(storage, sizeof(storage));

	if (how & 0x08)
		put_command(w, i, in, &f);
	if (how & 0x10)
		cursor_put(&f, WIRE_LOBBY, script_u8(in));
	if (how & 0x20)
		ack_put(&f, &(struct ack){.count = 1, .ranges = {{0, script_u8(in)}}});
	if (how & 0x40)
		buf_put_bytes(&f, bytes, script_take(in, bytes, script_u8(in) % 64));
	if (how & 0x80)
		path_put(&f, FRAME_PATH_RESPONSE, script_u8(in));
	CHECK(!f.failed);
	if (h->session && h->session->secure.ready) {
		sealed_packet(h->session, h->number++, &f, &b);
	} else {
		data_header_put(&b, how & 1, script_u8(in), how);
		buf_put_bytes(&b, f.data, f.len);
	}
	datagram(w, i, storage, b.len);
}

/* What it sent last, once more, and perhaps not quite that. */
static void repeat(struct world *w, size_t i, struct script *in, bool bent)
{
	struct host *h = &w->hosts[i];
	struct packet_bytes copy = h->last;

	if (copy.len > 0 && bent) {
		size_t at = script_u16(in) % copy.len;
		copy.bytes[at] ^= script_u8(in);
	}
	datagram(w, i, copy.bytes, copy.len);
}

static void by_packet(struct world *w, size_t i, struct script *in)
{
	uint8_t how = script_u8(in), bytes[64];

	switch (how % 8) {
	case 0:
		knock(w, i, how / 8);
		break;
	case 1:
		datagram(w, i, bytes, script_take(in, bytes, sizeof(bytes)));
		break;
	case 2:
		command(w, i, in);
		break;
	case 3:
		w->hosts[i].place = how / 8 % PLACES;
		break;
	case 4:
		repeat(w, i, in, how & 0x80);
		break;
	case 5:
		forge(w, i, in, how);
		break;
	default:
		listen(w, i);
	}
}

/* ---- streams ----------------------------------------------------------------------------------- */

static void stream_bytes(struct world *w, struct link *l, const uint8_t *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	CHECK(exact);
	if (n > 0)
		memcpy(exact, bytes, n);
	if (l->peer && n > 0)
		peers_stream(w->peers, instant(w), l->peer, exact, n);
	free(exact);
}

/* The client reads what has come and says what it has to. */
static void serve(struct world *w, struct link *l)
{
	static uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	if (!l->session)
		return;
	session_feed(l->session, w->now, l->unread, l->len);
	drain(w, l->session);
	l->len = 0;
	if (session_deadline(l->session) <= w->now)
		session_tick(l->session, w->now);
	for (unsigned n = 0; session_output(l->session, w->now, &b); n++) {
		CHECK(n < 10000);
		stream_bytes(w, l, b.data, b.len);
		b.len = 0;
		drain(w, l->session);
	}
}

static void put_frames(struct world *w, size_t i, struct script *in, uint8_t how, struct buf *b)
{
	uint8_t bytes[64];

	if (how % 4 == 1)
		hello_put(b);
	else if (how % 4 == 2)
		put_command(w, HOSTS + i, in, b);
	if (how & 0x40)
		buf_put_bytes(b, bytes, script_take(in, bytes, script_u8(in) % 64));
}

/* A record of the script's, sealed if that can be. */
static void put_record(struct world *w, size_t i, struct script *in, uint8_t how, struct buf *b)
{
	struct session *s = w->links[i].session;
	uint8_t frames[512];
	struct buf f = buf_of(frames, sizeof(frames));

	put_frames(w, i, in, how, &f);
	CHECK(!f.failed);
	if (s && s->secure.ready) {
		sealed_record(s, &f, b);
		s->records_out++;
		return;
	}
	size_t at = record_open(b);
	buf_put_bytes(b, f.data, f.len);
	record_close(b, at);
}

static void by_stream(struct world *w, size_t i, struct script *in)
{
	uint8_t storage[1024], how = script_u8(in), bytes[64];
	struct link *l = &w->links[i];
	struct buf b = buf_of(storage, sizeof(storage));

	if (how % 4 == 3 && l->session) {
		serve(w, l);
		return;
	}
	if (how % 4 == 0)
		buf_put_bytes(&b, bytes, script_take(in, bytes, script_u8(in) % 64));
	else
		put_record(w, i, in, how, &b);
	CHECK(!b.failed);
	size_t first = how & 0x80 ? b.len / 2 : b.len; /* in two pieces */
	stream_bytes(w, l, storage, first);
	stream_bytes(w, l, storage + first, b.len - first);
}

static void connect(struct world *w, size_t i)
{
	struct link *l = &w->links[i];
	bool local = i % 2 == 0;
	struct address from = {.transport = local ? TRANSPORT_UNIX : TRANSPORT_TCP,
			       .port = (uint16_t)(local ? 0 : i),
			       .pid = (uint32_t)(local ? i : 0)};
	struct session_config config = sealed_client(1 + (unsigned)i, SESSION_STREAM, w->now);

	if (l->peer)
		return;
	session_free(l->session);
	l->session = local ? NULL : session_new(&config, w->now);
	l->len = 0;
	w->ids[HOSTS + i] = 0;
	l->room = SIZE_MAX;
	l->peer = peers_accept(w->peers, instant(w), &from, l);
	serve(w, l);
}

/* ---- what can happen --------------------------------------------------------------------------- */

static void open_up(struct world *w, size_t i, size_t room)
{
	struct link *l = &w->links[i];

	l->room = room;
	if (l->peer && room > 0)
		peers_writable(w->peers, l->peer);
}

/* Who is here has a session; who is not, has not for ever. */
static void check_room(const struct world *w)
{
	const struct roster *roster = hub_roster(w->hub);
	const struct member *m;
	size_t here = 0, lost = 0;

	for (size_t i = 0; (m = roster_at(roster, i)); i++) {
		here += m->state == MEMBER_HERE;
		lost += m->state == MEMBER_RECONNECTING;
	}
	CHECK(here <= peers_count(w->peers) && here + lost == roster_count(roster));
	if (!w->stored) { /* else who is lost may not be told of yet */
		CHECK((lost == 0) == (hub_deadline(w->hub) == TIMERQ_NEVER));
		CHECK(lost == 0 || hub_deadline(w->hub) <= w->now + GRACE);
	}
	CHECK(names_count(hub_names(w->hub)) <= MEMBERS);
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
	check_room(w);
}

/* ---- the administrator, and the disk ------------------------------------------------------------ */

static void store_answers(struct world *w, uint8_t how)
{
	if (how & 8)
		fuzz_answer(&w->store, how, instant(w));
	else
		fuzz_settle(&w->store, how % 4 != 0, instant(w));
}

static void nothing_comes_of_it(void *ctx, enum code code)
{
	(void)ctx;
	CHECK(code != CODE_NOT_YOURS && code != CODE_TOO_LATE);
}

static void manage_room(struct world *w, uint8_t choice)
{
	const char name[] = {'#', (char)('a' + choice % 4)};
	struct slice room = choice & 4 ? slice_of("lobby", 5) : slice_of(name, sizeof(name));
	enum err e;

	if (choice >= 224) {
		fuzz_forget(&w->store, 1 + choice % 4u);
		return;
	}
	if (choice & 8)
		e = hub_keep(w->hub, room, choice / 16u);
	else
		e = hub_recall(w->hub, room, choice / 8u, instant(w), nothing_comes_of_it, w);
	CHECK(e == ERR_NONE || e == ERR_NOT_FOUND || e == (choice & 8 ? ERR_CLOSED : ERR_EXISTS));
}

static void manage(struct world *w, struct script *in)
{
	uint8_t choice = script_u8(in), name = (uint8_t)('a' + choice % 4);
	static uint8_t text[8192];

	if (choice >= 192) {
		manage_room(w, script_u8(in));
		return;
	}
	if (choice < 32) {
		enum err e = hub_release(w->hub, slice_of(&name, 1));
		CHECK(e == ERR_NONE || e == ERR_NOT_FOUND || e == ERR_EXISTS);
		return;
	}
	if (choice < 128) {
		enum err e =
			peers_kick(w->peers, instant(w), slice_of(&name, 1), slice_of("begone", 6));
		CHECK(e == ERR_NONE || e == ERR_NOT_FOUND);
		return;
	}
	memset(text, name, sizeof(text));
	CHECK(hub_announce(w->hub, slice_of(text, 1 + (choice & 0x3f) * 128u), instant(w)) ==
	      (hub_failing(w->hub) ? ERR_CLOSED : ERR_NONE));
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
		if (w->stored)
			store_answers(w, script_u8(in));
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
	const struct store_port store = {&w->store, fuzz_commit, fuzz_read};
	struct hub_config hub = {.room_bytes = how & 1 ? 1 : 1 << 20,
				 .rooms_bytes = how & 16 ? 1 : 0,
				 .page_bytes = how & 32 ? 1 : 1 << 16,
				 .recall_us = how & 64 ? 0 : 30 * 1000000,
				 .max_members = MEMBERS,
				 .grace_us = how & 4 ? 0 : GRACE,
				 .pending_bytes = 1 << 16,
				 .store = how & 8 ? &store : NULL};
	struct peers_config peers = {.max_peers = 12,
				     .identity = sealed_identity(SEALED_SERVER),
				     .shards = how & 128 ? SHARDS : 1,
				     .together = 1};
	struct peers_port port = {.ctx = w,
				  .send_train = send_train,
				  .send_stream = send_stream,
				  .await_writable = await_writable,
				  .close_stream = close_stream,
				  .entropy = entropy,
				  .together = together};

	*w = (struct world){.now = 1000000, .drawn = how, .stored = how & 8};
	w->hub = hub_new(&hub, NULL);
	CHECK(w->hub);
	w->store.hub = w->hub;
	w->peers = peers_new(&peers, w->hub, &port);
	CHECK(w->peers);
}

/* The disk is well again, and has caught up. */
static void settle(struct world *w)
{
	fuzz_settle(&w->store, true, instant(w));
	while (w->store.asked_count > 0)
		fuzz_answer(&w->store, 0, instant(w));
}

/* All are told goodbye; who does not take it is gone soon all the same. */
static void finish(struct world *w)
{
	peers_shutdown(w->peers, instant(w));
	for (unsigned i = 0; i < 100 && peers_count(w->peers) > 0; i++) {
		turn(w);
		settle(w);
		w->now += 100000;
	}
	for (unsigned i = 0; i < 4; i++) { /* nothing is left for the store, and it is well */
		w->now += HUB_RETRY;
		turn(w);
		settle(w);
	}
	CHECK(hub_idle(w->hub));
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
	fuzz_store_wipe(&w.store);
	for (size_t i = 0; i < HOSTS; i++)
		session_free(w.hosts[i].session);
	for (size_t i = 0; i < LINKS; i++)
		session_free(w.links[i].session);
	return 0;
}
