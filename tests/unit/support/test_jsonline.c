/* tests/support/jsonline: what it reads, and that it refuses everything else. */
#include "jsonline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char talk[] =
	"{\"seq\":12,\"room\":\"lobby\",\"kind\":\"talk\",\"from\":\"\\u5c0f明\","
	"\"text\":\"a \\\"b\\\" \\\\ \\ud83d\\ude00 \\u0007\",\"own\":true}";

static void test_members_are_found(void **state)
{
	char out[64];
	uint64_t n;
	(void)state;
	assert_true(jsonline_ok(talk));
	assert_true(jsonline_string(talk, "from", out, sizeof(out)));
	assert_string_equal(out, "小明");
	assert_true(jsonline_string(talk, "text", out, sizeof(out)));
	assert_string_equal(out, "a \"b\" \\ 😀 \a");
	assert_true(jsonline_number(talk, "seq", &n));
	assert_int_equal(n, 12);
}

static void test_what_is_not_there(void **state)
{
	char out[64], little[3];
	uint64_t n;
	(void)state;
	assert_false(jsonline_string(talk, "lobby", out, sizeof(out)));
	assert_false(jsonline_string(talk, "seq", out, sizeof(out)));
	assert_false(jsonline_number(talk, "kind", &n));
	assert_false(jsonline_string(talk, "kind", little, sizeof(little)));
	assert_false(jsonline_number("{\"seq\":-1}", "seq", &n));
	assert_false(jsonline_number("{\"seq\":1.5}", "seq", &n));
}

static void test_broken_lines_are_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"{\"a\":1",
		"{\"a\" 1}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{\"a\":1} x",
		"{\"a\":\"b}",
		"{\"a\":\"\t\"}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\\ud83d\"}",
		"{\"a\":{}}",
		"hello",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		if (jsonline_ok(broken[i]))
			fail_msg("taken: %s", broken[i]);
}

/* Every prefix of a good line is refused: nothing is read past an end. */
static void test_every_cut_is_refused(void **state)
{
	char cut[sizeof(talk)];
	(void)state;
	for (size_t n = 0; n + 1 < sizeof(talk); n++) {
		memcpy(cut, talk, n);
		cut[n] = '\0';
		assert_false(jsonline_ok(cut));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_found),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_broken_lines_are_refused),
		cmocka_unit_test(test_every_cut_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
