/*
 * chat-lossy [--seed N] [--loss %] [--dup %] [--reorder %] [--delay MS] SERVER-PORT
 *
 * A UDP proxy on loopback in front of a server: what passes, in both directions, is lost, doubled
 * and reordered as asked (lossy.h).  Each client address gets an upstream socket of its own, so the
 * server sees as many peers as there are.  SIGUSR1 makes it lose all, the next one again what it was
 * asked to; SIGUSR2 gives everybody another address, as a router does that has forgotten them.  TCP
 * to the same port passes unharmed.  SIGTERM ends it; it then says what it did.
 */
#include "lossy.h"

#include "sys/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS_MAX = 1024, DATAGRAM_MAX = 65535, BATCH = 64, PORT_TRIES = 100 };

struct peer {
	struct sockaddr_in address; /* the client's */
	int upstream;		    /* connected to the server */
	struct lossy to_server, to_client;
};

struct proxy {
	struct lossy_rates rates;
	uint64_t seed;
	struct sockaddr_in server;
	int listener, signals, streams;
	bool blocked;
	struct peer *peers[PEERS_MAX];
	size_t count;
	struct pollfd polls[PEERS_MAX + 3];
};

static void die(const char *what)
{
	fprintf(stderr, "chat-lossy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				    .sin_port = htons((uint16_t)port)};
}

static int udp_socket(void)
{
	int size = 4 * 1024 * 1024;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static int upstream(const struct proxy *x)
{
	int fd = udp_socket();
	if (connect(fd, (const struct sockaddr *)&x->server, sizeof(x->server)) != 0)
		die("connect");
	return fd;
}

static struct peer *peer_of(struct proxy *x, const struct sockaddr_in *from)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->peers[i]->address.sin_port == from->sin_port)
			return x->peers[i];
	if (x->count == PEERS_MAX)
		return NULL;
	struct peer *p = calloc(1, sizeof(*p));
	if (!p)
		die("memory");
	p->address = *from;
	p->upstream = upstream(x);
	lossy_init(&p->to_server, &x->rates, x->seed + 2 * x->count);
	lossy_init(&p->to_client, &x->rates, x->seed + 2 * x->count + 1);
	x->peers[x->count++] = p;
	return p;
}

static void read_clients(struct proxy *x, uint64_t now)
{
	static uint8_t data[DATAGRAM_MAX];
	struct sockaddr_in from;
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(x->listener, data, sizeof(data), 0, (struct sockaddr *)&from,
				     &len);
		if (n < 0)
			return;
		struct peer *p = peer_of(x, &from);
		if (p && !x->blocked)
			lossy_put(&p->to_server, now, data, (size_t)n);
	}
}

static void read_server(const struct proxy *x, struct peer *p, uint64_t now)
{
	static uint8_t data[DATAGRAM_MAX];
	for (int i = 0; i < BATCH; i++) {
		ssize_t n = recv(p->upstream, data, sizeof(data), 0);
		if (n < 0)
			return;
		if (!x->blocked)
			lossy_put(&p->to_client, now, data, (size_t)n);
	}
}

/* What the kernel does not take is one more lost datagram. */
static void pass_on(struct proxy *x, struct peer *p, uint64_t now)
{
	struct lossy_packet *d;
	while ((d = lossy_take(&p->to_server, now))) {
		if (send(p->upstream, d->data, d->len, 0) < 0)
			p->to_server.counts.lost++;
		free(d);
	}
	while ((d = lossy_take(&p->to_client, now))) {
		if (sendto(x->listener, d->data, d->len, 0, (const struct sockaddr *)&p->address,
			   sizeof(p->address)) < 0)
			p->to_client.counts.lost++;
		free(d);
	}
}

static int time_left(const struct proxy *x, uint64_t now)
{
	uint64_t next = UINT64_MAX;
	for (size_t i = 0; i < x->count; i++) {
		uint64_t a = lossy_deadline(&x->peers[i]->to_server);
		uint64_t b = lossy_deadline(&x->peers[i]->to_client);
		next = a < next ? a : next;
		next = b < next ? b : next;
	}
	if (next == UINT64_MAX)
		return -1;
	return next > now ? (int)((next - now) / 1000) + 1 : 0;
}

/* Another address for everybody, whose old one then is nobody's. */
static void rebind(struct proxy *x)
{
	for (size_t i = 0; i < x->count; i++) {
		int fd = upstream(x);
		close(x->peers[i]->upstream);
		x->peers[i]->upstream = fd;
	}
}

/* False: asked to end. */
static bool obey(struct proxy *x)
{
	struct signalfd_siginfo s;
	if (read(x->signals, &s, sizeof(s)) != sizeof(s) || s.ssi_signo == SIGTERM)
		return false;
	if (s.ssi_signo == SIGUSR2)
		rebind(x);
	else
		x->blocked = !x->blocked;
	puts(s.ssi_signo == SIGUSR2 ? "rebound" : x->blocked ? "blocked" : "open");
	fflush(stdout);
	return true;
}

/* ---- streams, each by a process of its own ----------------------------------------------------- */

/* False: nothing more comes that way. */
static bool carry(int from, int to)
{
	char data[16384];
	ssize_t n = read(from, data, sizeof(data));
	for (ssize_t at = 0, put; at < n; at += put)
		if ((put = send(to, data + at, (size_t)(n - at), MSG_NOSIGNAL)) < 0)
			return false;
	return n > 0;
}

