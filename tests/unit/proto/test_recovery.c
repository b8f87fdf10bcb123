/* RFC 9002, with its numbers worked out by hand: round trips, losses, the window. */
#include "recovery_rig.h"

#include <string.h>

/* ---- round trips ----------------------------------------------------------------------------- */

/* §5.3; each row follows from the one before. */
static void round_trips_are_smoothed(void **state)
{
	static const struct {
		uint64_t sample, delay, srtt, var, min, pto;
	} rows[] = {
		{100000, 0, 100000, 50000, 100000, 325000},
		{120000, 10000, 101250, 40000, 100000, 286250},	  /* 110000 counts */
		{90000, 25000, 99843, 32812, 90000, 256091},	  /* a delay that cannot be */
		{200000, 1000000, 112362, 49648, 90000, 335954},  /* another */
		{1200000, 1100000, 110816, 40326, 90000, 297120}, /* said late: 100000 count */
	};
	struct recovery r;

	(void)state;
	recovery_init(&r);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		recovery_rtt(&r, rows[i].sample, rows[i].delay);
		assert_int_equal(r.latest_rtt_us, rows[i].sample);
		assert_int_equal(r.srtt_us, rows[i].srtt);
		assert_int_equal(r.rttvar_us, rows[i].var);
		assert_int_equal(r.min_rtt_us, rows[i].min);
		assert_int_equal(recovery_pto(&r), rows[i].pto);
	}
}

static void a_probe_waits_within_limits(void **state)
{
	struct recovery r;

	(void)state;
	recovery_init(&r);
	assert_int_equal(recovery_pto(&r), 333000 + 4 * 166500 + 25000);
	recovery_rtt(&r, 1, 0);
	assert_int_equal(recovery_pto(&r), 1 + 1000 + 25000); /* §6.2.1: at least the granularity */
	recovery_init(&r);
	recovery_rtt(&r, 5 * 1000 * MS, 0);
	assert_int_equal(recovery_pto(&r), RECOVERY_MAX_PTO);
}

static void only_the_newest_packet_is_a_sample(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send(&f, 1008 * MS, 100);
	fates_send(&f, 1010 * MS, 100);
	fates_send(&f, 1020 * MS, 100);
	fates_ack(&f, 1060 * MS, 1, 1);
	assert_int_equal(f.r.latest_rtt_us, 50 * MS);
	fates_ack(&f, 1070 * MS, 0, 1); /* says nothing new of its largest */
	assert_int_equal(f.r.latest_rtt_us, 50 * MS);
	fates_ack(&f, 1090 * MS, 0, 2);
	assert_int_equal(f.r.latest_rtt_us, 70 * MS);
	fates_expect(&f, "aaa");
	recovery_wipe(&f.r);
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* §6.1.1 */
static void three_packets_past_it_lose_a_packet(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 1000 * MS, 6);
	fates_ack(&f, 1010 * MS, 1, 1);
	fates_expect(&f, "-a----");
	fates_ack(&f, 1010 * MS, 2, 2);
	fates_expect(&f, "-aa---");
	fates_ack(&f, 1010 * MS, 3, 3);
	fates_expect(&f, "laaa--");
	fates_ack(&f, 1010 * MS, 5, 5);
	fates_expect(&f, "laaa-a");
	recovery_wipe(&f.r);
}

/* §6.1.2: 9/8 of the round trip after it was sent, once something later arrived. */
static void time_loses_a_packet(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send(&f, 1000 * MS, 100);
	fates_send(&f, 1000 * MS, 100);
	fates_send(&f, 1060 * MS, 100);
	fates_ack(&f, 1080 * MS, 1, 1); /* 80 ms: the limit is 90 */
	assert_int_equal(recovery_deadline(&f.r), 1090 * MS);
	assert_int_equal(recovery_tick(&f.r, 1090 * MS - 1, fates_note, &f), RECOVERY_NOTHING);
	fates_expect(&f, "-a-");
	assert_int_equal(recovery_tick(&f.r, 1090 * MS, fates_note, &f), RECOVERY_LOST);
	fates_expect(&f, "la-");
	/* The last one has nothing after it: it is waited for as long as a probe takes. */
	assert_int_equal(recovery_deadline(&f.r), 1060 * MS + recovery_pto(&f.r));
	recovery_wipe(&f.r);
}

