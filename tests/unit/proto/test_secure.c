/* The keys of a session: agreed, used in any order, changed on the hour, and gone afterwards. */
#include "proto/secure.h"

#include "check.h"

#include "sys/cipher.h"

#include <sodium.h>
#include <string.h>

/* Of the two ends: all is told of every pair of implementations. */
static const struct noise_cipher *ciphers[2];
static const struct secure *second; /* the end with the second of them */

static const struct noise_cipher *cipher_at(const struct secure *s)
{
	return ciphers[s == second];
}

struct ends {
	struct secure_identity who[2];
	struct secure secure[2]; /* initiator, responder */
	uint8_t remote[2][NOISE_KEY];
};

static void handshake(struct ends *e, uint64_t now)
{
	uint8_t wire[512], plain[512], ephemeral[NOISE_KEY];

	second = &e->secure[1];
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t secret[NOISE_KEY];
		memset(secret, 0x21 + i, sizeof(secret));
		noise_keypair_from(&e->who[i].keys, secret);
		memset(e->who[i].psk, 9, NOISE_KEY);
		assert_int_equal(secure_begin(&e->secure[i], e->remote[i], &e->who[i], ciphers[i],
					      i == 0, "here", 4),
				 ERR_NONE);
	}
	for (uint8_t i = 0; i < 3; i++) {
		struct secure *from = &e->secure[i % 2], *to = &e->secure[1 - i % 2];
		struct buf out = buf_of(wire, sizeof(wire)), in = buf_of(plain, sizeof(plain));
		memset(ephemeral, 0x61 + i, sizeof(ephemeral));
		assert_true(secure_my_turn(from));
		assert_int_equal(secure_say(from, now, ephemeral, "hi", 2, &out), ERR_NONE);
		assert_int_equal(secure_hear(to, now, slice_of(wire, out.len), &in), ERR_NONE);
		assert_int_equal(in.len, 2);
	}
}

static void end(struct ends *e)
{
	static const struct secure zeros;

	for (size_t i = 0; i < 2; i++) {
		secure_wipe(&e->secure[i], ciphers[i]);
		assert_memory_equal(&e->secure[i], &zeros, sizeof(zeros));
	}
}

/* A unit under way. */
struct unit {
	uint64_t number;
	bool phase;
	uint8_t bytes[64];
	size_t len;
};

static struct unit send(struct secure *s, uint64_t now, uint64_t number)
{
	struct unit u = {.number = number,
			 .phase = secure_phase(s, cipher_at(s), now, number),
			 .len = 5 + NOISE_TAG};

	secure_seal(s, cipher_at(s), number, &number, sizeof(number), (const uint8_t *)"hello", 5,
		    u.bytes);
	return u;
}

static enum err receive(struct secure *s, const struct unit *u)
{
	struct unit copy = *u;
	struct slice plain;
	enum err e = secure_open(s, cipher_at(s), copy.phase, copy.number, &copy.number,
				 sizeof(copy.number), copy.bytes, copy.len, &plain);

	if (e == ERR_NONE) {
		assert_int_equal(plain.len, 5);
		assert_memory_equal(plain.data, "hello", 5);
	}
	return e;
}

static void both_directions_have_keys_of_their_own(void **state)
{
	struct ends e;

	(void)state;
	handshake(&e, 0);
	assert_memory_equal(e.remote[0], e.who[1].keys.public, NOISE_KEY);
	assert_memory_equal(e.remote[1], e.who[0].keys.public, NOISE_KEY);
	assert_memory_not_equal(e.secure[0].send, e.secure[1].send, NOISE_KEY);
	for (size_t i = 0; i < 2; i++) {
		struct unit u = send(&e.secure[i], 0, 7);
		assert_int_equal(receive(&e.secure[i], &u),
				 ERR_MALFORMED); /* sent back to its sender */
		assert_int_equal(receive(&e.secure[1 - i], &u), ERR_NONE);
	}
	end(&e);
}

static void nothing_may_be_changed(void **state)
{
	struct ends e;

	(void)state;
	handshake(&e, 0);
	struct unit good = send(&e.secure[0], 0, 1);
	for (size_t bit = 0; bit < good.len * 8; bit++) {
		struct unit u = good;
		u.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(receive(&e.secure[1], &u), ERR_MALFORMED);
	}
	for (size_t len = 0; len < good.len; len++) {
		struct unit u = good;
		u.len = len;
		assert_int_equal(receive(&e.secure[1], &u), ERR_MALFORMED);
	}
	struct unit moved = good;
	moved.number++;
	assert_int_equal(receive(&e.secure[1], &moved), ERR_MALFORMED);
	struct unit turned = good;
	turned.phase = !turned.phase;
	assert_int_equal(receive(&e.secure[1], &turned), ERR_MALFORMED);
	assert_int_equal(receive(&e.secure[1], &good), ERR_NONE); /* none of that did any harm */
	end(&e);
}

