/* When silence is probed, how losses are counted, and when packets leave: RFC 9002 §6.2, §7.7. */
#include "recovery_rig.h"

#include "proto/timerq.h"

/* ---- probes ---------------------------------------------------------------------------------- */

/* §6.2: doubled each time but the first, and never more than three seconds; an answer ends it. */
static void silence_is_probed_less_and_less_often(void **state)
{
	static const uint64_t waits[] = {300, 300, 600, 1200, 2400, 3000, 3000, 3000};
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	fates_send(&f, now, 100);
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		assert_int_equal(recovery_deadline(&f.r), now + waits[i] * MS);
		now += waits[i] * MS;
		assert_int_equal(recovery_tick(&f.r, now - 1, fates_note, &f), RECOVERY_NOTHING);
		assert_int_equal(recovery_tick(&f.r, now, fates_note, &f), RECOVERY_PROBE);
	}
	for (int i = 0; i < 1000; i++) { /* a whole hour */
		now = recovery_deadline(&f.r);
		assert_int_equal(recovery_tick(&f.r, now, fates_note, &f), RECOVERY_PROBE);
		assert_int_equal(recovery_deadline(&f.r), now + RECOVERY_MAX_PTO);
	}
	assert_int_equal(f.count, 0); /* a probe loses nothing */
	fates_send(&f, now, 100);
	fates_ack(&f, now + 100 * MS, 1, 1);
	fates_send(&f, now + 100 * MS, 100);
	assert_int_equal(f.r.pto_count, 0);
	recovery_wipe(&f.r);
}

static void a_probe_waits_from_the_newest_packet(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	assert_int_equal(recovery_deadline(&f.r), TIMERQ_NEVER);
	assert_int_equal(recovery_tick(&f.r, TIMERQ_NEVER - 1, fates_note, &f), RECOVERY_NOTHING);
	fates_send(&f, 1000 * MS, 100);
	fates_send(&f, 1200 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1500 * MS);
	fates_ack(&f, 1250 * MS, 0, 1);
	assert_int_equal(recovery_deadline(&f.r), TIMERQ_NEVER);
	recovery_wipe(&f.r);
}

/* Who is not asked often answers at once; else an answer may wait for company. */
static void a_busy_peer_is_given_time_to_acknowledge(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	fates_send(&f, 1000 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1300 * MS);
	fates_send(&f, 1049 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1374 * MS);
	fates_send(&f, 1099 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1399 * MS);
	recovery_wipe(&f.r);
}

static void let_it_probe(struct fates *f, size_t times)
{
	while (times-- > 0)
		assert_int_equal(recovery_tick(&f->r, recovery_deadline(&f->r), fates_note, f),
				 RECOVERY_PROBE);
}

static void a_sign_of_life_ends_the_back_off(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	fates_send(&f, 1000 * MS, 100);
	recovery_heard(&f.r); /* says nothing yet */
	assert_int_equal(recovery_deadline(&f.r), 1300 * MS);
	let_it_probe(&f, 6);
	uint64_t last = f.r.last_sent_us;
	assert_int_equal(recovery_deadline(&f.r), last + RECOVERY_MAX_PTO);
	recovery_heard(&f.r);
	assert_int_equal(recovery_deadline(&f.r), last + 300 * MS);
	let_it_probe(&f, 1);
	assert_int_equal(recovery_deadline(&f.r), last + 900 * MS);
	recovery_wipe(&f.r);
}

/* ---- how much is lost -------------------------------------------------------------------------- */

/* Of `n` packets the first is lost. */
static void lose_one_of(struct fates *f, uint64_t *now, size_t n)
{
	uint64_t first = f->r.next_number;

	for (size_t i = 0; i < n; i++)
		fates_send(f, *now, 100);
	*now += 100 * MS;
	fates_ack(f, *now, first + 1, first + n - 1);
	assert_int_equal(f->fate[first], 'l');
}

static void one_loss_is_chance(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	fates_begin(&f);
	assert_false(recovery_lossy(&f.r));
	for (int i = 0; i < 10; i++) {
		lose_one_of(&f, &now, 100);
		assert_false(recovery_lossy(&f.r));
	}
	recovery_wipe(&f.r);
}

static void many_losses_are_noticed_and_forgotten(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	fates_begin(&f);
	for (int i = 0; i < 20; i++)
		lose_one_of(&f, &now, 10);
	assert_in_range(f.r.loss, 65536 * 7 / 100, 65536 * 13 / 100); /* a tenth */
	assert_true(recovery_lossy(&f.r));
	uint64_t first = f.r.next_number;
	for (int i = 0; i < 50; i++)
		fates_send(&f, now, 100);
	fates_ack(&f, now + 100 * MS, first, first + 49);
	assert_false(recovery_lossy(&f.r));
	recovery_wipe(&f.r);
}

/* Probes get lost there, too: that says less of the peer. */
static void where_many_are_lost_probes_go_on(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	fates_begin(&f);
	for (int i = 0; i < 20; i++)
		lose_one_of(&f, &now, 10);
	fates_send(&f, now + SECOND, 100);
	uint64_t pto = recovery_pto(&f.r), before = f.r.last_sent_us;
	for (int i = 0; i < 7; i++, before += pto) {
		assert_int_equal(recovery_deadline(&f.r), before + pto);
		let_it_probe(&f, 1);
	}
	assert_int_equal(recovery_deadline(&f.r), before + 2 * pto);
	recovery_wipe(&f.r);
}

