/*
 * The handshake against published vectors (XX and XXpsk3, both ciphers) and our own of the one suite
 * that is used, then against everything that can be wrong with a message.
 *
 * Vectors are text: "key = hex" lines, an empty line ends one.  message 0 to 2 are the handshake; the
 * rest are transport messages, the initiator's first.
 */
#include "proto/noise.h"

#include "check.h"

#include "sys/cipher.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLISHED CHAT_SOURCE_DIR "/../shared/noise/cacophony-xx.txt"
#define OWN	  CHAT_SOURCE_DIR "/tests/vectors/noise-xxpsk3.txt"

enum { MAX_MESSAGES = 10, MAX_BYTES = 256 };

struct bytes {
	uint8_t data[MAX_BYTES];
	size_t len;
	bool given;
};

struct vector {
	char protocol[64];
	struct bytes prologue[2], ephemeral[2], secret[2], psk[2], hash; /* initiator, responder */
	struct bytes payload[MAX_MESSAGES], ciphertext[MAX_MESSAGES];
};

/* ---- the other cipher, for the vectors only ---------------------------------------------------- */

static void gcm_nonce(uint8_t nonce[12], uint64_t n)
{
	memset(nonce, 0, 4);
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(n >> (56 - 8 * i));
}

static void gcm_seal(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const void *ad,
		     size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY])
{
	uint8_t nonce[12];

	(void)ctx;
	gcm_nonce(nonce, n);
	crypto_aead_aes256gcm_encrypt(out, NULL, in, len, ad, ad_len, NULL, nonce, key);
}

static enum err gcm_open(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const void *ad,
			 size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY])
{
	uint8_t nonce[12];

	(void)ctx;
	gcm_nonce(nonce, n);
	return crypto_aead_aes256gcm_decrypt(out, NULL, NULL, in, len, ad, ad_len, nonce, key) == 0
		       ? ERR_NONE
		       : ERR_MALFORMED;
}

static void gcm_forget(void *ctx)
{
	(void)ctx;
}

static const struct noise_cipher aesgcm = {"AESGCM", NULL, gcm_seal, gcm_open, gcm_forget};

static struct cipher *fast; /* ChaChaPoly once more */

/* ---- reading vectors --------------------------------------------------------------------------- */

static void read_hex(struct bytes *out, const char *hex)
{
	assert_int_equal(sodium_hex2bin(out->data, sizeof(out->data), hex, strlen(hex), NULL,
					&out->len, NULL),
			 0);
	out->given = true;
}

static struct bytes *field(struct vector *v, const char *key)
{
	static const char *const ends[] = {"init", "resp"};
	char name[32];
	unsigned n;

	for (size_t i = 0; i < 2; i++) {
		struct bytes *fields[] = {&v->prologue[i], &v->ephemeral[i], &v->secret[i],
					  &v->psk[i]};
		static const char *const words[] = {"prologue", "ephemeral", "static", "psk"};
		for (size_t j = 0; j < 4; j++) {
			snprintf(name, sizeof(name), "%s_%s", ends[i], words[j]);
			if (strcmp(name, key) == 0)
				return fields[j];
		}
	}
	if (sscanf(key, "payload_%u", &n) == 1 && n < MAX_MESSAGES)
		return &v->payload[n];
	if (sscanf(key, "ciphertext_%u", &n) == 1 && n < MAX_MESSAGES)
		return &v->ciphertext[n];
	return strcmp(key, "handshake_hash") == 0 ? &v->hash : NULL;
}

/* False: no vector is left. */
static bool read_vector(FILE *f, struct vector *v)
{
	char line[1024], key[64], value[900];
	bool any = false;

	memset(v, 0, sizeof(*v));
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (line[0] == '\n' && any)
			return true;
		if (sscanf(line, "%63s = %899s", key, value) != 2)
			continue;
		any = true;
		struct bytes *b = field(v, key);
		if (b)
			read_hex(b, value);
		else
			snprintf(v->protocol, sizeof(v->protocol), "%.60s", value);
	}
	return any;
}

/* ---- playing one ------------------------------------------------------------------------------- */

static void expect_bytes(const struct buf *got, const struct bytes *want)
{
	assert_false(got->failed);
	assert_int_equal(got->len, want->len);
	assert_memory_equal(got->data, want->data, want->len);
}

static void play_handshake(struct noise ends[2], const struct vector *v)
{
	for (size_t i = 0; i < 3; i++) {
		struct noise *from = &ends[i % 2], *to = &ends[1 - i % 2];
		uint8_t wire[MAX_BYTES], plain[MAX_BYTES];
		struct buf out = buf_of(wire, sizeof(wire)), in = buf_of(plain, sizeof(plain));
		assert_true(noise_my_turn(from));
		assert_int_equal(noise_write(from, v->ephemeral[i % 2].data, v->payload[i].data,
					     v->payload[i].len, &out),
				 ERR_NONE);
		expect_bytes(&out, &v->ciphertext[i]);
		assert_int_equal(noise_read(to, slice_of(wire, out.len), &in), ERR_NONE);
		expect_bytes(&in, &v->payload[i]);
	}
}

