/*
 * The rooms that a server's session follows: what of their logs is due, and what has arrived.
 *
 * A client tells by CURSOR how far it has a room.  A CURSOR may be lost, and no other comes before there
 * is news; so where a reader waits for one, it is enough that nothing it sent is missing any more.
 */
#include "proto/session_parts.h"

/* Readers that have come to their end. */
static void reap(struct session *s)
{
	for (uint32_t i = s->server.readers.count; i-- > 0;)
		if (reader_done(readers_at(&s->server.readers, i)))
			readers_remove(&s->server.readers, readers_at(&s->server.readers, i));
}

enum err session_follow(struct session *s, uint32_t room, uint64_t first)
{
	if (s->state == STATE_CLOSING || s->state == STATE_ENDED)
		return ERR_NONE;
	return readers_follow(&s->server.readers, room, first);
}

void session_unfollow(struct session *s, uint32_t room, uint64_t last)
{
	struct reader *r = readers_find(&s->server.readers, room);

	if (!r)
		return;
	reader_end(r, last);
	follow_settled(s);
}

/* On a stream a frame is never in parts. */
void session_changed(struct session *s, uint32_t room, uint64_t seq)
{
	struct reader *r = readers_find(&s->server.readers, room);

	if (r && s->link == SESSION_DGRAM)
		reader_changed(r, seq);
}

/* ---- what is due ------------------------------------------------------------------------------- */

static uint64_t head_of(const struct session *s, const struct reader *r)
{
	uint64_t head = s->terms->log->head(s->terms->log_ctx, r->room);

	return head < r->last ? head : r->last;
}

enum log_state follow_frame(const struct session *s, uint32_t room, uint64_t seq,
			    struct slice *frame)
{
	uint32_t one = 1;

	return s->terms->log->run(s->terms->log_ctx, room, seq, 0, frame, &one);
}

/* Who leaves a room does not miss what it forgot; who is in it has to begin anew. */
static void gone(struct session *s, uint64_t now, struct reader *r)
{
	if (r->last == READER_NO_END || s->state == STATE_CLOSING)
		session_give_up(s, now, CODE_TOO_SLOW);
	else
		reader_skip(r);
}

/* There is more, and most likely it does not fit: not worth a look. */
static bool is_cut(const struct reader_item *item, const struct follow_run *run,
		   const struct buf *room)
{
	return run->count < item->count && buf_room(room) < run->frames.len / run->count;
}

/* Its next run, of so many bytes, if that is more than one event. */
static enum follow_step put_next(struct session *s, uint64_t now, struct reader *r, uint64_t head,
				 const struct follow_to *to, size_t max_bytes)
{
	const struct session_log *log = s->terms->log;
	struct reader_item item;
	struct follow_run run;
	enum follow_step step;

	if (!reader_due(r, head, &item))
		return FOLLOW_NOTHING;
	run.count = item.count;
	switch (log->run(s->terms->log_ctx, r->room, item.seq, max_bytes, &run.frames,
			 &run.count)) {
	case LOG_HERE:
		step = to->put(s, to->to, r, &item, &run);
		return step == FOLLOW_SENT && is_cut(&item, &run, to->room) ? FOLLOW_PASSED : step;
	case LOG_LATER:
		break;
	case LOG_GONE:
		gone(s, now, r);
		return s->bye_forced ? FOLLOW_FULL : FOLLOW_NOTHING;
	}
	return FOLLOW_NOTHING;
}

/* Of what is left for so many rooms, one's. */
static size_t share(const struct follow_to *to, uint32_t rooms)
{
	size_t one = buf_room(to->room) / rooms;

	return one < to->run_max ? one : to->run_max;
}

/*
 * A run of each room in turn, so that none waits for another's backlog.  Who had to wait is the first next
 * time.
 */
bool follow_put(struct session *s, uint64_t now, const struct follow_to *to)
{
	struct readers *all = &s->server.readers;
	uint64_t heads[WIRE_ROOMS_MAX];
	uint32_t passed = all->count, round = 0; /* rooms that have yet to come in this round */
	uint64_t done = 0;			 /* set of those that have nothing more for now */

	_Static_assert(WIRE_ROOMS_MAX <= 64, "the readers fit a 64-bit set");
	for (uint32_t i = 0; i < all->count; i++)
		heads[i] = head_of(s, readers_at(all, i));
	for (uint32_t left = all->count; left > 0; all->turn = (all->turn + 1) % all->count) {
		if (done >> all->turn & 1)
			continue;
		round = round > 0 ? round : left;
		enum follow_step step = put_next(s, now, readers_at(all, all->turn),
						 heads[all->turn], to, share(to, round--));
		if (passed == all->count && (step == FOLLOW_PASSED || step == FOLLOW_FULL))
			passed = all->turn;
		if (step == FOLLOW_FULL)
			break;
		if (step == FOLLOW_SENT)
			continue;
		done |= UINT64_C(1) << all->turn;
		left--;
	}
	bool some_left = passed < all->count;
	if (some_left)
		all->turn = passed;
	reap(s);
	return !some_left;
}

bool follow_level(struct session *s)
{
	for (uint32_t i = 0; i < s->server.readers.count; i++) {
		const struct reader *r = readers_at(&s->server.readers, i);
		if (r->again_count > 0 || r->next <= head_of(s, r))
			return false;
	}
	return true;
}

bool follow_missed(struct session *s)
{
	for (uint32_t i = 0; i < s->server.readers.count; i++)
		if (readers_at(&s->server.readers, i)->again_count > 0)
			return true;
	return false;
}

/* ---- what has arrived -------------------------------------------------------------------------- */

static bool refers_to(const struct sent_packet *p, uint32_t room)
{
	for (size_t i = 0; i < p->count; i++)
		if ((p->refs[i].kind == REF_EVENTS || p->refs[i].kind == REF_EVENT_PART) &&
		    p->refs[i].room == room)
			return true;
	return false;
}

static bool in_flight(const struct session *s, uint32_t room)
{
	bool dgram = s->link == SESSION_DGRAM && s->busy;
	const struct sent_packet *p;

	for (uint32_t n = 0; dgram && (p = recovery_packet(&s->busy->dgram.recovery, n)); n++)
		if (!p->settled && refers_to(p, room))
			return true;
	return false;
}

void follow_settled(struct session *s)
{
	for (uint32_t i = 0; i < s->server.readers.count; i++) {
		struct reader *r = readers_at(&s->server.readers, i);
		if (reader_waits(r) && r->again_count == 0 && !in_flight(s, r->room))
			reader_confirm_sent(r);
	}
	reap(s);
}

void follow_cursor(struct session *s, uint32_t room, uint64_t next)
{
	struct reader *r = readers_find(&s->server.readers, room);

	if (r)
		reader_confirm(r, next);
	reap(s);
}

void follow_end(struct session *s)
{
	for (uint32_t i = 0; i < s->server.readers.count; i++) {
		struct reader *r = readers_at(&s->server.readers, i);
		reader_end(r, head_of(s, r));
	}
	follow_settled(s);
}
