/* core/spelling: names and their keys, and other letters for them. */
#include "core/spelling.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct name_checker *checker;

static int setup(void **state)
{
	(void)state;
	checker = name_checker_new();
	return checker ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	name_checker_free(checker);
	return 0;
}

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct spelling *spelling(const char *name)
{
	struct spelling *s = NULL;

	assert_int_equal(spelling_new(checker, words(name), &s), ERR_NONE);
	return s;
}

static void assert_spelt(const struct spelling *s, const char *name, const char *key)
{
	assert_string_equal(spelling_text(s), name);
	assert_int_equal(spelling_name(s).len, strlen(name));
	assert_true(spelling_is(s, words(name)));
	assert_int_equal(spelling_key(s).len, strlen(key));
	assert_memory_equal(spelling_key(s).data, key, strlen(key));
}

static void a_name_has_a_key(void **state)
{
	static const char *const rows[][2] = {
		{"alice", "alice"}, {"Alice", "alice"}, {"小明", "小明"}, {"Аlice", "alice"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct spelling *s = spelling(rows[i][0]);
		assert_spelt(s, rows[i][0], rows[i][1]);
		spelling_free(s);
	}
	spelling_free(NULL);
}

static void what_cannot_be_taken_is_none(void **state)
{
	static const char *const bad[] = {"",	    " ",    "a b",   "a:b",    "\xff",
					  "/quit",  "@all", "admin", "管理员", "a\xe2\x80\x8b",
					  "\x1b[1m"};
	char longest[NAME_MAX_GRAPHEMES + 2];
	struct spelling *s = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(spelling_new(checker, words(bad[i]), &s), ERR_MALFORMED);
	assert_int_equal(spelling_new(checker, slice_of("a\0b", 3), &s), ERR_MALFORMED);
	memset(longest, 'x', sizeof(longest));
	longest[NAME_MAX_GRAPHEMES + 1] = '\0';
	assert_int_equal(spelling_new(checker, words(longest), &s), ERR_MALFORMED);
	assert_null(s);
	longest[NAME_MAX_GRAPHEMES] = '\0';
	spelling_free(spelling(longest));
}

/* From one to the next, and back: with room for them or without. */
static void other_letters(void **state)
{
	static const char *const ways[] = {"alice",	 "Alice", "аlice", "ALICE",
					   "ａｌｉｃｅ", "Alice", "alice"};

	(void)state;
	for (size_t from = 0; from < COUNT_OF(ways); from++) {
		struct spelling *s = spelling(ways[from]);
		for (size_t i = 0; i < 2 * COUNT_OF(ways); i++) {
			const char *way = ways[(from + i) % COUNT_OF(ways)];
			assert_int_equal(spelling_write(s, words(way)), ERR_NONE);
			assert_spelt(s, way, "alice");
		}
		spelling_free(s);
	}
}

static void a_name_may_be_its_own_source(void **state)
{
	static const char *const ways[] = {"alice", "Alice", "ａｌｉｃｅ"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct spelling *s = spelling("alice");
		assert_int_equal(spelling_write(s, words(ways[i])), ERR_NONE);
		assert_int_equal(spelling_write(s, spelling_name(s)), ERR_NONE);
		assert_spelt(s, ways[i], "alice");
		assert_int_equal(spelling_write(s, spelling_key(s)), ERR_NONE);
		assert_spelt(s, "alice", "alice");
		spelling_free(s);
	}
}

static void it_lies_behind_what_knows_it(void **state)
{
	struct {
		int other;
		struct spelling spelling;
	} * e;
	size_t room = spelling_room(words("key"), words("Key"));

	(void)state;
	assert_int_equal(room, 8);
	assert_int_equal(spelling_room(words("keys"), words("Keys")), 10);
	assert_int_equal(spelling_room(words("longest"), words("longest")), 8);
	assert_int_equal(spelling_room(words("key"), words("key")), 8); /* there may be a pointer */
	e = malloc(sizeof(*e) + room);
	assert_non_null(e);
	spelling_init(&e->spelling, words("key"), room);
	assert_spelt(&e->spelling, "", "key");
	assert_int_equal(spelling_write(&e->spelling, words("Key")), ERR_NONE);
	assert_ptr_equal(spelling_text(&e->spelling), (char *)(&e->spelling + 1) + 4);
	assert_int_equal(spelling_write(&e->spelling, words("ｋｅｙ")), ERR_NONE);
	assert_spelt(&e->spelling, "ｋｅｙ", "key");
	spelling_wipe(&e->spelling);
	free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_a_key),
		cmocka_unit_test(what_cannot_be_taken_is_none),
		cmocka_unit_test(other_letters),
		cmocka_unit_test(a_name_may_be_its_own_source),
		cmocka_unit_test(it_lies_behind_what_knows_it),
	};

	return cmocka_run_group_tests_name("spelling", tests, setup, teardown);
}
