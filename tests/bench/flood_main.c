/*
 * chat-bench-flood: what members notice when somebody floods the server with first packets.
 *
 *     chat-bench-flood [inits=PER_SECOND] [seconds=N] [rounds=N] [members=N] [talks=PER_SECOND]
 *
 * A real server; members, half of them over UDP and half over TCP, each of which talks at a steady
 * rate.  In each round they are alone for some seconds; then a second process sends as long sound INITs
 * (20,000 a second) from random addresses of 127.0.0.0/8 and random ports, for ten seconds at most
 * in all rounds together.  Printed for both times: how long talks took from one member to another, and
 * what the server used; for the flood what went in and out, counted where it is sent from; and at the
 * end the medians of all rounds, since one hiccup of the machine is a round's p99.
 */
#include "caller.h"
#include "check.h"
#include "sealed.h"

#include "sys/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SECOND = 1000 * 1000,
	MEMBERS_MAX = 64,
	SAMPLES_MAX = 1000 * 1000,
	KINDS = 256,  /* different INITs; one is as good from every address */
	SOCKETS = 64, /* ports that they come from */
	TICK_US = 1000,
	ROUNDS_MAX = 10,
	FLOOD_MAX = 10, /* seconds, all rounds together */
};

struct setup {
	unsigned long inits, seconds, rounds, members, talks;
};

struct flooded {
	uint64_t sent, sent_bytes, answers, answer_bytes;
};

static void die(const char *what)
{
	fprintf(stderr, "chat-bench-flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the flood ------------------------------------------------------------------------------- */

static uint8_t inits[KINDS][WIRE_INIT_SIZE];

static uint32_t draw(void)
{
	static uint64_t state = 20261121;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 32);
}

static int flood_socket(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
	int size = 4 * 1024 * 1024;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0)
		die("a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* From a random address of this machine: all of 127.0.0.0/8 is. */
static bool send_from_anywhere(int fd, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {.bytes = {0}};
	struct iovec iov = {inits[draw() % KINDS], WIRE_INIT_SIZE};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof(to),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct in_pktinfo from = {.ipi_spec_dst = {htonl(127U << 24 | (draw() >> 8 | 2))}};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));
	return sendmsg(fd, &m, 0) == WIRE_INIT_SIZE;
}

static void count_answers(int fd, struct flooded *f)
{
	uint8_t bytes[2048];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		f->answers++;
		f->answer_bytes += (uint64_t)n;
	}
}

static void sleep_until(uint64_t at)
{
	uint64_t now = clock_mono_us();
	struct timespec wait = {0, at > now ? (long)(at - now) * 1000 : 0};

	(void)nanosleep(&wait, NULL);
}

/* Runs in a process of its own and says at the end what it did. */
static void flood(const struct setup *w, uint16_t port, int report)
{
	struct flooded f = {0};
	int fds[SOCKETS];
	uint64_t start = clock_mono_us(), end = start + w->seconds * SECOND;

	for (int i = 0; i < SOCKETS; i++)
		fds[i] = flood_socket();
	for (uint64_t now = start; now < end; now = clock_mono_us()) {
		uint64_t due = (now - start) * w->inits / SECOND;
		for (; f.sent < due; f.sent++)
			if (send_from_anywhere(fds[draw() % SOCKETS], port))
				f.sent_bytes += WIRE_INIT_SIZE;
		for (int i = 0; i < SOCKETS; i++)
			count_answers(fds[i], &f);
		sleep_until(now + TICK_US);
	}
	sleep_until(clock_mono_us() + 100 * 1000);
	for (int i = 0; i < SOCKETS; i++)
		count_answers(fds[i], &f);
	if (write(report, &f, sizeof(f)) != sizeof(f))
		_exit(1);
	_exit(0);
}

