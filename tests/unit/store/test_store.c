/* store: what is reported as kept is there, whatever comes after; what is not kept is told, and the
 * next batch is kept again. */
#include "store/store.h"

#include "store/writer.h"
#include "store_rig.h"
#include "sys/clock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATIENCE_MS = 60 * 1000 };

static struct store *store;
static struct store_result result;

static void start_keeping(uint32_t days)
{
	const struct store_options o = {.dir = rig_dir, .new_epoch = RIG_EPOCH, .keep_days = days};

	store = store_open(&o, &rig_why);
	if (!store || store_start(store, &rig_why) != ERR_NONE)
		fail_msg("%s", rig_why.text);
}

static void start(void)
{
	start_keeping(0);
}

static int setup(void **state)
{
	if (rig_setup(state))
		return -1;
	start();
	rig_begin();
	return 0;
}

static int teardown(void **state)
{
	store_close(store);
	store = NULL;
	return rig_teardown(state);
}

/* The next result, which has to be of that kind. */
static void await(enum store_result_kind kind)
{
	struct pollfd p = {.fd = store_fd(store), .events = POLLIN};

	while (!store_next(store, &result))
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(result.kind, kind);
}

static void hand_over(void)
{
	const struct store_port *port = store_port(store);

	port->commit(port->ctx, rig_records());
}

/* Hands the batch over and waits for what becomes of it. */
static enum err commit(void)
{
	hand_over();
	await(STORE_COMMITTED);
	rig_begin();
	return result.error;
}

static void keep_talk(uint64_t seq)
{
	rig_put_talk(1, seq, "hello");
	if (commit() != ERR_NONE)
		fail_msg("%s", result.why);
}

static enum err ask(uint64_t ticket, uint64_t first, uint64_t last)
{
	const struct store_port *port = store_port(store);
	struct store_query q = {.kind = QUERY_PAGE, .ticket = ticket, .max_bytes = 65536};

	q.room = 1;
	q.first = first;
	q.last = last;
	return port->read(port->ctx, &q);
}

/* How many events the answer has. */
static size_t events_in(struct slice page)
{
	struct frame f;
	size_t n = 0;

	for (; page.len > 0; n++)
		assert_int_equal(frame_get(&page, &f), ERR_NONE);
	return n;
}

static int64_t events(void)
{
	return rig_number("SELECT count(*) FROM events");
}

static void what_was_kept_can_be_read_at_once(void **state)
{
	(void)state;
	for (uint64_t seq = 1; seq <= 20; seq++) {
		keep_talk(seq);
		assert_int_equal(ask(seq, 1, 1000), ERR_NONE);
		await(STORE_ANSWERED);
		assert_int_equal(result.error, ERR_NONE);
		assert_int_equal(result.answer->ticket, seq);
		assert_int_equal(events_in(result.answer->page), seq);
		assert_false(result.answer->more);
	}
}

static void what_was_kept_outlives_the_process(void **state)
{
	(void)state;
	rig_put_room(1, "#lobby");
	keep_talk(1);
	assert_int_equal(events(), 1); /* seen from elsewhere, before any end */
	store_close(store);
	start();
	assert_int_equal(store_epoch(store), RIG_EPOCH);
	keep_talk(2);
	assert_int_equal(events(), 2);
}

static void a_hub_is_told_what_there_was(void **state)
{
	const struct store_options o = {.dir = rig_dir, .new_epoch = 1};
	struct slice records;
	struct record r;
	size_t counts[RECORD_ABSENT + 1] = {0};

	(void)state;
	rig_put_room(1, "#lobby");
	keep_talk(1);
	store_close(store);
	store = store_open(&o, &rig_why);
	assert_non_null(store);
	records = store_records(store);
	while (records.len > 0) {
		assert_int_equal(record_get(&records, &r), ERR_NONE);
		counts[r.kind]++;
	}
	assert_int_equal(counts[RECORD_META], 1);
	assert_int_equal(counts[RECORD_ROOM], 1);
	assert_int_equal(counts[RECORD_EVENT], 1);
}

static void the_batch_under_way_is_kept_at_the_end(void **state)
{
	(void)state;
	for (uint64_t seq = 1; seq <= 500; seq++)
		rig_put_talk(1, seq, "hello");
	hand_over();
	assert_int_equal(ask(1, 1, 5), ERR_NONE);
	store_close(store);
	start();
	assert_int_equal(events(), 500);
}

