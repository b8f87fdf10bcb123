/*
 * Datagrams on their way out through the server's sockets: trains for many addresses are gathered, and
 * handed to the kernel by one call.
 *
 * The bytes are borrowed until they go: when there are OUTBOUND_MAX of them, when another socket is to
 * be used, or by outbound_flush().  What the kernel does not take is lost.
 */
#ifndef NET_OUTBOUND_H
#define NET_OUTBOUND_H

#include "proto/address.h"

#include <stdbool.h>
#include <stddef.h>

enum { OUTBOUND_MAX = 64 };

struct outbound;

/* Through which socket, and from which of our addresses. */
struct outbound_way {
	int fd, family;
	const uint8_t *local_ip; /* 16 bytes, as in struct address; NULL: the kernel chooses */
};

/* With `plain` every datagram goes by itself.  NULL: no memory. */
struct outbound *outbound_new(bool plain);
void outbound_free(struct outbound *o); /* what was not flushed is lost */

/* Datagrams of `size` bytes, one behind the other; the last may be shorter. */
void outbound_put(struct outbound *o, const struct outbound_way *way, const struct address *to,
		  const void *bytes, size_t n, size_t size);
void outbound_flush(struct outbound *o);

#endif
