/*
 * The conversations of protocol.md §10, held by the real hub, peers' table and client session in
 * virtual time: each side has to send exactly what the document shows, and nothing else.  What is sealed is
 * opened by the client's own session, and by one that has the server's secrets.
 */
#include "example.h"
#include "secrets.h"

#include "check.h"
#include "cut_train.h"
#include "sealed.h"

#include "core/peers.h"
#include "proto/packet.h"
#include "proto/session.h"
#include "proto/timerq.h"

#include <stdlib.h>
#include <string.h>

#define INSTANCE UINT64_C(77)
#define EPOCH	 UINT64_C(0x5e5e5e)
#define WALL_MS	 INT64_C(1795244400123) /* at the start: 2026-11-21T07:00:00.123Z */

enum { START_US = 1000 * 1000, HALF_TRIP_US = 10 * 1000, QUEUE_MAX = 4 };

struct talk {
	struct document *d;
	const char *form; /* "packet" or "record" */
	size_t at;	  /* in the document */
	uint64_t now;
	struct hub *hub;
	struct peers *peers;
	struct peer *peer; /* of a stream */
	struct session *client;
	struct session *opener; /* UDP: knows what the server knows */
	struct secrets secrets;
	struct {
		size_t len;
		uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	} queue[QUEUE_MAX]; /* what the server sent */
	size_t queued;
	uint64_t talks; /* said by the client */
	bool stream_closed;
	enum code last_code, end_code;
	uint32_t last_room;
	size_t events;
	uint64_t last_seq;
};

/* ---- a server in a box ----------------------------------------------------------------------- */

static size_t sent(void *ctx, const void *p, size_t n)
{
	struct talk *t = ctx;

	assert_true(t->queued < QUEUE_MAX && n <= sizeof(t->queue[0].bytes));
	memcpy(t->queue[t->queued].bytes, p, n);
	t->queue[t->queued++].len = n;
	return n;
}

static void send_packet(void *ctx, const struct address *to, int via, const void *p, size_t n)
{
	(void)to;
	(void)via;
	sent(ctx, p, n);
}

static void send_train(void *ctx, unsigned shard, const struct address *to, int via,
		       const void *bytes, size_t n, size_t size)
{
	(void)shard;
	cut_train(send_packet, ctx, to, via, bytes, n, size);
}

static size_t send_stream(void *ctx, void *link, const void *p, size_t n)
{
	(void)link;
	return sent(ctx, p, n);
}

static void await_writable(void *ctx, void *link)
{
	(void)ctx;
	(void)link;
}

static void close_stream(void *ctx, void *link)
{
	(void)link;
	((struct talk *)ctx)->stream_closed = true;
}

static void entropy(void *ctx, void *p, size_t n)
{
	(void)ctx;
	memset(p, 0x5e, n);
}

static struct instant instant(const struct talk *t)
{
	return (struct instant){t->now, WALL_MS + (int64_t)(t->now - START_US) / 1000};
}

static struct address client_address(enum transport transport)
{
	return (struct address){.transport = transport, .ip = {[15] = 1}, .port = 4000};
}

static struct talk *talk_new(const char *form, enum session_link link)
{
	struct talk *t = calloc(1, sizeof(*t));
	struct hub_config hub = {.room_bytes = 1 << 20, .max_members = 10, .epoch = EPOCH};

	assert_non_null(t);
	struct peers_port port = {.ctx = t,
				  .send_train = send_train,
				  .send_stream = send_stream,
				  .await_writable = await_writable,
				  .close_stream = close_stream,
				  .entropy = entropy};
	t->d = document_read("protocol.md");
	secrets_read(t->d, &t->secrets);
	struct peers_config peers = {.max_peers = 10, .identity = &t->secrets.server};
	struct session_config client = secrets_config(&t->secrets, SESSION_CLIENT, link);
	struct session_config opener = secrets_config(&t->secrets, SESSION_SERVER, link);
	if (link == SESSION_STREAM)
		client.identity = NULL; /* by the local socket */
	t->form = form;
	t->now = START_US;
	t->hub = hub_new(&hub, NULL);
	t->peers = peers_new(&peers, t->hub, &port);
	t->client = session_new(&client, t->now);
	t->opener = session_new(&opener, t->now);
	assert_true(t->hub && t->peers && t->client && t->opener);
	if (link == SESSION_STREAM) {
		struct address from = client_address(TRANSPORT_UNIX);
		t->peer = peers_accept(t->peers, instant(t), &from, t);
		assert_non_null(t->peer);
	}
	return t;
}

