/*
 * Two sessions and a hostile network between them; the input is the script of what happens.
 *
 * Whatever arrives: commands come to the server in order of their ids, each once; replies come to what
 * was asked, once; time never stands still.  As long as the peer is honest, events are the logs', in
 * order in each room, to the byte; and once the network is good again, all is answered and heard, or both
 * ends have ended.  Some replies come late, in any order; some events have to be fetched first.  A peer is honest whatever the network does to what is sealed; it is not any more when frames
 * of the script's were put in under its own keys, or when a stream in the clear was altered.
 */
#include "fuzz_world.h"

#include "sealed.h"

#include "proto/packet.h"
#include "proto/session_internal.h"
#include "proto/timerq.h"

static void drain(struct world *w, struct end *end)
{
	struct session_event ev;

	while (session_event(end->session, w->now, &ev)) {
		CHECK(!end->ended); /* the last word was that */
		CHECK(ev.kind == SESSION_OPENED || ev.kind == SESSION_ENDED || end->opened);
		if (ev.kind == SESSION_OPENED) {
			CHECK(!end->opened && !ev.key == !w->sealed);
			end->opened = true;
		} else if (ev.kind == SESSION_PATH) {
			CHECK(!w->honest || (ev.path >= 1 && ev.path <= w->challenges));
		} else if (ev.kind == SESSION_ENDED)
			end->ended = true;
		else if (ev.kind == SESSION_COMMAND)
			serve(w, &ev.command);
		else if (ev.kind == SESSION_EVENT)
			hear(w, &ev);
		else if (ev.kind == SESSION_REPLY)
			take_reply(w, &ev.reply);
	}
}

/* ---- the network ------------------------------------------------------------------------------- */

static void send(struct world *w, struct end *to, const struct buf *b)
{
	struct packet p;

	if (!w->stream) {
		CHECK(b->len <= WIRE_PACKET_MAX && packet_get(b->data, b->len, &p) == ERR_NONE);
		CHECK(p.cid == (p.type == PACKET_INIT ? w->ends[CLIENT].cid : to->cid));
		if (p.type == PACKET_DATA)
			w->last_number[to == &w->ends[SERVER]] = p.number;
	}
	if (to->count == MAX_FLIGHT) { /* a full queue loses what comes; a stream cannot */
		w->honest &= !w->stream;
		return;
	}
	struct piece *piece = &to->flight[to->count++];
	piece->bytes = malloc(b->len);
	CHECK(piece->bytes);
	memcpy(piece->bytes, b->data, b->len);
	piece->len = b->len;
}

static void speak(struct world *w, int which)
{
	static uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct end *end = &w->ends[which];

	for (unsigned n = 0;; n++) {
		struct buf b = buf_of(storage, sizeof(storage));
		CHECK(n < 4096);
		if (!session_output(end->session, w->now, &b))
			break;
		send(w, &w->ends[!which], &b);
	}
	drain(w, end);
}

static void settle(struct world *w)
{
	for (int which = CLIENT; which <= SERVER; which++) {
		drain(w, &w->ends[which]);
		speak(w, which);
		CHECK(session_silence(w->ends[which].session, w->now) < w->now);
	}
	for (int which = CLIENT; which <= SERVER; which++) {
		struct session *s = w->ends[which].session;
		for (unsigned n = 0; session_deadline(s) <= w->now; n++) {
			CHECK(n < 4); /* time stands still */
			session_tick(s, w->now);
			speak(w, which);
		}
	}
}

static void forget(struct end *end, size_t i)
{
	free(end->flight[i].bytes);
	end->count--;
	memmove(&end->flight[i], &end->flight[i + 1], (end->count - i) * sizeof(end->flight[0]));
}

/* It is opened in place, and gone afterwards. */
static void feed(struct world *w, struct end *end, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	CHECK(copy);
	if (len > 0)
		memcpy(copy, bytes, len);
	session_feed(end->session, w->now, copy, len);
	drain(w, end);
	free(copy);
}

static void arrive(struct world *w, struct end *end, size_t i, size_t len)
{
	feed(w, end, end->flight[i].bytes, len);
}

