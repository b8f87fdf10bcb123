/*
 * Everybody on the local network: IPv4 broadcast and IPv6 link-local multicast, on every interface.
 *
 * One side listens on a port that it shares with other programs of this machine; what is sent to
 * everybody reaches all of them.  The other side calls.  What the bytes mean is proto/discovery's.
 * Descriptors made here are non-blocking and close-on-exec.
 */
#ifndef SYS_LAN_H
#define SYS_LAN_H

#include "proto/address.h"

#include <sys/types.h>

/* ---- listening ------------------------------------------------------------------------------- */

/* -1 and errno: another program has the port for itself, or there is no network at all. */
int lan_listen(uint16_t port);
/* Joins the group (an IPv6 address in text) on every interface that there is now; to be repeated, since
 * interfaces come and go. */
void lan_join(int fd, const char *group);

struct lan_heard {
	struct address from;
	struct address at; /* IPv4: our address where it came in; all zeros: not known */
	bool to_all;	   /* it was sent by broadcast or multicast */
};

/* Bytes of the next datagram, at most cap; -1: none is there now. */
ssize_t lan_receive(int fd, void *bytes, size_t cap, struct lan_heard *heard);
/* Answers from where it came in; what is not taken now is lost. */
void lan_answer(int fd, const struct lan_heard *to, const void *bytes, size_t n);

/* ---- calling --------------------------------------------------------------------------------- */

enum { LAN_CALLERS = 2 };

struct lan_caller {
	int fds[LAN_CALLERS]; /* IPv4, IPv6; -1: this machine has no such thing */
};

/* False and errno: neither. */
bool lan_caller_open(struct lan_caller *c);
void lan_caller_close(struct lan_caller *c);

/* To everybody on every interface, this machine's own included. */
void lan_call(const struct lan_caller *c, const char *group, uint16_t port, const void *bytes,
	      size_t n);

/* The next answer of either descriptor; -1: none is there now. */
ssize_t lan_caller_receive(const struct lan_caller *c, void *bytes, size_t cap,
			   struct address *from);

#endif
