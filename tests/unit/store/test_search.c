/* store/search: what is said is found by who may see it, newest first, page by page, index or not. */
#include "search_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool nothing_found(struct search_rig *r, const char *words)
{
	return !*found_by(r, words);
}

/* ---- what is found ---------------------------------------------------------------------------- */

static void what_was_just_said_is_found_before_it_is_in_the_index(void **state)
{
	struct search_rig *r = *state;

	say(r, 1, "alice", "今晚十点，老地方");
	say(r, 1, "bob", "到時見，老地方");
	assert_string_equal(found_by(r, "老地方"), "1:2 1:1 ");
	assert_string_equal(found_by(r, "到时"), "1:2 ");
	index_all(r);
	say(r, 1, "alice", "老地方 again");
	assert_string_equal(found_by(r, "老地方"), "1:3 1:2 1:1 ");
	assert_string_equal(found_by(r, "地方 again"), "1:3 ");
}

static void talks_are_searched_and_nothing_else(void **state)
{
	struct search_rig *r = *state;

	for (int turn = 0; turn < 2; turn++) {
		if (turn == 0) {
			put(r, 2, EVENT_OPEN, "hello", "#hello");
			put(r, 2, EVENT_JOIN, "hello", "");
			put(r, 2, EVENT_QUIT, "hello", "hello");
			put(r, 2, EVENT_NICK, "hello", "hello2");
			put(r, 2, EVENT_TALK, "bob", "hello");
			put(r, 2, EVENT_ANNOUNCE, "", "hello all");
			put(r, 2, EVENT_TOPIC, "bob", "hello topic");
			put(r, 2, EVENT_TOPIC, "bob", "");
			put(r, 2, EVENT_EDITED, "bob", "hello again");
			put(r, 2, EVENT_RECALLED, "hello", "");
			put(r, 2, EVENT_EDIT, "bob", "hello");
		} else {
			index_all(r);
		}
		assert_string_equal(found_by(r, "hello"), "2:9 2:5 ");
	}
}

static void from_narrows_by_the_name_as_names_are_compared(void **state)
{
	struct search_rig *r = *state;

	say(r, 1, "Alice", "one");
	say(r, 1, "bob", "one, says alice");
	say(r, 1, "ＡＬＩＣＥ", "one");
	say(r, 2, "小明", "one");
	put(r, 1, EVENT_ANNOUNCE, "", "one");
	for (int turn = 0; turn < 2; turn++) {
		struct store_query q = query_of("one", "alice");
		struct found f = find(r, &q);
		assert_string_equal(found_text(&f), "1:3 1:1 ");
		q = query_of("", "alice");
		f = find(r, &q);
		assert_string_equal(found_text(&f), "1:3 1:1 ");
		q = query_of("one", "小明");
		f = find(r, &q);
		assert_string_equal(found_text(&f), "2:1 ");
		q = query_of("one", "nobody");
		f = find(r, &q);
		assert_int_equal(f.error, ERR_NONE);
		assert_int_equal(f.count, 0);
		index_all(r);
	}
}

static void before_narrows_by_time(void **state)
{
	struct search_rig *r = *state;

	for (int i = 0; i < 6; i++) {
		r->time_ms = RIG_NOON + (i / 2) * 1000;
		say(r, i % 2 ? 1 : 2, "alice", "tick");
		put(r, 1, EVENT_JOIN, "bob", "");
	}
	for (int turn = 0; turn < 2; turn++) {
		struct store_query q = query_of("tick", "");
		q.before_ms = RIG_NOON + 2000;
		struct found f = find(r, &q);
		assert_string_equal(found_text(&f), "1:5 2:2 1:2 2:1 ");
		q = query_of("", "");
		q.before_ms = RIG_NOON + 1000;
		f = find(r, &q);
		assert_string_equal(found_text(&f), "1:2 2:1 ");
		q.before_ms = RIG_NOON;
		f = find(r, &q);
		assert_int_equal(f.count, 0);
		q.before_ms = 1;
		f = find(r, &q);
		assert_int_equal(f.count, 0);
		index_all(r);
	}
}

static void before_goes_by_each_event_s_time(void **state)
{
	static const int hours[] = {1, 9, 2, 3, 8, 4, 5, 0, 6, 7};
	struct search_rig *r = *state;

	for (size_t i = 0; i < COUNT_OF(hours); i++) {
		r->time_ms = RIG_NOON + hours[i] * 3600000;
		say(r, 1, "alice", "tick");
	}
	for (int turn = 0; turn < 2; turn++) {
		for (int before = 1; before < 10; before++) {
			struct store_query q = query_of("tick", "");
			q.before_ms = RIG_NOON + before * 3600000;
			struct found f = find(r, &q);
			assert_int_equal(f.count, before); /* from 0 on, each hour once */
			for (size_t i = 0; i < f.count; i++)
				assert_true(hours[f.at[i].seq - 1] < before);
		}
		index_all(r);
	}
}

