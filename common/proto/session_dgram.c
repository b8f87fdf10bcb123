/*
 * Packets on UDP (protocol.md §2.1, §5): the handshake that shows the client is where it says, when
 * to acknowledge, to send and to probe.  What is in a packet is session_pack.c's to say.
 */
#include "proto/session_internal.h"

#include "proto/timerq.h"

enum {
	ACK_EVERY = 2, /* packets; RFC 9000 §13.2.2 */
	INIT_INTERVAL_MAX = 600 * 1000,
	COPY_MIN = 2 * 1000,	    /* an early copy does not follow sooner */
	RETRY_INTERVAL = 25 * 1000, /* when there was no memory to send */
};

void dgram_init(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->dgram;

	d->local_cid = s->config.local_cid;
	d->remote_cid = s->config.remote_cid;
	d->ack_due = d->retry_due = d->copy_due = TIMERQ_NEVER;
	d->handshake_due = d->handshake_sent = now; /* an INIT, or the RESP to one */
	d->handshake_wait = SESSION_INIT_INTERVAL;
	recovery_init(&d->recovery);
}

void dgram_wipe(struct session *s)
{
	recovery_wipe(&s->dgram.recovery);
}

void dgram_ack(struct session *s, uint64_t now, const struct ack *a)
{
	/* An acknowledgement of what was never sent is a lie; it changes nothing. */
	if (recovery_acked(&s->dgram.recovery, now, a, pack_settle, s) != ERR_NONE)
		s->unit_refused = true;
}

/* ---- input ----------------------------------------------------------------------------------- */

/*
 * The first round trip: to know none costs a second for each loss.  The newest of our packets is
 * taken for the one that was answered; if it was an older one, some probes come early.  A client's
 * first packets may have been lost, so what looks slow to a server tells it nothing.
 */
static void handshake_done(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->dgram;
	uint64_t rtt = now - d->handshake_sent;

	if (s->config.role == SESSION_CLIENT || rtt < RECOVERY_INITIAL_RTT)
		recovery_rtt(&d->recovery, rtt, 0);
	d->handshake_due = TIMERQ_NEVER;
	session_opened(s, now);
}

static void take_resp(struct session *s, uint64_t now, const struct packet *p)
{
	struct dgram_link *d = &s->dgram;

	if (s->config.role != SESSION_CLIENT || s->state != STATE_OPENING || p->cid != d->local_cid)
		return;
	d->remote_cid = p->server_cid;
	handshake_done(s, now);
	/* Until it hears from us the server holds the session half open, and not for long. */
	s->ping_due = s->outgoing.count == 0;
}

/* All frames are decoded before any is used: a packet that was cut or spoilt does nothing.  Whether a
 * frame may be sent by that end is asked when its turn comes (protocol.md §9). */
static bool sound(struct slice frames, bool *eliciting)
{
	struct frame f;

	*eliciting = false;
	while (frames.len > 0) {
		if (frame_get(&frames, &f) != ERR_NONE)
			return false;
		*eliciting |= frame_eliciting(f.type);
	}
	return true;
}

static void take_data(struct session *s, uint64_t now, const struct packet *p)
{
	struct dgram_link *d = &s->dgram;
	bool eliciting;

	if (p->cid != d->local_cid || ackset_has(&d->arrived, p->number) ||
	    !sound(p->frames, &eliciting))
		return;
	if (s->state == STATE_OPENING) {
		if (s->config.role == SESSION_CLIENT)
			return;
		handshake_done(s, now);
	}
	session_heard_now(s, now);
	s->frames = p->frames;
	s->packet_number = p->number;
	s->unit_eliciting = eliciting;
	s->unit_refused = false;
	s->in_unit = true;
}

void dgram_feed(struct session *s, uint64_t now, const void *bytes, size_t n)
{
	struct packet p;

	if (packet_get(bytes, n, &p) != ERR_NONE)
		return;
	switch (p.type) {
	case PACKET_INIT: /* the peers' table knows it is from our client: the RESP was lost */
		if (s->config.role == SESSION_SERVER && s->state == STATE_OPENING &&
		    p.cid == s->dgram.remote_cid) {
			s->dgram.handshake_due = now;
			s->opened_by = now + SESSION_OPEN_TIMEOUT;
		}
		break;
	case PACKET_RESP:
		take_resp(s, now, &p);
		break;
	case PACKET_DATA:
		take_data(s, now, &p);
		break;
	}
}

