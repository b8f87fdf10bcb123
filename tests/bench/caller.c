/* See caller.h. */
#include "caller.h"

#include "raw.h"
#include "sealed.h"

#include "proto/timerq.h"
#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CALLERS_MAX = 64, STREAM_READ = 64 * 1024 };

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void caller_begin(struct caller *c, const struct server *s, enum via via, unsigned who)
{
	bool stream = via != VIA_UDP;
	struct session_config config = {.role = SESSION_CLIENT,
					.link = stream ? SESSION_STREAM : SESSION_DGRAM,
					.identity = sealed_identity(who)};

	entropy_fill(&config.local_cid, sizeof(config.local_cid));
	entropy_fill(config.ephemeral, sizeof(config.ephemeral));
	*c = (struct caller){.fd = raw_open(s, via), .stream = stream};
	c->session = session_new(&config, clock_mono_us());
	if (!c->session)
		die("no session");
}

void caller_end(struct caller *c)
{
	session_free(c->session);
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

static void listen_to(struct caller *c)
{
	struct session_event ev;

	while (session_event(c->session, clock_mono_us(), &ev)) {
		c->opened |= ev.kind == SESSION_OPENED;
		c->ended |= ev.kind == SESSION_ENDED;
		if (c->told && (ev.kind == SESSION_REPLY || ev.kind == SESSION_EVENT))
			c->told(c, &ev);
	}
}

static void read_all(struct caller *c)
{
	static uint8_t bytes[STREAM_READ];
	ssize_t n;

	while ((n = recv(c->fd, bytes, sizeof(bytes), 0)) > 0) {
		session_feed(c->session, clock_mono_us(), bytes, (size_t)n);
		listen_to(c);
	}
	if (n == 0)
		c->ended = true;
}

static void send_all(struct caller *c)
{
	static uint8_t bytes[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];

	for (;;) {
		struct buf b = buf_of(bytes, c->stream ? sizeof(bytes) : WIRE_PACKET_MAX);
		if (!session_output(c->session, clock_mono_us(), &b))
			return;
		if (send(c->fd, bytes, b.len, MSG_NOSIGNAL) != (ssize_t)b.len && c->stream)
			c->ended = true; /* a bench says too little to fill a stream */
	}
}

void caller_work(struct caller *c)
{
	read_all(c);
	if (session_deadline(c->session) <= clock_mono_us())
		session_tick(c->session, clock_mono_us());
	listen_to(c);
	send_all(c);
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

void callers_run(struct caller *all, size_t n, uint64_t deadline, bool opened)
{
	struct pollfd fds[CALLERS_MAX];

	assert(n <= CALLERS_MAX);
	for (;;) {
		for (size_t i = 0; i < n; i++) {
			caller_work(&all[i]);
			fds[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
		}
		uint64_t now = clock_mono_us(), until = deadline_of(all, n, deadline);
		if (now >= deadline || (opened && all_opened(all, n)))
			return;
		until = until > now ? until - now : 0;
		struct timespec wait = {(time_t)(until / 1000000), (long)(until % 1000000) * 1000};
		if (ppoll(fds, n, &wait, NULL) < 0 && errno != EINTR)
			die("poll");
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