static void the_latest_round_trip_counts_when_it_is_longer(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 80 * MS, 0);
	fates_send(&f, 1000 * MS, 100);
	fates_send(&f, 1000 * MS, 100);
	fates_ack(&f, 1160 * MS, 1, 1); /* smoothed to 90, but the latest is 160 */
	assert_int_equal(f.r.srtt_us, 90 * MS);
	assert_int_equal(recovery_deadline(&f.r), 1180 * MS);
	recovery_wipe(&f.r);
}

/* The peer slept, and acknowledged when it woke: what was lost meanwhile is not waited for as long. */
static void one_endless_round_trip_does_not_stop_the_clock(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send(&f, 1000 * MS, 100);
	fates_ack(&f, 1040 * MS, 0, 0);
	fates_send_many(&f, 2 * SECOND, 2); /* the first is lost, the second is here, and asleep */
	fates_ack(&f, 62 * SECOND, 2, 2);
	fates_expect(&f, "ala");
	recovery_wipe(&f.r);
}

/* A small packet and a large one at a time, of which the small one arrives. */
static void lose_the_large(struct fates *f, uint64_t from, unsigned rounds, size_t large)
{
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t t = from + i * SECOND;
		fates_send(f, t, large);
		fates_send(f, t, 100);
		fates_ack(f, t + 20 * MS, f->r.next_number - 1, f->r.next_number - 1);
		recovery_tick(&f->r, t + 500 * MS, fates_note, f);
	}
}

static void a_path_that_swallows_large_packets_is_known(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	lose_the_large(&f, SECOND, 16, FULL);
	assert_false(recovery_swallows(&f.r)); /* the first tells only when it began */
	lose_the_large(&f, 17 * SECOND, 1, FULL);
	assert_true(recovery_swallows(&f.r));
	fates_send(&f, 20 * SECOND, FULL); /* one that was as large arrives after all */
	fates_ack(&f, 20 * SECOND + 20 * MS, f.r.next_number - 1, f.r.next_number - 1);
	assert_false(recovery_swallows(&f.r));
	lose_the_large(&f, 21 * SECOND, 20, RECOVERY_LARGE - 1); /* and small ones may be lost */
	assert_false(recovery_swallows(&f.r));
	recovery_wipe(&f.r);
}

/* What is lost in an outage says nothing of the time after it. */
static void an_outage_swallows_nothing(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	for (unsigned i = 0; i < 30; i++)
		fates_send(&f, SECOND + i * SECOND, 400 + 20 * i);
	fates_send(&f, 40 * SECOND, 100);
	fates_ack(&f, 40 * SECOND + 20 * MS, 30, 30);
	assert_int_equal(f.fate[0], 'l');
	assert_int_equal(f.fate[29], 'l');
	assert_false(recovery_swallows(&f.r));
	recovery_wipe(&f.r);
}

static void a_packet_has_one_fate(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 1000 * MS, 5);
	fates_ack(&f, 1010 * MS, 3, 4);
	fates_expect(&f, "ll-aa");
	fates_ack(&f, 1011 * MS, 0, 4);
	fates_expect(&f, "llaaa");
	fates_ack(&f, 1012 * MS, 0, 4);
	assert_int_equal(f.r.in_flight, 0);
	assert_int_equal(f.count, 5);
	recovery_wipe(&f.r);
}

static void what_was_never_sent_cannot_be_acknowledged(void **state)
{
	struct fates f, before;
	struct ack a = {.count = 2, .ranges = {{3, 3}, {0, 1}}};

	(void)state;
	fates_begin(&f);
	a.ranges[0] = (struct ack_range){0, 0};
	a.count = 1;
	assert_int_equal(recovery_acked(&f.r, 5, &a, fates_note, &f), ERR_MALFORMED);
	fates_send_many(&f, 1000 * MS, 3);
	a = (struct ack){.count = 2, .ranges = {{3, 3}, {0, 1}}};
	before = f;
	assert_int_equal(recovery_acked(&f.r, 1010 * MS, &a, fates_note, &f), ERR_MALFORMED);
	assert_memory_equal(&f, &before, sizeof(f));
	a.ranges[0] = (struct ack_range){2, BUF_VARINT_MAX};
	assert_int_equal(recovery_acked(&f.r, 1010 * MS, &a, fates_note, &f), ERR_MALFORMED);
	assert_memory_equal(&f, &before, sizeof(f));
	recovery_wipe(&f.r);
}

