/* Journals: what is written is read, what is damaged is passed over, and the rest of it counts. */
#include "core/journal.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void take(struct journal *j, const struct journal_entry *e)
{
	assert_int_equal(journal_take(j, e), ERR_NONE);
}

static void said(struct journal *j, uint64_t mid, const char *room, const char *words)
{
	take(j, &(struct journal_entry){.kind = JOURNAL_SAID,
					.number = mid,
					.what = COMMAND_TALK,
					.name = text(room),
					.text = text(words)});
}

static void draft(struct journal *j, const char *room, const char *words)
{
	take(j, &(struct journal_entry){
			.kind = JOURNAL_DRAFT, .name = text(room), .text = text(words)});
}

static void numbered(struct journal *j, enum journal_kind kind, uint64_t number, uint64_t target)
{
	take(j, &(struct journal_entry){.kind = kind, .number = number, .target = target});
}

static void failed(struct journal *j, uint64_t mid, const char *why)
{
	take(j, &(struct journal_entry){.kind = JOURNAL_FAILED, .number = mid, .text = text(why)});
}

/* A client's, in the middle of things. */
static void fill(struct journal *j)
{
	*j = (struct journal){.instance = 0};
	numbered(j, JOURNAL_CLIENT, 6184542, 0);
	take(j, &(struct journal_entry){.kind = JOURNAL_SERVER, .name = text("quqp…jzva")});
	take(j, &(struct journal_entry){.kind = JOURNAL_NICK, .name = text("小明")});
	numbered(j, JOURNAL_LOG, 77, 0);
	said(j, 1, "#lobby", "一");
	said(j, 2, "#dev", "two\nlines\tand a \\ and \x1b[31m");
	said(j, 3, "@bob", "three");
	failed(j, 3, "no such nick");
	numbered(j, JOURNAL_DONE, 1, 1);
	take(j, &(struct journal_entry){.kind = JOURNAL_SAID,
					.number = 4,
					.what = COMMAND_EDIT,
					.target = 1207,
					.name = text("#lobby"),
					.text = text("better")});
	draft(j, "#lobby", "half a li");
	draft(j, "#dev", "另一半");
}

static void expect_filled(const struct journal *j)
{
	const struct journal_line *line = j->lines;

	assert_true(j->instance == 6184542 && j->mids == 4 && j->epoch == 77);
	assert_true(j->answered && !j->left);
	assert_string_equal(j->server, "quqp…jzva");
	assert_string_equal(j->nick, "小明");
	assert_int_equal(j->line_count, 3);
	assert_true(line->mid == 2 && line->what == COMMAND_TALK && !line->failed);
	assert_string_equal(line->room, "#dev");
	assert_memory_equal(line->text, "two\nlines\tand a \\ and \x1b[31m", line->len);
	line = line->next;
	assert_true(line->mid == 3 && line->failed);
	assert_string_equal(line->reason, "no such nick");
	line = line->next;
	assert_true(line->mid == 4 && line->what == COMMAND_EDIT && line->target == 1207);
	assert_int_equal(j->draft_count, 2);
	assert_true(journal_draft(j, text("#lobby")).len == 9);
	assert_true(journal_draft(j, text("#dev")).len == 9);
	assert_true(journal_draft(j, text("#none")).len == 0);
}

/* ---- what entries come to ---------------------------------------------------------------------- */

static void entries_come_to_what_is_left(void **state)
{
	struct journal j;

	(void)state;
	fill(&j);
	expect_filled(&j);
	assert_false(journal_empty(&j));
	numbered(&j, JOURNAL_DONE, 2, 1);
	numbered(&j, JOURNAL_DONE, 3, 0);
	numbered(&j, JOURNAL_DONE, 4, 0);
	numbered(&j, JOURNAL_DONE, 4, 0); /* there is nothing to be done any more */
	draft(&j, "#lobby", "");
	assert_false(journal_empty(&j));
	draft(&j, "#dev", "");
	draft(&j, "#dev", "");
	assert_true(journal_empty(&j));
	assert_int_equal(j.bytes, 0);
	assert_true(j.mids == 4);
	journal_wipe(&j);
}

/* What is said again is in the place of what was refused: never both, never none. */
static void what_is_said_again_replaces_what_was_refused(void **state)
{
	struct journal j = {.instance = 1};

	(void)state;
	said(&j, 1, "#lobby", "one");
	failed(&j, 1, "the disk is full");
	take(&j, &(struct journal_entry){.kind = JOURNAL_SAID,
					 .number = 2,
					 .what = COMMAND_TALK,
					 .target = 1,
					 .name = text("#lobby"),
					 .text = text("one")});
	assert_int_equal(j.line_count, 1);
	assert_true(j.lines->mid == 2 && !j.lines->failed);
	journal_wipe(&j);
}

