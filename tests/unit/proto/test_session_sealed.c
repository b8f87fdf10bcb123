/* A sealed session's life: its keys change, its client moves, and what nobody sealed is nothing. */
#include "session_rig.h"

#include "proto/packet.h"
#include "proto/timerq.h"

static struct rig r;

enum { NEXT = 1000 }; /* a packet number that is still free */

static void joined(void)
{
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
}

static enum fate dark(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)to, (void)bytes, (void)n;
	return rig->countdown ? IS_LOST : PASSES;
}

/* ---- what only the two ends know -------------------------------------------------------------- */

static void expect_bound(bool bound)
{
	static const uint8_t zeros[NOISE_KEY];
	uint8_t ours[SIDES][NOISE_KEY];

	session_binding(r.end[CLIENT], ours[CLIENT]);
	session_binding(r.end[SERVER], ours[SERVER]);
	assert_memory_equal(ours[CLIENT], ours[SERVER], NOISE_KEY);
	assert_int_equal(memcmp(ours[CLIENT], zeros, NOISE_KEY) != 0, bound);
}

static void both_ends_have_the_same_binding_once_it_is_open(void **state)
{
	uint8_t first[NOISE_KEY], second[NOISE_KEY];

	(void)state;
	rig_begin_sealed(&r);
	expect_bound(false);
	rig_join(&r);
	expect_bound(true);
	session_binding(r.end[CLIENT], first);
	rig_end(&r);
	joined();
	expect_bound(true);
	session_binding(r.end[CLIENT], second); /* the prologue alone tells them apart */
	assert_memory_not_equal(first, second, NOISE_KEY);
	rig_end(&r);
}

static void in_the_clear_there_is_no_binding(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_join(&r);
	expect_bound(false);
	rig_end(&r);
}

/* ---- keys ------------------------------------------------------------------------------------ */

#define HOUR (UINT64_C(3600) * SECOND)

static size_t of_phase[SIDES][2];

static enum fate count_phases(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	struct packet p;

	(void)rig;
	assert_int_equal(packet_get(bytes, n, &p), ERR_NONE);
	of_phase[to][p.phase]++;
	return PASSES;
}

static void keys_change_every_hour_over_udp(void **state)
{
	(void)state;
	joined();
	r.weather = count_phases;
	for (uint64_t hour = 0; hour < 5; hour++) {
		memset(of_phase, 0, sizeof(of_phase));
		rig_run(&r, HOUR - 100 * SECOND);
		rig_talk(&r, 5000);
		rig_happen(&r, 5000);
		rig_run(&r, 100 * SECOND);
		for (enum side side = CLIENT; side <= SERVER; side++) { /* a second of each hour */
			size_t turned = of_phase[side][1 - hour % 2];
			assert_true(of_phase[side][hour % 2] > 200);
			assert_in_range(turned, 0, 2);
		}
	}
	rig_expect_whole_log(&r);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	assert_false(r.ended[CLIENT] || r.ended[SERVER]);
	rig_end(&r);
}

static bool phase_under_way(enum side to)
{
	const struct unit *u = rig_under_way(&r, to, 0);

	assert_non_null(u);
	return u->bytes[0] & 0x80;
}

static void keys_change_every_hour_on_streams(void **state)
{
	(void)state;
	rig_begin_sealed(&r);
	rig_join(&r);
	for (unsigned hour = 0; hour < 5; hour++) {
		rig_run(&r, HOUR / 2);
		rig_talk(&r, 5000);
		rig_work(&r);
		assert_int_equal(phase_under_way(SERVER), hour % 2);
		rig_run(&r, r.delay);
		assert_int_equal(phase_under_way(CLIENT), hour % 2);
		rig_run(&r, HOUR / 2);
	}
	rig_expect_whole_log(&r);
	assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
	rig_end(&r);
}

