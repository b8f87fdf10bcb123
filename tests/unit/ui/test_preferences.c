/* ui/preferences and ui/alias: what a person has chosen, and commands of their own. */
#include "ui/alias.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static enum err put(struct preferences *p, enum preference_kind kind, const char *name,
		    const char *value)
{
	return preferences_put(p, &(struct preference){kind, text(name), text(value)});
}

static bool ignores(const struct preferences *p, const char *name)
{
	return preferences_ignores(p, text(name));
}

static void test_settings(void **state)
{
	struct preferences p;

	(void)state;
	preferences_init(&p);
	assert_int_equal(put(&p, PREFERENCE_SETTING, "times", "off"), ERR_NONE);
	assert_int_equal(p.settings.times, SETTINGS_TIMES_OFF);
	assert_int_equal(put(&p, PREFERENCE_SETTING, "times", "soon"), ERR_MALFORMED);
	assert_int_equal(put(&p, PREFERENCE_SETTING, "time", "off"), ERR_NOT_FOUND);
	assert_int_equal(put(&p, PREFERENCE_SETTING, "times", ""), ERR_NONE);
	assert_int_equal(p.settings.times, SETTINGS_TIMES_MINUTES);
	preferences_wipe(&p);
}

static void test_ignoring(void **state)
{
	struct preferences p;

	(void)state;
	preferences_init(&p);
	assert_false(ignores(&p, "bob"));
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "bob", "all"), ERR_NONE);
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "Алиса", "all"), ERR_NONE);
	assert_true(ignores(&p, "bob"));
	assert_true(ignores(&p, "BOB"));
	assert_true(ignores(&p, "алиса"));
	assert_false(ignores(&p, "bobby"));
	assert_false(ignores(&p, ""));
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "Bob", "all"), ERR_NONE);
	assert_int_equal(p.ignored.count, 2);
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "two words", "all"), ERR_MALFORMED);
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "eve", "some"), ERR_MALFORMED);
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "bOB", ""), ERR_NONE);
	assert_false(ignores(&p, "bob"));
	assert_int_equal(put(&p, PREFERENCE_IGNORED, "bob", ""), ERR_NONE);
	assert_true(ignores(&p, "Алиса"));
	preferences_wipe(&p);
}

static void test_what_calls_in_a_room(void **state)
{
	struct preferences p;

	(void)state;
	preferences_init(&p);
	assert_int_equal(preferences_notify(&p, text("#dev")), SETTINGS_NOTIFY_MENTIONS);
	assert_int_equal(put(&p, PREFERENCE_ROOM, "#dev", "none"), ERR_NONE);
	assert_int_equal(put(&p, PREFERENCE_SETTING, "notify", "all"), ERR_NONE);
	assert_int_equal(preferences_notify(&p, text("#dev")), SETTINGS_NOTIFY_NONE);
	assert_int_equal(preferences_notify(&p, text("#de")), SETTINGS_NOTIFY_ALL);
	assert_int_equal(put(&p, PREFERENCE_ROOM, "#dev", "mentions"), ERR_NONE);
	assert_int_equal(preferences_notify(&p, text("#dev")), SETTINGS_NOTIFY_MENTIONS);
	assert_int_equal(p.rooms.count, 1);
	assert_int_equal(put(&p, PREFERENCE_ROOM, "#dev", "loud"), ERR_MALFORMED);
	assert_int_equal(put(&p, PREFERENCE_ROOM, "dev", "none"), ERR_MALFORMED);
	assert_int_equal(put(&p, PREFERENCE_ROOM, "#dev", ""), ERR_NONE);
	assert_int_equal(preferences_notify(&p, text("#dev")), SETTINGS_NOTIFY_ALL);
	preferences_wipe(&p);
}

