/* See caller.h. */
#include "caller.h"

#include "raw.h"
#include "sealed.h"

#include "proto/packet.h"
#include "proto/timerq.h"
#include "sys/cipher.h"
#include "sys/clock.h"
#include "sys/inbound.h"
#include "sys/train.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CALLERS_MAX = 64,
	READ_SIZE = 64 * 1024,
	SEND_SIZE = 64 * 1024,
	DGRAM_BUFFER = 4 * 1024 * 1024, /* what a program asks for */
};

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

const struct noise_cipher *caller_cipher(void)
{
	static struct cipher *cipher;

	if (!cipher)
		cipher = cipher_new();
	return cipher_of(cipher);
}

void caller_begin(struct caller *c, const struct server *s, enum via via, unsigned who)
{
	const struct caller_link link = {.fd = raw_open(s, via), .stream = via != VIA_UDP};

	caller_begin_on(c, &link, via == VIA_UNIX ? NULL : sealed_identity(who));
}

void caller_begin_on(struct caller *c, const struct caller_link *link,
		     const struct secure_identity *identity)
{
	struct session_config config = {.role = SESSION_CLIENT,
					.link = link->stream ? SESSION_STREAM : SESSION_DGRAM,
					.local_cid = link->cid,
					.identity = identity,
					.cipher = caller_cipher()};
	const int room = DGRAM_BUFFER;

	if (!link->cid)
		entropy_fill(&config.local_cid, sizeof(config.local_cid));
	entropy_fill(config.ephemeral, sizeof(config.ephemeral));
	*c = (struct caller){.fd = link->fd, .stream = link->stream, .borrowed = link->borrowed};
	if (!link->stream && !link->borrowed) {
		(void)setsockopt(link->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
		train_ask(link->fd);
	}
	c->session = session_new(&config, clock_mono_us());
	if (!c->session)
		die("no session");
}

void caller_end(struct caller *c)
{
	session_free(c->session);
	free(c->unsent);
	if (!c->borrowed)
		close(c->fd);
}

static void command(struct caller *c, enum command_kind kind, const char *text)
{
	struct command it = {.kind = kind,
			     .room = WIRE_LOBBY,
			     .text = slice_of(text, strlen(text)),
			     .since_mode = SINCE_LAST};

	if (session_command(c->session, &it) != ERR_NONE)
		die("a session takes no command");
}

void caller_join(struct caller *c, const char *name)
{
	command(c, COMMAND_JOIN, name);
}

void caller_say(struct caller *c, const char *text)
{
	command(c, COMMAND_TALK, text);
}

/* A reading of the clock would cost more than an event. */
static void listen_to(struct caller *c, uint64_t now)
{
	struct session_event ev;

	while (session_event(c->session, now, &ev)) {
		c->opened |= ev.kind == SESSION_OPENED;
		if (ev.kind == SESSION_ENDED) {
			c->ended = true;
			c->code = ev.ended.code;
		}
		if (c->told && (ev.kind == SESSION_REPLY || ev.kind == SESSION_EVENT))
			c->told(c, &ev);
	}
}

void caller_read_shared(int fd, struct caller *(*whose)(void *ctx, uint64_t cid), void *ctx)
{
	static struct inbound *in;
	uint64_t now = clock_mono_us();
	struct inbound_datagram d;
	struct packet p;

	if (!in && !(in = inbound_new()))
		die("no memory");
	do {
		if (inbound_read(in, fd) != INBOUND_SOME)
			return;
		while (inbound_next(in, &d)) {
			struct caller *c =
				packet_get(d.bytes, d.n, &p) == ERR_NONE ? whose(ctx, p.cid) : NULL;
			if (!c)
				continue;
			session_feed(c->session, now, d.bytes, d.n);
			listen_to(c, now);
		}
	} while (inbound_full(in));
}

/* Whatever the id: its session will see. */
static struct caller *alone(void *ctx, uint64_t cid)
{
	(void)cid;
	return ctx;
}

static void read_dgrams(struct caller *c)
{
	caller_read_shared(c->fd, alone, c);
	listen_to(c, clock_mono_us());
}

/* Less than there was room for: that was all. */
static void read_stream(struct caller *c)
{
	static uint8_t bytes[READ_SIZE];
	uint64_t now = clock_mono_us();
	ssize_t n;

	do {
		n = recv(c->fd, bytes, sizeof(bytes), 0);
		if (n > 0)
			session_feed(c->session, now, bytes, (size_t)n);
		listen_to(c, now);
	} while (n == sizeof(bytes));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		c->ended = true;
}

void caller_read(struct caller *c)
{
	if (c->stream)
		read_stream(c);
	else
		read_dgrams(c);
}

/* Of a stream; how many bytes went out.  A connection that is under way takes none yet. */
static size_t write_some(struct caller *c, const uint8_t *bytes, size_t n)
{
	ssize_t done = send(c->fd, bytes, n, MSG_NOSIGNAL);

	if (done < 0 && errno != EAGAIN && errno != EINTR)
		c->ended = true;
	return done < 0 ? 0 : (size_t)done;
}

static void keep_unsent(struct caller *c, const uint8_t *bytes, size_t n)
{
	uint8_t *kept = malloc(n);

	if (!kept)
		die("no memory");
	memcpy(kept, bytes, n);
	free(c->unsent);
	c->unsent = kept;
	c->unsent_len = n;
}

/* False: there is still something of before. */
static bool send_unsent(struct caller *c)
{
	if (!c->unsent)
		return true;
	size_t n = write_some(c, c->unsent, c->unsent_len);
	memmove(c->unsent, c->unsent + n, c->unsent_len - n);
	c->unsent_len -= n;
	if (c->unsent_len > 0)
		return false;
	free(c->unsent);
	c->unsent = NULL;
	return true;
}

static void send_stream(struct caller *c, const uint8_t *bytes, size_t n)
{
	size_t taken = write_some(c, bytes, n);

	if (taken < n)
		keep_unsent(c, bytes + taken, n - taken);
}

static void send_all(struct caller *c, uint64_t now)
{
	static uint8_t bytes[SEND_SIZE];
	static struct train_way way;
	size_t size;

	while (send_unsent(c)) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		if (!session_train(c->session, now, &b, &size))
			return;
		if (c->stream)
			send_stream(c, bytes, b.len);
		else
			(void)train_send(&way, c->fd, bytes, b.len, size);
	}
}

