/*
 * Those who vanish or stand still are let go of in time: nothing here is forced, so this test
 * takes about as long as the longest of the server's deadlines.  All of them run at once.
 */
#include "guest.h"

#include "sys/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void test_the_vanished_and_the_silent_are_let_go(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--grace", "0", NULL);
	struct actor *bob = join(s, "bob", VIA_TCP);
	struct actor *ming = join(s, "小明", VIA_UDP);
	struct actor *alice = join(s, "alice", VIA_UDP);
	(void)state;
	int silent[] = {raw_open(s, VIA_TCP), raw_open(s, VIA_UNIX)};
	int half[] = {raw_open(s, VIA_TCP), raw_open(s, VIA_UNIX)};
	raw_send(half[0], "\0", 1);
	raw_send(half[1], "\0\x07", 2);
	talk(alice, "good bye?");
	program_signal(alice->program, SIGKILL);
	gone(alice);
	uint64_t a_minute_later = within(60);

	for (size_t i = 0; i < 2; i++) {
		assert_true(raw_closes(silent[i], a_minute_later));
		assert_true(raw_closes(half[i], a_minute_later));
		close(silent[i]);
		close(half[i]);
	}
	const char *line;
	do
		assert_true(clock_mono_us() < a_minute_later);
	while (!(line = program_line_now(bob->program, PROGRAM_OUT)) &&
	       programs_wait(-1, 0, a_minute_later));
	expect_quit(ming, "alice", leave_reason_name(LEAVE_TIMED_OUT));
	bob->seq = ming->seq;

	/* The place is free; those who were merely quiet are still here. */
	join(s, "alice", VIA_UDP);
	talk(bob, "that took a while");
	talk(ming, "可不是嘛");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_the_vanished_and_the_silent_are_let_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
