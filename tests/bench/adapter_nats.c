/* NATS core.  A subscriber is present when the PING behind its SUB is answered; it hears itself. */
#include "plain.h"

#include <stdlib.h>
#include <string.h>

static bool begins(const char *at, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - at) >= n && memcmp(at, with, n) == 0;
}

/* "MSG room 1 SIZE", and that many bytes on the next line; behind them, or NULL. */
static const char *take_message(struct plain *p, const char *line, const char *next,
				const char *end)
{
	const char *blank = memrchr(line, ' ', (size_t)(next - line));
	size_t n = blank ? strtoul(blank, NULL, 10) : 0;

	if ((size_t)(end - next) < n + 2)
		return NULL;
	member_heard(&p->member, next, n);
	return next + n + 2;
}

static void take_pong(struct plain *p)
{
	if (p->leaving)
		member_over(&p->member);
	else
		member_present(&p->member);
}

static size_t take(struct plain *p, const char *bytes, size_t n)
{
	const char *at = bytes, *end = bytes + n, *next;

	while ((next = plain_line(at, end))) {
		if (begins(at, next, "MSG "))
			next = take_message(p, at, next, end);
		else if (begins(at, next, "PING"))
			plain_print(p, "PONG\r\n");
		else if (begins(at, next, "PONG"))
			take_pong(p);
		else if (begins(at, next, "-ERR"))
			member_failed(&p->member, "the server says -ERR");
		if (!next)
			break;
		at = next;
	}
	return (size_t)(at - bytes);
}

static void nats_join(struct member *m, const char *name)
{
	plain_print(plain_of(m),
		    "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"%s\"}\r\n"
		    "SUB %s 1\r\nPING\r\n",
		    name, m->target->room_name);
}

static bool nats_talk(struct member *m, const char *text, size_t n)
{
	struct plain *p = plain_of(m);

	plain_print(p, "PUB %s %zu\r\n", m->target->room_name, n);
	plain_put(p, text, n);
	plain_put(p, "\r\n", 2);
	return true;
}

static void nats_readable(struct member *m)
{
	plain_read(plain_of(m), take);
}

static void nats_leave(struct member *m)
{
	plain_print(plain_of(m), "UNSUB 1\r\nPING\r\n");
	plain_of(m)->leaving = true;
}

const struct adapter adapter_nats = {
	.name = "nats",
	.size = sizeof(struct plain),
	.echoes = true,
	.announces = false,
	.window_max = 1000,
	.begin = plain_begin,
	.join = nats_join,
	.talk = nats_talk,
	.readable = nats_readable,
	.work = plain_work,
	.deadline = member_no_deadline,
	.leave = nats_leave,
	.end = plain_end,
};
