/*
 * Who may look where: a room that somebody is not in, one of two that is not one's own, and a number of no
 * room get the same answer, bit for bit, to every command; and nothing happens.
 */
#include "hub_house.h"

enum { NOWHERE = 60000 };

static struct hub_client *mallory; /* in the lobby alone */
static uint32_t secret, closed, open_room;

static void lay_out(bool with_store)
{
	open_house(with_store);
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	mallory = guest(2, 'M', "mallory");
	secret = enter_ok(alice, "@bob");
	closed = enter_ok(alice, "#closed");
	open_room = enter_ok(bob, "#open");
	const uint32_t rooms[] = {secret, closed, open_room};
	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		struct hub_client *c = i < 2 ? alice : bob;
		for (int n = 0; n < 5; n++)
			assert_int_equal(say_in(c, rooms[i], "xyzzy is the word"), CODE_OK);
		assert_int_equal(run(c, (struct command){.kind = COMMAND_EDIT,
							 .room = rooms[i],
							 .seq = 3,
							 .text = words("plover xyzzy")}),
				 CODE_OK);
	}
}

static int house_in_memory(void **state)
{
	(void)state;
	lay_out(false);
	return 0;
}

static int house_on_disk(void **state)
{
	(void)state;
	lay_out(true);
	return 0;
}

/* ---- every command, every number ------------------------------------------------------------- */

static const enum command_kind kinds[] = {
	COMMAND_TALK,	COMMAND_WHO,  COMMAND_PART, COMMAND_TOPIC,
	COMMAND_RECALL, COMMAND_EDIT, COMMAND_PAGE, COMMAND_SEARCH,
};

static const char *const texts[] = {
	"", "words", "xyzzy", "#closed", "@alice", "\xff", "mallory", "xyzzy from:alice", "bob"};

static const uint64_t numbers[] = {0, 1, 2, 3, 4, 7, 8, 9, 1000, UINT64_MAX >> 2};

/* All that changes when somebody gets somewhere. */
static uint64_t state_of_all(void)
{
	uint64_t sum = 0;

	for (uint32_t room = 1; room < 10; room++)
		sum = sum * 1000 + head_of(room);
	return sum * 10 + ear.follows % 10;
}

static struct reply answer_to(struct hub_client *c, struct command command)
{
	uint64_t before = state_of_all();

	command.id = ++asked;
	size_t replies = ear.replies;
	hub_command(hub, c, &command, now);
	assert_int_equal(ear.replies, replies + 1); /* at once: nobody had to be asked */
	assert_int_equal(fake.query_count, 0);
	settle();
	assert_int_equal(ear.replies, replies + 1);
	assert_true(state_of_all() == before);
	struct reply r = ear.reply;
	r.id = 0;
	return r;
}

static void try_all(struct hub_client *c, uint32_t room)
{
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (size_t t = 0; t < COUNT_OF(texts); t++)
			for (size_t n = 0; n < COUNT_OF(numbers); n++) {
				struct command command = {.kind = kinds[k],
							  .text = words(texts[t]),
							  .seq = numbers[n],
							  .before = numbers[n],
							  .count = numbers[n],
							  .token = numbers[n],
							  .mid = 1000 + numbers[n]};
				command.room = NOWHERE;
				struct reply nowhere = answer_to(c, command);
				command.room = room;
				struct reply here = answer_to(c, command);
				if (here.code != nowhere.code || here.seq != nowhere.seq ||
				    here.first != nowhere.first || here.more != nowhere.more ||
				    here.epoch != nowhere.epoch || here.room != nowhere.room ||
				    here.text.len + nowhere.text.len != 0)
					fail_msg("command %d to room %u with '%s', %llu: code %d",
						 kinds[k], room, texts[t],
						 (unsigned long long)numbers[n], here.code);
				if (kinds[k] != COMMAND_SEARCH)
					assert_int_equal(here.code, CODE_NO_SUCH_ROOM);
			}
}

static void no_number_tells_anything(void **state)
{
	struct hub_client *ghost = guest(5, '-', "ghost");
	const uint32_t rooms[] = {secret, closed, open_room, 5, 6, WIRE_MAX_ROOM, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		try_all(mallory, rooms[i]);
		try_all(ghost, rooms[i]);
	}
}

