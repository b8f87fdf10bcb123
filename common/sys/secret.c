/* Secrets in memory; the contract is in secret.h. */
#include "sys/secret.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static_assert(sizeof(SECRET_SALT) - 1 == crypto_pwhash_SALTBYTES, "the salt's size is fixed");

bool secret_start(void)
{
	const struct rlimit none = {0, 0};

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	return sodium_init() >= 0;
}

/* Children see zeros: a receiver that draws has no use for keys. */
static void wipe_on_fork(void *p, size_t n)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)p / page * page;

	(void)madvise((char *)p - ((uintptr_t)p - first), (uintptr_t)p + n - first,
		      MADV_WIPEONFORK);
}

void *secret_new(size_t n, bool *locked)
{
	void *p = sodium_malloc(n);

	if (!p)
		return NULL;
	*locked = sodium_mlock(p, n) == 0; /* sodium_malloc() has tried, and does not tell */
	wipe_on_fork(p, n);
	memset(p, 0, n);
	return p;
}

void secret_free(void *p)
{
	sodium_free(p);
}

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

enum err secret_from_password(const void *password, size_t len, uint8_t psk[KEY_BYTES])
{
	int result = crypto_pwhash(psk, KEY_BYTES, password, len, (const uint8_t *)SECRET_SALT,
				   SECRET_PASSES, SECRET_MEMORY, crypto_pwhash_ALG_ARGON2ID13);

	return result == 0 ? ERR_NONE : ERR_MEMORY;
}

enum err secret_from_room_password(const void *password, size_t len, const uint8_t salt[PROOF_SALT],
				   uint8_t seed[PROOF_SEED])
{
	int result = crypto_pwhash(seed, PROOF_SEED, password, len, salt, SECRET_ROOM_PASSES,
				   SECRET_ROOM_MEMORY, crypto_pwhash_ALG_ARGON2ID13);

	return result == 0 ? ERR_NONE : ERR_MEMORY;
}
