/* Replies: large ones, late ones, in any order; and what a link does while it waits for one. */
#include "session_rig.h"

#include "proto/session_internal.h"

static struct rig r;

enum { NEXT = 1000, MS = 1000 };

static void joined(enum session_link link)
{
	rig_begin(&r, link);
	rig_join(&r);
	rig_run(&r, SECOND);
}

static void expect_answered(uint64_t id, uint64_t within)
{
	uint64_t until = r.now + within;

	rig_work(&r);
	while (!rig_answer(&r, id))
		if (!rig_step(&r, until) && !rig_answer(&r, id))
			fail_msg("no answer to %llu", (unsigned long long)id);
	assert_int_equal(rig_answer(&r, id)->code, CODE_OK);
}

/* More than one page takes. */
static void fill_lobby(void)
{
	for (int i = 0; i < 40; i++)
		rig_happen(&r, 500);
	rig_run(&r, 2 * SECOND);
	rig_expect_whole_log(&r);
}

/* ---- large ones -------------------------------------------------------------------------------- */

static void a_page_of_the_largest_size_arrives(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		fill_lobby();
		for (size_t i = 1; i <= 5; i++) {
			expect_answered(rig_command(&r, COMMAND_PAGE, ""), SECOND);
			assert_int_equal(r.pages, i);
		}
		rig_end(&r);
	}
}

static void replies_are_counted_until_they_are_there(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	fill_lobby();
	assert_int_equal(session_replies_bytes(r.end[SERVER]), 0);
	rig_command(&r, COMMAND_PAGE, "");
	rig_command(&r, COMMAND_WHO, "");
	rig_work(&r);
	rig_run(&r, r.delay);
	size_t all = session_replies_bytes(r.end[SERVER]);
	assert_in_range(all, WIRE_REPLY_TEXT_MAX - 1000, WIRE_ITEM_MAX + 50);
	rig_run(&r, r.delay - 1); /* nothing has come back */
	assert_int_equal(session_replies_bytes(r.end[SERVER]), all);
	rig_run(&r, SECOND);
	assert_int_equal(session_replies_bytes(r.end[SERVER]), 0);
	rig_end(&r);

	joined(SESSION_STREAM);
	fill_lobby();
	rig_command(&r, COMMAND_PAGE, "");
	rig_run(&r, SECOND); /* what is in the stream has arrived */
	assert_int_equal(session_replies_bytes(r.end[SERVER]), 0);
	rig_end(&r);
}

static enum fate lose_nth(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == CLIENT && rig->countdown > 0 && --rig->countdown == 0 ? IS_LOST : PASSES;
}

static void any_part_of_a_reply_may_be_lost(void **state)
{
	(void)state;
	bool any = true;
	int lost = 0;
	while (any) {
		joined(SESSION_DGRAM);
		fill_lobby();
		r.weather = lose_nth;
		r.countdown = ++lost;
		expect_answered(rig_command(&r, COMMAND_PAGE, ""), SECOND);
		any = r.countdown == 0;
		rig_run(&r, SECOND);
		assert_int_equal(session_replies_bytes(r.end[SERVER]), 0);
		rig_end(&r);
	}
	assert_in_range(lost, 16, 40);
}

static enum fate storm(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	unsigned dice = rig_random(rig) % 100;

	(void)to, (void)bytes, (void)n;
	if (dice < 20)
		return IS_LOST;
	if (dice < 30)
		return IS_DOUBLED;
	return dice < 45 ? IS_LATE : PASSES;
}

/* All kinds at once, thought about for a while, over a bad network. */
static void in_a_storm_each_command_has_its_answer(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		rig_begin_at(&r, SESSION_DGRAM, seed);
		r.weather = storm;
		r.think = 400 * MS;
		rig_join(&r);
		for (int i = 0; i < 60; i++) {
			if (session_full(r.end[CLIENT]))
				rig_run(&r, 100 * MS);
			else if (i % 3 == 2)
				rig_command(&r, COMMAND_PAGE, "");
			else
				rig_talk(&r, 1 + rig_random(&r) % 3000);
			rig_run(&r, rig_random(&r) % (30 * MS));
		}
		uint64_t until = r.now + 60 * SECOND;
		while (session_unanswered(r.end[CLIENT]) > 0 || r.heard < r.head)
			assert_true(rig_step(&r, until));
		assert_int_equal(r.answer_count, r.commands);
		rig_expect_whole_log(&r);
		rig_run(&r, 5 * SECOND);
		assert_int_equal(session_replies_bytes(r.end[SERVER]), 0);
		rig_end(&r);
	}
}

