/* A list under a lock; the contract is in inbox.h. */
#include "store/inbox.h"

#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_US = 1000, NS_PER_S = 1000 * 1000 * 1000, US_PER_S = 1000 * 1000 };

/* Waits are as long as the machine is awake: a step that was put off can be put off by sleep. */
static bool init_waiting(struct inbox *b)
{
	pthread_condattr_t attributes;
	bool good;

	if (pthread_condattr_init(&attributes))
		return false;
	good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
	       pthread_cond_init(&b->filled, &attributes) == 0;
	(void)pthread_condattr_destroy(&attributes);
	return good;
}

bool inbox_init(struct inbox *b, bool with_fd)
{
	*b = (struct inbox){.fd = -1};
	b->last = &b->first;
	if (with_fd && (b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
		return false;
	if (pthread_mutex_init(&b->lock, NULL) == 0) {
		if (init_waiting(b))
			return true;
		(void)pthread_mutex_destroy(&b->lock);
	}
	if (b->fd >= 0)
		(void)close(b->fd);
	return false;
}

void inbox_wipe(struct inbox *b)
{
	assert(!b->first);
	(void)pthread_cond_destroy(&b->filled);
	(void)pthread_mutex_destroy(&b->lock);
	if (b->fd >= 0)
		(void)close(b->fd);
}

void inbox_put(struct inbox *b, struct inbox_entry *e)
{
	bool was_empty;

	e->next = NULL;
	(void)pthread_mutex_lock(&b->lock);
	was_empty = !b->first;
	*b->last = e;
	b->last = &e->next;
	(void)pthread_cond_signal(&b->filled);
	(void)pthread_mutex_unlock(&b->lock);
	if (was_empty && b->fd >= 0)
		(void)eventfd_write(b->fd, 1);
}

static struct timespec after(uint64_t wait_us)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)(wait_us / US_PER_S);
	at.tv_nsec += (long)(wait_us % US_PER_S) * NS_PER_US;
	if (at.tv_nsec >= NS_PER_S) {
		at.tv_nsec -= NS_PER_S;
		at.tv_sec++;
	}
	return at;
}

static void wait_filled(struct inbox *b, uint64_t wait_us)
{
	struct timespec until;

	if (wait_us == INBOX_FOREVER) {
		while (!b->first && !b->closed)
			(void)pthread_cond_wait(&b->filled, &b->lock);
		return;
	}
	until = after(wait_us);
	while (!b->first && !b->closed)
		if (pthread_cond_timedwait(&b->filled, &b->lock, &until) == ETIMEDOUT)
			return;
}

struct inbox_entry *inbox_take(struct inbox *b, uint64_t wait_us)
{
	struct inbox_entry *e;

	(void)pthread_mutex_lock(&b->lock);
	if (wait_us > 0)
		wait_filled(b, wait_us);
	e = b->first;
	if (e && !(b->first = e->next))
		b->last = &b->first;
	(void)pthread_mutex_unlock(&b->lock);
	return e;
}

/* The descriptor first: what is put after that makes it readable again. */
struct inbox_entry *inbox_poll(struct inbox *b)
{
	struct inbox_entry *all;
	eventfd_t count;

	if (b->fd >= 0)
		(void)eventfd_read(b->fd, &count);
	(void)pthread_mutex_lock(&b->lock);
	all = b->first;
	b->first = NULL;
	b->last = &b->first;
	(void)pthread_mutex_unlock(&b->lock);
	return all;
}

void inbox_close(struct inbox *b)
{
	(void)pthread_mutex_lock(&b->lock);
	b->closed = true;
	(void)pthread_cond_broadcast(&b->filled);
	(void)pthread_mutex_unlock(&b->lock);
}

bool inbox_closed(struct inbox *b)
{
	bool closed;

	(void)pthread_mutex_lock(&b->lock);
	closed = b->closed;
	(void)pthread_mutex_unlock(&b->lock);
	return closed;
}
