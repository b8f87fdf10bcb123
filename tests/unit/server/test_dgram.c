/*
 * dgram: answers go out from the address that was written to, however many there are of them in the
 * course of time; and trains arrive as they were sent, whatever the kernel can do.  The peers'
 * table is a stand-in, and the clock is the test's.
 */
#include "net/dgram.h"

#include "check.h"

#include "sys/train.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000)

enum {
	PATHS = 64, /* that are told apart at a time */
	HEARD_MAX = 1000,
	LONGEST = 1300,
};

struct peers {
	int via; /* of the newest datagram */
	struct address from;
	size_t count;
	uint64_t takes_us; /* to look at one */
	struct {
		size_t n;
		uint8_t bytes[LONGEST];
	} heard[HEARD_MAX];
};

uint64_t __wrap_clock_mono_us(void);
static uint64_t clock_us = SECOND;

uint64_t __wrap_clock_mono_us(void)
{
	return clock_us;
}

/* What the kernel is asked, and what it cannot do. */
static struct kernel {
	int refuses;	 /* an errno for trains; 0: it takes them */
	int refuses_all; /* … for everything */
	unsigned calls, trains, datagrams, most_in;
} kernel;

int __real_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t);
int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t);

static bool is_train(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	return false;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	unsigned taken = 0;

	kernel.calls++;
	for (; taken < n; taken++) {
		bool train = is_train(&m[taken].msg_hdr);
		if (kernel.refuses_all || (train && kernel.refuses))
			break;
		kernel.trains += train;
		kernel.datagrams += !train;
	}
	if (taken > 0)
		return __real_sendmmsg(fd, m, taken, flags);
	errno = kernel.refuses_all ? kernel.refuses_all : kernel.refuses;
	return -1;
}

int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t)
{
	int got = __real_recvmmsg(fd, m, n, flags, t);

	for (int i = 0; i < got; i++)
		if (m[i].msg_len > kernel.most_in)
			kernel.most_in = m[i].msg_len;
	return got;
}

static void hear(struct peers *p, const struct address *from, int via, void *bytes, size_t n)
{
	p->via = via;
	p->from = *from;
	assert_true(p->count < HEARD_MAX && n <= LONGEST);
	p->heard[p->count].n = n;
	memcpy(p->heard[p->count++].bytes, bytes, n);
	memset(bytes, 0xff, n); /* it is theirs */
	clock_us += p->takes_us;
}

void peers_datagrams(struct peers *p, struct instant now, const struct peers_arrival *all,
		     size_t count)
{
	(void)now;
	for (size_t i = 0; i < count; i++)
		hear(p, &all[i].from, all[i].via, all[i].bytes, all[i].n);
}

static struct rig {
	struct reactor *reactor;
	struct peers peers;
	struct dgram *dgram;
	in_port_t port;
	int client;
} rig;

static int udp_socket(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof(*at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
	return fd;
}

static void rig_open(void)
{
	struct sockaddr_in at;

	memset(&kernel, 0, sizeof(kernel));
	rig.peers.count = 0;
	rig.peers.takes_us = 0;
	rig.reactor = reactor_new(REACTOR_POLL, false);
	rig.dgram = dgram_new(rig.reactor, &rig.peers);
	assert_true(rig.reactor && rig.dgram);
	assert_int_equal(dgram_listen(rig.dgram, udp_socket(&at)), ERR_NONE);
	rig.port = at.sin_port;
	rig.client = udp_socket(&at);
}

static void rig_close(void)
{
	close(rig.client);
	dgram_free(rig.dgram);
	reactor_free(rig.reactor);
}

static struct sockaddr_in local(unsigned n)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = rig.port,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + n)};
}