static void ranges_are_taken_each(void **state)
{
	struct fates f;
	struct ack a = {.count = 3, .ranges = {{8, 9}, {5, 5}, {0, 2}}};

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 1000 * MS, 10);
	assert_int_equal(recovery_acked(&f.r, 1010 * MS, &a, fates_note, &f), ERR_NONE);
	fates_expect(&f, "aaallal-aa"); /* 7 is within three of 9 */
	recovery_wipe(&f.r);
}

static void every_reference_is_handed_back(void **state)
{
	struct fates f;
	struct ref refs[RECOVERY_REFS];

	(void)state;
	fates_begin(&f);
	for (size_t i = 0; i < RECOVERY_REFS; i++)
		refs[i] = (struct ref){.first = 100 + i};
	assert_int_equal(recovery_sent(&f.r, 5, 100, refs, RECOVERY_REFS), ERR_NONE);
	fates_ack(&f, 10, 0, 0);
	assert_int_equal(f.count, RECOVERY_REFS);
	recovery_wipe(&f.r);
}

static void packets_are_remembered_from_the_oldest(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	assert_null(recovery_packet(&f.r, 0));
	for (uint64_t i = 0; i < 40; i++)
		fates_send(&f, (1000 + i) * MS, 100);
	fates_ack(&f, 1040 * MS, 0, 4);
	for (uint32_t i = 0; i < 35; i++)
		assert_int_equal(recovery_packet(&f.r, i)->number, i + 5);
	assert_null(recovery_packet(&f.r, 35));
	recovery_wipe(&f.r);
}

/* ---- the window ------------------------------------------------------------------------------ */

/* §7.3.1 */
static void a_window_in_use_grows_by_what_arrives(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	assert_int_equal(f.r.window, 12000);
	assert_true(recovery_may_send(&f.r, 12000, false));
	assert_false(recovery_may_send(&f.r, 12001, false));
	fates_send_many(&f, 1000 * MS, 10);
	assert_int_equal(f.r.in_flight, 12000);
	fates_ack(&f, 1050 * MS, 0, 3);
	assert_int_equal(f.r.window, 12000 + 4 * FULL);
	assert_int_equal(f.r.in_flight, 6 * FULL);
	recovery_wipe(&f.r);
}

/* §7.8 */
static void a_window_that_is_not_used_does_not_grow(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	for (uint64_t i = 0; i < 1000; i++) {
		fates_send(&f, (1000 + i) * MS, FULL);
		fates_ack(&f, (1001 + i) * MS, i, i);
	}
	assert_int_equal(f.r.window, 12000);
	recovery_wipe(&f.r);
}

/* §7.3.2: however many are lost of one flight, it is one event. */
static void a_round_of_losses_halves_the_window_once(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 1000 * MS, 10); /* 0 to 9 */
	fates_ack(&f, 1050 * MS, 4, 4);
	fates_expect(&f, "ll--a-----");
	/* 1200 more by the one that arrived, then half of that */
	assert_int_equal(f.r.window, 6600);
	assert_int_equal(f.r.threshold, 6600);
	fates_ack(&f, 1051 * MS, 8, 8);
	fates_expect(&f, "llllal--a-");
	assert_int_equal(f.r.window, 6600); /* neither less for 2, 3 and 5 nor more for 8 */
	fates_send_many(&f, 1060 * MS, 4);
	fates_ack(&f, 1110 * MS, 13, 13); /* loses 10, which was sent after the halving */
	assert_int_equal(f.fate[10], 'l');
	assert_int_equal(f.r.window, RECOVERY_MIN_WINDOW);
	recovery_wipe(&f.r);
}

/* §7.3.3: at the threshold, about one packet for each window that arrives. */
static void past_the_threshold_the_window_grows_slowly(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	f.r.threshold = 12000;
	fates_send_many(&f, 1000 * MS, 10);
	fates_ack(&f, 1050 * MS, 0, 0);
	assert_int_equal(f.r.window, 12000 + 1200 * 1200 / 12000);
	fates_ack(&f, 1050 * MS, 1, 1);
	assert_int_equal(f.r.window, 12120 + 1200 * 1200 / 12120);
	recovery_wipe(&f.r);
}

