/* The registry of rooms: by number, name and pair; limits; and logs that share their memory. */
#include "core/registry.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG = 1 << 20, ALL = 1 << 30 };

static struct registry *rooms;
static uint8_t owners[300][OWNER_BYTES];

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(owners); i++) {
		memset(owners[i], 0x20 + (int)i % 200, OWNER_BYTES);
		owners[i][0] = (uint8_t)(i / 200 + 1);
	}
	rooms = registry_new(LOG, ALL, true, 7);
	assert_non_null(rooms);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	registry_free(rooms);
	return 0;
}

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

/* "#Name" has the key "name" here. */
static enum err make(const char *name, const char *key, const uint8_t *owner,
		     struct registry_room **out)
{
	struct registry_facts f = {.kind = REGISTRY_PUBLIC,
				   .name = words(name),
				   .key = words(key),
				   .owners = {owner, NULL}};

	return registry_add(rooms, &f, out);
}

static enum err open_two(const uint8_t *a, const char *name_a, const uint8_t *b, const char *name_b,
			 struct registry_room **out)
{
	struct registry_facts f = {.kind = REGISTRY_DIRECT,
				   .owners = {a, b},
				   .names = {words(name_a), words(name_b)},
				   .keys = {words(name_a), words(name_b)}};

	return registry_add(rooms, &f, out);
}

static struct registry_room *find_two(const uint8_t *a, const char *name_a, const uint8_t *b,
				      const char *name_b)
{
	const uint8_t *const pair[2] = {a, b};
	const struct slice keys[2] = {words(name_a), words(name_b)};

	return registry_of_two(rooms, pair, keys);
}

static void rooms_are_found_by_number_and_name(void **state)
{
	struct registry_room *lobby, *dev, *again;

	(void)state;
	assert_int_equal(make("#lobby", "lobby", NULL, &lobby), ERR_NONE);
	assert_int_equal(lobby->number, WIRE_LOBBY);
	assert_int_equal(make("#Dev", "dev", owners[1], &dev), ERR_NONE);
	assert_int_equal(dev->number, 2);
	assert_memory_equal(dev->name.data, "#Dev", 4);
	assert_ptr_equal(registry_find(rooms, 2), dev);
	assert_ptr_equal(registry_named(rooms, words("dev")), dev);
	assert_ptr_equal(registry_named(rooms, words("lobby")), lobby);
	assert_null(registry_named(rooms, words("de")));
	assert_null(registry_named(rooms, words("")));
	assert_null(registry_find(rooms, 0));
	assert_null(registry_find(rooms, 3));
	assert_null(registry_find(rooms, UINT32_MAX));
	assert_int_equal(make("#DEV", "dev", owners[2], &again), ERR_EXISTS);
	assert_int_equal(registry_count(rooms, REGISTRY_PUBLIC), 2);
}

static void two_have_one_room_in_any_order(void **state)
{
	struct registry_room *ab, *ac, *none;

	(void)state;
	assert_int_equal(open_two(owners[1], "a", owners[2], "b", &ab), ERR_NONE);
	assert_int_equal(open_two(owners[1], "a", owners[3], "c", &ac), ERR_NONE);
	assert_ptr_equal(find_two(owners[1], "a", owners[2], "b"), ab);
	assert_ptr_equal(find_two(owners[2], "b", owners[1], "a"), ab);
	assert_ptr_equal(find_two(owners[2], "called otherwise now", owners[1], "x"), ab);
	assert_ptr_equal(find_two(owners[3], "c", owners[1], "a"), ac);
	assert_null(find_two(owners[2], "b", owners[3], "c"));
	assert_null(find_two(owners[1], "a", owners[1], "a"));
	assert_int_equal(open_two(owners[2], "b", owners[1], "a", &none), ERR_EXISTS);
}

/* One key, or one user of this machine, under several names. */
static void one_owner_s_names_are_told_apart(void **state)
{
	struct registry_room *ab, *ac, *self;
	const uint8_t *o = owners[1];

	(void)state;
	assert_int_equal(open_two(o, "a", o, "b", &ab), ERR_NONE);
	assert_int_equal(open_two(o, "a", o, "c", &ac), ERR_NONE);
	assert_int_equal(open_two(o, "a", o, "a", &self), ERR_NONE);
	assert_ptr_equal(find_two(o, "b", o, "a"), ab);
	assert_ptr_equal(find_two(o, "c", o, "a"), ac);
	assert_ptr_equal(find_two(o, "a", o, "a"), self);
	assert_null(find_two(o, "b", o, "c"));
	assert_null(find_two(o, "b", o, "b"));
	assert_ptr_equal(registry_first_direct(rooms, o), ab);
	assert_ptr_equal(registry_next_direct(rooms, ab, o), ac);
	assert_ptr_equal(registry_next_direct(rooms, ac, o), self);
	assert_null(registry_next_direct(rooms, self, o));
}

