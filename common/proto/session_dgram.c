/*
 * Packets on UDP (protocol.md §2.1, §5): the handshake that shows the client is where it says, when
 * to acknowledge, to send and to probe.  What is in a packet is session_pack.c's to say.
 */
#include "proto/session_parts.h"

#include "proto/packet.h"
#include "proto/timerq.h"

#include <string.h>

enum {
	ACK_EVERY = 2,	    /* packets; RFC 9000 §13.2.2 */
	ACK_EVERY_CALM = 8, /* … after so many of them in order: nothing is lost here … */
	ACK_CALM = 64,
	INIT_INTERVAL_MAX = 600 * 1000,
	COPY_MIN = 2 * 1000,		       /* an early copy does not follow sooner */
	RETRY_INTERVAL = 25 * 1000,	       /* when there was no memory to send */
	RETRIES_MAX = 3,		       /* tokens taken in one handshake */
	AROUND = WIRE_DATA_HEADER + WIRE_SEAL, /* the frames of a packet */
	TRAIN_BYTES = 65507,		       /* what the kernel takes by one call … */
	TRAIN_PACKETS = 64,		       /* … and cuts into so many */
	TRAIN_PADDING = 8, /* one of so many bytes of a packet, to make it as large as the others */
};
void dgram_init(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->busy->dgram;

	d->handshake_due = s->role == SESSION_CLIENT ? now : TIMERQ_NEVER;
	d->handshake_sent = now;
	d->handshake_wait = SESSION_INIT_INTERVAL;
	recovery_init(&d->recovery);
	d->recovery.rings = s->terms->stock ? s->terms->stock->rings : NULL;
}

void dgram_ack(struct session *s, uint64_t now, const struct ack *a)
{
	/* An acknowledgement of what was never sent is a lie; it changes nothing. */
	if (recovery_acked(&s->busy->dgram.recovery, now, a, pack_settle, s) != ERR_NONE)
		s->unit_refused = true;
	else if (s->role == SESSION_SERVER)
		follow_settled(s);
}

/* ---- input ----------------------------------------------------------------------------------- */

/*
 * The first round trip: to know none costs a second for each loss.  The newest of our packets is
 * taken for the one that was answered; if it was an older one, some probes come early.  A client's
 * first packets may have been lost, so what looks slow to a server tells it nothing.
 */
static void first_round_trip(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->busy->dgram;
	uint64_t rtt = now - d->handshake_sent;

	if (s->role == SESSION_CLIENT || rtt < RECOVERY_INITIAL_RTT)
		recovery_rtt(&d->recovery, rtt, 0);
}

/* The peers' table knows that it is our client's; again: the RESP was lost. */
static void take_init(struct session *s, uint64_t now, const struct packet *p)
{
	struct dgram_link *d = &s->busy->dgram;
	uint8_t cid[sizeof(uint64_t)];
	struct buf payload = buf_of(cid, sizeof(cid));
	enum err e = ERR_NONE;

	if (s->role != SESSION_SERVER || s->state != STATE_OPENING || p->cid != s->remote_cid)
		return;
	buf_put_u64(&payload, s->local_cid);
	if (s->busy->handshake->len == 0)
		e = handshake_hear(s, now, p->message);
	if (s->busy->handshake->len == 0 && e == ERR_NONE)
		e = handshake_say(s, now, cid, sizeof(cid));
	if (e == ERR_MEMORY) /* it comes again */
		return;
	if (e != ERR_NONE) {
		session_end(s, CODE_PROTOCOL, "", 0, false);
		return;
	}
	d->handshake_due = now;
	s->busy->over_by = now + SESSION_OPEN_TIMEOUT;
}

/* The server wants to see first that we are where we say; it is asked again with its token. */
static void take_retry(struct session *s, uint64_t now, const struct packet *p)
{
	struct handshake *h = s->busy->handshake;

	if (s->role != SESSION_CLIENT || s->state != STATE_OPENING || s->remote_cid ||
	    p->cid != s->local_cid || h->retries == RETRIES_MAX)
		return;
	h->retries++;
	h->token_len = (uint8_t)p->token.len;
	memcpy(h->token, p->token.data, p->token.len);
	s->busy->dgram.handshake_due = now;
}

