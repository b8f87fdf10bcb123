/* See session_rig.h. */
#include "session_rig.h"
#include "rooms_rig.h"
#include "wire_samples.h"

#include "proto/packet.h"
#include "proto/timerq.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRAIN_ROOM = 2 * (WIRE_RECORD_HEADER + WIRE_RECORD_MAX) };

/* ---- what the sessions say ------------------------------------------------------------------- */

static uint64_t *heard_in(struct rig *r, uint32_t room)
{
	return room == WIRE_LOBBY ? &r->heard : &r->rooms[room].heard;
}

/* Never back: what was heard once is not heard again; nor does an older answer count after a newer one. */
static void hear_up_to(struct rig *r, uint32_t room, uint64_t seq, uint64_t id)
{
	uint64_t *heard = heard_in(r, room);

	if (id < r->rooms[room].asked)
		return;
	r->rooms[room].asked = id;
	if (*heard < seq)
		*heard = seq;
}

static void note_page(struct rig *r, const struct reply *reply)
{
	struct slice page = reply->text, raw;
	struct event e;
	uint64_t seq = reply->first;

	for (; page_get(&page, &e, &raw); seq++) {
		struct slice want = rig_frame(r, e.room, seq);
		assert_true(e.seq == seq && raw.len == want.len);
		assert_memory_equal(raw.data, want.data, want.len);
	}
	assert_int_equal(page.len, 0);
	assert_true(seq > reply->first && seq <= rig_head(r, reply->room) + 1);
	r->pages++;
}

static void note_answer(struct rig *r, const struct reply *reply)
{
	enum command_kind kind = r->asked[reply->id].kind;

	assert_null(rig_answer(r, reply->id));
	assert_true(r->answer_count < RIG_ANSWERS);
	r->answers[r->answer_count++] = (struct answer){reply->id, reply->seq, reply->code};
	if (reply->code != CODE_OK)
		return;
	if (kind == COMMAND_JOIN)
		r->first = reply->first;
	if ((kind == COMMAND_JOIN || kind == COMMAND_ENTER) && reply->first > 0)
		hear_up_to(r, reply->room, reply->first - 1, reply->id);
	else if (kind == COMMAND_PART)
		hear_up_to(r, r->asked[reply->id].room, reply->seq, reply->id);
	else if (kind == COMMAND_PAGE)
		note_page(r, reply);
}

static void note_event(struct rig *r, const struct event *e, struct slice raw)
{
	uint64_t *heard = heard_in(r, e->room);

	assert_true(e->seq == *heard + 1);
	assert_true(e->seq <= rig_head(r, e->room));
	rig_expect_frame(r, e->room, e->seq, raw);
	*heard = e->seq;
	assert_true(session_heard(r->end[CLIENT], e->room) == e->seq);
}

static void note_end(struct rig *r, enum side at, const struct session_event *ev)
{
	assert_false(r->ended[at]); /* told once */
	assert_true(ev->ended.text.len <= WIRE_REASON_MAX);
	r->ended[at] = true;
	r->end_code[at] = ev->ended.code;
	r->by_peer[at] = ev->ended.by_peer;
	memcpy(r->end_text[at], ev->ended.text.data, ev->ended.text.len);
	r->end_text[at][ev->ended.text.len] = '\0';
	assert_true(session_ended(r->end[at]));
	assert_false(session_open(r->end[at]));
}

static void note(struct rig *r, enum side at, const struct session_event *ev)
{
	assert_false(r->ended[at]); /* the end is the last word */
	switch (ev->kind) {
	case SESSION_OPENED:
		assert_false(r->opened[at]);
		r->opened[at] = true;
		assert_true(!ev->key == !r->identity);
		if (ev->key)
			memcpy(r->keys[at], ev->key, NOISE_KEY);
		break;
	case SESSION_COMMAND:
		assert_int_equal(at, SERVER);
		rig_carry_out(r, &ev->command);
		break;
	case SESSION_REPLY:
		assert_int_equal(at, CLIENT);
		note_answer(r, &ev->reply);
		break;
	case SESSION_EVENT:
		assert_int_equal(at, CLIENT);
		note_event(r, &ev->heard.event, ev->heard.raw);
		break;
	case SESSION_PATH:
		assert_int_equal(at, SERVER);
		r->path = ev->path;
		r->paths++;
		break;
	case SESSION_ENDED:
		note_end(r, at, ev);
		break;
	}
}

static void drain(struct rig *r, enum side at)
{
	struct session_event ev;

	if (at == SERVER)
		session_hold(r->end[at], r->free_at);
	while (session_event(r->end[at], r->now, &ev)) {
		note(r, at, &ev);
		if (at == SERVER)
			session_hold(r->end[at], r->free_at);
	}
}

