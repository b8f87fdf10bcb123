/* Public rooms: made by who comes first, entered, left, named, told apart; with passwords and limits. */
#include "hub_house.h"

#include "proto/proof.h"

/* ---- coming and going ------------------------------------------------------------------------ */

static void a_room_is_made_by_who_comes_first(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	uint32_t dev = enter_ok(alice, "#Dev");
	assert_int_equal(dev, 2);
	assert_true(ear.reply.seq == 2 && ear.reply.first == 2 && ear.reply.epoch == EPOCH);
	assert_words(ear.reply.text, "#Dev");
	assert_int_equal(event_at(dev, 1).kind, EVENT_OPEN);
	assert_words(event_at(dev, 1).from, "alice");
	assert_words(event_at(dev, 1).text, "#Dev");
	expect_in(dev, 2, EVENT_JOIN, "alice");
	assert_true(gets(alice, dev) && !gets(bob, dev));

	assert_int_equal(run(bob, (struct command){.kind = COMMAND_ENTER,
						   .text = words("#dEV"),
						   .since_mode = SINCE_SEQ}),
			 CODE_OK);
	assert_int_equal(ear.reply.room, dev);
	assert_true(ear.reply.seq == 3 && ear.reply.first == 1);
	assert_words(ear.reply.text, "#Dev");
	expect_in(dev, 3, EVENT_JOIN, "bob");
	assert_true(gets(bob, dev));
	assert_true(head_of(WIRE_LOBBY) == 2); /* nothing happened there */
}

static void what_is_said_stays_in_the_room(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t dev = enter_ok(alice, "#dev"), ops = enter_ok(bob, "#ops");

	(void)state;
	assert_int_equal(say_in(alice, dev, "here"), CODE_OK);
	assert_true(ear.reply.seq == 3);
	expect_in(dev, 3, EVENT_TALK, "alice");
	assert_true(head_of(ops) == 2 && head_of(WIRE_LOBBY) == 2);
	assert_int_equal(say_in(alice, ops, "not in"), CODE_NO_SUCH_ROOM);
	assert_int_equal(say_in(alice, 99, "nowhere"), CODE_NO_SUCH_ROOM);
	assert_int_equal(say_in(alice, WIRE_LOBBY, "all"), CODE_OK);
	expect_in(WIRE_LOBBY, 3, EVENT_TALK, "alice");
}

static void who_comes_says_where_to_begin(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t dev = enter_ok(alice, "#dev");
	struct command c = {.kind = COMMAND_ENTER, .text = words("#dev")};

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(say_in(alice, dev, "talk"), CODE_OK); /* up to 10 */
	c.since_mode = SINCE_LAST;
	c.since = 3;
	assert_int_equal(run(bob, c), CODE_OK);
	assert_true(ear.reply.seq == 11 && ear.reply.first == 8);
	c.since_mode = SINCE_SEQ; /* again, by the same session */
	c.since = 6;
	c.epoch = EPOCH;
	assert_int_equal(run(bob, c), CODE_OK);
	assert_true(ear.reply.seq == 0 && ear.reply.first == 7);
	assert_true(ear_reader(bob, dev)->first == 7);
	c.epoch = EPOCH + 1;
	assert_int_equal(run(bob, c), CODE_OK);
	assert_true(ear.reply.first == 1);
	assert_true(head_of(dev) == 11);
}

static void another_session_of_a_member_enters_for_itself(void **state)
{
	struct hub_client *here = guest(0, 'A', "alice"), *there = guest(1, 'A', "alice");
	uint32_t dev = enter_ok(here, "#dev");

	(void)state;
	assert_false(gets(there, dev));
	assert_int_equal(say_in(there, dev, "I am in it"), CODE_OK);
	assert_int_equal(enter(there, "#dev"), CODE_OK);
	assert_true(ear.reply.seq == 0);
	assert_true(gets(there, dev) && gets(here, dev));
	expect_in(dev, 3, EVENT_TALK, "alice");
	assert_int_equal(part_from(here, dev), CODE_OK); /* the member does, with both */
	assert_true(ear_reader(here, dev)->last == 4 && ear_reader(there, dev)->last == 4);
	assert_int_equal(say_in(there, dev, "gone"), CODE_NO_SUCH_ROOM);
}

