/* names_import: what another server wrote is read, and nothing else is. */
#include "names_import.h"

#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD	   "chat-room names 2\n"
#define PAST	   " 1000 1000 0 "
#define KEY_TEXT_A "quqpacmjgctvi5elpxolipxxlig36oqney4bv5hlusuy5ku3jzva"

enum { MAX_NAMES = 100 };

static struct name_checker *checker;
static struct names *names;
static struct bearers *bearers;
static char dir[] = "/tmp/chat-test.XXXXXX", path[64], why[NAMES_IMPORT_WHY];

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void new_names(void)
{
	names_free(names);
	bearers_free(bearers);
	bearers = bearers_new(1);
	assert_non_null(bearers);
	names = names_new(MAX_NAMES, 7, checker, bearers);
	assert_non_null(names);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/chat-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	checker = name_checker_new();
	assert_non_null(checker);
	new_names();
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"names", "names.imported"};

	(void)state;
	names_free(names);
	bearers_free(bearers);
	names = NULL;
	bearers = NULL;
	name_checker_free(checker);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (unlink(in_dir(files[i])) != 0)
			(void)rmdir(in_dir(files[i]));
	return rmdir(dir);
}

static void put(const char *text, size_t len)
{
	FILE *f = fopen(in_dir("names"), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static const char *get(void)
{
	static char text[4096];
	FILE *f = fopen(in_dir("names"), "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return f ? text : NULL;
}

/* Whether there was a file; it has to be a good one. */
static bool import(void)
{
	bool any;

	if (!names_import(dir, names, &any, why))
		fail_msg("%s", why);
	return any;
}

static bool refused(void)
{
	bool any;

	return !names_import(dir, names, &any, why);
}

static void there_need_not_be_a_file(void **state)
{
	(void)state;
	assert_false(import());
	assert_int_equal(names_count(names), 0);
	assert_null(get());
}

static void what_was_written_is_read(void **state)
{
	static const char text[] = HEAD "unix:0" PAST "O'Brien-2\nunix:1000" PAST
					"小明\n" KEY_TEXT_A " 12345 9007199254740992 77 Alice\n";
	const struct names_entry *alice;
	struct names_past past;
	char owner[OWNER_TEXT];

	(void)state;
	put(text, strlen(text));
	assert_true(import());
	assert_int_equal(names_count(names), 3);
	alice = names_find(names, "alice", 5);
	assert_non_null(alice);
	assert_string_equal(spelling_text(&alice->spelling), "Alice");
	assert_string_equal(owner_format(names_identity(alice), owner), KEY_TEXT_A);
	past = names_past(alice, 0);
	assert_true(past.first == 12345 && past.used == 77);
	assert_true(past.last == (INT64_C(1) << 48) - 1); /* as far as is kept */
	assert_string_equal(get(), text);
}

/* As after a crash in between: the history has them already, or others. */
static void who_has_an_owner_keeps_it(void **state)
{
	static const char text[] = HEAD "unix:1" PAST "alice\nunix:1" PAST "bob\n";
	struct names_past past = {1, 2, 3};
	uint8_t owner[OWNER_BYTES];

	(void)state;
	owner_of_user(7, owner);
	assert_int_equal(names_restore(names, "Alice", 5, owner, &past), ERR_NONE);
	put(text, strlen(text));
	assert_true(import());
	assert_int_equal(names_count(names), 2);
	assert_true(owner_equal(names_identity(names_find(names, "alice", 5)), owner));
}

static void it_is_read_once(void **state)
{
	static const char text[] = HEAD "unix:1" PAST "alice\n";

	(void)state;
	put(text, strlen(text));
	assert_true(import());
	names_import_done(dir);
	assert_null(get());
	assert_int_equal(access(in_dir("names.imported"), F_OK), 0);
	assert_false(import());
}

static const struct {
	const char *what, *text;
	int line;
} damages[] = {
	{"empty", "", 1},
	{"another file", "hello\n", 1},
	{"of another version", "chat-room names 1\n", 1},
	{"cut in its head", "chat-room na", 1},
	{"cut in a line", HEAD "unix:1" PAST "a\nunix:1" PAST "b", 3},
	{"no owner", HEAD "unix:1" PAST "a\nalice\n", 3},
	{"a wrong owner", HEAD "unix:x" PAST "a\n", 2},
	{"a key with a wrong letter", HEAD "1" KEY_TEXT_A PAST "a\n", 2},
	{"no numbers", HEAD "unix:1 a\n", 2},
	{"one number too few", HEAD "unix:1 1 2 a\n", 2},
	{"one number too many", HEAD "unix:1 1 2 3 4 a\n", 2},
	{"a number below 0", HEAD "unix:1 1 -2 3 a\n", 2},
	{"too high a number", HEAD "unix:1 1 2 9007199254740993 a\n", 2},
	{"a number with many digits", HEAD "unix:1 1 2 99999999999999999999999999 a\n", 2},
	{"two blanks", HEAD "unix:1 1  2 3 a\n", 2},
	{"nothing after the numbers", HEAD "unix:1 1 2 3\n", 2},
	{"no name", HEAD "unix:1" PAST "\n", 2},
	{"two names", HEAD "unix:1" PAST "a b\n", 2},
	{"a name in no UTF-8", HEAD "unix:1" PAST "\xff\n", 2},
	{"a blank line", HEAD "\n", 2},
};

static void a_damaged_file_is_refused_and_left_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		char line[32];
		put(damages[i].text, strlen(damages[i].text));
		new_names();
		if (!refused())
			fail_msg("taken: %s", damages[i].what);
		snprintf(line, sizeof(line), "line %d:", damages[i].line);
		if (!strstr(why, line) || !strstr(why, in_dir("names")))
			fail_msg("%s: \"%s\"", damages[i].what, why);
		assert_string_equal(get(), damages[i].text);
	}
	put(HEAD "unix:1" PAST "a\0b\n", sizeof(HEAD "unix:1" PAST "a\0b\n") - 1);
	assert_true(refused());
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_dir("names"), 0700), 0);
	assert_true(refused());
	assert_non_null(strstr(why, "no file"));
	assert_int_equal(rmdir(in_dir("names")), 0);
	assert_int_equal(mkfifo(in_dir("names"), 0600), 0);
	assert_true(refused()); /* and nobody waits */
}

static void more_than_are_kept_lose_the_last(void **state)
{
	char text[MAX_NAMES * 40 + 200] = HEAD;

	(void)state;
	for (int i = 0; i < MAX_NAMES + 5; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "unix:1" PAST "n%d\n",
			 i);
	put(text, strlen(text));
	assert_true(import());
	assert_int_equal(names_count(names), MAX_NAMES);
	assert_non_null(names_find(names, "n99", 3));
	assert_null(names_find(names, "n100", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(there_need_not_be_a_file),
		TEST(what_was_written_is_read),
		TEST(who_has_an_owner_keeps_it),
		TEST(it_is_read_once),
		TEST(a_damaged_file_is_refused_and_left_alone),
		TEST(what_is_no_file_is_refused),
		TEST(more_than_are_kept_lose_the_last),
	};

	return cmocka_run_group_tests_name("names import", tests, NULL, NULL);
}
