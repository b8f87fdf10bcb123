/* How the bare relay sends what came in a turn: bare.h. */
#include "bare.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

enum {
	MMSG_BATCH = 1024, /* the kernel's UIO_MAXIOV */
	GSO_SEGMENTS = 64, /* that every kernel with UDP_SEGMENT takes */
	GSO_BYTES = 65507,
};

/* Who has gone is found when it is read from. */
static void check(ssize_t sent, size_t size)
{
	if (sent == (ssize_t)size || errno == EPIPE || errno == ECONNRESET)
		return;
	bare_die("a send");
}

static void send_turn(struct bare *b)
{
	for (size_t i = 0; i < b->count; i++)
		check(send(b->fds[i], b->turn, b->size, MSG_NOSIGNAL), b->size);
}

static void send_each(struct bare *b)
{
	for (size_t at = 0; at < b->size; at += BARE_FRAME)
		for (size_t i = 0; i < b->count; i++)
			check(b->via == BARE_UDP
				      ? sendto(b->fd, b->turn + at, BARE_FRAME, 0,
					       (struct sockaddr *)&b->addresses[i],
					       sizeof(b->addresses[i]))
				      : send(b->fds[i], b->turn + at, BARE_FRAME, MSG_NOSIGNAL),
			      BARE_FRAME);
}

static void flush(int fd, struct mmsghdr *batch, unsigned n)
{
	for (unsigned done = 0; done < n;) {
		int sent = sendmmsg(fd, batch + done, n - done, 0);
		if (sent <= 0)
			bare_die("sendmmsg");
		done += (unsigned)sent;
	}
}

static void send_mmsg(struct bare *b)
{
	static struct mmsghdr batch[MMSG_BATCH];
	static struct iovec iovs[MMSG_BATCH];
	unsigned n = 0;

	for (size_t at = 0; at < b->size; at += BARE_FRAME)
		for (size_t i = 0; i < b->count; i++) {
			iovs[n] = (struct iovec){b->turn + at, BARE_FRAME};
			batch[n].msg_hdr = (struct msghdr){.msg_name = &b->addresses[i],
							   .msg_namelen = sizeof(b->addresses[i]),
							   .msg_iov = &iovs[n],
							   .msg_iovlen = 1};
			if (++n == MMSG_BATCH) {
				flush(b->fd, batch, n);
				n = 0;
			}
		}
	flush(b->fd, batch, n);
}

/* One train of datagrams of so many bytes, of which the last may be shorter. */
static void send_train(struct bare *b, struct sockaddr_in *to, uint8_t *bytes, size_t n,
		       uint16_t size)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
	} control = {.bytes = {0}};
	struct iovec iov = {bytes, n};
	struct msghdr m = {.msg_name = to,
			   .msg_namelen = sizeof(*to),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	check(sendmsg(b->fd, &m, 0), n);
}

static void send_gso(struct bare *b)
{
	size_t size = b->pack * BARE_FRAME;
	size_t train = (GSO_BYTES / size < GSO_SEGMENTS ? GSO_BYTES / size : GSO_SEGMENTS) * size;

	for (size_t i = 0; i < b->count; i++)
		for (size_t at = 0; at < b->size; at += train)
			send_train(b, &b->addresses[i], b->turn + at,
				   b->size - at < train ? b->size - at : train, (uint16_t)size);
}

const struct bare_way bare_ways[] = {
	{"turn", true, false, NULL, send_turn}, {"each", true, true, NULL, send_each},
	{"mmsg", false, true, NULL, send_mmsg}, {"gso", false, true, NULL, send_gso},
	{NULL, false, false, NULL, NULL},
};