static void who_parts_is_out_of_that_room_alone(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#dev");

	(void)state;
	assert_int_equal(part_from(alice, dev), CODE_OK);
	assert_true(ear.reply.seq == 3);
	expect_in(dev, 3, EVENT_QUIT, "alice");
	assert_int_equal(event_at(dev, 3).reason, LEAVE_PARTED);
	assert_words(event_at(dev, 3).text, "bye");
	assert_true(ear_reader(alice, dev)->last == 3);
	assert_int_equal(part_from(alice, dev), CODE_NO_SUCH_ROOM);
	assert_int_equal(part_from(alice, 77), CODE_NO_SUCH_ROOM);
	assert_int_equal(part_from(alice, WIRE_LOBBY), CODE_LOBBY_STAYS);
	assert_int_equal(say_in(alice, WIRE_LOBBY, "still here"), CODE_OK);
	assert_int_equal(enter_ok(alice, "#dev"), dev); /* with all that was said in it */
	assert_true(ear.reply.seq == 4);
	expect_in(dev, 4, EVENT_JOIN, "alice");
}

/* In one turn: each finds things as the one before left them. */
static void commands_need_not_wait_for_each_other(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	struct command enters = {.kind = COMMAND_ENTER, .text = words("#dev"), .id = 900};
	struct command parts = {.kind = COMMAND_PART, .room = 2, .text = words(""), .id = 901};
	struct command talks = {.kind = COMMAND_TALK, .room = 2, .text = words("hi"), .id = 902};

	(void)state;
	hub_command(hub, alice, &enters, now);
	hub_command(hub, alice, &talks, now);
	hub_command(hub, alice, &parts, now);
	hub_command(hub, alice, &talks, now); /* not in it any more */
	assert_int_equal(ear.reply.code, CODE_NO_SUCH_ROOM);
	hub_command(hub, alice, &enters, now);
	hub_command(hub, alice, &enters, now); /* and once more, of the same session */
	settle();
	assert_true(head_of(2) == 5);
	assert_int_equal(event_at(2, 3).kind, EVENT_TALK);
	assert_int_equal(event_at(2, 4).kind, EVENT_QUIT);
	expect_in(2, 5, EVENT_JOIN, "alice");
	assert_true(gets(alice, 2));
	assert_true(ear.reply.seq == 0 && ear.reply.first == 1);
}

/* ---- what happens to a member ---------------------------------------------------------------- */

static void a_member_has_one_name_in_all_rooms(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#dev"), ops = enter_ok(alice, "#ops");

	(void)state;
	assert_int_equal(run(alice, (struct command){.kind = COMMAND_NICK, .text = words("rose")}),
			 CODE_OK);
	assert_true(ear.reply.seq == 2); /* the lobby's */
	expect_in(WIRE_LOBBY, 2, EVENT_NICK, "alice");
	expect_in(dev, 3, EVENT_NICK, "alice");
	expect_in(ops, 3, EVENT_NICK, "alice");
	assert_words(event_at(ops, 3).text, "rose");
}

