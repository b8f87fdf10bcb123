/*
 * One of every message, with the smallest and with the largest values that the protocol allows.
 *
 * The tests of the catalogue and of the records cut, shorten and bend these.
 */
#ifndef TEST_WIRE_SAMPLES_H
#define TEST_WIRE_SAMPLES_H

#include "proto/wire.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static char long_text[TEXT_MAX_BYTES + 1]; /* see samples_setup() */
static char long_name[NAME_MAX_BYTES + 1];
static char room_name[WIRE_ROOM_NAME_MAX + 1];
static char reply_text[WIRE_REPLY_TEXT_MAX + 1];
static char reason_text[WIRE_REASON_MAX + 1];

/* "语" is three bytes: what is cut at a wrong place is no text any more. */
static inline void fill_text(char *out, size_t n)
{
	while (n >= 3) {
		memcpy(out, "语", 3);
		out += 3;
		n -= 3;
	}
	memset(out, 'x', n);
	out[n] = '\0';
}

static inline int samples_setup(void **state)
{
	(void)state;
	fill_text(long_text, TEXT_MAX_BYTES);
	fill_text(long_name, NAME_MAX_BYTES);
	fill_text(room_name, WIRE_ROOM_NAME_MAX);
	fill_text(reply_text, WIRE_REPLY_TEXT_MAX);
	fill_text(reason_text, WIRE_REASON_MAX);
	return 0;
}

static inline struct slice words(const char *text)
{
	return slice_of(text, strlen(text));
}

