/* What is signed is of fixed length but for the name, which is at its end: no two cases look alike. */
#include "proto/proof.h"

#include "proto/name.h"

#include <assert.h>
#include <sodium.h>

_Static_assert(PROOF_SEED == crypto_sign_SEEDBYTES, "a seed is Ed25519's");
_Static_assert(PROOF_KEY == crypto_sign_PUBLICKEYBYTES, "a key is Ed25519's");
_Static_assert(PROOF_BYTES == crypto_sign_BYTES, "a proof is a signature");
_Static_assert(PROOF_SALT == crypto_pwhash_SALTBYTES, "a salt is Argon2id's");

#define SALT_WORDS  "chat-room/room"
#define ENTER_WORDS "chat-room/enter"

enum { MESSAGE_MAX = sizeof(ENTER_WORDS) - 1 + PROOF_BINDING + NAME_MAX_KEY };

void proof_salt(struct slice name_key, uint8_t salt[PROOF_SALT])
{
	uint8_t storage[sizeof(SALT_WORDS) - 1 + NAME_MAX_KEY];
	struct buf b = buf_of(storage, sizeof(storage));

	buf_put_bytes(&b, SALT_WORDS, sizeof(SALT_WORDS) - 1);
	buf_put_bytes(&b, name_key.data, name_key.len);
	assert(!b.failed);
	(void)crypto_generichash(salt, PROOF_SALT, b.data, b.len, NULL, 0); /* returns 0 */
}

static struct slice message_of(uint8_t storage[MESSAGE_MAX], const uint8_t binding[PROOF_BINDING],
			       struct slice name_key)
{
	struct buf b = buf_of(storage, MESSAGE_MAX);

	buf_put_bytes(&b, ENTER_WORDS, sizeof(ENTER_WORDS) - 1);
	buf_put_bytes(&b, binding, PROOF_BINDING);
	buf_put_bytes(&b, name_key.data, name_key.len);
	assert(!b.failed);
	return slice_of(b.data, b.len);
}

void proof_key(const uint8_t seed[PROOF_SEED], uint8_t key[PROOF_KEY])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(key, secret, seed); /* returns 0 */
	sodium_memzero(secret, sizeof(secret));
}

void proof_make(const uint8_t seed[PROOF_SEED], const uint8_t binding[PROOF_BINDING],
		struct slice name_key, uint8_t proof[PROOF_BYTES])
{
	uint8_t key[PROOF_KEY], secret[crypto_sign_SECRETKEYBYTES], storage[MESSAGE_MAX];
	struct slice message = message_of(storage, binding, name_key);

	(void)crypto_sign_seed_keypair(key, secret, seed); /* as the next, returns 0 */
	(void)crypto_sign_detached(proof, NULL, message.data, message.len, secret);
	sodium_memzero(secret, sizeof(secret));
}

bool proof_holds(struct slice key, struct slice proof, const uint8_t binding[PROOF_BINDING],
		 struct slice name_key)
{
	uint8_t storage[MESSAGE_MAX];

	if (key.len != PROOF_KEY || proof.len != PROOF_BYTES)
		return false;
	struct slice message = message_of(storage, binding, name_key);
	return crypto_sign_verify_detached(proof.data, message.data, message.len, key.data) == 0;
}