static void play_transport(struct noise ends[2], const struct vector *v)
{
	uint8_t send[2][NOISE_KEY], receive[2][NOISE_KEY];

	for (size_t i = 0; i < 2; i++)
		noise_split(&ends[i], send[i], receive[i]);
	assert_memory_equal(send[0], receive[1], NOISE_KEY);
	assert_memory_equal(send[1], receive[0], NOISE_KEY);
	for (size_t i = 3; i < MAX_MESSAGES && v->ciphertext[i].given; i++) {
		size_t from = i % 2; /* the responder wrote message 1: its turn again is 3 */
		uint8_t sealed[MAX_BYTES];
		uint64_t n = (i - 3) / 2;
		ends[0].cipher->seal(ends[0].cipher->ctx, sealed, v->payload[i].data,
				     v->payload[i].len, NULL, 0, n, send[from]);
		struct buf out = {.data = sealed,
				  .len = v->payload[i].len + NOISE_TAG,
				  .cap = sizeof(sealed)};
		expect_bytes(&out, &v->ciphertext[i]);
	}
}

static void play(const struct vector *v, const struct noise_cipher *cipher)
{
	struct noise_keypair keys[2];
	struct noise ends[2];

	for (size_t i = 0; i < 2; i++) {
		noise_keypair_from(&keys[i], v->secret[i].data);
		struct noise_config config = {.initiator = i == 0,
					      .cipher = cipher,
					      .own = &keys[i],
					      .psk = v->psk[i].given ? v->psk[i].data : NULL,
					      .prologue = v->prologue[i].data,
					      .prologue_len = v->prologue[i].len};
		noise_init(&ends[i], &config);
	}
	play_handshake(ends, v);
	assert_true(noise_done(&ends[0]) && noise_done(&ends[1]));
	assert_memory_equal(ends[0].remote_static, keys[1].public, NOISE_KEY);
	assert_memory_equal(ends[1].remote_static, keys[0].public, NOISE_KEY);
	assert_memory_equal(ends[0].hash, v->hash.data, v->hash.len);
	play_transport(ends, v);
}

static size_t play_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct vector v;
	size_t played = 0;

	if (!f)
		return 0;
	while (read_vector(f, &v)) {
		bool gcm = strstr(v.protocol, "AESGCM") != NULL;
		print_message("# %s\n", v.protocol);
		if (gcm && !crypto_aead_aes256gcm_is_available()) {
			print_message("# passed over: this processor has no AES instructions\n");
			continue;
		}
		play(&v, gcm ? &aesgcm : NULL);
		if (!gcm)
			play(&v, cipher_of(fast));
		played++;
	}
	fclose(f);
	return played;
}

static void published_vectors_hold(void **state)
{
	(void)state;
	if (access(PUBLISHED, F_OK)) { /* our own were made while these held */
		print_message("# skipped: %s is not there\n", PUBLISHED);
		skip();
	}
	assert_in_range(play_file(PUBLISHED), 2, 4); /* XX and XXpsk3; twice, with AES */
}

static void own_vectors_hold(void **state)
{
	(void)state;
	assert_int_equal(play_file(OWN), 3);
}

/* ---- everything that can be wrong with a message ----------------------------------------------- */

struct pair {
	struct noise_keypair keys[2];
	struct noise ends[2];
	uint8_t ephemeral[2][NOISE_KEY];
};

static void pair_init(struct pair *p, const char *prologues[2], const uint8_t *psks[2])
{
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t secret[NOISE_KEY];
		memset(secret, 0x11 + i, sizeof(secret));
		memset(p->ephemeral[i], 0x51 + i, NOISE_KEY);
		noise_keypair_from(&p->keys[i], secret);
		struct noise_config config = {.initiator = i == 0,
					      .own = &p->keys[i],
					      .psk = psks[i],
					      .prologue = prologues[i],
					      .prologue_len = strlen(prologues[i])};
		noise_init(&p->ends[i], &config);
	}
}

static const uint8_t one_psk[NOISE_KEY] = {1}, other_psk[NOISE_KEY] = {2};

static struct pair good_pair(void)
{
	struct pair p;

	pair_init(&p, (const char *[]){"same", "same"}, (const uint8_t *[]){one_psk, one_psk});
	p.ends[0].own = p.ends[1].own = NULL; /* set by the caller's copy */
	return p;
}

static void adopt_keys(struct pair *p)
{
	p->ends[0].own = &p->keys[0];
	p->ends[1].own = &p->keys[1];
}

/* Writes message i of the pair; the payload is "hello". */
static struct buf write_message(struct pair *p, size_t i, uint8_t *storage)
{
	struct buf out = buf_of(storage, MAX_BYTES);

	assert_int_equal(
		noise_write(&p->ends[i % 2], i < 2 ? p->ephemeral[i] : NULL, "hello", 5, &out),
		ERR_NONE);
	return out;
}

