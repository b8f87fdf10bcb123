/*
 * The message catalogue: every frame and packet there and back, at its limits, shortened at every
 * byte and with every bit turned over.  What is taken writes itself again as the same bytes: one
 * value, one encoding.
 */
#include "proto/wire.h"

#include "check.h"
#include "wire_samples.h"

#include <stdio.h>

enum { STORAGE = WIRE_ITEM_MAX + 256 };

static uint8_t storage[STORAGE], again[STORAGE];

/* ---- writing what was read ------------------------------------------------------------------- */

static bool known_kind(const struct frame *f)
{
	if (f->type == FRAME_EVENT)
		return f->event.kind >= EVENT_JOIN && f->event.kind <= EVENT_BACK;
	if (f->type == FRAME_COMMAND)
		return f->command.kind >= COMMAND_JOIN && f->command.kind <= COMMAND_WHO;
	return true;
}

static void put_bye_again(struct buf *b, const struct frame *f)
{
	char text[WIRE_REASON_MAX + 1] = "";

	if (memchr(f->bye.text.data, 0, f->bye.text.len)) { /* bye_put() takes a C string */
		buf_put_bytes(b, f->raw.data, f->raw.len);
		return;
	}
	memcpy(text, f->bye.text.data, f->bye.text.len);
	bye_put(b, f->bye.code, text);
}

static void put_again(struct buf *b, const struct frame *f)
{
	switch (f->type) {
	case FRAME_PADDING:
		buf_put_u8(b, FRAME_PADDING);
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
		put_bye_again(b, f);
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

static void assert_sound(const struct frame *f)
{
	struct buf b = buf_of(again, sizeof(again));

	if (!known_kind(f)) {
		assert_true(f->type != FRAME_EVENT || f->event.seq > 0);
		return; /* of a later version: its body is passed over */
	}
	put_again(&b, f);
	assert_false(b.failed);
	assert_int_equal(b.len, f->raw.len);
	assert_memory_equal(again, f->raw.data, b.len);
}

/* Takes all frames out of some bytes; each is sound, and a refusal moves nothing. */
static void read_all(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = exactly(bytes, n);
	struct slice s = slice_of(copy, n);
	struct frame f;

	while (s.len > 0) {
		struct slice before = s;
		if (frame_get(&s, &f) != ERR_NONE) {
			assert_ptr_equal(s.data, before.data);
			assert_int_equal(s.len, before.len);
			assert_false(s.failed);
			break;
		}
		assert_ptr_equal(f.raw.data, before.data);
		assert_int_equal(f.raw.len + s.len, before.len);
		assert_sound(&f);
	}
	free(copy);
}

static size_t write_sample(const struct sample *s, bool large)
{
	struct buf b = buf_of(storage, sizeof(storage));

	sample_put(&b, s, large);
	return b.len;
}

/* ---- there and back -------------------------------------------------------------------------- */

static void every_frame_comes_back_as_it_was(void **state)
{
	struct frame f;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(samples); i++) {
		size_t n = write_sample(&samples[i / 2], i % 2);
		uint8_t *copy = exactly(storage, n);
		struct slice s = slice_of(copy, n);
		assert_int_equal(frame_get(&s, &f), ERR_NONE);
		assert_int_equal(s.len, 0);
		assert_int_equal(f.type, samples[i / 2].type);
		assert_int_equal(f.raw.len, n);
		assert_true(known_kind(&f));
		assert_sound(&f);
		free(copy);
	}
}

static void assert_slice(struct slice got, struct slice want)
{
	assert_false(got.failed);
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.data, want.data, want.len);
}

static void every_field_of_an_event_comes_back(void **state)
{
	struct frame f;

	(void)state;
	for (enum event_kind kind = EVENT_JOIN; kind <= EVENT_BACK; kind++) {
		for (int large = 0; large < 2; large++) {
			struct event want = sample_event(kind, large);
			struct slice s = slice_of(
				storage, write_sample(&(struct sample){FRAME_EVENT, kind}, large));
			assert_int_equal(frame_get(&s, &f), ERR_NONE);
			assert_int_equal(f.event.room, want.room);
			assert_true(f.event.seq == want.seq);
			assert_int_equal(f.event.kind, kind);
			assert_true(f.event.time_ms == want.time_ms);
			assert_int_equal(f.event.reason, want.reason);
			assert_slice(f.event.from, want.from);
			assert_slice(f.event.text, want.text);
		}
	}
}

