/* Peers that do not read, or hardly write: they cost others nothing, and do not stay for long. */
#include "actor.h"
#include "sealed.h"

#include "proto/record.h"

#include <string.h>

static const struct weather calm = {.delay_us = 500};

static const enum via streams[] = {VIA_TCP, VIA_UNIX};

static char long_text[TEXT_MAX_BYTES];

static int fill_long_text(void **state)
{
	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	return 0;
}

static void say_long(struct actor *a, unsigned times)
{
	while (times-- > 0)
		sim_say_bytes(a, long_text, sizeof(long_text));
}

/* So that who reads at all can keep up with a room that keeps little. */
static void say_long_calmly(struct sim *s, struct actor *a, unsigned times)
{
	while (times-- > 0) {
		say_long(a, 1);
		sim_expect_answered(a, 1);
		sim_run(s, 0.05);
	}
}

/* ---- not reading ----------------------------------------------------------------------------- */

static void who_does_not_read_delays_nobody(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(streams); v++) {
		struct sim *s = sim_new(1, &calm);
		struct actor *deaf = sim_join(s, "deaf", streams[v]);
		struct actor *uma = sim_join(s, "uma", VIA_UDP);
		struct actor *tom = sim_join(s, "tom", VIA_TCP);
		sim_stop_reading(deaf, true);
		say_long(tom, 50);
		sim_say(tom, "hello");
		sim_expect_heard(uma, "tom", "hello", 2);
		sim_expect_heard(tom, "tom", "hello", 2);
		sim_expect_event(uma, EVENT_QUIT, "deaf", 61);
		assert_int_equal(sim_leave_reason(uma, "deaf"), LEAVE_TOO_SLOW);
		sim_join(s, "deaf", streams[v]);
		sim_end(s);
	}
}

static void who_does_not_read_for_a_while_misses_nothing(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(streams); v++) {
		struct sim *s = sim_new(2, &calm);
		struct actor *slow = sim_join(s, "slow", streams[v]);
		struct actor *tom = sim_join(s, "tom", VIA_TCP);
		for (unsigned i = 0; i < 5; i++) {
			sim_stop_reading(slow, true);
			say_long(tom, 20);
			sim_run(s, 40);
			sim_stop_reading(slow, false);
			sim_expect_agreement(s, 2);
		}
		assert_int_equal(sim_heard_count(slow, EVENT_TALK), 100);
		sim_end(s);
	}
}

static void who_does_not_read_costs_no_memory(void **state)
{
	enum { SLOW = 20, COST = 24 * 1024 };
	struct sim *s = sim_new_small(3, &calm, 256 * 1024);
	struct actor *slow[SLOW];

	(void)state;
	for (unsigned i = 0; i < SLOW; i++) {
		char name[] = {'s', (char)('a' + i), '\0'};
		slow[i] = sim_join(s, name, VIA_TCP);
	}
	struct actor *tom = sim_join(s, "tom", VIA_UNIX);
	say_long_calmly(s, tom, 40);
	sim_run(s, 5);
	size_t before = sim_memory(s);
	for (unsigned i = 0; i < SLOW; i++)
		sim_stop_reading(slow[i], true);
	say_long_calmly(s, tom, 40);
	assert_in_range(sim_memory(s), 0, before + SLOW * COST);
	sim_end(s);
}

/* ---- too far behind -------------------------------------------------------------------------- */

static void a_stream_too_far_behind_is_told_so(void **state)
{
	struct sim *s = sim_new_small(4, &calm, 256 * 1024);
	struct actor *slow = sim_join(s, "slow", VIA_TCP), *tom = sim_join(s, "tom", VIA_UNIX);

	(void)state;
	sim_stop_reading(slow, true);
	say_long_calmly(s, tom, 100);
	sim_stop_reading(slow, false);
	sim_expect_ended(slow, CODE_TOO_SLOW, 2); /* what it had before was without holes */
	sim_expect_event(tom, EVENT_QUIT, "slow", 2);
	assert_int_equal(sim_leave_reason(tom, "slow"), LEAVE_TOO_SLOW);
	struct actor *again = sim_join(s, "slow", VIA_TCP);
	assert_true(sim_first(again) > 80); /* the room has no more */
	sim_expect_agreement(s, 2);
	sim_end(s);
}

/* Over a thin line, a room that keeps little talks faster than UDP gets it across. */
static void a_udp_member_too_far_behind_is_told_so(void **state)
{
	static const struct weather thin = {.loss = 20, .delay_us = 150000};
	struct sim *s = sim_new_small(5, &thin, 256 * 1024);
	struct actor *slow = sim_join(s, "slow", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);

	(void)state;
	say_long_calmly(s, tom, 120);
	sim_expect_ended(slow, CODE_TOO_SLOW, 5);
	sim_expect_event(tom, EVENT_QUIT, "slow", 5);
	assert_int_equal(sim_leave_reason(tom, "slow"), LEAVE_TOO_SLOW);
	sim_join(s, "slow", VIA_UDP);
	sim_end(s);
}

