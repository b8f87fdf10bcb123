/* RFC 9002, with its numbers worked out by hand: round trips, losses, probes, the window. */
#include "proto/recovery.h"

#include "check.h"

#include <string.h>

enum { MS = 1000, SECOND = 1000 * MS, FULL = WIRE_PACKET_MAX };

/* What became of the packets; each carries one reference to its own number. */
struct fates {
	struct recovery r;
	char fate[4096]; /* by packet number: 0, 'a' or 'l' */
	size_t count;
};

static void note(void *ctx, const struct ref *ref, bool lost)
{
	struct fates *f = ctx;

	assert_true(ref->first < sizeof(f->fate));
	assert_int_equal(f->fate[ref->first], 0); /* once */
	f->fate[ref->first] = lost ? 'l' : 'a';
	f->count++;
}

static void begin(struct fates *f)
{
	*f = (struct fates){.count = 0};
	recovery_init(&f->r);
}

static void send_one(struct fates *f, uint64_t now, size_t size)
{
	struct ref ref = {.kind = REF_EVENTS, .first = f->r.next_number, .count = 1};

	assert_int_equal(recovery_sent(&f->r, now, size, &ref, 1), ERR_NONE);
}

static void send_many(struct fates *f, uint64_t now, size_t n)
{
	while (n-- > 0)
		send_one(f, now, FULL);
}

static void ack_range(struct fates *f, uint64_t now, uint64_t first, uint64_t last)
{
	struct ack a = {.count = 1, .ranges = {{first, last}}};

	assert_int_equal(recovery_acked(&f->r, now, &a, note, f), ERR_NONE);
}

static void assert_fates(const struct fates *f, const char *want)
{
	for (size_t i = 0; i < strlen(want); i++)
		assert_int_equal(f->fate[i] ? f->fate[i] : '-', want[i]);
}

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
	begin(&f);
	send_one(&f, 1008 * MS, 100);
	send_one(&f, 1010 * MS, 100);
	send_one(&f, 1020 * MS, 100);
	ack_range(&f, 1060 * MS, 1, 1);
	assert_int_equal(f.r.latest_rtt_us, 50 * MS);
	ack_range(&f, 1070 * MS, 0, 1); /* says nothing new of its largest */
	assert_int_equal(f.r.latest_rtt_us, 50 * MS);
	ack_range(&f, 1090 * MS, 0, 2);
	assert_int_equal(f.r.latest_rtt_us, 70 * MS);
	assert_fates(&f, "aaa");
	recovery_wipe(&f.r);
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* §6.1.1 */
static void three_packets_past_it_lose_a_packet(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	send_many(&f, 1000 * MS, 6);
	ack_range(&f, 1010 * MS, 1, 1);
	assert_fates(&f, "-a----");
	ack_range(&f, 1010 * MS, 2, 2);
	assert_fates(&f, "-aa---");
	ack_range(&f, 1010 * MS, 3, 3);
	assert_fates(&f, "laaa--");
	ack_range(&f, 1010 * MS, 5, 5);
	assert_fates(&f, "laaa-a");
	recovery_wipe(&f.r);
}

/* §6.1.2: 9/8 of the round trip after it was sent, once something later arrived. */
static void time_loses_a_packet(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	send_one(&f, 1000 * MS, 100);
	send_one(&f, 1000 * MS, 100);
	send_one(&f, 1060 * MS, 100);
	ack_range(&f, 1080 * MS, 1, 1); /* 80 ms: the limit is 90 */
	assert_int_equal(recovery_deadline(&f.r), 1090 * MS);
	assert_int_equal(recovery_tick(&f.r, 1090 * MS - 1, note, &f), RECOVERY_NOTHING);
	assert_fates(&f, "-a-");
	assert_int_equal(recovery_tick(&f.r, 1090 * MS, note, &f), RECOVERY_LOST);
	assert_fates(&f, "la-");
	/* The last one has nothing after it: it is waited for as long as a probe takes. */
	assert_int_equal(recovery_deadline(&f.r), 1060 * MS + recovery_pto(&f.r));
	recovery_wipe(&f.r);
}