/* Who was in a room, and is not any more, is a stranger again. */
static void who_has_left_is_a_stranger(void **state)
{
	(void)state;
	assert_int_equal(enter(mallory, "#open"), CODE_OK);
	assert_int_equal(part_from(mallory, open_room), CODE_OK);
	try_all(mallory, open_room);
}

/* ---- names, lists, searches ------------------------------------------------------------------ */

static void no_name_leads_there(void **state)
{
	(void)state;
	uint32_t with_alice = enter_ok(mallory, "@alice"), with_bob = enter_ok(mallory, "@bob");
	assert_true(with_alice != secret && with_bob != secret && with_alice != with_bob);
	assert_int_equal(enter(mallory, "@bob "), CODE_NO_SUCH_NICK);
	assert_false(gets(mallory, secret) || gets(mallory, closed) || gets(mallory, open_room));
}

static bool is_listed(enum list_mode mode, uint32_t room)
{
	struct listed_room listed;
	bool found = false;

	assert_int_equal(run(mallory, (struct command){.kind = COMMAND_LIST, .mode = mode}),
			 CODE_OK);
	for (struct slice page = ear.reply.text; list_get(&page, &listed);)
		found = found || listed.room == room;
	return found;
}

static void no_list_has_it(void **state)
{
	(void)state;
	assert_false(is_listed(LIST_PUBLIC, secret) || is_listed(LIST_MINE, secret));
	assert_true(is_listed(LIST_PUBLIC, closed) && !is_listed(LIST_MINE, closed));
	assert_int_equal(run(mallory, (struct command){.kind = COMMAND_LIST,
						       .mode = LIST_MINE,
						       .text = words("@bob")}),
			 CODE_OK);
	assert_int_equal(ear.reply.text.len, 0);
}

static void no_search_finds_it(void **state)
{
	static const char *const lines[] = {"xyzzy", "plover", "from:alice", "word from:bob",
					    "xyzzy before:2030-01-01"};
	static const char *const nowhere[] = {"xyzzy in:@bob", "xyzzy in:@alice",
					      "xyzzy in:#closed", "xyzzy in:#open"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(run(mallory, (struct command){.kind = COMMAND_SEARCH,
							       .text = words(lines[i])}),
				 CODE_OK);
		assert_int_equal(ear.reply.text.len, 0);
		assert_false(ear.reply.more);
	}
	for (size_t i = 0; i < COUNT_OF(nowhere); i++)
		assert_int_equal(run(mallory, (struct command){.kind = COMMAND_SEARCH,
							       .text = words(nowhere[i])}),
				 CODE_NO_SUCH_ROOM);
	assert_int_equal(
		run(&clients[0], (struct command){.kind = COMMAND_SEARCH, .text = words("xyzzy")}),
		CODE_OK);
	assert_true(ear.reply.text.len > 0);
}

/* What the store is asked names one's own rooms and no others. */
static void no_foreign_room_is_searched(void **state)
{
	struct command search = {.kind = COMMAND_SEARCH, .text = words("xyzzy"), .id = 77};

	(void)state;
	uint32_t own = enter_ok(mallory, "@alice");
	hub_command(hub, mallory, &search, now);
	assert_int_equal(fake.query_count, 1);
	assert_int_equal(fake.queries[0].room_count, 2);
	assert_true((fake.rooms[0] == WIRE_LOBBY && fake.rooms[1] == own) ||
		    (fake.rooms[1] == WIRE_LOBBY && fake.rooms[0] == own));
	answer_with(0, (struct store_answer){.error = ERR_NONE});
}

int main(void)
{
#define MEMORY(f)                                                                                  \
	{                                                                                          \
		"memory: " #f, f, house_in_memory, tear_down, NULL                                 \
	}
#define STORE(f)                                                                                   \
	{                                                                                          \
		"store: " #f, f, house_on_disk, tear_down, NULL                                    \
	}
	const struct CMUnitTest tests[] = {
		MEMORY(no_number_tells_anything),
		STORE(no_number_tells_anything),
		MEMORY(who_has_left_is_a_stranger),
		STORE(who_has_left_is_a_stranger),
		MEMORY(no_name_leads_there),
		STORE(no_name_leads_there),
		MEMORY(no_list_has_it),
		STORE(no_list_has_it),
		MEMORY(no_search_finds_it),
		STORE(no_foreign_room_is_searched),
	};

	return cmocka_run_group_tests_name("hub, rights", tests, NULL, NULL);
}
