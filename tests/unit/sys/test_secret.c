/* secret: memory that is wiped, locked and not inherited; the process that hides; the slow hash. */
#include "sys/secret.h"

#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(void **state)
{
	(void)state;
	return secret_start() ? 0 : -1;
}

static void it_leaves_no_dumps(void **state)
{
	struct rlimit core;

	(void)state;
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(core.rlim_cur, 0);
	assert_int_equal(core.rlim_max, 0);
}

/* Runs `question` in a child; its exit status. */
static int ask_child(int (*question)(void *), void *ctx)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(question(ctx));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

enum { SIZE = 96 };

static int is_zero(void *ctx)
{
	const unsigned char *p = ctx;
	int sum = 0;

	for (size_t i = 0; i < SIZE; i++)
		sum |= p[i];
	return sum == 0;
}

static void children_get_zeros(void **state)
{
	bool locked;
	unsigned char *p = secret_new(SIZE, &locked);

	(void)state;
	assert_non_null(p);
	assert_true(is_zero(p));
	memset(p, 0x5a, SIZE);
	assert_true(ask_child(is_zero, p));
	assert_false(is_zero(p));
	secret_free(p);
	secret_free(NULL);
}

/* The pages of p that the kernel holds in RAM, in KiB, as /proc/self/smaps tells; -1: not found. */
static long locked_kib(const void *p)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	unsigned long from, to;
	bool here = false;
	long kib = -1;

	assert_non_null(f);
	while (kib < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (unsigned long)p && (unsigned long)p < to;
		if (here)
			(void)sscanf(line, "Locked: %ld kB", &kib);
	}
	fclose(f);
	return kib;
}

static void it_is_locked_where_that_is_allowed(void **state)
{
	bool locked;
	unsigned char *p = secret_new(SIZE, &locked);

	(void)state;
	assert_non_null(p);
	if (CHECK_REAL_MLOCK)
		assert_int_equal(locked_kib(p) > 0, locked);
	else
		assert_true(locked);
	secret_free(p);
}

/* Nobody but root may lock memory past the limit: as root, this cannot be tried but by a user. */
static int works_unlocked(void *ctx)
{
	const struct rlimit none = {0, 0};
	bool locked = true;
	unsigned char *p;

	(void)ctx;
	if (setrlimit(RLIMIT_MEMLOCK, &none) || (geteuid() == 0 && setresuid(1, 1, 1)))
		return 0;
	p = secret_new(SIZE, &locked);
	if (!p || locked == CHECK_REAL_MLOCK)
		return 0;
	memset(p, 1, SIZE);
	secret_free(p);
	return 1;
}

static void it_works_where_nothing_can_be_locked(void **state)
{
	(void)state;
	assert_true(ask_child(works_unlocked, NULL));
}

static void wiping_leaves_zeros(void **state)
{
	unsigned char bytes[SIZE];

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	assert_true(is_zero(bytes));
}

static void other_passwords_give_other_keys(void **state)
{
	uint8_t a[KEY_BYTES], b[KEY_BYTES], again[KEY_BYTES];

	(void)state;
	assert_int_equal(secret_from_password("sesame", 6, a), ERR_NONE);
	assert_int_equal(secret_from_password("sesame ", 7, b), ERR_NONE);
	assert_int_equal(secret_from_password("sesame", 6, again), ERR_NONE);
	assert_memory_equal(a, again, KEY_BYTES);
	assert_memory_not_equal(a, b, KEY_BYTES);
	assert_memory_not_equal(a, key_no_password, KEY_BYTES);
}

static void a_room_s_password_has_a_seed_for_each_room(void **state)
{
	const uint8_t *dev = (const uint8_t *)"salt of room dev",
		      *ops = (const uint8_t *)"salt of room ops";
	uint8_t a[PROOF_SEED], b[PROOF_SEED], again[PROOF_SEED], psk[KEY_BYTES];

	(void)state;
	assert_int_equal(secret_from_room_password("sesame", 6, dev, a), ERR_NONE);
	assert_int_equal(secret_from_room_password("sesame", 6, dev, again), ERR_NONE);
	assert_memory_equal(a, again, PROOF_SEED);
	assert_int_equal(secret_from_room_password("sesame", 6, ops, b), ERR_NONE);
	assert_memory_not_equal(a, b, PROOF_SEED);
	assert_int_equal(secret_from_room_password("Sesame", 6, dev, b), ERR_NONE);
	assert_memory_not_equal(a, b, PROOF_SEED);
	assert_int_equal(secret_from_password("sesame", 6, psk), ERR_NONE);
	assert_memory_not_equal(a, psk, PROOF_SEED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_leaves_no_dumps),
		cmocka_unit_test(children_get_zeros),
		cmocka_unit_test(it_is_locked_where_that_is_allowed),
		cmocka_unit_test(it_works_where_nothing_can_be_locked),
		cmocka_unit_test(wiping_leaves_zeros),
		cmocka_unit_test(other_passwords_give_other_keys),
		cmocka_unit_test(a_room_s_password_has_a_seed_for_each_room),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
