/*
 * chat-bench-cipher: what sealing and opening cost, by who computes it.
 *
 *     chat-bench-cipher [ROUNDS [NAME SIZE]]
 *
 * Nanoseconds of processor time for one unit of each size, the medians of ROUNDS (21) that take turns:
 * libsodium's own ChaCha20-Poly1305, libcrypto's (with as few calls as it lets one make), and what the
 * programs use (sys/cipher).  All three seal alike, which is checked.  At the end, one X25519 by each
 * library: a handshake costs a server three of them and half of one more.  With NAME and SIZE only
 * that one is called, for perf.
 */
#include "sys/cipher.h"

#include "proto/wire.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_MAX = WIRE_RECORD_MAX, AD = WIRE_DATA_HEADER, ROUNDS_MAX = 1001, SCHEMES = 3 };

static const size_t sizes[] = {32, 100, 200, 300, 450, 600, 800, 1167, 1600, 4096, 16384};

static uint8_t text[TEXT_MAX], sealed[TEXT_MAX + NOISE_TAG], out[TEXT_MAX + NOISE_TAG], ad[AD],
	key[NOISE_KEY];

/* ---- libcrypto's own --------------------------------------------------------------------------- */

struct own {
	EVP_CIPHER_CTX *seal, *open;
};

static void nonce_of(uint8_t nonce[12], uint64_t n)
{
	memset(nonce, 0, 4);
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(n >> (8 * i));
}

static void own_seal(void *ctx, uint8_t *to, const uint8_t *in, size_t len, const void *head,
		     size_t head_len, uint64_t n, const uint8_t k[NOISE_KEY])
{
	struct own *own = ctx;
	OSSL_PARAM tag[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, to + len, NOISE_TAG),
		OSSL_PARAM_END};
	uint8_t nonce[12];
	int done;

	nonce_of(nonce, n);
	if (EVP_EncryptInit_ex2(own->seal, NULL, k, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(own->seal, NULL, &done, head, (int)head_len) != 1 ||
	    EVP_EncryptUpdate(own->seal, to, &done, in, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(own->seal, to + len, &done) != 1 ||
	    EVP_CIPHER_CTX_get_params(own->seal, tag) != 1)
		abort();
}

static enum err own_open(void *ctx, uint8_t *to, const uint8_t *in, size_t len, const void *head,
			 size_t head_len, uint64_t n, const uint8_t k[NOISE_KEY])
{
	struct own *own = ctx;
	uint8_t nonce[12], got[NOISE_TAG];
	OSSL_PARAM tag[] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, got, NOISE_TAG),
			    OSSL_PARAM_END};
	int done;

	nonce_of(nonce, n);
	memcpy(got, in + len - NOISE_TAG, NOISE_TAG);
	if (EVP_DecryptInit_ex2(own->open, NULL, k, nonce, tag) != 1 ||
	    EVP_DecryptUpdate(own->open, NULL, &done, head, (int)head_len) != 1 ||
	    EVP_DecryptUpdate(own->open, to, &done, in, (int)(len - NOISE_TAG)) != 1)
		abort();
	return EVP_DecryptFinal_ex(own->open, to, &done) == 1 ? ERR_NONE : ERR_MALFORMED;
}

static void own_forget(void *ctx)
{
	(void)ctx;
}

static void own_start(struct own *own, struct noise_cipher *port)
{
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);

	own->seal = EVP_CIPHER_CTX_new();
	own->open = EVP_CIPHER_CTX_new();
	if (!c || !own->seal || !own->open ||
	    EVP_EncryptInit_ex2(own->seal, c, NULL, NULL, NULL) != 1 ||
	    EVP_DecryptInit_ex2(own->open, c, NULL, NULL, NULL) != 1)
		exit(1);
	EVP_CIPHER_free(c);
	*port = (struct noise_cipher){"ChaChaPoly", own, own_seal, own_open, own_forget};
}

static void own_end(struct own *own)
{
	EVP_CIPHER_CTX_free(own->seal);
	EVP_CIPHER_CTX_free(own->open);
}