static pid_t start_flood(const struct setup *w, uint16_t port, int *report)
{
	int pipes[2];

	for (uint64_t i = 0; i < KINDS; i++) {
		struct buf b = buf_of(inits[i], WIRE_INIT_SIZE);
		sealed_init(&b, i + 1, i + 1);
	}
	if (pipe(pipes) != 0)
		die("a pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("a process");
	if (pid == 0)
		flood(w, port, pipes[1]);
	close(pipes[1]);
	*report = pipes[0];
	return pid;
}

/* ---- the members ----------------------------------------------------------------------------- */

static uint32_t samples[SAMPLES_MAX];
static size_t sample_count;

/* A talk says when it was said. */
static void heard(struct caller *c, const struct session_event *ev)
{
	unsigned long long said;
	char text[32] = "";

	(void)c;
	if (ev->kind != SESSION_EVENT || ev->heard.event.kind != EVENT_TALK ||
	    ev->heard.event.text.len >= sizeof(text))
		return;
	memcpy(text, ev->heard.event.text.data, ev->heard.event.text.len);
	if (sscanf(text, "at %llu", &said) == 1 && sample_count < SAMPLES_MAX)
		samples[sample_count++] = (uint32_t)(clock_mono_us() - said);
}

static void say_the_time(struct caller *c)
{
	char text[32];

	snprintf(text, sizeof(text), "at %llu", (unsigned long long)clock_mono_us());
	caller_say(c, text);
}

/* They talk in turn, so that nothing piles up by itself. */
static void talk_all(struct caller *all, const struct setup *w)
{
	uint64_t start = clock_mono_us(), said = 0;
	uint64_t talks = w->seconds * w->talks * w->members;

	while (said < talks) {
		uint64_t next = start + (said + 1) * w->seconds * SECOND / talks;
		callers_run(all, w->members, next, false);
		say_the_time(&all[said++ % w->members]);
	}
	uint64_t want = talks * w->members, deadline = clock_mono_us() + 30 * SECOND;
	while (sample_count < want && clock_mono_us() < deadline)
		callers_run(all, w->members, clock_mono_us() + 10 * 1000, false);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(unsigned percent)
{
	size_t i = sample_count * percent / 100;

	return sample_count == 0 ? 0 : samples[i < sample_count ? i : sample_count - 1] / 1e3;
}

static unsigned long resident_kib(pid_t pid)
{
	char path[64], line[256];
	unsigned long kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* Prints how it was; the p99 in milliseconds. */
static double report(const char *when, const struct setup *w, const struct server *s,
		     uint64_t cpu_before)
{
	pid_t pid = program_pid(s->program);
	double cpu = (double)(caller_cpu_of(pid) - cpu_before) / 1e7 / (double)w->seconds;
	uint64_t want = w->seconds * w->talks * w->members * w->members;

	qsort(samples, sample_count, sizeof(*samples), by_value);
	printf("%-8s p50 %6.2f ms   p99 %6.2f ms   max %6.2f ms   server: %2.0f %% of a processor, "
	       "%lu KiB\n",
	       when, quantile(50), quantile(99), quantile(100), cpu, resident_kib(pid));
	if (sample_count != want) {
		fprintf(stderr, "chat-bench-flood: heard %zu of %llu\n", sample_count,
			(unsigned long long)want);
		exit(1);
	}
	double p99 = quantile(99);
	sample_count = 0;
	return p99;
}

static void join_all(struct caller *all, const struct setup *w, const struct server *s)
{
	char name[16];

	for (unsigned i = 0; i < w->members; i++) {
		caller_begin(&all[i], s, i % 2 ? VIA_TCP : VIA_UDP, i + 1);
		all[i].told = heard;
		snprintf(name, sizeof(name), "m%u", i);
		caller_join(&all[i], name);
	}
	callers_run(all, w->members, clock_mono_us() + 10 * SECOND, true);
	callers_run(all, w->members, clock_mono_us() + SECOND / 2, false);
}

/* One round: the two p99. */
static void measure(struct caller *all, const struct setup *w, const struct server *s,
		    double p99[2])
{
	pid_t pid = program_pid(s->program);
	uint64_t before = caller_cpu_of(pid);
	struct flooded f;
	int from, status;

	talk_all(all, w);
	p99[0] = report("alone", w, s, before);
	before = caller_cpu_of(pid);
	pid_t flooder = start_flood(w, s->udp_port, &from);
	talk_all(all, w);
	p99[1] = report("flooded", w, s, before);
	if (read(from, &f, sizeof(f)) != sizeof(f) || waitpid(flooder, &status, 0) != flooder)
		die("the flood");
	close(from);
	printf("flood    %llu INITs in, %.1f MB; %llu answers, %.1f MB\n",
	       (unsigned long long)f.sent, (double)f.sent_bytes / 1e6,
	       (unsigned long long)f.answers, (double)f.answer_bytes / 1e6);
	if (f.answer_bytes > f.sent_bytes)
		exit(1);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

static void bench(const struct setup *w)
{
	static struct caller all[MEMBERS_MAX];
	struct server *s = server_start("--io", "epoll", NULL);
	double alone[ROUNDS_MAX], flooded[ROUNDS_MAX], p99[2];

	join_all(all, w, s);
	talk_all(all, w); /* once for nothing: caches, first allocations */
	sample_count = 0;
	for (unsigned long i = 0; i < w->rounds; i++) {
		measure(all, w, s, p99);
		alone[i] = p99[0];
		flooded[i] = p99[1];
	}
	double a = median(alone, w->rounds), b = median(flooded, w->rounds);
	printf("medians  p99 alone %.2f ms, flooded %.2f ms: %.2f times\n", a, b, b / a);
	for (unsigned i = 0; i < w->members; i++)
		caller_end(&all[i]);
	server_kill(s); /* it would wait for goodbyes */
	if (room_teardown(NULL) != 0)
		exit(1);
}

static bool set(struct setup *w, const char *arg)
{
	const struct {
		const char *name;
		unsigned long *value, min, max;
	} known[] = {
		{"inits=", &w->inits, 1, 100000},	{"seconds=", &w->seconds, 1, FLOOD_MAX},
		{"rounds=", &w->rounds, 1, ROUNDS_MAX}, {"members=", &w->members, 2, MEMBERS_MAX},
		{"talks=", &w->talks, 1, 50},
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		size_t n = strlen(known[i].name);
		char *end;
		if (strncmp(arg, known[i].name, n) != 0)
			continue;
		*known[i].value = strtoul(arg + n, &end, 10);
		return *end == '\0' && *known[i].value >= known[i].min &&
		       *known[i].value <= known[i].max;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct setup w = {.inits = 20000, .seconds = 2, .rounds = 5, .members = 8, .talks = 20};

	for (int i = 1; i < argc; i++)
		if (!set(&w, argv[i])) {
			fprintf(stderr, "chat-bench-flood: what is \"%s\"?\n", argv[i]);
			return 1;
		}
	if (w.seconds * w.rounds > FLOOD_MAX) {
		fprintf(stderr, "chat-bench-flood: that is too long a flood\n");
		return 1;
	}
	bench(&w);
	return 0;
}