/* A datagram to the server's n-th address; returns the path it came by. */
static int write_to(unsigned n)
{
	struct sockaddr_in to = local(n);

	rig.peers.via = -1;
	assert_int_equal(sendto(rig.client, "?", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	while (rig.peers.via < 0) /* it is on its way: this waits for it */
		assert_int_equal(reactor_turn(rig.reactor, clock_us + 60 * SECOND), ERR_NONE);
	return rig.peers.via;
}

/* Where an answer by that path comes from. */
static in_addr_t answers_from(int via)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char c;

	dgram_send_train(rig.dgram, 0, &rig.peers.from, via, "!", 1, 1);
	dgram_flush(rig.dgram, 0);
	assert_int_equal(recvfrom(rig.client, &c, 1, 0, (struct sockaddr *)&from, &len), 1);
	return ntohl(from.sin_addr.s_addr);
}

static void answers_come_from_where_was_written_to(void **state)
{
	int via[PATHS];

	(void)state;
	rig_open();
	for (unsigned i = 0; i < PATHS; i++)
		via[i] = write_to(i);
	for (unsigned i = 0; i < PATHS; i++)
		assert_int_equal(answers_from(via[i]), INADDR_LOOPBACK + i);
	write_to(PATHS); /* one too many: the others keep theirs */
	for (unsigned i = 0; i < PATHS; i++)
		assert_int_equal(answers_from(via[i]), INADDR_LOOPBACK + i);
	rig_close();
}

/* Addresses come and go; what nobody has written to for longer than a session lasts has no peers. */
static void paths_that_nobody_uses_make_room(void **state)
{
	(void)state;
	rig_open();
	int kept = write_to(0);
	for (unsigned i = 1; i < 3 * PATHS; i++) {
		clock_us += 2 * SECOND;
		int via = write_to(i);
		assert_int_equal(answers_from(via), INADDR_LOOPBACK + i);
		assert_int_equal(write_to(0), kept);
		assert_int_equal(answers_from(kept), INADDR_LOOPBACK);
	}
	rig_close();
}

/* ---- trains ---------------------------------------------------------------------------------- */

/* With a client that is connected to it, over that family. */
static void train_open(int family, bool plain, bool client_takes_trains)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *at = family == AF_INET6 ? (void *)&v6 : (void *)&v4;
	socklen_t len = family == AF_INET6 ? sizeof(v6) : sizeof(v4);
	int server = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), room = 1 << 20;

	memset(&kernel, 0, sizeof(kernel));
	rig.peers.count = 0;
	rig.reactor = reactor_new(REACTOR_POLL, false);
	rig.dgram = dgram_new(rig.reactor, &rig.peers);
	assert_true(rig.reactor && rig.dgram);
	if (plain)
		dgram_plain(rig.dgram);
	assert_int_equal(bind(server, at, len), 0);
	assert_int_equal(getsockname(server, at, &len), 0);
	assert_int_equal(dgram_listen(rig.dgram, server), ERR_NONE);
	rig.client = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(rig.client, at, len), 0);
	setsockopt(rig.client, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(server, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (client_takes_trains)
		train_ask(rig.client);
}

static uint8_t bytes_of[TRAIN_MAX_BYTES];

static void draw_bytes(unsigned seed)
{
	for (size_t i = 0; i < sizeof(bytes_of); i++)
		bytes_of[i] = (uint8_t)((i * 2654435761U + seed) >> 13);
}

/* Until the peers have heard so many. */
static void turn_until(size_t count)
{
	while (rig.peers.count < count)
		assert_int_equal(reactor_turn(rig.reactor, clock_us + 60 * SECOND), ERR_NONE);
	assert_int_equal(rig.peers.count, count);
}

static void hear_first_of(void)
{
	assert_int_equal(send(rig.client, "?", 1, 0), 1);
	turn_until(1);
	rig.peers.count = 0;
}

/* The client hears n bytes in datagrams of that size, as they were sent. */
static void client_hears(size_t n, size_t size)
{
	static uint8_t got[1 << 16];
	union {
		struct cmsghdr align;
		uint8_t bytes[TRAIN_ASKED];
	} control;
	struct pollfd ready = {.fd = rig.client, .events = POLLIN};

	for (size_t at = 0; at < n;) {
		struct iovec iov = {got, sizeof(got)};
		struct msghdr m = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control.bytes,
				   .msg_controllen = sizeof(control)};
		assert_int_equal(poll(&ready, 1, 60 * 1000), 1);
		ssize_t len = recvmsg(rig.client, &m, 0);
		assert_true(len > 0 && at + (size_t)len <= n);
		size_t piece = train_piece(&m, (size_t)len);
		assert_int_equal(piece, n - at < size ? n - at : size);
		assert_memory_equal(got, bytes_of + at, len);
		at += (size_t)len;
	}
}