static void the_latest_round_trip_counts_when_it_is_longer(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	recovery_rtt(&f.r, 80 * MS, 0);
	send_one(&f, 1000 * MS, 100);
	send_one(&f, 1000 * MS, 100);
	ack_range(&f, 1160 * MS, 1, 1); /* smoothed to 90, but the latest is 160 */
	assert_int_equal(f.r.srtt_us, 90 * MS);
	assert_int_equal(recovery_deadline(&f.r), 1180 * MS);
	recovery_wipe(&f.r);
}

static void a_late_acknowledgement_of_a_lost_packet_does_nothing(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	send_many(&f, 1000 * MS, 5);
	ack_range(&f, 1010 * MS, 3, 4);
	assert_fates(&f, "ll-aa");
	uint32_t window = f.r.window;
	ack_range(&f, 1011 * MS, 0, 4);
	assert_fates(&f, "llaaa");
	ack_range(&f, 1012 * MS, 0, 4);
	assert_int_equal(f.r.window, window);
	assert_int_equal(f.r.in_flight, 0);
	assert_int_equal(f.count, 5);
	recovery_wipe(&f.r);
}

static void what_was_never_sent_cannot_be_acknowledged(void **state)
{
	struct fates f, before;
	struct ack a = {.count = 2, .ranges = {{3, 3}, {0, 1}}};

	(void)state;
	begin(&f);
	a.ranges[0] = (struct ack_range){0, 0};
	a.count = 1;
	assert_int_equal(recovery_acked(&f.r, 5, &a, note, &f), ERR_MALFORMED);
	send_many(&f, 1000 * MS, 3);
	a = (struct ack){.count = 2, .ranges = {{3, 3}, {0, 1}}};
	before = f;
	assert_int_equal(recovery_acked(&f.r, 1010 * MS, &a, note, &f), ERR_MALFORMED);
	assert_memory_equal(&f, &before, sizeof(f));
	a.ranges[0] = (struct ack_range){2, BUF_VARINT_MAX};
	assert_int_equal(recovery_acked(&f.r, 1010 * MS, &a, note, &f), ERR_MALFORMED);
	assert_memory_equal(&f, &before, sizeof(f));
	recovery_wipe(&f.r);
}

static void ranges_are_taken_each(void **state)
{
	struct fates f;
	struct ack a = {.count = 3, .ranges = {{8, 9}, {5, 5}, {0, 2}}};

	(void)state;
	begin(&f);
	send_many(&f, 1000 * MS, 10);
	assert_int_equal(recovery_acked(&f.r, 1010 * MS, &a, note, &f), ERR_NONE);
	assert_fates(&f, "aaallal-aa"); /* 7 is within three of 9 */
	recovery_wipe(&f.r);
}

static void every_reference_is_handed_back(void **state)
{
	struct fates f;
	struct ref refs[RECOVERY_REFS];

	(void)state;
	begin(&f);
	for (size_t i = 0; i < RECOVERY_REFS; i++)
		refs[i] = (struct ref){.first = 100 + i};
	assert_int_equal(recovery_sent(&f.r, 5, 100, refs, RECOVERY_REFS), ERR_NONE);
	ack_range(&f, 10, 0, 0);
	assert_int_equal(f.count, RECOVERY_REFS);
	recovery_wipe(&f.r);
}

/* ---- probes ---------------------------------------------------------------------------------- */

