/*
 * An attempt is one transport's walk through the endpoint's addresses; there are at most two.
 *
 * Handlers only mark an attempt as failed; what follows from it is done in link_pump(), when
 * nobody stands on it any more.
 */
#include "link.h"

#include "sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	ATTEMPTS = 2,
	TCP_HEAD_START_US = 1000 * 1000, /* that UDP has before TCP is tried beside it */
	REFUSED_US =
		5 * 1000 * 1000, /* an open session whose port says "closed" for so long is lost */
	READ_TURN = 32,		 /* reads from the socket in one turn */
	READ_SIZE = 16 * 1024,
};

struct attempt {
	struct link *link;
	enum transport transport;
	bool active;	     /* trying, or open */
	bool connecting;     /* TCP: not connected yet */
	bool failed;	     /* to be stopped by the pump; link->why says why */
	size_t next_address; /* of the endpoint, to be tried after this one */
	int fd;
	struct session *session;
	struct reactor_timer timer; /* the session's deadline */
	uint64_t heard_us;
	bool waits_to_write;
	size_t unsent, unsent_at; /* of `bytes`: what the stream did not take */
	uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
};

struct link {
	struct reactor *reactor;
	const struct endpoint *server;
	struct link_port port;
	struct attempt attempts[ATTEMPTS];
	struct attempt *open; /* the one that won */
	bool tcp_to_come, paused, over;
	struct session_config security;
	struct reactor_timer tcp_start;
	struct sock_error why;
};

static void ready(void *ctx, unsigned events);
static void deadline(void *ctx);

static bool dgram_link(const struct attempt *a)
{
	return a->transport == TRANSPORT_UDP;
}

static void fail(struct attempt *a, const char *why)
{
	a->failed = true;
	snprintf(a->link->why.text, sizeof(a->link->why.text), "%s", why);
}

/* ---- starting and stopping ------------------------------------------------------------------- */

static void stop(struct attempt *a)
{
	if (!a->active)
		return;
	reactor_timer_clear(a->link->reactor, &a->timer);
	reactor_del(a->link->reactor, a->fd);
	close(a->fd);
	session_free(a->session);
	a->session = NULL;
	a->active = a->failed = a->waits_to_write = false;
	a->unsent = 0;
}

static enum err begin_session(struct attempt *a)
{
	struct session_config config = a->link->security;

	config.role = SESSION_CLIENT;
	config.link = dgram_link(a) ? SESSION_DGRAM : SESSION_STREAM;
	if (a->transport == TRANSPORT_UNIX)
		config.identity = NULL;
	entropy_fill(&config.local_cid, sizeof(config.local_cid));
	entropy_fill(config.ephemeral, sizeof(config.ephemeral));
	a->session = session_new(&config, clock_mono_us());
	return a->session ? ERR_NONE : ERR_MEMORY;
}

/* Starts on the next address that takes a socket; false: there is none left. */
static bool start(struct attempt *a)
{
	struct link *l = a->link;

	for (;;) {
		struct sock_error why = {""};
		enum err e = sock_connect(a->transport, l->server, a->next_address, &a->fd, &why);
		if (why.text[0]) /* past the last address there is nothing new to say */
			l->why = why;
		if (e == ERR_NOT_FOUND)
			return false;
		a->next_address++;
		if (e != ERR_NONE)
			continue;
		a->connecting = a->transport == TRANSPORT_TCP;
		unsigned want = a->connecting ? REACTOR_WRITE : REACTOR_READ;
		if (reactor_add(l->reactor, a->fd, want, ready, a) != ERR_NONE) {
			close(a->fd);
			return false;
		}
		a->active = true;
		if (begin_session(a) == ERR_NONE)
			return true;
		stop(a);
	}
}

static void begin(struct link *l, struct attempt *a, enum transport t)
{
	*a = (struct attempt){.link = l, .transport = t, .timer = {.fn = deadline, .ctx = a}};
	start(a);
}

static void begin_tcp(void *ctx)
{
	struct link *l = ctx;

	reactor_timer_clear(l->reactor, &l->tcp_start);
	l->tcp_to_come = false;
	begin(l, &l->attempts[1], TRANSPORT_TCP);
}

struct link *link_new(struct reactor *reactor, const struct endpoint *server,
		      const struct session_config *security, const struct link_port *port)
{
	static const enum transport transports[] = {
		[ENDPOINT_CHAT] = TRANSPORT_UDP,
		[ENDPOINT_UDP] = TRANSPORT_UDP,
		[ENDPOINT_TCP] = TRANSPORT_TCP,
		[ENDPOINT_UNIX] = TRANSPORT_UNIX,
	};
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->reactor = reactor;
	l->server = server;
	l->port = *port;
	l->security = *security;
	l->tcp_start = (struct reactor_timer){.fn = begin_tcp, .ctx = l};
	l->tcp_to_come = server->kind == ENDPOINT_CHAT &&
			 reactor_timer_set(reactor, &l->tcp_start,
					   clock_mono_us() + TCP_HEAD_START_US) == ERR_NONE;
	begin(l, &l->attempts[0], transports[server->kind]);
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	reactor_timer_clear(l->reactor, &l->tcp_start);
	for (size_t i = 0; i < ATTEMPTS; i++)
		stop(&l->attempts[i]);
	free(l);
}

struct session *link_session(const struct link *l)
{
	return l->open ? l->open->session : NULL;
}

enum transport link_transport(const struct link *l)
{
	return l->open ? l->open->transport : 0;
}

/* ---- what comes in --------------------------------------------------------------------------- */

