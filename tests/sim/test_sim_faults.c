/*
 * What the rooms of the tutorials fail on, one test each, named after the fault.
 *
 * Each is tried on a room with people in it, who have to notice nothing.
 */
#include "actor.h"
#include "sealed.h"

#include "proto/record.h"

#include <string.h>

static const struct weather calm = {.delay_us = 500};
static const struct weather storm = {
	.loss = 20, .duplicate = 10, .reorder = 20, .delay_us = 10000, .jitter_us = 5000};

static const enum via vias[] = {VIA_UDP, VIA_TCP, VIA_UNIX};
static const enum via streams[] = {VIA_TCP, VIA_UNIX};

/* A room with one member of each kind. */
struct company {
	struct sim *sim;
	struct actor *uma, *tom, *xena;
};

static struct company company(uint64_t seed, const struct weather *w)
{
	struct sim *s = sim_new(seed, w);

	return (struct company){s, sim_join(s, "uma", VIA_UDP), sim_join(s, "tom", VIA_TCP),
				sim_join(s, "xena", VIA_UNIX)};
}

/* They still talk, nothing was put into their room, and nobody has left. */
static void expect_undisturbed(struct company *c, size_t events)
{
	sim_run(c->sim, 1);
	assert_int_equal(sim_head(c->sim), events);
	sim_say(c->uma, "still there?");
	sim_say(c->tom, "还在");
	sim_say(c->xena, "yes");
	sim_expect_answered(c->uma, 5);
	sim_expect_answered(c->tom, 5);
	sim_expect_answered(c->xena, 5);
	sim_expect_agreement(c->sim, 5);
	assert_int_equal(sim_heard_count(c->uma, EVENT_QUIT), 0);
	sim_end(c->sim);
}

/* ---- one byte ends the server ---------------------------------------------------------------- */

static const struct {
	const char *bytes;
	size_t len;
} scraps[] = {
	{"", 0},
	{"\xff", 1},
	{"\0", 1},
	{"\x01", 1},
	{"\x03", 1},
	{"\x05", 1},
	{"\n", 1},
	{"q", 1},
	{"quit", 4},
	{"join", 4},
	{"/quit\n", 6},
	{"JOIN alice\r\n", 12},
	{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 18},
	{"GET / HTTP/1.1\r\nHost: chat\r\n\r\n", 30},
};

static void one_byte_or_a_bare_command_does_not_end_the_server(void **state)
{
	struct company c = company(1, &calm);
	struct address nobody = sim_stranger(c.sim), uma = sim_address(c.uma);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(scraps); i++) {
		sim_forge(c.sim, &nobody, scraps[i].bytes, scraps[i].len);
		sim_forge(c.sim, &uma, scraps[i].bytes,
			  scraps[i].len); /* from a member's address */
		for (size_t v = 0; v < COUNT_OF(streams); v++) {
			struct actor *raw = sim_dial(c.sim, streams[v]);
			sim_send_raw(raw, scraps[i].bytes, scraps[i].len);
		}
		sim_run(c.sim, 0.1);
	}
	assert_true(sim_bytes_to(c.sim, &nobody) == 0);
	sim_run(c.sim, 12);
	assert_int_equal(peers_count(sim_peers(c.sim)), 3); /* all of them were hung up on */
	expect_undisturbed(&c, 3);
}

static void datagrams_of_every_length_and_first_byte_do_nothing(void **state)
{
	static uint8_t bytes[2 * WIRE_PACKET_MAX];
	struct company c = company(2, &calm);
	struct address nobody = sim_stranger(c.sim);

	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		memset(bytes, (int)first, sizeof(bytes));
		for (size_t n = first % 7; n < sizeof(bytes); n += 97)
			sim_forge(c.sim, &nobody, bytes, n);
		sim_run(c.sim, 0.01);
	}
	expect_undisturbed(&c, 3);
}

/* ---- a quit for another's name --------------------------------------------------------------- */

/* A packet that the member could send next, seal and all; with `tail`, nonsense behind it. */
static struct buf forge_quit(struct actor *victim, uint8_t storage[WIRE_PACKET_MAX], bool tail)
{
	uint8_t inside[64];
	struct buf b = buf_of(storage, WIRE_PACKET_MAX), frames = buf_of(inside, sizeof(inside));

