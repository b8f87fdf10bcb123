/*
 * IRC (RFC 2812), for ngIRCd and InspIRCd.  Nobody hears what they said themselves; that a talk was handled
 * is known when the next member after the talker has heard it, whose place in the channel is as good
 * as the talker's own.
 */
#include "load.h"
#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct irc_member {
	struct plain plain; /* first */
	char nick[16];
};

struct line {
	const char *prefix, *command, *rest; /* each ends with a blank, or with the line */
	const char *end;
};

static struct irc_member *irc_of(struct plain *p)
{
	return (struct irc_member *)(void *)p;
}

static const char *room_of(const struct plain *p)
{
	return p->member.target->room_name;
}

static bool begins(const char *at, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - at) >= n && memcmp(at, with, n) == 0;
}

/* Behind the next blank. */
static const char *next_word(const char *at, const char *end)
{
	const char *blank = memchr(at, ' ', (size_t)(end - at));

	return blank ? blank + 1 : end;
}

static bool is_own(const struct plain *p, const struct line *l)
{
	const char *nick = ((const struct irc_member *)(const void *)p)->nick;

	return begins(l->prefix, l->end, nick) && l->prefix[strlen(nick)] == '!';
}

/* Nicks are the engine's: "m" and the index. */
static void count_done(struct plain *p, const struct line *l)
{
	struct load *load = p->member.load;
	size_t talker = strtoul(l->prefix + 1, NULL, 10);

	if (talker < load->talkers && p->member.index == (talker + 1) % load->members)
		member_done(load_member(load, talker));
}

static void take_talk(struct plain *p, const struct line *l)
{
	const char *text = memchr(l->rest, ':', (size_t)(l->end - l->rest));

	if (!text || l->prefix[0] != 'm')
		return;
	member_heard(&p->member, text + 1, (size_t)(l->end - text - 1));
	count_done(p, l);
}

static void take_movement(struct plain *p, const struct line *l)
{
	if (is_own(p, l))
		member_present(&p->member);
	else if (p->member.present)
		member_told(&p->member, 1);
}

/* 422 is a server without a word of the day. */
static void take_number(struct plain *p, const struct line *l)
{
	char why[160];

	if (begins(l->command, l->end, "001 "))
		plain_print(p, "JOIN #%s\r\n", room_of(p));
	if (l->command[0] != '4' || begins(l->command, l->end, "422 "))
		return;
	snprintf(why, sizeof(why), "it was refused: %.*s", (int)(l->end - l->command), l->command);
	member_failed(&p->member, why);
}

static void take_line(struct plain *p, const struct line *l)
{
	if (begins(l->command, l->end, "PRIVMSG "))
		take_talk(p, l);
	else if (begins(l->command, l->end, "JOIN ") || begins(l->command, l->end, "QUIT "))
		take_movement(p, l);
	else if (begins(l->command, l->end, "PING "))
		plain_print(p, "PONG %.*s\r\n", (int)(l->end - l->rest), l->rest);
	else if (*l->command >= '0' && *l->command <= '9')
		take_number(p, l);
	else if (begins(l->command, l->end, "ERROR ") && !p->leaving)
		member_failed(&p->member, "the server says ERROR");
}

static size_t take(struct plain *p, const char *bytes, size_t n)
{
	const char *at = bytes, *end = bytes + n, *next;

	for (; (next = plain_line(at, end)); at = next) {
		struct line l = {.prefix = "", .command = at, .end = next - 1};
		if (l.end > at && l.end[-1] == '\r')
			l.end--;
		if (*at == ':') {
			l.prefix = at + 1;
			l.command = next_word(at, l.end);
		}
		l.rest = next_word(l.command, l.end);
		take_line(p, &l);
	}
	return (size_t)(at - bytes);
}

static void irc_join(struct member *m, const char *name)
{
	struct plain *p = plain_of(m);

	snprintf(irc_of(p)->nick, sizeof(irc_of(p)->nick), "%s", name);
	plain_print(p, "NICK %s\r\nUSER %s 0 * :%s\r\n", name, name, name);
}

static bool irc_talk(struct member *m, const char *text, size_t n)
{
	struct plain *p = plain_of(m);

	plain_print(p, "PRIVMSG #%s :", room_of(p));
	plain_put(p, text, n);
	plain_put(p, "\r\n", 2);
	return true;
}

static void irc_readable(struct member *m)
{
	plain_read(plain_of(m), take);
}

static void irc_leave(struct member *m)
{
	plain_print(plain_of(m), "QUIT\r\n");
	plain_of(m)->leaving = true;
}

const struct adapter adapter_irc = {
	.name = "irc",
	.size = sizeof(struct irc_member),
	.echoes = false,
	.announces = true,
	.window_max = 1000,
	.at_once =
		16, /* a server sends each who all the others are, and drops who takes it too slowly */
	.begin = plain_begin,
	.join = irc_join,
	.talk = irc_talk,
	.readable = irc_readable,
	.work = plain_work,
	.deadline = member_no_deadline,
	.leave = irc_leave,
	.end = plain_end,
};
