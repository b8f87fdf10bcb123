/*
 * What a back end of the reactor is: a way to wait for readiness, and nothing else.
 *
 * The reactor keeps the watches, handlers and timers; a back end only knows what is wanted of which
 * descriptor.  Internal to common/sys/reactor*.c.
 */
#ifndef SYS_REACTOR_BACKEND_H
#define SYS_REACTOR_BACKEND_H

#include "sys/reactor.h"

struct reactor_backend {
	enum reactor_io io;

	/* NULL: no memory or no descriptor (errno tells).  `edge` is a wish. */
	void *(*open)(bool edge);
	void (*close)(void *state);

	/*
	 * `fd` goes from one set of REACTOR_* to another; 0 is "not watched at all", so that not even
	 * a hang-up is reported.  ERR_FULL: too high a number; ERR_MEMORY; ERR_SYSTEM.
	 * ERR_NOT_FOUND: this descriptor is of a kind that is always ready and cannot be waited for
	 * (epoll and regular files).  Going to 0 never fails in a way that matters.
	 */
	enum err (*set)(void *state, int fd, unsigned old_want, unsigned new_want);

	/*
	 * Waits at most `timeout_us` and not less, unless something is ready or a signal comes, and
	 * calls reactor_report() at most once per descriptor.
	 */
	enum err (*wait)(void *state, struct reactor *r, uint64_t timeout_us);
};

extern const struct reactor_backend reactor_select, reactor_poll, reactor_epoll;

/* More than is wanted may be reported; so an error is reported as everything. */
void reactor_report(struct reactor *r, int fd, unsigned ready);

#endif
