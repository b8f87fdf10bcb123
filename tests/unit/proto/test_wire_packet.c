/* Packets: each kind there and back, at every size, with every bit turned over. */
#include "proto/wire.h"

#include "check.h"
#include "wire_samples.h"

static uint8_t storage[2 * WIRE_PACKET_MAX];

static enum err get(size_t n, struct packet *p)
{
	uint8_t *copy = exactly(storage, n);
	enum err e = packet_get(copy, n, p);

	if (e == ERR_NONE) /* back to bytes that stay */
		p->frames.data = p->frames.len > 0 ? storage + (p->frames.data - copy) : NULL;
	free(copy);
	return e;
}

static size_t write_init(uint64_t cid)
{
	struct buf b = buf_of(storage, sizeof(storage));

	init_put(&b, cid);
	assert_false(b.failed);
	return b.len;
}

static size_t write_resp(uint64_t client_cid, uint64_t server_cid)
{
	struct buf b = buf_of(storage, sizeof(storage));

	resp_put(&b, client_cid, server_cid);
	assert_false(b.failed);
	return b.len;
}

static size_t write_data(uint64_t cid, uint64_t number, size_t frames)
{
	struct buf b = buf_of(storage, sizeof(storage));

	data_header_put(&b, cid, number);
	while (frames-- > 0)
		buf_put_u8(&b, FRAME_PADDING);
	assert_false(b.failed);
	return b.len;
}

static void an_init_fills_its_packet(void **state)
{
	static const uint64_t cids[] = {0, 1, UINT64_C(0x0123456789abcdef), UINT64_MAX};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cids); i++) {
		assert_int_equal(write_init(cids[i]), WIRE_INIT_SIZE);
		assert_int_equal(get(WIRE_INIT_SIZE, &p), ERR_NONE);
		assert_int_equal(p.type, PACKET_INIT);
		assert_true(p.cid == cids[i]);
	}
	/* A shorter one would let somebody be flooded with answers larger than the questions. */
	for (size_t n = 0; n < sizeof(storage); n++)
		assert_int_equal(get(n, &p), n == WIRE_INIT_SIZE ? ERR_NONE : ERR_MALFORMED);
}

static void a_response_names_both_ends(void **state)
{
	struct packet p;

	(void)state;
	size_t n = write_resp(UINT64_MAX, 7);
	assert_int_equal(n, 18);
	assert_int_equal(get(n, &p), ERR_NONE);
	assert_int_equal(p.type, PACKET_RESP);
	assert_true(p.cid == UINT64_MAX);
	assert_true(p.server_cid == 7);
	for (size_t len = 0; len < 64; len++)
		assert_int_equal(get(len, &p), len == n ? ERR_NONE : ERR_MALFORMED);
}

static void data_has_a_number_and_frames(void **state)
{
	struct packet p;

	(void)state;
	size_t n = write_data(5, BUF_VARINT_MAX, WIRE_PACKET_MAX - WIRE_DATA_HEADER);
	assert_int_equal(n, WIRE_PACKET_MAX);
	assert_int_equal(get(n, &p), ERR_NONE);
	assert_int_equal(p.type, PACKET_DATA);
	assert_true(p.cid == 5);
	assert_true(p.number == BUF_VARINT_MAX);
	assert_ptr_equal(p.frames.data, storage + WIRE_DATA_HEADER);
	assert_int_equal(p.frames.len, WIRE_PACKET_MAX - WIRE_DATA_HEADER);
	for (size_t len = 0; len < WIRE_DATA_HEADER; len++)
		assert_int_equal(get(len, &p), ERR_MALFORMED);
	for (size_t len = WIRE_DATA_HEADER; len <= WIRE_PACKET_MAX; len++) {
		assert_int_equal(get(len, &p), ERR_NONE);
		assert_int_equal(p.frames.len, len - WIRE_DATA_HEADER);
	}
	write_data(5, 1, WIRE_PACKET_MAX);
	assert_int_equal(get(WIRE_PACKET_MAX + 1, &p), ERR_MALFORMED);
}

