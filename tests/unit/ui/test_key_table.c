/* ui/keys: a table in which every key is once, and can be told of. */
#include "ui/keys.h"

#include "check.h"
#include "proto/text.h"

#include <string.h>

static size_t count_rows(void)
{
	size_t n = 0;

	while (keys_row(n))
		n++;
	return n;
}

static void test_every_key_is_there_once(void **state)
{
	(void)state;
	for (int key = 1; key < KEY_END; key++) {
		int found = 0;
		for (size_t i = 0; keys_row(i); i++)
			found += (int)keys_row(i)->key == key;
		assert_int_equal(found, 1);
	}
	assert_int_equal(count_rows(), KEY_END - 1);
}

static void test_no_two_keys_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; keys_row(i); i++) {
		const struct key_row *a = keys_row(i);
		for (size_t j = 0; keys_row(j); j++) {
			const struct key_row *b = keys_row(j);
			if (i != j)
				assert_string_not_equal(a->name, b->name);
			for (size_t x = 0; x < KEYS_SEQUENCES && a->sequences[x]; x++)
				for (size_t y = 0; y < KEYS_SEQUENCES && b->sequences[y]; y++)
					if (i != j || x != y)
						assert_string_not_equal(a->sequences[x],
									b->sequences[y]);
		}
	}
}

/* In vi's modes Escape and a letter are two keys. */
static void test_escape_with_a_letter_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; keys_row(i); i++) {
		const struct key_row *row = keys_row(i);
		for (size_t x = 0; x < KEYS_SEQUENCES && row->sequences[x]; x++) {
			const char *s = row->sequences[x];
			bool letter = s[0] == '\033' && strlen(s) == 2;
			assert_int_equal(letter, row->escape);
		}
	}
}

/* A line on a screen of 80 columns, beside the members. */
static void test_help_is_short(void **state)
{
	(void)state;
	for (size_t i = 0; keys_row(i); i++) {
		const struct key_row *row = keys_row(i);
		assert_true(text_width(row->label, strlen(row->label)) <= 20);
		assert_true(text_width(row->help, strlen(row->help)) <= 35);
	}
}

static void test_help_tells_of_each(void **state)
{
	char out[KEYS_HELP_SIZE], small[16];
	size_t n = keys_help(out, sizeof(out));

	(void)state;
	assert_int_equal(n, strlen(out));
	assert_true(n < sizeof(out) - 512); /* there is room for more */
	for (size_t i = 0; keys_row(i); i++) {
		assert_int_equal(!*keys_row(i)->label, !*keys_row(i)->help);
		assert_non_null(strstr(out, keys_row(i)->label));
		assert_non_null(strstr(out, keys_row(i)->help));
	}
	assert_int_equal(keys_help(small, sizeof(small)), 15);
	assert_memory_equal(small, out, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_there_once),
		cmocka_unit_test(test_no_two_keys_are_the_same),
		cmocka_unit_test(test_escape_with_a_letter_says_so),
		cmocka_unit_test(test_help_is_short),
		cmocka_unit_test(test_help_tells_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
