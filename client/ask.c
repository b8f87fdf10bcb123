/* A terminal gives a line at a time, so lines are read without a buffer that outlives a question. */
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Up to the end of the line; -1: of the input. */
static ssize_t read_line(char *line, size_t cap)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, line, cap);
	while (n < 0 && errno == EINTR);
	return n > 0 ? n : -1;
}

/* The rest of a line of which there was no end yet.  False: the input has ended. */
static bool skip_rest(void)
{
	char rest[ASK_SIZE];
	ssize_t n;

	do
		n = read_line(rest, sizeof(rest));
	while (n == (ssize_t)sizeof(rest) && rest[n - 1] != '\n');
	return n > 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(char *line, size_t n)
{
	size_t start = 0;

	while (start < n && is_blank(line[start]))
		start++;
	while (n > start && is_blank(line[n - 1]))
		n--;
	memmove(line, line + start, n - start);
	line[n - start] = '\0';
}

bool ask_line(const char *question, char line[ASK_SIZE])
{
	ssize_t n;

	printf("%s", question);
	(void)fflush(stdout);
	n = read_line(line, ASK_SIZE - 1);
	if (n == ASK_SIZE - 1 && line[n - 1] != '\n')
		n = skip_rest() ? 0 : -1;
	if (n < 0) {
		printf("\n");
		return false;
	}
	if (memchr(line, '\0', (size_t)n))
		n = 0;
	trim(line, (size_t)n);
	return true;
}

/* Whether it is one of the words, in any case. */
static bool is_one_of(const char *line, const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(line, words[i]) == 0)
			return true;
	return false;
}

bool ask_yes(const char *question)
{
	static const char *const yes[] = {"", "y", "yes", "是", NULL};
	static const char *const no[] = {"n", "no", "否", "不", NULL};
	char line[ASK_SIZE];

	while (ask_line(question, line)) {
		if (is_one_of(line, yes))
			return true;
		if (is_one_of(line, no))
			return false;
	}
	return false;
}
