/* What chat-bench takes for lost, doubled and disordered; and how it counts times. */
#include "check.h"

#include "histogram.h"
#include "talk.h"

#include <string.h>

static void hear(struct talk_check *c, size_t member, uint32_t talker, uint32_t number)
{
	const struct talk t = {.talker = talker, .number = number};

	talk_check_heard(c, member, &t);
}

static void test_a_talk_is_read_as_it_was_written(void **state)
{
	const struct talk said[] = {
		{0, 1, 0}, {(1 << 18) - 1, (1 << 30) - 1, (UINT64_C(1) << 42) - 1}, {77, 4096, 65}};
	char text[100];
	struct talk t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		talk_put(text, sizeof(text), &said[i]);
		assert_true(talk_get(text, sizeof(text), &t));
		assert_int_equal(t.talker, said[i].talker);
		assert_int_equal(t.number, said[i].number);
		assert_int_equal(t.time, said[i].time);
		for (size_t k = 0; k < sizeof(text); k++)
			assert_in_range(text[k], '0', '~');
	}
	assert_false(talk_get(text, TALK_HEADER - 1, &t));
	assert_false(talk_get("somebody else says this", 23, &t));
	text[5] = ' ';
	assert_false(talk_get(text, sizeof(text), &t));
}

static void expect(const struct talk_check *c, uint64_t lost, uint64_t doubled, uint64_t disordered)
{
	const struct talk_count *n = talk_check_count(c);

	assert_int_equal(n->lost, lost);
	assert_int_equal(n->doubled, doubled);
	assert_int_equal(n->disordered, disordered);
}

static void test_what_comes_once_and_in_order_is_right(void **state)
{
	struct talk_check *c = talk_check_new(2, 2);

	(void)state;
	talk_check_begin(c, 0, true);
	talk_check_begin(c, 1, false);
	for (uint32_t i = 1; i <= 5; i++) {
		hear(c, 0, 0, i);
		hear(c, 0, 1, i);
		hear(c, 1, 0, i + 10); /* came later */
	}
	talk_check_last(c, 0, 0, 5);
	talk_check_last(c, 0, 1, 5);
	talk_check_last(c, 1, 0, 15);
	expect(c, 0, 0, 0);
	assert_true(talk_check_has(c, 1, 0, 15));
	assert_false(talk_check_has(c, 1, 0, 16));
	assert_false(talk_check_has(c, 1, 1, 1));
	talk_check_free(c);
}

static void test_a_gap_is_lost_and_what_fills_it_disordered(void **state)
{
	struct talk_check *c = talk_check_new(1, 1);

	(void)state;
	talk_check_begin(c, 0, true);
	hear(c, 0, 0, 2);
	expect(c, 1, 0, 0);
	hear(c, 0, 0, 5);
	expect(c, 3, 0, 0);
	hear(c, 0, 0, 4);
	expect(c, 2, 0, 1);
	talk_check_last(c, 0, 0, 8);
	expect(c, 5, 0, 1);
	talk_check_free(c);
}

static void test_a_talk_that_comes_again_is_doubled(void **state)
{
	struct talk_check *c = talk_check_new(1, 1);

	(void)state;
	talk_check_begin(c, 0, true);
	hear(c, 0, 0, 1);
	hear(c, 0, 0, 1);
	expect(c, 0, 1, 0);
	hear(c, 0, 0, 2);
	talk_check_last(c, 0, 0, 2);
	expect(c, 0, 1, 0);
	talk_check_free(c);
}

static void test_who_heard_nothing_has_lost_all(void **state)
{
	struct talk_check *c = talk_check_new(2, 1);

	(void)state;
	talk_check_begin(c, 0, true);
	talk_check_begin(c, 1, false);
	talk_check_last(c, 0, 0, 7);
	expect(c, 7, 0, 0);
	hear(c, 0, 9, 1);
	assert_int_equal(talk_check_count(c)->strange, 1);
	talk_check_free(c);
}

static void test_members_agree_on_one_order(void **state)
{
	struct talk_check *c = talk_check_new(3, 2);

	(void)state;
	for (size_t member = 0; member < 3; member++) {
		talk_check_begin(c, member, true);
		hear(c, member, member == 2, 1);
		hear(c, member, member != 2, 1);
	}
	assert_true(talk_check_agree(c, 0, 1));
	assert_false(talk_check_agree(c, 0, 2));
	talk_check_free(c);
}

static void test_a_histogram_tells_times_within_its_classes(void **state)
{
	static struct histogram h;

	(void)state;
	assert_int_equal(histogram_at(&h, 50), 0);
	for (uint64_t v = 1; v <= 100000; v++)
		histogram_add(&h, v);
	for (int percent = 1; percent < 100; percent++) {
		uint64_t v = histogram_at(&h, percent), right = 1000 * (uint64_t)percent;
		assert_in_range(v, right, right + right / 60 + 1);
	}
	assert_int_equal(histogram_at(&h, 100), 100000);
	memset(&h, 0, sizeof(h));
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(histogram_at(&h, 99), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_talk_is_read_as_it_was_written),
		cmocka_unit_test(test_what_comes_once_and_in_order_is_right),
		cmocka_unit_test(test_a_gap_is_lost_and_what_fills_it_disordered),
		cmocka_unit_test(test_a_talk_that_comes_again_is_doubled),
		cmocka_unit_test(test_who_heard_nothing_has_lost_all),
		cmocka_unit_test(test_members_agree_on_one_order),
		cmocka_unit_test(test_a_histogram_tells_times_within_its_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
