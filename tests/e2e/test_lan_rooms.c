/*
 * A client that is given no address finds rooms on the local network: the real programs, in networks of
 * this test's own (support/netns), where broadcast and multicast are real and reach nobody else.
 *
 * The client is HERE, servers are THERE unless a test says otherwise.
 */
#include "check.h"
#include "jsonline.h"
#include "netns.h"
#include "room.h"
#include "screen.h"

#include "proto/discovery.h"
#include "sys/lan.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTER  "\r"
#define CTRL_D "\004"

static const char *why_not; /* there are no networks of our own */

struct site {
	struct program *server;
	char dir[48], socket[80];
	char key[80]; /* of its invitation */
	char port[8];
};

static int end_all(void **state)
{
	bool clean = screens_end();

	if (!why_not)
		netns_go(NETNS_HERE);
	return room_teardown(state) == 0 && clean ? 0 : -1;
}

#define SCENE_HERE(test) cmocka_unit_test_teardown(test, end_all)

static void need_networks(void)
{
	if (!why_not)
		return;
	print_message("passed over: %s\n", why_not);
	skip();
}

/* ---- servers --------------------------------------------------------------------------------- */

/* Its words up to "ready"; `found`: it says that it is found under that name. */
static void await(struct site *s, const char *name, bool found)
{
	char expected[128];
	bool said = false;

	snprintf(expected, sizeof(expected), "found as \"%s\"", name);
	for (;;) {
		const char *line = program_line(s->server, PROGRAM_OUT, within(SOON));
		if (!line)
			fail_msg("%s", program_rest(s->server, PROGRAM_ERR, within(SOON)));
		if (strcmp(line, "ready") == 0)
			break;
		if (strncmp(line, "invitation: ", 12) == 0)
			snprintf(s->key, sizeof(s->key), "%s", strstr(line, "/#"));
		if (strncmp(line, "listening on udp://", 19) == 0)
			snprintf(s->port, sizeof(s->port), "%s", strrchr(line, ':') + 1);
		said |= strcmp(line, expected) == 0;
	}
	assert_int_equal(said, found);
}

/* A server in that network; three words more, or NULL. */
static struct site serve(enum netns where, const char *name, const char *a, const char *b,
			 const char *c)
{
	struct site s;
	const char *const argv[] = {CHAT_SERVER_BIN,
				    "-u",
				    s.socket,
				    "-d",
				    s.dir,
				    "--name",
				    name,
				    "-p",
				    "0",
				    a,
				    b,
				    c,
				    NULL};
	bool hidden = a && strcmp(a, "--no-discovery") == 0;

	snprintf(s.socket, sizeof(s.socket), "%s/room.sock", room_dir(s.dir));
	netns_go(where);
	s.server = program_start(argv, NULL, -1);
	await(&s, name, !hidden);
	netns_go(NETNS_HERE);
	return s;
}

/* ---- clients --------------------------------------------------------------------------------- */

/* A client without an address, at whose local socket nobody listens. */
static struct program *seek(const char *a, const char *b)
{
	char dir[48], runtime[80];
	const char *const argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "alice", a, b, NULL};
	const char *const env[] = {runtime, NULL};

	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", room_dir(dir));
	return program_start(argv, env, -1);
}

static void expect_status(struct program *p, int status)
{
	assert_int_equal(program_wait(p, within(SOON)), status);
}

static const char *errors_of(struct program *p)
{
	return program_rest(p, PROGRAM_ERR, within(SOON));
}

static void expect_none(struct program *p)
{
	expect_status(p, 2);
	const char *words = errors_of(p);
	if (!strstr(words, "no room answers on the local network") ||
	    !strstr(words, "start one with chat-server"))
		fail_msg("%s", words);
}

/* It is in the room of that name, found at an address that begins so, and can talk there. */
static void expect_joined(struct program *p, const char *name, const char *address)
{
	char notice[160];

	snprintf(notice, sizeof(notice), "joining %s, 0 here, key ", name);
	const char *line = program_expect(p, PROGRAM_ERR, notice);
	if (!strstr(line, address))
		fail_msg("\"%s\" does not speak of %s", line, address);
	program_expect(p, PROGRAM_OUT, "* alice joined");
	program_type(p, "你好");
	program_expect(p, PROGRAM_OUT, "alice: 你好");
	program_end_input(p);
	expect_status(p, 0);
}

/* ---- one room -------------------------------------------------------------------------------- */

static void test_the_only_room_is_joined(void **state)
{
	(void)state;
	need_networks();
	serve(NETNS_THERE, "老地方", NULL, NULL, NULL);
	expect_joined(seek("--plain", NULL), "老地方", "at chat://" NETNS_THERE_IP ":");
}