/* Two packets change places on the way, and between them the key was changed. */
static void a_late_packet_of_the_last_key_counts(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	uint64_t keys = r.now + 2 * r.delay; /* when the client had them */
	rig_join(&r);
	rig_run(&r, keys + HOUR - 5000 - r.now);
	r.delay = 50 * 1000;
	rig_talk(&r, 10);
	rig_run(&r, 6000);
	r.delay = 10 * 1000;
	uint64_t id = rig_talk(&r, 20);
	rig_work(&r);
	assert_int_equal(rig_under_way(&r, SERVER, 0)->bytes[0], PACKET_DATA + 1);
	assert_int_equal(rig_under_way(&r, SERVER, 1)->bytes[0], PACKET_DATA);
	rig_run(&r, 30 * 1000);
	assert_non_null(rig_answer(&r, id));
	assert_int_equal(rig_under_way(&r, SERVER, 0)->bytes[0], PACKET_DATA); /* it is still out */
	assert_true(rig_frames_in(&r, SERVER, rig_under_way(&r, SERVER, 0)->bytes,
				  rig_under_way(&r, SERVER, 0)->len, FRAME_COMMAND) == 1);
	rig_run(&r, SECOND);
	assert_int_equal(r.commands, 3);
	rig_end(&r);
}

/* ---- what is the peer's, and new ------------------------------------------------------------- */

static bool feed_ping(uint64_t number, uint64_t cid, size_t bent)
{
	uint8_t storage[16], bytes[WIRE_PACKET_MAX];
	struct buf frames = buf_of(storage, sizeof(storage)), b = buf_of(bytes, sizeof(bytes));

	ping_put(&frames, FRAME_PING, 7);
	sealed_packet_to(r.end[CLIENT], cid, number, &frames, &b);
	bytes[bent] ^= bent > 0;
	bool newest = session_feed(r.end[SERVER], r.now, bytes, b.len);
	rig_work(&r);
	return newest;
}

/* Where a peer is follows from its newest packet alone. */
static void the_newest_packet_is_told_apart(void **state)
{
	(void)state;
	joined();
	assert_true(feed_ping(NEXT, SERVER_CID, 0));
	assert_false(feed_ping(NEXT, SERVER_CID, 0)); /* a copy */
	assert_false(feed_ping(NEXT - 1, SERVER_CID, 0));
	assert_false(feed_ping(NEXT + 1, SERVER_CID, 20));
	assert_false(feed_ping(NEXT + 1, SERVER_CID, 16)); /* under another number */
	assert_false(feed_ping(NEXT + 1, SERVER_CID + 1, 0));
	assert_true(feed_ping(NEXT + 1, SERVER_CID, 0));
	rig_end(&r);
}

/* ---- moving ---------------------------------------------------------------------------------- */

static size_t challenge(uint64_t token, uint8_t bytes[WIRE_PACKET_MAX])
{
	struct buf b = buf_of(bytes, WIRE_PACKET_MAX);

	session_challenge(r.end[SERVER], r.now, token, &b);
	return b.len;
}

static void a_challenge_is_answered_at_once(void **state)
{
	static const uint64_t tokens[] = {UINT64_MAX, 0, UINT64_C(0x0123456789abcdef)};
	uint8_t bytes[WIRE_PACKET_MAX], answer[WIRE_PACKET_MAX];

	(void)state;
	joined();
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		size_t n = challenge(tokens[i], bytes);
		assert_in_range(n, 1, 100);
		rig_feed(&r, CLIENT, bytes, n);
		const struct unit *u = rig_under_way(&r, SERVER, 0);
		assert_non_null(u);
		size_t len = u->len;
		memcpy(answer, u->bytes, len);
		rig_run(&r, r.delay);
		assert_int_equal(r.paths, i + 1);
		assert_true(r.path == tokens[i]);
		rig_feed(&r, SERVER, answer, len); /* somebody else sends it again */
		assert_int_equal(r.paths, i + 1);
	}
	rig_feed(&r, CLIENT, bytes, 40); /* a piece of one asks nothing */
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.paths, COUNT_OF(tokens));
	rig_end(&r);
}

/* It went where perhaps nobody is: nothing is concluded from its loss. */
static void a_lost_challenge_is_nothing(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];

	(void)state;
	joined();
	size_t packets = r.sent[CLIENT];
	assert_true(challenge(5, bytes) > 0);
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.sent[CLIENT], packets);
	rig_talk(&r, 10);
	rig_happen(&r, 3000);
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	assert_int_equal(r.paths, 0);
	rig_end(&r);
}

