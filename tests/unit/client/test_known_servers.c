/* client/known_servers: what a line says, what is left alone, and many that add at once. */
#include "known_servers.h"

#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[] = "/tmp/chat-known.XXXXXX";
static char path[64];

#define ZEROS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ONES  "777777777777777777777777777777777777777777777777777q"

static uint8_t zeros[KEY_BYTES], ones[KEY_BYTES];

static int make_base(void **state)
{
	(void)state;
	memset(ones, 0xff, sizeof(ones));
	if (!mkdtemp(base))
		return -1;
	snprintf(path, sizeof(path), "%s/known_servers", base);
	return 0;
}

static int remove_base(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *want)
{
	char text[8192];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(text, want);
}

static void assert_found(const char *server, unsigned line, const uint8_t key[KEY_BYTES])
{
	struct known_server found;

	assert_int_equal(known_servers_find(path, server, &found), ERR_NONE);
	assert_int_equal(found.line, line);
	assert_memory_equal(found.key, key, KEY_BYTES);
}

static void assert_not(const char *server, enum err want)
{
	struct known_server found;

	assert_int_equal(known_servers_find(path, server, &found), want);
}

static void a_server_has_one_name(void **state)
{
	static const char *const rows[][2] = {
		{"chat.example.org", "chat.example.org:8888"},
		{"chat://Chat.Example.ORG:8888", "chat.example.org:8888"},
		{"udp://192.0.2.1:4000", "192.0.2.1:4000"},
		{"tcp://[2001:DB8::1]:4000", "[2001:db8::1]:4000"},
		{"::1", "[::1]:8888"},
		{"h:1/#" ZEROS, "h:1"},
	};
	char name[KNOWN_SERVERS_NAME], longest[300], want[300];
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(endpoint_parse(rows[i][0], &e, NULL), ERR_NONE);
		known_servers_name(&e, name);
		assert_string_equal(name, rows[i][1]);
	}
	snprintf(longest, sizeof(longest), "[::1%%%0251d]:65535", 0);
	assert_int_equal(endpoint_parse(longest, &e, NULL), ERR_NONE);
	known_servers_name(&e, name);
	snprintf(want, sizeof(want), "%s", longest);
	assert_string_equal(name, want);
}

static void lines_are_read(void **state)
{
	(void)state;
	put("# h:1 " ONES "\n"
	    "\n"
	    "h:1 " ZEROS "\n"
	    "h:1 " ONES "\n" /* the first counts */
	    "\th:2\t \t" ONES " \r\n"
	    "this line means nothing at all\n"
	    "h:3 " ZEROS); /* no newline at the end */
	assert_found("h:1", 3, zeros);
	assert_found("h:2", 5, ones);
	assert_found("h:3", 7, zeros);
	assert_not("h:4", ERR_NOT_FOUND);
	assert_not("h", ERR_NOT_FOUND);
	assert_not("h:", ERR_NOT_FOUND);
	assert_not("H:1", ERR_NOT_FOUND);
}

/* What stands for the server and cannot be read must not become a first contact. */
static void a_damaged_line_is_told(void **state)
{
	static const char *const rows[] = {"h:1", "h:1 ", "h:1 " ZEROS "x", "h:1 x",
					   "h:1 " ZEROS " #"};
	struct known_server found;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		put("g:1 " ONES "\n");
		FILE *f = fopen(path, "a");
		fprintf(f, "%s\nh:1 " ONES "\n", rows[i]);
		fclose(f);
		assert_int_equal(known_servers_find(path, "h:1", &found), ERR_MALFORMED);
		assert_int_equal(found.line, 2);
		assert_int_equal(known_servers_add(path, "h:1", ones, &found), ERR_MALFORMED);
		assert_int_equal(found.line, 2);
	}
	FILE *f = fopen(path, "w"); /* a NUL ends nothing */
	fwrite("h:1\0 " ZEROS "\n", 1, 6 + KEY_TEXT, f);
	fclose(f);
	assert_not("h:1", ERR_NOT_FOUND);
}

