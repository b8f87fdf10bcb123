/*
 * Networks of a test's own, so that it may broadcast without a packet leaving it: two network
 * namespaces, HERE and THERE, and a wire between them.  Each has a loopback, and an interface with
 * an IPv4 address and (where the kernel has IPv6) a link-local one.
 *
 * The process that makes them is in HERE from then on; programs that it starts are where it is at that
 * moment.  Needs user namespaces, or root; where there are none, the test has to be passed over.
 */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>

#define NETNS_HERE_IP	"10.73.0.1"
#define NETNS_THERE_IP	"10.73.0.2"
#define NETNS_INTERFACE "wire" /* in both */

enum { NETNS_ADDRESS = 96 };

enum netns { NETNS_HERE, NETNS_THERE };

/* NULL: done, once and for all; else why it cannot be.  To be called before there are threads. */
const char *netns_make(void);
void netns_go(enum netns where); /* fails the test where it cannot */

/* HERE, while one is there: another address for this end of the wire; the wire out, and in again. */
void netns_readdress(const char *ip);
void netns_plug(bool in);

/* The link-local address of the wire at this end, "fe80::1%wire"; waits until it can be used.  False:
 * there is no IPv6. */
bool netns_link_local(char out[NETNS_ADDRESS]);

#endif
