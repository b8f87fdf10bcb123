/* A reader that has no memory to note what was lost: it sends more than it has to, and loses none. */
#include "proto/reader.h"

#include "check.h"
#include "refuse.h"

enum { ROOM = 3, HEAD = 12 };

static struct reader r;

static void send_up_to(uint64_t last)
{
	struct reader_item item;

	while (r.next <= last) {
		assert_true(reader_due(&r, HEAD, &item));
		reader_sent(&r, &item, 1);
	}
}

static void lose(uint64_t first, uint16_t count)
{
	const struct ref ref = {.kind = REF_EVENTS, .room = ROOM, .first = first, .count = count};

	reader_lost(&r, &ref);
}

static void expect_due(uint64_t seq, bool again)
{
	struct reader_item item;

	assert_true(reader_due(&r, HEAD, &item));
	assert_int_equal(item.seq, seq);
	assert_int_equal(item.again, again);
}

static void without_memory_it_goes_back(void **state)
{
	(void)state;
	reader_follow(&r, ROOM, 1);
	send_up_to(9);
	reader_confirm(&r, 3);
	refuse(0, 1);
	lose(5, 2);
	assert_true(refused());
	refuse(0, 0);
	expect_due(5, false);
	assert_true(reader_confirmed(&r) == 3);
	reader_confirm(&r,
		       8); /* what it sent before it went back: that comes again, and is known */
	assert_true(reader_confirmed(&r) == 3);
	send_up_to(HEAD);
	reader_confirm(&r, HEAD + 1);
	assert_true(reader_confirmed(&r) == HEAD + 1);
	reader_wipe(&r);
}

/* What was lost before is told apart, what is lost now needs no more memory. */
static void what_is_noted_stays_noted(void **state)
{
	(void)state;
	reader_follow(&r, ROOM, 1);
	send_up_to(9);
	lose(2, 1);
	refuse(0, UINT64_MAX);
	lose(6, 1);
	assert_false(refused());
	refuse(0, 0);
	expect_due(2, true);
	assert_int_equal(r.again_count, 2);
	reader_wipe(&r);
}

static void half_an_event_begins_anew(void **state)
{
	struct reader_item item;

	(void)state;
	reader_follow(&r, ROOM, 1);
	send_up_to(4);
	assert_true(reader_due(&r, HEAD, &item));
	reader_sent(&r, &item, 3);
	refuse(0, 1);
	lose(4, 1);
	refuse(0, 0);
	assert_true(reader_due(&r, HEAD, &item));
	assert_true(item.seq == 4 && item.part == 0 && !item.again);
	reader_sent(&r, &item, 1);
	assert_true(reader_due(&r, HEAD, &item));
	assert_true(item.seq == 5 && item.part == 0);
	reader_wipe(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_it_goes_back),
		cmocka_unit_test(what_is_noted_stays_noted),
		cmocka_unit_test(half_an_event_begins_anew),
	};

	return cmocka_run_group_tests_name("reader memory", tests, NULL, NULL);
}