static void too_many_questions_are_refused(void **state)
{
	size_t asked = 0;

	(void)state;
	keep_talk(1);
	while (ask(asked, 1, 1) == ERR_NONE)
		assert_true(++asked <= STORE_QUERIES_MAX);
	assert_int_equal(asked, STORE_QUERIES_MAX);
	for (size_t i = 0; i < asked; i++) {
		await(STORE_ANSWERED);
		assert_int_equal(events_in(result.answer->page), 1);
	}
	assert_false(store_next(store, &result)); /* it lets go of the last one, too */
	assert_int_equal(ask(1, 1, 1), ERR_NONE);
	await(STORE_ANSWERED);
}

static enum err ask_search(uint64_t ticket)
{
	static const uint32_t room = 1;
	const struct store_port *port = store_port(store);
	struct store_query q = {.kind = QUERY_SEARCH,
				.ticket = ticket,
				.max_bytes = 65536,
				.rooms = &room,
				.room_count = 1,
				.words = slice_of("hello", 5),
				.count = 10};

	return port->read(port->ctx, &q);
}

/* Whoever reads on is not kept from it by those who search. */
static void many_who_search_leave_room_for_pages(void **state)
{
	size_t asked = 0;

	(void)state;
	keep_talk(1);
	while (ask_search(asked) == ERR_NONE)
		assert_true(++asked <= STORE_SEARCHES_MAX);
	assert_int_equal(asked, STORE_SEARCHES_MAX);
	assert_int_equal(ask(asked, 1, 1), ERR_NONE);
	for (size_t i = 0; i <= asked; i++) {
		await(STORE_ANSWERED);
		assert_int_equal(result.error, ERR_NONE);
		assert_int_equal(events_in(result.answer->page), 1);
	}
	assert_false(store_next(store, &result));
	for (size_t i = 0; i < STORE_SEARCHES_MAX; i++)
		assert_int_equal(ask_search(i), ERR_NONE);
}

static void what_cannot_be_read_is_told(void **state)
{
	(void)state;
	keep_talk(1);
	keep_talk(2);
	rig_sql("UPDATE events SET sum = sum + 1 WHERE id = (1 << 33) + 1");
	assert_int_equal(ask(5, 1, 2), ERR_NONE);
	await(STORE_ANSWERED);
	assert_int_equal(result.error, ERR_MALFORMED);
	assert_int_equal(result.answer->ticket, 5);
	assert_int_equal(result.answer->page.len, 0);
	assert_non_null(strstr(result.why, "event 1 of room 1"));
	assert_int_equal(ask(6, 2, 2), ERR_NONE);
	await(STORE_ANSWERED);
	assert_int_equal(result.error, ERR_NONE);
	assert_int_equal(events_in(result.answer->page), 1);
}

/* Something in the way of one event stands for whatever can go wrong. */
static void after_a_failure_the_next_batch_is_kept(void **state)
{
	(void)state;
	keep_talk(1);
	rig_sql("CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'no'); END");
	for (int i = 0; i < 3; i++) {
		rig_put_talk(1, 2, "refused");
		assert_int_equal(commit(), ERR_SYSTEM);
		assert_true(result.why[0]);
		assert_int_equal(events(), 1);
	}
	assert_int_equal(commit(), ERR_NONE); /* an empty one asks how it is */
	rig_sql("DROP TRIGGER no");
	keep_talk(2);
	assert_int_equal(events(), 2);
	store_close(store);
	start();
	keep_talk(3);
}

/* The room has told its members that a batch was not kept; then it must not be. */
static void what_is_not_what_was_written_is_not_written_on(void **state)
{
	(void)state;
	keep_talk(1);
	rig_sql("CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'no'); END");
	rig_put_talk(1, 2, "refused");
	assert_int_equal(commit(), ERR_SYSTEM);
	rig_sql("DROP TRIGGER no; UPDATE meta SET value = value + 1 WHERE name = 'batch'");
	for (int i = 0; i < 2; i++) {
		rig_put_talk(1, 2, "refused");
		assert_int_equal(commit(), ERR_MALFORMED);
		assert_non_null(strstr(result.why, "start the server again"));
	}
	assert_int_equal(events(), 1);
}

