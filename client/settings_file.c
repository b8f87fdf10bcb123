/* The file of a person's settings; the contract is in settings_file.h. */
#include "settings_file.h"

#include "proto/text.h"
#include "sys/keyfile.h"
#include "ui/preferences_text.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = PREFERENCES_NAME_MAX + PREFERENCES_VALUE_MAX + 64,
	LOCK_TRIES = 200,
	LOCK_MOMENT_NS = 5 * 1000 * 1000,
};

enum err settings_file_path(const char *given, char out[DATADIR_MAX])
{
	char dir[DATADIR_MAX];
	enum err err;

	if (!given) {
		err = datadir_config(dir);
		return err == ERR_NONE ? datadir_file(dir, "client.ini", out) : err;
	}
	if (strlen(given) >= DATADIR_MAX)
		return ERR_TOO_BIG;
	memcpy(out, given, strlen(given) + 1);
	return ERR_NONE;
}

/* ---- the bytes ------------------------------------------------------------------------------- */

/* The directory of a path. */
static void directory_of(const char *path, char out[DATADIR_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(out, DATADIR_MAX, ".");
	else
		snprintf(out, DATADIR_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* Nobody else can put something into the file, or another in its place. */
static enum err check(int fd, const char *path)
{
	char dir[DATADIR_MAX];
	struct stat st;

	directory_of(path, dir);
	if (fstat(fd, &st))
		return ERR_SYSTEM;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return ERR_SYSTEM;
	}
	if (st.st_size > SETTINGS_FILE_MAX)
		return ERR_TOO_BIG;
	if (!keyfile_guarded(&st))
		return ERR_CLOSED;
	return stat(dir, &st) == 0 && !keyfile_guarded(&st) ? ERR_CLOSED : ERR_NONE;
}

/* As a string, without what is behind a NUL. */
static enum err take_all(int fd, char **text)
{
	size_t n = 0;
	ssize_t got = 1;

	*text = malloc(SETTINGS_FILE_MAX + 1);
	if (!*text)
		return ERR_MEMORY;
	while (got != 0 && n < SETTINGS_FILE_MAX) {
		got = read(fd, *text + n, SETTINGS_FILE_MAX - n);
		if (got < 0 && errno != EINTR)
			return ERR_SYSTEM;
		n += got > 0 ? (size_t)got : 0;
	}
	(*text)[n] = '\0';
	return ERR_NONE;
}

/* ERR_NOT_FOUND: there is none.  *text is NULL after an error, and else the caller's to free. */
static enum err read_text(const char *path, char **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;
	enum err err;

	*text = NULL;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_SYSTEM;
	err = check(fd, path);
	if (err == ERR_NONE)
		err = take_all(fd, text);
	saved = errno;
	if (err != ERR_NONE) {
		free(*text);
		*text = NULL;
	}
	(void)close(fd);
	errno = saved;
	return err;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
	const char *path;
	struct preferences *into;
	char *words;
	size_t len;
};

/* A sentence more, while there is room for it. */
__attribute__((format(printf, 2, 3))) static void tell(struct reading *r, const char *fmt, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	n = snprintf(r->words + r->len, SETTINGS_FILE_WORDS - r->len, "%s%.400s: %s",
		     r->len > 0 ? "\n" : "", r->path, line);
	if (n > 0 && (size_t)n < SETTINGS_FILE_WORDS - r->len)
		r->len += (size_t)n;
	r->words[r->len] = '\0';
}

static void tell_value(struct reading *r, const char *name, const char *value)
{
	const struct setting *row = settings_find(slice_of(name, strlen(name)));
	char range[SETTINGS_WORDS_SIZE];

	if (row)
		tell(r, "%s is %s, not \"%.100s\"", name, settings_range(row, range), value);
	else
		tell(r, "\"%.100s = %.100s\" says nothing that is known here", name, value);
}

/* inih's handler: one item. */
static int take_item(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	struct preference one;
	bool known = preferences_text_read(section, name, value, &one);
	enum err err = known ? preferences_put(r->into, &one) : ERR_NOT_FOUND;

	if (err == ERR_NOT_FOUND)
		tell(r, "there is no setting \"%.100s\" in [%.100s]", name, section);
	else if (err == ERR_FULL)
		tell(r, "there are more than %d in [%.100s]: \"%.100s\" is left out",
		     PREFERENCES_PAIRS, section, value);
	else if (err == ERR_EXISTS)
		tell(r, "there is a command /%.100s: it can be no alias", name);
	else if (err != ERR_NONE)
		tell_value(r, name, value);
	return 1;
}

/* Values are taken as they stand: a ';' in them begins no comment, a blank before a line no value. */
static void parse(struct reading *r, const char *text)
{
	int line;

	ini_max_line = LINE_MAX_BYTES;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	line = ini_parse_string(text, take_item, r);
	if (line > 0)
		tell(r, "line %d is no [section] and no NAME = VALUE", line);
}

static void tell_error(struct reading *r, enum err err)
{
	switch (err) {
	case ERR_CLOSED:
		tell(r, "others can change it, so it is not read: say chmod go-w to it and to its "
			"directory");
		break;
	case ERR_TOO_BIG:
		tell(r, "it is longer than %d bytes, so it is not read", SETTINGS_FILE_MAX);
		break;
	case ERR_MEMORY:
		tell(r, "out of memory");
		break;
	default:
		tell(r, "it cannot be read: %s", strerror(errno));
	}
}

void settings_file_read(const char *path, struct preferences *p, char words[SETTINGS_FILE_WORDS])
{
	struct reading r = {.path = path, .into = p, .words = words};
	char *text;
	enum err err = read_text(path, &text);
	struct stat st;

	*words = '\0';
	if (err == ERR_SYSTEM && stat(path, &st) == 0 && S_ISCHR(st.st_mode))
		err = ERR_NOT_FOUND; /* --config /dev/null: none */
	if (err == ERR_NONE)
		parse(&r, text);
	else if (err != ERR_NOT_FOUND)
		tell_error(&r, err);
	free(text);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Nothing but all of it; errno. */
static bool put_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return false;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return fdatasync(fd) == 0;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
}

static enum err replace(const char *path, const char *text)
{
	char name[DATADIR_MAX];
	bool written;
	int fd, saved;

	if (snprintf(name, sizeof(name), "%s.new", path) >= (int)sizeof(name))
		return ERR_TOO_BIG;
	(void)unlink(name); /* of a writer that died: there is one at a time */
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_of(path));
	if (fd < 0)
		return ERR_SYSTEM;
	written = put_all(fd, text, strlen(text));
	saved = errno;
	(void)close(fd);
	if (written && rename(name, path) == 0)
		return ERR_NONE;
	saved = written ? errno : saved;
	(void)unlink(name);
	errno = saved;
	return ERR_SYSTEM;
}

static enum err change(const char *path, const struct preference *one)
{
	char *text, *changed;
	enum err err = read_text(path, &text);

	if (err == ERR_NOT_FOUND) {
		text = preferences_text_new();
		err = text ? ERR_NONE : ERR_MEMORY;
	}
	if (err != ERR_NONE)
		return err;
	changed = preferences_text_with(text, one);
	err = changed ? replace(path, changed) : ERR_MEMORY;
	int saved = errno;
	free(text);
	free(changed);
	errno = saved;
	return err;
}

/* A client that was stopped in the middle of it stops no other for long. */
static bool has_lock(int fd)
{
	static const struct timespec moment = {.tv_nsec = LOCK_MOMENT_NS};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return true; /* where the file system has none, who writes last has written */
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

/* The lock is its directory's. */
static enum err lock_for(const char *path, int *lock)
{
	char dir[DATADIR_MAX];

	directory_of(path, dir);
	if (datadir_make(dir) != ERR_NONE)
		return ERR_SYSTEM;
	*lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0)
		return ERR_SYSTEM;
	if (has_lock(*lock))
		return ERR_NONE;
	(void)close(*lock);
	return ERR_FULL;
}

enum err settings_file_put(const char *path, const struct preference *one)
{
	char real[PATH_MAX];
	const char *file = realpath(path, real) ? real : path; /* a link stays one */
	int lock, saved;
	enum err err = lock_for(file, &lock);

	if (err != ERR_NONE)
		return err;
	err = change(file, one);
	saved = errno;
	(void)close(lock);
	errno = saved;
	return err;
}
