/*
 * Trains: datagrams of one size for one address that the kernel takes, or gives, by one call (Linux's
 * UDP_SEGMENT and UDP_GRO); the last of them may be shorter.
 *
 * Where the kernel has neither, or the way out takes none, they go one by one, and nobody notices but
 * the processor.  What the kernel does not take now is lost, as datagrams are.
 */
#ifndef SYS_TRAIN_H
#define SYS_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	TRAIN_MAX = 64,		 /* datagrams in one */
	TRAIN_MAX_BYTES = 65507, /* … and bytes */
	TRAIN_REFUSALS = 8,	 /* in a row, and no more is tried */
	TRAIN_CONTROL =
		CMSG_SPACE(sizeof(uint16_t)),  /* bytes of a message's control, for train_put() */
	TRAIN_ASKED = CMSG_SPACE(sizeof(int)), /* … and for what train_ask() asks for */
};

/* Whether trains are taken; zero-initialised: it is tried. */
struct train_way {
	bool none;	 /* they are not: each datagram by itself */
	uint8_t refused; /* so many in a row that went one by one without trouble */
};

/* From now on several datagrams of one sender may come as one message, as train_piece() tells. */
void train_ask(int fd);
/* The size of each datagram in a message of n bytes that came in. */
size_t train_piece(struct msghdr *m, size_t n);

/* Marks a message, whose one iovec is a train, as that; TRAIN_CONTROL bytes of room are behind its
 * control. */
void train_put(struct msghdr *m, size_t size);
/*
 * The kernel did not take a train (the message is as train_put() left it), and said why.  If that may be
 * because it is one, its datagrams go one by one; if they do, and that has been so often, trains are
 * not tried any more.  False: nothing of it went, errno tells why.
 */
bool train_refused(struct train_way *way, int fd, struct msghdr *m, size_t size, int why);

/* Sends one on a connected socket.  False: nothing of it went, errno tells why. */
bool train_send(struct train_way *way, int fd, const void *bytes, size_t n, size_t size);

#endif
