/* Rooms of two: opened by one, drawn into by the other, seen by nobody else. */
#include "hub_house.h"

static uint32_t open_with(struct hub_client *c, const char *name, const char *told_name)
{
	uint32_t room = enter_ok(c, name);

	assert_true(ear.reply.seq == 0 && ear.reply.epoch == event_epoch_of_two(EPOCH, room));
	assert_words(ear.reply.text, told_name);
	return room;
}

static void two_have_a_room_of_their_own(void **state)
{
	struct hub_client *alice = guest(0, 'A', "Alice"), *bob = guest(1, 'B', "bob");
	struct hub_client *carol = guest(2, 'C', "carol");
	size_t before = heard_of;

	(void)state;
	uint32_t room = open_with(alice, "@BOB", "@bob");
	assert_true(ear_reader(alice, room)->first == 2); /* nothing was said in it so far */
	expect_in(room, 1, EVENT_OPEN, "Alice");
	assert_words(event_at(room, 1).text, "bob");
	assert_true(gets(bob, room) && ear_reader(bob, room)->first == 1);
	assert_false(gets(carol, room));

	assert_int_equal(say_in(alice, room, "psst"), CODE_OK);
	assert_true(ear.reply.seq == 2);
	assert_int_equal(say_in(bob, room, "what?"), CODE_OK);
	expect_in(room, 3, EVENT_TALK, "bob");
	assert_int_equal(open_with(bob, "@alice", "@Alice"), room); /* the same one */
	assert_int_equal(say_in(carol, room, "me too"), CODE_NO_SUCH_ROOM);
	assert_true(head_of(room) == 3);
	assert_int_equal(heard_of, before); /* on no console, in no file */
}

/* All sessions of both that are here; those that come later ask. */
static void all_their_sessions_get_it(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *too = guest(1, 'A', "alice");
	struct hub_client *bob = guest(2, 'B', "bob"), *other = guest(3, 'B', "bobby");

	(void)state;
	uint32_t room = open_with(alice, "@bob", "@bob");
	assert_true(gets(alice, room) && gets(too, room) && gets(bob, room) && gets(other, room));
	assert_true(ear_reader(too, room)->first == 1 && ear_reader(other, room)->first == 1);
	struct hub_client *late = guest(4, 'B', "bob");
	assert_false(gets(late, room));
	assert_int_equal(run(late, (struct command){.kind = COMMAND_ENTER,
						    .text = words("@alice"),
						    .since_mode = SINCE_SEQ}),
			 CODE_OK);
	assert_int_equal(ear.reply.room, room);
	assert_true(ear.reply.first == 1 && gets(late, room));
}

/* Others can make one follow half of what a session can: the rest is for rooms of one's own choice. */
static void nobody_is_drawn_into_too_many(void **state)
{
	struct hub_client *victim = guest(0, 'V', "victim");

	(void)state;
	ear.others_followed = WIRE_ROOMS_MAX / 2 - 2; /* beside the lobby */
	uint32_t last = enter_ok(guest(1, 'A', "alice"), "@victim");
	assert_true(gets(victim, last));
	uint32_t beyond = enter_ok(guest(2, 'B', "bob"), "@victim");
	assert_false(gets(victim, beyond));
	assert_int_equal(enter_ok(victim, "@bob"), beyond); /* by oneself, one can */
}

static void who_is_away_finds_it_later(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	assert_int_equal(run(bob, (struct command){.kind = COMMAND_QUIT, .text = words("")}),
			 CODE_OK);
	uint32_t room = open_with(alice, "@bob", "@bob");
	assert_int_equal(say_in(alice, room, "when you are back"), CODE_OK);
	assert_int_equal(enter(alice, "@nobody"), CODE_NO_SUCH_NICK);
	bob = guest(2, 'B', "robert"); /* whatever it is called */
	assert_int_equal(run(bob, (struct command){.kind = COMMAND_LIST, .mode = LIST_MINE}),
			 CODE_OK);
	struct slice page = ear.reply.text;
	struct listed_room listed;
	assert_true(list_get(&page, &listed) && listed.room == WIRE_LOBBY);
	assert_true(list_get(&page, &listed));
	assert_int_equal(listed.room, room);
	assert_words(listed.name, "@alice");
	assert_int_equal(listed.flags, LISTED_IN | LISTED_DIRECT);
	assert_true(listed.head == 2 && listed.members == 2);
	assert_false(list_get(&page, &listed) || page.failed);
	assert_int_equal(run(bob, (struct command){.kind = COMMAND_ENTER,
						   .text = words("@alice"),
						   .since_mode = SINCE_SEQ}),
			 CODE_OK);
	assert_true(ear.reply.room == room && ear.reply.first == 1);
	expect_in(room, 2, EVENT_TALK, "alice"); /* nobody comes or goes in it */
}