/*
 * Its goodbye cannot reach it, though all that it sends arrives; it may not haunt the room for that.
 * (Its window is wide, so that packets go out whenever it says something.)
 */
static void a_udp_member_too_far_behind_is_gone_though_it_talks_on(void **state)
{
	struct sim *s = sim_new_small(6, &calm, 256 * 1024);
	struct actor *slow = sim_join(s, "slow", VIA_UDP), *tom = sim_join(s, "tom", VIA_TCP);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		say_long(tom, 8);
		sim_expect_answered(tom, 1);
		sim_run(s, 0.5);
	}
	sim_cut(slow, false, true);
	for (unsigned i = 0; i < 5000; i++)
		sim_say(tom, "some sixty bytes, which is as much as most people say at a time");
	for (unsigned i = 0; i < 40; i++) {
		sim_say(slow, "can you hear me?");
		sim_run(s, 0.25);
	}
	assert_true(sim_heard(tom, EVENT_QUIT, "slow", NULL));
	assert_int_equal(sim_leave_reason(tom, "slow"), LEAVE_TOO_SLOW);
	sim_end(s);
}

/* ---- hardly writing -------------------------------------------------------------------------- */

static size_t count(struct sim *s)
{
	return peers_count(sim_peers(s));
}

static void who_says_nothing_is_hung_up_on(void **state)
{
	struct sim *s = sim_new(7, &calm);
	struct address nobody = sim_stranger(s);
	uint8_t storage[WIRE_PACKET_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	(void)state;
	struct actor *tcp = sim_dial(s, VIA_TCP), *local = sim_dial(s, VIA_UNIX);
	sealed_init(&b, 7, 7);
	sim_forge(s, &nobody, b.data, b.len);
	sim_run(s, 1);
	assert_int_equal(count(s), 3);
	sim_expect_hung_up(tcp, 10);
	sim_expect_hung_up(local, 10);
	sim_run(s, 1);
	assert_int_equal(count(s), 0);
	sim_end(s);
}

static void hello(struct buf *b)
{
	size_t at = record_open(b);

	hello_put(b);
	record_close(b, at);
}

static void command(struct buf *b, uint64_t id, enum command_kind kind, const char *text)
{
	struct command c = {.id = id, .kind = kind, .room = WIRE_LOBBY};
	size_t at = record_open(b);

	c.text = slice_of(text, strlen(text));
	command_put(b, &c);
	record_close(b, at);
}

/* A member in the middle of its second command. */
static void half_a_record_then_silence_is_timed_out(void **state)
{
	(void)state;
	for (size_t v = 0; v < COUNT_OF(streams); v++) {
		struct sim *s = sim_new(8, &calm);
		struct actor *tom = sim_join(s, "tom", VIA_TCP);
		struct actor *half = sim_join(s, "half", streams[v]);
		sim_power_off(half);
		sim_send_raw(half, "", 1); /* the first byte of a length */
		sim_expect_event(tom, EVENT_JOIN, "half", 1);
		sim_say(tom, "nobody waits");
		sim_expect_heard(tom, "tom", "nobody waits", 1);
		sim_expect_event(tom, EVENT_QUIT, "half", 46);
		assert_int_equal(sim_leave_reason(tom, "half"), LEAVE_TIMED_OUT);
		sim_run(s, 3);
		assert_int_equal(count(s), 1);
		sim_end(s);
	}
}

static void who_dribbles_is_timed_out(void **state)
{
	uint8_t storage[4096];
	struct sim *s = sim_new(9, &calm);
	struct actor *tom = sim_join(s, "tom", VIA_TCP);
	struct actor *early = sim_dial(s, VIA_TCP), *late = sim_dial(s, VIA_UNIX);
	struct buf b = buf_of(storage, sizeof(storage));

	(void)state;
	hello(&b);
	command(&b, 1, COMMAND_JOIN, "late");
	sim_send_raw(late, b.data, b.len);
	sim_expect_event(tom, EVENT_JOIN, "late", 1);
	/* One byte a second of a hello, and of a record of 4 KiB: each byte is a sign of life. */
	static const uint8_t dribble[] = {0x10};
	for (unsigned i = 0; i < 35; i++) {
		sim_send_raw(early, b.data + (i < 6 ? i : 6), 1);
		sim_send_raw(late, dribble, 1);
		sim_run(s, 1);
		assert_true(i < 11 || !sim_in_room(early));
	}
	sim_expect_hung_up(early, 0);
	sim_expect_hung_up(late, 0);
	assert_int_equal(sim_leave_reason(tom, "late"), LEAVE_TIMED_OUT);
	sim_end(s);
}

/* Byte by byte, but in time: nothing is wrong with that. */
static void bytes_may_come_one_by_one(void **state)
{
	uint8_t storage[4096];
	struct sim *s = sim_new(10, &calm);
	struct actor *tom = sim_join(s, "tom", VIA_TCP), *slow = sim_dial(s, VIA_UNIX);
	struct buf b = buf_of(storage, sizeof(storage));

	(void)state;
	hello(&b);
	command(&b, 1, COMMAND_JOIN, "慢");
	command(&b, 2, COMMAND_NICK, "很慢");
	command(&b, 3, COMMAND_QUIT, "慢走");
	for (size_t i = 0; i < b.len; i++) {
		sim_send_raw(slow, b.data + i, 1);
		sim_run(s, 0.2);
	}
	assert_true(sim_heard(tom, EVENT_NICK, "慢", "很慢"));
	assert_true(sim_heard(tom, EVENT_QUIT, "很慢", "慢走"));
	sim_end(s);
}

/* ---- ends that have to be quick all the same -------------------------------------------------- */

static void who_does_not_read_can_be_kicked(void **state)
{
	struct sim *s = sim_new(11, &calm);
	struct actor *deaf = sim_join(s, "deaf", VIA_TCP), *tom = sim_join(s, "tom", VIA_UDP);

	(void)state;
	sim_stop_reading(deaf, true);
	say_long(tom, 20);
	sim_expect_answered(tom, 5);
	assert_int_equal(peers_kick(sim_peers(s), sim_now(s), slice_of("deaf", 4), slice_of("", 0)),
			 ERR_NONE);
	sim_expect_event(tom, EVENT_QUIT, "deaf", 1);
	sim_expect_hung_up(deaf, 9);
	assert_int_equal(count(s), 1);
	sim_end(s);
}

static void who_does_not_read_does_not_hold_up_the_servers_end(void **state)
{
	struct sim *s = sim_new(12, &calm);
	struct actor *deaf = sim_join(s, "deaf", VIA_TCP), *gone = sim_join(s, "gone", VIA_UDP);
	struct actor *tom = sim_join(s, "tom", VIA_TCP);

	(void)state;
	sim_stop_reading(deaf, true);
	sim_cut(gone, true, true);
	say_long(tom, 20);
	sim_expect_answered(tom, 5);
	peers_shutdown(sim_peers(s), sim_now(s));
	sim_expect_ended(tom, CODE_SHUTDOWN, 1);
	sim_run(s, 9);
	assert_int_equal(count(s), 0);
	sim_end(s);
}

/*
 * Who breaks the protocol is told so, and has a second to take it.  It may not gain time by breaking
 * it again and again while it does not read.
 */
static void nonsense_without_end_has_an_end(void **state)
{
	static const uint8_t nonsense[] = {0, 0, 0, 0, 0xff, 0xff};
	uint8_t storage[4096];
	struct sim *s = sim_new(13, &calm);
	struct actor *tom = sim_join(s, "tom", VIA_TCP), *bad = sim_dial(s, VIA_UNIX);
	struct buf b = buf_of(storage, sizeof(storage));

	(void)state;
	hello(&b);
	command(&b, 1, COMMAND_JOIN, "bad");
	sim_send_raw(bad, b.data, b.len);
	sim_expect_event(tom, EVENT_JOIN, "bad", 1);
	sim_stop_reading(bad, true);
	say_long(tom, 20);
	sim_expect_answered(tom, 5);
	for (unsigned i = 0; i < 20; i++) {
		sim_send_raw(bad, nonsense, sizeof(nonsense));
		sim_run(s, 0.25);
	}
	assert_true(sim_heard(tom, EVENT_QUIT, "bad", NULL));
	assert_int_equal(sim_leave_reason(tom, "bad"), LEAVE_PROTOCOL);
	sim_expect_hung_up(bad, 0);
	sim_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_does_not_read_delays_nobody),
		cmocka_unit_test(who_does_not_read_for_a_while_misses_nothing),
		cmocka_unit_test(who_does_not_read_costs_no_memory),
		cmocka_unit_test(a_stream_too_far_behind_is_told_so),
		cmocka_unit_test(a_udp_member_too_far_behind_is_told_so),
		cmocka_unit_test(a_udp_member_too_far_behind_is_gone_though_it_talks_on),
		cmocka_unit_test(who_says_nothing_is_hung_up_on),
		cmocka_unit_test(half_a_record_then_silence_is_timed_out),
		cmocka_unit_test(who_dribbles_is_timed_out),
		cmocka_unit_test(bytes_may_come_one_by_one),
		cmocka_unit_test(who_does_not_read_can_be_kicked),
		cmocka_unit_test(who_does_not_read_does_not_hold_up_the_servers_end),
		cmocka_unit_test(nonsense_without_end_has_an_end),
	};

	return cmocka_run_group_tests(tests, fill_long_text, NULL);
}
