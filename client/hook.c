/*
 * Running the person's program; the contract is in hook.h.
 *
 * The data are a file without a name, from whose beginning the program reads: so nobody waits for
 * it to read, and it may be a script that opens /dev/stdin.  It leads a session of its own, which takes
 * it away from the terminal and gives all that it starts one number to be killed by.
 */
#include "hook.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the child -------------------------------------------------------------------------- */

/* Where files are, whose they are, in which language, and where the desktop is. */
static const char *const kept[] = {
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"SHELL",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"LC_MESSAGES",
	"TZ",
	"TMPDIR",
	"DISPLAY",
	"XAUTHORITY",
	"WAYLAND_DISPLAY",
	"XDG_RUNTIME_DIR",
	"DBUS_SESSION_BUS_ADDRESS",
	"XDG_CONFIG_HOME",
	"XDG_DATA_HOME",
	"TMUX",
};
enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

/* "NAME=value" of those that there are; they are the child's to the end. */
static void small_environment(char *out[KEPT + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);
		size_t size = value ? strlen(kept[i]) + strlen(value) + 2 : 0;
		char *entry = value ? malloc(size) : NULL;
		if (!entry)
			continue;
		snprintf(entry, size, "%s=%s", kept[i], value);
		out[n++] = entry;
	}
	out[n] = NULL;
}

/* "~/bin/tell" as a path.  False: it is too long. */
static bool find_path(const char *program, char out[PATH_MAX])
{
	const char *home = getenv("HOME");
	bool below = program[0] == '~' && program[1] == '/' && home;
	int n = snprintf(out, PATH_MAX, "%s%s", below ? home : "", below ? program + 1 : program);

	return n > 0 && n < PATH_MAX;
}

struct role {
	const char *program;
	int input;
};

static bool take_streams(int input)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	return nowhere >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
	       dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0;
}

static int be_program(void *ctx, int channel)
{
	const struct role *role = ctx;
	char path[PATH_MAX], *environment[KEPT + 1];
	char *argv[] = {path, NULL};

	(void)channel;
	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (!find_path(role->program, path) || !take_streams(role->input))
		return HOOK_NOT_RUN;
	proc_close_others(-1);
	small_environment(environment);
	(void)execvpe(path, argv, environment);
	return HOOK_NOT_RUN;
}

/* ---- in the session ------------------------------------------------------------------------ */

static void kill_all(const struct hook_run *run)
{
	(void)kill(-run->proc.pid, SIGKILL);
	(void)kill(run->proc.pid, SIGKILL); /* should it not lead its session yet */
}

static void free_place(struct hook_run *run)
{
	reactor_timer_clear(run->hooks->reactor, &run->timer);
	reactor_del(run->hooks->reactor, run->ends);
	(void)close(run->ends);
	run->proc.pid = 0;
}

/* It has ended, but not those that it has started, perhaps: its number is theirs until it is reaped. */
static void on_end(void *ctx, unsigned ready)
{
	struct hook_run *run = ctx;
	const struct hooks *h = run->hooks;
	int status = 0;

	(void)ready;
	(void)kill(-run->proc.pid, SIGKILL);
	if (!proc_reap(&run->proc, &status))
		return;
	free_place(run);
	if (h->ended && WIFEXITED(status))
		h->ended(h->ctx, WEXITSTATUS(status));
}

static void on_time(void *ctx)
{
	kill_all(ctx); /* and its end is an event */
}

static enum err watch(struct hook_run *run)
{
	struct reactor *r = run->hooks->reactor;
	enum err err;

	run->ends = (int)syscall(SYS_pidfd_open, run->proc.pid, 0);
	if (run->ends < 0)
		return ERR_SYSTEM;
	err = reactor_add(r, run->ends, REACTOR_READ, on_end, run);
	if (err == ERR_NONE)
		err = reactor_timer_set(r, &run->timer, clock_mono_us() + run->hooks->time_us);
	if (err == ERR_NONE)
		return ERR_NONE;
	reactor_del(r, run->ends);
	(void)close(run->ends);
	return err;
}

static enum err start(struct hook_run *run, const char *program, int input)
{
	struct role role = {.program = program, .input = input};
	enum err err = proc_fork(&run->proc, be_program, &role);

	if (err != ERR_NONE)
		return err;
	(void)close(run->proc.channel);
	err = watch(run);
	if (err != ERR_NONE) {
		kill_all(run);
		proc_end(&run->proc, 0);
	}
	return err;
}

/* A file without a name that holds the data; -1: there is none. */
static int make_input(const void *data, size_t n)
{
	int fd = memfd_create("called", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write(fd, data, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static struct hook_run *find_place(struct hooks *h)
{
	for (size_t i = 0; i < HOOK_MAX; i++)
		if (h->runs[i].proc.pid == 0)
			return &h->runs[i];
	return NULL;
}

enum err hooks_run(struct hooks *h, const char *program, const void *data, size_t n)
{
	struct hook_run *run = find_place(h);
	int input;
	enum err err;

	if (!run)
		return ERR_FULL;
	input = make_input(data, n);
	if (input < 0)
		return ERR_SYSTEM;
	*run = (struct hook_run){.hooks = h, .timer = {.fn = on_time, .ctx = run}};
	err = start(run, program, input);
	(void)close(input);
	return err;
}

void hooks_end(struct hooks *h)
{
	for (size_t i = 0; i < HOOK_MAX; i++) {
		struct hook_run *run = &h->runs[i];
		if (run->proc.pid == 0)
			continue;
		kill_all(run);
		proc_end(&run->proc, 0);
		free_place(run);
	}
}