	command_put(&frames, &(struct command){.id = 2, .kind = COMMAND_QUIT});
	if (tail)
		buf_put_u8(&frames, 0xff);
	sealed_packet(sim_session(victim), 100, &frames, &b);
	return b;
}

/* The same without the member's keys: connection id and number are right. */
static struct buf forge_unsealed_quit(struct actor *victim, uint8_t storage[WIRE_PACKET_MAX])
{
	struct buf b = forge_quit(victim, storage, false);

	b.len = WIRE_DATA_HEADER;
	command_put(&b, &(struct command){.id = 2, .kind = COMMAND_QUIT});
	buf_put_bytes(&b, "sixteen bytes too", 16);
	return b;
}

static void a_quit_for_another_without_the_key_does_nothing(void **state)
{
	uint8_t storage[WIRE_PACKET_MAX];
	struct company c = company(3, &calm);
	struct address nobody = sim_stranger(c.sim), near = sim_address(c.uma);

	(void)state;
	sim_run(c.sim, 1);
	struct buf b = forge_unsealed_quit(c.uma, storage);
	sim_forge(c.sim, &nobody, b.data, b.len);
	near.ip[15] ^= 1; /* the same port of the next machine */
	sim_forge(c.sim, &near, b.data, b.len);
	near = sim_address(c.uma); /* and her own */
	sim_forge(c.sim, &near, b.data, b.len);
	assert_true(sim_bytes_to(c.sim, &nobody) == 0);
	expect_undisturbed(&c, 3);
}

/* That the forgery above fails for want of the key: sealed with it, it is obeyed. */
static void the_same_quit_with_the_key_is_obeyed(void **state)
{
	uint8_t storage[WIRE_PACKET_MAX];
	struct company c = company(3, &calm);
	struct address uma = sim_address(c.uma);

	(void)state;
	sim_run(c.sim, 1);
	struct buf b = forge_quit(c.uma, storage, false);
	sim_forge(c.sim, &uma, b.data, b.len);
	sim_expect_event(c.tom, EVENT_QUIT, "uma", 1);
	sim_end(c.sim);
}

/* … but not when there is nonsense behind it: half a packet is never applied. */
static void the_same_quit_with_nonsense_behind_it_is_not(void **state)
{
	uint8_t storage[WIRE_PACKET_MAX];
	struct company c = company(3, &calm);
	struct address uma = sim_address(c.uma);

	(void)state;
	sim_run(c.sim, 1);
	struct buf b = forge_quit(c.uma, storage, true);
	sim_forge(c.sim, &uma, b.data, b.len);
	expect_undisturbed(&c, 3);
}

static void a_member_cannot_quit_or_speak_for_another(void **state)
{
	struct company c = company(4, &calm);
	struct actor *mallory = sim_connect(c.sim, VIA_UDP);

	(void)state;
	sim_ask_name(mallory, "uma", 0);
	sim_expect_refused(mallory, CODE_NAME_TAKEN, 1);
	uint64_t talk = sim_command(mallory, COMMAND_TALK, "I am uma", 8);
	uint64_t quit = sim_command(mallory, COMMAND_QUIT, "uma", 3);
	uint64_t nick = sim_command(mallory, COMMAND_NICK, "uma", 3);
	sim_expect_code(mallory, talk, CODE_NOT_JOINED, 1);
	sim_expect_code(mallory, quit, CODE_NOT_JOINED, 1);
	sim_expect_code(mallory, nick, CODE_NOT_JOINED, 1);
	expect_undisturbed(&c, 3);
}

/* ---- forged 管理员 messages ------------------------------------------------------------------- */

static struct buf forge_announcement(struct buf b)
{
	static const char text[] = "管理员: 请输入密码";
	struct event e = {.room = WIRE_LOBBY,
			  .seq = 4,
			  .kind = EVENT_ANNOUNCE,
			  .time_ms = 1,
			  .text = slice_of(text, sizeof(text) - 1)};