/* Whatever fills the window went to where the answers do not come from any more. */
static void a_full_window_holds_no_answer_back(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];

	(void)state;
	joined();
	r.weather = dark;
	r.countdown = 1;
	for (int i = 0; i < 20; i++)
		rig_talk(&r, 3000);
	rig_run(&r, SECOND / 100);
	size_t sent = r.sent[SERVER];
	size_t n = challenge(7, bytes);
	r.countdown = 0;
	rig_feed(&r, CLIENT, bytes, n);
	rig_work(&r);
	assert_int_equal(r.sent[SERVER], sent + 1);
	const struct unit *u = rig_under_way(&r, SERVER, 0);
	assert_int_equal(rig_frames_in(&r, SERVER, u->bytes, u->len, FRAME_PATH_RESPONSE), 1);
	rig_end(&r);
}

static void before_it_is_open_there_is_no_challenge(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];

	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	rig_run(&r, 10000);
	assert_int_equal(challenge(5, bytes), 0);
	rig_join(&r);
	rig_end(&r);
}

/* All that was in flight went where the client was: events, parts of one, and an answer. */
static void what_was_in_flight_goes_out_again_at_once(void **state)
{
	(void)state;
	for (int rerouted = 0; rerouted <= 1; rerouted++) {
		joined();
		uint64_t id = rig_talk(&r, 10);
		rig_run(&r, r.delay);
		for (int i = 0; i < 4; i++)
			rig_happen(&r, i % 2 ? 30 : 3000);
		rig_work(&r);
		rig_lose(&r, CLIENT);
		assert_true(r.head == 6);
		if (rerouted)
			session_rerouted(r.end[SERVER], r.now);
		rig_run(&r, r.delay);
		assert_true(r.heard == (rerouted ? r.head : 1));
		assert_int_equal(rig_answer(&r, id) != NULL, rerouted);
		rig_run(&r, 5 * SECOND);
		rig_expect_whole_log(&r);
		assert_int_equal(r.commands, 2);
		rig_end(&r);
	}
}

static enum fate lose_every_third(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == CLIENT && ++rig->countdown % 3 == 0 ? IS_LOST : PASSES;
}

