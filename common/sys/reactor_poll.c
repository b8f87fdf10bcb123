/*
 * poll(): no limit on descriptor numbers.  The array is indexed by descriptor; a place that nothing
 * is wanted of holds fd -1, which the kernel passes over (and reports no hang-up for).
 */
#include "sys/reactor_backend.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { POLL_FIRST_CAP = 64 };

struct poll_state {
	struct pollfd *fds;
	size_t count; /* one more than the highest descriptor that something is wanted of */
	size_t cap;
};

static void *poll_open(bool edge)
{
	(void)edge;
	return calloc(1, sizeof(struct poll_state));
}

static void poll_close(void *state)
{
	struct poll_state *s = state;

	free(s->fds);
	free(s);
}

static enum err poll_reserve(struct poll_state *s, size_t need)
{
	size_t cap = s->cap ? s->cap : POLL_FIRST_CAP;

	if (need <= s->cap)
		return ERR_NONE;
	while (cap < need)
		cap *= 2;

	struct pollfd *fds = realloc(s->fds, cap * sizeof(*fds));

	if (!fds)
		return ERR_MEMORY;
	for (size_t i = s->cap; i < cap; i++)
		fds[i] = (struct pollfd){.fd = -1};
	s->fds = fds;
	s->cap = cap;
	return ERR_NONE;
}

static enum err poll_set(void *state, int fd, unsigned old_want, unsigned new_want)
{
	struct poll_state *s = state;
	size_t at = (size_t)fd;
	enum err err = poll_reserve(s, at + 1);

	(void)old_want;
	if (err)
		return err;
	s->fds[at].fd = new_want ? fd : -1;
	s->fds[at].events = (short)((new_want & REACTOR_READ ? POLLIN : 0) |
				    (new_want & REACTOR_WRITE ? POLLOUT : 0));
	if (new_want && at >= s->count)
		s->count = at + 1;
	while (s->count && s->fds[s->count - 1].fd < 0)
		s->count--;
	return ERR_NONE;
}

static unsigned poll_ready(short revents)
{
	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		return REACTOR_READ | REACTOR_WRITE;
	return (revents & POLLIN ? REACTOR_READ : 0u) | (revents & POLLOUT ? REACTOR_WRITE : 0u);
}

static enum err poll_wait(void *state, struct reactor *r, uint64_t timeout_us)
{
	struct poll_state *s = state;
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_us / 1000000),
		.tv_nsec = (long)(timeout_us % 1000000) * 1000,
	};
	int left = ppoll(s->fds, s->count, &timeout, NULL);

	if (left < 0)
		return errno == EINTR ? ERR_NONE : ERR_SYSTEM;
	for (size_t i = 0; i < s->count && left > 0; i++) {
		if (!s->fds[i].revents)
			continue;
		left--;
		reactor_report(r, s->fds[i].fd, poll_ready(s->fds[i].revents));
	}
	return ERR_NONE;
}

const struct reactor_backend reactor_poll = {
	.io = REACTOR_POLL,
	.open = poll_open,
	.close = poll_close,
	.set = poll_set,
	.wait = poll_wait,
};