/* Anybody can answer a question to the network with a key of their own: the pinned one counts. */
static void test_a_key_that_the_network_tells_is_no_invitation(void **state)
{
	static const char other[] = "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq";
	char dir[48], runtime[80], file[80];
	const char *const argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "alice", "--plain", NULL};
	const char *const env[] = {runtime, NULL};

	(void)state;
	need_networks();
	struct site s = serve(NETNS_THERE, "老地方", NULL, NULL, NULL);
	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", room_dir(dir));
	snprintf(file, sizeof(file), "%s/known_servers", dir);
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	fprintf(f, NETNS_THERE_IP ":%s %s\n", s.port, other);
	fclose(f);
	struct program *p = program_start(argv, env, -1);
	program_expect(p, PROGRAM_ERR, "known is aaaq-eaye-auda-ocaj-bifq-ydio");
	expect_status(p, 3);
}

static void test_a_room_of_one_protocol_is_joined_by_it(void **state)
{
	(void)state;
	need_networks();
	struct site s = serve(NETNS_THERE, "tcp alone", "--no-udp", NULL, NULL);
	expect_joined(seek("--plain", NULL), "tcp alone", "at tcp://" NETNS_THERE_IP ":");
	program_signal(s.server, SIGTERM);
	expect_status(s.server, 0);
	serve(NETNS_THERE, "udp alone", "--no-tcp", NULL, NULL);
	expect_joined(seek("--plain", NULL), "udp alone", "at udp://" NETNS_THERE_IP ":");
}

static void test_a_room_is_found_by_ipv6(void **state)
{
	char ip[NETNS_ADDRESS];

	(void)state;
	need_networks();
	netns_go(NETNS_THERE);
	bool there_is = netns_link_local(ip);
	netns_go(NETNS_HERE);
	if (!there_is || !netns_link_local((char[NETNS_ADDRESS]){0})) {
		print_message("passed over: no IPv6\n");
		skip();
	}
	serve(NETNS_THERE, "six", "-b", ip, NULL);
	*strchr(ip, '%') = '\0';
	char address[120];
	snprintf(address, sizeof(address), "at chat://[%s%%", ip);
	expect_joined(seek("--plain", NULL), "six", address);
}

/* Somebody who has a server at home does not ask the network. */
static void test_the_local_socket_comes_first(void **state)
{
	char dir[48], runtime[80], socket[80];
	const char *const server[] = {CHAT_SERVER_BIN,	"-u", socket, "-d", dir, "-p", "0",
				      "--no-discovery", NULL};
	const char *const client[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "alice", "--plain", NULL};
	const char *const env[] = {runtime, NULL};

	(void)state;
	need_networks();
	serve(NETNS_THERE, "far", NULL, NULL, NULL);
	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", room_dir(dir));
	snprintf(socket, sizeof(socket), "%s/chat-room.sock", dir);
	program_expect(program_start(server, NULL, -1), PROGRAM_OUT, "ready");
	struct program *p = program_start(client, env, -1);
	program_expect(p, PROGRAM_OUT, "* alice joined");
	program_end_input(p);
	expect_status(p, 0);
	assert_string_equal(errors_of(p), "");
}

/* ---- no room --------------------------------------------------------------------------------- */

static void test_nobody_answers(void **state)
{
	(void)state;
	need_networks();
	struct program *plain = seek("--plain", NULL), *json = seek("--json", NULL);
	expect_none(plain);
	expect_none(json);
}

static void test_a_server_that_does_not_answer(void **state)
{
	(void)state;
	need_networks();
	serve(NETNS_THERE, "hidden", "--no-discovery", NULL, NULL);
	expect_none(seek("--plain", NULL));
}

static void test_a_client_that_does_not_ask(void **state)
{
	(void)state;
	need_networks();
	serve(NETNS_THERE, "far", NULL, NULL, NULL);
	struct program *p = seek("--plain", "--no-discovery");
	expect_status(p, 2);
	assert_non_null(strstr(errors_of(p), "nobody listens on"));
}

/* What listens at home alone is found at home alone. */
static void test_a_room_is_found_where_it_can_be_reached(void **state)
{
	(void)state;
	need_networks();
	serve(NETNS_THERE, "home", "-b", "127.0.0.1", NULL);
	expect_none(seek("--plain", NULL));
	serve(NETNS_HERE, "here", "-b", "127.0.0.1", NULL);
	expect_joined(seek("--plain", NULL), "here", "at chat://127.0.0.1:");
}

/* ---- several rooms --------------------------------------------------------------------------- */

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not have \"%s\"", text, part);
}

/* Two on one machine, which share the port that they are asked at, and one here. */
static void serve_three(struct site out[3])
{
	out[0] = serve(NETNS_THERE, "beta", NULL, NULL, NULL);
	out[1] = serve(NETNS_THERE, "alpha", NULL, NULL, NULL);
	out[2] = serve(NETNS_HERE, "小明's room", NULL, NULL, NULL);
}

