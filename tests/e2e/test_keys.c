/* Keys, invitations and passwords, as people meet them: the real programs and their files. */
#include "room.h"

#include "check.h"
#include "proto/key.h"
#include "sys/sock.h"

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

static const char *get(const char *path)
{
	static char text[64 * 1024];
	FILE *f = fopen(path, "r");

	text[0] = '\0';
	if (!f)
		return text;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
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

/* `password`: the file, or NULL. */
static void host_start_with(struct host *h, const char *dir, const char *port, const char *bind,
			    const char *password)
{
	const char *const argv[] = {
		CHAT_SERVER_BIN,
		"-d",
		dir,
		"-u",
		in_dir(dir, "sock"),
		"-p",
		port,
		"-b",
		bind,
		"--no-discovery",
		password ? "--password-file" : NULL,
		password,
		NULL,
	};
	h->program = program_start(argv, NULL, -1);
	await_ready(h);
}

static void host_start(struct host *h, const char *dir, const char *port, const char *bind)
{
	host_start_with(h, dir, port, bind, NULL);
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

/* ---- the client's ---------------------------------------------------------------------------- */

static const char *const schemes[] = {"udp", "tcp", "chat"};

/* A client in `dir` that comes, says nothing and leaves; `option` and its value may be NULL.  Its name
 * is the directory's, since the name belongs to the key that is there. */
static struct program *visit(const char *dir, const char *address, const char *option,
			     const char *value)
{
	const char *const argv[] = {CHAT_CLIENT_BIN, "-d",    dir,    "-n",  strchr(dir, '.') + 1,
				    "--plain",	     address, option, value, NULL};
	struct program *p = program_start(argv, NULL, -1);

	program_end_input(p);
	return p;
}

/* What it says on standard error. */
static const char *ends(struct program *p, int status)
{
	int got = program_wait(p, within(SOON));
	const char *said = program_rest(p, PROGRAM_ERR, within(SOON));

	if (got != status)
		fail_msg("status %d, not %d: %s", got, status, said);
	return said;
}

static void says(const char *said, const char *words)
{
	if (!strstr(said, words))
		fail_msg("\"%s\" does not speak of \"%s\"", said, words);
}

static const char *address_of(const struct host *h, const char *scheme)
{
	static char address[2][LINE];
	static int turn;

	turn = !turn;
	snprintf(address[turn], sizeof(address[turn]), "%s://127.0.0.1:%s", scheme, h->port);
	return address[turn];
}

/* The text of the key in an invitation. */
static void key_of(const struct host *h, char key[KEY_TEXT + 1])
{
	snprintf(key, KEY_TEXT + 1, "%.*s", KEY_TEXT, strchr(h->invitations, '#') + 1);
}

static void fingerprint_of(const char *key_text, char out[KEY_FINGERPRINT + 1])
{
	uint8_t key[KEY_BYTES];

	assert_int_equal(key_parse(key_text, strlen(key_text), key), ERR_NONE);
	key_fingerprint(key, out);
}

static void the_first_contact_pins_the_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		char dir[48], home[48], key[KEY_TEXT + 1], print[KEY_FINGERPRINT + 1], want[LINE];
		struct host h;
		host_start(&h, room_dir(dir), "0", "127.0.0.1");
		key_of(&h, key);
		fingerprint_of(key, print);
		const char *said =
			ends(visit(room_dir(home), address_of(&h, schemes[i]), NULL, NULL), 0);
		says(said, "first contact");
		says(said, print);
		snprintf(want, sizeof(want), "127.0.0.1:%s %s\n", h.port, key);
		assert_string_equal(get(in_dir(home, "known_servers")), want);
		assert_private(in_dir(home, "known_servers"));
		assert_private(in_dir(home, "identity.key"));
		assert_string_equal(ends(visit(home, address_of(&h, schemes[i]), NULL, NULL), 0),
				    "");
		assert_string_equal(get(in_dir(home, "known_servers")), want);
		host_stop(&h);
	}
}

/* The same port, another key: nobody is told who we are, and nothing is taken back by itself. */
static void a_changed_key_is_a_full_stop(void **state)
{
	char dir[48], home[48], old[KEY_TEXT + 1], new[KEY_TEXT + 1];
	char old_print[KEY_FINGERPRINT + 1], new_print[KEY_FINGERPRINT + 1], before[1024],
		want[LINE];
	struct host h;

	(void)state;
	host_start(&h, room_dir(dir), "0", "127.0.0.1");
	key_of(&h, old);
	fingerprint_of(old, old_print);
	ends(visit(room_dir(home), address_of(&h, "udp"), NULL, NULL), 0);
	host_stop(&h);
	assert_int_equal(unlink(in_dir(dir, "server.key")), 0);
	snprintf(before, sizeof(before), "%s", get(in_dir(home, "known_servers")));
	host_start(&h, dir, h.port, "127.0.0.1");
	key_of(&h, new);
	fingerprint_of(new, new_print);
	assert_string_not_equal(old, new);
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		const char *said = ends(visit(home, address_of(&h, schemes[i]), NULL, NULL), 3);
		says(said, "has changed");
		says(said, old_print);
		says(said, new_print);
		snprintf(want, sizeof(want), "remove line 1 of %s", in_dir(home, "known_servers"));
		says(said, want);
		assert_string_equal(get(in_dir(home, "known_servers")), before);
	}
	assert_int_equal(unlink(in_dir(home, "known_servers")), 0);
	ends(visit(home, address_of(&h, "udp"), NULL, NULL), 0);
	host_stop(&h);
}