static size_t frames_in(enum side to, size_t i, enum frame_type type)
{
	const struct unit *u = rig_under_way(&r, to, i);

	return u ? rig_frames_in(&r, to, u->bytes, u->len, type) : 0;
}

static void an_event_does_not_wait_for_a_large_reply(void **state)
{
	(void)state;
	joined(SESSION_DGRAM);
	fill_lobby();
	for (int i = 0; i < 3; i++)
		rig_command(&r, COMMAND_PAGE, "");
	rig_work(&r);
	rig_run(&r, r.delay);
	assert_int_equal(frames_in(CLIENT, 0, FRAME_REPLY_PART), 1);
	assert_true(r.head == r.heard);
	for (int i = 0; i < 3; i++) {
		rig_happen(&r, 500);		  /* no room for it beside a part */
		uint64_t until = r.now + 50 * MS; /* a round trip, if the window is full */
		while (r.heard < r.head)
			assert_true(rig_step(&r, until));
		assert_true(i > 0 || session_unanswered(r.end[CLIENT]) > 0);
	}
	rig_run(&r, SECOND);
	assert_int_equal(r.pages, 3);
	rig_end(&r);
}

/* ---- late ones --------------------------------------------------------------------------------- */

/* One that is thought about for a second is no reason to send anything. */
static void a_late_reply_is_waited_for_in_silence(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		bool dgram = link == SESSION_DGRAM;
		size_t to_client = r.sent[CLIENT], to_server = r.sent[SERVER];
		r.think = UINT64_C(1) << 40; /* it never comes to that */
		rig_command(&r, COMMAND_WHO, "");
		rig_run(&r, 10 * SECOND);
		assert_int_equal(r.sent[SERVER] - to_server, 1);
		assert_int_equal(r.sent[CLIENT] - to_client, dgram); /* it was acknowledged */
		if (dgram)
			assert_int_equal(session_silence(r.end[CLIENT], r.now), 0);
		session_nudge(r.end[CLIENT]);
		rig_run(&r, SECOND);
		assert_int_equal(session_silence(r.end[CLIENT], r.now), 0);
		rig_run(&r, 300 * SECOND); /* it is alive all the while */
		assert_false(r.ended[CLIENT] || r.ended[SERVER]);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 1);
		rig_end(&r);
	}
}

static void answers_come_in_any_order(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		joined(link);
		r.think = 700 * MS;
		size_t before = r.answer_count, swapped = 0;
		for (int round = 0; round < 5; round++) {
			while (!session_full(r.end[CLIENT]))
				rig_command(&r, COMMAND_WHO, "");
			rig_run(&r, 200 * MS);
		}
		rig_run(&r, 2 * SECOND);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		assert_int_equal(r.answer_count, r.commands);
		for (size_t i = before + 1; i < r.answer_count; i++)
			swapped += r.answers[i].id < r.answers[i - 1].id;
		assert_true(swapped > 10);
		rig_end(&r);
	}
}

/* ---- a stream that is not read ----------------------------------------------------------------- */

/* The server thinks about one command and reads no further: its client can see that it is there. */
static void who_is_kept_waiting_on_a_stream_gets_signs_of_life(void **state)
{
	(void)state;
	for (int sealed = 0; sealed < 2; sealed++) {
		uint64_t worst = 0;
		if (sealed)
			rig_begin_sealed(&r);
		else
			rig_begin(&r, SESSION_STREAM);
		rig_join(&r);
		rig_run(&r, SECOND);
		r.pace = 30 * SECOND;
		rig_command(&r, COMMAND_WHO, "");
		rig_command(&r, COMMAND_WHO, "");
		for (int i = 0; i < 200; i++) {
			if (i % 25 == 0)
				rig_command(&r, COMMAND_WHO, ""); /* nobody reads that */
			rig_run(&r, 100 * MS);
			uint64_t silence = session_silence(r.end[CLIENT], r.now);
			worst = silence > worst ? silence : worst;
		}
		assert_int_equal(r.answer_count, 2);
		assert_in_range(worst, 500 * MS, 1100 * MS);
		r.pace = 0;
		rig_run(&r, 11 * SECOND);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		rig_end(&r);
	}
}

/* ---- nonsense ---------------------------------------------------------------------------------- */

