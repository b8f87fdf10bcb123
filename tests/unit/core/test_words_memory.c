/* core/words without memory: it says so, and leaves nothing behind. */
#include "core/words.h"

#include "check.h"
#include "refuse.h"

#include "proto/text.h"

#include <string.h>

static bool count(void *ctx, struct slice token, enum words_kind kind)
{
	(void)token;
	(void)kind;
	++*(size_t *)ctx;
	return true;
}

static void a_long_text_that_finds_no_memory_is_told(void **state)
{
	static char text[TEXT_MAX_BYTES];
	struct words *w = words_new();
	size_t tokens = 0;
	uint64_t after = 0;

	(void)state;
	assert_non_null(w);
	for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
		memcpy(text + i, "\uFDFA", 3);
	for (bool any = true; any; after++) {
		tokens = 0;
		refuse(after, UINT64_MAX);
		enum err e = words_split(w, slice_of(text, sizeof(text)), count, &tokens);
		any = refused();
		refuse(0, 0);
		assert_int_equal(e, any ? ERR_MEMORY : ERR_NONE);
	}
	assert_int_equal(after, 3); /* the text, and its folded form */
	assert_true(tokens > sizeof(text) / 2);
	words_free(w);
}

static void a_short_text_takes_none(void **state)
{
	struct words *w = words_new();
	size_t tokens = 0;

	(void)state;
	assert_non_null(w);
	refuse(0, UINT64_MAX);
	enum err e = words_split(w, slice_of("short 好", 9), count, &tokens);
	refuse(0, 0);
	assert_int_equal(e, ERR_NONE);
	assert_int_equal(tokens, 2);
	words_free(w);
}

static void nothing_is_made_without_memory(void **state)
{
	(void)state;
	refuse(0, UINT64_MAX);
	struct words *w = words_new();
	refuse(0, 0);
	assert_null(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_text_that_finds_no_memory_is_told),
		cmocka_unit_test(a_short_text_takes_none),
		cmocka_unit_test(nothing_is_made_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
