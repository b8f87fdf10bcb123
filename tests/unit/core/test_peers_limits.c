/* Everybody's share: of handshakes, of commands, of the server's patience with nonsense. */
#include "peers_rig.h"

#include "core/gate.h"
#include "core/half_open.h"

#include "sealed.h"

#include "proto/packet.h"

#include <stdio.h>
#include <stdlib.h>

static struct rig r;

enum { RATE = 10, BURST = RATE * PEERS_COMMAND_BURST };

/* ---- handshakes ------------------------------------------------------------------------------ */

enum { STUDENTS = 60 };

/*
 * A class comes in: sixty clients behind one address, at once or within some seconds.  Of every third
 * the first answers are lost, so that it asks again; every other one tries TCP, too, after a second.
 */
static const struct {
	const char *what;
	uint64_t apart; /* microseconds between two of them */
	bool others;	/* so many are half open that everybody is asked for a token */
} classes[] = {
	{"at once", 0, false},
	{"at once, in a storm", 0, true},
	{"one by one", SECOND / 10, false},
	{"one by one, in a storm", SECOND / 10, true},
};

static void fill_half_open(void)
{
	for (uint64_t i = 0; i < GATE_HALF_OPEN; i++, r.now += 4000)
		rig_init(&r, rig_stranger(&r, false), i + 1);
}

static void come_in(struct guest *students[STUDENTS], uint64_t apart)
{
	char name[16];

	for (size_t i = 0; i < STUDENTS; i++) {
		students[i] = rig_guest(&r, false);
		students[i]->deaf = i % 3 == 0;
		snprintf(name, sizeof(name), "s%zu", i);
		rig_ask(students[i], COMMAND_JOIN, name);
		rig_run(&r, apart);
	}
	rig_run(&r, SECOND);
	for (size_t i = 0; i < STUDENTS; i++) {
		students[i]->deaf = false;
		if (i % 2)
			continue;
		struct guest *beside = rig_guest_as(&r, students[i], true);
		assert_false(beside->closed);
		snprintf(name, sizeof(name), "s%zu", i);
		rig_ask(beside, COMMAND_JOIN, name);
	}
}

static void sixty_behind_one_address_come_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		struct guest *students[STUDENTS];
		print_message("%s\n", classes[i].what);
		rig_begin(&r, 5000);
		if (classes[i].others)
			fill_half_open();
		r.behind_one_address = true;
		uint64_t start = r.now;
		come_in(students, classes[i].apart);
		rig_run(&r, start + 10 * (uint64_t)SECOND - r.now);
		for (size_t k = 0; k < STUDENTS; k++)
			assert_int_equal(rig_answer(students[k], 1), CODE_OK);
		assert_int_equal(roster_count(hub_roster(r.hub)), STUDENTS);
		rig_end(&r);
	}
}

/* Five thousand in five seconds, from one address and under ever new ids. */
static void a_flood_from_one_address_keeps_nobody_out(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX];

	(void)state;
	rig_begin(&r, 5000);
	struct guest *eve = rig_stranger(&r, false), *late = NULL;
	for (uint64_t i = 0; i < 5000; i++, r.now += 1000) {
		struct buf b = buf_of(bytes, sizeof(bytes));
		sealed_init(&b, i + 1, i + 1);
		rig_send(&r, eve, bytes, b.len);
		if (i == 2500)
			rig_ask(late = rig_guest(&r, false), COMMAND_JOIN, "late");
		rig_turn(&r);
		if (i == 2500)
			assert_int_equal(rig_answer(late, 1), CODE_OK); /* at once */
	}
	assert_true(peers_count(r.peers) <= GATE_HALF_OPEN + 1);
	assert_true(eve->place->sent < eve->place->received / 10);
	assert_false(rig_guest(&r, true)->closed);
	rig_run(&r, SESSION_OPEN_TIMEOUT);
	assert_int_equal(peers_count(r.peers), 2);
	rig_end(&r);
}

