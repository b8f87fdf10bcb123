/* Networks and strangers that mean harm, and a machine that runs out of memory. */
#include "actor.h"
#include "sealed.h"
#include "memory.h"

#include "core/gate.h"
#include "proto/packet.h"
#include "proto/session_internal.h"

#include <stdio.h>
#include <string.h>

static const struct weather calm = {.delay_us = 500};

struct capture {
	uint8_t bytes[WIRE_PACKET_MAX];
	size_t len;
};

/* The last datagram that the actor sent. */
static struct capture capture(const struct actor *a)
{
	const uint8_t *bytes;
	struct capture c;

	c.len = sim_last_packet(a, &bytes);
	memcpy(c.bytes, bytes, c.len);
	return c;
}

/* ---- packets again, and from elsewhere -------------------------------------------------------- */

static void a_replayed_packet_says_nothing_twice(void **state)
{
	struct sim *s = sim_new(1, &calm);
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);
	struct address from = sim_address(uma);

	(void)state;
	sim_say(uma, "once");
	sim_run(s, 0);
	struct capture talk = capture(uma);
	sim_expect_heard(tom, "uma", "once", 1);
	sim_forge(s, &from, talk.bytes, talk.len);
	sim_run(s, 1);
	for (unsigned i = 0; i < 2000; i++) /* past the window in which packets are remembered */
		sim_say(uma, "more");
	sim_expect_answered(uma, 20);
	for (unsigned i = 0; i < 10; i++)
		sim_forge(s, &from, talk.bytes, talk.len);
	sim_run(s, 1);
	sim_expect_agreement(s, 1);
	assert_int_equal(sim_heard_count(tom, EVENT_TALK), 2001);
	sim_end(s);
}

/* Each thing that a member ever sent, again, when it has left and when it is back. */
static void packets_of_a_former_session_do_nothing(void **state)
{
	enum { KEPT = 40 };
	static struct capture kept[KEPT];
	struct sim *s = sim_new(2, &calm);
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);
	struct address from = sim_address(uma);

	(void)state;
	for (unsigned i = 0; i < KEPT; i++) {
		if (i == KEPT - 5)
			sim_quit(uma, "good night");
		else if (i < KEPT - 5)
			sim_say(uma, "hello");
		sim_run(s, 0.0004);
		kept[i] = capture(uma);
	}
	sim_expect_ended(uma, CODE_LEFT, 1);
	for (unsigned i = 0; i < KEPT; i++)
		sim_forge(s, &from, kept[i].bytes, kept[i].len);
	sim_run(s, 1);
	uint64_t head = sim_head(s);
	struct actor *back = sim_connect_again(uma);
	sim_ask_name(back, "uma", 0);
	sim_expect_joined(back, 1);
	for (unsigned i = 0; i < KEPT; i++)
		sim_forge(s, &from, kept[i].bytes, kept[i].len);
	sim_run(s, 1);
	assert_true(sim_head(s) == head + 1); /* its join, and nothing else */
	sim_say(back, "here again");
	sim_expect_heard(tom, "uma", "here again", 1);
	sim_end(s);
}

/* kill -9 and a new start at the same address: its owner has the name again before it was missed. */
static void a_restart_at_the_same_address_is_the_same_member(void **state)
{
	struct sim *s = sim_new(3, &calm);
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);
	struct actor *back = sim_connect_again(uma), *other = sim_connect(s, VIA_UDP);

	(void)state;
	sim_ask_name(other, "uma", 0);
	sim_expect_refused(other, CODE_NAME_TAKEN, 1);
	sim_ask_name(back, "uma", 0);
	sim_expect_joined(back, 1);
	sim_run(s, 60); /* for less than that there is a ghost */
	assert_int_equal(peers_count(sim_peers(s)), 3);
	sim_say(back, "it was me");
	sim_expect_heard(tom, "uma", "it was me", 1);
	assert_int_equal(sim_heard_count(tom, EVENT_JOIN), 2);
	assert_int_equal(sim_heard_count(tom, EVENT_QUIT), 0);
	sim_end(s);
}

