/* Lines of an owner, three numbers and a name each; names have no blanks in them. */
#include "names_import.h"

#include "sys/datadir.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "chat-room names 2\n"

#define MAX_NUMBER (INT64_C(1) << 53) /* of milliseconds */

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
	case ERR_FULL:	 /* the list was longer at that time */
	case ERR_EXISTS: /* the history knows better: it is newer */
		return NULL;
	case ERR_MALFORMED:
		return "that is no name";
	default:
		return strerror(ENOMEM);
	}
}

static bool read_lines(FILE *in, const char *path, struct names *names, char why[NAMES_IMPORT_WHY])
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
			why, NAMES_IMPORT_WHY,
			"the list of names %.300s is damaged, line %lu: %s; mend it, or remove "
			"it, so that all names are free",
			path, number ? number : 1, wrong);
	free(line);
	return !wrong;
}

static bool read_file(const char *path, struct names *names, bool *any, char why[NAMES_IMPORT_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat st;

	if (!in && errno == ENOENT && fd < 0)
		return true; /* there never was one, or that was before */
	if (!in || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		(void)snprintf(why, NAMES_IMPORT_WHY, "the list of names %.300s cannot be read: %s",
			       path, in ? "it is no file" : strerror(errno));
		if (in)
			(void)fclose(in);
		else if (fd >= 0)
			close(fd);
		return false;
	}
	*any = true;
	bool good = read_lines(in, path, names, why);
	(void)fclose(in);
	return good;
}

bool names_import(const char *dir, struct names *names, bool *any, char why[NAMES_IMPORT_WHY])
{
	char path[DATADIR_MAX];

	*any = false;
	if (datadir_file(dir, "names", path) == ERR_NONE)
		return read_file(path, names, any, why);
	(void)snprintf(why, NAMES_IMPORT_WHY, "%.300s: %s", dir, strerror(ENAMETOOLONG));
	return false;
}

void names_import_done(const char *dir)
{
	char from[DATADIR_MAX], to[DATADIR_MAX];

	if (datadir_file(dir, "names", from) != ERR_NONE ||
	    datadir_file(dir, "names.imported", to) != ERR_NONE)
		return;
	if (rename(from, to) == 0)
		log_say(LOG_NOTICE,
			"whose names are whose is in the history now; the file %s was it "
			"before",
			to);
	else
		log_say(LOG_WARNING, "%s cannot be renamed: %s", from, strerror(errno));
}
