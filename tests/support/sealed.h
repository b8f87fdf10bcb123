/*
 * Sealed packets for tests: identities of everybody, packets that a session did not send but could
 * have, and what is in those that it sent.  Looks into struct session, as no program does.
 */
#ifndef SEALED_H
#define SEALED_H

#include "proto/session.h"

/* The identity of somebody: the same for the same number, another for another. */
const struct secure_identity *sealed_identity(unsigned who);
enum { SEALED_IDENTITIES = 2048, SEALED_SERVER = 0 };
/* A client with an identity, and something drawn for it. */
struct session_config sealed_client(unsigned who, enum session_link link, uint64_t cid);

/* The INIT that a client with this connection id would send; the ephemeral key is made from `draw`. */
void sealed_init(struct buf *out, uint64_t client_cid, uint64_t draw);

uint64_t sealed_next(const struct session *sender); /* over UDP: the number of its next packet */

/* A DATA packet with that number and those frames as if the session had sent it.  The session goes
 * on as if nothing was. */
void sealed_packet(const struct session *sender, uint64_t number, const struct buf *frames,
		   struct buf *out);
/* The same, under any connection id. */
void sealed_packet_to(const struct session *sender, uint64_t cid, uint64_t number,
		      const struct buf *frames, struct buf *out);

/* The record that the session would send next, if it had those frames to send. */
void sealed_record(const struct session *sender, const struct buf *frames, struct buf *out);

/*
 * The frames of a DATA packet that the receiver could open, into `plain`, which has room for
 * WIRE_PACKET_MAX; false: it could not.  Nothing changes for the receiver.
 */
bool sealed_open(const struct session *receiver, const void *packet, size_t n, uint8_t *plain,
		 struct slice *frames);

/*
 * A packet or record that the receiver waits for, as protocol.md shows it opened: into `out`, of the same
 * size, zeros for keys and seals.  False: the receiver could not open it.  Nothing changes for it.
 */
bool sealed_show_packet(const struct session *receiver, const uint8_t *packet, size_t n,
			uint8_t *out);
bool sealed_show_record(const struct session *receiver, const uint8_t *record, size_t n,
			uint8_t *out);

#endif
