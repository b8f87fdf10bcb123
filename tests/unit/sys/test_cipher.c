/*
 * cipher: the published vectors, then the same bytes as libsodium's own at every length around each of
 * its limits, with what the processor has for short texts and without; nothing allocated for it, and no key
 * left behind.
 */
#include "sys/cipher.h"

#include "check.h"

#include "proto/wire.h"
#include "sys/brief.h"

#include <inttypes.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { LEN_MAX = WIRE_RECORD_MAX + 200, AD_MAX = 80, BLOCKS_MAX = 100000 };

static struct cipher *cipher, *plain; /* plain: by the libraries alone */
static uint8_t text[LEN_MAX], ad[AD_MAX];

static uint64_t seed[randombytes_SEEDBYTES / 8]; /* the first is drawn, the last counts */

static void draw(void *p, size_t n)
{
	seed[COUNT_OF(seed) - 1]++;
	randombytes_buf_deterministic(p, n, (const unsigned char *)seed);
}

static size_t draw_below(size_t limit)
{
	uint64_t n;

	draw(&n, sizeof(n));
	return n % limit;
}

/* ---- what libcrypto allocates ------------------------------------------------------------------ */

static struct block {
	void *p;
	size_t n;
} blocks[BLOCKS_MAX];
static size_t block_count, allocations;

static void note(void *p, size_t n)
{
	allocations++;
	assert_true(block_count < BLOCKS_MAX);
	blocks[block_count++] = (struct block){p, n};
}

static void drop(const void *p)
{
	for (size_t i = block_count; i-- > 0;) {
		if (blocks[i].p == p) {
			blocks[i] = blocks[--block_count];
			return;
		}
	}
}

static void *noted_malloc(size_t n, const char *file, int line)
{
	void *p = malloc(n);

	(void)file, (void)line;
	if (p)
		note(p, n);
	return p;
}

static void noted_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	drop(p);
	free(p);
}

static void *noted_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	if (p)
		drop(p);
	void *q = realloc(p, n);
	if (q)
		note(q, n);
	return q;
}

/* libcrypto keeps the key as words, which on a little-endian machine is the key as it is. */
static bool somewhere(const uint8_t key[NOISE_KEY])
{
	for (size_t i = 0; i < block_count; i++)
		if (memmem(blocks[i].p, blocks[i].n, key, NOISE_KEY))
			return true;
	return false;
}

/* ---- RFC 8439 ---------------------------------------------------------------------------------- */

static size_t from_hex(uint8_t *out, size_t max, const char *hex)
{
	size_t n;

	assert_int_equal(sodium_hex2bin(out, max, hex, strlen(hex), " ", &n, NULL), 0);
	return n;
}

/* Appendix A.5: what is sealed with a nonce whose first four bytes are zeros, as Noise's are. */
static void the_published_vector_opens(void **state)
{
	static const char says[] =
		"Internet-Drafts are draft documents valid for a maximum of six months and may be "
		"updated, replaced, or obsoleted by other documents at any time. It is "
		"inappropriate to use Internet-Drafts as reference material or to cite them other "
		"than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
	uint8_t key[NOISE_KEY], aad[12], sealed[300], opened[300], again[300];

	(void)state;
	from_hex(key, sizeof(key),
		 "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
	from_hex(aad, sizeof(aad), "f33388860000000000004e91");
	size_t n = from_hex(sealed, sizeof(sealed),
			    "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
			    "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
			    "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
			    "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
			    "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
			    "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
			    "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
			    "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
			    "a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38");
	const struct noise_cipher *all[] = {&noise_chachapoly, cipher_of(cipher), cipher_of(plain)};
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		const uint64_t nonce = UINT64_C(0x0807060504030201); /* 00000000 0102030405060708 */
		assert_int_equal(
			all[i]->open(all[i]->ctx, opened, sealed, n, aad, sizeof(aad), nonce, key),
			ERR_NONE);
		assert_int_equal(n - NOISE_TAG, sizeof(says) - 1);
		assert_memory_equal(opened, says, sizeof(says) - 1);
		all[i]->seal(all[i]->ctx, again, opened, n - NOISE_TAG, aad, sizeof(aad), nonce,
			     key);
		assert_memory_equal(again, sealed, n);
	}
}

/* ---- against libsodium's own ------------------------------------------------------------------- */

/* One text at one place: sealed by both, the same; opened by both; damaged, by none. */
static void compare_one(const struct noise_cipher *c, size_t len, size_t ad_len, size_t from,
			uint64_t n, const uint8_t *key)
{
	static uint8_t theirs[LEN_MAX + 64], ours[LEN_MAX + 64], opened[LEN_MAX + 64];
	size_t sealed = len + NOISE_TAG;
	uint8_t *place = ours + from;

	noise_chachapoly.seal(NULL, theirs, text, len, ad, ad_len, n, key);
	memcpy(place, text, len);
	memset(place + len, 0xee, NOISE_TAG + 1);
	c->seal(c->ctx, place, place, len, ad, ad_len, n, key);
	assert_memory_equal(place, theirs, sealed);
	assert_int_equal(place[sealed], 0xee);

	assert_int_equal(noise_chachapoly.open(NULL, opened, place, sealed, ad, ad_len, n, key),
			 ERR_NONE);
	assert_memory_equal(opened, text, len);
	size_t bit = (len * 31 + n) % (sealed * 8);
	theirs[bit / 8] ^= (uint8_t)(1u << bit % 8);
	assert_int_equal(c->open(c->ctx, opened, theirs, sealed, ad, ad_len, n, key),
			 ERR_MALFORMED);
	theirs[bit / 8] ^= (uint8_t)(1u << bit % 8);
	memcpy(place, theirs, sealed);
	assert_int_equal(c->open(c->ctx, place, place, sealed, ad, ad_len, n + 1, key),
			 ERR_MALFORMED);
	memcpy(place, theirs, sealed);
	assert_int_equal(c->open(c->ctx, place, place, sealed, ad, ad_len, n, key), ERR_NONE);
	assert_memory_equal(place, text, len);
	assert_int_equal(place[sealed], 0xee);
}

