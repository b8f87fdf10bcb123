/* datadir: which directory, and that it is there for the user alone. */
#include "sys/datadir.h"

#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[] = "/tmp/chat-datadir.XXXXXX";

static int make_base(void **state)
{
	(void)state;
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static const char *below(const char *rest)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s%s", base, rest);
	return path;
}

static void assert_private(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_what_is_given_is_made_with_its_parents(void **state)
{
	char dir[DATADIR_MAX];

	(void)state;
	assert_int_equal(datadir_open(below("/a/b/c"), dir), ERR_NONE);
	assert_string_equal(dir, below("/a/b/c"));
	assert_private(dir);
	assert_private(below("/a"));
	assert_int_equal(datadir_open(below("/a/b/c"), dir), ERR_NONE); /* there already */
}

static void test_the_environment_names_the_place(void **state)
{
	char dir[DATADIR_MAX];

	(void)state;
	assert_int_equal(setenv("HOME", below("/home"), 1), 0);
	assert_int_equal(setenv("XDG_DATA_HOME", below("/xdg"), 1), 0);
	assert_int_equal(datadir_open(NULL, dir), ERR_NONE);
	assert_string_equal(dir, below("/xdg/chat-room"));
	assert_int_equal(setenv("XDG_DATA_HOME", "relative", 1), 0);
	assert_int_equal(datadir_open(NULL, dir), ERR_NONE);
	assert_string_equal(dir, below("/home/.local/share/chat-room"));
	assert_private(dir);
	assert_int_equal(unsetenv("XDG_DATA_HOME"), 0);
	assert_int_equal(datadir_open(NULL, dir), ERR_NONE);
	assert_string_equal(dir, below("/home/.local/share/chat-room"));
}

static void test_what_cannot_be_is_said(void **state)
{
	char dir[DATADIR_MAX], longer[DATADIR_MAX + 2];
	FILE *f = fopen(below("/file"), "w");

	(void)state;
	assert_non_null(f);
	fclose(f);
	assert_int_equal(datadir_open(below("/file"), dir), ERR_SYSTEM);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(datadir_open(below("/file/x"), dir), ERR_SYSTEM);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(datadir_open(longer, dir), ERR_TOO_BIG);
	assert_int_equal(datadir_file(longer, "f", dir), ERR_TOO_BIG);
}

static void test_files_in_it(void **state)
{
	char path[DATADIR_MAX];

	(void)state;
	assert_int_equal(datadir_file("/a/b", "history", path), ERR_NONE);
	assert_string_equal(path, "/a/b/history");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_given_is_made_with_its_parents),
		cmocka_unit_test(test_the_environment_names_the_place),
		cmocka_unit_test(test_what_cannot_be_is_said),
		cmocka_unit_test(test_files_in_it),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