/* ---- the link -------------------------------------------------------------------------------- */

static void put_under_way(struct rig *r, enum side to, uint64_t at, const uint8_t *p, size_t n)
{
	struct unit *u = rig_own(NULL, sizeof(*u) + n), **place = &r->queue[to];

	*u = (struct unit){.at = at, .len = n};
	memcpy(u->bytes, p, n);
	for (; *place && ((*place)->at <= at || r->link == SESSION_STREAM); place = &(*place)->next)
		u->at = (*place)->at > at ? (*place)->at : at; /* a stream keeps its order */
	u->next = *place;
	*place = u;
}

static void send_unit(struct rig *r, enum side to, const uint8_t *p, size_t n)
{
	bool dgram = r->link == SESSION_DGRAM;
	enum fate fate = r->weather && dgram ? r->weather(r, to, p, n) : PASSES;

	r->sent[to]++;
	if (fate == IS_LOST)
		return;
	put_under_way(r, to, r->now + r->delay + (fate == IS_LATE ? 3 * r->delay : 0), p, n);
	if (fate == IS_DOUBLED)
		put_under_way(r, to, r->now + 2 * r->delay, p, n);
}

/* Who says that it has given all has nothing more to give. */
static void expect_all_given(struct rig *r, enum side at)
{
	static uint8_t bytes[TRAIN_ROOM];
	struct buf out = buf_of(bytes, sizeof(bytes));
	size_t size = 0;

	if (session_sated(r->end[at]))
		assert_false(session_train(r->end[at], r->now, &out, &size));
}

/* What one call gave; false: nothing. */
static bool send_train(struct rig *r, enum side at)
{
	static uint8_t bytes[TRAIN_ROOM];
	struct buf out = buf_of(bytes, sizeof(bytes));
	size_t size = 0;

	if (!session_train(r->end[at], r->now, &out, &size)) {
		assert_int_equal(out.len, 0);
		return false;
	}
	assert_false(out.failed);
	assert_in_range(size, 1, out.len);
	expect_all_given(r, at);
	if (r->link == SESSION_DGRAM)
		assert_in_range(size, 1, WIRE_PACKET_MAX);
	else /* a server that holds commands reads no more than that at once */
		size = WIRE_RECORD_HEADER + WIRE_RECORD_MAX;
	for (size_t from = 0; from < out.len; from += size)
		send_unit(r, at == CLIENT ? SERVER : CLIENT, bytes + from,
			  out.len - from < size ? out.len - from : size);
	return true;
}

static void work(struct rig *r, enum side at)
{
	size_t outputs = 0;

	if (!r->end[at])
		return;
	if (session_deadline(r->end[at]) <= r->now)
		session_tick(r->end[at], r->now);
	do {
		drain(r, at);
		assert_true(++outputs < 10000);
	} while (send_train(r, at));
	drain(r, at);
	if (session_deadline(r->end[at]) <= r->now)
		fail_msg("%s: a deadline of %llu at %llu", at == CLIENT ? "client" : "server",
			 (unsigned long long)session_deadline(r->end[at]),
			 (unsigned long long)r->now);
}

void rig_work(struct rig *r)
{
	work(r, CLIENT);
	work(r, SERVER);
}

/* As the server's table of peers does: the first INIT makes a session. */
static void start_server(struct rig *r, const void *bytes, size_t n)
{
	struct session_config config = {.role = SESSION_SERVER,
					.link = r->link,
					.local_cid = SERVER_CID,
					.remote_cid = CLIENT_CID,
					.log = &rig_log,
					.log_ctx = r,
					.pool = &r->pool,
					.identity = r->identity,
					.ephemeral = {'s', 'e', 'r', 'v', 'e', 'r'}};
	struct packet p;

	if (r->link == SESSION_DGRAM &&
	    (packet_get(bytes, n, &p) != ERR_NONE || p.type != PACKET_INIT))
		return;
	r->end[SERVER] = session_new(&config, r->now);
	assert_true(r->end[SERVER] || r->poor);
}

void rig_feed(struct rig *r, enum side to, const void *bytes, size_t n)
{
	if (!r->end[to])
		start_server(r, bytes, n);
	if (!r->end[to])
		return;
	uint8_t *copy = rig_own(NULL, n);

	if (n > 0)
		memcpy(copy, bytes, n);
	session_feed(r->end[to], r->now, copy, n);
	drain(r, to);
	free(copy); /* it was borrowed until now */
	work(r, to);
}

