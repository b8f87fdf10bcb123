/*
 * The watches, indexed by descriptor; the lists of what is ready; the timers; the turn.
 *
 * Readiness is kept in the watch, and the lists hold bare descriptor numbers.  Deleting a watch
 * forgets its readiness, so a number on a list whose descriptor was deleted, or deleted, closed and
 * given to another, is found with nothing ready and passed over: that is all it takes for a
 * descriptor never to meet the readiness of its predecessor.
 *
 * Invariants: a number is at most once on each list (on_ready, on_again), and the lists are as long
 * as the table of watches, so reporting cannot fail.  During dispatch the table may move: watches
 * are found anew by number after every handler.
 */
#include "sys/reactor.h"

#include "sys/clock.h"
#include "sys/reactor_backend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

enum {
	REACTOR_FIRST_CAP = 64,
	/* AUTO leaves select a little early: epoll needs a descriptor for itself. */
	REACTOR_SELECT_LIMIT = FD_SETSIZE - 8,
};

/* The longest wait; a turn without limit just comes back once a day.  Fits every back end. */
#define REACTOR_MAX_WAIT_US (UINT64_C(24) * 3600 * 1000 * 1000)

/* A server has one for each of its streams: it is small. */
struct watch {
	void *ctx;
	uint16_t fn; /* its place in the reactor's table; 0: this descriptor is not watched */
	uint8_t want : 2;
	uint8_t ready : 2;   /* to be handled in this turn */
	uint8_t again : 2;   /* to be handled in the next turn, whatever the back end says */
	bool on_ready : 1;   /* the number is on the list, even if its watch is gone or new */
	bool on_again : 1;   /* likewise */
	bool unwaitable : 1; /* the back end cannot wait for it: it is ready in every turn */
};

_Static_assert(((REACTOR_READ | REACTOR_WRITE) & ~3) == 0, "a watch holds them in two bits");

/* Descriptor numbers; there is room for r->cap of them. */
struct fd_list {
	int *fds;
	size_t len;
};

struct reactor {
	const struct reactor_backend *backend;
	void *state; /* the back end's */
	bool automatic, edge;
	bool turning; /* inside reactor_turn() */

	reactor_fn **fns; /* the functions of all watches so far: programs have few */
	uint16_t fn_count;
	struct watch *watches; /* [cap], by descriptor */
	struct fd_list ready;  /* of this turn */
	struct fd_list again;  /* of the next */
	size_t cap;

	struct timerq timers;
	bool firing;	   /* timers are being called */
	uint64_t fired_us; /* … of this time and before */
};

static const struct {
	const char *name;
	const struct reactor_backend *backend; /* at the start */
} ios[] = {
	[REACTOR_AUTO] = {"auto", &reactor_select},
	[REACTOR_SELECT] = {"select", &reactor_select},
	[REACTOR_POLL] = {"poll", &reactor_poll},
	[REACTOR_EPOLL] = {"epoll", &reactor_epoll},
};

struct reactor *reactor_new(enum reactor_io io, bool edge)
{
	struct reactor *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->backend = ios[io].backend;
	r->automatic = io == REACTOR_AUTO;
	r->edge = edge;
	r->state = r->backend->open(edge);
	if (!r->state) {
		free(r);
		return NULL;
	}
	timerq_init(&r->timers);
	return r;
}

void reactor_free(struct reactor *r)
{
	if (!r)
		return;
	assert(!r->turning);
	r->backend->close(r->state);
	timerq_wipe(&r->timers);
	free(r->fns);
	free(r->watches);
	free(r->ready.fds);
	free(r->again.fds);
	free(r);
}

/* ---- watches ------------------------------------------------------------------------------ */

static struct watch *watch_of(struct reactor *r, int fd)
{
	if (fd < 0 || (size_t)fd >= r->cap || !r->watches[fd].fn)
		return NULL;
	return &r->watches[fd];
}

static bool grow_list(struct fd_list *l, size_t cap)
{
	int *fds = realloc(l->fds, cap * sizeof(*fds));

	if (fds)
		l->fds = fds;
	return fds != NULL;
}

