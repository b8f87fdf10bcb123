/* See idle.h.  A program leads a session of its own: its processes are those of that session. */
#include "idle.h"

#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Adds the clock ticks used by the process if it belongs to the session; false: it does not. */
static bool add_ticks(const char *pid, int session, unsigned long *ticks)
{
	char path[300], text[1024];
	unsigned long user, system;
	int its_session;
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return false; /* it has ended */
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	const char *fields = strrchr(text, ')');
	if (!fields || sscanf(fields + 1, " %*c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			      &its_session, &user, &system) != 3)
		return false;
	if (its_session == session)
		*ticks += user + system;
	return its_session == session;
}

static unsigned long ticks_of_session(int session)
{
	unsigned long ticks = 0;
	unsigned processes = 0;
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (struct dirent *e; (e = readdir(proc));)
		if (isdigit((unsigned char)e->d_name[0]))
			processes += add_ticks(e->d_name, session, &ticks);
	closedir(proc);
	assert_int_not_equal(processes, 0);
	return ticks;
}

void expect_idle(struct program *p)
{
	int session = (int)program_pid(p);
	unsigned long before = ticks_of_session(session);
	uint64_t deadline = within(1);
	while (programs_wait(-1, 0, deadline))
		continue;
	unsigned long used = ticks_of_session(session) - before;
	if (used > (unsigned long)sysconf(_SC_CLK_TCK) / 10)
		fail_msg("%lu ticks of processor time in an idle second", used);
}
