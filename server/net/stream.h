/*
 * The server's stream listeners (TCP, AF_UNIX) and the connections they accept.
 *
 * Bytes in go to the peers' table, bytes out come from it; a connection holds no buffer of its own.
 * One whose peer gives more commands than its share is not read until they were carried out.
 * Out of descriptors, a waiting connection is turned away with the one descriptor kept for that, so
 * that nobody hangs and the loop does not spin.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "core/peers.h"
#include "sys/reactor.h"
#include "sys/sock.h"

enum { STREAM_MAX_LISTENERS = 32 };

struct stream;

/* Borrows the reactor and the peers for its life.  NULL: no memory or no descriptor. */
struct stream *stream_new(struct reactor *reactor, struct peers *peers);
void stream_free(struct stream *s); /* closes the listeners; connections end with their peers */

/* Takes the socket.  ERR_FULL: too many; ERR_*: as reactor_add(); then the socket is closed. */
NODISCARD enum err stream_listen(struct stream *s, int fd, enum transport t);
void stream_stop_listening(struct stream *s);

/* At the end of each turn: reads on where peers did not want to be read for a while. */
void stream_turn(struct stream *s);

/* struct peers_port's send_stream, await_writable and close_stream, for connections made here.  Several
 * threads may send, on connections of their own. */
size_t stream_send(void *link, const void *bytes, size_t n);
void stream_await(void *link);
void stream_close(struct stream *s, void *link);

#endif
