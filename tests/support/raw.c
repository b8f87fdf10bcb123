/* See raw.h. */
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int connect_to(int family, int type, const void *address, size_t len)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, address, (socklen_t)len) != 0)
		fail_msg("cannot connect: %s", strerror(errno));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int open_ip(int type, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(port)};
	return connect_to(AF_INET, type, &to, sizeof(to));
}

int raw_open(const struct server *s, enum via via)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	if (via == VIA_UDP)
		return open_ip(SOCK_DGRAM, s->udp_port);
	if (via == VIA_TCP)
		return open_ip(SOCK_STREAM, s->tcp_port);
	assert_int_equal(via, VIA_UNIX);
	snprintf(local.sun_path, sizeof(local.sun_path), "%s", s->socket);
	return connect_to(AF_UNIX, SOCK_STREAM, &local, sizeof(local));
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
}

bool raw_send(int fd, const void *data, size_t n)
{
	const char *at = data;
	uint64_t deadline = within(SOON);
	while (n > 0) {
		ssize_t done = send(fd, at, n, MSG_NOSIGNAL);
		if (done >= 0) {
			at += done;
			n -= (size_t)done;
		} else if (!would_block()) {
			return false;
		} else if (!programs_wait(fd, POLLOUT, deadline)) {
			fail_msg("the other side takes no more bytes");
		}
	}
	return true;
}

/* Bytes, 0 at the end, -1 when the deadline is there first. */
static ssize_t receive(int fd, void *out, size_t cap, uint64_t deadline)
{
	for (;;) {
		ssize_t n = recv(fd, out, cap, 0);
		if (n >= 0)
			return n;
		if (!would_block())
			return 0; /* a reset is an end as well */
		if (!programs_wait(fd, POLLIN, deadline))
			return -1;
	}
}

size_t raw_receive(int fd, void *out, size_t cap, uint64_t deadline)
{
	ssize_t n = receive(fd, out, cap, deadline);
	if (n < 0)
		fail_msg("nothing came in time");
	return (size_t)n;
}

bool raw_closes(int fd, uint64_t deadline)
{
	char dropped[4096];
	ssize_t n;
	do
		n = receive(fd, dropped, sizeof(dropped), deadline);
	while (n > 0);
	return n == 0;
}
