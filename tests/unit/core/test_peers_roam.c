/* Members that go on from another address, and those who only pretend to. */
#include "peers_rig.h"

#include "sealed.h"

#include "proto/session_internal.h"

enum { CHALLENGE_SIZE = WIRE_DATA_HEADER + 1 + 8 + WIRE_SEAL };

static struct rig r;
static struct guest *alice, *bob;

struct captured {
	uint8_t bytes[WIRE_PACKET_MAX];
	size_t len;
};

static void begin(void)
{
	rig_begin(&r, 100);
	alice = rig_member(&r, "alice", false);
	bob = rig_member(&r, "bob", false);
	rig_run(&r, SECOND); /* all is acknowledged */
}

/* The next packet of her session; it goes nowhere yet. */
static struct captured capture(void)
{
	struct captured c;
	struct buf b = buf_of(c.bytes, sizeof(c.bytes));

	assert_true(session_output(alice->session, r.now, &b));
	c.len = b.len;
	return c;
}

static void arrive(struct guest *from, const struct captured *c)
{
	rig_send(&r, from, c->bytes, c->len);
}

static void pump(void)
{
	while (peers_pump(r.peers, rig_now(&r)))
		continue;
}

/* Something that is newer than all that she said. */
static struct captured say(const char *text)
{
	rig_ask(alice, COMMAND_TALK, text);
	return capture();
}

static bool is_at(const struct address *a)
{
	return address_equal(roster_find(hub_roster(r.hub), "alice", 5)->address, a);
}

/* The server's last packet holds a challenge, and nothing else. */
static bool challenged_last(void)
{
	uint8_t plain[WIRE_PACKET_MAX];
	struct slice frames;
	struct frame f;

	return r.last_len == CHALLENGE_SIZE &&
	       sealed_open(alice->session, r.last, r.last_len, plain, &frames) &&
	       frame_get(&frames, &f) == ERR_NONE && f.type == FRAME_PATH_CHALLENGE &&
	       frames.len == 0;
}

/* ---- those who have moved -------------------------------------------------------------------- */

static void a_new_address_is_asked_before_it_is_used(void **state)
{
	(void)state;
	begin();
	struct place *old = alice->place;
	struct address was = alice->address;
	rig_move(&r, alice);
	r.via = 5;
	size_t before = old->packets;
	struct captured c = say("from elsewhere");
	arrive(alice, &c);
	assert_int_equal(alice->place->packets, 1);
	assert_true(challenged_last());
	assert_int_equal(r.last_via, 5);
	pump(); /* the reply and the event */
	assert_int_equal(alice->place->packets, 1);
	assert_true(old->packets > before);
	assert_true(is_at(&was));

	before = old->packets;
	c = capture(); /* the answer */
	arrive(alice, &c);
	assert_true(is_at(&alice->address));
	assert_int_equal(alice->place->packets, 1); /* that was no reason to ask again */
	rig_turn(&r);
	assert_int_equal(r.last_via, 5);
	assert_int_equal(old->packets, before);
	assert_int_equal(rig_answer(alice, 2), CODE_OK);
	assert_true(alice->heard == rig_head(&r));
	rig_end(&r);
}

static void what_was_under_way_is_sent_there_at_once(void **state)
{
	(void)state;
	begin();
	alice->deaf = true; /* she is gone already */
	for (int i = 0; i < 30; i++) {
		rig_ask(bob, COMMAND_TALK, "are you there?");
		rig_turn(&r);
	}
	uint64_t heard = alice->heard;
	assert_true(heard < rig_head(&r));
	rig_move(&r, alice);
	alice->deaf = false;
	rig_ask(alice, COMMAND_WHO, "");
	rig_turn(&r); /* no time passes */
	assert_true(alice->heard == rig_head(&r));
	assert_true(is_at(&alice->address));
	rig_end(&r);
}

/* Nothing is said but what keeps a session alive. */
static void a_silent_member_is_followed_as_well(void **state)
{
	(void)state;
	begin();
	rig_move(&r, alice);
	rig_run(&r, SESSION_KEEPALIVE);
	assert_true(is_at(&alice->address));
	rig_ask(bob, COMMAND_TALK, "found you");
	rig_turn(&r);
	assert_true(alice->heard == rig_head(&r));
	rig_run(&r, 100 * SECOND);
	assert_false(alice->ended || bob->ended);
	assert_int_equal(peers_count(r.peers), 2);
	rig_end(&r);
}

