/*
 * Counted in eras of 400 years, which are all alike, from the 1st of March on: so the leap day is the
 * last of its year.
 */
#include "ui/day.h"

enum {
	ERA_YEARS = 400,
	ERA_DAYS = 146097,
	EPOCH = 719468, /* days from 0000-03-01 to 1970-01-01 */
};

static int32_t floor_div(int32_t a, int32_t b)
{
	return a / b - (a % b < 0);
}

/* Days of a year before the month `m` that is 0 in March; months of 31 and 30 days take turns, in fives. */
static int32_t days_before(int m)
{
	return (153 * m + 2) / 5;
}

int32_t day_number(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1;
	int32_t era = floor_div(y, ERA_YEARS);
	int32_t of_era = y - era * ERA_YEARS;
	int32_t of_year = days_before((month + 9) % 12) + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
}

struct day_date day_date(int32_t number)
{
	int32_t n = number + EPOCH;
	int32_t era = floor_div(n, ERA_DAYS);
	int32_t rest = n - era * ERA_DAYS;
	int32_t of_era = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int32_t of_year = rest - (365 * of_era + of_era / 4 - of_era / 100);
	int m = (5 * of_year + 2) / 153;
	int month = m < 10 ? m + 3 : m - 9;

	return (struct day_date){.year = era * ERA_YEARS + of_era + (month <= 2),
				 .month = month,
				 .day = of_year - days_before(m) + 1,
				 .weekday = (int)(number + 4 - 7 * floor_div(number + 4, 7))};
}
