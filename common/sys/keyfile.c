/*
 * Files of secrets; the contract is in keyfile.h.
 *
 * A key file is never written in place.  A temporary file (O_EXCL, 0600) is filled, synced, and given
 * its name by link(), which fails when the name is taken: then that one is read instead.
 */
#include "sys/keyfile.h"

#include "sys/clock.h"
#include "sys/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD   "chat-room key 1\n"
#define SECRET "secret "
#define PUBLIC "public "

enum {
	/* sizeof counts three NULs; there is one newline after each key */
	FILE_SIZE = sizeof(HEAD) + sizeof(SECRET) + sizeof(PUBLIC) - 3 + 2 * (KEY_TEXT + 1),
	PATH_SIZE = 4096 + 8,
	OTHERS = S_IRWXG | S_IRWXO,
};

__attribute__((format(printf, 3, 4))) static enum err fail(enum err err, struct keyfile_error *why,
							   const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	errno = saved;
	return err;
}

static void close_quietly(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

/* Up to `size` bytes, fewer only at the file's end; -1: errno. */
static ssize_t read_up_to(int fd, char *out, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, out + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- key files -------------------------------------------------------------------------------- */

/* The bits that X25519 does not look at (RFC 7748 §5), as it takes them to be: one form of a secret. */
static void clamp(uint8_t secret[NOISE_KEY])
{
	secret[0] &= 248;
	secret[NOISE_KEY - 1] = (secret[NOISE_KEY - 1] & 127) | 64;
}

void keyfile_draw(struct noise_keypair *keys)
{
	uint8_t secret[NOISE_KEY];

	entropy_fill(secret, sizeof(secret));
	clamp(secret);
	noise_keypair_from(keys, secret);
	secret_wipe(secret, sizeof(secret));
}

static void print_keys(const struct noise_keypair *keys, char out[FILE_SIZE + 1])
{
	char secret[KEY_TEXT + 1], public[KEY_TEXT + 1];

	(void)snprintf(out, FILE_SIZE + 1, HEAD SECRET "%s\n" PUBLIC "%s\n",
		       key_format(keys->secret, secret), key_format(keys->public, public));
	secret_wipe(secret, sizeof(secret));
}

/* The file is what would be written for its secret, to the byte: so the public half guards it. */
static bool parse_keys(const char text[FILE_SIZE], struct noise_keypair *keys)
{
	const char *secret = text + sizeof(HEAD SECRET) - 1;
	uint8_t bytes[NOISE_KEY];
	char again[FILE_SIZE + 1];
	bool same;

	if (key_parse(secret, KEY_TEXT, bytes) != ERR_NONE)
		return false;
	clamp(bytes);
	noise_keypair_from(keys, bytes);
	print_keys(keys, again);
	same = memcmp(again, text, FILE_SIZE) == 0;
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(again, sizeof(again));
	return same;
}

static enum err damaged(const char *path, struct keyfile_error *why)
{
	return fail(ERR_MALFORMED, why,
		    "the key file %.400s is damaged: put back a copy of it, or remove it for a new "
		    "key, which others will have to learn anew",
		    path);
}

static bool our_own(const struct stat *st)
{
	return st->st_uid == geteuid() || st->st_uid == 0;
}

/* In a sticky directory (/tmp) others can make files, but take away only their own. */
bool keyfile_guarded(const struct stat *st)
{
	bool sticky = S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX;

	return our_own(st) && (sticky || !(st->st_mode & (S_IWGRP | S_IWOTH)));
}

static enum err check_file(const struct stat *st, const char *path, struct keyfile_error *why)
{
	if (!S_ISREG(st->st_mode))
		return fail(ERR_MALFORMED, why, "%.400s is no file, where a key should be", path);
	if (!our_own(st))
		return fail(ERR_MALFORMED, why,
			    "the key file %.400s belongs to another user (%lu), who knows it: "
			    "remove it for a new key",
			    path, (unsigned long)st->st_uid);
	if (st->st_mode & OTHERS)
		return fail(ERR_MALFORMED, why,
			    "others can read the key file %.400s: say chmod 600 to it if nobody "
			    "has, or else remove it for a new key",
			    path);
	return ERR_NONE;
}

static enum err read_open_file(int fd, const char *path, struct noise_keypair *keys,
			       struct keyfile_error *why)
{
	char text[FILE_SIZE + 1];
	struct stat st;
	enum err err;
	ssize_t n;
	bool good;

	if (fstat(fd, &st))
		return fail(ERR_SYSTEM, why, "%.400s: %s", path, strerror(errno));
	err = check_file(&st, path, why);
	if (err != ERR_NONE)
		return err;
	n = read_up_to(fd, text, sizeof(text));
	if (n < 0)
		return fail(ERR_SYSTEM, why, "the key file %.400s cannot be read: %s", path,
			    strerror(errno));
	good = n == FILE_SIZE && parse_keys(text, keys);
	secret_wipe(text, sizeof(text));
	return good ? ERR_NONE : damaged(path, why);
}

/* ERR_NOT_FOUND, and what keyfile_open() may return. */
static enum err read_file(const char *path, struct noise_keypair *keys, struct keyfile_error *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum err err;

	if (fd < 0)
		return fail(errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, why,
			    "the key file %.400s cannot be read: %s", path, strerror(errno));
	err = read_open_file(fd, path, keys, why);
	close_quietly(fd);
	return err;
}

/* Gives the file that second name; EEXIST: there is one.  Some file systems know no links. */
static bool give_name(const char *temporary, const char *path)
{
	if (link(temporary, path) == 0)
		return true;
	if (errno == EEXIST || errno == ENOENT)
		return false;
	return renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0;
}

static const char *directory_of(const char *path, char out[PATH_SIZE])
{
	char *slash;

	(void)snprintf(out, PATH_SIZE, "%s", path);
	slash = strrchr(out, '/');
	if (slash)
		slash[slash == out] = '\0';
	return slash ? out : ".";
}

/* One that is not there, or cannot be looked at, is told by whoever opens a file in it. */
static enum err check_directory(const char *path, struct keyfile_error *why)
{
	char room[PATH_SIZE];
	const char *dir = directory_of(path, room);
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode) || keyfile_guarded(&st))
		return ERR_NONE;
	return fail(ERR_MALFORMED, why,
		    "others can replace the key file %.400s, since its directory is theirs or they "
		    "can write to it: say chmod go-w to that, or choose another with -d",
		    path);
}