static void the_wrong_connection_id_does_nothing(void **state)
{
	struct sim *s = sim_new(4, &calm);
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *una = sim_join(s, "una", VIA_UDP);
	struct address from = sim_address(uma), other = sim_address(una), nobody = sim_stranger(s);

	(void)state;
	sim_cut(uma, true, false);
	sim_say(uma, "sealed");
	sim_run(s, 0.01);
	struct capture talk = capture(uma); /* never arrived */
	for (unsigned bit = 0; bit < 64; bit++) {
		struct capture wrong = talk;
		wrong.bytes[1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		sim_forge(s, &from, wrong.bytes, wrong.len);
		sim_forge(s, &other, wrong.bytes, wrong.len);
	}
	sim_run(s, 1);
	assert_true(sim_head(s) == 2);
	assert_true(sim_bytes_to(s, &nobody) == 0);
	sim_cut(uma, false, false);
	sim_expect_heard(una, "uma", "sealed", 4); /* so the packet was good */
	sim_end(s);
}

static uint64_t session_cid(struct actor *a)
{
	return sim_session(a)->local_cid;
}

/* A member listens to the packets alone that are sealed by the server. */
static void a_stranger_cannot_speak_for_the_server(void **state)
{
	struct sim *s = sim_new(8, &calm);
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);
	static const uint8_t nonsense[WIRE_MESSAGE2 + 8] = {1};
	struct event lie = {.room = WIRE_LOBBY, .seq = 3, .kind = EVENT_ANNOUNCE, .time_ms = 1};

	(void)state;
	sim_expect_agreement(s, 1);
	lie.text = slice_of("go away", 7);
	for (uint64_t cid = 0; cid < 100; cid++) {
		uint8_t storage[WIRE_PACKET_MAX];
		struct buf b = buf_of(storage, sizeof(storage));
		data_header_put(&b, false, session_cid(uma), 1000 + cid);
		event_put(&b, &lie);
		bye_put(&b, CODE_KICKED, "");
		sim_forge_to(uma, b.data, b.len);
		b = buf_of(storage, sizeof(storage));
		resp_put(&b, session_cid(uma), slice_of(nonsense, sizeof(nonsense)));
		sim_forge_to(uma, b.data, b.len);
	}
	sim_run(s, 1);
	sim_say(uma, "nothing happened");
	sim_expect_heard(tom, "uma", "nothing happened", 1);
	sim_expect_agreement(s, 1);
	sim_end(s);
}

/* ---- floods ---------------------------------------------------------------------------------- */

static void forge_init(struct sim *s, const struct address *from, uint64_t cid)
{
	uint8_t storage[WIRE_INIT_SIZE];
	struct buf b = buf_of(storage, sizeof(storage));

	sealed_init(&b, cid, cid);
	sim_forge(s, from, b.data, b.len);
}

static void a_flood_of_strangers_is_bounded_and_forgotten(void **state)
{
	struct sim *s = sim_new(5, &calm);
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);

	(void)state;
	size_t before = sim_memory(s);
	for (unsigned i = 0; i < 3000; i++) {
		struct address from = sim_stranger(s);
		forge_init(s, &from, i);
		if (i % 100 == 0)
			sim_run(s, 0.001);
	}
	sim_run(s, 0.1);
	assert_in_range(peers_count(sim_peers(s)), 2 + GATE_INITS_BURST, 2 + GATE_HALF_OPEN);
	assert_in_range(sim_memory(s), before, before + (GATE_HALF_OPEN + 64) * 2560);
	sim_say(uma, "the room does not care");
	sim_expect_heard(tom, "uma", "the room does not care", 0.1);
	sim_run(s, 11);
	assert_int_equal(peers_count(sim_peers(s)), 2);
	sim_join(s, "late", VIA_UDP);
	sim_end(s);
}

static void a_newcomer_gets_in_through_a_flood(void **state)
{
	struct sim *s = sim_new(6, &calm);
	struct actor *late = NULL;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct address from = sim_stranger(s);
		forge_init(s, &from, i);
		if (i % 10 != 0)
			continue;
		sim_run(s, 0.001);
		if (i == 5000) { /* the table has been full for long */
			late = sim_connect(s, VIA_UDP);
			sim_ask_name(late, "late", 0);
		}
	}
	sim_expect_joined(late, 0.1);
	sim_end(s);
}

/* What others read of one's going is not one's own to choose. */
static void a_leaver_cannot_pass_for_the_server(void **state)
{
	static const struct {
		enum code said;
		enum leave_reason shown;
	} rows[] = {
		{CODE_SHUTDOWN, LEAVE_QUIT},	{CODE_TOO_SLOW, LEAVE_QUIT},
		{CODE_KICKED, LEAVE_QUIT},	{CODE_LEFT, LEAVE_QUIT},
		{CODE_SERVER_FULL, LEAVE_QUIT}, {CODE_TIMED_OUT, LEAVE_LOST},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sim *s = sim_new(7, &calm);
		struct actor *tom = sim_join(s, "tom", VIA_TCP);
		struct actor *liar = sim_join(s, "liar", i % 2 ? VIA_UDP : VIA_TCP);
		sim_bye(liar, rows[i].said, "words");
		sim_expect_event(tom, EVENT_QUIT, "liar", 1);
		assert_int_equal(sim_leave_reason(tom, "liar"), rows[i].shown);
		sim_end(s);
	}
}

