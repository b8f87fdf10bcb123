/* The file of servers' keys; the contract is in known_servers.h. */
#include "known_servers.h"

#include "sys/keyfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_TRIES = 16 }; /* of a file that is replaced again and again by editors */

void known_servers_name(const struct endpoint *e, char out[KNOWN_SERVERS_NAME])
{
	bool v6 = strchr(e->host, ':');

	(void)snprintf(out, KNOWN_SERVERS_NAME, v6 ? "[%s]:%u" : "%s:%u", e->host, e->port);
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* The next word of a line, and its length; 0: there is none. */
static size_t next_word(const char **at, const char *end, const char **word)
{
	static const char blanks[] = " \t\r\n";
	const char *p = *at;

	while (p < end && memchr(blanks, *p, sizeof(blanks) - 1))
		p++;
	*word = p;
	while (p < end && !memchr(blanks, *p, sizeof(blanks) - 1))
		p++;
	*at = p;
	return (size_t)(p - *word);
}

/* ERR_NOT_FOUND: it is about another server, or about none. */
static enum err read_line(const char *line, size_t len, const char *server, uint8_t key[KEY_BYTES])
{
	const char *end = line + len, *word, *more;
	size_t n = next_word(&line, end, &word);

	if (n != strlen(server) || memcmp(word, server, n) != 0)
		return ERR_NOT_FOUND;
	n = next_word(&line, end, &word);
	if (next_word(&line, end, &more) > 0)
		return ERR_MALFORMED;
	return key_parse(word, n, key);
}

static enum err search(FILE *f, const char *server, struct known_server *found)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	enum err err = ERR_NOT_FOUND;

	found->line = 0;
	while (err == ERR_NOT_FOUND && (n = getline(&line, &cap, f)) >= 0) {
		found->line++;
		err = read_line(line, (size_t)n, server, found->key);
	}
	if (err == ERR_NOT_FOUND && ferror(f))
		err = ERR_SYSTEM;
	free(line);
	return err;
}

/* What others can write is no knowledge. */
static enum err search_guarded(FILE *f, const char *server, struct known_server *found)
{
	struct stat st;

	found->line = 0;
	if (fstat(fileno(f), &st))
		return ERR_SYSTEM;
	if (S_ISREG(st.st_mode) && !keyfile_guarded(&st)) {
		errno = EPERM;
		return ERR_CLOSED;
	}
	return search(f, server, found);
}

static void close_file(FILE *f) /* keeps errno; the lock goes with it */
{
	int saved = errno;

	(void)fclose(f);
	errno = saved;
}

enum err known_servers_find(const char *path, const char *server, struct known_server *found)
{
	FILE *f = fopen(path, "re");
	enum err err;

	if (!f)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM;
	(void)flock(fileno(f), LOCK_SH); /* so that no half line is read; without locks, as it is */
	err = search_guarded(f, server, found);
	close_file(f);
	return err;
}

/* ---- adding ----------------------------------------------------------------------------------- */

/* Whether `fd` is still the file of that name: an editor puts another one in its place. */
static bool is_file_at(const char *path, int fd)
{
	struct stat by_fd, by_path;

	return fstat(fd, &by_fd) == 0 && stat(path, &by_path) == 0 &&
	       by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

/* The file, made if there is none, and locked; NULL: errno. */
static FILE *open_locked(const char *path)
{
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		FILE *f = fd < 0 ? NULL : fdopen(fd, "a+");

		if (!f) {
			if (fd >= 0)
				(void)close(fd);
			return NULL;
		}
		(void)flock(fd, LOCK_EX);
		if (is_file_at(path, fd)) {
			rewind(f);
			return f;
		}
		(void)fclose(f);
	}
	errno = EBUSY;
	return NULL;
}

/* The end of the file is in the middle of a line: then ours begins with a newline. */
static bool ends_open(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* One write, taken back unless all of it was taken. */
static enum err append(int fd, const char *server, const uint8_t key[KEY_BYTES])
{
	char line[KNOWN_SERVERS_NAME + KEY_TEXT + 4], text[KEY_TEXT + 1];
	off_t size = lseek(fd, 0, SEEK_END);
	int n = snprintf(line, sizeof(line), "%s%s %s\n", ends_open(fd, size) ? "\n" : "", server,
			 key_format(key, text));

	if (size < 0)
		return ERR_SYSTEM;
	if (write(fd, line, (size_t)n) == n && fdatasync(fd) == 0)
		return ERR_NONE;
	int saved = errno;
	(void)!ftruncate(fd, size);
	errno = saved;
	return ERR_SYSTEM;
}

enum err known_servers_add(const char *path, const char *server, const uint8_t key[KEY_BYTES],
			   struct known_server *found)
{
	FILE *f = open_locked(path);
	enum err err;

	if (!f)
		return ERR_SYSTEM;
	err = search_guarded(f, server, found);
	if (err == ERR_NOT_FOUND)
		err = append(fileno(f), server, key);
	else if (err == ERR_NONE && !key_equal(found->key, key))
		err = ERR_EXISTS;
	close_file(f);
	return err;
}
