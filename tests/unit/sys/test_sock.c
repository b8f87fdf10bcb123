/*
 * sock: real sockets on loopback, at ports that the kernel chooses.  Waiting is poll() with a limit
 * that only a hung test reaches.
 */
#include "sys/sock.h"

#include "sys/proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 8, GENEROUS_MS = 60 * 1000 };

static bool have_ipv6;

static void await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_int_equal(poll(&p, 1, GENEROUS_MS), 1);
}

/* Every descriptor of ours. */
static void assert_flags(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

static int listen_one(enum transport t, const char *host, struct endpoint *e)
{
	struct address local;
	struct sock_error why;
	int fds[MANY];
	size_t count;

	assert_int_equal(sock_listen(t, host, 0, fds, MANY, &count, &why), ERR_NONE);
	assert_int_equal(count, 1);
	assert_flags(fds[0]);
	assert_int_equal(sock_local(fds[0], t, &local), ERR_NONE);
	assert_int_not_equal(local.port, 0);
	*e = (struct endpoint){
		.kind = t == TRANSPORT_UDP ? ENDPOINT_UDP : ENDPOINT_TCP,
		.port = local.port,
	};
	return fds[0];
}

static int connect_one(enum transport t, struct endpoint *e, const char *host)
{
	struct sock_error why;
	int fd = -1;

	snprintf(e->host, sizeof(e->host), "%s", host);
	assert_int_equal(sock_connect(t, e, 0, &fd, &why), ERR_NONE);
	assert_flags(fd);
	return fd;
}

/* ---- TCP ---------------------------------------------------------------------------------- */

static void assert_tcp_meets(int listener, struct endpoint *e, const char *host)
{
	int client = connect_one(TRANSPORT_TCP, e, host);
	struct address local, peer;
	int served = -1;

	await(client, POLLOUT);
	assert_int_equal(sock_connected(client), ERR_NONE);
	await(listener, POLLIN);
	assert_int_equal(sock_accept(listener, TRANSPORT_TCP, &served, &peer), ERR_NONE);
	assert_true(served >= 0);
	assert_flags(served);
	assert_true(option(client, IPPROTO_TCP, TCP_NODELAY));
	assert_true(option(served, IPPROTO_TCP, TCP_NODELAY));
	assert_int_equal(sock_local(client, TRANSPORT_TCP, &local), ERR_NONE);
	assert_true(address_equal(&local, &peer));
	close(client);
	close(served);
}

static void test_tcp_on_every_address(void **state)
{
	struct endpoint e;
	int listener = listen_one(TRANSPORT_TCP, "", &e);

	(void)state;
	assert_true(option(listener, SOL_SOCKET, SO_REUSEADDR));
	assert_tcp_meets(listener, &e, "127.0.0.1");
	if (have_ipv6)
		assert_tcp_meets(listener, &e, "::1");
	close(listener);
}

static void test_tcp_on_one_address(void **state)
{
	struct endpoint e;
	int listener = listen_one(TRANSPORT_TCP, "127.0.0.1", &e);

	(void)state;
	assert_tcp_meets(listener, &e, "127.0.0.1");
	close(listener);
	if (!have_ipv6)
		return;
	listener = listen_one(TRANSPORT_TCP, "::1", &e);
	assert_true(option(listener, IPPROTO_IPV6, IPV6_V6ONLY));
	assert_tcp_meets(listener, &e, "::1");
	close(listener);
}

/* "::" by name is IPv6 alone, so that the same port of IPv4 can be had beside it. */
static void test_tcp_on_both_by_name(void **state)
{
	struct sock_error why;
	struct endpoint e;
	int six, fds[MANY];
	size_t count;

	(void)state;
	if (!have_ipv6)
		skip();
	six = listen_one(TRANSPORT_TCP, "::", &e);
	assert_true(option(six, IPPROTO_IPV6, IPV6_V6ONLY));
	assert_int_equal(sock_listen(TRANSPORT_TCP, "0.0.0.0", e.port, fds, MANY, &count, &why),
			 ERR_NONE);
	assert_int_equal(count, 1);
	assert_tcp_meets(six, &e, "::1");
	assert_tcp_meets(fds[0], &e, "127.0.0.1");
	close(fds[0]);
	close(six);
}

static void test_nobody_waiting(void **state)
{
	struct endpoint e;
	struct address peer;
	int listener = listen_one(TRANSPORT_TCP, "127.0.0.1", &e);
	int fd = 77;

	(void)state;
	assert_int_equal(sock_accept(listener, TRANSPORT_TCP, &fd, &peer), ERR_NONE);
	assert_int_equal(fd, -1);
	close(listener);
	assert_int_equal(sock_accept(listener, TRANSPORT_TCP, &fd, &peer), ERR_SYSTEM);
	assert_int_equal(fd, -1);
}

static void test_out_of_descriptors(void **state)
{
	struct endpoint e;
	struct address peer;
	int listener = listen_one(TRANSPORT_TCP, "127.0.0.1", &e);
	int client = connect_one(TRANSPORT_TCP, &e, "127.0.0.1");
	int later;
	struct rlimit old, few;
	int fd = 77;
	enum err err;

	(void)state;
	await(listener, POLLIN);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	err = sock_accept(listener, TRANSPORT_TCP, &fd, &peer);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(err, ERR_FULL);
	assert_int_equal(fd, -1);
	/* Another comes, because the first is lost where valgrind plays the limit. */
	later = connect_one(TRANSPORT_TCP, &e, "127.0.0.1");
	await(listener, POLLIN);
	assert_int_equal(sock_accept(listener, TRANSPORT_TCP, &fd, &peer), ERR_NONE);
	assert_true(fd >= 0);
	close(fd);
	close(later);
	close(client);
	close(listener);
}

/* The kernel may say so at once or later; it says why. */
static void test_connection_refused(void **state)
{
	struct sock_error why = {""};
	struct endpoint e;
	int listener = listen_one(TRANSPORT_TCP, "127.0.0.1", &e);
	int fd = -1;
	enum err err;

	(void)state;
	close(listener);
	snprintf(e.host, sizeof(e.host), "127.0.0.1");
	err = sock_connect(TRANSPORT_TCP, &e, 0, &fd, &why);
	if (!err) {
		await(fd, POLLOUT);
		err = sock_connected(fd);
	} else {
		assert_non_null(strstr(why.text, "no connection to 127.0.0.1"));
	}
	assert_int_equal(err, ERR_SYSTEM);
	assert_int_equal(errno, ECONNREFUSED);
	if (fd >= 0)
		close(fd);
}

static void test_not_connected(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(sock_connected(fd), ERR_SYSTEM);
	assert_int_equal(errno, ENOTCONN);
	close(fd);
	assert_int_equal(sock_connected(fd), ERR_SYSTEM);
	assert_int_equal(errno, EBADF);
}

static void test_past_the_last_address(void **state)
{
	struct sock_error why = {"what the last attempt said"};
	struct endpoint e = {.kind = ENDPOINT_TCP, .host = "127.0.0.1", .port = 9};
	struct endpoint local = {.kind = ENDPOINT_UNIX, .path = "/nowhere"};
	int fd = -1;

	(void)state;
	assert_int_equal(sock_connect(TRANSPORT_TCP, &e, 1, &fd, &why), ERR_NOT_FOUND);
	assert_int_equal(sock_connect(TRANSPORT_UDP, &e, 100, &fd, &why), ERR_NOT_FOUND);
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &local, 1, &fd, &why), ERR_NOT_FOUND);
	assert_string_equal(why.text, "what the last attempt said");
	assert_int_equal(fd, -1);
}

