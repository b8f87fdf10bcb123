/* Handlers read until EAGAIN or for STREAM_TURN bytes, whichever comes first, and say which. */
#include "net/stream.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	STREAM_READ = 16 * 1024,
	STREAM_TURN = 4, /* reads from one connection in one turn */
	/* Connections accepted in one turn: more, and a crowd's handshakes take longer than what is sent in
	 * a turn, and who is there already has to wait for them. */
	ACCEPT_TURN = 32,
	RESTING_MAX = (1 << 30) - 1,
	ACCEPT_PAUSE_US = 100 * 1000, /* when not even the reserve descriptor helps */
};

struct listener {
	struct stream *owner;
	int fd;
	enum transport transport;
};

/* There is one for each stream: it is small. */
struct connection {
	struct stream *owner;
	struct peer *peer;
	int fd;
	bool waits_to_write : 1;
	bool broken : 1; /* cannot be written: it is read to its end, if it may be read, and hung up */
	uint32_t resting : 30; /* its place among those that rest, from 1 on; 0: it does not */
};

struct stream {
	struct reactor *reactor;
	struct peers *peers;
	struct listener listeners[STREAM_MAX_LISTENERS];
	size_t count;
	int reserve; /* given up for a moment to turn somebody away */
	bool short_of_descriptors;
	struct reactor_timer resume;
	size_t connections;
	struct connection **resting;	     /* not read, since their peers do not want it now */
	uint32_t resting_count, resting_cap; /* there is room for all */
};

static int open_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void want_connections(struct stream *s, bool want)
{
	for (size_t i = 0; i < s->count; i++)
		if (reactor_want(s->reactor, s->listeners[i].fd, want ? REACTOR_READ : 0) !=
		    ERR_NONE)
			log_say(LOG_ERROR, "cannot wait for connections");
}

static void resume(void *ctx)
{
	want_connections(ctx, true);
}

struct stream *stream_new(struct reactor *reactor, struct peers *peers)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->reactor = reactor;
	s->peers = peers;
	s->resume = (struct reactor_timer){.fn = resume, .ctx = s};
	s->reserve = open_reserve();
	if (s->reserve < 0) {
		free(s);
		return NULL;
	}
	return s;
}

void stream_stop_listening(struct stream *s)
{
	for (size_t i = 0; i < s->count; i++) {
		reactor_del(s->reactor, s->listeners[i].fd);
		close(s->listeners[i].fd);
	}
	s->count = 0;
	reactor_timer_clear(s->reactor, &s->resume);
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	stream_stop_listening(s);
	close(s->reserve);
	free(s->resting);
	free(s);
}

/* ---- connections ----------------------------------------------------------------------------- */

static struct instant instant_now(void)
{
	return (struct instant){clock_mono_us(), clock_wall_ms()};
}

static void want(const struct connection *c)
{
	unsigned io = (c->resting ? 0 : REACTOR_READ) | (c->waits_to_write ? REACTOR_WRITE : 0);

	if (reactor_want(c->owner->reactor, c->fd, io) != ERR_NONE)
		log_say(LOG_ERROR, "cannot wait for a connection");
}

static void rest(struct connection *c)
{
	struct stream *s = c->owner;

	if (c->resting)
		return;
	s->resting[s->resting_count++] = c;
	c->resting = s->resting_count & RESTING_MAX;
}

/* The last takes its place. */
static void rest_no_more(struct connection *c)
{
	struct stream *s = c->owner;

	if (!c->resting)
		return;
	struct connection *last = s->resting[--s->resting_count];
	s->resting[c->resting - 1] = last;
	last->resting = c->resting;
	c->resting = 0;
}

/* From the last on: its place is taken only by one that was looked at. */
void stream_turn(struct stream *s)
{
	struct instant now = instant_now();

	for (uint32_t i = s->resting_count; i-- > 0;) {
		struct connection *c = s->resting[i];
		if (!peers_reads(c->peer, now))
			continue;
		rest_no_more(c);
		want(c);
	}
}

/* Whoever is here can rest at any time: the room for that is made before.  It costs no memory until it
 * is used. */
static bool room_to_rest(struct stream *s)
{
	uint32_t cap = s->resting_cap ? 2 * s->resting_cap : 64;

	if (s->connections < s->resting_cap)
		return true;
	struct connection **resting =
		cap <= RESTING_MAX ? realloc(s->resting, cap * sizeof(struct connection *)) : NULL;
	if (!resting)
		return false;
	s->resting = resting;
	s->resting_cap = cap;
	return true;
}

