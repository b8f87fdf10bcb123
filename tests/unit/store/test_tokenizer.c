/* store/tokenizer: FTS5 makes of documents and queries what core/words and core/phrases do. */
#include "store/tokenizer.h"

#include "store_rig.h"

#include <stdio.h>
#include <string.h>

static struct db db;
static struct words *words;

static int setup(void **state)
{
	struct db_options options = {.path = ":memory:", .use = DB_WRITE};

	(void)state;
	options.words = words = words_new();
	assert_non_null(words);
	assert_int_equal(db_open(&db, &options), ERR_NONE);
	assert_int_equal(db_exec(&db, "CREATE VIRTUAL TABLE w USING fts5(t, content='',"
				      " tokenize='" TOKENIZER_NAME "')"),
			 ERR_NONE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(&db);
	words_free(words);
	return 0;
}

static void add(int64_t id, const char *who, const char *text)
{
	static uint8_t storage[TOKENIZER_DOCUMENT_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	sqlite3_stmt *s;

	tokenizer_document(&b, slice_of(who, strlen(who)), slice_of(text, strlen(text)));
	assert_false(b.failed);
	assert_int_equal(db_prepare(&db, "INSERT INTO w(rowid, t) VALUES(?1, ?2)", &s), ERR_NONE);
	db_bind_int(s, 1, id);
	db_bind_text(s, 2, slice_of(b.data, b.len));
	assert_int_equal(db_run(&db, s), ERR_NONE);
	sqlite3_finalize(s);
}

/* The ids that match, as "1 2 ", newest first. */
static const char *matches(const struct phrases *p, const char *who)
{
	static char out[256];
	char query[TOKENIZER_QUERY_MAX];
	struct buf b = buf_of(query, sizeof(query));
	sqlite3_stmt *s;
	int n = 0;

	tokenizer_query(&b, p, slice_of(who, strlen(who)));
	assert_false(b.failed);
	assert_int_equal(
		db_prepare(&db, "SELECT rowid FROM w WHERE w MATCH ?1 ORDER BY rowid DESC", &s),
		ERR_NONE);
	db_bind_text(s, 1, slice_of(query, strlen(query)));
	out[0] = '\0';
	for (bool row = true; row;) {
		if (db_next(&db, s, &row) != ERR_NONE)
			fail_msg("%s: %s", query, sqlite3_errmsg(db.sql));
		if (row)
			n += snprintf(out + n, sizeof(out) - (size_t)n, "%lld ",
				      (long long)sqlite3_column_int64(s, 0));
	}
	sqlite3_finalize(s);
	return out;
}

static const char *typed(const char *text, const char *who)
{
	struct phrases p;
	enum err e = phrases_parse(&p, words, slice_of(text, strlen(text)));

	assert_int_equal(e, ERR_NONE);
	return matches(&p, who);
}

static void words_are_found_by_who_said_them(void **state)
{
	(void)state;
	add(1, "alice", "今晚十点，老地方");
	add(2, "bob", "今天晚上 at ten");
	add(3, "", "Ten 十点 tents");
	assert_string_equal(typed("十点", ""), "3 1 ");
	assert_string_equal(typed("今晚", ""), "1 ");
	assert_string_equal(typed("ten", ""), "3 2 ");
	assert_string_equal(typed("tents", ""), "3 ");
	assert_string_equal(typed("十点", "alice"), "1 ");
	assert_string_equal(typed("ten", "alice"), "");
	assert_string_equal(matches(NULL, "alice"), "1 ");
	assert_string_equal(matches(NULL, "ali"), "");
	assert_string_equal(matches(NULL, "carol"), "");
}

static void a_name_is_no_word_and_a_word_no_name(void **state)
{
	(void)state;
	add(1, "alice", "hello");
	add(2, "bob", "\001alice\001 hello");
	add(3, "carol", "alice");
	assert_string_equal(typed("alice", ""), "3 2 ");
	assert_string_equal(matches(NULL, "alice"), "1 ");
	assert_string_equal(typed("\001alice", ""), "3 2 ");
}

static void names_of_all_kinds_are_one_token(void **state)
{
	static const char *const names[] = {"a b", "\"",	   "''",   "NEAR(",
					    "*",   "😀👍🏽", "小明", "^x:y"};
	char want[8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		add((int64_t)i + 1, names[i], "x");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		(void)snprintf(want, sizeof(want), "%zu ", i + 1);
		assert_string_equal(matches(NULL, names[i]), want);
		assert_string_equal(typed("x", names[i]), want);
	}
}

/* Whatever is typed is a query that SQLite takes, and finds what core/phrases finds. */
static void nothing_that_is_typed_is_syntax(void **state)
{
	static const char *const texts[] = {
		"alpha beta",	       "a NEAR b",
		"near a b 3",	       "alpha OR beta",
		"not alpha",	       "t: alpha",
		"alpha* \"beta\"",     "服务器 維護",
		"rowid rank w t",      "select * from w; drop w",
		"(((alpha)))",	       "\"\"\" alpha",
		"{t} : alpha + beta",  "- alpha ^ be",
		"'alpha' || 'beta' 😀",
	};
	static const char *const queries[] = {
		"\"",
		"\"alpha",
		"\"alpha beta\"",
		"alpha\"",
		"alpha*",
		"alp*ha",
		"*alpha",
		"a NEAR b",
		"NEAR(a b,3)",
		"alpha OR beta",
		"NOT alpha",
		"alpha NOT beta",
		"alpha AND beta",
		"t:alpha",
		"t : alpha",
		"{t}:alpha",
		"-t:alpha",
		"^alpha",
		"alpha + beta",
		"(alpha)",
		"((((((alpha",
		"alpha)",
		"'alpha'",
		"\"\"\"\"",
		"alpha\"\"beta",
		"rank",
		"rowid",
		"w MATCH 'x'",
		"; DROP TABLE w; --",
		"%alpha_",
		"服务*",
		"\"服务\" OR",
		"alpha\002beta",
		"\002alpha",
		"\001alpha",
		"😀\"",
		"alpha\\",
		"[alpha]",
		"alpha,beta",
		"a\tb\nc",
	};
	struct phrases p;
	char want[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		add((int64_t)i + 1, "someone", texts[i]);
	for (size_t q = 0; q < COUNT_OF(queries); q++) {
		int n = 0;
		enum err e = phrases_parse(&p, words, slice_of(queries[q], strlen(queries[q])));
		if (e != ERR_NONE) {
			assert_int_equal(e, ERR_NOT_FOUND);
			continue;
		}
		want[0] = '\0';
		for (size_t i = COUNT_OF(texts); i-- > 0;) {
			bool in = false;
			assert_int_equal(
				phrases_find(&p, words, slice_of(texts[i], strlen(texts[i])), &in),
				ERR_NONE);
			if (in)
				n += snprintf(want + n, sizeof(want) - (size_t)n, "%zu ", i + 1);
		}
		assert_string_equal(matches(&p, ""), want);
	}
}

/* The longest that core/phrases takes, and a name's longest key, all of quotes. */
static void the_longest_query_fits(void **state)
{
	char who[NAME_MAX_KEY + 1], text[4 * PHRASES_MAX_TOKENS];
	size_t n = 0;

	(void)state;
	memset(who, '"', NAME_MAX_KEY);
	who[NAME_MAX_KEY] = '\0';
	for (int i = 0; i < PHRASES_MAX_TOKENS; i++) {
		memcpy(text + n, i % 2 ? "abc " : "def ", 4);
		n += 4;
	}
	text[n - 1] = '\0';
	add(1, who, text);
	assert_string_equal(typed(text, who), "1 ");
}

/* "delete" of FTS5 takes a document out by its words: they have to be the same ones again. */
static void what_is_taken_out_leaves_nothing(void **state)
{
	static uint8_t storage[TOKENIZER_DOCUMENT_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	sqlite3_stmt *s;

	(void)state;
	add(1, "alice", "secret 秘密");
	add(2, "alice", "secret 秘密");
	tokenizer_document(&b, slice_of("alice", 5), slice_of("secret 秘密", 13));
	assert_int_equal(db_prepare(&db, "INSERT INTO w(w, rowid, t) VALUES('delete', 1, ?1)", &s),
			 ERR_NONE);
	db_bind_text(s, 1, slice_of(b.data, b.len));
	assert_int_equal(db_run(&db, s), ERR_NONE);
	sqlite3_finalize(s);
	assert_string_equal(typed("秘密", ""), "2 ");
	assert_string_equal(matches(NULL, "alice"), "2 ");
	assert_int_equal(db_exec(&db, "INSERT INTO w(w) VALUES('integrity-check')"), ERR_NONE);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(words_are_found_by_who_said_them), EACH(a_name_is_no_word_and_a_word_no_name),
		EACH(names_of_all_kinds_are_one_token), EACH(nothing_that_is_typed_is_syntax),
		EACH(the_longest_query_fits),		EACH(what_is_taken_out_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