	event_put(&b, &e);
	return b;
}

static void a_forged_announcement_goes_nowhere(void **state)
{
	uint8_t storage[WIRE_PACKET_MAX];
	struct company c = company(5, &calm);
	struct address uma = sim_address(c.uma);

	(void)state;
	uint8_t inside[128];
	struct buf b = buf_of(storage, sizeof(storage));
	struct buf frames = forge_announcement(buf_of(inside, sizeof(inside)));
	sealed_packet(sim_session(c.uma), 100, &frames, &b);
	sim_forge(c.sim, &uma, b.data,
		  b.len); /* the best forgery there is: a member's own packet */

	for (size_t v = 0; v < COUNT_OF(streams); v++) {
		struct actor *raw = sim_dial(c.sim, streams[v]);
		b = buf_of(storage, sizeof(storage));
		size_t at = record_open(&b);
		hello_put(&b);
		record_close(&b, at);
		at = record_open(&b);
		b = forge_announcement(b);
		record_close(&b, at);
		sim_send_raw(raw, b.data, b.len);
		sim_expect_hung_up(raw, 3);
	}
	expect_undisturbed(&c, 3);
}

static void a_name_like_the_staffs_is_refused(void **state)
{
	static const char *const names[] = {"admin",	    "Admin",  "аdmin" /* Cyrillic */,
					    "ADMIN",	    "管理员", "管 理员",
					    "管理员:",	    "server", "ａｄｍｉｎ",
					    "管\u200b理员", "@admin", "系统\n管理员"};
	struct company c = company(6, &calm);
	struct actor *mallory = sim_connect(c.sim, VIA_UDP);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		sim_ask_name(mallory, names[i], 0);
		sim_expect_answered(mallory, 1);
		assert_false(sim_in_room(mallory));
		sim_command(c.tom, COMMAND_NICK, names[i], strlen(names[i]));
		sim_expect_answered(c.tom, 1); /* no NICK event: the room's head tells below */
	}
	expect_undisturbed(&c, 3);
}

/* ---- long Chinese text cut inside a character ------------------------------------------------- */

static void long_chinese_text_arrives_whole_over(enum via from, enum via to, uint64_t seed)
{
	static char text[TEXT_MAX_BYTES + 1];
	struct sim *s = sim_new(seed, &storm);
	struct actor *alice = sim_join(s, "alice", from), *bob = sim_join(s, "bob", to);

	/* One byte first, so that no part ends where a character does; 1 + 3 * 5461 = 16384. */
	text[0] = '.';
	for (size_t i = 1; i + 3 <= TEXT_MAX_BYTES; i += 3)
		memcpy(text + i, i % 2 ? "汉" : "字", 3);
	assert_int_equal(strlen(text), TEXT_MAX_BYTES);
	sim_say(alice, text);
	sim_expect_heard(bob, "alice", text, 20); /* to the byte */
	sim_expect_answered(alice, 20);
	uint64_t longer = sim_command(alice, COMMAND_TALK, text, TEXT_MAX_BYTES + 1);
	uint64_t cut = sim_command(alice, COMMAND_TALK, text, TEXT_MAX_BYTES - 1);
	sim_expect_code(alice, longer, CODE_TEXT_BAD, 20);
	sim_expect_code(alice, cut, CODE_TEXT_BAD,
			20); /* half a character is refused, not mended */
	assert_int_equal(sim_heard_count(bob, EVENT_TALK), 1);
	sim_end(s);
}

static void long_chinese_text_is_never_cut_inside_a_character(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		for (size_t a = 0; a < COUNT_OF(vias); a++)
			for (size_t b = 0; b < COUNT_OF(vias); b++)
				long_chinese_text_arrives_whole_over(vias[a], vias[b], seed);
}

/* ---- a lost OK locks the user out of his own name --------------------------------------------- */