static void a_room_that_is_called_otherwise_keeps_its_lines(void **state)
{
	struct journal j = {.instance = 1};

	(void)state;
	said(&j, 1, "@bob", "one");
	said(&j, 2, "#dev", "two");
	draft(&j, "@bob", "half");
	draft(&j, "@rob", "of another one");
	take(&j, &(struct journal_entry){
			 .kind = JOURNAL_ROOM, .name = text("@bob"), .text = text("@rob")});
	assert_string_equal(j.lines->room, "@rob");
	assert_string_equal(j.lines->next->room, "#dev");
	assert_int_equal(j.draft_count, 1);
	assert_true(journal_draft(&j, text("@rob")).len == 4);
	journal_wipe(&j);
}

static void expect_refused(const struct journal_entry *e)
{
	struct journal j;

	fill(&j);
	assert_int_equal(journal_take(&j, e), ERR_MALFORMED);
	expect_filled(&j);
	journal_wipe(&j);
}

static void what_cannot_follow_is_refused(void **state)
{
	char longer[JOURNAL_LABEL_MAX + 2];
	struct journal_entry line = {.kind = JOURNAL_SAID,
				     .number = 9,
				     .what = COMMAND_TALK,
				     .name = text("#lobby"),
				     .text = text("x")};
	struct journal_entry e;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	e = line, e.number = 3, expect_refused(&e); /* there is one of that number */
	e = line, e.number = 0, expect_refused(&e);
	e = line, e.what = COMMAND_JOIN, expect_refused(&e);
	e = line, e.text = text(""), expect_refused(&e);
	e = line, e.name = text(""), expect_refused(&e);
	e = line, e.name = text(longer), expect_refused(&e);
	expect_refused(&(struct journal_entry){.kind = JOURNAL_CLIENT, .number = 5});
	expect_refused(&(struct journal_entry){.kind = JOURNAL_FAILED, .number = 1});
	expect_refused(&(struct journal_entry){.kind = JOURNAL_FAILED, .number = 4}); /* an edit */
	expect_refused(
		&(struct journal_entry){.kind = JOURNAL_FAILED, .number = 2, .text = text(longer)});
	expect_refused(&(struct journal_entry){.kind = JOURNAL_DRAFT, .text = text("x")});
	expect_refused(&(struct journal_entry){.kind = JOURNAL_ROOM, .name = text("#dev")});
	expect_refused(&(struct journal_entry){.kind = JOURNAL_NICK, .name = text(longer)});
	expect_refused(&(struct journal_entry){.kind = (enum journal_kind)'z'});
}

static void it_holds_so_much(void **state)
{
	struct journal j = {.instance = 1};
	struct journal_entry more = {.kind = JOURNAL_SAID,
				     .number = JOURNAL_LINES_MAX + 1,
				     .what = COMMAND_TALK,
				     .name = text("#lobby"),
				     .text = text("x")};
	char room[16];

	(void)state;
	for (unsigned i = 1; i <= JOURNAL_LINES_MAX; i++)
		said(&j, i, "#lobby", "x");
	assert_int_equal(journal_take(&j, &more), ERR_FULL);
	assert_true(j.line_count == JOURNAL_LINES_MAX && j.mids == JOURNAL_LINES_MAX);
	for (unsigned i = 0; i < JOURNAL_DRAFTS_MAX; i++) {
		snprintf(room, sizeof(room), "#%u", i);
		draft(&j, room, "x");
	}
	more = (struct journal_entry){
		.kind = JOURNAL_DRAFT, .name = text("#more"), .text = text("x")};
	assert_int_equal(journal_take(&j, &more), ERR_FULL);
	draft(&j, "#7", "y"); /* where there is one, there is place for another */
	journal_wipe(&j);
}

/* ---- files ---------------------------------------------------------------------------------------- */

struct file {
	struct buf b;
	uint8_t bytes[8192];
};

static bool put(void *ctx, const struct journal_entry *e)
{
	struct file *f = ctx;

	journal_put(&f->b, e);
	return !f->b.failed;
}

static void write_filled(struct file *f)
{
	struct journal j;

	f->b = buf_of(f->bytes, sizeof(f->bytes));
	fill(&j);
	assert_true(journal_tell(&j, put, f));
	journal_wipe(&j);
}

/* Line by line, as unsent.c does; returns how many were none.  *j is empty. */
static size_t read_back(struct journal *j, const uint8_t *bytes, size_t len)
{
	size_t bad = 0;

	while (len > 0) {
		const uint8_t *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;
		char *line = malloc(n + 1);
		struct journal_entry e;
		assert_non_null(line);
		memcpy(line, bytes, n);
		bad += !end || journal_get(line, n, &e) != ERR_NONE ||
		       journal_take(j, &e) != ERR_NONE;
		free(line);
		n += end ? 1 : 0;
		bytes += n;
		len -= n;
	}
	return bad;
}

static void what_is_told_is_the_same_again(void **state)
{
	struct journal j = {.instance = 0};
	struct file f;

	(void)state;
	write_filled(&f);
	assert_int_equal(read_back(&j, f.bytes, f.b.len), 0);
	expect_filled(&j);
	assert_true(journal_draft(&j, text("#dev")).data[0] == 0xe5);
	journal_wipe(&j);
}