static void every_field_of_a_command_comes_back(void **state)
{
	struct frame f;

	(void)state;
	for (enum command_kind kind = COMMAND_JOIN; kind <= COMMAND_WHO; kind++) {
		for (int large = 0; large < 2; large++) {
			struct command want = sample_command(kind, large);
			struct slice s = slice_of(
				storage,
				write_sample(&(struct sample){FRAME_COMMAND, kind}, large));
			assert_int_equal(frame_get(&s, &f), ERR_NONE);
			assert_true(f.command.id == want.id);
			assert_int_equal(f.command.kind, kind);
			assert_int_equal(f.command.room, want.room);
			assert_int_equal(f.command.since_mode, want.since_mode);
			assert_true(f.command.since == want.since);
			assert_true(f.command.epoch == want.epoch);
			assert_true(f.command.instance == want.instance);
			assert_true(f.command.mid == want.mid);
			assert_slice(f.command.text, want.text);
		}
	}
}

static void every_field_of_a_reply_comes_back(void **state)
{
	struct frame f;

	(void)state;
	for (int large = 0; large < 2; large++) {
		struct reply want = sample_reply(large);
		struct slice s =
			slice_of(storage, write_sample(&(struct sample){FRAME_REPLY, 0}, large));
		assert_int_equal(frame_get(&s, &f), ERR_NONE);
		assert_true(f.reply.id == want.id);
		assert_int_equal(f.reply.code, want.code);
		assert_true(f.reply.seq == want.seq);
		assert_true(f.reply.first == want.first);
		assert_int_equal(f.reply.more, want.more);
		assert_true(f.reply.epoch == want.epoch);
		assert_slice(f.reply.text, want.text);
	}
}

static void every_range_of_an_ack_comes_back(void **state)
{
	struct frame f;
	struct ack want = sample_ack(true);
	struct slice s = slice_of(storage, write_sample(&(struct sample){FRAME_ACK, 0}, true));

	(void)state;
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_true(f.ack.delay_us == want.delay_us);
	assert_int_equal(f.ack.count, WIRE_ACK_RANGES_MAX);
	for (size_t i = 0; i < f.ack.count; i++) {
		assert_true(f.ack.ranges[i].first == want.ranges[i].first);
		assert_true(f.ack.ranges[i].last == want.ranges[i].last);
	}
}

static void frames_follow_each_other(void **state)
{
	struct buf b = buf_of(storage, sizeof(storage));
	struct frame f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++)
		sample_put(&b, &samples[i], false);
	struct slice s = slice_of(storage, b.len);
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		assert_int_equal(frame_get(&s, &f), ERR_NONE);
		assert_int_equal(f.type, samples[i].type);
	}
	assert_int_equal(s.len, 0);
	assert_int_equal(frame_get(&s, &f), ERR_TRUNCATED);
}

/* ---- shortened and bent ---------------------------------------------------------------------- */

static void no_frame_is_taken_short(void **state)
{
	struct frame f;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(samples); i++) {
		size_t n = write_sample(&samples[i / 2], i % 2);
		for (size_t cut = 0; cut<n; cut += cut> 64 && cut + 64 < n ? 61 : 1) {
			uint8_t *copy = exactly(storage, cut);
			struct slice s = slice_of(copy, cut);
			enum err e = frame_get(&s, &f);
			assert_int_equal(e, cut == 0 ? ERR_TRUNCATED : ERR_MALFORMED);
			assert_int_equal(s.len, cut);
			assert_false(s.failed);
			free(copy);
		}
	}
}

static void every_bit_turned_over_is_refused_or_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(samples); i++) {
		size_t n = write_sample(&samples[i / 2], i % 2);
		for (size_t at = 0; at<n; at += at> 128 && at + 128 < n ? 113 : 1) {
			for (int bit = 0; bit < 8; bit++) {
				storage[at] ^= (uint8_t)(1 << bit);
				read_all(storage, n);
				storage[at] ^= (uint8_t)(1 << bit);
			}
		}
	}
}

static void every_two_bytes_are_refused_or_sound(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 65536; v++) {
		uint8_t bytes[2] = {(uint8_t)(v >> 8), (uint8_t)v};
		read_all(bytes, 2);
	}
}

