/*
 * What a session does about losses before they are known (protocol.md §5): copies where many packets
 * are lost, repeats in packets that go anyway, and nothing of it on a network that loses nothing.
 */
#include "session_rig.h"

#include "proto/recovery.h"

static struct rig r;

static void expect_heard_all(uint64_t patience)
{
	uint64_t until = r.now + patience;

	while (r.heard < r.head)
		assert_true(rig_step(&r, until));
	rig_expect_whole_log(&r);
}

static size_t frames_in(enum side to, size_t i, enum frame_type type)
{
	const struct unit *u = rig_under_way(&r, to, i);

	assert_non_null(u);
	return rig_frames_in(&r, to, u->bytes, u->len, type);
}

static size_t under_way(enum side to)
{
	size_t n = 0;

	while (rig_under_way(&r, to, n))
		n++;
	return n;
}

/* In the room, the round trip known and nothing to do. */
static void begin(void)
{
	rig_begin(&r, SESSION_DGRAM);
	rig_join(&r);
	rig_run(&r, SECOND);
}

/* Every fourth packet towards one end is lost. */
static enum fate bad_to_client(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == CLIENT && ++rig->countdown % 4 == 0 ? IS_LOST : PASSES;
}

static enum fate bad_to_server(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)bytes, (void)n;
	return to == SERVER && ++rig->countdown % 4 == 0 ? IS_LOST : PASSES;
}

/* Until the sender knows how it is; then nothing more is lost, and all is quiet. */
static void suffer(enum side to)
{
	r.weather = to == CLIENT ? bad_to_client : bad_to_server;
	for (int i = 0; i < 40; i++) {
		if (to == CLIENT)
			rig_happen(&r, 10);
		else
			rig_talk(&r, 10);
		rig_run(&r, 50 * 1000);
	}
	r.weather = NULL;
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
}

/* ---- nothing is lost --------------------------------------------------------------------------- */

static void a_clean_network_sees_no_packet_more(void **state)
{
	(void)state;
	begin();
	size_t to_client = r.sent[CLIENT], to_server = r.sent[SERVER];
	for (int i = 0; i < 50; i++) {
		rig_happen(&r, 10);
		rig_run(&r, 100 * 1000);
	}
	rig_expect_whole_log(&r);
	assert_int_equal(r.sent[CLIENT] - to_client, 50); /* an event each */
	assert_int_equal(r.sent[SERVER] - to_server, 50); /* an acknowledgement each */
	for (int i = 0; i < 50; i++) {
		rig_talk(&r, 10);
		rig_run(&r, 100 * 1000);
	}
	assert_int_equal(r.sent[CLIENT] - to_client, 100); /* a reply and an event each */
	assert_int_equal(r.sent[SERVER] - to_server, 150); /* a command and an acknowledgement */
	rig_end(&r);
}

/* Events that were sent just now are not sent again with the next. */
static void a_clean_network_sees_no_event_twice(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 3; i++) {
		rig_happen(&r, 10);
		rig_run(&r, 3000);
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(frames_in(CLIENT, i, FRAME_EVENT), 1);
	rig_end(&r);
}

static enum fate dark(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	(void)to, (void)bytes, (void)n;
	return rig->countdown ? IS_LOST : PASSES;
}

