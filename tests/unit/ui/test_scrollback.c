/* ui/scrollback: growing at both ends, indices that stay, finding a line by its event's number. */
#include "ui/scrollback.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct model_line *line(enum model_kind kind, uint64_t seq, const char *text)
{
	struct model_line *l = malloc(sizeof(*l) + strlen(text));

	assert_non_null(l);
	*l = (struct model_line){.kind = kind, .seq = seq, .text_len = strlen(text)};
	memcpy(l->bytes, text, l->text_len);
	return l;
}

static void append(struct scrollback *s, enum model_kind kind, uint64_t seq)
{
	assert_int_equal(scrollback_append(s, line(kind, seq, "x")), ERR_NONE);
}

static void prepend(struct scrollback *s, uint64_t seq)
{
	assert_int_equal(scrollback_prepend(s, line(MODEL_TALK, seq, "x")), ERR_NONE);
}

static void test_lines_keep_their_index(void **state)
{
	struct scrollback s;
	uint64_t origin;

	(void)state;
	scrollback_init(&s);
	origin = s.end;
	for (uint64_t seq = 100; seq < 200; seq++)
		append(&s, MODEL_TALK, seq);
	for (uint64_t seq = 99; seq > 0; seq--)
		prepend(&s, seq);
	assert_int_equal(s.end - s.first, 199);
	assert_int_equal(s.first, origin - 99);
	for (uint64_t i = s.first; i < s.end; i++)
		assert_int_equal(scrollback_at(&s, i)->seq, 100 + i - origin);
	for (int i = 0; i < 150; i++)
		scrollback_drop_oldest(&s);
	assert_int_equal(s.first, origin + 51);
	assert_int_equal(scrollback_at(&s, s.first)->seq, 151);
	scrollback_wipe(&s);
	assert_int_equal(s.end, s.first);
}

static void test_an_event_is_found_by_its_number(void **state)
{
	struct scrollback s;
	uint64_t i = 0;

	(void)state;
	scrollback_init(&s);
	assert_false(scrollback_find(&s, 1, &i));
	append(&s, MODEL_NOTICE, 0);
	append(&s, MODEL_TALK, 10);
	append(&s, MODEL_NOTICE, 10);
	append(&s, MODEL_ANSWER, 11); /* event 11 has no line of its own */
	append(&s, MODEL_HAPPENING, 13);
	prepend(&s, 8);
	prepend(&s, 5);
	for (uint64_t seq = 0; seq < 15; seq++) {
		bool there = seq == 5 || seq == 8 || seq == 10 || seq == 13;
		assert_int_equal(scrollback_find(&s, seq, &i), there);
		if (there)
			assert_int_equal(scrollback_at(&s, i)->seq, seq);
	}
	scrollback_wipe(&s);
}

/* Notices from before the first event stay where they are, between it and what is loaded. */
static void test_history_goes_above_notices(void **state)
{
	struct scrollback s;
	uint64_t i = 0;

	(void)state;
	scrollback_init(&s);
	for (int n = 0; n < 40; n++)
		append(&s, MODEL_NOTICE, 0);
	append(&s, MODEL_TALK, 50);
	for (uint64_t seq = 49; seq > 0; seq--)
		prepend(&s, seq);
	for (uint64_t seq = 1; seq <= 50; seq++) {
		assert_true(scrollback_find(&s, seq, &i));
		assert_int_equal(scrollback_at(&s, i)->seq, seq);
	}
	assert_int_equal(i, s.end - 1);
	scrollback_wipe(&s);
}

/* After `floor` numbers begin again; nothing before it is found. */
static void test_a_new_log_hides_the_old_one(void **state)
{
	struct scrollback s;
	uint64_t i = 0;

	(void)state;
	scrollback_init(&s);
	for (uint64_t seq = 1; seq <= 20; seq++)
		append(&s, MODEL_TALK, seq);
	s.floor = s.end;
	for (uint64_t seq = 1; seq <= 3; seq++)
		append(&s, MODEL_TALK, seq);
	assert_true(scrollback_find(&s, 2, &i));
	assert_int_equal(i, s.end - 2);
	assert_false(scrollback_find(&s, 15, &i));
	while (s.end - s.first > 2)
		scrollback_drop_oldest(&s);
	assert_false(scrollback_find(&s, 1, &i));
	assert_true(scrollback_find(&s, 2, &i));
	assert_int_equal(i, s.first);
	scrollback_wipe(&s);
}

static void test_bytes_and_talks_are_counted(void **state)
{
	struct scrollback s;
	struct model_line *l = line(MODEL_HAPPENING, 1, "alice recalled a message");
	size_t cost = scrollback_cost(l);

	(void)state;
	scrollback_init(&s);
	append(&s, MODEL_TALK, 1);
	append(&s, MODEL_TALK, 2);
	assert_int_equal(s.talks, 2);
	assert_int_equal(s.bytes, 2 * (sizeof(struct model_line) + 1));
	scrollback_replace(&s, s.first, l);
	assert_int_equal(s.talks, 1);
	assert_int_equal(s.bytes, cost + sizeof(struct model_line) + 1);
	scrollback_drop_oldest(&s);
	scrollback_drop_oldest(&s);
	assert_int_equal(s.talks, 0);
	assert_int_equal(s.bytes, 0);
	scrollback_wipe(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_keep_their_index),
		cmocka_unit_test(test_an_event_is_found_by_its_number),
		cmocka_unit_test(test_history_goes_above_notices),
		cmocka_unit_test(test_a_new_log_hides_the_old_one),
		cmocka_unit_test(test_bytes_and_talks_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