static void who_is_lost_is_so_everywhere(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#dev"), ops = enter_ok(alice, "#ops");

	(void)state;
	assert_int_equal(part_from(alice, ops), CODE_OK);
	hub_gone(hub, alice, LEAVE_LOST, words(""), now);
	settle();
	expect_in(WIRE_LOBBY, 2, EVENT_LOST, "alice");
	expect_in(dev, 3, EVENT_LOST, "alice");
	assert_true(head_of(ops) == 3);
	struct hub_client *back = guest(1, 'A', "alice");
	expect_in(dev, 4, EVENT_BACK, "alice");
	assert_false(gets(back, dev)); /* it asks for that */
	assert_int_equal(run(back, (struct command){.kind = COMMAND_ENTER,
						    .text = words("#dev"),
						    .since_mode = SINCE_SEQ,
						    .since = 2}),
			 CODE_OK);
	assert_true(ear.reply.seq == 0 && ear.reply.first == 3);
	assert_int_equal(run(back, (struct command){.kind = COMMAND_QUIT, .text = words("bye")}),
			 CODE_OK);
	expect_in(dev, 5, EVENT_QUIT, "alice");
	assert_int_equal(event_at(dev, 5).reason, LEAVE_QUIT);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void some_names_are_none_of_a_room(void **state)
{
	static const char *const bad[] = {"",	   "#",	     "dev",	"# ",	 "##x",
					  "#a b",  "#a:b",   "#/x",	"#@x",	 "#admin",
					  "#\xff", "#a\x1b", "#\u200b", "#a\nb", "#管理员"};
	char longest[1 + NAME_MAX_BYTES + 1] = "#";
	struct hub_client *alice = guest(0, 'A', "alice");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(enter(alice, bad[i]), CODE_ROOM_NAME_BAD);
	assert_true(head_of(2) == 0);
	memset(longest + 1, 'n', 32);
	assert_int_equal(enter(alice, longest), CODE_OK);
	memset(longest + 1, 'n', 33);
	assert_int_equal(enter(alice, longest), CODE_ROOM_NAME_BAD);
	assert_int_equal(enter(alice, "#lobby"), CODE_OK);
	assert_int_equal(ear.reply.room, WIRE_LOBBY);
	assert_int_equal(enter(alice, "#ＬＯＢＢＹ"), CODE_OK);
	assert_int_equal(ear.reply.room, WIRE_LOBBY);
	uint32_t room = enter_ok(alice, "#茶馆");
	assert_int_equal(enter_ok(alice, "#茶馆"), room);
}

static void who_has_not_joined_enters_nothing(void **state)
{
	static const enum command_kind kinds[] = {COMMAND_ENTER, COMMAND_PART, COMMAND_LIST,
						  COMMAND_TOPIC, COMMAND_WHO};
	struct hub_client *stranger = session(5, 'S');

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct command c = {.kind = kinds[i], .room = 1, .text = words("#dev")};
		assert_int_equal(run(stranger, c), CODE_NOT_JOINED);
	}
}

/* ---- topics ---------------------------------------------------------------------------------- */

static enum code set_topic(struct hub_client *c, uint32_t room, struct slice topic)
{
	return run(c, (struct command){.kind = COMMAND_TOPIC, .room = room, .text = topic});
}

static void a_room_has_a_topic(void **state)
{
	static char longest[WIRE_TOPIC_MAX + 1];
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t dev = enter_ok(alice, "#dev");

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(set_topic(alice, dev, words("喝茶")), CODE_OK);
	assert_true(ear.reply.seq == 3);
	expect_in(dev, 3, EVENT_TOPIC, "alice");
	assert_words(event_at(dev, 3).text, "喝茶");
	assert_int_equal(set_topic(bob, dev, words("mine")), CODE_NO_SUCH_ROOM);
	assert_int_equal(set_topic(alice, dev, slice_of(longest, sizeof(longest))), CODE_TEXT_BAD);
	assert_int_equal(set_topic(alice, dev, words("\xff")), CODE_TEXT_BAD);
	assert_int_equal(set_topic(alice, dev, words(" ")), CODE_TEXT_BAD);
	assert_int_equal(set_topic(alice, dev, slice_of(longest, WIRE_TOPIC_MAX)), CODE_OK);
	assert_int_equal(set_topic(alice, dev, words("")), CODE_OK);
	expect_in(dev, 5, EVENT_TOPIC, "alice");
	assert_int_equal(set_topic(alice, WIRE_LOBBY, words("all of us")), CODE_OK);
}

