/*
 * The Noise handshake (revision 34 of its specification; section numbers are of that document):
 * Noise_XXpsk3_25519_ChaChaPoly_SHA256, and nothing else is negotiated.
 *
 *     → e                  the initiator's ephemeral key
 *     ← e, ee, s, es       the responder is known to who holds its static key
 *     → s, se, psk         and so is the initiator, and both hold the psk
 *
 * Who calls: the session, once per connection.  It never draws randomness (the ephemeral private key
 * is given), sends nothing and remembers nothing of other handshakes.  An error leaves the handshake
 * as it was, but for having failed: it is good for nothing but noise_wipe().
 *
 * The cipher and the pattern without psk are parameters for one reason: the published vectors.
 */
#ifndef PROTO_NOISE_H
#define PROTO_NOISE_H

#include "proto/buf.h"
#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NOISE_KEY =
		32, /* private, public, pre-shared and cipher keys; the chaining key and the hash */
	NOISE_TAG = 16,		   /* what sealing adds */
	NOISE_MAX_MESSAGE = 65535, /* §3 */
};

/*
 * The one seam between the protocol and who computes its cipher.  Seals with the nonce of §12 for
 * number n; `out` may be `in`.  What it needs to compute is its own (`ctx`): one that has any is used
 * by one thread at a time.
 */
struct noise_cipher {
	const char *name; /* as in a protocol name: "ChaChaPoly" */
	void *ctx;	  /* the first argument of each */
	void (*seal)(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const void *ad,
		     size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY]);
	/* `len` counts the tag; ERR_MALFORMED: not sealed by this key, number and ad, and `out` means
	 * nothing. */
	enum err (*open)(void *ctx, uint8_t *out, const uint8_t *in, size_t len, const void *ad,
			 size_t ad_len, uint64_t n, const uint8_t key[NOISE_KEY]);
	void (*forget)(void *ctx); /* keys are wiped: they are nowhere in here from now on */
};

extern const struct noise_cipher noise_chachapoly; /* by libsodium alone; has no ctx */

struct noise_keypair {
	uint8_t secret[NOISE_KEY], public[NOISE_KEY];
};

/* The public half of a secret that was drawn (any 32 bytes are one). */
void noise_keypair_from(struct noise_keypair *k, const uint8_t secret[NOISE_KEY]);

struct noise_config {
	bool initiator;
	const struct noise_cipher *cipher; /* NULL: ChaChaPoly */
	const struct noise_keypair *own;   /* borrowed until noise_wipe() */
	const uint8_t *psk;   /* NOISE_KEY bytes, copied; NULL: pattern XX without one */
	const void *prologue; /* what both ends must agree on; hashed here */
	size_t prologue_len;
};

struct noise {
	const struct noise_cipher *cipher;
	const struct noise_keypair *own;
	struct noise_keypair ephemeral;
	uint8_t remote_ephemeral[NOISE_KEY], remote_static[NOISE_KEY];
	uint8_t psk[NOISE_KEY];
	uint8_t chaining_key[NOISE_KEY], hash[NOISE_KEY]; /* §5.2 */
	uint8_t key[NOISE_KEY];
	uint64_t n;
	bool initiator, has_psk, has_key, failed;
	uint8_t turn; /* messages done: 0..3 */
};

void noise_init(struct noise *h, const struct noise_config *config);
void noise_wipe(struct noise *h); /* leaves no secret in memory */

/*
 * Writes the next message around the payload.  `ephemeral` is 32 fresh random bytes, used by the first
 * two messages alone (NULL in the third).  ERR_TOO_BIG: does not fit; ERR_MALFORMED: the peer's key
 * is of low order.  Not one's turn is asserted.
 */
NODISCARD enum err noise_write(struct noise *h, const uint8_t *ephemeral, const void *payload,
			       size_t len, struct buf *out);

/* Reads the next message; its payload, at most message.len bytes, is put into `payload`.
 * ERR_MALFORMED: not a message of this handshake. */
NODISCARD enum err noise_read(struct noise *h, struct slice message, struct buf *payload);

bool noise_my_turn(const struct noise *h);
bool noise_done(const struct noise *h);

/* After noise_done(): the keys of the two directions (§5.2 Split). */
void noise_split(const struct noise *h, uint8_t send[NOISE_KEY], uint8_t receive[NOISE_KEY]);
/* The next key of a direction (§11.3 Rekey, §4.2). */
void noise_rekey(const struct noise_cipher *c, uint8_t key[NOISE_KEY]);

#endif