/* A file's name is as durable as its directory. */
static void sync_directory_of(const char *path)
{
	char room[PATH_SIZE];
	int fd = open(directory_of(path, room), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close_quietly(fd);
}

static bool fill_file(int fd, const struct noise_keypair *keys)
{
	char text[FILE_SIZE + 1];
	bool good;

	print_keys(keys, text);
	good = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, text, FILE_SIZE) &&
	       fsync(fd) == 0;
	secret_wipe(text, sizeof(text));
	return good;
}

/* ERR_SYSTEM with errno, EEXIST when there is a file of that name by now. */
static enum err make_file(const char *path, const struct noise_keypair *keys)
{
	char temporary[PATH_SIZE];
	int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd, saved;
	bool made;

	if (n < 0 || (size_t)n >= sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return ERR_SYSTEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return ERR_SYSTEM;
	made = fill_file(fd, keys) && give_name(temporary, path);
	saved = errno;
	(void)unlink(temporary);
	close_quietly(fd);
	if (made)
		sync_directory_of(path);
	errno = saved;
	return made ? ERR_NONE : ERR_SYSTEM;
}

enum err keyfile_open(const char *path, struct noise_keypair *keys, struct keyfile_error *why)
{
	enum err err = check_directory(path, why);

	if (err == ERR_NONE)
		err = read_file(path, keys, why);
	if (err != ERR_NOT_FOUND)
		return err;
	keyfile_draw(keys);
	if (make_file(path, keys) == ERR_NONE)
		return ERR_NONE;
	if (errno == EEXIST && (err = read_file(path, keys, why)) != ERR_NOT_FOUND)
		return err;
	return fail(ERR_NOT_FOUND, why, "the key file %.400s cannot be made: %s", path,
		    strerror(errno));
}

/* ---- passwords -------------------------------------------------------------------------------- */

/* The first line; the file may be a pipe, of which no more is read than the longest one has. */
static enum err first_line(const char *text, size_t size, const char *path, size_t *len,
			   struct keyfile_error *why)
{
	const char *end = memchr(text, '\n', size);
	size_t n = end ? (size_t)(end - text) : size;

	if (end && n > 0 && end[-1] == '\r')
		n--;
	if (n == 0)
		return fail(ERR_MALFORMED, why,
			    "the password file %.400s begins with an empty line: the password "
			    "stands in its first line",
			    path);
	if (n > KEYFILE_MAX_PASSWORD)
		return fail(ERR_MALFORMED, why,
			    "the password in %.400s is too long: at most %d bytes", path,
			    KEYFILE_MAX_PASSWORD);
	*len = n;
	return ERR_NONE;
}

static enum err psk_of(const char *text, size_t size, const char *path, uint8_t psk[KEY_BYTES],
		       struct keyfile_error *why)
{
	size_t len = 0;
	enum err err = first_line(text, size, path, &len, why);

	if (err == ERR_NONE && secret_from_password(text, len, psk) != ERR_NONE)
		err = fail(ERR_MEMORY, why,
			   "there is not enough memory: a password takes %d MiB for a moment",
			   SECRET_MEMORY / (1024 * 1024));
	return err;
}

static bool others_can_read(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & (S_IRGRP | S_IROTH);
}

enum err keyfile_password(const char *path, uint8_t psk[KEY_BYTES], bool *open_to_others,
			  struct keyfile_error *why)
{
	char text[KEYFILE_MAX_PASSWORD + 2]; /* with CR LF */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read_up_to(fd, text, sizeof(text));
	enum err err;

	if (n < 0) {
		err = fail(ERR_SYSTEM, why, "the password file %.400s cannot be read: %s", path,
			   strerror(errno));
	} else {
		*open_to_others = others_can_read(fd);
		err = psk_of(text, (size_t)n, path, psk, why);
	}
	if (fd >= 0)
		close_quietly(fd);
	secret_wipe(text, sizeof(text));
	return err;
}
