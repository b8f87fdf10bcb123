/* ui/emoji: names in order, each one emoji. */
#include "ui/emoji.h"

#include "check.h"
#include "proto/text.h"

#include <string.h>

static void test_the_table(void **state)
{
	const struct emoji *e, *last = NULL;
	size_t count = 0;

	(void)state;
	for (; (e = emoji_row(count)) != NULL; count++, last = e) {
		char safe[64];
		if (last && strcmp(last->name, e->name) >= 0)
			fail_msg("%s is not in its place", e->name);
		assert_int_equal(strspn(e->name, "abcdefghijklmnopqrstuvwxyz0123456789_+-"),
				 strlen(e->name));
		assert_int_equal(text_graphemes(e->bytes, strlen(e->bytes)), 1);
		text_safe(safe, sizeof(safe), e->bytes, strlen(e->bytes), false);
		assert_string_equal(safe, e->bytes);
	}
	assert_true(count >= 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