/* A token shows who is really there; what they may have is counted then, whatever ids they use. */
static void an_address_has_its_share_of_handshakes(void **state)
{
	size_t open = 0;

	(void)state;
	rig_begin(&r, 5000);
	r.behind_one_address = true;
	for (size_t i = 0; i < 400; i++)
		open += !rig_stranger(&r, true)->closed;
	assert_int_equal(open, GATE_BURST);
	r.now += SECOND;
	for (size_t i = 0; i < 100; i++)
		open += !rig_stranger(&r, true)->closed;
	assert_int_equal(open, GATE_BURST + GATE_PER_SECOND);
	r.behind_one_address = false;
	assert_false(rig_stranger(&r, true)->closed);
	rig_end(&r);
}

/* ---- commands -------------------------------------------------------------------------------- */

static size_t answered(const struct guest *g)
{
	size_t n = 0;

	for (uint64_t id = 1; id < RIG_ANSWERED; id++)
		n += rig_answer(g, id) != 255;
	return n;
}

/* As many more as make `total`, as the session takes them. */
static void ask_up_to(struct guest *g, size_t total)
{
	while (g->asked < total && !session_full(g->session)) {
		rig_ask(g, COMMAND_WHO, "");
		g->asked++;
	}
}

static void commands_over_the_rate_wait(void **state)
{
	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		rig_begin_at_rate(&r, 100, RATE);
		struct guest *alice = rig_member(&r, "alice", stream);
		struct guest *bob = rig_member(&r, "bob", !stream);
		alice->asked = bob->asked = 1;
		for (int i = 0; i < 4; i++) {
			ask_up_to(alice, BURST + 2 * RATE);
			rig_run(&r, 1000);
		}
		assert_int_equal(answered(alice), BURST);
		ask_up_to(bob, 3);
		rig_run(&r, 1000);
		assert_int_equal(answered(bob), 3); /* has its own share */
		rig_run(&r, SECOND);
		assert_int_equal(answered(alice), BURST + RATE);
		rig_run(&r, SECOND);
		assert_int_equal(answered(alice), BURST + 2 * RATE); /* late, but not lost */
		assert_true(session_open(alice->session));
		rig_end(&r);
	}
}

static void sessions_of_one_identity_share_its_rate(void **state)
{
	size_t sum = 0;

	(void)state;
	rig_begin_at_rate(&r, 100, RATE);
	struct guest *all[4];
	for (size_t i = 0; i < COUNT_OF(all); i++)
		all[i] = rig_guest_as(&r, i > 0 ? all[0] : NULL, i % 2);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		ask_up_to(all[i], BURST);
	rig_run(&r, SECOND);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		sum += answered(all[i]);
	assert_int_equal(sum, BURST + RATE);
	rig_run(&r, 20 * (uint64_t)SECOND); /* 150 were left, at ten a second */
	for (size_t i = 0; i < COUNT_OF(all); i++)
		assert_int_equal(answered(all[i]), BURST);
	rig_end(&r);
}

static void a_local_user_has_no_rate(void **state)
{
	(void)state;
	rig_begin_at_rate(&r, 100, RATE);
	struct guest *alice = rig_enter(&r, rig_local(&r), "alice");
	alice->asked = 1;
	for (int i = 0; i < 10; i++) {
		ask_up_to(alice, 200);
		rig_turn(&r);
	}
	assert_int_equal(answered(alice), 200);
	rig_end(&r);
}

/* Who talks as fast as it can hears everything, and holds up nobody. */
static void who_is_held_back_stays(void **state)
{
	(void)state;
	rig_begin_at_rate(&r, 100, RATE);
	struct guest *loud = rig_member(&r, "loud", true), *calm = rig_member(&r, "calm", false);
	for (int second = 0; second < 120; second++) {
		while (!session_full(loud->session) && loud->asked < RIG_ANSWERED - 10)
			rig_ask(loud, COMMAND_TALK, "x"), loud->asked++;
		if (second % 10 == 0)
			rig_ask(calm, COMMAND_TALK, "y");
		rig_run(&r, SECOND);
	}
	assert_false(loud->closed || loud->ended || calm->ended);
	assert_true(loud->heard == rig_head(&r) && calm->heard == rig_head(&r));
	assert_int_equal(rig_answer(calm, 12), CODE_OK);
	rig_end(&r);
}

/* ---- nonsense by the thousand ---------------------------------------------------------------- */

enum { MANY = 1000 };

static uint8_t datagram[65507];
static struct guest *alice, *bob, *eve;
static uint8_t heard_of_alice[WIRE_PACKET_MAX]; /* a packet of hers, as eve saw it */
static size_t heard_len;

