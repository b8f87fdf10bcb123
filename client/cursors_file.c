/* The file of cursors; the contract is in cursors_file.h. */
#include "cursors_file.h"

#include "proto/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	LINE_BYTES = CURSORS_SERVER + CURSORS_NICK + CURSORS_ROOM + 64,
	FILE_BYTES = (CURSORS_MAX + 2) * LINE_BYTES,
	PATH_BYTES = 4096 + 16,
};

static const char head[] =
	"# chat-room cursors 1: server, name, room, epoch, newest event shown, in it or out\n";
static const char tail[] = "# end\n";

bool cursors_field(const char *s)
{
	for (const char *at = s; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return *s && text_valid(s, strlen(s));
}

struct cursors_row *cursors_row_of(const struct cursors_rows *rows, const char *server,
				   const char *nick, const char *room)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct cursors_row *row = &rows->at[i];
		if (strcmp(row->server, server) == 0 && strcmp(row->nick, nick) == 0 &&
		    strcmp(row->room, room) == 0)
			return row;
	}
	return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* Up to the next `end`, which is passed over.  False: there is none, or no place for it. */
static bool take_field(const char **at, char end, char *out, size_t cap)
{
	const char *stop = strchr(*at, end);
	size_t len = stop ? (size_t)(stop - *at) : cap;

	if (len >= cap)
		return false;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at = stop + 1;
	return cursors_field(out);
}

static bool take_number(const char **at, uint64_t *out)
{
	char digits[24];

	if (!take_field(at, '\t', digits, sizeof(digits)) ||
	    digits[strspn(digits, "0123456789")] != '\0')
		return false;
	errno = 0;
	*out = strtoull(digits, NULL, 10);
	return errno == 0 && *out <= BUF_VARINT_MAX;
}

static bool take_row(const char **at, struct cursors_row *row)
{
	char in[4];

	if (!take_field(at, '\t', row->server, sizeof(row->server)) ||
	    !take_field(at, '\t', row->nick, sizeof(row->nick)) ||
	    !take_field(at, '\t', row->room, sizeof(row->room)) || !take_number(at, &row->epoch) ||
	    !take_number(at, &row->seq) || !take_field(at, '\n', in, sizeof(in)))
		return false;
	row->in = strcmp(in, "in") == 0;
	return row->in || strcmp(in, "out") == 0;
}

/* The whole file, as a string. */
static enum err parse(const char *text, struct cursors_rows *rows)
{
	if (strncmp(text, head, sizeof(head) - 1) != 0)
		return ERR_MALFORMED;
	for (text += sizeof(head) - 1; strcmp(text, tail) != 0; rows->count++)
		if (rows->count == CURSORS_MAX || !take_row(&text, &rows->at[rows->count]))
			return ERR_MALFORMED;
	return ERR_NONE;
}

/* ERR_MALFORMED: it is longer than it can be, or has a NUL. */
static enum err read_all(const char *path, char *text)
{
	FILE *f = fopen(path, "re");
	enum err err = ERR_NONE;
	int saved;
	size_t n;

	if (!f)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM;
	n = fread(text, 1, FILE_BYTES, f);
	text[n] = '\0';
	if (ferror(f))
		err = ERR_SYSTEM;
	else if (n == FILE_BYTES || strlen(text) != n)
		err = ERR_MALFORMED;
	saved = errno;
	(void)fclose(f);
	errno = saved;
	return err;
}

enum err cursors_read(const char *path, struct cursors_rows *rows)
{
	char *text = malloc(FILE_BYTES + 1);
	enum err err = ERR_MEMORY;

	*rows = (struct cursors_rows){.at = calloc(CURSORS_MAX, sizeof(*rows->at))};
	if (text && rows->at)
		err = read_all(path, text);
	if (err == ERR_NONE)
		err = parse(text, rows);
	free(text);
	if (err != ERR_NONE) {
		free(rows->at);
		*rows = (struct cursors_rows){.count = 0};
	}
	return err;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void beside(const char *path, const char *suffix, char out[PATH_BYTES])
{
	(void)snprintf(out, PATH_BYTES, "%s%s", path, suffix);
}

enum err cursors_lock(const char *path, int *lock)
{
	char name[PATH_BYTES];

	beside(path, ".lock", name);
	*lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*lock < 0)
		return ERR_SYSTEM;
	/* Where the file system has no locks, whoever writes last has written. */
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return ERR_NONE;
	(void)close(*lock);
	return ERR_FULL;
}

static size_t format(const struct cursors_rows *rows, char *out)
{
	size_t n = (size_t)sprintf(out, "%s", head);

	for (size_t i = 0; i < rows->count && i < CURSORS_MAX; i++) {
		const struct cursors_row *r = &rows->at[i];
		n += (size_t)snprintf(out + n, LINE_BYTES, "%s\t%s\t%s\t%llu\t%llu\t%s\n",
				      r->server, r->nick, r->room, (unsigned long long)r->epoch,
				      (unsigned long long)r->seq, r->in ? "in" : "out");
	}
	return n + (size_t)sprintf(out + n, "%s", tail);
}

/* Nothing but all of it; errno. */
static bool put(int fd, const char *text, size_t len, bool sync)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return false;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return !sync || fdatasync(fd) == 0;
}

static enum err replace(const char *path, const char *text, size_t len, bool sync)
{
	char name[PATH_BYTES];
	int saved, fd;

	beside(path, ".new", name);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_SYSTEM;
	bool written = put(fd, text, len, sync);
	saved = errno;
	(void)close(fd);
	if (written && rename(name, path) == 0)
		return ERR_NONE;
	saved = written ? errno : saved;
	(void)unlink(name);
	errno = saved;
	return ERR_SYSTEM;
}

enum err cursors_write(const char *path, const struct cursors_rows *rows, bool sync)
{
	char *text = malloc(FILE_BYTES);

	if (!text)
		return ERR_MEMORY;
	enum err err = replace(path, text, format(rows, text), sync);
	int saved = errno;
	free(text);
	errno = saved;
	return err;
}