static void rooms_that_may_not_be_seen_are_not_searched(void **state)
{
	static const uint32_t two[] = {2}, odd[] = {9, 1, 77}, none[] = {0};
	struct search_rig *r = *state;

	say(r, 1, "alice", "secret");
	say(r, 2, "alice", "secret");
	say(r, 3, "alice", "secret");
	for (int turn = 0; turn < 2; turn++) {
		struct store_query q = query_of("secret", "");
		q.rooms = two;
		q.room_count = 1;
		struct found f = find(r, &q);
		assert_string_equal(found_text(&f), "2:1 ");
		q.rooms = odd;
		q.room_count = 3;
		f = find(r, &q);
		assert_string_equal(found_text(&f), "1:1 ");
		q.rooms = none;
		q.room_count = 0;
		f = find(r, &q);
		assert_int_equal(f.error, ERR_NONE);
		assert_int_equal(f.count, 0);
		index_all(r);
	}
}

static void what_is_no_query_is_told(void **state)
{
	struct search_rig *r = *state;
	char long_name[200];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	struct store_query q = query_of("", "");
	assert_int_equal(find(r, &q).error, ERR_MALFORMED);
	q = query_of("?!", "");
	assert_int_equal(find(r, &q).error, ERR_MALFORMED);
	q = query_of("?!", "alice");
	assert_int_equal(find(r, &q).error, ERR_MALFORMED);
	q = query_of("x", "no name");
	assert_int_equal(find(r, &q).error, ERR_MALFORMED);
	q = query_of("x", long_name);
	assert_int_equal(find(r, &q).error, ERR_MALFORMED);
}

/* ---- the index is the log, seen faster --------------------------------------------------------- */

/* From a few words, so that many talks hold many of them. */
static void draw_text(uint32_t *seed, char *out)
{
	static const char *const parts[] = {"你", "好", "世", "界",    "a ", "abc ", "abcd ",
					    "\"", "，", "👍",  "NEAR ", "é",  "1",    " "};
	size_t n = 1 + (*seed >> 16) % 6;

	*out = '\0';
	while (n-- > 0) {
		*seed = *seed * 1103515245U + 12345U;
		strcat(out, parts[(*seed >> 16) % COUNT_OF(parts)]);
	}
}

static void an_index_finds_what_reading_finds(void **state)
{
	enum { TALKS = 400, QUERIES = 300 };
	static char before[QUERIES][SEARCH_MAX_EVENTS * 16];
	struct search_rig *r = *state;
	uint32_t seed = 20261121, queries;
	char text[128];
	size_t useful = 0;

	for (int i = 0; i < TALKS; i++) {
		draw_text(&seed, text);
		say(r, 1 + (uint32_t)i % 3, i % 5 ? "alice" : "bob", *text ? text : "x");
	}
	for (int turn = 0; turn < 2; turn++) {
		queries = 99;
		for (int i = 0; i < QUERIES; i++) {
			draw_text(&queries, text);
			struct store_query q = query_of(text, i % 3 ? "" : "bob");
			struct found f = find(r, &q);
			if (turn == 0)
				strcpy(before[i], found_text(&f));
			else
				assert_string_equal(found_text(&f), before[i]);
			useful += f.count > 0 && f.count < SEARCH_MAX_EVENTS;
		}
		index_all(r);
	}
	assert_true(useful > QUERIES); /* of both turns together */
}

/* ---- pages ------------------------------------------------------------------------------------ */

/* All pages of a query after each other, as "room:seq ". */
static void read_on(struct search_rig *r, struct store_query *q, char *out, size_t cap,
		    void (*between)(struct search_rig *r))
{
	struct found f;

	*out = '\0';
	do {
		f = find(r, q);
		assert_int_equal(f.error, ERR_NONE);
		assert_true(strlen(out) + strlen(found_text(&f)) < cap);
		strcat(out, found_text(&f));
		assert_true(!f.page.more || q->token == 0 || f.page.token < q->token);
		q->token = f.page.token;
		if (between)
			between(r);
	} while (f.page.more);
}

