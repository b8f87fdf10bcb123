/* store/retention: what is too old goes, from the front, and nothing goes because a clock is wrong. */
#include "store/retention.h"

#include "search_rig.h"

#include "core/record.h"

#include <stdio.h>
#include <string.h>

#define DAY_US	 (UINT64_C(24) * 3600 * 1000 * 1000)
#define HOUR_US	 (DAY_US / 24)
#define YEARS_20 (20 * 365 * RETENTION_DAY_MS)

static struct retention it;
static uint64_t mono;	 /* runs */
static int64_t wall_off; /* how far the machine's clock is from RIG_NOON + what has passed */
static unsigned trims;
static struct retention_trim last_trim;

static int64_t wall(void)
{
	return RIG_NOON + (int64_t)(mono / 1000) + wall_off;
}

static void open_retention(struct search_rig *r, uint32_t keep_days)
{
	assert_int_equal(retention_open(&it, &r->db, &r->indexer, keep_days, mono), ERR_NONE);
}

/* The clock was right so far. */
static void open_believing(struct search_rig *r, uint32_t keep_days)
{
	open_retention(r, keep_days);
	it.believed_ms = wall();
}

/* As long as it has something to do. */
static void work(void)
{
	struct retention_trim trim;

	while (retention_deadline(&it) <= mono) {
		if (retention_step(&it, mono, wall(), &trim) != ERR_NONE)
			fail_msg("%s", it.db->why.text);
		if (trim.room == 0)
			continue;
		trims++;
		last_trim = trim;
	}
}

/* Time passes, and the server runs. */
static void run(uint64_t us)
{
	for (uint64_t end = mono + us; mono < end; mono += HOUR_US)
		work();
	work();
}

/* An event that was said so many days before RIG_NOON. */
static void said(struct search_rig *r, uint32_t room, int days)
{
	r->time_ms = RIG_NOON - days * RETENTION_DAY_MS;
	say(r, room, "alice", "word");
}

static int64_t number(struct search_rig *r, const char *query)
{
	sqlite3_stmt *s;
	int64_t v = -1;

	assert_int_equal(db_prepare(&r->db, query, &s), ERR_NONE);
	assert_int_equal(db_value(&r->db, s, -1, &v), ERR_NONE);
	sqlite3_finalize(s);
	return v;
}

static int64_t kept(struct search_rig *r, uint32_t room)
{
	char query[128];

	(void)snprintf(query, sizeof(query), "SELECT count(*) FROM events WHERE id >> 33 = %u",
		       (unsigned)room);
	return number(r, query);
}

static void make_room(struct search_rig *r, uint32_t room, int64_t keep)
{
	char text[256];

	(void)snprintf(
		text, sizeof(text),
		"INSERT INTO rooms VALUES(%u, 0, '#%u', '', x'', %lld, 0, x'', '', x'', '', 1)",
		(unsigned)room, (unsigned)room, (long long)keep);
	assert_int_equal(db_exec(&r->db, text), ERR_NONE);
}

static int setup(void **state)
{
	int result = search_rig_setup(state);

	if (result == 0)
		make_room(*state, 1, 0);
	mono = 7 * DAY_US;
	wall_off = -(int64_t)(mono / 1000);
	trims = 0;
	return result;
}

static int teardown(void **state)
{
	retention_close(&it);
	return search_rig_teardown(state);
}

/* ---- what goes --------------------------------------------------------------------------------- */

static void what_is_too_old_goes_from_log_and_index(void **state)
{
	struct search_rig *r = *state;

	for (int days = 20; days > 0; days--)
		said(r, 1, days);
	index_all(r);
	open_retention(r, 10);
	work();
	assert_int_equal(kept(r, 1), 9);
	assert_int_equal(number(r, "SELECT min(id) & 0xffff FROM events"), 12);
	assert_int_equal(number(r, "SELECT first FROM rooms"), 12);
	assert_int_equal(trims, 1);
	assert_int_equal(last_trim.room, 1);
	assert_int_equal(last_trim.first, 12);
	assert_string_equal(found_by(r, "word"), "1:20 1:19 1:18 1:17 1:16 1:15 1:14 1:13 1:12 ");
	assert_int_equal(db_exec(&r->db, "INSERT INTO words(words) VALUES('integrity-check')"),
			 ERR_NONE);
	run(DAY_US);
	assert_int_equal(kept(r, 1), 8);
}