static void garbage_is_refused_or_sound(void **state)
{
	uint64_t random = 20261121;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)random);
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[64];
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			bytes[i] = (uint8_t)(random >> 56);
		}
		bytes[0] = samples[random % COUNT_OF(samples)].type;
		for (size_t i = 1; random >> 63 && i < sizeof(bytes); i++)
			bytes[i] &= 0x3f; /* small numbers get further */
		read_all(bytes, 1 + random % sizeof(bytes));
	}
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* A short string of bytes; `len` tells zeros from the end. */
struct bytes {
	size_t len;
	uint8_t at[40];
};

#define BYTES(...)                                                                                 \
	{                                                                                          \
		sizeof((uint8_t[]){__VA_ARGS__}),                                                  \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

struct vector {
	const char *what;
	struct bytes bytes;
};

static const struct vector vectors_of_frames[] = {
	{"padding", BYTES(0)},
	{"ping 37", BYTES(1, 0x25)},
	{"pong 15293", BYTES(2, 0x7b, 0xbd)},
	{"ack of 0, delay 5", BYTES(3, 0, 5, 0, 0)},
	{"ack of 9, 8, 5 and 2..0", BYTES(3, 9, 0, 2, 1, 1, 0, 1, 2)},
	{"goodbye of a leaver", BYTES(4, 16, 2, 'b', 'y')},
	{"hello", BYTES(5, 'C', 'H', 'A', 'T', 1)},
	{"join as al, all after 64", BYTES(0x10, 1, 1, 9, 1, 2, 'a', 'l', 0, 0x40, 0x40, 7, 8)},
	{"talk", BYTES(0x10, 2, 2, 5, 1, 2, 'h', 'i', 9)},
	{"quit", BYTES(0x10, 3, 3, 1, 0)},
	{"nick", BYTES(0x10, 4, 4, 3, 2, 'b', 'o')},
	{"who after b", BYTES(0x10, 5, 5, 3, 1, 1, 'b')},
	{"a command of later", BYTES(0x10, 6, 77, 3, 1, 2, 3)},
	{"part of a command", BYTES(0x11, 7, 3, 0, 3, 'a', 'b', 'c')},
	{"reply", BYTES(0x12, 1, 0, 9, 8, 0, 5, 2, 'a', 'l')},
	{"someone came", BYTES(0x20, 1, 1, 1, 3, 7, 1, 'a')},
	{"someone said", BYTES(0x20, 1, 2, 2, 6, 7, 1, 'a', 2, 'h', 'i')},
	{"someone left", BYTES(0x20, 1, 3, 3, 5, 7, 1, 'a', 2, 0)},
	{"someone is renamed", BYTES(0x20, 1, 4, 4, 5, 7, 1, 'a', 1, 'b')},
	{"an announcement", BYTES(0x20, 1, 5, 5, 3, 7, 1, '!')},
	{"someone is lost", BYTES(0x20, 1, 6, 6, 3, 7, 1, 'a')},
	{"someone is back", BYTES(0x20, 1, 7, 7, 3, 7, 1, 'a')},
	{"an event of later", BYTES(0x20, 1, 6, 66, 2, 0xff, 0xff)},
	{"part of an event", BYTES(0x21, 1, 9, 2, 0, 2, 'a', 'b')},
	{"everything before 64", BYTES(0x22, 1, 0x40, 0x40)},
};

static void frames_written_by_hand_are_taken(void **state)
{
	struct frame f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors_of_frames); i++) {
		const struct vector *v = &vectors_of_frames[i];
		uint8_t *copy = exactly(v->bytes.at, v->bytes.len);
		struct slice s = slice_of(copy, v->bytes.len);
		if (frame_get(&s, &f) != ERR_NONE || s.len > 0)
			fail_msg("refused: %s", v->what);
		assert_sound(&f);
		free(copy);
	}
}