/* The clock jumps to and fro; half of the time it stands. */
static void say_many(struct search_rig *r, char *want, int n)
{
	static const int64_t times[] = {0, INT64_C(1700000000000), INT64_C(2147483648000),
					INT64_C(4000000000000)};
	char all[64][16];
	uint32_t seed = 7;

	for (int i = 0; i < n; i++) {
		seed = seed * 1103515245U + 12345U;
		r->time_ms = times[(seed >> 20) % 4];
		uint32_t room = 1 + (seed >> 16) % 3;
		uint64_t seq = say(r, room, "alice", "here");
		(void)snprintf(all[i], sizeof(all[i]), "%u:%llu ", (unsigned)room,
			       (unsigned long long)seq);
	}
	*want = '\0';
	while (n-- > 0)
		strcat(want, all[n]);
}

static void pages_go_back_in_the_order_of_writing_whatever_the_clock_said(void **state)
{
	struct search_rig *r = *state;
	char want[1024], got[1024];

	say_many(r, want, 50);
	for (int turn = 0; turn < 2; turn++) {
		for (unsigned count = 1; count <= 52; count += count < 8 ? 1 : 11) {
			struct store_query q = query_of("here", "");
			q.count = count;
			read_on(r, &q, got, sizeof(got), NULL);
			assert_string_equal(got, want);
		}
		index_all(r);
	}
}

static void say_more(struct search_rig *r)
{
	say(r, 1, "bob", "here");
	say(r, 3, "bob", "here");
	index_all(r);
}

static void what_is_said_between_two_pages_changes_none(void **state)
{
	struct search_rig *r = *state;
	char want[1024], got[1024];

	say_many(r, want, 40);
	struct store_query q = query_of("here", "");
	q.count = 7;
	read_on(r, &q, got, sizeof(got), say_more);
	assert_string_equal(got, want);
}

static void recall_two(struct search_rig *r)
{
	static uint64_t next = 2;

	rewrite(r, 1, next++, EVENT_RECALLED, "alice", "");
	rewrite(r, 1, next++, EVENT_RECALLED, "alice", "");
}

static void what_is_recalled_between_two_pages_is_all_that_is_missing(void **state)
{
	struct search_rig *r = *state;
	char got[1024];

	for (int i = 0; i < 12; i++)
		say(r, 1, "alice", "here");
	index_all(r);
	struct store_query q = query_of("here", "");
	q.count = 4;
	read_on(r, &q, got, sizeof(got), recall_two);
	assert_string_equal(got, "1:12 1:11 1:10 1:9 1:8 1:7 1:6 1:5 1:1 ");
}

static void a_page_is_as_large_as_its_limits(void **state)
{
	struct search_rig *r = *state;
	char want[1024], got[1024];

	say_many(r, want, 30);
	index_all(r);
	struct store_query q = query_of("here", "");
	q.max_bytes = 100; /* a few frames */
	struct found f = find(r, &q);
	assert_in_range(f.count, 1, 9);
	assert_true(f.page.more);
	read_on(r, &q, got, sizeof(got), NULL);
	assert_string_equal(got, want);
	q = query_of("here", "");
	q.count = 30;
	assert_false(find(r, &q).page.more);
	q.count = 29;
	assert_true(find(r, &q).page.more);
}

static void a_talk_that_no_page_can_hold_is_passed_over(void **state)
{
	struct search_rig *r = *state;
	static char text[1000];
	char got[64];

	memset(text, 'x', sizeof(text) - 1);
	say(r, 1, "alice", "xxx");
	say(r, 1, "alice", text);
	say(r, 1, "alice", "xxx");
	struct store_query q = query_of("xxx", "");
	q.max_bytes = 100;
	read_on(r, &q, got, sizeof(got), NULL);
	assert_string_equal(got, "1:3 1:1 ");
}

/* ---- many events, little time ------------------------------------------------------------------ */

static void fill(struct search_rig *r, int n)
{
	assert_int_equal(db_exec(&r->db, "BEGIN"), ERR_NONE);
	for (int i = 0; i < n; i++)
		say(r, 1 + (uint32_t)i % 2, "alice", i % 1000 == 7 ? "needle" : "hay");
	assert_int_equal(db_exec(&r->db, "COMMIT"), ERR_NONE);
}

static void a_search_that_has_no_time_goes_on_where_it_was(void **state)
{
	struct search_rig *r = *state;
	char at_once[256], got[256];
	unsigned pages = 0;

	fill(r, 10000);
	struct store_query q = query_of("needle", "");
	read_on(r, &q, at_once, sizeof(at_once), NULL);
	q.token = 0;
	assert_int_equal(find(r, &q).count, 10);
	r->search.limit_us = 0;
	for (int turn = 0; turn < 2; turn++) {
		q = query_of("needle", "");
		*got = '\0';
		for (struct found f = {.page = {.more = true}}; f.page.more; pages++) {
			f = find(r, &q);
			assert_int_equal(f.error, ERR_NONE);
			strcat(got, found_text(&f));
			q.token = f.page.token;
		}
		assert_string_equal(got, at_once);
		index_all(r);
	}
	assert_in_range(pages, 6, 8); /* at least 4096 events each */
}

