/* protocol.md §2.3. */
#include "proto/secure.h"

#include "proto/key.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Of send_since.  Who is heard at all seals something long before it has gone round. */
enum { SINCE_UNIT = 1024 }; /* microseconds */
#define SINCE_MASK ((UINT32_C(1) << 28) - 1)

_Static_assert(SECURE_REKEY_US % SINCE_UNIT == 0 && SECURE_REKEY_US / SINCE_UNIT < SINCE_MASK / 2,
	       "the time of a key can be told");

void secure_identity_from(struct secure_identity *i, const uint8_t secret[NOISE_KEY],
			  const uint8_t *psk)
{
	noise_keypair_from(&i->keys, secret);
	memcpy(i->psk, psk ? psk : key_no_password, NOISE_KEY);
}

static const struct noise_cipher *cipher_or_own(const struct noise_cipher *cipher)
{
	return cipher ? cipher : &noise_chachapoly;
}

enum err secure_begin(struct secure *s, uint8_t remote[NOISE_KEY],
		      const struct secure_identity *own, const struct noise_cipher *cipher,
		      bool initiator, const void *prologue, size_t prologue_len)
{
	struct noise_config config = {.initiator = initiator,
				      .cipher = cipher,
				      .own = &own->keys,
				      .psk = own->psk,
				      .prologue = prologue,
				      .prologue_len = prologue_len};

	*s = (struct secure){.handshake = malloc(sizeof(*s->handshake))};
	if (!s->handshake)
		return ERR_MEMORY;
	s->handshake->remote = remote;
	noise_init(&s->handshake->noise, &config);
	return ERR_NONE;
}

static void end_handshake(struct secure *s)
{
	if (!s->handshake)
		return;
	noise_wipe(&s->handshake->noise);
	free(s->handshake);
	s->handshake = NULL;
}

static void end_last(struct secure *s)
{
	if (!s->has_last)
		return;
	sodium_memzero(s->last, sizeof(*s->last));
	free(s->last);
	s->last = NULL;
	s->has_last = false;
}

void secure_wipe(struct secure *s, const struct noise_cipher *cipher)
{
	if (s->ready)
		end_last(s);
	else
		end_handshake(s);
	cipher = cipher_or_own(cipher);
	cipher->forget(cipher->ctx);
	sodium_memzero(s, sizeof(*s));
}

void secure_zero(void *p, size_t n)
{
	sodium_memzero(p, n);
}

bool secure_my_turn(const struct secure *s)
{
	return !s->ready && s->handshake && noise_my_turn(&s->handshake->noise);
}

static uint32_t since_of(uint64_t us)
{
	return (uint32_t)(us / SINCE_UNIT) & SINCE_MASK;
}

/* The keys, when that was the last message. */
static void after_message(struct secure *s, uint64_t now)
{
	struct secure_handshake *h = s->handshake;

	memcpy(h->remote, h->noise.remote_static, NOISE_KEY);
	if (!noise_done(&h->noise))
		return;
	memcpy(s->binding, h->noise.hash, NOISE_KEY);
	noise_split(&h->noise, s->send, s->receive);
	s->send_since = since_of(now);
	end_handshake(s);
	s->ready = true;
}

enum err secure_say(struct secure *s, uint64_t now, const uint8_t *ephemeral, const void *payload,
		    size_t len, struct buf *out)
{
	enum err e = noise_write(&s->handshake->noise, ephemeral, payload, len, out);

	if (e == ERR_NONE)
		after_message(s, now);
	return e;
}

enum err secure_hear(struct secure *s, uint64_t now, struct slice message, struct buf *payload)
{
	if (s->ready || !s->handshake || noise_my_turn(&s->handshake->noise))
		return ERR_MALFORMED;
	struct noise before = s->handshake->noise;
	enum err e = noise_read(&s->handshake->noise, message, payload);
	if (e == ERR_NONE)
		after_message(s, now);
	else
		s->handshake->noise = before; /* anybody may have sent that */
	noise_wipe(&before);
	return e;
}

/* Who hears no more than a unit now and then keeps a key that nobody uses; here it is told the time. */
static void forget_last(struct secure *s, uint64_t now)
{
	if (s->last->since_us == 0)
		s->last->since_us = now;
	else if (now - s->last->since_us >= SECURE_LAST_US)
		end_last(s);
}

bool secure_phase(struct secure *s, const struct noise_cipher *cipher, uint64_t now,
		  uint64_t number)
{
	assert(s->ready);
	if (s->has_last)
		forget_last(s, now);
	if (((since_of(now) - s->send_since) & SINCE_MASK) >= SECURE_REKEY_US / SINCE_UNIT ||
	    (uint32_t)number - s->send_first >= SECURE_REKEY_UNITS) {
		noise_rekey(cipher_or_own(cipher), s->send);
		s->send_phase = !s->send_phase;
		s->send_since = since_of(now);
		s->send_first = (uint32_t)number;
	}
	return s->send_phase;
}

void secure_seal(const struct secure *s, const struct noise_cipher *cipher, uint64_t number,
		 const void *ad, size_t ad_len, const uint8_t *in, size_t len, uint8_t *out)
{
	assert(s->ready);
	cipher = cipher_or_own(cipher);
	cipher->seal(cipher->ctx, out, in, len, ad, ad_len, number, s->send);
}

/* A unit of the other phase that the next key opened: that key is the current one from here on. */
static void follow_phase(struct secure *s, const uint8_t next[NOISE_KEY], uint64_t number)
{
	if (!s->has_last)
		s->last = malloc(sizeof(*s->last));
	s->has_last = s->last != NULL;
	if (s->last) {
		*s->last = (struct secure_last){.end = number};
		memcpy(s->last->key, s->receive, NOISE_KEY);
	}
	memcpy(s->receive, next, NOISE_KEY);
	s->receive_phase = !s->receive_phase;
}

enum err secure_open(struct secure *s, const struct noise_cipher *cipher, bool phase,
		     uint64_t number, const void *ad, size_t ad_len, uint8_t *bytes, size_t len,
		     struct slice *plain)
{
	bool other = phase != s->receive_phase, old = other && s->has_last && number < s->last->end;
	const uint8_t *key = old ? s->last->key : s->receive;
	uint8_t next[NOISE_KEY];

	if (!s->ready || len < NOISE_TAG)
		return ERR_MALFORMED;
	if (other && !old) {
		memcpy(next, s->receive, NOISE_KEY);
		noise_rekey(cipher_or_own(cipher), next);
		key = next;
	}
	cipher = cipher_or_own(cipher);
	enum err e = cipher->open(cipher->ctx, bytes, bytes, len, ad, ad_len, number, key);
	if (e == ERR_NONE && key == next)
		follow_phase(s, next, number);
	if (key == next)
		sodium_memzero(next, sizeof(next));
	*plain = slice_of(bytes, len - NOISE_TAG);
	return e;
}
