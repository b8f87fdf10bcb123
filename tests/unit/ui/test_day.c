/* ui/day: dates and numbers of days are the same thing, said otherwise. */
#include "ui/day.h"

#include "check.h"

#include <stdbool.h>

static void test_known_days(void **state)
{
	static const struct {
		int year, month, day, weekday;
		int32_t number;
	} rows[] = {
		{1970, 1, 1, 4, 0},	 {1969, 12, 31, 3, -1},	  {2000, 2, 29, 2, 11016},
		{2000, 3, 1, 3, 11017},	 {2024, 2, 29, 4, 19782}, {2026, 11, 21, 6, 20778},
		{1900, 3, 1, 4, -25508}, {2100, 2, 28, 0, 47540},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct day_date d = day_date(rows[i].number);
		assert_int_equal(day_number(rows[i].year, rows[i].month, rows[i].day),
				 rows[i].number);
		assert_int_equal(d.year, rows[i].year);
		assert_int_equal(d.month, rows[i].month);
		assert_int_equal(d.day, rows[i].day);
		assert_int_equal(d.weekday, rows[i].weekday);
	}
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static void month_follows(int year, int month, int32_t *number)
{
	for (int day = 1; day <= month_days(year, month); day++, ++*number) {
		struct day_date d = day_date(*number);
		bool same = d.year == year && d.month == month && d.day == day;
		if (!same || d.weekday != (*number + 700004) % 7 ||
		    day_number(year, month, day) != *number)
			fail_msg("%d-%d-%d is not %d", year, month, day, *number);
	}
}

/* Every day of 800 years follows the one before it. */
static void test_days_follow_each_other(void **state)
{
	int32_t number = day_number(1600, 1, 1);

	(void)state;
	for (int month = 0; month < 800 * 12; month++)
		month_follows(1600 + month / 12, 1 + month % 12, &number);
	assert_int_equal(number, day_number(2400, 1, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_days),
		cmocka_unit_test(test_days_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
