/* Files of journals: who comes after a client has what it left, once, and nobody takes a running one's. */
#include "unsent.h"

#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char words[UNSENT_WORDS];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/chat-unsent.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct unsent *open_as(const char *nick, const char *key, uint64_t instance)
{
	struct unsent *u = unsent_new(&(struct unsent_wanted){.dir = dir,
							      .label = "chat://example:8888",
							      .key = key,
							      .nick = nick,
							      .instance = instance},
				      words);

	assert_non_null(u);
	return u;
}

static struct unsent *open_next(uint64_t instance)
{
	return open_as("alice", "key", instance);
}

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void note(struct unsent *u, const struct journal_entry *e)
{
	assert_int_equal(unsent_note(u, e), ERR_NONE);
}

static void say(struct unsent *u, uint64_t mid, const char *what)
{
	note(u, &(struct journal_entry){.kind = JOURNAL_SAID,
					.number = mid,
					.what = COMMAND_TALK,
					.name = text("#lobby"),
					.text = text(what)});
}

static void note_kind(struct unsent *u, enum journal_kind kind, uint64_t number)
{
	note(u, &(struct journal_entry){.kind = kind, .number = number});
}

static void type(struct unsent *u, const char *what)
{
	note(u, &(struct journal_entry){
			.kind = JOURNAL_DRAFT, .name = text("#lobby"), .text = text(what)});
}

/* The names, and the first of them; *size of that. */
static unsigned files(char first[512], size_t *size)
{
	char path[128];
	struct dirent *entry;
	struct stat st;
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/unsent", dir);
	DIR *d = opendir(path);
	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(first, 512, "%s/%s", path, entry->d_name);
		n++;
	}
	if (d)
		(void)closedir(d);
	if (n > 0 && size) {
		assert_int_equal(stat(first, &st), 0);
		*size = (size_t)st.st_size;
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	return n;
}