static void entries_are_lines_without_controls(void **state)
{
	struct file f;
	size_t lines = 0;

	(void)state;
	write_filled(&f);
	for (size_t i = 0; i < f.b.len; i++) {
		lines += f.bytes[i] == '\n';
		assert_true(f.bytes[i] >= ' ' || f.bytes[i] == '\n' || f.bytes[i] == '\t');
	}
	assert_int_equal(lines, 5 + 3 + 1 + 2);
}

/* Wherever a file ends, what is whole before that counts. */
static void a_file_that_is_cut_short_loses_its_end_alone(void **state)
{
	struct file f;

	(void)state;
	write_filled(&f);
	for (size_t cut = 0; cut < f.b.len; cut++) {
		struct journal j = {.instance = 0};
		size_t bad = read_back(&j, f.bytes, cut);
		assert_int_equal(bad, cut > 0 && f.bytes[cut - 1] != '\n');
		assert_true(cut < 40 || j.instance == 6184542);
		journal_wipe(&j);
	}
}

/* A byte that is another one is noticed; all but its line, and what rests on it, is there. */
static void damage_is_noticed_and_stays_where_it_is(void **state)
{
	struct file f;

	(void)state;
	for (size_t at = 0;; at++) {
		struct journal j = {.instance = 0};
		write_filled(&f);
		if (at == f.b.len)
			break;
		f.bytes[at] ^= 0x11;
		size_t bad = read_back(&j, f.bytes, f.b.len);
		assert_in_range(bad, 1, 2);
		assert_true(j.line_count + j.draft_count >= 3); /* a line's end is two lines' */
		journal_wipe(&j);
	}
}

/* With a sum that is right: somebody has written it by hand, or a later version has. */
static void expect_unreadable(const char *rest)
{
	uint32_t h = 2166136261U;
	char line[256];
	struct journal_entry e = {.kind = JOURNAL_LEFT};

	for (const char *at = rest; *at; at++)
		h = (h ^ (uint8_t)*at) * 16777619U;
	int n = snprintf(line, sizeof(line), "%08x%s", (unsigned)h, rest);
	assert_int_equal(journal_get(line, (size_t)n, &e), ERR_MALFORMED);
	assert_int_equal(e.kind, JOURNAL_LEFT);
}

static void what_is_no_entry_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		" q",
		" q\t0\t0\t0\t",
		" q\t0\t0\t0\t\t\t",
		" qq\t0\t0\t0\t\t",
		"q\t0\t0\t0\t\t",
		" q\t\t0\t0\t\t",
		" q\t-1\t0\t0\t\t",
		" q\t4611686018427387904\t0\t0\t\t",
		" q\t99999999999999999999\t0\t0\t\t",
		" q\t0\t256\t0\t\t",
		" q\t0\t0\tx\t\t",
		" q\t0\t0\t0\t\\\t",
		" q\t0\t0\t0\t\\x1\t",
		" q\t0\t0\t0\t\t\\y11",
		" q\t0\t0\t0\t\t\\x1g",
		" q\t0\t0\t0\t\t\\x00",
		" q\t0\t0\t0\t\t\\xff",
		" q\t0\t0\t0\t\xc3\t",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_unreadable(bad[i]);
}

/* The longest text there is, each byte of which is written as four. */
static void the_longest_entry_fits(void **state)
{
	static uint8_t bytes[JOURNAL_ENTRY_MAX];
	static char words[TEXT_MAX_BYTES], room[JOURNAL_LABEL_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));
	struct journal_entry e = {.kind = JOURNAL_SAID,
				  .number = BUF_VARINT_MAX,
				  .what = COMMAND_EDIT,
				  .target = BUF_VARINT_MAX};
	struct journal_entry back;

	(void)state;
	memset(words, '\n', sizeof(words));
	memset(room, '\\', sizeof(room));
	e.name = slice_of(room, sizeof(room));
	e.text = slice_of(words, sizeof(words));
	journal_put(&b, &e);
	assert_false(b.failed);
	assert_int_equal(journal_get((char *)bytes, b.len - 1, &back), ERR_NONE);
	assert_true(back.number == e.number && back.target == e.target);
	assert_true(back.text.len == sizeof(words) && back.name.len == sizeof(room));
	assert_memory_equal(back.text.data, words, sizeof(words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_to_what_is_left),
		cmocka_unit_test(what_is_said_again_replaces_what_was_refused),
		cmocka_unit_test(a_room_that_is_called_otherwise_keeps_its_lines),
		cmocka_unit_test(what_cannot_follow_is_refused),
		cmocka_unit_test(it_holds_so_much),
		cmocka_unit_test(what_is_told_is_the_same_again),
		cmocka_unit_test(entries_are_lines_without_controls),
		cmocka_unit_test(a_file_that_is_cut_short_loses_its_end_alone),
		cmocka_unit_test(damage_is_noticed_and_stays_where_it_is),
		cmocka_unit_test(what_is_no_entry_is_refused),
		cmocka_unit_test(the_longest_entry_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
