/*
 * Datagrams as they come in: all that a socket has, by as few calls to the kernel as that takes.
 *
 * One call gives a batch; several of one sender may be in one message of it (sys/train.h), and are told
 * apart here.  Who they are for, and from where, is the caller's to know.
 */
#ifndef SYS_INBOUND_H
#define SYS_INBOUND_H

#include "proto/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct inbound;

/* The same for all datagrams that `message` is the same for. */
struct inbound_datagram {
	struct msghdr
		*message; /* its name is where they come from, its control what the kernel says */
	void *bytes;	  /* to be changed at will, until the next inbound_read() */
	size_t n;
};

struct inbound *inbound_new(void); /* NULL: no memory */
void inbound_free(struct inbound *in);

enum inbound_result {
	INBOUND_SOME,
	INBOUND_ERROR, /* of an earlier datagram on its way out, as ICMP tells; there may be some */
	INBOUND_EMPTY,
};

/* What was read before is gone. */
enum inbound_result inbound_read(struct inbound *in, int fd);
bool inbound_full(const struct inbound *in); /* there was no place for more of them */
bool inbound_next(struct inbound *in, struct inbound_datagram *d); /* false: that was all */

#endif