static void adding_leaves_the_rest_alone(void **state)
{
	struct known_server found;
	struct stat st;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_not("h:1", ERR_NOT_FOUND);
	assert_int_equal(known_servers_add(path, "h:1", zeros, &found), ERR_NONE);
	assert_file("h:1 " ZEROS "\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	put("# mine\r\nh:1 " ZEROS "\n\n# the end");
	assert_int_equal(known_servers_add(path, "g:1", ones, &found), ERR_NONE);
	assert_file("# mine\r\nh:1 " ZEROS "\n\n# the end\ng:1 " ONES "\n");
	assert_found("g:1", 5, ones);
}

static void what_is_pinned_is_not_pinned_again(void **state)
{
	struct known_server found;

	(void)state;
	put("h:1 " ZEROS "\n");
	assert_int_equal(known_servers_add(path, "h:1", zeros, &found), ERR_NONE);
	assert_int_equal(known_servers_add(path, "h:1", ones, &found), ERR_EXISTS);
	assert_int_equal(found.line, 1);
	assert_memory_equal(found.key, zeros, KEY_BYTES);
	assert_file("h:1 " ZEROS "\n");
}

/* A directory cannot be read. */
static void what_the_system_refuses_is_told(void **state)
{
	struct known_server found;

	(void)state;
	assert_int_equal(known_servers_find(base, "h:1", &found), ERR_SYSTEM);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(known_servers_add("/proc/nowhere", "h:1", zeros, &found), ERR_SYSTEM);
}

/* A disk that is full in the middle of the line: the file is as it was. */
static void a_half_line_is_taken_back(void **state)
{
	struct known_server found;
	int status;

	(void)state;
	put("g:1 " ONES "\n");
	struct stat before, after;
	assert_int_equal(stat(path, &before), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		const struct rlimit limit = {(rlim_t)before.st_size + 10, RLIM_INFINITY};
		signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
		      known_servers_add(path, "h:1", zeros, &found) != ERR_SYSTEM);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
}

enum { WRITERS = 8, EACH = 20 };

/* Each pins servers of its own, and one that all want with keys of their own. */
static int writer(int n)
{
	struct known_server found;
	uint8_t key[KEY_BYTES] = {(uint8_t)n};
	char name[32];

	for (int i = 0; i < EACH; i++) {
		snprintf(name, sizeof(name), "h%d:%d", n, i + 1);
		if (known_servers_add(path, name, key, &found) != ERR_NONE)
			return 2;
	}
	return known_servers_add(path, "all:1", key, &found) == ERR_NONE ? 0 : 1;
}

static void clients_that_add_at_once_lose_nothing(void **state)
{
	int status, winners = 0;
	char name[32];
	struct known_server found;

	(void)state;
	assert_int_equal(unlink(path), 0);
	fflush(NULL);
	for (int n = 0; n < WRITERS; n++)
		if (fork() == 0)
			_exit(writer(n));
	for (int n = 0; n < WRITERS; n++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		winners += status == 0;
	}
	assert_int_equal(winners, 1);
	assert_int_equal(known_servers_find(path, "none", &found), ERR_NOT_FOUND);
	assert_int_equal(found.line, WRITERS * EACH + 1);
	for (int n = 0; n < WRITERS; n++)
		for (int i = 0; i < EACH; i++) {
			snprintf(name, sizeof(name), "h%d:%d", n, i + 1);
			assert_int_equal(known_servers_find(path, name, &found), ERR_NONE);
			assert_int_equal(found.key[0], n);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_has_one_name),
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(a_damaged_line_is_told),
		cmocka_unit_test(adding_leaves_the_rest_alone),
		cmocka_unit_test(what_is_pinned_is_not_pinned_again),
		cmocka_unit_test(what_the_system_refuses_is_told),
		cmocka_unit_test(a_half_line_is_taken_back),
		cmocka_unit_test(clients_that_add_at_once_lose_nothing),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
