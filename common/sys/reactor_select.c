/* select(): everywhere, and enough for descriptors below FD_SETSIZE. */
#include "sys/reactor_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>

struct select_state {
	fd_set read, write; /* what is wanted */
	int count;	    /* one more than the highest descriptor in either */
};

static void *select_open(bool edge)
{
	struct select_state *s = calloc(1, sizeof(*s));

	(void)edge;
	if (!s)
		return NULL;
	FD_ZERO(&s->read);
	FD_ZERO(&s->write);
	return s;
}

static void select_close(void *state)
{
	free(state);
}

static void set_member(fd_set *set, int fd, bool member)
{
	if (member)
		FD_SET(fd, set);
	else
		FD_CLR(fd, set);
}

static enum err select_set(void *state, int fd, unsigned old_want, unsigned new_want)
{
	struct select_state *s = state;

	(void)old_want;
	if (fd >= FD_SETSIZE)
		return ERR_FULL;
	set_member(&s->read, fd, new_want & REACTOR_READ);
	set_member(&s->write, fd, new_want & REACTOR_WRITE);
	if (new_want && fd >= s->count)
		s->count = fd + 1;
	while (s->count && !FD_ISSET(s->count - 1, &s->read) && !FD_ISSET(s->count - 1, &s->write))
		s->count--;
	return ERR_NONE;
}

/* The kernel puts a descriptor with an error into both sets, and one that is hung up into `read`. */
static enum err select_wait(void *state, struct reactor *r, uint64_t timeout_us)
{
	const struct select_state *s = state;
	fd_set read = s->read;
	fd_set write = s->write;
	struct timeval timeout = {
		.tv_sec = (time_t)(timeout_us / 1000000),
		.tv_usec = (suseconds_t)(timeout_us % 1000000),
	};
	int left = select(s->count, &read, &write, NULL, &timeout);

	if (left < 0)
		return errno == EINTR ? ERR_NONE : ERR_SYSTEM;
	for (int fd = 0; fd < s->count && left > 0; fd++) {
		unsigned ready = (FD_ISSET(fd, &read) ? REACTOR_READ : 0u) |
				 (FD_ISSET(fd, &write) ? REACTOR_WRITE : 0u);

		if (!ready)
			continue;
		/* `left` counts bits of the sets, not descriptors. */
		left -= ready == (REACTOR_READ | REACTOR_WRITE) ? 2 : 1;
		reactor_report(r, fd, ready);
	}
	return ERR_NONE;
}

const struct reactor_backend reactor_select = {
	.io = REACTOR_SELECT,
	.open = select_open,
	.close = select_close,
	.set = select_set,
	.wait = select_wait,
};
