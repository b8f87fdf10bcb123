/*
 * One socket may bring more in a turn than the others should wait for: DGRAM_TURN, then the rest.
 *
 * A machine has many addresses and a socket may stand for all of them, but a client hears only the one
 * that it wrote to.  So a path is a socket and our address on it; there are few, and the number of a
 * path is what the peers' table gives back as `via`.  Paths 0 … DGRAM_MAX_SOCKETS - 1 are the sockets
 * alone, for whom the kernel chooses the address.  One that nothing came by for longer than a session
 * lives in silence is nobody's any more, and gives way to another.
 */
#include "net/dgram.h"

#include "sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DGRAM_TURN = 256, /* packets read from one socket in one turn */
	DGRAM_MAX_PATHS = DGRAM_MAX_SOCKETS + 64,
	PATH_UNUSED = 60 * 1000 * 1000, /* microseconds */
};

_Static_assert((int)PATH_UNUSED > (int)SESSION_IDLE_TIMEOUT + (int)SESSION_DRAIN_TIMEOUT,
	       "no session goes by an unused path");

struct dgram_socket {
	struct dgram *owner;
	int fd;
	int family; /* of its local address: what sendto() wants */
};

struct path {
	int socket;
	uint8_t local_ip[16]; /* as in struct address */
	uint64_t used_at;     /* something came by it */
};

struct dgram {
	struct reactor *reactor;
	struct peers *peers;
	struct dgram_socket sockets[DGRAM_MAX_SOCKETS];
	int count;
	struct path paths[DGRAM_MAX_PATHS];
	int path_count;
};

struct dgram *dgram_new(struct reactor *reactor, struct peers *peers)
{
	struct dgram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->reactor = reactor;
	d->peers = peers;
	for (int i = 0; i < DGRAM_MAX_SOCKETS; i++)
		d->paths[i].socket = i;
	d->path_count = DGRAM_MAX_SOCKETS;
	return d;
}

void dgram_free(struct dgram *d)
{
	if (!d)
		return;
	for (int i = 0; i < d->count; i++) {
		reactor_del(d->reactor, d->sockets[i].fd);
		close(d->sockets[i].fd);
	}
	free(d);
}

/* ---- paths ----------------------------------------------------------------------------------- */

union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		      CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static void map_v4(const struct in_addr *v4, uint8_t ip[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(ip, mapped, sizeof(mapped));
	memcpy(ip + sizeof(mapped), v4, 4);
}

/*
 * Our own address, for answers to a datagram; false: the kernel does not say, and chooses.  What was
 * sent to a broadcast or multicast address is not answered from there: for IPv4 the kernel knows
 * which of ours it meant (ipi_spec_dst), on sockets for both families too, where IPV6_PKTINFO
 * alone would give the destination as it was written.
 */
static bool local_ip(struct msghdr *m, uint8_t ip[16])
{
	struct in6_pktinfo info6;
	struct in_pktinfo info4;
	bool known = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			map_v4(&info4.ipi_spec_dst, ip);
			return true;
		}
		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info6, CMSG_DATA(c), sizeof(info6));
		memcpy(ip, &info6.ipi6_addr, 16);
		known = !IN6_IS_ADDR_MULTICAST(&info6.ipi6_addr);
	}
	return known;
}

/* A place for a new path; -1: all are in use. */
static int free_path(struct dgram *d, uint64_t now)
{
	if (d->path_count < DGRAM_MAX_PATHS)
		return d->path_count++;
	for (int i = DGRAM_MAX_SOCKETS; i < DGRAM_MAX_PATHS; i++)
		if (now >= d->paths[i].used_at + PATH_UNUSED)
			return i;
	return -1;
}

static int known_path(const struct dgram *d, int socket, const uint8_t ip[16])
{
	for (int i = DGRAM_MAX_SOCKETS; i < d->path_count; i++)
		if (d->paths[i].socket == socket && memcmp(d->paths[i].local_ip, ip, 16) == 0)
			return i;
	return -1;
}

