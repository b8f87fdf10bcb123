/* Nobody spins: a core that has nothing to do is not the crew's, it may be the members'. */
#include "crew.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct helper {
	struct crew *crew;
	unsigned number; /* of the share that it likes best: it had it last time, too */
	pthread_t thread;
};

struct crew {
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t begin, done;
	void (*fn)(void *arg, unsigned share);
	void *arg;
	unsigned waiting; /* set of shares that nobody has begun */
	unsigned left;	  /* how many are not done */
	bool ending;
	unsigned threads;
	struct helper helpers[CREW_MAX]; /* the first is the caller */
};

/* Takes a share, and does it; the lock is held before and after. */
static void do_one(struct crew *c, unsigned liked)
{
	unsigned share = liked;

	while (!(c->waiting >> share & 1))
		share = (share + 1) % c->threads;
	c->waiting &= ~(1U << share);
	pthread_mutex_unlock(&c->lock);
	c->fn(c->arg, share);
	pthread_mutex_lock(&c->lock);
	if (--c->left == 0)
		pthread_cond_signal(&c->done);
}

static void *help(void *ctx)
{
	const struct helper *h = ctx;
	struct crew *c = h->crew;

	pthread_mutex_lock(&c->lock);
	while (!c->ending) {
		if (c->waiting)
			do_one(c, h->number);
		else
			pthread_cond_wait(&c->begin, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Signals are the caller's.  False: errno tells. */
static bool start_helper(struct crew *c, unsigned number)
{
	struct helper *h = &c->helpers[number];
	sigset_t all, before;

	*h = (struct helper){.crew = c, .number = number};
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&h->thread, NULL, help, h);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errno == 0;
}

struct crew *crew_new(unsigned threads)
{
	struct crew *c = calloc(1, sizeof(*c));

	assert(threads >= 1 && threads <= CREW_MAX);
	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->begin, NULL);
	pthread_cond_init(&c->done, NULL);
	c->threads = 1; /* helpers look at it only when there is work */
	for (; c->threads < threads; c->threads++) {
		if (!start_helper(c, c->threads)) {
			int why = errno;
			crew_free(c);
			errno = why;
			return NULL;
		}
	}
	return c;
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->begin);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 1; i < c->threads; i++)
		pthread_join(c->helpers[i].thread, NULL);
	pthread_cond_destroy(&c->done);
	pthread_cond_destroy(&c->begin);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void crew_run(struct crew *c, void (*fn)(void *arg, unsigned share), void *arg)
{
	pthread_mutex_lock(&c->lock);
	c->fn = fn;
	c->arg = arg;
	c->waiting = (1U << c->threads) - 1;
	c->left = c->threads;
	pthread_cond_broadcast(&c->begin);
	while (c->waiting)
		do_one(c, 0);
	while (c->left > 0)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
}