static void a_challenge_that_is_lost_is_made_again(void **state)
{
	(void)state;
	begin();
	rig_move(&r, alice);
	alice->deaf = true;
	struct captured c = say("one");
	arrive(alice, &c);
	pump();
	assert_int_equal(alice->place->packets, 1);
	alice->deaf = false;
	rig_run(&r, 5 * SECOND); /* her probes come from there as well */
	assert_true(is_at(&alice->address));
	assert_true(alice->heard == rig_head(&r));
	rig_end(&r);
}

static void two_moves_one_after_the_other(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 2; i++) {
		rig_move(&r, alice);
		rig_ask(alice, COMMAND_TALK, "on my way");
		rig_turn(&r);
		assert_true(is_at(&alice->address));
		assert_true(alice->heard == rig_head(&r));
	}
	rig_end(&r);
}

/* The challenge to the first place was never heard; nothing waits for it. */
static void two_moves_at_once(void **state)
{
	(void)state;
	begin();
	struct address was = alice->address;
	rig_move(&r, alice);
	struct place *between = alice->place;
	alice->deaf = true;
	struct captured c = say("in between");
	arrive(alice, &c);
	assert_int_equal(between->packets, 1);
	rig_move(&r, alice);
	alice->deaf = false;
	c = say("arrived");
	arrive(alice, &c);
	assert_int_equal(alice->place->packets, 1);
	pump();
	assert_true(is_at(&was));
	rig_turn(&r);
	assert_true(is_at(&alice->address));
	assert_int_equal(between->packets, 1);
	assert_true(alice->heard == rig_head(&r));
	rig_end(&r);
}

/* Back before she was followed: she never left. */
static void there_and_back(void **state)
{
	(void)state;
	begin();
	struct address was = alice->address;
	struct place *home = alice->place;
	rig_move(&r, alice);
	alice->deaf = true;
	struct captured c = say("one");
	arrive(alice, &c);
	alice->address = was;
	alice->place = home;
	alice->deaf = false;
	rig_run(&r, 5 * SECOND);
	assert_true(is_at(&was));
	assert_true(alice->heard == rig_head(&r));
	assert_int_equal(rig_answer(alice, 2), CODE_OK);
	rig_end(&r);
}

/* ---- those who have not ---------------------------------------------------------------------- */

static void a_copy_from_elsewhere_moves_nobody(void **state)
{
	(void)state;
	begin();
	struct guest *eve = rig_stranger(&r, false);
	struct captured c = say("hello");
	arrive(alice, &c);
	rig_turn(&r);
	for (int i = 0; i < 3; i++) {
		arrive(eve, &c);
		rig_turn(&r);
	}
	assert_int_equal(eve->place->sent, 0);
	assert_true(is_at(&alice->address));
	assert_true(alice->heard == rig_head(&r));
	rig_end(&r);
}

/* A packet that was late, by whatever way: what is in it counts, where it came from does not. */
static void an_older_packet_from_elsewhere_moves_nobody(void **state)
{
	(void)state;
	begin();
	struct guest *eve = rig_stranger(&r, false);
	uint64_t head = rig_head(&r);
	struct captured late = say("first"), c = say("second");
	arrive(alice, &c);
	arrive(eve, &late);
	rig_turn(&r);
	assert_true(rig_head(&r) == head + 2);
	assert_int_equal(eve->place->sent, 0);
	assert_true(is_at(&alice->address));
	rig_end(&r);
}

/* Eve is always quicker, under an address of somebody who never asked for anything. */
static void who_never_answers_gets_little_and_changes_nothing(void **state)
{
	(void)state;
	begin();
	struct guest *victim = rig_stranger(&r, false);
	for (int i = 0; i < 20; i++) {
		rig_run(&r, SECOND);
		struct captured c = say("x");
		arrive(victim, &c);
		assert_true(challenged_last());
		arrive(alice, &c);
		rig_turn(&r);
		assert_int_equal(victim->place->packets, i + 1);
		assert_int_equal(victim->place->sent, (i + 1) * CHALLENGE_SIZE);
		assert_true(is_at(&alice->address));
		assert_true(alice->heard == rig_head(&r));
	}
	assert_true(victim->place->sent <= 3 * victim->place->received);
	rig_end(&r);
}