static void much_goes_in_small_steps(void **state)
{
	struct search_rig *r = *state;
	struct retention_trim trim;
	uint64_t first = 1;

	for (int i = 0; i < 3 * RETENTION_STEP + 7; i++)
		said(r, 1, 20);
	said(r, 1, 1);
	open_retention(r, 10);
	while (retention_deadline(&it) <= mono) {
		assert_int_equal(retention_step(&it, mono, wall(), &trim), ERR_NONE);
		if (trim.room) {
			assert_in_range(trim.first, first + 1, first + RETENTION_STEP);
			first = trim.first;
		}
	}
	assert_int_equal(kept(r, 1), 1);
	assert_int_equal(first, 3 * RETENTION_STEP + 8);
}

static void all_may_go(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i < 5; i++)
		said(r, 1, 50);
	open_believing(r, 10);
	work();
	assert_int_equal(kept(r, 1), 0);
	assert_int_equal(number(r, "SELECT first FROM rooms"), 6);
	assert_string_equal(found_by(r, "word"), "");
}

static void rooms_keep_what_they_keep(void **state)
{
	struct search_rig *r = *state;

	make_room(r, 2, 30);
	make_room(r, 3, RECORD_KEEP_FOREVER);
	make_room(r, 60000, 5);
	for (int days = 40; days > 0; days -= 10) {
		said(r, 1, days);
		said(r, 2, days);
		said(r, 3, days);
		said(r, 60000, days);
	}
	open_believing(r, 0);
	work();
	assert_int_equal(kept(r, 1), 4);
	assert_int_equal(kept(r, 2), 2);
	assert_int_equal(kept(r, 3), 4);
	assert_int_equal(kept(r, 60000), 0);
	assert_int_equal(db_exec(&r->db, "UPDATE rooms SET keep = 15 WHERE number = 1"), ERR_NONE);
	retention_changed(&it);
	work();
	assert_int_equal(kept(r, 1), 1);
	retention_close(&it);
	assert_int_equal(db_exec(&r->db, "UPDATE rooms SET keep = 0"), ERR_NONE);
	open_retention(r, 25);
	work();
	assert_int_equal(kept(r, 2), 2);
	assert_int_equal(kept(r, 3), 2);
}

/* ---- times that cannot be ------------------------------------------------------------------------ */

static void only_a_beginning_goes(void **state)
{
	static const int days[] = {20, 3, 20, 2, 20};
	struct search_rig *r = *state;

	for (size_t i = 0; i < COUNT_OF(days); i++)
		said(r, 1, days[i]);
	open_believing(r, 10);
	work();
	assert_int_equal(number(r, "SELECT min(id) & 0xffff FROM events"), 2);
	assert_int_equal(kept(r, 1), 4);
}

static void what_was_said_when_the_clock_was_wrong_is_as_old_as_what_came_then(void **state)
{
	static const struct {
		int days[6];
		int64_t kept;
	} rows[] = {
		{{-7300, 20, 19, 2, 1, 1}, 3},	   /* 20 years ahead, at the front */
		{{20, -7300, -7300, 19, 2, 1}, 2}, /* … and in between */
		{{20, -7300, 2, 2, 2, 1}, 5},	   /* … before what is young */
		{{20500, 20500, 2, 2, 2, 1}, 6},   /* 1970, and then right */
		{{20500, 20500, 20, 2, 2, 1}, 3},
		{{20, 20, 20500, 20500, 20500, -7300}, 4}, /* nobody knows yet */
	};
	struct search_rig *r = *state;

	open_believing(r, 10);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(db_exec(&r->db, "DELETE FROM events"), ERR_NONE);
		for (size_t k = 0; k < COUNT_OF(rows[0].days); k++)
			said(r, 1, rows[i].days[k]);
		retention_changed(&it);
		work();
		assert_int_equal(kept(r, 1), rows[i].kept);
	}
}

