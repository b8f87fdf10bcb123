/*
 * A message may be as long as a train is, so each has room for that; what is never written to takes no
 * memory.  The places are a little more than 64 KiB apart, or all their first lines would be in
 * each other's way in the processor's cache.
 */
#include "sys/inbound.h"

#include "sys/train.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	MESSAGES = 32,
	ROOM = 64 * 1024,
	APART = ROOM + 3 * 64,
	CONTROL = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)) +
		  TRAIN_ASKED,
};

struct inbound {
	struct mmsghdr messages[MESSAGES];
	struct iovec iovs[MESSAGES];
	struct sockaddr_in6 from[MESSAGES]; /* or a sockaddr_in */
	_Alignas(struct cmsghdr) uint8_t controls[MESSAGES][CONTROL];
	unsigned count, at;   /* messages that were read; the one to be given out from */
	unsigned used;	      /* those that the kernel has changed */
	size_t offset, piece; /* in that one; 0: its size is yet to be seen */
	uint8_t *bytes;
};

struct inbound *inbound_new(void)
{
	struct inbound *in = calloc(1, sizeof(*in));

	if (in)
		in->bytes = malloc((size_t)MESSAGES * APART);
	if (!in || !in->bytes) {
		free(in);
		return NULL;
	}
	in->used = MESSAGES;
	return in;
}

void inbound_free(struct inbound *in)
{
	if (!in)
		return;
	free(in->bytes);
	free(in);
}

/* The kernel changes what it is given. */
static void prepare(struct inbound *in, unsigned i)
{
	in->iovs[i] = (struct iovec){in->bytes + (size_t)i * APART, ROOM};
	in->messages[i].msg_hdr = (struct msghdr){.msg_name = &in->from[i],
						  .msg_namelen = sizeof(in->from[i]),
						  .msg_iov = &in->iovs[i],
						  .msg_iovlen = 1,
						  .msg_control = in->controls[i],
						  .msg_controllen = CONTROL};
}

enum inbound_result inbound_read(struct inbound *in, int fd)
{
	for (unsigned i = 0; i < in->used; i++)
		prepare(in, i);
	in->used = in->count = in->at = 0;
	in->offset = in->piece = 0;
	int n = recvmmsg(fd, in->messages, MESSAGES, 0, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF ? INBOUND_EMPTY
										 : INBOUND_ERROR;
	in->used = in->count = (unsigned)n;
	return INBOUND_SOME;
}

bool inbound_full(const struct inbound *in)
{
	return in->count == MESSAGES;
}

bool inbound_next(struct inbound *in, struct inbound_datagram *d)
{
	while (in->at < in->count && in->offset >= in->messages[in->at].msg_len && in->piece > 0) {
		in->at++;
		in->offset = in->piece = 0;
	}
	if (in->at == in->count)
		return false;
	struct mmsghdr *m = &in->messages[in->at];
	if (in->piece == 0)
		in->piece = m->msg_len > 0 ? train_piece(&m->msg_hdr, m->msg_len) : 1;
	size_t left = m->msg_len - in->offset;
	*d = (struct inbound_datagram){.message = &m->msg_hdr,
				       .bytes = in->bytes + (size_t)in->at * APART + in->offset,
				       .n = left < in->piece ? left : in->piece};
	in->offset += in->piece;
	return true;
}
