/*
 * Commands that wait in a server's session: for their turn, because their giver has had too many; or
 * for others before them, which are lost or came in part.
 *
 * The first wait ends at a time that the caller says.  While it lasts the caller does not read a
 * stream any further, so silence on it tells nothing; what is carried out counts as heard instead.  That
 * does not go on for ever: what waits is bounded, and what takes SESSION_IDLE_TIMEOUT for one of it is
 * over.  Meanwhile its peer gets a PONG now and then, since its PINGs are not read.  Packets are read all
 * the while, and silence is what it always is.
 *
 * The second wait ends when the peer sends what is missing; a peer that does not, and yet goes on being
 * heard, is sent away, since what waits takes memory from everybody (protocol.md §5).
 */
#include "proto/session_parts.h"

#include "proto/timerq.h"

enum { HOLD_SIGN = 1000 * 1000 }; /* microseconds from one sign of life to the next */

static bool is_server(const struct session *s)
{
	return s->role == SESSION_SERVER;
}

void session_hold(struct session *s, uint64_t until)
{
	if (s->busy || (until > 0 && session_wake(s, s->heard_at)))
		s->busy->hold_until = until;
}

bool hold_on(const struct session *s, uint64_t now)
{
	return is_server(s) && s->state == STATE_OPEN && s->busy && now < s->busy->hold_until;
}

bool hold_waits(const struct session *s)
{
	struct slice item;

	return is_server(s) && s->state == STATE_OPEN && s->busy && s->busy->hold_until > 0 &&
	       assembly_ready(&s->busy->commands, &item);
}

bool session_holds(const struct session *s, uint64_t now)
{
	return hold_on(s, now) && hold_waits(s);
}

/* While it was held the stream was not read: the peer's time begins anew. */
void hold_released(struct session *s, uint64_t now)
{
	if (!is_server(s) || s->link == SESSION_DGRAM)
		return;
	session_excuse_silence(s, now);
	s->busy->stream.record_began_at = now;
}

/* On UDP a client knows by acknowledgements that its commands are in; here it would hear nothing. */
static uint64_t sign_due(const struct session *s)
{
	bool stream = s->link == SESSION_STREAM;

	return stream && !s->pong_due && hold_waits(s) ? s->busy->sent_at + HOLD_SIGN
						       : TIMERQ_NEVER;
}

void hold_note(struct session *s, uint64_t now)
{
	struct slice item;

	if (!is_server(s) || !s->busy)
		return;
	if (s->link == SESSION_STREAM && s->terms->identity && s->records_out == 0 && hold_waits(s))
		s->pong_due = true;
	bool gap = s->busy->commands.count > 0 && !assembly_ready(&s->busy->commands, &item);
	if (gap && s->busy->gap_at == s->busy->commands.next)
		return;
	s->busy->gap_at = gap ? s->busy->commands.next : 0;
	s->busy->gap_since = now;
}

static bool gap_open(const struct session *s)
{
	return is_server(s) && s->state == STATE_OPEN && s->busy && s->busy->gap_at != 0;
}

/* While a command is held back nothing but silence can run out: what would end the rest may have come. */
uint64_t hold_deadline(const struct session *s, uint64_t others)
{
	uint64_t idle = s->heard_at + SESSION_IDLE_TIMEOUT, sign = sign_due(s);

	if (hold_waits(s)) {
		uint64_t until = s->busy->hold_until < idle ? s->busy->hold_until : idle;
		return sign < until ? sign : until;
	}
	uint64_t gap = gap_open(s) ? s->busy->gap_since + SESSION_GAP_TIMEOUT : TIMERQ_NEVER;
	return gap < others ? gap : others;
}

bool hold_overdue(const struct session *s, uint64_t now)
{
	return gap_open(s) && now >= s->busy->gap_since + SESSION_GAP_TIMEOUT;
}

void hold_tick(struct session *s, uint64_t now)
{
	if (now >= sign_due(s))
		s->pong_due = true;
}
