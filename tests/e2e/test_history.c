/*
 * What is said is kept, as people with real programs see it: what was acknowledged is there after a
 * crash, what cannot be kept is refused and said, and a server does not begin on what is not whole.
 */
#include "check.h"
#include "room.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file_of(const char *dir, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static off_t size_of(const char *dir, const char *name)
{
	struct stat st;

	return stat(file_of(dir, name), &st) ? -1 : st.st_size;
}

/* A server on that directory, which need not start. */
static struct program *attempt(const char *dir)
{
	char path[128];
	const char *const argv[] = {
		CHAT_SERVER_BIN,  "-p", "0", "-b", "127.0.0.1", "-u", path, "-d", dir,
		"--no-discovery", NULL};

	(void)snprintf(path, sizeof(path), "%s/other.sock", dir);
	return program_start(argv, NULL, -1);
}

/* It has to end at once, with status 1 and with a sentence that has all these parts. */
static void refuses(const char *dir, const char *part, const char *another)
{
	struct program *p = attempt(dir);
	int status = program_wait(p, within(SOON));
	const char *said = program_rest(p, PROGRAM_ERR, within(SOON));

	if (!strstr(said, part) || !strstr(said, another))
		fail_msg("'%s' and '%s' are not in: %s", part, another, said);
	assert_int_equal(status, 1);
	assert_null(strstr(program_rest(p, PROGRAM_OUT, within(SOON)), "ready"));
}

/* All that there is of the room, for somebody who comes now. */
static struct actor *reader(struct server *s)
{
	return enter(s, "reader", VIA_UNIX, "--since", "0", NULL);
}

static void overwrite(const char *dir, const char *name, off_t at, const void *bytes, size_t n)
{
	int fd = open(file_of(dir, name), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), n);
	close(fd);
}

/* A room in which something was said, ended in good order, and its server's directory. */
static struct server *said_and_ended(void)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UNIX);

	talk(alice, "hello");
	leave(alice);
	server_stop(s);
	return s;
}

/* ---- kept ------------------------------------------------------------------------------------ */

static void lives_through(struct server *s, void (*end)(struct server *s))
{
	struct actor *alice = join(s, "alice", VIA_UNIX), *bob;

	talk(alice, "first life");
	leave(alice);
	for (int life = 0; life < 3; life++) {
		end(s);
		server_start_again(s);
	}
	bob = reader(s);
	expect_join(bob, "alice");
	expect_talk(bob, "alice", "first life");
	expect_quit(bob, "alice", "left");
	expect_join(bob, "reader");
}

static void test_what_was_said_outlives_the_server(void **state)
{
	(void)state;
	lives_through(server_start("-b", "127.0.0.1", NULL), server_stop);
	lives_through(server_start("-b", "127.0.0.1", NULL), server_kill);
}

/* The process alone is what ends here; what --durability normal may lose takes a power cut. */
static void test_normal_durability_outlives_a_crash(void **state)
{
	(void)state;
	lives_through(server_start("-b", "127.0.0.1", "--durability", "normal", NULL), server_kill);
}

static void test_memory_keeps_nothing(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", "--memory", NULL);
	struct actor *alice = join(s, "alice", VIA_UNIX), *bob;

	(void)state;
	talk(alice, "forgotten");
	leave(alice);
	assert_int_equal(size_of(s->dir, "room.db"), -1);
	server_stop(s);
	server_start_again(s);
	bob = reader(s);
	expect_join(bob, "reader");
	assert_int_equal(bob->heard.seq, 1);
}

/* Nowhere to keep it, and nobody asked for a place: the room is there all the same. */
static void test_without_a_directory_it_is_said(void **state)
{
	char dir[48], path[80];
	const char *const argv[] = {CHAT_SERVER_BIN,  "-p", "0", "-b", "127.0.0.1", "-u", path,
				    "--no-discovery", NULL};
	const char *const env[] = {"XDG_DATA_HOME=/proc/nowhere", NULL};

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/sock", room_dir(dir));
	struct program *p = program_start(argv, env, -1);
	program_expect(p, PROGRAM_ERR, "no directory to keep the history in");
	program_expect(p, PROGRAM_OUT, "ready");
	program_signal(p, SIGTERM);
	assert_int_equal(program_wait(p, within(SOON)), 0);
}

