/* output: whoever does not read is never waited for, and is told how much he missed. */
#include "sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAP = 4096, LINES = 20000 };

static void put(struct output *o, int number)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "line %d\n", number);

	output_line(o, line, (size_t)n);
}

static bool readable(int fd)
{
	struct pollfd now = {.fd = fd, .events = POLLIN};

	return poll(&now, 1, 0) > 0 && (now.revents & POLLIN);
}

static void wait_for(int fd, short events)
{
	struct pollfd now = {.fd = fd, .events = events};

	assert_int_equal(poll(&now, 1, 60000), 1);
}

/* Takes lines out of `in`: numbers grow by one, and a note accounts for those that are missing. */
struct reader {
	char line[64];
	size_t len;
	int next, notes;
};

static void read_line(struct reader *r)
{
	unsigned count;
	int number;

	r->line[r->len] = '\0';
	r->len = 0;
	if (sscanf(r->line, "(%u line", &count) == 1) {
		assert_non_null(strstr(r->line, " not shown)"));
		r->next += (int)count;
		r->notes++;
		return;
	}
	assert_int_equal(sscanf(r->line, "line %d", &number), 1);
	assert_int_equal(number, r->next);
	r->next++;
}

static void read_some(struct reader *r, int in)
{
	char bytes[512];
	ssize_t n = read(in, bytes, sizeof(bytes));

	assert_true(n > 0);
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			read_line(r);
		else if (bytes[i] != '\r' && r->len < sizeof(r->line) - 1)
			r->line[r->len++] = bytes[i];
	}
}

/* Everything that was put comes out of `in`, shown or counted. */
static void drain(struct output *o, struct reader *r, int in, int total)
{
	while (r->next < total) {
		assert_int_equal(output_flush(o), ERR_NONE);
		wait_for(in, POLLIN);
		read_some(r, in);
	}
	assert_int_equal(output_queued(o), 0);
	assert_false(readable(in));
}

static void fill(struct output *o)
{
	for (int i = 0; i < LINES; i++) {
		put(o, i);
		assert_int_equal(output_flush(o), ERR_NONE);
		assert_true(output_queued(o) <= CAP);
	}
	assert_true(output_queued(o) > 0);
}

static void expect_nothing_lost_unsaid(struct output *o, int in)
{
	struct reader r = {.next = 0};

	drain(o, &r, in, LINES);
	int notes = r.notes;
	assert_true(notes > 0);
	put(o, LINES);
	drain(o, &r, in, LINES + 1);
	assert_int_equal(r.notes, notes);
}

static void test_a_full_pipe_is_not_waited_for(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	struct output *o = output_new(ends[1], CAP);
	assert_non_null(o);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	fill(o);
	expect_nothing_lost_unsaid(o, ends[0]);
	output_free(o);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_stopped_terminal_is_not_waited_for(void **state)
{
	int keyboard, terminal;

	(void)state;
	assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
	struct output *o = output_new(terminal, CAP);
	assert_non_null(o);
	assert_false(fcntl(terminal, F_GETFL) & O_NONBLOCK);
	assert_int_equal(tcflow(terminal, TCOOFF), 0);
	fill(o);
	assert_false(readable(keyboard));
	assert_int_equal(tcflow(terminal, TCOON), 0);
	expect_nothing_lost_unsaid(o, keyboard);
	output_free(o);
	close(terminal);
	close(keyboard);
}

/* Not stopped, but nobody reads: the terminal emulator hangs. */
static void test_an_unread_terminal_is_not_waited_for(void **state)
{
	int keyboard, terminal;

	(void)state;
	assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
	struct output *o = output_new(terminal, CAP);
	assert_non_null(o);
	fill(o);
	expect_nothing_lost_unsaid(o, keyboard);
	output_free(o);
	close(terminal);
	close(keyboard);
}

/* It cannot be opened anew: then its own flags are changed, and given back. */
static void test_a_socket_is_not_waited_for(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	struct output *o = output_new(ends[1], CAP);
	assert_non_null(o);
	fill(o);
	expect_nothing_lost_unsaid(o, ends[0]);
	output_free(o);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	close(ends[0]);
	close(ends[1]);
}

/* What was in it stays, and who else writes there goes on behind. */
static void test_a_file_keeps_its_position(void **state)
{
	char path[] = "/tmp/test-output-XXXXXX", got[64] = "";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write(fd, "before\n", 7), 7);
	struct output *o = output_new(fd, CAP);
	assert_non_null(o);
	put(o, 1);
	assert_int_equal(output_flush(o), ERR_NONE);
	assert_int_equal(write(fd, "after\n", 6), 6);
	output_free(o);
	assert_true(pread(fd, got, sizeof(got) - 1, 0) > 0);
	assert_string_equal(got, "before\nline 1\nafter\n");
	close(fd);
}

static void test_nobody_there_is_told(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	struct output *o = output_new(ends[1], CAP);
	assert_non_null(o);
	close(ends[0]);
	put(o, 1);
	assert_int_equal(output_flush(o), ERR_CLOSED);
	assert_int_equal(output_queued(o), 0);
	output_free(o);
	close(ends[1]);
}

static void test_what_is_left_goes_out_at_the_end(void **state)
{
	char got[64] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	struct output *o = output_new(ends[1], CAP);
	assert_non_null(o);
	assert_int_equal(output_room(o), CAP);
	put(o, 7);
	assert_int_equal(output_room(o), CAP - 7);
	output_free(o);
	assert_int_equal(read(ends[0], got, sizeof(got) - 1), 7);
	assert_string_equal(got, "line 7\n");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_full_pipe_is_not_waited_for),
		cmocka_unit_test(test_a_stopped_terminal_is_not_waited_for),
		cmocka_unit_test(test_an_unread_terminal_is_not_waited_for),
		cmocka_unit_test(test_a_socket_is_not_waited_for),
		cmocka_unit_test(test_a_file_keeps_its_position),
		cmocka_unit_test(test_nobody_there_is_told),
		cmocka_unit_test(test_what_is_left_goes_out_at_the_end),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
