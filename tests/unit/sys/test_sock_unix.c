/* sock_unix: local sockets in a directory of the test's own: who may come, what is never removed. */
#include "sys/proc.h"
#include "sys/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test-sock-XXXXXX";

/* Every descriptor of ours. */
static void assert_flags(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static const char *in_dir(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int listen_unix(const char *path)
{
	struct sock_error why;
	int fd = -1;

	if (sock_listen_unix(path, &fd, &why))
		fail_msg("%s", why.text);
	assert_flags(fd);
	return fd;
}

static void assert_unix_refused(const char *path, enum err want, const char *words)
{
	struct sock_error why = {""};
	int fd = -1;

	assert_int_equal(sock_listen_unix(path, &fd, &why), want);
	assert_int_equal(fd, -1);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

static void test_unix_meets(void **state)
{
	struct endpoint e = {.kind = ENDPOINT_UNIX};
	struct sock_error why;
	struct address peer, local;
	int client = -1, served = -1;
	int listener;

	(void)state;
	snprintf(e.path, sizeof(e.path), "%s", in_dir("meet"));
	listener = listen_unix(e.path);
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &e, 0, &client, &why), ERR_NONE);
	assert_flags(client);
	assert_int_equal(sock_connected(client), ERR_NONE);
	assert_int_equal(sock_accept(listener, TRANSPORT_UNIX, &served, &peer), ERR_NONE);
	assert_true(served >= 0);
	assert_flags(served);
	assert_int_equal(peer.transport, TRANSPORT_UNIX);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(sock_local(client, TRANSPORT_UNIX, &local), ERR_NONE);
	assert_true(address_equal(&local, &peer));
	assert_int_equal(sock_accept(listener, TRANSPORT_UNIX, &served, &peer), ERR_NONE);
	assert_int_equal(served, -1);
	close(client);
	close(listener);
	unlink(e.path);
}

static void test_unix_mode_is_0600(void **state)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	mode_t before = umask(0);

	(void)state;
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		struct stat st;
		int fd;

		umask(masks[i]);
		fd = listen_unix(in_dir("mode"));
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(stat(in_dir("mode"), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		close(fd);
		assert_int_equal(unlink(in_dir("mode")), 0);
	}
}

static void test_unix_live_server_is_left_alone(void **state)
{
	int fd = listen_unix(in_dir("live"));
	struct stat before, after;

	(void)state;
	assert_int_equal(stat(in_dir("live"), &before), 0);
	assert_unix_refused(in_dir("live"), ERR_EXISTS, "is listening on");
	assert_int_equal(stat(in_dir("live"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	close(fd);
	unlink(in_dir("live"));
}

/* So full that connecting does not go through at once: alive all the same. */
static void test_unix_busy_server_is_left_alone(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = listen_unix(in_dir("busy"));
	int clients[3], n = 0;

	(void)state;
	assert_int_equal(listen(fd, 1), 0); /* a queue for two */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", in_dir("busy"));
	do
		clients[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	while (!connect(clients[n++], (struct sockaddr *)&sa, sizeof(sa)) && n < 3);
	assert_int_equal(errno, EAGAIN);
	assert_unix_refused(sa.sun_path, ERR_EXISTS, "is listening on");
	while (n > 0)
		close(clients[--n]);
	close(fd);
	unlink(sa.sun_path);
}

static void test_unix_stale_socket_is_replaced(void **state)
{
	(void)state;
	close(listen_unix(in_dir("stale")));
	assert_int_equal(access(in_dir("stale"), F_OK), 0);
	close(listen_unix(in_dir("stale")));
	unlink(in_dir("stale"));
}

static void test_unix_file_is_left_alone(void **state)
{
	char target[64], got[8] = "";
	int fd;

	(void)state;
	snprintf(target, sizeof(target), "%s", in_dir("file"));
	fd = open(target, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "diary", 5), 5);
	assert_unix_refused(target, ERR_EXISTS, "is no socket");
	assert_int_equal(pread(fd, got, sizeof(got), 0), 5);
	assert_string_equal(got, "diary");
	close(fd);
	assert_int_equal(symlink(target, in_dir("link")), 0);
	assert_unix_refused(in_dir("link"), ERR_EXISTS, "is no socket");
	assert_unix_refused(dir, ERR_EXISTS, "is no socket");
	unlink(in_dir("link"));
	assert_int_equal(unlink(target), 0);
}

static void test_unix_other_programs_socket_is_left_alone(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", in_dir("dgram"));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_unix_refused(sa.sun_path, ERR_EXISTS, "another user or program");
	close(fd);
	assert_int_equal(unlink(sa.sun_path), 0);
}

static void test_unix_bad_paths(void **state)
{
	char path[256];

	(void)state;
	assert_unix_refused("", ERR_MALFORMED, "empty");
	assert_unix_refused("/nowhere/at/all", ERR_SYSTEM, "no socket can be made at /nowhere");
	snprintf(path, sizeof(path), "%s/%0200d", dir, 0);
	assert_unix_refused(path, ERR_TOO_BIG, "too long (at most 107 bytes)");
}

static void test_unix_nobody_there(void **state)
{
	struct endpoint e = {.kind = ENDPOINT_UNIX};
	struct sock_error why = {""};
	int fd = -1;

	(void)state;
	snprintf(e.path, sizeof(e.path), "%s", in_dir("nobody"));
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &e, 0, &fd, &why), ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(why.text, "start chat-server"));
	close(listen_unix(e.path));
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &e, 0, &fd, &why), ERR_SYSTEM);
	assert_int_equal(errno, ECONNREFUSED);
	assert_non_null(strstr(why.text, "nobody listens"));
	assert_int_equal(fd, -1);
	unlink(e.path);
}

