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

enum { DGRAM_MAX_SOCKETS = 16, DGRAM_MAX_SHARDS = PEERS_SHARDS };

struct dgram;

/* Borrows the reactor and the peers for its life.  NULL: no memory. */
struct dgram *dgram_new(struct reactor *reactor, struct peers *peers);
void dgram_free(struct dgram *d); /* closes the sockets */

/* Every datagram by itself, as where the kernel knows no trains (sys/train.h).  Before the first socket. */
void dgram_plain(struct dgram *d);

/* Takes the socket.  ERR_FULL: too many; ERR_*: as reactor_add(); then the socket is closed. */
NODISCARD enum err dgram_listen(struct dgram *d, int fd);

/*
 * struct peers_port's send_train and flush: `via` is what peers_datagram() was told.  What is
 * sent by a shard, and flushed, is nobody else's business: shards may do so at the same time.
 */
void dgram_send_train(struct dgram *d, unsigned shard, const struct address *to, int via,
		      const void *bytes, size_t n, size_t size);
void dgram_flush(struct dgram *d, unsigned shard);

#endif
