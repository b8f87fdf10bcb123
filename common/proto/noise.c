/* Noise in its own words; section numbers are of the specification. */
#include "proto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* ---- ciphers (§12) --------------------------------------------------------------------------- */

static void nonce_of(uint8_t nonce[12], uint64_t n)
{
	memset(nonce, 0, 4);
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(n >> (8 * i));
}

static void chachapoly_seal(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const void *ad,
			    size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY])
{
	uint8_t nonce[12];

	(void)ctx;
	nonce_of(nonce, n);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, len, ad, ad_len, NULL, nonce, key);
}

static enum err chachapoly_open(void *ctx, uint8_t *out, const uint8_t *in, size_t len,
				const void *ad, size_t ad_len, uint64_t n,
				const uint8_t key[NOISE_KEY])
{
	uint8_t nonce[12];

	(void)ctx;
	nonce_of(nonce, n);
	return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, len, ad, ad_len,
							 nonce, key) == 0
		       ? ERR_NONE
		       : ERR_MALFORMED;
}

static void chachapoly_forget(void *ctx)
{
	(void)ctx; /* it remembers none */
}

const struct noise_cipher noise_chachapoly = {"ChaChaPoly", NULL, chachapoly_seal, chachapoly_open,
					      chachapoly_forget};

/* ---- hashing (§4.3) -------------------------------------------------------------------------- */

/* By a state that has the key in it already, and is as it was afterwards. */
static void hmac(uint8_t out[NOISE_KEY], const crypto_auth_hmacsha256_state *keyed, const void *a,
		 size_t a_len, const void *b, size_t b_len)
{
	crypto_auth_hmacsha256_state st = *keyed;

	crypto_auth_hmacsha256_update(&st, a, a_len);
	crypto_auth_hmacsha256_update(&st, b, b_len);
	crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof(st));
}

/* Up to three outputs; those that are NULL are not made. */
static void hkdf(const uint8_t chaining_key[NOISE_KEY], const void *input, size_t len,
		 uint8_t *const outputs[3])
{
	crypto_auth_hmacsha256_state keyed; /* half of the work: all outputs have the same key */
	uint8_t temp[NOISE_KEY], last[NOISE_KEY];

	crypto_auth_hmacsha256_init(&keyed, chaining_key, NOISE_KEY);
	hmac(temp, &keyed, input, len, NULL, 0);
	crypto_auth_hmacsha256_init(&keyed, temp, sizeof(temp));
	for (uint8_t i = 0; i < 3 && outputs[i]; i++) {
		uint8_t number = (uint8_t)(i + 1);
		hmac(last, &keyed, last, i == 0 ? 0 : sizeof(last), &number, 1);
		memcpy(outputs[i], last, sizeof(last));
	}
	sodium_memzero(&keyed, sizeof(keyed));
	sodium_memzero(temp, sizeof(temp));
	sodium_memzero(last, sizeof(last));
}

/* ---- the symmetric state (§5.2) -------------------------------------------------------------- */

static void mix_hash(struct noise *h, const void *data, size_t len)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, h->hash, sizeof(h->hash));
	crypto_hash_sha256_update(&st, data, len);
	crypto_hash_sha256_final(&st, h->hash);
}

static void mix_key(struct noise *h, const uint8_t input[NOISE_KEY])
{
	uint8_t chaining_key[NOISE_KEY];

	hkdf(h->chaining_key, input, NOISE_KEY, (uint8_t *const[3]){chaining_key, h->key, NULL});
	memcpy(h->chaining_key, chaining_key, sizeof(chaining_key));
	sodium_memzero(chaining_key, sizeof(chaining_key));
	h->n = 0;
	h->has_key = true;
}

static void mix_key_and_hash(struct noise *h, const uint8_t input[NOISE_KEY])
{
	uint8_t chaining_key[NOISE_KEY], temp[NOISE_KEY];

	hkdf(h->chaining_key, input, NOISE_KEY, (uint8_t *const[3]){chaining_key, temp, h->key});
	memcpy(h->chaining_key, chaining_key, sizeof(chaining_key));
	mix_hash(h, temp, sizeof(temp));
	sodium_memzero(chaining_key, sizeof(chaining_key));
	sodium_memzero(temp, sizeof(temp));
	h->n = 0;
	h->has_key = true;
}