void caller_send(struct caller *c)
{
	uint64_t now = clock_mono_us();

	if (session_deadline(c->session) <= now) {
		session_tick(c->session, now);
		listen_to(c, now);
	}
	send_all(c, now);
}

void caller_work(struct caller *c)
{
	caller_read(c);
	caller_send(c);
}

static uint64_t deadline_of(const struct caller *all, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (session_deadline(all[i].session) < at)
			at = session_deadline(all[i].session);
	return at;
}

static bool all_opened(const struct caller *all, size_t n)
{
	size_t i = 0;

	while (i < n && all[i].opened)
		i++;
	return i == n;
}

static void wait_for(struct pollfd *fds, size_t n, uint64_t now, uint64_t until)
{
	uint64_t us = until > now ? until - now : 0;
	struct timespec wait = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

	if (ppoll(fds, n, &wait, NULL) < 0 && errno != EINTR)
		die("poll");
}

void callers_run(struct caller *all, size_t n, uint64_t deadline, bool opened)
{
	struct pollfd fds[CALLERS_MAX];

	assert(n <= CALLERS_MAX);
	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN, .revents = POLLIN};
	for (;;) {
		for (size_t i = 0; i < n; i++) {
			if (fds[i].revents)
				caller_read(&all[i]);
			caller_send(&all[i]);
			fds[i].revents = 0;
		}
		uint64_t now = clock_mono_us();
		if (now >= deadline || (opened && all_opened(all, n)))
			return;
		wait_for(fds, n, now, deadline_of(all, n, deadline));
	}
}

uint64_t caller_cpu_of(pid_t pid)
{
	clockid_t clock;
	struct timespec used;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		die("the server's processor time");
	return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}