/* Not yet known to be lost, but their acknowledgements should have come. */
static void the_next_event_takes_overdue_ones_along(void **state)
{
	(void)state;
	begin();
	rig_settle(&r);
	r.weather = dark;
	r.countdown = 1;
	for (int i = 0; i < 10; i++) {
		rig_happen(&r, 10);
		rig_run(&r, 9000);
	}
	r.countdown = 0;
	rig_happen(&r, 10);
	rig_work(&r);
	/* the last five went out within the time-out: a round trip of 20 ms, 25 of an acknowledgement, 1 more */
	assert_int_equal(frames_in(CLIENT, 0, FRAME_EVENT), 6);
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* Where round trips are of all lengths, what is late is no more than that. */
static void what_may_only_be_late_stays_alone(void **state)
{
	(void)state;
	begin();
	r.weather = dark;
	r.countdown = 1;
	for (int i = 0; i < 6; i++) {
		rig_happen(&r, 10);
		rig_run(&r, 9000);
	}
	r.countdown = 0;
	rig_happen(&r, 10);
	rig_work(&r);
	assert_int_equal(frames_in(CLIENT, 0, FRAME_EVENT), 1); /* one sample: it varies by 10 ms */
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* ---- much is lost ------------------------------------------------------------------------------ */

static void an_event_is_copied_early(void **state)
{
	(void)state;
	begin();
	suffer(CLIENT);
	rig_happen(&r, 10);
	rig_work(&r);
	assert_int_equal(under_way(CLIENT), 1);
	/* its news is old; the first time it was told may have been in vain */
	assert_int_equal(frames_in(CLIENT, 0, FRAME_ACK), 1);
	uint64_t quarter = session_rtt(r.end[SERVER]) / 4;
	rig_run(&r, quarter - 1);
	assert_int_equal(under_way(CLIENT), 1);
	rig_run(&r, 1);
	assert_int_equal(under_way(CLIENT), 2);
	assert_int_equal(frames_in(CLIENT, 1, FRAME_EVENT), 1);
	size_t sent = r.sent[CLIENT];
	rig_run(&r, SECOND);
	assert_int_equal(r.sent[CLIENT], sent); /* a copy has no copy */
	rig_expect_whole_log(&r);
	rig_end(&r);
}

static void a_copy_saves_the_time_of_a_probe(void **state)
{
	(void)state;
	begin();
	suffer(CLIENT);
	rig_happen(&r, 10);
	rig_work(&r);
	rig_lose(&r, CLIENT);
	uint64_t lost = r.now;
	expect_heard_all(SECOND);
	assert_in_range(r.now - lost, 0, session_rtt(r.end[SERVER]) / 4 + r.delay + 1000);
	rig_end(&r);
}

/* What goes anyway takes along what may be lost, and then no copy of that is needed. */
static void an_event_takes_those_before_it_along(void **state)
{
	(void)state;
	begin();
	suffer(CLIENT);
	for (int i = 0; i < 3; i++) {
		rig_happen(&r, 10);
		rig_run(&r, 3000);
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(frames_in(CLIENT, i, FRAME_EVENT), i + 1);
	size_t sent = r.sent[CLIENT];
	rig_run(&r, SECOND);
	assert_int_equal(r.sent[CLIENT], sent + 1); /* the last one's copy */
	rig_end(&r);
}

static void an_acknowledgement_takes_a_command_along(void **state)
{
	(void)state;
	begin();
	suffer(SERVER);
	rig_talk(&r, 10);
	rig_work(&r);
	rig_lose(&r, SERVER);
	rig_happen(&r, 10);
	rig_run(&r, r.delay - 1);
	rig_lose(&r, SERVER); /* the early copy */
	rig_run(&r, 1);
	assert_int_equal(frames_in(SERVER, 0, FRAME_ACK), 1);
	assert_int_equal(frames_in(SERVER, 0, FRAME_COMMAND), 1);
	rig_end(&r);
}

/* ---- silence ----------------------------------------------------------------------------------- */

/* After the outage the first sign of the client's brings the backlog, not the next rare probe. */
static void a_sign_of_life_brings_what_waited(void **state)
{
	(void)state;
	begin();
	r.weather = dark;
	r.countdown = 1;
	for (int i = 0; i < 30; i++) {
		rig_happen(&r, 100);
		rig_run(&r, SECOND);
	}
	r.countdown = 0;
	rig_talk(&r, 10);
	rig_work(&r);
	expect_heard_all(5 * r.delay);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_network_sees_no_packet_more),
		cmocka_unit_test(a_clean_network_sees_no_event_twice),
		cmocka_unit_test(the_next_event_takes_overdue_ones_along),
		cmocka_unit_test(what_may_only_be_late_stays_alone),
		cmocka_unit_test(an_event_is_copied_early),
		cmocka_unit_test(a_copy_saves_the_time_of_a_probe),
		cmocka_unit_test(an_event_takes_those_before_it_along),
		cmocka_unit_test(an_acknowledgement_takes_a_command_along),
		cmocka_unit_test(a_sign_of_life_brings_what_waited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
