/*
 * RFC 8439 §2.8 out of its two parts.  Section numbers are of that document.
 *
 * All is done in one place of our own: block 0 of the key stream is made together with those of the
 * text, by one call for a whole number of blocks, since a call costs as much as 300 bytes and a part
 * of a block as much as three whole ones.  (What is short is brief's, where that is there.)  Half of
 * block 0 is Poly1305's key; the additional data go into its other half, right before the text, so that
 * what has to be authenticated lies in one piece.
 */
#include "sys/cipher.h"

#include "proto/wire.h"
#include "sys/brief.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 64,		    /* §2.3: of the key stream */
	PART = 16,		    /* §2.5: what Poly1305 takes at a time */
	AD_MAX = BLOCK - NOISE_KEY, /* that finds place in block 0 */
	TEXT_MAX = WIRE_RECORD_MAX, /* longer ones are libsodium's */
	VECTORS = 512,		    /* bytes from which libcrypto's Poly1305 is the faster one */
	WORK = BLOCK + (TEXT_MAX + BLOCK - 1) / BLOCK * BLOCK,
	TAIL = PART + PART, /* padding, and the lengths */
};

struct cipher {
	struct noise_cipher port;
	const struct brief *brief; /* for what is short; NULL: there is none */
	EVP_CIPHER_CTX *stream;
	EVP_MAC_CTX *mac;
	_Alignas(BLOCK) uint8_t work[WORK + TAIL]; /* block 0, text, padding, lengths */
	_Alignas(BLOCK) uint8_t opened[WORK];	   /* the same, with what it says */
};

static void put_le64(uint8_t *p, uint64_t n)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(n >> (8 * i));
}

static size_t padding(size_t len)
{
	return (PART - len % PART) % PART;
}

/* Puts block 0, and the text with the key stream over it, into `to`; the text lies in c->work.  The
 * counter begins at 0 and the nonce is that of Noise (§12): four zeros, then the number. */
static bool stream_over(struct cipher *c, uint8_t *to, size_t len, uint64_t n,
			const uint8_t key[NOISE_KEY])
{
	uint8_t counter_and_nonce[16] = {0};
	int whole = (int)(BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK), done;

	put_le64(counter_and_nonce + 8, n);
	memset(c->work, 0, BLOCK);
	return EVP_EncryptInit_ex2(c->stream, NULL, key, counter_and_nonce, NULL) == 1 &&
	       EVP_EncryptUpdate(c->stream, to, &done, c->work, whole) == 1;
}

static bool authenticate(struct cipher *c, const uint8_t *p, size_t len,
			 const uint8_t key[NOISE_KEY], uint8_t tag[NOISE_TAG])
{
	size_t size;

	if (len < VECTORS)
		return crypto_onetimeauth_poly1305(tag, p, len, key) == 0;
	return EVP_MAC_init(c->mac, key, NOISE_KEY, NULL) == 1 &&
	       EVP_MAC_update(c->mac, p, len) == 1 &&
	       EVP_MAC_final(c->mac, tag, &size, NOISE_TAG) == 1;
}

/* The tag of the sealed text in c->work; block 0 is in `block0`, and its key is wiped there. */
static bool tag_of(struct cipher *c, uint8_t *block0, size_t len, const void *ad, size_t ad_len,
		   uint8_t tag[NOISE_TAG])
{
	size_t ad_room = ad_len + padding(ad_len);
	uint8_t *start = c->work + BLOCK - ad_room, *end = c->work + BLOCK + len;
	uint8_t key[NOISE_KEY];

	memcpy(key, block0, sizeof(key));
	sodium_memzero(block0, sizeof(key));
	memset(start, 0, ad_room);
	if (ad_len > 0)
		memcpy(start, ad, ad_len);
	memset(end, 0, padding(len));
	end += padding(len);
	put_le64(end, ad_len);
	put_le64(end + 8, len);
	bool good = authenticate(c, start, (size_t)(end + PART - start), key, tag);
	sodium_memzero(key, sizeof(key));
	return good;
}

