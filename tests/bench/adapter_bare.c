/*
 * Members of the bare relay (bare.h).  Over UDP they read whole trains, as ours do (UDP_GRO); those of
 * "bare-nogro" do not.  Nothing is repeated there: a datagram that is lost is lost.
 */
#include "bare.h"
#include "plain.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

enum { BUFFER = 4 * 1024 * 1024, DATAGRAM_MAX = 65536, READS = 16, TRAIN = 64 * BARE_FRAME };

static bool is_udp(const struct member *m)
{
	return m->target->via == TARGET_UDP;
}

static void put_frame(struct plain *p, const char *text, size_t n)
{
	char frame[BARE_FRAME] = {(char)n};

	memcpy(frame + 1, text, n);
	plain_put(p, frame, sizeof(frame));
}

static size_t take(struct plain *p, const char *bytes, size_t n)
{
	size_t at = 0;

	for (; n - at >= BARE_FRAME; at += BARE_FRAME)
		if (bytes[at] == BARE_HELLO)
			member_present(&p->member);
		else
			member_heard(&p->member, bytes + at + 1, (uint8_t)bytes[at]);
	return at;
}

static void read_datagrams(struct plain *p)
{
	static char bytes[DATAGRAM_MAX];
	ssize_t n;

	for (int i = 0; i < READS && (n = recv(p->member.fd, bytes, sizeof(bytes), 0)) > 0; i++)
		(void)take(p, bytes, (size_t)n);
}

/* Frames go out as trains, so that the relay, too, reads many with one call. */
static void send_datagrams(struct plain *p)
{
	size_t at = 0;

	while (at < p->out_size) {
		size_t n = p->out_size - at < TRAIN ? p->out_size - at : TRAIN;
		if (send(p->member.fd, p->out + at, n, 0) < 0)
			break;
		at += n;
	}
	p->out_size -= at;
	memmove(p->out, p->out + at, p->out_size);
	p->member.wants_write = p->out_size > 0;
}

static bool begin(struct member *m, int gro)
{
	int buffer = BUFFER, frame = BARE_FRAME;

	if (!plain_begin(m))
		return false;
	if (!is_udp(m))
		return true;
	(void)setsockopt(m->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	(void)setsockopt(m->fd, IPPROTO_UDP, UDP_SEGMENT, &frame, sizeof(frame));
	(void)setsockopt(m->fd, IPPROTO_UDP, UDP_GRO, &gro, sizeof(gro));
	return true;
}

static bool bare_begin(struct member *m)
{
	return begin(m, 1);
}

static bool nogro_begin(struct member *m)
{
	return begin(m, 0);
}

static void bare_join(struct member *m, const char *name)
{
	(void)name;
	put_frame(plain_of(m), "", 0);
}

static bool bare_talk(struct member *m, const char *text, size_t n)
{
	if (n > BARE_TEXT_MAX)
		member_failed(m, "the bare relay takes no such text");
	else
		put_frame(plain_of(m), text, n);
	return n <= BARE_TEXT_MAX;
}

static void bare_readable(struct member *m)
{
	if (is_udp(m))
		read_datagrams(plain_of(m));
	else
		plain_read(plain_of(m), take);
}

static void bare_work(struct member *m)
{
	if (is_udp(m))
		send_datagrams(plain_of(m));
	else
		plain_work(m);
}

/* The relay takes note of nobody's leaving but by the end of a stream. */
static void bare_leave(struct member *m)
{
	member_over(m);
}

#define BARE_ADAPTER(its_name, its_begin)                                                          \
	{                                                                                          \
		.name = its_name, .size = sizeof(struct plain), .echoes = true,                    \
		.window_max = 1000, .begin = its_begin, .join = bare_join, .talk = bare_talk,      \
		.readable = bare_readable, .work = bare_work, .deadline = member_no_deadline,      \
		.leave = bare_leave, .end = plain_end,                                             \
	}

const struct adapter adapter_bare = BARE_ADAPTER("bare", bare_begin);
const struct adapter adapter_bare_nogro = BARE_ADAPTER("bare-nogro", nogro_begin);
