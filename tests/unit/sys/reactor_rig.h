/*
 * What the tests of the reactor share: one end of a socketpair under watch, and running one table of
 * tests over every back end.  What a socketpair is ready for is settled when the call that made it so
 * returns, so a turn that does not wait (until 0) sees it or never will.
 */
#ifndef TEST_REACTOR_RIG_H
#define TEST_REACTOR_RIG_H

#include "sys/reactor.h"

#include "sys/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 1200 };

/* Far enough that nobody gets there on the slowest machine, near enough for a hung test to end. */
#define GENEROUS_US (UINT64_C(60) * 1000 * 1000)

struct io_case {
	const char *name;
	enum reactor_io io;
	bool edge;
};

static const struct io_case *now_testing;

static inline bool edge_triggered(const struct reactor *r)
{
	return now_testing->edge && reactor_io(r) == REACTOR_EPOLL;
}

/* One end of a socketpair under watch, and what its handler saw. */
struct end {
	struct reactor *r;
	int fd, peer;
	int calls;
	unsigned ready; /* of the last call */
	void (*act)(struct end *e);
	struct end *other;
};

static inline void on_ready(void *ctx, unsigned ready)
{
	struct end *e = ctx;

	e->calls++;
	e->ready = ready;
	if (e->act)
		e->act(e);
}

static inline void end_open(struct end *e, struct reactor *r)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	*e = (struct end){.r = r, .fd = fds[0], .peer = fds[1]};
}

static inline void end_close(struct end *e)
{
	if (e->fd >= 0) {
		reactor_del(e->r, e->fd);
		close(e->fd);
	}
	if (e->peer >= 0)
		close(e->peer);
	e->fd = e->peer = -1;
}

static inline void watch(struct end *e, unsigned want)
{
	assert_int_equal(reactor_add(e->r, e->fd, want, on_ready, e), ERR_NONE);
}

static inline void want(struct end *e, unsigned bits)
{
	assert_int_equal(reactor_want(e->r, e->fd, bits), ERR_NONE);
}

static inline void poke(const struct end *e)
{
	assert_int_equal(write(e->peer, "x", 1), 1);
}

static inline void turn(struct reactor *r)
{
	assert_int_equal(reactor_turn(r, 0), ERR_NONE);
}

static inline struct reactor *open_reactor(void)
{
	struct reactor *r = reactor_new(now_testing->io, now_testing->edge);

	assert_non_null(r);
	return r;
}

static inline void fill(const struct end *e)
{
	static const char block[4096];

	while (write(e->fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

static inline void drain(int fd)
{
	char block[4096];

	while (read(fd, block, sizeof(block)) > 0)
		;
}

/* Two ends for each of MANY, and what the program has open itself. */
static inline int raise_descriptor_limit(void **state)
{
	struct rlimit limit;

	(void)state;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < 2 * MANY + 64)
		return -1;
	return 0;
}

static inline int run_over_every_back_end(const struct CMUnitTest *tests, size_t n)
{
	static const struct io_case cases[] = {
		{"reactor: select", REACTOR_SELECT, false},
		{"reactor: poll", REACTOR_POLL, false},
		{"reactor: epoll, level", REACTOR_EPOLL, false},
		{"reactor: epoll, edge", REACTOR_EPOLL, true},
		{"reactor: auto, level", REACTOR_AUTO, false},
		{"reactor: auto, edge", REACTOR_AUTO, true},
	};
	int failed = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		now_testing = &cases[i];
		failed += _cmocka_run_group_tests(cases[i].name, tests, n, raise_descriptor_limit,
						  NULL);
	}
	return failed;
}

#endif