/* The smallest packet that can come from there: the rig says if it is answered with too much. */
static void the_smallest_packet_is_not_answered_with_much(void **state)
{
	uint8_t bytes[WIRE_PACKET_MAX], frame[] = {FRAME_PADDING};
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct buf frames = {.data = frame, .len = 1, .cap = 1};

	(void)state;
	begin();
	struct guest *victim = rig_stranger(&r, false);
	sealed_packet(alice->session, 1000, &frames, &b);
	rig_send(&r, victim, bytes, b.len);
	assert_int_equal(victim->place->received, WIRE_DATA_HEADER + 1 + WIRE_SEAL);
	assert_int_equal(victim->place->sent, CHALLENGE_SIZE);
	rig_turn(&r);
	assert_int_equal(victim->place->packets, 1);
	rig_end(&r);
}

/* A packet of hers with that number and one frame: the answer to a challenge, or nothing. */
static void answer(uint64_t number, const uint64_t *token)
{
	uint8_t bytes[WIRE_PACKET_MAX], storage[16];
	struct buf b = buf_of(bytes, sizeof(bytes)), frames = buf_of(storage, sizeof(storage));

	if (token)
		path_put(&frames, FRAME_PATH_RESPONSE, *token);
	else
		buf_put_u8(&frames, FRAME_PADDING);
	sealed_packet(alice->session, number, &frames, &b);
	rig_send(&r, alice, bytes, b.len);
}

/* Of the challenge that was sent last. */
static uint64_t token_sent(void)
{
	uint8_t plain[WIRE_PACKET_MAX];
	struct slice frames;
	struct frame f;

	assert_true(challenged_last());
	assert_true(sealed_open(alice->session, r.last, r.last_len, plain, &frames));
	assert_int_equal(frame_get(&frames, &f), ERR_NONE);
	return f.token;
}

/* Before anything was asked, and after. */
static void a_wrong_answer_moves_nobody(void **state)
{
	(void)state;
	begin();
	struct address was = alice->address;
	uint64_t token = 0;
	answer(1000, &token);
	rig_move(&r, alice);
	alice->deaf = true;
	for (uint64_t i = 1; i < 4; i++) {
		answer(1000 + i, &token);
		token = token_sent() + 1;
		pump();
		assert_true(is_at(&was));
	}
	token--;
	answer(1010, &token);
	assert_true(is_at(&alice->address));
	rig_end(&r);
}

/* What was asked there says nothing of here. */
static void an_answer_counts_where_it_was_asked_last(void **state)
{
	(void)state;
	begin();
	struct address was = alice->address;
	alice->deaf = true;
	rig_move(&r, alice);
	answer(1000, NULL);
	uint64_t there = token_sent();
	rig_move(&r, alice);
	answer(1001, NULL);
	uint64_t here = token_sent();
	assert_true(there != here);
	answer(1002, NULL);
	assert_true(token_sent() == here);
	answer(1003, &there);
	assert_true(is_at(&was));
	answer(1004, &here);
	assert_true(is_at(&alice->address));
	rig_end(&r);
}

/* What bob can seal is about bob, wherever it comes from. */
static void a_member_moves_only_itself(void **state)
{
	(void)state;
	begin();
	struct guest *eve = rig_stranger(&r, false);
	uint8_t bytes[WIRE_PACKET_MAX], frame[] = {FRAME_PADDING};
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct buf frames = {.data = frame, .len = 1, .cap = 1};
	sealed_packet_to(bob->session, alice->session->remote_cid, 1000, &frames, &b);
	rig_send(&r, eve, bytes, b.len);
	rig_turn(&r);
	assert_int_equal(eve->place->sent, 0);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_address_is_asked_before_it_is_used),
		cmocka_unit_test(what_was_under_way_is_sent_there_at_once),
		cmocka_unit_test(a_silent_member_is_followed_as_well),
		cmocka_unit_test(a_challenge_that_is_lost_is_made_again),
		cmocka_unit_test(two_moves_one_after_the_other),
		cmocka_unit_test(two_moves_at_once),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(a_copy_from_elsewhere_moves_nobody),
		cmocka_unit_test(an_older_packet_from_elsewhere_moves_nobody),
		cmocka_unit_test(who_never_answers_gets_little_and_changes_nothing),
		cmocka_unit_test(the_smallest_packet_is_not_answered_with_much),
		cmocka_unit_test(a_wrong_answer_moves_nobody),
		cmocka_unit_test(an_answer_counts_where_it_was_asked_last),
		cmocka_unit_test(a_member_moves_only_itself),
	};

	return cmocka_run_group_tests_name("peers, roaming", tests, NULL, NULL);
}
