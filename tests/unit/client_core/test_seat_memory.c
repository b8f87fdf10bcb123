/*
 * A seat that is refused memory, at every place where it asks for it: it tries again, or says that a
 * line was not taken.  What it took is said once, in order; nothing is left behind.
 */
#include "seat_rig.h"

#include "refuse.h"

#include <string.h>

static struct rig r;
static uint64_t said;
static bool entered;

/* The rig has all the memory it wants; the seat begins to work with the call of its functions. */
static bool tell(enum command_kind kind, const char *room, const char *text)
{
	struct seat_line line = {.kind = kind,
				 .room = slice_of(room, strlen(room)),
				 .text = slice_of(text, strlen(text))};

	refuse_pause(false);
	enum err e = seat_say(r.seat, &line, NULL);

	refuse_pause(true);
	assert_true(e == ERR_NONE || e == ERR_MEMORY || e == ERR_NOT_FOUND || r.ended);
	return e == ERR_NONE;
}

static void say(const char *text)
{
	said += tell(COMMAND_TALK, "", text);
	said += tell(COMMAND_TALK, "#dev", text);
}

static void live_through_a_lot(void)
{
	entered = tell(COMMAND_ENTER, "#dev", "");
	say("one");
	rig_run(&r, SECOND);
	rig_break_links(&r, TRANSPORT_TCP);
	say("two");
	rig_run(&r, SECOND);
	rig_cut(&r, TRANSPORT_UDP, true);
	for (int i = 0; i < 20; i++)
		say("three");
	rig_run(&r, 5 * SECOND);
	rig_append(&r, "somebody else");
	rig_die(&r);
	rig_run(&r, 2 * SECOND);
	say("four");
	rig_restart(&r, true);
	rig_cut(&r, TRANSPORT_UDP, false);
	rig_run(&r, SECOND);
}

/* True: some allocation was refused. */
static bool survives(uint64_t after, uint64_t count)
{
	struct seat_config c = rig_config();

	said = 0;
	refuse(0, 0);
	rig_begin(&r, &c);
	r.seat_works = refuse_pause;
	refuse_pause(true);
	refuse(after, count);
	live_through_a_lot();
	bool any = refused();
	refuse(0, 0);
	if (!r.ended || r.how != SEAT_END_NOBODY) { /* at first contact it does not try for ever */
		rig_run(&r, 60 * SECOND);
		assert_false(r.ended);
		assert_int_equal(r.state, SEAT_ONLINE);
		assert_true(r.house.newest_mid == said);
		assert_true(r.answers == said + entered);
		for (size_t i = 0; i < 1 + (size_t)entered; i++)
			assert_true(r.house.rooms[i].heard == r.house.rooms[i].head);
		assert_true(seat_settled(r.seat));
	}
	refuse_pause(false);
	rig_end(&r);
	return any;
}

static void any_one_allocation_may_fail(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (survives(after, 1))
		after++;
	assert_in_range(after, 30, 10000);
}

static void any_few_allocations_may_fail(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (survives(after, 7))
		after++;
	assert_in_range(after, 30, 10000);
}

static void memory_may_be_gone_for_a_while(void **state)
{
	uint64_t after = 0;

	(void)state;
	while (survives(after, UINT64_MAX))
		after++;
	assert_in_range(after, 30, 10000);
}

static void without_memory_there_is_no_seat(void **state)
{
	struct seat_config c = rig_config();
	struct seat_port port = {NULL, NULL, NULL, NULL, NULL};

	(void)state;
	refuse(0, 1);
	assert_null(seat_new(&c, &port, 1));
	refuse(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_allocation_may_fail),
		cmocka_unit_test(any_few_allocations_may_fail),
		cmocka_unit_test(memory_may_be_gone_for_a_while),
		cmocka_unit_test(without_memory_there_is_no_seat),
	};

	return cmocka_run_group_tests_name("seat, memory", tests, NULL, NULL);
}
