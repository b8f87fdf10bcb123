/* PAGE and SEARCH: from memory, from the store, from both; and what changes while the store thinks. */
#include "hub_house.h"

enum { TALKS = 300 };

static uint32_t dev;
static struct hub_client *alice, *bob;

static void begin_long(bool with_store, size_t memory)
{
	small = memory;
	open_house(with_store);
	alice = guest(0, 'A', "alice");
	bob = guest(1, 'B', "bob");
	dev = enter_ok(alice, "#dev");
	for (int i = 0; i < TALKS; i++) {
		char text[64];
		now.wall_ms += 10;
		(void)snprintf(text, sizeof(text), "talk number %d, with tea", i + 3);
		assert_int_equal(say_in(alice, dev, text), CODE_OK);
	}
	assert_true(head_of(dev) == TALKS + 2);
}

static int all_here(void **state)
{
	(void)state;
	begin_long(false, 0);
	return 0;
}

static int few_here(void **state)
{
	(void)state;
	begin_long(true, 8000);
	assert_in_range(room_first(hub_room(hub, dev)), 150, 300);
	return 0;
}

static int put_away(void **state)
{
	small = 0;
	return tear_down(state);
}

/* ---- PAGE ------------------------------------------------------------------------------------ */

static struct command page_of(uint64_t before, uint64_t count)
{
	return (struct command){
		.kind = COMMAND_PAGE, .room = dev, .before = before, .count = count};
}

/* As run(), with the store at hand. */
static enum code ask_page(struct hub_client *c, uint64_t before, uint64_t count)
{
	struct command command = page_of(before, count);

	command.id = ++asked;
	hub_command(hub, c, &command, now);
	answer_all();
	assert_ptr_equal(ear.client, c);
	assert_true(ear.reply.id == asked);
	return ear.reply.code;
}

/* The page has just these, as they are. */
static void assert_page(uint64_t first, uint64_t last)
{
	struct slice page = ear.reply.text, raw;
	uint64_t seq = first;
	struct event e;

	assert_true(reply_sound(&ear.reply, COMMAND_PAGE));
	assert_true(ear.reply.first == first && ear.reply.room == dev);
	for (; page_get(&page, &e, &raw); seq++) {
		char text[64];
		assert_true(e.seq == seq && e.room == dev);
		(void)snprintf(text, sizeof(text), "talk number %d, with tea", (int)seq);
		if (seq > 2)
			assert_words(e.text, text);
	}
	assert_true(seq == last + 1);
}

static void pages_end_where_they_are_asked_to(void **state)
{
	static const struct {
		uint64_t before, count, first, last;
		bool more;
	} pages[] = {
		{0, 10, TALKS - 7, TALKS + 2, true},
		{TALKS + 3, 10, TALKS - 7, TALKS + 2, true},
		{UINT64_MAX >> 2, 10, TALKS - 7, TALKS + 2, true},
		{TALKS + 2, 10, TALKS - 8, TALKS + 1, true},
		{100, 20, 80, 99, true},
		{21, 20, 1, 20, false},
		{21, 200, 1, 20, false},
		{22, 20, 2, 21, true},
		{2, 1, 1, 1, false},
		{200, 150, 50, 199, true},
		{TALKS + 2, 250, 52, TALKS + 1, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		assert_int_equal(ask_page(alice, pages[i].before, pages[i].count), CODE_OK);
		assert_page(pages[i].first, pages[i].last);
		assert_int_equal(ear.reply.more, pages[i].more);
	}
}

/* From the newest to the oldest: each event once. */
static void pages_follow_each_other(void **state)
{
	static const uint64_t counts[] = {1, 7, 50, 1000, UINT64_MAX >> 2};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		uint64_t before = 0, last = TALKS + 2;
		for (size_t n = 0; before != 1; n++) {
			assert_true(n <= TALKS + 2);
			assert_int_equal(ask_page(alice, before, counts[i]), CODE_OK);
			assert_page(ear.reply.first, last);
			assert_int_equal(ear.reply.more, ear.reply.first > 1);
			before = ear.reply.first;
			last = before - 1;
		}
	}
}