/* ---- UDP ---------------------------------------------------------------------------------- */

/* There and back: the address that a datagram came from is the one that it is answered to. */
static void assert_udp_meets(int server, struct endpoint *e, const char *host)
{
	int client = connect_one(TRANSPORT_UDP, e, host);
	int family = option(server, SOL_SOCKET, SO_DOMAIN);
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct address local, peer;
	char got[16];

	assert_int_equal(send(client, "there", 5, 0), 5);
	await(server, POLLIN);
	assert_int_equal(recvfrom(server, got, sizeof(got), 0, (struct sockaddr *)&from, &len), 5);
	sock_address_from((struct sockaddr *)&from, TRANSPORT_UDP, &peer);
	assert_int_equal(sock_local(client, TRANSPORT_UDP, &local), ERR_NONE);
	assert_true(address_equal(&local, &peer));
	memset(&from, 0, sizeof(from));
	len = sock_address_to(&peer, family, &from);
	assert_int_not_equal(len, 0);
	assert_int_equal(sendto(server, "back", 4, 0, (struct sockaddr *)&from, len), 4);
	await(client, POLLIN);
	assert_int_equal(recv(client, got, sizeof(got), 0), 4);
	assert_memory_equal(got, "back", 4);
	close(client);
}

static void test_udp(void **state)
{
	int plain = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct endpoint e;
	int server = listen_one(TRANSPORT_UDP, "", &e);

	(void)state;
	assert_udp_meets(server, &e, "127.0.0.1");
	if (have_ipv6)
		assert_udp_meets(server, &e, "::1");
	assert_true(option(server, SOL_SOCKET, SO_RCVBUF) >= option(plain, SOL_SOCKET, SO_RCVBUF));
	close(server);
	server = listen_one(TRANSPORT_UDP, "127.0.0.1", &e);
	assert_udp_meets(server, &e, "127.0.0.1");
	close(server);
	close(plain);
}

