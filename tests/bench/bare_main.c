/*
 * chat-bench-bare: what the kernel alone costs a server that relays to everybody: bare.h.
 *
 *     chat-bench-bare via=tcp|unix|udp send=WAY [pack=FRAMES] [path=SOCKET] [seconds=MAX]
 *     chat-bench-bare ways
 *
 * A server like any other to chat-bench, which makes the load and measures it.  Says where it listens
 * and "ready", and ends after ten minutes at the latest.  The ways to send:
 *
 *     turn        streams: one call for each member, with all that came in the turn
 *     each        one call for each member and frame
 *     mmsg        UDP: the same by sendmmsg()
 *     gso         UDP: trains of datagrams of pack frames each
 *     uring       one send for each member and frame, all of a turn submitted by one call
 *     uring-turn  streams: one send for each member, submitted so
 *
 * Not a model of a server: nobody who is slow is let behind, it waits; over UDP nothing is repeated.
 */
#include "bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { READY_MAX = 256, SECONDS_MAX = 600, BUFFER = 4 * 1024 * 1024 };

struct setup {
	enum bare_via via;
	const struct bare_way *way;
	const char *path;
	unsigned pack, seconds;
};

static struct bare relay;
static int waiter;

void bare_die(const char *what)
{
	fprintf(stderr, "chat-bench-bare: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- members --------------------------------------------------------------------------------- */

static void join(struct bare *b, struct bare_member *m, const struct sockaddr_in *from)
{
	if (b->count == BARE_MEMBERS_MAX)
		return;
	m->joined = true;
	m->place = b->count++;
	b->members[m->place] = m;
	b->fds[m->place] = m->fd;
	if (from)
		b->addresses[m->place] = *from;
	b->changes++;
}

/* The last one takes its place. */
static void leave(struct bare *b, struct bare_member *m)
{
	if (m->joined) {
		struct bare_member *last = b->members[--b->count];
		b->members[m->place] = last;
		b->fds[m->place] = last->fd;
		last->place = m->place;
		b->changes++;
	}
	/* io_uring may hold the socket still, so closing it does not end the watch */
	(void)epoll_ctl(waiter, EPOLL_CTL_DEL, m->fd, NULL);
	close(m->fd);
	free(m);
}

static bool is_hello(const uint8_t *frame)
{
	return frame[0] == BARE_HELLO;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What is left of n bytes at `at` when a hello, if one is first, is answered. */
static size_t welcome(struct bare *b, struct bare_member *m, uint8_t *at, size_t n)
{
	if (m->joined || n < BARE_FRAME || !is_hello(at))
		return n;
	join(b, m, NULL);
	if (send(m->fd, at, BARE_FRAME, MSG_NOSIGNAL) != BARE_FRAME)
		return 0;
	memmove(at, at + BARE_FRAME, n - BARE_FRAME);
	return n - BARE_FRAME;
}

static void read_stream(struct bare *b, struct bare_member *m)
{
	uint8_t *at = b->turn + b->size;

	if (b->size >= BARE_TURN)
		return; /* next turn */
	memcpy(at, m->part, m->part_size);
	ssize_t got = recv(m->fd, at + m->part_size, BARE_READ - m->part_size, MSG_DONTWAIT);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			leave(b, m);
		return;
	}
	size_t n = welcome(b, m, at, m->part_size + (size_t)got);
	m->part_size = n % BARE_FRAME;
	memcpy(m->part, at + n - m->part_size, m->part_size);
	b->size += n - m->part_size;
}

static void welcome_address(struct bare *b, const struct sockaddr_in *from, const uint8_t *frame)
{
	struct bare_member *m = calloc(1, sizeof(*m));

	if (!m)
		bare_die("a member");
	m->fd = -1;
	join(b, m, from);
	(void)sendto(b->fd, frame, BARE_FRAME, 0, (const struct sockaddr *)from, sizeof(*from));
}

/* The kernel may give several datagrams in one piece (UDP_GRO). */
static void read_datagrams(struct bare *b)
{
	struct sockaddr_in from;
	socklen_t from_size = sizeof(from);
	ssize_t n;

	while (b->size < BARE_TURN &&
	       (n = recvfrom(b->fd, b->turn + b->size, BARE_READ, MSG_DONTWAIT,
			     (struct sockaddr *)&from, &from_size)) > 0) {
		if (n % BARE_FRAME != 0)
			continue;
		if (is_hello(b->turn + b->size))
			welcome_address(b, &from, b->turn + b->size);
		else
			b->size += (size_t)n;
	}
}

static void watch(int fd, void *whose)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = whose};

	if (epoll_ctl(waiter, EPOLL_CTL_ADD, fd, &ev) != 0)
		bare_die("epoll");
}

