/* client/settings_file: what is kept comes back, what is wrong is told, and nobody's lines are lost. */
#include "settings_file.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[] = "/tmp/chat-settings.XXXXXX";
static char path[128], words[SETTINGS_FILE_WORDS];
static struct preferences p;

static int begin(void **state)
{
	(void)state;
	strcpy(base, "/tmp/chat-settings.XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(path, sizeof(path), "%s/config/chat-room/client.ini", base);
	preferences_init(&p);
	return 0;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	preferences_wipe(&p);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

#define KEPT(test) cmocka_unit_test_setup_teardown(test, begin, end)

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static enum err put(enum preference_kind kind, const char *name, const char *value)
{
	struct preference one = {kind, text(name), text(value)};

	return settings_file_put(path, &one);
}

/* The file, with its directory, as somebody has written it. */
static void write_file(const char *content)
{
	FILE *f;

	assert_int_equal(put(PREFERENCE_SETTING, "times", ""), ERR_NONE);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, strlen(content), f), strlen(content));
	assert_int_equal(fclose(f), 0);
}

static void expect_file(const char *want)
{
	char content[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	content[fread(content, 1, sizeof(content) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(content, want);
}

static void read_again(void)
{
	preferences_wipe(&p);
	preferences_init(&p);
	settings_file_read(path, &p, words);
}

static void test_no_file_is_fine(void **state)
{
	(void)state;
	settings_file_read(path, &p, words);
	assert_string_equal(words, "");
	assert_int_equal(p.settings.scrollback, 10000);
}

static void test_what_is_kept_comes_back(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(put(PREFERENCE_SETTING, "times", "HH:MM:SS"), ERR_NONE);
	assert_int_equal(put(PREFERENCE_SETTING, "hook", "/bin/say ; # = [x]"), ERR_NONE);
	assert_int_equal(put(PREFERENCE_ALIAS, "hi", "/msg $1 a=b : c ; $*"), ERR_NONE);
	assert_int_equal(put(PREFERENCE_IGNORED, "a=b", "all"), ERR_NONE);
	assert_int_equal(put(PREFERENCE_ROOM, "#开发", "none"), ERR_NONE);
	read_again();
	assert_string_equal(words, "");
	assert_int_equal(p.settings.times, SETTINGS_TIMES_SECONDS);
	assert_string_equal(p.settings.hook, "/bin/say ; # = [x]");
	assert_string_equal(preferences_alias(&p, text("hi")), "/msg $1 a=b : c ; $*");
	assert_true(preferences_ignores(&p, text("A=B")));
	assert_int_equal(preferences_notify(&p, text("#开发")), SETTINGS_NOTIFY_NONE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	assert_int_equal(put(PREFERENCE_SETTING, "times", ""), ERR_NONE);
	assert_int_equal(put(PREFERENCE_IGNORED, "a=b", ""), ERR_NONE);
	read_again();
	assert_int_equal(p.settings.times, SETTINGS_TIMES_MINUTES);
	assert_int_equal(p.ignored.count, 0);
}

static void expect_words(const char *want)
{
	if (!strstr(words, want))
		fail_msg("\"%s\" is not in:\n%s", want, words);
}

static void test_what_is_wrong_is_told_and_kept(void **state)
{
	static const char content[] = "; by hand\n[client]\ntimes = soon\n tims = off\nbell: off\n"
				      "what is this\n[server]\nport = 1\n[aliases]\njoin = /part\n"
				      "[ignore]\nsome = bob\n";

	(void)state;
	write_file(content);
	read_again();
	assert_int_equal(p.settings.bell, 0);
	assert_int_equal(p.settings.times, SETTINGS_TIMES_MINUTES);
	expect_words("client.ini: times is HH:MM, HH:MM:SS or off, not \"soon\"");
	expect_words("client.ini: there is no setting \"tims\" in [client]");
	expect_words("client.ini: there is no setting \"port\" in [server]");
	expect_words("client.ini: there is a command /join: it can be no alias");
	expect_words("client.ini: \"some = bob\" says nothing that is known here");
	expect_words("client.ini: line 6 is no [section] and no NAME = VALUE");
	assert_int_equal(put(PREFERENCE_SETTING, "bell", "on"), ERR_NONE);
	expect_file("; by hand\n[client]\ntimes = soon\n tims = off\nbell = on\n"
		    "what is this\n[server]\nport = 1\n[aliases]\njoin = /part\n"
		    "[ignore]\nsome = bob\n");
}

/* However much is wrong, what is told has an end. */
static void test_a_file_of_nonsense(void **state)
{
	static char content[SETTINGS_FILE_MAX];
	size_t n = 0;

	(void)state;
	while (n + 64 < sizeof(content))
		n += (size_t)snprintf(content + n, 64, "nonsense %zu = \xff\xfe\n", n);
	write_file(content);
	read_again();
	assert_true(strlen(words) > 100);
	assert_true(strlen(words) < SETTINGS_FILE_WORDS);
}

static void test_a_file_that_others_can_change(void **state)
{
	(void)state;
	write_file("[client]\ntimes = off\nhook = /bin/evil\n");
	assert_int_equal(chmod(path, 0666), 0);
	read_again();
	assert_string_equal(p.settings.hook, "");
	expect_words("others can change it");
	assert_int_equal(put(PREFERENCE_SETTING, "times", "off"), ERR_CLOSED);
	assert_int_equal(chmod(path, 0644), 0);
	read_again();
	assert_string_equal(words, "");
	assert_string_equal(p.settings.hook, "/bin/evil");
}

static void test_a_directory_that_others_can_change(void **state)
{
	char dir[DATADIR_MAX];

	(void)state;
	write_file("[client]\ntimes = off\n");
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	assert_int_equal(chmod(dir, 0777), 0);
	read_again();
	expect_words("others can change it");
	assert_int_equal(p.settings.times, SETTINGS_TIMES_MINUTES);
}

static void test_what_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(put(PREFERENCE_SETTING, "times", "off"), ERR_NONE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	read_again();
	expect_words("it cannot be read");
	assert_int_equal(put(PREFERENCE_SETTING, "times", "off"), ERR_SYSTEM);
	assert_int_equal(rmdir(path), 0);
}

/* Dotfiles are kept elsewhere, and linked to. */
static void test_a_link_stays_a_link(void **state)
{
	char elsewhere[128];
	struct stat st;

	(void)state;
	write_file("[client]\ntimes = off\n");
	snprintf(elsewhere, sizeof(elsewhere), "%s/dotfile", base);
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(put(PREFERENCE_SETTING, "times", "HH:MM:SS"), ERR_NONE);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	expect_file("[client]\ntimes = HH:MM:SS\n");
}

static void keep_many(int who)
{
	char name[16];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "a%d-%d", who, i);
		if (put(PREFERENCE_ALIAS, name, "/who") != ERR_NONE)
			_exit(1);
	}
	_exit(0);
}

static void test_clients_beside_each_other(void **state)
{
	enum { CLIENTS = 4 };
	int status;

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		if (fork() == 0)
			keep_many(i);
	for (int i = 0; i < CLIENTS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	read_again();
	assert_string_equal(words, "");
	assert_int_equal(p.aliases.count, CLIENTS * 10);
}

static void test_where_it_is(void **state)
{
	char out[DATADIR_MAX];

	(void)state;
	setenv("XDG_CONFIG_HOME", "/c", 1);
	assert_int_equal(settings_file_path(NULL, out), ERR_NONE);
	assert_string_equal(out, "/c/chat-room/client.ini");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	setenv("HOME", "/h", 1);
	assert_int_equal(settings_file_path(NULL, out), ERR_NONE);
	assert_string_equal(out, "/h/.config/chat-room/client.ini");
	assert_int_equal(settings_file_path("x.ini", out), ERR_NONE);
	assert_string_equal(out, "x.ini");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEPT(test_no_file_is_fine),
		KEPT(test_what_is_kept_comes_back),
		KEPT(test_what_is_wrong_is_told_and_kept),
		KEPT(test_a_file_of_nonsense),
		KEPT(test_a_file_that_others_can_change),
		KEPT(test_a_directory_that_others_can_change),
		KEPT(test_what_is_no_file),
		KEPT(test_a_link_stays_a_link),
		KEPT(test_clients_beside_each_other),
		KEPT(test_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
