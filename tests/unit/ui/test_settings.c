/* ui/settings: the table, what each setting takes, and how it is told. */
#include "ui/settings.h"

#include "proto/text.h"

#include "check.h"

#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static const struct setting *row_of(const char *name)
{
	const struct setting *row = settings_find(text(name));

	assert_non_null(row);
	return row;
}

static bool takes(struct settings *s, const char *name, const char *value)
{
	return settings_put(s, row_of(name), text(value)) == ERR_NONE;
}

static void value_is(const struct settings *s, const char *name, const char *want)
{
	char out[SETTINGS_WORDS_SIZE];

	assert_string_equal(settings_value(s, row_of(name), out), want);
}

static void test_defaults(void **state)
{
	struct settings s;

	(void)state;
	settings_init(&s);
	assert_int_equal(s.scrollback, 10000);
	assert_int_equal(s.times, SETTINGS_TIMES_MINUTES);
	assert_int_equal(s.notify, SETTINGS_NOTIFY_MENTIONS);
	assert_int_equal(s.fold_joins, 1);
	assert_int_equal(s.mouse, 0);
	assert_int_equal(s.paste_lines, 5);
	assert_string_equal(s.hook, "");
	for (size_t i = 0; settings_row(i); i++)
		assert_true(settings_is_initial(&s, settings_row(i)));
}

static void test_values(void **state)
{
	static const struct {
		const char *name, *value;
		const char *then; /* NULL: it is not taken */
	} rows[] = {
		{"scrollback", "100", "100"},
		{"scrollback", "1000000", "1000000"},
		{"scrollback", "99", NULL},
		{"scrollback", "1000001", NULL},
		{"scrollback", "", NULL},
		{"scrollback", "-5", NULL},
		{"scrollback", "5000 ", NULL},
		{"scrollback", "99999999999999999999", NULL},
		{"scrollback", "DEFAULT", "10000"},
		{"times", "hh:mm:ss", "HH:MM:SS"},
		{"times", "off", "off"},
		{"times", "HH", NULL},
		{"times", "HH\x1aMM", NULL}, /* ':' is no letter, whose capital that would be */
		{"fold-joins", "off", "off"},
		{"fold-joins", "Yes", "on"},
		{"fold-joins", "0", "off"},
		{"fold-joins", "perhaps", NULL},
		{"colours", "256", "256"},
		{"colours", "257", NULL},
		{"hook", "/usr/bin/notify-send", "/usr/bin/notify-send"},
		{"hook", "-", "-"},
		{"highlight-words", "饺子 tea", "饺子 tea"},
		{"highlight-words", "a\nb", NULL},
		{"highlight-words", "a\033b", NULL},
		{"highlight-words", "\xff", NULL},
		{"language", "zh_CN", "zh_CN"},
		{"members-width", "8", "8"},
		{"members-width", "7", NULL},
		{"ambiguous-width", "2", "2"},
		{"ambiguous-width", "0", NULL},
	};
	struct settings s, before;

	(void)state;
	settings_init(&s);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		before = s;
		if (takes(&s, rows[i].name, rows[i].value) != (rows[i].then != NULL))
			fail_msg("%s = \"%s\"", rows[i].name, rows[i].value);
		if (rows[i].then)
			value_is(&s, rows[i].name, rows[i].then);
		else
			assert_memory_equal(&s, &before, sizeof(s));
	}
}

static void test_a_long_text(void **state)
{
	char longest[SETTINGS_TEXT_MAX + 2];
	struct settings s;

	(void)state;
	settings_init(&s);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[SETTINGS_TEXT_MAX + 1] = '\0';
	assert_false(takes(&s, "hook", longest));
	longest[SETTINGS_TEXT_MAX] = '\0';
	assert_true(takes(&s, "hook", longest));
	value_is(&s, "hook", longest);
	assert_string_equal(s.highlight_words, "");
}

/* What is told of a setting is what it takes: so it can be written down, and read again. */
static void test_every_value_comes_back(void **state)
{
	struct settings s, again;
	char out[SETTINGS_WORDS_SIZE];

	(void)state;
	settings_init(&s);
	settings_init(&again);
	for (size_t i = 0; settings_row(i); i++) {
		const struct setting *row = settings_row(i);
		const char *word;
		for (size_t k = 0; (word = settings_word(row, k)) != NULL; k++) {
			assert_int_equal(settings_put(&s, row, text(word)), ERR_NONE);
			assert_string_equal(settings_value(&s, row, out), word);
			assert_int_equal(settings_put(&again, row, text(out)), ERR_NONE);
			assert_memory_equal(&s, &again, sizeof(s));
		}
		assert_int_equal(settings_put(&s, row, text(settings_initial(row, out))), ERR_NONE);
		assert_true(settings_is_initial(&s, row));
		assert_int_equal(settings_put(&again, row, text("default")), ERR_NONE);
		assert_memory_equal(&s, &again, sizeof(s));
	}
}

static void test_words_about_settings(void **state)
{
	char out[SETTINGS_WORDS_SIZE];

	(void)state;
	assert_string_equal(settings_range(row_of("times"), out), "HH:MM, HH:MM:SS or off");
	assert_string_equal(settings_range(row_of("scrollback"), out), "100 to 1000000");
	assert_string_equal(settings_range(row_of("ambiguous-width"), out), "1 or 2");
	assert_string_equal(settings_range(row_of("mouse"), out), "on or off");
	assert_string_equal(settings_range(row_of("hook"), out),
			    "a text of at most 512 bytes, or - for none");
	assert_null(settings_word(row_of("hook"), 0));
	assert_string_equal(settings_word(row_of("notify"), 2), "none");
	assert_null(settings_word(row_of("notify"), 3));
	assert_null(settings_find(text("nonsense")));
	assert_null(settings_find(text("time")));
	assert_ptr_equal(settings_find(text("Fold-Joins")), row_of("fold-joins"));
}

/* Two of one name, or one that the file or a screen of 80 columns could not hold. */
static void test_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; settings_row(i); i++) {
		const struct setting *row = settings_row(i);
		assert_ptr_equal(settings_find(text(row->name)), row);
		assert_true(strlen(row->name) <= SETTINGS_NAME_MAX);
		assert_null(strpbrk(row->name, " =:;#["));
		if (text_width(row->help, strlen(row->help)) > 76)
			fail_msg("the help of %s is too long", row->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_a_long_text),
		cmocka_unit_test(test_every_value_comes_back),
		cmocka_unit_test(test_words_about_settings),
		cmocka_unit_test(test_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
