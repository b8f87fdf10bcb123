/*
 * Memory for secrets, the hash that makes a key of a password, and a process that gives nothing away.
 *
 * What secret_new() gives is locked into RAM, is in no core dump, reads as zeros in children, lies
 * between pages that nothing may touch, and is wiped when it is freed.
 */
#ifndef SYS_SECRET_H
#define SYS_SECRET_H

#include "proto/err.h"
#include "proto/key.h"
#include "proto/proof.h"

#include <stdbool.h>
#include <stddef.h>

/* Argon2id (RFC 9106), version 1.3, with one lane: passes and bytes.  Both ends take the same. */
enum { SECRET_PASSES = 3, SECRET_MEMORY = 256 * 1024 * 1024 };
#define SECRET_SALT "chat-room/argon2" /* 16 bytes, for every room: both ends have to know it */
/* The same of the password of one room, with a salt of its own (proto/proof.h). */
enum { SECRET_ROOM_PASSES = 2, SECRET_ROOM_MEMORY = 64 * 1024 * 1024 };

/*
 * For the start of main(), before threads: no core dumps, and no other process of the same user may
 * look into this one.  Chooses the fastest ciphers that the processor has.  False: the kernel gives
 * no random bytes.
 */
bool secret_start(void);

/* n zero bytes.  NULL: no memory.  *locked: false where RLIMIT_MEMLOCK forbids it; they may be
 * swapped out then. */
void *secret_new(size_t n, bool *locked);
void secret_free(void *p); /* may be NULL */
void secret_wipe(void *p, size_t n);

/* The psk of a password; takes about a second.  ERR_MEMORY. */
NODISCARD enum err secret_from_password(const void *password, size_t len, uint8_t psk[KEY_BYTES]);
/* The seed of a room's password, see proto/proof.h; takes a tenth of a second or two.  ERR_MEMORY. */
NODISCARD enum err secret_from_room_password(const void *password, size_t len,
					     const uint8_t salt[PROOF_SALT],
					     uint8_t seed[PROOF_SEED]);

#endif
