/*
 * The message catalogue: every frame there and back, shortened at every byte and with every bit
 * turned over.  What is taken writes itself again as the same bytes: one
 * value, one encoding.
 */
#include "proto/wire.h"

#include "check.h"
#include "wire_bytes.h"
#include "wire_samples.h"

#include <stdio.h>

enum { STORAGE = WIRE_ITEM_MAX + 256 };

static uint8_t storage[STORAGE], again[STORAGE];

/* ---- writing what was read ------------------------------------------------------------------- */

static bool known_kind(const struct frame *f)
{
	if (f->type == FRAME_EVENT)
		return event_known(f->event.kind);
	return f->type != FRAME_COMMAND || command_known(f->command.kind);
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
	for (enum event_kind kind = EVENT_JOIN; event_known(kind); kind++) {
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
			assert_true(f.event.target == want.target);
			assert_slice(f.event.from, want.from);
			assert_slice(f.event.text, want.text);
		}
	}
}

static void every_field_of_a_command_comes_back(void **state)
{
	struct frame f;

	(void)state;
	for (enum command_kind kind = COMMAND_JOIN; command_known(kind); kind++) {
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
			assert_true(f.command.seq == want.seq);
			assert_true(f.command.before == want.before);
			assert_true(f.command.count == want.count);
			assert_true(f.command.token == want.token);
			assert_int_equal(f.command.mode, want.mode);
			assert_slice(f.command.key, want.key);
			assert_slice(f.command.proof, want.proof);
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
		assert_int_equal(f.reply.room, want.room);
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
	{"enter #a", BYTES(0x10, 6, 6, 8, 2, '#', 'a', 1, 9, 0, 0, 0)},
	{"leave room 7", BYTES(0x10, 7, 7, 2, 7, 0)},
	{"list my rooms after #a", BYTES(0x10, 8, 8, 4, 1, 2, '#', 'a')},
	{"no topic any more", BYTES(0x10, 9, 9, 2, 7, 0)},
	{"take back 33", BYTES(0x10, 10, 10, 2, 7, 33)},
	{"33 is no now", BYTES(0x10, 11, 11, 6, 7, 33, 2, 'n', 'o', 5)},
	{"20 before 40", BYTES(0x10, 12, 12, 3, 7, 40, 20)},
	{"look for hi everywhere", BYTES(0x10, 13, 13, 5, 0, 2, 'h', 'i', 0)},
	{"be away", BYTES(0x10, 14, 14, 3, 2, 'h', 'i')},
	{"be back", BYTES(0x10, 15, 14, 1, 0)},
	{"who is hi", BYTES(0x10, 16, 15, 3, 2, 'h', 'i')},
	{"a command of later", BYTES(0x10, 6, 77, 3, 1, 2, 3)},
	{"part of a command", BYTES(0x11, 7, 3, 0, 3, 'a', 'b', 'c')},
	{"reply", BYTES(0x12, 1, 0, 9, 8, 0, 5, 1, 2, 'a', 'l')},
	{"reply of bytes", BYTES(0x12, 1, 0, 9, 8, 0, 5, 1, 2, 'a', 0xc0)},
	{"part of a reply", BYTES(0x13, 7, 3, 0, 3, 'a', 'b', 'c')},
	{"someone came", BYTES(0x20, 1, 1, 1, 3, 7, 1, 'a')},
	{"someone said", BYTES(0x20, 1, 2, 2, 6, 7, 1, 'a', 2, 'h', 'i')},
	{"someone left", BYTES(0x20, 1, 3, 3, 5, 7, 1, 'a', 2, 0)},
	{"someone is renamed", BYTES(0x20, 1, 4, 4, 5, 7, 1, 'a', 1, 'b')},
	{"an announcement", BYTES(0x20, 1, 5, 5, 3, 7, 1, '!')},
	{"someone is lost", BYTES(0x20, 1, 6, 6, 3, 7, 1, 'a')},
	{"someone is back", BYTES(0x20, 1, 7, 7, 3, 7, 1, 'a')},
	{"someone opened #b", BYTES(0x20, 7, 1, 8, 6, 7, 1, 'a', 2, '#', 'b')},
	{"no topic any more", BYTES(0x20, 7, 2, 9, 4, 7, 1, 'a', 0)},
	{"someone took 1 back", BYTES(0x20, 7, 3, 10, 4, 7, 1, 'a', 1)},
	{"1 was taken back", BYTES(0x20, 7, 3, 10, 3, 7, 0, 1)},
	{"someone changed 1", BYTES(0x20, 7, 3, 11, 7, 7, 1, 'a', 1, 2, 'n', 'o')},
	{"where something was", BYTES(0x20, 7, 3, 12, 3, 7, 1, 'a')},
	{"where something else was", BYTES(0x20, 7, 3, 13, 7, 7, 1, 'a', 4, 2, 'n', 'o')},
	{"an event of later", BYTES(0x20, 1, 6, 66, 2, 0xff, 0xff)},
	{"part of an event", BYTES(0x21, 1, 9, 12, 2, 0, 2, 'a', 'b')},
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
	{"a join in an unknown mode", BYTES(0x10, 1, 1, 8, 1, 2, 'a', 'l', 3, 0, 0, 0)},
	{"a join without an epoch", BYTES(0x10, 1, 1, 6, 1, 2, 'a', 'l', 0, 0)},
	{"a join without an instance", BYTES(0x10, 1, 1, 7, 1, 2, 'a', 'l', 0, 0, 0)},
	{"a room past the last", BYTES(0x10, 2, 2, 11, 0xc0, 0, 0, 0, 0x40, 0, 0, 0, 1, '!', 9)},
	{"a part of no number", BYTES(0x11, 0, 3, 0, 3, 'a', 'b', 'c')},
	{"a part of nothing", BYTES(0x11, 7, 0, 0, 0)},
	{"a part past the end", BYTES(0x11, 7, 3, 1, 3, 'a', 'b', 'c')},
	{"a part that is too short", BYTES(0x11, 7, 3, 0, 2, 'a', 'b')},
	{"a part that is too long", BYTES(0x11, 7, 3, 0, 4, 'a', 'b', 'c', 'd')},
	{"an entry without a proof", BYTES(0x10, 6, 6, 7, 2, '#', 'a', 1, 9, 0, 0)},
	{"half a key", BYTES(0x10, 6, 6, 9, 2, '#', 'a', 1, 9, 0, 1, 'k', 0)},
	{"half a proof", BYTES(0x10, 6, 6, 9, 2, '#', 'a', 1, 9, 0, 0, 1, 'p')},
	{"an entry in an unknown mode", BYTES(0x10, 6, 6, 8, 2, '#', 'a', 3, 9, 0, 0, 0)},
	{"a list in an unknown mode", BYTES(0x10, 8, 8, 4, 2, 2, '#', 'a')},
	{"a recall of nothing", BYTES(0x10, 10, 10, 1, 7)},
	{"an edit that nobody counted", BYTES(0x10, 11, 11, 5, 7, 33, 2, 'n', 'o')},
	{"a page of no size", BYTES(0x10, 12, 12, 2, 7, 40)},
	{"a search without a place", BYTES(0x10, 13, 13, 4, 0, 2, 'h', 'i')},
	{"a reply to no command", BYTES(0x12, 0, 0, 9, 8, 0, 5, 1, 2, 'a', 'l')},
	{"a reply with more than more", BYTES(0x12, 1, 0, 9, 8, 2, 5, 1, 2, 'a', 'l')},
	{"a reply without a room", BYTES(0x12, 1, 0, 9, 8, 0, 5, 2, 'a', 'l')},
	{"a part of a reply to nothing", BYTES(0x13, 0, 3, 0, 3, 'a', 'b', 'c')},
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
	{"a room without a name", BYTES(0x20, 7, 1, 8, 4, 7, 1, 'a', 0)},
	{"a room that nobody opened", BYTES(0x20, 7, 1, 8, 5, 7, 0, 2, '#', 'b')},
	{"a recall of nothing", BYTES(0x20, 7, 3, 10, 3, 7, 1, 'a')},
	{"a recall of event 0", BYTES(0x20, 7, 3, 10, 4, 7, 1, 'a', 0)},
	{"a recall of itself", BYTES(0x20, 7, 3, 10, 4, 7, 1, 'a', 3)},
	{"an edit of what is to come", BYTES(0x20, 7, 3, 11, 7, 7, 1, 'a', 4, 2, 'n', 'o')},
	{"an edit that nobody made", BYTES(0x20, 7, 3, 11, 6, 7, 0, 1, 2, 'n', 'o')},
	{"nobody's recalled talk", BYTES(0x20, 7, 3, 12, 2, 7, 0)},
	{"a recalled talk that is there", BYTES(0x20, 7, 3, 12, 6, 7, 1, 'a', 2, 'n', 'o')},
	{"an edited talk that is not", BYTES(0x20, 7, 3, 13, 3, 7, 1, 'a')},
	{"a talk that was edited before", BYTES(0x20, 7, 3, 13, 6, 7, 1, 'a', 2, 1, 'b')},
	{"a talk that edited itself", BYTES(0x20, 7, 3, 13, 6, 7, 1, 'a', 3, 1, 'b')},
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
	};

	return cmocka_run_group_tests_name("wire", tests, samples_setup, NULL);
}
