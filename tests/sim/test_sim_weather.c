/*
 * Bad networks: what is said arrives, once, in order, whatever the network does (protocol.md §5).
 *
 * That each event is heard once, in order and to the byte is the oracle's to see; here it is that
 * all arrive, and in what time.
 */
#include "actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MEMBERS = 200 };

static const struct weather calm = {.delay_us = 500};
static const struct weather lan = {.delay_us = 50, .jitter_us = 20};
static const struct weather storm = {
	.loss = 20, .duplicate = 10, .reorder = 20, .delay_us = 10000, .jitter_us = 5000};
static const struct weather half = {.loss = 50, .delay_us = 10000, .jitter_us = 2000};
static const struct weather far_half = {.loss = 50, .delay_us = 50000};
static const struct weather noise = {.corrupt = 5, .delay_us = 5000};
static const struct weather jitter = {.loss = 5, .delay_us = 1000, .jitter_us = 400000};
static const struct weather echo = {
	.duplicate = 100, .reorder = 50, .delay_us = 3000, .jitter_us = 30000};
static const struct weather satellite = {.loss = 2, .delay_us = 400000, .jitter_us = 20000};
static const struct weather far = {.loss = 10, .delay_us = 100000, .jitter_us = 10000};

/* A conversation under one sky. */
struct scenario {
	const char *name;
	const struct weather *weather;
	bool late;			/* the weather comes when all have joined */
	unsigned seeds, members, lines; /* two in three members come over UDP */
	size_t line_bytes;
	double pause;	 /* seconds between two lines of a member */
	double patience; /* until everything is answered, and heard */
};

static const struct scenario scenarios[] = {
	{"20 % lost, 10 % doubled, 20 % swapped", &storm, false, 100, 6, 20, 20, 0.05, 30},
	{"half of everything is lost", &half, true, 60, 4, 15, 20, 0.2, 60},
	{"many small packets, half of them lost", &far_half, true, 10, 3, 400, 30, 0.002, 300},
	{"5 % come with a wrong checksum", &noise, false, 20, 6, 20, 20, 0.05, 20},
	{"jitter far above the round trip", &jitter, false, 30, 4, 20, 20, 0.1, 30},
	{"everything comes twice", &echo, false, 20, 4, 20, 20, 0.05, 20},
	{"over a satellite", &satellite, false, 10, 4, 20, 20, 0.5, 30},
	{"far apart, and all at once", &far, false, 10, 8, 40, 200, 0, 60},
	{"long texts in a storm", &storm, false, 10, 3, 4, TEXT_MAX_BYTES, 0.5, 60},
	{"a crowd on a local network", &lan, false, 5, 12, 100, 60, 0, 5},
};

static void say_lines(struct sim *s, struct actor **members, const struct scenario *c)
{
	static char text[TEXT_MAX_BYTES + 1];

	for (unsigned line = 0; line < c->lines; line++) {
		for (unsigned i = 0; i < c->members; i++) {
			int n = snprintf(text, sizeof(text), "第%u行, member %u ", line, i);
			memset(text + n, 'a' + (int)i % 26, sizeof(text) - (size_t)n);
			sim_say_bytes(members[i], text,
				      c->line_bytes > (size_t)n ? c->line_bytes : (size_t)n);
		}
		sim_run(s, c->pause);
	}
}

static void play(const struct scenario *c, uint64_t seed)
{
	struct sim *s = sim_new(seed, c->late ? &calm : c->weather);
	struct actor *members[MAX_MEMBERS];
	char name[32];

	for (unsigned i = 0; i < c->members; i++) {
		snprintf(name, sizeof(name), "member%u", i);
		members[i] = sim_connect(s, i % 3 < 2 ? VIA_UDP : i % 2 ? VIA_TCP : VIA_UNIX);
		sim_ask_name(members[i], name, 0);
	}
	for (unsigned i = 0; i < c->members; i++)
		sim_expect_joined(members[i], 30);
	sim_weather(s, c->weather);
	say_lines(s, members, c);
	for (unsigned i = 0; i < c->members; i++)
		sim_expect_answered(members[i], c->patience);
	sim_expect_agreement(s, c->patience);
	for (unsigned i = 0; i < c->members; i++)
		assert_int_equal(sim_heard_count(members[i], EVENT_TALK), c->members * c->lines);
	sim_end(s);
}

