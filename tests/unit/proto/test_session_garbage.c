/* Replays, bits turned over, nonsense and noise: nothing breaks, and nothing is done twice. */
#include "session_rig.h"
#include "wire_samples.h"

#include "proto/packet.h"

static struct rig r;

enum { NEXT = 1000 }; /* a packet number that is still free */

static enum side other(enum side side)
{
	return side == CLIENT ? SERVER : CLIENT;
}

static void joined(enum session_link link)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, SECOND);
}

/* ---- replays --------------------------------------------------------------------------------- */

enum { KEPT = 2000 };

static struct {
	enum side to;
	size_t len;
	uint8_t bytes[WIRE_PACKET_MAX];
} kept[KEPT];
static size_t kept_count;

static enum fate keep(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)rig;
	if (kept_count < KEPT) {
		kept[kept_count].to = to;
		kept[kept_count].len = n;
		memcpy(kept[kept_count++].bytes, bytes, n);
	}
	return PASSES;
}

static void replay_all(void)
{
	size_t commands = r.commands, answers = r.answer_count;
	uint64_t heard = r.heard;

	r.weather = NULL;
	for (size_t i = 0; i < kept_count; i++)
		rig_feed(&r, kept[i].to, kept[i].bytes, kept[i].len);
	rig_run(&r, SECOND);
	assert_int_equal(r.commands, commands);
	assert_int_equal(r.answer_count, answers);
	assert_true(r.heard == heard);
	assert_false(r.ended[CLIENT] || r.ended[SERVER]);
	r.weather = keep;
}

static void what_was_said_once_is_not_said_again_by_a_replay(void **state)
{
	(void)state;
	kept_count = 0;
	rig_begin(&r, SESSION_DGRAM);
	r.weather = keep;
	rig_join(&r);
	for (int i = 0; i < 30; i++) {
		rig_talk(&r, i % 10 ? 40 : 5000);
		rig_happen(&r, 100);
		rig_run(&r, SECOND / 4);
		if (i % 10 == 9)
			replay_all();
	}
	assert_true(kept_count > 60);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* ---- garbage --------------------------------------------------------------------------------- */

/* Whatever a session makes of it: no fault, no busy loop, an end at most once. */
static void abuse(struct session *s, uint64_t now, const uint8_t *bytes, size_t n)
{
	static uint8_t sent[WIRE_RECORD_HEADER + WIRE_RECORD_MAX];
	uint8_t *copy = exactly(bytes, n);
	struct session_event ev;
	size_t ends = 0;

	session_feed(s, now, copy, n);
	while (session_event(s, now, &ev))
		ends += ev.kind == SESSION_ENDED;
	free(copy);
	session_tick(s, now);
	do {
		while (session_event(s, now, &ev))
			ends += ev.kind == SESSION_ENDED;
	} while (session_output(s, now, &(struct buf){sent, 0, sizeof(sent), false}));
	while (session_event(s, now, &ev))
		ends += ev.kind == SESSION_ENDED;
	assert_true(ends <= 1);
	assert_true(session_deadline(s) > now);
}

/* One of the packets of a conversation, with each of its bits turned over, at its time. */
static void bend_packet(enum side to, size_t which, enum session_link link)
{
	size_t bits = 8;

	for (size_t bit = 0; bit < bits; bit++) {
		rig_begin(&r, link);
		rig_command(&r, COMMAND_JOIN, "name");
		rig_talk(&r, 3);
		rig_happen(&r, 4);
		rig_work(&r);
		while (r.sent[to] <= which || !r.queue[to])
			assert_true(rig_step(&r, r.now + 20 * SECOND));
		struct unit *u = r.queue[to];
		uint8_t *bytes = exactly(u->bytes, u->len);
		bits = u->len * 8 < 1600 ? u->len * 8 : 1600; /* an INIT has only zeros there */
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (r.end[to])
			abuse(r.end[to], r.now, bytes, u->len);
		free(bytes);
		rig_end(&r);
	}
}

static void no_bit_turned_over_does_harm(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++)
		for (enum side to = CLIENT; to <= SERVER; to++)
			for (size_t which = 0; which < 3; which++)
				bend_packet(to, which, link);
}

static uint64_t random_state = 20261128;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return random_state >> 33;
}

/* Real frames in no order that makes sense, and bytes that are none. */
static size_t write_nonsense(uint8_t *bytes, size_t cap)
{
	struct buf b = buf_of(bytes, cap);

	while (next_random() % 8 && b.len < 700) {
		const struct sample *s = &samples[next_random() % COUNT_OF(samples)];
		uint64_t kind = next_random() % 4;
		if (kind == 0)
			sample_put(&b, s, false);
		else if (kind < 3)
			rig_put_welcome(&r, &b, s->type);
		else
			buf_put_u8(&b, (uint8_t)next_random());
	}
	for (size_t n = next_random() % 3; n > 0 && b.len > 0 && next_random() % 2; n--)
		bytes[next_random() % b.len] ^= (uint8_t)(1 << next_random() % 8);
	return b.len;
}

static void send_nonsense(enum side to)
{
	uint8_t frames[2500], bytes[3000];
	struct buf b = buf_of(bytes, sizeof(bytes)), f = buf_of(frames, WIRE_FRAMES_MAX);
	size_t n = write_nonsense(frames, sizeof(frames));

	f.len = n < WIRE_FRAMES_MAX ? n : WIRE_FRAMES_MAX; /* may be cut short */
	if (r.link == SESSION_DGRAM && r.opened[other(to)]) {
		sealed_packet(r.end[other(to)], NEXT + next_random() % 50, &f, &b);
	} else if (r.link == SESSION_DGRAM) { /* nothing that it could open yet */
		data_header_put(&b, false, to == CLIENT ? CLIENT_CID : SERVER_CID, NEXT);
		buf_put_bytes(&b, frames, f.len);
	} else {
		buf_put_u16(&b, (uint16_t)n);
		buf_put_bytes(&b, frames, n);
	}
	size_t cut = r.link == SESSION_STREAM && b.len > 1 ? next_random() % b.len : 0;
	if (cut > 0)
		abuse(r.end[to], r.now, bytes, cut);
	abuse(r.end[to], r.now, bytes + cut, b.len - cut);
}

static void nonsense_does_no_harm(void **state)
{
	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	for (int round = 0; round < 400; round++) {
		enum session_link link = round % 2 ? SESSION_DGRAM : SESSION_STREAM;
		enum side to = round / 2 % 2 ? CLIENT : SERVER;
		if (round % 3)
			joined(link);
		else
			rig_begin(&r, link);
		rig_happen(&r, 10);
		for (int i = 0; i < 50 && r.end[to]; i++, r.now += next_random() % SECOND)
			send_nonsense(to);
		rig_end(&r);
	}
}

static void noise_does_no_harm(void **state)
{
	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	for (int round = 0; round < 2000; round++) {
		uint8_t bytes[1300];
		size_t n = next_random() % sizeof(bytes);
		enum side to = round / 2 % 2 ? CLIENT : SERVER;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)next_random();
		joined(round % 2 ? SESSION_DGRAM : SESSION_STREAM);
		if (round % 3 == 0 && n > 0)
			bytes[0] = (uint8_t)(next_random() % 9);
		abuse(r.end[to], r.now, bytes, n);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_once_is_not_said_again_by_a_replay),
		cmocka_unit_test(no_bit_turned_over_does_harm),
		cmocka_unit_test(nonsense_does_no_harm),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests_name("session, garbage", tests, samples_setup, NULL);
}
