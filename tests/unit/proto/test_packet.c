/* Packets: each kind there and back, at every size, with every bit turned over. */
#include "proto/packet.h"

#include "check.h"
#include "wire_samples.h"

enum {
	INIT_HEADER = 1 + 1 + 8, /* type, version, connection id */
	RESP_SIZE = INIT_HEADER + WIRE_MESSAGE2 + 8,
};

static uint8_t storage[2 * WIRE_PACKET_MAX];

/* Bytes to recognise again: a token or a handshake's message. */
static struct slice filled(uint8_t seed, size_t n)
{
	static uint8_t bytes[256][WIRE_PACKET_MAX];

	for (size_t i = 0; i < n; i++)
		bytes[seed][i] = (uint8_t)(seed + i * 3);
	return slice_of(bytes[seed], n);
}

static void assert_same(struct slice a, struct slice b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.data, b.data, a.len);
}

/* Back to bytes that stay. */
static void move(struct slice *s, const uint8_t *from)
{
	s->data = s->len > 0 ? storage + (s->data - from) : NULL;
}

static enum err get(size_t n, struct packet *p)
{
	uint8_t *copy = exactly(storage, n);
	enum err e = packet_get(copy, n, p);

	if (e == ERR_NONE) {
		move(&p->token, copy);
		move(&p->message, copy);
		move(&p->sealed, copy);
	}
	free(copy);
	return e;
}

static size_t write_init(uint64_t cid, size_t token)
{
	struct buf b = buf_of(storage, sizeof(storage));

	init_put(&b, cid, filled(1, token), filled(2, WIRE_MESSAGE1));
	assert_false(b.failed);
	return b.len;
}

static size_t write_retry(uint64_t cid, size_t token)
{
	struct buf b = buf_of(storage, sizeof(storage));

	retry_put(&b, cid, filled(1, token));
	assert_false(b.failed);
	return b.len;
}

static size_t write_resp(uint64_t cid)
{
	struct buf b = buf_of(storage, sizeof(storage));

	resp_put(&b, cid, filled(3, WIRE_MESSAGE2 + 8));
	assert_false(b.failed);
	return b.len;
}

static size_t write_fin(uint64_t cid, size_t frames)
{
	struct buf b = buf_of(storage, sizeof(storage));

	fin_put(&b, cid, filled(4, WIRE_MESSAGE3 + frames));
	assert_false(b.failed);
	return b.len;
}

/* `sealed` counts the seal. */
static size_t write_data(bool phase, uint64_t cid, uint64_t number, size_t sealed)
{
	struct buf b = buf_of(storage, sizeof(storage));
	struct slice bytes = filled(5, sealed);

	data_header_put(&b, phase, cid, number);
	buf_put_bytes(&b, bytes.data, bytes.len);
	assert_false(b.failed);
	return b.len;
}

/* ---- each kind ------------------------------------------------------------------------------- */

static void an_init_fills_its_packet(void **state)
{
	static const uint64_t cids[] = {0, 1, UINT64_C(0x0123456789abcdef), UINT64_MAX};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cids); i++) {
		for (size_t token = 0; token <= WIRE_TOKEN_MAX; token++) {
			assert_int_equal(write_init(cids[i], token), WIRE_INIT_SIZE);
			assert_int_equal(get(WIRE_INIT_SIZE, &p), ERR_NONE);
			assert_int_equal(p.type, PACKET_INIT);
			assert_true(p.cid == cids[i]);
			assert_same(p.token, filled(1, token));
			assert_same(p.message, filled(2, WIRE_MESSAGE1));
		}
	}
	/* A shorter one would let somebody be flooded with answers larger than the questions. */
	for (size_t n = 0; n < sizeof(storage); n++)
		assert_int_equal(get(n, &p), n == WIRE_INIT_SIZE ? ERR_NONE : ERR_MALFORMED);
}

static void a_retry_has_a_token_and_nothing_else(void **state)
{
	struct packet p;

	(void)state;
	assert_int_equal(get(write_retry(7, 0), &p), ERR_MALFORMED);
	for (size_t token = 1; token <= WIRE_TOKEN_MAX; token++) {
		size_t n = write_retry(7, token);
		assert_int_equal(n, INIT_HEADER + 1 + token);
		for (size_t len = 0; len < n + 40; len++)
			assert_int_equal(get(len, &p), len == n ? ERR_NONE : ERR_MALFORMED);
		assert_int_equal(get(n, &p), ERR_NONE);
		assert_int_equal(p.type, PACKET_RETRY);
		assert_true(p.cid == 7);
		assert_same(p.token, filled(1, token));
	}
	assert_int_equal(get(write_retry(7, WIRE_TOKEN_MAX + 1), &p), ERR_MALFORMED);
}

