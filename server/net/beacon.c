/* Interfaces come and go, and a new one is joined within JOIN_AGAIN_US. */
#include "net/beacon.h"

#include "sys/clock.h"
#include "sys/lan.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BEACON_TURN = 64, /* questions in one turn */
	JOIN_AGAIN_US = 30 * 1000 * 1000,
};

struct beacon {
	struct reactor *reactor;
	struct announce *announce;
	struct beacon_port port;
	int fd;
	struct reactor_timer timer;
};

/* False: no more are there now. */
static bool receive(struct beacon *b)
{
	uint8_t bytes[DISCOVERY_PROBE_SIZE + 1]; /* one more shows what is too long */
	uint8_t answer[DISCOVERY_FOUND_MAX];
	struct buf out = buf_of(answer, sizeof(answer));
	struct lan_heard heard;
	ssize_t n = lan_receive(b->fd, bytes, sizeof(bytes), &heard);

	if (n < 0)
		return false;
	struct announce_question q = {.from = heard.from,
				      .at = heard.at,
				      .to_all = heard.to_all,
				      .bytes = slice_of(bytes, (size_t)n)};
	if (announce_answer(b->announce, clock_mono_us(), &q, b->port.members(b->port.ctx), &out))
		lan_answer(b->fd, &heard, out.data, out.len);
	return true;
}

static void readable(void *ctx, unsigned ready)
{
	struct beacon *b = ctx;

	for (int i = 0; i < BEACON_TURN; i++)
		if (!receive(b))
			return;
	reactor_again(b->reactor, b->fd, ready);
}

static void join_again(void *ctx)
{
	struct beacon *b = ctx;

	lan_join(b->fd, DISCOVERY_GROUP);
	/* Out of memory: interfaces that come later are not joined. */
	(void)!reactor_timer_set(b->reactor, &b->timer, clock_mono_us() + JOIN_AGAIN_US);
}

static enum err watch(struct beacon *b)
{
	enum err e = reactor_add(b->reactor, b->fd, REACTOR_READ, readable, b);

	lan_join(b->fd, DISCOVERY_GROUP);
	if (e == ERR_NONE)
		e = reactor_timer_set(b->reactor, &b->timer, clock_mono_us() + JOIN_AGAIN_US);
	return e;
}

enum err beacon_open(struct reactor *reactor, struct announce *announce,
		     const struct beacon_port *port, struct beacon **out)
{
	struct beacon *b = calloc(1, sizeof(*b));
	enum err e;
	int saved;

	if (!b) {
		announce_free(announce);
		return ERR_MEMORY;
	}
	*b = (struct beacon){.reactor = reactor,
			     .announce = announce,
			     .port = *port,
			     .fd = lan_listen(DISCOVERY_PORT),
			     .timer = {.fn = join_again, .ctx = b}};
	e = b->fd < 0 ? ERR_SYSTEM : watch(b);
	if (e == ERR_NONE)
		*out = b;
	saved = errno;
	if (e != ERR_NONE)
		beacon_close(b);
	errno = saved;
	return e;
}

void beacon_close(struct beacon *b)
{
	if (!b)
		return;
	reactor_timer_clear(b->reactor, &b->timer);
	if (b->fd >= 0) {
		reactor_del(b->reactor, b->fd);
		close(b->fd);
	}
	announce_free(b->announce);
	free(b);
}