static bool grow_watches(struct reactor *r, size_t cap)
{
	struct watch *watches = realloc(r->watches, cap * sizeof(*watches));

	if (!watches)
		return false;
	memset(watches + r->cap, 0, (cap - r->cap) * sizeof(*watches));
	r->watches = watches;
	return true;
}

static enum err make_room(struct reactor *r, int fd)
{
	size_t cap = r->cap ? r->cap : REACTOR_FIRST_CAP;

	if ((size_t)fd < r->cap)
		return ERR_NONE;
	while (cap <= (size_t)fd)
		cap += cap / 4; /* what there is too much of is memory all the same */
	/* An array that grew before another could not is merely longer than `cap` says. */
	if (!grow_watches(r, cap) || !grow_list(&r->ready, cap) || !grow_list(&r->again, cap))
		return ERR_MEMORY;
	r->cap = cap;
	return ERR_NONE;
}

/* Its place in the table, from 1 on; 0: no memory for it. */
static uint16_t place_of(struct reactor *r, reactor_fn *fn)
{
	for (uint16_t i = 0; i < r->fn_count; i++)
		if (r->fns[i] == fn)
			return (uint16_t)(i + 1);
	reactor_fn **fns = r->fn_count < UINT16_MAX
				   ? realloc(r->fns, (r->fn_count + 1u) * sizeof(*fns))
				   : NULL;
	if (!fns)
		return 0;
	r->fns = fns;
	fns[r->fn_count++] = fn;
	return r->fn_count;
}

/* Tells the back end; a descriptor that it cannot wait for is put on the `again` list for good. */
static enum err set_want(struct reactor *r, int fd, unsigned want)
{
	struct watch *w = &r->watches[fd];
	enum err err = ERR_NONE;

	if (!w->unwaitable)
		err = r->backend->set(r->state, fd, w->want, want);
	if (err && err != ERR_NOT_FOUND)
		return err;
	w->unwaitable |= err == ERR_NOT_FOUND;
	w->want = want & 3;
	if (w->unwaitable)
		reactor_again(r, fd, want);
	return ERR_NONE;
}

/* Hands every watch to `to`; the old back end lives on if that fails. */
static enum err move_to(struct reactor *r, const struct reactor_backend *to)
{
	void *state = to->open(r->edge);

	if (!state)
		return ERR_SYSTEM;
	for (int fd = 0; (size_t)fd < r->cap; fd++) {
		struct watch *w = watch_of(r, fd);
		enum err err = w ? to->set(state, fd, 0, w->want) : ERR_NONE;

		if (err == ERR_NOT_FOUND) {
			w->unwaitable = true;
			reactor_again(r, fd, w->want);
		} else if (err) {
			to->close(state);
			return err;
		}
	}
	r->backend->close(r->state);
	r->backend = to;
	r->state = state;
	return ERR_NONE;
}

enum err reactor_add(struct reactor *r, int fd, unsigned want, reactor_fn *fn, void *ctx)
{
	enum err err;

	assert(fd >= 0 && fn && !(want & ~(unsigned)(REACTOR_READ | REACTOR_WRITE)));
	if (watch_of(r, fd))
		return ERR_EXISTS;
	uint16_t place = place_of(r, fn);
	err = place ? make_room(r, fd) : ERR_MEMORY;
	if (!err && r->automatic && r->backend == &reactor_select && fd >= REACTOR_SELECT_LIMIT)
		err = move_to(r, &reactor_epoll);
	if (err)
		return err;
	r->watches[fd].fn = place;
	r->watches[fd].ctx = ctx;
	err = set_want(r, fd, want);
	if (err)
		r->watches[fd].fn = 0;
	return err;
}

enum err reactor_want(struct reactor *r, int fd, unsigned want)
{
	const struct watch *w = watch_of(r, fd);

	assert(!(want & ~(unsigned)(REACTOR_READ | REACTOR_WRITE)));
	if (!w)
		return ERR_NOT_FOUND;
	return w->want == want ? ERR_NONE : set_want(r, fd, want);
}