static void an_ack_says_what_its_numbers_say(void **state)
{
	static const uint8_t bytes[] = {3, 9, 0, 2, 1, 1, 0, 1, 2};
	struct slice s = slice_of(bytes, sizeof(bytes));
	struct frame f;

	(void)state;
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_int_equal(f.ack.count, 3);
	assert_int_equal(f.ack.ranges[0].last, 9);
	assert_int_equal(f.ack.ranges[0].first, 8);
	assert_int_equal(f.ack.ranges[1].last, 5);
	assert_int_equal(f.ack.ranges[1].first, 5);
	assert_int_equal(f.ack.ranges[2].last, 2);
	assert_int_equal(f.ack.ranges[2].first, 0);
}

static const struct vector wrong_frames[] = {
	{"no such frame", BYTES(0x06)},
	{"no such frame, the last", BYTES(0xff)},
	{"a number in a longer form", BYTES(1, 0x40, 0x25)},
	{"an ack of before zero", BYTES(3, 2, 0, 0, 3)},
	{"a gap to before zero", BYTES(3, 2, 0, 1, 0, 1, 0)},
	{"a gap from zero", BYTES(3, 0, 0, 1, 0, 0, 0)},
	{"a gap from one", BYTES(3, 1, 0, 1, 0, 0, 0)},
	{"a range after a gap to before zero", BYTES(3, 4, 0, 1, 0, 0, 3)},
	{"a goodbye in no UTF-8", BYTES(4, 16, 1, 0xff)},
	{"half a character in a goodbye", BYTES(4, 16, 2, 0xe8, 0xaf)},
	{"hello to somebody else", BYTES(5, 'C', 'H', 'A', 'R', 1)},
	{"a command of no number", BYTES(0x10, 0, 2, 5, 1, 2, 'h', 'i', 9)},
	{"a longer body than its fields", BYTES(0x10, 2, 2, 6, 1, 2, 'h', 'i', 9, '!')},
	{"a shorter body than its text", BYTES(0x10, 2, 2, 3, 1, 2, 'h', 'i', 9)},
	{"a talk that nobody counted", BYTES(0x10, 2, 2, 4, 1, 2, 'h', 'i')},
	{"a join in an unknown mode", BYTES(0x10, 1, 1, 8, 1, 2, 'a', 'l', 2, 0, 0, 0)},
	{"a join without an epoch", BYTES(0x10, 1, 1, 6, 1, 2, 'a', 'l', 0, 0)},
	{"a join without an instance", BYTES(0x10, 1, 1, 7, 1, 2, 'a', 'l', 0, 0, 0)},
	{"a room past the last", BYTES(0x10, 2, 2, 11, 0xc0, 0, 0, 0, 0x40, 0, 0, 0, 1, '!', 9)},
	{"a part of no number", BYTES(0x11, 0, 3, 0, 3, 'a', 'b', 'c')},
	{"a part of nothing", BYTES(0x11, 7, 0, 0, 0)},
	{"a part past the end", BYTES(0x11, 7, 3, 1, 3, 'a', 'b', 'c')},
	{"a part that is too short", BYTES(0x11, 7, 3, 0, 2, 'a', 'b')},
	{"a part that is too long", BYTES(0x11, 7, 3, 0, 4, 'a', 'b', 'c', 'd')},
	{"a reply to no command", BYTES(0x12, 0, 0, 9, 8, 0, 5, 2, 'a', 'l')},
	{"a reply with more than more", BYTES(0x12, 1, 0, 9, 8, 2, 5, 2, 'a', 'l')},
	{"a reply in no UTF-8", BYTES(0x12, 1, 0, 9, 8, 0, 5, 2, 'a', 0xc0)},
	{"an event of no number", BYTES(0x20, 1, 0, 1, 3, 7, 1, 'a')},
	{"an unknown event of no number", BYTES(0x20, 1, 0, 66, 2, 1, 1)},
	{"someone without a name", BYTES(0x20, 1, 1, 1, 2, 7, 0)},
	{"someone renamed to nothing", BYTES(0x20, 1, 4, 4, 4, 7, 1, 'a', 0)},
	{"a name in no UTF-8", BYTES(0x20, 1, 1, 1, 3, 7, 1, 0x80)},
	{"a text in no UTF-8", BYTES(0x20, 1, 2, 2, 5, 7, 1, 'a', 1, 0xff)},
	{"a body that goes on", BYTES(0x20, 1, 1, 1, 4, 7, 1, 'a', 'b')},
	{"someone lost with words", BYTES(0x20, 1, 6, 6, 5, 7, 1, 'a', 1, 'b')},
	{"someone back with words", BYTES(0x20, 1, 7, 7, 5, 7, 1, 'a', 1, 'b')},
	{"a quit without a reason", BYTES(0x20, 1, 3, 3, 3, 7, 1, 'a')},
};