/* §6.2: doubled each time but the first, and never more than three seconds; an answer ends it. */
static void silence_is_probed_less_and_less_often(void **state)
{
	static const uint64_t waits[] = {300, 300, 600, 1200, 2400, 3000, 3000, 3000};
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	send_one(&f, now, 100);
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		assert_int_equal(recovery_deadline(&f.r), now + waits[i] * MS);
		now += waits[i] * MS;
		assert_int_equal(recovery_tick(&f.r, now - 1, note, &f), RECOVERY_NOTHING);
		assert_int_equal(recovery_tick(&f.r, now, note, &f), RECOVERY_PROBE);
	}
	for (int i = 0; i < 1000; i++) { /* a whole hour */
		now = recovery_deadline(&f.r);
		assert_int_equal(recovery_tick(&f.r, now, note, &f), RECOVERY_PROBE);
		assert_int_equal(recovery_deadline(&f.r), now + RECOVERY_MAX_PTO);
	}
	assert_int_equal(f.count, 0); /* a probe loses nothing */
	send_one(&f, now, 100);
	ack_range(&f, now + 100 * MS, 1, 1);
	send_one(&f, now + 100 * MS, 100);
	assert_int_equal(f.r.pto_count, 0);
	recovery_wipe(&f.r);
}

static void a_probe_waits_from_the_newest_packet(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	assert_int_equal(recovery_deadline(&f.r), TIMERQ_NEVER);
	assert_int_equal(recovery_tick(&f.r, TIMERQ_NEVER - 1, note, &f), RECOVERY_NOTHING);
	send_one(&f, 1000 * MS, 100);
	send_one(&f, 1200 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1500 * MS);
	ack_range(&f, 1250 * MS, 0, 1);
	assert_int_equal(recovery_deadline(&f.r), TIMERQ_NEVER);
	recovery_wipe(&f.r);
}

/* Who is not asked often answers at once; else an answer may wait for company. */
static void a_busy_peer_is_given_time_to_acknowledge(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	send_one(&f, 1000 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1300 * MS);
	send_one(&f, 1049 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1374 * MS);
	send_one(&f, 1099 * MS, 100);
	assert_int_equal(recovery_deadline(&f.r), 1399 * MS);
	recovery_wipe(&f.r);
}

static void let_it_probe(struct fates *f, size_t times)
{
	while (times-- > 0)
		assert_int_equal(recovery_tick(&f->r, recovery_deadline(&f->r), note, f),
				 RECOVERY_PROBE);
}

static void a_sign_of_life_ends_the_back_off(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	recovery_rtt(&f.r, 100 * MS, 0);
	send_one(&f, 1000 * MS, 100);
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
		send_one(f, *now, 100);
	*now += 100 * MS;
	ack_range(f, *now, first + 1, first + n - 1);
	assert_int_equal(f->fate[first], 'l');
}

static void one_loss_is_chance(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	begin(&f);
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
	begin(&f);
	for (int i = 0; i < 20; i++)
		lose_one_of(&f, &now, 10);
	assert_in_range(f.r.loss, 65536 * 7 / 100, 65536 * 13 / 100); /* a tenth */
	assert_true(recovery_lossy(&f.r));
	uint64_t first = f.r.next_number;
	for (int i = 0; i < 50; i++)
		send_one(&f, now, 100);
	ack_range(&f, now + 100 * MS, first, first + 49);
	assert_false(recovery_lossy(&f.r));
	recovery_wipe(&f.r);
}

/* Probes get lost there, too: that says less of the peer. */
static void where_many_are_lost_probes_go_on(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	begin(&f);
	for (int i = 0; i < 20; i++)
		lose_one_of(&f, &now, 10);
	send_one(&f, now + SECOND, 100);
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
	begin(&f);
	send_many(&f, 1000 * MS, 10);
	assert_false(recovery_may_send(&f.r, 1, false));
	assert_true(recovery_may_send(&f.r, FULL, true));
	recovery_wipe(&f.r);
}

