/* identity: a key from the directory, or of this run, and the password's psk beside it. */
#include "sys/identity.h"

#include "proto/key.h"
#include "sys/secret.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[] = "/tmp/chat-identity.XXXXXX";
static char warnings[4096];

static int make_base(void **state)
{
	(void)state;
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* The machine that the tests run on may let nothing be locked. */
static void note(const char *sentence)
{
	size_t n = strlen(warnings);

	if (!strstr(sentence, "RLIMIT_MEMLOCK"))
		snprintf(warnings + n, sizeof(warnings) - n, "%s\n", sentence);
}

static struct secure_identity *open_in(const char *dir, bool insist, struct keyfile_error *why)
{
	const struct identity_wanted w = {
		.dir = dir, .name = "my.key", .insist = insist, .loss = "a pity", .warn = note};

	warnings[0] = '\0';
	return identity_open(&w, why);
}

static void the_key_in_the_directory_stays(void **state)
{
	struct keyfile_error why;
	struct secure_identity *a = open_in(base, true, &why), *b = open_in(base, false, &why);
	char path[64];

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(warnings, "");
	assert_memory_equal(&a->keys, &b->keys, sizeof(a->keys));
	assert_memory_equal(a->psk, key_no_password, NOISE_KEY);
	snprintf(path, sizeof(path), "%s/my.key", base);
	assert_int_equal(access(path, R_OK), 0);
	identity_free(a);
	identity_free(b);
	identity_free(NULL);
}

static void without_a_place_the_key_is_of_this_run(void **state)
{
	static const char *const places[] = {"", "/proc/nowhere"};
	struct keyfile_error why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct secure_identity *a = open_in(places[i], false, &why);
		assert_non_null(strstr(warnings, "; a pity"));
		struct secure_identity *b = open_in(places[i], false, &why);
		assert_non_null(a);
		assert_non_null(b);
		assert_memory_not_equal(a->keys.secret, b->keys.secret, NOISE_KEY);
		identity_free(a);
		identity_free(b);
		why.text[0] = '\0';
		assert_null(open_in(places[i], true, &why));
		assert_true(strlen(why.text) > 0);
		assert_string_equal(warnings, "");
	}
}

/* A key that is there and cannot be used is not passed over: others know it. */
static void a_damaged_key_is_not_passed_over(void **state)
{
	char path[64];
	struct keyfile_error why = {""};

	(void)state;
	snprintf(path, sizeof(path), "%s/my.key", base);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(open_in(base, false, &why));
	assert_non_null(strstr(why.text, "chmod 600"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_null(open_in("/dev/null", false, &why)); /* it cannot be told whether there is one */
}

static void the_password_is_in_the_psk(void **state)
{
	char path[64];
	struct keyfile_error why = {""};
	struct identity_wanted w = {.dir = base, .name = "my.key", .loss = "it is", .warn = note};

	(void)state;
	snprintf(path, sizeof(path), "%s/password", base);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("sesame\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0640), 0);
	warnings[0] = '\0';
	w.password_file = path;
	struct secure_identity *id = identity_open(&w, &why);
	assert_non_null(id);
	assert_non_null(strstr(warnings, "others can read the password file"));
	uint8_t psk[KEY_BYTES];
	assert_int_equal(secret_from_password("sesame", 6, psk), ERR_NONE);
	assert_memory_equal(id->psk, psk, KEY_BYTES);
	identity_free(id);
	w.password_file = "/proc/nowhere";
	assert_null(identity_open(&w, &why));
	assert_non_null(strstr(why.text, "/proc/nowhere"));
}

static bool unlocked_is_told;

static void hear(const char *sentence)
{
	unlocked_is_told |= strstr(sentence, "RLIMIT_MEMLOCK") != NULL;
}

/* In a child, since it gives up its rights; as root, nothing could be forbidden. */
static void it_says_so_when_memory_cannot_be_locked(void **state)
{
	const struct identity_wanted w = {
		.dir = "", .name = "my.key", .loss = "it is", .warn = hear};
	const struct rlimit none = {0, 0};
	struct keyfile_error why;
	int status;

	(void)state;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (setrlimit(RLIMIT_MEMLOCK, &none) || (geteuid() == 0 && setresuid(1, 1, 1)))
			_exit(1);
		_exit(!identity_open(&w, &why) || unlocked_is_told != CHECK_REAL_MLOCK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_in_the_directory_stays),
		cmocka_unit_test(without_a_place_the_key_is_of_this_run),
		cmocka_unit_test(a_damaged_key_is_not_passed_over),
		cmocka_unit_test(the_password_is_in_the_psk),
		cmocka_unit_test(it_says_so_when_memory_cannot_be_locked),
	};

	if (!secret_start())
		return 1;
	return cmocka_run_group_tests(tests, make_base, remove_base);
}