static void the_administrator_sets_it_too(void **state)
{
	static char longest[WIRE_TOPIC_MAX + 2];
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#Dev");

	(void)state;
	memset(longest, 'x', WIRE_TOPIC_MAX + 1);
	assert_int_equal(hub_set_topic(hub, words("#dev"), words("tea"), now), ERR_NONE);
	settle();
	expect_in(dev, 3, EVENT_TOPIC, "");
	assert_words(event_at(dev, 3).text, "tea");
	assert_words(hub_public_room(hub, words("DEV"))->topic, "tea");
	assert_int_equal(hub_set_topic(hub, words("#ops"), words("tea"), now), ERR_NOT_FOUND);
	assert_int_equal(hub_set_topic(hub, words("@bob"), words("tea"), now), ERR_NOT_FOUND);
	assert_int_equal(hub_set_topic(hub, words("dev"), words(longest), now), ERR_MALFORMED);
	assert_int_equal(hub_set_topic(hub, words("dev"), words(""), now), ERR_NONE);
	settle();
	expect_in(dev, 4, EVENT_TOPIC, "");
	assert_words(hub_title(hub, dev), "#Dev");
	assert_words(hub_title(hub, WIRE_LOBBY), "#lobby");
	assert_int_equal(hub_title(hub, 99).len, 0);
	guest(1, 'B', "bob");
	assert_int_equal(hub_title(hub, enter_ok(alice, "@bob")).len, 0);
}

/* ---- passwords ------------------------------------------------------------------------------- */

static uint8_t key[PROOF_KEY], proof[PROOF_BYTES];

/* ENTER with a password of which every byte of the seed is that one; name_key: of the room. */
static enum code enter_with(struct hub_client *c, const char *name, const char *name_key,
			    uint8_t password)
{
	uint8_t seed[PROOF_SEED];

	memset(seed, password, sizeof(seed));
	proof_key(seed, key);
	proof_make(seed, ear.binding, words(name_key), proof);
	return run(c, (struct command){.kind = COMMAND_ENTER,
				       .text = words(name),
				       .key = slice_of(key, sizeof(key)),
				       .proof = slice_of(proof, sizeof(proof))});
}

static void a_password_keeps_others_out(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	memset(ear.binding, 0x17, sizeof(ear.binding));
	assert_int_equal(enter_with(alice, "#Dev", "dev", 1), CODE_OK);
	uint32_t dev = ear.reply.room;
	assert_int_equal(enter(bob, "#dev"), CODE_PASSWORD);
	assert_int_equal(enter_with(bob, "#dev", "dev", 2), CODE_PASSWORD);
	assert_int_equal(enter_with(bob, "#dev", "ops", 1), CODE_PASSWORD);
	assert_int_equal(say_in(bob, dev, "let me in"), CODE_NO_SUCH_ROOM);
	assert_true(head_of(dev) == 2);
	assert_int_equal(enter_with(bob, "#DEV", "dev", 1), CODE_OK);
	assert_int_equal(ear.reply.room, dev);
	assert_int_equal(enter(bob, "#dev"), CODE_OK); /* it is in it */
	assert_int_equal(part_from(bob, dev), CODE_OK);
	assert_int_equal(enter(bob, "#dev"), CODE_PASSWORD);
}

/* The topic of the room with that number, as it is listed to the client. */
static struct slice topic_for(struct hub_client *c, uint32_t room)
{
	struct listed_room r;

	assert_int_equal(run(c, (struct command){.kind = COMMAND_LIST}), CODE_OK);
	for (struct slice page = ear.reply.text; list_get(&page, &r);)
		if (r.room == room)
			return r.topic;
	fail_msg("it is not listed");
	return slice_of(NULL, 0);
}