static void there_may_be_nothing_before(void **state)
{
	(void)state;
	assert_int_equal(ask_page(alice, 1, 10), CODE_OK);
	assert_int_equal(ear.reply.text.len, 0);
	assert_true(ear.reply.first == 0 && !ear.reply.more);
	assert_int_equal(ask_page(alice, 0, 0), CODE_OK);
	assert_int_equal(ear.reply.text.len, 0);
	assert_int_equal(ask_page(bob, 0, 10), CODE_NO_SUCH_ROOM);
}

static void large_talks_fill_a_page(void **state)
{
	static char text[TEXT_MAX_BYTES + 1];

	(void)state;
	memset(text, 'x', TEXT_MAX_BYTES);
	assert_int_equal(say_in(alice, dev, text), CODE_OK);
	assert_int_equal(say_in(alice, dev, text), CODE_OK);
	uint64_t head = head_of(dev);
	assert_int_equal(ask_page(alice, 0, 10), CODE_OK);
	assert_true(ear.reply.first == head && ear.reply.more);
	assert_int_equal(ask_page(alice, head, 10), CODE_OK);
	uint64_t first = ear.reply.first; /* and what still fits beside it */
	assert_true(first < head && first > head - 10 && ear.reply.more);
	assert_int_equal(ask_page(alice, first, 10), CODE_OK);
	assert_true(ear.reply.first == first - 10);
}

static void forgotten_events_are_told_as_such(void **state)
{
	(void)state;
	hub_trimmed(hub, dev, 100);
	assert_int_equal(ask_page(alice, 110, 50), CODE_OK);
	assert_page(100, 109);
	assert_false(ear.reply.more);
	assert_int_equal(ask_page(alice, 100, 50), CODE_NOT_KEPT);
	assert_int_equal(ask_page(alice, 2, 50), CODE_NOT_KEPT);
	hub_trimmed(hub, dev, UINT64_MAX);
	assert_int_equal(ask_page(alice, 0, 50), CODE_NOT_KEPT);
}

/* ---- while the store thinks ------------------------------------------------------------------ */

static uint64_t ask_and_wait(struct hub_client *c, struct command command)
{
	command.id = ++asked;
	hub_command(hub, c, &command, now);
	assert_int_equal(fake.query_count, 1);
	assert_true(hub_holds(c));
	return asked;
}

static void assert_answer(struct hub_client *c, uint64_t id, enum code code)
{
	assert_ptr_equal(ear.client, c);
	assert_true(ear.reply.id == id);
	assert_int_equal(ear.reply.code, code);
	assert_false(hub_holds(c));
}

static void a_page_is_asked_as_large_as_it_can_be(void **state)
{
	(void)state;
	uint64_t id = ask_and_wait(alice, page_of(0, 200));
	const struct store_query *q = &fake.queries[0];
	uint64_t first = room_first(hub_room(hub, dev));
	assert_int_equal(q->kind, QUERY_PAGE);
	assert_true(q->last == first - 1 && q->first == TALKS + 3 - 200);
	assert_true(q->max_bytes < WIRE_REPLY_TEXT_MAX);
	answer_all();
	assert_answer(alice, id, CODE_OK);
	assert_page(TALKS + 3 - 200, TALKS + 2);
}

static void what_cannot_be_read_is_told_as_such(void **state)
{
	static const enum err errors[] = {ERR_SYSTEM, ERR_MALFORMED, ERR_NOT_FOUND, ERR_MEMORY};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		uint64_t id = ask_and_wait(alice, page_of(50, 10));
		answer_with(0, (struct store_answer){.error = errors[i]});
		assert_answer(alice, id, CODE_NOT_KEPT);
		id = ask_and_wait(alice, page_of(0, 200)); /* a part of it is here */
		answer_with(0, (struct store_answer){.error = errors[i]});
		assert_answer(alice, id, CODE_OK);
		assert_page(room_first(hub_room(hub, dev)), TALKS + 2);
		assert_true(ear.reply.more);
	}
	fake.refuses = ERR_FULL;
	struct command c = page_of(50, 10);
	c.id = ++asked;
	hub_command(hub, alice, &c, now);
	assert_answer(alice, asked, CODE_SERVER_FULL);
}