/* A packet whose frames all had their place has arrived. */
void dgram_unit_done(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->dgram;
	bool in_order = !d->arrived.any ? s->packet_number == 0
					: s->packet_number == d->arrived.largest + 1;

	recovery_heard(&d->recovery);
	if (s->unit_refused)
		return;
	if (!d->arrived.any || s->packet_number > d->arrived.largest)
		d->newest_at = now;
	ackset_add(&d->arrived, s->packet_number);
	if (!s->unit_eliciting)
		return;
	bool busy = d->eliciting_at && now < d->eliciting_at + RECOVERY_ACK_DELAY;
	uint64_t wait = in_order && busy && ++d->ack_eliciting < ACK_EVERY ? RECOVERY_ACK_DELAY : 0;
	if (d->ack_eliciting == 0)
		d->ack_eliciting = 1;
	d->eliciting_at = now;
	if (now + wait < d->ack_due)
		d->ack_due = now + wait;
}

/* The peer waits for this one acknowledgement before it forgets us; the session itself is over. */
void dgram_bye_heard(struct session *s, uint64_t now)
{
	s->dgram.newest_at = now;
	ackset_add(&s->dgram.arrived, s->packet_number);
	s->dgram.ack_eliciting = 1;
	s->dgram.ack_due = now;
	s->bye_ack_due = true;
}

/* ---- output ---------------------------------------------------------------------------------- */

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
	struct dgram_link *d = &s->dgram;

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
	s->sent_at = now;
	return true;
}

static bool data_output(struct session *s, uint64_t now, struct buf *out)
{
	uint8_t storage[WIRE_FRAMES_MAX];
	struct packing p = {.frames = buf_of(storage, sizeof(storage))};
	struct dgram_link *d = &s->dgram;
	uint64_t number = d->recovery.next_number;
	bool ping_due = s->ping_due, pong_due = s->pong_due;

	d->retry_due = TIMERQ_NEVER;
	pack_frames(s, now, &p);
	d->copying = false;
	assert(!p.frames.failed);
	if (p.frames.len == 0 || (!p.eliciting && now < d->ack_due))
		return false;
	if (!commit(s, now, &p, WIRE_DATA_HEADER + p.frames.len)) {
		s->ping_due = ping_due;
		s->pong_due = pong_due;
		d->retry_due = now + RETRY_INTERVAL;
		if (d->ack_due < d->retry_due) /* it would have gone with what did not go */
			d->ack_due = d->retry_due;
		return false;
	}
	data_header_put(out, d->remote_cid, number);
	buf_put_bytes(out, storage, p.frames.len);
	return true;
}

static bool handshake_output(struct session *s, uint64_t now, struct buf *out)
{
	struct dgram_link *d = &s->dgram;

	if (now < d->handshake_due)
		return false;
	if (s->config.role == SESSION_SERVER) {
		resp_put(out, d->remote_cid, d->local_cid);
		d->handshake_sent = now;
		d->handshake_due = TIMERQ_NEVER;
		return true;
	}
	init_put(out, d->local_cid);
	d->handshake_sent = now;
	d->handshake_due = now + d->handshake_wait;
	d->handshake_wait *= 2;
	if (d->handshake_wait > INIT_INTERVAL_MAX)
		d->handshake_wait = INIT_INTERVAL_MAX;
	return true;
}

bool dgram_output(struct session *s, uint64_t now, struct buf *out)
{
	assert(out->cap - out->len >= WIRE_PACKET_MAX);
	return s->state == STATE_OPENING ? handshake_output(s, now, out) : data_output(s, now, out);
}

/* ---- time ------------------------------------------------------------------------------------ */

uint64_t dgram_deadline(const struct session *s)
{
	const struct dgram_link *d = &s->dgram;
	uint64_t at = recovery_deadline(&d->recovery);

	if (s->state == STATE_OPENING)
		return d->handshake_due;
	at = d->retry_due < at ? d->retry_due : at;
	at = d->copy_due < at ? d->copy_due : at;
	return d->ack_due < at ? d->ack_due : at;
}

void dgram_tick(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->dgram;

	if (s->state == STATE_OPENING || s->state == STATE_ENDED)
		return;
	if (now >= d->copy_due) {
		d->copy_due = TIMERQ_NEVER;
		d->copying = true;
	}
	if (recovery_tick(&d->recovery, now, pack_settle, s) == RECOVERY_PROBE)
		pack_probe(s);
}