static void a_lost_ok_does_not_lock_out_of_ones_own_name(void **state)
{
	struct sim *s = sim_new(7, &(struct weather){.delay_us = 10000});
	struct actor *witness = sim_join(s, "witness", VIA_TCP);
	struct actor *alice = sim_connect(s, VIA_UDP);

	(void)state;
	sim_ask_name(alice, "alice", 0);
	while (!sim_heard(witness, EVENT_JOIN, "alice", NULL)) {
		sim_cut(alice, false, session_rtt(sim_session(alice)) > 0);
		sim_run(s, 0.001);
	}
	sim_run(s, 6); /* JOIN is repeated all the time; each OK is lost */
	assert_false(sim_in_room(alice));
	sim_cut(alice, false, false);
	sim_expect_joined(alice, 4);
	assert_int_equal(sim_heard_count(witness, EVENT_JOIN), 2);
	sim_say(alice, "in at last");
	sim_expect_heard(witness, "alice", "in at last", 1);
	sim_end(s);
}

/* ---- ghosts after kill -9 --------------------------------------------------------------------- */

static void a_ghost_goes_within_a_minute(void **state)
{
	struct company c = company(8, &calm);

	(void)state;
	sim_vanish(c.uma);
	sim_expect_event(c.tom, EVENT_QUIT, "uma", 60);
	assert_int_equal(sim_leave_reason(c.tom, "uma"), LEAVE_TIMED_OUT);
	sim_join(c.sim, "uma", VIA_UDP);
	sim_end(c.sim);
}

static void a_ghost_on_a_stream_goes_at_once(void **state)
{
	struct company c = company(9, &calm);

	(void)state;
	sim_vanish(c.tom);
	sim_expect_event(c.uma, EVENT_QUIT, "tom", 0.1);
	sim_vanish(c.xena);
	sim_expect_event(c.uma, EVENT_QUIT, "xena", 0.1);
	assert_int_equal(sim_leave_reason(c.uma, "tom"), LEAVE_LOST);
	assert_int_equal(sim_leave_reason(c.uma, "xena"), LEAVE_LOST);
	sim_join(c.sim, "tom", VIA_TCP);
	sim_end(c.sim);
}

static void a_ghost_whose_machine_lost_its_power_goes_within_a_minute(void **state)
{
	struct company c = company(10, &calm);

	(void)state;
	sim_power_off(c.tom);
	sim_expect_event(c.uma, EVENT_QUIT, "tom", 60);
	assert_int_equal(sim_leave_reason(c.uma, "tom"), LEAVE_TIMED_OUT);
	sim_end(c.sim);
}

/* Killed in the middle of joining: nobody ever hears of it, or hears it leave. */
static void a_ghost_at_the_door_leaves_no_name(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 40; ms++) {
		struct sim *s = sim_new(11, &(struct weather){.delay_us = 5000});
		struct actor *ghost = sim_connect(s, VIA_UDP);
		sim_ask_name(ghost, "ghost", 0);
		sim_run(s, ms / 1000.0);
		sim_vanish(ghost);
		sim_run(s, 60);
		assert_int_equal(peers_count(sim_peers(s)), 0);
		assert_int_equal(roster_count(hub_roster(sim_hub(s))), 0);
		sim_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_byte_or_a_bare_command_does_not_end_the_server),
		cmocka_unit_test(datagrams_of_every_length_and_first_byte_do_nothing),
		cmocka_unit_test(a_quit_for_another_without_the_key_does_nothing),
		cmocka_unit_test(the_same_quit_with_the_key_is_obeyed),
		cmocka_unit_test(the_same_quit_with_nonsense_behind_it_is_not),
		cmocka_unit_test(a_member_cannot_quit_or_speak_for_another),
		cmocka_unit_test(a_forged_announcement_goes_nowhere),
		cmocka_unit_test(a_name_like_the_staffs_is_refused),
		cmocka_unit_test(long_chinese_text_is_never_cut_inside_a_character),
		cmocka_unit_test(a_lost_ok_does_not_lock_out_of_ones_own_name),
		cmocka_unit_test(a_ghost_goes_within_a_minute),
		cmocka_unit_test(a_ghost_on_a_stream_goes_at_once),
		cmocka_unit_test(a_ghost_whose_machine_lost_its_power_goes_within_a_minute),
		cmocka_unit_test(a_ghost_at_the_door_leaves_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
