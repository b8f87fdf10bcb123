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
		return event_known(f->event.kind);
	return f->type != FRAME_COMMAND || command_known(f->command.kind);
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
	case FRAME_REPLY_PART:
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
	CHECK(e->kind == EVENT_EDITED ? e->target > e->seq : e->target < e->seq);
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

/* A reply's text is read as that of each command: within its bytes, and what is sound stays so. */
static void check_reply(const struct reply *r)
{
	for (enum command_kind to = COMMAND_JOIN; command_known(to); to++)
		(void)reply_sound(r, to);
	struct slice page = r->text, raw;
	struct event e;
	while (page_get(&page, &e, &raw)) {
		CHECK(raw.data >= r->text.data && raw.data + raw.len <= page.data);
		check_event(&e);
	}
	struct listed_room room;
	page = r->text;
	while (list_get(&page, &room))
		CHECK(room.name.len > 0 && room.name.len <= WIRE_ROOM_NAME_MAX &&
		      room.topic.len <= WIRE_TOPIC_MAX && room.room <= WIRE_MAX_ROOM);
}

static void check_command(const struct command *c)
{
	CHECK(c->room <= WIRE_MAX_ROOM && c->since_mode <= SINCE_KNOWN && c->mode <= LIST_MINE);
	CHECK(c->key.len == 0 || c->key.len == WIRE_ROOM_KEY);
	CHECK(c->proof.len == 0 || c->proof.len == WIRE_ROOM_PROOF);
}

static void check_frame(const struct frame *f)
{
	if (f->type == FRAME_ACK)
		check_ack(&f->ack);
	else if (f->type == FRAME_EVENT)
		check_event(&f->event);
	else if (f->type == FRAME_COMMAND)
		check_command(&f->command);
	else if (f->type == FRAME_REPLY)
		check_reply(&f->reply);
	else if (f->type == FRAME_EVENT_PART || f->type == FRAME_COMMAND_PART ||
		 f->type == FRAME_REPLY_PART)
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