/* A name that looks like a pair's, and the other way round: nothing is mixed up. */
static void kinds_are_told_apart(void **state)
{
	struct registry_room *ab, *named;
	char key[2 * OWNER_BYTES];

	(void)state;
	memcpy(key, owners[1], OWNER_BYTES);
	memcpy(key + OWNER_BYTES, owners[2], OWNER_BYTES);
	assert_int_equal(open_two(owners[1], "a", owners[2], "b", &ab), ERR_NONE);
	assert_null(registry_named(rooms, slice_of(key, sizeof(key))));
	assert_null(registry_named(rooms, words("a")));
	assert_int_equal(make("#a", "a", owners[1], &named), ERR_NONE);
	assert_ptr_equal(registry_named(rooms, words("a")), named);
	assert_ptr_equal(find_two(owners[1], "a", owners[2], "b"), ab);
}

static void each_knows_its_rooms_of_two(void **state)
{
	struct registry_room *ab, *ca, *cb, *dev;

	(void)state;
	assert_int_equal(make("#dev", "dev", owners[1], &dev), ERR_NONE);
	assert_int_equal(open_two(owners[1], "a", owners[2], "b", &ab), ERR_NONE);
	assert_int_equal(open_two(owners[3], "c", owners[1], "a", &ca), ERR_NONE);
	assert_int_equal(open_two(owners[3], "c", owners[2], "b", &cb), ERR_NONE);
	assert_ptr_equal(registry_first_direct(rooms, owners[1]), ab);
	assert_ptr_equal(registry_next_direct(rooms, ab, owners[1]), ca);
	assert_null(registry_next_direct(rooms, ca, owners[1]));
	assert_ptr_equal(registry_first_direct(rooms, owners[2]), ab);
	assert_ptr_equal(registry_next_direct(rooms, ab, owners[2]), cb);
	assert_null(registry_first_direct(rooms, owners[4]));
	registry_remove(rooms, ab);
	assert_ptr_equal(registry_first_direct(rooms, owners[1]), ca);
	assert_ptr_equal(registry_first_direct(rooms, owners[2]), cb);
	assert_null(find_two(owners[1], "a", owners[2], "b"));
	assert_null(registry_find(rooms, 2));
	assert_ptr_equal(registry_after(rooms, 1), ca);
}

/* What could not be kept: as if it had never been, number and all. */
static void a_removed_room_leaves_nothing(void **state)
{
	struct registry_room *e, *again;

	(void)state;
	for (int i = 0; i < 3 * REGISTRY_MADE_MAX; i++) {
		assert_int_equal(make("#dev", "dev", owners[1], &e), ERR_NONE);
		assert_int_equal(e->number, 1);
		assert_int_equal(registry_set_topic(e, words("words")), ERR_NONE);
		assert_non_null(registry_log(rooms, e));
		registry_remove(rooms, e);
	}
	assert_int_equal(registry_count(rooms, REGISTRY_PUBLIC), 0);
	assert_int_equal(registry_log_bytes(rooms), 0);
	assert_int_equal(make("#dev", "dev", owners[1], &again), ERR_NONE);
}

static void nobody_makes_too_many(void **state)
{
	struct registry_room *e;
	uint8_t local[OWNER_BYTES];
	char name[32];

	(void)state;
	owner_of_user(1000, local);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(make(name, name, owners[1], &e),
				 i < REGISTRY_MADE_MAX ? ERR_NONE : ERR_FULL);
		(void)snprintf(name, sizeof(name), "#local%d", i);
		assert_int_equal(make(name, name, local, &e), ERR_NONE);
		assert_int_equal(open_two(owners[0], "o", owners[1 + i], "n", &e),
				 i < REGISTRY_OPENED_MAX ? ERR_NONE : ERR_FULL);
		assert_int_equal(open_two(local, "o", owners[1 + i], "n", &e), ERR_NONE);
	}
	assert_int_equal(open_two(owners[5], "x", owners[250], "y", &e), ERR_NONE);
	assert_int_equal(make("#other", "other", owners[2], &e), ERR_NONE);
}

