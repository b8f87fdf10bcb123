/* client/hook: real programs, small ones, and what they find when they are run. */
#include "hook.h"

#include "check.h"
#include "sys/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOON_US = 60 * 1000 * 1000 };

static char dir[] = "/tmp/chat-hook.XXXXXX";
static struct hooks hooks;
static int ended, last_status;

static void on_ended(void *ctx, int status)
{
	(void)ctx;
	ended++;
	last_status = status;
}

static int begin(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/chat-hook.XXXXXX");
	ended = 0;
	last_status = -1;
	hooks = (struct hooks){
		.reactor = reactor_new(REACTOR_POLL, false), .time_us = SOON_US, .ended = on_ended};
	return mkdtemp(dir) && hooks.reactor && setenv("HOME", dir, 1) == 0 ? 0 : -1;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	hooks_end(&hooks);
	reactor_free(hooks.reactor);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

#define HOOKED(test) cmocka_unit_test_setup_teardown(test, begin, end)

static const char *path_of(const char *name)
{
	static char paths[4][96];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, 96, "%s/%s", dir, name);
	return path;
}

/* A script in the directory, which is its $HOME. */
static const char *script(const char *name, const char *lines)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", lines);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

static void run(const char *program, const char *data)
{
	assert_int_equal(hooks_run(&hooks, program, data, strlen(data)), ERR_NONE);
}

static void wait_until_ended(int count)
{
	uint64_t deadline = clock_mono_us() + SOON_US;

	while (ended < count) {
		assert_true(clock_mono_us() < deadline);
		assert_int_equal(reactor_turn(hooks.reactor, deadline), ERR_NONE);
	}
}