/* ---- places that cannot be listened on ---------------------------------------------------- */

static void assert_refused(enum transport t, const char *host, uint16_t port, enum err want,
			   const char *words)
{
	struct sock_error why = {""};
	int fds[MANY];
	size_t count = 77;

	assert_int_equal(sock_listen(t, host, port, fds, MANY, &count, &why), want);
	assert_int_equal(count, 77);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
	assert_int_equal(sock_listen(t, host, port, fds, MANY, &count, NULL), want);
}

static void test_port_in_use(void **state)
{
	static const enum transport both[] = {TRANSPORT_UDP, TRANSPORT_TCP};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct endpoint e;
		char words[128];
		int fd = listen_one(both[i], "127.0.0.1", &e);

		snprintf(words, sizeof(words), "port %u/%s on 127.0.0.1 is in use: another", e.port,
			 transport_name(both[i]));
		assert_refused(both[i], "127.0.0.1", e.port, ERR_EXISTS, words);
		snprintf(words, sizeof(words), "port %u/%s on every address is in use", e.port,
			 transport_name(both[i]));
		assert_refused(both[i], "", e.port, ERR_EXISTS, words);
		close(fd);
	}
}

static void test_address_of_another_machine(void **state)
{
	(void)state;
	assert_refused(TRANSPORT_TCP, "192.0.2.1", 0, ERR_NOT_FOUND,
		       "192.0.2.1 is no address of this machine");
}

/* The label is too long for any name server to be asked. */
static void test_unknown_host(void **state)
{
	struct sock_error why = {""};
	struct endpoint e = {.kind = ENDPOINT_TCP, .port = 9};
	int fd = -1;

	(void)state;
	snprintf(e.host, sizeof(e.host), "%070d.invalid", 0);
	assert_refused(TRANSPORT_TCP, e.host, 0, ERR_NOT_FOUND, "cannot be found");
	assert_int_equal(sock_connect(TRANSPORT_TCP, &e, 0, &fd, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "cannot be found"));
	assert_int_equal(fd, -1);
}

enum { UNPRIVILEGED_REFUSED, UNPRIVILEGED_TAKEN, UNPRIVILEGED_WRONG };

static int unprivileged_role(void *ctx, int channel)
{
	struct sock_error why = {""};
	int fds[MANY];
	size_t count;

	(void)ctx;
	(void)channel;
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		return UNPRIVILEGED_WRONG;
	if (!sock_listen(TRANSPORT_TCP, "127.0.0.1", 1, fds, MANY, &count, &why))
		return UNPRIVILEGED_TAKEN; /* this machine lets everybody have every port */
	return strstr(why.text, "needs rights") ? UNPRIVILEGED_REFUSED : UNPRIVILEGED_WRONG;
}

