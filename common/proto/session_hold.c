/*
 * Commands that wait in a server's session: for their turn, because their giver has had too many; or
 * for others before them, which are lost or came in part.
 *
 * The first wait ends at a time that the caller says.  While it lasts the caller does not read a
 * stream any further, so silence on it tells nothing; what is carried out counts as heard instead.  That
 * does not go on for ever: what waits is bounded, and what takes SESSION_IDLE_TIMEOUT for one of it is
 * over.  Packets are read all the while, and silence is what it always is.
 *
 * The second wait ends when the peer sends what is missing; a peer that does not, and yet goes on being
 * heard, is sent away, since what waits takes memory from everybody (protocol.md §5).
 */
#include "proto/session_internal.h"

void session_hold(struct session *s, uint64_t until)
{
	s->hold_until = until;
}

bool hold_on(const struct session *s, uint64_t now)
{
	return s->state == STATE_OPEN && now < s->hold_until;
}

static bool ready(const struct session *s, struct slice *item)
{
	return s->incoming.next != 0 && assembly_ready(&s->incoming, item);
}

bool hold_waits(const struct session *s)
{
	struct slice item;

	return s->state == STATE_OPEN && s->hold_until > 0 && ready(s, &item);
}

bool session_holds(const struct session *s, uint64_t now)
{
	return hold_on(s, now) && hold_waits(s);
}

bool hold_item(const struct session *s, uint64_t now, struct slice *item)
{
	return !hold_on(s, now) && ready(s, item);
}

/* While it was held the stream was not read: the peer's time begins anew. */
void hold_released(struct session *s, uint64_t now)
{
	if (s->config.link == SESSION_DGRAM)
		return;
	session_excuse_silence(s, now);
	s->record_began_at = now;
}

void hold_note(struct session *s, uint64_t now)
{
	struct slice item;
	bool gap = s->config.role == SESSION_SERVER && s->incoming.count > 0 && !ready(s, &item);

	/* On UDP a client knows by an acknowledgement that it is in; here it would hear nothing. */
	if (s->config.link == SESSION_STREAM && s->config.identity && s->records_out == 0 &&
	    hold_waits(s))
		s->pong_due = true;
	if (gap && s->gap_at == s->incoming.next)
		return;
	s->gap_at = gap ? s->incoming.next : 0;
	s->gap_since = now;
}

/* While a command is held back nothing but silence can run out: what would end the rest may have come. */
uint64_t hold_deadline(const struct session *s, uint64_t others)
{
	uint64_t gap = s->gap_since + SESSION_GAP_TIMEOUT;
	uint64_t idle = s->heard_at + SESSION_IDLE_TIMEOUT;

	if (hold_waits(s))
		return s->hold_until < idle ? s->hold_until : idle;
	return s->state == STATE_OPEN && s->gap_at != 0 && gap < others ? gap : others;
}

bool hold_overdue(const struct session *s, uint64_t now)
{
	return s->state == STATE_OPEN && s->gap_at != 0 &&
	       now >= s->gap_since + SESSION_GAP_TIMEOUT;
}