static const char *content(const char *name)
{
	static char text[200 * 1024];
	FILE *f = fopen(path_of(name), "r");

	if (!f)
		fail_msg("%s: %s", name, strerror(errno));
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static size_t running(void)
{
	size_t n = 0;

	for (size_t i = 0; i < HOOK_MAX; i++)
		n += hooks.runs[i].proc.pid != 0;
	return n;
}

/* ---- what it finds -------------------------------------------------------------------------- */

static void test_data_are_on_its_input_alone(void **state)
{
	(void)state;
	run(script("hook", "cat >$HOME/got; echo $# >$HOME/count; exit 3"),
	    "{\"text\":\"; $(touch x) `id` 你好\"}\n");
	wait_until_ended(1);
	assert_int_equal(last_status, 3);
	assert_string_equal(content("got"), "{\"text\":\"; $(touch x) `id` 你好\"}\n");
	assert_string_equal(content("count"), "0\n");
	assert_int_equal(running(), 0);
}

static void test_large_data_wait_for_nobody(void **state)
{
	static char data[150 * 1024];

	(void)state;
	memset(data, 'x', sizeof(data) - 1);
	run(script("hook", "cat /dev/stdin >$HOME/got"), data);
	run(script("deaf", "exit 0"), data);
	wait_until_ended(2);
	assert_string_equal(content("got"), data);
}

static void test_its_output_goes_nowhere(void **state)
{
	(void)state;
	run(script("hook", "echo out; echo err >&2\n"
			   "to=$(readlink /proc/$$/fd/1 /proc/$$/fd/2); echo $to >$HOME/to"),
	    "");
	wait_until_ended(1);
	assert_string_equal(content("to"), "/dev/null /dev/null\n");
}

static void test_it_has_no_terminal_and_nothing_of_ours(void **state)
{
	int ours = dup(STDOUT_FILENO), another = dup2(ours, 42);

	(void)state;
	assert_int_equal(another, 42);
	run(script("hook", "(: </dev/tty) 2>/dev/null && echo tty >>$HOME/got\n"
			   "for fd in /proc/$$/fd/*; do\n"
			   "case ${fd##*/} in 0|1|2|10|255) ;;\n" /* the last: the script itself */
			   "*) [ ! -e $fd ] || echo $fd >>$HOME/got ;; esac\n"
			   "done; echo end >>$HOME/got"),
	    "");
	wait_until_ended(1);
	close(ours);
	close(another);
	assert_string_equal(content("got"), "end\n");
}

static void test_its_environment_is_small(void **state)
{
	(void)state;
	setenv("CHAT_SECRET", "plover", 1);
	setenv("LD_PRELOAD_NOT", "x", 1);
	setenv("DISPLAY", ":7", 1);
	run(script("hook", "env >$HOME/env"), "");
	wait_until_ended(1);
	unsetenv("CHAT_SECRET");
	assert_null(strstr(content("env"), "plover"));
	assert_null(strstr(content("env"), "LD_PRELOAD_NOT"));
	assert_non_null(strstr(content("env"), "DISPLAY=:7\n"));
	assert_non_null(strstr(content("env"), dir));
}

static void test_ways_to_name_it(void **state)
{
	(void)state;
	(void)script("hook", "echo home >>$HOME/got");
	run("~/hook", "");
	wait_until_ended(1);
	assert_string_equal(content("got"), "home\n");
	run("true", "");
	wait_until_ended(2);
	assert_int_equal(last_status, 0);
	/* no shell reads it */
	run("true; echo shell >>$HOME/got", "");
	wait_until_ended(3);
	assert_int_equal(last_status, HOOK_NOT_RUN);
	run(path_of("nothing"), "");
	wait_until_ended(4);
	assert_int_equal(last_status, HOOK_NOT_RUN);
	assert_string_equal(content("got"), "home\n");
}

/* ---- how many, how long ----------------------------------------------------------------------- */

static void test_four_at_a_time(void **state)
{
	const char *slow = script("slow", "exec sleep 1000");

	(void)state;
	for (int i = 0; i < HOOK_MAX; i++)
		run(slow, "");
	assert_int_equal(hooks_run(&hooks, slow, "", 0), ERR_FULL);
	assert_int_equal(kill(hooks.runs[2].proc.pid, SIGKILL), 0);
	while (running() == HOOK_MAX)
		assert_int_equal(reactor_turn(hooks.reactor, clock_mono_us() + SOON_US), ERR_NONE);
	assert_int_equal(ended, 0); /* not by itself */
	run(slow, "");
	assert_int_equal(running(), HOOK_MAX);
}

static bool is_there(pid_t pid)
{
	char path[64], line[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	(void)!fgets(line, sizeof(line), f);
	fclose(f);
	return !strstr(line, ") Z ");
}

/* What it has started goes with it, whether its time is up or it ends by itself. */
static void expect_all_gone(void)
{
	uint64_t deadline = clock_mono_us() + SOON_US;
	pid_t child;

	while (running() > 0) {
		assert_true(clock_mono_us() < deadline);
		assert_int_equal(reactor_turn(hooks.reactor, deadline), ERR_NONE);
	}
	child = (pid_t)atoi(content("child"));
	assert_true(child > 1);
	while (is_there(child)) /* somebody else reaps it */
		assert_true(clock_mono_us() < deadline);
}

static void test_its_time_is_up(void **state)
{
	(void)state;
	hooks.time_us = 1000;
	run(script("slow", "exec sleep 1000"), "");
	while (running() > 0)
		assert_int_equal(reactor_turn(hooks.reactor, clock_mono_us() + SOON_US), ERR_NONE);
	assert_int_equal(ended, 0); /* not by itself */
}

static void test_nothing_keeps_it_then(void **state)
{
	const char *lines = "trap '' TERM HUP INT; sleep 1000 & echo $! >$HOME/new\n"
			    "mv $HOME/new $HOME/child; wait; wait";
	uint64_t deadline = clock_mono_us() + SOON_US;

	(void)state;
	run(script("slow", lines), "");
	while (access(path_of("child"), F_OK))
		assert_true(clock_mono_us() < deadline);
	assert_int_equal(reactor_timer_set(hooks.reactor, &hooks.runs[0].timer, clock_mono_us()),
			 ERR_NONE);
	expect_all_gone();
	assert_int_equal(ended, 0);
}

static void test_it_leaves_nobody_behind(void **state)
{
	(void)state;
	run(script("quick", "sleep 1000 & echo $! >$HOME/child"), "");
	expect_all_gone();
	assert_int_equal(ended, 1);
}

static void test_the_end_of_all(void **state)
{
	pid_t pid;

	(void)state;
	run(script("slow", "exec sleep 1000"), "");
	pid = hooks.runs[0].proc.pid;
	hooks_end(&hooks);
	assert_int_equal(running(), 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOOKED(test_data_are_on_its_input_alone),
		HOOKED(test_large_data_wait_for_nobody),
		HOOKED(test_its_output_goes_nowhere),
		HOOKED(test_it_has_no_terminal_and_nothing_of_ours),
		HOOKED(test_its_environment_is_small),
		HOOKED(test_ways_to_name_it),
		HOOKED(test_four_at_a_time),
		HOOKED(test_its_time_is_up),
		HOOKED(test_nothing_keeps_it_then),
		HOOKED(test_it_leaves_nobody_behind),
		HOOKED(test_the_end_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