static void test_of_several_rooms_a_script_has_to_name_one(void **state)
{
	static const char *const modes[] = {"--plain", "--json"};
	struct site sites[3];

	(void)state;
	need_networks();
	serve_three(sites);
	struct program *seekers[] = {seek(modes[0], NULL), seek(modes[1], NULL)};
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		struct program *p = seekers[i];
		expect_status(p, 2);
		assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
		const char *words = errors_of(p);
		expect_part(words, "3 rooms answer on the local network");
		expect_part(words, "chat-client ADDRESS");
		expect_part(words, "\n  1  alpha, 0 here, key ");
		expect_part(words, "\n  2  beta, 0 here, key ");
		expect_part(words, "\n  3  小明's room, 0 here, key ");
		for (size_t k = 0; k < COUNT_OF(sites); k++)
			expect_part(words, sites[k].key);
	}
}

/* What is listed can be given to the client. */
static void test_rooms_are_listed(void **state)
{
	static const char *const names[] = {"alpha", "beta", "小明's room"};
	static const size_t order[] = {1, 0, 2};
	struct site sites[3];
	char name[80], address[200], fingerprint[40];
	uint64_t members;

	(void)state;
	need_networks();
	serve_three(sites);
	struct program *p = seek("--list-rooms", "--json");
	for (size_t i = 0; i < 3; i++) {
		const char *line = program_line(p, PROGRAM_OUT, within(SOON));
		assert_non_null(line);
		assert_true(jsonline_ok(line));
		assert_true(jsonline_string(line, "name", name, sizeof(name)));
		assert_true(jsonline_string(line, "address", address, sizeof(address)));
		assert_true(jsonline_string(line, "fingerprint", fingerprint, sizeof(fingerprint)));
		assert_true(jsonline_number(line, "members", &members));
		assert_string_equal(name, names[i]);
		assert_string_equal(strstr(address, "/#"), sites[order[i]].key);
		assert_int_equal(members, 0);
	}
	expect_status(p, 0);
	const char *const argv[] = {CHAT_CLIENT_BIN, "-n", "alice", "--plain", address, NULL};
	p = program_start(argv, NULL, -1);
	program_expect(p, PROGRAM_OUT, "* alice joined");
	p = seek("--list-rooms", NULL);
	program_expect(p, PROGRAM_OUT, "  3  小明's room, 1 here, key ");
	expect_status(p, 0);
}

static void test_an_empty_list_is_no_success(void **state)
{
	(void)state;
	need_networks();
	struct program *p = seek("--list-rooms", NULL);
	expect_status(p, 2);
	assert_string_equal(program_rest(p, PROGRAM_OUT, within(SOON)), "");
	expect_part(errors_of(p), "no room answers on the local network");
}

static struct screen *seek_on_screen(void)
{
	char dir[48], runtime[80];
	const char *const argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "alice", NULL};
	const char *const env[] = {runtime, NULL};

	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", room_dir(dir));
	return screen_start(100, 20, argv, env);
}

static void test_a_person_chooses_by_number(void **state)
{
	struct site sites[3];

	(void)state;
	need_networks();
	serve_three(sites);
	struct screen *c = seek_on_screen();
	screen_expect(c, "3 rooms answer on the local network:");
	screen_expect(c, "  1  alpha, 0 here, key ");
	screen_expect(c, "which one? [1-3]");
	screen_type(c, "4" ENTER);
	screen_type(c, "x" ENTER);
	screen_type(c, ENTER);
	screen_type(c, "2" ENTER);
	screen_expect(c, "joining beta, 0 here, key ");
	screen_expect(c, "alice joined");
	screen_expect(c, "online");
	screen_type(c, CTRL_D);
	assert_int_equal(screen_wait(c), 0);
	screen_expect_restored(c);
}

static void test_a_person_wants_none_of_them(void **state)
{
	struct site sites[3];

	(void)state;
	need_networks();
	serve_three(sites);
	struct screen *c = seek_on_screen();
	screen_expect(c, "which one? [1-3]");
	screen_type(c, CTRL_D);
	assert_int_equal(screen_wait(c), 2);
	screen_expect_restored(c);
}

/* ---- whoever answers ------------------------------------------------------------------------- */

