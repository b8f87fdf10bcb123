/*
 * The same sends through io_uring: all of a turn are submitted by one system call, and it returns
 * when all are done.  Sockets are registered, so no send looks one up; the ring belongs to one thread and
 * completions are worked off when they are waited for, which is what the kernel is fastest with.
 */
#include "bare.h"

#ifdef BENCH_URING
#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/socket.h>

enum { ENTRIES = 4096 };

static struct io_uring ring;
static unsigned registered_changes, queued;

static void begin(struct bare *b)
{
	struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER |
					     IORING_SETUP_DEFER_TASKRUN};

	errno = -io_uring_queue_init_params(ENTRIES, &ring, &p);
	if (errno != 0)
		bare_die("io_uring");
	registered_changes = b->changes - 1;
}

static void register_all(struct bare *b)
{
	const int *fds = b->via == BARE_UDP ? &b->fd : b->fds;
	size_t n = b->via == BARE_UDP ? 1 : b->count;

	if (registered_changes == b->changes)
		return;
	(void)io_uring_unregister_files(&ring);
	errno = -io_uring_register_files(&ring, fds, (unsigned)n);
	if (errno != 0)
		bare_die("registering sockets");
	registered_changes = b->changes;
}

/* Each completion is told what it should be. */
static void finish(void)
{
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	errno = 0;
	if (queued > 0 && io_uring_submit_and_wait(&ring, queued) < 0)
		bare_die("io_uring_enter");
	while (n < queued) {
		unsigned seen = 0;
		io_uring_for_each_cqe(&ring, head, cqe)
		{
			seen++;
			errno = cqe->res < 0 ? -cqe->res : EIO;
			if ((uint64_t)cqe->res != cqe->user_data && errno != EPIPE &&
			    errno != ECONNRESET)
				bare_die("a send of io_uring");
		}
		io_uring_cq_advance(&ring, seen);
		n += seen;
		if (n < queued && io_uring_submit_and_wait(&ring, queued - n) < 0)
			bare_die("io_uring_enter");
	}
	queued = 0;
}

static struct io_uring_sqe *next(void)
{
	if (queued == ENTRIES)
		finish();
	queued++;
	return io_uring_get_sqe(&ring);
}

/* To member i. */
static void queue(struct bare *b, size_t i, const uint8_t *bytes, size_t size)
{
	struct io_uring_sqe *sqe = next();

	io_uring_prep_send(sqe, b->via == BARE_UDP ? 0 : (int)i, bytes, size,
			   MSG_NOSIGNAL | (b->via == BARE_UDP ? 0 : MSG_WAITALL));
	if (b->via == BARE_UDP)
		io_uring_prep_send_set_addr(sqe, (const struct sockaddr *)&b->addresses[i],
					    sizeof(b->addresses[i]));
	sqe->flags |= IOSQE_FIXED_FILE;
	sqe->user_data = size;
}

static void send_each(struct bare *b)
{
	register_all(b);
	for (size_t at = 0; at < b->size; at += BARE_FRAME)
		for (size_t i = 0; i < b->count; i++)
			queue(b, i, b->turn + at, BARE_FRAME);
	finish();
}

static void send_turn(struct bare *b)
{
	register_all(b);
	for (size_t i = 0; i < b->count; i++)
		queue(b, i, b->turn, b->size);
	finish();
}
#endif

const struct bare_way bare_uring_ways[] = {
#ifdef BENCH_URING
	{"uring", true, true, begin, send_each},
	{"uring-turn", true, false, begin, send_turn},
#endif
	{NULL, false, false, NULL, NULL},
};
