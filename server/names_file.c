/* Lines of an owner, three numbers and a name each; names have no blanks in them. */
#include "names_file.h"

#include "sys/clock.h"
#include "sys/datadir.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "chat-room names 2\n"

enum {
	PAUSE_US = 1000 * 1000, /* between two writes, at least */
	PAUSE_FACTOR = 50,	/* … and so many times what the last one took */
};
#define MAX_NUMBER (INT64_C(1) << 53) /* of milliseconds */

struct names_file {
	struct names *names;
	struct reactor *reactor;
	struct reactor_timer timer;
	bool waiting;	/* for the timer */
	bool failing;	/* and that was said */
	int lock;	/* -1: another server's */
	uint64_t saved; /* names_changes() then */
	uint64_t next;	/* the next write, not before */
	char dir[DATADIR_MAX], path[DATADIR_MAX], temporary[DATADIR_MAX];
};

/* ---- reading --------------------------------------------------------------------------------- */

/* A number and the blank after it; `at` is behind them. */
static bool take_number(const char **at, const char *end, int64_t *out)
{
	const char *digit = *at;

	for (*out = 0; digit < end && *digit >= '0' && *digit <= '9' && *out <= MAX_NUMBER; digit++)
		*out = *out * 10 + (*digit - '0');
	if (digit == *at || digit == end || *digit != ' ' || *out > MAX_NUMBER)
		return false;
	*at = digit + 1;
	return true;
}

/* NULL: the line is fine. */
static const char *take_line(struct names *names, const char *line, size_t len)
{
	const char *at = memchr(line, ' ', len), *end = line + len;
	uint8_t owner[OWNER_BYTES];
	struct names_past past;

	if (!at || owner_parse(line, (size_t)(at - line), owner) != ERR_NONE)
		return "that is no owner";
	at++;
	if (!take_number(&at, end, &past.first) || !take_number(&at, end, &past.last) ||
	    !take_number(&at, end, &past.used))
		return "that is no number of milliseconds";
	switch (names_restore(names, at, (size_t)(end - at), owner, &past)) {
	case ERR_NONE:
	case ERR_FULL: /* the list was longer at that time */
		return NULL;
	case ERR_EXISTS:
		return "that name has an owner already";
	case ERR_MALFORMED:
		return "that is no name";
	default:
		return strerror(ENOMEM);
	}
}

static bool read_lines(FILE *in, const char *path, struct names *names, char why[NAMES_FILE_WHY])
{
	const char *wrong = NULL;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	unsigned long number = 0;

	while (!wrong && (n = getline(&line, &cap, in)) > 0) {
		number++;
		if (line[n - 1] != '\n')
			wrong = "it ends within a line";
		else if (number == 1)
			wrong = strcmp(line, HEAD) != 0 ? "that is no list of names" : NULL;
		else
			wrong = take_line(names, line, (size_t)n - 1);
	}
	if (ferror(in))
		wrong = strerror(errno);
	if (!wrong && number == 0)
		wrong = "it is empty";
	if (wrong)
		(void)snprintf(
			why, NAMES_FILE_WHY,
			"the list of names %.300s is damaged, line %lu: %s; mend it, or remove "
			"it, so that all names are free",
			path, number ? number : 1, wrong);
	free(line);
	return !wrong;
}

static bool read_file(const char *path, struct names *names, char why[NAMES_FILE_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat st;

	if (!in && errno == ENOENT && fd < 0)
		return true; /* the first run */
	if (!in || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		(void)snprintf(why, NAMES_FILE_WHY, "the list of names %.300s cannot be read: %s",
			       path, in ? "it is no file" : strerror(errno));
		if (in)
			(void)fclose(in);
		else if (fd >= 0)
			close(fd);
		return false;
	}
	bool good = read_lines(in, path, names, why);
	(void)fclose(in);
	return good;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void print_line(FILE *out, const struct names_entry *e, int64_t now)
{
	struct names_past past = names_past(e, now);
	char owner[OWNER_TEXT];

	(void)fprintf(out, "%s %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
		      owner_format(names_identity(e), owner), past.first, past.last, past.used,
		      e->name);
}

static bool print_all(FILE *out, const struct names *names)
{
	int64_t now = clock_wall_ms();

	(void)fputs(HEAD, out);
	for (const struct names_entry *e = names_first(names); e; e = names_next(names, e))
		print_line(out, e, now);
	return fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;
}

static bool write_temporary(const struct names_file *f)
{
	int fd = open(f->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	bool good = print_all(out, f->names);
	int why = errno;
	if (fclose(out) != 0 && good) {
		good = false;
		why = errno;
	}
	errno = why;
	return good;
}

/* The new name of a file is only as durable as its directory. */
static void sync_directory(const struct names_file *f)
{
	int fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static void save(struct names_file *f)
{
	uint64_t start = clock_mono_us(), changes = names_changes(f->names), pause;

	if (write_temporary(f) && rename(f->temporary, f->path) == 0) {
		sync_directory(f);
		f->saved = changes;
		f->failing = false;
	} else if (!f->failing) {
		log_say(LOG_ERROR, "the list of names %s cannot be written: %s; it is tried again",
			f->path, strerror(errno));
		f->failing = true;
	}
	pause = (clock_mono_us() - start) * PAUSE_FACTOR;
	f->next = clock_mono_us() + (pause > PAUSE_US ? pause : PAUSE_US);
}

static void save_now(void *ctx)
{
	struct names_file *f = ctx;

	f->waiting = false;
	save(f);
}

void names_file_note(struct names_file *f)
{
	if (!f || f->waiting || f->lock < 0 || names_changes(f->names) == f->saved)
		return;
	f->waiting = reactor_timer_set(f->reactor, &f->timer, f->next) == ERR_NONE;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* -1: another server has it, or there can be none. */
static int take_lock(const char *dir)
{
	char path[DATADIR_MAX];

	if (datadir_file(dir, "names.lock", path) != ERR_NONE)
		return -1;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	log_say(LOG_WARNING, "%s: %s; which names are whose will not be written down", path,
		fd >= 0 && errno == EWOULDBLOCK ? "another server is at work" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct names_file *names_file_open(const char *dir, struct names *names, struct reactor *reactor,
				   char why[NAMES_FILE_WHY])
{
	struct names_file *f = calloc(1, sizeof(*f));

	if (!f || datadir_file(dir, "names", f->path) != ERR_NONE ||
	    datadir_file(dir, "names.new", f->temporary) != ERR_NONE) {
		(void)snprintf(why, NAMES_FILE_WHY, "%.300s: %s", dir,
			       strerror(f ? ENAMETOOLONG : ENOMEM));
		free(f);
		return NULL;
	}
	(void)snprintf(f->dir, sizeof(f->dir), "%s", dir);
	f->names = names;
	f->reactor = reactor;
	f->timer.fn = save_now;
	f->timer.ctx = f;
	f->lock = take_lock(dir);
	if (!read_file(f->path, names, why)) {
		if (f->lock >= 0)
			close(f->lock);
		free(f);
		return NULL;
	}
	f->saved = names_changes(names);
	return f;
}

/* In the end even when nothing has changed hands: what the names have seen has. */
void names_file_close(struct names_file *f)
{
	if (!f)
		return;
	reactor_timer_clear(f->reactor, &f->timer);
	if (f->lock >= 0 && (names_first(f->names) || names_changes(f->names) != f->saved))
		save(f);
	if (f->lock >= 0)
		close(f->lock);
	free(f);
}