static void carry_both(int client, const struct sockaddr_in *server)
{
	int up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd p[] = {{.fd = client, .events = POLLIN}, {.fd = up, .events = POLLIN}};
	if (up < 0 || connect(up, (const struct sockaddr *)server, sizeof(*server)) != 0)
		return;
	while (poll(p, 2, -1) > 0)
		if ((p[0].revents && !carry(client, up)) || (p[1].revents && !carry(up, client)))
			return;
}

static void accept_stream(const struct proxy *x)
{
	int fd = accept4(x->streams, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		carry_both(fd, &x->server);
		_exit(0);
	}
	close(fd);
}

/* One turn; false: asked to end. */
static bool turn(struct proxy *x)
{
	size_t count = x->count;
	x->polls[0] = (struct pollfd){.fd = x->signals, .events = POLLIN};
	x->polls[1] = (struct pollfd){.fd = x->listener, .events = POLLIN};
	for (size_t i = 0; i < count; i++)
		x->polls[i + 2] = (struct pollfd){.fd = x->peers[i]->upstream, .events = POLLIN};
	x->polls[count + 2] = (struct pollfd){.fd = x->streams, .events = POLLIN};
	if (poll(x->polls, count + 3, time_left(x, clock_mono_us())) < 0 && errno != EINTR)
		die("poll");
	uint64_t now = clock_mono_us();
	if (x->polls[count + 2].revents)
		accept_stream(x);
	if (x->polls[1].revents)
		read_clients(x, now);
	for (size_t i = 0; i < count; i++)
		if (x->polls[i + 2].revents)
			read_server(x, x->peers[i], now);
	for (size_t i = 0; i < x->count; i++)
		pass_on(x, x->peers[i], now);
	return x->polls[0].revents == 0 || obey(x);
}

/* False: the port is taken for streams. */
static bool listen_on_both(struct proxy *x, struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	*address = loopback(0);
	x->listener = udp_socket();
	x->streams = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(x->listener, (struct sockaddr *)address, len) != 0 ||
	    getsockname(x->listener, (struct sockaddr *)address, &len) != 0)
		die("cannot listen");
	if (bind(x->streams, (struct sockaddr *)address, len) == 0 && listen(x->streams, 64) == 0)
		return true;
	close(x->listener);
	close(x->streams);
	return false;
}

static void listen_here(struct proxy *x)
{
	struct sockaddr_in address;
	sigset_t set;
	int tries = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	x->signals = signalfd(-1, &set, SFD_CLOEXEC);
	while (!listen_on_both(x, &address))
		if (++tries == PORT_TRIES)
			die("cannot listen");
	if (x->signals < 0)
		die("signals");
	signal(SIGCHLD, SIG_IGN);
	printf("listening on udp://127.0.0.1:%u\nready\n", ntohs(address.sin_port));
	fflush(stdout);
}

static void add(struct lossy_counts *sum, const struct lossy_counts *c)
{
	sum->taken += c->taken;
	sum->lost += c->lost;
	sum->doubled += c->doubled;
	sum->reordered += c->reordered;
}

static void report(const char *direction, const struct lossy_counts *c)
{
	printf("%s: %" PRIu64 " datagrams, %" PRIu64 " lost, %" PRIu64 " doubled, %" PRIu64
	       " reordered\n",
	       direction, c->taken, c->lost, c->doubled, c->reordered);
}

static void finish(struct proxy *x)
{
	struct lossy_counts up = {0}, down = {0};
	for (size_t i = 0; i < x->count; i++) {
		struct peer *p = x->peers[i];
		add(&up, &p->to_server.counts);
		add(&down, &p->to_client.counts);
		lossy_wipe(&p->to_server);
		lossy_wipe(&p->to_client);
		close(p->upstream);
		free(p);
	}
	report("to the server", &up);
	report("to the clients", &down);
}

static void usage(void)
{
	fputs("usage: chat-lossy [--seed N] [--loss %] [--dup %] [--reorder %] [--delay MS] PORT\n",
	      stderr);
	exit(2);
}

static void parse(struct proxy *x, int argc, char **argv)
{
	static const struct option options[] = {{"seed", 1, NULL, 's'},	 {"loss", 1, NULL, 'l'},
						{"dup", 1, NULL, 'd'},	 {"reorder", 1, NULL, 'r'},
						{"delay", 1, NULL, 'w'}, {0}};
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == '?')
			usage();
		uint64_t v = strtoull(optarg, NULL, 10);
		if (c == 's')
			x->seed = v;
		else if (c == 'l')
			x->rates.loss = (unsigned)v;
		else if (c == 'd')
			x->rates.dup = (unsigned)v;
		else if (c == 'r')
			x->rates.reorder = (unsigned)v;
		else if (c == 'w')
			x->rates.delay_us = v * 1000;
	}
	if (optind + 1 != argc)
		usage();
	x->server = loopback((unsigned)strtoul(argv[optind], NULL, 10));
}

int main(int argc, char **argv)
{
	static struct proxy x;
	parse(&x, argc, argv);
	listen_here(&x);
	while (turn(&x))
		continue;
	finish(&x);
	return 0;
}