/* However much is in flight and gone: there is a probe, and its answer brings everything back. */
static void a_full_ring_has_a_place_for_a_probe(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	for (int i = 0; i < RECOVERY_MAX_FLIGHT; i++)
		send_one(&f, 1000 * MS, 1);
	assert_false(recovery_may_send(&f.r, 1, false));
	struct ref ref = {.first = 4000};
	assert_int_equal(recovery_sent(&f.r, 1000 * MS, 1, &ref, 1), ERR_FULL);
	for (int i = 0; i < 5; i++) {
		uint64_t now = recovery_deadline(&f.r);
		assert_int_equal(recovery_tick(&f.r, now, note, &f), RECOVERY_PROBE);
		assert_true(recovery_may_send(&f.r, FULL, true));
		send_one(&f, now, FULL);
	}
	ack_range(&f, f.r.last_sent_us + 9 * MS, RECOVERY_MAX_FLIGHT + 4, RECOVERY_MAX_FLIGHT + 4);
	for (uint64_t n = 0; n < RECOVERY_MAX_FLIGHT; n++)
		assert_int_equal(f.fate[n], 'l');
	recovery_wipe(&f.r);
}

static void packets_are_remembered_from_the_oldest(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	assert_null(recovery_packet(&f.r, 0));
	for (uint64_t i = 0; i < 40; i++)
		send_one(&f, (1000 + i) * MS, 100);
	ack_range(&f, 1040 * MS, 0, 4);
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
	begin(&f);
	assert_int_equal(f.r.window, 12000);
	assert_true(recovery_may_send(&f.r, 12000, false));
	assert_false(recovery_may_send(&f.r, 12001, false));
	send_many(&f, 1000 * MS, 10);
	assert_int_equal(f.r.in_flight, 12000);
	ack_range(&f, 1050 * MS, 0, 3);
	assert_int_equal(f.r.window, 12000 + 4 * FULL);
	assert_int_equal(f.r.in_flight, 6 * FULL);
	recovery_wipe(&f.r);
}

/* §7.8 */
static void a_window_that_is_not_used_does_not_grow(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	for (uint64_t i = 0; i < 1000; i++) {
		send_one(&f, (1000 + i) * MS, FULL);
		ack_range(&f, (1001 + i) * MS, i, i);
	}
	assert_int_equal(f.r.window, 12000);
	recovery_wipe(&f.r);
}

/* §7.3.2: however many are lost of one flight, it is one event. */
static void a_round_of_losses_halves_the_window_once(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	send_many(&f, 1000 * MS, 10); /* 0 to 9 */
	ack_range(&f, 1050 * MS, 4, 4);
	assert_fates(&f, "ll--a-----");
	/* 1200 more by the one that arrived, then half of that */
	assert_int_equal(f.r.window, 6600);
	assert_int_equal(f.r.threshold, 6600);
	ack_range(&f, 1051 * MS, 8, 8);
	assert_fates(&f, "llllal--a-");
	assert_int_equal(f.r.window, 6600); /* neither less for 2, 3 and 5 nor more for 8 */
	send_many(&f, 1060 * MS, 4);
	ack_range(&f, 1110 * MS, 13, 13); /* loses 10, which was sent after the halving */
	assert_int_equal(f.fate[10], 'l');
	assert_int_equal(f.r.window, RECOVERY_MIN_WINDOW);
	recovery_wipe(&f.r);
}

/* §7.3.3: at the threshold, about one packet for each window that arrives. */
static void past_the_threshold_the_window_grows_slowly(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	f.r.threshold = 12000;
	send_many(&f, 1000 * MS, 10);
	ack_range(&f, 1050 * MS, 0, 0);
	assert_int_equal(f.r.window, 12000 + 1200 * 1200 / 12000);
	ack_range(&f, 1050 * MS, 1, 1);
	assert_int_equal(f.r.window, 12120 + 1200 * 1200 / 12120);
	recovery_wipe(&f.r);
}

