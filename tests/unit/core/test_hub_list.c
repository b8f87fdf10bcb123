/* LIST and WHO: what there is, page by page, and to whom it is told. */
#include "hub_house.h"

enum { LISTED = 200 };

static struct {
	uint32_t room, flags;
	uint64_t members, head;
	char name[WIRE_ROOM_NAME_MAX + 1], topic[WIRE_TOPIC_MAX + 1];
} listed[LISTED];
static size_t listed_count;

/* Two letters for a number up to 99, in the order of numbers; none looks like another. */
static const char *letters(size_t i)
{
	static char two[3];

	two[0] = "bcdefghjkp"[i / 10];
	two[1] = "bcdefghjkp"[i % 10];
	return two;
}

static size_t number_of(const char *two)
{
	static const char order[] = "bcdefghjkp";

	return (size_t)(strchr(order, two[0]) - order) * 10 +
	       (size_t)(strchr(order, two[1]) - order);
}

static void keep_text(char *out, struct slice s)
{
	memcpy(out, s.data ? (const char *)s.data : "", s.len);
	out[s.len] = '\0';
}

/* The whole list, as a client asks for it; returns how many pages it has. */
static size_t list(struct hub_client *c, enum list_mode mode)
{
	char after[WIRE_ROOM_NAME_MAX + 1] = "";
	size_t pages = 0;

	listed_count = 0;
	do {
		struct listed_room r;
		assert_int_equal(run(c, (struct command){.kind = COMMAND_LIST,
							 .mode = mode,
							 .text = words(after)}),
				 CODE_OK);
		assert_true(reply_sound(&ear.reply, COMMAND_LIST));
		for (struct slice page = ear.reply.text; list_get(&page, &r); listed_count++) {
			assert_true(listed_count < LISTED);
			listed[listed_count].room = r.room;
			listed[listed_count].flags = r.flags;
			listed[listed_count].members = r.members;
			listed[listed_count].head = r.head;
			keep_text(listed[listed_count].name, r.name);
			keep_text(listed[listed_count].topic, r.topic);
			keep_text(after, r.name);
		}
		assert_true(++pages < LISTED);
	} while (ear.reply.more);
	return pages;
}

