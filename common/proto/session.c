/*
 * What both links share: the life of a session, what each frame means to it, commands and replies.
 *
 * Input is a unit (one packet or one record) of frames, walked one frame at a time so that the
 * caller can answer between them.  A unit with something in it that has no place is finished, but on
 * a datagram link not acknowledged: the peer sends what it carried again.
 */
#include "proto/session_internal.h"

#include "proto/timerq.h"

#include <stdlib.h>
#include <string.h>

enum {
	COMMANDS_HELD_MAX = 128 * 1024,
	EVENTS_HELD_MAX = 4 * 1024 * 1024,
	LAST_WORDS = 1000 * 1000, /* how long a goodbye may take to get out, microseconds */
};

/* No room gets this far: of what begins before, no number will be too big for a varint. */
#define FIRST_MAX (BUF_VARINT_MAX / 2)

/* ---- life ------------------------------------------------------------------------------------ */

struct session *session_new(const struct session_config *config, uint64_t now)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *config;
	s->heard_at = s->sent_at = now;
	s->opened_by = now + SESSION_OPEN_TIMEOUT;
	if (config->role == SESSION_SERVER)
		assembly_open(&s->incoming, 1, WIRE_COMMANDS_MAX, COMMANDS_HELD_MAX);
	if (config->link == SESSION_DGRAM)
		dgram_init(s, now);
	else
		s->hello_due = config->role == SESSION_CLIENT;
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	while (s->outgoing.first)
		outgoing_remove(&s->outgoing, s->outgoing.first->id);
	assembly_wipe(&s->incoming);
	records_wipe(&s->records);
	if (s->config.link == SESSION_DGRAM)
		dgram_wipe(s);
	free(s);
}

void session_opened(struct session *s, uint64_t now)
{
	s->state = STATE_OPEN;
	session_heard_now(s, now);
}

void session_asked(struct session *s, uint64_t now)
{
	if (!s->asking)
		s->asked_at = now;
	s->asking = true;
}

void session_heard_now(struct session *s, uint64_t now)
{
	s->heard_at = now;
	s->asking = false;
}

void session_end(struct session *s, enum code code, const char *text, size_t len, bool by_peer)
{
	if (s->state == STATE_ENDED)
		return;
	if (s->state != STATE_CLOSING) {
		s->end_code = code;
		len = text_clip(text, len, WIRE_REASON_MAX);
		memcpy(s->end_text, text, len);
		s->end_text[len] = '\0';
	}
	s->end_by_peer = by_peer;
	s->state = STATE_ENDED;
	s->in_unit = false;
}

void session_close(struct session *s, uint64_t now, enum code code, const char *text)
{
	if (s->state == STATE_CLOSING || s->state == STATE_ENDED)
		return;
	if (s->state == STATE_OPENING && s->config.link == SESSION_DGRAM) {
		session_end(s, code, text, strlen(text), false);
		return;
	}
	size_t len = text_clip(text, strlen(text), WIRE_REASON_MAX);
	s->close_head = session_head(s);
	s->close_by = now + SESSION_DRAIN_TIMEOUT;
	s->end_code = code;
	memcpy(s->end_text, text, len);
	s->end_text[len] = '\0';
	s->bye_due = true;
	s->state = STATE_CLOSING;
}

/*
 * The peer broke the rules, or fell behind: nothing more for it but the goodbye.  Doing so again
 * gains it no time.
 */
void session_give_up(struct session *s, uint64_t now, enum code code)
{
	if (s->bye_forced)
		return;
	session_close(s, now, code, "");
	s->bye_forced = true;
	s->close_by = now + LAST_WORDS;
}

bool session_ended(const struct session *s)
{
	return s->state == STATE_ENDED;
}

bool session_open(const struct session *s)
{
	return s->state == STATE_OPEN;
}

uint64_t session_head(const struct session *s)
{
	if (s->reader.room == 0)
		return 0;
	if (s->state == STATE_CLOSING)
		return s->close_head;
	return s->config.log->head(s->config.log_ctx, s->reader.room);
}