static void the_room_goes_on_meanwhile(void **state)
{
	(void)state;
	uint64_t id = ask_and_wait(alice, page_of(0, 250));
	assert_int_equal(enter(bob, "#dev"), CODE_OK);
	char text[64];
	(void)snprintf(text, sizeof(text), "talk number %d, with tea", TALKS + 4);
	for (int i = 0; i < 100; i++) { /* and old ones go out of memory */
		(void)snprintf(text, sizeof(text), "talk number %d, with tea", TALKS + 4 + i);
		assert_int_equal(say_in(bob, dev, text), CODE_OK);
	}
	answer_all(); /* what was asked first, and then what is missing now */
	assert_answer(alice, id, CODE_OK);
	uint64_t head = head_of(dev);
	struct slice page = ear.reply.text, raw;
	struct event e;
	uint64_t seq = ear.reply.first;
	while (page_get(&page, &e, &raw))
		assert_true(e.seq == seq++);
	assert_true(seq == head + 1 && ear.reply.first == head - 249);
}

static void who_leaves_meanwhile_gets_nothing(void **state)
{
	(void)state;
	uint64_t id = ask_and_wait(alice, page_of(50, 10));
	struct hub_client *too = guest(2, 'A', "alice"); /* another session of hers */
	assert_int_equal(part_from(too, dev), CODE_OK);
	answer_all();
	assert_answer(alice, id, CODE_NO_SUCH_ROOM);
	assert_int_equal(enter(alice, "#dev"), CODE_OK);
	ask_and_wait(alice, page_of(50, 10));
	assert_int_equal(hub_kick(hub, words("alice"), words(""), now), ERR_NONE);
	settle();
	answer_all();
	assert_int_equal(ear.reply.text.len, 0);
	ask_and_wait(bob, (struct command){.kind = COMMAND_SEARCH, .text = words("tea")});
	hub_gone(hub, bob, LEAVE_QUIT, words(""), now);
	size_t before = ear.replies;
	answer_all(); /* of nobody */
	assert_int_equal(ear.replies, before);
}

/* What it is told then waits beside what it has asked, whichever is there first. */
static void who_is_kicked_meanwhile_waits_for_both(void **state)
{
	(void)state;
	for (int kept_first = 0; kept_first < 2; kept_first++) {
		struct hub_client *carol = guest(3 + (size_t)kept_first, 'C', "carol");
		struct command search = {.kind = COMMAND_SEARCH, .text = words("tea")};
		ask_and_wait(carol, search);
		assert_int_equal(hub_kick(hub, words("carol"), words("spam"), now), ERR_NONE);
		if (kept_first)
			settle();
		answer_all();
		assert_int_equal(carol->leaving, !kept_first);
		settle();
		assert_int_equal(ear.code, CODE_KICKED);
		assert_false(carol->leaving || hub_holds(carol));
		assert_null(carol->pending);
		hub_gone(hub, carol, LEAVE_QUIT, words(""), now);
		settle();
	}
}

/* Or goes before either. */
static void who_is_kicked_meanwhile_may_be_gone(void **state)
{
	(void)state;
	ask_and_wait(bob, (struct command){.kind = COMMAND_SEARCH, .text = words("tea")});
	assert_int_equal(hub_kick(hub, words("bob"), words("spam"), now), ERR_NONE);
	hub_gone(hub, bob, LEAVE_QUIT, words(""), now);
	assert_null(bob->pending);
	size_t before = ear.replies;
	settle();
	answer_all();
	assert_int_equal(ear.replies, before);
}

/* A store with a hole where events should be: an answer all the same, and no endless asking. */
static void a_hole_ends_a_page(void **state)
{
	(void)state;
	for (int with_memory = 0; with_memory < 2; with_memory++) {
		uint64_t id = ask_and_wait(alice, page_of(with_memory ? 0 : 100, 200));
		size_t asks = 0;
		for (; fake.query_count > 0 && asks < 10; asks++) {
			struct store_query q = fake.queries[0];
			q.last -= 5;
			answer_with(0, read_kept(&q));
		}
		assert_int_equal(asks, 2);
		assert_answer(alice, id, with_memory ? CODE_OK : CODE_NOT_KEPT);
	}
	assert_page(room_first(hub_room(hub, dev)), TALKS + 2);
}

/* ---- SEARCH ---------------------------------------------------------------------------------- */

static struct command search_for(const char *text)
{
	return (struct command){.kind = COMMAND_SEARCH, .text = words(text)};
}

