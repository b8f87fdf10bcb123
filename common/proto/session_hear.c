/*
 * What a client hears: replies as they come, whole or in parts, and the events of every room that it is
 * in, each room's in order.
 *
 * A reply to JOIN or ENTER says which room it is and where that begins.  Over UDP events may overtake
 * it; those are refused, and come again.  A room of two is opened by somebody else, and nothing says so
 * but its first event.
 */
#include "proto/session_parts.h"

#include <stdlib.h>

/* No room gets this far: of what begins before, no number will be too big for a varint. */
#define FIRST_MAX (BUF_VARINT_MAX / 2)

/* About as many as a packet can have of the shortest, which joins are.  Others are decoded again when it
 * is their turn. */
enum { AHEAD_MAX = 64 };

struct ahead {
	size_t count, at; /* events; of them, those whose turn has been */
	struct {
		struct event event;
		struct slice raw;
	} events[AHEAD_MAX];
};

void hear_wipe(struct session *s)
{
	hear_used(s);
	hear_ahead_end(s);
	hearing_wipe(&s->client->hearing);
}

void hear_used(struct session *s)
{
	if (!s->client->reply)
		return;
	free(s->client->reply);
	s->client->reply = NULL;
}

void hear_ahead(struct session *s, const struct frame *f)
{
	struct ahead *a = s->client->ahead;

	if (f->type != FRAME_EVENT)
		return;
	if (!a) {
		a = s->client->ahead = malloc(sizeof(*a));
		if (!a)
			return;
		a->count = a->at = 0;
	}
	if (a->count == AHEAD_MAX)
		return;
	a->events[a->count].event = f->event;
	a->events[a->count++].raw = f->raw;
}

bool hear_ahead_next(struct session *s, struct slice *frames, struct frame *f)
{
	struct ahead *a = s->client->ahead;

	if (!a || a->at == a->count || a->events[a->at].raw.data != frames->data)
		return false;
	f->type = FRAME_EVENT;
	f->event = a->events[a->at].event;
	f->raw = a->events[a->at++].raw;
	(void)slice_bytes(frames, f->raw.len);
	return true;
}

void hear_ahead_end(struct session *s)
{
	if (!s->client->ahead)
		return;
	free(s->client->ahead);
	s->client->ahead = NULL;
}

static bool enters(enum command_kind kind)
{
	return kind == COMMAND_JOIN || kind == COMMAND_ENTER;
}

/* How many rooms may still be entered by what has no reply yet. */
static uint32_t entering(const struct session *s)
{
	uint32_t n = 0;

	for (const struct outgoing *o = s->busy->outgoing.first; o; o = o->next)
		n += enters(o->kind);
	return n;
}

/* On a stream a reply that finds no place cannot come again. */
enum err hear_expect(struct session *s, enum command_kind kind)
{
	return enters(kind) ? hearing_reserve(&s->client->hearing, entering(s) + 1) : ERR_NONE;
}

uint64_t session_heard(const struct session *s, uint32_t room)
{
	const struct heard_room *r = hearing_find(&s->client->hearing, room);
	bool given = s->given && s->client->room == room;

	return r && r->incoming.next > 0 ? r->incoming.next - !given : 0;
}

/* ---- events ------------------------------------------------------------------------------------ */

static enum input_step open_room(struct session *s, uint64_t now, uint32_t room, uint64_t first)
{
	switch (hearing_open(&s->client->hearing, room, first)) {
	case ERR_NONE:
		return INPUT_MORE;
	case ERR_FULL: /* another session may begin with those that it is in */
		session_give_up(s, now, CODE_PROTOCOL);
		return INPUT_BROKEN;
	default:
		return input_refuse(s, now);
	}
}

/* Events may be of a room that is being entered.  On a stream the reply that tells of it came before. */
static bool overtaken(const struct session *s)
{
	return s->link == SESSION_DGRAM && entering(s) > 0;
}

/* An event of a room that is not heard. */
static enum input_step hear_new(struct session *s, uint64_t now, uint32_t room)
{
	if (s->client->hearing.count == 0 || overtaken(s))
		return input_refuse(s, now);
	return open_room(s, now, room, 1);
}

enum input_step hear_event(struct session *s, uint64_t now, const struct frame *f,
			   struct session_event *ev)
{
	bool whole = f->type == FRAME_EVENT;
	uint32_t room = whole ? f->event.room : f->part.room;
	uint64_t seq = whole ? f->event.seq : f->part.id;

