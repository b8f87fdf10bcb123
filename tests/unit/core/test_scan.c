/* Searching in memory: the newest first, page by page, nothing twice, nothing left out. */
#include "core/scan.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOMS = 5, PAGE = 16 * 1024 };

static struct registry *registry;
static struct registry_room *rooms[ROOMS];
static uint32_t all[ROOMS];
static struct name_checker *checker;
static struct scan scan;
static int64_t now;

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static int setup(void **state)
{
	(void)state;
	if (!checker)
		checker = name_checker_new();
	registry = registry_new(1 << 24, 1 << 30, false, 7);
	assert_non_null(registry);
	for (int i = 0; i < ROOMS; i++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "#r%d", i);
		const struct registry_facts f = {
			.kind = REGISTRY_PUBLIC, .name = words(name), .key = words(name)};
		assert_int_equal(registry_add(registry, &f, &rooms[i]), ERR_NONE);
		all[i] = rooms[i]->number;
	}
	now = INT64_C(1795276800000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	registry_free(registry);
	return 0;
}

static uint64_t add(int room, enum event_kind kind, const char *from, const char *text)
{
	struct event e = {.kind = kind, .time_ms = now, .from = words(from), .text = words(text)};
	struct room *log = registry_log(registry, rooms[room]);

	if (kind == EVENT_EDITED || kind == EVENT_EDIT)
		e.target = kind == EVENT_EDITED ? UINT32_MAX : 1;
	assert_int_equal(room_append(log, &e, NULL), ERR_NONE);
	room_publish(log);
	registry_settle(registry, rooms[room]);
	return e.seq;
}

static uint64_t say(int room, const char *from, const char *text)
{
	return add(room, EVENT_TALK, from, text);
}

/* ---- one search ------------------------------------------------------------------------------ */

static struct hit {
	uint32_t room;
	uint64_t seq;
} hits[20000];
static size_t hit_count, page_count;

static enum err find_page(struct store_query *q, struct scan_result *result)
{
	static uint8_t bytes[PAGE];
	struct buf page = buf_of(bytes, q->max_bytes);
	enum err e = scan_run(&scan, registry, checker, q, &page, result);
	struct event event;
	struct slice raw;

	for (struct slice rest = slice_of(bytes, page.len); page_get(&rest, &event, &raw);) {
		assert_true(hit_count < COUNT_OF(hits));
		hits[hit_count++] = (struct hit){event.room, event.seq};
	}
	page_count++;
	return e;
}

static void find_with(struct store_query q)
{
	struct scan_result result;

	hit_count = page_count = 0;
	do {
		assert_int_equal(find_page(&q, &result), ERR_NONE);
		assert_true(!result.more || result.token != q.token);
		q.token = result.token;
		assert_true(page_count < 10000);
	} while (result.more);
}

static struct store_query query(const char *text)
{
	return (struct store_query){.kind = QUERY_SEARCH,
				    .max_bytes = PAGE,
				    .rooms = all,
				    .room_count = ROOMS,
				    .words = words(text),
				    .count = 100};
}

static void find(const char *text)
{
	find_with(query(text));
}

static void assert_hits(size_t n, const struct hit *want)
{
	assert_int_equal(hit_count, n);
	for (size_t i = 0; i < n; i++)
		assert_true(hits[i].room == want[i].room && hits[i].seq == want[i].seq);
}

/* ---- what is found --------------------------------------------------------------------------- */

static void the_newest_comes_first(void **state)
{
	(void)state;
	uint64_t a = say(0, "alice", "tea in the morning");
	now += 5;
	uint64_t b = say(1, "bob", "no TEA for me");
	now += 5;
	say(1, "bob", "coffee");
	now += 5;
	uint64_t c = say(0, "carol", "Tea!");
	find("tea");
	assert_hits(3, (struct hit[]){{all[0], c}, {all[1], b}, {all[0], a}});
	find("tea morning");
	assert_hits(1, (struct hit[]){{all[0], a}});
	find("te");
	assert_int_equal(hit_count, 0);
	find("nothing of that");
	assert_int_equal(hit_count, 0);
}

static void any_part_of_what_has_no_blanks_is_found(void **state)
{
	(void)state;
	uint64_t a = say(0, "小明", "我们去茶馆喝茶吧");
	now += 1;
	say(0, "小明", "馆茶");
	find("茶馆");
	assert_hits(1, (struct hit[]){{all[0], a}});
}

static void only_what_is_said_now_is_found(void **state)
{
	(void)state;
	add(0, EVENT_JOIN, "tea", "");
	add(0, EVENT_TOPIC, "alice", "tea");
	add(0, EVENT_RECALLED, "alice", "");
	uint64_t edited = add(0, EVENT_EDITED, "alice", "tea");
	add(0, EVENT_EDIT, "alice", "tea");
	add(0, EVENT_ANNOUNCE, "", "tea");
	find("tea");
	assert_hits(1, (struct hit[]){{all[0], edited}});
}

static void only_these_rooms_are_looked_through(void **state)
{
	struct store_query q = query("tea");

	(void)state;
	for (int i = 0; i < ROOMS; i++)
		say(i, "alice", "tea");
	q.rooms = &all[2];
	q.room_count = 2;
	find_with(q);
	assert_hits(2, (struct hit[]){{all[3], 1}, {all[2], 1}});
	q.room_count = 0;
	find_with(q);
	assert_int_equal(hit_count, 0);
}