static void compare(size_t len, size_t ad_len, size_t from, uint64_t n, const uint8_t *key)
{
	compare_one(cipher_of(cipher), len, ad_len, from, n, key);
	compare_one(cipher_of(plain), len, ad_len, from, n, key);
}

static void every_length_is_as_libsodium_has_it(void **state)
{
	static const size_t around[] = {0,    BRIEF_TEXT_MAX, 512, 1024, WIRE_PACKET_MAX,
					2048, WIRE_RECORD_MAX};
	uint8_t key[NOISE_KEY];

	(void)state;
	draw(key, sizeof(key));
	for (size_t a = 0; a < COUNT_OF(around); a++) {
		size_t first = around[a] < 140 ? 0 : around[a] - 140;
		for (size_t len = first; len < around[a] + 140; len++)
			compare(len, len % 40, len % 17, UINT64_MAX - len * len, key);
	}
}

static void every_size_of_what_is_in_the_clear_is(void **state)
{
	uint8_t key[NOISE_KEY];

	(void)state;
	draw(key, sizeof(key));
	for (size_t ad_len = 0; ad_len <= AD_MAX; ad_len++)
		for (size_t len = 0; len < 1200; len += 97)
			compare(len, ad_len, ad_len % 9, ad_len << 32, key);
}

static void any_key_text_and_place_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < 1500; i++) {
		uint8_t key[NOISE_KEY];
		uint64_t n;
		draw(key, sizeof(key));
		draw(&n, sizeof(n));
		size_t len = draw_below(i % 8 == 0 ? LEN_MAX : 1300);
		compare(len, draw_below(AD_MAX + 1), draw_below(64), n, key);
	}
}

static void what_is_too_short_is_refused(void **state)
{
	const struct noise_cipher *c = cipher_of(cipher);
	uint8_t key[NOISE_KEY] = {1}, bytes[NOISE_TAG] = {0};

	(void)state;
	for (size_t len = 0; len < NOISE_TAG; len++)
		assert_int_equal(c->open(c->ctx, bytes, bytes, len, NULL, 0, 0, key),
				 ERR_MALFORMED);
}

/* ---- what it takes, and what it leaves --------------------------------------------------------- */

static void nothing_is_allocated_for_a_text(void **state)
{
	uint8_t key[NOISE_KEY] = {2};
	size_t before = allocations;

	(void)state;
	assert_true(before > 0); /* libcrypto does ask us */
	for (size_t len = 0; len < WIRE_RECORD_MAX; len += 511)
		compare(len, 17, 0, len, key);
	assert_int_equal(allocations, before);
}

static void a_key_is_forgotten(void **state)
{
	const struct noise_cipher *c = cipher_of(cipher);
	uint8_t key[NOISE_KEY], poly_key[64], out[1200 + NOISE_TAG];
	static const uint8_t nonce[12];

	(void)state;
	for (size_t len = BRIEF_TEXT_MAX + 1; len <= 1200; len += 751) {
		draw(key, sizeof(key));
		crypto_stream_chacha20_ietf(poly_key, sizeof(poly_key), nonce, key);
		c->seal(c->ctx, out, text, len, ad, 17, 0, key);
		assert_true(somewhere(key)); /* it would be seen */
		assert_false(somewhere(poly_key));
		assert_null(memmem(c->ctx, malloc_usable_size(c->ctx), poly_key, NOISE_KEY));
		c->forget(c->ctx);
		assert_false(somewhere(key));
		assert_null(memmem(c->ctx, malloc_usable_size(c->ctx), key, NOISE_KEY));
	}
}

static void nothing_is_libsodium(void **state)
{
	(void)state;
	assert_null(cipher_of(NULL));
	cipher_free(NULL);
}

static int begin(void **state)
{
	const char *given = getenv("CHAT_SEED");

	(void)state;
	seed[0] = given ? strtoull(given, NULL, 0) : randombytes_random();
	print_message("CHAT_SEED=%" PRIu64 "\n", seed[0]);
	draw(text, sizeof(text));
	draw(ad, sizeof(ad));
	cipher = cipher_new();
	plain = cipher_new();
	if (plain)
		cipher_plain(plain);
	return cipher && plain ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	cipher_free(cipher);
	cipher_free(plain);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vector_opens),
		cmocka_unit_test(every_length_is_as_libsodium_has_it),
		cmocka_unit_test(every_size_of_what_is_in_the_clear_is),
		cmocka_unit_test(any_key_text_and_place_is),
		cmocka_unit_test(what_is_too_short_is_refused),
		cmocka_unit_test(nothing_is_allocated_for_a_text),
		cmocka_unit_test(a_key_is_forgotten),
		cmocka_unit_test(nothing_is_libsodium),
	};

	if (sodium_init() < 0 ||
	    CRYPTO_set_mem_functions(noted_malloc, noted_realloc, noted_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, begin, end);
}