static void take_resp(struct session *s, uint64_t now, const struct packet *p)
{
	struct dgram_link *d = &s->busy->dgram;

	if (s->role != SESSION_CLIENT || s->state != STATE_OPENING || p->cid != s->local_cid ||
	    handshake_hear(s, now, p->message) != ERR_NONE || !handshake_trusted(s))
		return;
	struct slice payload = handshake_message(s);
	s->remote_cid = slice_u64(&payload);
	first_round_trip(s, now);
	s->busy->over_by = now + SESSION_OPEN_TIMEOUT;
	d->handshake_due = now;
	d->handshake_wait = recovery_pto(&d->recovery);
}

/* All frames are decoded before any is used: a packet that was cut or spoilt does nothing.  Whether a
 * frame may be sent by that end is asked when its turn comes (protocol.md §9). */
static bool sound(struct session *s, struct slice frames, bool *eliciting)
{
	bool client = s->role == SESSION_CLIENT;
	struct frame f;

	*eliciting = false;
	for (;;) {
		frames_skip_padding(&frames);
		if (frames.len == 0)
			return true;
		if (frame_get(&frames, &f) != ERR_NONE)
			return false;
		*eliciting |= frame_eliciting(f.type);
		if (client)
			hear_ahead(s, &f);
	}
}

/*
 * Frames that are the peer's; true: newer than any before.  Only then are they a sign of life: what was
 * refused may be somebody's copy of it.
 */
static bool take_frames(struct session *s, uint64_t now, uint64_t number, struct slice frames)
{
	struct dgram_link *d = &s->busy->dgram;
	bool eliciting, newest = number >= d->heard_below;

	if (s->role == SESSION_CLIENT)
		hear_ahead_end(s);
	if (!sound(s, frames, &eliciting))
		return false;
	if (newest) {
		session_heard_now(s, now);
		d->heard_below = number + 1;
	}
	s->busy->frames = frames;
	s->busy->packet_number = number;
	s->unit_eliciting = eliciting;
	s->unit_refused = false;
	s->in_unit = true;
	return newest;
}

/* The third message counts as the client's packet 0. */
static bool take_fin(struct session *s, uint64_t now, const struct packet *p)
{
	struct dgram_link *d = &s->busy->dgram;

	if (s->role != SESSION_SERVER || s->state != STATE_OPENING || p->cid != s->local_cid ||
	    handshake_hear(s, now, p->message) != ERR_NONE)
		return false;
	first_round_trip(s, now);
	d->handshake_due = TIMERQ_NEVER;
	session_opened(s, now);
	return take_frames(s, now, 0, handshake_message(s));
}

static bool take_data(struct session *s, uint64_t now, const struct packet *p, uint8_t *bytes)
{
	struct dgram_link *d = &s->busy->dgram;
	struct slice frames;

	if (p->cid != s->local_cid || ackset_has(&d->arrived, p->number) ||
	    secure_open(&s->secure, s->terms->cipher, p->phase, p->number, bytes, WIRE_DATA_HEADER,
			bytes + WIRE_DATA_HEADER, p->sealed.len, &frames) != ERR_NONE)
		return false;
	if (s->state == STATE_OPENING) { /* a client's third message has arrived */
		d->handshake_due = TIMERQ_NEVER;
		session_opened(s, now);
	}
	return take_frames(s, now, p->number, frames);
}

bool dgram_feed(struct session *s, uint64_t now, void *bytes, size_t n)
{
	struct packet p;

	if (packet_get(bytes, n, &p) != ERR_NONE)
		return false;
	switch (p.type) {
	case PACKET_INIT:
		take_init(s, now, &p);
		break;
	case PACKET_RETRY:
		take_retry(s, now, &p);
		break;
	case PACKET_RESP:
		take_resp(s, now, &p);
		break;
	case PACKET_FIN:
		return take_fin(s, now, &p);
	case PACKET_DATA:
		return take_data(s, now, &p, bytes);
	}
	return false;
}

/* That packet, too, wants an acknowledgement: how long may that wait for company? */
static uint64_t ack_wait(struct dgram_link *d, uint64_t now, bool in_order)
{
	unsigned every = d->in_order == ACK_CALM ? ACK_EVERY_CALM : ACK_EVERY;
	bool busy = d->eliciting_at && now < d->eliciting_at + RECOVERY_ACK_DELAY;

	if (d->ack_eliciting < UINT8_MAX)
		d->ack_eliciting++;
	return in_order && busy && d->ack_eliciting < every ? RECOVERY_ACK_DELAY : 0;
}

