/*
 * Days of the calendar as numbers, and seconds of them: when a line happened, as the clock on the wall
 * says it.  Whoever knows the time zone tells; day 0 is 1970-01-01, a Thursday.  Gregorian for ever.
 */
#ifndef UI_DAY_H
#define UI_DAY_H

#include <stdint.h>

struct day_time {
	int32_t day;
	int second; /* 0 .. 86399 */
};

struct day_date {
	int year, month, day; /* month 1 .. 12 */
	int weekday;	      /* 0: Sunday */
};

int32_t day_number(int year, int month, int day);
struct day_date day_date(int32_t number);

#endif