static void the_window_has_a_least(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	fates_begin(&f);
	for (int round = 0; round < 20; round++, now += 100 * MS) {
		uint64_t n = f.r.next_number;
		fates_send_many(&f, now, 4);
		fates_ack(&f, now + 10 * MS, n + 3, n + 3);
	}
	assert_int_equal(f.r.window, RECOVERY_MIN_WINDOW);
	recovery_wipe(&f.r);
}

/* ---- losses that were none ----------------------------------------------------------------------- */

static void what_only_came_late_gives_the_window_back(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 10 * MS, 0);
	fates_send_many(&f, 1000 * MS, 6);
	fates_ack(&f, 1010 * MS, 4, 4);
	fates_expect(&f, "ll--a-");
	assert_int_equal(f.r.window, (RECOVERY_INITIAL_WINDOW + FULL) / 2); /* 4 made it grow */
	assert_true(recovery_lossy(&f.r));
	fates_ack(&f, 1011 * MS, 0, 0);
	assert_int_equal(f.r.window, (RECOVERY_INITIAL_WINDOW + FULL) / 2); /* 1 may be lost */
	fates_ack(&f, 1012 * MS, 0, 1);
	assert_int_equal(f.r.window, RECOVERY_INITIAL_WINDOW + FULL);
	assert_int_equal(f.r.threshold, UINT32_MAX);
	assert_false(recovery_lossy(&f.r));
	fates_ack(&f, 1013 * MS, 0, 1); /* once */
	assert_int_equal(f.r.window, RECOVERY_INITIAL_WINDOW + FULL);
	recovery_wipe(&f.r);
}

/* §6.1.1: the second time it takes six packets, or 11/8 of the round trip. */
static void what_comes_late_is_waited_for(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 80 * MS, 0);
	fates_send_many(&f, 1000 * MS, 4);
	fates_ack(&f, 1080 * MS, 3, 3);
	fates_expect(&f, "l--a");
	fates_ack(&f, 1080 * MS, 0, 3);
	fates_send_many(&f, 2000 * MS, 8);
	fates_ack(&f, 2080 * MS, 9, 9);
	fates_expect(&f, "laaa-----a--");
	assert_int_equal(recovery_deadline(&f.r), 2110 * MS);
	fates_ack(&f, 2080 * MS, 10, 10);
	fates_expect(&f, "laaal----aa-");
	recovery_wipe(&f.r);
}

static void patience_has_an_end_and_wears_off(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS, n = 0;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 10 * MS, 0);
	for (int i = 0; i < 20; i++, now += SECOND) {
		fates_send_many(&f, now, 60);
		fates_ack(&f, now + 10 * MS, n + 59, n + 59);
		fates_ack(&f, now + 10 * MS, n, n + 59);
		n += 60;
	}
	assert_int_equal(f.r.reorder, 4);
	for (int i = 0; i < 64; i++, now += SECOND) { /* lost, and nobody comes back */
		fates_send(&f, now, FULL);
		fates_send(&f, now + 100 * MS, FULL);
		fates_ack(&f, now + 110 * MS, n + 1, n + 1);
		n += 2;
	}
	assert_int_equal(f.r.reorder, 0);
	recovery_wipe(&f.r);
}

