/*
 * chat-bench-handshake: what one handshake costs the server.
 *
 *     chat-bench-handshake [COUNT]
 *
 * Starts a real server and opens COUNT sessions (2000) one after the other over loopback: over UDP in
 * quiet times, over UDP with a RETRY before it, and over TCP.  What is counted is all the processor
 * time of the server's process, the kernel's part for it included, from the first packet to the
 * first sealed answer; of each fifty the mean, and of those the median.  Four X25519 operations, which each of them cannot do without, are measured in
 * the same run: compare the ratio where machines differ.
 */
#include "caller.h"
#include "check.h"
#include "raw.h"
#include "sealed.h"

#include "core/gate.h"
#include "sys/clock.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 50,
	COUNT_MAX = 10000,
	QUIET_US = 2500 /* from one INIT to the next: 400 a second */
};

struct run {
	const char *what;
	enum via via;
	bool retry;
};

static const struct run runs[] = {
	{"UDP", VIA_UDP, false},
	{"UDP, after a RETRY", VIA_UDP, true},
	{"TCP", VIA_TCP, false},
};

/* Microseconds for the four operations. */
static double four_operations(void)
{
	enum { ROUNDS = 500 };
	uint8_t secret[32], point[32], out[32];
	struct timespec a, b;

	entropy_fill(secret, sizeof(secret));
	(void)crypto_scalarmult_base(point, secret);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < ROUNDS; i++) {
		(void)crypto_scalarmult_base(out, secret);
		for (int k = 0; k < 3; k++) {
			if (crypto_scalarmult(out, secret, point) != 0)
				exit(1);
			secret[3 + k] ^= out[7];
		}
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) /
	       ROUNDS;
}

/* So many are half open from now on, for ten seconds, that everybody is asked for a token. */
static void crowd_the_gate(const struct server *s)
{
	uint8_t bytes[WIRE_PACKET_MAX];
	int fd = raw_open(s, VIA_UDP);

	for (uint64_t i = 0; i < GATE_HALF_OPEN; i++) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		sealed_init(&b, i + 1, i + 1);
		if (!raw_send(fd, bytes, b.len))
			exit(1);
		(void)raw_receive(fd, bytes, sizeof(bytes), within(SOON));
	}
	close(fd);
}

static void open_one(struct caller *c, const struct server *s, enum via via, unsigned who)
{
	caller_begin(c, s, via, who);
	callers_run(c, 1, clock_mono_us() + 10 * 1000 * 1000, true);
	if (c->opened)
		return;
	fprintf(stderr, "chat-bench-handshake: no session\n");
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Microseconds of the server's time for each: the median of the batches, since machines hiccup. */
static double measure(const struct run *run, const struct server *s, unsigned count)
{
	struct caller callers[BATCH];
	pid_t pid = program_pid(s->program);
	double each[COUNT_MAX / BATCH + 1];
	size_t batches = 0;
	uint64_t next = clock_mono_us();

	for (unsigned done = 0; done < count;) {
		unsigned n = count - done < BATCH ? count - done : BATCH;
		uint64_t before = caller_cpu_of(pid);
		for (unsigned i = 0; i < n; i++, next += QUIET_US) {
			while (!run->retry && clock_mono_us() < next)
				(void)poll(NULL, 0, 1);
			open_one(&callers[i], s, run->via, done + i);
		}
		each[batches++] = (double)(caller_cpu_of(pid) - before) / 1e3 / n;
		for (unsigned i = 0; i < n; i++)
			caller_end(&callers[i]);
		done += n;
	}
	qsort(each, batches, sizeof(*each), by_value);
	return each[batches / 2];
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000;

	if (count == 0 || count > COUNT_MAX || argc > 2) {
		fprintf(stderr, "usage: chat-bench-handshake [COUNT]\n");
		return 1;
	}
	struct server *s = server_start("--io", "epoll", NULL);
	printf("%u handshakes each; the server's processor time\n", count);
	for (size_t i = 0; i < COUNT_OF(runs); i++) {
		if (runs[i].retry)
			crowd_the_gate(s);
		double bare = four_operations(), each = measure(&runs[i], s, count);
		printf("%-20s %7.1f us = %.2f times four X25519 (%.1f us)\n", runs[i].what, each,
		       each / bare, bare);
	}
	server_kill(s); /* it would wait for goodbyes */
	return room_teardown(NULL);
}