static void frames_that_break_a_rule_are_refused(void **state)
{
	struct frame f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong_frames); i++) {
		const struct vector *v = &wrong_frames[i];
		uint8_t *copy = exactly(v->bytes.at, v->bytes.len);
		struct slice s = slice_of(copy, v->bytes.len);
		if (frame_get(&s, &f) != ERR_MALFORMED)
			fail_msg("taken: %s", v->what);
		assert_int_equal(s.len, v->bytes.len);
		free(copy);
	}
}

/* ---- limits ---------------------------------------------------------------------------------- */

static bool taken(const struct buf *b)
{
	uint8_t *copy = exactly(b->data, b->len);
	struct slice s = slice_of(copy, b->len);
	struct frame f;

	assert_false(b->failed);
	bool yes = frame_get(&s, &f) == ERR_NONE;
	free(copy);
	return yes;
}

static bool event_taken(enum event_kind kind, size_t name, size_t text)
{
	static char bytes[TEXT_MAX_BYTES + 2];
	struct buf b = buf_of(storage, sizeof(storage));
	struct event e = {.room = 1, .seq = 1, .kind = kind};

	memset(bytes, 'n', sizeof(bytes));
	e.from = slice_of(bytes, name);
	e.text = slice_of(bytes, text);
	event_put(&b, &e);
	return taken(&b);
}

static void names_and_texts_have_limits(void **state)
{
	(void)state;
	assert_true(event_taken(EVENT_JOIN, NAME_MAX_BYTES - 1, 0));
	assert_true(event_taken(EVENT_JOIN, NAME_MAX_BYTES, 0));
	assert_false(event_taken(EVENT_JOIN, NAME_MAX_BYTES + 1, 0));
	assert_false(event_taken(EVENT_JOIN, 0, 0));
	assert_true(event_taken(EVENT_NICK, 1, NAME_MAX_BYTES));
	assert_false(event_taken(EVENT_NICK, 1, NAME_MAX_BYTES + 1));
	assert_true(event_taken(EVENT_TALK, 1, TEXT_MAX_BYTES - 1));
	assert_true(event_taken(EVENT_TALK, 1, TEXT_MAX_BYTES));
	assert_false(event_taken(EVENT_TALK, 1, TEXT_MAX_BYTES + 1));
}

static bool reply_taken(size_t text)
{
	static char bytes[WIRE_REPLY_TEXT_MAX + 1];
	struct buf b = buf_of(storage, sizeof(storage));

	memset(bytes, 'r', sizeof(bytes));
	reply_put(&b, &(struct reply){.id = 1, .text = slice_of(bytes, text)});
	return taken(&b);
}

static bool part_taken(uint32_t total, uint8_t index)
{
	struct buf b = buf_of(storage, sizeof(storage));
	size_t start = (size_t)index * WIRE_PART_SIZE;
	size_t len = total <= start ? 0 : total - start;
	struct part p = {.room = 1, .id = 1, .total = total, .index = index};

	p.bytes = slice_of(long_text, len < WIRE_PART_SIZE ? len : WIRE_PART_SIZE);
	part_put(&b, FRAME_EVENT_PART, &p);
	return taken(&b);
}

static void replies_and_parts_have_limits(void **state)
{
	(void)state;
	assert_true(reply_taken(WIRE_REPLY_TEXT_MAX));
	assert_false(reply_taken(WIRE_REPLY_TEXT_MAX + 1));
	assert_true(part_taken(WIRE_ITEM_MAX - 1, 0));
	assert_true(part_taken(WIRE_ITEM_MAX, 0));
	assert_false(part_taken(WIRE_ITEM_MAX + 1, 0));
	assert_true(part_taken(WIRE_ITEM_MAX, WIRE_PARTS_MAX - 1));
	assert_false(part_taken(WIRE_ITEM_MAX, WIRE_PARTS_MAX));
	assert_true(part_taken(WIRE_PART_SIZE, 0));
	assert_false(part_taken(WIRE_PART_SIZE, 1));
	assert_true(part_taken(WIRE_PART_SIZE + 1, 1));
}

