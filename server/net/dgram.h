/*
 * The server's UDP sockets: datagrams in go to the peers' table, datagrams out to their address.
 *
 * Which peer a datagram belongs to is the peers' table's to know.  What the kernel does not take
 * now is dropped: to a session it is one more lost packet.
 */
#ifndef NET_DGRAM_H
#define NET_DGRAM_H

#include "core/peers.h"
#include "sys/reactor.h"
#include "sys/sock.h"

enum { DGRAM_MAX_SOCKETS = 16 };

struct dgram;

/* Borrows the reactor and the peers for its life.  NULL: no memory. */
struct dgram *dgram_new(struct reactor *reactor, struct peers *peers);
void dgram_free(struct dgram *d); /* closes the sockets */

/* Takes the socket.  ERR_FULL: too many; ERR_*: as reactor_add(); then the socket is closed. */
NODISCARD enum err dgram_listen(struct dgram *d, int fd);

/* struct peers_port's send_packet: `via` is what peers_datagram() was told. */
void dgram_send(struct dgram *d, const struct address *to, int via, const void *bytes, size_t n);

#endif