/* The server comes back with another key: the client does not come back to it. */
static void a_key_that_changes_under_a_client_ends_it(void **state)
{
	char dir[48], home[48], old[KEY_TEXT + 1], new[KEY_TEXT + 1], print[KEY_FINGERPRINT + 1];
	struct host h;

	(void)state;
	host_start(&h, room_dir(dir), "0", "127.0.0.1");
	key_of(&h, old);
	const char *const argv[] = {
		CHAT_CLIENT_BIN, "-d",	     room_dir(home),	     "-n", "alice",
		"--plain",	 "--follow", address_of(&h, "chat"), NULL};
	struct program *client = program_start(argv, NULL, -1);
	program_expect(client, PROGRAM_OUT, "alice joined");
	host_stop(&h);
	assert_int_equal(unlink(in_dir(dir, "server.key")), 0);
	host_start(&h, dir, h.port, "127.0.0.1");
	key_of(&h, new);
	const char *said = ends(client, 3);
	fingerprint_of(old, print);
	says(said, print);
	fingerprint_of(new, print);
	says(said, print);
	says(said, "remove line 1 of ");
	host_stop(&h);
}

static void an_invitation_is_that_server_or_none(void **state)
{
	char dir[48], home[48], key[KEY_TEXT + 1], address[2 * LINE], print[KEY_FINGERPRINT + 1];
	struct host h;

	(void)state;
	host_start(&h, room_dir(dir), "0", "127.0.0.1");
	key_of(&h, key);
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		room_dir(home);
		snprintf(address, sizeof(address), "%s/#%s", address_of(&h, schemes[i]), key);
		assert_string_equal(ends(visit(home, address, NULL, NULL), 0), "");
		says(get(in_dir(home, "known_servers")), key); /* known from now on */
		char *first = strchr(address, '#') + 1;
		*first = *first == 'a' ? 'b' : 'a';
		const char *said = ends(visit(room_dir(home), address, NULL, NULL), 3);
		says(said, "not the one that the address names");
		fingerprint_of(first, print);
		says(said, print);
		fingerprint_of(key, print);
		says(said, print);
		assert_string_equal(get(in_dir(home, "known_servers")), "");
	}
	host_stop(&h);
}

static void the_password_lets_in(void **state)
{
	char dir[48], home[48], right[128], wrong[128];
	struct host h;

	(void)state;
	room_dir(dir);
	snprintf(right, sizeof(right), "%s", in_dir(dir, "right"));
	snprintf(wrong, sizeof(wrong), "%s", in_dir(dir, "wrong"));
	put(right, "芝麻开门\n");
	put(wrong, "芝麻关门\n");
	host_start_with(&h, dir, "0", "127.0.0.1", right);
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		const char *address = address_of(&h, schemes[i]);
		struct program *without = visit(room_dir(home), address, NULL, NULL);
		struct program *mistaken = visit(home, address, "--password-file", wrong);
		says(ends(without, 3), "may have a password; give it with --password-file");
		const char *said = ends(mistaken, 3);
		says(said, "the password is wrong, or the room has none");
		says(said, "not known yet");
		assert_string_equal(get(in_dir(home, "known_servers")), ""); /* whoever that was */
		says(ends(visit(home, address, "--password-file", right), 0), "not known yet");
		assert_string_equal(ends(visit(home, address, "--password-file", right), 0), "");
		assert_int_equal(unlink(in_dir(home, "known_servers")), 0);
	}
	host_stop(&h);
	put(wrong, "");
	says(ends(visit(home, address_of(&h, "udp"), "--password-file", wrong), 1), "empty");
}

static void a_password_that_the_room_has_not_is_wrong_too(void **state)
{
	char dir[48], home[48], path[128];
	struct host h;

	(void)state;
	snprintf(path, sizeof(path), "%s", in_dir(room_dir(dir), "password"));
	put(path, "sesame\n");
	host_start(&h, dir, "0", "127.0.0.1");
	says(ends(visit(room_dir(home), address_of(&h, "tcp"), "--password-file", path), 3),
	     "password");
	assert_int_equal(chmod(path, 0644), 0);
	host_stop(&h);
	host_start_with(&h, dir, "0", "127.0.0.1", path);
	program_expect(h.program, PROGRAM_ERR, "others can read the password file");
	says(ends(visit(home, address_of(&h, "tcp"), "--password-file", path), 0),
	     "others can read the password file");
	host_stop(&h);
}