static void some_names_lead_to_nobody(void **state)
{
	static const char *const bad[] = {"@",	   "@nobody", "@@bob", "@ bob",
					  "@bob ", "@\xff",   "@#x"};
	struct hub_client *alice = guest(0, 'A', "alice"), *nobody = guest(1, '-', "ghost");

	(void)state;
	guest(2, 'B', "bob");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(enter(alice, bad[i]), CODE_NO_SUCH_NICK);
	assert_int_equal(enter(alice, "@ghost"), CODE_NO_SUCH_NICK); /* who could show to be it? */
	assert_int_equal(enter(nobody, "@alice"), CODE_NO_SUCH_NICK);
	assert_true(head_of(2) == 0);
}

/* The name is somebody else's now: it leads to them, and the old room stays the old two's. */
static void a_name_that_went_over_takes_nobody_along(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	uint32_t old = open_with(alice, "@bob", "@bob");
	assert_int_equal(say_in(alice, old, "secret"), CODE_OK);
	assert_int_equal(run(bob, (struct command){.kind = COMMAND_NICK, .text = words("robert")}),
			 CODE_OK);
	assert_int_equal(hub_release(hub, words("bob")), ERR_NONE);
	struct hub_client *carol = guest(2, 'C', "bob");
	assert_int_equal(say_in(carol, old, "me"), CODE_NO_SUCH_ROOM);
	uint32_t with_carol = open_with(alice, "@bob", "@bob");
	assert_true(with_carol != old);
	assert_true(gets(carol, with_carol) && !gets(carol, old));
	/* what one has of the old room is not what there is in the new one */
	assert_int_equal(say_in(carol, with_carol, "hello"), CODE_OK);
	assert_int_equal(run(alice, (struct command){.kind = COMMAND_ENTER,
						     .text = words("@bob"),
						     .since = 2,
						     .epoch = event_epoch_of_two(EPOCH, old)}),
			 CODE_OK);
	assert_true(ear.reply.room == with_carol && ear.reply.first == 1);
	assert_int_equal(open_with(alice, "@robert", "@robert"), old);
}

/* Local users have one identity under several names. */
static void names_tell_apart_what_one_identity_is(void **state)
{
	struct hub_client *here = guest(0, 'U', "here"), *there = guest(1, 'U', "there");
	struct hub_client *third = guest(2, 'U', "third"), *bob = guest(3, 'B', "bob");

	(void)state;
	uint32_t room = open_with(here, "@there", "@there");
	assert_true(gets(there, room) && !gets(third, room));
	assert_int_equal(say_in(there, room, "yes?"), CODE_OK);
	assert_int_equal(say_in(third, room, "no"), CODE_NO_SUCH_ROOM);
	assert_int_equal(open_with(there, "@here", "@here"), room);
	assert_true(open_with(third, "@here", "@here") != room);
	assert_true(open_with(here, "@here", "@here") != room); /* notes to oneself */
	uint32_t with_bob = open_with(bob, "@here", "@here");	/* with that user, by any name */
	assert_int_equal(say_in(third, with_bob, "it is me"), CODE_OK);
	assert_int_equal(open_with(third, "@bob", "@bob"), with_bob);
}

static void nobody_parts_from_a_room_of_two(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t room = open_with(alice, "@bob", "@bob");
	struct command topic = {.kind = COMMAND_TOPIC, .room = room, .text = words("us")};

	(void)state;
	assert_int_equal(part_from(bob, room), CODE_LOBBY_STAYS);
	assert_int_equal(run(bob, topic), CODE_NO_SUCH_ROOM);
	assert_int_equal(run(bob, (struct command){.kind = COMMAND_NICK, .text = words("rob")}),
			 CODE_OK);
	hub_gone(hub, bob, LEAVE_LOST, words(""), now);
	settle();
	expect_in(room, 1, EVENT_OPEN, "alice"); /* nothing of that is told there */
}

static void who_is_in_it_is_told_to_these_two(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	uint32_t room = open_with(alice, "@bob", "@bob");
	struct command who = {.kind = COMMAND_WHO, .room = room};
	enum member_state member_is;
	struct slice page, name;

	(void)state;
	guest(2, 'C', "barbara");
	hub_gone(hub, bob, LEAVE_LOST, words(""), now);
	settle();
	assert_int_equal(run(alice, who), CODE_OK);
	page = ear.reply.text;
	assert_true(who_get(&page, &name, &member_is));
	assert_words(name, "alice");
	assert_true(who_get(&page, &name, &member_is));
	assert_words(name, "bob");
	assert_int_equal(member_is, MEMBER_RECONNECTING);
	assert_false(who_get(&page, &name, &member_is) || ear.reply.more);
}