static void test_privileged_port(void **state)
{
	struct proc p;
	int status;

	(void)state;
	assert_int_equal(proc_fork(&p, unprivileged_role, NULL), ERR_NONE);
	close(p.channel);
	assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == UNPRIVILEGED_TAKEN)
		skip();
	assert_int_equal(WEXITSTATUS(status), UNPRIVILEGED_REFUSED);
}

/* A name with several addresses: all at one port, and nothing stays open if one is taken. */
static void test_name_with_several_addresses(void **state)
{
	struct sock_error why;
	struct address a, b;
	int fds[MANY];
	size_t count;

	(void)state;
	enum err e = sock_listen(TRANSPORT_TCP, "localhost", 0, fds, MANY, &count, &why);
	if (e == ERR_NOT_FOUND) {
		print_message("# skipped: this machine does not know localhost by name\n");
		skip();
	}
	assert_int_equal(e, ERR_NONE);
	assert_in_range(count, 1, MANY);
	assert_int_equal(sock_local(fds[0], TRANSPORT_TCP, &a), ERR_NONE);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(sock_local(fds[i], TRANSPORT_TCP, &b), ERR_NONE);
		assert_int_equal(a.port, b.port);
	}
	assert_refused(TRANSPORT_TCP, "localhost", a.port, ERR_EXISTS, "in use");
	while (count > 0)
		close(fds[--count]);
}

/* ---- addresses, limits -------------------------------------------------------------------- */

static void test_address_conversions(void **state)
{
	struct sockaddr_in six_less = {.sin_family = AF_INET, .sin_port = htons(4000)};
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(4001),
		.sin6_scope_id = 3,
	};
	struct sockaddr_storage out;
	struct address a, b;
	char text[ADDRESS_MAX_TEXT];

	(void)state;
	inet_pton(AF_INET, "10.1.2.3", &six_less.sin_addr);
	sock_address_from((struct sockaddr *)&six_less, TRANSPORT_UDP, &a);
	assert_string_equal(address_format(&a, text), "udp://10.1.2.3:4000");
	assert_int_equal(sock_address_to(&a, AF_INET, &out), sizeof(six_less));
	assert_memory_equal(&out, &six_less, sizeof(six_less));
	assert_int_equal(sock_address_to(&a, AF_INET6, &out), sizeof(six));
	sock_address_from((struct sockaddr *)&out, TRANSPORT_UDP, &b);
	assert_true(address_equal(&a, &b)); /* one form, whichever socket */

	inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
	sock_address_from((struct sockaddr *)&six, TRANSPORT_TCP, &a);
	assert_string_equal(address_format(&a, text), "tcp://[fe80::1%3]:4001");
	assert_int_equal(sock_address_to(&a, AF_INET6, &out), sizeof(six));
	assert_memory_equal(&out, &six, sizeof(six));
	assert_int_equal(sock_address_to(&a, AF_INET, &out), 0);

	inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
	sock_address_from((struct sockaddr *)&six, TRANSPORT_TCP, &a);
	assert_string_equal(address_format(&a, text), "tcp://[2001:db8::1]:4001");

	a.transport = TRANSPORT_UNIX;
	assert_int_equal(sock_address_to(&a, AF_INET6, &out), 0);
}

static void test_raise_descriptor_limit(void **state)
{
	struct rlimit old, low, now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(sock_raise_fd_limit(), old.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(now.rlim_cur, old.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static int look_for_ipv6(void **state)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	have_ipv6 = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	if (fd >= 0)
		close(fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_on_every_address),
		cmocka_unit_test(test_tcp_on_one_address),
		cmocka_unit_test(test_tcp_on_both_by_name),
		cmocka_unit_test(test_nobody_waiting),
		cmocka_unit_test(test_out_of_descriptors),
		cmocka_unit_test(test_connection_refused),
		cmocka_unit_test(test_not_connected),
		cmocka_unit_test(test_past_the_last_address),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_port_in_use),
		cmocka_unit_test(test_address_of_another_machine),
		cmocka_unit_test(test_unknown_host),
		cmocka_unit_test(test_privileged_port),
		cmocka_unit_test(test_name_with_several_addresses),
		cmocka_unit_test(test_address_conversions),
		cmocka_unit_test(test_raise_descriptor_limit),
	};

	return cmocka_run_group_tests_name("sock", tests, look_for_ipv6, NULL);
}