static void a_token_in_an_init_has_a_limit(void **state)
{
	struct packet p;

	(void)state;
	size_t n = write_init(7, WIRE_TOKEN_MAX);
	storage[INIT_HEADER] = WIRE_TOKEN_MAX + 1;
	assert_int_equal(get(n, &p), ERR_MALFORMED);
}

static void a_response_has_one_size(void **state)
{
	struct packet p;

	(void)state;
	size_t n = write_resp(UINT64_MAX);
	assert_int_equal(n, RESP_SIZE);
	assert_int_equal(get(n, &p), ERR_NONE);
	assert_int_equal(p.type, PACKET_RESP);
	assert_true(p.cid == UINT64_MAX);
	assert_same(p.message, filled(3, WIRE_MESSAGE2 + 8));
	for (size_t len = 0; len < 2 * n; len++)
		assert_int_equal(get(len, &p), len == n ? ERR_NONE : ERR_MALFORMED);
}

static void the_third_message_takes_frames_along(void **state)
{
	struct packet p;

	(void)state;
	size_t n = write_fin(UINT64_MAX - 1, WIRE_FIN_FRAMES_MAX);
	assert_int_equal(n, WIRE_PACKET_MAX);
	for (size_t len = 0; len <= n + 1; len++) {
		bool fits = len >= WIRE_FIN_HEADER + WIRE_MESSAGE3 && len <= n;
		assert_int_equal(get(len, &p), fits ? ERR_NONE : ERR_MALFORMED);
		if (!fits)
			continue;
		assert_int_equal(p.type, PACKET_FIN);
		assert_true(p.cid == UINT64_MAX - 1);
		assert_same(p.message, filled(4, len - WIRE_FIN_HEADER));
	}
}

static void data_has_a_number_a_phase_and_a_seal(void **state)
{
	struct packet p;

	(void)state;
	for (int phase = 0; phase <= 1; phase++) {
		size_t n = write_data(phase, 5, BUF_VARINT_MAX, WIRE_FRAMES_MAX + WIRE_SEAL);
		assert_int_equal(n, WIRE_PACKET_MAX);
		for (size_t len = 0; len <= n + 1; len++) {
			bool fits = len >= WIRE_DATA_HEADER + WIRE_SEAL && len <= n;
			assert_int_equal(get(len, &p), fits ? ERR_NONE : ERR_MALFORMED);
			if (!fits)
				continue;
			assert_int_equal(p.type, PACKET_DATA);
			assert_int_equal(p.phase, phase);
			assert_true(p.cid == 5 && p.number == BUF_VARINT_MAX);
			assert_same(p.sealed, filled(5, len - WIRE_DATA_HEADER));
		}
	}
}

