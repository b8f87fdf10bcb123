/*
 * Whether, and with what, the server answers a client that asks the local network for rooms
 * (protocol.md §2.5).
 *
 * Answered is what is a PROBE, was sent to everybody and not to this machine alone (so nobody beyond
 * the local network can have an answer sent anywhere), came in where the room can be reached, and does
 * not come too often.  Pure: the socket is net/beacon's.
 */
#ifndef CORE_ANNOUNCE_H
#define CORE_ANNOUNCE_H

#include "proto/address.h"
#include "proto/discovery.h"

enum {
	ANNOUNCE_ADDRESS_BURST = 16, /* answers to one address */
	ANNOUNCE_ADDRESS_RATE = 2,   /* … and each second after that */
	ANNOUNCE_BURST = 512,	     /* answers to all together */
	ANNOUNCE_RATE = 128,
	ANNOUNCE_ADDRESSES = 1024, /* that are told apart */
	ANNOUNCE_MAX_BINDS = 32,
};

struct announce_config {
	uint8_t key[KEY_BYTES]; /* the server's */
	uint16_t udp_port;	/* 0: not over UDP */
	uint16_t tcp_port;
	char name[DISCOVERY_NAME_MAX + 1]; /* the room's; discovery_name_ok() */
	uint64_t seed;			   /* drawn */
	/* Where the room can be reached: everywhere, or at these addresses alone; a wildcard address
	 * stands for its family. */
	bool everywhere;
	struct address binds[ANNOUNCE_MAX_BINDS];
	size_t bind_count;
};

struct announce_question {
	struct address from;
	struct address at; /* our address where it came in; all zeros: not known */
	bool to_all;	   /* it was sent by broadcast or multicast */
	struct slice bytes;
};

struct announce;

struct announce *announce_new(const struct announce_config *config); /* copied; NULL: no memory */
void announce_free(struct announce *a);

/* True: `out` (empty, DISCOVERY_FOUND_MAX) is to go back to q->from. */
bool announce_answer(struct announce *a, uint64_t now, const struct announce_question *q,
		     uint64_t members, struct buf *out);

#endif
