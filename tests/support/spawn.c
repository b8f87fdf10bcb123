/*
 * See spawn.h.  One list of all programs; one function, programs_wait(), that waits, and reads
 * whatever any of them wrote into growing buffers.  That one has ended is an event among others, by
 * way of proc_signals().
 */
#include "spawn.h"

#include "sys/clock.h"
#include "sys/proc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct stream {
	int fd; /* -1: at its end */
	char *data;
	size_t len, cap; /* bytes of data */
	size_t taken;	 /* bytes that were given out as lines */
	bool keep;	 /* what was given out stays, for has_finding() */
};

struct program {
	pid_t pid;
	int in; /* -1: closed, or not ours */
	struct stream streams[2];
	bool reaped;
	int status; /* as of waitpid() */
	char name[64];
	struct program *next;
};

enum { READ_SIZE = 64 * 1024 };

static struct program *programs;
static int ends = -1; /* readable when some program has ended */

static unsigned patience(void)
{
	const char *s = getenv("CHAT_TEST_PATIENCE");
	int factor = s ? atoi(s) : 1;
	return factor > 0 ? (unsigned)factor : 1;
}

uint64_t within(unsigned seconds)
{
	return clock_mono_us() + (uint64_t)seconds * patience() * 1000000;
}

/* ---- starting ------------------------------------------------------------------------------- */

static void name_it(struct program *p, const char *const argv[])
{
	const char *slash = strrchr(argv[0], '/');
	snprintf(p->name, sizeof(p->name), "%s", slash ? slash + 1 : argv[0]);
	for (size_t i = 1; argv[i]; i++)
		if (strcmp(argv[i], "-n") == 0 && argv[i + 1])
			snprintf(p->name, sizeof(p->name), "client of %s", argv[i + 1]);
}

static void cloexec_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) != 0)
		fail_msg("pipe: %s", strerror(errno));
}

/* A test may have raised its own limit; programs start with the usual one. */
static void usual_descriptor_limit(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > 1024)
		limit.rlim_cur = 1024;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Whoever runs the tests has a home, and perhaps a room of their own: programs see neither. */
static void strange_place(void)
{
	setenv("HOME", "/dev/null", 1);
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
}

