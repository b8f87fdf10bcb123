/* Records on TCP and AF_UNIX: what is put into one has arrived, as long as the stream lives. */
#include "proto/session_internal.h"

static void put_outgoing(struct session *s, uint64_t now, struct buf *b)
{
	struct outgoing *next;

	for (struct outgoing *o = s->outgoing.first; o; o = next) {
		next = o->next;
		if (!o->due)
			continue;
		if (buf_room(b) < o->len)
			return;
		buf_put_bytes(b, o->bytes, o->len);
		o->due = 0;
		if (s->config.role == SESSION_CLIENT)
			session_asked(s, now);
		else
			outgoing_remove(&s->outgoing, o->id);
	}
}

static void put_events(struct session *s, uint64_t now, struct buf *b)
{
	uint64_t head = session_head(s);

	while (s->reader.room != 0 && s->reader.next <= head) {
		struct slice frame =
			s->config.log->frame(s->config.log_ctx, s->reader.room, s->reader.next);
		if (!frame.data) {
			session_give_up(s, now, CODE_TOO_SLOW);
			return;
		}
		if (buf_room(b) < frame.len)
			return;
		buf_put_bytes(b, frame.data, frame.len);
		s->reader.next++;
	}
}

static void put_bye(struct session *s, struct buf *b)
{
	if (!session_bye_ready(s) || buf_room(b) < WIRE_REASON_MAX + 8)
		return;
	bye_put(b, s->end_code, s->end_text);
	s->bye_due = false;
	session_end(s, s->end_code, "", 0, false);
}

bool stream_output(struct session *s, uint64_t now, struct buf *out)
{
	struct buf b = buf_of(out->data + out->len, WIRE_RECORD_HEADER + WIRE_RECORD_MAX);

	if (out->cap - out->len < b.cap)
		b.cap = out->cap - out->len;
	size_t at = record_open(&b);
	session_put_control(s, now, &b);
	if (s->state != STATE_OPENING) {
		put_outgoing(s, now, &b);
		put_events(s, now, &b);
	}
	put_bye(s, &b);
	record_close(&b, at);
	if (b.len == 0)
		return false;
	out->len += b.len;
	s->sent_at = now;
	return true;
}
