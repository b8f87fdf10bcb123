/*
 * One buffer; what was written moves out of its front.
 *
 * Invariant: while lines are missing (`lost`), nothing is added before the line that says so, which is
 * put when half of the buffer is free again, so that notes and lines do not alternate.
 */
#include "sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct output {
	int fd;
	int shared;	  /* whose flags were changed; -1: none */
	int shared_flags; /* as they were */
	size_t lost;	  /* lines */
	size_t len, cap;
	char bytes[];
};

/* The same file, opened for us alone; -1: it cannot be opened again. */
static int open_anew(int fd)
{
	const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	char path[32];
	/* One's own controlling terminal may be opened even if it is another user's (su). */
	int own = tcgetsid(fd) >= 0 ? open("/dev/tty", flags) : -1;

	if (own >= 0)
		return own;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

static int duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* A regular file never waits, and its position is shared with whoever else writes there. */
static bool is_regular(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

int output_reopen(int fd)
{
	return is_regular(fd) ? duplicate(fd) : open_anew(fd);
}

static bool open_output(struct output *o, int fd)
{
	o->fd = output_reopen(fd);
	if (o->fd >= 0)
		return true;
	o->fd = duplicate(fd);
	if (o->fd < 0)
		return false;
	o->shared_flags = fcntl(fd, F_GETFL);
	if (!(o->shared_flags & O_NONBLOCK) && !fcntl(fd, F_SETFL, o->shared_flags | O_NONBLOCK))
		o->shared = o->fd;
	return true;
}

struct output *output_new(int fd, size_t cap)
{
	struct output *o = malloc(sizeof(*o) + cap);

	if (!o)
		return NULL;
	*o = (struct output){.shared = -1, .cap = cap};
	if (open_output(o, fd))
		return o;
	free(o);
	return NULL;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	if (output_flush(o) != ERR_NONE)
		o->len = 0;
	if (o->shared >= 0)
		(void)fcntl(o->shared, F_SETFL, o->shared_flags);
	(void)close(o->fd);
	free(o);
}

int output_fd(const struct output *o)
{
	return o->fd;
}

size_t output_queued(const struct output *o)
{
	return o->len;
}

size_t output_room(const struct output *o)
{
	return o->lost ? 0 : o->cap - o->len;
}

static bool append(struct output *o, const void *line, size_t len)
{
	if (len > o->cap - o->len)
		return false;
	memcpy(o->bytes + o->len, line, len);
	o->len += len;
	return true;
}

static void tell_of_lost(struct output *o)
{
	char note[64];
	int n = snprintf(note, sizeof(note), "(%zu line%s not shown)\n", o->lost,
			 o->lost == 1 ? "" : "s");

	if (o->lost && o->len <= o->cap / 2 && append(o, note, (size_t)n))
		o->lost = 0;
}

void output_line(struct output *o, const void *line, size_t len)
{
	tell_of_lost(o);
	if (o->lost || !append(o, line, len))
		o->lost++;
}

/* False: no more is taken now. */
static bool write_some(struct output *o, enum err *err)
{
	ssize_t n = write(o->fd, o->bytes, o->len);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
		*err = ERR_CLOSED;
		o->len = 0;
	}
	if (n <= 0)
		return false;
	o->len -= (size_t)n;
	memmove(o->bytes, o->bytes + n, o->len);
	return true;
}

enum err output_flush(struct output *o)
{
	enum err err = ERR_NONE;

	do
		tell_of_lost(o);
	while (o->len > 0 && write_some(o, &err));
	return err;
}