static void a_probe_passes_over_the_window(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 1000 * MS, 10);
	assert_false(recovery_may_send(&f.r, 1, false));
	assert_true(recovery_may_send(&f.r, FULL, true));
	recovery_wipe(&f.r);
}

/* However much is in flight and gone: there is a probe, and its answer brings everything back. */
static void a_full_ring_has_a_place_for_a_probe(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	for (int i = 0; i < RECOVERY_MAX_FLIGHT; i++)
		fates_send(&f, 1000 * MS, 1);
	assert_false(recovery_may_send(&f.r, 1, false));
	struct ref ref = {.first = 4000};
	assert_int_equal(recovery_sent(&f.r, 1000 * MS, 1, &ref, 1), ERR_FULL);
	for (int i = 0; i < 5; i++) {
		uint64_t now = recovery_deadline(&f.r);
		assert_int_equal(recovery_tick(&f.r, now, fates_note, &f), RECOVERY_PROBE);
		assert_true(recovery_may_send(&f.r, FULL, true));
		fates_send(&f, now, FULL);
	}
	fates_ack(&f, f.r.last_sent_us + 9 * MS, RECOVERY_MAX_FLIGHT + 4, RECOVERY_MAX_FLIGHT + 4);
	for (uint64_t n = 0; n < RECOVERY_MAX_FLIGHT; n++)
		assert_int_equal(f.fate[n], 'l');
	recovery_wipe(&f.r);
}

/* ---- pacing -------------------------------------------------------------------------------------- */

/* As many as may go now; none of them is too much for the window. */
static size_t send_all(struct fates *f, uint64_t now)
{
	size_t n = 0;

	for (; now >= recovery_release(&f->r) && recovery_may_send(&f->r, FULL, false); n++)
		fates_send(f, now, FULL);
	return n;
}

/* A round trip of 100 ms; the window is 80 packets, which pass in 80 ms. */
static void begin_wide(struct fates *f)
{
	fates_begin(f);
	recovery_rtt(&f->r, 100 * MS, 0);
	f->r.window = 80 * FULL;
}

/* §7.7 */
static void packets_leave_in_trains(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	begin_wide(&f);
	assert_int_equal(send_all(&f, now), 10);
	for (int i = 0; i < 14; i++) {
		assert_int_equal(recovery_release(&f.r), now + 5 * MS);
		now += 5 * MS;
		assert_int_equal(send_all(&f, now - 1), 0);
		assert_int_equal(send_all(&f, now), 5);
	}
	assert_false(recovery_may_send(&f.r, FULL, false)); /* the whole window, in 70 ms */
	recovery_wipe(&f.r);
}

static void what_was_not_sent_is_saved_up_to_a_burst(void **state)
{
	struct fates f;

	(void)state;
	begin_wide(&f);
	assert_int_equal(send_all(&f, 1000 * MS), 10);
	assert_int_equal(send_all(&f, 1008 * MS), 8);
	assert_int_equal(send_all(&f, 1030 * MS), 10);
	recovery_wipe(&f.r);
}

/* Single packets, less often than the window allows, never wait. */
static void a_quiet_sender_never_waits(void **state)
{
	struct fates f;

	(void)state;
	begin_wide(&f);
	for (uint64_t now = 1000 * MS; now < 1050 * MS; now += 1100) {
		assert_true(recovery_release(&f.r) <= now);
		fates_send(&f, now, FULL);
	}
	recovery_wipe(&f.r);
}

/* A timer cannot keep up with a fast network: whatever is due within its tick leaves together. */
static void a_short_round_trip_needs_no_pauses(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 200, 0);
	f.r.window = 80 * FULL;
	assert_int_equal(send_all(&f, 1000 * MS), 80);
	recovery_wipe(&f.r);
	fates_begin(&f);
	f.r.window = 80 * FULL; /* … nor does one that nobody knows */
	assert_int_equal(send_all(&f, 1000 * MS), 80);
	recovery_wipe(&f.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_probed_less_and_less_often),
		cmocka_unit_test(a_probe_waits_from_the_newest_packet),
		cmocka_unit_test(a_busy_peer_is_given_time_to_acknowledge),
		cmocka_unit_test(a_sign_of_life_ends_the_back_off),
		cmocka_unit_test(one_loss_is_chance),
		cmocka_unit_test(many_losses_are_noticed_and_forgotten),
		cmocka_unit_test(where_many_are_lost_probes_go_on),
		cmocka_unit_test(a_probe_passes_over_the_window),
		cmocka_unit_test(a_full_ring_has_a_place_for_a_probe),
		cmocka_unit_test(packets_leave_in_trains),
		cmocka_unit_test(what_was_not_sent_is_saved_up_to_a_burst),
		cmocka_unit_test(a_quiet_sender_never_waits),
		cmocka_unit_test(a_short_round_trip_needs_no_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