/* In the child; does not return.  The death of the test ends it. */
static void become(const char *const argv[], const char *const env[], int in, int out, int err)
{
	setsid();
	signal(SIGPIPE, SIG_DFL);
	usual_descriptor_limit();
	strange_place();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	for (size_t i = 0; env && env[i]; i++)
		putenv((char *)(uintptr_t)env[i]);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void keep(struct program *p, int in, int out, int err)
{
	p->in = in;
	p->streams[PROGRAM_OUT].fd = out;
	p->streams[PROGRAM_ERR].fd = err;
	p->streams[PROGRAM_ERR].keep = true;
	if (in >= 0)
		fcntl(in, F_SETFL, O_NONBLOCK);
	fcntl(out, F_SETFL, O_NONBLOCK);
	fcntl(err, F_SETFL, O_NONBLOCK);
	p->next = programs;
	programs = p;
}

struct program *program_start(const char *const argv[], const char *const env[], int in)
{
	struct program *p = calloc(1, sizeof(*p));
	int in_pipe[2] = {in, -1}, out_pipe[2], err_pipe[2];
	assert_non_null(p);
	name_it(p, argv);
	if (in < 0)
		cloexec_pipe(in_pipe);
	cloexec_pipe(out_pipe);
	cloexec_pipe(err_pipe);
	if (ends < 0)
		ends = proc_signals((const int[]){SIGCHLD, 0});
	p->pid = fork();
	if (p->pid == 0)
		become(argv, env, in_pipe[0], out_pipe[1], err_pipe[1]);
	if (p->pid < 0)
		fail_msg("fork: %s", strerror(errno));
	if (in < 0)
		close(in_pipe[0]);
	close(out_pipe[1]);
	close(err_pipe[1]);
	keep(p, in_pipe[1], out_pipe[0], err_pipe[0]);
	return p;
}

pid_t program_pid(const struct program *p)
{
	return p->pid;
}

/* ---- reading, and waiting ------------------------------------------------------------------- */

static void end_stream(struct stream *s)
{
	close(s->fd);
	s->fd = -1;
}

static void make_room(struct stream *s)
{
	if (!s->keep && s->taken > s->cap / 2) {
		memmove(s->data, s->data + s->taken, s->len - s->taken);
		s->len -= s->taken;
		s->taken = 0;
	}
	if (s->cap - s->len > READ_SIZE)
		return;
	s->cap = s->cap * 2 + 2 * READ_SIZE;
	s->data = realloc(s->data, s->cap);
	assert_non_null(s->data);
}

static void read_stream(struct stream *s)
{
	make_room(s);
	ssize_t n = read(s->fd, s->data + s->len, READ_SIZE);
	if (n > 0)
		s->len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		end_stream(s);
}

static int milliseconds_to(uint64_t deadline)
{
	uint64_t now = clock_mono_us();
	if (deadline <= now)
		return 0;
	uint64_t ms = (deadline - now) / 1000 + 1;
	return ms < 3600000 ? (int)ms : 3600000;
}

static size_t open_streams(struct stream ***list)
{
	size_t n = 0, cap = 0;
	*list = NULL;
	for (struct program *p = programs; p; p = p->next)
		cap += 2;
	if (cap > 0)
		*list = calloc(cap, sizeof(**list));
	for (struct program *p = programs; p; p = p->next)
		for (int i = 0; i < 2; i++)
			if (p->streams[i].fd >= 0)
				(*list)[n++] = &p->streams[i];
	return n;
}

bool programs_wait(int fd, short events, uint64_t deadline)
{
	struct stream **list;
	size_t n = open_streams(&list);
	struct pollfd *polls = calloc(n + 2, sizeof(*polls));
	assert_non_null(polls);
	for (size_t i = 0; i < n; i++)
		polls[i] = (struct pollfd){.fd = list[i]->fd, .events = POLLIN};
	polls[n] = (struct pollfd){.fd = fd, .events = events};
	polls[n + 1] = (struct pollfd){.fd = ends, .events = POLLIN};
	int ready = poll(polls, n + 2, milliseconds_to(deadline));
	for (size_t i = 0; ready > 0 && i < n; i++)
		if (polls[i].revents)
			read_stream(list[i]);
	while (ends >= 0 && proc_next_signal(ends))
		continue; /* whoever waits for an end looks for itself */
	free(polls);
	free(list);
	return ready != 0;
}

/* Takes a line that is whole, or what is left at the end of the stream. */
static const char *take_line(struct stream *s)
{
	char *start = s->data + s->taken;
	size_t n = s->len - s->taken;
	char *newline = n > 0 ? memchr(start, '\n', n) : NULL;
	if (!newline && (s->fd >= 0 || n == 0))
		return NULL;
	if (!newline) {
		make_room(s);
		start = s->data + s->taken;
		newline = s->data + s->len++;
	}
	*newline = '\0';
	s->taken = (size_t)(newline - s->data) + 1;
	return start;
}

const char *program_line_now(struct program *p, enum program_stream which)
{
	return take_line(&p->streams[which]);
}

/* What is left unread in a stream, at most the last 2,000 bytes. */
static void show_stream(const char *title, const struct program *p, const struct stream *s)
{
	size_t from = s->len > 2000 ? s->len - 2000 : 0;
	if (s->len == 0)
		return;
	print_error("--- %s, %s (process %d):\n", p->name, title, (int)p->pid);
	for (size_t i = from; i < s->len; i++)
		fputc(s->data[i] ? s->data[i] : '\n', stderr);
}

static void show_program(const struct program *p)
{
	show_stream("output", p, &p->streams[PROGRAM_OUT]);
	show_stream("errors", p, &p->streams[PROGRAM_ERR]);
}

const char *program_line(struct program *p, enum program_stream which, uint64_t deadline)
{
	struct stream *s = &p->streams[which];
	for (;;) {
		const char *line = take_line(s);
		if (line || s->fd < 0)
			return line;
		if (!programs_wait(-1, 0, deadline)) {
			show_program(p);
			fail_msg("%s said nothing more in time", p->name);
		}
	}
}

const char *program_expect(struct program *p, enum program_stream which, const char *part)
{
	uint64_t deadline = within(SOON);
	for (;;) {
		const char *line = program_line(p, which, deadline);
		if (!line) {
			show_program(p);
			fail_msg("%s ended without saying \"%s\"", p->name, part);
		}
		if (strstr(line, part))
			return line;
	}
}

const char *program_rest(struct program *p, enum program_stream which, uint64_t deadline)
{
	struct stream *s = &p->streams[which];
	while (s->fd >= 0)
		if (!programs_wait(-1, 0, deadline))
			fail_msg("%s does not end its output", p->name);
	make_room(s);
	s->data[s->len] = '\0';
	const char *rest = s->data + s->taken;
	s->taken = s->len;
	return rest;
}

/* ---- writing -------------------------------------------------------------------------------- */

void program_write(struct program *p, const void *data, size_t n)
{
	const char *at = data;
	uint64_t deadline = within(SOON);
	while (n > 0) {
		ssize_t done = write(p->in, at, n);
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		} else if (errno != EAGAIN || !programs_wait(p->in, POLLOUT, deadline)) {
			show_program(p);
			fail_msg("%s does not read: %s", p->name, strerror(errno));
		}
	}
}

