/* A stream of what many rooms have: in runs it is the same as event by event, and none has to wait. */
#include "proto/record.h"
#include "proto/session.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { ROOMS = 5, EVENTS = 300, RECORD = WIRE_RECORD_HEADER + WIRE_RECORD_MAX };

/* A room's events, one behind the other, in pieces of so many; 1: each for itself. */
struct hall {
	uint8_t *bytes;
	size_t ends[EVENTS + 1]; /* by number; of none: 0 */
	uint64_t piece;
};

static struct hall halls[ROOMS + 1]; /* by room */
static uint64_t random_state = 20261121;

static uint64_t draw(uint64_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (random_state >> 33) % below;
}

static uint64_t log_head(void *ctx, uint32_t room)
{
	(void)ctx;
	return halls[room].bytes ? EVENTS : 0;
}

static enum log_state log_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			      struct slice *out, uint32_t *count)
{
	const struct hall *h = &halls[room];
	uint64_t last = seq;

	(void)ctx;
	assert_in_range(seq, 1, EVENTS);
	while (last < EVENTS && last + 1 < seq + *count && last % h->piece != 0 &&
	       h->ends[last + 1] - h->ends[seq - 1] <= max_bytes)
		last++;
	*out = slice_of(h->bytes + h->ends[seq - 1], h->ends[last] - h->ends[seq - 1]);
	*count = (uint32_t)(last - seq + 1);
	return LOG_HERE;
}

static const struct session_log hall_log = {log_head, log_run};

/* Most events are of `len`, a few of any length. */
static void fill(uint32_t room, size_t len)
{
	static char text[TEXT_MAX_BYTES];
	struct hall *h = &halls[room];
	size_t cap = (size_t)EVENTS * WIRE_ITEM_MAX;

	h->bytes = malloc(cap);
	assert_non_null(h->bytes);
	struct buf b = buf_of(h->bytes, cap);
	for (uint64_t seq = 1; seq <= EVENTS; seq++) {
		size_t n = draw(40) ? len : 1 + draw(sizeof(text));
		struct event e = {.room = room, .seq = seq, .kind = EVENT_TALK};
		memset(text, (int)('a' + (seq + room) % 26), n);
		e.from = slice_of("n", 1);
		e.text = slice_of(text, n);
		event_put(&b, &e);
		assert_false(b.failed);
		h->ends[seq] = b.len;
	}
	h->piece = 1;
}

static void cut(uint64_t piece)
{
	for (uint32_t room = 1; room <= ROOMS; room++)
		halls[room].piece = piece;
}

static int tear_down(void **state)
{
	(void)state;
	for (uint32_t room = 1; room <= ROOMS; room++)
		free(halls[room].bytes);
	memset(halls, 0, sizeof(halls));
	return 0;
}

/* An open session in the clear that follows all rooms that there are. */
static struct session *follower(void)
{
	struct session_config config = {
		.role = SESSION_SERVER, .link = SESSION_STREAM, .log = &hall_log};
	struct session *s = session_new(&config, 1);
	struct session_event ev;
	uint8_t bytes[32];
	struct buf b = buf_of(bytes, sizeof(bytes));

	assert_non_null(s);
	size_t at = record_open(&b);
	hello_put(&b);
	record_close(&b, at);
	session_feed(s, 1, b.data, b.len);
	while (session_event(s, 1, &ev))
		assert_int_not_equal(ev.kind, SESSION_ENDED);
	for (uint32_t room = 1; room <= ROOMS; room++)
		if (halls[room].bytes)
			assert_int_equal(session_follow(s, room, 1), ERR_NONE);
	return s;
}

/* What one record brought of each room. */
struct brought {
	uint64_t heard[ROOMS + 1];
	size_t bytes[ROOMS + 1];
};

/* In order, whole, and as they were. */
static void take(struct brought *b, struct slice frames)
{
	while (frames.len > 0) {
		const uint8_t *begin = frames.data;
		struct frame f;
		assert_int_equal(frame_get(&frames, &f), ERR_NONE);
		if (f.type != FRAME_EVENT)
			continue;
		const struct hall *h = &halls[f.event.room];
		uint64_t seq = ++b->heard[f.event.room];
		size_t len = (size_t)(frames.data - begin);
		assert_true(f.event.seq == seq);
		assert_int_equal(len, h->ends[seq] - h->ends[seq - 1]);
		assert_memory_equal(begin, h->bytes + h->ends[seq - 1], len);
		b->bytes[f.event.room] += len;
	}
}

