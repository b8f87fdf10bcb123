/* The message catalogue at its limits: the last value that is taken, and the first that is not. */
#include "proto/wire.h"

#include "check.h"
#include "wire_samples.h"

static uint8_t storage[WIRE_ITEM_MAX + 256];

static size_t write_sample(const struct sample *s, bool large)
{
	struct buf b = buf_of(storage, sizeof(storage));

	sample_put(&b, s, large);
	return b.len;
}

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
	struct event e = {.room = 1, .seq = 2, .kind = kind, .target = 1};

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
	assert_true(event_taken(EVENT_EDIT, 1, TEXT_MAX_BYTES));
	assert_false(event_taken(EVENT_EDIT, 1, TEXT_MAX_BYTES + 1));
	assert_true(event_taken(EVENT_OPEN, 1, WIRE_ROOM_NAME_MAX));
	assert_false(event_taken(EVENT_OPEN, 1, WIRE_ROOM_NAME_MAX + 1));
	assert_true(event_taken(EVENT_RECALL, NAME_MAX_BYTES, 0));
	assert_false(event_taken(EVENT_RECALL, NAME_MAX_BYTES + 1, 0));
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
	part_put(&b, FRAME_REPLY_PART, &p);
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

/* ---- what has to fit ------------------------------------------------------------------------- */

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
	assert_in_range(part, 1, WIRE_PART_SIZE + WIRE_EVENT_PART_HEADER_MAX);
	assert_in_range(reply, WIRE_ITEM_MAX,
			WIRE_ITEM_MAX); /* its header is as large as is told */
	assert_in_range(talk, 1, WIRE_ITEM_MAX);
	assert_in_range(command, 1, WIRE_ITEM_MAX);
	for (enum event_kind kind = EVENT_JOIN; event_known(kind); kind++) {
		size_t n = write_sample(&(struct sample){FRAME_EVENT, kind}, true);
		assert_in_range(n, 1, WIRE_EVENT_HEADER_MAX + TEXT_MAX_BYTES);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_texts_have_limits),
		cmocka_unit_test(replies_and_parts_have_limits),
		cmocka_unit_test(ranges_and_rooms_have_limits),
		cmocka_unit_test(a_goodbye_is_cut_between_characters),
		cmocka_unit_test(the_largest_frames_fit_their_packets),
		cmocka_unit_test(what_wants_an_acknowledgement),
	};

	return cmocka_run_group_tests_name("wire_limits", tests, samples_setup, NULL);
}
