/* page: the newest of a range that fit, in order, and nothing that is not what was written. */
#include "store/page.h"

#include "store/batch.h"
#include "store_rig.h"

#include <string.h>

enum { EVENTS = 20 };

static struct opened it;
static struct page page;
static uint8_t storage[1 << 16];
static struct store_answer answer;

static int setup(void **state)
{
	struct batch batch;

	if (rig_setup(state))
		return -1;
	rig_open(&it);
	rig_begin();
	for (uint64_t seq = 1; seq <= EVENTS; seq++) {
		rig_put_talk(1, seq, "as long as the others");
		rig_put_talk(2, seq, "elsewhere");
	}
	if (batch_init(&batch, &it.db, NULL) != ERR_NONE ||
	    batch_keep(&batch, &it.db, rig_records(), 1) != ERR_NONE)
		return -1;
	batch_wipe(&batch);
	return page_init(&page, &it.db) == ERR_NONE ? 0 : -1;
}

static int teardown(void **state)
{
	page_wipe(&page);
	opening_end(&it);
	return rig_teardown(state);
}

static enum err read_range(enum store_query_kind kind, uint64_t first, uint64_t last,
			   size_t max_bytes)
{
	struct store_query q = {.kind = kind, .room = 1, .first = first, .last = last};

	q.max_bytes = max_bytes;
	return page_read(&page, &it.db, &q, storage, &answer);
}

static enum err read_page(uint64_t first, uint64_t last, size_t max_bytes)
{
	return read_range(QUERY_PAGE, first, last, max_bytes);
}

/* The page holds just these, and whole. */
static void expect(uint64_t first, uint64_t last)
{
	for (uint64_t seq = first; seq <= last; seq++) {
		struct slice frame = answer.page;
		struct slice wanted = rig_talk(1, seq, "as long as the others");
		struct frame f;
		assert_int_equal(frame_get(&answer.page, &f), ERR_NONE);
		assert_int_equal(f.event.seq, seq);
		assert_memory_equal(frame.data, wanted.data, wanted.len);
	}
	assert_int_equal(answer.page.len, 0);
	assert_memory_equal(answer.author, rig_alice, OWNER_BYTES);
}

static void a_range_is_read_in_order(void **state)
{
	(void)state;
	assert_int_equal(read_page(1, EVENTS, sizeof(storage)), ERR_NONE);
	assert_false(answer.more);
	expect(1, EVENTS);
	assert_int_equal(read_page(7, 9, sizeof(storage)), ERR_NONE);
	assert_false(answer.more);
	expect(7, 9);
}

static void what_is_not_there_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(read_page(EVENTS - 1, EVENTS + 100, sizeof(storage)), ERR_NONE);
	assert_false(answer.more);
	expect(EVENTS - 1, EVENTS);
	assert_int_equal(read_page(EVENTS + 1, EVENTS + 100, sizeof(storage)), ERR_NOT_FOUND);
	assert_false(answer.more);
	assert_int_equal(answer.page.len, 0);
}

static void of_too_many_the_newest_stay(void **state)
{
	size_t one = rig_talk(1, 1, "as long as the others").len;

	(void)state;
	assert_int_equal(read_page(1, 10, 3 * one), ERR_NONE);
	assert_true(answer.more);
	expect(8, 10);
	assert_int_equal(read_page(1, 10, 4 * one - 1), ERR_NONE);
	assert_true(answer.more);
	expect(8, 10);
	assert_int_equal(read_page(8, 10, 3 * one), ERR_NONE);
	assert_false(answer.more);
	expect(8, 10);
	assert_int_equal(read_page(1, 10, one - 1), ERR_NONE);
	assert_true(answer.more);
	assert_int_equal(answer.page.len, 0);
}

static void of_a_run_the_oldest_stay(void **state)
{
	size_t one = rig_talk(1, 1, "as long as the others").len;

	(void)state;
	assert_int_equal(read_range(QUERY_RUN, 5, 15, 3 * one), ERR_NONE);
	assert_true(answer.more);
	expect(5, 7);
	assert_int_equal(read_range(QUERY_RUN, 5, 7, 3 * one), ERR_NONE);
	assert_false(answer.more);
	expect(5, 7);
	assert_int_equal(read_range(QUERY_RUN, EVENTS, 1000, one), ERR_NONE);
	assert_false(answer.more);
	expect(EVENTS, EVENTS);
	assert_int_equal(read_range(QUERY_RUN, EVENTS + 1, 1000, one), ERR_NOT_FOUND);
}

static void who_caused_the_first_is_told(void **state)
{
	static const uint8_t bob[OWNER_BYTES] = {0xB0};
	struct record r = {.kind = RECORD_EVENT, .event = {.room = 1, .seq = EVENTS + 1}};
	struct batch batch;

	(void)state;
	memcpy(r.event.author, bob, OWNER_BYTES);
	r.event.frame = rig_talk(1, EVENTS + 1, "bob's");
	rig_begin();
	rig_put(&r);
	assert_int_equal(batch_init(&batch, &it.db, NULL), ERR_NONE);
	assert_int_equal(batch_keep(&batch, &it.db, rig_records(), 2), ERR_NONE);
	batch_wipe(&batch);
	for (enum store_query_kind kind = QUERY_PAGE; kind <= QUERY_RUN; kind++) {
		assert_int_equal(read_range(kind, EVENTS, EVENTS + 1, sizeof(storage)), ERR_NONE);
		assert_memory_equal(answer.author, rig_alice, OWNER_BYTES);
		assert_int_equal(read_range(kind, EVENTS + 1, EVENTS + 1, sizeof(storage)),
				 ERR_NONE);
		assert_memory_equal(answer.author, bob, OWNER_BYTES);
	}
}

static void what_is_damaged_is_not_given(void **state)
{
	(void)state;
	rig_sql("UPDATE events SET sum = sum + 1 WHERE id = (1 << 33) + 5");
	assert_int_equal(read_page(1, EVENTS, sizeof(storage)), ERR_MALFORMED);
	assert_non_null(strstr(it.db.why.text, "event 5 of room 1"));
	assert_int_equal(read_page(6, EVENTS, sizeof(storage)), ERR_NONE);
	expect(6, EVENTS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_range_is_read_in_order),	    TEST(what_is_not_there_is_left_out),
		TEST(of_too_many_the_newest_stay),  TEST(of_a_run_the_oldest_stay),
		TEST(who_caused_the_first_is_told), TEST(what_is_damaged_is_not_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