static void accept_one(struct bare *b)
{
	int on = 1, fd = accept4(b->fd, NULL, NULL, SOCK_CLOEXEC);
	struct bare_member *m = fd < 0 ? NULL : calloc(1, sizeof(*m));

	if (!m)
		bare_die("a connection");
	if (b->via == BARE_TCP)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	m->fd = fd;
	watch(fd, m);
}

/* ---- listening ------------------------------------------------------------------------------- */

static void listen_inet(struct bare *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(at);
	int on = 1, buffer = BUFFER;
	bool udp = b->via == BARE_UDP;

	b->fd = socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (b->fd < 0 || bind(b->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockname(b->fd, (struct sockaddr *)&at, &size) != 0)
		bare_die("a socket");
	if (udp) {
		(void)setsockopt(b->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
		(void)setsockopt(b->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
		(void)setsockopt(b->fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
	}
	printf("listening on %s://127.0.0.1:%u\n", udp ? "udp" : "tcp", ntohs(at.sin_port));
}

static void listen_unix(struct bare *b, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (!path || strlen(path) >= sizeof(at.sun_path)) {
		errno = EINVAL;
		bare_die("path=");
	}
	memcpy(at.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	b->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (b->fd < 0 || bind(b->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		bare_die(path);
	printf("listening on unix:%s\n", path);
}

static void begin(struct bare *b, const struct setup *w)
{
	struct rlimit files;

	b->via = w->via;
	b->pack = w->pack;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	waiter = epoll_create1(EPOLL_CLOEXEC);
	if (b->via == BARE_UNIX)
		listen_unix(b, w->path);
	else
		listen_inet(b);
	if (b->via != BARE_UDP && listen(b->fd, SOMAXCONN) != 0)
		bare_die("listen");
	watch(b->fd, NULL);
	if (w->way->begin)
		w->way->begin(b);
	puts("ready");
	fflush(stdout);
}

_Noreturn static void run(struct bare *b, const struct bare_way *way)
{
	struct epoll_event ready[READY_MAX];

	for (;;) {
		int n = epoll_wait(waiter, ready, READY_MAX, -1);
		for (int i = 0; i < n; i++)
			if (ready[i].data.ptr)
				read_stream(b, ready[i].data.ptr);
			else if (b->via == BARE_UDP)
				read_datagrams(b);
			else
				accept_one(b);
		if (b->size > 0)
			way->send(b);
		b->size = 0;
	}
}

/* ---- the command line ------------------------------------------------------------------------ */

static const struct bare_way *find_way(const char *name)
{
	const struct bare_way *tables[] = {bare_ways, bare_uring_ways};

	for (size_t i = 0; i < 2; i++)
		for (const struct bare_way *w = tables[i]; w->name; w++)
			if (strcmp(w->name, name) == 0)
				return w;
	return NULL;
}

static void print_ways(void)
{
	const struct bare_way *tables[] = {bare_ways, bare_uring_ways};

	for (size_t i = 0; i < 2; i++)
		for (const struct bare_way *w = tables[i]; w->name; w++)
			printf("%s%s%s\n", w->name, w->stream ? " tcp unix" : "",
			       w->dgram ? " udp" : "");
}

static bool parse_via(const char *name, enum bare_via *via)
{
	static const char *const names[] = {
		[BARE_TCP] = "tcp", [BARE_UNIX] = "unix", [BARE_UDP] = "udp"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0) {
			*via = (enum bare_via)i;
			return true;
		}
	return false;
}

static bool number(const char *text, unsigned max, unsigned *n)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	*n = (unsigned)v;
	return *end == '\0' && v >= 1 && v <= max;
}

static bool set(struct setup *w, const char *arg)
{
	if (strncmp(arg, "via=", 4) == 0)
		return parse_via(arg + 4, &w->via);
	if (strncmp(arg, "send=", 5) == 0)
		return (w->way = find_way(arg + 5)) != NULL;
	if (strncmp(arg, "path=", 5) == 0)
		return (w->path = arg + 5) != NULL;
	if (strncmp(arg, "pack=", 5) == 0)
		return number(arg + 5, 64, &w->pack);
	return strncmp(arg, "seconds=", 8) == 0 && number(arg + 8, SECONDS_MAX, &w->seconds);
}

int main(int argc, char **argv)
{
	struct setup w = {.via = BARE_TCP, .pack = 1, .seconds = SECONDS_MAX};

	if (argc == 2 && strcmp(argv[1], "ways") == 0) {
		print_ways();
		return 0;
	}
	for (int i = 1; i < argc; i++)
		if (!set(&w, argv[i])) {
			fprintf(stderr, "chat-bench-bare: what is \"%s\"?\n", argv[i]);
			return 1;
		}
	if (!w.way || !(w.via == BARE_UDP ? w.way->dgram : w.way->stream)) {
		fprintf(stderr, "chat-bench-bare: send= has to be a way that via= has\n");
		return 1;
	}
	(void)alarm(w.seconds);
	begin(&relay, &w);
	run(&relay, w.way);
}