/* The limit of a file's size stands for a disk's. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_disk_that_takes_no_more_refuses_and_works_again(void **state)
{
	static char longer[16000];
	uint64_t seq = 1;
	enum err e;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	(void)signal(SIGXFSZ, SIG_IGN);
	keep_talk(seq++);
	limit_files(rig_size("room.db-wal") + 200 * 1000);
	for (;;) {
		rig_put_talk(1, seq, longer);
		e = commit();
		if (e != ERR_NONE)
			break;
		seq++;
		assert_true(seq < 100);
	}
	assert_int_equal(e, ERR_SYSTEM);
	assert_true(seq > 2);
	assert_int_equal(events(), seq - 1);
	assert_int_equal(ask(1, 1, 1), ERR_NONE); /* what was kept can be read meanwhile */
	await(STORE_ANSWERED);
	assert_int_equal(events_in(result.answer->page), 1);
	limit_files(RLIM_INFINITY);
	keep_talk(seq);
	assert_int_equal(events(), seq);
	store_close(store);
	start();
	assert_int_equal(events(), seq);
}

/* So that the WAL does not grow for ever, whether there is always a batch or not. */
static void the_wal_stays_small(void **state)
{
	static char longer[12000];
	size_t most = 0;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	for (uint64_t seq = 1; seq <= 700; seq++) {
		rig_put_talk(1, seq, longer);
		assert_int_equal(commit(), ERR_NONE);
		if (rig_size("room.db-wal") > most)
			most = rig_size("room.db-wal");
	}
	assert_in_range(most, 1, 4 * WRITER_WAL_BUSY * 4096);
	assert_true(rig_size("room.db") > 700 * sizeof(longer) / 2);
}

static void search(const char *words, enum err error, const char *text)
{
	static const uint32_t rooms[] = {1};
	const struct store_port *port = store_port(store);
	struct store_query q = {.kind = QUERY_SEARCH, .ticket = 5, .max_bytes = 65536, .count = 9};
	struct event e;
	struct slice raw, page;

	q.rooms = rooms;
	q.room_count = 1;
	q.words = slice_of(words, strlen(words));
	assert_int_equal(port->read(port->ctx, &q), ERR_NONE);
	await(STORE_ANSWERED);
	assert_int_equal(result.error, error);
	page = result.answer->page;
	assert_int_equal(page_get(&page, &e, &raw), text != NULL);
	if (!text)
		return;
	assert_int_equal(e.text.len, strlen(text));
	assert_memory_equal(e.text.data, text, e.text.len);
	assert_int_equal(page.len, 0);
}

/* Also while the index is behind, and when it has caught up, which is its own business. */
static void what_was_said_is_found_until_it_says_something_else(void **state)
{
	(void)state;
	for (uint64_t seq = 1; seq <= 3000; seq += 1000) {
		for (uint64_t i = 0; i < 999; i++)
			rig_put_talk(1, seq + i, "hello");
		rig_put_talk(1, seq + 999, "茶馆 in the evening");
		assert_int_equal(commit(), ERR_NONE);
		search("茶馆", ERR_NONE, "茶馆 in the evening");
		rig_put_rewrite(1, seq + 999, "nowhere");
		assert_int_equal(commit(), ERR_NONE);
		search("茶馆", ERR_NONE, NULL);
		search("evening", ERR_NONE, NULL);
		search("nowhere", ERR_NONE, "nowhere");
		rig_put_rewrite(1, seq + 999, "hello again");
		assert_int_equal(commit(), ERR_NONE);
		search("nowhere", ERR_NONE, NULL);
	}
	search("\"*\"", ERR_MALFORMED, NULL);
}

static bool in_file(const char *name, const char *bytes)
{
	FILE *f = fopen(rig_path(name), "rb");
	static char all[4 * 1024 * 1024];
	size_t n = f ? fread(all, 1, sizeof(all), f) : 0;

	if (f)
		fclose(f);
	assert_true(n < sizeof(all));
	return memmem(all, n, bytes, strlen(bytes)) != NULL;
}