/* A loss of long ago is no excuse for one of now. */
static void only_the_newest_reduction_is_taken_back(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	recovery_rtt(&f.r, 10 * MS, 0);
	f.r.window = 40 * FULL;
	fates_send_many(&f, 1000 * MS, 4);
	fates_ack(&f, 1010 * MS, 3, 3); /* 0 is lost */
	fates_send_many(&f, 1020 * MS, 4);
	fates_ack(&f, 1030 * MS, 5, 7); /* 4 is lost */
	assert_in_range(f.r.window, 10 * FULL, 11 * FULL);
	fates_ack(&f, 1031 * MS, 0, 0);
	assert_in_range(f.r.window, 10 * FULL, 11 * FULL);
	fates_ack(&f, 1032 * MS, 4, 4);
	assert_in_range(f.r.window, 20 * FULL, 21 * FULL);
	recovery_wipe(&f.r);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void the_ring_grows_and_an_idle_one_is_gone(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	assert_null(f.r.ring);
	for (int round = 0; round < 3; round++) {
		uint64_t start = f.r.next_number;
		for (uint64_t i = 0; i < 5; i++) /* so that the head is not at the front */
			fates_send(&f, 1000 * MS, 1);
		fates_ack(&f, 1001 * MS, start, start + 3);
		for (uint64_t i = 5; i < 900; i++)
			fates_send(&f, 1000 * MS, 1);
		assert_int_equal(f.r.cap, 1024);
		for (uint32_t i = 0; i < f.r.count; i++)
			assert_int_equal(recovery_packet(&f.r, i)->number, start + 4 + i);
		fates_ack(&f, 1002 * MS, start, start + 899);
		assert_null(f.r.ring);
		assert_int_equal(f.r.in_flight, 0);
		assert_int_equal(f.r.count, 0);
	}
	for (size_t n = 0; n < 2700; n++)
		assert_int_equal(f.fate[n], 'a');
	recovery_wipe(&f.r);
}

static void what_is_settled_out_of_order_leaves_when_it_is_the_oldest(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 1000 * MS, 3);
	fates_ack(&f, 1010 * MS, 1, 2);
	assert_int_equal(f.r.count, 3);
	assert_int_equal(f.r.in_flight, FULL);
	fates_ack(&f, 1011 * MS, 0, 2);
	assert_int_equal(f.r.count, 0);
	recovery_wipe(&f.r);
}

/* ---- everything at once ---------------------------------------------------------------------- */

static uint64_t random_state = 20261126;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return random_state >> 33;
}

static void act_at_random(struct fates *f, uint64_t now)
{
	uint64_t sent = f->r.next_number;

	if (sent < 4000 && recovery_may_send(&f->r, FULL, false) && next_random() % 3)
		fates_send(f, now, 1 + next_random() % FULL);
	if (sent > 0 && next_random() % 3 == 0) {
		uint64_t last = sent - 1 - next_random() % (sent < 30 ? sent : 30);
		uint64_t length = next_random() % 4;
		fates_ack(f, now, last < length ? 0 : last - length, last);
	}
}

/* Time goes on, bytes add up, each packet has one fate, and no deadline stays behind. */
static void a_random_walk_keeps_its_books(void **state)
{
	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	for (int round = 0; round < 20; round++) {
		struct fates f;
		uint64_t now = 1000 * MS;
		fates_begin(&f);
		for (int step = 0; step < 5000; step++) {
			uint32_t bytes = 0, open = 0;
			now += next_random() % (20 * MS);
			act_at_random(&f, now);
			recovery_tick(&f.r, now, fates_note, &f);
			assert_true(recovery_deadline(&f.r) > now);
			for (uint32_t i = 0; i < f.r.count; i++) {
				const struct sent_packet *p = recovery_packet(&f.r, i);
				bytes += p->settled ? 0 : p->size;
				open += !p->settled;
			}
			assert_int_equal(bytes, f.r.in_flight);
			assert_int_equal(f.count + open, f.r.next_number);
			assert_true(f.r.window >= RECOVERY_MIN_WINDOW);
			assert_int_equal(f.r.count == 0, f.r.ring == NULL);
		}
		recovery_wipe(&f.r);
	}
}

/* ---- rests ----------------------------------------------------------------------------------- */

static void a_rest_keeps_what_the_path_is_like(void **state)
{
	struct recovery r, after;

	(void)state;
	recovery_init(&r);
	r.next_number = UINT64_C(1) << 40;
	r.window = 25 * WIRE_PACKET_MAX + 700;
	r.threshold = 24 * WIRE_PACKET_MAX;
	r.loss = 40000;
	r.reorder = 4;
	r.reorder_left = 16;
	recovery_rtt(&r, 90 * MS, 0);
	recovery_rtt(&r, 100 * MS, 0);
	struct recovery_rest rest = recovery_rest(&r);
	recovery_wake(&after, &rest);
	assert_int_equal(after.next_number, r.next_number);
	assert_int_equal(after.window, 25 * WIRE_PACKET_MAX);
	assert_int_equal(after.threshold, r.threshold);
	assert_int_equal(after.loss, r.loss);
	assert_int_equal(after.reorder, 4);
	assert_int_equal(after.reorder_left, 16);
	assert_int_equal(after.srtt_us, r.srtt_us);
	assert_int_equal(after.rttvar_us, r.rttvar_us);
	assert_int_equal(after.min_rtt_us, 90 * MS);
	assert_int_equal(recovery_pto(&after), recovery_pto(&r));
	assert_true(recovery_deadline(&after) == TIMERQ_NEVER && after.count == 0);
}

