/*
 * The secrets of one session: the handshake while it lasts, then a sealing key for each direction.
 *
 * Who calls: the session's links.  A link says what is in the clear (`ad`), counts its packets or
 * records, and carries the key phase, one bit that changes when a sender takes its next key (an hour
 * or 2^30 units after the last).  The receiver follows the phase only for a unit that the next key
 * opens, and keeps the last key for a minute at least, for what was sent before and comes after.
 *
 * Keys never leave this struct but by secure_wipe().  Pure: the caller draws the ephemeral key.
 */
#ifndef PROTO_SECURE_H
#define PROTO_SECURE_H

#include "proto/noise.h"

#define SECURE_REKEY_US	   (UINT64_C(3600) * 1000 * 1000)
#define SECURE_REKEY_UNITS (UINT64_C(1) << 30)
#define SECURE_LAST_US	   (UINT64_C(60) * 1000 * 1000) /* for which the last key is kept */

/* What an end is known by, and what both ends know.  Borrowed by sessions for their lives. */
struct secure_identity {
	struct noise_keypair keys;
	uint8_t psk[NOISE_KEY];
};

/* From a secret key that was drawn; `psk` NULL: key_no_password. */
void secure_identity_from(struct secure_identity *i, const uint8_t secret[NOISE_KEY],
			  const uint8_t *psk);

/* After the sender took its next key: what was sealed with the one before may still come, for a while. */
struct secure_last {
	uint8_t key[NOISE_KEY];
	uint64_t end;	   /* for units below that number: the lowest that the current key opened */
	uint64_t since_us; /* 0: nobody told the time since */
};

struct secure_handshake {
	struct noise noise;
	uint8_t *remote; /* the caller's place for the peer's static key, once it is known */
};

/* What is sealed with comes first. */
struct secure {
	uint32_t
		send_since : 28; /* when the sending key was taken: its lowest bits, in 1024 µs, … */
	uint32_t send_phase : 1, receive_phase : 1;
	uint32_t ready : 1;
	uint32_t has_last : 1;
	uint32_t send_first; /* … and with which unit: its lowest 32 bits */
	uint8_t send[NOISE_KEY];
	union {
		struct secure_handshake *handshake; /* until it is ready */
		struct secure_last *last; /* if it has one; it may be that no memory was for it */
	};
	uint8_t binding[NOISE_KEY]; /* the handshake's hash, once the keys are there */
	uint8_t receive[NOISE_KEY];
};

/* ERR_MEMORY.  The prologue is what both ends must agree on (protocol.md §2.3).  The cipher is the same in
 * all calls, and forgets in secure_wipe(); it is not kept here, since many sessions have one.  NULL:
 * noise_chachapoly. */
NODISCARD enum err secure_begin(struct secure *s, uint8_t remote[NOISE_KEY],
				const struct secure_identity *own,
				const struct noise_cipher *cipher, bool initiator,
				const void *prologue, size_t prologue_len);
void secure_wipe(struct secure *s, const struct noise_cipher *cipher);
void secure_zero(void *p, size_t n); /* not optimised away */

/* One's next handshake message; noise_write()'s errors. */
NODISCARD enum err secure_say(struct secure *s, uint64_t now, const uint8_t *ephemeral,
			      const void *payload, size_t len, struct buf *out);
/* The peer's next; noise_read()'s errors.  What is not the peer's changes nothing. */
NODISCARD enum err secure_hear(struct secure *s, uint64_t now, struct slice message,
			       struct buf *payload);
bool secure_my_turn(const struct secure *s);

/* The phase that the next unit is to carry; takes the next key when it is time for it. */
bool secure_phase(struct secure *s, const struct noise_cipher *cipher, uint64_t now,
		  uint64_t number);
/* Seals len bytes into out (len + NOISE_TAG), which may be `in`. */
void secure_seal(const struct secure *s, const struct noise_cipher *cipher, uint64_t number,
		 const void *ad, size_t ad_len, const uint8_t *in, size_t len, uint8_t *out);
/* Opens in place; *plain is the front of `bytes`.  ERR_MALFORMED: not the peer's; nothing changed. */
NODISCARD enum err secure_open(struct secure *s, const struct noise_cipher *cipher, bool phase,
			       uint64_t number, const void *ad, size_t ad_len, uint8_t *bytes,
			       size_t len, struct slice *plain);

#endif
