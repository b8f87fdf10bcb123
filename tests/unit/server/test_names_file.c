/* names_file: what is written is read, nothing else is, and it is written in time. */
#include "names_file.h"

#include "sys/clock.h"

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
static struct reactor *reactor;
static struct names_file *file;
static char dir[] = "/tmp/chat-test.XXXXXX", path[64], why[NAMES_FILE_WHY];

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void new_names(void)
{
	names_free(names);
	names = names_new(MAX_NAMES, 7, checker);
	assert_non_null(names);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/chat-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	checker = name_checker_new();
	reactor = reactor_new(REACTOR_POLL, false);
	assert_true(checker && reactor);
	new_names();
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"names", "names.new", "names.lock"};

	(void)state;
	names_file_close(file);
	file = NULL;
	names_free(names);
	names = NULL;
	name_checker_free(checker);
	reactor_free(reactor);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (unlink(in_dir(files[i])) != 0)
			(void)rmdir(in_dir(files[i]));
	return rmdir(dir);
}

static void own(const char *owner, const char *name)
{
	uint8_t identity[OWNER_BYTES];
	struct names_entry *e;

	assert_int_equal(owner_parse(owner, strlen(owner), identity), ERR_NONE);
	assert_int_equal(names_take(names, name, strlen(name), identity, 1000, &e), ERR_NONE);
	names_rest(names, e, 1000);
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

static void open_file(void)
{
	file = names_file_open(dir, names, reactor, why);
	if (!file)
		fail_msg("%s", why);
}

static void close_file(void)
{
	names_file_close(file);
	file = NULL;
}

static void the_first_run_has_no_file_and_leaves_none(void **state)
{
	(void)state;
	open_file();
	assert_int_equal(names_count(names), 0);
	close_file();
	assert_null(get());
}

static void what_was_written_is_read(void **state)
{
	static const char want[] =
		HEAD "unix:0" PAST "O'Brien-2\nunix:1000" PAST "小明\n" KEY_TEXT_A PAST "Alice\n";
	struct stat st;

	(void)state;
	open_file();
	own("unix:1000", "小明");
	own(KEY_TEXT_A, "Alice");
	own("unix:0", "O'Brien-2");
	own("unix:1000", "小明"); /* used again: the newest */
	close_file();
	assert_string_equal(get(), want);
	assert_int_equal(stat(in_dir("names"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_not_equal(access(in_dir("names.new"), F_OK), 0);
	new_names();
	open_file();
	assert_int_equal(names_count(names), 3);
	close_file();
	assert_string_equal(get(), want);
}

/* What names have seen, too; of one that is in use it is what it has seen by now. */
static void their_past_is_kept(void **state)
{
	static const char text[] = HEAD KEY_TEXT_A " 12345 9007199254740992 77 Alice\n";
	struct names_entry *alice;

	(void)state;
	put(text, strlen(text));
	open_file();
	alice = names_find(names, "alice", 5);
	assert_non_null(alice);
	struct names_past past = names_past(alice, 0);
	assert_true(past.first == 12345 && past.last == INT64_C(1) << 53 && past.used == 77);
	close_file();
	assert_string_equal(get(), text);
	new_names();
	open_file();
	alice = names_find(names, "alice", 5);
	int64_t before = clock_wall_ms();
	assert_int_equal(
		names_take(names, "Alice", 5, names_identity(alice), before - 5000, &alice),
		ERR_NONE);
	close_file();
	new_names();
	open_file();
	alice = names_find(names, "alice", 5);
	past = names_past(alice, 0);
	assert_true(past.used >= 5077 && past.used <= 5077 + clock_wall_ms() - before);
}

static void released_names_are_gone(void **state)
{
	(void)state;
	open_file();
	own("unix:1", "a");
	close_file();
	new_names();
	open_file();
	assert_int_equal(names_release(names, "a", 1), ERR_NONE);
	close_file();
	assert_string_equal(get(), HEAD);
}

/* Nobody writes before the reactor turns; then a change is there at once, and the next in a second. */
static void a_change_is_written_soon_and_not_too_often(void **state)
{
	(void)state;
	open_file();
	names_file_note(file);
	own("unix:1", "a");
	names_file_note(file);
	names_file_note(file);
	assert_null(get());
	assert_int_equal(reactor_turn(reactor, clock_mono_us()), ERR_NONE);
	assert_string_equal(get(), HEAD "unix:1" PAST "a\n");
	uint64_t written = clock_mono_us();
	own("unix:1", "b");
	names_file_note(file);
	while (!strcmp(get(), HEAD "unix:1" PAST "a\n"))
		assert_int_equal(reactor_turn(reactor, TIMERQ_NEVER), ERR_NONE);
	assert_true(clock_mono_us() - written > 900 * 1000);
	assert_string_equal(get(), HEAD "unix:1" PAST "a\nunix:1" PAST "b\n");
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
	{"two owners", HEAD "unix:1" PAST "alice\nunix:2" PAST "Alice\n", 3},
	{"a blank line", HEAD "\n", 2},
};

static void a_damaged_file_is_refused_and_left_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		char line[32];
		put(damages[i].text, strlen(damages[i].text));
		new_names();
		if (names_file_open(dir, names, reactor, why))
			fail_msg("taken: %s", damages[i].what);
		snprintf(line, sizeof(line), "line %d:", damages[i].line);
		if (!strstr(why, line) || !strstr(why, in_dir("names")))
			fail_msg("%s: \"%s\"", damages[i].what, why);
		assert_string_equal(get(), damages[i].text);
	}
	put(HEAD "unix:1" PAST "a\0b\n", sizeof(HEAD "unix:1" PAST "a\0b\n") - 1);
	assert_null(names_file_open(dir, names, reactor, why));
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_dir("names"), 0700), 0);
	assert_null(names_file_open(dir, names, reactor, why));
	assert_non_null(strstr(why, "no file"));
	assert_int_equal(rmdir(in_dir("names")), 0);
	assert_int_equal(mkfifo(in_dir("names"), 0600), 0);
	assert_null(names_file_open(dir, names, reactor, why)); /* and nobody waits */
}

