/*
 * How late a talk may be when packets are lost: bounds in virtual time, which are the same on every
 * machine.  chat-sim-latency prints the figures themselves, of longer runs.
 */
#include "latency.h"

static const struct bound {
	const char *name;
	uint64_t rtt_us;
	unsigned loss;
	uint64_t jitter_us; /* each way */
	uint32_t p99_us;
	double packets; /* per delivery, at most */
} bounds[] = {
	{"50 ms, nothing lost", 50000, 0, 0, 50100, 2.5},
	{"50 ms, swapped but not lost", 50000, 0, 100000, 255000, 2.6},
	{"50 ms, 1 % lost", 50000, 1, 0, 150000, 2.8},
	{"50 ms, 10 % lost", 50000, 10, 0, 200000, 6},
	{"50 ms, 30 % lost", 50000, 30, 0, 450000, 8},
	{"50 ms, half lost", 50000, 50, 0, 5000000, 10},
	{"200 ms, 10 % lost", 200000, 10, 0, 600000, 6},
	{"200 ms, 30 % lost", 200000, 30, 0, 1000000, 7},
	{"200 ms, half lost", 200000, 50, 0, 5000000, 8},
};

static void deliveries_are_in_time(void **state)
{
	const struct bound *b = *state;
	const struct latency_setup setup = {
		.weather = {.loss = b->loss, .delay_us = b->rtt_us / 2, .jitter_us = b->jitter_us},
		.members = 8,
		.seconds = 120,
		.talks_per_second = 5,
		.seeds = 3,
	};
	struct latency_figures f = latency_measure(&setup);

	print_message("p99 %u us, %.2f packets per delivery\n", f.p99_us, f.packets);
	assert_in_range(f.p99_us, b->rtt_us, b->p99_us);
	assert_true(f.packets <= b->packets);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(bounds)] = {0};

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		tests[i].name = bounds[i].name;
		tests[i].test_func = deliveries_are_in_time;
		tests[i].initial_state = (void *)(uintptr_t)&bounds[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
