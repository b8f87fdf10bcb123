/* The rooms that a client hears: found by number, told in turn, few in memory. */
#include "proto/hearing.h"

#include "check.h"

#include <string.h>

static struct hearing h;

static void begin(void)
{
	hearing_init(&h);
}

static void end(void)
{
	hearing_wipe(&h);
	assert_int_equal(h.count, 0);
}

static struct heard_room *opened(uint32_t room, uint64_t first)
{
	assert_int_equal(hearing_open(&h, room, first), ERR_NONE);
	struct heard_room *r = hearing_find(&h, room);
	assert_non_null(r);
	assert_true(r->incoming.next == first);
	return r;
}

/* An event that came early. */
static void keep(struct heard_room *r, uint64_t seq, size_t len)
{
	static uint8_t bytes[WIRE_ITEM_MAX];

	assert_int_equal(assembly_keep(&r->incoming, seq, slice_of(bytes, len)), ASSEMBLY_KEPT);
}

static void a_room_is_found_by_its_number(void **state)
{
	(void)state;
	begin();
	assert_null(hearing_find(&h, 1));
	opened(7, 3);
	opened(1, 5);
	assert_true(hearing_find(&h, 7)->incoming.next == 3);
	assert_true(hearing_find(&h, 1)->incoming.next == 5);
	assert_null(hearing_find(&h, 2));
	end();
}

static void room_is_made_for_as_many_as_there_may_be(void **state)
{
	(void)state;
	begin();
	assert_int_equal(hearing_reserve(&h, 3), ERR_NONE);
	assert_int_equal(h.cap, 3);
	assert_int_equal(hearing_reserve(&h, 2), ERR_NONE);
	assert_int_equal(h.cap, 3);
	assert_int_equal(hearing_reserve(&h, 10 * HEARING_ROOMS_MAX), ERR_NONE);
	assert_int_equal(h.cap, HEARING_ROOMS_MAX);
	end();
}

static void the_oldest_that_was_left_gives_its_place(void **state)
{
	(void)state;
	begin();
	for (uint32_t room = 1; room <= HEARING_ROOMS_MAX; room++)
		opened(room, room);
	assert_int_equal(hearing_open(&h, 500, 1), ERR_FULL);
	hearing_find(&h, 9)->left = true;
	hearing_find(&h, 4)->left = true;
	keep(hearing_find(&h, 4), 6, 100); /* goes with it */
	opened(500, 1);
	assert_null(hearing_find(&h, 4));
	opened(501, 1);
	assert_null(hearing_find(&h, 9));
	assert_int_equal(hearing_open(&h, 502, 1), ERR_FULL);
	for (uint32_t room = 1; room <= HEARING_ROOMS_MAX; room++)
		if (room != 4 && room != 9)
			assert_true(hearing_find(&h, room)->incoming.next == room);
	assert_int_equal(h.pool.held, 0);
	end();
}

static void what_is_skipped_is_gone_and_the_rest_is_there(void **state)
{
	struct slice bytes;

	(void)state;
	begin();
	struct heard_room *r = opened(1, 10);
	for (uint64_t seq = 12; seq <= 30; seq += 3)
		keep(r, seq, seq);
	hearing_skip(r, 5); /* behind it */
	assert_true(r->incoming.next == 10);
	hearing_skip(r, 18);
	assert_true(assembly_ready(&r->incoming, &bytes));
	assert_int_equal(bytes.len, 18);
	assert_int_equal(r->incoming.count, 5); /* 18, 21 … 30 */
	hearing_skip(r, 19);
	assert_false(assembly_ready(&r->incoming, &bytes));
	hearing_skip(r, UINT64_C(1) << 60);
	assert_true(r->incoming.next == UINT64_C(1) << 60);
	assert_int_equal(h.pool.held, 0);
	end();
}

static void news_are_told_once_and_in_turn(void **state)
{
	uint32_t room, told[3];
	uint64_t next;

	(void)state;
	begin();
	for (uint32_t i = 1; i <= 3; i++)
		opened(i, 10 * i);
	assert_false(hearing_pack(&h, &room, &next));
	for (uint32_t i = 1; i <= 3; i++)
		hearing_find(&h, i)->news = NEWS_DUE;
	for (int i = 0; i < 3; i++) {
		assert_true(hearing_pack(&h, &told[i], &next));
		assert_true(next == 10 * told[i]);
		hearing_packed(&h, true);
		hearing_find(&h, told[i])->news = NEWS_DUE; /* there is more at once */
	}
	assert_int_equal(told[0] + told[1] + told[2], 1 + 2 + 3);
	assert_true(told[0] != told[1] && told[1] != told[2] && told[0] != told[2]);
	end();
}

static void what_did_not_go_out_is_told_again(void **state)
{
	uint32_t room;
	uint64_t next;

	(void)state;
	begin();
	opened(1, 10)->news = NEWS_DUE;
	assert_true(hearing_pack(&h, &room, &next));
	assert_false(hearing_pack(&h, &room, &next));
	hearing_packed(&h, false);
	assert_true(hearing_pack(&h, &room, &next));
	hearing_packed(&h, true);
	assert_false(hearing_pack(&h, &room, &next));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_is_found_by_its_number),
		cmocka_unit_test(room_is_made_for_as_many_as_there_may_be),
		cmocka_unit_test(the_oldest_that_was_left_gives_its_place),
		cmocka_unit_test(what_is_skipped_is_gone_and_the_rest_is_there),
		cmocka_unit_test(news_are_told_once_and_in_turn),
		cmocka_unit_test(what_did_not_go_out_is_told_again),
	};

	return cmocka_run_group_tests_name("hearing", tests, NULL, NULL);
}