void reactor_del(struct reactor *r, int fd)
{
	struct watch *w = watch_of(r, fd);

	if (!w)
		return;
	if (!w->unwaitable)
		(void)r->backend->set(r->state, fd, w->want, 0);
	*w = (struct watch){.on_ready = w->on_ready, .on_again = w->on_again};
}

void reactor_again(struct reactor *r, int fd, unsigned ready)
{
	struct watch *w = watch_of(r, fd);

	if (!w || !ready)
		return;
	w->again |= ready & 3;
	if (!w->on_again)
		r->again.fds[r->again.len++] = fd;
	w->on_again = true;
}

/* ---- timers ------------------------------------------------------------------------------- */

enum err reactor_timer_set(struct reactor *r, struct reactor_timer *t, uint64_t deadline_us)
{
	assert(t->fn);
	if (r->firing && deadline_us <= r->fired_us)
		deadline_us = r->fired_us + 1; /* the next turn, after the descriptors */
	return timerq_set(&r->timers, &t->entry, deadline_us);
}

void reactor_timer_clear(struct reactor *r, struct reactor_timer *t)
{
	timerq_remove(&r->timers, &t->entry);
}

static void fire_timers(struct reactor *r)
{
	struct timerq_entry *e;

	if (timerq_next(&r->timers) == TIMERQ_NEVER)
		return;
	r->fired_us = clock_mono_us();
	r->firing = true;
	while ((e = timerq_pop(&r->timers, r->fired_us))) {
		struct reactor_timer *t = (struct reactor_timer *)e;

		t->fn(t->ctx);
	}
	r->firing = false;
}

/* ---- the turn ----------------------------------------------------------------------------- */

void reactor_report(struct reactor *r, int fd, unsigned ready)
{
	struct watch *w = watch_of(r, fd);

	if (!w || !ready)
		return;
	w->ready |= ready & 3;
	if (!w->on_ready)
		r->ready.fds[r->ready.len++] = fd;
	w->on_ready = true;
}

static uint64_t wait_limit(const struct reactor *r, uint64_t until_us)
{
	uint64_t next = timerq_next(&r->timers);
	uint64_t now;

	if (r->again.len)
		return 0;
	if (next > until_us)
		next = until_us;
	now = clock_mono_us();
	if (next <= now)
		return 0;
	return next - now < REACTOR_MAX_WAIT_US ? next - now : REACTOR_MAX_WAIT_US;
}

static void take_again_list(struct reactor *r)
{
	for (size_t i = 0; i < r->again.len; i++) {
		struct watch *w = &r->watches[r->again.fds[i]];
		unsigned ready = w->again;

		w->again = 0;
		w->on_again = false;
		reactor_report(r, r->again.fds[i], ready);
	}
	r->again.len = 0;
}

static void dispatch(struct reactor *r)
{
	for (size_t i = 0; i < r->ready.len; i++) {
		int fd = r->ready.fds[i];
		struct watch *w = &r->watches[fd];
		unsigned ready = w->ready & w->want;

		w->ready = 0;
		w->on_ready = false;
		if (w->unwaitable)
			reactor_again(r, fd, w->want);
		if (ready)
			r->fns[w->fn - 1](w->ctx, ready);
	}
	r->ready.len = 0;
}

enum err reactor_turn(struct reactor *r, uint64_t until_us)
{
	enum err err;

	assert(!r->turning);
	err = r->backend->wait(r->state, r, wait_limit(r, until_us));
	if (err)
		return err;
	r->turning = true;
	take_again_list(r);
	dispatch(r);
	fire_timers(r);
	r->turning = false;
	return ERR_NONE;
}

/* ---- back ends by name -------------------------------------------------------------------- */

enum reactor_io reactor_io(const struct reactor *r)
{
	return r->backend->io;
}

enum err reactor_io_parse(const char *name, enum reactor_io *io)
{
	for (size_t i = 0; i < sizeof(ios) / sizeof(*ios); i++) {
		if (strcmp(name, ios[i].name) == 0) {
			*io = (enum reactor_io)i;
			return ERR_NONE;
		}
	}
	return ERR_NOT_FOUND;
}

const char *reactor_io_name(enum reactor_io io)
{
	return ios[io].name;
}
