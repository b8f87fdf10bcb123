/* The VFS; the contract is in shaky.h. */
#include "shaky.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, PATH_SIZE = 512, LIFE_FATES = 5 };

/* A write, or, without bytes, a new size. */
struct change {
	struct change *next;
	int64_t at;
	size_t len;
	uint8_t bytes[];
};

struct image {
	struct image *next;
	char path[PATH_SIZE];
	uint8_t *synced;
	size_t size, cap;
	struct change *first, **end;
};

struct shaky_file {
	sqlite3_file base;    /* first member */
	struct image *image;  /* NULL: not watched */
	sqlite3_file *system; /* behind this */
};

const char shaky_name[] = "shaky";

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs vfs;
	sqlite3_vfs *system;
	struct image *images;
	uint64_t random;
	unsigned until_cut; /* 0: never */
	bool cut;
	enum shaky_fault fault;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t draw(void)
{
	disk.random ^= disk.random << 13;
	disk.random ^= disk.random >> 7;
	disk.random ^= disk.random << 17;
	return disk.random;
}

/* ---- images ---------------------------------------------------------------------------------- */

static void grow(struct image *i, size_t size)
{
	if (size > i->cap) {
		i->cap = size * 2;
		i->synced = realloc(i->synced, i->cap);
		assert_non_null(i->synced);
	}
	if (size > i->size)
		memset(i->synced + i->size, 0, size - i->size);
	i->size = size;
}

static void put(struct image *i, int64_t at, const uint8_t *bytes, size_t len)
{
	if ((size_t)at + len > i->size)
		grow(i, (size_t)at + len);
	memcpy(i->synced + at, bytes, len);
}

static void forget_changes(struct image *i)
{
	while (i->first) {
		struct change *next = i->first->next;
		free(i->first);
		i->first = next;
	}
	i->end = &i->first;
}

static void note(struct image *i, int64_t at, const void *bytes, size_t len)
{
	struct change *c = malloc(sizeof(*c) + len);

	assert_non_null(c);
	*c = (struct change){.at = at, .len = len};
	if (len > 0)
		memcpy(c->bytes, bytes, len);
	*i->end = c;
	i->end = &c->next;
}

static void apply(struct image *i, const struct change *c)
{
	if (c->len > 0)
		put(i, c->at, c->bytes, c->len);
	else
		grow(i, (size_t)c->at);
}

static void sync_image(struct image *i)
{
	for (const struct change *c = i->first; c; c = c->next)
		apply(i, c);
	forget_changes(i);
}

static void load(struct image *i)
{
	static uint8_t piece[64 * 1024];
	int fd = open(i->path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0)
		put(i, (int64_t)i->size, piece, (size_t)n);
	if (fd >= 0)
		close(fd);
}

static struct image **find(const char *path)
{
	struct image **at = &disk.images;

	while (*at && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	return at;
}

/* What was there when it was opened first counts as synced. */
static struct image *image_of(const char *path)
{
	struct image **at = find(path);