/* By hand: ack_put() refuses to write more. */
static bool ack_taken(size_t ranges)
{
	struct buf b = buf_of(storage, sizeof(storage));

	buf_put_u8(&b, FRAME_ACK);
	buf_put_varint(&b, 1000);
	buf_put_varint(&b, 0);
	buf_put_varint(&b, ranges - 1);
	buf_put_varint(&b, 0);
	for (size_t i = 1; i < ranges; i++) {
		buf_put_varint(&b, 0);
		buf_put_varint(&b, 0);
	}
	return taken(&b);
}

static bool room_taken(uint64_t room)
{
	struct buf b = buf_of(storage, sizeof(storage));

	buf_put_u8(&b, FRAME_CURSOR);
	buf_put_varint(&b, room);
	buf_put_varint(&b, 1);
	return taken(&b);
}

static void ranges_and_rooms_have_limits(void **state)
{
	(void)state;
	assert_true(ack_taken(WIRE_ACK_RANGES_MAX - 1));
	assert_true(ack_taken(WIRE_ACK_RANGES_MAX));
	assert_false(ack_taken(WIRE_ACK_RANGES_MAX + 1));
	assert_true(room_taken(WIRE_MAX_ROOM));
	assert_false(room_taken((uint64_t)WIRE_MAX_ROOM + 1));
	assert_false(room_taken((UINT64_C(1) << 32) + 1)); /* not room 1 */
}

static void a_goodbye_is_cut_between_characters(void **state)
{
	char text[WIRE_REASON_MAX + 4];
	struct buf b = buf_of(storage, sizeof(storage));
	struct frame f;

	(void)state;
	memset(text, 'x', WIRE_REASON_MAX - 1);
	memcpy(text + WIRE_REASON_MAX - 1, "语", 4);
	bye_put(&b, CODE_KICKED, text);
	struct slice s = slice_of(storage, b.len);
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_int_equal(f.bye.text.len, WIRE_REASON_MAX - 1);

	b = buf_of(storage, sizeof(storage));
	buf_put_u8(&b, FRAME_BYE);
	buf_put_u8(&b, 0);
	buf_put_string(&b, long_text, WIRE_REASON_MAX / 3 * 3);
	assert_true(taken(&b));
	b.len = 2;
	buf_put_string(&b, long_text, WIRE_REASON_MAX / 3 * 3 + 3);
	assert_false(taken(&b));
}

/* ---- pages of names -------------------------------------------------------------------------- */

static void a_page_gives_back_what_was_put_on_it(void **state)
{
	struct buf b = buf_of(storage, WIRE_REPLY_TEXT_MAX);
	enum member_state there;
	struct slice name;

	(void)state;
	who_put(&b, words("小明"), MEMBER_HERE);
	who_put(&b, words(long_name), MEMBER_RECONNECTING);
	assert_false(b.failed);
	assert_true(text_valid((const char *)b.data, b.len)); /* it goes as the text of a reply */
	struct slice page = slice_of(storage, b.len);
	assert_true(who_get(&page, &name, &there));
	assert_slice(name, words("小明"));
	assert_int_equal(there, MEMBER_HERE);
	assert_true(who_get(&page, &name, &there));
	assert_slice(name, words(long_name));
	assert_int_equal(there, MEMBER_RECONNECTING);
	assert_false(who_get(&page, &name, &there));
	assert_false(page.failed);
}

