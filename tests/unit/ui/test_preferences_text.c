/* ui/preferences_text: a new file, and one with another value in it. */
#include "ui/preferences_text.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void becomes(const char *before, enum preference_kind kind, const char *name,
		    const char *value, const char *after)
{
	char *got =
		preferences_text_with(before, &(struct preference){kind, text(name), text(value)});

	assert_non_null(got);
	assert_string_equal(got, after);
	free(got);
}

static void test_a_setting_changes_where_it_stands(void **state)
{
	(void)state;
	becomes("[client]\ntimes = off\nbell = on\n", PREFERENCE_SETTING, "times", "HH:MM:SS",
		"[client]\ntimes = HH:MM:SS\nbell = on\n");
	becomes("[client]\n# mine\n times:off \r\n", PREFERENCE_SETTING, "times", "HH:MM:SS",
		"[client]\n# mine\ntimes = HH:MM:SS\n");
	becomes("[client]\n#times = HH:MM\n\n# next\n", PREFERENCE_SETTING, "times", "off",
		"[client]\ntimes = off\n\n# next\n");
	becomes("[client]\ntimes = off\n", PREFERENCE_SETTING, "times", "",
		"[client]\n#times = HH:MM\n");
	becomes("[client]\ntimes = off\ntimes = off\n[x]\ntimes = a\n[client]\ntimes = b",
		PREFERENCE_SETTING, "times", "HH:MM:SS",
		"[client]\ntimes = HH:MM:SS\n[x]\ntimes = a\n[client]\n");
}

static void test_what_is_not_there_is_added(void **state)
{
	(void)state;
	becomes("", PREFERENCE_SETTING, "bell", "off",
		"\n[client]\n\n# the terminal's bell is one way to call you\n# (on or off)\n"
		"bell = off\n");
	becomes("[client]\ntimes = off\n\n[aliases]\nw = /who\n", PREFERENCE_SETTING, "bell", "off",
		"[client]\ntimes = off\n\n# the terminal's bell is one way to call you\n"
		"# (on or off)\nbell = off\n\n[aliases]\nw = /who\n");
	becomes("[aliases]\nw = /who\n\n\n[rooms]\n", PREFERENCE_ALIAS, "hi", "/msg $1 你好",
		"[aliases]\nw = /who\nhi = /msg $1 你好\n\n\n[rooms]\n");
	becomes("[aliases]\nw = /who", PREFERENCE_ALIAS, "w", "/who x", "[aliases]\nw = /who x\n");
	becomes("[client]\n", PREFERENCE_SETTING, "times", "", "[client]\n");
	becomes("odd\n", PREFERENCE_ALIAS, "w", "", "odd\n");
}

static void test_rooms_and_members_stand_at_the_right(void **state)
{
	(void)state;
	becomes("[rooms]\nnone = #dev\nall = #周报\n", PREFERENCE_ROOM, "#dev", "mentions",
		"[rooms]\nmentions = #dev\nall = #周报\n");
	becomes("[rooms]\nnone = #dev\nall = #周报\n", PREFERENCE_ROOM, "#周报", "",
		"[rooms]\nnone = #dev\n");
	becomes("[ignore]\nall = a=b\n", PREFERENCE_IGNORED, "bob", "all",
		"[ignore]\nall = a=b\nall = bob\n");
	becomes("[ignore]\nall = a=b\nall = bob\n", PREFERENCE_IGNORED, "a=b", "",
		"[ignore]\nall = bob\n");
	becomes("[ignore]\n#all = bob\n", PREFERENCE_IGNORED, "bob", "all",
		"[ignore]\n#all = bob\nall = bob\n");
}

static void test_what_is_said_of_an_item(void **state)
{
	struct preference one;

	(void)state;
	assert_true(preferences_text_read("client", "times", "off", &one));
	assert_int_equal(one.kind, PREFERENCE_SETTING);
	assert_memory_equal(one.name.data, "times", 6);
	assert_memory_equal(one.value.data, "off", 4);
	assert_true(preferences_text_read("rooms", "none", "#dev", &one));
	assert_int_equal(one.kind, PREFERENCE_ROOM);
	assert_memory_equal(one.name.data, "#dev", 5);
	assert_memory_equal(one.value.data, "none", 5);
	assert_false(preferences_text_read("", "times", "off", &one));
	assert_false(preferences_text_read("server", "times", "off", &one));
}

static size_t differing_lines(const char *a, const char *b)
{
	size_t n = 0;

	while (*a || *b) {
		size_t x = strcspn(a, "\n"), y = strcspn(b, "\n");
		n += x != y || memcmp(a, b, x) != 0;
		a += x + (a[x] == '\n');
		b += y + (b[y] == '\n');
	}
	return n;
}

/* In a new file each setting is one line, wherever else its name may stand; and as it was in the end. */
static void test_each_setting_is_one_line_of_a_new_file(void **state)
{
	char *first = preferences_text_new();
	const struct setting *row;

	(void)state;
	assert_non_null(first);
	for (size_t i = 0; (row = settings_row(i)) != NULL; i++) {
		struct preference one = {PREFERENCE_SETTING, text(row->name), text("something")};
		char *changed = preferences_text_with(first, &one), *again;
		assert_non_null(changed);
		if (differing_lines(first, changed) != 1)
			fail_msg("%s: in %zu lines", row->name, differing_lines(first, changed));
		one.value = text("");
		again = preferences_text_with(changed, &one);
		assert_string_equal(again, first);
		free(changed);
		free(again);
	}
	free(first);
}

static void test_a_new_file_has_its_sections(void **state)
{
	char *first = preferences_text_new();

	(void)state;
	assert_non_null(strstr(first, "\n[client]\n\n# lines that are kept to scroll back, of all "
				      "rooms together\n# (100 to 1000000)\n#scrollback = 10000\n"));
	assert_non_null(strstr(first, "\n[aliases]\n# "));
	assert_non_null(strstr(first, "\n[ignore]\n# "));
	assert_non_null(strstr(first, "\n[rooms]\n# "));
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_setting_changes_where_it_stands),
		cmocka_unit_test(test_what_is_not_there_is_added),
		cmocka_unit_test(test_rooms_and_members_stand_at_the_right),
		cmocka_unit_test(test_what_is_said_of_an_item),
		cmocka_unit_test(test_each_setting_is_one_line_of_a_new_file),
		cmocka_unit_test(test_a_new_file_has_its_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