/* A packet whose frames all had their place has arrived. */
void dgram_unit_done(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->busy->dgram;
	uint64_t number = s->busy->packet_number;
	bool in_order = !d->arrived.any ? number == 0 : number == d->arrived.largest + 1;

	recovery_heard(&d->recovery);
	if (s->unit_refused) {
		/* A third message is read once: its client has to hear that it came, to send the rest. */
		s->ping_due |= s->role == SESSION_SERVER && !d->arrived.any;
		return;
	}
	if (!d->arrived.any || number > d->arrived.largest)
		d->newest_at = now;
	ackset_add(&d->arrived, number);
	if (!in_order)
		d->in_order = 0;
	else if (d->in_order < ACK_CALM)
		d->in_order++;
	if (!s->unit_eliciting)
		return;
	uint64_t due = now + ack_wait(d, now, in_order);
	d->eliciting_at = now;
	if (due < d->ack_due)
		d->ack_due = due;
}

/* The peer waits for this one acknowledgement before it forgets us; the session itself is over. */
void dgram_bye_heard(struct session *s, uint64_t now)
{
	s->busy->dgram.newest_at = now;
	ackset_add(&s->busy->dgram.arrived, s->busy->packet_number);
	s->busy->dgram.ack_eliciting = 1;
	s->busy->dgram.ack_due = now;
	s->bye_ack_due = true;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* Seals the frames that lie behind the place of their packet's header, in place. */
static size_t seal_packet(struct session *s, uint64_t now, uint64_t number, uint8_t *packet,
			  size_t frames)
{
	struct buf header = buf_of(packet, WIRE_DATA_HEADER);
	uint8_t *p = packet + WIRE_DATA_HEADER;

	data_header_put(&header, secure_phase(&s->secure, s->terms->cipher, now, number),
			s->remote_cid, number);
	secure_seal(&s->secure, s->terms->cipher, number, packet, WIRE_DATA_HEADER, p, frames, p);
	return WIRE_DATA_HEADER + frames + WIRE_SEAL;
}

/*
 * RFC 9002 §6.2.4 lets a sender probe with two packets; apart they are less likely to be lost
 * together, and the first probe of a silence may do alone.  Where many are lost everything new gets a
 * second chance in that way, while it is early.
 */
static void plan_copy(struct dgram_link *d, uint64_t now, const struct packing *p)
{
	uint64_t rtt = d->recovery.any_rtt ? d->recovery.srtt_us : RECOVERY_INITIAL_RTT;
	bool again = d->probes > 0 && d->recovery.pto_count > 1;
	bool worth = p->fresh && (again || recovery_lossy(&d->recovery));

	d->copy_due = worth ? now + (rtt / 4 > COPY_MIN ? rtt / 4 : COPY_MIN) : TIMERQ_NEVER;
	d->probed = p->fresh && d->probes > 0;
	if (d->probes > 0)
		d->probes--;
}

/* The packet is going out: remember what it carries and what it told. */
static bool commit(struct session *s, uint64_t now, const struct packing *p, size_t size)
{
	struct dgram_link *d = &s->busy->dgram;

	if (!p->eliciting) {
		d->recovery.next_number++;
	} else if (recovery_sent(&d->recovery, now, size, p->refs, p->count) != ERR_NONE) {
		for (size_t i = 0; i < p->count; i++)
			pack_settle(s, &p->refs[i], true);
		return false;
	}
	if (p->eliciting) {
		session_asked(s, now);
		plan_copy(d, now, p);
	}
	d->ack_eliciting = 0;
	d->ack_due = TIMERQ_NEVER;
	s->bye_ack_due = false;
	s->busy->sent_at = now;
	return true;
}

/* Fills a packet with what is due; false: there is nothing, or no memory to remember it. */
static bool packed_and_committed(struct session *s, uint64_t now, struct packing *p, size_t around)
{
	struct dgram_link *d = &s->busy->dgram;
	bool ping_due = s->ping_due, pong_due = s->pong_due, path_due = s->path_due;

	d->retry_due = TIMERQ_NEVER;
	pack_frames(s, now, p);
	d->copying = false;
	assert(!p->frames.failed);
	bool due = p->frames.len > 0 && (p->eliciting || now >= d->ack_due);
	bool sent = due && commit(s, now, p, around + p->frames.len);
	if (s->role == SESSION_CLIENT)
		hearing_packed(&s->client->hearing, sent);
	if (sent || !due)
		return sent;
	s->ping_due = ping_due;
	s->pong_due = pong_due;
	s->path_due = path_due;
	d->retry_due = now + RETRY_INTERVAL;
	if (d->ack_due < d->retry_due) /* it would have gone with what did not go */
		d->ack_due = d->retry_due;
	return false;
}

/* ---- trains ---------------------------------------------------------------------------------- */

/*
 * Packets of one size, one behind the other, so that the kernel takes them by one call.  Each is filled
 * and sealed where it is to lie.  A packet behind which another follows is padded to the size of all,
 * if that costs little; so what is filled is sealed when it is known whether another one follows.
 */
struct train {
	struct buf *out;
	size_t end;	 /* where `out` has no more room for it */
	size_t size;	 /* of its packets */
	size_t frames;	 /* of the packet that is filled and not sealed yet */
	uint64_t number; /* … and its number */
};

static uint8_t *last_packet(const struct train *t)
{
	return t->out->data + t->out->len;
}

/* Fills the packet that is to lie there; false: there is nothing for it. */
static bool fill(struct session *s, uint64_t now, uint8_t *packet, size_t size, size_t *frames)
{
	struct packing p = {.frames = buf_of(packet + WIRE_DATA_HEADER, size - AROUND)};

	if (!packed_and_committed(s, now, &p, AROUND))
		return false;
	*frames = p.frames.len;
	return true;
}

static void seal_last(struct session *s, uint64_t now, struct train *t)
{
	t->out->len += seal_packet(s, now, t->number, last_packet(t), t->frames);
}

/* Little is missing in the last packet, and there is room for one more behind it. */
static bool may_go_on(const struct train *t)
{
	size_t len = t->frames + AROUND;

	return len + t->size / TRAIN_PADDING >= t->size && len >= RECOVERY_LARGE &&
	       t->end - t->out->len >= 2 * t->size;
}

/* One more behind the last one, which is made as large as all are. */
static bool go_on(struct session *s, uint64_t now, struct train *t)
{
	uint64_t number = s->busy->dgram.recovery.next_number;
	size_t frames, missing = t->size - AROUND - t->frames;

	if (!may_go_on(t) || !fill(s, now, last_packet(t) + t->size, t->size, &frames))
		return false;
	memset(last_packet(t) + WIRE_DATA_HEADER + t->frames, FRAME_PADDING, missing);
	recovery_padded(&s->busy->dgram.recovery, t->number, missing);
	t->frames += missing;
	seal_last(s, now, t);
	t->frames = frames;
	t->number = number;
	return true;
}

static bool data_train(struct session *s, uint64_t now, struct buf *out, size_t most, size_t *size)
{
	struct train t = {.out = out, .number = s->busy->dgram.recovery.next_number};
	size_t room = buf_room(out), at = out->len;

	t.end = at + (room < TRAIN_BYTES ? room : TRAIN_BYTES);
	most = most < TRAIN_PACKETS ? most : TRAIN_PACKETS;
	if (!fill(s, now, last_packet(&t), WIRE_PACKET_MAX, &t.frames))
		return false;
	t.size = AROUND + t.frames;
	if (t.size + WIRE_PACKET_MAX / TRAIN_PADDING >= WIRE_PACKET_MAX)
		t.size = WIRE_PACKET_MAX;
	for (size_t n = 1; n < most && go_on(s, now, &t); n++)
		continue;
	seal_last(s, now, &t);
	*size = out->len - at < t.size ? out->len - at : t.size;
	return true;
}

/* A client's third message takes along what is due: it is packet 0. */
static enum err say_fin(struct session *s, uint64_t now)
{
	uint8_t storage[WIRE_FIN_FRAMES_MAX];
	struct packing p = {.frames = buf_of(storage, sizeof(storage))};

	s->ping_due = s->busy->outgoing.count == 0; /* so that there is an answer */
	if (!packed_and_committed(s, now, &p, WIRE_FIN_HEADER + WIRE_MESSAGE3))
		return ERR_MEMORY;
	return handshake_say(s, now, storage, p.frames.len);
}

/* When the handshake's packet goes out again. */
static void repeat_later(struct dgram_link *d, uint64_t now)
{
	d->handshake_sent = now;
	d->handshake_due = now + d->handshake_wait;
	d->handshake_wait *= 2;
	if (d->handshake_wait > INIT_INTERVAL_MAX)
		d->handshake_wait = INIT_INTERVAL_MAX;
}

static bool handshake_output(struct session *s, uint64_t now, struct buf *out)
{
	struct dgram_link *d = &s->busy->dgram;
	struct handshake *h = s->busy->handshake;

	if (now < d->handshake_due)
		return false;
	if (s->role == SESSION_SERVER) {
		resp_put(out, s->remote_cid, handshake_message(s));
		d->handshake_sent = now;
		d->handshake_due = TIMERQ_NEVER;
		return true;
	}
	if (secure_my_turn(&s->secure) && say_fin(s, now) != ERR_NONE) {
		d->handshake_due = now + RETRY_INTERVAL;
		return false;
	}
	if (s->secure.ready)
		fin_put(out, s->remote_cid, handshake_message(s));
	else
		init_put(out, s->local_cid, slice_of(h->token, h->token_len), handshake_message(s));
	repeat_later(d, now);
	return true;
}

void session_challenge(struct session *s, uint64_t now, uint64_t token, struct buf *out)
{
	uint8_t *packet = out->data + out->len;
	struct buf frames = buf_of(packet + WIRE_DATA_HEADER, 1 + sizeof(token));

	assert(buf_room(out) >= AROUND + frames.cap);
	if (s->state != STATE_OPEN && s->state != STATE_CLOSING)
		return;
	path_put(&frames, FRAME_PATH_CHALLENGE, token);
	uint64_t number =
		s->busy ? s->busy->dgram.recovery.next_number++ : s->recovery.next_number++;
	out->len += seal_packet(s, now, number, packet, frames.len);
}

void session_rerouted(struct session *s, uint64_t now)
{
	if (s->busy)
		recovery_rerouted(&s->busy->dgram.recovery, now, pack_settle, s);
	else
		recovery_rest_rerouted(&s->recovery);
}

/* Whoever rests is not woken for nothing. */
static bool woken_train(struct session *s, uint64_t now, struct buf *out, size_t most, size_t *size)
{
	bool rested = !s->busy;

	if (!session_wake(s, now)) {
		if (s->state == STATE_OPEN)
			rest_put_off(s, now + RETRY_INTERVAL);
		return false;
	}
	bool any = data_train(s, now, out, most, size);
	if (!any && rested && dgram_quiet(s))
		session_rest(s);
	return any;
}

bool dgram_train(struct session *s, uint64_t now, struct buf *out, size_t most, size_t *size)
{
	size_t at = out->len;

	assert(buf_room(out) >= WIRE_PACKET_MAX);
	if (s->state != STATE_OPENING)
		return woken_train(s, now, out, most, size);
	bool any = handshake_output(s, now, out);
	*size = out->len - at;
	return any;
}

/* ---- time ------------------------------------------------------------------------------------ */

bool dgram_quiet(const struct session *s)
{
	return s->state == STATE_OPEN && !s->busy->dgram.copying && s->busy->dgram.probes == 0 &&
	       dgram_deadline(s) == TIMERQ_NEVER;
}

uint64_t dgram_deadline(const struct session *s)
{
	const struct dgram_link *d = &s->busy->dgram;
	uint64_t at = recovery_deadline(&d->recovery);

	if (s->state == STATE_OPENING)
		return d->handshake_due;
	at = d->retry_due < at ? d->retry_due : at;
	at = d->copy_due < at ? d->copy_due : at;
	at = d->release_due < at ? d->release_due : at;
	return d->ack_due < at ? d->ack_due : at;
}

bool dgram_due(struct session *s, uint64_t now)
{
	const struct dgram_link *d = &s->busy->dgram;

	return !d->level || d->copying || d->probes > 0 || now >= dgram_deadline(s) ||
	       outgoing_due(&s->busy->outgoing) || follow_missed(s);
}

void dgram_tick(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->busy->dgram;

	if (s->state == STATE_OPENING || s->state == STATE_ENDED)
		return;
	if (now >= d->copy_due) {
		d->copy_due = TIMERQ_NEVER;
		d->copying = true;
	}
	if (recovery_tick(&d->recovery, now, pack_settle, s) == RECOVERY_PROBE)
		pack_probe(s);
	/* There is a way to say so: a goodbye is small. */
	if (s->state == STATE_OPEN && recovery_swallows(&d->recovery))
		session_give_up(s, now, CODE_TIMED_OUT);
}