static size_t replayed(unsigned i)
{
	(void)i;
	memcpy(datagram, heard_of_alice, heard_len);
	return heard_len;
}

static size_t cut(unsigned i)
{
	(void)replayed(i);
	return i % heard_len;
}

static size_t flipped(unsigned i)
{
	(void)replayed(i);
	datagram[i % heard_len] ^= (uint8_t)(1 << i / heard_len % 8);
	return heard_len;
}

static size_t empty(unsigned i)
{
	(void)i;
	return 0;
}

static size_t huge(unsigned i)
{
	(void)replayed(i);
	datagram[0] = (uint8_t)(i % 16);
	return sizeof(datagram);
}

static size_t longer(unsigned i)
{
	(void)replayed(i);
	memset(datagram + heard_len, (int)i, 100);
	return heard_len + 1 + i % 100;
}

static size_t renumbered(unsigned i)
{
	(void)replayed(i);
	datagram[16] = (uint8_t)i;
	datagram[15] = (uint8_t)(i >> 8);
	return heard_len;
}

static size_t as_fin(unsigned i)
{
	(void)replayed(i);
	datagram[0] = PACKET_FIN;
	return heard_len;
}

static size_t same_init(unsigned i)
{
	struct buf b = buf_of(datagram, sizeof(datagram));

	(void)i;
	sealed_init(&b, 77, 77);
	return b.len;
}

static size_t spoilt_init(unsigned i)
{
	(void)same_init(i);
	datagram[11 + i % WIRE_MESSAGE1] ^= 1;
	datagram[2] = (uint8_t)i;
	return WIRE_INIT_SIZE;
}

static size_t false_token(unsigned i)
{
	uint8_t token[RETRY_TOKEN], message[WIRE_MESSAGE1];
	struct buf b = buf_of(datagram, sizeof(datagram));

	memset(token, (int)i, sizeof(token));
	memset(message, 7, sizeof(message));
	init_put(&b, i, slice_of(token, sizeof(token)), slice_of(message, sizeof(message)));
	return b.len;
}

/* From alice's address, or from eve's, who can see what alice sends; what may be answered, at most. */
static const struct {
	const char *what;
	size_t (*make)(unsigned i);
	size_t answers, peers; /* packets back to who sends it; half-open sessions */
} nonsense[] = {
	{"replayed", replayed, 0, 0},
	{"cut", cut, 0, 0},
	{"with a bit flipped", flipped, 0, 0},
	{"of no bytes", empty, 0, 0},
	{"of 65,507 bytes", huge, 0, 0},
	{"with more behind", longer, 0, 0},
	{"under another number", renumbered, 0, 0},
	{"called a FIN", as_fin, 0, 0},
	{"one INIT, repeated", same_init, MANY, 1},
	{"INITs, spoilt", spoilt_init, MANY, 0},
	{"INITs with tokens made up", false_token, MANY, 0},
};

static void see(const void *bytes, size_t n)
{
	memcpy(heard_of_alice, bytes, n);
	heard_len = n;
}

static void send_nonsense(size_t row, struct guest *from)
{
	size_t packets = from->place->packets, sent = from->place->sent;
	size_t received = from->place->received;
	size_t peers = peers_count(r.peers) + nonsense[row].peers;
	uint64_t head = rig_head(&r);

	for (unsigned i = 0; i < MANY; i++)
		rig_send(&r, from, datagram, nonsense[row].make(i));
	rig_turn(&r);
	if (rig_head(&r) != head || peers_count(r.peers) > peers)
		fail_msg("%s: it did something", nonsense[row].what);
	if (from == eve && from->place->packets - packets > nonsense[row].answers)
		fail_msg("%s: %zu answers", nonsense[row].what, from->place->packets - packets);
	if (from == eve && from->place->sent - sent > from->place->received - received)
		fail_msg("%s: more out than in", nonsense[row].what);
}

static void say_and_hear(const char *text)
{
	rig_ask(alice, COMMAND_TALK, text);
	rig_run(&r, SECOND);
	assert_true(alice->heard == rig_head(&r) && bob->heard == rig_head(&r));
}

