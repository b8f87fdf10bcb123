/* A room's log: numbers without holes, the newest kept within a limit, and the bytes as they were. */
#include "core/room.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 7, HUGE = 1 << 30 };

static char text[TEXT_MAX_BYTES + 1];

static int setup(void **state)
{
	(void)state;
	memset(text, 'x', sizeof(text));
	return 0;
}

static struct event talk(size_t len)
{
	return (struct event){.kind = EVENT_TALK,
			      .time_ms = 5,
			      .from = slice_of("n", 1),
			      .text = slice_of(text, len)};
}

static const uint8_t *author_of(uint64_t seq)
{
	static uint8_t author[OWNER_BYTES];

	memset(author, (int)(seq % 250 + 1), sizeof(author));
	return author;
}

/* What is said, and by whom, follows from its number. */
static void number(struct room *r, size_t len)
{
	uint64_t next = room_last(r) + 1, head = room_head(r);
	struct event e = talk(len);

	memset(text, (int)('a' + next % 26), len);
	assert_int_equal(room_append(r, &e, author_of(next)), ERR_NONE);
	assert_true(e.seq == next);
	assert_int_equal(e.room, ROOM);
	assert_true(room_last(r) == next);
	assert_true(room_head(r) == head);
}

static void append(struct room *r, size_t len)
{
	number(r, len);
	room_publish(r);
	assert_true(room_head(r) == room_last(r));
}

static size_t assert_kept(const struct room *r, uint64_t seq)
{
	struct slice frame = room_numbered(r, seq), s = frame;
	struct frame f;

	assert_non_null(frame.data);
	assert_ptr_equal(room_frame(r, seq).data, seq <= room_head(r) ? frame.data : NULL);
	assert_memory_equal(room_author(r, seq), author_of(seq), OWNER_BYTES);
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_int_equal(s.len, 0);
	assert_true(f.event.seq == seq);
	assert_int_equal(f.event.room, ROOM);
	for (size_t i = 0; i < f.event.text.len; i++)
		assert_int_equal(f.event.text.data[i], 'a' + seq % 26);
	return frame.len;
}

/* All that is said to be kept is, with the bytes that are said; nothing else is. */
static void assert_whole(const struct room *r)
{
	size_t bytes = 0;

	assert_true(room_first(r) >= 1 && room_first(r) <= room_head(r) + 1);
	for (uint64_t seq = room_first(r); seq <= room_last(r); seq++)
		bytes += assert_kept(r, seq);
	assert_true(room_bytes(r) >= bytes);
	assert_null(room_numbered(r, 0).data);
	assert_null(room_numbered(r, room_first(r) - 1).data);
	assert_null(room_numbered(r, room_last(r) + 1).data);
	assert_null(room_numbered(r, UINT64_MAX).data);
}

static void an_empty_room_keeps_nothing(void **state)
{
	struct room *r = room_new(ROOM, HUGE, 0);

	(void)state;
	assert_non_null(r);
	assert_true(room_head(r) == 0);
	assert_true(room_first(r) == 1);
	assert_int_equal(room_bytes(r), 0);
	assert_whole(r);
	room_free(r);
	room_free(NULL);
}

static void events_are_numbered_and_kept(void **state)
{
	struct room *r = room_new(ROOM, HUGE, 0);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		append(r, 1 + (size_t)i % 40);
		if (i % 50 == 0)
			assert_whole(r);
	}
	assert_true(room_first(r) == 1);
	assert_whole(r);
	room_free(r);
}

static void large_events_cross_segments(void **state)
{
	struct room *r = room_new(ROOM, HUGE, 0);

	(void)state;
	for (int i = 0; i < 100; i++)
		append(r, i % 3 ? TEXT_MAX_BYTES : 10);
	assert_true(room_bytes(r) > 10 * (size_t)ROOM_SEGMENT);
	assert_whole(r);
	room_free(r);
}

/* At least so much is kept, and little more: the oldest goes as a whole, and the newest
 * may have begun. */
static void the_oldest_go_when_it_is_too_much(void **state)
{
	static const size_t limits[] = {0, 1, 1000, ROOM_SEGMENT, 200000, 1000000};

	(void)state;
	for (size_t l = 0; l < COUNT_OF(limits); l++) {
		struct room *r = room_new(ROOM, limits[l], 0);
		for (int i = 0; i < 1500; i++) {
			append(r, i % 7 ? 100 : (size_t)(1 + i * 37 % TEXT_MAX_BYTES));
			assert_kept(r, room_head(r));
			assert_true(room_bytes(r) <= limits[l] + 3 * (size_t)ROOM_SEGMENT);
			if (room_first(r) > 1)
				assert_true(room_bytes(r) >= limits[l]);
			if (i % 100 == 0)
				assert_whole(r);
		}
		assert_true(room_first(r) > 1);
		assert_whole(r);
		room_free(r);
	}
}

static void only_the_largest_events(void **state)
{
	struct room *r = room_new(ROOM, 0, 0);

	(void)state;
	for (int i = 0; i < 50; i++) {
		append(r, TEXT_MAX_BYTES);
		assert_whole(r);
	}
	assert_true(room_first(r) > 40);
	room_free(r);
}

static void every_kind_of_event_is_kept(void **state)
{
	struct room *r = room_new(ROOM, HUGE, 0);

	(void)state;
	for (enum event_kind kind = EVENT_JOIN; kind <= EVENT_ANNOUNCE; kind++) {
		struct event e = {.kind = kind, .from = slice_of("a", 1), .text = slice_of("b", 1)};
		struct frame f;
		e.reason = LEAVE_KICKED;
		e.time_ms = 1234567890123;
		assert_int_equal(room_append(r, &e, NULL), ERR_NONE);
		room_publish(r);
		struct slice s = room_frame(r, kind);
		assert_int_equal(frame_get(&s, &f), ERR_NONE);
		assert_int_equal(f.event.kind, kind);
		assert_true(f.event.time_ms == 1234567890123);
	}
	room_free(r);
}

/* The largest event that can be: a longest name, a longest text. */
static void an_event_that_is_too_big_takes_no_number(void **state)
{
	static const char name[NAME_MAX_BYTES] = "n";
	static char large[WIRE_ITEM_MAX];
	struct room *r = room_new(ROOM, HUGE, 0);
	struct event e = talk(TEXT_MAX_BYTES);

	(void)state;
	append(r, 5);
	e.from = slice_of(name, sizeof(name));
	e.time_ms = (int64_t)BUF_VARINT_MAX;
	assert_int_equal(room_append(r, &e, NULL), ERR_NONE);
	room_publish(r);
	e.text = slice_of(large, sizeof(large));
	for (int i = 0; i < 10; i++)
		assert_int_equal(room_append(r, &e, NULL), ERR_TOO_BIG);
	assert_true(room_head(r) == 2);
	append(r, 5);
	append(r, TEXT_MAX_BYTES);
	for (int i = 0; i < 10; i++)
		assert_int_equal(room_append(r, &e, NULL), ERR_TOO_BIG);
	append(r, 5);
	assert_true(room_head(r) == 5);
	assert_kept(r, 5);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_room_keeps_nothing),
		cmocka_unit_test(events_are_numbered_and_kept),
		cmocka_unit_test(large_events_cross_segments),
		cmocka_unit_test(the_oldest_go_when_it_is_too_much),
		cmocka_unit_test(only_the_largest_events),
		cmocka_unit_test(every_kind_of_event_is_kept),
		cmocka_unit_test(an_event_that_is_too_big_takes_no_number),
	};

	return cmocka_run_group_tests_name("room", tests, setup, NULL);
}
