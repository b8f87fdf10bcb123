/*
 * The fast way to compute the protocol's cipher (proto/noise.h): ChaCha20 by libcrypto, which has it
 * for the processors' wide vectors, and Poly1305 by whichever of the two libraries is faster for the
 * length, put together as RFC 8439 §2.8 says; or both by sys/brief, where the text is short and the processor
 * has what that needs.  What it gives is what noise_chachapoly gives, byte for byte, in 0.3 to 0.7 of
 * the time (chat-bench-cipher; figures in ARCHITECTURE.md).
 *
 * Not in proto: libcrypto reads its configuration and keeps variables.  A session that is given none
 * does all by libsodium.
 *
 * One is used by one thread at a time, for as many sessions as that thread runs; nothing is allocated
 * after cipher_new().  It holds the key that it used last until the next one or `forget`, and the last
 * text; never the key of Poly1305.
 */
#ifndef SYS_CIPHER_H
#define SYS_CIPHER_H

#include "proto/noise.h"

struct cipher;

/* NULL: no memory, or this libcrypto has no such cipher; libsodium has to do then. */
struct cipher *cipher_new(void);
void cipher_free(struct cipher *c);  /* may be NULL; wipes */
void cipher_plain(struct cipher *c); /* by the libraries alone, whatever the processor has */

/* Borrowed from it.  NULL for NULL: what a session takes for libsodium alone. */
const struct noise_cipher *cipher_of(const struct cipher *c);

#endif
