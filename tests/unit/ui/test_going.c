/* ui/going: which room a key means. */
#include "ui/going.h"

#include "check.h"
#include "ui_rig.h"

#include <string.h>

static void in_rooms(struct model *m, const char *here)
{
	static const char *const rooms[] = {"#lobby", "#dev", "@alice", "#art"};

	assert_non_null(m);
	for (size_t i = 0; i < COUNT_OF(rooms); i++)
		go_to(m, rooms[i]);
	go_to(m, here);
}

static void goes(const struct model *m, enum view_key key, const char *name)
{
	const struct model_room *r = going_to(m, key);

	if (!name) {
		assert_null(r);
		return;
	}
	assert_non_null(r);
	assert_string_equal(r->name, name);
}

static void test_rooms_have_numbers(void **state)
{
	struct model *m = model_new(100);

	(void)state;
	in_rooms(m, "#dev");
	goes(m, VIEW_KEY_ROOM_1, "#lobby");
	goes(m, VIEW_KEY_ROOM_1 + 3, "#art");
	goes(m, VIEW_KEY_ROOM_1 + 4, NULL);
	goes(m, VIEW_KEY_ROOM_10, NULL);
	goes(m, VIEW_KEY_PAGE_UP, NULL);
	model_free(m);
}

static void test_before_the_first_room_there_is_none(void **state)
{
	struct model *m = model_new(100);

	(void)state;
	for (int key = 1; key <= VIEW_KEY_LAST; key++)
		goes(m, (enum view_key)key, NULL);
	model_free(m);
}

static void test_who_calls_comes_before_who_speaks(void **state)
{
	struct model *m = model_new(100);

	(void)state;
	in_rooms(m, "#dev");
	goes(m, VIEW_KEY_ACTIVE, NULL);
	talk_in(m, "#dev", 1, "here");
	goes(m, VIEW_KEY_ACTIVE, NULL);
	talk_in(m, "#lobby", 1, "hello");
	goes(m, VIEW_KEY_ACTIVE, "#lobby");
	talk_in(m, "#art", 1, "hello"); /* comes after #dev, so before the lobby */
	goes(m, VIEW_KEY_ACTIVE, "#art");
	talk_in(m, "#lobby", 2, "bob: hello");
	goes(m, VIEW_KEY_ACTIVE, "#lobby");
	talk_in(m, "@alice", 1, "psst");
	goes(m, VIEW_KEY_ACTIVE, "@alice");
	go_to(m, "@alice");
	goes(m, VIEW_KEY_ACTIVE, "#lobby");
	model_free(m);
}

static void test_what_is_unread_here_comes_first(void **state)
{
	struct model *m = model_new(100);

	(void)state;
	in_rooms(m, "#dev");
	goes(m, VIEW_KEY_UNREAD, NULL);
	talk_in(m, "#art", 1, "hello");
	goes(m, VIEW_KEY_UNREAD, "#art");
	talk_in(m, "#lobby", 1, "hello");
	goes(m, VIEW_KEY_UNREAD, "#lobby");
	go_to(m, "#art"); /* its line is above what was said there */
	goes(m, VIEW_KEY_UNREAD, NULL);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rooms_have_numbers),
		cmocka_unit_test(test_before_the_first_room_there_is_none),
		cmocka_unit_test(test_who_calls_comes_before_who_speaks),
		cmocka_unit_test(test_what_is_unread_here_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
