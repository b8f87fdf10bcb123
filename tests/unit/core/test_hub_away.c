/* AWAY and WHOIS: who is away, where that is told, and what there is to know of somebody.  protocol.md §4. */
#include "hub_house.h"

#include "proto/whois.h"

static enum code away(struct hub_client *c, const char *text)
{
	return run(c, (struct command){.kind = COMMAND_AWAY, .text = words(text)});
}

static struct whois about(struct hub_client *c, const char *name)
{
	struct whois w;

	assert_int_equal(run(c, (struct command){.kind = COMMAND_WHOIS, .text = words(name)}),
			 CODE_OK);
	assert_true(reply_sound(&ear.reply, COMMAND_WHOIS));
	assert_true(whois_get(ear.reply.text, &w));
	return w;
}

static enum member_state who_says(struct hub_client *c, const char *of)
{
	enum member_state state;
	struct slice name, page;

	run(c, (struct command){.kind = COMMAND_WHO, .room = WIRE_LOBBY});
	page = ear.reply.text;
	while (who_get(&page, &name, &state))
		if (name.len == strlen(of) && memcmp(name.data, of, name.len) == 0)
			return state;
	fail_msg("%s is not there", of);
	return MEMBER_ABSENT;
}

static void lose(struct hub_client *c)
{
	hub_gone(hub, c, LEAVE_LOST, words(""), now);
	settle();
}

/* ---- AWAY ------------------------------------------------------------------------------------ */

static void it_is_told_in_every_room_that_one_is_in(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t dev = enter_ok(alice, "#dev"), ops = enter_ok(bob, "#ops");

	(void)state;
	assert_int_equal(away(alice, "lunch"), CODE_OK);
	assert_true(ear.reply.seq == 3);
	expect_in(WIRE_LOBBY, 3, EVENT_AWAY, "alice");
	assert_words(event_at(WIRE_LOBBY, 3).text, "lunch");
	expect_in(dev, 3, EVENT_AWAY, "alice");
	assert_true(head_of(ops) == 2);
	assert_int_equal(who_says(bob, "alice"), MEMBER_AWAY);
	assert_int_equal(who_says(bob, "bob"), MEMBER_HERE);

	assert_int_equal(away(alice, ""), CODE_OK);
	expect_in(WIRE_LOBBY, 4, EVENT_AWAY, "alice");
	assert_true(event_at(WIRE_LOBBY, 4).text.len == 0);
	expect_in(dev, 4, EVENT_AWAY, "alice");
	assert_int_equal(who_says(bob, "alice"), MEMBER_HERE);
}

static void what_is_so_already_is_not_told_again(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");

	(void)state;
	assert_int_equal(away(alice, ""), CODE_OK);
	assert_true(ear.reply.seq == 0 && head_of(WIRE_LOBBY) == 1);
	assert_int_equal(away(alice, "lunch"), CODE_OK);
	assert_int_equal(away(alice, "lunch"), CODE_OK);
	assert_true(ear.reply.seq == 0 && head_of(WIRE_LOBBY) == 2);
	assert_int_equal(away(alice, "still lunch"), CODE_OK);
	assert_words(event_at(WIRE_LOBBY, 3).text, "still lunch");
	assert_int_equal(away(alice, "still lunch"), CODE_OK);
	assert_true(head_of(WIRE_LOBBY) == 3);
}

