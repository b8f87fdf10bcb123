/*
 * Records on TCP and AF_UNIX: what is put into one has arrived, as long as the stream lives.
 *
 * On TCP the first three records are the handshake's messages, the first of them after a HELLO, and
 * from then on every record is sealed: its two bytes of length are authentic, its number is the
 * nonce.  Whatever is wrong before the end of the handshake is answered by closing, nothing else.  After
 * it, what is not sealed by the peer says nothing about the peer: the link is gone, no more.
 */
#include "proto/session_parts.h"

/* ---- input ----------------------------------------------------------------------------------- */

/* The handshake's message in a record; a client's first one stands behind HELLO. */
static enum err message_of(const struct session *s, struct slice record, struct slice *message)
{
	bool first = s->role == SESSION_SERVER && s->busy->handshake->len == 0;
	struct frame f;

	*message = record;
	if (first && (frame_get(message, &f) != ERR_NONE || f.type != FRAME_HELLO ||
		      f.version != WIRE_VERSION || message->len != WIRE_MESSAGE1))
		return ERR_MALFORMED;
	return ERR_NONE;
}

static enum err take_message(struct session *s, uint64_t now, struct slice record)
{
	struct slice message;
	enum err e = message_of(s, record, &message);

	if (e == ERR_NONE)
		e = handshake_hear(s, now, message);
	if (e != ERR_NONE || (s->role == SESSION_CLIENT && !handshake_trusted(s)))
		return e;
	if (s->secure.ready) { /* the third message: a server's session is open */
		s->busy->frames = handshake_message(s);
		session_opened(s, now);
	}
	return ERR_NONE;
}

static enum err open_record(struct session *s, uint64_t now, struct slice record)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)record.data; /* the feed's, or the records' own */
	enum err e =
		secure_open(&s->secure, s->terms->cipher, records_phase(&s->busy->stream.records),
			    s->records_in++, s->busy->stream.records.header, WIRE_RECORD_HEADER,
			    bytes, record.len, &s->busy->frames);

	if (e == ERR_NONE && s->state == STATE_OPENING)
		session_opened(s, now);
	return e;
}

void stream_spoilt(struct session *s)
{
	bool open = s->state != STATE_OPENING;

	session_end(s, open ? CODE_LINK_SPOILT : CODE_PROTOCOL, "", 0, false);
}

void stream_record(struct session *s, uint64_t now, struct slice record)
{
	bool message = s->terms->identity && !s->secure.ready;
	enum err e = ERR_NONE;

	s->in_unit = false;
	if (message)
		e = take_message(s, now, record);
	else if (s->terms->identity)
		e = open_record(s, now, record);
	if (e != ERR_NONE) {
		stream_spoilt(s);
		return;
	}
	s->in_unit = s->state != STATE_ENDED && (!message || s->secure.ready);
	session_heard_now(s, now);
}

/* ---- output ---------------------------------------------------------------------------------- */

static void put_outgoing(struct session *s, uint64_t now, struct buf *b)
{
	struct outgoing *next;

	for (struct outgoing *o = s->busy ? s->busy->outgoing.first : NULL; o; o = next) {
		next = o->next;
		if (!o->due)
			continue;
		if (buf_room(b) < o->len)
			return;
		buf_put_bytes(b, o->bytes, o->len);
		o->due = 0;
		if (s->role == SESSION_CLIENT)
			session_asked(s, now);
		else
			outgoing_remove(&s->busy->outgoing, o->id);
	}
}

/* What goes into a record is as good as there. */
static enum follow_step put_run(struct session *s, void *to, struct reader *r,
				const struct reader_item *item, const struct follow_run *run)
{
	(void)s;
	if (buf_room(to) < run->frames.len)
		return FOLLOW_FULL;
	buf_put_bytes(to, run->frames.data, run->frames.len);
	reader_sent_run(r, item, run->count);
	reader_confirm_sent(r);
	return FOLLOW_SENT;
}