static void win(struct attempt *a)
{
	struct link *l = a->link;

	l->open = a;
	l->tcp_to_come = false;
	reactor_timer_clear(l->reactor, &l->tcp_start);
	for (size_t i = 0; i < ATTEMPTS; i++)
		if (&l->attempts[i] != a)
			stop(&l->attempts[i]);
}

/* Somebody speaks the protocol there and has no place for us, or we do not want them: an answer. */
static bool is_answer(const struct session_event *ev)
{
	enum code code = ev->ended.code;

	return ev->ended.by_peer ? code != CODE_PROTOCOL
				 : code == CODE_KEY_CHANGED || code == CODE_NOT_ACCEPTED;
}

static void drain(struct attempt *a)
{
	struct link *l = a->link;
	struct session_event ev;

	while (session_event(a->session, clock_mono_us(), &ev)) {
		bool early = !l->open && ev.kind == SESSION_ENDED;
		if (early && is_answer(&ev))
			win(a);
		else if (early)
			fail(a, ev.ended.code == CODE_TIMED_OUT
					? "nobody answers there"
					: "something else than a chat-server answers there");
		if (ev.kind == SESSION_OPENED)
			win(a);
		if (l->open == a)
			l->port.event(l->port.ctx, &ev);
	}
}

/* A stream that ends before its session is open: the server's answer to our password, perhaps. */
static bool refused(struct attempt *a)
{
	if (dgram_link(a) || a->link->open)
		return false;
	session_hangup(a->session, clock_mono_us());
	drain(a);
	return a->link->open == a;
}

/* An error of the socket.  A closed UDP port may open again: the session's own time decides. */
static void broken(struct attempt *a, int error)
{
	bool patient =
		dgram_link(a) && a->link->open == a && clock_mono_us() < a->heard_us + REFUSED_US;

	if (!patient && !refused(a))
		fail(a, error ? strerror(error) : "the server closed the connection");
}

/* False: nothing more to read now. */
static bool receive(struct attempt *a)
{
	uint8_t bytes[READ_SIZE];
	ssize_t n = recv(a->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (n < 0 || (n == 0 && !dgram_link(a))) {
		broken(a, n < 0 ? errno : 0);
		return false;
	}
	a->heard_us = clock_mono_us();
	session_feed(a->session, a->heard_us, bytes, (size_t)n);
	drain(a);
	return !a->failed;
}

static void watch(struct attempt *a)
{
	unsigned want = a->link->paused ? 0 : REACTOR_READ;

	if (a->waits_to_write)
		want |= REACTOR_WRITE;
	if (reactor_want(a->link->reactor, a->fd, want) != ERR_NONE)
		fail(a, strerror(errno));
}

static void ready(void *ctx, unsigned events)
{
	struct attempt *a = ctx;

	if (a->connecting) {
		a->connecting = false;
		if (sock_connected(a->fd) != ERR_NONE)
			fail(a, strerror(errno));
		else
			watch(a);
		return;
	}
	if (events & REACTOR_WRITE) {
		a->waits_to_write = false;
		watch(a);
	}
	if (!(events & REACTOR_READ))
		return;
	for (int i = 0; i < READ_TURN; i++)
		if (!receive(a))
			return;
	reactor_again(a->link->reactor, a->fd, REACTOR_READ);
}

static void deadline(void *ctx)
{
	struct attempt *a = ctx;
	uint64_t now = clock_mono_us();

	if (a->link->paused)
		session_excuse_silence(a->session, now);
	session_tick(a->session, now);
	drain(a);
}

/* ---- what goes out --------------------------------------------------------------------------- */

/* False: the stream takes no more now. */
static bool put_stream(struct attempt *a)
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

static void put_out(struct attempt *a)
{
	while (!a->connecting && !a->waits_to_write && (a->unsent == 0 || put_stream(a))) {
		struct buf b = buf_of(a->bytes, sizeof(a->bytes));
		if (!session_output(a->session, clock_mono_us(), &b))
			break;
		a->unsent_at = 0;
		a->unsent = b.len;
		if (!dgram_link(a))
			continue;
		ssize_t n = send(a->fd, b.data, b.len, MSG_NOSIGNAL);
		a->unsent = 0; /* taken or lost */
		if (n < 0 && errno == ECONNREFUSED)
			broken(a, errno);
	}
	drain(a);
	if (reactor_timer_set(a->link->reactor, &a->timer, session_deadline(a->session)) !=
	    ERR_NONE)
		fail(a, "out of memory");
}

/* One way has failed: another address, the other transport, or the end. */
static void go_on(struct attempt *a)
{
	struct link *l = a->link;

	if (l->open == a) {
		l->over = true;
		l->port.lost(l->port.ctx, true,
			     l->why.text); /* who may still look at the session */
		l->open = NULL;
		stop(a);
	} else {
		stop(a);
		start(a);
	}
}

static void nobody_left(struct link *l)
{
	for (size_t i = 0; i < ATTEMPTS; i++)
		if (l->attempts[i].active)
			return;
	if (l->tcp_to_come) {
		begin_tcp(l);
		if (l->attempts[1].active)
			return;
	}
	l->over = true;
	l->port.lost(l->port.ctx, false, l->why.text);
}

void link_pump(struct link *l)
{
	for (size_t i = 0; i < ATTEMPTS && !l->over; i++) {
		struct attempt *a = &l->attempts[i];
		if (a->active && !a->failed)
			put_out(a);
		if (a->active && a->failed)
			go_on(a);
	}
	if (!l->over)
		nobody_left(l);
}

void link_pause(struct link *l, bool paused)
{
	if (l->paused == paused)
		return;
	l->paused = paused;
	if (!l->open)
		return;
	session_excuse_silence(l->open->session, clock_mono_us());
	watch(l->open);
}

bool link_flushed(const struct link *l)
{
	return !l->open || l->open->unsent == 0;
}
