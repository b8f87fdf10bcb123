/* See subject.h. */
#include "subject.h"

#include "caller.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERVER_CORE = 0, LOAD_CORE = 1, FILES = 200 * 1000 };

static void die(const char *what)
{
	fprintf(stderr, "chat-bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pin(pid_t thread, int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(thread, sizeof(set), &set) != 0)
		die("pinning (pin=0 turns it off)");
}

static void pin_all_threads(pid_t pid, int core)
{
	char path[64];
	const struct dirent *e;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *d = opendir(path);
	if (!d)
		die("the server's threads");
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			pin((pid_t)strtol(e->d_name, NULL, 10), core);
	closedir(d);
}

/* Options are a list that ends with the first NULL. */
static struct server *start_own(const struct setup *w)
{
	const char *o[SETUP_OPTIONS + 4] = {0};
	size_t n = 0;
	static char threads[40];

	if (!w->durable)
		o[n++] = "--memory";
	if (w->threads > 1) {
		snprintf(threads, sizeof(threads), "--threads=%lu", w->threads);
		o[n++] = threads;
	}
	for (size_t i = 0; i < w->option_count; i++)
		o[n++] = w->options[i];
	return server_start("--io", "epoll", "--rate", "0", "--grace", "0", o[0], o[1], o[2], o[3],
			    o[4], o[5], o[6], o[7], o[8], NULL);
}

static bool is_pinned(const struct setup *w)
{
	return w->pin && w->threads <= 1 && sysconf(_SC_NPROCESSORS_ONLN) > LOAD_CORE;
}

static void note_own(struct subject *s, const struct setup *w)
{
	s->pid = program_pid(s->own->program);
	s->target.port = w->via == TARGET_UDP ? s->own->udp_port : s->own->tcp_port;
	snprintf(s->target.path, sizeof(s->target.path), "%s", s->own->socket);
}

static void find_running(struct subject *s, const struct setup *w, bool pinned)
{
	s->pid = (pid_t)w->pid;
	s->target.port = (uint16_t)w->port;
	if (w->path)
		snprintf(s->target.path, sizeof(s->target.path), "%s", w->path);
	if (pinned)
		pin_all_threads(s->pid, SERVER_CORE);
}

/* Threads that it starts inherit where it may run. */
void subject_begin(struct subject *s, const struct setup *w)
{
	bool pinned = is_pinned(w);

	*s = (struct subject){.target = {.via = w->via, .room_name = "bench", .share = 1}};
	if (w->pid) {
		find_running(s, w, pinned);
	} else {
		if (pinned)
			pin(0, SERVER_CORE);
		s->own = start_own(w);
		note_own(s, w);
	}
	if (pinned)
		pin(0, LOAD_CORE);
}

void subject_pause(struct subject *s)
{
	server_stop(s->own);
}

void subject_resume(struct subject *s, const struct setup *w)
{
	if (is_pinned(w))
		pin(0, SERVER_CORE);
	server_start_again(s->own);
	note_own(s, w);
	if (is_pinned(w))
		pin(0, LOAD_CORE);
}

void subject_stop(struct subject *s)
{
	if (s->own)
		server_kill(s->own); /* it would wait for goodbyes */
	s->own = NULL;
}

void subject_forget(void)
{
	if (room_teardown(NULL) != 0)
		exit(1);
}

void subject_end(struct subject *s)
{
	subject_stop(s);
	subject_forget();
}

uint64_t subject_cpu_ns(const struct subject *s)
{
	return caller_cpu_of(s->pid);
}

/* After the name, which may hold anything but ends with the last parenthesis: 11 other fields first. */
void subject_ticks(const struct subject *s, uint64_t ticks[2])
{
	char path[64], line[1024] = "";
	unsigned long long user = 0, kernel = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)s->pid);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		die(path);
	fclose(f);
	const char *at = strrchr(line, ')');
	if (!at || sscanf(at, ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user,
			  &kernel) != 2)
		die(path);
	ticks[0] = user;
	ticks[1] = kernel;
}

uint64_t subject_own_cpu_ns(void)
{
	return caller_cpu_of(getpid());
}

uint64_t subject_resident(const struct subject *s)
{
	char path[64], line[256];
	unsigned long kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)s->pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (uint64_t)kib * 1024;
}