/* SIM_SEEDS in the environment asks for so many seeds of each, to look for what is rare. */
static void all_arrives(void **state)
{
	const struct scenario *c = *state;
	const char *wanted = getenv("SIM_SEEDS");
	uint64_t seeds = wanted ? strtoull(wanted, NULL, 10) : c->seeds;

	for (uint64_t seed = 1; seed <= seeds; seed++)
		play(c, seed);
}

/* Ten seconds have to be enough for all of them. */
static void all_get_in_though_a_third_is_lost(void **state)
{
	enum { MEMBERS = 300 };
	struct actor *all[MEMBERS];

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct sim *s = sim_new(seed, &(struct weather){.loss = 30, .delay_us = 10000});
		for (unsigned i = 0; i < MEMBERS; i++) {
			char name[32];
			snprintf(name, sizeof(name), "member%u", i);
			all[i] = sim_connect(s, VIA_UDP);
			sim_ask_name(all[i], name, 1000000);
		}
		for (unsigned i = 0; i < MEMBERS; i++)
			sim_expect_joined(all[i], 30);
		sim_end(s);
	}
}

/* ---- outages --------------------------------------------------------------------------------- */

/* Lost are: the first INIT, then the answer to JOIN. */
static void a_bad_start_costs_no_second(void **state)
{
	struct sim *s = sim_new(1, &(struct weather){.delay_us = 10000});
	struct actor *a = sim_connect(s, VIA_UDP);

	(void)state;
	sim_ask_name(a, "alice", 0);
	sim_cut(a, true, false);
	sim_run(s, 0.2);
	sim_cut(a, false, false);
	sim_run(s, 0.125); /* the second INIT left at 0.3, RESP comes at 0.32 */
	assert_true(session_rtt(sim_session(a)) > 0);
	sim_cut(a, false, true);
	sim_run(s, 0.02);
	sim_cut(a, false, false);
	sim_expect_joined(a, 0.3);
	sim_end(s);
}

/* The server's offer arrives when it is nearly forgotten; it has to hold for the answer, too. */
static void a_handshake_may_take_its_ten_seconds(void **state)
{
	struct sim *s = sim_new(2, &(struct weather){.delay_us = 10000});
	struct actor *a = sim_connect(s, VIA_UDP);

	(void)state;
	sim_ask_name(a, "alice", 0);
	sim_cut(a, false, true);
	sim_run(s, 9);
	sim_cut(a, false, false);
	sim_run(s, 0.312); /* the INIT of 9.3 is there, RESP on its way */
	sim_cut(a, true, false);
	sim_run(s, 2);
	assert_true(session_rtt(sim_session(a)) > 0 && !sim_in_room(a));
	sim_cut(a, false, false);
	sim_expect_joined(a, 5);
	sim_end(s);
}

/* Lost is the answer to QUIT, with all that was due before the goodbye. */
static void a_quit_whose_answer_is_lost_takes_no_longer(void **state)
{
	struct sim *s = sim_new(6, &(struct weather){.delay_us = 10000});
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);

	(void)state;
	sim_run(s, 1);
	sim_quit(uma, "");
	sim_run(s, 0.005);
	sim_cut(uma, false, true);
	sim_expect_event(tom, EVENT_QUIT, "uma", 1);
	sim_cut(uma, false, false);
	sim_expect_ended(uma, CODE_LEFT, 0.5);
	assert_true(sim_heard(uma, EVENT_QUIT, "uma", NULL));
	sim_end(s);
}

