/* ui/fold: who came and went, in one sentence, however it is put together. */
#include "ui/fold.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void add(struct fold *f, enum event_kind kind, const char *who, const char *to, bool before)
{
	fold_add(f, &(struct event){.kind = kind, .from = text(who), .text = text(to)}, before);
}

static void joined(struct fold *f, const char *who)
{
	add(f, EVENT_JOIN, who, "", false);
}

static void left(struct fold *f, const char *who)
{
	add(f, EVENT_QUIT, who, "bye", false);
}

static void says(const struct fold *f, const char *want)
{
	char out[FOLD_WORDS_SIZE];

	assert_int_equal(fold_words(f, out), strlen(want));
	assert_string_equal(out, want);
}

static void test_names_become_numbers(void **state)
{
	static const char *const names[] = {"alice", "bob",   "carol", "dave",
					    "eve",   "frank", "grace", "heidi"};
	static const char *const want[] = {"alice joined",
					   "alice and bob joined",
					   "alice, bob and carol joined",
					   "alice, bob and 2 others joined",
					   "alice, bob and 3 others joined",
					   "alice, bob and 4 others joined",
					   "alice, bob and 5 others joined",
					   "alice, bob and 6 others joined"};
	struct fold f = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		joined(&f, names[i]);
		says(&f, want[i]);
	}
}

static void test_who_comes_and_goes_is_told_once(void **state)
{
	struct fold f = {0};

	(void)state;
	joined(&f, "alice");
	left(&f, "alice");
	says(&f, "alice joined and left");
	joined(&f, "alice");
	says(&f, "alice joined");
	left(&f, "bob");
	says(&f, "alice joined; bob left");
	joined(&f, "bob");
	says(&f, "alice joined; bob left and came back");
	left(&f, "bob");
	says(&f, "alice joined; bob left");
	assert_int_equal(f.events, 6);
}

static void test_renames_have_both_names(void **state)
{
	struct fold f = {0};

	(void)state;
	add(&f, EVENT_NICK, "dave", "eve", false);
	says(&f, "dave is now known as eve");
	joined(&f, "bob");
	add(&f, EVENT_NICK, "bob", "rob", false);
	says(&f, "bob joined; dave is now known as eve, bob is now known as rob");
	add(&f, EVENT_NICK, "c", "d", false);
	add(&f, EVENT_NICK, "d", "e", false);
	says(&f, "bob joined; dave is now known as eve, bob is now known as rob, and 2 others took "
		 "another name");
}

/* Forwards, backwards, or from the middle outwards: history is loaded above what is there. */
static void test_the_order_of_reading_does_not_matter(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *who;
	} events[] = {{EVENT_JOIN, "a"}, {EVENT_QUIT, "b"}, {EVENT_JOIN, "b"},
		      {EVENT_QUIT, "a"}, {EVENT_JOIN, "c"}, {EVENT_QUIT, "d"},
		      {EVENT_JOIN, "d"}, {EVENT_QUIT, "d"}, {EVENT_QUIT, "e"}};
	const int n = (int)COUNT_OF(events);

	(void)state;
	for (int from = 0; from <= n; from++) {
		struct fold f = {0};
		for (int i = from; i < n; i++)
			add(&f, events[i].kind, events[i].who, "", false);
		for (int i = from; i-- > 0;)
			add(&f, events[i].kind, events[i].who, "", true);
		assert_int_equal(f.events, n);
		assert_int_equal(f.parts[FOLD_JOINED].count, 1);
		assert_int_equal(f.parts[FOLD_LEFT].count, 2);
		assert_int_equal(f.parts[FOLD_VISITED].count, 1);
		assert_int_equal(f.parts[FOLD_RETURNED].count, 1);
	}
}

static void test_what_is_older_stands_in_front(void **state)
{
	struct fold f = {0};
	char name[16];
	uint8_t bytes[FOLD_BYTES_MAX], kept[FOLD_BYTES_MAX];

	(void)state;
	for (int i = 20; i-- > 0;) {
		snprintf(name, sizeof(name), "n%d", i);
		add(&f, EVENT_JOIN, name, "", true);
		struct buf b = buf_of(bytes, sizeof(bytes)); /* the name is borrowed */
		fold_put(&b, &f);
		assert_false(b.failed);
		memcpy(kept, bytes, b.len);
		assert_true(fold_get(slice_of(kept, b.len), &f));
	}
	says(&f, "n0, n1 and 18 others joined");
}

static void test_bytes_hold_all_of_it(void **state)
{
	char big[NAME_MAX_BYTES], words[FOLD_WORDS_SIZE], again[FOLD_WORDS_SIZE];
	uint8_t bytes[FOLD_BYTES_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct fold f = {.events = BUF_VARINT_MAX}, got;

	(void)state;
	memset(big, 'x', sizeof(big));
	for (unsigned kind = 0; kind < FOLD_KINDS; kind++) {
		struct fold_part *p = &f.parts[kind];
		*p = (struct fold_part){.count = BUF_VARINT_MAX, .kept = FOLD_NAMES};
		for (size_t i = 0; i < FOLD_NAMES; i++)
			p->names[i] = p->others[i] = slice_of(big, sizeof(big));
	}
	fold_put(&b, &f);
	assert_false(b.failed);
	assert_true(fold_get(slice_of(bytes, b.len), &got));
	assert_int_equal(fold_words(&f, words), fold_words(&got, again));
	assert_string_equal(words, again);
	for (size_t n = 0; n < b.len; n++)
		assert_false(fold_get(slice_of(bytes, n), &got));
	assert_false(fold_get(slice_of("\0\1\2", 3), &got)); /* more names than there are */
}

static void test_names_are_safe(void **state)
{
	struct fold f = {0};

	(void)state;
	joined(&f, "ev\x1b[2Jil");
	says(&f, "ev␛[2Jil joined");
}

static void test_what_folds(void **state)
{
	struct event e = {.kind = EVENT_JOIN, .from = text("a")};

	(void)state;
	assert_true(fold_takes(&e));
	e.kind = EVENT_NICK;
	assert_true(fold_takes(&e));
	e.kind = EVENT_QUIT;
	assert_true(fold_takes(&e));
	e.reason = LEAVE_TIMED_OUT;
	assert_true(fold_takes(&e));
	e.reason = LEAVE_KICKED;
	assert_false(fold_takes(&e));
	e.kind = EVENT_TALK;
	assert_false(fold_takes(&e));
	e.kind = EVENT_TOPIC;
	assert_false(fold_takes(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_become_numbers),
		cmocka_unit_test(test_who_comes_and_goes_is_told_once),
		cmocka_unit_test(test_renames_have_both_names),
		cmocka_unit_test(test_the_order_of_reading_does_not_matter),
		cmocka_unit_test(test_what_is_older_stands_in_front),
		cmocka_unit_test(test_bytes_hold_all_of_it),
		cmocka_unit_test(test_names_are_safe),
		cmocka_unit_test(test_what_folds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