static void its_words_are_a_text_of_200_bytes(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	char text[WIRE_AWAY_MAX + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[WIRE_AWAY_MAX + 1] = '\0';
	assert_int_equal(away(alice, text), CODE_TEXT_BAD);
	assert_int_equal(away(alice, " \n"), CODE_TEXT_BAD);
	assert_int_equal(away(alice, "\xff"), CODE_TEXT_BAD);
	assert_true(head_of(WIRE_LOBBY) == 1);
	assert_int_equal(who_says(alice, "alice"), MEMBER_HERE);
	text[WIRE_AWAY_MAX] = '\0';
	assert_int_equal(away(alice, text), CODE_OK);
	assert_int_equal(about(alice, "alice").words.len, WIRE_AWAY_MAX);
}

static void it_lasts_until_it_is_over(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	away(alice, "lunch");
	assert_int_equal(say_in(alice, WIRE_LOBBY, "not yet"), CODE_OK);
	assert_int_equal(who_says(bob, "alice"), MEMBER_AWAY);
	run(alice, (struct command){.kind = COMMAND_NICK, .text = words("rose")});
	assert_int_equal(who_says(bob, "rose"), MEMBER_AWAY);
	lose(alice);
	assert_int_equal(who_says(bob, "rose"), MEMBER_RECONNECTING);
	struct whois w = about(bob, "rose");
	assert_int_equal(w.state, MEMBER_RECONNECTING);
	assert_words(w.words, "lunch");
	assert_int_equal(w.transport, 0);
	alice = guest(0, 'A', "rose");
	assert_int_equal(who_says(bob, "rose"), MEMBER_AWAY);
	guest(2, 'A', "rose"); /* by another session, too */
	assert_int_equal(who_says(bob, "rose"), MEMBER_AWAY);
	assert_int_equal(away(&clients[2], ""), CODE_OK);
	assert_int_equal(who_says(bob, "rose"), MEMBER_HERE);
}

static void who_leaves_is_away_no_more(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	away(alice, "lunch");
	run(alice, (struct command){.kind = COMMAND_QUIT});
	settle();
	guest(2, 'A', "alice");
	assert_int_equal(who_says(bob, "alice"), MEMBER_HERE);
	assert_true(about(bob, "alice").away_ms == 0);
}

static void what_cannot_be_kept_did_not_happen(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	away(alice, "lunch");
	ask(alice, (struct command){.kind = COMMAND_AWAY, .text = words("tea")});
	ask(alice, (struct command){.kind = COMMAND_AWAY});
	uint64_t last = ask(alice, (struct command){.kind = COMMAND_AWAY, .text = words("bed")});
	settle_as(ERR_FULL);
	assert_true(ear.reply.id == last && ear.reply.code == CODE_NOT_WRITTEN);
	assert_words(about(bob, "alice").words, "lunch");
	assert_true(head_of(WIRE_LOBBY) == 3);
	assert_int_equal(away(alice, "tea"), CODE_NOT_WRITTEN);
	assert_int_equal(away(alice, "lunch"), CODE_OK); /* it is so */

	ask(bob, (struct command){.kind = COMMAND_AWAY, .text = words("tea")});
	now.mono_us += HUB_RETRY;
	settle();
	assert_int_equal(ear.reply.code, CODE_NOT_WRITTEN); /* was answered before that */
	assert_true(about(alice, "bob").away_ms == 0);
}

static void what_repeats_what_is_pending_waits_for_it(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");

	(void)state;
	ask(alice, (struct command){.kind = COMMAND_AWAY, .text = words("tea")});
	size_t before = ear.replies;
	ask(alice, (struct command){.kind = COMMAND_AWAY, .text = words("tea")});
	assert_true(ear.replies == before);
	settle_as(ERR_FULL);
	assert_true(ear.replies == before + 2 && ear.reply.code == CODE_NOT_WRITTEN);
}

/* At the end nobody is told; nothing is left. */
static void it_ends_with_the_hub(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	away(alice, "lunch");
	ask(alice, (struct command){.kind = COMMAND_AWAY, .text = words("tea")});
	ask(bob, (struct command){.kind = COMMAND_AWAY, .text = words("tea")});
}

/* ---- WHOIS ----------------------------------------------------------------------------------- */

static void it_tells_who_is_here(void **state)
{
	struct hub_client *alice = guest(0, 'A', "Alice"), *bob = guest(1, 'B', "bob");
	char fingerprint[KEY_FINGERPRINT + 1];
	int64_t start = now.wall_ms;

	(void)state;
	now.wall_ms += 1000;
	say_in(alice, WIRE_LOBBY, "hello");
	now.wall_ms += 1000;
	away(alice, "lunch");
	now.wall_ms += 1000;
	struct whois w = about(bob, "ALICE");
	assert_words(w.name, "Alice");
	assert_int_equal(w.state, MEMBER_AWAY);
	assert_words(w.words, "lunch");
	assert_true(w.since_ms == (uint64_t)start);
	assert_true(w.said_ms == (uint64_t)start + 1000);
	assert_true(w.away_ms == (uint64_t)start + 2000);
	assert_words(w.key, key_fingerprint(alice->bearer->identity, fingerprint));
	assert_int_equal(w.transport, TRANSPORT_UDP);
	alice->address.transport = TRANSPORT_TCP;
	assert_int_equal(about(bob, "alice").transport, TRANSPORT_TCP);
	assert_true(about(bob, "bob").said_ms == 0);
}

static void assert_rooms(struct whois w, const char *first, const char *second)
{
	struct slice name;

	assert_true(whois_room(&w.rooms, &name));
	assert_words(name, first);
	assert_int_equal(whois_room(&w.rooms, &name), second != NULL);
	if (second)
		assert_words(name, second);
	assert_false(second && whois_room(&w.rooms, &name));
}

static void it_tells_of_no_room_that_one_is_not_in(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t dev = enter_ok(alice, "#dev");

	(void)state;
	say_in(alice, dev, "psst");
	enter_ok(alice, "@bob");
	assert_rooms(about(bob, "alice"), "#lobby", NULL);
	assert_true(about(bob, "alice").said_ms == 0); /* nobody here heard it */
	enter_ok(bob, "#ops");
	enter_ok(bob, "#dev");
	assert_rooms(about(bob, "alice"), "#lobby", "#dev");
	assert_true(about(bob, "alice").said_ms == (uint64_t)now.wall_ms);
	part_from(alice, dev);
	assert_rooms(about(bob, "alice"), "#lobby", NULL);
}

static void it_tells_when_an_owner_was_here(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	int64_t then = now.wall_ms += 5000;

	(void)state;
	run(alice, (struct command){.kind = COMMAND_QUIT});
	now.wall_ms += 5000;
	struct whois w = about(bob, "alice");
	assert_words(w.name, "alice");
	assert_int_equal(w.state, MEMBER_ABSENT);
	assert_true(w.since_ms == (uint64_t)then && w.said_ms == 0);
	assert_int_equal(w.key.len, KEY_FINGERPRINT);
	assert_true(w.transport == 0 && w.rooms.len == 0);
}

static void of_who_has_no_key_it_tells_none(void **state)
{
	struct hub_client *local = guest(0, 'U', "carol"), *nobody = guest(1, '-', "dave");

	(void)state;
	say_in(nobody, WIRE_LOBBY, "hello");
	assert_true(about(nobody, "carol").key.len == 0);
	assert_true(about(nobody, "carol").since_ms > 0);
	assert_true(about(local, "dave").key.len == 0);
	assert_true(about(local, "dave").since_ms == 0); /* nobody keeps that name */
	assert_true(about(local, "dave").said_ms == 0);
}

static void of_who_is_not_it_tells_nothing(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = session(1, 'B');
	struct command whois = {.kind = COMMAND_WHOIS, .text = words("bob")};

	(void)state;
	assert_int_equal(run(alice, whois), CODE_NO_SUCH_NICK);
	whois.text = words("a b");
	assert_int_equal(run(alice, whois), CODE_NO_SUCH_NICK);
	whois.text = words("");
	assert_int_equal(run(alice, whois), CODE_NO_SUCH_NICK);
	assert_int_equal(run(bob, whois), CODE_NOT_JOINED);
	assert_int_equal(run(bob, (struct command){.kind = COMMAND_AWAY}), CODE_NOT_JOINED);
}

/* Somebody whose coming is not kept yet is not here. */
static void of_who_is_about_to_come_it_tells_nothing(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");

	(void)state;
	ask_join(session(1, 'B'), "bob", 7);
	uint64_t id = ask(alice, (struct command){.kind = COMMAND_WHOIS, .text = words("bob")});
	assert_answered(alice, id, CODE_NO_SUCH_NICK);
	settle();
	assert_int_equal(about(alice, "bob").state, MEMBER_HERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BOTH(it_is_told_in_every_room_that_one_is_in),
		IN_BOTH(what_is_so_already_is_not_told_again),
		IN_BOTH(its_words_are_a_text_of_200_bytes),
		IN_BOTH(it_lasts_until_it_is_over),
		IN_BOTH(who_leaves_is_away_no_more),
		cmocka_unit_test_setup_teardown(what_cannot_be_kept_did_not_happen, on_disk,
						tear_down),
		cmocka_unit_test_setup_teardown(what_repeats_what_is_pending_waits_for_it, on_disk,
						tear_down),
		cmocka_unit_test_setup_teardown(it_ends_with_the_hub, on_disk, tear_down),
		IN_BOTH(it_tells_who_is_here),
		IN_BOTH(it_tells_of_no_room_that_one_is_not_in),
		IN_BOTH(it_tells_when_an_owner_was_here),
		IN_BOTH(of_who_has_no_key_it_tells_none),
		IN_BOTH(of_who_is_not_it_tells_nothing),
		cmocka_unit_test_setup_teardown(of_who_is_about_to_come_it_tells_nothing, on_disk,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
