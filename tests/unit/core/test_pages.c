/* Pages of older events: found by number, bounded in bytes, the longest unread goes first. */
#include "core/pages.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

enum { HUGE = 1 << 30 };

static uint8_t bytes[1 << 20];
static struct buf frames;
static struct pages *p;

static int setup(void **state)
{
	(void)state;
	p = pages_new(HUGE, 7);
	assert_non_null(p);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pages_free(p);
	return 0;
}

/* The text is the event's place. */
static void put_event(uint32_t room, uint64_t seq, size_t len)
{
	static char text[TEXT_MAX_BYTES];
	struct event e = {.room = room, .seq = seq, .kind = EVENT_TALK, .from = slice_of("n", 1)};

	memset(text, 'x', len);
	(void)snprintf(text, sizeof(text), "%u/%llu", room, (unsigned long long)seq);
	text[strlen(text)] = 'x';
	e.text = slice_of(text, len);
	event_put(&frames, &e);
	assert_false(frames.failed);
}

static struct slice run(uint32_t room, uint64_t first, uint64_t last, size_t len)
{
	frames = buf_of(bytes, sizeof(bytes));
	for (uint64_t seq = first; seq <= last; seq++)
		put_event(room, seq, len);
	return slice_of(frames.data, frames.len);
}

static enum err put(uint32_t room, uint64_t first, uint64_t last)
{
	return pages_put(p, room, first, run(room, first, last, 20));
}

/* Their own, so many at once, as the bytes that they were. */
static void has_run(uint64_t seq, size_t max_bytes, uint32_t most, uint32_t want)
{
	uint32_t count = most;
	struct slice s = pages_run(p, 7, seq, max_bytes, &count);
	struct frame f;

	assert_int_equal(count, want);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(frame_get(&s, &f), ERR_NONE);
		assert_true(f.event.seq == seq + i);
	}
	assert_int_equal(s.len, 0);
}

static bool has(uint32_t room, uint64_t seq)
{
	uint32_t one = 1;
	struct slice s = pages_run(p, room, seq, SIZE_MAX, &one);
	struct frame f;
	char place[32];

	if (!s.data)
		return false;
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	assert_int_equal(s.len, 0);
	assert_true(f.event.seq == seq && f.event.room == room);
	(void)snprintf(place, sizeof(place), "%u/%llux", room, (unsigned long long)seq);
	assert_memory_equal(f.event.text.data, place, strlen(place));
	return true;
}

static void a_page_has_what_was_put(void **state)
{
	(void)state;
	assert_int_equal(put(3, 512, 600), ERR_NONE);
	for (uint64_t seq = 0; seq < 2000; seq++)
		assert_int_equal(has(3, seq), seq >= 512 && seq <= 600);
	assert_false(has(4, 550));
	assert_false(has(3, UINT64_MAX));
	assert_int_equal(put(3, 601, 700), ERR_NONE); /* the rest of that block */
	assert_int_equal(put(4, 550, 551), ERR_NONE);
	assert_true(has(3, 512) && has(3, 600) && has(3, 601) && has(3, 700) && has(4, 551));
	assert_false(has(3, 701) || has(4, 552) || has(4, 549));
}

static void a_page_ends_with_its_block(void **state)
{
	(void)state;
	assert_true(pages_last(0) == 255 && pages_last(255) == 255 && pages_last(256) == 511);
	assert_int_equal(put(1, 200, 300), ERR_NONE);
	assert_true(has(1, 200) && has(1, 255));
	assert_false(has(1, 256));
}

static void a_page_is_read_in_runs(void **state)
{
	(void)state;
	assert_int_equal(put(7, 200, 300), ERR_NONE);
	size_t frame = run(7, 200, 200, 20).len; /* all are as long */
	has_run(200, SIZE_MAX, 1000, 56);	 /* to the end of its block */
	has_run(201, SIZE_MAX, 10, 10);
	has_run(201, 3 * frame, 10, 3);
	has_run(201, 4 * frame - 1, 10, 3);
	has_run(201, 0, 10, 1);
	has_run(255, SIZE_MAX, 10, 1);
}