static void a_number_past_the_largest_is_refused(void **state)
{
	struct packet p;

	(void)state;
	assert_int_equal(get(write_data(false, 1, BUF_VARINT_MAX + 1, 40), &p), ERR_MALFORMED);
	assert_int_equal(get(write_data(true, 1, UINT64_MAX, 40), &p), ERR_MALFORMED);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void another_version_is_refused(void **state)
{
	struct packet p;

	(void)state;
	for (unsigned version = 0; version < 256; version++) {
		enum err want = version == WIRE_VERSION ? ERR_NONE : ERR_MALFORMED;
		for (size_t i = 0; i < 3; i++) {
			size_t n = i == 0   ? write_init(1, 9)
				   : i == 1 ? write_retry(1, 9)
					    : write_resp(1);
			storage[1] = (uint8_t)version;
			assert_int_equal(get(n, &p), want);
		}
	}
}

/* All that is said after the type is a version and zeros: a token of no bytes. */
static bool fits(unsigned type, size_t n)
{
	switch (type) {
	case PACKET_INIT:
		return n == WIRE_INIT_SIZE;
	case PACKET_RESP:
		return n == RESP_SIZE;
	case PACKET_FIN:
		return n >= WIRE_FIN_HEADER + WIRE_MESSAGE3;
	case PACKET_DATA:
	case PACKET_DATA + 1:
		return n >= WIRE_DATA_HEADER + WIRE_SEAL;
	default:
		return false;
	}
}

static void only_five_types_are_packets(void **state)
{
	static const size_t sizes[] = {0,  1,  2,  10, 11,	  12,  32,   33,  72,
				       73, 74, 75, 80, RESP_SIZE, 200, 1199, 1200};
	struct packet p;

	(void)state;
	memset(storage, 0, sizeof(storage));
	storage[1] = WIRE_VERSION;
	for (unsigned type = 0; type < 256; type++) {
		storage[0] = (uint8_t)type;
		for (size_t i = 0; i < COUNT_OF(sizes); i++)
			assert_int_equal(get(sizes[i], &p),
					 fits(type, sizes[i]) ? ERR_NONE : ERR_MALFORMED);
	}
}

static void put_again(struct buf *b, const struct packet *p)
{
	switch (p->type) {
	case PACKET_INIT:
		init_put(b, p->cid, p->token, p->message);
		break;
	case PACKET_RETRY:
		retry_put(b, p->cid, p->token);
		break;
	case PACKET_RESP:
		resp_put(b, p->cid, p->message);
		break;
	case PACKET_FIN:
		fin_put(b, p->cid, p->message);
		break;
	case PACKET_DATA:
		data_header_put(b, p->phase, p->cid, p->number);
		buf_put_bytes(b, p->sealed.data, p->sealed.len);
		break;
	}
}

/* A packet with one bit turned over is refused, or says just that other thing. */
static void assert_flips(size_t n)
{
	uint8_t before[WIRE_PACKET_MAX], after[WIRE_PACKET_MAX];
	struct packet p;

	memcpy(before, storage, n);
	for (size_t bit = 0; bit < n * 8; bit++) {
		struct buf b = buf_of(after, sizeof(after));
		memcpy(storage, before, n);
		storage[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (get(n, &p) != ERR_NONE)
			continue;
		put_again(&b, &p);
		/* what fills an INIT up is not looked at */
		size_t meant =
			p.type == PACKET_INIT ? INIT_HEADER + 1 + p.token.len + WIRE_MESSAGE1 : n;
		assert_int_equal(b.len, n);
		assert_memory_equal(after, storage, meant);
	}
}

static void a_bit_turned_over_is_refused_or_meant(void **state)
{
	(void)state;
	assert_flips(write_init(0x5555, 0));
	assert_flips(write_init(0x5555, 20));
	assert_flips(write_retry(0x5555, 20));
	assert_flips(write_resp(0x5555));
	assert_flips(write_fin(0x5555, 30));
	assert_flips(write_data(false, 0x5555, 0x3333, 40));
	assert_flips(write_data(true, 0x5555, 0x3333, 40));
}

static void a_refusal_leaves_the_result_alone(void **state)
{
	struct packet p = {.type = 77, .cid = 99};

	(void)state;
	assert_int_equal(get(write_resp(1) - 1, &p), ERR_MALFORMED);
	assert_int_equal(p.type, 77);
	assert_int_equal(p.cid, 99);
}

static void what_does_not_fit_is_not_written(void **state)
{
	uint8_t small[WIRE_INIT_SIZE];

	(void)state;
	for (size_t cap = 0; cap < WIRE_INIT_SIZE; cap += 100) {
		struct buf b = buf_of(small, cap);
		init_put(&b, 1, filled(1, 4), filled(2, WIRE_MESSAGE1));
		assert_true(b.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_init_fills_its_packet),
		cmocka_unit_test(a_retry_has_a_token_and_nothing_else),
		cmocka_unit_test(a_token_in_an_init_has_a_limit),
		cmocka_unit_test(a_response_has_one_size),
		cmocka_unit_test(the_third_message_takes_frames_along),
		cmocka_unit_test(data_has_a_number_a_phase_and_a_seal),
		cmocka_unit_test(a_number_past_the_largest_is_refused),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(only_five_types_are_packets),
		cmocka_unit_test(a_bit_turned_over_is_refused_or_meant),
		cmocka_unit_test(a_refusal_leaves_the_result_alone),
		cmocka_unit_test(what_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests_name("packets", tests, NULL, NULL);
}