static void expect_heard(size_t n, size_t size)
{
	for (size_t i = 0, at = 0; at < n; i++, at += size) {
		assert_int_equal(rig.peers.heard[i].n, n - at < size ? n - at : size);
		assert_memory_equal(rig.peers.heard[i].bytes, bytes_of + at, rig.peers.heard[i].n);
	}
}

static const struct {
	size_t n, size;
} shapes[] = {
	{1, 1},	       {1200, 1200},	     {1201, 1200}, {2400, 1200}, {54 * 1200 + 3, 1200},
	{64 * 50, 50}, {3 * 700 + 699, 700},
};

/* Through every pair of kernels, over both families, both ways: the same datagrams. */
static void trains_arrive_as_they_were_sent(int family, bool plain, bool client_plain)
{
	struct train_way way = {.none = client_plain};

	train_open(family, plain, !client_plain);
	hear_first_of();
	for (unsigned i = 0; i < COUNT_OF(shapes); i++) {
		size_t n = shapes[i].n, size = shapes[i].size;
		draw_bytes(i);
		dgram_send_train(rig.dgram, 0, &rig.peers.from, rig.peers.via, bytes_of, n, size);
		dgram_flush(rig.dgram, 0);
		client_hears(n, size);
		assert_true(train_send(&way, rig.client, bytes_of, n, size));
		turn_until((n + size - 1) / size);
		expect_heard(n, size);
		rig.peers.count = 0;
	}
	rig_close();
}

static void trains_arrive_on_every_kernel(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (int plain = 0; plain < 4; plain++)
			trains_arrive_as_they_were_sent(v6 ? AF_INET6 : AF_INET, plain & 1,
							plain & 2);
}

/* Else all of the above would be true of a server that knows no trains. */
static void a_train_is_one_call_where_the_kernel_can(void **state)
{
	struct train_way way = {.none = false};

	(void)state;
	train_open(AF_INET, false, true);
	hear_first_of();
	dgram_send_train(rig.dgram, 0, &rig.peers.from, rig.peers.via, bytes_of, 20 * 1200, 1200);
	dgram_flush(rig.dgram, 0);
	assert_int_equal(kernel.calls, 1);
	assert_int_equal(kernel.trains, 1);
	client_hears(20 * 1200, 1200);
	assert_true(train_send(&way, rig.client, bytes_of, 20 * 1200, 1200));
	turn_until(20);
	if (!way.none &&
	    way.refused == 0) /* a kernel that has UDP_SEGMENT has UDP_GRO, or nearly */
		assert_int_equal(kernel.most_in, 20 * 1200);
	rig_close();
}

static void small_packets_for_many_are_one_call(void **state)
{
	static uint8_t packets[150][40];
	struct sockaddr_in at;
	int fds[150];

	(void)state;
	rig_open();
	write_to(0);
	struct address to = rig.peers.from;
	for (unsigned i = 0; i < 150; i++) {
		fds[i] = udp_socket(&at);
		to.port = ntohs(at.sin_port);
		memset(packets[i], (int)i, sizeof(packets[i]));
		dgram_send_train(rig.dgram, 3, &to, rig.peers.via, packets[i], 40, 40);
	}
	dgram_flush(rig.dgram, 3);
	assert_in_range(kernel.calls, 1, 3);
	assert_int_equal(kernel.datagrams, 150);
	for (unsigned i = 0; i < 150; i++) {
		uint8_t got[41];
		assert_int_equal(recv(fds[i], got, sizeof(got), 0), 40);
		assert_memory_equal(got, packets[i], 40);
		close(fds[i]);
	}
	rig_close();
}

/* A kernel, a device, a way that takes no train: the datagrams go all the same, and soon it is not tried
 * any more. */
static void what_takes_no_trains_gets_datagrams(void **state)
{
	static const int why[] = {EIO, EINVAL, EMSGSIZE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(why); i++) {
		train_open(i == 0 ? AF_INET6 : AF_INET, false, i > 0);
		hear_first_of();
		kernel.refuses = why[i];
		draw_bytes(7);
		for (unsigned n = 0; n < 20; n++) {
			kernel.calls = kernel.datagrams = 0;
			dgram_send_train(rig.dgram, 0, &rig.peers.from, rig.peers.via, bytes_of,
					 5 * 1200, 1200);
			dgram_flush(rig.dgram, 0);
			assert_int_equal(kernel.datagrams, n < TRAIN_REFUSALS ? 0 : 5);
			client_hears(5 * 1200, 1200);
		}
		rig_close();
	}
}