static void test_names_and_values_that_cannot_be(void **state)
{
	static const struct {
		const char *name, *value;
		enum err err;
	} rows[] = {
		{"w", "/who", ERR_NONE},
		{"周报", "/msg 小明 周报 $*", ERR_NONE},
		{"", "x", ERR_MALFORMED},
		{"a b", "x", ERR_MALFORMED},
		{"a=b", "x", ERR_MALFORMED},
		{"a:b", "x", ERR_MALFORMED},
		{"/a", "x", ERR_MALFORMED},
		{"#a", "x", ERR_MALFORMED},
		{";a", "x", ERR_MALFORMED},
		{"[a", "x", ERR_MALFORMED},
		{"a\033", "x", ERR_MALFORMED},
		{"a\xff", "x", ERR_MALFORMED},
		{"a", "x\ny", ERR_MALFORMED},
		{"a", "x\177", ERR_MALFORMED},
		{"a23456789012345678901234567890123", "x", ERR_MALFORMED},
		{"join", "x", ERR_EXISTS},
		{"EXIT", "x", ERR_EXISTS},
		{"撤回", "x", ERR_EXISTS},
	};
	struct preferences p;

	(void)state;
	preferences_init(&p);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (put(&p, PREFERENCE_ALIAS, rows[i].name, rows[i].value) != rows[i].err)
			fail_msg("%s = %s", rows[i].name, rows[i].value);
	assert_int_equal(p.aliases.count, 2);
	preferences_wipe(&p);
}

static void test_there_is_an_end(void **state)
{
	struct preferences p;
	char name[16], value[PREFERENCES_VALUE_MAX + 2];

	(void)state;
	preferences_init(&p);
	for (int i = 0; i < PREFERENCES_PAIRS; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(put(&p, PREFERENCE_ALIAS, name, "x"), ERR_NONE);
	}
	assert_int_equal(put(&p, PREFERENCE_ALIAS, "b", "x"), ERR_FULL);
	assert_int_equal(put(&p, PREFERENCE_ALIAS, "a7", "y"), ERR_NONE);
	assert_int_equal(put(&p, PREFERENCE_ALIAS, "a8", ""), ERR_NONE);
	assert_int_equal(put(&p, PREFERENCE_ALIAS, "b", "x"), ERR_NONE);
	memset(value, 'x', sizeof(value) - 1);
	value[PREFERENCES_VALUE_MAX + 1] = '\0';
	assert_int_equal(put(&p, PREFERENCE_ALIAS, "b", value), ERR_MALFORMED);
	preferences_wipe(&p);
}

struct told {
	size_t n;
	char all[512];
};

static void note(void *ctx, const struct preference *one)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->all + t->n, sizeof(t->all) - t->n, "%d %.*s=%.*s\n", one->kind,
				 (int)one->name.len, (const char *)one->name.data,
				 (int)one->value.len, (const char *)one->value.data);
}

static void pass_on(void *ctx, const struct preference *one)
{
	assert_int_equal(preferences_put(ctx, one), ERR_NONE);
}

/* What one process tells another makes the other's the same. */
static void test_all_of_it_is_told(void **state)
{
	static const char want[] = "1 times=HH:MM:SS\n1 hook=/bin/x\n2 w=/who\n3 Bob=all\n"
				   "4 #dev=none\n4 @小明=all\n";
	struct preferences p, other;
	struct told told = {.n = 0};

	(void)state;
	preferences_init(&p);
	preferences_init(&other);
	(void)!put(&p, PREFERENCE_ROOM, "#dev", "none");
	(void)!put(&p, PREFERENCE_ROOM, "@小明", "all");
	(void)!put(&p, PREFERENCE_IGNORED, "Bob", "all");
	(void)!put(&p, PREFERENCE_ALIAS, "w", "/who");
	(void)!put(&p, PREFERENCE_SETTING, "hook", "/bin/x");
	(void)!put(&p, PREFERENCE_SETTING, "times", "hh:mm:ss");
	preferences_each(&p, note, &told);
	assert_string_equal(told.all, want);
	preferences_each(&p, pass_on, &other);
	told.n = 0;
	preferences_each(&other, note, &told);
	assert_string_equal(told.all, want);
	preferences_wipe(&p);
	preferences_wipe(&other);
}

/* ---- aliases --------------------------------------------------------------------------------- */