static void answer(int fd, const struct lan_heard *to, struct found f, const char *name, size_t cut)
{
	uint8_t bytes[DISCOVERY_FOUND_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	f.name = slice_of(name, strlen(name));
	discovery_found_put(&b, &f);
	lan_answer(fd, to, bytes, b.len - cut);
}

/* Answers as nobody should; returns whether somebody asked. */
static bool answer_badly(int fd)
{
	uint8_t bytes[DISCOVERY_PROBE_SIZE + 1];
	struct lan_heard heard;
	struct found f = {.udp_port = 8888, .members = 7};
	ssize_t n = lan_receive(fd, bytes, sizeof(bytes), &heard);

	if (n < 0 || discovery_probe_get(bytes, (size_t)n, &f.nonce) != ERR_NONE)
		return false;
	lan_answer(fd, &heard, bytes, (size_t)n); /* its own question */
	lan_answer(fd, &heard, bytes, 0);
	answer(fd, &heard, f, "cut short", 1);
	for (int i = 0; i < 200; i++) {
		f.key[0] = (uint8_t)i;
		f.nonce++;
		answer(fd, &heard, f, "not asked for", 0);
	}
	f.nonce -= 200;
	answer(fd, &heard, f, "\033[2Jevil", 0);
	answer(fd, &heard, f, "the same once more", 0);
	return true;
}

static void test_bad_answers_are_passed_over(void **state)
{
	int fd, asked = 0;

	(void)state;
	need_networks();
	fd = lan_listen(DISCOVERY_PORT);
	assert_true(fd >= 0);
	struct program *p = seek("--list-rooms", NULL);
	while (!program_ended(p))
		if (programs_wait(fd, POLLIN, within(SOON)))
			asked += answer_badly(fd);
	close(fd);
	assert_true(asked >= 2); /* it asks again */
	expect_status(p, 0);
	const char *list = program_rest(p, PROGRAM_OUT, within(SOON));
	expect_part(list, "  1  ␛[2Jevil, 7 here, key ");
	assert_null(strstr(list, "  2  "));
	assert_null(strchr(list, '\033'));
}

/* Answers for that port with a key that is another's; returns whether somebody asked. */
static bool answer_for_another(int fd, uint16_t port)
{
	uint8_t bytes[DISCOVERY_PROBE_SIZE + 1];
	struct lan_heard heard;
	struct found f = {.udp_port = port, .tcp_port = port};
	ssize_t n = lan_receive(fd, bytes, sizeof(bytes), &heard);

	if (n < 0 || discovery_probe_get(bytes, (size_t)n, &f.nonce) != ERR_NONE)
		return false;
	memset(f.key, 0xff, sizeof(f.key));
	answer(fd, &heard, f, "老地方", 0);
	return true;
}

/* What is compared in the list is the key of the room that is joined, or nothing is joined. */
static void test_a_room_under_anothers_key_is_not_joined(void **state)
{
	char dir[48], runtime[80], file[80], fingerprint[64];
	const char *const argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "alice", "--plain", NULL};
	const char *const env[] = {runtime, NULL};
	bool asked = false;

	(void)state;
	need_networks();
	struct site s = serve(NETNS_THERE, "evil", "--no-discovery", NULL, NULL);
	netns_go(NETNS_THERE);
	int fd = lan_listen(DISCOVERY_PORT);
	netns_go(NETNS_HERE);
	assert_true(fd >= 0);
	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", room_dir(dir));
	snprintf(file, sizeof(file), "%s/known_servers", dir);
	struct program *p = program_start(argv, env, -1);
	program_end_input(p); /* who is let in does not stay */
	while (!program_ended(p))
		if (programs_wait(fd, POLLIN, within(SOON)))
			asked |= answer_for_another(fd, (uint16_t)strtoul(s.port, NULL, 10));
	close(fd);
	assert_true(asked);
	expect_status(p, 3);
	const char *words = errors_of(p);
	expect_part(words, "listed with the key 7777-7777-7777-7777-7777-7777");
	/* the first groups of the key that it has: s.key is "/#…" */
	snprintf(fingerprint, sizeof(fingerprint), "has %.4s-%.4s-", s.key + 2, s.key + 6);
	expect_part(words, fingerprint);
	assert_int_not_equal(access(file, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_HERE(test_the_only_room_is_joined),
		SCENE_HERE(test_a_key_that_the_network_tells_is_no_invitation),
		SCENE_HERE(test_a_room_of_one_protocol_is_joined_by_it),
		SCENE_HERE(test_a_room_is_found_by_ipv6),
		SCENE_HERE(test_the_local_socket_comes_first),
		SCENE_HERE(test_nobody_answers),
		SCENE_HERE(test_a_server_that_does_not_answer),
		SCENE_HERE(test_a_client_that_does_not_ask),
		SCENE_HERE(test_a_room_is_found_where_it_can_be_reached),
		SCENE_HERE(test_of_several_rooms_a_script_has_to_name_one),
		SCENE_HERE(test_rooms_are_listed),
		SCENE_HERE(test_an_empty_list_is_no_success),
		SCENE_HERE(test_a_person_chooses_by_number),
		SCENE_HERE(test_a_person_wants_none_of_them),
		SCENE_HERE(test_bad_answers_are_passed_over),
		SCENE_HERE(test_a_room_under_anothers_key_is_not_joined),
	};

	why_not = netns_make();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