/* A millisecond each time that it is looked at. */
static uint64_t ticking;

static uint64_t tick(void)
{
	return ticking += 1000;
}

static void half_a_window_is_none(void **state)
{
	struct search_rig *r = *state;
	char got[1024] = "", want[1024] = "";

	fill(r, 9000);
	for (int i = 0; i < 20; i++)
		say(r, 3, "alice", i % 2 ? "needle" : "hay");
	struct store_query q = query_of("needle", "");
	read_on(r, &q, want, sizeof(want), NULL);
	r->search.clock = tick;
	for (int turn = 0; turn < 2; turn++) {
		for (uint64_t limit = 1000; limit < 300000; limit = limit * 3 / 2) {
			r->search.limit_us = limit;
			q.token = 0;
			read_on(r, &q, got, sizeof(got), NULL);
			assert_string_equal(got, want);
		}
		index_all(r);
	}
}

static void a_search_goes_through_all_rooms_to_its_end(void **state)
{
	struct search_rig *r = *state;

	say(r, 3, "alice", "first");
	fill(r, 9000);
	say(r, 3, "alice", "last");
	for (int turn = 0; turn < 2; turn++) {
		assert_string_equal(found_by(r, "first"), "3:1 ");
		assert_string_equal(found_by(r, "last"), "3:2 ");
		assert_true(nothing_found(r, "never"));
		index_all(r);
	}
}

/* ---- damage ------------------------------------------------------------------------------------ */

/* A long log is cut, and not in the wrong place because of a clock that jumped for a while. */
static void before_finds_everything_in_a_long_log(void **state)
{
	enum { EVENTS = 30000, NEEDLES = EVENTS / 1000 };
	static const int64_t wrong[] = {-1000, 1000}; /* days */
	struct search_rig *r = *state;

	assert_int_equal(db_exec(&r->db, "BEGIN"), ERR_NONE);
	for (int i = 0; i < EVENTS; i++) {
		bool jumped = i % 7000 > 6800;
		r->time_ms = RIG_NOON + (int64_t)i * 60000;
		if (jumped)
			r->time_ms += wrong[i / 7000 % 2] * 24 * 3600000;
		say(r, 1, "alice", i % 1000 == 500 ? "needle" : "hay");
	}
	assert_int_equal(db_exec(&r->db, "COMMIT"), ERR_NONE);
	for (int turn = 0; turn < 2; turn++) {
		for (int before = 1; before < NEEDLES; before++) {
			struct store_query q = query_of("needle", "");
			q.before_ms = RIG_NOON + (int64_t)before * 1000 * 60000;
			assert_int_equal(find(r, &q).count, before);
		}
		index_all(r);
	}
}

static void what_the_disk_gives_back_wrong_is_not_given(void **state)
{
	struct search_rig *r = *state;

	say(r, 1, "alice", "hello");
	index_all(r);
	assert_int_equal(db_exec(&r->db, "UPDATE events SET sum = sum + 1"), ERR_NONE);
	struct store_query q = query_of("hello", "");
	assert_int_equal(find(r, &q).error, ERR_SYSTEM);
	assert_non_null(strstr(r->reading.why.text, "event 1 of room 1"));
	assert_int_equal(db_exec(&r->db, "UPDATE events SET sum = sum - 1"), ERR_NONE);
	assert_int_equal(find(r, &q).count, 1);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, search_rig_setup, search_rig_teardown)
	const struct CMUnitTest tests[] = {
		EACH(what_was_just_said_is_found_before_it_is_in_the_index),
		EACH(talks_are_searched_and_nothing_else),
		EACH(from_narrows_by_the_name_as_names_are_compared),
		EACH(before_narrows_by_time),
		EACH(before_goes_by_each_event_s_time),
		EACH(rooms_that_may_not_be_seen_are_not_searched),
		EACH(what_is_no_query_is_told),
		EACH(an_index_finds_what_reading_finds),
		EACH(pages_go_back_in_the_order_of_writing_whatever_the_clock_said),
		EACH(what_is_said_between_two_pages_changes_none),
		EACH(what_is_recalled_between_two_pages_is_all_that_is_missing),
		EACH(a_page_is_as_large_as_its_limits),
		EACH(a_talk_that_no_page_can_hold_is_passed_over),
		EACH(a_search_that_has_no_time_goes_on_where_it_was),
		EACH(half_a_window_is_none),
		EACH(a_search_goes_through_all_rooms_to_its_end),
		EACH(before_finds_everything_in_a_long_log),
		EACH(what_the_disk_gives_back_wrong_is_not_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
