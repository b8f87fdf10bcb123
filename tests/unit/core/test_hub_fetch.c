/* Readers that are behind what is in memory: pages from the store, for all, a few at a time. */
#include "hub_house.h"

#include "core/hub_fetch.h"
#include "proto/timerq.h"

enum { TALKS = 600 };

static uint32_t dev;

/* A room with events 1 … TALKS + 2, of which the newest few are in memory. */
static int long_room(void **state)
{
	(void)state;
	small = 4000;
	open_house(true);
	struct hub_client *alice = guest(0, 'A', "alice");
	dev = enter_ok(alice, "#dev");
	for (int i = 0; i < TALKS; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "talk number %d, and some more words", i + 3);
		assert_int_equal(say_in(alice, dev, text), CODE_OK);
	}
	assert_true(room_first(hub_room(hub, dev)) > 500);
	return 0;
}

static int short_memory(void **state)
{
	small = 0;
	return tear_down(state);
}

static enum log_state look(uint64_t seq)
{
	struct slice frame;
	enum log_state is = hub_run(hub, dev, seq, 0, &frame, &(uint32_t){1});
	struct frame f;

	if (is != LOG_HERE)
		return is;
	assert_int_equal(frame_get(&frame, &f), ERR_NONE);
	assert_true(f.event.seq == seq && f.event.room == dev);
	return LOG_HERE;
}

static void what_is_not_in_memory_comes_later(void **state)
{
	size_t wakes = ear.wakes;

	(void)state;
	assert_int_equal(look(TALKS + 2), LOG_HERE);
	assert_int_equal(look(10), LOG_LATER);
	assert_int_equal(look(10), LOG_LATER);
	assert_int_equal(look(11), LOG_LATER); /* of the same page */
	assert_int_equal(fake.query_count, 1);
	assert_int_equal(fake.queries[0].kind, QUERY_RUN);
	assert_true(fake.queries[0].room == dev && fake.queries[0].first == 10);
	assert_true(fake.queries[0].last == 255);
	answer_all();
	assert_int_equal(ear.wakes, wakes + 1);
	assert_int_equal(look(10), LOG_HERE);
	assert_int_equal(look(255), LOG_HERE);
	assert_int_equal(look(9), LOG_LATER);
}

/* From the beginning to the end as a session does it, without waiting but where it has to. */
static void a_reader_catches_up(void **state)
{
	size_t waited = 0;

	(void)state;
	for (uint64_t seq = 1; seq <= TALKS + 2;) {
		if (look(seq) == LOG_HERE) {
			if (seq++ % 10 == 0)
				answer_all();
			continue;
		}
		waited++;
		assert_true(fake.query_count > 0);
		answer_all();
	}
	assert_int_equal(waited, 1); /* the next page is asked for before it is needed */
}

static void there_is_nothing_beyond_the_ends(void **state)
{
	struct slice frame;

	(void)state;
	assert_int_equal(look(0), LOG_GONE);
	assert_int_equal(look(TALKS + 3), LOG_GONE);
	assert_int_equal(hub_run(hub, 99, 1, 0, &frame, &(uint32_t){1}), LOG_GONE);
	assert_int_equal(fake.query_count, 0);
}

static void what_is_trimmed_is_gone(void **state)
{
	(void)state;
	assert_int_equal(look(10), LOG_LATER);
	answer_all();
	hub_trimmed(hub, dev, 100);
	assert_int_equal(look(99), LOG_GONE);
	assert_int_equal(look(100), LOG_HERE);
	hub_trimmed(hub, dev, 50); /* never back */
	assert_int_equal(look(99), LOG_GONE);
	hub_trimmed(hub, dev, UINT64_MAX);
	assert_int_equal(look(TALKS + 2), LOG_GONE);
	hub_trimmed(hub, 99, 5);
}

/* Trimmed meanwhile, or damaged: whoever needs it is told, and not asked to wait for ever. */
static void what_is_not_there_any_more_is_gone(void **state)
{
	struct store_query q;

	(void)state;
	assert_int_equal(look(10), LOG_LATER);
	q = fake.queries[0];
	q.first = 20;
	answer_with(0, read_kept(&q)); /* it begins with 20 now */
	assert_int_equal(look(10), LOG_GONE);
	assert_int_equal(look(19), LOG_GONE);
	assert_int_equal(look(20), LOG_LATER);
	answer_with(0, (struct store_answer){.error = ERR_NOT_FOUND});
	assert_int_equal(look(255), LOG_GONE);
	assert_int_equal(look(256), LOG_LATER);
	answer_with(0, (struct store_answer){.error = ERR_MALFORMED});
	assert_int_equal(look(300), LOG_GONE);
	assert_int_equal(look(TALKS + 2), LOG_HERE);
}