/* Nothing is left to send before the goodbye; a client does not wait to hear that it arrived. */
bool session_drained(const struct session *s)
{
	if (s->config.role == SESSION_CLIENT)
		return !outgoing_due(&s->outgoing);
	bool read = s->config.link == SESSION_DGRAM
			    ? reader_done(&s->reader, s->close_head)
			    : s->reader.room == 0 || s->reader.next > s->close_head;
	return read && s->outgoing.count == 0;
}

bool session_bye_ready(const struct session *s)
{
	return s->state == STATE_CLOSING && s->bye_due && (s->bye_forced || session_drained(s));
}

/* ---- what frames mean ------------------------------------------------------------------------ */

enum step { STEP_MORE, STEP_GAVE, STEP_BROKEN };

/* An item of `incoming` whose turn it is: decoded and given out, used up by the next call. */
static enum step give_item(struct session *s, struct slice bytes, struct session_event *ev)
{
	bool server = s->config.role == SESSION_SERVER;
	struct frame f;

	if (frame_get(&bytes, &f) != ERR_NONE || bytes.len != 0 ||
	    f.type != (server ? FRAME_COMMAND : FRAME_EVENT))
		return STEP_BROKEN;
	if ((server ? f.command.id : f.event.seq) != s->incoming.next)
		return STEP_BROKEN;
	s->given = true;
	if (s->state != STATE_OPEN)
		return STEP_MORE;
	if (server) {
		*ev = (struct session_event){.kind = SESSION_COMMAND, .command = f.command};
		return STEP_GAVE;
	}
	*ev = (struct session_event){.kind = SESSION_EVENT};
	ev->heard.event = f.event;
	ev->heard.raw = f.raw;
	return STEP_GAVE;
}

static enum step take_item(struct session *s, uint64_t id, const struct frame *f,
			   struct session_event *ev)
{
	bool whole = f->type == FRAME_COMMAND || f->type == FRAME_EVENT;

	switch (whole ? assembly_whole(&s->incoming, id, f->raw)
		      : assembly_part(&s->incoming, &f->part)) {
	case ASSEMBLY_NOW:
		return give_item(s, f->raw, ev);
	case ASSEMBLY_NO_ROOM:
		s->unit_refused = true;
		return s->config.link == SESSION_DGRAM ? STEP_MORE : STEP_BROKEN;
	case ASSEMBLY_BROKEN:
		return STEP_BROKEN;
	case ASSEMBLY_KEPT:
	case ASSEMBLY_OLD:
		break;
	}
	return STEP_MORE;
}

static enum step take_event(struct session *s, const struct frame *f, struct session_event *ev)
{
	bool whole = f->type == FRAME_EVENT;

	if ((whole ? f->event.room : f->part.room) != s->room && s->incoming.next != 0)
		return STEP_BROKEN;
	return take_item(s, whole ? f->event.seq : f->part.id, f, ev);
}

static enum step take_reply(struct session *s, const struct reply *r, struct session_event *ev)
{
	struct outgoing *o = outgoing_find(&s->outgoing, r->id);

	if (!o) /* a second copy of what we have, or an answer to nothing */
		return r->id <= s->last_id ? STEP_MORE : STEP_BROKEN;
	if (o->kind == COMMAND_JOIN && r->code == CODE_OK) {
		if (r->first == 0 || r->first > FIRST_MAX || s->incoming.next != 0)
			return STEP_BROKEN;
		s->room = o->room;
		assembly_open(&s->incoming, r->first, WIRE_EVENTS_MAX, EVENTS_HELD_MAX);
	}
	outgoing_remove(&s->outgoing, r->id);
	*ev = (struct session_event){.kind = SESSION_REPLY, .reply = *r};
	return STEP_GAVE;
}

