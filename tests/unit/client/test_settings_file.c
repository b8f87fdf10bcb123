/* client/settings_file: what is kept comes back, what is wrong is told, and nobody's lines are lost. */
#include "settings_file.h"

#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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
		enum err err;
		do
			err = put(PREFERENCE_ALIAS, name, "/who");
		while (err == ERR_FULL); /* the others are at it */
		if (err != ERR_NONE)
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

/* A client that holds the lock and does not go on is not waited for without end. */
static void test_a_client_that_stands_still(void **state)
{
	char dir[DATADIR_MAX];
	int fd;

	(void)state;
	write_file("[client]\ntimes = off\n");
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(put(PREFERENCE_SETTING, "times", "HH:MM"), ERR_FULL);
	close(fd);
	expect_file("[client]\ntimes = off\n");
}

static void test_no_file_on_purpose(void **state)
{
	(void)state;
	settings_file_read("/dev/null", &p, words);
	assert_string_equal(words, "");
	assert_int_equal(
		settings_file_put("/dev/null", &(struct preference){PREFERENCE_SETTING,
								    text("times"), text("off")}),
		ERR_SYSTEM);
}

/* ---- by chance ------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *random, uint64_t below)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (*random >> 33) % below;
}

static const struct preference changes[] = {
	{PREFERENCE_SETTING, {.data = (const uint8_t *)"times", .len = 5}, {.data = NULL}},
	{PREFERENCE_ALIAS, {.data = (const uint8_t *)"w", .len = 1}, {.data = NULL}},
	{PREFERENCE_IGNORED, {.data = (const uint8_t *)"bob", .len = 3}, {.data = NULL}},
	{PREFERENCE_ROOM, {.data = (const uint8_t *)"#dev", .len = 4}, {.data = NULL}},
};

struct told {
	const struct preference *but; /* that one is left out */
	size_t n;
	char all[4096];
};

static void note(void *ctx, const struct preference *one)
{
	struct told *t = ctx;

	if (one->kind == t->but->kind && one->name.len == t->but->name.len &&
	    memcmp(one->name.data, t->but->name.data, one->name.len) == 0)
		return;
	t->n += (size_t)snprintf(t->all + t->n, sizeof(t->all) - t->n, "%.*s=%.*s\n",
				 (int)one->name.len, (const char *)one->name.data,
				 (int)one->value.len, (const char *)one->value.data);
}

static void draw_file(uint64_t *random, char *out, size_t cap)
{
	static const char *const pieces[] = {"[client]",
					     "[aliases]",
					     "[ignore]",
					     " [rooms] ",
					     "[other]",
					     "times = off",
					     "times:off",
					     "#times = x",
					     "; times = off",
					     "  w = /who ; x",
					     "w=/part",
					     "hi = $*",
					     "all = bob",
					     "all = eve",
					     "none=#dev",
					     "all = #dev",
					     "none = #x",
					     "",
					     "what",
					     "[broken",
					     "# [client]",
					     "= nothing",
					     "bell = off",
					     "\ttitle=off\r",
					     "key = ",
					     "[client] ; x",
					     "[]",
					     "all = ",
					     "= "};
	size_t n = 0;

	out[0] = '\0';
	for (uint64_t lines = draw(random, 14); lines > 0; lines--)
		n += (size_t)snprintf(out + n, cap - n, "%s%s",
				      pieces[draw(random, COUNT_OF(pieces))],
				      lines > 1 || draw(random, 2) ? "\n" : "");
}

/* Whatever stands in a file: what is put comes back, and all else that it said before. */
static void change_by_chance(uint64_t seed)
{
	static const char *const values[] = {"HH:MM:SS", "/who $1", "all", "mentions"};
	uint64_t random = seed * 2654435761u, which = draw(&random, COUNT_OF(changes));
	struct preference one = changes[which];
	struct told before = {.but = &one}, after = {.but = &one},
		    with = {.but = &(struct preference){0}};
	char content[1024], want[64];

	one.value = draw(&random, 3) ? text(values[which]) : text("");
	draw_file(&random, content, sizeof(content));
	write_file(content);
	read_again();
	preferences_each(&p, note, &before);
	assert_int_equal(settings_file_put(path, &one), ERR_NONE);
	read_again();
	preferences_each(&p, note, &after);
	preferences_each(&p, note, &with);
	snprintf(want, sizeof(want), "%.*s=%s\n", (int)one.name.len, (const char *)one.name.data,
		 values[which]);
	if (strcmp(before.all, after.all) != 0 ||
	    (one.value.len > 0) != (strstr(with.all, want) != NULL))
		fail_msg("seed %llu: put %s in:\n%s\nbefore:\n%s\nafter:\n%s",
			 (unsigned long long)seed, want, content, before.all, with.all);
}

static void test_any_file_keeps_what_it_says(void **state)
{
	const char *given = getenv("SETTINGS_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 1;

	(void)state;
	for (uint64_t seed = first; seed < (given ? first + 1 : first + 400); seed++)
		change_by_chance(seed);
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
		KEPT(test_a_client_that_stands_still),
		KEPT(test_no_file_on_purpose),
		KEPT(test_any_file_keeps_what_it_says),
		KEPT(test_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
