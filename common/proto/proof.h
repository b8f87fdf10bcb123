/*
 * The password of a room, shown without being sent (protocol.md §4).
 *
 * A seed is made of the password (sys/secret: Argon2id, with proof_salt() of the room's name); of the
 * seed, an Ed25519 key pair.  Whoever makes a room gives it the public key; whoever enters signs this
 * session's binding and the room's name with the secret one.  What a server has learnt so, or a log
 * holds, opens no room: a signature is worth nothing in another session or for another room.
 *
 * Pure.  Names come as their keys (proto/name.h): the same room by whatever letters it is called.
 */
#ifndef PROTO_PROOF_H
#define PROTO_PROOF_H

#include "proto/buf.h"

enum {
	PROOF_SEED = 32,    /* of a password */
	PROOF_KEY = 32,	    /* the public one */
	PROOF_BYTES = 64,   /* a signature */
	PROOF_SALT = 16,    /* of a room's name */
	PROOF_BINDING = 32, /* of a session */
};

void proof_salt(struct slice name_key, uint8_t salt[PROOF_SALT]);

void proof_key(const uint8_t seed[PROOF_SEED], uint8_t key[PROOF_KEY]);
/* name_key: at most NAME_MAX_KEY bytes, as name_key() gives it; here and below. */
void proof_make(const uint8_t seed[PROOF_SEED], const uint8_t binding[PROOF_BINDING],
		struct slice name_key, uint8_t proof[PROOF_BYTES]);
/* Key and proof as they came, of whatever length. */
bool proof_holds(struct slice key, struct slice proof, const uint8_t binding[PROOF_BINDING],
		 struct slice name_key);

#endif