static size_t hits_of(uint32_t room)
{
	struct slice page = ear.reply.text, raw;
	struct event e;
	size_t n = 0;

	assert_true(reply_sound(&ear.reply, COMMAND_SEARCH));
	while (page_get(&page, &e, &raw))
		n += room == 0 || e.room == room;
	return n;
}

static void a_search_in_memory_finds_what_one_may_see(void **state)
{
	struct hub_client *carol = guest(2, 'C', "carol");
	uint32_t tea = enter_ok(carol, "#tea"), two = enter_ok(carol, "@bob");

	(void)state;
	assert_int_equal(say_in(carol, tea, "a cup of tea"), CODE_OK);
	assert_int_equal(say_in(carol, two, "tea for two"), CODE_OK);
	assert_int_equal(say_in(bob, WIRE_LOBBY, "tea for all"), CODE_OK);
	assert_int_equal(run(carol, search_for("tea")), CODE_OK);
	assert_int_equal(hits_of(0), 3);
	assert_int_equal(run(bob, search_for("tea")), CODE_OK);
	assert_int_equal(hits_of(0), 2);
	assert_int_equal(hits_of(two) + hits_of(WIRE_LOBBY), 2);
	assert_int_equal(run(bob, search_for("tea in:@carol")), CODE_OK);
	assert_int_equal(hits_of(0), 1);
	assert_int_equal(run(bob, search_for("tea in:#tea")), CODE_NO_SUCH_ROOM);
	assert_int_equal(run(bob, search_for("tea in:#nowhere")), CODE_NO_SUCH_ROOM);
	assert_int_equal(run(bob, search_for("tea in:@nobody")), CODE_NO_SUCH_ROOM);
	assert_int_equal(run(alice, search_for("tea in:@carol")), CODE_NO_SUCH_ROOM);
	assert_int_equal(run(bob, search_for("from:carol")), CODE_OK);
	assert_int_equal(hits_of(0), 1);
	struct command in_room = search_for("tea");
	in_room.room = tea;
	assert_int_equal(run(carol, in_room), CODE_OK);
	assert_int_equal(hits_of(0), 1);
	assert_int_equal(run(bob, in_room), CODE_NO_SUCH_ROOM);
	assert_int_equal(run(alice, search_for("tea in:#DEV")), CODE_OK);
	assert_int_equal(hits_of(0), 100);
	assert_true(ear.reply.more && ear.reply.seq > 0);
	struct command next = search_for("tea in:#DEV");
	size_t n = 100;
	while (ear.reply.more) {
		next.token = ear.reply.seq;
		assert_int_equal(run(alice, next), CODE_OK);
		n += hits_of(dev);
	}
	assert_int_equal(n, TALKS);
}