static void what_was_there_is_restored_beyond_limits(void **state)
{
	struct registry_facts f = {.kind = REGISTRY_PUBLIC,
				   .owners = {owners[1]},
				   .topic = words("about"),
				   .keep_days = 30,
				   .made_ms = 1234,
				   .head = 900,
				   .first = 100};
	uint8_t key[REGISTRY_PASSWORD];
	struct registry_room *e = NULL;
	char name[32];

	(void)state;
	memset(key, 9, sizeof(key));
	f.password = slice_of(key, sizeof(key));
	for (uint32_t i = 0; i < 2 * REGISTRY_MADE_MAX; i++) {
		(void)snprintf(name, sizeof(name), "#%u", i);
		f.number = 50 + i * 3;
		f.name = f.key = words(name);
		assert_int_equal(registry_add(rooms, &f, &e), ERR_NONE);
	}
	assert_true(registry_head(e) == 900 && e->first == 100 && e->keep_days == 30);
	assert_true(e->has_password && memcmp(e->password, key, sizeof(key)) == 0);
	assert_true(e->made_ms == 1234 && e->topic.len == 5);
	assert_true(room_head(registry_log(rooms, e)) == 900);
	assert_ptr_equal(registry_after(rooms, 0), registry_find(rooms, 50));
	assert_ptr_equal(registry_after(rooms, 50), registry_find(rooms, 53));
	assert_int_equal(registry_add(rooms, &f, &e), ERR_EXISTS);
	f.name = f.key = words("#another");
	assert_int_equal(registry_add(rooms, &f, &e), ERR_EXISTS); /* its number is taken */
	f.number = REGISTRY_MAX + 1;
	assert_int_equal(registry_add(rooms, &f, &e), ERR_FULL);
	assert_int_equal(make("#new", "new", owners[1], &e), ERR_FULL); /* not one more */
	assert_int_equal(make("#new", "new", owners[2], &e), ERR_NONE);
	assert_int_equal(e->number, 50 + (2 * REGISTRY_MADE_MAX - 1) * 3 + 1);
}

static void there_are_so_many_public_rooms(void **state)
{
	struct registry_room *e;
	char name[32];

	(void)state;
	for (int i = 0; i <= REGISTRY_PUBLIC_MAX; i++) {
		(void)snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(make(name, name, owners[i % 290], &e),
				 i < REGISTRY_PUBLIC_MAX ? ERR_NONE : ERR_FULL);
	}
	assert_int_equal(open_two(owners[1], "a", owners[2], "b", &e), ERR_NONE);
}

static void public_rooms_have_an_order(void **state)
{
	static const char *const names[] = {"m", "b", "z", "a", "bb", "c", "開"};
	static const char *const sorted[] = {"a", "b", "bb", "c", "m", "z", "開"};
	struct registry_room *e[COUNT_OF(names)], *two;

	(void)state;
	assert_int_equal(open_two(owners[1], "a", owners[2], "b", &two), ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(make(names[i], names[i], owners[i], &e[i]), ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct slice key = words(sorted[i]);
		assert_ptr_equal(registry_public_at(rooms, i), registry_named(rooms, key));
		assert_int_equal(registry_public_after(rooms, key), i + 1);
	}
	assert_null(registry_public_at(rooms, COUNT_OF(names)));
	assert_int_equal(registry_public_after(rooms, words("")), 0);
	assert_int_equal(registry_public_after(rooms, words("ba")), 2);
	registry_remove(rooms, e[4]);
	registry_remove(rooms, two);
	assert_ptr_equal(registry_public_at(rooms, 2), registry_named(rooms, words("c")));
	assert_null(registry_public_at(rooms, COUNT_OF(names) - 1));
}

/* All that there can be, each found; those of two leave room for the public ones. */
static void there_are_so_many_rooms(void **state)
{
	const uint32_t directs = REGISTRY_MAX - REGISTRY_PUBLIC_MAX;
	struct registry_room *e;
	uint8_t a[OWNER_BYTES] = {1}, b[OWNER_BYTES] = {2};
	char name[32];

	(void)state;
	for (uint32_t i = 0; i < directs; i++) {
		memcpy(a + 1, &i, sizeof(i));
		assert_int_equal(open_two(a, "a", b, "b", &e), ERR_NONE);
		assert_int_equal(e->number, i + 1);
	}
	assert_int_equal(open_two(b, "b", owners[1], "c", &e), ERR_FULL);
	for (uint32_t i = 0; i < REGISTRY_PUBLIC_MAX; i++) {
		(void)snprintf(name, sizeof(name), "#%u", (unsigned)i);
		assert_int_equal(make(name, name, owners[i % 290], &e), ERR_NONE);
	}
	assert_int_equal(e->number, REGISTRY_MAX);
	for (uint32_t i = 0; i < directs; i += 97) {
		memcpy(a + 1, &i, sizeof(i));
		assert_int_equal(find_two(b, "b", a, "a")->number, i + 1);
	}
	assert_true(sizeof(struct registry_room) <= 640);
}

static void topics_change(void **state)
{
	struct registry_room *e;

	(void)state;
	assert_int_equal(make("#dev", "dev", owners[1], &e), ERR_NONE);
	assert_int_equal(e->topic.len, 0);
	assert_int_equal(registry_set_topic(e, words("first")), ERR_NONE);
	assert_int_equal(registry_set_topic(e, words("second one")), ERR_NONE);
	assert_memory_equal(e->topic.data, "second one", e->topic.len);
	assert_int_equal(registry_set_topic(e, words("")), ERR_NONE);
	assert_int_equal(e->topic.len, 0);
}

/* ---- logs ------------------------------------------------------------------------------------ */

static void say(struct registry_room *e, int times, size_t len)
{
	static const char text[1000];
	struct event talk = {
		.kind = EVENT_TALK, .from = slice_of("n", 1), .text = slice_of(text, len)};

	for (int i = 0; i < times; i++) {
		struct room *log = registry_log(rooms, e);
		assert_int_equal(room_append(log, &talk, NULL), ERR_NONE);
		room_publish(log);
		registry_settle(rooms, e);
	}
}

static void again_with(size_t all, bool stored)
{
	registry_free(rooms);
	rooms = registry_new(LOG, all, stored, 7);
	assert_non_null(rooms);
}

static void a_log_begins_behind_what_is_kept(void **state)
{
	struct registry_room *e;

	(void)state;
	assert_int_equal(make("#dev", "dev", owners[1], &e), ERR_NONE);
	assert_null(e->log);
	say(e, 10, 10);
	assert_true(registry_head(e) == 10 && e->first == 1);
	assert_true(registry_log_bytes(rooms) == room_bytes(e->log));
}

/* With a store: whole logs of those who were silent for longest; their numbers go on. */
static void silent_rooms_give_their_memory_back(void **state)
{
	struct registry_room *e[20];
	char name[32];

	(void)state;
	again_with(10 * 150 * 1000, true);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(make(name, name, owners[i], &e[i]), ERR_NONE);
		say(e[i], 100, 1000);
		(void)registry_log(rooms, e[0]); /* always in use */
	}
	assert_true(registry_log_bytes(rooms) <= 10 * 150 * 1000);
	assert_non_null(e[0]->log);
	assert_null(e[1]->log);
	assert_non_null(e[19]->log);
	assert_true(registry_head(e[1]) == 100 && e[1]->first == 1);
	assert_true(room_first(registry_log(rooms, e[1])) == 101);
	say(e[1], 1, 10);
	assert_true(registry_head(e[1]) == 101);
}

