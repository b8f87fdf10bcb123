/* Keys, invitations and passwords, as people meet them: the real programs and their files. */
#include "room.h"

#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INVITATIONS = 16, LINE = 160 };

static const char *in_dir(const char *dir, const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void assert_private(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* ---- the server's --------------------------------------------------------------------------- */

/* A server on a port, in a directory of the test's; what it says up to "ready". */
struct host {
	struct program *program;
	char port[8];
	char said[4096];
	char invitations[INVITATIONS * LINE];
};

static void await_ready(struct host *h)
{
	const char *line;

	h->said[0] = h->invitations[0] = '\0';
	while ((line = program_line(h->program, PROGRAM_OUT, within(SOON))) != NULL) {
		size_t n = strlen(h->said), i = strlen(h->invitations);
		snprintf(h->said + n, sizeof(h->said) - n, "%s\n", line);
		if (strncmp(line, "invitation: ", 12) == 0)
			snprintf(h->invitations + i, sizeof(h->invitations) - i, "%s\n", line);
		if (strncmp(line, "listening on ", 13) == 0 && !strstr(line, "unix:"))
			snprintf(h->port, sizeof(h->port), "%s", strrchr(line, ':') + 1);
		if (strcmp(line, "ready") == 0)
			return;
	}
	fail_msg("the server does not start: %s",
		 program_rest(h->program, PROGRAM_ERR, within(SOON)));
}

static void host_start(struct host *h, const char *dir, const char *port, const char *bind)
{
	const char *const argv[] = {CHAT_SERVER_BIN,
				    "-d",
				    dir,
				    "-u",
				    in_dir(dir, "sock"),
				    "-p",
				    port,
				    "-b",
				    bind,
				    NULL};
	h->program = program_start(argv, NULL, -1);
	await_ready(h);
}

static void host_stop(struct host *h)
{
	program_signal(h->program, SIGTERM);
	assert_int_equal(program_wait(h->program, within(SOON)), 0);
}

static const char *invited(const char *dir, const char *port, const char *bind)
{
	const char *const argv[] = {CHAT_SERVER_BIN,	"--invite", "-d", dir, "-p", port,
				    bind ? "-b" : NULL, bind,	    NULL};
	struct program *p = program_start(argv, NULL, -1);

	assert_int_equal(program_wait(p, within(SOON)), 0);
	return program_rest(p, PROGRAM_OUT, within(SOON));
}

static void the_key_is_made_at_the_first_start_and_stays(void **state)
{
	char dir[48], first[INVITATIONS * LINE];
	struct host h;

	(void)state;
	room_dir(dir);
	host_start(&h, dir, "0", "127.0.0.1");
	assert_private(in_dir(dir, "server.key"));
	assert_non_null(strstr(h.invitations, "invitation: chat://127.0.0.1:"));
	assert_non_null(strstr(h.said, "invitation"));
	strcpy(first, strchr(h.invitations, '#'));
	host_stop(&h);
	host_start(&h, dir, "0", "127.0.0.1");
	assert_string_equal(strchr(h.invitations, '#'), first);
	host_stop(&h);
	assert_int_equal(unlink(in_dir(dir, "server.key")), 0);
	host_start(&h, dir, "0", "127.0.0.1");
	assert_string_not_equal(strchr(h.invitations, '#'), first);
	host_stop(&h);
}

static void invite_shows_it_again(void **state)
{
	static const char *const binds[] = {"127.0.0.1", "localhost", "0.0.0.0", "::"};
	char dir[48];
	struct host h;

	(void)state;
	room_dir(dir);
	for (size_t i = 0; i < COUNT_OF(binds); i++) {
		host_start(&h, dir, "0", binds[i]);
		assert_string_not_equal(h.invitations, "");
		assert_string_equal(invited(dir, h.port, binds[i]), h.invitations);
		host_stop(&h);
		assert_string_equal(invited(dir, h.port, binds[i]), h.invitations);
	}
}

static void invite_makes_the_key_if_there_is_none(void **state)
{
	char dir[48], text[INVITATIONS * LINE];
	struct host h;

	(void)state;
	room_dir(dir);
	snprintf(text, sizeof(text), "%s", invited(dir, "9", "127.0.0.1"));
	assert_private(in_dir(dir, "server.key"));
	host_start(&h, dir, "0", "127.0.0.1");
	assert_string_equal(strchr(h.invitations, '#'), strchr(text, '#'));
	assert_string_not_equal(invited(dir, "9", NULL), "");
	host_stop(&h);
}

/* Ends at once with status 1, and says `words`. */
static void refuses(const char *dir, const char *option, const char *value, const char *words)
{
	const char *const argv[] = {CHAT_SERVER_BIN,	 "-d",	 dir,	"-u",
				    in_dir(dir, "sock"), "-p",	 "0",	"-b",
				    "127.0.0.1",	 option, value, NULL};
	struct program *p = program_start(argv, NULL, -1);
	const char *said;

	assert_int_equal(program_wait(p, within(SOON)), 1);
	said = program_rest(p, PROGRAM_ERR, within(SOON));
	if (!strstr(said, words))
		fail_msg("\"%s\" does not speak of \"%s\"", said, words);
}

static void a_key_that_cannot_be_used_stops_the_start(void **state)
{
	char dir[48];

	(void)state;
	invited(room_dir(dir), "9", "127.0.0.1");
	assert_int_equal(chmod(in_dir(dir, "server.key"), 0640), 0);
	refuses(dir, NULL, NULL, "chmod 600");
	assert_int_equal(chmod(in_dir(dir, "server.key"), 0600), 0);
	assert_int_equal(truncate(in_dir(dir, "server.key"), 50), 0);
	refuses(dir, NULL, NULL, "damaged");
	refuses(dir, "--invite", NULL, "-p");
}

static void a_server_without_a_place_says_so(void **state)
{
	char dir[48];
	const char *const env[] = {"XDG_DATA_HOME=/proc/nowhere", NULL};
	struct host h;

	(void)state;
	const char *const argv[] = {
		CHAT_SERVER_BIN, "-u", in_dir(room_dir(dir), "sock"), "-p", "0", "-b",
		"127.0.0.1",	 NULL};
	h.program = program_start(argv, env, -1);
	await_ready(&h);
	program_expect(h.program, PROGRAM_ERR, "the key of this run is forgotten");
	assert_string_not_equal(h.invitations, "");
	host_stop(&h);
}

static void a_server_s_password_file_is_judged(void **state)
{
	char dir[48], path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s", in_dir(room_dir(dir), "password"));
	refuses(dir, "--password-file", path, path);
	put(path, "\nsesame\n");
	refuses(dir, "--password-file", path, "empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(the_key_is_made_at_the_first_start_and_stays),
		SCENE(invite_shows_it_again),
		SCENE(invite_makes_the_key_if_there_is_none),
		SCENE(a_key_that_cannot_be_used_stops_the_start),
		SCENE(a_server_without_a_place_says_so),
		SCENE(a_server_s_password_file_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
