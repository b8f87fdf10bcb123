/*
 * What a socket has is read before anything is sent: the more, the more of it goes out together.  But it
 * may bring more than the others should wait for: DGRAM_TURN, or as much as takes DGRAM_TURN_US (a
 * handshake is as long as a hundred acknowledgements), then the rest in the next turn.
 *
 * A machine has many addresses and a socket may stand for all of them, but a client hears only the one
 * that it wrote to.  So a path is a socket and our address on it; there are few, and the number of a
 * path is what the peers' table gives back as `via`.  Paths 0 … DGRAM_MAX_SOCKETS - 1 are the sockets
 * alone, for whom the kernel chooses the address.  One that nothing came by for longer than a session
 * lives in silence is nobody's any more, and gives way to another.
 */
#include "net/dgram.h"

#include "net/outbound.h"
#include "sys/clock.h"
#include "sys/inbound.h"
#include "sys/train.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DGRAM_TURN = 4096, /* packets read from one socket in a turn, and what came with the last */
	DGRAM_TURN_US = 5 * 1000, /* about as much as what is sent in one takes */
	DGRAM_ARRIVALS = 256,	  /* handed over at a time */
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
	int last_path; /* that something came by: mostly the next one, too */
	bool plain;
	struct inbound *in;
	struct peers_arrival arrivals[DGRAM_ARRIVALS]; /* in hand_over() */
	struct outbound *out[DGRAM_MAX_SHARDS];	       /* NULL: that shard sent nothing yet */
};

struct dgram *dgram_new(struct reactor *reactor, struct peers *peers)
{
	struct dgram *d = calloc(1, sizeof(*d));

	if (d)
		d->in = inbound_new();
	if (!d || !d->in) {
		free(d);
		return NULL;
	}
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
	for (int i = 0; i < DGRAM_MAX_SHARDS; i++)
		outbound_free(d->out[i]);
	inbound_free(d->in);
	free(d);
}

void dgram_plain(struct dgram *d)
{
	d->plain = true;
}

/* ---- paths ----------------------------------------------------------------------------------- */

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

static bool is_path(const struct dgram *d, int i, int socket, const uint8_t ip[16])
{
	return d->paths[i].socket == socket && memcmp(d->paths[i].local_ip, ip, 16) == 0;
}

static int known_path(const struct dgram *d, int socket, const uint8_t ip[16])
{
	if (d->last_path >= DGRAM_MAX_SOCKETS && is_path(d, d->last_path, socket, ip))
		return d->last_path;
	for (int i = DGRAM_MAX_SOCKETS; i < d->path_count; i++)
		if (is_path(d, i, socket, ip))
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
	d->last_path = i;
	return i;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* What was read, in order; returns how many they were. */
static int hand_over(struct dgram *d, int socket)
{
	const struct instant now = {clock_mono_us(), clock_wall_ms()};
	const struct msghdr *last = NULL;
	struct inbound_datagram in;
	struct address from;
	size_t count = 0;
	int via = socket, n = 0;

	for (; inbound_next(d->in, &in); n++) {
		if (in.message != last) {
			sock_address_from(in.message->msg_name, TRANSPORT_UDP, &from);
			via = path_of(d, now.mono_us, socket, in.message);
		}
		last = in.message;
		d->arrivals[count++] = (struct peers_arrival){from, via, in.bytes, in.n};
		if (count == DGRAM_ARRIVALS) {
			peers_datagrams(d->peers, now, d->arrivals, count);
			count = 0;
		}
	}
	peers_datagrams(d->peers, now, d->arrivals, count);
	return n;
}

static void readable(void *ctx, unsigned ready)
{
	struct dgram_socket *s = ctx;
	struct dgram *d = s->owner;
	enum inbound_result result;
	uint64_t until = clock_mono_us() + DGRAM_TURN_US;

	for (int n = 0; n < DGRAM_TURN && clock_mono_us() <= until; n += result == INBOUND_ERROR) {
		result = inbound_read(d->in, s->fd);
		if (result == INBOUND_EMPTY)
			return;
		n += hand_over(d, (int)(s - d->sockets));
	}
	reactor_again(d->reactor, s->fd, ready);
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
		if (!d->plain)
			train_ask(fd);
		e = reactor_add(d->reactor, fd, REACTOR_READ, readable, s);
	}
	if (e == ERR_NONE)
		d->count++;
	else
		close(fd);
	return e;
}

static struct outbound *outbound_of(struct dgram *d, unsigned shard)
{
	assert(shard < DGRAM_MAX_SHARDS);
	if (!d->out[shard])
		d->out[shard] = outbound_new(d->plain);
	return d->out[shard];
}

void dgram_send_train(struct dgram *d, unsigned shard, const struct address *to, int via,
		      const void *bytes, size_t n, size_t size)
{
	const struct path *path = &d->paths[via];
	const struct dgram_socket *s = &d->sockets[path->socket];
	const struct outbound_way way = {
		.fd = s->fd,
		.family = s->family,
		.local_ip = via >= DGRAM_MAX_SOCKETS ? path->local_ip : NULL,
	};
	struct outbound *o = outbound_of(d, shard);

	if (o) /* else it is lost */
		outbound_put(o, &way, to, bytes, n, size);
}

void dgram_flush(struct dgram *d, unsigned shard)
{
	assert(shard < DGRAM_MAX_SHARDS);
	if (d->out[shard])
		outbound_flush(d->out[shard]);
}