static const struct {
	const char *name, *words;
} aliases[] = {
	{"w", "/who"},		{"hi", "/msg $1 你好，$1！ $*"},
	{"swap", "$2 $1 ($9)"}, {"price", "that is 5$$, $*$"},
	{"plain", "no $ here"}, {"tell", "/hi 小明"},
	{"self", "/self more"}, {"ping1", "/pong1"},
	{"pong1", "/ping1"},	{"d1", "/d2"},
	{"d2", "/d3"},		{"d3", "/d4"},
	{"d4", "/d5"},		{"d5", "/d6"},
	{"d6", "/d7"},		{"d7", "/d8"},
	{"d8", "bottom $*"},	{"twice", "$*$*$*$*"},
	{"slash", "//w $1"},
};

static void prepare(struct preferences *p)
{
	preferences_init(p);
	for (size_t i = 0; i < COUNT_OF(aliases); i++)
		assert_int_equal(put(p, PREFERENCE_ALIAS, aliases[i].name, aliases[i].words),
				 ERR_NONE);
}

static void test_aliases(void **state)
{
	static const struct {
		const char *line, *then;
		enum err err;
	} rows[] = {
		{"/w", "/who", ERR_NONE},
		{"/w  x ", "/who x", ERR_NONE},
		{"/W", NULL, ERR_NOT_FOUND},
		{"/hi 小明  在吗？ ", "/msg 小明 你好，小明！ 小明  在吗？", ERR_NONE},
		{"/hi", "/msg  你好，！ ", ERR_NONE},
		{"/swap a b c", "b a ()", ERR_NONE},
		{"/swap $2 $1", "$1 $2 ()", ERR_NONE},
		{"/price all", "that is 5$, all$", ERR_NONE},
		{"/plain or there", "no $ here or there", ERR_NONE},
		{"/tell yes", "/msg 小明 你好，小明！ 小明 yes", ERR_NONE},
		{"/self", NULL, ERR_FULL},
		{"/ping1", NULL, ERR_FULL},
		{"/d1 x", "bottom x", ERR_NONE},
		{"/slash a", "//w a", ERR_NONE},
		{"/who", NULL, ERR_NOT_FOUND},
		{"//w", NULL, ERR_NOT_FOUND},
		{"w", NULL, ERR_NOT_FOUND},
		{"/", NULL, ERR_NOT_FOUND},
		{"/ w", NULL, ERR_NOT_FOUND},
		{"", NULL, ERR_NOT_FOUND},
	};
	static struct alias_line out;
	struct preferences p;

	(void)state;
	prepare(&p);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum err err = alias_expand(&p, text(rows[i].line), &out);
		if (err != rows[i].err || (err == ERR_NONE && strcmp(out.text, rows[i].then) != 0))
			fail_msg("\"%s\": %d, \"%s\"", rows[i].line, err, out.text);
		if (err == ERR_NONE)
			assert_int_equal(out.len, strlen(rows[i].then));
	}
	preferences_wipe(&p);
}

static void test_what_grows_has_an_end(void **state)
{
	static char line[TEXT_MAX_BYTES + 1];
	static struct alias_line out;
	struct preferences p;

	(void)state;
	prepare(&p);
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "/twice ", 7);
	line[7 + TEXT_MAX_BYTES / 4] = '\0';
	assert_int_equal(alias_expand(&p, text(line), &out), ERR_NONE);
	assert_int_equal(out.len, TEXT_MAX_BYTES);
	line[7 + TEXT_MAX_BYTES / 4] = 'x';
	line[8 + TEXT_MAX_BYTES / 4] = '\0';
	assert_int_equal(alias_expand(&p, text(line), &out), ERR_TOO_BIG);
	preferences_wipe(&p);
}

/* A command that comes with a later version is not hidden by an older alias. */
static void test_commands_come_before_aliases(void **state)
{
	static struct alias_line out;
	struct preferences p;

	(void)state;
	preferences_init(&p);
	assert_int_equal(put(&p, PREFERENCE_ALIAS, "Who", ""), ERR_NONE);
	assert_int_equal(alias_expand(&p, text("/Who"), &out), ERR_NOT_FOUND);
	preferences_wipe(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_ignoring),
		cmocka_unit_test(test_what_calls_in_a_room),
		cmocka_unit_test(test_names_and_values_that_cannot_be),
		cmocka_unit_test(test_there_is_an_end),
		cmocka_unit_test(test_all_of_it_is_told),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_what_grows_has_an_end),
		cmocka_unit_test(test_commands_come_before_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
