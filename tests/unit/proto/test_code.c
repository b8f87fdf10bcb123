/* The words for codes, kinds of events and reasons of leaving. */
#include "proto/code.h"
#include "proto/event.h"

#include "check.h"

#include <string.h>

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum code c = CODE_OK; c <= CODE_NOT_KEPT; c++) {
		assert_true(strlen(code_name(c)) > 0 && strlen(code_reason(c)) > 0);
		assert_null(strchr(code_name(c), ' '));
		for (enum code d = CODE_OK; d < c; d++)
			assert_string_not_equal(code_name(c), code_name(d));
	}
	for (enum code c = CODE_NOT_KEPT + 1; c <= 255; c++) {
		assert_string_equal(code_name(c), "unknown");
		assert_true(strlen(code_reason(c)) > 0);
	}
}

static void every_kind_and_reason_has_a_name(void **state)
{
	static const char *const kinds[] = {
		"unknown", "join",  "talk",   "quit", "nick",	  "announce", "lost", "back",
		"open",	   "topic", "recall", "edit", "recalled", "edited",   "away", "unknown"};

	(void)state;
	for (unsigned k = 0; k < COUNT_OF(kinds); k++)
		assert_string_equal(event_kind_name(k), kinds[k]);
	for (unsigned k = 0; k < 256; k++)
		assert_int_equal(event_known(k), strcmp(event_kind_name(k), "unknown") != 0);
	assert_string_equal(event_kind_name(255), "unknown");
	for (unsigned r = 0; r < 256; r++) {
		const char *name = leave_reason_name(r);
		assert_true(name && *name);
		assert_true((strcmp(name, "left") == 0) == (r == 0 || r > LEAVE_PARTED));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(every_kind_and_reason_has_a_name),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