static size_t piece_of(struct rig *r, size_t left)
{
	size_t n = r->cut == CUT_RANDOM ? 1 + rig_random(r) % 3000 : (size_t)r->cut;

	return r->cut == CUT_WHOLE || n > left ? left : n;
}

/* A stream that is not read: what is under way waits, too. */
static bool postponed(struct rig *r, enum side to)
{
	if (r->link == SESSION_DGRAM || !r->end[to] || !session_holds(r->end[to], r->now))
		return false;
	for (struct unit *u = r->queue[to]; u && u->at < r->free_at; u = u->next)
		u->at = r->free_at;
	return true;
}

static void deliver(struct rig *r, enum side to)
{
	struct unit *u = r->queue[to];
	size_t at = 0;

	if (postponed(r, to))
		return;
	r->queue[to] = u->next;
	do {
		size_t n = r->link == SESSION_DGRAM ? u->len : piece_of(r, u->len - at);
		rig_feed(r, to, u->bytes + at, n);
		at += n;
	} while (at < u->len);
	free(u);
}

void rig_lose(struct rig *r, enum side to)
{
	while (r->queue[to]) {
		struct unit *u = r->queue[to];
		r->queue[to] = u->next;
		free(u);
	}
}

const struct unit *rig_under_way(const struct rig *r, enum side to, size_t i)
{
	const struct unit *u = r->queue[to];

	while (u && i-- > 0)
		u = u->next;
	return u;
}

void rig_forge(struct rig *r, enum side to, uint64_t number, const struct buf *frames)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	if (r->link == SESSION_DGRAM) {
		sealed_packet(r->end[to == CLIENT ? SERVER : CLIENT], number, frames, &b);
	} else {
		assert_null(r->identity); /* a sealed one would be in the way of those that come */
		buf_put_u16(&b, (uint16_t)frames->len);
		buf_put_bytes(&b, frames->data, frames->len);
	}
	assert_false(b.failed || frames->failed);
	rig_feed(r, to, bytes, b.len);
}

size_t rig_frames_in(const struct rig *r, enum side to, const uint8_t *packet, size_t n,
		     enum frame_type type)
{
	uint8_t plain[WIRE_PACKET_MAX];
	struct slice frames;
	struct frame f;
	size_t count = 0;

	if (!r->end[to] || !sealed_open(r->end[to], packet, n, plain, &frames))
		return 0;
	while (frames.len > 0) {
		assert_int_equal(frame_get(&frames, &f), ERR_NONE);
		count += f.type == type;
	}
	return count;
}

