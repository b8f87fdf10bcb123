/*
 * The message catalogue (protocol.md §3): how each frame is written and read; what is inside events
 * and commands is in event.c and command.c.
 *
 * Every row of the protocol is one put and one get, next to each other.  Nothing in these files keeps
 * state, and nothing in them decides.
 */
#include "proto/wire.h"

#include "proto/field.h"

#include <string.h>

static const char hello_magic[4] = {'C', 'H', 'A', 'T'};

/* ---- frames of the session itself ------------------------------------------------------------ */

void part_put(struct buf *b, enum frame_type t, const struct part *p)
{
	buf_put_u8(b, (uint8_t)t);
	if (t == FRAME_EVENT_PART)
		buf_put_varint(b, p->room);
	buf_put_varint(b, p->id);
	if (t == FRAME_EVENT_PART)
		buf_put_varint(b, p->edit);
	buf_put_varint(b, p->total);
	buf_put_u8(b, p->index);
	field_put(b, p->bytes);
}

static void part_get(struct slice *s, enum frame_type t, struct part *p)
{
	p->room = t == FRAME_EVENT_PART ? field_room(s) : 0;
	p->id = slice_varint(s);
	p->edit = t == FRAME_EVENT_PART ? slice_varint(s) : 0;
	uint64_t total = slice_varint(s);
	p->index = slice_u8(s);
	p->bytes = slice_string(s, WIRE_PART_SIZE);

	uint64_t start = (uint64_t)p->index * WIRE_PART_SIZE;
	if (s->failed || p->id == 0 || total > WIRE_ITEM_MAX || start >= total) {
		s->failed = true;
		return;
	}
	p->total = (uint32_t)total;
	uint64_t want = total - start < WIRE_PART_SIZE ? total - start : WIRE_PART_SIZE;
	s->failed = p->bytes.len != want;
}

/* As RFC 9000 §19.3: the largest, then lengths and gaps downwards, each less what cannot be. */
void ack_put(struct buf *b, const struct ack *a)
{
	assert(a->count > 0 && a->count <= WIRE_ACK_RANGES_MAX);
	buf_put_u8(b, FRAME_ACK);
	buf_put_varint(b, a->ranges[0].last);
	buf_put_varint(b, a->delay_us);
	buf_put_varint(b, a->count - 1);
	buf_put_varint(b, a->ranges[0].last - a->ranges[0].first);
	for (size_t i = 1; i < a->count; i++) {
		buf_put_varint(b, a->ranges[i - 1].first - a->ranges[i].last - 2);
		buf_put_varint(b, a->ranges[i].last - a->ranges[i].first);
	}
}

/* One range that ends at `last` and is `length` packets longer than one. */
static void ack_range_get(struct slice *s, uint64_t last, struct ack_range *r)
{
	uint64_t length = slice_varint(s);

	if (length > last)
		s->failed = true;
	*r = (struct ack_range){.first = last - length, .last = last};
}

static void ack_get(struct slice *s, struct ack *a)
{
	uint64_t largest = slice_varint(s);
	a->delay_us = slice_varint(s);
	uint64_t more = slice_varint(s);

	if (more >= WIRE_ACK_RANGES_MAX)
		s->failed = true;
	ack_range_get(s, largest, &a->ranges[0]);
	a->count = 1;
	while (!s->failed && a->count <= more) {
		uint64_t gap = slice_varint(s), first = a->ranges[a->count - 1].first;
		if (first < 2 || gap > first - 2) {
			s->failed = true;
			return;
		}
		ack_range_get(s, first - gap - 2, &a->ranges[a->count++]);
	}
}

void cursor_put(struct buf *b, uint32_t room, uint64_t next)
{
	buf_put_u8(b, FRAME_CURSOR);
	buf_put_varint(b, room);
	buf_put_varint(b, next);
}

void ping_put(struct buf *b, enum frame_type t, uint64_t token)
{
	buf_put_u8(b, (uint8_t)t);
	buf_put_varint(b, token);
}

void path_put(struct buf *b, enum frame_type t, uint64_t token)
{
	buf_put_u8(b, (uint8_t)t);
	buf_put_u64(b, token);
}

void bye_put(struct buf *b, enum code c, const char *text)
{
	buf_put_u8(b, FRAME_BYE);
	buf_put_u8(b, (uint8_t)c);
	buf_put_string(b, text, text_clip(text, strlen(text), WIRE_REASON_MAX));
}

void hello_put(struct buf *b)
{
	buf_put_u8(b, FRAME_HELLO);
	buf_put_bytes(b, hello_magic, sizeof(hello_magic));
	buf_put_u8(b, WIRE_VERSION);
}

static void hello_get(struct slice *s, uint8_t *version)
{
	struct slice magic = slice_bytes(s, sizeof(hello_magic));

	*version = slice_u8(s);
	if (!s->failed && memcmp(magic.data, hello_magic, sizeof(hello_magic)) != 0)
		s->failed = true;
}

/* False: no frame of this type is known. */
static bool frame_body_get(struct slice *s, struct frame *f)
{
	switch (f->type) {
	case FRAME_PADDING:
		return true;
	case FRAME_PING:
	case FRAME_PONG:
		f->token = slice_varint(s);
		return true;
	case FRAME_ACK:
		ack_get(s, &f->ack);
		return true;
	case FRAME_PATH_CHALLENGE:
	case FRAME_PATH_RESPONSE:
		f->token = slice_u64(s);
		return true;
	case FRAME_BYE:
		f->bye.code = slice_u8(s);
		f->bye.text = field_text(s, WIRE_REASON_MAX);
		return true;
	case FRAME_HELLO:
		hello_get(s, &f->version);
		return true;
	case FRAME_COMMAND:
		command_get(s, &f->command);
		return true;
	case FRAME_COMMAND_PART:
	case FRAME_REPLY_PART:
	case FRAME_EVENT_PART:
		part_get(s, f->type, &f->part);
		return true;
	case FRAME_REPLY:
		reply_get(s, &f->reply);
		return true;
	case FRAME_EVENT:
		event_get(s, &f->event);
		return true;
	case FRAME_CURSOR:
		f->cursor.room = field_room(s);
		f->cursor.next = slice_varint(s);
		return true;
	}
	return false;
}

enum err frame_get(struct slice *s, struct frame *f)
{
	struct slice at = {.data = s->data, .len = s->len, .failed = s->failed};

	f->type = slice_u8(&at);
	if (at.failed)
		return ERR_TRUNCATED;
	if (!frame_body_get(&at, f) || at.failed)
		return ERR_MALFORMED;
	f->raw.data = s->data;
	f->raw.len = s->len - at.len;
	f->raw.failed = false;
	s->data = at.data;
	s->len = at.len;
	return ERR_NONE;
}

bool frame_eliciting(enum frame_type t)
{
	return t != FRAME_PADDING && t != FRAME_ACK && t != FRAME_CURSOR &&
	       t != FRAME_PATH_CHALLENGE;
}