static void a_page_ends_at_a_hole(void **state)
{
	(void)state;
	frames = buf_of(bytes, sizeof(bytes));
	put_event(1, 10, 20);
	put_event(1, 11, 20);
	put_event(1, 13, 20);
	assert_int_equal(pages_put(p, 1, 10, slice_of(frames.data, frames.len)), ERR_NONE);
	assert_true(has(1, 10) && has(1, 11));
	assert_false(has(1, 12) || has(1, 13));
}

static void what_does_not_begin_there_is_no_page(void **state)
{
	struct slice s = run(1, 10, 12, 20);

	(void)state;
	assert_int_equal(pages_put(p, 1, 9, s), ERR_NOT_FOUND);
	assert_int_equal(pages_put(p, 1, 11, s), ERR_NOT_FOUND);
	assert_int_equal(pages_put(p, 1, 10, slice_of(NULL, 0)), ERR_NOT_FOUND);
	assert_int_equal(pages_put(p, 2, 10, s), ERR_MALFORMED); /* of another room */
	assert_int_equal(pages_put(p, 1, 10, slice_of(s.data, s.len - 1)), ERR_MALFORMED);
	assert_int_equal(pages_put(p, 1, 10, slice_of("\x01", 1)), ERR_MALFORMED);
	assert_int_equal(pages_bytes(p), 0);
}

static void a_page_that_is_there_is_not_put_twice(void **state)
{
	(void)state;
	assert_int_equal(put(1, 10, 20), ERR_NONE);
	size_t once = pages_bytes(p);
	assert_int_equal(put(1, 10, 30), ERR_NONE);
	assert_int_equal(put(1, 15, 20), ERR_NONE);
	assert_int_equal(pages_bytes(p), once);
}

static void what_changed_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(put(1, 10, 20), ERR_NONE);
	assert_int_equal(put(1, 21, 30), ERR_NONE);
	pages_drop(p, 1, 15);
	assert_false(has(1, 15) || has(1, 10));
	assert_true(has(1, 21));
	pages_drop(p, 1, 15);
	pages_drop(p, 2, 21);
	assert_int_equal(put(1, 10, 20), ERR_NONE);
	assert_true(has(1, 15));
}

static void the_longest_unread_goes_first(void **state)
{
	size_t one;

	(void)state;
	assert_int_equal(put(1, 1, 100), ERR_NONE);
	one = pages_bytes(p);
	pages_free(p);
	p = pages_new(one * 10 + one / 2, 7);
	for (uint32_t room = 1; room <= 10; room++)
		assert_int_equal(put(room, 1, 100), ERR_NONE);
	assert_true(has(1, 50)); /* now room 2 is the longest unread */
	assert_int_equal(put(11, 1, 100), ERR_NONE);
	assert_false(has(2, 1));
	assert_true(has(1, 1) && has(3, 1) && has(11, 100));
	for (uint32_t room = 100; room < 200; room++) {
		assert_int_equal(put(room, 1, 100), ERR_NONE);
		assert_true(pages_bytes(p) <= one * 10 + one / 2);
	}
	assert_false(has(1, 1));
	assert_true(has(191, 1) && has(199, 1));
}

static void the_two_newest_are_kept_whatever_they_take(void **state)
{
	(void)state;
	pages_free(p);
	p = pages_new(0, 7);
	assert_int_equal(pages_put(p, 1, 1, run(1, 1, 20, 16000)), ERR_NONE);
	assert_true(has(1, 20));
	assert_int_equal(put(2, 1, 1), ERR_NONE);
	assert_true(has(1, 20) && has(2, 1));
	assert_int_equal(put(3, 1, 1), ERR_NONE);
	assert_false(has(1, 20));
	assert_true(has(2, 1) && has(3, 1));
}

int main(void)
{
#define WITH_PAGES(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_PAGES(a_page_has_what_was_put),
		WITH_PAGES(a_page_ends_with_its_block),
		WITH_PAGES(a_page_is_read_in_runs),
		WITH_PAGES(a_page_ends_at_a_hole),
		WITH_PAGES(what_does_not_begin_there_is_no_page),
		WITH_PAGES(a_page_that_is_there_is_not_put_twice),
		WITH_PAGES(what_changed_is_forgotten),
		WITH_PAGES(the_longest_unread_goes_first),
		WITH_PAGES(the_two_newest_are_kept_whatever_they_take),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