static enum err read_message(struct pair *p, size_t i, const struct buf *m, size_t len)
{
	uint8_t plain[MAX_BYTES];
	struct buf payload = buf_of(plain, sizeof(plain));

	return noise_read(&p->ends[1 - i % 2], slice_of(m->data, len), &payload);
}

/* Messages 0 … upto - 1 pass. */
static void advance(struct pair *p, size_t upto)
{
	uint8_t storage[MAX_BYTES];

	for (size_t i = 0; i < upto; i++) {
		struct buf m = write_message(p, i, storage);
		assert_int_equal(read_message(p, i, &m, m.len), ERR_NONE);
	}
}

static void every_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t bit = 0;; bit++) {
			struct pair p = good_pair();
			uint8_t storage[MAX_BYTES];
			adopt_keys(&p);
			advance(&p, i);
			struct buf m = write_message(&p, i, storage);
			if (bit == m.len * 8)
				break;
			storage[bit / 8] ^= (uint8_t)(1u << bit % 8);
			enum err e = read_message(&p, i, &m, m.len);
			/* the top bit of a public key is no part of it (RFC 7748 §5), but is hashed */
			assert_int_equal(e, ERR_MALFORMED);
		}
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 1; i < 3; i++) {
		for (size_t len = 0;; len++) {
			struct pair p = good_pair();
			uint8_t storage[MAX_BYTES];
			adopt_keys(&p);
			advance(&p, i);
			struct buf m = write_message(&p, i, storage);
			if (len == m.len)
				break;
			assert_int_equal(read_message(&p, i, &m, len), ERR_MALFORMED);
			/* and nothing helps that handshake any more */
			assert_int_equal(read_message(&p, i, &m, m.len), ERR_MALFORMED);
		}
	}
}

static void both_ends_have_to_agree(void **state)
{
	static const struct {
		const char *prologues[2];
		const uint8_t *psks[2];
		size_t fails_at;
	} rows[] = {
		{{"version 1", "version 2"}, {one_psk, one_psk}, 0},
		{{"same", "same"}, {one_psk, other_psk}, 2},
		{{"same", "same"}, {one_psk, NULL}, 1},
	};

	(void)state;
	for (size_t r = 0; r < COUNT_OF(rows); r++) {
		struct pair p;
		uint8_t storage[MAX_BYTES];
		const char *prologues[] = {rows[r].prologues[0], rows[r].prologues[1]};
		const uint8_t *psks[] = {rows[r].psks[0], rows[r].psks[1]};
		pair_init(&p, prologues, psks);
		for (size_t i = 0; i <= rows[r].fails_at; i++) {
			struct buf m = write_message(&p, i, storage);
			assert_int_equal(read_message(&p, i, &m, m.len),
					 i == rows[r].fails_at ? ERR_MALFORMED : ERR_NONE);
		}
	}
}

/* Points of small order give a shared secret that everybody knows. */
static void low_order_points_are_refused(void **state)
{
	static const uint8_t points[][NOISE_KEY] = {
		{0},
		{1},
		{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		struct pair p = good_pair();
		uint8_t first[NOISE_KEY], storage[MAX_BYTES];
		struct buf out = buf_of(storage, sizeof(storage)), m = buf_of(first, sizeof(first));
		adopt_keys(&p);
		buf_put_bytes(&m, points[i], NOISE_KEY);
		/* the first message is e and an unsealed nothing; with the psk a key is there: it is sealed */
		enum err e = read_message(&p, 0, &m, m.len);
		if (e == ERR_NONE)
			e = noise_write(&p.ends[1], p.ephemeral[1], "", 0, &out);
		assert_int_equal(e, ERR_MALFORMED);
	}
}

static void a_rekeyed_direction_goes_on_with_another_key(void **state)
{
	uint8_t a[NOISE_KEY] = {7}, b[NOISE_KEY] = {7}, before[NOISE_KEY];

	(void)state;
	memcpy(before, a, sizeof(a));
	noise_rekey(&noise_chachapoly, a);
	noise_rekey(cipher_of(fast), b);
	assert_memory_equal(a, b, NOISE_KEY);
	assert_memory_not_equal(a, before, NOISE_KEY);
}

static void wiping_leaves_nothing(void **state)
{
	struct pair p = good_pair();
	static const uint8_t zeros[sizeof(struct noise)];

	(void)state;
	adopt_keys(&p);
	advance(&p, 3);
	noise_wipe(&p.ends[0]);
	assert_memory_equal(&p.ends[0], zeros, sizeof(zeros));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_hold),
		cmocka_unit_test(own_vectors_hold),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(both_ends_have_to_agree),
		cmocka_unit_test(low_order_points_are_refused),
		cmocka_unit_test(a_rekeyed_direction_goes_on_with_another_key),
		cmocka_unit_test(wiping_leaves_nothing),
	};

	fast = cipher_new();
	if (sodium_init() < 0 || !fast)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	cipher_free(fast);
	return failed;
}
