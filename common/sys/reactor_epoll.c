/*
 * epoll(): the cost of a turn is that of what is ready.  Level or edge triggered.
 *
 * A descriptor of which nothing is wanted is not in the set, because epoll reports hang-ups whether
 * they are asked for or not.  Adding and modifying both arm anew: a condition that holds already is
 * reported again, edge-triggered too.
 */
#include "sys/reactor_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What one turn takes; the kernel hands out what is left over in later turns, in rotation. */
enum { EPOLL_BATCH = 256 };

struct epoll_state {
	int epfd;
	uint32_t flags; /* on every descriptor */
	struct epoll_event ready[EPOLL_BATCH];
};

static void *epoll_open(bool edge)
{
	struct epoll_state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->flags = edge ? EPOLLET : 0;
	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epfd < 0) {
		free(s);
		return NULL;
	}
	return s;
}

static void epoll_close(void *state)
{
	struct epoll_state *s = state;

	(void)close(s->epfd);
	free(s);
}

static int epoll_operation(unsigned old_want, unsigned new_want)
{
	if (!new_want)
		return EPOLL_CTL_DEL;
	return old_want ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
}

static enum err epoll_set(void *state, int fd, unsigned old_want, unsigned new_want)
{
	const struct epoll_state *s = state;
	struct epoll_event event = {
		.events = s->flags | (new_want & REACTOR_READ ? (uint32_t)EPOLLIN : 0) |
			  (new_want & REACTOR_WRITE ? (uint32_t)EPOLLOUT : 0),
		.data.fd = fd,
	};

	if (!old_want && !new_want)
		return ERR_NONE;
	if (!epoll_ctl(s->epfd, epoll_operation(old_want, new_want), fd, &event))
		return ERR_NONE;
	return errno == EPERM ? ERR_NOT_FOUND : ERR_SYSTEM;
}

static unsigned epoll_ready(uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		return REACTOR_READ | REACTOR_WRITE;
	return (events & EPOLLIN ? REACTOR_READ : 0u) | (events & EPOLLOUT ? REACTOR_WRITE : 0u);
}

static enum err epoll_wait_ready(void *state, struct reactor *r, uint64_t timeout_us)
{
	struct epoll_state *s = state;
	/* Rounded up: rounded down, the last millisecond before a deadline would be spent spinning. */
	int timeout_ms = (int)((timeout_us + 999) / 1000);
	int n = epoll_wait(s->epfd, s->ready, EPOLL_BATCH, timeout_ms);

	if (n < 0)
		return errno == EINTR ? ERR_NONE : ERR_SYSTEM;
	for (int i = 0; i < n; i++)
		reactor_report(r, s->ready[i].data.fd, epoll_ready(s->ready[i].events));
	return ERR_NONE;
}

const struct reactor_backend reactor_epoll = {
	.io = REACTOR_EPOLL,
	.open = epoll_open,
	.close = epoll_close,
	.set = epoll_set,
	.wait = epoll_wait_ready,
};