static enum step take_hello(struct session *s, uint64_t now, const struct frame *f)
{
	if (s->state != STATE_OPENING || f->version != WIRE_VERSION)
		return STEP_BROKEN;
	s->hello_due = s->config.role == SESSION_SERVER;
	session_opened(s, now);
	return STEP_MORE;
}

static enum step take_pong(struct session *s, uint64_t now, uint64_t token)
{
	if (token != s->ping_token || s->ping_sent_at == 0)
		return STEP_MORE;
	s->rtt_us = now - s->ping_sent_at;
	s->ping_sent_at = 0; /* a second answer measures nothing */
	return STEP_MORE;
}

static enum step take_frame(struct session *s, uint64_t now, const struct frame *f,
			    struct session_event *ev)
{
	switch (f->type) {
	case FRAME_PADDING:
		break;
	case FRAME_PING:
		s->pong_due = true;
		s->pong_token = f->token;
		break;
	case FRAME_PONG:
		return take_pong(s, now, f->token);
	case FRAME_ACK:
		dgram_ack(s, now, &f->ack);
		break;
	case FRAME_BYE:
		if (s->config.link == SESSION_DGRAM)
			dgram_bye_heard(s, now);
		session_end(s, f->bye.code, (const char *)f->bye.text.data, f->bye.text.len, true);
		break;
	case FRAME_HELLO:
		return take_hello(s, now, f);
	case FRAME_COMMAND:
		return take_item(s, f->command.id, f, ev);
	case FRAME_COMMAND_PART:
		return take_item(s, f->part.id, f, ev);
	case FRAME_REPLY:
		return take_reply(s, &f->reply, ev);
	case FRAME_EVENT:
	case FRAME_EVENT_PART:
		return take_event(s, f, ev);
	case FRAME_CURSOR:
		if (f->cursor.room == s->reader.room)
			reader_confirm(&s->reader, f->cursor.next);
		break;
	}
	return STEP_MORE;
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
		[FRAME_COMMAND] = CLIENT | DGRAM | STREAM,
		[FRAME_COMMAND_PART] = CLIENT | DGRAM,
		[FRAME_REPLY] = SERVER | DGRAM | STREAM,
		[FRAME_EVENT] = SERVER | DGRAM | STREAM,
		[FRAME_EVENT_PART] = SERVER | DGRAM,
		[FRAME_CURSOR] = CLIENT | DGRAM,
	};
	unsigned need = (s->config.role == SESSION_SERVER ? CLIENT : SERVER) |
			(s->config.link == SESSION_DGRAM ? DGRAM : STREAM) |
			(s->state == STATE_OPENING ? EARLY : 0);

	return (legal[t] & need) == need;
}

/* ---- input ----------------------------------------------------------------------------------- */

void session_feed(struct session *s, uint64_t now, const void *bytes, size_t n)
{
	if (s->state == STATE_ENDED)
		return;
	if (s->config.link == SESSION_DGRAM)
		dgram_feed(s, now, bytes, n);
	else if (!s->bye_forced) /* a stream that was given up is not read any more */
		s->feed = slice_of(bytes, n);
}

/* A datagram that breaks the rules is dropped; on a stream nothing after it can be trusted. */
static void broken(struct session *s, uint64_t now)
{
	s->in_unit = false;
	if (s->config.link == SESSION_STREAM) {
		s->feed = slice_of(NULL, 0);
		records_wipe(&s->records);
		session_give_up(s, now, CODE_PROTOCOL);
	}
}

/* Cuts the next record out of what was fed; false: there is none. */
static bool next_record(struct session *s, uint64_t now)
{
	bool partial = records_partial(&s->records);
	enum err e = records_next(&s->records, &s->feed, &s->frames);

	if (e == ERR_NONE) {
		session_heard_now(s, now);
		s->in_unit = true;
		return true;
	}
	if (e != ERR_TRUNCATED)
		broken(s, now);
	else if (!partial && records_partial(&s->records))
		s->record_began_at = now;
	return false;
}

