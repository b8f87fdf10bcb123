/* The secrets of protocol.md §2.3, which its examples are played with. */
#ifndef SPEC_SECRETS_H
#define SPEC_SECRETS_H

#include "document.h"

#include "proto/session.h"

#define SECRETS_CLIENT_CID UINT64_C(0xc1c2c3c4c5c6c7c8)
#define SECRETS_SERVER_CID UINT64_C(0x5e5e5e5e5e000000)

struct secrets {
	struct secure_identity client, server;
	uint8_t client_ephemeral[NOISE_KEY], server_ephemeral[NOISE_KEY];
};

void secrets_read(const struct document *d, struct secrets *s);
/* Borrows from `s`.  The server's has no log: it follows no room. */
struct session_config secrets_config(const struct secrets *s, enum session_role role,
				     enum session_link link);

#endif