/* The next record, of at most so many bytes; false: there is none. */
static bool next_record(struct session *s, size_t most, struct brought *b)
{
	static uint8_t bytes[RECORD];
	struct buf out = buf_of(bytes, most);

	if (!session_output(s, 1, &out))
		return false;
	size_t n = (size_t)bytes[0] << 8 | bytes[1];
	assert_int_equal(n, out.len - WIRE_RECORD_HEADER);
	take(b, slice_of(bytes + WIRE_RECORD_HEADER, n));
	return true;
}

static void all_comes_whatever_the_pieces(void **state)
{
	static const uint64_t pieces[] = {1, 2, 7, 64, EVENTS};

	(void)state;
	for (uint32_t room = 1; room <= ROOMS; room++)
		fill(room, 20 + 60 * room);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct brought all = {.heard = {0}};
		cut(pieces[i]);
		struct session *s = follower();
		while (next_record(s, RECORD, &all))
			continue;
		for (uint32_t room = 1; room <= ROOMS; room++)
			assert_int_equal(all.heard[room], EVENTS);
		session_free(s);
	}
}

/* Of one room: byte by byte the same stream, in records that are as full. */
static void one_room_is_the_same_in_runs(void **state)
{
	size_t records[2] = {0};

	(void)state;
	fill(1, 100);
	for (size_t i = 0; i < 2; i++) {
		struct brought all = {.heard = {0}};
		cut(i == 0 ? 1 : EVENTS);
		struct session *s = follower();
		while (next_record(s, RECORD, &all))
			records[i]++;
		assert_int_equal(all.heard[1], EVENTS);
		assert_int_equal(all.bytes[1], halls[1].ends[EVENTS]);
		session_free(s);
	}
	assert_in_range(records[1], 2, records[0] + 1);
}

/* While all have more than there is room for, each has its part of every few records. */
static void no_room_waits_for_anothers_backlog(void **state)
{
	enum { FEW = 6 };
	struct brought all = {.heard = {0}};

	(void)state;
	for (uint32_t room = 1; room <= ROOMS; room++)
		fill(room, room == 2 ? 5000 : 400);
	cut(EVENTS);
	struct session *s = follower();
	for (int i = 0; i < FEW; i++)
		assert_true(next_record(s, RECORD, &all));
	for (uint32_t room = 1; room <= ROOMS; room++)
		assert_in_range(all.bytes[room], FEW * RECORD / ROOMS / 2, FEW * RECORD / 2);
	session_free(s);
}

/* With the last record, and not before. */
static void it_is_known_when_all_is_given(void **state)
{
	static const size_t records[] = {RECORD, RECORD / 2 + WIRE_ITEM_MAX / 2};

	(void)state;
	for (uint32_t room = 1; room <= ROOMS; room++)
		fill(room, 20 + 60 * room);
	cut(EVENTS);
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		struct brought all = {.heard = {0}};
		struct session *s = follower();
		bool sated = false;
		while (next_record(s, records[i], &all)) {
			assert_false(sated);
			sated = session_sated(s);
		}
		assert_true(sated);
		session_free(s);
	}
}

/* A train is whole records, as many as fit. */
static void a_train_is_full(void **state)
{
	static uint8_t bytes[4 * RECORD];
	struct buf out = buf_of(bytes, sizeof(bytes));
	struct brought all = {.heard = {0}};
	size_t size, at = 0, records = 0;

	(void)state;
	fill(1, 1000);
	cut(EVENTS);
	struct session *s = follower();
	assert_true(session_train(s, 1, &out, &size));
	for (; at < out.len; records++) {
		size_t n = (size_t)bytes[at] << 8 | bytes[at + 1];
		assert_in_range(n, 1, out.len - at - WIRE_RECORD_HEADER);
		take(&all, slice_of(bytes + at + WIRE_RECORD_HEADER, n));
		at += WIRE_RECORD_HEADER + n;
	}
	assert_int_equal(at, out.len);
	assert_in_range(records, 4, 5);
	assert_true(out.len > 3 * RECORD);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(all_comes_whatever_the_pieces, tear_down),
		cmocka_unit_test_teardown(one_room_is_the_same_in_runs, tear_down),
		cmocka_unit_test_teardown(no_room_waits_for_anothers_backlog, tear_down),
		cmocka_unit_test_teardown(it_is_known_when_all_is_given, tear_down),
		cmocka_unit_test_teardown(a_train_is_full, tear_down),
	};

	return cmocka_run_group_tests_name("session, runs", tests, NULL, NULL);
}