static void a_topic_is_behind_the_password(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	assert_int_equal(enter_with(alice, "#dev", "dev", 1), CODE_OK);
	struct command topic = {
		.kind = COMMAND_TOPIC, .room = ear.reply.room, .text = words("secret")};
	assert_int_equal(run(alice, topic), CODE_OK);
	assert_int_equal(topic_for(alice, topic.room).len, 6);
	assert_int_equal(topic_for(bob, topic.room).len, 0);
}

/* What was seen in one session is worth nothing in another. */
static void a_proof_is_bound_to_its_session(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	struct command again = {.kind = COMMAND_ENTER, .text = words("#dev")};

	(void)state;
	assert_int_equal(enter_with(alice, "#dev", "dev", 1), CODE_OK);
	again.key = slice_of(key, sizeof(key));
	again.proof = slice_of(proof, sizeof(proof));
	ear.binding[5] ^= 1;
	assert_int_equal(run(bob, again), CODE_PASSWORD);
	ear.binding[5] ^= 1;
	assert_int_equal(run(bob, again), CODE_OK);
}

/* A key that nobody can show to hold is no password: such a room could never be entered again. */
static void who_makes_a_room_knows_its_password(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");

	(void)state;
	memset(proof, 0, sizeof(proof));
	assert_int_equal(run(alice, (struct command){.kind = COMMAND_ENTER,
						     .text = words("#dev"),
						     .key = slice_of(key, sizeof(key))}),
			 CODE_PASSWORD);
	assert_int_equal(enter_with(alice, "#dev", "other", 1), CODE_PASSWORD);
	assert_true(head_of(2) == 0);
	assert_int_equal(enter(alice, "#dev"), CODE_OK);
}

static void a_room_without_one_asks_for_none(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	assert_int_equal(enter(alice, "#dev"), CODE_OK);
	assert_int_equal(enter_with(bob, "#dev", "dev", 1), CODE_OK);
	assert_int_equal(part_from(alice, ear.reply.room), CODE_OK);
	assert_int_equal(enter(alice, "#dev"), CODE_OK); /* and has none now */
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void a_member_is_in_so_many_rooms(void **state)
{
	struct hub_client *makers[5], *alice = guest(10, 'A', "alice");
	char name[16];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(makers); i++) {
		char nick[] = {'m', (char)('0' + i), '\0'};
		makers[i] = guest(i, (char)('0' + i), nick);
	}
	for (int i = 0; i < WIRE_ROOMS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "#room%d", i);
		assert_int_equal(enter(makers[i / REGISTRY_MADE_MAX], name), CODE_OK);
	}
	for (int i = 0; i < WIRE_ROOMS_MAX; i++) { /* and the lobby is one */
		(void)snprintf(name, sizeof(name), "#room%d", i);
		assert_int_equal(enter(alice, name),
				 i < WIRE_ROOMS_MAX - 1 ? CODE_OK : CODE_TOO_MANY_ROOMS);
	}
	assert_int_equal(enter(alice, "@m0"), CODE_TOO_MANY_ROOMS);
	assert_int_equal(enter(alice, "#room3"), CODE_OK); /* it is in it */
	uint32_t room3 = ear.reply.room;
	assert_int_equal(part_from(alice, room3), CODE_OK);
	assert_int_equal(enter(alice, "#room63"), CODE_OK);
}

static void an_identity_makes_so_many_rooms(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *local = guest(1, 'U', "local");
	char name[16];

	(void)state;
	for (int i = 0; i < 2 * REGISTRY_MADE_MAX; i++) {
		(void)snprintf(name, sizeof(name), "#x%d", i);
		assert_int_equal(enter(alice, name),
				 i < REGISTRY_MADE_MAX ? CODE_OK : CODE_TOO_MANY_ROOMS);
		(void)snprintf(name, sizeof(name), "#u%d", i);
		assert_int_equal(enter(local, name), CODE_OK);
	}
	assert_int_equal(part_from(alice, 2), CODE_OK);
	assert_int_equal(enter(alice, "#more"), CODE_TOO_MANY_ROOMS); /* it is still hers */
	assert_int_equal(enter(alice, "#u0"), CODE_OK);
}

