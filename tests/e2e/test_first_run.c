/*
 * The first minute: chat-client alone on a terminal, in a network of this test's own (support/netns), so
 * that the usual port is free and no room is near.
 */
#include "check.h"
#include "netns.h"
#include "room.h"
#include "screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ENTER  "\r"
#define CTRL_D "\004"

enum { ENV = 8, PATH_SIZE = 160 };

static const char *why_not; /* there are no networks of our own */

/* A person's machine, on which nothing of ours was ever run. */
static struct home {
	char dir[48];
	char config[PATH_SIZE], data[PATH_SIZE], runtime[PATH_SIZE], path[512];
	const char *env[ENV];
} home;

static void begin(const char *programs)
{
	if (why_not) {
		print_message("passed over: %s\n", why_not);
		skip();
	}
	room_dir(home.dir);
	snprintf(home.config, PATH_SIZE, "XDG_CONFIG_HOME=%s/config", home.dir);
	snprintf(home.data, PATH_SIZE, "XDG_DATA_HOME=%s/data", home.dir);
	snprintf(home.runtime, PATH_SIZE, "XDG_RUNTIME_DIR=%s", home.dir);
	snprintf(home.path, sizeof(home.path), "PATH=%s", programs);
	const char *const env[ENV] = {home.config, home.data,	 home.runtime,
				      home.path,   "USER=alice", NULL};
	memcpy(home.env, env, sizeof(env));
}

static const char *server_dir(void)
{
	static char dir[512];

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(CHAT_SERVER_BIN, '/') - CHAT_SERVER_BIN),
		 CHAT_SERVER_BIN);
	return dir;
}

/* ---- the server that the client starts ------------------------------------------------------- */

/* Who listens on the local socket; 0: nobody. */
static pid_t listener(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct ucred cred = {.pid = 0};
	socklen_t len = sizeof(cred);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/chat-room.sock", home.dir);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	close(fd);
	return cred.pid;
}

/* It is nobody's child any more: so its end is waited for, and its status is nobody's. */
static bool end_server(int signal)
{
	pid_t pid = home.dir[0] ? listener() : 0;
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	bool ended = true;

	if (fd < 0)
		return pid == 0;
	kill(pid, signal);
	ended = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, SOON * 1000) == 1;
	close(fd);
	return ended;
}

static int end_all(void **state)
{
	bool ended = end_server(SIGKILL);
	bool clean = screens_end();

	home.dir[0] = '\0';
	return room_teardown(state) == 0 && clean && ended ? 0 : -1;
}

#define FIRST(test) cmocka_unit_test_teardown(test, end_all)

