/*
 * chat-sim-storm: runs storms, and says what came of them.
 *
 *     chat-sim-storm [--seeds N] [--first SEED] [--minutes N] [--members N] [--jobs N]
 *                    [--fault-seconds N] [--talk-seconds N] [--server-minutes N]
 *                    [--disk-minutes N]
 *
 * --disk-minutes 0 is for servers without a disk.  Every seed is one storm of so many virtual minutes.  A seed that fails says why, with the last of
 * what happened; it is run again alone, with SIM_TRACE=1 in the environment, to see all of it.
 */
#include "storm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MAX = 64 };

struct settings {
	unsigned long seeds, first, minutes, members, jobs, fault_seconds, talk_seconds,
		server_minutes, disk_minutes;
};

static bool set(struct settings *w, const char *name, const char *value)
{
	const struct {
		const char *name;
		unsigned long *value;
	} known[] = {
		{"--seeds", &w->seeds},
		{"--first", &w->first},
		{"--minutes", &w->minutes},
		{"--members", &w->members},
		{"--jobs", &w->jobs},
		{"--fault-seconds", &w->fault_seconds},
		{"--talk-seconds", &w->talk_seconds},
		{"--server-minutes", &w->server_minutes},
		{"--disk-minutes", &w->disk_minutes},
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		char *end;
		if (strcmp(name, known[i].name) != 0 || !value || *value == '\0')
			continue;
		*known[i].value = strtoul(value, &end, 10);
		return *end == '\0';
	}
	return false;
}

/* ---- one process's share --------------------------------------------------------------------- */

static void run_storm(const struct settings *w, unsigned long seed, int out)
{
	const struct storm_setup setup = {.seed = seed,
					  .members = (unsigned)w->members,
					  .minutes = (unsigned)w->minutes,
					  .fault_seconds = (unsigned)w->fault_seconds,
					  .talk_seconds = (unsigned)w->talk_seconds,
					  .server_minutes = (unsigned)w->server_minutes,
					  .disk_minutes = (unsigned)w->disk_minutes};
	struct storm_figures f = storm_run(&setup);

	if (write(out, &f, sizeof(f)) != (ssize_t)sizeof(f)) /* less than a pipe takes at once */
		exit(1);
}

/* In a process of its own: a storm that fails ends it. */
static pid_t start_storm(const struct settings *w, unsigned long seed, int out)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		run_storm(w, seed, out);
		exit(0);
	}
	return child;
}

static void run_share(const struct settings *w, unsigned long job, int out)
{
	for (unsigned long i = job; i < w->seeds; i += w->jobs)
		if (start_storm(w, w->first + i, out) < 0 || wait(NULL) < 0)
			exit(1);
}

static bool start_share(const struct settings *w, unsigned long job, int out)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		run_share(w, job, out);
		exit(0);
	}
	return child > 0;
}

/* ---- the sum --------------------------------------------------------------------------------- */

struct sum {
	unsigned long storms;
	double virtual_s;
	uint64_t fingerprint;
	struct world_figures w;
};

static void add(struct sum *s, const struct storm_figures *f)
{
	s->storms++;
	s->virtual_s += (double)f->virtual_us / 1e6;
	s->fingerprint ^= f->fingerprint;
	s->w.talks += f->world.talks;
	s->w.answers += f->world.answers;
	s->w.heard += f->world.heard;
	s->w.refused += f->world.refused;
	s->w.rewritten += f->world.rewritten;
	s->w.read += f->world.read;
	s->w.crashes += f->world.crashes;
	s->w.rooms += f->world.rooms;
	s->w.gaps += f->world.gaps;
	s->w.anew += f->world.anew;
	s->w.joins += f->world.joins;
	s->w.quits += f->world.quits;
	s->w.lost += f->world.lost;
	s->w.back += f->world.back;
	s->w.links += f->world.links;
	s->w.lives += f->world.lives;
	s->w.given_up += f->world.given_up;
	s->w.datagrams += f->world.datagrams;
	if (f->world.memory_max > s->w.memory_max)
		s->w.memory_max = f->world.memory_max;
}

static void print_sum(const struct settings *w, const struct sum *s, double seconds)
{
	printf("storms          %lu of %lu ended well\n", s->storms, w->seeds);
	printf("virtual time    %.1f h of %lu members\n", s->virtual_s / 3600, w->members);
	printf("real time       %.1f s, %.0f times faster\n", seconds, s->virtual_s / seconds);
	printf("said            %llu talks, %llu answers\n", (unsigned long long)s->w.talks,
	       (unsigned long long)s->w.answers);
	printf("                %llu refused (most: the disk would not)\n",
	       (unsigned long long)s->w.refused);
	printf("heard           %llu events; %llu were changed, %llu read again\n",
	       (unsigned long long)s->w.heard, (unsigned long long)s->w.rewritten,
	       (unsigned long long)s->w.read);
	printf("server          %llu crashes; %llu other rooms\n", (unsigned long long)s->w.crashes,
	       (unsigned long long)s->w.rooms);
	printf("shown           %llu joins, %llu quits, %llu lost, %llu back\n",
	       (unsigned long long)s->w.joins, (unsigned long long)s->w.quits,
	       (unsigned long long)s->w.lost, (unsigned long long)s->w.back);
	printf("told            %llu new logs, %llu gaps\n", (unsigned long long)s->w.anew,
	       (unsigned long long)s->w.gaps);
	printf("network         %llu links, %llu datagrams\n", (unsigned long long)s->w.links,
	       (unsigned long long)s->w.datagrams);
	printf("clients         %llu starts, %llu of them found no server\n",
	       (unsigned long long)s->w.lives, (unsigned long long)s->w.given_up);
	printf("memory          %zu KiB at most, without the log\n", s->w.memory_max / 1024);
	printf("lost, doubled, reordered: %s\n",
	       s->storms == w->seeds ? "0" : "SOME, SEE THE SEEDS ABOVE");
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(const struct settings *w)
{
	double began = seconds_now();
	struct sum sum = {0};
	struct storm_figures f;
	int ends[2];
	bool failed = pipe(ends) != 0;

	for (unsigned long job = 0; job < w->jobs && !failed; job++)
		failed = !start_share(w, job, ends[1]);
	close(ends[1]);
	while (!failed && read(ends[0], &f, sizeof(f)) == (ssize_t)sizeof(f))
		add(&sum, &f);
	while (wait(NULL) > 0)
		;
	if (failed)
		perror("chat-sim-storm");
	print_sum(w, &sum, seconds_now() - began);
	return sum.storms == w->seeds ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct settings w = {.seeds = 20,
			     .first = 1,
			     .minutes = 60,
			     .members = 8,
			     .jobs = 1,
			     .fault_seconds = 60,
			     .talk_seconds = 20,
			     .server_minutes = 20,
			     .disk_minutes = 10};

	for (int i = 1; i < argc; i += 2) {
		if (set(&w, argv[i], argv[i + 1]))
			continue;
		fprintf(stderr, "chat-sim-storm: what is \"%s\"?\n", argv[i]);
		return 1;
	}
	if (!w.seeds || !w.minutes || !w.members || w.members > WORLD_MEMBERS_MAX || !w.jobs ||
	    w.jobs > JOBS_MAX || !w.fault_seconds || !w.talk_seconds) {
		fprintf(stderr, "chat-sim-storm: there would be nothing to see\n");
		return 1;
	}
	return run(&w);
}
