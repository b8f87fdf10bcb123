/* The tables of protocol.md §4 about searching, compared with the code. */
#include "document.h"

#include "check.h"

#include "core/phrases.h"
#include "core/query.h"
#include "proto/wire.h"

#include <stdlib.h>
#include <string.h>

static struct slice words_of(const char *s)
{
	return slice_of(s, strlen(s));
}

static bool is(struct slice got, const char *want)
{
	return got.len == strlen(want) && (got.len == 0 || memcmp(got.data, want, got.len) == 0);
}

static void every_query_is_read_as_is_told(void **state)
{
	struct document *d = document_read("protocol.md");
	struct query q;
	struct row r;
	size_t n = 0, bad = 0;

	(void)state;
	for (size_t at = 0; document_row(d, "query", &at, &r); n++) {
		bool told_bad = strcmp(r.cell[1], "QUERY_BAD") == 0;
		bool is_bad = query_parse(&q, words_of(r.cell[0])) != ERR_NONE;
		bad += is_bad;
		if (is_bad != told_bad ||
		    (!is_bad &&
		     (!is(slice_of(q.words, q.words_len), r.cell[1]) || !is(q.from, r.cell[2]) ||
		      !is(q.in, r.cell[3]) || q.before_ms != strtoll(r.cell[4], NULL, 10))))
			fail_msg("protocol.md:%d: this query is read otherwise", r.line);
	}
	assert_true(bad > 2 && n - bad > 2);
	assert_int_equal(QUERY_MAX_BYTES, WIRE_QUERY_MAX);
	document_free(d);
}

static void everything_is_found_that_is_told_to_be(void **state)
{
	struct document *d = document_read("protocol.md");
	struct words *words = words_new();
	struct phrases p;
	struct row r;
	size_t n = 0;

	(void)state;
	assert_non_null(words);
	for (size_t at = 0; document_row(d, "one looks for", &at, &r); n++) {
		bool found;
		assert_int_equal(phrases_parse(&p, words, words_of(r.cell[0])), ERR_NONE);
		assert_int_equal(phrases_find(&p, words, words_of(r.cell[1]), &found), ERR_NONE);
		if (strcmp(r.cell[2], found ? "yes" : "no") != 0)
			fail_msg("protocol.md:%d: this is %sfound", r.line, found ? "" : "not ");
	}
	assert_true(n > 3);
	words_free(words);
	document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_query_is_read_as_is_told),
		cmocka_unit_test(everything_is_found_that_is_told_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
