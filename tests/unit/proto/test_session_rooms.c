/* Several rooms in one session: each heard in order and once, and none waits for another. */
#include "session_rig.h"

#include "proto/session_internal.h"

static struct rig r;

enum { NEXT = 100000, MS = 1000, DEV = 2, TEA = 3, ALICE = 4 };

static struct readers *readers(void)
{
	return &r.end[SERVER]->server.readers;
}

/* ---- being in several -------------------------------------------------------------------------- */

static void every_room_is_heard_in_order(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		rig_happen_often(&r, DEV, 50, 20);
		rig_happen_often(&r, TEA, 7, 3000);
		rig_entered(&r, DEV, 0);
		rig_entered(&r, TEA, 5);
		for (int i = 0; i < 40; i++) {
			rig_happen_in(&r, WIRE_LOBBY + i % 3, i % 7 ? 30 : 2000);
			rig_run(&r, 5 * MS);
		}
		rig_run(&r, SECOND);
		for (uint32_t room = WIRE_LOBBY; room <= TEA; room++)
			rig_expect_heard(&r, room);
		assert_int_equal(session_heard(r.end[CLIENT], ALICE), 0);
		rig_end(&r);
	}
}

static void one_room_takes_no_more_memory_than_before(void **state)
{
	(void)state;
	rig_joined(&r, SESSION_DGRAM);
	assert_int_equal(readers()->count, 1);
	assert_int_equal(readers()->cap, 0);
	assert_int_equal(r.end[CLIENT]->client->hearing.cap, 1);
	rig_entered(&r, DEV, 0);
	assert_true(readers()->cap > 0);
	rig_expect_answered(&r, rig_part(&r, DEV));
	rig_run(&r, SECOND);
	assert_int_equal(readers()->count, 1);
	assert_int_equal(readers()->cap, 0); /* it is given back */
	rig_end(&r);
}

static void a_session_follows_so_many_rooms_and_no_more(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		for (uint32_t room = DEV; room <= WIRE_ROOMS_MAX; room++)
			rig_entered(&r, room, 0);
		assert_int_equal(session_follow(r.end[SERVER], 100, 1), ERR_FULL);
		assert_int_equal(session_follow(r.end[SERVER], DEV, 2),
				 ERR_NONE); /* is one of them */
		for (uint32_t room = WIRE_LOBBY; room <= WIRE_ROOMS_MAX; room++)
			rig_happen_often(&r, room, 3, 100);
		rig_run(&r, SECOND);
		for (uint32_t room = WIRE_LOBBY; room <= WIRE_ROOMS_MAX; room++)
			rig_expect_heard(&r, room);
		rig_end(&r);
	}
}

/* Out of one and into another at once, while all places are taken and much is on its way. */
static void one_room_may_be_left_for_another(void **state)
{
	(void)state;
	for (enum session_link link = SESSION_DGRAM; link <= SESSION_STREAM; link++) {
		rig_joined(&r, link);
		for (uint32_t room = DEV; room <= WIRE_ROOMS_MAX; room++)
			rig_entered(&r, room, 0);
		rig_happen_often(&r, DEV, 100, 1000);
		rig_run(&r, 3 * MS);
		rig_part(&r, DEV);
		uint64_t id = rig_enter(&r, 100, 0);
		rig_expect_answered(&r, id);
		rig_run(&r, 2 * SECOND);
		for (uint32_t room = TEA; room <= WIRE_ROOMS_MAX; room++)
			rig_expect_heard(&r, room);
		rig_expect_heard(&r, 100);
		assert_int_equal(readers()->count, WIRE_ROOMS_MAX);
		rig_end(&r);
	}
}

/* ---- storms ------------------------------------------------------------------------------------ */

static enum fate storm(struct rig *rig, enum side to, const uint8_t *bytes, size_t n)
{
	unsigned dice = rig_random(rig) % 100;

	(void)to, (void)bytes, (void)n;
	if (dice < 15)
		return IS_LOST;
	if (dice < 25)
		return IS_DOUBLED;
	return dice < 40 ? IS_LATE : PASSES;
}

enum { STORM_ROOMS = 8 };

/* In and out of rooms, and things happen in all of them; `in`: as it will be when all is answered. */
static void wander(bool in[STORM_ROOMS])
{
	uint32_t i = rig_random(&r) % STORM_ROOMS, room = DEV + i;

	if (session_full(r.end[CLIENT]))
		return;
	if (in[i])
		rig_part(&r, room);
	else
		rig_enter(&r, room, r.rooms[room].heard);
	in[i] = !in[i];
}

static void in_a_storm_no_room_loses_anything(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		bool in[STORM_ROOMS] = {false};
		print_message("seed %llu\n", (unsigned long long)seed);
		rig_begin_at(&r, seed % 4 ? SESSION_DGRAM : SESSION_STREAM, seed);
		r.cut = CUT_RANDOM;
		r.weather = storm;
		r.think = seed % 3 ? 100 * MS : 0;
		rig_join(&r);
		for (int step = 0; step < 200; step++) {
			if (rig_random(&r) % 5 == 0)
				wander(in);
			rig_happen_in(&r, 1 + rig_random(&r) % (1 + STORM_ROOMS),
				      1 + rig_random(&r) % (rig_random(&r) % 8 ? 100 : 3000));
			r.rooms[1 + rig_random(&r) % STORM_ROOMS].later = rig_random(&r) % 8 == 0;
			rig_run(&r, rig_random(&r) % (20 * MS));
		}
		for (uint32_t room = WIRE_LOBBY; room < RIG_ROOMS; room++)
			r.rooms[room].later = false;
		rig_run(&r, 20 * SECOND);
		assert_false(r.ended[CLIENT] || r.ended[SERVER]);
		assert_int_equal(session_unanswered(r.end[CLIENT]), 0);
		rig_expect_heard(&r, WIRE_LOBBY);
		uint32_t count = 1;
		for (uint32_t i = 0; i < STORM_ROOMS; i++) {
			if (!in[i])
				continue;
			rig_expect_heard(&r, DEV + i);
			count++;
		}
		assert_int_equal(readers()->count, count);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_room_is_heard_in_order),
		cmocka_unit_test(one_room_takes_no_more_memory_than_before),
		cmocka_unit_test(a_session_follows_so_many_rooms_and_no_more),
		cmocka_unit_test(one_room_may_be_left_for_another),
		cmocka_unit_test(in_a_storm_no_room_loses_anything),
	};

	return cmocka_run_group_tests_name("session, rooms", tests, NULL, NULL);
}
