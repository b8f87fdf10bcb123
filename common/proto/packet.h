/*
 * The packets of UDP (protocol.md §2.1): what is in the clear around handshake messages and sealed
 * frames.  Decoders borrow, as wire.h's.
 */
#ifndef PROTO_PACKET_H
#define PROTO_PACKET_H

#include "proto/wire.h"

enum packet_type {
	PACKET_INIT = 1,
	PACKET_RETRY = 2,
	PACKET_RESP = 3,
	PACKET_FIN = 4,
	PACKET_DATA = 5, /* 6: of the other key phase */
};

struct packet {
	enum packet_type type;
	uint64_t cid;	      /* DATA, FIN: the receiver's; INIT, RETRY, RESP: the client's */
	struct slice token;   /* INIT (may be empty), RETRY */
	struct slice message; /* INIT, RESP, FIN: of the handshake */
	uint64_t number;      /* DATA */
	bool phase;	      /* DATA: of the key */
	struct slice sealed;  /* DATA: frames */
};

/* ERR_MALFORMED: not one of ours, wrong version, wrong size. */
NODISCARD enum err packet_get(const void *p, size_t n, struct packet *out);
void init_put(struct buf *b, uint64_t client_cid, struct slice token, struct slice message);
void retry_put(struct buf *b, uint64_t client_cid, struct slice token);
void resp_put(struct buf *b, uint64_t client_cid, struct slice message);
void fin_put(struct buf *b, uint64_t server_cid, struct slice message);
void data_header_put(struct buf *b, bool phase, uint64_t cid, uint64_t number);

#endif