static void a_number_past_the_largest_is_refused(void **state)
{
	struct packet p;

	(void)state;
	assert_int_equal(get(write_data(1, BUF_VARINT_MAX + 1, 4), &p), ERR_MALFORMED);
	assert_int_equal(get(write_data(1, UINT64_MAX, 4), &p), ERR_MALFORMED);
}

static void another_version_is_refused(void **state)
{
	struct packet p;

	(void)state;
	for (unsigned version = 0; version < 256; version++) {
		enum err want = version == WIRE_VERSION ? ERR_NONE : ERR_MALFORMED;
		size_t n = write_init(1);
		storage[1] = (uint8_t)version;
		assert_int_equal(get(n, &p), want);
		n = write_resp(1, 2);
		storage[1] = (uint8_t)version;
		assert_int_equal(get(n, &p), want);
	}
}

static void only_three_types_are_packets(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 10, 17, 18, 19, 100, 1199, 1200};
	struct packet p;

	(void)state;
	memset(storage, WIRE_VERSION, sizeof(storage));
	memset(storage + 9, 0, 8); /* a small number */
	for (unsigned type = 0; type < 256; type++) {
		storage[0] = (uint8_t)type;
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			size_t n = sizes[i];
			bool fits = (type == PACKET_INIT && n == WIRE_INIT_SIZE) ||
				    (type == PACKET_RESP && n == 18) ||
				    (type == PACKET_DATA && n >= WIRE_DATA_HEADER);
			assert_int_equal(get(n, &p), fits ? ERR_NONE : ERR_MALFORMED);
		}
	}
}

/* A header with one bit turned over is refused, or says just that other thing. */
static void assert_flips(size_t n, size_t header)
{
	uint8_t before[WIRE_PACKET_MAX], after[WIRE_PACKET_MAX];
	struct packet p;

	memcpy(before, storage, n);
	for (size_t bit = 0; bit < header * 8; bit++) {
		struct buf b = buf_of(after, sizeof(after));
		memcpy(storage, before, n);
		storage[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (get(n, &p) != ERR_NONE)
			continue;
		if (p.type == PACKET_INIT)
			init_put(&b, p.cid);
		else if (p.type == PACKET_RESP)
			resp_put(&b, p.cid, p.server_cid);
		else
			data_header_put(&b, p.cid, p.number);
		assert_memory_equal(after, storage, header);
	}
}

static void a_bit_turned_over_is_refused_or_meant(void **state)
{
	(void)state;
	assert_flips(write_init(0x5555), 10);
	assert_flips(write_resp(0x5555, 0x3333), 18);
	assert_flips(write_data(0x5555, 0x3333, 40), WIRE_DATA_HEADER);
}

static void a_refusal_leaves_the_result_alone(void **state)
{
	struct packet p = {.type = 77, .cid = 99};

	(void)state;
	assert_int_equal(get(write_resp(1, 2) - 1, &p), ERR_MALFORMED);
	assert_int_equal(p.type, 77);
	assert_int_equal(p.cid, 99);
}

static void what_does_not_fit_is_not_written(void **state)
{
	uint8_t small[WIRE_INIT_SIZE];

	(void)state;
	for (size_t cap = 0; cap < WIRE_INIT_SIZE; cap += 100) {
		struct buf b = buf_of(small, cap);
		init_put(&b, 1);
		assert_true(b.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_init_fills_its_packet),
		cmocka_unit_test(a_response_names_both_ends),
		cmocka_unit_test(data_has_a_number_and_frames),
		cmocka_unit_test(a_number_past_the_largest_is_refused),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(only_three_types_are_packets),
		cmocka_unit_test(a_bit_turned_over_is_refused_or_meant),
		cmocka_unit_test(a_refusal_leaves_the_result_alone),
		cmocka_unit_test(what_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests_name("packets", tests, NULL, NULL);
}
