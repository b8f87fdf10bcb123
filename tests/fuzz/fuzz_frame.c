/*
 * Frames: what is read is within the input, and written again it is the same bytes: one meaning has
 * one encoding.
 */
#include "fuzz.h"

#include "proto/wire.h"

static uint8_t storage[1 << 17];

static bool known(const struct frame *f)
{
	if (f->type == FRAME_EVENT)
		return f->event.kind >= EVENT_JOIN && f->event.kind <= EVENT_BACK;
	if (f->type == FRAME_COMMAND)
		return f->command.kind >= COMMAND_JOIN && f->command.kind <= COMMAND_WHO;
	return true;
}

static void put_bye(struct buf *b, const struct frame *f)
{
	char text[WIRE_REASON_MAX + 1] = "";

	if (f->bye.text.len > 0)
		memcpy(text, f->bye.text.data, f->bye.text.len);
	bye_put(b, f->bye.code, text);
	if (strlen(text) < f->bye.text.len) /* a NUL in it, which we would never write */
		*b = buf_of(memcpy(b->data, f->raw.data, f->raw.len), b->cap), b->len = f->raw.len;
}

static void put_again(struct buf *b, const struct frame *f)
{
	switch (f->type) {
	case FRAME_PADDING:
		buf_put_u8(b, 0);
		break;
	case FRAME_PING:
	case FRAME_PONG:
		ping_put(b, f->type, f->token);
		break;
	case FRAME_PATH_CHALLENGE:
	case FRAME_PATH_RESPONSE:
		path_put(b, f->type, f->token);
		break;
	case FRAME_ACK:
		ack_put(b, &f->ack);
		break;
	case FRAME_BYE:
		put_bye(b, f);
		break;
	case FRAME_HELLO:
		hello_put(b);
		b->data[b->len - 1] = f->version;
		break;
	case FRAME_COMMAND:
		command_put(b, &f->command);
		break;
	case FRAME_COMMAND_PART:
	case FRAME_EVENT_PART:
		part_put(b, f->type, &f->part);
		break;
	case FRAME_REPLY:
		reply_put(b, &f->reply);
		break;
	case FRAME_EVENT:
		event_put(b, &f->event);
		break;
	case FRAME_CURSOR:
		cursor_put(b, f->cursor.room, f->cursor.next);
		break;
	}
}

static void check_ack(const struct ack *a)
{
	CHECK(a->count >= 1 && a->count <= WIRE_ACK_RANGES_MAX);
	for (size_t i = 0; i < a->count; i++) {
		CHECK(a->ranges[i].first <= a->ranges[i].last);
		CHECK(i == 0 || a->ranges[i].last + 1 < a->ranges[i - 1].first);
	}
}

static void check_event(const struct event *e)
{
	CHECK(e->seq > 0 && e->room <= WIRE_MAX_ROOM && e->time_ms >= 0);
	CHECK(e->from.len <= NAME_MAX_BYTES && e->text.len <= TEXT_MAX_BYTES);
	CHECK(text_valid((const char *)e->from.data, e->from.len));
	CHECK(text_valid((const char *)e->text.data, e->text.len));
}

static void check_part(const struct part *p)
{
	size_t start = (size_t)p->index * WIRE_PART_SIZE;

	CHECK(p->total <= WIRE_ITEM_MAX && start + p->bytes.len <= p->total);
	CHECK(p->bytes.len == WIRE_PART_SIZE || start + p->bytes.len == p->total);
}

static void check_frame(const struct frame *f)
{
	if (f->type == FRAME_ACK)
		check_ack(&f->ack);
	else if (f->type == FRAME_EVENT)
		check_event(&f->event);
	else if (f->type == FRAME_EVENT_PART || f->type == FRAME_COMMAND_PART)
		check_part(&f->part);
	if (!known(f))
		return;
	struct buf b = buf_of(storage, sizeof(storage));
	put_again(&b, f);
	CHECK(!b.failed && b.len == f->raw.len && memcmp(b.data, f->raw.data, b.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice s = slice_of(bytes, n);

	for (;;) {
		struct slice before = s;
		struct frame f;
		enum err e = frame_get(&s, &f);
		if (e != ERR_NONE) {
			CHECK(e == ERR_TRUNCATED || e == ERR_MALFORMED);
			CHECK(s.data == before.data && s.len == before.len && !s.failed);
			return 0;
		}
		CHECK(f.raw.data == before.data && f.raw.len == before.len - s.len);
		CHECK(f.raw.len > 0 && s.data == before.data + f.raw.len);
		check_frame(&f);
	}
}
