/* Preferences, and the text of their file, where there is no memory: nothing has changed, and nothing is lost. */
#include "ui/preferences_text.h"

#include "check.h"
#include "refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static const struct {
	enum preference_kind kind;
	const char *name, *value;
} steps[] = {
	{PREFERENCE_ALIAS, "w", "/who"},	 {PREFERENCE_ALIAS, "hi", "/msg $1 hi"},
	{PREFERENCE_IGNORED, "bob", "all"},	 {PREFERENCE_ROOM, "#dev", "none"},
	{PREFERENCE_ALIAS, "w", "/who is here"}, {PREFERENCE_IGNORED, "Bob", "all"},
	{PREFERENCE_ROOM, "#dev", ""},		 {PREFERENCE_SETTING, "times", "off"},
};

struct told {
	size_t n;
	char all[512];
};

static void note(void *ctx, const struct preference *one)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->all + t->n, sizeof(t->all) - t->n, "%.*s=%.*s\n",
				 (int)one->name.len, (const char *)one->name.data,
				 (int)one->value.len, (const char *)one->value.data);
}

static struct told tell(const struct preferences *p)
{
	struct told t = {.n = 0};

	preferences_each(p, note, &t);
	return t;
}

/* Step i with its n-th allocation refused; false: it has not as many. */
static bool fails_at(struct preferences *p, size_t i, uint64_t n)
{
	struct preference one = {steps[i].kind, text(steps[i].name), text(steps[i].value)};
	struct told before = tell(p), after;
	enum err err;

	refuse(n, 1);
	err = preferences_put(p, &one);
	bool was = refused();
	refuse(0, 0);
	after = tell(p);
	if (err == ERR_NONE)
		return false;
	assert_true(was);
	assert_int_equal(err, ERR_MEMORY);
	assert_string_equal(before.all, after.all);
	return true;
}

static void test_a_choice_is_made_or_not(void **state)
{
	struct preferences p;

	(void)state;
	preferences_init(&p);
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		for (uint64_t n = 0; fails_at(&p, i, n); n++)
			assert_true(n < 1000);
	assert_string_equal(tell(&p).all, "times=off\nw=/who is here\nhi=/msg $1 hi\nBob=all\n");
	preferences_wipe(&p);
}

static void test_a_file_is_whole_or_none(void **state)
{
	struct preference one = {PREFERENCE_ALIAS, text("w"), text("/who")};
	char *first = preferences_text_new(), *changed;
	uint64_t n = 0;

	(void)state;
	refuse(0, 1);
	assert_null(preferences_text_new());
	do {
		refuse(n++, 1);
		changed = preferences_text_with(first, &one);
	} while (!changed);
	refuse(0, 0);
	assert_int_equal(n, 3); /* two were needed, and neither was there the first times */
	assert_non_null(strstr(changed, "\nw = /who\n"));
	free(changed);
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_choice_is_made_or_not),
		cmocka_unit_test(test_a_file_is_whole_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
