/* Changes of addresses, in a network namespace of the test's own where one is to be had. */
#include "sys/netwatch.h"

#include "check.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool told_within(int fd, int ms)
{
	return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, ms) == 1;
}

static void nothing_happens_unless_something_does(void **state)
{
	int fd = netwatch_open();

	(void)state;
	if (fd < 0)
		skip();
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	netwatch_drain(fd); /* does not wait */
	close(fd);
}

/* In a child: the loopback interface of a new namespace comes up, which gives it addresses. */
static int bring_an_interface_up(void)
{
	struct ifreq lo = {.ifr_name = "lo"};
	int fd, control;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 77;
	fd = netwatch_open();
	control = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || control < 0 || ioctl(control, SIOCGIFFLAGS, &lo))
		return 77;
	if (netwatch_drain(fd))
		return 1;
	lo.ifr_flags |= IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &lo))
		return 77;
	if (!told_within(fd, 10000) || !netwatch_drain(fd))
		return 2;
	return netwatch_drain(fd) && told_within(fd, 0) ? 3 : 0;
}

static void a_change_is_told(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(bring_an_interface_up());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_happens_unless_something_does),
		cmocka_unit_test(a_change_is_told),
	};

	return cmocka_run_group_tests_name("netwatch", tests, NULL, NULL);
}
