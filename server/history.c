/* Hub and store, put together; the contract is in history.h. */
#include "history.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static struct instant instant_now(void)
{
	return (struct instant){clock_mono_us(), clock_wall_ms()};
}

/* ---- results --------------------------------------------------------------------------------- */

static void committed(struct history *h, const struct store_result *r)
{
	hub_committed(h->hub, r->error, instant_now());
	if (hub_failing(h->hub) == h->failing)
		return;
	h->failing = !h->failing;
	if (h->failing)
		log_say(LOG_ERROR,
			"the history cannot be written: %s; what is said is refused until it can",
			r->why);
	else
		log_say(LOG_NOTICE, "the history can be written again");
}

/* What is no longer kept, and words that mean nothing, are no failures. */
static bool failed(enum err e)
{
	return e != ERR_NONE && e != ERR_NOT_FOUND;
}

static void answered(struct history *h, const struct store_result *r)
{
	bool bad = failed(r->error) && r->why[0];

	if (bad && !h->unread)
		log_say(LOG_ERROR, "the history cannot be read: %s", r->why);
	h->unread = bad;
	hub_answered(h->hub, r->answer, instant_now());
}

static void take_results(void *ctx, unsigned ready)
{
	struct history *h = ctx;
	struct store_result r;

	(void)ready;
	while (store_next(h->store, &r)) {
		switch (r.kind) {
		case STORE_COMMITTED:
			committed(h, &r);
			break;
		case STORE_ANSWERED:
			answered(h, &r);
			break;
		case STORE_WARNING:
			log_say(LOG_WARNING, "the history: %s", r.why);
			break;
		case STORE_TRIMMED:
			hub_trimmed(h->hub, r.room, r.first);
			break;
		}
	}
}

/* ---- beginning ------------------------------------------------------------------------------- */

/* Never that of a log of before, which some clients still count by; nor 0. */
static uint64_t new_epoch(void)
{
	uint64_t epoch;

	entropy_fill(&epoch, sizeof(epoch));
	return epoch % BUF_VARINT_MAX + 1;
}

bool history_open(struct history *h, const struct server_options *o, const char *dir)
{
	const struct store_options options = {
		.dir = dir, .lazy = o->lazy, .new_epoch = new_epoch(), .keep_days = o->keep_days};
	struct db_why why;

	*h = (struct history){.store = NULL};
	if (o->memory)
		return true;
	if (!dir[0]) {
		log_say(LOG_WARNING,
			"there is no directory to keep the history in: what is said is "
			"gone when this server ends; choose a directory with -d, or "
			"say --memory");
		return true;
	}
	h->store = store_open(&options, &why);
	if (!h->store)
		log_say(LOG_ERROR, "cannot start: %s", why.text);
	return h->store != NULL;
}

uint64_t history_epoch(const struct history *h)
{
	return h->store ? store_epoch(h->store) : new_epoch();
}

const struct store_port *history_port(const struct history *h)
{
	return h->store ? store_port(h->store) : NULL;
}

static bool start(struct history *h)
{
	struct db_why why;

	if (store_start(h->store, &why) != ERR_NONE) {
		log_say(LOG_ERROR, "cannot start: %s", why.text);
		return false;
	}
	if (reactor_add(h->reactor, store_fd(h->store), REACTOR_READ, take_results, h) == ERR_NONE)
		return true;
	log_say(LOG_ERROR, "cannot start: %s", strerror(errno));
	return false;
}

bool history_serve(struct history *h, struct hub *hub, struct reactor *reactor)
{
	enum err e;

	h->hub = hub;
	h->reactor = reactor;
	if (!h->store)
		return true;
	e = hub_restore(hub, store_records(h->store), instant_now());
	if (e == ERR_NONE)
		return start(h);
	log_say(LOG_ERROR, "cannot start: the history cannot be taken up: %s",
		e == ERR_MEMORY ? strerror(ENOMEM) : "it is not what was written");
	return false;
}

static void wait_for_results(struct history *h, uint64_t until_us)
{
	struct pollfd p = {.fd = store_fd(h->store), .events = POLLIN};
	uint64_t now = clock_mono_us();

	(void)poll(&p, 1, until_us > now ? (int)((until_us - now) / 1000) + 1 : 0);
	take_results(h, REACTOR_READ);
}

bool history_settle(struct history *h, uint64_t until_us)
{
	hub_turn(h->hub, instant_now());
	while (h->store && !hub_idle(h->hub) && !hub_failing(h->hub) &&
	       clock_mono_us() < until_us) {
		wait_for_results(h, until_us);
		hub_turn(h->hub, instant_now());
	}
	return hub_idle(h->hub) && !hub_failing(h->hub);
}

/* ---- the end --------------------------------------------------------------------------------- */

void history_close(struct history *h)
{
	if (h->reactor && h->store)
		reactor_del(h->reactor, store_fd(h->store));
	store_close(h->store);
	h->store = NULL;
}