/* ---- a disk that takes nothing --------------------------------------------------------------- */

static struct command enters(const char *name)
{
	return (struct command){
		.kind = COMMAND_ENTER, .text = words(name), .id = 1, .since_mode = SINCE_LAST};
}

static enum code fails(struct hub_client *c, struct command command)
{
	size_t before = ear.replies;

	hub_command(hub, c, &command, now);
	settle_as(ERR_FULL);
	assert_int_equal(ear.replies, before + 1);
	return ear.reply.code;
}

static void recover_now(void)
{
	now.mono_us += HUB_RETRY;
	settle();
	assert_false(hub_failing(hub));
}

static void what_is_not_kept_did_not_happen(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	uint32_t dev = enter_ok(alice, "#dev");
	struct command parts = {.kind = COMMAND_PART, .room = dev, .id = 1};
	struct command topic = {.kind = COMMAND_TOPIC, .room = dev, .text = words("new"), .id = 1};

	(void)state;
	assert_int_equal(set_topic(alice, dev, words("old")), CODE_OK);
	assert_int_equal(fails(alice, enters("#ops")), CODE_NOT_WRITTEN);
	assert_true(head_of(3) == 0);
	assert_null(hub_room(hub, 3));
	assert_int_equal(fails(alice, parts), CODE_NOT_WRITTEN); /* at once: it is failing */
	recover_now();
	assert_int_equal(fails(alice, parts), CODE_NOT_WRITTEN);
	recover_now();
	assert_int_equal(say_in(alice, dev, "still in"), CODE_OK);
	assert_int_equal(fails(alice, topic), CODE_NOT_WRITTEN);
	recover_now();
	assert_int_equal(run(alice, (struct command){.kind = COMMAND_LIST, .mode = LIST_MINE}),
			 CODE_OK);
	struct listed_room listed;
	struct slice page = ear.reply.text;
	assert_true(list_get(&page, &listed));
	assert_words(listed.name, "#dev");
	assert_words(listed.topic, "old");
	expect_in(dev, 4, EVENT_TALK, "alice");
	assert_int_equal(enter_ok(alice, "#ops"), 3);
	expect_in(3, 2, EVENT_JOIN, "alice");
}

/* All of it goes, the newest first. */
static void a_room_that_is_not_kept_goes_with_all_that_was_done_in_it(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	struct command talk = {.kind = COMMAND_TALK, .room = 2, .text = words("hi"), .id = 1};
	struct command topic = {.kind = COMMAND_TOPIC, .room = 2, .text = words("hi"), .id = 1};
	struct command parts = {.kind = COMMAND_PART, .room = 2, .id = 1};
	struct command enter_dev = enters("#dev"), nick = {.kind = COMMAND_NICK, .id = 1};

	(void)state;
	nick.text = words("rose");
	hub_command(hub, alice, &enter_dev, now);
	hub_turn(hub, now);
	hub_command(hub, bob, &enter_dev, now); /* of the next batch */
	hub_command(hub, alice, &talk, now);
	hub_command(hub, alice, &topic, now);
	hub_command(hub, alice, &nick, now);
	hub_command(hub, bob, &parts, now);
	hub_command(hub, bob, &enter_dev, now);
	hub_gone(hub, alice, LEAVE_LOST, words(""), now); /* once that is settled */
	fake_done(hub, ERR_SYSTEM, now);
	assert_null(hub_room(hub, 2));
	assert_non_null(member("alice"));
	assert_int_equal(member("alice")->state, MEMBER_RECONNECTING);
	recover_now();
	expect_in(WIRE_LOBBY, 3, EVENT_LOST, "alice");
	assert_int_equal(enter_ok(bob, "#dev"), 2);
	expect_in(2, 2, EVENT_JOIN, "bob");
}

