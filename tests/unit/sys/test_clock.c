/* clock: units and direction; entropy: all of the buffer, and nothing past it. */
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void test_mono_never_goes_back(void **state)
{
	uint64_t last = clock_mono_us();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_mono_us();

		assert_true(now >= last);
		last = now;
	}
}

static void test_mono_is_in_microseconds(void **state)
{
	struct timespec before, after;
	uint64_t us;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	us = clock_mono_us();
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_in_range(us / 1000000, before.tv_sec, after.tv_sec);
}

static void test_wall_is_unix_time_in_ms(void **state)
{
	int64_t before = (int64_t)time(NULL);
	int64_t ms = clock_wall_ms();

	(void)state;
	/* time() may lag by a tick; a year on either side catches a wrong unit or epoch. */
	assert_true(ms / 1000 >= before - 365 * 86400);
	assert_true(ms / 1000 <= before + 365 * 86400);
}

static void test_entropy_fills_exactly(void **state)
{
	unsigned char a[1026] = {0}, b[1026] = {0};
	size_t zeros = 0;

	(void)state;
	entropy_fill(a + 1, 1024);
	entropy_fill(b + 1, 1024);
	assert_int_equal(a[0], 0);
	assert_int_equal(a[1025], 0);
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 1; i <= 1024; i++)
		zeros += a[i] == 0;
	assert_true(zeros < 64); /* 4 are expected */
	entropy_fill(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mono_never_goes_back),
		cmocka_unit_test(test_mono_is_in_microseconds),
		cmocka_unit_test(test_wall_is_unix_time_in_ms),
		cmocka_unit_test(test_entropy_fills_exactly),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