/* What a file below the home holds; "" if there is none. */
static const char *content(const char *name)
{
	static char text[8192];
	char path[PATH_SIZE];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", home.dir, name);
	FILE *f = fopen(path, "r");
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

static void expect_in_file(const char *name, const char *part)
{
	if (!strstr(content(name), part))
		fail_msg("%s has no \"%s\": %s", name, part, content(name));
}

/* ---- people ---------------------------------------------------------------------------------- */

static struct screen *sit_down(const char *address)
{
	const char *const argv[] = {CHAT_CLIENT_BIN, address, NULL};

	return screen_start(140, 24, argv, home.env);
}

static void quit(struct screen *c)
{
	screen_type(c, "/quit" ENTER);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
	screen_wait_all(c);
}

static void test_a_newcomer_opens_a_room(void **state)
{
	struct stat st;
	char path[PATH_SIZE];

	(void)state;
	begin(server_dir());
	struct screen *c = sit_down(NULL);
	screen_expect(c, "your name in the room [alice]:");
	screen_type(c, "a b" ENTER);
	screen_expect(c, "that cannot be a name");
	screen_type(c, "管理员" ENTER);
	screen_expect(c, "that name is kept for the staff");
	screen_type(c, "  小红 " ENTER);
	screen_expect(c, "looking for rooms on the local network");
	screen_expect(c, "nobody listens on ");
	screen_expect(c, "open a room here, which others on your network can join? [Y/n]");
	screen_type(c, "what" ENTER "y" ENTER);
	screen_expect(c, "the room's name");
	screen_type(c, "老地方" ENTER);
	screen_expect(c, "online (unix)");
	screen_expect(c, "小红 joined");
	screen_expect(c, "you opened this room: it stays when you leave, until \"kill ");
	screen_type(c, "你好" ENTER);
	screen_expect(c, "小红: 你好");
	screen_expect(c, "others join it with: chat-client chat://" NETNS_HERE_IP ":8888/#");
	quit(c);
	expect_in_file("config/chat-room/client.ini", "\nnick = 小红\n");
	expect_in_file("data/chat-room/server.log", "found as \"老地方\"\n");
	expect_in_file("data/chat-room/server.log", "ready\n");
	snprintf(path, sizeof(path), "%s/data/chat-room/server.log", home.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* the next time there is nothing to ask, and what was said before is there still */
	c = sit_down(NULL);
	screen_expect(c, "online (unix)");
	screen_expect(c, "小红: 你好");
	quit(c);
	assert_true(end_server(SIGTERM));
	assert_int_equal(listener(), 0);
	assert_null(strstr(content("data/chat-room/server.log"), "Sanitizer"));
}

/* It ends neither with the terminal of who started it, nor by the keys that are typed there. */
static void test_the_room_outlives_its_opener(void **state)
{
	(void)state;
	begin(server_dir());
	struct screen *c = sit_down(NULL);
	screen_expect(c, "[alice]:");
	screen_type(c, ENTER ENTER ENTER);
	screen_expect(c, "alice joined");
	screen_expect(c, "online (unix)");
	pid_t pid = listener();
	assert_true(pid > 0);
	screen_type(c, "x");
	screen_expect(c, "> x");
	assert_int_not_equal(getsid(pid), getsid(screen_pid(c, SCREEN_SESSION)));
	screen_kill(c, SCREEN_SESSION, SIGKILL);
	assert_int_equal(screen_wait(c), 128 + SIGKILL);
	screen_wait_all(c);
	assert_int_equal(listener(), pid);
	/* a script comes in under the name that was chosen */
	const char *const argv[] = {CHAT_CLIENT_BIN, NULL};
	struct program *p = program_start(argv, home.env, -1);
	program_type(p, "hello");
	program_expect(p, PROGRAM_OUT, "alice: hello");
	program_end_input(p);
	assert_int_equal(program_wait(p, within(SOON)), 0);
	assert_true(end_server(SIGTERM));
}

static void test_no_room_is_wanted(void **state)
{
	(void)state;
	begin(server_dir());
	struct screen *c = sit_down(NULL);
	screen_expect(c, "[alice]:");
	screen_type(c, ENTER);
	screen_expect(c, "[Y/n]");
	screen_type(c, "n" ENTER);
	assert_int_equal(screen_wait(c), 2);
	screen_expect_restored(c);
	assert_int_equal(listener(), 0);
	expect_in_file("config/chat-room/client.ini", "\nnick = alice\n");
}

static void test_somebody_thinks_better_of_it(void **state)
{
	(void)state;
	begin(server_dir());
	struct screen *c = sit_down(NULL);
	screen_expect(c, "[alice]:");
	screen_type(c, CTRL_D);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
	assert_string_equal(content("config/chat-room/client.ini"), "");
}

static void test_there_is_no_server_to_start(void **state)
{
	(void)state;
	begin("/nonexistent::.");
	struct screen *c = sit_down(NULL);
	screen_type(c, ENTER);
	screen_expect(c, "there is no chat-server here to start");
	assert_int_equal(screen_wait(c), 2);
	screen_expect_restored(c);
}

static void test_a_server_that_does_not_start(void **state)
{
	char path[PATH_SIZE];

	(void)state;
	begin("");
	snprintf(home.path, sizeof(home.path), "PATH=/nonexistent:%s", home.dir);
	snprintf(path, sizeof(path), "%s/chat-server", home.dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\necho half-way\necho \"no port $1 is free: $3 $4\" >&2\nexit 3\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
	struct screen *c = sit_down(NULL);
	screen_type(c, ENTER "y" ENTER "here" ENTER);
	screen_expect(c, "half-way");
	screen_expect(c, "no port -d is free: --name here");
	screen_expect(c, "the server could not be started; its log is ");
	assert_int_equal(screen_wait(c), 2);
	screen_expect_restored(c);
	expect_in_file("data/chat-room/server.log", "half-way\n");
}

/* Who says where to go is asked nothing, nor is a script. */
static void test_who_is_asked_nothing(void **state)
{
	const char *const script[] = {CHAT_CLIENT_BIN, "--json", NULL};
	char address[PATH_SIZE];

	(void)state;
	begin(server_dir());
	snprintf(address, sizeof(address), "unix:%s/chat-room.sock", home.dir);
	struct screen *c = sit_down(address);
	screen_expect(c, "no chat-server reached");
	assert_int_equal(screen_wait(c), 2);
	struct program *p = program_start(script, home.env, -1);
	assert_int_equal(program_wait(p, within(SOON)), 2);
	assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	assert_string_equal(content("config/chat-room/client.ini"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIRST(test_a_newcomer_opens_a_room),	 FIRST(test_the_room_outlives_its_opener),
		FIRST(test_no_room_is_wanted),		 FIRST(test_somebody_thinks_better_of_it),
		FIRST(test_there_is_no_server_to_start), FIRST(test_a_server_that_does_not_start),
		FIRST(test_who_is_asked_nothing),
	};

	why_not = netns_make();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