static void one_address_cannot_make_the_server_talk_to_it(void **state)
{
	struct sim *s = sim_new(6, &calm);
	struct address victim = sim_stranger(s);

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		forge_init(s, &victim, 7); /* that the answer is not longer, is the oracle's */
		forge_init(s, &victim, 1000 + i);
	}
	sim_run(s, 20);
	assert_in_range(sim_bytes_to(s, &victim), 114, 1000 * 114);
	assert_int_equal(peers_count(sim_peers(s)), 0);
	sim_end(s);
}

/* ---- bits that flip, and no checksum ---------------------------------------------------------- */

/* The seal finds them: it is as if those packets were lost. */
static void flipped_bits_break_nothing(void **state)
{
	static const struct weather torn = {
		.corrupt = 5, .unchecked = true, .loss = 5, .delay_us = 2000};

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct sim *s = sim_new(seed, &torn);
		struct actor *all[4];
		for (unsigned i = 0; i < COUNT_OF(all); i++) {
			char name[] = {(char)('a' + i), '\0'};
			all[i] = sim_connect(s, i < 3 ? VIA_UDP : VIA_TCP);
			sim_ask_name(all[i], name, 0);
		}
		for (unsigned line = 0; line < 30; line++) {
			for (unsigned i = 0; i < COUNT_OF(all); i++)
				sim_say(all[i], line % 10 ? "hello" : "你好，世界");
			sim_run(s, 0.1);
		}
		sim_end(s);
	}
}

/* ---- no memory ------------------------------------------------------------------------------- */

static void talk_much(struct sim *s, struct actor *a, unsigned texts, unsigned lines)
{
	static char text[TEXT_MAX_BYTES];

	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < texts; i++) { /* no two are the same */
		text[0] = (char)('a' + i);
		sim_say_bytes(a, text, sizeof(text));
	}
	for (unsigned i = 0; i < lines; i++)
		sim_say_bytes(a, text, (size_t)snprintf(text, sizeof(text), "line %u", i));
	sim_run(s, 1);
}

/*
 * People come, talk and go, one does not read; of all that the server allocates for it, the n-th is
 * refused.  That may cost somebody the session; but whoever stays misses nothing.  False: there were
 * not so many.
 */
static bool server_fails_and_survives(uint64_t n)
{
	struct sim *s = sim_new(7, &(struct weather){.loss = 10, .delay_us = 1000});
	struct actor *uma = sim_join(s, "uma", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);
	struct actor *deaf = sim_join(s, "deaf", VIA_UNIX);

	memory_fail_at(n);
	struct actor *late[] = {sim_connect(s, VIA_UDP), sim_connect(s, VIA_TCP)};
	for (unsigned i = 0; i < COUNT_OF(late); i++)
		sim_ask_name(late[i], i ? "late" : "later", 0);
	talk_much(s, uma, 1, 1);
	sim_stop_reading(deaf, true);
	talk_much(s, tom, 6, 250); /* more than one segment and the first ring of the room */
	enum err e = peers_kick(sim_peers(s), sim_now(s), slice_of("deaf", 4), slice_of("", 0));
	assert_true(e == ERR_NONE || e == ERR_NOT_FOUND);
	sim_run(s, 5);
	sim_say(tom, "to those who sleep");
	sim_run(s, 2);
	memory_fail_at(0);
	sim_expect_agreement(s, 5);
	sim_end(s);
	bool failed = memory_failed();
	memory_forgive();
	return failed;
}

static void any_allocation_may_fail(void **state)
{
	uint64_t n = 1;

	(void)state;
	while (server_fails_and_survives(n))
		n++;
	assert_in_range(n, 20, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replayed_packet_says_nothing_twice),
		cmocka_unit_test(packets_of_a_former_session_do_nothing),
		cmocka_unit_test(a_restart_at_the_same_address_is_the_same_member),
		cmocka_unit_test(the_wrong_connection_id_does_nothing),
		cmocka_unit_test(a_stranger_cannot_speak_for_the_server),
		cmocka_unit_test(a_flood_of_strangers_is_bounded_and_forgotten),
		cmocka_unit_test(a_newcomer_gets_in_through_a_flood),
		cmocka_unit_test(a_leaver_cannot_pass_for_the_server),
		cmocka_unit_test(one_address_cannot_make_the_server_talk_to_it),
		cmocka_unit_test(flipped_bits_break_nothing),
		cmocka_unit_test(any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
