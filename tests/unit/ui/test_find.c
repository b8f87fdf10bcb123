/* ui/find: which line has the words. */
#include "ui/find.h"

#include "check.h"
#include "ui_rig.h"

static void finds(const struct model *m, uint64_t before, const char *words, uint64_t want)
{
	uint64_t line = UINT64_MAX;

	assert_true(find_older(model_here(m), before, text(words), &line));
	assert_int_equal(line, want);
}

static void finds_nothing(const struct model *m, uint64_t before, const char *words)
{
	uint64_t line = 4711;

	assert_false(find_older(model_here(m), before, text(words), &line));
	assert_int_equal(line, 4711);
}

static void test_the_newest_first(void **state)
{
	static const char *const said[] = {"Hello", "今天天气", "say hello again", "ÉCOLE"};
	struct model *m = model_new(100);
	uint64_t first;

	(void)state;
	assert_non_null(m);
	go_to(m, "#lobby");
	first = model_here(m)->lines.end;
	for (size_t i = 0; i < COUNT_OF(said); i++)
		talk_in(m, "#lobby", i + 1, said[i]);
	finds(m, UINT64_MAX, "hello", first + 2);
	finds(m, first + 2, "hello", first);
	finds_nothing(m, first, "hello");
	finds(m, UINT64_MAX, "天天", first + 1);
	finds(m, UINT64_MAX, "école", first + 3);
	finds(m, UINT64_MAX, "ALICE", first + 3); /* who says it */
	finds_nothing(m, UINT64_MAX, "alicesay");
	finds_nothing(m, UINT64_MAX, "hello again and again");
	finds_nothing(m, UINT64_MAX, "");
	model_free(m);
}

static void test_what_is_gone_is_not_found(void **state)
{
	struct model *m = model_new(3);
	uint64_t end;

	(void)state;
	assert_non_null(m);
	go_to(m, "#lobby");
	finds_nothing(m, UINT64_MAX, "a");
	for (uint64_t i = 1; i <= 6; i++)
		talk_in(m, "#lobby", i, i == 1 ? "first" : "other");
	end = model_here(m)->lines.end;
	finds_nothing(m, UINT64_MAX, "first");
	finds(m, UINT64_MAX, "other", end - 1);
	finds(m, end - 2, "other", end - 3);
	finds_nothing(m, end - 3, "other");
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_newest_first),
		cmocka_unit_test(test_what_is_gone_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