static void put_part(uint64_t id, const struct buf *whole, size_t total, uint8_t index,
		     uint64_t number)
{
	uint8_t bytes[WIRE_FRAMES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	size_t start = (size_t)index * WIRE_PART_SIZE, left = total - start;
	struct part p = {.id = id, .total = (uint32_t)total, .index = index};

	p.bytes = slice_of(whole->data + start, left < WIRE_PART_SIZE ? left : WIRE_PART_SIZE);
	part_put(&b, FRAME_REPLY_PART, &p);
	rig_forge(&r, CLIENT, number, &b);
}

/* A reply of 2000 bytes to that command; its server thinks. */
static struct buf forged_reply(uint64_t id, uint8_t *storage, char letter)
{
	static char text[2000];
	struct buf b = buf_of(storage, WIRE_ITEM_MAX);

	memset(text, letter, sizeof(text));
	reply_put(&b, &(struct reply){.id = id, .text = slice_of(text, sizeof(text))});
	assert_false(b.failed);
	return b;
}

static void parts_are_put_together_whatever_their_order(void **state)
{
	static uint8_t storage[WIRE_ITEM_MAX];

	(void)state;
	joined(SESSION_DGRAM);
	r.think = UINT64_C(1) << 40;
	uint64_t id = rig_command(&r, COMMAND_NICK, "m");
	struct buf b = forged_reply(id, storage, 'x');
	put_part(id, &b, b.len, 1, NEXT);
	put_part(id, &b, b.len, 1, NEXT + 1); /* had it */
	assert_null(rig_answer(&r, id));
	put_part(id, &b, b.len, 0, NEXT + 2);
	assert_non_null(rig_answer(&r, id));
	put_part(id, &b, b.len, 0, NEXT + 3); /* a copy of what was answered */
	assert_false(r.ended[CLIENT]);
	rig_end(&r);
}

static void a_part_that_belongs_to_nothing_is_dropped(void **state)
{
	static uint8_t storage[WIRE_ITEM_MAX];

	(void)state;
	joined(SESSION_DGRAM);
	r.think = UINT64_C(1) << 40;
	uint64_t id = rig_command(&r, COMMAND_NICK, "m");
	struct buf b = forged_reply(id, storage, 'x');
	rig_run(&r, SECOND);
	size_t acks = r.sent[SERVER];
	put_part(id + 1, &b, b.len, 0, NEXT); /* never asked */
	assert_int_equal(r.sent[SERVER], acks);
	put_part(id, &b, b.len, 0, NEXT);
	assert_int_equal(r.sent[SERVER], acks + 1);
	put_part(id, &b, b.len - 1, 1, NEXT + 1); /* of another size */
	assert_int_equal(r.sent[SERVER], acks + 1);
	put_part(id, &b, b.len, 1, NEXT + 1);
	assert_non_null(rig_answer(&r, id));
	rig_end(&r);
}

/* Sound each, and together no reply to that: no repeat mends it. */
static void parts_that_make_no_reply_end_the_session(void **state)
{
	static uint8_t storage[WIRE_ITEM_MAX];

	(void)state;
	for (int wrong = 0; wrong < 4; wrong++) {
		joined(SESSION_DGRAM);
		r.think = UINT64_C(1) << 40;
		uint64_t id = rig_command(&r, wrong == 3 ? COMMAND_PAGE : COMMAND_NICK, "m");
		rig_command(&r, COMMAND_NICK, "o");
		struct buf b = forged_reply(id + (wrong == 0), storage, wrong == 1 ? '\xff' : 'x');
		if (wrong == 2)
			storage[0] = FRAME_PADDING;
		put_part(id, &b, b.len, 0, NEXT);
		assert_false(r.ended[CLIENT]);
		put_part(id, &b, b.len, 1, NEXT + 1);
		rig_run(&r, 2 * SECOND);
		assert_int_equal(r.end_code[CLIENT], CODE_PROTOCOL);
		assert_null(rig_answer(&r, id));
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_the_largest_size_arrives),
		cmocka_unit_test(replies_are_counted_until_they_are_there),
		cmocka_unit_test(any_part_of_a_reply_may_be_lost),
		cmocka_unit_test(in_a_storm_each_command_has_its_answer),
		cmocka_unit_test(an_event_does_not_wait_for_a_large_reply),
		cmocka_unit_test(a_late_reply_is_waited_for_in_silence),
		cmocka_unit_test(answers_come_in_any_order),
		cmocka_unit_test(who_is_kept_waiting_on_a_stream_gets_signs_of_life),
		cmocka_unit_test(parts_are_put_together_whatever_their_order),
		cmocka_unit_test(a_part_that_belongs_to_nothing_is_dropped),
		cmocka_unit_test(parts_that_make_no_reply_end_the_session),
	};

	return cmocka_run_group_tests_name("session, replies", tests, NULL, NULL);
}