static void encrypt_and_hash(struct noise *h, const void *plain, size_t len, struct buf *out)
{
	size_t sealed = len + (h->has_key ? NOISE_TAG : 0);
	uint8_t *place = out->data + out->len;

	if (buf_room(out) < sealed) {
		out->failed = true;
		return;
	}
	if (h->has_key)
		h->cipher->seal(h->cipher->ctx, place, plain, len, h->hash, sizeof(h->hash), h->n++,
				h->key);
	else if (len > 0)
		memcpy(place, plain, len);
	out->len += sealed;
	mix_hash(h, place, sealed);
}

static enum err decrypt_and_hash(struct noise *h, struct slice sealed, struct buf *out)
{
	size_t tag = h->has_key ? NOISE_TAG : 0;

	if (sealed.failed || sealed.len < tag || buf_room(out) < sealed.len - tag)
		return ERR_MALFORMED;
	if (!h->has_key) {
		buf_put_bytes(out, sealed.data, sealed.len);
	} else {
		if (h->cipher->open(h->cipher->ctx, out->data + out->len, sealed.data, sealed.len,
				    h->hash, sizeof(h->hash), h->n, h->key) != ERR_NONE)
			return ERR_MALFORMED;
		h->n++;
		out->len += sealed.len - tag;
	}
	mix_hash(h, sealed.data, sealed.len);
	return ERR_NONE;
}

/* ---- patterns (§7, §9) ----------------------------------------------------------------------- */

enum token { END, E, S, EE, ES, SE, PSK };

static const enum token messages[3][5] = {
	{E, END},	     /* → e */
	{E, EE, S, ES, END}, /* ← e, ee, s, es */
	{S, SE, PSK, END},   /* → s, se, psk */
};

void noise_keypair_from(struct noise_keypair *k, const uint8_t secret[NOISE_KEY])
{
	memcpy(k->secret, secret, NOISE_KEY);
	crypto_scalarmult_base(k->public, secret);
}

static void name_protocol(struct noise *h)
{
	char name[64];
	const char *parts[] = {"Noise_XX", h->has_psk ? "psk3" : "", "_25519_", h->cipher->name,
			       "_SHA256"};
	size_t len = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t n = strlen(parts[i]);
		assert(len + n <= sizeof(name));
		memcpy(name + len, parts[i], n);
		len += n;
	}
	if (len <= NOISE_KEY)
		memcpy(h->hash, name, len);
	else
		crypto_hash_sha256(h->hash, (const uint8_t *)name, len);
	memcpy(h->chaining_key, h->hash, NOISE_KEY);
}

void noise_init(struct noise *h, const struct noise_config *config)
{
	memset(h, 0, sizeof(*h));
	h->cipher = config->cipher ? config->cipher : &noise_chachapoly;
	h->own = config->own;
	h->initiator = config->initiator;
	h->has_psk = config->psk != NULL;
	if (config->psk)
		memcpy(h->psk, config->psk, NOISE_KEY);
	name_protocol(h);
	mix_hash(h, config->prologue, config->prologue_len);
}

void noise_wipe(struct noise *h)
{
	h->cipher->forget(h->cipher->ctx);
	sodium_memzero(h, sizeof(*h));
}

bool noise_done(const struct noise *h)
{
	return h->turn == 3;
}

bool noise_my_turn(const struct noise *h)
{
	return !noise_done(h) && (h->turn % 2 == 0) == h->initiator;
}

/* A shared secret of nothing (a key of low order) is a refusal. */
static enum err mix_dh(struct noise *h, const uint8_t secret[NOISE_KEY],
		       const uint8_t public[NOISE_KEY])
{
	uint8_t shared[NOISE_KEY];
	enum err e = crypto_scalarmult(shared, secret, public) == 0 ? ERR_NONE : ERR_MALFORMED;

	if (e == ERR_NONE)
		mix_key(h, shared);
	sodium_memzero(shared, sizeof(shared));
	return e;
}