static void a_name_is_found_by_any_letters(void **state)
{
	struct store_query q = query("");

	(void)state;
	for (int i = 0; i < 40; i++)
		say(0, i % 4 ? "bob" : "Alice", i % 8 ? "coffee" : "tea");
	q.from = words("aLICE");
	find_with(q);
	assert_int_equal(hit_count, 10);
	q.words = words("tea");
	find_with(q);
	assert_int_equal(hit_count, 5);
	q.from = words("nobody");
	find_with(q);
	assert_int_equal(hit_count, 0);
}

static void a_time_bounds_it(void **state)
{
	struct store_query q = query("tea");
	int64_t start = now;

	(void)state;
	for (int i = 0; i < 100; i++, now += 10)
		say(i % ROOMS, "alice", "tea");
	q.before_ms = start + 500;
	find_with(q);
	assert_int_equal(hit_count, 50);
	q.before_ms = start;
	find_with(q);
	assert_int_equal(hit_count, 0);
	q.before_ms = start + 1;
	find_with(q);
	assert_int_equal(hit_count, 1);
	q.count = 7; /* with pages */
	q.before_ms = start + 500;
	find_with(q);
	assert_int_equal(hit_count, 50);
}

static void some_queries_are_none(void **state)
{
	struct store_query q = query("!?"), name = query("tea");
	struct scan_result result;

	(void)state;
	say(0, "alice", "tea");
	assert_int_equal(find_page(&q, &result), ERR_NOT_FOUND);
	name.from = words("a b");
	assert_int_equal(find_page(&name, &result), ERR_MALFORMED);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void assert_each_once(size_t n)
{
	assert_int_equal(hit_count, n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			assert_false(hits[i].room == hits[j].room && hits[i].seq == hits[j].seq);
}

/* With many at the very same time, and little place. */
static void pages_leave_out_nothing_and_repeat_nothing(void **state)
{
	static const unsigned counts[] = {1, 2, 3, 10, 100};
	struct store_query q = query("tea");

	(void)state;
	for (int i = 0; i < 400; i++) {
		say(i * 7 % ROOMS, "alice", i % 3 ? "tea" : "coffee");
		now += i % 50 == 0;
	}
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		q.count = counts[i];
		find_with(q);
		assert_each_once(266);
		for (size_t h = 1; h < hit_count; h++) /* of a room, the newer first */
			for (size_t k = 0; k < h; k++)
				assert_true(hits[k].room != hits[h].room ||
					    hits[k].seq > hits[h].seq);
	}
	q.count = 100;
	q.max_bytes = 100; /* two or three frames */
	find_with(q);
	assert_each_once(266);
	assert_in_range(page_count, 50, 267);
}

/* New talks come in between: they are no business of a search that went past. */
static void what_comes_meanwhile_changes_no_page(void **state)
{
	struct store_query q = query("tea");
	struct scan_result result = {.more = true};

	(void)state;
	for (int i = 0; i < 100; i++, now += 3)
		say(i % ROOMS, "alice", "tea");
	q.count = 9;
	hit_count = 0;
	while (result.more) {
		assert_int_equal(find_page(&q, &result), ERR_NONE);
		q.token = result.token;
		say(0, "bob", "more tea");
	}
	assert_each_once(100);
}

/* A search that finds nothing in a large log ends all the same, soon each time. */
static void one_call_looks_at_so_much(void **state)
{
	static char text[8000];
	size_t said = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 400; i++, now += 2, said += sizeof(text))
		say(i % ROOMS, "alice", text);
	find("tea");
	assert_int_equal(hit_count, 0);
	assert_in_range(page_count, said / SCAN_EFFORT, 2 * said / SCAN_EFFORT + 2);
}

static void any_token_may_come(void **state)
{
	static const uint64_t tokens[] = {
		1, 2, 1 << 20, UINT64_MAX >> 2, UINT64_MAX, (uint64_t)1 << 63, 0xFFFFF, 0x1FFFFF};
	struct store_query q = query("tea");

	(void)state;
	for (int i = 0; i < 50; i++)
		say(i % ROOMS, "alice", "tea");
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		q.token = tokens[i];
		find_with(q);
		assert_true(hit_count <= 50);
	}
}

/* At the beginning of time, where every talk has the same. */
static void a_clock_that_was_never_set(void **state)
{
	struct store_query q = query("tea");

	(void)state;
	now = 0;
	for (int i = 0; i < 60; i++)
		say(i % ROOMS, "alice", "tea");
	q.count = 7;
	find_with(q);
	assert_each_once(60);
}

int main(void)
{
#define SCAN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCAN(the_newest_comes_first),
		SCAN(any_part_of_what_has_no_blanks_is_found),
		SCAN(only_what_is_said_now_is_found),
		SCAN(only_these_rooms_are_looked_through),
		SCAN(a_name_is_found_by_any_letters),
		SCAN(a_time_bounds_it),
		SCAN(some_queries_are_none),
		SCAN(pages_leave_out_nothing_and_repeat_nothing),
		SCAN(what_comes_meanwhile_changes_no_page),
		SCAN(one_call_looks_at_so_much),
		SCAN(any_token_may_come),
		SCAN(a_clock_that_was_never_set),
	};

	int failed = cmocka_run_group_tests_name("scan", tests, NULL, NULL);
	scan_wipe(&scan);
	name_checker_free(checker);
	return failed;
}