static void many_of_them_do_not_stay_for_ever(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i < 3 * RETENTION_STEP; i++)
		said(r, 1, 20500);
	for (int i = 0; i < 5 * RETENTION_STEP; i++)
		said(r, 1, 15);
	said(r, 1, 1);
	open_retention(r, 20);
	work();
	assert_int_equal(kept(r, 1), 8 * RETENTION_STEP + 1);
	run(6 * DAY_US);
	assert_int_equal(kept(r, 1), 1);
}

/* ---- a clock that is wrong now ------------------------------------------------------------------- */

static void fill(struct search_rig *r)
{
	for (int days = 20; days > 0; days--)
		said(r, 1, days);
	open_retention(r, 30);
	run(HOUR_US);
	assert_int_equal(kept(r, 1), 20);
}

static void a_clock_that_jumps_for_a_while_changes_nothing(void **state)
{
	static const int64_t jumps[] = {YEARS_20, -YEARS_20, 40 * RETENTION_DAY_MS,
					-RIG_NOON + 1000};
	struct search_rig *r = *state;
	int64_t right = wall_off;

	fill(r);
	for (size_t i = 0; i < COUNT_OF(jumps); i++) {
		wall_off = right + jumps[i];
		run(20 * HOUR_US);
		assert_int_equal(kept(r, 1), 20);
		wall_off = right;
		run(2 * HOUR_US);
	}
	run(20 * DAY_US - 4 * 22 * HOUR_US); /* and then it goes on as if nothing had been */
	assert_in_range(kept(r, 1), 8, 11);
}

static void what_is_said_meanwhile_does_not_make_it_true(void **state)
{
	struct search_rig *r = *state;

	fill(r);
	wall_off += YEARS_20;
	for (int i = 0; i < 5; i++) {
		r->time_ms = wall();
		say(r, 1, "alice", "word");
	}
	run(10 * HOUR_US);
	assert_int_equal(kept(r, 1), 25);
	retention_close(&it); /* a start is no reason to believe it, either */
	open_retention(r, 30);
	run(10 * HOUR_US);
	assert_int_equal(kept(r, 1), 25);
}

static void a_clock_that_stays_is_believed_after_a_day_of_running(void **state)
{
	struct search_rig *r = *state;

	fill(r);
	wall_off += 60 * RETENTION_DAY_MS; /* as after two months without a machine */
	for (int starts = 0; starts < 4; starts++) {
		retention_close(&it);
		open_retention(r, 30);
		run(5 * HOUR_US);
		assert_int_equal(kept(r, 1), 20);
	}
	run(6 * HOUR_US);
	assert_int_equal(kept(r, 1), 0);
}

static void a_day_or_less_is_no_jump(void **state)
{
	struct search_rig *r = *state;

	fill(r);
	for (int i = 0; i < 25; i++) { /* off every night */
		retention_close(&it);
		wall_off += 16 * 3600 * 1000;
		open_retention(r, 30);
		run(8 * HOUR_US);
	}
	assert_in_range(kept(r, 1), 4, 6);
}

static void a_first_start_with_a_wrong_clock_deletes_nothing(void **state)
{
	struct search_rig *r = *state;

	for (int days = 20; days > 0; days--)
		said(r, 1, days);
	wall_off += YEARS_20;
	open_retention(r, 30);
	run(12 * HOUR_US);
	assert_int_equal(kept(r, 1), 20);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(what_is_too_old_goes_from_log_and_index),
		EACH(much_goes_in_small_steps),
		EACH(all_may_go),
		EACH(rooms_keep_what_they_keep),
		EACH(only_a_beginning_goes),
		EACH(what_was_said_when_the_clock_was_wrong_is_as_old_as_what_came_then),
		EACH(many_of_them_do_not_stay_for_ever),
		EACH(a_clock_that_jumps_for_a_while_changes_nothing),
		EACH(what_is_said_meanwhile_does_not_make_it_true),
		EACH(a_clock_that_stays_is_believed_after_a_day_of_running),
		EACH(a_day_or_less_is_no_jump),
		EACH(a_first_start_with_a_wrong_clock_deletes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
