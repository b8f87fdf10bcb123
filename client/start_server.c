/* A chat-server of the person's own; the contract is in start_server.h. */
#include "start_server.h"

#include "proto/text.h"
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TOLD_SIZE = 2048, /* of the log, when it was in vain */
	LINE_SIZE = 1024,
};

static const char program[] = "chat-server";

/* ---- the program ------------------------------------------------------------------------------- */

static bool is_program(const char *dir, size_t len, char path[DATADIR_MAX])
{
	int n = snprintf(path, DATADIR_MAX, "%.*s/%s", (int)len, dir, program);

	return n > 0 && n < DATADIR_MAX && access(path, X_OK) == 0;
}

static bool is_beside(char path[DATADIR_MAX])
{
	char self[DATADIR_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));

	while (n > 0 && self[n - 1] != '/')
		n--;
	return n > 0 && is_program(self, (size_t)n - 1, path);
}

/* An empty part of PATH would be the directory where one happens to be: that one is left out. */
bool start_server_find(char path[DATADIR_MAX])
{
	const char *dirs = getenv("PATH");

	if (is_beside(path))
		return true;
	for (const char *at = dirs ? dirs : ""; *at;) {
		size_t n = strcspn(at, ":");
		if (n > 0 && n < DATADIR_MAX && is_program(at, n, path))
			return true;
		at += n + (at[n] == ':');
	}
	return false;
}

/* ---- starting it ------------------------------------------------------------------------------- */

struct start {
	const char *path, *dir, *name;
	int log, out[2];
};

/* Reading ends at once, and nothing that it writes comes to the terminal. */
static bool take_streams(const struct start *s)
{
	int nothing = open("/dev/null", O_RDONLY);

	return nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
	       dup2(s->out[1], STDOUT_FILENO) >= 0 && dup2(s->log, STDERR_FILENO) >= 0;
}

static _Noreturn void become_server(const struct start *s)
{
	const char *argv[] = {program, NULL, NULL, NULL, NULL, NULL};
	size_t n = 1;

	if (!take_streams(s))
		_exit(1);
	proc_close_others(-1);
	if (*s->dir) {
		argv[n++] = "-d";
		argv[n++] = s->dir;
	}
	if (s->name) {
		argv[n++] = "--name";
		argv[n++] = s->name;
	}
	(void)dprintf(STDOUT_FILENO, "%ld\n", (long)getpid());
	execv(s->path, (char *const *)(uintptr_t)argv);
	(void)dprintf(STDERR_FILENO, "%s: %s\n", s->path, strerror(errno));
	_exit(1);
}

/* A session of its own, whose leader ends at once: the server is nobody's child, and no terminal becomes
 * its. */
static _Noreturn void become_leader(const struct start *s)
{
	pid_t pid = setsid() < 0 ? -1 : fork();

	if (pid == 0)
		become_server(s);
	if (pid < 0)
		(void)dprintf(s->log, "%s: %s\n", s->path, strerror(errno));
	_exit(0);
}

static void fork_server(const struct start *s)
{
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		become_leader(s);
	if (pid < 0)
		(void)dprintf(s->log, "%s: %s\n", s->path, strerror(errno));
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool open_log(const char *dir, char path[DATADIR_MAX], int *fd)
{
	if (!*dir || datadir_file(dir, "server.log", path) != ERR_NONE)
		snprintf(path, DATADIR_MAX, "/dev/null");
	*fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (*fd < 0)
		(void)fprintf(stderr, "chat-client: %s: %s\n", path, strerror(errno));
	return *fd >= 0;
}

/* ---- waiting for it ---------------------------------------------------------------------------- */

static void note_invitation(const char *line, struct started *out)
{
	static const char begin[] = "invitation: ";

	if (!out->invitation[0] && strncmp(line, begin, strlen(begin)) == 0)
		snprintf(out->invitation, sizeof(out->invitation), "%.*s",
			 (int)strcspn(line + strlen(begin), "\n"), line + strlen(begin));
}

/* Its number, first; what it says then goes to the terminal, and into its log. */
static bool await_ready(FILE *said, int log, struct started *out)
{
	char line[LINE_SIZE], safe[TEXT_SAFE_SIZE(LINE_SIZE)];

	if (!fgets(line, sizeof(line), said))
		return false;
	out->pid = (pid_t)strtol(line, NULL, 10);
	while (fgets(line, sizeof(line), said)) {
		(void)dprintf(log, "%s", line);
		if (strcmp(line, "ready\n") == 0)
			return true;
		note_invitation(line, out);
		(void)text_safe(safe, sizeof(safe), line, strlen(line), true);
		printf("%s", safe);
	}
	return false;
}

/* Why not: what it has written to the log since. */
static void tell_failure(const char *path, int log, off_t since)
{
	char told[TOLD_SIZE], safe[TEXT_SAFE_SIZE(TOLD_SIZE)];
	ssize_t n = pread(log, told, sizeof(told), since);

	(void)text_safe(safe, sizeof(safe), told, n > 0 ? (size_t)n : 0, true);
	(void)fprintf(stderr, "%schat-client: the server could not be started; its log is %s\n",
		      safe, path);
}

static bool run(struct start *s, struct started *out)
{
	off_t since = lseek(s->log, 0, SEEK_END);
	FILE *said = fdopen(s->out[0], "r");
	bool ready;

	if (said)
		fork_server(s);
	(void)close(s->out[1]);
	ready = said && await_ready(said, s->log, out);
	if (said)
		(void)fclose(said);
	else
		(void)close(s->out[0]);
	if (!ready)
		tell_failure(out->log, s->log, since);
	return ready;
}

bool start_server(const char *path, const char *dir, const char *name, struct started *out)
{
	struct start s = {.path = path, .dir = dir, .name = name};
	bool ready = false;

	*out = (struct started){.pid = 0};
	if (!open_log(dir, out->log, &s.log))
		return false;
	if (pipe2(s.out, O_CLOEXEC) == 0)
		ready = run(&s, out);
	else
		(void)fprintf(stderr, "chat-client: %s\n", strerror(errno));
	(void)close(s.log);
	return ready;
}