/* Once the writer has the time for it. */
static void what_was_recalled_is_in_no_file(void **state)
{
	(void)state;
	rig_put_talk(1, 1, "xyzzyplugh");
	rig_put_talk(1, 2, "something else");
	assert_int_equal(commit(), ERR_NONE);
	assert_true(in_file("room.db-wal", "xyzzyplugh"));
	rig_put_rewrite(1, 1, "nothing");
	assert_int_equal(commit(), ERR_NONE);
	for (int waited = 0; in_file("room.db-wal", "xyzzyplugh"); waited += 10) {
		assert_true(waited < PATIENCE_MS);
		(void)poll(NULL, 0, 10);
	}
	assert_false(in_file("room.db", "xyzzyplugh"));
	assert_true(in_file("room.db", "something else"));
}

static void keep_talk_of(uint64_t seq, int64_t days_ago)
{
	struct record r = {.kind = RECORD_EVENT, .event = {.room = 1, .seq = seq}};
	uint8_t bytes[256];
	struct buf b = buf_of(bytes, sizeof(bytes));
	const struct event e = {.room = 1,
				.seq = seq,
				.kind = EVENT_TALK,
				.time_ms = clock_wall_ms() - days_ago * RETENTION_DAY_MS,
				.from = slice_of("alice", 5),
				.text = slice_of("hello", 5)};

	event_put(&b, &e);
	r.event.frame = slice_of(b.data, b.len);
	rig_put(&r);
	assert_int_equal(commit(), ERR_NONE);
}

static void what_is_too_old_goes_and_that_is_told(void **state)
{
	(void)state;
	rig_put_room(1, "#lobby");
	for (uint64_t seq = 1; seq <= 5; seq++)
		keep_talk_of(seq, 20);
	keep_talk_of(6, 2);
	store_close(store);
	start_keeping(10);
	await(STORE_TRIMMED);
	assert_int_equal(result.room, 1);
	assert_int_equal(result.first, 6);
	assert_int_equal(events(), 1);
	keep_talk_of(7, 0);
	assert_int_equal(ask(1, 1, 1000), ERR_NONE);
	await(STORE_ANSWERED);
	assert_int_equal(events_in(result.answer->page), 2);
}

static void a_room_that_is_told_to_keep_less_does(void **state)
{
	struct record r = {.kind = RECORD_ROOM, .room = {.number = 1, .keep_days = 5}};

	(void)state;
	rig_put_room(1, "#lobby");
	keep_talk_of(1, 20);
	keep_talk_of(2, 2);
	rig_put(&r);
	assert_int_equal(commit(), ERR_NONE);
	await(STORE_TRIMMED);
	assert_int_equal(result.first, 2);
}

static void a_second_one_is_refused(void **state)
{
	const struct store_options o = {.dir = rig_dir, .new_epoch = 1};

	(void)state;
	assert_null(store_open(&o, &rig_why));
	assert_said("another server is at work");
	keep_talk(1);
}

static void a_damaged_one_is_refused_with_a_sentence(void **state)
{
	const struct store_options o = {.dir = rig_dir, .new_epoch = 1};

	(void)state;
	rig_put_room(1, "#lobby");
	keep_talk(1);
	store_close(store);
	rig_sql("UPDATE events SET sum = 0");
	store = store_open(&o, &rig_why);
	assert_null(store);
	assert_said("event 1 of room 1");
	assert_said("put back a backup");
	rig_sql("DELETE FROM events; DELETE FROM rooms");
	start();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_was_kept_can_be_read_at_once),
		TEST(what_was_kept_outlives_the_process),
		TEST(a_hub_is_told_what_there_was),
		TEST(the_batch_under_way_is_kept_at_the_end),
		TEST(too_many_questions_are_refused),
		TEST(many_who_search_leave_room_for_pages),
		TEST(what_cannot_be_read_is_told),
		TEST(after_a_failure_the_next_batch_is_kept),
		TEST(what_is_not_what_was_written_is_not_written_on),
		TEST(a_disk_that_takes_no_more_refuses_and_works_again),
		TEST(the_wal_stays_small),
		TEST(what_was_said_is_found_until_it_says_something_else),
		TEST(what_was_recalled_is_in_no_file),
		TEST(what_is_too_old_goes_and_that_is_told),
		TEST(a_room_that_is_told_to_keep_less_does),
		TEST(a_second_one_is_refused),
		TEST(a_damaged_one_is_refused_with_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