/* ---- measuring --------------------------------------------------------------------------------- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *all, size_t n)
{
	qsort(all, n, sizeof(*all), by_value);
	return all[n / 2];
}

static double seal_some(const struct noise_cipher *c, size_t size)
{
	unsigned calls = (unsigned)(400000 / (size + 400));
	double start = now_ns();

	for (unsigned i = 0; i < calls; i++)
		c->seal(c->ctx, out, text, size, ad, AD, i, key);
	return (now_ns() - start) / calls;
}

static double open_some(const struct noise_cipher *c, size_t size)
{
	unsigned calls = (unsigned)(400000 / (size + 400));
	double start = now_ns();

	for (unsigned i = 0; i < calls; i++)
		if (c->open(c->ctx, out, sealed, size + NOISE_TAG, ad, AD, 7, key) != ERR_NONE)
			exit(1);
	return (now_ns() - start) / calls;
}

static void check(const struct noise_cipher *all[SCHEMES], size_t size)
{
	all[0]->seal(all[0]->ctx, sealed, text, size, ad, AD, 7, key);
	for (size_t i = 1; i < SCHEMES; i++) {
		all[i]->seal(all[i]->ctx, out, text, size, ad, AD, 7, key);
		if (memcmp(out, sealed, size + NOISE_TAG) != 0)
			exit(1);
	}
}

static void compare(const struct noise_cipher *all[SCHEMES], size_t size, unsigned rounds)
{
	static double seal[SCHEMES][ROUNDS_MAX], open[SCHEMES][ROUNDS_MAX];

	check(all, size);
	for (unsigned r = 0; r < rounds; r++) {
		for (size_t i = 0; i < SCHEMES; i++) {
			seal[i][r] = seal_some(all[i], size);
			open[i][r] = open_some(all[i], size);
		}
	}
	printf("%6zu", size);
	for (size_t i = 0; i < SCHEMES; i++)
		printf("  %8.0f %8.0f", median(seal[i], rounds), median(open[i], rounds));
	printf("\n");
}

/* ---- X25519 ------------------------------------------------------------------------------------ */

/* By libcrypto, with the key as an object already: less than a handshake could do with. */
static void compare_curves(unsigned rounds)
{
	static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
	uint8_t secret[32], point[32], shared[32];
	size_t n = sizeof(shared);

	randombytes_buf(secret, sizeof(secret));
	crypto_scalarmult_base(point, secret);
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret, 32);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, point, 32);
	EVP_PKEY_CTX *ctx = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	if (!peer || !ctx || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1)
		exit(1);
	for (unsigned r = 0; r < rounds; r++) {
		double a = now_ns();
		if (crypto_scalarmult(shared, secret, point) != 0)
			exit(1);
		double b = now_ns();
		if (EVP_PKEY_derive(ctx, shared, &n) != 1)
			exit(1);
		ours[r] = b - a;
		theirs[r] = now_ns() - b;
	}
	printf("X25519: libsodium %.1f us, libcrypto %.1f us and what its objects cost\n",
	       median(ours, rounds) / 1e3, median(theirs, rounds) / 1e3);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
}

static int usage(void)
{
	fprintf(stderr, "usage: chat-bench-cipher [ROUNDS [libsodium|libcrypto|sys SIZE]]\n");
	return 1;
}

static int only(const struct noise_cipher *all[SCHEMES], const char *name, size_t size,
		unsigned rounds)
{
	static const char *const names[SCHEMES] = {"libsodium", "libcrypto", "sys"};

	for (size_t i = 0; i < SCHEMES; i++) {
		if (strcmp(name, names[i]) != 0 || size > TEXT_MAX)
			continue;
		for (unsigned r = 0; r < rounds; r++)
			(void)seal_some(all[i], size);
		return 0;
	}
	return usage();
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 21;
	struct noise_cipher libcrypto;
	struct own own;

	if (rounds == 0 || rounds > ROUNDS_MAX || argc == 3 || argc > 4)
		return usage();
	if (sodium_init() < 0)
		return 1;
	struct cipher *sys = cipher_new();
	if (!sys)
		return 1;
	own_start(&own, &libcrypto);
	randombytes_buf(text, sizeof(text));
	randombytes_buf(key, sizeof(key));
	const struct noise_cipher *all[SCHEMES] = {&noise_chachapoly, &libcrypto, cipher_of(sys)};
	int status = 0;
	if (argc == 4) {
		status = only(all, argv[2], strtoul(argv[3], NULL, 10), rounds);
	} else {
		printf("        libsodium          libcrypto          sys/cipher\n");
		printf(" bytes      seal     open      seal     open      seal     open  (ns)\n");
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			compare(all, sizes[i], rounds);
		compare_curves(rounds);
	}
	own_end(&own);
	cipher_free(sys);
	return status;
}
