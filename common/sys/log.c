/* One line, one write(): lines of several processes on one terminal do not mix. */
#include "sys/log.h"

#include "sys/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOG_MAX_LINE = 2048 }; /* what is printed, with the NUL */

static const char *program_name = "chat";
static enum log_level most_level = LOG_NOTICE;
static int target = STDERR_FILENO;

static const char *const labels[] = {
	[LOG_ERROR] = "error: ",
	[LOG_WARNING] = "warning: ",
	[LOG_NOTICE] = "",
	[LOG_DEBUG] = "debug: ",
};

void log_open(const char *program, enum log_level most)
{
	program_name = program;
	most_level = most;
}

void log_never_wait(void)
{
	int fd = output_reopen(STDERR_FILENO);

	if (fd >= 0)
		target = fd;
}

/* A line stays a line, and no terminal takes it for commands, whatever was printed into it. */
static void blank_controls(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
	}
}

/* Ends what snprintf() cut off with an ellipsis, not inside a character; returns the new length. */
static size_t finish_cut(char line[], size_t max)
{
	static const char ellipsis[] = " …";

	while (max > 0 && ((unsigned char)line[max] & 0xc0) == 0x80)
		max--;
	memcpy(line + max, ellipsis, sizeof(ellipsis) - 1);
	return max + sizeof(ellipsis) - 1;
}

__attribute__((format(printf, 3, 0))) static size_t
format_line(char line[LOG_MAX_LINE + 8], enum log_level level, const char *fmt, va_list args)
{
	int head = snprintf(line, LOG_MAX_LINE, "%.200s: %s", program_name, labels[level]);
	int tail = vsnprintf(line + head, (size_t)(LOG_MAX_LINE - head), fmt, args);
	size_t n = (size_t)head + (tail < 0 ? 0 : (size_t)tail);

	if (n >= LOG_MAX_LINE)
		n = finish_cut(line, LOG_MAX_LINE - 2);
	blank_controls(line, n);
	line[n++] = '\n';
	return n;
}

void log_say(enum log_level level, const char *fmt, ...)
{
	char line[LOG_MAX_LINE + 8];
	int saved = errno;
	va_list args;
	size_t n;

	if (level > most_level)
		return;
	va_start(args, fmt);
	n = format_line(line, level, fmt, args);
	va_end(args);
	(void)!write(target, line, n);
	errno = saved;
}