static void assert_listed(const char *const *names, size_t n)
{
	assert_int_equal(listed_count, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(listed[i].name, names[i]);
}

static void public_rooms_are_told_to_all(void **state)
{
	static const char *const all[] = {"#Dev", "#lobby", "#ops", "#茶馆"};
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");

	(void)state;
	enter_ok(alice, "#ops");
	uint32_t dev = enter_ok(alice, "#Dev");
	enter_ok(alice, "#茶馆");
	enter_ok(alice, "@bob");
	enter_ok(bob, "#dev");
	assert_int_equal(
		run(bob,
		    (struct command){.kind = COMMAND_TOPIC, .room = dev, .text = words("tea")}),
		CODE_OK);
	assert_int_equal(list(bob, LIST_PUBLIC), 1);
	assert_listed(all, COUNT_OF(all));
	assert_int_equal(listed[0].room, dev);
	assert_int_equal(listed[0].flags, LISTED_IN);
	assert_true(listed[0].members == 2 && listed[0].head == 4);
	assert_string_equal(listed[0].topic, "tea");
	assert_int_equal(listed[1].room, WIRE_LOBBY);
	assert_int_equal(listed[1].flags, LISTED_IN);
	assert_int_equal(listed[2].flags, 0);
	assert_true(listed[2].members == 1);
	assert_int_equal(part_from(bob, dev), CODE_OK);
	list(bob, LIST_PUBLIC);
	assert_int_equal(listed[0].flags, 0);
	assert_true(listed[0].members == 1);
}

static void one_s_own_are_told_to_oneself(void **state)
{
	static const char *const alices[] = {"#lobby", "#ops", "@bob", "@carol"};
	static const char *const bobs[] = {"#lobby", "@alice"};
	static const char *const carols[] = {"#dev", "#lobby", "@alice"};
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	struct hub_client *carol = guest(2, 'C', "carol");

	(void)state;
	enter_ok(alice, "#ops");
	enter_ok(carol, "#dev");
	enter_ok(alice, "@carol");
	enter_ok(bob, "@alice");
	list(alice, LIST_MINE);
	assert_listed(alices, COUNT_OF(alices));
	assert_int_equal(listed[2].flags, LISTED_IN | LISTED_DIRECT);
	list(bob, LIST_MINE);
	assert_listed(bobs, COUNT_OF(bobs));
	list(carol, LIST_MINE);
	assert_listed(carols, COUNT_OF(carols));
}

/* More than a reply takes, with the longest names and topics. */
static void a_long_list_has_pages(void **state)
{
	static char topic[WIRE_TOPIC_MAX];
	struct hub_client *local = guest(0, 'U', "local");
	char name[WIRE_ROOM_NAME_MAX + 1];

	(void)state;
	memset(topic, 't', sizeof(topic));
	for (int i = 0; i < 60; i++) {
		(void)snprintf(name, sizeof(name), "#%s%s", letters((size_t)i * 37 % 60),
			       "字字字字字字字字字字字字字字字字字字字字");
		uint32_t room = enter_ok(local, name);
		assert_int_equal(run(local, (struct command){.kind = COMMAND_TOPIC,
							     .room = room,
							     .text = slice_of(topic, 400)}),
				 CODE_OK);
	}
	for (enum list_mode mode = LIST_PUBLIC; mode <= LIST_MINE; mode++) {
		assert_in_range(list(local, mode), 2, 5);
		assert_int_equal(listed_count, 61);
		for (size_t i = 1; i < listed_count; i++)
			assert_true(strcmp(listed[i - 1].name, listed[i].name) < 0);
	}
}

/* The room that a page ended with may be another's, or gone, when the next one is asked for. */
static void a_list_goes_on_from_any_name(void **state)
{
	static const char *const froms[] = {"",	    "#aa",  "#dev", "#DEV", "#e",	"@",
					    "@bob", "@abe", "@zoe", "x",    "#\xff\xff"};
	static const size_t left[] = {4, 4, 3, 3, 3, 4, 1, 2, 0, 4, 4};
	struct hub_client *alice = guest(0, 'A', "alice");

	(void)state;
	guest(1, 'B', "bob");
	guest(2, 'C', "carol");
	enter_ok(alice, "#dev");
	enter_ok(alice, "@carol");
	enter_ok(alice, "@bob");
	for (size_t i = 0; i < COUNT_OF(froms); i++) {
		struct listed_room r;
		size_t n = 0;
		assert_int_equal(run(alice, (struct command){.kind = COMMAND_LIST,
							     .mode = LIST_MINE,
							     .text = words(froms[i])}),
				 CODE_OK);
		for (struct slice page = ear.reply.text; list_get(&page, &r);)
			n++;
		if (n != left[i])
			fail_msg("%zu rooms after '%s'", n, froms[i]);
	}
}

static void a_room_that_is_not_kept_is_not_listed(void **state)
{
	struct hub_client *alice = guest(0, 'A', "alice"), *bob = guest(1, 'B', "bob");
	struct command enters = {.kind = COMMAND_ENTER, .text = words("#dev"), .id = 900};
	struct command opens = {.kind = COMMAND_ENTER, .text = words("@bob"), .id = 901};
	struct command lists = {.kind = COMMAND_LIST, .id = 902};

	(void)state;
	hub_command(hub, alice, &enters, now);
	hub_command(hub, alice, &opens, now);
	for (enum list_mode mode = LIST_PUBLIC; mode <= LIST_MINE; mode++) {
		struct hub_client *const both[] = {alice, bob};
		lists.mode = mode;
		for (size_t i = 0; i < 2; i++) {
			struct listed_room r;
			hub_command(hub, both[i], &lists, now);
			struct slice page = ear.reply.text;
			assert_true(list_get(&page, &r) && r.room == WIRE_LOBBY);
			assert_false(list_get(&page, &r));
		}
	}
}

/* ---- WHO ------------------------------------------------------------------------------------- */

static size_t who_is_in(struct hub_client *c, uint32_t room, char names[][NAME_MAX_BYTES + 1])
{
	char after[NAME_MAX_BYTES + 1] = "";
	size_t n = 0;

	do {
		enum member_state member_is;
		struct slice name;
		assert_int_equal(run(c, (struct command){.kind = COMMAND_WHO,
							 .room = room,
							 .text = words(after)}),
				 CODE_OK);
		for (struct slice page = ear.reply.text; who_get(&page, &name, &member_is); n++) {
			keep_text(names[n], name);
			keep_text(after, name);
		}
	} while (ear.reply.more);
	return n;
}

static void who_is_in_a_room_is_told_to_who_is(void **state)
{
	static char names[CLIENTS][NAME_MAX_BYTES + 1];
	struct hub_client *first = guest(0, '0', "bb");
	uint32_t dev = enter_ok(first, "#dev");

	(void)state;
	for (size_t i = 1; i < 60; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "%s-%s", letters(i), "with-quite-a-long-name");
		struct hub_client *c = guest(i, (char)('0' + i), name);
		if (i % 2 == 0)
			assert_int_equal(enter(c, "#dev"), CODE_OK);
	}
	assert_int_equal(who_is_in(first, dev, names), 30);
	for (size_t i = 1; i < 30; i++)
		assert_int_equal(number_of(names[i]), 2 * i);
	assert_int_equal(who_is_in(first, WIRE_LOBBY, names), 60);
	assert_int_equal(run(&clients[1], (struct command){.kind = COMMAND_WHO, .room = dev}),
			 CODE_NO_SUCH_ROOM);
	assert_int_equal(run(&clients[1], (struct command){.kind = COMMAND_WHO, .room = 50}),
			 CODE_NO_SUCH_ROOM);
}

int main(void)
{
#define ON_DISK(f)                                                                                 \
	{                                                                                          \
#f, f, on_disk, tear_down, NULL                                                    \
	}
	const struct CMUnitTest tests[] = {
		IN_BOTH(public_rooms_are_told_to_all),
		IN_BOTH(one_s_own_are_told_to_oneself),
		IN_BOTH(a_long_list_has_pages),
		IN_BOTH(a_list_goes_on_from_any_name),
		ON_DISK(a_room_that_is_not_kept_is_not_listed),
		IN_BOTH(who_is_in_a_room_is_told_to_who_is),
	};

	return cmocka_run_group_tests_name("hub, lists", tests, NULL, NULL);
}