static void append(const char *what)
{
	char name[512];

	assert_int_equal(files(name, NULL), 1);
	FILE *f = fopen(name, "ae");
	assert_non_null(f);
	assert_true(fputs(what, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* ---- the next one --------------------------------------------------------------------------------- */

static void it_goes_on_as_the_one_before(void **state)
{
	struct unsent *u = open_next(11);
	char name[512];

	(void)state;
	assert_true(unsent_was(u) == 0);
	assert_int_equal(files(name, NULL), 0); /* there is nothing to be kept */
	note_kind(u, JOURNAL_LOG, 77);
	say(u, 1, "one");
	say(u, 2, "two");
	note(u, &(struct journal_entry){.kind = JOURNAL_DONE, .number = 1, .target = 1});
	type(u, "half");
	assert_int_equal(unsent_sync(u), ERR_NONE);
	assert_int_equal(unsent_on_file(u), 1);
	unsent_free(u);
	for (unsigned again = 0; again < 3; again++) {
		u = open_next(12);
		const struct journal *j = unsent_journal(u);
		assert_string_equal(words, "");
		assert_true(j->instance == 11 && j->mids == 2 && unsent_was(u) == 2);
		assert_true(j->epoch == 77 && j->answered);
		assert_int_equal(j->line_count, 1);
		assert_true(j->lines->mid == 2 && !j->lines->failed);
		assert_true(journal_draft(j, text("#lobby")).len == 4);
		unsent_free(u);
	}
	u = open_next(12);
	note_kind(u, JOURNAL_DONE, 2);
	type(u, "");
	unsent_free(u);
	assert_int_equal(files(name, NULL), 0);
}

static void a_running_ones_file_is_its_own(void **state)
{
	struct unsent *u = open_next(11), *beside;

	(void)state;
	say(u, 1, "one");
	beside = open_next(12);
	assert_true(unsent_journal(beside)->instance == 12 && unsent_was(beside) == 0);
	assert_true(journal_empty(unsent_journal(beside)));
	say(beside, 1, "beside");
	unsent_free(u);
	unsent_free(beside);
	u = open_next(13); /* one of them, and the other is told of */
	assert_true(unsent_journal(u)->instance == 11);
	assert_int_equal(unsent_journal(u)->line_count, 1);
	assert_non_null(strstr(words, "more clients of this name"));
	beside = open_next(14);
	assert_true(unsent_journal(beside)->instance == 12);
	assert_string_equal(words, "");
	unsent_free(u);
	unsent_free(beside);
}

static void others_are_not_taken(void **state)
{
	struct unsent *u = open_next(11);

	(void)state;
	say(u, 1, "one");
	unsent_free(u);
	u = open_as("bob", "key", 12);
	assert_true(journal_empty(unsent_journal(u)));
	unsent_free(u);
	u = open_as("alice", "another key", 12);
	assert_true(journal_empty(unsent_journal(u)));
	note(u, &(struct journal_entry){.kind = JOURNAL_SERVER, .name = text("key")});
	unsent_free(u);
}

/* Before it has been met, a server is called as the person does. */
static void a_server_is_found_when_its_key_is_known(void **state)
{
	struct unsent *u = open_as("alice", NULL, 11);

	(void)state;
	say(u, 1, "one");
	unsent_free(u);
	u = open_next(12);
	assert_true(unsent_was(u) == 1);
	note(u, &(struct journal_entry){.kind = JOURNAL_SERVER, .name = text("key")});
	unsent_free(u);
	u = open_as("alice", NULL, 13);
	assert_true(unsent_was(u) == 0);
	unsent_free(u);
}

/* ---- with another number --------------------------------------------------------------------------- */

static void who_has_quit_is_not_gone_on_as(void **state)
{
	struct unsent *u = open_next(11);
	char name[512];

	(void)state;
	note_kind(u, JOURNAL_LOG, 77);
	say(u, 1, "one");
	type(u, "half");
	note_kind(u, JOURNAL_LEFT, 0);
	unsent_free(u);
	u = open_next(12);
	const struct journal *j = unsent_journal(u);
	assert_true(j->instance == 12 && unsent_was(u) == 0 && !j->left && j->epoch == 0);
	assert_int_equal(j->line_count, 1);
	assert_true(j->lines->failed); /* it may have been said */
	assert_non_null(strstr(j->lines->reason, "look whether it is there"));
	assert_true(journal_draft(j, text("#lobby")).len == 4);
	assert_int_equal(files(name, NULL), 1);
	unsent_free(u);
}

static void what_nobody_was_told_is_just_said(void **state)
{
	struct unsent *u = open_next(11);

	(void)state;
	say(u, 5, "one");
	note_kind(u, JOURNAL_LEFT, 0);
	unsent_free(u);
	u = open_next(12);
	assert_true(unsent_journal(u)->lines->mid == 1 && !unsent_journal(u)->lines->failed);
	unsent_free(u);
}

/* Lines that wait for the person, and half-typed ones, need no instance. */
static void what_is_left_of_several_comes_together(void **state)
{
	struct unsent *a = open_next(11), *b = open_next(12), *c = open_next(13);
	char name[512];

	(void)state;
	say(a, 1, "one");
	say(b, 1, "two");
	note(b, &(struct journal_entry){
			.kind = JOURNAL_FAILED, .number = 1, .text = text("too fast")});
	type(c, "half");
	unsent_free(a);
	unsent_free(b);
	unsent_free(c);
	a = open_next(14);
	const struct journal *j = unsent_journal(a);
	assert_true(j->instance == 11 && unsent_was(a) == 1);
	assert_int_equal(j->line_count, 2);
	assert_true(j->lines->next->failed && j->lines->next->mid == 2);
	assert_string_equal(j->lines->next->reason, "too fast");
	assert_true(journal_draft(j, text("#lobby")).len == 4);
	assert_int_equal(files(name, NULL), 1);
	unsent_free(a);
}

/* ---- damage ------------------------------------------------------------------------------------------- */

static void a_damaged_file_is_told_once(void **state)
{
	struct unsent *u = open_next(11);

	(void)state;
	note_kind(u, JOURNAL_LOG, 77);
	say(u, 3, "one");
	unsent_free(u);
	append("0123abcd t\t4\t2\t0\t#lob");
	u = open_next(12);
	assert_non_null(strstr(words, "damaged (1 entries)"));
	assert_true(unsent_journal(u)->instance == 11);
	assert_int_equal(unsent_journal(u)->line_count, 1);
	assert_true(unsent_journal(u)->mids >
		    64 + 3); /* it may have drawn some that are not seen */
	unsent_free(u);
	u = open_next(12);
	assert_string_equal(words, "");
	assert_int_equal(unsent_journal(u)->line_count, 1);
	unsent_free(u);
}

static void what_is_no_file_of_ours_is_left_alone(void **state)
{
	struct unsent *u = open_next(11);
	char name[512], link[600];

	(void)state;
	say(u, 1, "one");
	unsent_free(u);
	assert_int_equal(files(name, NULL), 1);
	snprintf(link, sizeof(link), "%s.moved", name);
	assert_int_equal(rename(name, link), 0);
	assert_int_equal(symlink(link, name), 0);
	u = open_next(12);
	assert_true(unsent_was(u) == 0 && journal_empty(unsent_journal(u)));
	unsent_free(u);
}

/* ---- keeping -------------------------------------------------------------------------------------------- */

static void the_file_does_not_grow_with_what_is_done(void **state)
{
	struct unsent *u = open_next(11);
	char name[512], what[1001];
	size_t size;

	(void)state;
	memset(what, 'x', 1000);
	what[1000] = '\0';
	type(u, "half");
	for (uint64_t i = 1; i <= 1000; i++) {
		say(u, i, what);
		note(u, &(struct journal_entry){.kind = JOURNAL_DONE, .number = i, .target = 1});
	}
	assert_int_equal(files(name, &size), 1);
	assert_in_range(size, 1, 128 * 1024);
	unsent_free(u);
	u = open_next(12);
	assert_true(unsent_journal(u)->instance == 12); /* nothing of the other is on its way */
	assert_true(journal_draft(unsent_journal(u), text("#lobby")).len == 4);
	unsent_free(u);
}

static void without_a_directory_nothing_is_kept(void **state)
{
	struct unsent *u = unsent_new(
		&(struct unsent_wanted){.dir = "", .label = "x", .nick = "alice", .instance = 11},
		words);

	(void)state;
	assert_non_null(u);
	say(u, 1, "one");
	assert_int_equal(unsent_journal(u)->line_count, 1);
	assert_int_equal(unsent_on_file(u), 0);
	assert_int_equal(unsent_sync(u), ERR_NONE);
	unsent_free(u);
}

#define FILED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILED(it_goes_on_as_the_one_before),
		FILED(a_running_ones_file_is_its_own),
		FILED(others_are_not_taken),
		FILED(a_server_is_found_when_its_key_is_known),
		FILED(who_has_quit_is_not_gone_on_as),
		FILED(what_nobody_was_told_is_just_said),
		FILED(what_is_left_of_several_comes_together),
		FILED(a_damaged_file_is_told_once),
		FILED(what_is_no_file_of_ours_is_left_alone),
		FILED(the_file_does_not_grow_with_what_is_done),
		FILED(without_a_directory_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
