/* log: every message is one write() of one line.  Standard error is a socket that keeps writes apart. */
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int lines[2], real_stderr;

static void capture(void)
{
	real_stderr = dup(STDERR_FILENO);
	dup2(lines[1], STDERR_FILENO);
}

static void release(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
}

static const char *next_line(void)
{
	static char line[8192];
	ssize_t n = recv(lines[0], line, sizeof(line) - 1, MSG_DONTWAIT);

	if (n < 0)
		return NULL;
	line[n] = 0;
	return line;
}

static void test_levels_are_named(void **state)
{
	(void)state;
	capture();
	log_open("chat-server", LOG_DEBUG);
	log_say(LOG_ERROR, "port %d is in use", 8888);
	log_say(LOG_WARNING, "slow");
	log_say(LOG_NOTICE, "ready");
	log_say(LOG_DEBUG, "%s", "turn");
	release();
	assert_string_equal(next_line(), "chat-server: error: port 8888 is in use\n");
	assert_string_equal(next_line(), "chat-server: warning: slow\n");
	assert_string_equal(next_line(), "chat-server: ready\n");
	assert_string_equal(next_line(), "chat-server: debug: turn\n");
	assert_null(next_line());
}

static void test_levels_past_most_are_dropped(void **state)
{
	(void)state;
	capture();
	log_open("p", LOG_WARNING);
	log_say(LOG_NOTICE, "no");
	log_say(LOG_DEBUG, "no");
	log_say(LOG_WARNING, "yes");
	release();
	assert_string_equal(next_line(), "p: warning: yes\n");
	assert_null(next_line());
}

static void test_one_line_whatever_is_in_it(void **state)
{
	(void)state;
	capture();
	log_open("p", LOG_NOTICE);
	log_say(LOG_NOTICE, "a\nb\rc\033[2Jd\177e\t中文");
	release();
	assert_string_equal(next_line(), "p: a?b?c?[2Jd?e?中文\n");
	assert_null(next_line());
}

/* Cut at every offset within a character: what is left is whole characters, and says it was cut. */
static void test_long_lines_are_cut_between_characters(void **state)
{
	static char text[6001];
	static const char *const shifts[] = {"", "x", "xx"};

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "中", 3);
	for (size_t i = 0; i < 3; i++) {
		const char *line;
		size_t n;

		capture();
		log_open("p", LOG_NOTICE);
		log_say(LOG_NOTICE, "%s%s", shifts[i], text);
		release();
		line = next_line();
		n = strlen(line);
		assert_in_range(n, 2000, 2100);
		assert_string_equal(line + n - 8, "中 …\n");
		for (line += 3 + i; *line != ' '; line += 3)
			assert_memory_equal(line, "中", 3);
		assert_null(next_line());
	}
}

static void test_errno_is_kept(void **state)
{
	int closed;

	(void)state;
	capture();
	log_open("p", LOG_NOTICE);
	close(STDERR_FILENO);
	errno = ENOSPC;
	log_say(LOG_ERROR, "nobody hears this");
	closed = errno;
	release();
	assert_int_equal(closed, ENOSPC);
}

static int open_lines(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines);
}

/* The last test: there is no way back. */
static void test_nobody_waits_for_a_reader(void **state)
{
	char got[64] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	log_open("p", LOG_NOTICE);
	log_never_wait();
	for (int i = 0; i < 100000; i++)
		log_say(LOG_NOTICE, "%d", i);
	release();
	assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
	assert_memory_equal(got, "p: 0\np: 1\n", 10);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_are_named),
		cmocka_unit_test(test_levels_past_most_are_dropped),
		cmocka_unit_test(test_one_line_whatever_is_in_it),
		cmocka_unit_test(test_long_lines_are_cut_between_characters),
		cmocka_unit_test(test_errno_is_kept),
		cmocka_unit_test(test_nobody_waits_for_a_reader),
	};

	return cmocka_run_group_tests_name("log", tests, open_lines, NULL);
}