/* Its files may be read by nobody else, whatever the directory is and the umask says. */
static void test_the_files_are_for_the_owner_alone(void **state)
{
	static const char *const names[] = {"room.db", "room.db-wal", "room.db-shm", "lock"};
	mode_t before = umask(0);
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct stat st;

	(void)state;
	umask(before);
	join(s, "alice", VIA_UNIX);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(stat(file_of(s->dir, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

/* ---- not begun ------------------------------------------------------------------------------- */

static void test_a_second_server_is_refused(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UNIX);

	(void)state;
	refuses(s->dir, "another server is at work", "-d");
	talk(alice, "nobody noticed");
}

static void test_a_history_that_is_gone_is_missed(void **state)
{
	struct server *s = said_and_ended();

	(void)state;
	assert_int_equal(unlink(file_of(s->dir, "room.db")), 0);
	refuses(s->dir, "gone or empty", "put back a backup");
	assert_int_equal(size_of(s->dir, "room.db"), -1);
}

static void test_a_history_that_was_cut_short_is_missed(void **state)
{
	struct server *s = said_and_ended();
	off_t size = size_of(s->dir, "room.db");

	(void)state;
	assert_int_equal(truncate(file_of(s->dir, "room.db"), size / 2), 0);
	refuses(s->dir, "damaged", "put back a backup");
	assert_int_equal(size_of(s->dir, "room.db"), size / 2);
	assert_int_equal(truncate(file_of(s->dir, "room.db"), 0), 0);
	refuses(s->dir, "gone or empty", "put back a backup");
}

static void test_a_history_that_is_no_database_is_told(void **state)
{
	struct server *s = said_and_ended();

	(void)state;
	overwrite(s->dir, "room.db", 0, "dear reader, ...", 16);
	refuses(s->dir, "damaged", "put back a backup");
}

/* The number of its form is four bytes at a place that SQLite's format names. */
static void test_a_history_of_a_newer_server_is_told(void **state)
{
	static const uint8_t newer[4] = {0, 0, 3, 231};
	struct server *s = said_and_ended();

	(void)state;
	overwrite(s->dir, "room.db", 60, newer, sizeof(newer));
	refuses(s->dir, "newer chat-server", "999");
}

/* What was acknowledged last lay in a file beside it. */
static void test_last_words_that_are_gone_are_missed(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UNIX), *bob;
	off_t size;

	(void)state;
	talk(alice, "kept");
	talk(alice, "cut off");
	server_kill(s);
	size = size_of(s->dir, "room.db-wal");
	assert_true(size > 100);
	assert_int_equal(truncate(file_of(s->dir, "room.db-wal"), size - 100), 0);
	refuses(s->dir, "are missing", "remove the file lock");
	assert_int_equal(unlink(file_of(s->dir, "lock")), 0);
	server_start_again(s);
	program_expect(s->program, PROGRAM_ERR, "new epoch");
	bob = reader(s);
	expect_join(bob, "alice");
	expect_talk(bob, "alice", "kept");
}

/* ---- not kept -------------------------------------------------------------------------------- */

/* How far a file of the server's may grow stands for what a disk has left. */
static void limit(struct server *s, rlim_t bytes)
{
	struct rlimit limits;

	assert_int_equal(prlimit(program_pid(s->program), RLIMIT_FSIZE, NULL, &limits), 0);
	limits.rlim_cur = bytes;
	assert_int_equal(prlimit(program_pid(s->program), RLIMIT_FSIZE, &limits, NULL), 0);
}

/* Whatever is tried meanwhile is refused, nobody sees any of it, and everybody stays. */
static void test_what_cannot_be_kept_is_refused_until_it_can(void **state)
{
	struct server *s = server_start("-b", "127.0.0.1", NULL);
	struct actor *alice = join(s, "alice", VIA_UDP), *bob = join(s, "bob", VIA_TCP);

	(void)state;
	talk(alice, "before");
	limit(s, 0);
	say(alice, "lost");
	expect_error(alice, "not-written");
	program_expect(s->program, PROGRAM_ERR, "the history cannot be written");
	say(bob, "/nick robert");
	expect_error(bob, "not-written");
	say(bob, "/topic nothing");
	expect_error(bob, "not-written");
	limit(s, RLIM_INFINITY);
	program_expect(s->program, PROGRAM_ERR, "the history can be written again");
	talk(alice, "after");
	talk(bob, "after, too");
	server_kill(s);
	server_start_again(s);
	bob = reader(s);
	expect_join(bob, "alice");
	expect_join(bob, "bob");
	expect_talk(bob, "alice", "before");
	expect_talk(bob, "alice", "after");
	expect_talk(bob, "bob", "after, too");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_what_was_said_outlives_the_server),
		SCENE(test_normal_durability_outlives_a_crash),
		SCENE(test_memory_keeps_nothing),
		SCENE(test_without_a_directory_it_is_said),
		SCENE(test_the_files_are_for_the_owner_alone),
		SCENE(test_a_second_server_is_refused),
		SCENE(test_a_history_that_is_gone_is_missed),
		SCENE(test_a_history_that_was_cut_short_is_missed),
		SCENE(test_a_history_that_is_no_database_is_told),
		SCENE(test_a_history_of_a_newer_server_is_told),
		SCENE(test_last_words_that_are_gone_are_missed),
		SCENE(test_what_cannot_be_kept_is_refused_until_it_can),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
