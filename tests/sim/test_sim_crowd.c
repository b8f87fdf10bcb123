/* Many at once: two hundred who all talk, much in flight, and how long talk takes. */
#include "actor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct weather storm = {
	.loss = 20, .duplicate = 10, .reorder = 20, .delay_us = 10000, .jitter_us = 5000};

/* How much faster than the world the simulation runs; nothing depends on it. */
static void print_speed(const struct sim *s, clock_t began)
{
	double real = (double)(clock() - began) / CLOCKS_PER_SEC;

	print_message("# %.1f virtual seconds in %.2f s\n", (double)sim_now(s).mono_us / 1e6 - 1,
		      real);
}

static struct actor *member(struct sim *s, unsigned i)
{
	static const enum via vias[] = {VIA_UDP, VIA_TCP, VIA_UNIX};
	struct actor *a = sim_connect(s, vias[i % 3]);
	char name[32];

	snprintf(name, sizeof(name), "成员%u", i);
	sim_ask_name(a, name, 0);
	return a;
}

static void two_hundred_say_twenty_lines_in_a_storm(void **state)
{
	enum { MEMBERS = 200, LINES = 20 };
	struct sim *s = sim_new(1, &storm);
	struct actor *all[MEMBERS];
	clock_t began = clock();

	(void)state;
	for (unsigned i = 0; i < MEMBERS; i++)
		all[i] = member(s, i);
	for (unsigned i = 0; i < MEMBERS; i++)
		sim_expect_joined(all[i], 30);
	for (unsigned line = 0; line < LINES; line++) {
		for (unsigned i = 0; i < MEMBERS; i++) {
			char text[64];
			snprintf(text, sizeof(text), "第%u行 by %u", line, i);
			sim_say(all[i], text);
		}
		sim_run(s, 0.2);
	}
	for (unsigned i = 0; i < MEMBERS; i++)
		sim_expect_answered(all[i], 60);
	sim_expect_agreement(s, 60);
	for (unsigned i = 0; i < MEMBERS; i++)
		assert_int_equal(sim_heard_count(all[i], EVENT_TALK), MEMBERS * LINES);
	print_speed(s, began);
	sim_end(s);
}

/* As much as a session ever has in flight: 64 commands of 16 KiB, and their events back. */
static void much_in_flight(enum via via, const struct weather *w, double patience)
{
	static char text[TEXT_MAX_BYTES];
	struct sim *s = sim_new(2, w);
	struct actor *alice = sim_join(s, "alice", via), *bob = sim_join(s, "bob", VIA_UDP);

	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < 2 * WIRE_COMMANDS_MAX; i++) {
		text[0] = (char)('a' + i % 26);
		sim_say_bytes(alice, text, sizeof(text));
	}
	sim_expect_answered(alice, patience);
	sim_expect_agreement(s, patience);
	assert_int_equal(sim_heard_count(bob, EVENT_TALK), 2 * WIRE_COMMANDS_MAX);
	print_message("# 2 MiB in %.1f virtual seconds\n", (double)sim_now(s).mono_us / 1e6 - 1);
	sim_end(s);
}

static void sixty_four_long_texts_are_in_flight(void **state)
{
	static const struct weather calm = {.delay_us = 500};
	static const struct weather shuffle = {.delay_us = 500, .jitter_us = 500};

	(void)state;
	for (enum via via = VIA_UDP; via <= VIA_UNIX; via++) {
		much_in_flight(via, &calm, 20);
		much_in_flight(via, &shuffle, 20);
		much_in_flight(via, &storm, 400);
	}
}

/*
 * A receiver holds 128 KiB of what comes early and refuses the rest.  Then a whole window can be out
 * there that it will never acknowledge, and what it waits for has to go out again before anything new.
 */
static void what_is_refused_blocks_nothing(void **state)
{
	static const struct weather calm = {.delay_us = 500};
	static const struct weather scrambled = {.scramble = true, .delay_us = 500};
	static char text[TEXT_MAX_BYTES];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint64_t seed = 40; seed < 50; seed++) {
		struct sim *s = sim_new(seed, &calm);
		struct actor *alice = sim_join(s, "alice", VIA_UDP);
		sim_weather(s, &scrambled);
		for (unsigned i = 0; i < 2 * WIRE_COMMANDS_MAX; i++) {
			text[0] = (char)('a' + i % 26);
			sim_say_bytes(alice, text, sizeof(text));
		}
		sim_expect_answered(alice, 5);
		sim_end(s);
	}
}

/* Ten minutes of eight people who say five things a second, 25 ms away from the server. */
static void print_latency(unsigned loss, uint64_t bound_us)
{
	enum { MEMBERS = 8, TALKS = 10 * 60 * 5 };
	struct weather w = {.loss = loss, .delay_us = 25000};
	struct sim *s = sim_new(3, &w);
	struct actor *all[MEMBERS];
	clock_t began = clock();

	for (unsigned i = 0; i < MEMBERS; i++) {
		all[i] = sim_connect(s, VIA_UDP);
		char name[] = {(char)('a' + i), '\0'};
		sim_ask_name(all[i], name, 0);
	}
	for (unsigned i = 0; i < MEMBERS; i++)
		sim_expect_joined(all[i], 30);
	for (unsigned i = 0; i < TALKS; i++) {
		sim_say(all[sim_random(s) % MEMBERS], "what people say in a line of a chat");
		sim_run(s, 0.2);
	}
	sim_expect_agreement(s, 30);
	print_message(
		"# %u %% lost each way, 50 ms round trip: p50 %.0f ms, p90 %.0f ms, p99 %.0f ms, "
		"p99.9 %.0f ms, worst %.0f ms\n",
		loss, (double)sim_latency(s, 50) / 1e3, (double)sim_latency(s, 90) / 1e3,
		(double)sim_latency(s, 99) / 1e3, (double)sim_latency(s, 99.9) / 1e3,
		(double)sim_latency(s, 100) / 1e3);
	assert_in_range(sim_latency(s, 99), 50000, bound_us);
	print_speed(s, began);
	sim_end(s);
}

static void talk_is_quick_though_packets_are_lost(void **state)
{
	(void)state;
	print_latency(0, 60000);
	print_latency(10, 1000000);
	print_latency(30, 3000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hundred_say_twenty_lines_in_a_storm),
		cmocka_unit_test(sixty_four_long_texts_are_in_flight),
		cmocka_unit_test(what_is_refused_blocks_nothing),
		cmocka_unit_test(talk_is_quick_though_packets_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
