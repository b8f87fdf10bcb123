/* The password of a room: who knows it can show so, in this session and for this room alone. */
#include "proto/proof.h"

#include "check.h"

#include <sodium.h>
#include <string.h>

static uint8_t seed[PROOF_SEED], other_seed[PROOF_SEED];
static uint8_t binding[PROOF_BINDING], other_binding[PROOF_BINDING];
static uint8_t key[PROOF_KEY], proof[PROOF_BYTES];

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static int setup(void **state)
{
	(void)state;
	memset(seed, 1, sizeof(seed));
	memset(other_seed, 2, sizeof(other_seed));
	memset(binding, 3, sizeof(binding));
	memset(other_binding, 4, sizeof(other_binding));
	proof_key(seed, key);
	proof_make(seed, binding, words("dev"), proof);
	return 0;
}

static bool holds(const uint8_t *k, const uint8_t *b, const char *name)
{
	return proof_holds(slice_of(k, PROOF_KEY), slice_of(proof, PROOF_BYTES), b, words(name));
}

static void who_knows_the_password_shows_it(void **state)
{
	uint8_t again[PROOF_BYTES];

	(void)state;
	assert_true(holds(key, binding, "dev"));
	proof_make(seed, binding, words("dev"), again);
	assert_memory_equal(again, proof, sizeof(proof));
}

static void a_proof_is_for_one_room_session_and_password(void **state)
{
	uint8_t other_key[PROOF_KEY];

	(void)state;
	proof_key(other_seed, other_key);
	assert_memory_not_equal(other_key, key, sizeof(key));
	assert_false(holds(other_key, binding, "dev"));
	assert_false(holds(key, other_binding, "dev"));
	assert_false(holds(key, binding, "deu"));
	assert_false(holds(key, binding, "de"));
	assert_false(holds(key, binding, "devs"));
	assert_false(holds(key, binding, ""));
}

static void a_proof_that_was_touched_is_none(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < PROOF_BYTES * 8; bit++) {
		proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(holds(key, binding, "dev"));
		proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(holds(key, binding, "dev"));
}

static void what_has_another_size_is_none(void **state)
{
	uint8_t longer[PROOF_BYTES + 1] = {0};

	(void)state;
	memcpy(longer, proof, sizeof(proof));
	for (size_t n = 0; n <= sizeof(longer); n++)
		assert_int_equal(proof_holds(slice_of(key, PROOF_KEY), slice_of(longer, n), binding,
					     words("dev")),
				 n == PROOF_BYTES);
	for (size_t n = 0; n < PROOF_KEY; n++)
		assert_false(proof_holds(slice_of(key, n), slice_of(proof, PROOF_BYTES), binding,
					 words("dev")));
	assert_false(proof_holds(slice_of(NULL, 0), slice_of(NULL, 0), binding, words("dev")));
}

/* Under keys of a small order anything would be signed. */
static void no_key_opens_to_everybody(void **state)
{
	uint8_t zeros[PROOF_BYTES] = {0}, one[PROOF_KEY] = {1}, none[PROOF_KEY] = {0};

	(void)state;
	zeros[0] = 1;
	memcpy(proof, zeros, sizeof(proof));
	assert_false(holds(one, binding, "dev"));
	assert_false(holds(none, binding, "dev"));
}

/* What is signed, in words: so that another client can be written. */
static void the_proof_is_ed25519_of_what_is_told(void **state)
{
	static const char prefix[] = "chat-room/enter";
	uint8_t message[sizeof(prefix) - 1 + PROOF_BINDING + 3];

	(void)state;
	memcpy(message, prefix, sizeof(prefix) - 1);
	memcpy(message + sizeof(prefix) - 1, binding, PROOF_BINDING);
	memcpy(message + sizeof(prefix) - 1 + PROOF_BINDING, "dev", 3);
	assert_int_equal(crypto_sign_verify_detached(proof, message, sizeof(message), key), 0);
}

static void every_room_has_its_own_salt(void **state)
{
	uint8_t salt[PROOF_SALT], want[PROOF_SALT], other[PROOF_SALT];

	(void)state;
	proof_salt(words("dev"), salt);
	crypto_generichash(want, sizeof(want), (const uint8_t *)"chat-room/roomdev", 17, NULL, 0);
	assert_memory_equal(salt, want, sizeof(want));
	proof_salt(words("ops"), other);
	assert_memory_not_equal(salt, other, sizeof(salt));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_knows_the_password_shows_it, setup),
		cmocka_unit_test_setup(a_proof_is_for_one_room_session_and_password, setup),
		cmocka_unit_test_setup(a_proof_that_was_touched_is_none, setup),
		cmocka_unit_test_setup(what_has_another_size_is_none, setup),
		cmocka_unit_test_setup(no_key_opens_to_everybody, setup),
		cmocka_unit_test_setup(the_proof_is_ed25519_of_what_is_told, setup),
		cmocka_unit_test_setup(every_room_has_its_own_salt, setup),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
