/* core/recent: which talks can be answered, and what an answer repeats of them. */
#include "core/recent.h"

#include "proto/text.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void say(struct recent *r, uint64_t seq, const char *who, const char *what)
{
	recent_take(r,
		    &(struct event){
			    .kind = EVENT_TALK, .seq = seq, .from = text(who), .text = text(what)});
}

static void change(struct recent *r, enum event_kind kind, uint64_t target, const char *what)
{
	recent_take(r,
		    &(struct event){.kind = kind, .seq = 99, .target = target, .text = text(what)});
}

static void quote_is(const struct recent_talk *t, const char *want)
{
	char out[RECENT_QUOTE_SIZE];

	assert_non_null(t);
	assert_int_equal(recent_quote(t, out), strlen(want));
	assert_string_equal(out, want);
}

static void test_whose_is_answered(void **state)
{
	struct recent r = {.next = 0};

	(void)state;
	assert_null(recent_not_by(&r, text("bob")));
	say(&r, 1, "alice", "one");
	say(&r, 2, "小明", "二");
	say(&r, 3, "bob", "three");
	recent_take(&r, &(struct event){.kind = EVENT_JOIN, .seq = 4, .from = text("eve")});
	quote_is(recent_not_by(&r, text("bob")), "> 小明: 二\n");
	quote_is(recent_by(&r, text("alice")), "> alice: one\n");
	quote_is(recent_numbered(&r, 3), "> bob: three\n");
	assert_null(recent_by(&r, text("eve")));
	assert_null(recent_by(&r, text("al")));
	assert_null(recent_numbered(&r, 4));
	recent_wipe(&r);
	assert_null(recent_by(&r, text("alice")));
}

static void test_talks_change(void **state)
{
	struct recent r = {.next = 0};

	(void)state;
	say(&r, 1, "alice", "one");
	say(&r, 2, "alice", "two");
	change(&r, EVENT_EDIT, 1, "uno");
	change(&r, EVENT_EDIT, 1, "");
	change(&r, EVENT_EDIT, 7, "nothing");
	change(&r, EVENT_RECALL, 2, "");
	change(&r, EVENT_RECALL, 7, "");
	quote_is(recent_by(&r, text("alice")), "> alice: uno\n");
	recent_wipe(&r);
}

static void test_old_ones_go(void **state)
{
	struct recent r = {.next = 0};

	(void)state;
	for (uint64_t i = 1; i <= RECENT_TALKS + 3; i++)
		say(&r, i, "alice", "x");
	assert_null(recent_numbered(&r, 3));
	assert_non_null(recent_numbered(&r, 4));
	say(&r, 5, "alice", "the same again"); /* in its place */
	assert_non_null(recent_numbered(&r, 4));
	quote_is(recent_numbered(&r, 5), "> alice: the same again\n");
	recent_wipe(&r);
}

#define TEN	   "0123456789"
#define SIXTY	   TEN TEN TEN TEN TEN TEN
#define SIX_CJK	   "一二三四五六"
#define THIRTY_CJK SIX_CJK SIX_CJK SIX_CJK SIX_CJK SIX_CJK

static void test_what_is_repeated(void **state)
{
	static const struct {
		const char *said, *quote;
	} rows[] = {
		{"", "> eve: \n"},
		{SIXTY, "> eve: " SIXTY "\n"},
		{SIXTY "!", "> eve: " SIXTY "…\n"},
		{THIRTY_CJK, "> eve: " THIRTY_CJK "\n"},
		{"a" THIRTY_CJK, "> eve: a" SIX_CJK SIX_CJK SIX_CJK SIX_CJK "一二三四五…\n"},
		{"one\ntwo", "> eve: one…\n"},
		{"> bob: why?\nbecause", "> eve: because\n"},
		{"> bob: why?\nbecause\nit is", "> eve: because…\n"},
		{"> no answer", "> eve: > no answer\n"},
		{"/me waves", "> eve: waves\n"},
		{"> bob: hi\n/me waves", "> eve: waves\n"},
		{"red \033[31m", "> eve: red ␛[31m\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct recent r = {.next = 0};
		say(&r, 1, "eve", rows[i].said);
		quote_is(recent_numbered(&r, 1), rows[i].quote);
		recent_wipe(&r);
	}
}

/* Marks without end, and clusters without end, fit all the same. */
static void test_the_worst_text_fits(void **state)
{
	static const char *const pieces[] = {"\u0301", "👩\u200d", "\x01",
					     "\u202e", "\xff",	  "👍🏽"};
	char said[4096], name[NAME_MAX_BYTES + 1], out[RECENT_QUOTE_SIZE];

	(void)state;
	memset(name, 'n', NAME_MAX_BYTES);
	name[NAME_MAX_BYTES] = '\0';
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct recent r = {.next = 0};
		size_t n = 0;
		while (n + 16 < sizeof(said))
			n += (size_t)snprintf(said + n, 16, "%s", pieces[i]);
		say(&r, 1, name, said);
		n = recent_quote(recent_numbered(&r, 1), out);
		assert_true(n < RECENT_QUOTE_SIZE);
		assert_int_equal(strlen(out), n);
		assert_true(text_valid(out, n));
		assert_int_equal(out[n - 1], '\n');
		recent_wipe(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose_is_answered),   cmocka_unit_test(test_talks_change),
		cmocka_unit_test(test_old_ones_go),	    cmocka_unit_test(test_what_is_repeated),
		cmocka_unit_test(test_the_worst_text_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