/* What is written down of a room, and of who is in it. */
static void rooms_are_written_down(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	struct record r;

	(void)state;
	fake.len = 0;
	assert_int_equal(enter_with(alice, "#Dev", "dev", 1), CODE_OK);
	assert_int_equal(records_of(fake_kept(), RECORD_ROOM, &r), 1);
	assert_int_equal(r.room.number, 2);
	assert_int_equal(r.room.kind, RECORD_PUBLIC);
	assert_words(r.room.name, "#Dev");
	assert_true(r.room.password.len == sizeof(key) &&
		    memcmp(r.room.password.data, key, sizeof(key)) == 0);
	assert_memory_equal(r.room.owners[0], alice->bearer->identity, OWNER_BYTES);
	assert_true(r.room.made_ms == now.wall_ms);
	assert_int_equal(records_of(fake_kept(), RECORD_EVENT, &r), 2);
	assert_int_equal(records_of(fake_kept(), RECORD_PRESENT, &r), 1);
	assert_int_equal(r.present.room, 2);
	fake.len = 0;
	assert_int_equal(set_topic(alice, 2, words("tea")), CODE_OK);
	assert_int_equal(records_of(fake_kept(), RECORD_ROOM, &r), 1);
	assert_words(r.room.topic, "tea");
	assert_words(r.room.name, "#Dev");
	fake.len = 0;
	assert_int_equal(part_from(alice, 2), CODE_OK);
	assert_int_equal(records_of(fake_kept(), RECORD_ABSENT, &r), 1);
	assert_int_equal(r.present.room, 2);
	assert_words(r.present.name, "alice");
}

static void the_end_comes_at_any_time(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice");
	struct command parts = {.kind = COMMAND_PART, .room = 2, .id = 1}, ops = enters("#ops");

	(void)state;
	enter_ok(alice, "#dev");
	hub_command(hub, alice, &parts, now);
	hub_command(hub, alice, &ops, now);
	hub_turn(hub, now);
}

int main(void)
{
#define ON_DISK(f)                                                                                 \
	{                                                                                          \
#f, f, on_disk, tear_down, NULL                                                    \
	}
	const struct CMUnitTest tests[] = {
		IN_BOTH(a_room_is_made_by_who_comes_first),
		IN_BOTH(what_is_said_stays_in_the_room),
		IN_BOTH(who_comes_says_where_to_begin),
		IN_BOTH(another_session_of_a_member_enters_for_itself),
		IN_BOTH(who_parts_is_out_of_that_room_alone),
		IN_BOTH(commands_need_not_wait_for_each_other),
		IN_BOTH(a_member_has_one_name_in_all_rooms),
		IN_BOTH(who_is_lost_is_so_everywhere),
		IN_BOTH(some_names_are_none_of_a_room),
		IN_BOTH(who_has_not_joined_enters_nothing),
		IN_BOTH(a_room_has_a_topic),
		IN_BOTH(the_administrator_sets_it_too),
		IN_BOTH(a_password_keeps_others_out),
		IN_BOTH(a_topic_is_behind_the_password),
		IN_BOTH(a_proof_is_bound_to_its_session),
		IN_BOTH(who_makes_a_room_knows_its_password),
		IN_BOTH(a_room_without_one_asks_for_none),
		IN_BOTH(a_member_is_in_so_many_rooms),
		IN_BOTH(an_identity_makes_so_many_rooms),
		ON_DISK(what_is_not_kept_did_not_happen),
		ON_DISK(a_room_that_is_not_kept_goes_with_all_that_was_done_in_it),
		ON_DISK(rooms_are_written_down),
		ON_DISK(the_end_comes_at_any_time),
	};

	return cmocka_run_group_tests_name("hub, rooms", tests, NULL, NULL);
}
