/*
 * brief: Poly1305 at the edges of its modulus (RFC 8439, appendix A.3), and each way that this processor has
 * beside libsodium's, for every length; what is not as it was sealed is refused, and changes nothing.
 */
#include "sys/brief.h"

#include "check.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000, ROOM = BRIEF_TEXT_MAX + BRIEF_TAG + 80 };

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

/* ---- Poly1305 ---------------------------------------------------------------------------------- */

static const struct {
	const char *key, *text, *tag;
} edges[] = {
	{"02000000000000000000000000000000 00000000000000000000000000000000",
	 "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000"},
	{"02000000000000000000000000000000 ffffffffffffffffffffffffffffffff",
	 "02000000000000000000000000000000", "03000000000000000000000000000000"},
	{"01000000000000000000000000000000 00000000000000000000000000000000",
	 "ffffffffffffffffffffffffffffffff f0ffffffffffffffffffffffffffffff "
	 "11000000000000000000000000000000",
	 "05000000000000000000000000000000"},
	{"01000000000000000000000000000000 00000000000000000000000000000000",
	 "ffffffffffffffffffffffffffffffff fbfefefefefefefefefefefefefefefe "
	 "01010101010101010101010101010101",
	 "00000000000000000000000000000000"},
	{"02000000000000000000000000000000 00000000000000000000000000000000",
	 "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff"},
	{"01000000000000000400000000000000 00000000000000000000000000000000",
	 "e33594d7505e43b90000000000000000 3394d7505e4379cd0100000000000000 "
	 "00000000000000000000000000000000 01000000000000000000000000000000",
	 "14000000000000005500000000000000"},
	{"01000000000000000400000000000000 00000000000000000000000000000000",
	 "e33594d7505e43b90000000000000000 3394d7505e4379cd0100000000000000 "
	 "00000000000000000000000000000000",
	 "13000000000000000000000000000000"},
};

static size_t from_hex(uint8_t *out, size_t max, const char *hex)
{
	size_t n;

	assert_int_equal(sodium_hex2bin(out, max, hex, strlen(hex), " ", &n, NULL), 0);
	return n;
}

static void need_a_way(void)
{
	if (brief_way(0))
		return;
	print_message("this processor has no way\n");
	skip();
}

static void the_published_edges_are_right(void **state)
{
	uint8_t key[BRIEF_KEY], text[80], tag[BRIEF_TAG], ours[BRIEF_TAG];

	(void)state;
	need_a_way();
	for (size_t i = 0; i < COUNT_OF(edges); i++) {
		assert_int_equal(from_hex(key, sizeof(key), edges[i].key), sizeof(key));
		size_t len = from_hex(text, sizeof(text), edges[i].text);
		assert_int_equal(from_hex(tag, sizeof(tag), edges[i].tag), sizeof(tag));
		assert_true(brief_tag(ours, text, len, key));
		assert_memory_equal(ours, tag, sizeof(tag));
	}
}

/* Words of nothing but ones or zeros carry further than any that are drawn. */
static void draw_edge(uint8_t *p, size_t n)
{
	draw(p, n);
	for (size_t i = 0; i < n; i++)
		if (p[i] & 3)
			p[i] = p[i] & 4 ? 0xff : 0;
}

static void poly1305_is_as_libsodium_has_it(void **state)
{
	uint8_t key[BRIEF_KEY], text[200], theirs[BRIEF_TAG], ours[BRIEF_TAG];

	(void)state;
	need_a_way();
	for (size_t i = 0; i < ROUNDS; i++) {
		size_t len = draw_below(sizeof(text) + 1);
		draw_edge(key, sizeof(key));
		draw_edge(text, sizeof(text));
		crypto_onetimeauth_poly1305(theirs, text, len, key);
		assert_true(brief_tag(ours, text, len, key));
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
}

/* ---- the whole --------------------------------------------------------------------------------- */

struct unit {
	uint8_t key[BRIEF_KEY], ad[BRIEF_AD_MAX], text[BRIEF_TEXT_MAX], sealed[ROOM];
	size_t len, ad_len;
	uint64_t n;
};

static void draw_unit(struct unit *u, size_t len)
{
	uint8_t nonce[12] = {0};

	draw(u, sizeof(*u));
	u->len = len;
	u->ad_len = draw_below(BRIEF_AD_MAX + 1);
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(u->n >> (8 * i));
	crypto_aead_chacha20poly1305_ietf_encrypt(u->sealed, NULL, u->text, len, u->ad, u->ad_len,
						  NULL, nonce, u->key);
}

static void seals_and_opens(const struct brief *b, const struct unit *u)
{
	uint8_t bytes[ROOM], *p = bytes + draw_below(32);
	size_t whole = u->len + BRIEF_TAG;

	memset(bytes, 0xee, sizeof(bytes));
	memcpy(p, u->text, u->len);
	b->seal(p, p, u->len, u->ad, u->ad_len, u->n, u->key);
	assert_memory_equal(p, u->sealed, whole);
	assert_int_equal(p[whole], 0xee);
	assert_true(b->open(p, p, u->len, u->ad, u->ad_len, u->n, u->key));
	assert_memory_equal(p, u->text, u->len);
	assert_memory_equal(p + u->len, u->sealed + u->len, BRIEF_TAG);
	b->seal(p, u->text, u->len, u->ad, u->ad_len, u->n, u->key);
	assert_memory_equal(p, u->sealed, whole);
	assert_int_equal(p[whole], 0xee);
}

static void refuses_what_is_damaged(const struct brief *b, struct unit *u)
{
	uint8_t out[BRIEF_TEXT_MAX], before[BRIEF_TEXT_MAX];
	size_t bit = draw_below((u->len + BRIEF_TAG) * 8);

	memset(out, 0xee, sizeof(out));
	memset(before, 0xee, sizeof(before));
	u->sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	assert_false(b->open(out, u->sealed, u->len, u->ad, u->ad_len, u->n, u->key));
	u->sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	assert_false(b->open(out, u->sealed, u->len, u->ad, u->ad_len, u->n + 1, u->key));
	if (u->ad_len > 0)
		assert_false(b->open(out, u->sealed, u->len, u->ad, u->ad_len - 1, u->n, u->key));
	assert_memory_equal(out, before, sizeof(out));
}

static void every_way_is_as_libsodium_has_it(void **state)
{
	const struct brief *b;
	unsigned ways = 0;

	(void)state;
	need_a_way();
	for (; (b = brief_way(ways)); ways++) {
		print_message("%s\n", b->needs);
		for (size_t i = 0; i < ROUNDS / 4; i++) {
			struct unit u;
			draw_unit(&u, i % (BRIEF_TEXT_MAX + 1));
			seals_and_opens(b, &u);
			refuses_what_is_damaged(b, &u);
		}
	}
	assert_true(ways <= BRIEF_WAYS);
}

static int begin(void **state)
{
	const char *given = getenv("CHAT_SEED");

	(void)state;
	seed[0] = given ? strtoull(given, NULL, 0) : randombytes_random();
	print_message("CHAT_SEED=%" PRIu64 "\n", seed[0]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_edges_are_right),
		cmocka_unit_test(poly1305_is_as_libsodium_has_it),
		cmocka_unit_test(every_way_is_as_libsodium_has_it),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, begin, NULL);
}