	struct heard_room *r = hearing_find(&s->client->hearing, room);
	if (!r) {
		enum input_step step = hear_new(s, now, room);
		if (step != INPUT_MORE)
			return step;
		r = hearing_find(&s->client->hearing, room);
	}
	hearing_turn_to(&s->client->hearing, r);
	if (r->left && seq >= r->incoming.next && overtaken(s))
		return input_refuse(s, now);
	s->client->room = room;
	r->news = NEWS_DUE;
	r->left = r->left && seq < r->incoming.next; /* or it is followed again */
	return input_item(s, now, seq, f, ev);
}

/* ---- replies ----------------------------------------------------------------------------------- */

/* Replies may overtake each other: what a newer command did to the room stays. */
static enum input_step enter(struct session *s, uint64_t now, const struct outgoing *o,
			     const struct reply *r)
{
	bool join = o->kind == COMMAND_JOIN;
	uint32_t room = join ? o->room : r->room;
	struct heard_room *known = hearing_find(&s->client->hearing, room);

	if (!join && r->first == 0) /* one is in it, and goes on hearing it */
		return INPUT_MORE;
	if (room == 0 || r->first == 0 || r->first > FIRST_MAX || (join && known))
		return INPUT_BROKEN;
	if (!known) {
		enum input_step step = open_room(s, now, room, r->first);
		if (step != INPUT_MORE)
			return step;
		known = hearing_find(&s->client->hearing, room);
	}
	if (o->id < known->asked)
		return INPUT_MORE;
	known->asked = o->id;
	known->left = false;
	hearing_skip(known, r->first);
	s->client->room = room;
	return INPUT_MORE;
}

/*
 * What was on its way up to one's own leaving is not heard any more.  A room that is not known may be
 * one whose ENTER was answered before, by a reply that is still on its way.
 */
static void leave(struct session *s, const struct outgoing *o, const struct reply *r)
{
	struct hearing *h = &s->client->hearing;
	uint64_t next = r->seq < FIRST_MAX ? r->seq + 1 : 1;

	if (!hearing_find(h, o->room) &&
	    (entering(s) == 0 || hearing_open(h, o->room, next) != ERR_NONE))
		return;
	struct heard_room *known = hearing_find(h, o->room);
	if (o->id < known->asked)
		return;
	known->asked = o->id;
	known->left = true;
	hearing_skip(known, next);
	s->client->room = o->room;
}

enum input_step hear_reply(struct session *s, uint64_t now, const struct reply *r,
			   struct session_event *ev)
{
	const struct outgoing *o = outgoing_find(&s->busy->outgoing, r->id);
	enum input_step step = INPUT_MORE;

	if (!o) /* a second copy of what we have, or an answer to nothing */
		return r->id <= s->client->last_id ? INPUT_MORE : INPUT_BROKEN;
	if (!reply_sound(r, o->kind))
		return INPUT_BROKEN;
	if (enters(o->kind) && r->code == CODE_OK)
		step = enter(s, now, o, r);
	else if (o->kind == COMMAND_PART && r->code == CODE_OK)
		leave(s, o, r);
	if (step != INPUT_MORE)
		return step;
	outgoing_remove(&s->busy->outgoing, r->id);
	*ev = (struct session_event){.kind = SESSION_REPLY, .reply = *r};
	return INPUT_GAVE;
}

/* All parts of a reply are there. */
static enum input_step hear_whole(struct session *s, uint64_t now, struct outgoing *o,
				  struct session_event *ev)
{
	struct pieces *whole = o->reply;
	struct slice bytes = slice_of(whole->bytes, whole->total);
	enum input_step step = INPUT_BROKEN;
	struct frame f;

	if (frame_get(&bytes, &f) == ERR_NONE && bytes.len == 0 && f.type == FRAME_REPLY &&
	    f.reply.id == o->id) {
		o->reply = NULL; /* it would go with its command */
		step = hear_reply(s, now, &f.reply, ev);
	}
	if (step == INPUT_GAVE)
		s->client->reply = whole;
	else
		o->reply = whole;
	if (step == INPUT_BROKEN)
		session_give_up(s, now, CODE_PROTOCOL); /* no repeat mends that */
	return step;
}

enum input_step hear_reply_part(struct session *s, uint64_t now, const struct part *part,
				struct session_event *ev)
{
	struct outgoing *o = outgoing_find(&s->busy->outgoing, part->id);

	if (!o)
		return part->id <= s->client->last_id ? INPUT_MORE : INPUT_BROKEN;
	if (!o->reply)
		o->reply = pieces_new(part->total);
	if (!o->reply)
		return input_refuse(s, now);
	if (pieces_put(o->reply, part) == PIECES_BROKEN)
		return INPUT_BROKEN;
	return o->reply->missing ? INPUT_MORE : hear_whole(s, now, o, ev);
}
