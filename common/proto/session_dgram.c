/*
 * Packets on UDP (protocol.md §2.1, §5): the handshake that shows the client is where it says, and
 * reliability.  A packet is never sent twice; what it carried is due again when it is lost.
 *
 * Every packet that goes out is filled in the order: acknowledgement, replies or commands that are
 * due, events that are due, control, goodbye; then, in what room is left, commands and replies that
 * are still in flight, so that the next packet to arrive heals the loss of this one's forerunners.
 */
#include "proto/session_internal.h"

#include "proto/timerq.h"

#include <string.h>

enum {
	ACK_EVERY = 2,	 /* packets; RFC 9000 §13.2.2 */
	ACK_RANGES = 16, /* newest ranges per acknowledgement */
	ACK_MAX_SIZE = 1 + 8 + 8 + 1 + 2 + (ACK_RANGES - 1) * 4 + 1 + 4 + 8, /* with a CURSOR */
	INIT_INTERVAL_MAX = 600 * 1000,
	RETRY_INTERVAL = 25 * 1000, /* when there was no memory to send */
};
_Static_assert(ACK_MAX_SIZE + WIRE_PART_SIZE + WIRE_PART_HEADER_MAX <= WIRE_FRAMES_MAX,
	       "a part fits beside the largest acknowledgement");

void dgram_init(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->dgram;

	d->local_cid = s->config.local_cid;
	d->remote_cid = s->config.remote_cid;
	d->ack_due = d->retry_due = TIMERQ_NEVER;
	d->handshake_due = d->handshake_sent = now; /* an INIT, or the RESP to one */
	d->handshake_wait = SESSION_INIT_INTERVAL;
	recovery_init(&d->recovery);
}

void dgram_wipe(struct session *s)
{
	recovery_wipe(&s->dgram.recovery);
}

/* ---- what became of a packet ----------------------------------------------------------------- */

static void settle_outgoing(struct session *s, const struct ref *ref, bool lost)
{
	bool part = ref->kind == REF_COMMAND_PART;

	for (uint64_t id = ref->first; id < ref->first + (part ? 1 : ref->count); id++) {
		struct outgoing *o = outgoing_find(&s->outgoing, id);
		uint32_t bit = part ? UINT32_C(1) << ref->part : 1;
		if (!o)
			continue;
		if (!lost && ref->kind == REF_REPLIES)
			outgoing_remove(&s->outgoing, id);
		else if (!lost)
			o->arrived |= bit;
		else if (!(o->arrived & bit))
			o->due |= bit;
		if (!lost && ref->kind != REF_REPLIES)
			o->due &= ~o->arrived;
	}
}

static void settle(void *ctx, const struct ref *ref, bool lost)
{
	struct session *s = ctx;

	switch ((enum ref_kind)ref->kind) {
	case REF_EVENTS:
	case REF_EVENT_PART:
		if (lost)
			reader_lost(&s->reader, ref);
		break;
	case REF_COMMANDS:
	case REF_COMMAND_PART:
	case REF_REPLIES:
		settle_outgoing(s, ref, lost);
		break;
	case REF_BYE:
		if (lost && s->state == STATE_CLOSING)
			s->bye_due = true;
		else if (!lost)
			session_end(s, s->end_code, "", 0, false);
		break;
	}
}

