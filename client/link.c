/*
 * A line is the socket of one of the seat's slots.
 *
 * Nothing is closed by a handler: the seat opens and closes in seat_tick(), which link_pump() alone
 * calls.  Where the last line led is remembered, so that coming back does not wait for the resolver;
 * that is asked again only now and then.
 */
#include "link.h"

#include "sys/clock.h"
#include "sys/inbound.h"
#include "sys/netwatch.h"
#include "sys/train.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_TURN = 8,		       /* reads from a stream in one turn */
	READ_BATCHES = 4,	       /* … and of datagrams, which are up to 32 trains each */
	READ_SIZE = 64 * 1024,	       /* bytes of one */
	PUMP_ROUNDS = 16,	       /* of what follows from what was done, in one turn */
	RESOLVE_US = 30 * 1000 * 1000, /* between questions to the resolver, once we were there */
	SETTLE_US = 30 * 1000,	       /* a change of the network comes in many messages */
	STUCK_US = 100 * 1000,	       /* after there was no other address to send from */
};

struct line {
	struct link *link;
	unsigned slot;
	int fd; /* -1: closed */
	enum transport transport;
	bool connecting; /* TCP: not connected yet */
	bool waits_to_write;
	size_t unsent, unsent_at; /* of `bytes`: what the stream did not take */
	uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
};

struct link {
	struct reactor *reactor;
	const struct endpoint *server;
	struct link_port port;
	struct seat *seat;
	struct line lines[SEAT_SLOTS];
	struct reactor_timer timer, settle;
	struct sock_peer known; /* where a line of ours led */
	uint64_t resolved_us;	/* when the resolver was asked last */
	uint64_t stuck_us;	/* when there was no other address to send from */
	int netwatch;
	bool paused;
	struct inbound *in;	 /* datagrams */
	struct train_way trains; /* … and how they go out */
};

static void ready(void *ctx, unsigned events);

static bool dgram_line(const struct line *a)
{
	return a->transport == TRANSPORT_UDP;
}

static void fail(struct line *a, const char *why)
{
	seat_link_failed(a->link->seat, clock_mono_us(), a->slot, why);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static unsigned wanted(const struct line *a)
{
	if (a->connecting)
		return REACTOR_WRITE;
	return (a->link->paused ? 0 : REACTOR_READ) | (a->waits_to_write ? REACTOR_WRITE : 0);
}

static void watch(struct line *a)
{
	if (reactor_want(a->link->reactor, a->fd, wanted(a)) != ERR_NONE)
		fail(a, strerror(errno));
}

/* Takes the socket over; false: it is closed. */
static bool take_socket(struct line *a, int fd)
{
	if (reactor_add(a->link->reactor, fd, wanted(a), ready, a) != ERR_NONE) {
		close(fd);
		return false;
	}
	a->fd = fd;
	if (dgram_line(a))
		train_ask(fd);
	return true;
}

/* The n-th address: where we were, then what the resolver knows, if it may be asked. */
static enum err connect_nth(struct link *l, enum transport t, size_t n, int *fd,
			    struct sock_error *why)
{
	uint64_t now = clock_mono_us();

	if (l->known.len == 0 || t == TRANSPORT_UNIX)
		return sock_connect(t, l->server, n, fd, why);
	if (n == 0)
		return sock_connect_peer(t, &l->known, fd, why);
	if (n == 1 && now < l->resolved_us + RESOLVE_US)
		return ERR_NOT_FOUND;
	l->resolved_us = now;
	return sock_connect(t, l->server, n - 1, fd, why);
}

static bool port_open(void *ctx, unsigned slot, enum transport t, size_t *address,
		      char why[SEAT_WHY_MAX])
{
	struct link *l = ctx;
	struct line *a = &l->lines[slot];
	enum err e = ERR_SYSTEM;
	int fd;

	for (; e != ERR_NONE && e != ERR_NOT_FOUND; ++*address) {
		struct sock_error error = {""};
		e = connect_nth(l, t, *address, &fd, &error);
		if (error.text[0]) /* past the last address there is nothing new to say */
			snprintf(why, SEAT_WHY_MAX, "%s", error.text);
		if (e == ERR_EXISTS)
			l->port.usurped(l->port.ctx, error.text);
	}
	if (e != ERR_NONE)
		return false;
	a->transport = t;
	a->connecting = t == TRANSPORT_TCP;
	a->waits_to_write = false;
	a->unsent = 0;
	return take_socket(a, fd);
}

static void close_socket(struct line *a)
{
	if (a->fd < 0)
		return;
	reactor_del(a->link->reactor, a->fd);
	close(a->fd);
	a->fd = -1;
}

static void port_close(void *ctx, unsigned slot)
{
	struct link *l = ctx;

	close_socket(&l->lines[slot]);
	l->lines[slot].unsent = 0;
}

static void port_since(void *ctx, struct slice room, struct seat_since *since)
{
	const struct link *l = ctx;

	l->port.since(l->port.ctx, room, since);
}

static void port_entropy(void *ctx, void *p, size_t n)
{
	(void)ctx;
	entropy_fill(p, n);
}

/* ---- what comes in --------------------------------------------------------------------------- */

/* Where we are now, to find it again. */
static void note_peer(struct link *l)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (l->lines[i].fd >= 0 && l->lines[i].transport == seat_transport(l->seat))
			sock_peer_note(l->lines[i].fd, &l->known);
}

