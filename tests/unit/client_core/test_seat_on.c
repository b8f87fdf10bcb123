/* A seat that goes on as a client that died: what that may have said is said once, or not at all. */
#include "seat_rig.h"

#include <stdio.h>
#include <string.h>

static struct rig r;

enum { EPOCH = 5 }; /* of the rig's server */

/* Its server has heard `newest` talks of the client that drew three. */
static void begin(uint64_t newest, const struct seat_was *was)
{
	struct seat_config config = rig_config();

	config.ways[0] = TRANSPORT_TCP;
	config.ways[1] = 0;
	config.was = *was;
	rig_begin(&r, &config);
	r.house.newest_mid = newest;
	r.house.mids = (UINT64_C(1) << newest) - 1;
}

static uint64_t say_numbered(const char *text, uint64_t mid, bool again)
{
	struct seat_line line = {.kind = COMMAND_TALK,
				 .text = slice_of(text, strlen(text)),
				 .mid = mid,
				 .again = again};
	uint64_t ticket;

	assert_int_equal(seat_say(r.seat, &line, &ticket), ERR_NONE);
	return ticket;
}

static void say_left(void)
{
	say_numbered("one", 1, true);
	say_numbered("two", 2, true);
	say_numbered("three", 3, true);
}

/* The first was said, and its answer never came. */
static void what_was_said_is_not_said_again(void **state)
{
	(void)state;
	begin(1, &(struct seat_was){.mids = 3, .epoch = EPOCH, .answered = true});
	say_left();
	rig_say(&r, "four");
	rig_run(&r, SECOND);
	assert_int_equal(r.state, SEAT_ONLINE);
	assert_true(r.house.last_join.instance == 77);
	assert_int_equal(r.house.repeats, 1);
	assert_true(rig_heard(&r, (const char *const[]){"two", "three", "four", NULL}));
	assert_true(r.house.newest_mid == 4);
	assert_int_equal(r.talked, 4);
	assert_int_equal(r.forgotten, 0);
	rig_end(&r);
}

/* Another number would be taken for one that was said. */
static void numbers_go_on(void **state)
{
	(void)state;
	begin(3, &(struct seat_was){.mids = 3, .epoch = EPOCH, .answered = true});
	rig_say(&r, "four");
	assert_true(seat_draw(r.seat) == 4);
	rig_say(&r, "five");
	rig_run(&r, SECOND);
	assert_true(rig_heard(&r, (const char *const[]){"four", "five", NULL}));
	assert_true(r.house.newest_mid == 6);
	rig_end(&r);
}

static void expect_forgotten(void)
{
	say_left();
	say_numbered("four", seat_draw(r.seat), false);
	rig_run(&r, SECOND);
	assert_int_equal(r.forgotten, 3);
	assert_true(rig_heard(&r, (const char *const[]){"four", NULL}));
	assert_true(seat_settled(r.seat));
	rig_end(&r);
}

/* It has answered, and remembers nothing: what it said may be there twice. */
static void a_server_that_has_forgotten_is_not_told(void **state)
{
	(void)state;
	begin(0, &(struct seat_was){.mids = 3, .epoch = EPOCH, .answered = true});
	expect_forgotten();
}

static void a_server_with_another_log_is_not_told(void **state)
{
	(void)state;
	begin(0, &(struct seat_was){.mids = 3, .epoch = EPOCH + 1});
	expect_forgotten();
}

static void expect_all(void)
{
	say_left();
	rig_run(&r, SECOND);
	assert_int_equal(r.forgotten, 0);
	assert_true(rig_heard(&r, (const char *const[]){"one", "two", "three", NULL}));
	rig_end(&r);
}

/* Nothing of it ever was in a room. */
static void a_client_that_never_joined_has_said_nothing(void **state)
{
	(void)state;
	begin(0, &(struct seat_was){.mids = 3});
	expect_all();
}

static void what_nobody_answered_is_said(void **state)
{
	(void)state;
	begin(0, &(struct seat_was){.mids = 3, .epoch = EPOCH});
	expect_all();
}

/* That is asked once: what this client says it knows itself. */
static void it_does_not_matter_later(void **state)
{
	(void)state;
	begin(0, &(struct seat_was){.mids = 3, .epoch = EPOCH, .answered = true});
	rig_run(&r, SECOND);
	rig_break_links(&r, TRANSPORT_TCP);
	say_numbered("four", seat_draw(r.seat), true);
	rig_run(&r, 5 * SECOND);
	assert_int_equal(r.house.joins, 2);
	assert_int_equal(r.forgotten, 0);
	assert_true(rig_heard(&r, (const char *const[]){"four", NULL}));
	rig_end(&r);
}

/* The name comes later than the seat. */
static void it_goes_on_when_the_name_is_told(void **state)
{
	struct seat_config config = rig_config();
	struct seat_was was = {.mids = 3, .epoch = EPOCH, .answered = true};

	(void)state;
	config.nick = NULL;
	rig_begin(&r, &config);
	r.house.newest_mid = 3;
	r.house.mids = 7;
	rig_run(&r, SECOND);
	seat_go_on(r.seat, 4711, &was);
	say_left();
	assert_int_equal(seat_join(r.seat, slice_of("alice", 5)), ERR_NONE);
	rig_say(&r, "four");
	rig_run(&r, SECOND);
	assert_true(r.house.last_join.instance == 4711);
	assert_int_equal(r.house.repeats, 3);
	assert_true(rig_heard(&r, (const char *const[]){"four", NULL}));
	rig_end(&r);
}

/* … of which the server remembers no more at a time than it does of others. */
static void many_are_given_as_the_server_can_tell_them_apart(void **state)
{
	enum { MANY = 3 * WIRE_COMMANDS_MAX };
	char text[16];

	(void)state;
	begin(0, &(struct seat_was){.mids = MANY, .epoch = EPOCH});
	for (unsigned i = 1; i <= MANY; i++) {
		snprintf(text, sizeof(text), "%u", i);
		say_numbered(text, i, true);
	}
	r.slow = true;
	rig_run(&r, SECOND);
	assert_int_equal(r.house.newest_mid, 0);
	r.slow = false;
	rig_hurry(&r);
	rig_run(&r, 10 * SECOND);
	assert_int_equal(r.talked, MANY); /* the rig wants numbers that grow */
	assert_true(r.house.newest_mid == MANY);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_is_not_said_again),
		cmocka_unit_test(numbers_go_on),
		cmocka_unit_test(a_server_that_has_forgotten_is_not_told),
		cmocka_unit_test(a_server_with_another_log_is_not_told),
		cmocka_unit_test(a_client_that_never_joined_has_said_nothing),
		cmocka_unit_test(what_nobody_answered_is_said),
		cmocka_unit_test(it_does_not_matter_later),
		cmocka_unit_test(it_goes_on_when_the_name_is_told),
		cmocka_unit_test(many_are_given_as_the_server_can_tell_them_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