void dgram_ack(struct session *s, uint64_t now, const struct ack *a)
{
	/* An acknowledgement of what was never sent is a lie; it changes nothing. */
	if (recovery_acked(&s->dgram.recovery, now, a, settle, s) != ERR_NONE)
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
	s->heard_at = now;
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

	if (s->unit_refused)
		return;
	if (!d->arrived.any || s->packet_number > d->arrived.largest)
		d->newest_at = now;
	ackset_add(&d->arrived, s->packet_number);
	if (!s->unit_eliciting)
		return;
	uint64_t wait = in_order && ++d->ack_eliciting < ACK_EVERY ? RECOVERY_ACK_DELAY : 0;
	if (d->ack_eliciting == 0)
		d->ack_eliciting = 1;
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

struct packing {
	struct buf frames;
	struct ref refs[RECOVERY_REFS];
	size_t count;
	bool eliciting;
};

/* Notes that the packet carries one more thing; false: a packet remembers no more. */
static bool pack_ref(struct packing *p, struct ref ref)
{
	struct ref *last = p->count > 0 ? &p->refs[p->count - 1] : NULL;
	bool range = ref.kind == REF_EVENTS || ref.kind == REF_COMMANDS || ref.kind == REF_REPLIES;

	if (range && last && last->kind == ref.kind && last->room == ref.room &&
	    last->first + last->count == ref.first && last->count < UINT16_MAX) {
		last->count++;
		return true;
	}
	if (p->count == RECOVERY_REFS)
		return false;
	p->refs[p->count++] = ref;
	return true;
}

static bool pack_bytes(struct packing *p, struct slice bytes, struct ref ref)
{
	if (buf_room(&p->frames) < bytes.len || !pack_ref(p, ref))
		return false;
	buf_put_bytes(&p->frames, bytes.data, bytes.len);
	p->eliciting = true;
	return true;
}

/* One part of an item's frame as a frame of its own. */
static bool pack_part(struct packing *p, enum frame_type type, struct slice item, struct ref ref)
{
	size_t start = (size_t)ref.part * WIRE_PART_SIZE;
	size_t len = item.len - start < WIRE_PART_SIZE ? item.len - start : WIRE_PART_SIZE;
	struct part part = {
		.room = ref.room,
		.id = ref.first,
		.total = (uint32_t)item.len,
		.index = ref.part,
		.bytes = slice_of(item.data + start, len),
	};

	if (buf_room(&p->frames) < len + WIRE_PART_HEADER_MAX || !pack_ref(p, ref))
		return false;
	part_put(&p->frames, type, &part);
	p->eliciting = true;
	return true;
}

static struct ref outgoing_ref(const struct session *s, const struct outgoing *o)
{
	bool server = s->config.role == SESSION_SERVER;

	return (struct ref){
		.kind = server ? REF_REPLIES : REF_COMMANDS, .first = o->id, .count = 1};
}

static bool pack_outgoing(struct session *s, struct packing *p, struct outgoing *o)
{
	struct slice item = slice_of(o->bytes, o->len);
	uint8_t parts = item_parts(o->len);

	if (parts == 1) {
		if (!pack_bytes(p, item, outgoing_ref(s, o)))
			return false;
		o->due = 0;
		return true;
	}
	for (uint8_t i = 0; i < parts; i++) {
		struct ref ref = {.kind = REF_COMMAND_PART, .first = o->id, .count = 1, .part = i};
		if (!(o->due >> i & 1))
			continue;
		if (!pack_part(p, FRAME_COMMAND_PART, item, ref))
			return false;
		o->due &= ~(UINT32_C(1) << i);
	}
	return true;
}

static void pack_due(struct session *s, struct packing *p)
{
	for (struct outgoing *o = s->outgoing.first; o; o = o->next)
		if (o->due && !pack_outgoing(s, p, o))
			return;
}

static bool packed(const struct packing *p, uint64_t id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->refs[i].first <= id && id < p->refs[i].first + p->refs[i].count &&
		    (p->refs[i].kind == REF_COMMANDS || p->refs[i].kind == REF_REPLIES))
			return true;
	return false;
}

/* Whole commands and replies in flight, once more, while there is room. */
static void pack_again(struct session *s, struct packing *p)
{
	for (struct outgoing *o = s->outgoing.first; o && p->eliciting; o = o->next) {
		if (o->due || o->arrived || item_parts(o->len) > 1 || packed(p, o->id))
			continue;
		if (!pack_bytes(p, slice_of(o->bytes, o->len), outgoing_ref(s, o)))
			return;
	}
}

static void pack_events(struct session *s, uint64_t now, struct packing *p)
{
	struct reader_item item;

	while (reader_due(&s->reader, session_head(s), &item)) {
		struct slice frame =
			s->config.log->frame(s->config.log_ctx, s->reader.room, item.seq);
		struct ref ref = {
			.first = item.seq, .room = s->reader.room, .count = 1, .part = item.part};
		if (!frame.data) {
			session_give_up(s, now, CODE_TOO_SLOW);
			return;
		}
		uint8_t parts = item_parts(frame.len);
		ref.kind = parts == 1 ? REF_EVENTS : REF_EVENT_PART;
		if (parts == 1 ? !pack_bytes(p, frame, ref)
			       : !pack_part(p, FRAME_EVENT_PART, frame, ref))
			return;
		reader_sent(&s->reader, &item, parts);
	}
}