static void unit_done(struct session *s, uint64_t now)
{
	s->in_unit = false;
	if (s->config.link == SESSION_DGRAM)
		dgram_unit_done(s, now);
}

/* One frame of the unit under way. */
static enum step next_frame(struct session *s, uint64_t now, struct session_event *ev)
{
	struct frame f;

	if (s->frames.len == 0) {
		unit_done(s, now);
		return STEP_MORE;
	}
	if (frame_get(&s->frames, &f) != ERR_NONE || !frame_legal(s, f.type))
		return STEP_BROKEN;
	return take_frame(s, now, &f, ev);
}

static bool tell_ended(struct session *s, struct session_event *ev)
{
	if (s->end_told)
		return false;
	s->end_told = true;
	*ev = (struct session_event){.kind = SESSION_ENDED};
	ev->ended.code = s->end_code;
	ev->ended.text = slice_of(s->end_text, strlen(s->end_text));
	ev->ended.by_peer = s->end_by_peer;
	return true;
}

static enum step next_step(struct session *s, uint64_t now, struct session_event *ev)
{
	struct slice item;

	if (s->incoming.next != 0 && assembly_ready(&s->incoming, &item)) {
		enum step step = give_item(s, item, ev);
		if (step == STEP_BROKEN) {
			/* parts that were whole each, and nonsense together: no repeat mends that */
			session_give_up(s, now, CODE_PROTOCOL);
			assembly_wipe(&s->incoming);
		}
		return step == STEP_GAVE ? STEP_GAVE : STEP_MORE;
	}
	return next_frame(s, now, ev);
}

bool session_event(struct session *s, uint64_t now, struct session_event *ev)
{
	for (;;) {
		if (s->given)
			assembly_advance(&s->incoming);
		s->given = false;
		if (s->state == STATE_OPEN && !s->opened_told) {
			s->opened_told = true;
			*ev = (struct session_event){.kind = SESSION_OPENED};
			return true;
		}
		if (s->state == STATE_ENDED)
			return tell_ended(s, ev);
		if (!s->in_unit && (s->config.link == SESSION_DGRAM || !next_record(s, now)))
			return s->state == STATE_ENDED && tell_ended(s, ev);
		enum step step = next_step(s, now, ev);
		if (step == STEP_GAVE)
			return true;
		if (step == STEP_BROKEN)
			broken(s, now);
	}
}

/* ---- commands and replies -------------------------------------------------------------------- */