/* Bytes of just this size on the heap, where a sanitizer sees a read past their end. */
static inline uint8_t *exactly(const void *bytes, size_t n)
{
	uint8_t *copy = malloc(n);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

/* ---- events ---------------------------------------------------------------------------------- */

static inline struct event sample_event(enum event_kind kind, bool large)
{
	bool of_another = kind == EVENT_RECALL || kind == EVENT_EDIT;
	struct event e = {.room = large ? WIRE_MAX_ROOM : 0,
			  .seq = large	      ? BUF_VARINT_MAX - (kind == EVENT_EDITED)
				 : of_another ? 2
					      : 1,
			  .kind = kind,
			  .time_ms = large ? (int64_t)BUF_VARINT_MAX : 0};

	if (kind != EVENT_ANNOUNCE)
		e.from = words(large ? long_name : kind == EVENT_RECALL ? "" : "a");
	if (kind == EVENT_NICK)
		e.text = words(large ? long_name : "b");
	else if (kind == EVENT_OPEN)
		e.text = words(large ? room_name : "b");
	else if (kind != EVENT_JOIN && kind != EVENT_LOST && kind != EVENT_BACK &&
		 kind != EVENT_RECALL && kind != EVENT_RECALLED)
		e.text = words(large ? long_text : "");
	if (of_another)
		e.target = e.seq - 1;
	if (kind == EVENT_EDITED)
		e.target = e.seq + 1;
	if (kind == EVENT_QUIT)
		e.reason = large ? 255 : LEAVE_QUIT;
	return e;
}

/* ---- commands and replies -------------------------------------------------------------------- */

static const char with_room[] = {
	COMMAND_JOIN,	COMMAND_TALK, COMMAND_WHO,  COMMAND_PART,   COMMAND_TOPIC,
	COMMAND_RECALL, COMMAND_EDIT, COMMAND_PAGE, COMMAND_SEARCH, 0};

static inline struct command sample_command(enum command_kind kind, bool large)
{
	struct command c = {.id = large ? BUF_VARINT_MAX : 1, .kind = kind};

	bool has_text = kind != COMMAND_RECALL && kind != COMMAND_PAGE;

	if (has_text)
		c.text = words(large ? long_text : "");
	if (!large)
		return c;
	if (strchr(with_room, kind))
		c.room = WIRE_MAX_ROOM;
	if (kind == COMMAND_JOIN || kind == COMMAND_ENTER) {
		c.since_mode = SINCE_LAST;
		c.since = BUF_VARINT_MAX;
		c.epoch = BUF_VARINT_MAX;
	}
	if (kind == COMMAND_JOIN)
		c.instance = BUF_VARINT_MAX;
	if (kind == COMMAND_ENTER) {
		c.text = words(room_name);
		c.key = slice_of(long_text, WIRE_ROOM_KEY);
		c.proof = slice_of(long_text, WIRE_ROOM_PROOF);
	}
	if (kind == COMMAND_TALK || kind == COMMAND_EDIT)
		c.mid = BUF_VARINT_MAX;
	if (kind == COMMAND_RECALL || kind == COMMAND_EDIT)
		c.seq = BUF_VARINT_MAX;
	if (kind == COMMAND_LIST)
		c.mode = LIST_MINE;
	if (kind == COMMAND_PAGE)
		c.before = c.count = BUF_VARINT_MAX;
	if (kind == COMMAND_SEARCH)
		c.token = BUF_VARINT_MAX;
	return c;
}

static inline struct reply sample_reply(bool large)
{
	if (!large)
		return (struct reply){.id = 1, .text = words("")};
	return (struct reply){.id = BUF_VARINT_MAX,
			      .code = 255,
			      .seq = BUF_VARINT_MAX,
			      .first = BUF_VARINT_MAX,
			      .more = true,
			      .epoch = BUF_VARINT_MAX,
			      .room = WIRE_MAX_ROOM,
			      .text = words(reply_text)};
}

/* ---- the session's own frames ---------------------------------------------------------------- */

static inline struct part sample_part(enum frame_type t, bool large)
{
	struct part p = {.id = 1, .total = 1, .bytes = slice_of("x", 1)};

	if (!large)
		return p;
	p.room = t == FRAME_EVENT_PART ? WIRE_MAX_ROOM : 0;
	p.id = BUF_VARINT_MAX;
	p.edit = t == FRAME_EVENT_PART ? BUF_VARINT_MAX : 0;
	p.total = WIRE_ITEM_MAX;
	p.index = WIRE_PARTS_MAX - 2; /* the last one that is full */
	p.bytes = slice_of(long_text, WIRE_PART_SIZE);
	return p;
}

static inline struct ack sample_ack(bool large)
{
	struct ack a = {.count = large ? WIRE_ACK_RANGES_MAX : 1};
	uint64_t at = BUF_VARINT_MAX;

	a.delay_us = large ? BUF_VARINT_MAX : 0;
	for (size_t i = 0; large && i < a.count; i++, at -= i * 100 + 2) {
		a.ranges[i].last = at;
		at -= i * i * 70; /* lengths of one, two and four bytes */
		a.ranges[i].first = at;
	}
	return a;
}

/* ---- all of them ----------------------------------------------------------------------------- */

struct sample {
	enum frame_type type;
	uint8_t kind; /* of an event or command */
};

static const struct sample samples[] = {
	{FRAME_PADDING, 0},
	{FRAME_PING, 0},
	{FRAME_PONG, 0},
	{FRAME_ACK, 0},
	{FRAME_BYE, 0},
	{FRAME_HELLO, 0},
	{FRAME_PATH_CHALLENGE, 0},
	{FRAME_PATH_RESPONSE, 0},
	{FRAME_COMMAND, COMMAND_JOIN},
	{FRAME_COMMAND, COMMAND_TALK},
	{FRAME_COMMAND, COMMAND_QUIT},
	{FRAME_COMMAND, COMMAND_NICK},
	{FRAME_COMMAND, COMMAND_WHO},
	{FRAME_COMMAND, COMMAND_ENTER},
	{FRAME_COMMAND, COMMAND_PART},
	{FRAME_COMMAND, COMMAND_LIST},
	{FRAME_COMMAND, COMMAND_TOPIC},
	{FRAME_COMMAND, COMMAND_RECALL},
	{FRAME_COMMAND, COMMAND_EDIT},
	{FRAME_COMMAND, COMMAND_PAGE},
	{FRAME_COMMAND, COMMAND_SEARCH},
	{FRAME_COMMAND, COMMAND_AWAY},
	{FRAME_COMMAND, COMMAND_WHOIS},
	{FRAME_COMMAND_PART, 0},
	{FRAME_REPLY, 0},
	{FRAME_REPLY_PART, 0},
	{FRAME_EVENT, EVENT_JOIN},
	{FRAME_EVENT, EVENT_TALK},
	{FRAME_EVENT, EVENT_QUIT},
	{FRAME_EVENT, EVENT_NICK},
	{FRAME_EVENT, EVENT_ANNOUNCE},
	{FRAME_EVENT, EVENT_LOST},
	{FRAME_EVENT, EVENT_BACK},
	{FRAME_EVENT, EVENT_OPEN},
	{FRAME_EVENT, EVENT_TOPIC},
	{FRAME_EVENT, EVENT_RECALL},
	{FRAME_EVENT, EVENT_EDIT},
	{FRAME_EVENT, EVENT_RECALLED},
	{FRAME_EVENT, EVENT_EDITED},
	{FRAME_EVENT, EVENT_AWAY},
	{FRAME_EVENT_PART, 0},
	{FRAME_CURSOR, 0},
};

static inline void sample_put_session_frame(struct buf *b, enum frame_type t, bool large)
{
	struct part part = sample_part(t, large);
	struct ack ack = sample_ack(large);

	switch (t) {
	case FRAME_PADDING:
		buf_put_u8(b, FRAME_PADDING);
		break;
	case FRAME_ACK:
		ack_put(b, &ack);
		break;
	case FRAME_BYE:
		bye_put(b, large ? 255 : CODE_OK, large ? reason_text : "");
		break;
	case FRAME_HELLO:
		hello_put(b);
		break;
	case FRAME_COMMAND_PART:
	case FRAME_REPLY_PART:
	case FRAME_EVENT_PART:
		part_put(b, t, &part);
		break;
	case FRAME_PATH_CHALLENGE:
	case FRAME_PATH_RESPONSE:
		path_put(b, t, large ? UINT64_MAX : 0);
		break;
	case FRAME_CURSOR:
		cursor_put(b, large ? WIRE_MAX_ROOM : 0, large ? BUF_VARINT_MAX : 0);
		break;
	default:
		ping_put(b, t, large ? BUF_VARINT_MAX : 0);
	}
}

static inline void sample_put(struct buf *b, const struct sample *s, bool large)
{
	struct event event = sample_event(s->kind, large);
	struct command command = sample_command(s->kind, large);
	struct reply reply = sample_reply(large);

	if (s->type == FRAME_EVENT)
		event_put(b, &event);
	else if (s->type == FRAME_COMMAND)
		command_put(b, &command);
	else if (s->type == FRAME_REPLY)
		reply_put(b, &reply);
	else
		sample_put_session_frame(b, s->type, large);
	assert_false(b->failed);
}

#endif
