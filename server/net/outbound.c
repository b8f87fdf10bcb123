/* A message of the batch is a train, or one datagram. */
#include "net/outbound.h"

#include "sys/sock.h"
#include "sys/train.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONTROL = CMSG_SPACE(sizeof(struct in6_pktinfo)) + TRAIN_CONTROL };

_Static_assert(sizeof(struct in_pktinfo) <= sizeof(struct in6_pktinfo), "either has room");

struct outbound {
	int fd; /* of all messages */
	unsigned count;
	struct train_way trains;
	struct mmsghdr messages[OUTBOUND_MAX];
	struct iovec iovs[OUTBOUND_MAX];
	size_t sizes[OUTBOUND_MAX];	      /* of a train's datagrams; 0: it is none */
	struct sockaddr_in6 to[OUTBOUND_MAX]; /* or a sockaddr_in */
	_Alignas(struct cmsghdr) uint8_t controls[OUTBOUND_MAX][CONTROL];
};

struct outbound *outbound_new(bool plain)
{
	struct outbound *o = calloc(1, sizeof(*o));

	if (o)
		o->trains.none = plain;
	return o;
}

void outbound_free(struct outbound *o)
{
	free(o);
}

/* Asks for it to go out from the address that was written to. */
static void put_local_ip(struct msghdr *m, int family, const uint8_t ip[16])
{
	bool v6 = family == AF_INET6;
	struct in6_pktinfo info6 = {0};
	struct in_pktinfo info4 = {0};
	struct cmsghdr *c = m->msg_control;

	memcpy(&info6.ipi6_addr, ip, 16);
	memcpy(&info4.ipi_spec_dst, ip + 12, 4);
	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = v6 ? CMSG_LEN(sizeof(info6)) : CMSG_LEN(sizeof(info4));
	memcpy(CMSG_DATA(c), v6 ? (const void *)&info6 : &info4,
	       v6 ? sizeof(info6) : sizeof(info4));
	m->msg_controllen = c->cmsg_len; /* unpadded: Linux has a place for just so much at hand */
}

static void put_one(struct outbound *o, const struct outbound_way *way, const struct address *to,
		    const void *bytes, size_t n, size_t size)
{
	unsigned i = o->count;
	struct msghdr *m = &o->messages[i].msg_hdr;
	struct sockaddr_storage sa;
	socklen_t len = sock_address_to(to, way->family, &sa);

	if (len == 0) /* there is no way there from that socket */
		return;
	assert(len <= sizeof(o->to[i]));
	o->count++;
	memcpy(&o->to[i], &sa, len);
	o->iovs[i] = (struct iovec){(void *)(uintptr_t)bytes, n};
	*m = (struct msghdr){.msg_name = &o->to[i],
			     .msg_namelen = len,
			     .msg_iov = &o->iovs[i],
			     .msg_iovlen = 1,
			     .msg_control = o->controls[i]};
	o->sizes[i] = n > size ? size : 0;
	if (way->local_ip)
		put_local_ip(m, way->family, way->local_ip);
	if (n > size)
		train_put(m, size);
	if (m->msg_controllen == 0)
		m->msg_control = NULL;
}

void outbound_put(struct outbound *o, const struct outbound_way *way, const struct address *to,
		  const void *bytes, size_t n, size_t size)
{
	const uint8_t *p = bytes;
	size_t most = TRAIN_MAX_BYTES / size < TRAIN_MAX ? TRAIN_MAX_BYTES / size : TRAIN_MAX;
	size_t step = o->trains.none ? size : most * size;

	for (size_t at = 0; at < n; at += step) {
		if (o->count == OUTBOUND_MAX || (o->count > 0 && o->fd != way->fd))
			outbound_flush(o);
		o->fd = way->fd;
		put_one(o, way, to, p + at, n - at < step ? n - at : step, size);
	}
}

/* The kernel took no more than those before the i-th. */
static void pass(struct outbound *o, unsigned i, int why)
{
	if (o->sizes[i] > 0)
		(void)train_refused(&o->trains, o->fd, &o->messages[i].msg_hdr, o->sizes[i], why);
}

static void took(struct outbound *o, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n && o->trains.refused > 0; i++)
		if (o->sizes[i] > 0)
			o->trains.refused = 0;
}

void outbound_flush(struct outbound *o)
{
	for (unsigned at = 0; at < o->count;) {
		int n = sendmmsg(o->fd, &o->messages[at], o->count - at, MSG_NOSIGNAL);
		if (n > 0)
			took(o, at, (unsigned)n);
		else if (errno != EINTR)
			pass(o, at, errno);
		at += n > 0 ? (unsigned)n : errno != EINTR;
	}
	o->count = 0;
}
