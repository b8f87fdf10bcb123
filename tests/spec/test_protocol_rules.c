/*
 * Who may send which frame over which link (the table of frames in protocol.md): every frame is given
 * to sessions that may not get it, and each has to treat it as §9 says.  Over UDP and TCP it comes
 * sealed by the peer that the session has; so it is the peer who breaks the rules, and not just anybody.
 */
#include "example.h"
#include "secrets.h"

#include "check.h"
#include "sealed.h"

#include "proto/record.h"
#include "proto/session.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t start = 1000 * 1000;

enum way { UDP, TCP, LOCAL, WAYS };

static const char *const way_names[WAYS] = {"UDP", "TCP", "the local socket"};

/* The session under test, and what speaks to it. */
struct pair {
	enum way way;
	struct session *s, *peer;
};

/* ---- sessions that hear ---------------------------------------------------------------------- */

static uint64_t no_events(void *ctx, uint32_t room)
{
	(void)ctx;
	(void)room;
	return 0;
}

static enum log_state no_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			     struct slice *out, uint32_t *count)
{
	(void)ctx;
	(void)room;
	(void)seq;
	(void)max_bytes;
	(void)out;
	(void)count;
	return LOG_GONE;
}

static const struct session_log empty_log = {no_events, no_run};

static void drain(struct session *s, uint64_t now)
{
	struct session_event ev;

	while (session_event(s, now, &ev))
		;
}

/* One packet (under that number) or record of these frames. */
static void hear(struct pair *p, uint64_t number, struct slice frames)
{
	static uint8_t storage[EXAMPLE_MAX_BYTES];
	struct buf b = buf_of(storage, sizeof(storage));
	struct buf sealed = {.data = (uint8_t *)(uintptr_t)frames.data, .len = frames.len};

	if (p->way == UDP) {
		sealed_packet(p->peer, number, &sealed, &b);
	} else if (p->way == TCP) {
		sealed_record(p->peer, &sealed, &b);
	} else {
		size_t at = record_open(&b);
		buf_put_bytes(&b, frames.data, frames.len);
		record_close(&b, at);
	}
	assert_false(b.failed);
	session_feed(p->s, start, b.data, b.len);
	drain(p->s, start);
}

/* Everything that `from` has to say goes to the other. */
static bool exchange(struct session *from, struct session *to)
{
	static uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	bool any = false;

	for (; session_output(from, start, &b); b.len = 0) {
		session_feed(to, start, b.data, b.len);
		drain(to, start);
		any = true;
	}
	return any;
}

static struct session *one_end(const struct secrets *secrets, enum session_role role, enum way way)
{
	struct session_config c =
		secrets_config(secrets, role, way == UDP ? SESSION_DGRAM : SESSION_STREAM);

	c.log = &empty_log;
	if (way == LOCAL)
		c.identity = NULL;
	struct session *s = session_new(&c, start);
	assert_non_null(s);
	return s;
}

static struct pair pair_for(const struct document *d, enum session_role role, enum way way)
{
	static struct secrets secrets;
	bool client = role == SESSION_CLIENT;

	secrets_read(d, &secrets);
	return (struct pair){way, one_end(&secrets, role, way),
			     one_end(&secrets, client ? SESSION_SERVER : SESSION_CLIENT, way)};
}

static struct pair open_pair_for(const struct document *d, enum session_role role, enum way way)
{
	struct pair p = pair_for(d, role, way);

	for (bool any = true; any;) {
		any = exchange(p.s, p.peer);
		any |= exchange(p.peer, p.s);
	}
	assert_true(session_open(p.s) && session_open(p.peer));
	return p;
}

static void pair_free(struct pair *p)
{
	session_free(p->s);
	session_free(p->peer);
}

/* ---- what they answer ------------------------------------------------------------------------ */

/* What the peer can read of a packet or record, into `out`. */
static struct slice frames_of(const struct pair *p, const uint8_t *bytes, size_t n, uint8_t *out)
{
	struct slice frames = slice_of(bytes + WIRE_RECORD_HEADER, n - WIRE_RECORD_HEADER);

	if (p->way == UDP) {
		assert_true(sealed_open(p->peer, bytes, n, out, &frames));
	} else if (p->way == TCP) {
		assert_true(sealed_show_record(p->peer, bytes, n, out));
		frames = slice_of(out + WIRE_RECORD_HEADER, n - WIRE_RECORD_HEADER - WIRE_SEAL);
	}
	return frames;
}

static bool says_goodbye(struct slice frames)
{
	struct frame f;

	while (frame_get(&frames, &f) == ERR_NONE)
		if (f.type == FRAME_BYE)
			return f.bye.code == CODE_PROTOCOL;
	return false;
}

static bool acknowledges(struct slice frames, uint64_t number)
{
	struct frame f;

	while (frame_get(&frames, &f) == ERR_NONE)
		if (f.type == FRAME_ACK && f.ack.ranges[0].last >= number)
			return true;
	return false;
}

/* A stream ends with PROTOCOL; a packet is as if it had not come: it is not acknowledged. */
static bool was_refused(struct pair *p, uint64_t number)
{
	static uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX], plain[sizeof(storage)];
	struct buf b = buf_of(storage, sizeof(storage));
	uint64_t later = start + 100 * 1000;
	bool goodbye = false, acknowledged = false;

	session_tick(p->s, later);
	for (; session_output(p->s, later, &b); b.len = 0) {
		struct slice frames = frames_of(p, b.data, b.len, plain);
		goodbye |= says_goodbye(frames);
		acknowledged |= acknowledges(frames, number);
	}
	return p->way == UDP ? !acknowledged && session_open(p->s) : goodbye;
}