static void only_one_at_a_time_writes(void **state)
{
	struct names *others = names;

	(void)state;
	open_file();
	own("unix:1", "a");
	names_file_note(file);
	assert_int_equal(reactor_turn(reactor, clock_mono_us()), ERR_NONE);
	names = NULL;
	new_names();
	struct names_file *second = names_file_open(dir, names, reactor, why);
	assert_non_null(second);
	assert_int_equal(names_count(names), 1); /* it reads */
	own("unix:2", "b");
	names_file_note(second);
	assert_int_equal(reactor_turn(reactor, clock_mono_us()), ERR_NONE);
	names_file_close(second);
	assert_string_equal(get(), HEAD "unix:1" PAST "a\n"); /* and does not write */
	names_free(names);
	names = others;
}

/* What cannot be written is written when it can be again. */
static void a_failure_is_made_good(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_dir("names.new"), 0700), 0); /* in the way */
	open_file();
	own("unix:1", "a");
	names_file_note(file);
	assert_int_equal(reactor_turn(reactor, clock_mono_us()), ERR_NONE);
	assert_null(get());
	assert_int_equal(rmdir(in_dir("names.new")), 0);
	for (names_file_note(file); !get(); names_file_note(file))
		assert_int_equal(reactor_turn(reactor, TIMERQ_NEVER), ERR_NONE);
	assert_string_equal(get(), HEAD "unix:1" PAST "a\n");
}

static void more_than_are_kept_lose_the_last(void **state)
{
	char text[MAX_NAMES * 40 + 200] = HEAD;

	(void)state;
	for (int i = 0; i < MAX_NAMES + 5; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "unix:1" PAST "n%d\n",
			 i);
	put(text, strlen(text));
	open_file();
	assert_int_equal(names_count(names), MAX_NAMES);
	assert_non_null(names_find(names, "n99", 3));
	assert_null(names_find(names, "n100", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		TEST(the_first_run_has_no_file_and_leaves_none),
		TEST(what_was_written_is_read),
		TEST(their_past_is_kept),
		TEST(released_names_are_gone),
		TEST(a_change_is_written_soon_and_not_too_often),
		TEST(a_damaged_file_is_refused_and_left_alone),
		TEST(what_is_no_file_is_refused),
		TEST(only_one_at_a_time_writes),
		TEST(a_failure_is_made_good),
		TEST(more_than_are_kept_lose_the_last),
	};

	return cmocka_run_group_tests_name("names file", tests, NULL, NULL);
}
