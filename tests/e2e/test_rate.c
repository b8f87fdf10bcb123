/* A client that says more than its share: it waits, the others do not, and nothing is lost. */
#include "check.h"
#include "room.h"

#include "sys/clock.h"

#include <stdio.h>
#include <string.h>

enum { RATE = 50, BURST = 5 * RATE, LINES = BURST + 3 * RATE };

/* Some of them are long, so that a stream's records are, too. */
static const char *line(int i)
{
	static char text[600];

	memset(text, '.', sizeof(text));
	snprintf(text + (i % 10 ? 0 : 500), 16, "%d", i);
	return text;
}

static void say_much(struct actor *a)
{
	for (int i = 0; i < LINES; i++)
		say(a, line(i));
}

static void expect_much(struct actor *listener, const char *from)
{
	for (int i = 0; i < LINES; i++)
		expect_talk(listener, from, line(i));
}

static void held_back(enum via via)
{
	struct server *s = server_start("--rate", "50", NULL);
	struct actor *listener = join(s, "listener", VIA_UNIX), *loud = join(s, "loud", via);
	uint64_t start = clock_mono_us();

	say_much(loud);
	expect_much(listener, "loud");
	/* A JOIN and all of the lines: above the burst at fifty a second, and no faster. */
	assert_true(clock_mono_us() - start >= (LINES - BURST) * UINT64_C(1000000) / RATE);
	expect_much(loud, "loud");
	talk(listener, "and so on");
	leave(loud); /* everything was acknowledged */
	leave(listener);
}

static void test_over_udp_what_is_too_much_waits(void **state)
{
	(void)state;
	held_back(VIA_UDP);
}

static void test_over_tcp_what_is_too_much_waits(void **state)
{
	(void)state;
	held_back(VIA_TCP);
}

static void test_a_rate_has_to_be_one(void **state)
{
	static const char *const bad[] = {"x", "-1", "", "10001", "1.5"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const char *argv[] = {CHAT_SERVER_BIN, "--rate", bad[i], NULL};
		struct program *p = program_start(argv, NULL, -1);
		program_expect(p, PROGRAM_ERR, "bad --rate");
		assert_int_equal(program_wait(p, within(SOON)), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_over_udp_what_is_too_much_waits),
		SCENE(test_over_tcp_what_is_too_much_waits),
		SCENE(test_a_rate_has_to_be_one),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