	if (*at)
		return *at;
	struct image *i = calloc(1, sizeof(*i));
	assert_non_null(i);
	assert_true(snprintf(i->path, sizeof(i->path), "%s", path) < (int)sizeof(i->path));
	i->end = &i->first;
	load(i);
	*at = i;
	return i;
}

static void drop_image(struct image **at)
{
	struct image *i = *at;

	*at = i->next;
	forget_changes(i);
	free(i->synced);
	free(i);
}

/* ---- the power ------------------------------------------------------------------------------- */

/* One more operation; false: there is no power, or none any more. */
static bool powered(void)
{
	if (!disk.cut && disk.until_cut > 0 && --disk.until_cut == 0)
		disk.cut = true;
	return !disk.cut;
}

/* One sector, or what of it the write has; perhaps not to its end. */
static void tear(struct image *i, const struct change *c)
{
	for (size_t from = 0; from < c->len;) {
		size_t rest = SECTOR - (size_t)(c->at + (int64_t)from) % SECTOR;
		size_t len = c->len - from < rest ? c->len - from : rest;
		uint64_t fate = draw() % 8;
		if (fate < 4)
			put(i, c->at + (int64_t)from, c->bytes + from, len);
		else if (fate == 4)
			put(i, c->at + (int64_t)from, c->bytes + from, (size_t)(draw() % len));
		from += len;
	}
}

static void settle(struct image *i)
{
	unsigned fate = (unsigned)(draw() % LIFE_FATES), count = 0;
	size_t all = 0, kept;

	for (const struct change *c = i->first; c; c = c->next)
		all++;
	kept = all ? (size_t)(draw() % all) : 0;
	for (const struct change *c = i->first; c; c = c->next, count++) {
		if (fate == 0) /* all is lost */
			break;
		if (fate == 1 || (fate == 2 && count < kept) || (fate == 3 && draw() % 2 == 0))
			apply(i, c);
		else if (fate == 2 && count == kept && c->len > 0)
			tear(i, c);
		else if (fate == 4 && c->len > 0)
			tear(i, c);
	}
	forget_changes(i);
}

static void write_back(const struct image *i)
{
	int fd = open(i->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;

	assert_true(fd >= 0);
	while (done < i->size) {
		ssize_t n = write(fd, i->synced + done, i->size - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	close(fd);
}

void shaky_power_on(void)
{
	char shared[PATH_SIZE + 8];

	while (disk.images) {
		struct image *i = disk.images;
		if (disk.cut) {
			settle(i);
			write_back(i);
			snprintf(shared, sizeof(shared), "%s-shm", i->path);
			(void)unlink(shared);
		}
		drop_image(&disk.images);
	}
	disk.cut = false;
	disk.until_cut = 0;
	disk.fault = SHAKY_NONE;
}

void shaky_cut_after(unsigned operations)
{
	pthread_mutex_lock(&disk.lock);
	disk.until_cut = operations;
	pthread_mutex_unlock(&disk.lock);
}

bool shaky_is_cut(void)
{
	pthread_mutex_lock(&disk.lock);
	bool cut = disk.cut;
	pthread_mutex_unlock(&disk.lock);
	return cut;
}

void shaky_fail(enum shaky_fault fault)
{
	pthread_mutex_lock(&disk.lock);
	disk.fault = fault;
	pthread_mutex_unlock(&disk.lock);
}

/* ---- a file ---------------------------------------------------------------------------------- */

static struct shaky_file *of(sqlite3_file *f)
{
	return (struct shaky_file *)f; /* its first member */
}

static int file_close(sqlite3_file *f)
{
	return of(f)->system->pMethods->xClose(of(f)->system);
}

static int file_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
	if (shaky_is_cut())
		return SQLITE_IOERR_READ;
	return of(f)->system->pMethods->xRead(of(f)->system, out, n, at);
}

static int write_fails(struct shaky_file *f, int n, sqlite3_int64 at)
{
	sqlite3_int64 size = 0;

	if (disk.fault == SHAKY_BROKEN)
		return SQLITE_IOERR_WRITE;
	if (disk.fault != SHAKY_FULL)
		return SQLITE_OK;
	(void)f->system->pMethods->xFileSize(f->system, &size);
	return at + n > size ? SQLITE_FULL : SQLITE_OK;
}

static int watched_write(struct shaky_file *f, const void *p, int n, sqlite3_int64 at)
{
	int rc = powered() ? write_fails(f, n, at) : SQLITE_IOERR_WRITE;

	if (rc == SQLITE_OK)
		rc = f->system->pMethods->xWrite(f->system, p, n, at);
	if (rc == SQLITE_OK)
		note(f->image, at, p, (size_t)n);
	return rc;
}

static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (!of(f)->image)
		return of(f)->system->pMethods->xWrite(of(f)->system, p, n, at);
	pthread_mutex_lock(&disk.lock);
	int rc = watched_write(of(f), p, n, at);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = SQLITE_IOERR_TRUNCATE;

	if (!of(f)->image)
		return of(f)->system->pMethods->xTruncate(of(f)->system, size);
	pthread_mutex_lock(&disk.lock);
	if (powered())
		rc = of(f)->system->pMethods->xTruncate(of(f)->system, size);
	if (rc == SQLITE_OK)
		note(of(f)->image, size, NULL, 0);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

/* No need to wait for the real disk: that one is not switched off. */
static int file_sync(sqlite3_file *f, int flags)
{
	int rc = SQLITE_IOERR_FSYNC;

	(void)flags;
	if (!of(f)->image)
		return SQLITE_OK;
	pthread_mutex_lock(&disk.lock);
	if (powered() && disk.fault != SHAKY_UNSYNCED)
		rc = SQLITE_OK;
	if (rc == SQLITE_OK)
		sync_image(of(f)->image);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return of(f)->system->pMethods->xFileSize(of(f)->system, size);
}

static int file_lock(sqlite3_file *f, int kind)
{
	return of(f)->system->pMethods->xLock(of(f)->system, kind);
}

static int file_unlock(sqlite3_file *f, int kind)
{
	return of(f)->system->pMethods->xUnlock(of(f)->system, kind);
}

static int file_reserved(sqlite3_file *f, int *out)
{
	return of(f)->system->pMethods->xCheckReservedLock(of(f)->system, out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	return of(f)->system->pMethods->xFileControl(of(f)->system, op, arg);
}

static int file_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

/* Nothing is promised of what a power cut leaves. */
static int file_traits(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return of(f)->system->pMethods->xShmMap(of(f)->system, page, size, extend, out);
}

static int shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return of(f)->system->pMethods->xShmLock(of(f)->system, offset, n, flags);
}

static void shm_barrier(sqlite3_file *f)
{
	of(f)->system->pMethods->xShmBarrier(of(f)->system);
}

static int shm_unmap(sqlite3_file *f, int delete)
{
	return of(f)->system->pMethods->xShmUnmap(of(f)->system, delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

/* ---- the file system ------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
	struct shaky_file *file = of(f);
	bool watched = path &&
		       (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL));

	(void)vfs;
	*file = (struct shaky_file){.system = (sqlite3_file *)(file + 1)};
	pthread_mutex_lock(&disk.lock);
	if (watched)
		file->image = image_of(path);
	int rc = watched && disk.cut
			 ? SQLITE_CANTOPEN
			 : disk.system->xOpen(disk.system, path, file->system, flags, out);
	pthread_mutex_unlock(&disk.lock);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	int rc = SQLITE_IOERR_DELETE;

	(void)vfs;
	pthread_mutex_lock(&disk.lock);
	if (powered())
		rc = disk.system->xDelete(disk.system, path, sync);
	struct image **at = find(path);
	if (rc == SQLITE_OK && *at) {
		(*at)->size = 0; /* who has it open still may be about to close it */
		forget_changes(*at);
	}
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	(void)vfs;
	return disk.system->xAccess(disk.system, path, flags, out);
}

static int vfs_full(sqlite3_vfs *vfs, const char *path, int n, char *out)
{
	(void)vfs;
	return disk.system->xFullPathname(disk.system, path, n, out);
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	return disk.system->xRandomness(disk.system, n, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return disk.system->xSleep(disk.system, us);
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	return disk.system->xCurrentTime(disk.system, out);
}

static int vfs_error(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	return disk.system->xGetLastError ? disk.system->xGetLastError(disk.system, n, out) : 0;
}

static void fill_vfs(void)
{
	disk.vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = (int)sizeof(struct shaky_file) + disk.system->szOsFile,
		.mxPathname = disk.system->mxPathname,
		.zName = shaky_name,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_error,
	};
}

void shaky_begin(uint64_t seed)
{
	disk.system = sqlite3_vfs_find(NULL);
	assert_non_null(disk.system);
	disk.random = seed * 0x9e3779b97f4a7c15 + 1;
	fill_vfs();
	assert_int_equal(sqlite3_vfs_register(&disk.vfs, 0), SQLITE_OK);
}

void shaky_end(void)
{
	disk.cut = false;
	shaky_power_on();
	assert_int_equal(sqlite3_vfs_unregister(&disk.vfs), SQLITE_OK);
}