static void a_broken_page_ends_where_it_breaks(void **state)
{
	static const struct vector broken[] = {
		{"no state", BYTES(1, 'a')},
		{"no name", BYTES(0, 0)},
		{"a name past the end", BYTES(3, 'a', 'b')},
		{"a name in no UTF-8", BYTES(1, 0xff, 0)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		uint8_t *copy = exactly(broken[i].bytes.at, broken[i].bytes.len);
		struct slice page = slice_of(copy, broken[i].bytes.len), name;
		enum member_state there;
		if (who_get(&page, &name, &there) || !page.failed)
			fail_msg("taken: %s", broken[i].what);
		assert_false(who_get(&page, &name, &there));
		free(copy);
	}
}

/* The parts of a packet that a session puts together always fit. */
static void the_largest_frames_fit_their_packets(void **state)
{
	size_t ack = write_sample(&(struct sample){FRAME_ACK, 0}, true);
	size_t bye = write_sample(&(struct sample){FRAME_BYE, 0}, true);
	size_t part = write_sample(&(struct sample){FRAME_EVENT_PART, 0}, true);
	size_t reply = write_sample(&(struct sample){FRAME_REPLY, 0}, true);
	size_t talk = write_sample(&(struct sample){FRAME_EVENT, EVENT_TALK}, true);
	size_t command = write_sample(&(struct sample){FRAME_COMMAND, COMMAND_JOIN}, true);

	(void)state;
	assert_in_range(ack, 1, WIRE_FRAMES_MAX);
	assert_in_range(bye, 1, WIRE_REASON_MAX + 8);
	assert_in_range(part, 1, WIRE_PART_SIZE + WIRE_PART_HEADER_MAX);
	assert_in_range(reply, 1, WIRE_PART_SIZE); /* replies never go in parts */
	assert_in_range(talk, 1, WIRE_ITEM_MAX);
	assert_in_range(command, 1, WIRE_ITEM_MAX);
}

static void what_wants_an_acknowledgement(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		enum frame_type t = samples[i].type;
		bool quiet = t == FRAME_PADDING || t == FRAME_ACK || t == FRAME_CURSOR ||
			     t == FRAME_PATH_CHALLENGE;
		assert_int_equal(frame_eliciting(t), !quiet);
	}
}

/* ---- names of things ------------------------------------------------------------------------- */

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum code c = CODE_OK; c <= CODE_TOO_MANY; c++) {
		assert_true(strlen(code_name(c)) > 0 && strlen(code_reason(c)) > 0);
		assert_null(strchr(code_name(c), ' '));
		for (enum code d = CODE_OK; d < c; d++)
			assert_string_not_equal(code_name(c), code_name(d));
	}
	for (enum code c = CODE_TOO_MANY + 1; c <= 255; c++) {
		assert_string_equal(code_name(c), "unknown");
		assert_true(strlen(code_reason(c)) > 0);
	}
}

static void every_kind_and_reason_has_a_name(void **state)
{
	static const char *const kinds[] = {"unknown",	"join", "talk", "quit",	  "nick",
					    "announce", "lost", "back", "unknown"};

	(void)state;
	for (unsigned k = 0; k < COUNT_OF(kinds); k++)
		assert_string_equal(event_kind_name(k), kinds[k]);
	assert_string_equal(event_kind_name(255), "unknown");
	for (unsigned r = 0; r < 256; r++) {
		const char *name = leave_reason_name(r);
		assert_true(name && *name);
		assert_true((strcmp(name, "left") == 0) == (r == 0 || r > LEAVE_SHUTDOWN));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_comes_back_as_it_was),
		cmocka_unit_test(every_field_of_an_event_comes_back),
		cmocka_unit_test(every_field_of_a_command_comes_back),
		cmocka_unit_test(every_field_of_a_reply_comes_back),
		cmocka_unit_test(every_range_of_an_ack_comes_back),
		cmocka_unit_test(frames_follow_each_other),
		cmocka_unit_test(no_frame_is_taken_short),
		cmocka_unit_test(every_bit_turned_over_is_refused_or_sound),
		cmocka_unit_test(every_two_bytes_are_refused_or_sound),
		cmocka_unit_test(garbage_is_refused_or_sound),
		cmocka_unit_test(frames_written_by_hand_are_taken),
		cmocka_unit_test(an_ack_says_what_its_numbers_say),
		cmocka_unit_test(frames_that_break_a_rule_are_refused),
		cmocka_unit_test(names_and_texts_have_limits),
		cmocka_unit_test(replies_and_parts_have_limits),
		cmocka_unit_test(ranges_and_rooms_have_limits),
		cmocka_unit_test(a_goodbye_is_cut_between_characters),
		cmocka_unit_test(a_page_gives_back_what_was_put_on_it),
		cmocka_unit_test(a_broken_page_ends_where_it_breaks),
		cmocka_unit_test(the_largest_frames_fit_their_packets),
		cmocka_unit_test(what_wants_an_acknowledgement),
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(every_kind_and_reason_has_a_name),
	};

	return cmocka_run_group_tests_name("wire", tests, samples_setup, NULL);
}