/* What is numbered and not published is in no store yet. */
static void a_log_with_a_tail_stays(void **state)
{
	struct registry_room *e, *other;
	struct event talk = {.kind = EVENT_TALK, .from = slice_of("n", 1), .text = words("hi")};

	(void)state;
	again_with(1000, true);
	assert_int_equal(make("#dev", "dev", owners[1], &e), ERR_NONE);
	assert_int_equal(make("#other", "other", owners[1], &other), ERR_NONE);
	assert_int_equal(room_append(registry_log(rooms, e), &talk, NULL), ERR_NONE);
	registry_settle(rooms, e);
	say(other, 10, 500);
	assert_non_null(e->log);
	assert_non_null(room_numbered(e->log, 1).data);
	room_publish(e->log);
	registry_settle(rooms, e);
	say(other, 1, 500);
	assert_null(e->log);
}

/* Without one: their oldest events, and everybody can see which are gone. */
static void without_a_store_old_events_give_way(void **state)
{
	struct registry_room *e[8];
	char name[32];

	(void)state;
	again_with(1000 * 1000, false);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(make(name, name, owners[i], &e[i]), ERR_NONE);
		say(e[i], 300, 1000);
	}
	assert_true(registry_log_bytes(rooms) <= 1000 * 1000 + 8 * 2 * (size_t)ROOM_SEGMENT);
	for (int i = 0; i < 8; i++) {
		assert_non_null(e[i]->log);
		assert_true(e[i]->first == room_first(e[i]->log));
		assert_non_null(room_frame(e[i]->log, 300).data);
	}
	assert_true(e[0]->first > 200);
	assert_true(e[7]->first == 1);
}

int main(void)
{
#define WITH_ROOMS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_ROOMS(rooms_are_found_by_number_and_name),
		WITH_ROOMS(two_have_one_room_in_any_order),
		WITH_ROOMS(one_owner_s_names_are_told_apart),
		WITH_ROOMS(kinds_are_told_apart),
		WITH_ROOMS(each_knows_its_rooms_of_two),
		WITH_ROOMS(a_removed_room_leaves_nothing),
		WITH_ROOMS(nobody_makes_too_many),
		WITH_ROOMS(what_was_there_is_restored_beyond_limits),
		WITH_ROOMS(there_are_so_many_public_rooms),
		WITH_ROOMS(public_rooms_have_an_order),
		WITH_ROOMS(there_are_so_many_rooms),
		WITH_ROOMS(topics_change),
		WITH_ROOMS(a_log_begins_behind_what_is_kept),
		WITH_ROOMS(silent_rooms_give_their_memory_back),
		WITH_ROOMS(a_log_with_a_tail_stays),
		WITH_ROOMS(without_a_store_old_events_give_way),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
