/*
 * Who may send which frame over which link (the table of frames in protocol.md): every frame is given
 * to sessions that may not get it, and each has to treat it as §9 says.
 */
#include "example.h"

#include "check.h"

#include "proto/record.h"
#include "proto/session.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t start = 1000 * 1000;

/* ---- sessions that hear ---------------------------------------------------------------------- */

static uint64_t no_events(void *ctx, uint32_t room)
{
	(void)ctx;
	(void)room;
	return 0;
}

static struct slice no_frame(void *ctx, uint32_t room, uint64_t seq)
{
	(void)ctx;
	(void)room;
	(void)seq;
	return slice_of(NULL, 0);
}

static const struct session_log empty_log = {no_events, no_frame};

static void drain(struct session *s, uint64_t now)
{
	struct session_event ev;

	while (session_event(s, now, &ev))
		;
}

/* One packet (under that number) or record of these frames. */
static void hear(struct session *s, enum session_link link, uint64_t number, struct slice frames)
{
	static uint8_t storage[EXAMPLE_MAX_BYTES];
	struct buf b = buf_of(storage, sizeof(storage));

	if (link == SESSION_DGRAM)
		data_header_put(&b, 1, number);
	size_t at = link == SESSION_STREAM ? record_open(&b) : 0;
	buf_put_bytes(&b, frames.data, frames.len);
	if (link == SESSION_STREAM)
		record_close(&b, at);
	assert_false(b.failed);
	session_feed(s, start, b.data, b.len);
	drain(s, start);
}

static void open_session(struct session *s, enum session_role role, enum session_link link)
{
	uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf b = buf_of(storage, sizeof(storage)), frame = buf_of(storage, 32);

	while (session_output(s, start, &b)) /* INIT, RESP, HELLO */
		b.len = 0;
	if (link == SESSION_STREAM) {
		hello_put(&frame);
		hear(s, link, 0, slice_of(frame.data, frame.len));
	} else if (role == SESSION_SERVER) {
		ping_put(&frame, FRAME_PONG, 0);
		hear(s, link, 0, slice_of(frame.data, frame.len));
	} else {
		resp_put(&frame, 1, 2);
		session_feed(s, start, frame.data, frame.len);
		drain(s, start);
	}
	assert_true(session_open(s));
}

static struct session *session_for(enum session_role role, enum session_link link, bool open)
{
	struct session_config config = {
		.role = role, .link = link, .local_cid = 1, .remote_cid = 2, .log = &empty_log};
	struct session *s = session_new(&config, start);

	assert_non_null(s);
	if (open)
		open_session(s, role, link);
	return s;
}

/* ---- what they answer ------------------------------------------------------------------------ */

static bool says_goodbye(struct slice record)
{
	struct frame f;

	slice_u16(&record);
	while (frame_get(&record, &f) == ERR_NONE)
		if (f.type == FRAME_BYE)
			return f.bye.code == CODE_PROTOCOL;
	return false;
}

static bool acknowledges(struct slice packet, uint64_t number)
{
	struct packet p;
	struct frame f;

	if (packet_get(packet.data, packet.len, &p) != ERR_NONE || p.type != PACKET_DATA)
		return false;
	while (frame_get(&p.frames, &f) == ERR_NONE)
		if (f.type == FRAME_ACK && f.ack.ranges[0].last >= number)
			return true;
	return false;
}

/* A stream ends with PROTOCOL; a packet is as if it had not come: it is not acknowledged. */
static bool was_refused(struct session *s, enum session_link link)
{
	uint8_t storage[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	uint64_t later = start + 100 * 1000;
	bool goodbye = false, acknowledged = false;

	session_tick(s, later);
	while (session_output(s, later, &b)) {
		goodbye |= says_goodbye(slice_of(b.data, b.len));
		acknowledged |= acknowledges(slice_of(b.data, b.len), 1);
		b.len = 0;
	}
	return link == SESSION_STREAM ? goodbye : !acknowledged && session_open(s);
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

static bool is_legal(const struct row *r, enum session_role receiver, enum session_link link)
{
	return says(r->cell[2], receiver == SESSION_SERVER ? "client" : "server") &&
	       says(r->cell[3], link == SESSION_DGRAM ? "UDP" : "streams");
}

static void check_illegal(const struct document *d, const struct row *r, enum session_role receiver,
			  enum session_link link)
{
	struct session *s = session_for(receiver, link, true);

	hear(s, link, 1, shown_frame(d, r->cell[0]));
	if (!is_legal(r, receiver, link) && !was_refused(s, link))
		fail_msg("protocol.md:%d: %s is taken by a %s over %s", r->line, r->cell[0],
			 receiver == SESSION_SERVER ? "server" : "client",
			 link == SESSION_DGRAM ? "UDP" : "a stream");
	session_free(s);
}

static void frames_from_the_wrong_end_or_link_are_refused(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;

	(void)state;
	for (size_t at = 0; document_row(d, "frame", &at, &r);) {
		check_illegal(d, &r, SESSION_SERVER, SESSION_DGRAM);
		check_illegal(d, &r, SESSION_SERVER, SESSION_STREAM);
		check_illegal(d, &r, SESSION_CLIENT, SESSION_DGRAM);
		check_illegal(d, &r, SESSION_CLIENT, SESSION_STREAM);
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
		for (int to = 0; to < 4; to++) {
			enum session_role role = to & 1 ? SESSION_SERVER : SESSION_CLIENT;
			enum session_link link = to & 2 ? SESSION_DGRAM : SESSION_STREAM;
			struct session *s = session_for(role, link, true);
			row_of(d, anytime[i], &r);
			assert_true(is_legal(&r, role, link));
			hear(s, link, 1, shown_frame(d, anytime[i]));
			assert_false(was_refused(s, link));
			session_free(s);
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
			if (!is_legal(&r, to_server ? SESSION_SERVER : SESSION_CLIENT,
				      packet ? SESSION_DGRAM : SESSION_STREAM))
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
		struct session *s = session_for(SESSION_SERVER, SESSION_STREAM, false);
		bool early = strcmp(r.cell[0], "HELLO") == 0 || strcmp(r.cell[0], "BYE") == 0;
		hear(s, SESSION_STREAM, 0, shown_frame(d, r.cell[0]));
		if (was_refused(s, SESSION_STREAM) == early)
			fail_msg("%s before HELLO is %s", r.cell[0], early ? "refused" : "taken");
		session_free(s);
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
