/* tests/support/spawn: lines in and out, ends, findings; with sh and cat as the programs. */
#include "spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct program *shell(const char *script)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	const char *const env[] = {"COLOUR=green", NULL};
	return program_start(argv, env, -1);
}

static void test_lines_go_in_and_out(void **state)
{
	struct program *p = shell("read x; echo \"$x, $COLOUR\"; echo no >&2; printf unfinished");
	(void)state;
	program_type(p, "你好");
	assert_string_equal(program_line(p, PROGRAM_OUT, within(SOON)), "你好, green");
	assert_string_equal(program_line(p, PROGRAM_OUT, within(SOON)), "unfinished");
	assert_null(program_line(p, PROGRAM_OUT, within(SOON)));
	assert_string_equal(program_line(p, PROGRAM_ERR, within(SOON)), "no");
	assert_int_equal(program_wait(p, within(SOON)), 0);
	assert_true(programs_end());
}

static void test_the_end_of_input_is_seen(void **state)
{
	struct program *p = shell("cat; exit 3");
	(void)state;
	program_type(p, "one");
	program_type(p, "two");
	program_end_input(p);
	assert_string_equal(program_expect(p, PROGRAM_OUT, "tw"), "two");
	assert_int_equal(program_wait(p, within(SOON)), 3);
	assert_true(programs_end());
}

/* More than any pipe holds, both ways, with nobody reading in between. */
static void test_nobody_blocks(void **state)
{
	struct program *p = shell("cat");
	static char much[1000 * 1000];
	(void)state;
	memset(much, 'x', sizeof(much));
	program_write(p, much, sizeof(much));
	program_end_input(p);
	assert_int_equal(strlen(program_rest(p, PROGRAM_OUT, within(SOON))), sizeof(much));
	assert_true(programs_end());
}

static void test_signals_end_and_are_told(void **state)
{
	struct program *p = shell("echo up; exec cat");
	(void)state;
	program_expect(p, PROGRAM_OUT, "up");
	assert_false(program_ended(p));
	program_signal(p, SIGKILL);
	assert_int_equal(program_wait(p, within(SOON)), 128 + SIGKILL);
	assert_true(programs_end());
}

/* The grandchild holds one end of a pipe whose other end tells us when it is gone. */
static void test_nothing_is_left_behind(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "tail -f /dev/null <&0 & echo up; wait", NULL};
	int ends[2];
	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	struct program *p = program_start(argv, NULL, ends[1]);
	close(ends[1]);
	program_expect(p, PROGRAM_OUT, "up");
	assert_false(programs_wait(ends[0], POLLIN, 0));
	assert_true(programs_end());
	assert_true(programs_wait(ends[0], POLLIN, within(SOON)));
	close(ends[0]);
}

static void test_findings_are_noticed(void **state)
{
	struct program *p = shell("echo 'a.c:1:2: runtime error: overflow' >&2");
	(void)state;
	assert_int_equal(program_wait(p, within(SOON)), 0);
	assert_false(programs_end());
	p = shell("echo '==7==ERROR: AddressSanitizer: x' >&2; cat");
	program_expect(p, PROGRAM_ERR, "Address");
	assert_false(programs_end());
}

static void test_a_missing_program(void **state)
{
	const char *const argv[] = {"/nowhere/at-all", NULL};
	struct program *p = program_start(argv, NULL, -1);
	(void)state;
	assert_int_equal(program_wait(p, within(SOON)), 127);
	assert_true(programs_end());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_go_in_and_out),
		cmocka_unit_test(test_the_end_of_input_is_seen),
		cmocka_unit_test(test_nobody_blocks),
		cmocka_unit_test(test_signals_end_and_are_told),
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_findings_are_noticed),
		cmocka_unit_test(test_a_missing_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
