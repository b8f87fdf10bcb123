/*
 * dgram: answers go out from the address that was written to, however many there are of them in the
 * course of time.  The peers' table is a stand-in, and the clock is the test's.
 */
#include "net/dgram.h"

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000)

enum { PATHS = 64 }; /* that are told apart at a time */

struct peers {
	int via; /* of the newest datagram */
	struct address from;
};

uint64_t __wrap_clock_mono_us(void);
static uint64_t clock_us = SECOND;

uint64_t __wrap_clock_mono_us(void)
{
	return clock_us;
}

void peers_datagram(struct peers *p, struct instant now, const struct address *from, int via,
		    void *bytes, size_t n)
{
	(void)now;
	(void)bytes;
	(void)n;
	p->via = via;
	p->from = *from;
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

	dgram_send(rig.dgram, &rig.peers.from, via, "!", 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_from_where_was_written_to),
		cmocka_unit_test(paths_that_nobody_uses_make_room),
	};

	return cmocka_run_group_tests_name("dgram", tests, NULL, NULL);
}
