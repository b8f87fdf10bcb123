/*
 * A server's session that rests: nothing is under way, and what only something under way needs is not there.
 *
 * Most rest most of the time.  On a stream one rests as soon as what came was read
 * and answered; over UDP a moment after the last packet, so that a busy one does not come and go.  What it
 * forgets then is what no packet can ask for any more: that some came in another order a while ago, or
 * were late.
 */
#include "proto/session_parts.h"

#include "proto/timerq.h"

#include <stdlib.h>
#include <string.h>

enum {
	COMMANDS_HELD_MAX = 128 * 1024,
	MILLISECOND = 1000,
	REST_AFTER = 1000 * 1000,	    /* microseconds without a packet */
	REST_AFTER_LOSS = 60 * 1000 * 1000, /* … where some were lost that may only be late */
};

_Static_assert((int)SESSION_IDLE_TIMEOUT / MILLISECOND <= UINT16_MAX, "who rests is heard before");

static bool is_dgram(const struct session *s)
{
	return s->link == SESSION_DGRAM;
}

static void wake_dgram(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->busy->dgram;

	ackset_wake(&d->arrived, &s->arrived);
	recovery_wake(&d->recovery, &s->recovery);
	d->recovery.rings = s->terms->stock ? s->terms->stock->rings : NULL;
	d->heard_below = d->arrived.any ? d->arrived.largest + 1 : 0;
	d->newest_at = now;
	d->ack_due = d->retry_due = d->copy_due = d->release_due = TIMERQ_NEVER;
	d->handshake_due = TIMERQ_NEVER;
}

void session_stock_init(struct session_stock *s)
{
	*s = (struct session_stock){.busy.size = sizeof(struct session_busy)};
	recovery_stocks_init(s->rings);
}

void session_stock_wipe(struct session_stock *s)
{
	while (s->terms) {
		struct session_terms *first = s->terms;
		s->terms = first->next;
		free(first);
	}
	stock_wipe(&s->busy);
	for (size_t i = 0; i < RECOVERY_STOCKS; i++)
		stock_wipe(&s->rings[i]);
}

static size_t busy_size(const struct session *s)
{
	return is_dgram(s) ? sizeof(struct session_busy)
			   : offsetof(struct session_busy, stream) + sizeof(struct stream_link);
}

bool session_wake(struct session *s, uint64_t now)
{
	size_t size = busy_size(s);

	if (s->busy)
		return true;
	s->busy = s->terms->stock ? stock_take(&s->terms->stock->busy) : malloc(size);
	if (!s->busy)
		return false;
	memset(s->busy, 0, size);
	s->busy->sent_at = now;
	if (s->role == SESSION_SERVER) {
		assembly_open(&s->busy->commands, s->server.next_command, WIRE_COMMANDS_MAX,
			      COMMANDS_HELD_MAX);
		s->busy->commands.pool = s->terms->pool;
	}
	if (is_dgram(s))
		wake_dgram(s, now);
	else
		s->busy->stream.records.sealed = s->terms->identity;
	s->wake_after = 0;
	return true;
}

void session_rest(struct session *s)
{
	s->server.next_command = s->busy->commands.next;
	if (is_dgram(s)) {
		const struct dgram_link *d = &s->busy->dgram;
		s->arrived = ackset_rest(&d->arrived);
		s->recovery = recovery_rest(&d->recovery);
	}
	rest_wipe(s);
}

void rest_wipe(struct session *s)
{
	if (!s->busy)
		return;
	handshake_end(s);
	while (s->busy->outgoing.first)
		outgoing_remove(&s->busy->outgoing, s->busy->outgoing.first->id);
	if (s->role == SESSION_SERVER)
		assembly_wipe(&s->busy->commands);
	if (is_dgram(s))
		recovery_wipe(&s->busy->dgram.recovery);
	else
		records_wipe(&s->busy->stream.records);
	free(s->busy->end_text);
	if (s->terms->stock)
		stock_give(&s->terms->stock->busy, s->busy);
	else
		free(s->busy);
	s->busy = NULL;
}

static uint64_t rest_at(const struct session *s)
{
	const struct dgram_link *d = &s->busy->dgram;
	uint64_t sent = d->recovery.last_sent_us;
	uint64_t last = sent > d->newest_at ? sent : d->newest_at;

	return last + (recovery_troubled(&d->recovery) ? REST_AFTER_LOSS : REST_AFTER);
}

/* The newest packet that was the peer's was taken: what is kept of it says that it was heard, too. */
static bool dgram_tells(const struct session *s)
{
	const struct dgram_link *d = &s->busy->dgram;
	uint64_t below = d->arrived.any ? d->arrived.largest + 1 : 0;

	return d->heard_below == below && ackset_fits(&d->arrived);
}

/* All that came was read, carried out and answered. */
static bool all_done(const struct session *s)
{
	if (s->role == SESSION_CLIENT)
		return false; /* it is alone, and has what it may need */
	return s->state == STATE_OPEN && !s->in_unit && s->busy->feed.len == 0 &&
	       s->busy->commands.count == 0 && s->busy->outgoing.count == 0 && s->opened_told &&
	       !s->busy->end_text && !s->given && !s->pong_due && !s->path_due && !s->path_told &&
	       s->busy->hold_until != TIMERQ_NEVER;
}

static bool link_done(const struct session *s)
{
	return is_dgram(s) ? dgram_quiet(s) && dgram_tells(s)
			   : !records_partial(&s->busy->stream.records);
}

/* When it may rest; TIMERQ_NEVER: that is not known yet. */
static uint64_t done_at(const struct session *s)
{
	uint64_t at = is_dgram(s) ? rest_at(s) : 0, hold = s->busy->hold_until;

	if (!all_done(s) || !link_done(s))
		return TIMERQ_NEVER;
	return at > hold ? at : hold;
}

void rest_put_off(struct session *s, uint64_t until)
{
	uint64_t after = until > s->heard_at ? (until - s->heard_at) / MILLISECOND + 1 : 1;

	s->wake_after = (uint16_t)(after < UINT16_MAX ? after : UINT16_MAX);
}

uint64_t rest_deadline(const struct session *s)
{
	if (!is_dgram(s))
		return TIMERQ_NEVER;
	if (!s->busy)
		return s->wake_after > 0 ? s->heard_at + s->wake_after * MILLISECOND : TIMERQ_NEVER;
	return done_at(s);
}

void session_rest_if_done(struct session *s, uint64_t now)
{
	if (s->busy && now >= done_at(s))
		session_rest(s);
}