static void some_lines_are_no_search(void **state)
{
	static const char *const bad[] = {
		"",	    " ",    "in:#dev", "before:tomorrow x", "from: x",
		"in:dev x", "\xff", "!!",      "from:a,b",	    "x from:a\xe2\x80\x8b"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(run(alice, search_for(bad[i])), CODE_QUERY_BAD);
}

static void a_search_of_the_store_is_asked_for_these_rooms(void **state)
{
	struct command c = search_for("tea from:Bob before:2026-11-21");

	(void)state;
	enter_ok(alice, "@bob");
	c.token = 77;
	uint64_t id = ask_and_wait(alice, c);
	const struct store_query *q = &fake.queries[0];
	assert_int_equal(q->kind, QUERY_SEARCH);
	assert_int_equal(q->room_count, 3);
	assert_words(q->words, "tea"); /* borrowed still: the command waits */
	assert_true(q->token == 77 && q->count > 0 && q->max_bytes == WIRE_REPLY_TEXT_MAX);
	assert_true(q->before_ms == INT64_C(1795219200000));
	struct slice frames = room_frame(hub_room(hub, dev), TALKS + 2);
	answer_with(0, (struct store_answer){.page = frames, .more = true, .token = 55});
	assert_answer(alice, id, CODE_OK);
	assert_int_equal(hits_of(dev), 1);
	assert_true(ear.reply.more && ear.reply.seq == 55);
}

/* However much is said otherwise while the store looks: that is not where it has found something. */
static void edits_elsewhere_hide_nothing_that_was_found(void **state)
{
	uint8_t author[OWNER_BYTES], bytes[256];
	struct slice frame = kept_frame(dev, 10, author);

	(void)state;
	assert_true(frame.len <= sizeof(bytes));
	memcpy(bytes, frame.data, frame.len);
	assert_int_equal(enter_ok(bob, "#dev"), dev);
	uint64_t id = ask_and_wait(bob, search_for("tea"));
	for (int i = 0; i < 200; i++) {
		assert_int_equal(say_in(alice, WIRE_LOBBY, "one"), CODE_OK);
		assert_int_equal(run(alice, (struct command){.kind = COMMAND_EDIT,
							     .room = WIRE_LOBBY,
							     .seq = ear.reply.seq,
							     .text = words("two")}),
				 CODE_OK);
	}
	answer_with(0, (struct store_answer){.page = slice_of(bytes, frame.len)});
	assert_answer(bob, id, CODE_OK);
	assert_int_equal(hits_of(WIRE_LOBBY), 0);
	assert_int_equal(hits_of(0), 1);
}

static void the_store_may_call_it_no_query(void **state)
{
	static const struct {
		enum err e;
		enum code code;
	} answers[] = {{ERR_NOT_FOUND, CODE_QUERY_BAD},
		       {ERR_TOO_BIG, CODE_QUERY_BAD},
		       {ERR_MALFORMED, CODE_QUERY_BAD},
		       {ERR_SYSTEM, CODE_NOT_KEPT},
		       {ERR_MEMORY, CODE_NOT_KEPT}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		uint64_t id = ask_and_wait(alice, search_for("tea"));
		answer_with(0, (struct store_answer){.error = answers[i].e});
		assert_answer(alice, id, answers[i].code);
	}
}

/* Even of a room that the member has left since, or that was never its own: nothing gets through. */
static void what_one_may_not_see_is_left_out(void **state)
{
	static uint8_t bytes[4096];
	struct buf page = buf_of(bytes, sizeof(bytes));

	(void)state;
	for (uint64_t seq = TALKS; seq <= TALKS + 2; seq++) {
		struct slice frame = room_frame(hub_room(hub, dev), seq);
		buf_put_bytes(&page, frame.data, frame.len);
	}
	ask_and_wait(bob, search_for("tea"));
	answer_with(0, (struct store_answer){.page = slice_of(page.data, page.len)});
	assert_int_equal(ear.reply.code, CODE_OK);
	assert_int_equal(hits_of(0), 0);
	hub_trimmed(hub, dev, TALKS + 1); /* nor what is kept no more */
	ask_and_wait(alice, search_for("tea"));
	answer_with(0, (struct store_answer){.page = slice_of(page.data, page.len)});
	assert_int_equal(hits_of(0), 2);
}

int main(void)
{
#define HERE(f)                                                                                    \
	{                                                                                          \
		"memory: " #f, f, all_here, put_away, NULL                                         \
	}
#define STORED(f)                                                                                  \
	{                                                                                          \
		"store: " #f, f, few_here, put_away, NULL                                          \
	}
	const struct CMUnitTest tests[] = {
		HERE(pages_end_where_they_are_asked_to),
		STORED(pages_end_where_they_are_asked_to),
		HERE(pages_follow_each_other),
		STORED(pages_follow_each_other),
		HERE(there_may_be_nothing_before),
		STORED(there_may_be_nothing_before),
		HERE(large_talks_fill_a_page),
		STORED(large_talks_fill_a_page),
		HERE(forgotten_events_are_told_as_such),
		STORED(forgotten_events_are_told_as_such),
		STORED(a_page_is_asked_as_large_as_it_can_be),
		STORED(what_cannot_be_read_is_told_as_such),
		STORED(the_room_goes_on_meanwhile),
		STORED(who_leaves_meanwhile_gets_nothing),
		STORED(who_is_kicked_meanwhile_waits_for_both),
		STORED(who_is_kicked_meanwhile_may_be_gone),
		STORED(a_hole_ends_a_page),
		HERE(a_search_in_memory_finds_what_one_may_see),
		HERE(some_lines_are_no_search),
		STORED(a_search_of_the_store_is_asked_for_these_rooms),
		STORED(edits_elsewhere_hide_nothing_that_was_found),
		STORED(the_store_may_call_it_no_query),
		STORED(what_one_may_not_see_is_left_out),
	};

	return cmocka_run_group_tests_name("hub, reading", tests, NULL, NULL);
}