/* The tokens that both ends do alike; `es` is the initiator's e with the responder's s, wherever. */
static enum err mix_token(struct noise *h, enum token t)
{
	switch (t) {
	case EE:
		return mix_dh(h, h->ephemeral.secret, h->remote_ephemeral);
	case ES:
		return h->initiator ? mix_dh(h, h->ephemeral.secret, h->remote_static)
				    : mix_dh(h, h->own->secret, h->remote_ephemeral);
	case SE:
		return h->initiator ? mix_dh(h, h->own->secret, h->remote_ephemeral)
				    : mix_dh(h, h->ephemeral.secret, h->remote_static);
	case PSK:
		if (h->has_psk)
			mix_key_and_hash(h, h->psk);
		return ERR_NONE;
	case END:
	case E:
	case S:
		break;
	}
	return ERR_NONE;
}

/* e: with a psk the key itself goes into the key as well (§9.2). */
static void mix_ephemeral(struct noise *h, const uint8_t public[NOISE_KEY])
{
	mix_hash(h, public, NOISE_KEY);
	if (h->has_psk)
		mix_key(h, public);
}

static enum err write_token(struct noise *h, enum token t, const uint8_t *ephemeral,
			    struct buf *out)
{
	if (t == E) {
		noise_keypair_from(&h->ephemeral, ephemeral);
		buf_put_bytes(out, h->ephemeral.public, NOISE_KEY);
		mix_ephemeral(h, h->ephemeral.public);
		return ERR_NONE;
	}
	if (t == S) {
		encrypt_and_hash(h, h->own->public, NOISE_KEY, out);
		return ERR_NONE;
	}
	return mix_token(h, t);
}

enum err noise_write(struct noise *h, const uint8_t *ephemeral, const void *payload, size_t len,
		     struct buf *out)
{
	assert(noise_my_turn(h) && !h->failed);
	h->failed = true; /* until all is well */
	for (const enum token *t = messages[h->turn]; *t != END; t++) {
		enum err e = write_token(h, *t, ephemeral, out);
		if (e != ERR_NONE)
			return e;
	}
	encrypt_and_hash(h, payload, len, out);
	if (out->failed)
		return ERR_TOO_BIG;
	h->turn++;
	h->failed = false;
	return ERR_NONE;
}

static enum err read_token(struct noise *h, enum token t, struct slice *message)
{
	if (t == E) {
		struct slice key = slice_bytes(message, NOISE_KEY);
		if (key.failed)
			return ERR_MALFORMED;
		memcpy(h->remote_ephemeral, key.data, NOISE_KEY);
		mix_ephemeral(h, h->remote_ephemeral);
		return ERR_NONE;
	}
	if (t == S) {
		struct buf key = buf_of(h->remote_static, sizeof(h->remote_static));
		return decrypt_and_hash(
			h, slice_bytes(message, NOISE_KEY + (h->has_key ? NOISE_TAG : 0)), &key);
	}
	return mix_token(h, t);
}

enum err noise_read(struct noise *h, struct slice message, struct buf *payload)
{
	assert(!noise_my_turn(h) && !noise_done(h));
	if (h->failed || message.len > NOISE_MAX_MESSAGE)
		return ERR_MALFORMED;
	h->failed = true; /* until all is well */
	for (const enum token *t = messages[h->turn]; *t != END; t++)
		if (read_token(h, *t, &message) != ERR_NONE)
			return ERR_MALFORMED;
	if (decrypt_and_hash(h, message, payload) != ERR_NONE)
		return ERR_MALFORMED;
	h->turn++;
	h->failed = false;
	return ERR_NONE;
}

void noise_split(const struct noise *h, uint8_t send[NOISE_KEY], uint8_t receive[NOISE_KEY])
{
	assert(noise_done(h));
	hkdf(h->chaining_key, NULL, 0,
	     h->initiator ? (uint8_t *const[3]){send, receive, NULL}
			  : (uint8_t *const[3]){receive, send, NULL});
}

void noise_rekey(const struct noise_cipher *c, uint8_t key[NOISE_KEY])
{
	static const uint8_t zeros[NOISE_KEY];
	uint8_t sealed[NOISE_KEY + NOISE_TAG];

	c->seal(c->ctx, sealed, zeros, sizeof(zeros), NULL, 0, UINT64_MAX, key);
	memcpy(key, sealed, NOISE_KEY);
	sodium_memzero(sealed, sizeof(sealed));
	c->forget(c->ctx);
}