enum { AT_ONCE = 6 };

/* All have the same name, which belongs to one key: with two keys one of them would be refused. */
static void clients_that_start_at_once_are_one_person(void **state)
{
	char dir[48], home[48];
	struct program *p[AT_ONCE];
	struct host h;

	(void)state;
	host_start(&h, room_dir(dir), "0", "127.0.0.1");
	room_dir(home);
	for (size_t i = 0; i < AT_ONCE; i++) {
		const char *const argv[] = {CHAT_CLIENT_BIN,
					    "-d",
					    home,
					    "-n",
					    "alice",
					    "--json",
					    "--follow",
					    address_of(&h, schemes[i % 2]),
					    NULL};
		p[i] = program_start(argv, NULL, -1);
	}
	for (size_t i = 0; i < AT_ONCE; i++)
		program_expect(p[i], PROGRAM_OUT, "\"kind\":\"ok\"");
	for (size_t i = 0; i < AT_ONCE; i++) {
		program_signal(p[i], SIGTERM);
		program_wait(p[i], within(SOON));
	}
	host_stop(&h);
}

/* The limit of core files, as everybody may read it. */
static void assert_no_dumps(struct program *p)
{
	char path[64];
	unsigned long soft = 1, hard = 1;

	snprintf(path, sizeof(path), "/proc/%d/limits", (int)program_pid(p));
	const char *line = strstr(get(path), "Max core file size");
	assert_non_null(line);
	assert_int_equal(sscanf(line, "Max core file size %lu %lu", &soft, &hard), 2);
	assert_int_equal(soft, 0);
	assert_int_equal(hard, 0);
}

static void nobody_gets_a_core_dump(void **state)
{
	char dir[48], home[48];
	struct host h;

	(void)state;
	host_start(&h, room_dir(dir), "0", "127.0.0.1");
	assert_no_dumps(h.program);
	const char *const argv[] = {
		CHAT_CLIENT_BIN, "-d",	     room_dir(home),	    "-n", "alice",
		"--plain",	 "--follow", address_of(&h, "tcp"), NULL};
	struct program *client = program_start(argv, NULL, -1);
	program_expect(client, PROGRAM_OUT, "alice joined");
	assert_no_dumps(client);
	program_signal(client, SIGTERM);
	program_wait(client, within(SOON));
	host_stop(&h);
}

static void a_client_s_key_that_cannot_be_used_stops_it(void **state)
{
	char home[48];

	(void)state;
	room_dir(home);
	put(in_dir(home, "identity.key"), "something else\n");
	says(ends(visit(home, "udp://127.0.0.1:9", NULL, NULL), 1), "damaged");
	assert_int_equal(chmod(in_dir(home, "identity.key"), 0644), 0);
	says(ends(visit(home, "udp://127.0.0.1:9", NULL, NULL), 1), "chmod 600");
}

/* ---- the local socket, which has no keys ----------------------------------------------------- */

/* Another user listens at the path that is ours by default: not a word of ours goes there. */
static void a_local_socket_that_another_user_took(void **state)
{
	char dir[48], runtime[80], path[80], byte;
	const char *const argv[] = {CHAT_CLIENT_BIN, "-d", dir, "-n", "alice", NULL};
	const char *const env[] = {runtime, NULL};
	struct sock_error why = {""};
	struct address peer;
	int listener = -1, served = -1;

	(void)state;
	if (geteuid() != 0) {
		print_message("passed over: only root can be two users\n");
		skip();
	}
	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", room_dir(dir));
	snprintf(path, sizeof(path), "%s/chat-room.sock", dir);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(seteuid(65534), 0);
	enum err err = sock_listen_unix(path, &listener, &why);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(err, ERR_NONE);
	struct program *p = program_start(argv, env, -1);
	program_type(p, "a secret");
	says(ends(p, 3), "(user 65534), not by you");
	while (sock_accept(listener, TRANSPORT_UNIX, &served, &peer) == ERR_NONE && served >= 0) {
		assert_int_equal(recv(served, &byte, 1, 0), 0); /* its end, and nothing before */
		close(served);
	}
	close(listener);
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
		SCENE(the_first_contact_pins_the_key),
		SCENE(a_changed_key_is_a_full_stop),
		SCENE(a_key_that_changes_under_a_client_ends_it),
		SCENE(an_invitation_is_that_server_or_none),
		SCENE(the_password_lets_in),
		SCENE(a_password_that_the_room_has_not_is_wrong_too),
		SCENE(a_local_socket_that_another_user_took),
		SCENE(clients_that_start_at_once_are_one_person),
		SCENE(nobody_gets_a_core_dump),
		SCENE(a_client_s_key_that_cannot_be_used_stops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