static void the_window_has_a_least(void **state)
{
	struct fates f;
	uint64_t now = 1000 * MS;

	(void)state;
	begin(&f);
	for (int round = 0; round < 20; round++, now += 100 * MS) {
		uint64_t n = f.r.next_number;
		send_many(&f, now, 4);
		ack_range(&f, now + 10 * MS, n + 3, n + 3);
	}
	assert_int_equal(f.r.window, RECOVERY_MIN_WINDOW);
	recovery_wipe(&f.r);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void the_ring_grows_and_an_idle_one_is_gone(void **state)
{
	struct fates f;

	(void)state;
	begin(&f);
	assert_null(f.r.ring);
	for (int round = 0; round < 3; round++) {
		uint64_t start = f.r.next_number;
		for (uint64_t i = 0; i < 5; i++) /* so that the head is not at the front */
			send_one(&f, 1000 * MS, 1);
		ack_range(&f, 1001 * MS, start, start + 3);
		for (uint64_t i = 5; i < 900; i++)
			send_one(&f, 1000 * MS, 1);
		assert_int_equal(f.r.cap, 1024);
		for (uint32_t i = 0; i < f.r.count; i++)
			assert_int_equal(recovery_packet(&f.r, i)->number, start + 4 + i);
		ack_range(&f, 1002 * MS, start, start + 899);
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
	begin(&f);
	send_many(&f, 1000 * MS, 3);
	ack_range(&f, 1010 * MS, 1, 2);
	assert_int_equal(f.r.count, 3);
	assert_int_equal(f.r.in_flight, FULL);
	ack_range(&f, 1011 * MS, 0, 2);
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
		send_one(f, now, 1 + next_random() % FULL);
	if (sent > 0 && next_random() % 3 == 0) {
		uint64_t last = sent - 1 - next_random() % (sent < 30 ? sent : 30);
		uint64_t length = next_random() % 4;
		ack_range(f, now, last < length ? 0 : last - length, last);
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
		begin(&f);
		for (int step = 0; step < 5000; step++) {
			uint32_t bytes = 0, open = 0;
			now += next_random() % (20 * MS);
			act_at_random(&f, now);
			recovery_tick(&f.r, now, note, &f);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips_are_smoothed),
		cmocka_unit_test(a_probe_waits_within_limits),
		cmocka_unit_test(only_the_newest_packet_is_a_sample),
		cmocka_unit_test(three_packets_past_it_lose_a_packet),
		cmocka_unit_test(time_loses_a_packet),
		cmocka_unit_test(the_latest_round_trip_counts_when_it_is_longer),
		cmocka_unit_test(a_late_acknowledgement_of_a_lost_packet_does_nothing),
		cmocka_unit_test(what_was_never_sent_cannot_be_acknowledged),
		cmocka_unit_test(ranges_are_taken_each),
		cmocka_unit_test(every_reference_is_handed_back),
		cmocka_unit_test(silence_is_probed_less_and_less_often),
		cmocka_unit_test(a_probe_waits_from_the_newest_packet),
		cmocka_unit_test(a_busy_peer_is_given_time_to_acknowledge),
		cmocka_unit_test(a_sign_of_life_ends_the_back_off),
		cmocka_unit_test(one_loss_is_chance),
		cmocka_unit_test(many_losses_are_noticed_and_forgotten),
		cmocka_unit_test(where_many_are_lost_probes_go_on),
		cmocka_unit_test(a_probe_passes_over_the_window),
		cmocka_unit_test(a_full_ring_has_a_place_for_a_probe),
		cmocka_unit_test(packets_are_remembered_from_the_oldest),
		cmocka_unit_test(a_window_in_use_grows_by_what_arrives),
		cmocka_unit_test(a_window_that_is_not_used_does_not_grow),
		cmocka_unit_test(a_round_of_losses_halves_the_window_once),
		cmocka_unit_test(past_the_threshold_the_window_grows_slowly),
		cmocka_unit_test(the_window_has_a_least),
		cmocka_unit_test(the_ring_grows_and_an_idle_one_is_gone),
		cmocka_unit_test(what_is_settled_out_of_order_leaves_when_it_is_the_oldest),
		cmocka_unit_test(a_random_walk_keeps_its_books),
	};

	return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