enum err session_command(struct session *s, struct command *c)
{
	uint8_t storage[WIRE_ITEM_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	if (s->state == STATE_CLOSING || s->state == STATE_ENDED)
		return ERR_CLOSED;
	if (session_full(s))
		return ERR_FULL;
	c->id = s->last_id + 1;
	command_put(&b, c);
	if (b.failed)
		return ERR_TOO_BIG;
	struct outgoing *o = outgoing_add(&s->outgoing, c->id, &b);
	if (!o)
		return ERR_MEMORY;
	o->kind = c->kind;
	o->room = c->room;
	s->last_id = c->id;
	return ERR_NONE;
}

/*
 * By their numbers, not by their count: while one reply is missing, those to its successors may come
 * and make room for more and more, until the server forgets what it answered so long ago.
 */
bool session_full(const struct session *s)
{
	const struct outgoing *oldest = s->outgoing.first;

	return oldest && s->last_id - oldest->id + 1 >= WIRE_COMMANDS_MAX;
}

size_t session_unanswered(const struct session *s)
{
	return s->outgoing.count;
}

uint64_t session_heard(const struct session *s)
{
	return s->incoming.next == 0 ? 0 : s->incoming.next - !s->given;
}

enum err session_reply(struct session *s, const struct reply *r)
{
	uint8_t storage[WIRE_FRAMES_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	if (s->state == STATE_ENDED)
		return ERR_NONE;
	reply_put(&b, r);
	assert(!b.failed);
	/* A client has at most WIRE_COMMANDS_MAX in flight: what is older, it has. */
	while (s->outgoing.first && s->outgoing.first->id + WIRE_COMMANDS_MAX <= r->id)
		outgoing_remove(&s->outgoing, s->outgoing.first->id);
	return outgoing_add(&s->outgoing, r->id, &b) ? ERR_NONE : ERR_MEMORY;
}

void session_follow(struct session *s, uint32_t room, uint64_t first)
{
	reader_follow(&s->reader, room, first);
}

/* ---- output and time ------------------------------------------------------------------------- */

void session_put_control(struct session *s, uint64_t now, struct buf *b)
{
	if (s->hello_due)
		hello_put(b);
	if (s->pong_due)
		ping_put(b, FRAME_PONG, s->pong_token);
	if (s->ping_due) {
		ping_put(b, FRAME_PING, ++s->ping_token);
		s->ping_sent_at = now;
		session_asked(s, now);
	}
	s->hello_due = s->pong_due = s->ping_due = false;
}

bool session_output(struct session *s, uint64_t now, struct buf *out)
{
	if (s->state == STATE_ENDED && !s->bye_ack_due)
		return false;
	return s->config.link == SESSION_DGRAM ? dgram_output(s, now, out)
					       : stream_output(s, now, out);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t session_deadline(const struct session *s)
{
	uint64_t at = s->state == STATE_OPENING ? s->opened_by : s->heard_at + SESSION_IDLE_TIMEOUT;

	if (s->state == STATE_ENDED)
		return TIMERQ_NEVER;
	if (s->state == STATE_CLOSING)
		at = s->close_by;
	if (s->state == STATE_OPEN && s->config.role == SESSION_CLIENT && !s->ping_due)
		at = sooner(at, s->sent_at + SESSION_KEEPALIVE);
	if (records_partial(&s->records))
		at = sooner(at, s->record_began_at + SESSION_RECORD_TIMEOUT);
	return s->config.link == SESSION_DGRAM ? sooner(at, dgram_deadline(s)) : at;
}

static bool timed_out(const struct session *s, uint64_t now)
{
	if (s->state == STATE_OPENING)
		return now >= s->opened_by;
	return now >= s->heard_at + SESSION_IDLE_TIMEOUT ||
	       (records_partial(&s->records) && now >= s->record_began_at + SESSION_RECORD_TIMEOUT);
}

/* What was due before the goodbye took too long: the goodbye now, then the end in any case. */
static void close_overdue(struct session *s, uint64_t now)
{
	if (s->bye_due && !s->bye_forced) {
		s->bye_forced = true;
		s->close_by = now + LAST_WORDS;
		return;
	}
	session_end(s, s->end_code, "", 0, false);
}

void session_excuse_silence(struct session *s, uint64_t now)
{
	if (s->state == STATE_OPENING)
		return;
	s->heard_at = now;
	s->asked_at = now;
}

uint64_t session_silence(const struct session *s, uint64_t now)
{
	return s->state == STATE_OPEN && s->asking ? now - s->asked_at : 0;
}

void session_nudge(struct session *s)
{
	if (s->state == STATE_OPEN)
		s->ping_due = true;
	s->dgram.probes = 1;
}

void session_tick(struct session *s, uint64_t now)
{
	if (s->state == STATE_ENDED)
		return;
	if (timed_out(s, now)) {
		session_end(s, CODE_TIMED_OUT, "", 0, false);
		return;
	}
	if (s->state == STATE_CLOSING && now >= s->close_by)
		close_overdue(s, now);
	if (s->state == STATE_OPEN && s->config.role == SESSION_CLIENT &&
	    now >= s->sent_at + SESSION_KEEPALIVE)
		s->ping_due = true;
	if (s->config.link == SESSION_DGRAM)
		dgram_tick(s, now);
}

uint64_t session_rtt(const struct session *s)
{
	return s->config.link == SESSION_DGRAM ? s->dgram.recovery.srtt_us : s->rtt_us;
}