static void nonsense_by_the_thousand_does_nothing(void **state)
{
	(void)state;
	for (size_t row = 0; row < COUNT_OF(nonsense); row++) {
		rig_begin(&r, 5000);
		alice = rig_member(&r, "alice", false);
		bob = rig_member(&r, "bob", true);
		eve = rig_stranger(&r, false);
		r.overhears = see;
		say_and_hear("this is seen");
		r.overhears = NULL;
		assert_true(heard_len > WIRE_DATA_HEADER + WIRE_SEAL);
		send_nonsense(row, eve);
		send_nonsense(row, alice);
		say_and_hear("and this is not");
		rig_run(&r, SESSION_OPEN_TIMEOUT);
		assert_int_equal(peers_count(r.peers), 2);
		rig_end(&r);
	}
}

/* ---- wrong passwords ------------------------------------------------------------------------- */

static struct session_config knows_not(enum session_link link, uint64_t i)
{
	static struct secure_identity identity;
	static const uint8_t wrong[NOISE_KEY] = {'w', 'r', 'o', 'n', 'g'};
	struct session_config config = sealed_client(7, link, i + 1);

	secure_identity_from(&identity, identity.keys.secret, wrong);
	config.identity = &identity;
	return config;
}

static void try_once(struct guest *g, uint64_t i)
{
	struct session_config config = knows_not(g->stream ? SESSION_STREAM : SESSION_DGRAM, i);

	g->session = session_new(&config, r.now);
	assert_non_null(g->session);
	rig_ask(g, COMMAND_JOIN, "eve");
	rig_turn(&r);
	assert_false(g->opened);
	session_free(g->session);
	g->session = NULL;
}

static void wrong_passwords_by_the_thousand_open_nothing(void **state)
{
	(void)state;
	rig_begin(&r, 5000);
	alice = rig_member(&r, "alice", false);
	bob = rig_member(&r, "bob", true);
	eve = rig_stranger(&r, false);
	for (uint64_t i = 0; i < MANY; i++, r.now += SECOND / 20) {
		struct guest *tcp = rig_stranger(&r, true);
		try_once(eve, i);
		try_once(tcp, i);
		assert_true(tcp->closed); /* and no more was said */
		assert_true(peers_count(r.peers) <= 2 + GATE_HALF_OPEN);
		if (i % 100 == 0)
			say_and_hear("still here");
	}
	assert_true(eve->place->sent < eve->place->received);
	assert_int_equal(roster_count(hub_roster(r.hub)), 2);
	rig_run(&r, SESSION_OPEN_TIMEOUT);
	assert_int_equal(peers_count(r.peers), 2);
	rig_end(&r);
}

/* Each may cost a curve operation, so there is an end to it. */
static void a_half_open_session_looks_at_so_many_third_messages(void **state)
{
	(void)state;
	for (unsigned wrong = PEERS_THIRD_TRIES - 1; wrong <= PEERS_THIRD_TRIES; wrong++) {
		uint8_t fin[200] = {PACKET_FIN};
		rig_begin(&r, 100);
		struct guest *g = rig_stranger(&r, false);
		rig_init(&r, g, 1);
		for (size_t i = 0; i < 8; i++)
			fin[1 + i] = (uint8_t)(rig_cid(g) >> (56 - 8 * i));
		for (unsigned i = 0; i < wrong; i++)
			rig_send(&r, g, fin, sizeof(fin));
		rig_fin(&r, g, g, "late");
		assert_int_equal(rig_head(&r), wrong < PEERS_THIRD_TRIES ? 1 : 0);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_behind_one_address_come_in),
		cmocka_unit_test(a_flood_from_one_address_keeps_nobody_out),
		cmocka_unit_test(an_address_has_its_share_of_handshakes),
		cmocka_unit_test(commands_over_the_rate_wait),
		cmocka_unit_test(sessions_of_one_identity_share_its_rate),
		cmocka_unit_test(a_local_user_has_no_rate),
		cmocka_unit_test(who_is_held_back_stays),
		cmocka_unit_test(nonsense_by_the_thousand_does_nothing),
		cmocka_unit_test(wrong_passwords_by_the_thousand_open_nothing),
		cmocka_unit_test(a_half_open_session_looks_at_so_many_third_messages),
	};

	return cmocka_run_group_tests_name("peers, limits", tests, NULL, NULL);
}
