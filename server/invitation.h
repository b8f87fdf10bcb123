/*
 * Invitations: the addresses that people can reach this server by, each with its key, so that a first
 * contact needs no trust.
 *
 *     invitation: chat://192.0.2.1:8888/#KEY
 *
 * A listener on every address stands for the machine's own: a few of them, none of which is of this
 * machine or its link alone; for the loopback address where there is nothing else.
 */
#ifndef SERVER_INVITATION_H
#define SERVER_INVITATION_H

#include "proto/address.h"
#include "proto/key.h"

#include <stdbool.h>
#include <stdio.h>

enum { INVITATION_MAX = 16, INVITATION_OWN_MAX = 4 };

struct invitations {
	struct {
		struct address at;
		bool udp, tcp;
	} all[INVITATION_MAX];
	size_t count;
};

/* A listener is there; more than INVITATION_MAX are passed over.  Asks for the machine's addresses. */
void invitation_add(struct invitations *l, const struct address *listener);
void invitation_print(const struct invitations *l, const uint8_t key[KEY_BYTES], FILE *out);

#endif
