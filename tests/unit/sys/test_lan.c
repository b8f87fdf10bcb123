/*
 * sys/lan on this machine's loopback alone: who shares the port, how it is told what was sent to
 * everybody, and where answers come from.  What goes out over real interfaces is tested in networks
 * of a test's own (e2e/test_lan_rooms).
 */
#include "sys/lan.h"

#include "check.h"

#include "sys/sock.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 30 * 1000 };

static int listeners[2];
static uint16_t port;
static struct lan_caller caller;

static int setup(void **state)
{
	struct address at;

	(void)state;
	listeners[0] = lan_listen(0);
	assert_true(listeners[0] >= 0);
	assert_int_equal(sock_local(listeners[0], TRANSPORT_UDP, &at), ERR_NONE);
	port = at.port;
	listeners[1] = lan_listen(port);
	assert_true(listeners[1] >= 0);
	assert_true(lan_caller_open(&caller));
	assert_true(caller.fds[0] >= 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(listeners[0]);
	close(listeners[1]);
	lan_caller_close(&caller);
	return 0;
}

static void send_to(const char *where, const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, where, &to.sin_addr), 1);
	assert_int_equal(
		sendto(caller.fds[0], text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)),
		strlen(text));
}

static void await(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

static bool is_at(const struct address *a, const char *ip)
{
	uint8_t v4[4];

	assert_int_equal(inet_pton(AF_INET, ip, v4), 1);
	return address_is_ipv4(a) && memcmp(a->ip + 12, v4, 4) == 0;
}

static void what_is_sent_to_everybody_reaches_all_who_share_the_port(void **state)
{
	struct lan_heard heard;
	char bytes[16];

	(void)state;
	send_to("127.255.255.255", "who?");
	for (size_t i = 0; i < COUNT_OF(listeners); i++) {
		await(listeners[i]);
		assert_int_equal(lan_receive(listeners[i], bytes, sizeof(bytes), &heard), 4);
		assert_memory_equal(bytes, "who?", 4);
		assert_true(heard.to_all);
		assert_true(is_at(&heard.from, "127.0.0.1"));
		assert_true(is_at(&heard.at, "127.0.0.1"));
		assert_int_equal(lan_receive(listeners[i], bytes, sizeof(bytes), &heard), -1);
	}
}

static void what_is_sent_to_this_machine_alone_says_so(void **state)
{
	struct lan_heard heard = {.to_all = true};
	struct pollfd p[2] = {{listeners[0], POLLIN, 0}, {listeners[1], POLLIN, 0}};
	char bytes[16];

	(void)state;
	send_to("127.0.0.1", "you?");
	assert_int_equal(poll(p, 2, PATIENCE_MS), 1); /* one of them has it */
	assert_int_equal(lan_receive(p[p[0].revents ? 0 : 1].fd, bytes, sizeof(bytes), &heard), 4);
	assert_false(heard.to_all);
}

static void an_answer_comes_from_where_the_question_went(void **state)
{
	struct lan_heard heard;
	struct address from;
	char bytes[16];

	(void)state;
	assert_int_equal(lan_caller_receive(&caller, bytes, sizeof(bytes), &from), -1);
	send_to("127.255.255.255", "who?");
	await(listeners[0]);
	assert_int_equal(lan_receive(listeners[0], bytes, sizeof(bytes), &heard), 4);
	lan_answer(listeners[0], &heard, "me", 2);
	await(caller.fds[0]);
	assert_int_equal(lan_caller_receive(&caller, bytes, sizeof(bytes), &from), 2);
	assert_memory_equal(bytes, "me", 2);
	assert_true(is_at(&from, "127.0.0.1"));
	assert_int_equal(from.port, port);
}

static void a_datagram_too_long_is_cut(void **state)
{
	struct lan_heard heard;
	char bytes[4];

	(void)state;
	send_to("127.255.255.255", "too long");
	await(listeners[1]);
	assert_int_equal(lan_receive(listeners[1], bytes, sizeof(bytes), &heard), sizeof(bytes));
	assert_int_equal(lan_receive(listeners[1], bytes, sizeof(bytes), &heard), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sent_to_everybody_reaches_all_who_share_the_port),
		TEST(what_is_sent_to_this_machine_alone_says_so),
		TEST(an_answer_comes_from_where_the_question_went),
		TEST(a_datagram_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