static bool is_brief(const struct cipher *c, size_t len, size_t ad_len)
{
	return c->brief && len <= BRIEF_TEXT_MAX && ad_len <= BRIEF_AD_MAX;
}

static bool fits(size_t len, size_t ad_len)
{
	return len <= TEXT_MAX && ad_len <= AD_MAX;
}

static void seal(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const void *ad,
		 size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY])
{
	struct cipher *c = ctx;
	uint8_t tag[NOISE_TAG];

	if (is_brief(c, len, ad_len)) {
		c->brief->seal(out, in, len, ad, ad_len, n, key);
		return;
	}
	if (!fits(len, ad_len)) {
		noise_chachapoly.seal(NULL, out, in, len, ad, ad_len, n, key);
		return;
	}
	if (len > 0)
		memcpy(c->work + BLOCK, in, len);
	if (!stream_over(c, c->work, len, n, key) || !tag_of(c, c->work, len, ad, ad_len, tag)) {
		noise_chachapoly.seal(NULL, out, in, len, ad, ad_len, n, key);
		return;
	}
	if (len > 0)
		memcpy(out, c->work + BLOCK, len);
	memcpy(out + len, tag, sizeof(tag));
}

static enum err open_sealed(void *ctx, uint8_t *out, const uint8_t *in, size_t sealed,
			    const void *ad, size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY])
{
	struct cipher *c = ctx;
	uint8_t tag[NOISE_TAG];
	size_t len = sealed - NOISE_TAG;

	if (sealed < NOISE_TAG)
		return ERR_MALFORMED;
	if (is_brief(c, len, ad_len))
		return c->brief->open(out, in, len, ad, ad_len, n, key) ? ERR_NONE : ERR_MALFORMED;
	if (!fits(len, ad_len))
		return noise_chachapoly.open(NULL, out, in, sealed, ad, ad_len, n, key);
	if (len > 0)
		memcpy(c->work + BLOCK, in, len);
	if (!stream_over(c, c->opened, len, n, key) || !tag_of(c, c->opened, len, ad, ad_len, tag))
		return noise_chachapoly.open(NULL, out, in, sealed, ad, ad_len, n, key);
	if (crypto_verify_16(tag, in + len) != 0)
		return ERR_MALFORMED;
	if (len > 0)
		memcpy(out, c->opened + BLOCK, len);
	return ERR_NONE;
}

/* Poly1305's context is wiped by each EVP_MAC_final(). */
static void forget(void *ctx)
{
	static const uint8_t nothing[NOISE_KEY];
	struct cipher *c = ctx;

	(void)EVP_EncryptInit_ex2(c->stream, NULL, nothing, nothing, NULL);
}

static bool start(struct cipher *c)
{
	EVP_CIPHER *chacha20 = EVP_CIPHER_fetch(NULL, "ChaCha20", NULL);
	EVP_MAC *poly1305 = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_POLY1305, NULL);

	if (chacha20 && poly1305) {
		c->stream = EVP_CIPHER_CTX_new();
		c->mac = EVP_MAC_CTX_new(poly1305);
	}
	bool good = c->stream && c->mac &&
		    EVP_EncryptInit_ex2(c->stream, chacha20, NULL, NULL, NULL) == 1;
	EVP_CIPHER_free(chacha20); /* the contexts hold them now */
	EVP_MAC_free(poly1305);
	return good;
}

struct cipher *cipher_new(void)
{
	struct cipher *c = aligned_alloc(BLOCK, sizeof(*c));

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->port = (struct noise_cipher){"ChaChaPoly", c, seal, open_sealed, forget};
	c->brief = brief_way(0);
	if (start(c))
		return c;
	cipher_free(c);
	return NULL;
}

void cipher_plain(struct cipher *c)
{
	c->brief = NULL;
}

void cipher_free(struct cipher *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->stream); /* both wipe what they hold */
	EVP_MAC_CTX_free(c->mac);
	sodium_memzero(c, sizeof(*c));
	free(c);
}

const struct noise_cipher *cipher_of(const struct cipher *c)
{
	return c ? &c->port : NULL;
}
