/*
 * The event loop: waits on descriptors and deadlines and calls their handlers.
 *
 * Three back ends (select, poll, epoll) behind one interface, one file each.  REACTOR_AUTO starts on
 * select and moves every live descriptor to epoll shortly before one of FD_SETSIZE is added; no
 * handler notices.  With `edge`, epoll is edge-triggered: a handler reads or writes until it is
 * told EAGAIN, or says reactor_again().  Code written so is right under every back end.  A changed
 * reactor_want() always arms anew: what holds already is reported again.
 *
 * One thread owns a reactor.  Handlers may add, change and delete any descriptor or timer,
 * their own included; a deleted descriptor's handler is not called any more, not even in the turn
 * under way, and a descriptor number that is closed and reused within a turn never gets the
 * readiness of its predecessor.  The reactor never closes a descriptor and never reads one.
 *
 * A descriptor of which nothing is wanted reports nothing, not even that it is hung up.  One that
 * cannot be waited for (a regular file, /dev/null) is ready in every turn, under epoll too.
 */
#ifndef SYS_REACTOR_H
#define SYS_REACTOR_H

#include "proto/err.h"
#include "proto/timerq.h"

#include <stdbool.h>
#include <stdint.h>

enum reactor_io { REACTOR_AUTO, REACTOR_SELECT, REACTOR_POLL, REACTOR_EPOLL };

enum { REACTOR_READ = 1, REACTOR_WRITE = 2 };

/* `ready`: REACTOR_READ | REACTOR_WRITE, as wanted; an error or hang-up counts as all that is wanted. */
typedef void reactor_fn(void *ctx, unsigned ready);
typedef void reactor_timer_fn(void *ctx);

struct reactor;

struct reactor_timer {
	struct timerq_entry entry; /* first member; zero-initialise */
	reactor_timer_fn *fn;
	void *ctx;
};

/* NULL: no memory or no descriptor (errno tells). */
struct reactor *reactor_new(enum reactor_io io, bool edge);
void reactor_free(struct reactor *r);

/* ERR_FULL: fd does not fit into REACTOR_SELECT; ERR_EXISTS; ERR_MEMORY; ERR_SYSTEM.  Nothing is
 * watched then. */
NODISCARD enum err reactor_add(struct reactor *r, int fd, unsigned want, reactor_fn *fn, void *ctx);
NODISCARD enum err reactor_want(struct reactor *r, int fd,
				unsigned want); /* ERR_NOT_FOUND, ERR_MEMORY, ERR_SYSTEM */
void reactor_del(struct reactor *r, int fd);	/* before close(fd); unknown: nothing */

/* The handler stopped before EAGAIN: call it again next turn with what of `ready` is wanted then, and
 * do not wait for that. */
void reactor_again(struct reactor *r, int fd, unsigned ready);

/*
 * Sets or moves; TIMERQ_NEVER clears.  A timer is cleared before its handler is called, nearest
 * deadline first.  One that is set for now or the past by a timer's handler waits for the next turn,
 * so that timers cannot starve descriptors.  ERR_MEMORY only when `t` was not set before.
 */
NODISCARD enum err reactor_timer_set(struct reactor *r, struct reactor_timer *t,
				     uint64_t deadline_us);
void reactor_timer_clear(struct reactor *r, struct reactor_timer *t);

/*
 * One turn: waits for readiness, a timer or `until_us` (clock_mono_us; TIMERQ_NEVER: no limit), then
 * calls what is due: descriptors first, so that what has arrived counts before a deadline is missed,
 * then timers.  EINTR ends the wait early, and so does a long time.  ERR_SYSTEM: the wait itself
 * failed, nothing was called.  Not to be called by a handler.
 */
NODISCARD enum err reactor_turn(struct reactor *r, uint64_t until_us);

enum reactor_io reactor_io(const struct reactor *r); /* the one in use now; never REACTOR_AUTO */
NODISCARD enum err reactor_io_parse(const char *name, enum reactor_io *io); /* "auto" "select" … */
const char *reactor_io_name(enum reactor_io io);

#endif
