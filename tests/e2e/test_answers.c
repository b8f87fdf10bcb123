/* Which of the machine's addresses a datagram is answered from: only that one reaches the asker. */
#include "room.h"

#include "sealed.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The first datagram of a session. */
static size_t first_datagram(uint8_t bytes[WIRE_PACKET_MAX])
{
	struct buf out = buf_of(bytes, WIRE_PACKET_MAX);
	sealed_init(&out, 7, 7);
	return out.len;
}

/* Who answers what is sent to `host`, as text. */
static const char *answers_from(const char *host, uint16_t port)
{
	static char from[NI_MAXHOST];
	struct addrinfo *to, hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
	struct sockaddr_storage answer;
	socklen_t len = sizeof(answer);
	uint8_t bytes[WIRE_PACKET_MAX];
	char service[8];
	int on = 1;
	snprintf(service, sizeof(service), "%u", port);
	assert_int_equal(getaddrinfo(host, service, &hints, &to), 0);
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	size_t n = first_datagram(bytes);
	if (sendto(fd, bytes, n, 0, to->ai_addr, to->ai_addrlen) != (ssize_t)n)
		fail_msg("nothing can be sent to %s: %s", host, strerror(errno));
	uint64_t deadline = within(SOON);
	/* the wait may also end because the server wrote a line */
	while (recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&answer, &len) < 0)
		if (errno != EAGAIN || !programs_wait(fd, POLLIN, deadline))
			fail_msg("nobody answers what is sent to %s: %s", host, strerror(errno));
	assert_int_equal(getnameinfo((struct sockaddr *)&answer, len, from, sizeof(from), NULL, 0,
				     NI_NUMERICHOST),
			 0);
	freeaddrinfo(to);
	close(fd);
	return from;
}

/* The one that was written to, and where that was a broadcast, one of our own. */
static void test_answers_come_from_an_address_of_ours(void **state)
{
	static const char *const binds[] = {"0.0.0.0", "::", ""};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct server *s = *binds[i] ? server_start("-b", binds[i], NULL)
					     : server_start("--no-tcp", NULL);
		if (i != 1) {
			assert_string_equal(answers_from("127.0.0.1", s->udp_port), "127.0.0.1");
			assert_string_equal(answers_from("127.0.0.2", s->udp_port), "127.0.0.2");
			assert_string_equal(answers_from("127.255.255.255", s->udp_port),
					    "127.0.0.1");
		}
		if (i != 0)
			assert_string_equal(answers_from("::1", s->udp_port), "::1");
		server_stop(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_answers_come_from_an_address_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
