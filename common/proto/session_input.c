/*
 * What both links read alike: units (one packet or one record) of frames, what each frame means, and
 * what the caller is told.
 *
 * A unit is walked one frame at a time, so that the caller can answer between them.  One with
 * something in it that has no place is finished, but on a datagram link not acknowledged: the peer
 * sends what it carried again.
 */
#include "proto/session_parts.h"

#include <string.h>

/* ---- what frames mean ------------------------------------------------------------------------ */

struct assembly *input_items(struct session *s)
{
	if (s->role == SESSION_SERVER)
		return s->busy ? &s->busy->commands : NULL;
	struct heard_room *r = hearing_find(&s->client->hearing, s->client->room);
	return r ? &r->incoming : NULL;
}

/* An item whose turn it is: given out, and used up by the next call. */
static enum input_step give_item(struct session *s, const struct frame *f, struct session_event *ev)
{
	s->given = true;
	if (s->state != STATE_OPEN)
		return INPUT_MORE;
	if (s->role == SESSION_SERVER) {
		ev->kind = SESSION_COMMAND;
		ev->command = f->command;
	} else {
		ev->kind = SESSION_EVENT;
		ev->heard.event = f->event;
		ev->heard.raw = f->raw;
	}
	return INPUT_GAVE;
}

/* One that was held: whether it is what its parts, or its number, said. */
static enum input_step give_held(struct session *s, struct slice bytes, struct session_event *ev)
{
	bool server = s->role == SESSION_SERVER;
	struct frame f;

	if (frame_get(&bytes, &f) != ERR_NONE || bytes.len != 0 ||
	    f.type != (server ? FRAME_COMMAND : FRAME_EVENT))
		return INPUT_BROKEN;
	if ((server ? f.command.id : f.event.seq) != input_items(s)->next ||
	    (!server && f.event.room != s->client->room))
		return INPUT_BROKEN;
	return give_item(s, &f, ev);
}

static enum assembly_verdict assemble(struct session *s, uint64_t now, uint64_t id,
				      const struct frame *f)
{
	struct assembly *a = input_items(s);

	if (f->type != FRAME_COMMAND && f->type != FRAME_EVENT)
		return assembly_part(a, &f->part);
	return hold_on(s, now) ? assembly_keep(a, id, f->raw) : assembly_whole(a, id, f->raw);
}

/* On a datagram link it will come again.  A stream is over; it may be that only we lack the room. */
enum input_step input_refuse(struct session *s, uint64_t now)
{
	s->unit_refused = true;
	if (s->link == SESSION_DGRAM)
		return INPUT_REFUSED;
	if (hold_on(s, now))
		session_give_up(s, now, CODE_SERVER_FULL);
	return INPUT_BROKEN;
}

enum input_step input_item(struct session *s, uint64_t now, uint64_t id, const struct frame *f,
			   struct session_event *ev)
{
	switch (assemble(s, now, id, f)) {
	case ASSEMBLY_NOW:
		return give_item(s, f, ev);
	case ASSEMBLY_NO_ROOM:
		return input_refuse(s, now);
	case ASSEMBLY_BROKEN:
		return INPUT_BROKEN;
	case ASSEMBLY_KEPT:
	case ASSEMBLY_OLD:
		break;
	}
	return INPUT_MORE;
}

static enum input_step take_hello(struct session *s, uint64_t now, const struct frame *f)
{
	if (s->state != STATE_OPENING || f->version != WIRE_VERSION)
		return INPUT_BROKEN;
	s->hello_due = s->role == SESSION_SERVER;
	session_opened(s, now);
	return INPUT_MORE;
}

static enum input_step take_pong(struct session *s, uint64_t now, uint64_t token)
{
	if (s->role == SESSION_SERVER || token != s->client->ping_token ||
	    s->client->ping_sent_at == 0)
		return INPUT_MORE;
	s->client->rtt_us = now - s->client->ping_sent_at;
	s->client->ping_sent_at = 0; /* a second answer measures nothing */
	return INPUT_MORE;
}