/* A window that never was reduced has no threshold; a round trip that was never measured is none. */
static void a_rest_before_anything_happened_changes_nothing(void **state)
{
	struct recovery r, after;

	(void)state;
	recovery_init(&r);
	struct recovery_rest rest = recovery_rest(&r);
	recovery_wake(&after, &rest);
	assert_memory_equal(&after, &r, sizeof(r));
	recovery_rtt(&r, 60 * 1000 * MS, 0); /* longer than is kept: still longer than any wait */
	rest = recovery_rest(&r);
	recovery_wake(&after, &rest);
	assert_int_equal(recovery_pto(&after), RECOVERY_MAX_PTO);
}

/* What was sent before is below whatever is in flight, and says nothing of that. */
static void an_acknowledgement_may_come_after_a_rest(void **state)
{
	struct fates f;

	(void)state;
	fates_begin(&f);
	fates_send_many(&f, 0, 5);
	fates_ack(&f, 10 * MS, 0, 4);
	struct recovery_rest rest = recovery_rest(&f.r);
	recovery_wipe(&f.r);
	recovery_wake(&f.r, &rest);
	fates_send_many(&f, 10 * SECOND, 2);
	fates_ack(&f, 10 * SECOND + MS, 0, 4);
	fates_expect(&f, "aaaaa--");
	fates_ack(&f, 10 * SECOND + 2 * MS, 0, 6);
	fates_expect(&f, "aaaaaaa");
	recovery_wipe(&f.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips_are_smoothed),
		cmocka_unit_test(a_probe_waits_within_limits),
		cmocka_unit_test(only_the_newest_packet_is_a_sample),
		cmocka_unit_test(three_packets_past_it_lose_a_packet),
		cmocka_unit_test(time_loses_a_packet),
		cmocka_unit_test(the_latest_round_trip_counts_when_it_is_longer),
		cmocka_unit_test(one_endless_round_trip_does_not_stop_the_clock),
		cmocka_unit_test(a_path_that_swallows_large_packets_is_known),
		cmocka_unit_test(an_outage_swallows_nothing),
		cmocka_unit_test(a_packet_has_one_fate),
		cmocka_unit_test(what_was_never_sent_cannot_be_acknowledged),
		cmocka_unit_test(ranges_are_taken_each),
		cmocka_unit_test(every_reference_is_handed_back),
		cmocka_unit_test(packets_are_remembered_from_the_oldest),
		cmocka_unit_test(a_window_in_use_grows_by_what_arrives),
		cmocka_unit_test(a_window_that_is_not_used_does_not_grow),
		cmocka_unit_test(a_round_of_losses_halves_the_window_once),
		cmocka_unit_test(past_the_threshold_the_window_grows_slowly),
		cmocka_unit_test(the_window_has_a_least),
		cmocka_unit_test(what_only_came_late_gives_the_window_back),
		cmocka_unit_test(what_comes_late_is_waited_for),
		cmocka_unit_test(patience_has_an_end_and_wears_off),
		cmocka_unit_test(only_the_newest_reduction_is_taken_back),
		cmocka_unit_test(the_ring_grows_and_an_idle_one_is_gone),
		cmocka_unit_test(what_is_settled_out_of_order_leaves_when_it_is_the_oldest),
		cmocka_unit_test(a_random_walk_keeps_its_books),
		cmocka_unit_test(a_rest_keeps_what_the_path_is_like),
		cmocka_unit_test(a_rest_before_anything_happened_changes_nothing),
		cmocka_unit_test(an_acknowledgement_may_come_after_a_rest),
	};

	return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
