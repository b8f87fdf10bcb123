/* See train.h. */
#include "sys/train.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT /* older headers; what the kernel does not know, it refuses */
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* ---- in -------------------------------------------------------------------------------------- */

void train_ask(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
}

size_t train_piece(struct msghdr *m, size_t n)
{
	int size;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO ||
		    c->cmsg_len < CMSG_LEN(sizeof(size)))
			continue;
		memcpy(&size, CMSG_DATA(c), sizeof(size));
		if (size > 0 && (size_t)size < n)
			return (size_t)size;
	}
	return n;
}

/* ---- out ------------------------------------------------------------------------------------- */

void train_put(struct msghdr *m, size_t size)
{
	const uint16_t segment = (uint16_t)size;
	size_t at = CMSG_ALIGN(m->msg_controllen);
	struct cmsghdr *c = (struct cmsghdr *)(void *)((char *)m->msg_control + at);

	assert(size > 0 && size <= UINT16_MAX);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(c), &segment, sizeof(segment));
	m->msg_controllen = at + CMSG_SPACE(sizeof(segment));
}

/* The kernel has no such thing (EINVAL, ENOPROTOOPT, EOPNOTSUPP), or the device (EIO), or the way is too
 * narrow for the size (EMSGSIZE, EINVAL).  Of most of them it is not sure. */
static bool may_be_for_that(int why)
{
	return why == EINVAL || why == EIO || why == EMSGSIZE || why == EOPNOTSUPP ||
	       why == ENOPROTOOPT;
}

/* False: the first of them did not go either. */
static bool one_by_one(int fd, const struct msghdr *m, size_t size)
{
	uint8_t *bytes = m->msg_iov->iov_base;
	size_t n = m->msg_iov->iov_len;

	for (size_t at = 0; at < n; at += size) {
		struct iovec piece = {bytes + at, n - at < size ? n - at : size};
		struct msghdr one = *m;
		one.msg_iov = &piece;
		if (sendmsg(fd, &one, MSG_NOSIGNAL) < 0 && at == 0)
			return false;
	}
	return true;
}

bool train_refused(struct train_way *way, int fd, struct msghdr *m, size_t size, int why)
{
	errno = why;
	if (!may_be_for_that(why))
		return false;
	m->msg_controllen -= TRAIN_CONTROL;
	if (m->msg_controllen == 0)
		m->msg_control = NULL;
	if (!one_by_one(fd, m, size))
		return false; /* it was for something else */
	if (way->refused < TRAIN_REFUSALS)
		way->refused++;
	way->none = way->refused == TRAIN_REFUSALS;
	return true;
}

static bool send_whole(struct train_way *way, int fd, struct msghdr *m, size_t size)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[TRAIN_CONTROL];
	} control = {.bytes = {0}};

	m->msg_control = control.bytes;
	train_put(m, size);
	if (sendmsg(fd, m, MSG_NOSIGNAL) < 0)
		return train_refused(way, fd, m, size, errno);
	way->refused = 0;
	return true;
}

bool train_send(struct train_way *way, int fd, const void *bytes, size_t n, size_t size)
{
	struct iovec iov = {(void *)(uintptr_t)bytes, n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	assert(n <= TRAIN_MAX_BYTES && n <= TRAIN_MAX * size);
	if (n <= size || way->none)
		return one_by_one(fd, &m, size);
	return send_whole(way, fd, &m, size);
}