void program_type(struct program *p, const char *line)
{
	program_write(p, line, strlen(line));
	program_write(p, "\n", 1);
}

void program_end_input(struct program *p)
{
	if (p->in >= 0)
		close(p->in);
	p->in = -1;
}

/* ---- ending --------------------------------------------------------------------------------- */

bool program_ended(struct program *p)
{
	if (!p->reaped && waitpid(p->pid, &p->status, WNOHANG) == p->pid)
		p->reaped = true;
	return p->reaped;
}

bool program_ends(struct program *p, uint64_t deadline)
{
	while (!program_ended(p))
		if (!programs_wait(-1, 0, deadline))
			return false;
	return true;
}

int program_wait(struct program *p, uint64_t deadline)
{
	if (!program_ends(p, deadline)) {
		show_program(p);
		fail_msg("%s does not end", p->name);
	}
	return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status);
}

void program_signal(struct program *p, int signal)
{
	if (!program_ended(p))
		kill(p->pid, signal);
}

static bool has_finding(const struct stream *s)
{
	static const char *const marks[] = {
		"ERROR: AddressSanitizer",  "ERROR: LeakSanitizer", "runtime error: ",
		"WARNING: ThreadSanitizer", "== Invalid ",	    "uninitialised",
		"definitely lost: "};
	for (size_t i = 0; s->len > 0 && i < sizeof(marks) / sizeof(*marks); i++)
		if (memmem(s->data, s->len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

static bool end_program(struct program *p)
{
	kill(-p->pid, SIGKILL); /* with what it forked */
	if (!p->reaped)
		waitpid(p->pid, &p->status, 0);
	while (p->streams[PROGRAM_ERR].fd >= 0 && programs_wait(-1, 0, within(SOON)))
		continue;
	bool clean = !has_finding(&p->streams[PROGRAM_ERR]);
	if (!clean)
		show_program(p);
	program_end_input(p);
	return clean;
}

bool programs_end(void)
{
	bool clean = true;
	for (struct program *p = programs; p; p = p->next)
		clean = end_program(p) && clean;
	while (programs) {
		struct program *p = programs;
		programs = p->next;
		for (int i = 0; i < 2; i++) {
			if (p->streams[i].fd >= 0)
				end_stream(&p->streams[i]);
			free(p->streams[i].data);
		}
		free(p);
	}
	return clean;
}