static void a_new_key_is_followed_in_any_order(void **state)
{
	struct ends e;
	struct unit units[6];

	(void)state;
	handshake(&e, 0);
	for (uint64_t n = 0; n < 3; n++)
		units[n] = send(&e.secure[0], 0, n);
	for (uint64_t n = 3; n < 6; n++)
		units[n] = send(&e.secure[0], SECURE_REKEY_US, n);
	assert_int_not_equal(units[2].phase, units[3].phase);
	static const uint8_t order[] = {0, 4, 1, 3, 2, 5};
	for (size_t i = 0; i < COUNT_OF(order); i++)
		assert_int_equal(receive(&e.secure[1], &units[order[i]]), ERR_NONE);
	end(&e);
}

/* By whoever is told the time: by what it sends itself. */
static void the_last_key_goes_after_a_while(void **state)
{
	const uint64_t later = 2 * SECURE_REKEY_US;
	struct ends e;

	(void)state;
	handshake(&e, 0);
	struct unit late = send(&e.secure[0], 0, 0);
	struct unit new = send(&e.secure[0], SECURE_REKEY_US, 1);
	assert_null(e.secure[1].last);
	assert_int_equal(receive(&e.secure[1], &new), ERR_NONE);
	assert_non_null(e.secure[1].last);
	(void)send(&e.secure[1], later, 0);
	(void)send(&e.secure[1], later + SECURE_LAST_US - 1, 1);
	assert_int_equal(receive(&e.secure[1], &late), ERR_NONE);
	(void)send(&e.secure[1], later + SECURE_LAST_US, 2);
	assert_null(e.secure[1].last);
	assert_int_equal(receive(&e.secure[1], &late), ERR_MALFORMED);
	assert_int_equal(receive(&e.secure[1], &new), ERR_NONE);
	end(&e);
}

static void keys_change_by_time_and_by_number(void **state)
{
	struct ends e;

	(void)state;
	handshake(&e, 5 * 1024);
	assert_false(secure_phase(&e.secure[0], ciphers[0], 5 * 1024 - 1 + SECURE_REKEY_US, 1));
	assert_true(secure_phase(&e.secure[0], ciphers[0], 5 * 1024 + SECURE_REKEY_US, 2));
	assert_true(secure_phase(&e.secure[0], ciphers[0], 6 * 1024 + SECURE_REKEY_US,
				 1 + SECURE_REKEY_UNITS));
	assert_false(secure_phase(&e.secure[0], ciphers[0], 6 * 1024 + SECURE_REKEY_US,
				  2 + SECURE_REKEY_UNITS));
	end(&e);
}

/* Ten hours of one unit a minute; the other end hears nothing of the odd minutes. */
static void many_keys_follow_one_another(void **state)
{
	struct ends e;

	(void)state;
	handshake(&e, 0);
	for (uint64_t n = 0; n < 600; n++) {
		struct unit u = send(&e.secure[1], n * 60 * 1000 * 1000, n);
		if (n % 2 == 0)
			assert_int_equal(receive(&e.secure[0], &u), ERR_NONE);
	}
	end(&e);
}

static void messages_out_of_turn_are_refused(void **state)
{
	struct ends e;
	uint8_t wire[512] = {0}, plain[512];
	struct buf in = buf_of(plain, sizeof(plain));

	(void)state;
	noise_keypair_from(&e.who[0].keys, wire);
	memset(e.who[0].psk, 0, NOISE_KEY);
	assert_int_equal(
		secure_begin(&e.secure[0], e.remote[0], &e.who[0], ciphers[0], true, "", 0),
		ERR_NONE);
	assert_int_equal(secure_hear(&e.secure[0], 0, slice_of(wire, 48), &in), ERR_MALFORMED);
	secure_wipe(&e.secure[0], ciphers[0]);
	handshake(&e, 0);
	assert_int_equal(secure_hear(&e.secure[1], 0, slice_of(wire, 64), &in), ERR_MALFORMED);
	end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_have_keys_of_their_own),
		cmocka_unit_test(nothing_may_be_changed),
		cmocka_unit_test(a_new_key_is_followed_in_any_order),
		cmocka_unit_test(the_last_key_goes_after_a_while),
		cmocka_unit_test(keys_change_by_time_and_by_number),
		cmocka_unit_test(many_keys_follow_one_another),
		cmocka_unit_test(messages_out_of_turn_are_refused),
	};

	struct cipher *fast = cipher_new();
	int failed = sodium_init() < 0 || !fast;

	for (unsigned pair = 0; pair < 4 && !failed; pair++) {
		ciphers[0] = cipher_of(pair & 1 ? fast : NULL);
		ciphers[1] = cipher_of(pair & 2 ? fast : NULL);
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	}
	cipher_free(fast);
	return failed;
}