/* A server that is just starting: it has the lock, and nobody answers at the path yet. */
static void test_unix_starting_server_is_left_alone(void **state)
{
	int lock, fd;

	(void)state;
	close(listen_unix(in_dir("both")));
	lock = open(in_dir("both.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_unix_refused(in_dir("both"), ERR_EXISTS, "has just taken");
	assert_int_equal(access(in_dir("both"), F_OK), 0);
	close(lock);
	fd = listen_unix(in_dir("both")); /* one that was killed there hinders nobody */
	assert_int_equal(access(in_dir("both.lock"), F_OK), -1);
	close(fd);
	unlink(in_dir("both"));
}

/* Starts when told, at the same instant as others; exits 0 if it has the path, and lives until told. */
static int start_at_once(void *ctx, int channel)
{
	struct sock_error why;
	const char *path = ctx;
	int fd;
	char c;

	if (read(channel, &c, 1) != 1)
		return 2;
	c = sock_listen_unix(path, &fd, &why) == ERR_NONE;
	return write(channel, &c, 1) == 1 && read(channel, &c, 1) == 1 ? 0 : 2;
}

/* The first is the last: of all that start on a stale file, one has the path and keeps it. */
static void test_unix_one_of_many_wins(void **state)
{
	enum { SERVERS = 8, ROUNDS = 50 };
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s", in_dir("race"));
	for (int round = 0; round < ROUNDS; round++) {
		struct proc servers[SERVERS];
		int winners = 0;
		char c = 0;

		close(listen_unix(path));
		for (int i = 0; i < SERVERS; i++)
			assert_int_equal(proc_fork(&servers[i], start_at_once, path), ERR_NONE);
		for (int i = 0; i < SERVERS; i++)
			assert_int_equal(write(servers[i].channel, "", 1), 1);
		for (int i = 0; i < SERVERS; i++) {
			assert_int_equal(read(servers[i].channel, &c, 1), 1);
			winners += c;
		}
		assert_int_equal(winners, 1);
		assert_unix_refused(path, ERR_EXISTS, "is listening on");
		for (int i = 0; i < SERVERS; i++) {
			assert_int_equal(write(servers[i].channel, "", 1), 1);
			proc_end(&servers[i], 60000);
			close(servers[i].channel);
		}
		unlink(path);
	}
}

static void test_unix_only_ones_own_file_is_removed(void **state)
{
	struct sock_file first, second;
	int old, new;

	(void)state;
	old = listen_unix(in_dir("own"));
	sock_file_note(in_dir("own"), &first);
	assert_int_equal(unlink(in_dir("own")), 0);
	sock_file_remove(in_dir("own"), &first); /* nothing there: nothing */
	new = listen_unix(in_dir("own"));
	sock_file_note(in_dir("own"), &second);
	sock_file_remove(in_dir("own"), &first);
	assert_int_equal(access(in_dir("own"), F_OK), 0);
	sock_file_remove(in_dir("own"), &second);
	assert_int_equal(access(in_dir("own"), F_OK), -1);
	assert_int_equal(access(in_dir("own.lock"), F_OK), -1);
	close(old);
	close(new);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir); /* every test took its files away */
}

/* ---- whose it is ----------------------------------------------------------------------------- */

static void test_unix_whose_word_counts(void **state)
{
	(void)state;
	assert_true(sock_is_own(1000, 1000));
	assert_true(sock_is_own(0, 1000));
	assert_true(sock_is_own(0, 0));
	assert_false(sock_is_own(1001, 1000));
	assert_false(sock_is_own(1000, 0));
}

static void assert_dir_refused(const char *path, enum err want)
{
	struct sock_error why = {""};

	assert_int_equal(sock_private_dir(path, &why), want);
	assert_non_null(strstr(why.text, "choose another path with -u"));
}

static void test_unix_private_directory(void **state)
{
	char made[64], path[128], other[80];
	struct sock_error why;
	struct stat st;

	(void)state;
	snprintf(made, sizeof(made), "%s", in_dir("private"));
	snprintf(path, sizeof(path), "%s/sock", made);
	snprintf(other, sizeof(other), "%s", in_dir("link"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sock_private_dir(path, &why), ERR_NONE);
		assert_int_equal(stat(made, &st), 0);
		assert_true(S_ISDIR(st.st_mode));
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	assert_int_equal(chmod(made, 0710), 0);
	assert_dir_refused(path, ERR_EXISTS);
	assert_int_equal(chmod(made, 0700), 0);
	if (geteuid() == 0) { /* only root can give something away */
		assert_int_equal(chown(made, 65534, 65534), 0);
		assert_dir_refused(path, ERR_EXISTS);
		assert_int_equal(chown(made, 0, 0), 0);
	}
	assert_int_equal(symlink(made, other), 0);
	snprintf(path, sizeof(path), "%s/sock", other);
	assert_dir_refused(path, ERR_EXISTS);
	assert_int_equal(unlink(other), 0);
	close(open(other, O_CREAT | O_WRONLY, 0600));
	assert_dir_refused(path, ERR_EXISTS);
	snprintf(path, sizeof(path), "%s/none/sock", made);
	assert_int_equal(sock_private_dir(path, &why), ERR_NONE);
	snprintf(path, sizeof(path), "%s/none", made);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/nowhere/none/sock", made);
	assert_dir_refused(path, ERR_SYSTEM);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(rmdir(made), 0);
}

/* Another user was first at the path.  The kernel tells as whom listen() was called. */
static void test_unix_another_users_is_refused(void **state)
{
	struct endpoint e = {.kind = ENDPOINT_UNIX};
	struct sock_error why = {""};
	int listener, fd = -1;

	(void)state;
	snprintf(e.path, sizeof(e.path), "%s", in_dir("squatted"));
	e.own = true;
	listener = listen_unix(e.path);
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &e, 0, &fd, &why), ERR_NONE);
	close(fd);
	close(listener);
	assert_int_equal(unlink(e.path), 0);
	if (geteuid() != 0) {
		print_message("passed over: only root can be two users\n");
		skip();
	}
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(seteuid(65534), 0);
	listener = listen_unix(e.path);
	assert_int_equal(seteuid(0), 0);
	fd = -1;
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &e, 0, &fd, &why), ERR_EXISTS);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(why.text, e.path));
	assert_non_null(strstr(why.text, "(user 65534), not by you"));
	e.own = false; /* somebody asked for just that one */
	assert_int_equal(sock_connect(TRANSPORT_UNIX, &e, 0, &fd, &why), ERR_NONE);
	close(fd);
	close(listener);
	assert_int_equal(unlink(e.path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unix_meets),
		cmocka_unit_test(test_unix_mode_is_0600),
		cmocka_unit_test(test_unix_live_server_is_left_alone),
		cmocka_unit_test(test_unix_busy_server_is_left_alone),
		cmocka_unit_test(test_unix_stale_socket_is_replaced),
		cmocka_unit_test(test_unix_file_is_left_alone),
		cmocka_unit_test(test_unix_other_programs_socket_is_left_alone),
		cmocka_unit_test(test_unix_bad_paths),
		cmocka_unit_test(test_unix_nobody_there),
		cmocka_unit_test(test_unix_starting_server_is_left_alone),
		cmocka_unit_test(test_unix_one_of_many_wins),
		cmocka_unit_test(test_unix_only_ones_own_file_is_removed),
		cmocka_unit_test(test_unix_whose_word_counts),
		cmocka_unit_test(test_unix_private_directory),
		cmocka_unit_test(test_unix_another_users_is_refused),
	};

	return cmocka_run_group_tests_name("sock_unix", tests, make_dir, remove_dir);
}
