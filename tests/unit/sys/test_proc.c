/*
 * proc: roles as children, their ends, signals as events.  A child says by one byte on its channel
 * that it has come to a point; its result says what it found (nothing asserts in a child).
 */
#include "sys/proc.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define GENEROUS_MS (60 * 1000)

static struct proc start(proc_role *role, void *ctx)
{
	struct proc p = {0};

	assert_int_equal(proc_fork(&p, role, ctx), ERR_NONE);
	assert_true(p.pid > 0);
	return p;
}

static void expect_byte(const struct proc *p, char want)
{
	char got = 0;

	assert_int_equal(read(p->channel, &got, 1), 1);
	assert_int_equal(got, want);
}

/* Waits without reaping, so that the reaping is proc_reap()'s. */
static int finish(struct proc *p)
{
	siginfo_t info;
	int status = -1;

	assert_int_equal(waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(proc_reap(p, &status));
	assert_int_equal(p->pid, 0);
	assert_false(proc_reap(p, &status));
	close(p->channel);
	return status;
}

static void assert_exit(struct proc *p, int want)
{
	int status = finish(p);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* ---- roles -------------------------------------------------------------------------------- */

static int echo_role(void *ctx, int channel)
{
	char byte;

	while (read(channel, &byte, 1) == 1)
		(void)!write(channel, &byte, 1);
	return *(int *)ctx;
}

static int stubborn_role(void *ctx, int channel)
{
	char byte;

	(void)ctx;
	(void)signal(SIGTERM, SIG_IGN);
	(void)!write(channel, "i", 1);
	for (;;) {
		(void)!read(channel, &byte, 1);
		(void)pause();
	}
	return 0;
}

static int next_signal_waiting(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int number;

	while (!(number = proc_next_signal(fd)))
		(void)poll(&p, 1, GENEROUS_MS);
	return number;
}

static int polite_role(void *ctx, int channel)
{
	static const int wanted[] = {SIGTERM, 0};
	int fd = proc_signals(wanted);

	(void)ctx;
	(void)!write(channel, "i", 1);
	if (next_signal_waiting(fd) == SIGTERM)
		(void)!write(channel, "t", 1);
	return 0;
}

static int raise_role(void *ctx, int channel)
{
	(void)channel;
	(void)raise(*(int *)ctx);
	return 9;
}

static int aloof_role(void *ctx, int channel)
{
	proc_close_others(channel);
	(void)!write(channel, "i", 1);
	return echo_role(ctx, channel);
}

/* 0: the standard descriptors and the channel are open, and *ctx (another) is not. */
static int descriptors_role(void *ctx, int channel)
{
	proc_close_others(channel);
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return 1 + fd;
	if (fcntl(channel, F_GETFD) < 0)
		return 10;
	if (fcntl(*(int *)ctx, F_GETFD) >= 0)
		return 11;
	proc_close_others(-1);
	return fcntl(channel, F_GETFD) >= 0 ? 12 : 0;
}

static int print_role(void *ctx, int channel)
{
	(void)channel;
	(void)fputs("child", ctx);
	return 0;
}

/* ---- processes ---------------------------------------------------------------------------- */

static void test_channel_and_result(void **state)
{
	int result = 42;
	struct proc p = start(echo_role, &result);

	(void)state;
	assert_int_equal(write(p.channel, "a", 1), 1);
	expect_byte(&p, 'a');
	assert_false(proc_reap(&p, NULL));
	assert_int_not_equal(p.pid, 0);
	assert_int_equal(shutdown(p.channel, SHUT_WR), 0);
	assert_exit(&p, 42);
}

static void test_parent_sees_the_end(void **state)
{
	int number = SIGKILL;
	struct proc p = start(raise_role, &number);
	char byte;
	int status;

	(void)state;
	assert_int_equal(read(p.channel, &byte, 1), 0);
	status = finish(&p);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void test_nothing_to_reap_or_end(void **state)
{
	struct proc p = {0};
	int status = 77;

	(void)state;
	assert_false(proc_reap(&p, &status));
	assert_int_equal(status, 77);
	proc_end(&p, GENEROUS_MS);
}

static void test_end_asks_first(void **state)
{
	struct proc p = start(polite_role, NULL);
	uint64_t limit = clock_mono_us() + UINT64_C(1000) * GENEROUS_MS;

	(void)state;
	expect_byte(&p, 'i');
	proc_end(&p, GENEROUS_MS);
	assert_true(clock_mono_us() < limit);
	assert_int_equal(p.pid, 0);
	expect_byte(&p, 't');
	close(p.channel);
}

static void test_end_then_insists(void **state)
{
	struct proc p = start(stubborn_role, NULL);
	pid_t pid = p.pid;

	(void)state;
	expect_byte(&p, 'i');
	proc_end(&p, 5);
	assert_int_equal(p.pid, 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	close(p.channel);
}

static void test_end_of_the_dead(void **state)
{
	int number = SIGKILL;
	struct proc p = start(raise_role, &number);
	siginfo_t info;

	(void)state;
	assert_int_equal(waitid(P_PID, (id_t)p.pid, &info, WEXITED | WNOWAIT), 0);
	proc_end(&p, GENEROUS_MS);
	assert_int_equal(p.pid, 0);
	close(p.channel);
}

/* A later child does not keep an earlier one from seeing that its channel ends. */
static void test_close_others_lets_siblings_see_the_end(void **state)
{
	int first_result = 5, second_result = 6;
	struct proc first = start(echo_role, &first_result);
	struct proc second = start(aloof_role, &second_result);
	int placeholder = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	expect_byte(&second, 'i');
	assert_int_not_equal(dup2(placeholder, first.channel), -1); /* closes it */
	assert_exit(&first, 5);
	assert_false(proc_reap(&second, NULL));
	assert_int_not_equal(dup2(placeholder, second.channel), -1);
	assert_exit(&second, 6);
	close(placeholder);
}

static void test_close_others_keeps_what_it_says(void **state)
{
	int other = fcntl(0, F_DUPFD_CLOEXEC, 100);
	struct proc p = start(descriptors_role, &other);

	(void)state;
	assert_true(other >= 100);
	assert_exit(&p, 0);
	close(other);
}

static void test_buffered_output_is_written_once(void **state)
{
	FILE *f = tmpfile();
	struct proc p;

	(void)state;
	assert_non_null(f);
	assert_int_not_equal(fputs("parent ", f), EOF);
	p = start(print_role, f);
	assert_exit(&p, 0);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftell(f), 12);
	fclose(f);
}

/* Opens until no more can be; false when the limit is not in force (valgrind has its own). */
static bool use_up_descriptors(int *fds, size_t max, size_t *n)
{
	for (*n = 0; *n < max; *n += 2)
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds + *n))
			return true;
	return false;
}

static void test_no_descriptors_left(void **state)
{
	struct proc p = {.pid = 0, .channel = -1};
	struct rlimit old, few;
	int result = 0, fds[64];
	enum err err = ERR_NONE;
	size_t n;
	bool used_up;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = 32;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	used_up = use_up_descriptors(fds, 64, &n);
	if (used_up)
		err = proc_fork(&p, echo_role, &result);
	while (n > 0)
		close(fds[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	if (!used_up)
		skip();
	assert_int_equal(err, ERR_SYSTEM);
	assert_int_equal(p.pid, 0);
	assert_int_equal(p.channel, -1);
}

/* ---- signals ------------------------------------------------------------------------------ */

static void test_signals_become_events(void **state)
{
	static const int wanted[] = {SIGUSR2, SIGUSR1, 0};
	int fd = proc_signals(wanted);

	(void)state;
	assert_true(fd >= 0);
	assert_false(readable(fd));
	assert_int_equal(proc_next_signal(fd), 0);
	raise(SIGUSR1);
	raise(SIGUSR2);
	raise(SIGUSR1);
	assert_true(readable(fd));
	assert_int_equal(proc_next_signal(fd), SIGUSR1);
	assert_int_equal(proc_next_signal(fd), SIGUSR2);
	assert_int_equal(proc_next_signal(fd), 0);
	assert_false(readable(fd));
}

/* More signals than the pipe holds bytes: the one that comes last is not lost. */
static void test_signal_flood_hides_none(void **state)
{
	static const int wanted[] = {SIGUSR1, SIGUSR2, 0};
	int fd = proc_signals(wanted);

	(void)state;
	for (int i = 0; i < 70000; i++)
		raise(SIGUSR1);
	raise(SIGUSR2);
	assert_int_equal(proc_next_signal(fd), SIGUSR1);
	assert_int_equal(proc_next_signal(fd), SIGUSR2);
	assert_int_equal(proc_next_signal(fd), 0);
	assert_false(readable(fd));
}

static void test_second_set_replaces_the_first(void **state)
{
	static const int first[] = {SIGUSR1, 0};
	static const int second[] = {SIGUSR2, 0};
	struct sigaction act;
	int fd;

	(void)state;
	assert_true(proc_signals(first) >= 0);
	raise(SIGUSR1);
	fd = proc_signals(second);
	assert_int_equal(proc_next_signal(fd), 0);
	assert_int_equal(sigaction(SIGUSR1, NULL, &act), 0);
	assert_true(act.sa_handler == SIG_DFL);
	raise(SIGUSR2);
	assert_int_equal(proc_next_signal(fd), SIGUSR2);
}

static void test_uncatchable_signal_is_an_error(void **state)
{
	static const int wanted[] = {SIGUSR1, SIGKILL, 0};
	struct sigaction act;

	(void)state;
	assert_int_equal(proc_signals(wanted), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(sigaction(SIGUSR1, NULL, &act), 0);
	assert_true(act.sa_handler == SIG_DFL);
}

static void test_broken_pipe_is_an_error_not_a_death(void **state)
{
	static const int none[] = {0};
	int fds[2];

	(void)state;
	assert_true(proc_signals(none) >= 0);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fds[1]);
}

/* What was arranged in the parent does not hold in a child, and the parent hears nothing of it. */
static void test_child_starts_with_default_signals(void **state)
{
	static const int wanted[] = {SIGUSR1, 0};
	int number = SIGUSR1;
	int fd = proc_signals(wanted);
	struct proc p = start(raise_role, &number);
	int status = finish(&p);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGUSR1);
	assert_false(readable(fd));
	assert_int_equal(proc_next_signal(fd), 0);
}

static void test_end_of_a_child_is_an_event(void **state)
{
	static const int wanted[] = {SIGCHLD, 0};
	int fd = proc_signals(wanted);
	int result = 3, status = -1;
	struct proc p = start(echo_role, &result);

	(void)state;
	assert_int_equal(shutdown(p.channel, SHUT_WR), 0);
	assert_int_equal(next_signal_waiting(fd), SIGCHLD);
	assert_true(proc_reap(&p, &status));
	assert_int_equal(WEXITSTATUS(status), 3);
	close(p.channel);
}

/* Another child ends while one is being ended: waiting for the one does not swallow that news. */
static void test_end_passes_on_others_ends(void **state)
{
	static const int wanted[] = {SIGCHLD, 0};
	int fd = proc_signals(wanted);
	int number = SIGKILL;
	struct proc polite = start(polite_role, NULL);
	struct proc dead;
	siginfo_t info;
	sigset_t set;

	(void)state;
	expect_byte(&polite, 'i');
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	dead = start(raise_role, &number);
	assert_int_equal(waitid(P_PID, (id_t)dead.pid, &info, WEXITED | WNOWAIT), 0);
	proc_end(&polite, GENEROUS_MS);
	assert_int_equal(proc_next_signal(fd), 0);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	assert_int_equal(proc_next_signal(fd), SIGCHLD);
	assert_true(WIFSIGNALED(finish(&dead)));
	close(polite.channel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channel_and_result),
		cmocka_unit_test(test_parent_sees_the_end),
		cmocka_unit_test(test_nothing_to_reap_or_end),
		cmocka_unit_test(test_end_asks_first),
		cmocka_unit_test(test_end_then_insists),
		cmocka_unit_test(test_end_of_the_dead),
		cmocka_unit_test(test_close_others_lets_siblings_see_the_end),
		cmocka_unit_test(test_close_others_keeps_what_it_says),
		cmocka_unit_test(test_buffered_output_is_written_once),
		cmocka_unit_test(test_no_descriptors_left),
		cmocka_unit_test(test_signals_become_events),
		cmocka_unit_test(test_signal_flood_hides_none),
		cmocka_unit_test(test_second_set_replaces_the_first),
		cmocka_unit_test(test_uncatchable_signal_is_an_error),
		cmocka_unit_test(test_broken_pipe_is_an_error_not_a_death),
		cmocka_unit_test(test_child_starts_with_default_signals),
		cmocka_unit_test(test_end_of_a_child_is_an_event),
		cmocka_unit_test(test_end_passes_on_others_ends),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