static void put_bye(struct session *s, struct buf *b)
{
	if (!session_bye_ready(s) || buf_room(b) < WIRE_REASON_MAX + 8)
		return;
	bye_put(b, s->end_code, session_end_text(s));
	s->bye_due = false;
	session_end(s, s->end_code, "", 0, false);
}

/* Seals the record that was begun at `at` and is not empty, in place. */
static void seal(struct session *s, uint64_t now, struct buf *b, size_t at)
{
	uint8_t *p = b->data + at;
	size_t n = b->len - at - WIRE_RECORD_HEADER;
	uint64_t number = s->records_out++;
	bool phase = secure_phase(&s->secure, s->terms->cipher, now, number);

	p[0] = (uint8_t)((n + WIRE_SEAL) >> 8 | (phase ? RECORD_PHASE_BIT : 0));
	p[1] = (uint8_t)(n + WIRE_SEAL);
	secure_seal(&s->secure, s->terms->cipher, number, p, WIRE_RECORD_HEADER,
		    p + WIRE_RECORD_HEADER, n, p + WIRE_RECORD_HEADER);
	b->len += WIRE_SEAL;
}

/* What goes with the third message: the commands that wait, or a PING, so that there is an answer. */
static void put_first_frames(struct session *s, uint64_t now, struct buf *b)
{
	put_outgoing(s, now, b);
	if (b->len > 0)
		return;
	s->ping_due = true;
	session_put_control(s, now, b);
}

/* The handshake's next message, if it is ours to say. */
static bool message_output(struct session *s, uint64_t now, struct buf *b)
{
	uint8_t storage[WIRE_FIN_FRAMES_MAX];
	struct buf frames = buf_of(storage, sizeof(storage));
	size_t at = record_open(b);

	if (!s->first_due && !secure_my_turn(&s->secure))
		return false;
	if (s->first_due)
		hello_put(b); /* the first message was said when the session began */
	else if (s->role == SESSION_CLIENT)
		put_first_frames(s, now, &frames);
	if (!s->first_due && handshake_say(s, now, frames.data, frames.len) != ERR_NONE) {
		session_end(s, CODE_PROTOCOL, "", 0, false);
		return false;
	}
	buf_put_bytes(b, s->busy->handshake->message, s->busy->handshake->len);
	record_close(b, at);
	s->first_due = false;
	if (s->secure.ready)
		s->busy->stream.records.limit =
			0; /* the answer is sealed, and may be of any size */
	return true;
}

static bool frames_output(struct session *s, uint64_t now, struct buf *b)
{
	size_t reserve = s->terms->identity ? WIRE_SEAL : 0;
	struct follow_to events = {put_run, b, b, SIZE_MAX};
	size_t at = record_open(b);
	bool all = true;

	b->cap -= reserve;
	session_put_control(s, now, b);
	if (s->state != STATE_OPENING) {
		put_outgoing(s, now, b);
		if (s->role == SESSION_SERVER)
			all = follow_put(s, now, &events);
	}
	put_bye(s, b);
	s->sated = all && s->state == STATE_OPEN && !(s->busy && outgoing_due(&s->busy->outgoing));
	b->cap += reserve;
	record_close(b, at);
	if (b->len > at && reserve)
		seal(s, now, b, at);
	return b->len > at;
}

bool stream_output(struct session *s, uint64_t now, struct buf *out)
{
	struct buf b = buf_of(out->data + out->len, WIRE_RECORD_HEADER + WIRE_RECORD_MAX);

	if (out->cap - out->len < b.cap)
		b.cap = out->cap - out->len;
	s->sated = false;
	bool any = s->terms->identity && s->state == STATE_OPENING ? message_output(s, now, &b)
								   : frames_output(s, now, &b);
	if (!any)
		return false;
	out->len += b.len;
	if (s->busy)
		s->busy->sent_at = now;
	return true;
}
