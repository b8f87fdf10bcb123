/* One socket may bring more in a turn than the others should wait for: DGRAM_TURN, then the rest. */
#include "net/dgram.h"

#include "sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { DGRAM_TURN = 256 }; /* packets read from one socket in one turn */

struct dgram_socket {
	struct dgram *owner;
	int fd;
	int family; /* of its local address: what sendto() wants */
};

struct dgram {
	struct reactor *reactor;
	struct peers *peers;
	struct dgram_socket sockets[DGRAM_MAX_SOCKETS];
	int count;
};

struct dgram *dgram_new(struct reactor *reactor, struct peers *peers)
{
	struct dgram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->reactor = reactor;
	d->peers = peers;
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

/* False: nothing more is there now. */
static bool receive(struct dgram_socket *s)
{
	uint8_t bytes[WIRE_PACKET_MAX + 1]; /* one more shows what is too long */
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(s->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);

	if (n <
	    0) /* ICMP errors of earlier sends come up here: they are about one peer, not the socket */
		return errno != EAGAIN && errno != EWOULDBLOCK && errno != EBADF;
	struct address address;
	sock_address_from((const struct sockaddr *)&from, TRANSPORT_UDP, &address);
	struct instant now = {clock_mono_us(), clock_wall_ms()};
	peers_datagram(s->owner->peers, now, &address, (int)(s - s->owner->sockets), bytes,
		       (size_t)n);
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

enum err dgram_listen(struct dgram *d, int fd)
{
	enum err e = d->count == DGRAM_MAX_SOCKETS ? ERR_FULL : ERR_NONE;
	struct dgram_socket *s = &d->sockets[d->count];

	if (e == ERR_NONE) {
		*s = (struct dgram_socket){d, fd, family_of(fd)};
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
	const struct dgram_socket *s = &d->sockets[via];
	struct sockaddr_storage sa;
	socklen_t len = sock_address_to(to, s->family, &sa);

	ssize_t sent = sendto(s->fd, bytes, n, 0, (struct sockaddr *)&sa, len);
	(void)sent; /* what was not taken is lost; recovery sends it again */
}
