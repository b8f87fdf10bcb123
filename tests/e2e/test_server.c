/*
 * The server as its keeper meets it: listeners and their errors, the log, signals,
 * and how little it does when there is nothing to do.
 */
#include "guest.h"
#include "idle.h"
#include "room.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define SERVER(...)                                                                                \
	program_start((const char *const[]){CHAT_SERVER_BIN, "--no-discovery", __VA_ARGS__, NULL}, \
		      NULL, -1)

/* It has to give up at once, with a non-zero status and a line that holds `why`. */
static void expect_refusal(struct program *p, const char *why)
{
	int status = program_wait(p, within(SOON));
	const char *words = program_rest(p, PROGRAM_ERR, within(SOON));
	if (status == 0 || status > 127)
		fail_msg("status %d, not a refusal: %s", status, words);
	if (!strcasestr(words, why))
		fail_msg("\"%s\" does not speak of \"%s\"", words, why);
	assert_null(strstr(program_rest(p, PROGRAM_OUT, within(SOON)), "ready"));
}

static const char *read_file(const char *path)
{
	static char text[256 * 1024];
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static const char *in_dir(const char *dir, const char *name, char out[96])
{
	snprintf(out, 96, "%s/%s", dir, name);
	return out;
}

/* ---- listening ------------------------------------------------------------------------------- */

static void test_it_says_where_it_listens(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	(void)state;
	assert_int_not_equal(s->udp_port, 0);
	assert_int_not_equal(s->tcp_port, 0);
	assert_int_equal(strncmp(s->address[VIA_UNIX], "unix:/", 6), 0);
	struct stat st;
	assert_int_equal(stat(s->socket, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	server_stop(s);
	assert_int_equal(stat(s->socket, &st), -1);
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		close(fd);
	return bound;
}

/* The listeners that were told last become the ones that clients come to. */
static void come_by_ipv6(struct server *s)
{
	snprintf(s->address[VIA_UDP], sizeof(*s->address), "udp://[::1]:%u", s->udp_port);
	snprintf(s->address[VIA_TCP], sizeof(*s->address), "tcp://[::1]:%u", s->tcp_port);
}

static void test_several_addresses(void **state)
{
	(void)state;
	if (!has_ipv6())
		skip();
	struct server *s = server_start("-b", "127.0.0.1", "-b", "::1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	come_by_ipv6(s);
	struct actor *bob = join(s, "bob", VIA_UDP);
	join(s, "小明", VIA_TCP);
	talk(alice, "from 4 to 6");
	talk(bob, "from 6 to 4");
}

/* Without -b: one socket for both. */
static void test_every_address(void **state)
{
	struct server *s = server_start("--io", "auto", NULL);
	(void)state;
	struct actor *alice = join(s, "alice", VIA_UDP);
	join(s, "bob", VIA_TCP);
	if (has_ipv6()) {
		come_by_ipv6(s);
		join(s, "小明", VIA_UDP);
		join(s, "王芳", VIA_TCP);
	}
	talk(alice, "whichever way you came");
}

static void test_without_a_transport(void **state)
{
	struct server *s = server_start("--no-udp", "--no-tcp", NULL);
	(void)state;
	assert_int_equal(s->udp_port, 0);
	assert_int_equal(s->tcp_port, 0);
	join(s, "alice", VIA_UNIX);
}

static void test_a_taken_port_is_refused(void **state)
{
	char port[8], dir[48], path[96];
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	(void)state;
	in_dir(room_dir(dir), "other.sock", path);
	snprintf(port, sizeof(port), "%u", s->tcp_port);
	expect_refusal(SERVER("-p", port, "-b", "127.0.0.1", "-u", path, "-d", dir, "--no-udp"),
		       port);
	snprintf(port, sizeof(port), "%u", s->udp_port);
	expect_refusal(SERVER("-p", port, "-b", "127.0.0.1", "-u", path, "-d", dir, "--no-tcp"),
		       port);
	join(s, "alice", VIA_TCP);
}

static void test_a_second_server_on_one_socket_is_refused(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	(void)state;
	expect_refusal(SERVER("-p", "0", "-u", s->socket, "-d", s->dir, "--memory"), s->socket);
	join(s, "alice", VIA_UNIX);
}

static void test_a_stale_socket_is_taken_over(void **state)
{
	char dir[48], path[96];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	(void)state;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", in_dir(room_dir(dir), "stale.sock", path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	struct program *p = SERVER("-p", "0", "-u", path, "-d", dir);
	program_expect(p, PROGRAM_OUT, "ready");
	program_signal(p, SIGTERM);
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

/* Somebody removed the file, and another server has the path now: the first one's end leaves it alone. */
static void test_another_servers_socket_outlives_the_first(void **state)
{
	struct server *first = server_start("-b", "127.0.0.1", NULL);
	struct program *second;
	(void)state;
	assert_int_equal(unlink(first->socket), 0);
	second = SERVER("-p", "0", "-u", first->socket, "-d", first->dir, "--memory");
	program_expect(second, PROGRAM_OUT, "ready");
	server_stop(first);
	assert_int_equal(access(first->socket, F_OK), 0);
	program_signal(second, SIGTERM);
	assert_int_equal(program_wait(second, within(SOON)), 0);
	assert_int_equal(access(first->socket, F_OK), -1);
}

static void test_a_file_in_the_sockets_place_is_left_alone(void **state)
{
	char dir[48], path[96];
	(void)state;
	FILE *f = fopen(in_dir(room_dir(dir), "letter", path), "w");
	fputs("dear reader", f);
	fclose(f);
	expect_refusal(SERVER("-p", "0", "-u", path, "-d", dir), path);
	assert_string_equal(read_file(path), "dear reader");
}

static void test_a_place_that_is_not_there_is_refused(void **state)
{
	char dir[48];
	(void)state;
	room_dir(dir);
	expect_refusal(SERVER("-p", "0", "-u", "/dev/null/x.sock", "-d", dir), "/dev/null/x.sock");
}

static bool port_80_is_privileged(void)
{
	return atoi(read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start")) > 80;
}

#define WITHOUT_THE_PRIVILEGE "setpriv", "--bounding-set", "-net_bind_service"

static bool can_do_without_it(void)
{
	struct program *p =
		program_start((const char *const[]){WITHOUT_THE_PRIVILEGE, "true", NULL}, NULL, -1);
	return program_wait(p, within(SOON)) == 0;
}

/* Root, too, lacks the permission once the capability is out of its reach. */
static void test_a_port_without_permission_is_refused(void **state)
{
	char dir[48], path[96];
	bool root = geteuid() == 0;
	const char *const argv[] = {WITHOUT_THE_PRIVILEGE,
				    CHAT_SERVER_BIN,
				    "-p",
				    "80",
				    "-u",
				    in_dir(room_dir(dir), "p.sock", path),
				    "-d",
				    dir,
				    NULL};
	(void)state;
	if (!port_80_is_privileged() || (root && !can_do_without_it()))
		skip();
	expect_refusal(program_start(root ? argv : argv + 3, NULL, -1), "80");
}

static void test_wrong_use_is_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"--no-such-option"},
		{"-p"},
		{"-p", "70000"},
		{"-p", "x"},
		{"--io", "kqueue"},
		{"-b", "no such host"},
		{"stray"},
		{"--name", ""},
		{"--name", "a\tb"},
	};
	char dir[48], path[96];
	(void)state;
	in_dir(room_dir(dir), "w.sock", path);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const char *const argv[] = {CHAT_SERVER_BIN, "-u",	  path, "-d", dir,
					    wrong[i][0],     wrong[i][1], NULL};
		expect_refusal(program_start(argv, NULL, -1), "");
	}
}

static void test_help_and_version(void **state)
{
	static const char *const options[] = {"--help", "--version"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct program *p = SERVER(options[i]);
		assert_int_equal(program_wait(p, within(SOON)), 0);
		assert_string_not_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	}
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* What the descriptor `fd` of the process is open on. */
static const char *open_on(pid_t pid, int fd)
{
	static char target[64];
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	return target;
}

/* Closed ones are not given to the next socket or pipe. */
static void test_without_standard_descriptors(void **state)
{
	char dir[48];
	const char *argv[] = {"sh",
			      "-c",
			      "exec \"$@\" <&- 2>&-",
			      "sh",
			      CHAT_SERVER_BIN,
			      "--no-udp",
			      "--no-tcp",
			      "-u",
			      NULL,
			      NULL};
	struct server s = {.program = NULL};
	(void)state;
	snprintf(s.socket, sizeof(s.socket), "%s/room.sock", room_dir(dir));
	argv[8] = s.socket;
	struct program *p = program_start(argv, NULL, -1);
	program_expect(p, PROGRAM_OUT, "ready");
	guest_say(guest_join(&s, "alice", VIA_UNIX), "hello");
	/* Root alone may look: the server keeps itself to itself, see sys/secret.h. */
	for (int fd = 0; fd <= 2 && geteuid() == 0; fd += 2)
		assert_string_equal(open_on(program_pid(p), fd), "/dev/null");
	program_signal(p, SIGTERM);
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

/* ---- the log --------------------------------------------------------------------------------- */

static void assert_printable(const char *text)
{
	for (const char *c = text; *c; c++)
		if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f)
			fail_msg("a raw control byte 0x%02x in the log", (unsigned char)*c);
	assert_null(strstr(text, "\xe2\x80\xae"));
}

/* Exactly one line of `text` holds all of a, b. */
static void assert_one_line(const char *text, const char *a, const char *b)
{
	size_t count = 0, len;
	char line[4096];
	for (const char *at = text; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		count += strstr(line, a) && strstr(line, b);
	}
	if (count != 1)
		fail_msg("%zu lines with \"%s\" and \"%s\" in:\n%s", count, a, b, text);
}

static void test_the_log_has_what_was_said(void **state)
{
	char dir[48], path[96];
	struct terminal console = terminal_open();
	in_dir(room_dir(dir), "room.log", path);
	struct server *s = server_start_on(console.program, "--log", path, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	talk(alice, "你好，世界");
	say(alice, "evil \033[2J \xe2\x80\xae line");
	hear(alice);
	terminal_type(&console, "管理员说的话");
	expect_announce(alice, "管理员说的话");
	terminal_type(&console, "\xe2\x80\xae"); /* nothing to see: refused */
	program_expect(s->program, PROGRAM_OUT, "cannot be announced");
	terminal_type(&console, "/who");
	program_expect(s->program, PROGRAM_OUT, "alice");
	leave(alice);
	server_stop(s);
	terminal_close(&console);
	const char *text = read_file(path);
	assert_printable(text);
	assert_one_line(text, "join alice", "tcp://127.0.0.1:");
	assert_one_line(text, "talk alice: 你好，世界", "");
	assert_one_line(text, "talk alice: evil ", "");
	assert_one_line(text, "管理员说的话", " announce: 管理员说的话");
	assert_one_line(text, " - console: <U+202E>", "");
	assert_one_line(text, "console: /who", "");
	assert_one_line(text, "quit alice", "(left)");
}

/* Renamed away, the old file still gets what comes before SIGHUP and nothing after. */
static void test_sighup_opens_the_log_again(void **state)
{
	char dir[48], path[96], old[96];
	in_dir(room_dir(dir), "room.log", path);
	in_dir(dir, "room.log.1", old);
	struct server *s = server_start("--log", path, NULL);
	struct actor *alice = join(s, "alice", VIA_TCP);
	(void)state;
	talk(alice, "before the rename");
	assert_int_equal(rename(path, old), 0);
	talk(alice, "after the rename");
	program_signal(s->program, SIGHUP);
	for (unsigned i = 0; access(path, F_OK) != 0; i++) {
		if (i > 100000)
			fail_msg("no new log after SIGHUP");
		talk(alice, "is there a new log?");
	}
	talk(alice, "in the new log");
	server_stop(s);
	assert_one_line(read_file(old), "before the rename", "");
	assert_one_line(read_file(old), "after the rename", "");
	assert_null(strstr(read_file(old), "in the new log"));
	assert_one_line(read_file(path), "in the new log", "");
}

static void expect_log_refused(const char *log, const char *why)
{
	char dir[48], path[96], sentence[256];
	in_dir(room_dir(dir), "s.sock", path);
	snprintf(sentence, sizeof(sentence), "the log %s cannot be written: %s", log, why);
	expect_refusal(SERVER("-p", "0", "-u", path, "-d", dir, "--log", log), sentence);
}

static void test_a_log_that_cannot_be_written_is_refused(void **state)
{
	char dir[48], fifo[96];
	(void)state;
	expect_log_refused("/nonexistent/room.log", "No such file or directory; choose another");
	in_dir(room_dir(dir), "fifo", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	expect_log_refused(fifo, "it is no regular file");
	int reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	expect_log_refused(fifo, "it is no regular file");
	close(reader);
	expect_log_refused("/dev/ptmx", "it is no regular file");
}

static void test_a_log_into_nothing(void **state)
{
	struct server *s = server_start("--log", "/dev/null", NULL);
	(void)state;
	talk(join(s, "alice", VIA_TCP), "written down nowhere");
	server_stop(s);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void expect_told_of_the_end(struct actor *a)
{
	int status = program_wait(a->program, within(SOON));
	const char *words = program_rest(a->program, PROGRAM_ERR, within(SOON));
	assert_int_equal(status, 4);
	if (!strstr(words, "server") && !strstr(words, "shut"))
		fail_msg("%s was told \"%s\"", a->name, words);
}

static struct actor *join_for_now(struct server *s, const char *name, enum via via)
{
	struct actor *a = enter(s, name, via, "--since", "now", "--give-up", "0", NULL);
	all_expect(s, "join", name, NULL);
	return a;
}

static void test_sigterm_says_goodbye_to_all(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct server *s = server_start("-b", "127.0.0.1", NULL);
		struct actor *alice = join_for_now(s, "alice", VIA_UDP);
		struct actor *bob = join_for_now(s, "bob", VIA_TCP);
		struct actor *ming = join_for_now(s, "小明", VIA_UNIX);
		talk(alice, "last words");
		program_signal(s->program, signals[i]);
		assert_int_equal(program_wait(s->program, within(SOON)), 0);
		expect_told_of_the_end(alice);
		expect_told_of_the_end(bob);
		expect_told_of_the_end(ming);
		assert_int_equal(access(s->socket, F_OK), -1);
	}
}

/* Said just before the end, by many: heard by all before the goodbye. */
static void test_what_was_said_before_the_end_arrives(void **state)
{
	enum { LINES = 200 };
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	struct actor *bob = join(s, "bob", VIA_TCP);
	(void)state;
	for (int i = 0; i < LINES; i++)
		say(alice, "and another");
	for (int i = 0; i < LINES; i++)
		expect_talk(alice, "alice", "and another");
	program_signal(s->program, SIGTERM);
	for (int i = 0; i < LINES; i++)
		expect_talk(bob, "alice", "and another");
	assert_int_equal(program_wait(s->program, within(SOON)), 0);
}

/* ---- doing nothing --------------------------------------------------------------------------- */

/* With members in the room that say nothing, and an input that is at its end. */
static void expect_idle_room(int in, const char *io)
{
	struct server *s = server_start_on(in, "--io", io, NULL);
	struct actor *alice = join(s, "alice", VIA_UDP);
	join(s, "bob", VIA_TCP);
	join(s, "小明", VIA_UNIX);
	talk(alice, "silence, please");
	expect_idle(s->program);
	server_stop(s);
}

static const char *const ways[] = {"auto", "select", "poll", "epoll"};

static void test_idle_at_the_end_of_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		expect_idle_room(null, ways[i]);
		close(null);
	}
}

static void test_idle_with_a_closed_pipe_as_input(void **state)
{
	int ends[2];
	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	expect_idle_room(ends[0], "auto");
	close(ends[0]);
}

static void test_idle_with_a_terminal_that_hung_up(void **state)
{
	struct terminal console = terminal_open();
	(void)state;
	close(console.keyboard);
	expect_idle_room(console.program, "auto");
	close(console.program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_it_says_where_it_listens),
		SCENE(test_several_addresses),
		SCENE(test_every_address),
		SCENE(test_without_a_transport),
		SCENE(test_a_taken_port_is_refused),
		SCENE(test_a_second_server_on_one_socket_is_refused),
		SCENE(test_a_stale_socket_is_taken_over),
		SCENE(test_another_servers_socket_outlives_the_first),
		SCENE(test_a_file_in_the_sockets_place_is_left_alone),
		SCENE(test_a_place_that_is_not_there_is_refused),
		SCENE(test_a_port_without_permission_is_refused),
		SCENE(test_wrong_use_is_refused),
		SCENE(test_help_and_version),
		SCENE(test_without_standard_descriptors),
		SCENE(test_the_log_has_what_was_said),
		SCENE(test_sighup_opens_the_log_again),
		SCENE(test_a_log_that_cannot_be_written_is_refused),
		SCENE(test_a_log_into_nothing),
		SCENE(test_sigterm_says_goodbye_to_all),
		SCENE(test_what_was_said_before_the_end_arrives),
		SCENE(test_idle_at_the_end_of_input),
		SCENE(test_idle_with_a_closed_pipe_as_input),
		SCENE(test_idle_with_a_terminal_that_hung_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