/* Both talk on while what one of them sends, or is sent, is lost for so long. */
static void outage_heals(double seconds, bool up, bool down)
{
	struct sim *s = sim_new(3, &(struct weather){.delay_us = 10000, .jitter_us = 1000});
	struct actor *alice = sim_join(s, "alice", VIA_TCP), *uma = sim_join(s, "uma", VIA_UDP);

	sim_say(uma, "still here");
	sim_expect_heard(alice, "uma", "still here", 1);
	sim_cut(uma, up, down);
	for (unsigned i = 0; i < 10; i++) {
		sim_say(alice, "uma?");
		sim_say(uma, "alice?");
		sim_run(s, seconds / 10);
	}
	sim_cut(uma, false, false);
	sim_expect_answered(uma, 4); /* a probe every three seconds */
	sim_expect_agreement(s, 4);
	assert_int_equal(sim_heard_count(uma, EVENT_TALK), 21);
	sim_end(s);
}

static void outages_of_10_and_40_seconds_heal(void **state)
{
	(void)state;
	for (unsigned way = 1; way <= 3; way++) {
		outage_heals(10, way & 1, way & 2);
		outage_heals(40, way & 1, way & 2);
	}
}

/* Who is lost for the server is gone in a minute; who hears nothing himself gives up before. */
static void a_long_outage_ends_a_member_and_frees_its_name(void **state)
{
	(void)state;
	for (unsigned way = 1; way <= 3; way++) {
		struct sim *s = sim_new(4, &(struct weather){.delay_us = 10000});
		struct actor *alice = sim_join(s, "alice", VIA_TCP);
		struct actor *uma = sim_join(s, "uma", VIA_UDP);
		sim_cut(uma, way & 1, way & 2);
		if (way == 2)
			sim_expect_ended(uma, CODE_TIMED_OUT, 46);
		sim_expect_event(alice, EVENT_QUIT, "uma", 60);
		assert_int_equal(sim_leave_reason(alice, "uma"), LEAVE_TIMED_OUT);
		sim_join(s, "uma", VIA_UDP);
		sim_expect_ended(uma, CODE_TIMED_OUT, 60);
		sim_end(s);
	}
}

/* More packets than anybody remembers are under way to nobody: the last of them has to be known lost. */
static void a_busy_room_survives_an_outage(void **state)
{
	static const struct weather near = {.delay_us = 10000};
	static char big[TEXT_MAX_BYTES];
	struct sim *s = sim_new(5, &near);
	struct actor *alice = sim_join(s, "alice", VIA_TCP), *uma = sim_join(s, "uma", VIA_UDP);

	(void)state;
	memset(big, 'x', sizeof(big));
	for (unsigned i = 0; i < 60; i++) /* the window grows */
		sim_say_bytes(alice, big, sizeof(big));
	sim_expect_answered(alice, 10);
	sim_expect_agreement(s, 10);
	sim_cut(uma, false, true);
	for (unsigned i = 0; i < 1500; i++) {
		sim_say(alice, "so much to say");
		sim_run(s, 0.005);
	}
	sim_cut(uma, false, false);
	sim_expect_agreement(s, 10);
	sim_end(s);
}

int main(void)
{
	static const struct CMUnitTest outages[] = {
		cmocka_unit_test(all_get_in_though_a_third_is_lost),
		cmocka_unit_test(a_bad_start_costs_no_second),
		cmocka_unit_test(a_handshake_may_take_its_ten_seconds),
		cmocka_unit_test(a_quit_whose_answer_is_lost_takes_no_longer),
		cmocka_unit_test(outages_of_10_and_40_seconds_heal),
		cmocka_unit_test(a_long_outage_ends_a_member_and_frees_its_name),
		cmocka_unit_test(a_busy_room_survives_an_outage),
	};
	struct CMUnitTest tests[COUNT_OF(scenarios) + COUNT_OF(outages)] = {0};

	for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
		tests[i].name = scenarios[i].name;
		tests[i].test_func = all_arrives;
		tests[i].initial_state = (void *)(uintptr_t)&scenarios[i];
	}
	memcpy(&tests[COUNT_OF(scenarios)], outages, sizeof(outages));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