static void drain(struct link *l)
{
	struct seat_event ev;

	while (seat_event(l->seat, clock_mono_us(), &ev)) {
		if (ev.kind == SEAT_STATE && ev.now.state == SEAT_ONLINE)
			note_peer(l);
		l->port.event(l->port.ctx, &ev);
	}
}

static bool network_error(int error)
{
	return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EHOSTUNREACH ||
	       error == ENETDOWN || error == EINVAL;
}

static bool move(struct line *a);

/* An error of the socket.  Of a datagram's it is not known who says so, nor whether it lasts. */
static void broken(struct line *a, int error)
{
	struct link *l = a->link;
	uint64_t now = clock_mono_us();

	if (!dgram_line(a)) {
		fail(a, error ? strerror(error) : "the server closed the connection");
		return;
	}
	if (network_error(error) && now >= l->stuck_us + STUCK_US && move(a)) {
		seat_network_changed(l->seat, now);
		return;
	}
	if (network_error(error))
		l->stuck_us = now;
	seat_link_doubtful(l->seat, now, a->slot, strerror(error));
}

/* Of a stream.  False: nothing more to read now. */
static bool receive(struct line *a)
{
	uint8_t bytes[READ_SIZE];
	ssize_t n = recv(a->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (n <= 0) {
		broken(a, n < 0 ? errno : 0);
		drain(a->link);
		return false;
	}
	seat_feed(a->link->seat, clock_mono_us(), a->slot, bytes, (size_t)n);
	drain(a->link);
	return true;
}

/* All that came together, before anything is answered.  False: nothing more to read now. */
static bool receive_dgrams(struct line *a)
{
	struct link *l = a->link;
	struct inbound_datagram d;
	enum inbound_result result = inbound_read(l->in, a->fd);
	int error = errno;

	while (inbound_next(l->in, &d)) {
		seat_feed(l->seat, clock_mono_us(), a->slot, d.bytes, d.n);
		drain(l);
	}
	if (result == INBOUND_SOME || error == EINTR)
		return true;
	if (result == INBOUND_ERROR) {
		broken(a, error);
		drain(l);
	}
	return false;
}

static void connected(struct line *a)
{
	a->connecting = false;
	if (sock_connected(a->fd) != ERR_NONE)
		fail(a, strerror(errno));
	else
		watch(a);
}

static void ready(void *ctx, unsigned events)
{
	struct line *a = ctx;

	if (a->connecting) {
		connected(a);
		return;
	}
	if (events & REACTOR_WRITE) {
		a->waits_to_write = false;
		watch(a);
	}
	if (!(events & REACTOR_READ))
		return;
	for (int i = 0; i < (dgram_line(a) ? READ_BATCHES : READ_TURN); i++)
		if (dgram_line(a) ? !receive_dgrams(a) : !receive(a))
			return;
	reactor_again(a->link->reactor, a->fd, REACTOR_READ);
}

/* ---- another network ------------------------------------------------------------------------- */

/* From which address packets go out there. */
static bool same_address(int a, int b)
{
	struct address from[2];

	if (sock_local(a, TRANSPORT_UDP, &from[0]) != ERR_NONE ||
	    sock_local(b, TRANSPORT_UDP, &from[1]) != ERR_NONE)
		return false;
	from[0].port = from[1].port = 0;
	return address_equal(&from[0], &from[1]);
}

/* A datagram socket to where the line leads, if the machine goes there from another address now; -1:
 * it does not, or there is no way at all. */
static int other_way(const struct line *a)
{
	struct sock_peer peer;
	struct sock_error why;
	int fd;

	sock_peer_note(a->fd, &peer);
	if (peer.len == 0 || sock_connect_peer(TRANSPORT_UDP, &peer, &fd, &why) != ERR_NONE)
		return -1;
	if (!same_address(a->fd, fd))
		return fd;
	close(fd);
	return -1;
}

/* The session stays, and speaks from the other address.  False: there is none; there will be news. */
static bool move(struct line *a)
{
	int fd = other_way(a);

	if (fd < 0)
		return false;
	close_socket(a);
	if (!take_socket(a, fd))
		fail(a, "out of descriptors");
	return a->fd >= 0;
}

/* A stream cannot move: whether it still leads somewhere is to be doubted. */
static void doubt_stream(struct line *a)
{
	int fd = other_way(a);

	if (fd < 0)
		return;
	close(fd);
	seat_link_doubtful(a->link->seat, clock_mono_us(), a->slot, "the network has changed");
}

static void network_changed(struct link *l)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++) {
		struct line *a = &l->lines[i];
		if (a->fd >= 0 && dgram_line(a))
			move(a);
		else if (a->fd >= 0)
			doubt_stream(a);
	}
	seat_network_changed(l->seat, clock_mono_us());
}