static void talk_free(struct talk *t)
{
	session_free(t->client);
	session_free(t->opener);
	peers_free(t->peers);
	hub_free(t->hub);
	document_free(t->d);
	free(t);
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void next_shown(struct talk *t, const char *direction, struct example *e)
{
	while (example_next(t->d, &t->at, e)) {
		if (!example_is(e, t->form) ||
		    !(example_is(e, "to-server") || example_is(e, "to-client")))
			continue;
		if (!example_is(e, direction))
			fail_msg("protocol.md:%d: here something goes %s", e->line, direction);
		return;
	}
	fail_msg("protocol.md §10 ends before the conversation");
}

/* What somebody at the other end can read. */
static void expect_shown(struct talk *t, const char *direction, const uint8_t *bytes, size_t len)
{
	static struct example e;
	static uint8_t shown[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	bool to_server = strcmp(direction, "to-server") == 0;

	next_shown(t, direction, &e);
	memcpy(shown, bytes, len);
	if (!t->peer && !sealed_show_packet(to_server ? t->opener : t->client, bytes, len, shown))
		fail_msg("protocol.md:%d: what is sent instead cannot be opened", e.line);
	if (len == e.len && memcmp(shown, e.bytes, len) == 0)
		return;
	for (size_t i = 0; i < len; i++)
		print_error("%02x ", shown[i]);
	print_error("\n");
	fail_msg("protocol.md:%d: these bytes are sent instead", e.line);
}

/* The opener hears the handshake as the server does; its RESP has to be the server's. */
static void tell_opener(struct talk *t, const uint8_t *bytes, size_t len)
{
	uint8_t copy[WIRE_PACKET_MAX];
	struct session_event ev;

	if (t->peer || (bytes[0] != PACKET_INIT && bytes[0] != PACKET_FIN))
		return;
	memcpy(copy, bytes, len);
	session_feed(t->opener, t->now, copy, len);
	while (session_event(t->opener, t->now, &ev))
		continue;
	struct buf resp = buf_of(copy, sizeof(copy));
	if (bytes[0] != PACKET_INIT)
		return;
	assert_true(session_output(t->opener, t->now, &resp));
	assert_int_equal(t->queue[0].len, resp.len);
	assert_memory_equal(t->queue[0].bytes, copy, resp.len);
}

static void hear(struct talk *t)
{
	struct session_event ev;

	while (session_event(t->client, t->now, &ev)) {
		if (ev.kind == SESSION_REPLY) {
			t->last_code = ev.reply.code;
			t->last_room = ev.reply.room;
		}
		if (ev.kind == SESSION_ENDED)
			t->end_code = ev.ended.code;
		if (ev.kind == SESSION_EVENT) {
			t->events++;
			t->last_seq = ev.heard.event.seq;
		}
	}
}

static void wait_us(struct talk *t, uint64_t us)
{
	t->now += us;
	session_tick(t->client, t->now);
	peers_tick(t->peers, instant(t));
	peers_pump(t->peers, instant(t));
	hear(t);
}

/* The client sends what the document shows; it arrives, or is lost. */
static void to_server(struct talk *t, bool arrives)
{
	static uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	static uint8_t copy[sizeof(storage)]; /* the peer opens what it is given in place */
	struct buf b = buf_of(storage, sizeof(storage));
	struct address from = client_address(TRANSPORT_UDP);

	if (!session_output(t->client, t->now, &b))
		fail_msg("the client has nothing to send at %lu us", (unsigned long)t->now);
	expect_shown(t, "to-server", b.data, b.len);
	memcpy(copy, b.data, b.len);
	wait_us(t, HALF_TRIP_US);
	if (!arrives)
		return;
	if (t->peer)
		peers_stream(t->peers, instant(t), t->peer, b.data, b.len);
	else
		peers_datagram(t->peers, instant(t), &from, 0, b.data, b.len);
	peers_pump(t->peers, instant(t));
	tell_opener(t, copy, b.len);
}

static void to_client(struct talk *t)
{
	if (t->queued == 0)
		fail_msg("the server has nothing to send at %lu us", (unsigned long)t->now);
	expect_shown(t, "to-client", t->queue[0].bytes, t->queue[0].len);
	wait_us(t, HALF_TRIP_US);
	session_feed(t->client, t->now, t->queue[0].bytes, t->queue[0].len);
	hear(t);
	t->queued--;
	memmove(&t->queue[0], &t->queue[1], t->queued * sizeof(t->queue[0]));
}

static void expect_silence(struct talk *t)
{
	uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	assert_false(session_output(t->client, t->now, &b));
	peers_pump(t->peers, instant(t));
	assert_int_equal(t->queued, 0);
}

/* Time passes until the client's next deadline. */
static void wait_for_client(struct talk *t)
{
	expect_silence(t);
	assert_true(session_deadline(t->client) > t->now);
	wait_us(t, session_deadline(t->client) - t->now);
}

static void command_in(struct talk *t, uint32_t room, enum command_kind kind, const char *text)
{
	struct command c = {.kind = kind,
			    .room = room,
			    .text = slice_of(text, strlen(text)),
			    .since_mode = SINCE_LAST,
			    .instance = INSTANCE,
			    .mid = kind == COMMAND_TALK ? ++t->talks : 0};

	assert_int_equal(session_command(t->client, &c), ERR_NONE);
}

static void command(struct talk *t, enum command_kind kind, const char *text)
{
	command_in(t, WIRE_LOBBY, kind, text);
}

static void expect_no_more_shown(struct talk *t)
{
	static struct example e;

	while (example_next(t->d, &t->at, &e)) {
		if (example_is(&e, t->form) && example_is(&e, "to-client"))
			fail_msg("protocol.md:%d: this is not sent", e.line);
	}
}

/* ---- the conversations ----------------------------------------------------------------------- */

static void xiaoming_joins_talks_and_leaves_over_udp(void **state)
{
	struct talk *t = talk_new("packet", SESSION_DGRAM);

	(void)state;
	command(t, COMMAND_JOIN, "小明");
	to_server(t, true); /* INIT */
	to_client(t);	    /* RESP */
	to_server(t, true); /* FIN, and JOIN in it */
	to_client(t);
	assert_int_equal(t->last_code, CODE_OK);
	assert_int_equal(t->last_seq, 1);

	command(t, COMMAND_TALK, "你好！");
	to_server(t, true);
	to_client(t);
	wait_for_client(t); /* the acknowledgement waits for company, in vain */
	to_server(t, true);
	assert_int_equal(t->events, 2);

	command(t, COMMAND_TALK, "在吗？");
	to_server(t, false);
	wait_for_client(t);
	to_server(t, true);
	to_client(t);
	assert_int_equal(t->events, 3);

	command(t, COMMAND_QUIT, "再见");
	to_server(t, true);
	to_client(t);
	wait_for_client(t);
	to_server(t, true);
	to_client(t); /* BYE */
	assert_int_equal(t->end_code, CODE_LEFT);
	assert_int_equal(t->events, 4);
	to_server(t, true);
	expect_silence(t);
	assert_int_equal(peers_count(t->peers), 0);
	expect_no_more_shown(t);
	talk_free(t);
}

static void alice_joins_waits_enters_and_leaves_over_a_stream(void **state)
{
	struct talk *t = talk_new("record", SESSION_STREAM);

	(void)state;
	to_server(t, true); /* HELLO */
	to_client(t);	    /* HELLO */
	command(t, COMMAND_JOIN, "alice");
	to_server(t, true);
	to_client(t);
	wait_for_client(t); /* nobody says anything */
	to_server(t, true); /* PING */
	to_client(t);	    /* PONG */

	command(t, COMMAND_ENTER, "#tea");
	to_server(t, true);
	to_client(t);
	assert_int_equal(t->last_code, CODE_OK);
	assert_int_equal(t->last_room, WIRE_LOBBY + 1);
	assert_int_equal(t->events, 2); /* her own; what was before it she did not ask for */
	command_in(t, t->last_room, COMMAND_TALK, "hi");
	to_server(t, true);
	to_client(t);
	assert_int_equal(t->last_code, CODE_OK);
	assert_int_equal(t->events, 3);

	command(t, COMMAND_QUIT, "");
	to_server(t, true);
	to_client(t);
	assert_int_equal(t->end_code, CODE_LEFT);
	assert_int_equal(t->events, 5);
	expect_silence(t);
	assert_true(t->stream_closed);
	assert_int_equal(peers_count(t->peers), 0);
	expect_no_more_shown(t);
	talk_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xiaoming_joins_talks_and_leaves_over_udp),
		cmocka_unit_test(alice_joins_waits_enters_and_leaves_over_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