static void pack_control(struct session *s, uint64_t now, struct packing *p)
{
	size_t before = p->frames.len;

	if (buf_room(&p->frames) < 32)
		return;
	session_put_control(s, now, &p->frames);
	p->eliciting |= p->frames.len > before;
}

static void pack_bye(struct session *s, struct packing *p)
{
	if (!session_bye_ready(s) || buf_room(&p->frames) < WIRE_REASON_MAX + 8 ||
	    !pack_ref(p, (struct ref){.kind = REF_BYE, .count = 1}))
		return;
	bye_put(&p->frames, s->end_code, s->end_text);
	p->eliciting = true;
	s->bye_due = false;
	if (s->config.role ==
	    SESSION_CLIENT) /* a leaving client does not wait to hear that it left */
		session_end(s, s->end_code, "", 0, false);
}

static void pack_ack(struct session *s, uint64_t now, struct packing *p)
{
	struct dgram_link *d = &s->dgram;
	struct ack ack = {.delay_us = now - d->newest_at};

	if (d->ack_eliciting == 0 || !ackset_ranges(&d->arrived, &ack, ACK_RANGES))
		return;
	ack_put(&p->frames, &ack);
	if (s->config.role == SESSION_CLIENT && s->incoming.next != 0)
		cursor_put(&p->frames, s->room, s->incoming.next);
}

static void pack(struct session *s, uint64_t now, struct packing *p)
{
	struct dgram_link *d = &s->dgram;

	pack_ack(s, now, p);
	if (s->state == STATE_ENDED ||
	    !recovery_may_send(&d->recovery, WIRE_PACKET_MAX, d->probes > 0))
		return;
	pack_due(s, p);
	pack_events(s, now, p);
	pack_control(s, now, p);
	pack_bye(s, p);
	pack_again(s, p);
}

/* The packet is going out: remember what it carries and what it told. */
static bool commit(struct session *s, uint64_t now, const struct packing *p, size_t size)
{
	struct dgram_link *d = &s->dgram;

	if (!p->eliciting) {
		d->recovery.next_number++;
	} else if (recovery_sent(&d->recovery, now, size, p->refs, p->count) != ERR_NONE) {
		for (size_t i = 0; i < p->count; i++)
			settle(s, &p->refs[i], true);
		return false;
	}
	if (p->eliciting && d->probes > 0)
		d->probes--;
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
	pack(s, now, &p);
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
	return d->ack_due < at ? d->ack_due : at;
}

static bool anything_due(const struct session *s)
{
	return outgoing_due(&s->outgoing) || s->reader.again_count > 0 || session_bye_ready(s);
}

/* What was sent is still missing, as far as anybody knows. */
static bool missing(const struct session *s, const struct ref *ref)
{
	bool part = ref->kind == REF_COMMAND_PART;

	if (ref->kind == REF_EVENTS || ref->kind == REF_EVENT_PART)
		return ref->room == s->reader.room && ref->first + ref->count > s->reader.confirmed;
	if (ref->kind == REF_BYE)
		return s->state == STATE_CLOSING;
	for (uint64_t id = ref->first; id < ref->first + ref->count; id++) {
		const struct outgoing *o = outgoing_find(&s->outgoing, id);
		if (o && !(o->arrived >> (part ? ref->part : 0) & 1))
			return true;
	}
	return false;
}

static bool any_missing(const struct session *s, const struct sent_packet *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (missing(s, &p->refs[i]))
			return true;
	return false;
}

/*
 * The peer is silent: what has been in flight longest and may be missing goes out once more,
 * whatever the window, and whatever else is due: newer things a receiver may refuse that waits for
 * the old.  Where nothing is left to repeat, a PING asks which packets arrived.
 */
static void probe(struct session *s)
{
	const struct sent_packet *p;

	s->dgram.probes = 1;
	for (uint32_t n = 0; (p = recovery_packet(&s->dgram.recovery, n)); n++) {
		if (p->settled || !any_missing(s, p))
			continue;
		for (size_t i = 0; i < p->count; i++)
			settle(s, &p->refs[i], true);
		return;
	}
	if (!anything_due(s))
		s->ping_due = true;
}

void dgram_tick(struct session *s, uint64_t now)
{
	if (s->state == STATE_OPENING || s->state == STATE_ENDED)
		return;
	if (recovery_tick(&s->dgram.recovery, now, settle, s) == RECOVERY_PROBE)
		probe(s);
}