static void an_identity_opens_so_many(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *last = guest(1, 'B', "bob");
	char name[NAME_MAX_BYTES];

	(void)state;
	for (int i = 0; i < 130; i++) { /* who was here, by all keys there are */
		struct hub_client *c = session(2, 'x');
		memset(c->bearer->identity, 0x55, OWNER_BYTES);
		c->bearer->identity[7] = (uint8_t)i;
		(void)snprintf(name, sizeof(name), "w%dw", i);
		assert_int_equal(run(c, (struct command){.kind = COMMAND_JOIN,
							 .room = WIRE_LOBBY,
							 .text = words(name),
							 .instance = 1}),
				 CODE_OK);
		assert_int_equal(run(c, (struct command){.kind = COMMAND_QUIT, .text = words("")}),
				 CODE_OK);
		hub_gone(hub, c, LEAVE_QUIT, words(""), now);
		memset(c, 0, sizeof(*c));
		(void)snprintf(name, sizeof(name), "@w%dw", i);
		ear.reader_count = 0; /* a session has limits of its own */
		assert_int_equal(enter(alice, name),
				 i < REGISTRY_OPENED_MAX ? CODE_OK : CODE_TOO_MANY_ROOMS);
	}
	assert_int_equal(enter(last, "@alice"), CODE_OK); /* it is the other's */
}

/* ---- a disk ---------------------------------------------------------------------------------- */

static void a_room_of_two_is_written_down(void **state)
{
	struct hub_client *alice = guest(0, 'A', "Alice"), *bob = guest(1, 'B', "bob");
	struct record r;

	(void)state;
	fake.len = 0;
	uint32_t room = open_with(alice, "@bob", "@bob");
	assert_int_equal(records_of(fake_kept(), RECORD_ROOM, &r), 1);
	assert_int_equal(r.room.number, room);
	assert_int_equal(r.room.kind, RECORD_DIRECT);
	assert_memory_equal(r.room.owners[0], alice->bearer->identity, OWNER_BYTES);
	assert_memory_equal(r.room.owners[1], bob->bearer->identity, OWNER_BYTES);
	assert_words(r.room.names[0], "Alice");
	assert_words(r.room.names[1], "bob");
	assert_int_equal(r.room.name.len, 0);
	assert_int_equal(records_of(fake_kept(), RECORD_PRESENT, &r), 0);
}

static void two_that_open_it_at_once_have_one(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	struct command to_bob = {.kind = COMMAND_ENTER, .text = words("@bob"), .id = 7};
	struct command to_alice = {.kind = COMMAND_ENTER, .text = words("@alice"), .id = 7};

	(void)state;
	for (int failing = 1; failing >= 0; failing--) {
		size_t before = ear.replies;
		hub_command(hub, alice, &to_bob, now);
		hub_turn(hub, now);
		hub_command(hub, bob, &to_alice, now);
		assert_int_equal(ear.replies, before); /* neither is kept */
		fake_done(hub, failing ? ERR_FULL : ERR_NONE, now);
		settle();
		assert_int_equal(ear.replies, before + 2);
		assert_int_equal(ear.reply.code, failing ? CODE_NOT_WRITTEN : CODE_OK);
		now.mono_us += HUB_RETRY;
		settle();
	}
	assert_int_equal(ear.reply.room, 2);
	assert_true(head_of(2) == 1 && head_of(3) == 0);
	assert_true(gets(alice, 2) && gets(bob, 2));
}

/* It is not here yet, as far as the others know, and asks for its rooms when it is. */
static void who_is_about_to_join_is_not_drawn_in(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = session(1, 'B');
	struct command opens = {.kind = COMMAND_ENTER, .text = words("@bob"), .id = 7};
	struct command joins = {.kind = COMMAND_JOIN,
				.room = WIRE_LOBBY,
				.text = words("bob"),
				.instance = 5,
				.id = 1};

	(void)state;
	guest(2, 'B', "bob");
	hub_command(hub, alice, &opens, now);
	hub_turn(hub, now);
	joins.text = words("bobby"); /* as another member of the same identity */
	hub_command(hub, bob, &joins, now);
	fake_done(hub, ERR_NONE, now);
	assert_true(gets(&clients[2], 2));
	assert_false(gets(bob, 2));
	settle();
	assert_true(gets(bob, WIRE_LOBBY));
	assert_int_equal(say_in(bob, 2, "I am one of two"), CODE_OK);
}

int main(void)
{
#define ON_DISK(f)                                                                                 \
	{                                                                                          \
#f, f, on_disk, tear_down, NULL                                                    \
	}
	const struct CMUnitTest tests[] = {
		IN_BOTH(two_have_a_room_of_their_own),
		IN_BOTH(all_their_sessions_get_it),
		IN_BOTH(nobody_is_drawn_into_too_many),
		IN_BOTH(who_is_away_finds_it_later),
		IN_BOTH(some_names_lead_to_nobody),
		IN_BOTH(a_name_that_went_over_takes_nobody_along),
		IN_BOTH(names_tell_apart_what_one_identity_is),
		IN_BOTH(nobody_parts_from_a_room_of_two),
		IN_BOTH(who_is_in_it_is_told_to_these_two),
		IN_BOTH(an_identity_opens_so_many),
		ON_DISK(a_room_of_two_is_written_down),
		ON_DISK(two_that_open_it_at_once_have_one),
		ON_DISK(who_is_about_to_join_is_not_drawn_in),
	};

	return cmocka_run_group_tests_name("hub, rooms of two", tests, NULL, NULL);
}
