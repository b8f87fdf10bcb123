/*
 * Where a peer is: a transport and an address on it, as a plain value that can be compared, hashed
 * and printed without a socket.  sys/sock turns it into and from the kernel's sockaddr.
 *
 * IPv4 is kept as an IPv4-mapped IPv6 address, so that a peer has one form whichever socket it came
 * by.  A local peer is its credentials (SO_PEERCRED): process and user.
 */
#ifndef PROTO_ADDRESS_H
#define PROTO_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are the protocol's, too: protocol.md §4. */
enum transport {
	TRANSPORT_UDP = 1,
	TRANSPORT_TCP = 2,
	TRANSPORT_UNIX = 3,
};

#define ADDRESS_MAX_TEXT 80 /* longest address_format() output with its NUL */

struct address {
	union {
		uint8_t ip[16]; /* UDP, TCP */
		struct {
			uint32_t pid, uid; /* UNIX */
		};
	};
	uint32_t scope; /* UDP, TCP: IPv6 zone of a link-local address, else 0 */
	uint16_t port;	/* UDP, TCP: host byte order */
	enum transport transport : 8;
};
_Static_assert(sizeof(struct address) == 24, "one for each session and member");

const char *transport_name(enum transport t); /* "udp" "tcp" "unix" */
bool address_equal(const struct address *a, const struct address *b);
bool address_is_ipv4(const struct address *a);
bool address_is_loopback(const struct address *a); /* 127.0.0.0/8, ::1, a local peer */
uint64_t address_hash(const struct address *a, uint64_t seed);

/* "udp://127.0.0.1:4000", "tcp://[::1]:4000", "unix://uid=1000,pid=77"; returns out. */
const char *address_format(const struct address *a, char out[ADDRESS_MAX_TEXT]);

#endif