static void settled(void *ctx)
{
	network_changed(ctx);
}

static void network_news(void *ctx, unsigned events)
{
	struct link *l = ctx;

	(void)events;
	if (netwatch_drain(l->netwatch) && l->settle.entry.slot == 0 &&
	    reactor_timer_set(l->reactor, &l->settle, clock_mono_us() + SETTLE_US) != ERR_NONE)
		network_changed(l);
}

static void watch_network(struct link *l)
{
	l->netwatch = l->server->kind == ENDPOINT_UNIX ? -1 : netwatch_open();
	if (l->netwatch < 0)
		return; /* errors of sending will tell, and silence */
	if (reactor_add(l->reactor, l->netwatch, REACTOR_READ, network_news, l) == ERR_NONE)
		return;
	close(l->netwatch);
	l->netwatch = -1;
}

/* ---- what goes out --------------------------------------------------------------------------- */

/* False: the stream takes no more now. */
static bool put_stream(struct line *a)
{
	ssize_t n = send(a->fd, a->bytes + a->unsent_at, a->unsent, MSG_NOSIGNAL);

	if (n < 0)
		n = 0; /* a broken one shows when it is read */
	a->unsent_at += (size_t)n;
	a->unsent -= (size_t)n;
	if (a->unsent == 0)
		return true;
	a->waits_to_write = true;
	watch(a);
	return false;
}

static void put_dgrams(struct line *a, const struct buf *b, size_t size)
{
	bool sent = train_send(&a->link->trains, a->fd, b->data, b->len, size);

	a->unsent = 0; /* taken or lost */
	if (!sent && (errno == ECONNREFUSED || network_error(errno)))
		broken(a, errno);
}

static void put_out(struct line *a)
{
	while (a->fd >= 0 && !a->connecting && !a->waits_to_write &&
	       (a->unsent == 0 || put_stream(a))) {
		struct buf b = buf_of(a->bytes, sizeof(a->bytes));
		size_t size;
		if (!seat_output(a->link->seat, clock_mono_us(), a->slot, &b, &size))
			return;
		a->unsent_at = 0;
		a->unsent = b.len;
		if (dgram_line(a))
			put_dgrams(a, &b, size);
	}
}

static void pump_once(struct link *l)
{
	if (seat_deadline(l->seat) <= clock_mono_us())
		seat_tick(l->seat, clock_mono_us());
	drain(l);
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		put_out(&l->lines[i]);
	drain(l);
}

void link_pump(struct link *l)
{
	for (int i = 0; i < PUMP_ROUNDS; i++) {
		pump_once(l);
		if (seat_deadline(l->seat) > clock_mono_us())
			break;
	}
	/* Without memory for the timer, the next turn sets it. */
	(void)!reactor_timer_set(l->reactor, &l->timer, seat_deadline(l->seat));
}

void link_pause(struct link *l, bool paused)
{
	if (l->paused == paused)
		return;
	l->paused = paused;
	seat_pause(l->seat, clock_mono_us(), paused);
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (l->lines[i].fd >= 0)
			watch(&l->lines[i]);
}

bool link_flushed(const struct link *l)
{
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (l->lines[i].fd >= 0 && l->lines[i].unsent > 0)
			return false;
	return true;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void due(void *ctx)
{
	(void)ctx; /* the pump at the end of the turn does it */
}

struct link *link_new(struct reactor *reactor, const struct endpoint *server,
		      const struct seat_config *config, const struct link_port *port)
{
	static const enum transport ways[][SEAT_WAYS] = {
		[ENDPOINT_CHAT] = {TRANSPORT_UDP, TRANSPORT_TCP},
		[ENDPOINT_UDP] = {TRANSPORT_UDP},
		[ENDPOINT_TCP] = {TRANSPORT_TCP},
		[ENDPOINT_UNIX] = {TRANSPORT_UNIX},
	};
	struct seat_config c = *config;
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	struct seat_port seat_port = {l, port_open, port_close, port_entropy, port_since};
	memcpy(c.ways, ways[server->kind], sizeof(c.ways));
	l->reactor = reactor;
	l->server = server;
	l->port = *port;
	l->timer = (struct reactor_timer){.fn = due, .ctx = l};
	l->settle = (struct reactor_timer){.fn = settled, .ctx = l};
	for (unsigned i = 0; i < SEAT_SLOTS; i++) {
		l->lines[i].link = l;
		l->lines[i].slot = i;
		l->lines[i].fd = -1;
	}
	watch_network(l);
	l->in = inbound_new();
	l->seat = l->in ? seat_new(&c, &seat_port, clock_mono_us()) : NULL;
	if (l->seat)
		return l;
	link_free(l);
	return NULL;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	seat_free(l->seat);
	inbound_free(l->in);
	reactor_timer_clear(l->reactor, &l->timer);
	reactor_timer_clear(l->reactor, &l->settle);
	if (l->netwatch >= 0) {
		reactor_del(l->reactor, l->netwatch);
		close(l->netwatch);
	}
	free(l);
}

struct seat *link_seat(const struct link *l)
{
	return l->seat;
}