void rig_put_welcome(const struct rig *r, struct buf *b, enum frame_type type)
{
	static const uint8_t text[WIRE_PART_SIZE];
	struct command command = {.id = 2, .kind = COMMAND_WHO, .room = WIRE_LOBBY};
	struct reply reply = {.id = 1};
	struct part part = {.room = WIRE_LOBBY, .id = 2, .total = 2000};
	struct ack ack = {.count = 1};

	part.bytes = slice_of(text, sizeof(text));
	switch (type) {
	case FRAME_ACK:
		ack_put(b, &ack);
		break;
	case FRAME_COMMAND:
		command_put(b, &command);
		break;
	case FRAME_REPLY:
		reply_put(b, &reply);
		break;
	case FRAME_EVENT:
		buf_put_bytes(b, r->frames[0].data, r->frames[0].len);
		break;
	case FRAME_COMMAND_PART:
	case FRAME_REPLY_PART:
	case FRAME_EVENT_PART:
		part_put(b, type, &part);
		break;
	default:
		sample_put_session_frame(b, type, false);
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t next_time(const struct rig *r)
{
	uint64_t at = rig_thought_at(r);

	for (enum side i = CLIENT; i < SIDES; i++) {
		uint64_t t = r->end[i] ? session_deadline(r->end[i]) : TIMERQ_NEVER;
		at = t < at ? t : at;
		if (r->queue[i] && r->queue[i]->at < at)
			at = r->queue[i]->at;
	}
	return at;
}

bool rig_step(struct rig *r, uint64_t until)
{
	uint64_t at = next_time(r);

	if (at > until) {
		r->now = until;
		return false;
	}
	r->now = at > r->now ? at : r->now;
	for (enum side i = CLIENT; i < SIDES; i++)
		while (r->queue[i] && r->queue[i]->at <= r->now)
			deliver(r, i);
	rig_answer_due(r);
	rig_work(r);
	return true;
}

void rig_run(struct rig *r, uint64_t microseconds)
{
	uint64_t until = r->now + microseconds;

	rig_work(r);
	while (rig_step(r, until))
		continue;
}

/* ---- life ------------------------------------------------------------------------------------ */

uint64_t rig_random(struct rig *r)
{
	r->random = r->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return r->random >> 33;
}

void rig_begin_with(struct rig *r, const struct session_config *client,
		    const struct secure_identity *server)
{
	*r = (struct rig){.now = 1000 * SECOND,
			  .random = 20261127,
			  .delay = 10 * 1000,
			  .pool = {.max = 1 << 30},
			  .link = client->link,
			  .identity = server};
	r->end[CLIENT] = session_new(client, r->now);
	assert_non_null(r->end[CLIENT]);
	if (r->link == SESSION_STREAM)
		start_server(r, NULL, 0);
}

void rig_begin_at(struct rig *r, enum session_link link, uint64_t seed)
{
	struct session_config plain = {.role = SESSION_CLIENT, .link = SESSION_STREAM};
	struct session_config sealed = sealed_client(RIG_CLIENT, link, CLIENT_CID);

	if (link == SESSION_DGRAM)
		rig_begin_with(r, &sealed, sealed_identity(SEALED_SERVER));
	else
		rig_begin_with(r, &plain, NULL);
	r->random = seed;
}

void rig_begin_sealed(struct rig *r)
{
	struct session_config client = sealed_client(RIG_CLIENT, SESSION_STREAM, CLIENT_CID);

	rig_begin_with(r, &client, sealed_identity(SEALED_SERVER));
}

void rig_begin(struct rig *r, enum session_link link)
{
	rig_begin_at(r, link, 20261127);
}

void rig_end(struct rig *r)
{
	for (enum side i = CLIENT; i < SIDES; i++) {
		rig_lose(r, i);
		session_free(r->end[i]);
	}
	assert_int_equal(r->pool.held, 0);
	rig_wipe_rooms(r);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static uint64_t give(struct rig *r, struct command *c)
{
	assert_int_equal(session_command(r->end[CLIENT], c), ERR_NONE);
	assert_true(c->id < RIG_ANSWERS);
	r->asked[c->id].kind = c->kind;
	r->asked[c->id].room = c->room;
	return c->id;
}

uint64_t rig_command(struct rig *r, enum command_kind kind, const char *text)
{
	struct command c = {.kind = kind, .room = WIRE_LOBBY, .text = slice_of(text, strlen(text))};

	return give(r, &c);
}

uint64_t rig_talk(struct rig *r, size_t len)
{
	static char text[TEXT_MAX_BYTES];
	uint64_t next = r->answer_count + session_unanswered(r->end[CLIENT]) + 1;
	struct command c = {.kind = COMMAND_TALK, .room = WIRE_LOBBY, .text = slice_of(text, len)};

	rig_fill(text, len, next);
	uint64_t id = give(r, &c);
	assert_true(id == next);
	return id;
}

uint64_t rig_enter(struct rig *r, uint32_t room, uint64_t since)
{
	char name[16];
	struct command c = {.kind = COMMAND_ENTER, .since = since};

	c.text = slice_of(name, (size_t)snprintf(name, sizeof(name), "#%u", (unsigned)room));
	return give(r, &c);
}

uint64_t rig_part(struct rig *r, uint32_t room)
{
	struct command c = {.kind = COMMAND_PART, .room = room};

	return give(r, &c);
}

const struct answer *rig_answer(const struct rig *r, uint64_t id)
{
	for (size_t i = r->answer_count; i-- > 0;)
		if (r->answers[i].id == id)
			return &r->answers[i];
	return NULL;
}

void rig_expect_answered(struct rig *r, uint64_t id)
{
	uint64_t until = r->now + 9 * SECOND;

	rig_work(r);
	while (!rig_answer(r, id))
		assert_true(rig_step(r, until));
	assert_int_equal(rig_answer(r, id)->code, CODE_OK);
}

void rig_join(struct rig *r)
{
	rig_expect_answered(r, rig_command(r, COMMAND_JOIN, "n"));
}

void rig_joined(struct rig *r, enum session_link link)
{
	rig_begin(r, link);
	rig_join(r);
	rig_run(r, SECOND);
}

void rig_entered(struct rig *r, uint32_t room, uint64_t since)
{
	rig_expect_answered(r, rig_enter(r, room, since));
}

void rig_expect_whole_log(struct rig *r)
{
	assert_true(r->first > 0);
	assert_true(r->heard == r->head);
	assert_true(session_heard(r->end[CLIENT], WIRE_LOBBY) == r->head);
}

void rig_expect_heard(struct rig *r, uint32_t room)
{
	assert_true(*heard_in(r, room) == rig_head(r, room));
	assert_true(session_heard(r->end[CLIENT], room) == rig_head(r, room));
}