static bool only_not_now(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* False: nothing more is there now, or is wanted now, or the connection is over. */
static bool receive(struct connection *c)
{
	uint8_t bytes[STREAM_READ];
	bool reads = peers_reads(c->peer, instant_now());

	if (!reads && !c->broken) {
		rest(c);
		want(c);
		return false;
	}
	ssize_t n = reads ? recv(c->fd, bytes, sizeof(bytes), 0) : 0;

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && only_not_now() && !c->broken)
		return false;
	if (n <= 0) {
		peers_hangup(c->owner->peers, instant_now(), c->peer);
		return false;
	}
	peers_stream(c->owner->peers, instant_now(), c->peer, bytes, (size_t)n);
	return true;
}

static void connection_ready(void *ctx, unsigned ready)
{
	struct connection *c = ctx;
	struct stream *s = c->owner;
	int fd = c->fd;

	if (ready & REACTOR_WRITE) {
		c->waits_to_write = false;
		want(c);
		peers_writable(s->peers, c->peer);
	}
	if (!(ready & REACTOR_READ) || c->resting)
		return;
	for (int i = 0; i < STREAM_TURN; i++)
		if (!receive(c)) /* c may be gone */
			return;
	reactor_again(s->reactor, fd, REACTOR_READ);
}

/*
 * Whoever sends stands on the peer: it is hung up in the next turn, after its last words were read.  To
 * wait until it can be written would be to wait for nothing, for ever and at once.
 */
static void break_off(struct connection *c)
{
	c->waits_to_write = false;
	rest_no_more(c);
	want(c);
	reactor_again(c->owner->reactor, c->fd, REACTOR_READ);
}

/* Others may be sending on other connections: the reactor is left alone. */
size_t stream_send(void *link, const void *bytes, size_t n)
{
	struct connection *c = link;

	if (c->broken)
		return 0;
	ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);

	c->broken = sent < 0 && !only_not_now();
	return sent < 0 ? 0 : (size_t)sent;
}

void stream_await(void *link)
{
	struct connection *c = link;

	if (c->broken) {
		break_off(c);
	} else if (!c->waits_to_write) {
		c->waits_to_write = true;
		want(c);
	}
}

void stream_close(struct stream *s, void *link)
{
	struct connection *c = link;

	rest_no_more(c);
	reactor_del(s->reactor, c->fd);
	close(c->fd);
	free(c);
	s->connections--;
}

/* ---- listeners ------------------------------------------------------------------------------- */

static void take(struct stream *s, int fd, const struct address *from)
{
	struct connection *c = room_to_rest(s) ? calloc(1, sizeof(*c)) : NULL;

	if (c) {
		*c = (struct connection){.owner = s, .fd = fd};
		c->peer = peers_accept(s->peers, instant_now(), from, c);
	}
	if (!c || !c->peer) {
		free(c);
		close(fd);
		return;
	}
	s->connections++;
	if (reactor_add(s->reactor, fd, REACTOR_READ, connection_ready, c) != ERR_NONE)
		peers_hangup(s->peers, instant_now(), c->peer);
}

/* Out of descriptors: the one in reserve takes the connection, so that it can be closed. */
static void turn_away(struct stream *s, const struct listener *l)
{
	struct address from;
	int fd = -1;

	if (!s->short_of_descriptors)
		log_say(LOG_WARNING, "out of descriptors: new connections are turned away "
				     "(raise the limit with ulimit -n)");
	s->short_of_descriptors = true;
	close(s->reserve);
	if (sock_accept(l->fd, l->transport, &fd, &from) == ERR_NONE && fd >= 0)
		close(fd);
	s->reserve = open_reserve();
	want_connections(s, false);
	if (reactor_timer_set(s->reactor, &s->resume, clock_mono_us() + ACCEPT_PAUSE_US) !=
	    ERR_NONE)
		want_connections(s, true);
}

static void acceptable(void *ctx, unsigned ready)
{
	struct listener *l = ctx;
	struct stream *s = l->owner;
	struct address from;

	for (int i = 0; i < ACCEPT_TURN; i++) {
		int fd = -1;
		if (sock_accept(l->fd, l->transport, &fd, &from) != ERR_NONE) {
			turn_away(s, l);
			return;
		}
		if (fd < 0)
			return;
		s->short_of_descriptors = false;
		take(s, fd, &from);
	}
	reactor_again(s->reactor, l->fd, ready);
}

enum err stream_listen(struct stream *s, int fd, enum transport t)
{
	enum err e = s->count == STREAM_MAX_LISTENERS ? ERR_FULL : ERR_NONE;
	struct listener *l = &s->listeners[s->count];

	if (e == ERR_NONE) {
		*l = (struct listener){s, fd, t};
		e = reactor_add(s->reactor, fd, REACTOR_READ, acceptable, l);
	}
	if (e == ERR_NONE)
		s->count++;
	else
		close(fd);
	return e;
}