/* What is refused for another reason says nothing of trains; nor does one way in many. */
static void trains_go_on_where_they_can(void **state)
{
	(void)state;
	train_open(AF_INET, false, true);
	hear_first_of();
	draw_bytes(8);
	struct address nowhere = rig.peers.from, here = nowhere;
	nowhere.port = 0; /* EINVAL, and for each datagram, too */
	for (unsigned n = 0; n < 3 * TRAIN_REFUSALS; n++) {
		kernel.refuses = n % TRAIN_REFUSALS == 1 ? EMSGSIZE : 0;
		dgram_send_train(rig.dgram, 0, &nowhere, rig.peers.via, bytes_of, 2400, 1200);
		dgram_send_train(rig.dgram, 0, &here, rig.peers.via, bytes_of, 2400, 1200);
		dgram_flush(rig.dgram, 0);
		client_hears(2400, 1200);
	}
	kernel.refuses = 0;
	kernel.trains = 0;
	dgram_send_train(rig.dgram, 0, &here, rig.peers.via, bytes_of, 2400, 1200);
	dgram_flush(rig.dgram, 0);
	assert_int_equal(kernel.trains, 1);
	client_hears(2400, 1200);
	rig_close();
}

/* A full device loses what it does not take, and no more. */
static void what_is_not_taken_is_lost(void **state)
{
	(void)state;
	train_open(AF_INET, false, true);
	hear_first_of();
	draw_bytes(9);
	kernel.refuses_all = EAGAIN;
	dgram_send_train(rig.dgram, 0, &rig.peers.from, rig.peers.via, bytes_of + 1, 2400, 1200);
	dgram_send_train(rig.dgram, 0, &rig.peers.from, rig.peers.via, bytes_of + 2, 1200, 1200);
	dgram_flush(rig.dgram, 0);
	kernel.refuses_all = 0;
	dgram_send_train(rig.dgram, 0, &rig.peers.from, rig.peers.via, bytes_of, 1200, 1200);
	dgram_flush(rig.dgram, 0);
	client_hears(1200, 1200);
	rig_close();
}

static void an_empty_datagram_hides_none(void **state)
{
	(void)state;
	train_open(AF_INET, false, true);
	draw_bytes(10);
	assert_int_equal(send(rig.client, bytes_of, 10, 0), 10);
	assert_int_equal(send(rig.client, "", 0, 0), 0);
	assert_int_equal(send(rig.client, bytes_of + 10, 10, 0), 10);
	turn_until(3);
	assert_int_equal(rig.peers.heard[0].n, 10);
	assert_int_equal(rig.peers.heard[1].n, 0);
	assert_int_equal(rig.peers.heard[2].n, 10);
	assert_memory_equal(rig.peers.heard[2].bytes, bytes_of + 10, 10);
	rig_close();
}

/* All that is there, where that is nothing to do; but the others' turn comes. */
static void a_turn_is_as_long_as_its_work(void **state)
{
	enum { MANY = 200, SLOW_US = 1000 };

	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		train_open(AF_INET, true, false);
		hear_first_of();
		rig.peers.takes_us = slow ? SLOW_US : 0;
		for (int i = 0; i < MANY; i++)
			assert_int_equal(send(rig.client, "?", 1, 0), 1);
		assert_int_equal(reactor_turn(rig.reactor, clock_us), ERR_NONE);
		size_t first = rig.peers.count; /* loopback: what was sent is there */
		assert_in_range(first, slow ? 10 : MANY, slow ? MANY / 2 : MANY);
		turn_until(MANY);
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_from_where_was_written_to),
		cmocka_unit_test(paths_that_nobody_uses_make_room),
		cmocka_unit_test(trains_arrive_on_every_kernel),
		cmocka_unit_test(a_train_is_one_call_where_the_kernel_can),
		cmocka_unit_test(small_packets_for_many_are_one_call),
		cmocka_unit_test(what_takes_no_trains_gets_datagrams),
		cmocka_unit_test(trains_go_on_where_they_can),
		cmocka_unit_test(what_is_not_taken_is_lost),
		cmocka_unit_test(an_empty_datagram_hides_none),
		cmocka_unit_test(a_turn_is_as_long_as_its_work),
	};

	return cmocka_run_group_tests_name("dgram", tests, NULL, NULL);
}
