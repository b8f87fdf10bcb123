/* keyfile: made once and whole, refused when damaged or open to others; passwords from a first line. */
#include "sys/keyfile.h"

#include "sys/secret.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[] = "/tmp/chat-keyfile.XXXXXX";

static int make_base(void **state)
{
	(void)state;
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", base, base);
	return system(command);
}

static const char *below(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void put(const char *path, const void *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static size_t get(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	size_t n = fread(out, 1, cap, f);
	fclose(f);
	return n;
}

static int count_files(void)
{
	char command[128];
	int n = -1;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", base);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

static void refused(const char *path, enum err want, const char *words)
{
	struct noise_keypair keys;
	struct keyfile_error why = {""};

	assert_int_equal(keyfile_open(path, &keys, &why), want);
	if (!strstr(why.text, words) || !strstr(why.text, path))
		fail_msg("\"%s\" does not speak of \"%s\" and %s", why.text, words, path);
}

/* ---- key files -------------------------------------------------------------------------------- */

static void a_key_is_made_once_for_its_owner_alone(void **state)
{
	struct noise_keypair first, second, other;
	struct keyfile_error why;
	struct stat st;
	mode_t before = umask(0777); /* has no say in it */

	(void)state;
	assert_int_equal(keyfile_open(below("once"), &first, &why), ERR_NONE);
	umask(before);
	assert_int_equal(stat(below("once"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(count_files(), 1); /* nothing temporary is left */
	assert_int_equal(keyfile_open(below("once"), &second, &why), ERR_NONE);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(keyfile_open(below("other"), &other, &why), ERR_NONE);
	assert_memory_not_equal(other.secret, first.secret, NOISE_KEY);
	noise_keypair_from(&second, first.secret);
	assert_memory_equal(second.public, first.public, NOISE_KEY);
	assert_int_equal(unlink(below("other")), 0);
}

static void drawn_keys_differ(void **state)
{
	struct noise_keypair a, b;

	(void)state;
	keyfile_draw(&a);
	keyfile_draw(&b);
	assert_memory_not_equal(a.secret, b.secret, NOISE_KEY);
	assert_memory_not_equal(a.public, b.public, NOISE_KEY);
}

enum { STARTERS = 16 };

/* All wait at a pipe until it is closed, open the same file, and write the key that they got. */
static void starter(int start, int result)
{
	struct noise_keypair keys;
	struct keyfile_error why;
	char c;

	(void)!read(start, &c, 1);
	if (keyfile_open(below("race"), &keys, &why) != ERR_NONE)
		_exit(1);
	_exit(write(result, keys.secret, NOISE_KEY) != NOISE_KEY);
}

static void programs_that_start_at_once_agree_on_one_key(void **state)
{
	int start[2], result[2], status;
	uint8_t first[NOISE_KEY], next[NOISE_KEY];

	(void)state;
	assert_int_equal(pipe(start), 0);
	assert_int_equal(pipe(result), 0);
	fflush(NULL);
	for (int i = 0; i < STARTERS; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(start[1]);
			starter(start[0], result[1]);
		}
	}
	close(start[1]);
	for (int i = 0; i < STARTERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(result[0], i ? next : first, NOISE_KEY), NOISE_KEY);
		if (i)
			assert_memory_equal(next, first, NOISE_KEY);
	}
	close(start[0]);
	close(result[0]);
	close(result[1]);
	assert_int_equal(count_files(), 2);
}

/* Every bit that is turned, every byte that is missing, and one too many. */
static void a_damaged_file_is_refused_and_left_alone(void **state)
{
	char good[512], bad[512], after[512];
	size_t n = get(below("once"), good, sizeof(good));

	(void)state;
	assert_true(n > 2 * KEY_TEXT && n < sizeof(good));
	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(bad, good, n);
		bad[bit / 8] = (char)(bad[bit / 8] ^ 1 << bit % 8);
		put(below("bad"), bad, n, 0600);
		refused(below("bad"), ERR_MALFORMED, "damaged");
	}
	assert_int_equal(get(below("bad"), after, sizeof(after)), n);
	assert_memory_equal(after, bad, n);
	for (size_t len = 0; len < n; len++) {
		put(below("bad"), good, len, 0600);
		refused(below("bad"), ERR_MALFORMED, "damaged");
	}
	good[n] = '\n';
	put(below("bad"), good, n + 1, 0600);
	refused(below("bad"), ERR_MALFORMED, "damaged");
	put(below("bad"), good, n, 0400); /* stricter than ours is fine */
	struct noise_keypair keys;
	struct keyfile_error why;
	assert_int_equal(keyfile_open(below("bad"), &keys, &why), ERR_NONE);
	assert_int_equal(unlink(below("bad")), 0);
}

static void a_file_that_others_can_reach_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666, 0644};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		assert_int_equal(chmod(below("once"), modes[i]), 0);
		refused(below("once"), ERR_MALFORMED, "chmod 600");
	}
	assert_int_equal(chmod(below("once"), 0600), 0);
}