/* The window of the old path does not hold back the new one. */
static void a_new_path_begins_with_a_window_of_its_own(void **state)
{
	(void)state;
	joined();
	r.weather = lose_every_third; /* what makes a window small */
	for (int i = 0; i < 30; i++) {
		rig_happen(&r, 1000);
		rig_happen(&r, 1000);
		rig_run(&r, SECOND / 10);
	}
	rig_run(&r, 5 * SECOND);
	uint64_t before = r.head;
	rig_expect_whole_log(&r);
	for (int i = 0; i < 60; i++)
		rig_happen(&r, 1000);
	r.weather = dark;
	r.countdown = 1;
	size_t packets = r.sent[CLIENT];
	rig_work(&r);
	assert_in_range(r.sent[CLIENT] - packets, 1, 6);
	rig_run(&r, 3 * SECOND);
	r.countdown = 0;
	packets = r.sent[CLIENT];
	assert_true(r.heard == before);
	session_rerouted(r.end[SERVER], r.now);
	rig_work(&r);
	assert_in_range(r.sent[CLIENT] - packets, 10, 11);
	rig_run(&r, 5 * SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* ---- silence --------------------------------------------------------------------------------- */

static void silence_is_counted_while_an_answer_is_missing(void **state)
{
	(void)state;
	joined();
	r.weather = dark;
	rig_run(&r, 10 * SECOND);
	assert_int_equal(session_silence(r.end[CLIENT], r.now), 0); /* nothing was asked */
	r.countdown = 1;
	uint64_t start = r.now;
	rig_talk(&r, 10);
	for (int i = 0; i < 10; i++, rig_run(&r, SECOND / 2))
		assert_int_equal(session_silence(r.end[CLIENT], r.now), i ? r.now - start : 0);
	uint8_t bytes[40] = {PACKET_DATA, 0, 0, 0, 0, 0, 0, 0xc1, 0x1e};
	rig_feed(&r, CLIENT, bytes, sizeof(bytes)); /* not the server's */
	assert_int_equal(session_silence(r.end[CLIENT], r.now), r.now - start);
	r.countdown = 0;
	rig_run(&r, 5 * SECOND);
	assert_int_equal(session_silence(r.end[CLIENT], r.now), 0);
	rig_end(&r);
}

static void silence_on_a_stream_counts_from_what_wants_an_answer(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_STREAM);
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_happen(&r, 10);
	rig_run(&r, SECOND);
	assert_int_equal(session_silence(r.end[CLIENT], r.now), 0);
	assert_int_equal(session_silence(r.end[SERVER], r.now), 0); /* events want none there */
	rig_talk(&r, 10);
	rig_work(&r);
	uint64_t start = r.now;
	rig_run(&r, r.delay);
	rig_lose(&r, CLIENT);
	rig_run(&r, 4 * SECOND);
	assert_int_equal(session_silence(r.end[CLIENT], r.now), r.now - start);
	rig_end(&r);
}

/* ---- what anybody can put into a stream ----------------------------------------------------- */

/* Its seal does not fit, or its size is none: whoever is on the way can send that. */
static void what_nobody_sealed_breaks_an_open_stream_and_says_nothing(void **state)
{
	static const struct {
		uint8_t bytes[22];
		size_t len;
	} rows[] = {{{0, 20}, 22}, {{0, 1}, 3}, {{0x80, 20}, 22}, {{0, 0}, 2}, {{0x7f, 0xff}, 2}};

	(void)state;
	for (enum side to = CLIENT; to <= SERVER; to++)
		for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
			rig_begin_sealed(&r);
			rig_join(&r);
			bool closing = i >= COUNT_OF(rows);
			if (closing)
				session_close(r.end[to], r.now, CODE_LEFT, "");
			size_t sent = r.sent[1 - to];
			rig_feed(&r, to, rows[i % COUNT_OF(rows)].bytes,
				 rows[i % COUNT_OF(rows)].len);
			assert_true(r.ended[to] && !r.by_peer[to]);
			assert_int_equal(r.end_code[to], closing ? CODE_LEFT : CODE_LINK_SPOILT);
			rig_run(&r, SECOND);
			assert_int_equal(r.sent[1 - to], sent);
			rig_end(&r);
		}
}

/* Sealed by the peer, and nonsense: that is the peer's own doing. */
static void what_the_peer_sealed_is_its_own_doing(void **state)
{
	uint8_t frame[16], bytes[64];

	(void)state;
	for (enum side to = CLIENT; to <= SERVER; to++) {
		struct buf frames = buf_of(frame, sizeof(frame)), b = buf_of(bytes, sizeof(bytes));
		rig_begin_sealed(&r);
		rig_join(&r);
		rig_run(&r, SECOND);
		hello_put(&frames);
		sealed_record(r.end[1 - to], &frames, &b);
		rig_feed(&r, to, bytes, b.len);
		assert_int_equal(r.end_code[to], CODE_PROTOCOL);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_have_the_same_binding_once_it_is_open),
		cmocka_unit_test(in_the_clear_there_is_no_binding),
		cmocka_unit_test(keys_change_every_hour_over_udp),
		cmocka_unit_test(keys_change_every_hour_on_streams),
		cmocka_unit_test(a_late_packet_of_the_last_key_counts),
		cmocka_unit_test(the_newest_packet_is_told_apart),
		cmocka_unit_test(a_challenge_is_answered_at_once),
		cmocka_unit_test(a_lost_challenge_is_nothing),
		cmocka_unit_test(a_full_window_holds_no_answer_back),
		cmocka_unit_test(before_it_is_open_there_is_no_challenge),
		cmocka_unit_test(what_was_in_flight_goes_out_again_at_once),
		cmocka_unit_test(a_new_path_begins_with_a_window_of_its_own),
		cmocka_unit_test(silence_is_counted_while_an_answer_is_missing),
		cmocka_unit_test(silence_on_a_stream_counts_from_what_wants_an_answer),
		cmocka_unit_test(what_nobody_sealed_breaks_an_open_stream_and_says_nothing),
		cmocka_unit_test(what_the_peer_sealed_is_its_own_doing),
	};

	return cmocka_run_group_tests_name("session, sealed", tests, NULL, NULL);
}