static void what_cannot_be_read_now_is_asked_for_again(void **state)
{
	(void)state;
	assert_int_equal(look(10), LOG_LATER);
	assert_true(hub_deadline(hub) == TIMERQ_NEVER);
	answer_with(0, (struct store_answer){.error = ERR_SYSTEM});
	assert_int_equal(look(10), LOG_LATER);
	assert_int_equal(fake.query_count, 0);
	assert_true(hub_deadline(hub) == now.mono_us + HUB_RETRY);
	now.mono_us += HUB_RETRY - 1;
	settle();
	assert_int_equal(fake.query_count, 0);
	now.mono_us += 1;
	settle();
	assert_int_equal(fake.query_count, 1);
	answer_all();
	assert_int_equal(look(10), LOG_HERE);
}

static void a_store_that_has_enough_to_do_is_asked_later(void **state)
{
	(void)state;
	fake.refuses = ERR_FULL;
	assert_int_equal(look(10), LOG_LATER);
	fake.refuses = ERR_NONE;
	assert_int_equal(fake.query_count, 0);
	now.mono_us += HUB_RETRY;
	settle();
	assert_int_equal(fake.query_count, 1);
}

/* However many want to read: so many at a time, in their order. */
static void few_are_fetched_at_a_time(void **state)
{
	enum { ROOMS = 40 };
	struct hub_client *local = guest(9, 'U', "local");
	uint32_t rooms[ROOMS];
	struct slice frame;
	size_t done = 0;

	(void)state;
	for (int i = 0; i < ROOMS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "#r%d", i);
		rooms[i] = enter_ok(local, name);
		for (int t = 0; t < 80; t++)
			assert_int_equal(say_in(local, rooms[i], "words, words, words and words"),
					 CODE_OK);
	}
	for (int i = 0; i < ROOMS; i++)
		assert_int_equal(hub_run(hub, rooms[i], 1, 0, &frame, &(uint32_t){1}), LOG_LATER);
	while (fake.query_count > 0) {
		assert_true(fake.query_count <= FETCH_AT_ONCE);
		assert_int_equal(fake.queries[0].room, rooms[done++]);
		answer_with(0, read_kept(&fake.queries[0]));
	}
	assert_int_equal(done, ROOMS);
	for (int i = 0; i < ROOMS; i++)
		assert_int_equal(hub_run(hub, rooms[i], 1, 0, &frame, &(uint32_t){1}), LOG_HERE);
}

static void the_end_comes_while_pages_are_on_their_way(void **state)
{
	(void)state;
	assert_int_equal(look(10), LOG_LATER);
	assert_int_equal(look(300), LOG_LATER);
	fake.refuses = ERR_FULL;
	assert_int_equal(look(257), LOG_LATER);
}

/* Without a store, what is out of memory is gone. */
static void in_memory_alone_old_events_are_gone(void **state)
{
	(void)state;
	small = 4000;
	open_house(false);
	struct hub_client *alice = guest(0, 'A', "alice");
	dev = enter_ok(alice, "#dev");
	for (int i = 0; i < TALKS; i++)
		assert_int_equal(say_in(alice, dev, "some words that take some place"), CODE_OK);
	uint64_t first = room_first(hub_room(hub, dev));
	assert_true(first > 1);
	assert_int_equal(look(first - 1), LOG_GONE);
	assert_int_equal(look(first), LOG_HERE);
	assert_int_equal(run(guest(1, 'B', "bob"), (struct command){.kind = COMMAND_ENTER,
								    .text = words("#dev"),
								    .since_mode = SINCE_SEQ}),
			 CODE_OK);
	assert_true(ear.reply.first == room_first(hub_room(hub, dev)));
	small = 0;
}

/* With one, a newcomer may begin with any event that is kept anywhere. */
static void a_newcomer_may_want_all_that_is_kept(void **state)
{
	struct hub_client *bob = guest(1, 'B', "bob");
	struct command enters = {
		.kind = COMMAND_ENTER, .text = words("#dev"), .since_mode = SINCE_SEQ};

	(void)state;
	assert_int_equal(run(bob, enters), CODE_OK);
	assert_true(ear.reply.first == 1);
	hub_trimmed(hub, dev, 33);
	assert_int_equal(run(bob, enters), CODE_OK);
	assert_true(ear.reply.first == 33);
}

int main(void)
{
#define LONG(f) cmocka_unit_test_setup_teardown(f, long_room, short_memory)
	const struct CMUnitTest tests[] = {
		LONG(what_is_not_in_memory_comes_later),
		LONG(a_reader_catches_up),
		LONG(there_is_nothing_beyond_the_ends),
		LONG(what_is_trimmed_is_gone),
		LONG(what_is_not_there_any_more_is_gone),
		LONG(what_cannot_be_read_now_is_asked_for_again),
		LONG(a_store_that_has_enough_to_do_is_asked_later),
		LONG(few_are_fetched_at_a_time),
		LONG(the_end_comes_while_pages_are_on_their_way),
		LONG(a_newcomer_may_want_all_that_is_kept),
		cmocka_unit_test_setup_teardown(in_memory_alone_old_events_are_gone, in_memory,
						tear_down),
	};

	return cmocka_run_group_tests_name("hub, older events", tests, NULL, NULL);
}