/* Whoever gave it to us knows what is in it. */
static void another_users_file_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("passed over: only root can give a file away\n");
		skip();
	}
	assert_int_equal(chown(below("once"), 65534, 65534), 0);
	refused(below("once"), ERR_MALFORMED, "another user (65534)");
	assert_int_equal(chown(below("once"), 0, 0), 0);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	static const mode_t modes[] = {0770, 0707, 0777, 0720, 0702};
	struct noise_keypair keys;
	struct keyfile_error why;

	(void)state;
	assert_int_equal(mkdir(below("open"), 0700), 0);
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		assert_int_equal(chmod(below("open"), modes[i]), 0);
		refused(below("open/key"), ERR_MALFORMED, "chmod go-w");
		assert_int_not_equal(access(below("open/key"), F_OK), 0);
	}
	assert_int_equal(chmod(below("open"), 01777), 0); /* as /tmp is */
	assert_int_equal(keyfile_open(below("open/key"), &keys, &why), ERR_NONE);
	assert_int_equal(chmod(below("open"), 0777), 0);
	refused(below("open/key"), ERR_MALFORMED, "chmod go-w");
	assert_int_equal(chmod(below("open"), 0755), 0);
	assert_int_equal(keyfile_open(below("open/key"), &keys, &why), ERR_NONE);
	if (geteuid() == 0) { /* only root can give something away */
		assert_int_equal(chown(below("open"), 65534, 65534), 0);
		refused(below("open/key"), ERR_MALFORMED, "directory is theirs");
		assert_int_equal(chown(below("open"), 0, 0), 0);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(below("dir"), 0700), 0);
	refused(below("dir"), ERR_MALFORMED, "no file");
	assert_int_equal(mkfifo(below("fifo"), 0600), 0); /* opening it does not wait */
	refused(below("fifo"), ERR_MALFORMED, "no file");
	refused(below("once/key"), ERR_SYSTEM, strerror(ENOTDIR));
	refused(below("nowhere/key"), ERR_NOT_FOUND, strerror(ENOENT));
}

static void a_link_to_nowhere_is_no_place(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere/key", below("link")), 0);
	refused(below("link"), ERR_NOT_FOUND, "cannot be made");
}

/* ---- passwords -------------------------------------------------------------------------------- */

/* Of "sesame", from another implementation of Argon2 (libgcrypt 1.10). */
static const char sesame[] = "ee616df35135399856bb15e8935e65ff3aa0e87ce52fe919d0688296a8d74ee8";

static void assert_sesame(const char *content, size_t n)
{
	uint8_t psk[KEY_BYTES];
	char hex[2 * KEY_BYTES + 1];
	struct keyfile_error why = {""};
	bool open_to_others = true;

	put(below("password"), content, n, 0600);
	assert_int_equal(keyfile_password(below("password"), psk, &open_to_others, &why), ERR_NONE);
	assert_false(open_to_others);
	for (size_t i = 0; i < KEY_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", psk[i]);
	assert_string_equal(hex, sesame);
}

static void a_password_is_the_first_line(void **state)
{
	(void)state;
	assert_sesame("sesame", 6);
	assert_sesame("sesame\r\nand more\n", 17);
}

static void refuse_password(const char *content, size_t n, const char *words)
{
	uint8_t psk[KEY_BYTES];
	struct keyfile_error why = {""};
	bool open_to_others;

	put(below("password"), content, n, 0600);
	assert_int_equal(keyfile_password(below("password"), psk, &open_to_others, &why),
			 ERR_MALFORMED);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not speak of \"%s\"", why.text, words);
}

static void what_is_no_password_is_refused(void **state)
{
	char lots[KEYFILE_MAX_PASSWORD + 16];
	uint8_t psk[KEY_BYTES];
	struct keyfile_error why = {""};
	bool open_to_others;

	(void)state;
	memset(lots, 'x', sizeof(lots));
	refuse_password("", 0, "empty");
	refuse_password("\n", 1, "empty");
	refuse_password("\r\nsesame\n", 9, "empty");
	refuse_password(lots, KEYFILE_MAX_PASSWORD + 1, "at most 1024");
	refuse_password(lots, sizeof(lots), "at most 1024");
	lots[KEYFILE_MAX_PASSWORD + 1] = '\n';
	refuse_password(lots, sizeof(lots), "at most 1024");
	lots[KEYFILE_MAX_PASSWORD] = '\r'; /* CR LF: now it is as long as may be */
	put(below("password"), lots, sizeof(lots), 0600);
	assert_int_equal(keyfile_password(below("password"), psk, &open_to_others, &why), ERR_NONE);
	assert_int_equal(keyfile_password(below("no"), psk, &open_to_others, &why), ERR_SYSTEM);
	assert_non_null(strstr(why.text, strerror(ENOENT)));
	assert_int_equal(keyfile_password(below("dir"), psk, &open_to_others, &why), ERR_SYSTEM);
}

static void it_is_told_when_others_can_read_the_password(void **state)
{
	uint8_t psk[KEY_BYTES];
	struct keyfile_error why = {""};
	bool open_to_others = false;

	(void)state;
	put(below("password"), "x", 1, 0604);
	assert_int_equal(keyfile_password(below("password"), psk, &open_to_others, &why), ERR_NONE);
	assert_true(open_to_others);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_made_once_for_its_owner_alone),
		cmocka_unit_test(drawn_keys_differ),
		cmocka_unit_test(programs_that_start_at_once_agree_on_one_key),
		cmocka_unit_test(a_damaged_file_is_refused_and_left_alone),
		cmocka_unit_test(a_file_that_others_can_reach_is_refused),
		cmocka_unit_test(another_users_file_is_refused),
		cmocka_unit_test(a_directory_that_others_can_write_is_refused),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(a_link_to_nowhere_is_no_place),
		cmocka_unit_test(a_password_is_the_first_line),
		cmocka_unit_test(what_is_no_password_is_refused),
		cmocka_unit_test(it_is_told_when_others_can_read_the_password),
	};

	if (!secret_start())
		return 1;
	return cmocka_run_group_tests(tests, make_base, remove_base);
}
