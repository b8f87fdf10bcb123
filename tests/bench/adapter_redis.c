/*
 * Redis' publish and subscribe, in RESP3 (HELLO 3), in which one connection can do both.  What is
 * published comes back as a push of three strings, "message", the channel and the text.
 */
#include "plain.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 3, STRING_MAX = 64 * 1024 };

/* One reply: of an array its strings, of the rest nothing. */
struct reply {
	char type;
	size_t count;
	const char *item[ITEMS_MAX];
	size_t size[ITEMS_MAX];
};

/* Numbers are of the server's own and end with the line. */
static size_t number(const char *at)
{
	long n = strtol(at, NULL, 10);

	return n > 0 && n <= STRING_MAX ? (size_t)n : 0;
}

/* Behind one element; NULL if it is not all here. */
static const char *element(struct reply *r, const char *at, const char *end)
{
	const char *next = plain_line(at, end);

	if (!next || *at != '$')
		return next;
	size_t n = number(at + 1);
	if ((size_t)(end - next) < n + 2)
		return NULL;
	if (r->count < ITEMS_MAX) {
		r->item[r->count] = next;
		r->size[r->count++] = n;
	}
	return next + n + 2;
}

/* A map has two for each that it says. */
static const char *reply(struct reply *r, const char *at, const char *end)
{
	const char *next = plain_line(at, end);

	*r = (struct reply){.type = at < end ? *at : '\0'};
	if (!next || !strchr("*>%", r->type))
		return next ? element(r, at, end) : NULL;
	size_t left = number(at + 1) * (r->type == '%' ? 2 : 1);
	for (; next && left > 0; left--)
		next = element(r, next, end);
	return next;
}

static bool is(const struct reply *r, const char *what)
{
	return r->count > 0 && r->size[0] == strlen(what) &&
	       memcmp(r->item[0], what, r->size[0]) == 0;
}

static size_t take(struct plain *p, const char *bytes, size_t n)
{
	const char *at = bytes, *end = bytes + n, *next;
	struct reply r;

	for (; (next = reply(&r, at, end)); at = next) {
		if (r.type == '-')
			member_failed(&p->member, "the server says that it is an error");
		else if (r.type == '>' && is(&r, "message") && r.count == 3)
			member_heard(&p->member, r.item[2], r.size[2]);
		else if (r.type == '>' && is(&r, "subscribe"))
			member_present(&p->member);
	}
	return (size_t)(at - bytes);
}

static void redis_join(struct member *m, const char *name)
{
	(void)name;
	plain_print(plain_of(m), "HELLO 3\r\nSUBSCRIBE %s\r\n", m->target->room_name);
}

static bool redis_talk(struct member *m, const char *text, size_t n)
{
	struct plain *p = plain_of(m);
	const char *room = m->target->room_name;

	plain_print(p, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%zu\r\n", strlen(room), room, n);
	plain_put(p, text, n);
	plain_put(p, "\r\n", 2);
	return true;
}

static void redis_readable(struct member *m)
{
	plain_read(plain_of(m), take);
}

static void redis_leave(struct member *m)
{
	plain_print(plain_of(m), "QUIT\r\n");
	plain_of(m)->leaving = true;
}

const struct adapter adapter_redis = {
	.name = "redis",
	.size = sizeof(struct plain),
	.echoes = true,
	.announces = false,
	.window_max = 1000,
	.begin = plain_begin,
	.join = redis_join,
	.talk = redis_talk,
	.readable = redis_readable,
	.work = plain_work,
	.deadline = member_no_deadline,
	.leave = redis_leave,
	.end = plain_end,
};
