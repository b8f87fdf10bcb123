/* Datagrams that come in together: whichever shard opens them, what is in them happens in their order. */
#include "peers_rig.h"

#include <stdio.h>

enum { GUESTS = 90 };

static struct rig r;

static void begin(unsigned shards)
{
	char name[16];

	rig_begin_sharded(&r, 1000, shards, 1);
	for (int i = 0; i < GUESTS; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		rig_ask(rig_guest(&r, false), COMMAND_JOIN, name);
	}
	rig_turn(&r);
}

static bool is_text(const struct event *e, const char *text)
{
	return e->text.len == strlen(text) && memcmp(e->text.data, text, e->text.len) == 0;
}

static void all_have_all(void)
{
	rig_run(&r, 3 * SECOND);
	for (size_t i = 0; i < r.count; i++)
		if (!r.guests[i].ended)
			assert_true(r.guests[i].heard == rig_head(&r));
}

/* Also with twice as many as are opened at a time, and with every datagram twice. */
static void what_comes_together_is_done_in_its_order(void **state)
{
	(void)state;
	for (unsigned shards = 1; shards <= 4; shards++) {
		uint64_t ids[GUESTS][5];
		begin(shards);
		uint64_t before = rig_head(&r);
		unsigned at_work = r.at_work;
		for (int k = 0; k < 5; k++)
			for (int i = 0; i < GUESTS; i++)
				ids[i][k] = rig_ask(&r.guests[i], COMMAND_TALK, k % 2 ? "a" : "b");
		assert_in_range(rig_arrive_together(&r, shards % 2 + 1), GUESTS, 5 * GUESTS);
		assert_true(shards == 1 ? r.at_work == 0 : r.at_work > at_work);
		all_have_all();
		assert_true(rig_head(&r) == before + 5 * GUESTS);
		for (int i = 0; i < GUESTS; i++)
			for (int k = 0; k < 5; k++)
				assert_int_equal(rig_answer(&r.guests[i], ids[i][k]), CODE_OK);
		rig_end(&r);
	}
}

/* The first guest's talk was first, whichever shard it is in. */
static void talks_keep_the_order_of_arrival(void **state)
{
	struct event e;
	char text[16];

	(void)state;
	begin(3);
	for (int i = 0; i < GUESTS; i++) {
		snprintf(text, sizeof(text), "talk %d", i);
		rig_ask(&r.guests[i], COMMAND_TALK, text);
	}
	uint64_t before = rig_head(&r);
	assert_int_equal(rig_arrive_together(&r, 1), GUESTS);
	all_have_all();
	for (int i = 0; i < GUESTS; i++) {
		struct slice frame =
			room_frame(hub_room(r.hub, WIRE_LOBBY), before + 1 + (uint64_t)i);
		struct frame f;
		assert_int_equal(frame_get(&frame, &f), ERR_NONE);
		e = f.event;
		snprintf(text, sizeof(text), "talk %d", i);
		assert_true(is_text(&e, text));
	}
	rig_end(&r);
}

static void who_goes_is_gone_with_its_words(void **state)
{
	(void)state;
	begin(3);
	session_close(r.guests[7].session, r.now, CODE_LEFT, "so long");
	rig_arrive_together(&r, 2);
	rig_turn(&r);
	struct event e = rig_newest(&r);
	assert_int_equal(e.kind, EVENT_QUIT);
	assert_true(is_text(&e, "so long"));
	assert_int_equal(e.reason, LEAVE_QUIT);
	all_have_all();
	assert_true(r.guests[7].ended);
	rig_end(&r);
}

/* From elsewhere and from here, all in one batch. */
static void who_moves_is_followed(void **state)
{
	(void)state;
	begin(3);
	for (int i = 0; i < GUESTS; i++) {
		rig_ask(&r.guests[i], COMMAND_TALK, "on the way");
		if (i % 3 == 0)
			rig_move(&r, &r.guests[i]);
	}
	rig_arrive_together(&r, 1);
	all_have_all();
	rig_ask(&r.guests[1], COMMAND_TALK, "are you here?");
	rig_arrive_together(&r, 1);
	all_have_all();
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_together_is_done_in_its_order),
		cmocka_unit_test(talks_keep_the_order_of_arrival),
		cmocka_unit_test(who_goes_is_gone_with_its_words),
		cmocka_unit_test(who_moves_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