/* The front of a stream; any packet of a datagram link. */
static size_t pick(const struct world *w, const struct end *end, struct script *in)
{
	uint8_t choice = script_u8(in);

	return w->stream ? 0 : choice % end->count;
}

static void deliver(struct world *w, struct end *end, struct script *in, bool twice)
{
	size_t i = pick(w, end, in);
	struct piece *p = &end->flight[i];
	size_t some = script_u8(in);

	if (!w->stream || some == 0 || some >= p->len) {
		arrive(w, end, i, p->len);
		if (!twice || w->stream)
			forget(end, i);
		return;
	}
	arrive(w, end, i, some);
	memmove(p->bytes, p->bytes + some, p->len - some);
	p->len -= some;
}

static void damage(struct world *w, struct end *end, struct script *in)
{
	struct piece *p = &end->flight[pick(w, end, in)];
	uint16_t where = script_u16(in);
	uint8_t flip = script_u8(in);

	w->honest &= w->sealed;
	if (flip == 0)
		p->len = 1 + where % p->len;
	else
		p->bytes[where % p->len] ^= flip;
}

/* A number near one that means something now. */
static uint64_t near(uint64_t n, struct script *in)
{
	return (n + script_u8(in) - 4) & BUF_VARINT_MAX;
}

static void forge_part(struct world *w, enum frame_type t, struct script *in, struct buf *b)
{
	static const uint8_t bytes[WIRE_PART_SIZE];
	struct part p = {.room = WIRE_LOBBY};
	uint64_t command = t == FRAME_REPLY_PART ? w->answered : w->commands;

	p.id = t == FRAME_EVENT_PART ? near(w->next[WIRE_LOBBY], in) : near(command + 1, in);
	p.edit = t == FRAME_EVENT_PART ? p.id % 3 : 0;
	p.total = 1 + script_u16(in) % WIRE_ITEM_MAX;
	p.index = script_u8(in) % (uint8_t)((p.total + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE);
	size_t left = p.total - (size_t)p.index * WIRE_PART_SIZE;
	p.bytes = slice_of(bytes, left < WIRE_PART_SIZE ? left : WIRE_PART_SIZE);
	part_put(b, t, &p);
}

/* A frame that is well formed, with numbers that may be wrong. */
static void forge_frame(struct world *w, struct script *in, struct buf *b)
{
	static const char text[256];
	struct event e = {.room = WIRE_LOBBY, .kind = EVENT_TALK, .from = slice_of("b", 1)};
	struct command c = {.kind = COMMAND_TALK, .room = WIRE_LOBBY};
	struct reply r = {.code = CODE_OK};
	struct ack a = {.count = 1};
	uint8_t kind = script_u8(in) % 12;

	switch (kind) {
	case 0:
		e.seq = near(w->next[WIRE_LOBBY], in);
		e.text = slice_of(text, script_u8(in));
		event_put(b, &e);
		break;
	case 1:
		forge_part(w, FRAME_EVENT_PART, in, b);
		break;
	case 2:
		c.id = near(w->commands + 1, in);
		c.text = slice_of(text, script_u8(in));
		command_put(b, &c);
		break;
	case 3:
		forge_part(w, FRAME_COMMAND_PART, in, b);
		break;
	case 4:
		r.id = near(w->answered + 1, in);
		r.first = script_u8(in);
		r.room = r.first % 8;
		r.seq = r.first;
		reply_put(b, &r);
		break;
	case 5:
		cursor_put(b, WIRE_LOBBY, near(w->logs[WIRE_LOBBY].head, in));
		break;
	case 6:
		a.ranges[0].last = script_u16(in);
		a.ranges[0].first = a.ranges[0].last - script_u8(in) % (a.ranges[0].last + 1);
		ack_put(b, &a);
		break;
	case 7:
	case 8:
		path_put(b, kind == 7 ? FRAME_PATH_CHALLENGE : FRAME_PATH_RESPONSE, script_u8(in));
		break;
	case 9:
		forge_part(w, FRAME_REPLY_PART, in, b);
		break;
	case 10:
		e.room = script_u8(in);
		e.seq = 1 + script_u8(in) % 4;
		event_put(b, &e);
		break;
	case 11:
		cursor_put(b, script_u8(in) % 6, script_u8(in));
		break;
	}
}

/* What comes after all that is under way, as the other end would seal it. */
static void put_sealed(struct world *w, int to, uint64_t number, const struct buf *f, struct buf *b)
{
	struct session *sender = w->ends[!to].session;

	w->honest = false;
	if (!w->stream) {
		sealed_packet(sender, number, f, b);
		return;
	}
	while (w->ends[to].count > 0)
		deliver(w, &w->ends[to], &(struct script){0}, false);
	sealed_record(sender, f, b);
	sender->records_out++;
}

static void put_clear(struct world *w, int to, uint64_t number, const struct buf *f, struct buf *b)
{
	if (w->stream)
		buf_put_u16(b, (uint16_t)f->len);
	else
		data_header_put(b, number & 1, w->ends[to].cid, number);
	buf_put_bytes(b, f->data, f->len);
	w->honest &= w->sealed;
}

/* The packet or record that would come next, with frames that nobody sent. */
static void forge(struct world *w, int to, struct script *in, bool raw)
{
	uint8_t storage[WIRE_PACKET_MAX], frames[WIRE_FRAMES_MAX];
	struct buf b = buf_of(storage, sizeof(storage)), f = buf_of(frames, sizeof(frames));

	if (raw)
		f.len = script_take(in, frames, script_u8(in));
	else
		forge_frame(w, in, &f);
	uint64_t number = w->last_number[to] + 1 + script_u8(in);
	if (w->sealed && w->ends[!to].session->secure.ready)
		put_sealed(w, to, number, &f, &b);
	else
		put_clear(w, to, number, &f, &b);
	CHECK(!f.failed && !b.failed);
	feed(w, &w->ends[to], storage, b.len);
}

/* Bytes of the script's as they are: whole packets of the handshake, or what looks like them. */
static void babble(struct world *w, int to, struct script *in)
{
	static const uint8_t nothing[WIRE_PACKET_MAX];
	uint8_t storage[WIRE_PACKET_MAX], token[WIRE_TOKEN_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	uint8_t how = script_u8(in);
	uint64_t client = w->ends[CLIENT].cid, server = w->ends[SERVER].cid;
	struct slice t = slice_of(token, script_take(in, token, 1 + how / 8 % WIRE_TOKEN_MAX));

	w->honest &= w->sealed;
	switch (how % 8) {
	case PACKET_INIT:
		init_put(&b, client, t, slice_of(nothing, WIRE_MESSAGE1));
		break;
	case PACKET_RETRY:
		retry_put(&b, client, t);
		break;
	case PACKET_RESP:
		resp_put(&b, client, slice_of(nothing, WIRE_MESSAGE2 + 8));
		break;
	case PACKET_FIN:
		fin_put(&b, server, slice_of(nothing, WIRE_MESSAGE3 + how));
		break;
	default:
		b.len = script_take(in, storage, script_u8(in));
	}
	feed(w, &w->ends[to], storage, b.len);
}

/* The server sees its client elsewhere, or is told that it is there. */
static void move(struct world *w, struct script *in)
{
	uint8_t storage[WIRE_PACKET_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	struct session *s = w->ends[SERVER].session;

	if (w->stream)
		return;
	if (script_u8(in) & 1) {
		session_rerouted(s, w->now);
		return;
	}
	session_challenge(s, w->now, ++w->challenges, &b);
	if (b.len > 0)
		send(w, &w->ends[CLIENT], &b);
}

/* ---- what people do ---------------------------------------------------------------------------- */

static enum command_kind kind_of(const struct world *w, uint8_t choice)
{
	static const enum command_kind rare[] = {
		COMMAND_ENTER, COMMAND_ENTER, COMMAND_ENTER, COMMAND_ENTER,
		COMMAND_PART,  COMMAND_PART,  COMMAND_PART,  COMMAND_PAGE,
		COMMAND_PAGE,  COMMAND_PAGE,  COMMAND_QUIT,  COMMAND_NICK,
		COMMAND_WHO,   COMMAND_LIST,  COMMAND_ENTER, COMMAND_PART};

	if (w->asked == 0) /* the first is a JOIN, and it alone */
		return COMMAND_JOIN;
	return choice < 240 ? COMMAND_TALK : rare[choice - 240];
}

static void command(struct world *w, struct script *in)
{
	static char text[TEXT_MAX_BYTES];
	static const uint16_t sizes[] = {1, 20, 200, 990, 1010, 1024, 1030, 2000, 5000, 16384};
	struct command c = {.room = WIRE_LOBBY, .since = script_u8(in)};
	uint8_t choice = script_u8(in);

	memset(text, 'a' + choice % 26, sizeof(text));
	c.kind = kind_of(w, choice);
	c.text = slice_of(text, c.kind == COMMAND_TALK ? sizes[choice % 10] : 3);
	if (c.kind == COMMAND_ENTER)
		snprintf(text, 3, "#%d", 2 + (int)(c.since & 1));
	if (c.kind == COMMAND_PART)
		c.room = 2 + (c.since & 1);
	c.since /= 2;
	if (w->asked == sizeof(w->asks) / sizeof(w->asks[0]) - 1 ||
	    session_command(w->ends[CLIENT].session, &c) != ERR_NONE)
		return;
	CHECK(c.id == ++w->asked);
	w->asks[c.id].kind = c.kind;
	w->asks[c.id].room = c.room;
}

static void say(struct world *w, struct script *in)
{
	static char text[TEXT_MAX_BYTES];
	uint8_t choice = script_u8(in);
	uint32_t room = 1 + choice % DIRECT;
	size_t n = choice < 250 ? choice + 1u : choice == 255 ? TEXT_MAX_BYTES : choice * 8u;

	memset(text, 'A' + choice % 26, sizeof(text));
	log_append(&w->logs[room], room, slice_of(text, n));
	if (room == DIRECT && w->joined && !w->follows[DIRECT]) {
		follow(w, DIRECT, 1);
		w->hears[DIRECT] = true;
	}
}

static void change(struct world *w, uint32_t room, struct script *in)
{
	static char text[TEXT_MAX_BYTES];
	static const uint16_t sizes[] = {0, 1, 500, 1100, 1500, 3000, 8000, TEXT_MAX_BYTES};
	struct log *l = &w->logs[room];
	uint8_t back = script_u8(in), choice = script_u8(in);

	if (l->head == 0)
		return;
	uint64_t seq = l->head - back % (l->head < 16 ? l->head : 16);
	memset(text, '0' + choice % 10, sizeof(text));
	log_change(l, room, seq, slice_of(text, sizes[choice % 8]));
	session_changed(w->ends[SERVER].session, room, seq);
}

/* The lobby forgets, or a room has to be fetched, or is there, or something in it changes. */
static void put_away(struct world *w, struct script *in)
{
	uint8_t choice = script_u8(in);
	struct log *lobby = &w->logs[WIRE_LOBBY];
	uint32_t room = 1 + choice % DIRECT;

	if (choice >= 160)
		change(w, room, in);
	else if (choice < 64)
		lobby->evicted += choice % (lobby->head - lobby->evicted + 1);
	else
		w->logs[room].later = !w->logs[room].later;
}

static void pass(struct world *w, uint64_t us)
{
	w->now += us;
	settle(w);
}

static void act(struct world *w, struct script *in)
{
	uint8_t op = script_u8(in);
	int which = op >> 7;
	struct end *end = &w->ends[which];

	switch (op % 16) {
	case 0:
	case 1:
		command(w, in);
		break;
	case 2:
		say(w, in);
		break;
	case 3:
		pass(w, (uint64_t)script_u8(in) * 1000);
		break;
	case 4:
		pass(w, (uint64_t)script_u8(in) * 100000);
		break;
	case 5:
		forge(w, which, in, true);
		break;
	case 13:
		forge(w, which, in, false);
		break;
	case 12:
		babble(w, which, in);
		break;
	case 14:
		move(w, in);
		break;
	case 6:
		put_away(w, in);
		break;
	case 7:
		if (script_u8(in) > 200)
			session_close(end->session, w->now, CODE_KICKED, "enough");
		else
			answer_late_ones(w);
		break;
	case 8:
		while (end->count > 0)
			deliver(w, end, &(struct script){0}, false);
		break;
	case 9:
		if (end->count > 0)
			damage(w, end, in);
		break;
	case 10:
		if (end->count > 0 && !w->stream)
			forget(end, pick(w, end, in));
		break;
	default:
		if (end->count > 0)
			deliver(w, end, in, op % 16 == 11);
	}
	settle(w);
}

/* ---- healing ----------------------------------------------------------------------------------- */

static bool at_rest(const struct world *w)
{
	const struct end *c = &w->ends[CLIENT], *s = &w->ends[SERVER];

	if (c->ended || s->ended)
		return c->ended && s->ended;
	for (uint32_t room = WIRE_LOBBY; room < LOG_ROOMS; room++)
		if (w->hears[room] && w->next[room] != w->logs[room].head + 1)
			return false;
	return session_unanswered(c->session) == 0;
}

/* The next time at which something is due, if that is soon. */
static uint64_t next_time(const struct world *w)
{
	uint64_t at = w->now + 10000000;

	if (w->ends[CLIENT].count > 0 || w->ends[SERVER].count > 0)
		return w->now + 10000;
	for (int which = CLIENT; which <= SERVER; which++)
		if (session_deadline(w->ends[which].session) < at)
			at = session_deadline(w->ends[which].session);
	return at;
}

static void heal(struct world *w)
{
	uint64_t until = w->now + HEAL_SECONDS * UINT64_C(1000000);

	for (uint32_t room = WIRE_LOBBY; room < LOG_ROOMS; room++)
		w->logs[room].later = false;
	while (!at_rest(w)) {
		CHECK(w->now < until);
		answer_late_ones(w);
		for (int which = CLIENT; which <= SERVER; which++)
			while (w->ends[which].count > 0)
				deliver(w, &w->ends[which], &(struct script){0}, false);
		settle(w);
		pass(w, next_time(w) - w->now);
	}
}

/* ---- beginning and end ------------------------------------------------------------------------- */

static void begin(struct world *w, enum kind kind)
{
	struct session_config client = sealed_client(1, SESSION_DGRAM, 11);
	struct session_config server = {.role = SESSION_SERVER,
					.local_cid = 22,
					.remote_cid = 11,
					.log = &log_port,
					.log_ctx = w->logs,
					.identity = sealed_identity(SEALED_SERVER),
					.ephemeral = {22}};

	memset(w, 0, sizeof(*w));
	w->honest = true;
	w->now = 1000000;
	for (uint32_t room = 0; room < LOG_ROOMS; room++)
		w->next[room] = 1;
	w->stream = kind != DATAGRAMS;
	w->sealed = kind != CLEAR_STREAM;
	client.link = server.link = w->stream ? SESSION_STREAM : SESSION_DGRAM;
	if (!w->sealed)
		client.identity = server.identity = NULL;
	w->ends[CLIENT].cid = 11;
	w->ends[SERVER].cid = 22;
	w->ends[CLIENT].session = session_new(&client, w->now);
	w->ends[SERVER].session = session_new(&server, w->now);
	CHECK(w->ends[CLIENT].session && w->ends[SERVER].session);
}

static void finish(struct world *w)
{
	for (int which = CLIENT; which <= SERVER; which++) {
		while (w->ends[which].count > 0)
			forget(&w->ends[which], w->ends[which].count - 1);
		session_free(w->ends[which].session);
	}
	for (uint32_t room = 0; room < LOG_ROOMS; room++)
		log_wipe(&w->logs[room]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct world w;
	struct script in = {bytes, n};

	begin(&w, script_u8(&in) % 3);
	settle(&w);
	while (in.len > 0)
		act(&w, &in);
	if (w.honest)
		heal(&w);
	finish(&w);
	return 0;
}
