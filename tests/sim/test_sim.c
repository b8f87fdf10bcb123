/* The room as its members see it, over good and bad networks: protocol.md §5 is shown here. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct weather calm = {.delay_us = 500};
static const struct weather storm = {
	.loss = 20, .duplicate = 10, .reorder = 20, .delay_us = 10000, .jitter_us = 5000};

static void alice_and_bob_talk_over_every_pair_of_transports(void **state)
{
	(void)state;
	for (enum via a = VIA_UDP; a <= VIA_UNIX; a++) {
		for (enum via b = VIA_UDP; b <= VIA_UNIX; b++) {
			struct sim *s = sim_new(1, &calm);
			struct actor *alice = sim_join(s, "alice", a);
			struct actor *bob = sim_join(s, "bob", b);
			sim_expect_event(alice, EVENT_JOIN, "bob", 1);
			sim_say(alice, "hello");
			sim_expect_heard(bob, "alice", "hello", 1);
			sim_say(bob, "你好，爱丽丝");
			sim_expect_heard(alice, "bob", "你好，爱丽丝", 1);
			sim_expect_heard(bob, "bob", "你好，爱丽丝", 1);
			sim_quit(alice, "good night");
			sim_expect_event(bob, EVENT_QUIT, "alice", 1);
			assert_int_equal(sim_leave_reason(bob, "alice"), LEAVE_QUIT);
			sim_expect_agreement(s, 5);
			sim_free(s);
		}
	}
}

static void nothing_is_lost_doubled_or_swapped_in_a_storm(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim *s = sim_new(seed, &storm);
		struct actor *actors[6];
		for (unsigned i = 0; i < 6; i++) {
			char name[16];
			snprintf(name, sizeof(name), "member%u", i);
			actors[i] = sim_join(s, name,
					     i < 4    ? VIA_UDP
					     : i == 4 ? VIA_TCP
						      : VIA_UNIX);
		}
		for (unsigned line = 0; line < 20; line++) {
			for (unsigned i = 0; i < 6; i++) {
				char text[64];
				snprintf(text, sizeof(text), "line %u of %u, 第%u行", line, i,
					 line);
				sim_say(actors[i], text);
			}
			sim_run(s, 0.05);
		}
		for (unsigned i = 0; i < 6; i++)
			sim_expect_answered(actors[i], 30);
		sim_expect_agreement(s, 60);
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(sim_heard_count(actors[i], EVENT_TALK), 120);
		sim_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alice_and_bob_talk_over_every_pair_of_transports),
		cmocka_unit_test(nothing_is_lost_doubled_or_swapped_in_a_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