static int path_of(struct dgram *d, uint64_t now, int socket, struct msghdr *m)
{
	uint8_t ip[16];

	if (!local_ip(m, ip))
		return socket;
	int i = known_path(d, socket, ip);
	if (i < 0)
		i = free_path(d, now);
	if (i < 0)
		return socket;
	d->paths[i].socket = socket;
	d->paths[i].used_at = now;
	memcpy(d->paths[i].local_ip, ip, sizeof(ip));
	return i;
}

/* Asks for an answer to go out from the address that was written to. */
static void put_local_ip(struct msghdr *m, union control *control, int family, const uint8_t ip[16])
{
	bool v6 = family == AF_INET6;
	struct in6_pktinfo info6 = {0};
	struct in_pktinfo info4 = {0};

	memcpy(&info6.ipi6_addr, ip, 16);
	memcpy(&info4.ipi_spec_dst, ip + 12, 4);
	m->msg_control = control->bytes;
	m->msg_controllen = v6 ? CMSG_SPACE(sizeof(info6)) : CMSG_SPACE(sizeof(info4));
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = v6 ? CMSG_LEN(sizeof(info6)) : CMSG_LEN(sizeof(info4));
	memcpy(CMSG_DATA(c), v6 ? (const void *)&info6 : &info4,
	       v6 ? sizeof(info6) : sizeof(info4));
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* False: nothing more is there now. */
static bool receive(struct dgram_socket *s)
{
	uint8_t bytes[WIRE_PACKET_MAX + 1]; /* one more shows what is too long */
	struct sockaddr_storage from;
	union control control;
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(s->fd, &m, 0);

	/* ICMP errors of earlier sends come up here: they are about one peer, not the socket. */
	if (n < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK && errno != EBADF;
	struct address address;
	sock_address_from((const struct sockaddr *)&from, TRANSPORT_UDP, &address);
	struct instant now = {clock_mono_us(), clock_wall_ms()};
	int via = path_of(s->owner, now.mono_us, (int)(s - s->owner->sockets), &m);
	peers_datagram(s->owner->peers, now, &address, via, bytes, (size_t)n);
	return true;
}

static void readable(void *ctx, unsigned ready)
{
	struct dgram_socket *s = ctx;

	for (int i = 0; i < DGRAM_TURN; i++)
		if (!receive(s))
			return;
	reactor_again(s->owner->reactor, s->fd, ready);
}

static int family_of(int fd)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);

	return getsockname(fd, (struct sockaddr *)&local, &len) == 0 ? local.ss_family : AF_INET6;
}

/* Where the kernel cannot tell our address, it goes on choosing it. */
static void ask_local_ip(int fd, int family)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
}

enum err dgram_listen(struct dgram *d, int fd)
{
	enum err e = d->count == DGRAM_MAX_SOCKETS ? ERR_FULL : ERR_NONE;
	struct dgram_socket *s = &d->sockets[d->count];

	if (e == ERR_NONE) {
		*s = (struct dgram_socket){d, fd, family_of(fd)};
		ask_local_ip(fd, s->family);
		e = reactor_add(d->reactor, fd, REACTOR_READ, readable, s);
	}
	if (e == ERR_NONE)
		d->count++;
	else
		close(fd);
	return e;
}

void dgram_send(struct dgram *d, const struct address *to, int via, const void *bytes, size_t n)
{
	const struct path *path = &d->paths[via];
	const struct dgram_socket *s = &d->sockets[path->socket];
	struct sockaddr_storage sa;
	union control control = {0};
	struct iovec iov = {(void *)(uintptr_t)bytes, n};
	struct msghdr m = {.msg_name = &sa, .msg_iov = &iov, .msg_iovlen = 1};

	m.msg_namelen = sock_address_to(to, s->family, &sa);
	if (via >= DGRAM_MAX_SOCKETS)
		put_local_ip(&m, &control, s->family, path->local_ip);
	ssize_t sent = sendmsg(s->fd, &m, 0);
	(void)sent; /* what was not taken is lost; recovery sends it again */
}
