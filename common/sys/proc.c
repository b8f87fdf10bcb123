/*
 * Children and signals.
 *
 * A signal's handler marks the number and writes a byte to a pipe; the marks say which signals, the
 * byte only wakes the loop, so a full pipe loses nothing.  A fork copies handlers and pipe, and a
 * child that got a signal before it had its own would wake its parent: so signals are blocked
 * across the fork, and the child puts everything back to the defaults before it lets them in.
 */
#include "sys/proc.h"

#include "sys/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int wake_read = -1, wake_write = -1;
static volatile sig_atomic_t pending[NSIG];
static bool handled[NSIG];

/* ---- signals ------------------------------------------------------------------------------ */

static void on_signal(int number)
{
	int saved = errno;

	pending[number] = 1;
	(void)!write(wake_write, "", 1);
	errno = saved;
}

static void forget_signals(void)
{
	for (int number = 1; number < NSIG; number++) {
		if (handled[number])
			(void)signal(number, SIG_DFL);
		handled[number] = false;
		pending[number] = 0;
	}
	if (wake_read >= 0) {
		(void)close(wake_read);
		(void)close(wake_write);
	}
	wake_read = wake_write = -1;
}

static int handle_signal(int number)
{
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	assert(number > 0 && number < NSIG);
	(void)sigfillset(&act.sa_mask);
	if (sigaction(number, &act, NULL))
		return -1;
	handled[number] = true;
	return 0;
}

int proc_signals(const int *signals)
{
	int fds[2];

	forget_signals();
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC))
		return -1;
	wake_read = fds[0];
	wake_write = fds[1];
	(void)signal(SIGPIPE, SIG_IGN);
	for (; *signals; signals++) {
		if (handle_signal(*signals)) {
			forget_signals();
			return -1;
		}
	}
	return wake_read;
}

int proc_next_signal(int fd)
{
	char bytes[64];

	/* Emptied before the marks are looked at: a signal that comes later wakes the loop again. */
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	for (int number = 1; number < NSIG; number++) {
		if (pending[number]) {
			pending[number] = 0;
			return number;
		}
	}
	return 0;
}

/* ---- processes ---------------------------------------------------------------------------- */

_Noreturn static void run_child(const int channel[2], const sigset_t *mask, proc_role *role,
				void *ctx)
{
	int result;

	(void)close(channel[0]);
	forget_signals();
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	result = role(ctx, channel[1]);
	(void)fflush(NULL);
	_exit(result); /* exit() would run what the parent had planned for its own end */
}

enum err proc_fork(struct proc *p, proc_role *role, void *ctx)
{
	sigset_t all, before;
	int channel[2];
	int saved;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		return ERR_SYSTEM;
	(void)fflush(NULL); /* or what is buffered would be written by both */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		run_child(channel, &before, role, ctx);
	saved = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)close(channel[1]);
	if (pid < 0) {
		(void)close(channel[0]);
		errno = saved;
		return ERR_SYSTEM;
	}
	p->pid = pid;
	p->channel = channel[0];
	return ERR_NONE;
}

static bool wait_for(struct proc *p, int *status, int flags)
{
	int local = 0;
	pid_t got;

	if (!p->pid)
		return false;
	do
		got = waitpid(p->pid, &local, flags);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	/* ECHILD: somebody else reaped it; it has ended all the same. */
	if (status)
		*status = local;
	p->pid = 0;
	return true;
}

bool proc_reap(struct proc *p, int *status)
{
	return wait_for(p, status, WNOHANG);
}

/*
 * Reaps it unless it runs on past `deadline_us`.  SIGCHLD is blocked and waited for, so the end
 * cannot slip in between looking and waiting.
 */
static bool reap_before(struct proc *p, const sigset_t *child_ends, uint64_t deadline_us)
{
	while (!proc_reap(p, NULL)) {
		uint64_t now = clock_mono_us();
		struct timespec left;

		if (now >= deadline_us)
			return false;
		left.tv_sec = (time_t)((deadline_us - now) / 1000000);
		left.tv_nsec = (long)((deadline_us - now) % 1000000) * 1000;
		(void)sigtimedwait(child_ends, NULL, &left);
	}
	return true;
}

void proc_end(struct proc *p, int grace_ms)
{
	sigset_t child_ends, before;

	if (!p->pid || proc_reap(p, NULL))
		return;
	(void)sigemptyset(&child_ends);
	(void)sigaddset(&child_ends, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child_ends, &before);
	(void)kill(p->pid, SIGTERM);
	if (!reap_before(p, &child_ends, clock_mono_us() + (uint64_t)grace_ms * 1000)) {
		(void)kill(p->pid, SIGKILL);
		(void)wait_for(p, NULL, 0);
	}
	/* What was taken here may have been about another child: whoever listens looks again. */
	(void)raise(SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void proc_close_others(int keep)
{
	unsigned first = STDERR_FILENO + 1;

	if (keep >= (int)first) {
		if ((unsigned)keep > first)
			(void)close_range(first, (unsigned)keep - 1, 0);
		first = (unsigned)keep + 1;
	}
	(void)close_range(first, UINT32_MAX, 0);
}

/* For reading, all three: so input is at its end, and writing fails. */
bool proc_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd > STDERR_FILENO && close(fd) == 0;
}
