/* A server's session that rests: what it gave back, and that nobody notices. */
#include "session_rig.h"

#include "proto/session_internal.h"

static struct rig r;

static bool rests(void)
{
	return !r.end[SERVER]->busy;
}

static void a_quiet_one_rests_after_a_moment(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_talk(&r, 5000);
	rig_run(&r, SECOND / 2);
	assert_false(rests());
	rig_run(&r, SECOND);
	assert_true(rests());
	rig_run(&r, 60 * SECOND); /* a client's PINGs wake it for a moment */
	assert_true(session_open(r.end[SERVER]));
	rig_expect_whole_log(&r);
	rig_end(&r);
}

static void a_stream_rests_at_once(void **state)
{
	(void)state;
	for (int sealed = 0; sealed <= 1; sealed++) {
		if (sealed)
			rig_begin_sealed(&r);
		else
			rig_begin(&r, SESSION_STREAM);
		rig_join(&r);
		rig_run(&r, SECOND / 2);
		assert_true(rests());
		r.cut = 1;
		rig_talk(&r, 5000);
		rig_run(&r, SECOND);
		assert_true(rests());
		rig_expect_whole_log(&r);
		rig_end(&r);
	}
}

static void it_goes_on_where_it_was(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	for (int i = 0; i < 100; i++) {
		uint64_t rtt = session_rtt(r.end[SERVER]);
		rig_run(&r, 2 * SECOND);
		assert_true(rests());
		assert_true(rtt > 0 && session_rtt(r.end[SERVER]) <= 2 * rtt);
		rig_happen(&r, 100); /* wakes it to say so */
		if (i % 3 == 0)
			rig_talk(&r, 100);
		rig_run(&r, SECOND / 10);
		assert_false(rests());
	}
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

static uint8_t kept[WIRE_PACKET_MAX];
static size_t kept_len;

static enum fate passes_and_is_kept(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)rig;
	if (to == SERVER) {
		memcpy(kept, bytes, n);
		kept_len = n;
	}
	return PASSES;
}

/* What it was sent before is no news to one that rested. */
static void a_copy_of_what_came_before_is_refused(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	r.weather = passes_and_is_kept;
	rig_talk(&r, 100);
	rig_run(&r, 2 * SECOND);
	assert_true(rests() && kept_len > 0);
	assert_false(session_feed(r.end[SERVER], r.now, kept, kept_len));
	rig_end(&r);
}

static void it_may_be_challenged_and_move_while_it_rests(void **state)
{
	uint8_t packet[WIRE_PACKET_MAX];
	struct buf b = buf_of(packet, sizeof(packet));

	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	rig_run(&r, 2 * SECOND);
	assert_true(rests());
	uint64_t number = sealed_next(r.end[SERVER]);
	session_challenge(r.end[SERVER], r.now, 77, &b);
	assert_true(b.len > 0 && rests());
	assert_int_equal(sealed_next(r.end[SERVER]), number + 1);
	session_rerouted(r.end[SERVER], r.now);
	assert_int_equal(r.end[SERVER]->recovery.window * WIRE_PACKET_MAX, RECOVERY_INITIAL_WINDOW);
	rig_happen(&r, 100);
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_one_rests_after_a_moment),
		cmocka_unit_test(a_stream_rests_at_once),
		cmocka_unit_test(it_goes_on_where_it_was),
		cmocka_unit_test(a_copy_of_what_came_before_is_refused),
		cmocka_unit_test(it_may_be_challenged_and_move_while_it_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