static enum input_step take_frame(struct session *s, uint64_t now, const struct frame *f,
				  struct session_event *ev)
{
	switch (f->type) {
	case FRAME_PADDING:
		break;
	case FRAME_PING:
		s->pong_due = true;
		s->busy->pong_token = f->token;
		break;
	case FRAME_PONG:
		return take_pong(s, now, f->token);
	case FRAME_ACK:
		dgram_ack(s, now, &f->ack);
		break;
	case FRAME_BYE:
		if (s->link == SESSION_DGRAM)
			dgram_bye_heard(s, now);
		session_end(s, f->bye.code, (const char *)f->bye.text.data, f->bye.text.len, true);
		break;
	case FRAME_HELLO:
		return take_hello(s, now, f);
	case FRAME_PATH_CHALLENGE:
		s->path_due = true;
		s->busy->path_token = f->token;
		s->busy->dgram.probes = 1; /* what fills the window may wait for this answer */
		break;
	case FRAME_PATH_RESPONSE:
		s->busy->path_token = f->token;
		s->path_told = true;
		break;
	case FRAME_COMMAND:
		return input_item(s, now, f->command.id, f, ev);
	case FRAME_COMMAND_PART:
		return input_item(s, now, f->part.id, f, ev);
	case FRAME_REPLY:
		return hear_reply(s, now, &f->reply, ev);
	case FRAME_REPLY_PART:
		return hear_reply_part(s, now, &f->part, ev);
	case FRAME_EVENT:
	case FRAME_EVENT_PART:
		return hear_event(s, now, f, ev);
	case FRAME_CURSOR:
		follow_cursor(s, f->cursor.room, f->cursor.next);
		break;
	}
	return INPUT_MORE;
}

/* Which end may send a frame, over which link, and whether before the session is open. */
static bool frame_legal(const struct session *s, enum frame_type t)
{
	enum { CLIENT = 1, SERVER = 2, DGRAM = 4, STREAM = 8, EARLY = 16 };
	static const uint8_t legal[] = {
		[FRAME_PADDING] = CLIENT | SERVER | DGRAM | STREAM,
		[FRAME_PING] = CLIENT | SERVER | DGRAM | STREAM,
		[FRAME_PONG] = CLIENT | SERVER | DGRAM | STREAM,
		[FRAME_ACK] = CLIENT | SERVER | DGRAM,
		[FRAME_BYE] = CLIENT | SERVER | DGRAM | STREAM | EARLY,
		[FRAME_HELLO] = CLIENT | SERVER | STREAM | EARLY,
		[FRAME_PATH_CHALLENGE] = SERVER | DGRAM,
		[FRAME_PATH_RESPONSE] = CLIENT | DGRAM,
		[FRAME_COMMAND] = CLIENT | DGRAM | STREAM,
		[FRAME_COMMAND_PART] = CLIENT | DGRAM,
		[FRAME_REPLY] = SERVER | DGRAM | STREAM,
		[FRAME_REPLY_PART] = SERVER | DGRAM,
		[FRAME_EVENT] = SERVER | DGRAM | STREAM,
		[FRAME_EVENT_PART] = SERVER | DGRAM,
		[FRAME_CURSOR] = CLIENT | DGRAM,
	};
	unsigned need = (s->role == SESSION_SERVER ? CLIENT : SERVER) |
			(s->link == SESSION_DGRAM ? DGRAM : STREAM) |
			(s->state == STATE_OPENING ? EARLY : 0);

	return (legal[t] & need) == need;
}

/* ---- input ----------------------------------------------------------------------------------- */

bool session_feed(struct session *s, uint64_t now, void *bytes, size_t n)
{
	if (s->state == STATE_ENDED)
		return false;
	if (!session_wake(s, now)) {
		if (s->link == SESSION_STREAM) /* what came is lost */
			session_end(s, CODE_SERVER_FULL, "", 0, false);
		return false;
	}
	if (s->link == SESSION_DGRAM)
		return dgram_feed(s, now, bytes, n);
	if (!s->bye_forced) /* a stream that was given up is not read any more */
		s->busy->feed = slice_of(bytes, n);
	return false;
}

void session_hangup(struct session *s, uint64_t now)
{
	bool refused = s->state == STATE_OPENING && s->role == SESSION_CLIENT &&
		       s->terms->identity && s->secure.ready;

	(void)now;
	session_end(s, refused ? CODE_NOT_ACCEPTED : CODE_TIMED_OUT, "", 0, false);
}

/* A datagram that breaks the rules is dropped; on a stream nothing after it can be trusted. */
static void broken(struct session *s, uint64_t now)
{
	s->in_unit = false;
	if (s->link == SESSION_STREAM) {
		s->busy->feed = slice_of(NULL, 0);
		records_wipe(&s->busy->stream.records);
		session_give_up(s, now, CODE_PROTOCOL);
	}
}

