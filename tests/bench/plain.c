/* See plain.h. */
#include "plain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_MAX = 256 * 1024, REST_MAX = 256 * 1024, PRINT_MAX = 512 };

struct plain *plain_of(struct member *m)
{
	return (struct plain *)(void *)m;
}

static void keep(char **to, size_t *size, size_t *cap, const char *bytes, size_t n)
{
	if (n == 0)
		return;
	if (*size + n > *cap) {
		*cap = 2 * *cap > *size + n ? 2 * *cap : *size + n;
		*to = realloc(*to, *cap);
		if (!*to)
			abort();
	}
	memcpy(*to + *size, bytes, n);
	*size += n;
}

static void drop(char **what, size_t *size, size_t *cap)
{
	free(*what);
	*what = NULL;
	*size = *cap = 0;
}

void plain_put(struct plain *p, const char *bytes, size_t n)
{
	keep(&p->out, &p->out_size, &p->out_cap, bytes, n);
}

void plain_print(struct plain *p, const char *format, ...)
{
	char text[PRINT_MAX];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		abort();
	plain_put(p, text, (size_t)n);
}

static void ended(struct plain *p, const char *why)
{
	if (p->leaving)
		member_over(&p->member);
	else
		member_failed(&p->member, why);
}

/* What was left last time is put before what comes, for which there is room in front. */
void plain_read(struct plain *p, plain_take_fn *take)
{
	static char bytes[REST_MAX + READ_MAX];
	ssize_t got = recv(p->member.fd, bytes + REST_MAX, READ_MAX, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		ended(p, got == 0 ? "the server closed the connection" : strerror(errno));
		return;
	}
	char *at = bytes + REST_MAX - p->rest_size;
	size_t n = p->rest_size + (size_t)got;
	if (p->rest_size > 0)
		memcpy(at, p->rest, p->rest_size);
	p->rest_size = 0;
	size_t taken = take(p, at, n);
	if (n - taken > REST_MAX)
		member_failed(&p->member, "the server sends what has no end");
	else
		keep(&p->rest, &p->rest_size, &p->rest_cap, at + taken, n - taken);
}

bool plain_begin(struct member *m)
{
	m->fd = member_connect(m);
	return m->fd >= 0;
}

void plain_work(struct member *m)
{
	struct plain *p = plain_of(m);

	if (p->out_size > 0) {
		ssize_t n = send(m->fd, p->out, p->out_size, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			ended(p, strerror(errno));
		if (n > 0) {
			p->out_size -= (size_t)n;
			memmove(p->out, p->out + n, p->out_size);
		}
	}
	m->wants_write = p->out_size > 0;
}

void plain_end(struct member *m)
{
	struct plain *p = plain_of(m);

	drop(&p->out, &p->out_size, &p->out_cap);
	drop(&p->rest, &p->rest_size, &p->rest_cap);
	close(m->fd);
}

const char *plain_line(const char *at, const char *end)
{
	const char *nl = memchr(at, '\n', (size_t)(end - at));

	return nl ? nl + 1 : NULL;
}