/* The first frame of this type that protocol.md shows, with a PING after it that would be answered. */
static struct slice shown_frame(const struct document *d, const char *type)
{
	static struct example e;
	static uint8_t storage[EXAMPLE_MAX_BYTES];
	struct buf b = buf_of(storage, sizeof(storage));

	for (size_t at = 0; example_next(d, &at, &e);) {
		if (!example_is(&e, "frame") || example_is(&e, "refused") ||
		    strcmp(e.lines[0].value, type) != 0)
			continue;
		buf_put_bytes(&b, e.bytes, e.len);
		ping_put(&b, FRAME_PING, 9);
		return slice_of(b.data, b.len);
	}
	fail_msg("protocol.md shows no %s", type);
	return slice_of(NULL, 0);
}

/* "both", or the word itself. */
static bool says(const char *cell, const char *word)
{
	return strcmp(cell, "both") == 0 || strcmp(cell, word) == 0;
}

static bool is_legal(const struct row *r, enum session_role receiver, bool udp)
{
	return says(r->cell[2], receiver == SESSION_SERVER ? "client" : "server") &&
	       says(r->cell[3], udp ? "UDP" : "streams");
}

enum { NEXT = 100 }; /* a packet number that was not used */

static void check_illegal(const struct document *d, const struct row *r, enum session_role receiver,
			  enum way way)
{
	struct pair p = open_pair_for(d, receiver, way);

	hear(&p, NEXT, shown_frame(d, r->cell[0]));
	if (!is_legal(r, receiver, way == UDP) && !was_refused(&p, NEXT))
		fail_msg("protocol.md:%d: %s is taken by a %s over %s", r->line, r->cell[0],
			 receiver == SESSION_SERVER ? "server" : "client", way_names[way]);
	pair_free(&p);
}

static void frames_from_the_wrong_end_or_link_are_refused(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;

	(void)state;
	for (size_t at = 0; document_row(d, "frame", &at, &r);)
		for (enum way way = UDP; way < WAYS; way++) {
			check_illegal(d, &r, SESSION_SERVER, way);
			check_illegal(d, &r, SESSION_CLIENT, way);
		}
	document_free(d);
}

static void row_of(const struct document *d, const char *type, struct row *r)
{
	for (size_t at = 0; document_row(d, "frame", &at, r);)
		if (strcmp(r->cell[0], type) == 0)
			return;
	fail_msg("the table of frames has no %s", type);
}

static void frames_that_a_new_session_can_take_are_in_the_table(void **state)
{
	static const char *const anytime[] = {"PADDING", "PING", "PONG", "BYE"};
	struct document *d = document_read("protocol.md");
	struct row r;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(anytime); i++)
		for (int to = 0; to < 2 * WAYS; to++) {
			enum session_role role = to & 1 ? SESSION_SERVER : SESSION_CLIENT;
			struct pair p = open_pair_for(d, role, (enum way)(to / 2));
			row_of(d, anytime[i], &r);
			assert_true(is_legal(&r, role, p.way == UDP));
			hear(&p, NEXT, shown_frame(d, anytime[i]));
			assert_false(was_refused(&p, NEXT));
			pair_free(&p);
		}
	document_free(d);
}

static void frames_of_the_conversations_are_in_the_table(void **state)
{
	static struct example e;
	struct document *d = document_read("protocol.md");
	struct row r;
	size_t n = 0;

	(void)state;
	for (size_t at = 0; example_next(d, &at, &e);) {
		bool to_server = example_is(&e, "to-server"), packet = example_is(&e, "packet");
		if (!to_server && !example_is(&e, "to-client"))
			continue;
		for (size_t i = packet ? 1 : 0; i < e.count; i++) {
			if (strcmp(e.lines[i].name, "type") != 0)
				continue;
			row_of(d, e.lines[i].value, &r);
			n++;
			if (!is_legal(&r, to_server ? SESSION_SERVER : SESSION_CLIENT, packet))
				fail_msg("protocol.md:%d: not allowed here", e.lines[i].line);
		}
	}
	assert_true(n > 20);
	document_free(d);
}

static void nothing_but_hello_and_bye_comes_before_hello(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;

	(void)state;
	for (size_t at = 0; document_row(d, "frame", &at, &r);) {
		struct pair p = pair_for(d, SESSION_SERVER, LOCAL);
		bool early = strcmp(r.cell[0], "HELLO") == 0 || strcmp(r.cell[0], "BYE") == 0;
		hear(&p, 0, shown_frame(d, r.cell[0]));
		if (was_refused(&p, 0) == early)
			fail_msg("%s before HELLO is %s", r.cell[0], early ? "refused" : "taken");
		pair_free(&p);
	}
	document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_from_the_wrong_end_or_link_are_refused),
		cmocka_unit_test(frames_that_a_new_session_can_take_are_in_the_table),
		cmocka_unit_test(frames_of_the_conversations_are_in_the_table),
		cmocka_unit_test(nothing_but_hello_and_bye_comes_before_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