/* Cuts the next record out of what was fed; false: there is none. */
static bool next_record(struct session *s, uint64_t now)
{
	bool partial = records_partial(&s->busy->stream.records);
	enum err e = records_next(&s->busy->stream.records, &s->busy->feed, &s->busy->frames);

	if (e == ERR_NONE) {
		s->in_unit = true;
		stream_record(s, now, s->busy->frames);
		return true;
	}
	if (e != ERR_TRUNCATED && s->terms->identity)
		stream_spoilt(s);
	else if (e != ERR_TRUNCATED)
		broken(s, now);
	else if (!partial && records_partial(&s->busy->stream.records))
		s->busy->stream.record_began_at = now;
	return false;
}

static void unit_done(struct session *s, uint64_t now)
{
	s->in_unit = false;
	if (s->state == STATE_OPEN)
		handshake_end(s); /* its last frames were just read */
	if (s->role == SESSION_CLIENT)
		hear_ahead_end(s);
	if (s->link == SESSION_DGRAM)
		dgram_unit_done(s, now);
}

static bool decode_frame(struct session *s, struct frame *f)
{
	struct slice *frames = &s->busy->frames;

	if (s->role == SESSION_CLIENT && hear_ahead_next(s, frames, f))
		return true;
	return frame_get(frames, f) == ERR_NONE;
}

/* One frame of the unit under way. */
static enum input_step next_frame(struct session *s, uint64_t now, struct session_event *ev)
{
	struct frame f;

	if (s->state != STATE_OPENING) /* where it is not legal */
		frames_skip_padding(&s->busy->frames);
	if (s->busy->frames.len == 0) {
		unit_done(s, now);
		return INPUT_MORE;
	}
	if (!decode_frame(s, &f) || !frame_legal(s, f.type))
		return INPUT_BROKEN;
	return take_frame(s, now, &f, ev);
}

static bool tell_ended(struct session *s, struct session_event *ev)
{
	if (s->end_told)
		return false;
	s->end_told = true;
	*ev = (struct session_event){.kind = SESSION_ENDED};
	ev->ended.code = s->end_code;
	ev->ended.text = slice_of(session_end_text(s), strlen(session_end_text(s)));
	ev->ended.by_peer = s->end_by_peer;
	return true;
}

static enum input_step next_item(struct session *s, uint64_t now, struct slice item,
				 struct session_event *ev)
{
	hold_released(s, now);
	enum input_step step = give_held(s, item, ev);
	if (step == INPUT_BROKEN) {
		/* parts that were whole each, and nonsense together: no repeat mends that */
		session_give_up(s, now, CODE_PROTOCOL);
		assembly_wipe(input_items(s));
	}
	return step == INPUT_GAVE ? INPUT_GAVE : INPUT_MORE;
}

/* False: nothing more is there. */
static bool next_unit(struct session *s, uint64_t now)
{
	if (s->in_unit || (s->link == SESSION_STREAM && s->busy && next_record(s, now)))
		return true;
	hold_note(s, now);
	session_rest_if_done(s, now);
	return false;
}

/* What was given out last is done with. */
static void use_up(struct session *s)
{
	if (s->given)
		assembly_advance(input_items(s));
	s->given = false;
	if (s->role == SESSION_CLIENT)
		hear_used(s);
}

/* What waited and waits no longer: the next item, held and complete. */
static bool held_item(struct session *s, uint64_t now, struct slice *item)
{
	const struct assembly *a = input_items(s);

	return a && a->next != 0 && !hold_on(s, now) && assembly_ready(a, item);
}

bool session_event(struct session *s, uint64_t now, struct session_event *ev)
{
	struct slice item;

	for (;;) {
		use_up(s);
		if (s->state == STATE_OPEN && !s->opened_told) {
			s->opened_told = true;
			*ev = (struct session_event){.kind = SESSION_OPENED};
			ev->key = s->terms->identity ? s->busy->remote : NULL;
			return true;
		}
		if (s->path_told) {
			s->path_told = false;
			*ev = (struct session_event){.kind = SESSION_PATH,
						     .path = s->busy->path_token};
			return true;
		}
		if (s->state == STATE_ENDED)
			return tell_ended(s, ev);
		bool held = held_item(s, now, &item);
		if (!held && !next_unit(s, now))
			return s->state == STATE_ENDED && tell_ended(s, ev);
		if (!held && (!s->in_unit || (s->state == STATE_OPEN && !s->opened_told)))
			continue; /* it was a step of the handshake */
		enum input_step step = held ? next_item(s, now, item, ev) : next_frame(s, now, ev);
		if (step == INPUT_GAVE)
			return true;
		if (step == INPUT_BROKEN)
			broken(s, now);
	}
}
