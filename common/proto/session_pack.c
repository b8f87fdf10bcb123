/*
 * What goes into a packet, and what becomes of it (protocol.md §5).  A packet is never sent twice; what
 * it carried is due again when it is lost.
 *
 * Every packet is filled in the order: acknowledgement and cursors, replies or commands that are due,
 * events that are due, control, goodbye; then, in what room is left, what is still in flight, so that the next
 * packet to arrive heals the loss of this one's forerunners.
 */
#include "proto/session_parts.h"

#include "proto/timerq.h"

#include <string.h>

enum {
	ACK_RANGES = 16, /* newest ranges per acknowledgement */
	ACK_CURSORS = 3, /* beside it before anything else */
	CURSOR_MAX_SIZE = 1 + 4 + 8,
	ACK_MAX_SIZE = 1 + 8 + 8 + 1 + 2 + (ACK_RANGES - 1) * 4,
};
_Static_assert(ACK_MAX_SIZE + ACK_CURSORS * CURSOR_MAX_SIZE + WIRE_PART_SIZE +
			       WIRE_PART_HEADER_MAX <=
		       WIRE_FRAMES_MAX,
	       "a client's part fits beside the largest acknowledgement with cursors");
_Static_assert(ACK_MAX_SIZE + WIRE_PART_SIZE + WIRE_EVENT_PART_HEADER_MAX <= WIRE_FRAMES_MAX,
	       "a server's part fits beside the largest acknowledgement");

/* ---- what became of a packet ----------------------------------------------------------------- */

static bool is_part(const struct ref *ref)
{
	return ref->kind == REF_COMMAND_PART || ref->kind == REF_REPLY_PART;
}

static void settle_item(struct session *s, uint64_t id, uint32_t bit, bool lost)
{
	struct outgoing *o = outgoing_find(&s->busy->outgoing, id);

	if (!o)
		return;
	if (!lost)
		o->arrived |= bit;
	if (lost && !(o->arrived & bit))
		o->due |= bit;
	else
		o->due &= ~o->arrived;
	/* A command is there until it is answered. */
	if (s->role == SESSION_SERVER && o->arrived == outgoing_parts(o))
		outgoing_remove(&s->busy->outgoing, id);
}

static void settle_outgoing(struct session *s, const struct ref *ref, bool lost)
{
	uint32_t bit = is_part(ref) ? UINT32_C(1) << ref->part : 1;
	uint16_t count = is_part(ref) ? 1 : ref->count;

	for (uint64_t id = ref->first; id < ref->first + count; id++)
		settle_item(s, id, bit, lost);
}

void pack_settle(void *ctx, const struct ref *ref, bool lost)
{
	struct session *s = ctx;
	struct reader *r;

	switch ((enum ref_kind)ref->kind) {
	case REF_EVENTS:
	case REF_EVENT_PART: /* a server's */
		if (lost && (r = readers_find(&s->server.readers, ref->room)))
			reader_lost(r, ref);
		break;
	case REF_COMMANDS:
	case REF_COMMAND_PART:
	case REF_REPLIES:
	case REF_REPLY_PART:
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

/* ---- what goes into one ---------------------------------------------------------------------- */

static bool is_range(const struct ref *ref)
{
	return ref->kind == REF_EVENTS || ref->kind == REF_COMMANDS || ref->kind == REF_REPLIES;
}

/* Notes that the packet carries one more thing; false: a packet remembers no more. */
static bool pack_ref(struct packing *p, struct ref ref)
{
	for (size_t i = 0; i < p->count && is_range(&ref); i++) {
		struct ref *at = &p->refs[i];
		if (at->kind != ref.kind || at->room != ref.room ||
		    at->first + at->count != ref.first || at->count > UINT16_MAX - ref.count)
			continue;
		at->count = (uint16_t)(at->count + ref.count);
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
	bool event = type == FRAME_EVENT_PART;
	struct part part = {
		.room = ref.room,
		.id = ref.first,
		.edit = event ? event_edit(item) : 0,
		.total = (uint32_t)item.len,
		.index = ref.part,
		.bytes = slice_of(item.data + start, len),
	};

	if (buf_room(&p->frames) <
		    len + (event ? WIRE_EVENT_PART_HEADER_MAX : WIRE_PART_HEADER_MAX) ||
	    !pack_ref(p, ref))
		return false;
	part_put(&p->frames, type, &part);
	p->eliciting = true;
	return true;
}

static struct ref outgoing_ref(const struct session *s, const struct outgoing *o)
{
	bool server = s->role == SESSION_SERVER, large = item_parts(o->len) > 1;
	uint8_t whole = server ? REF_REPLIES : REF_COMMANDS;
	uint8_t part = server ? REF_REPLY_PART : REF_COMMAND_PART;

	return (struct ref){.kind = large ? part : whole, .first = o->id, .count = 1};
}

static bool pack_outgoing(struct session *s, struct packing *p, struct outgoing *o)
{
	bool server = s->role == SESSION_SERVER;
	struct slice item = slice_of(o->bytes, o->len);
	struct ref ref = outgoing_ref(s, o);
	uint8_t parts = item_parts(o->len);

	if (parts == 1) {
		if (!pack_bytes(p, item, ref))
			return false;
		o->due = 0;
		return true;
	}
	for (; ref.part < parts; ref.part++) {
		if (!(o->due >> ref.part & 1))
			continue;
		if (!pack_part(p, server ? FRAME_REPLY_PART : FRAME_COMMAND_PART, item, ref))
			return false;
		o->due &= ~(UINT32_C(1) << ref.part);
	}
	return true;
}

/* Of those that are due the small ones, the large ones, or both. */
static void pack_due(struct session *s, struct packing *p, bool small, bool large)
{
	for (struct outgoing *o = s->busy->outgoing.first; o; o = o->next)
		if (o->due && (item_parts(o->len) > 1 ? large : small) && !pack_outgoing(s, p, o))
			return;
}

static bool packed(const struct packing *p, struct ref ref)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->refs[i].kind == ref.kind && p->refs[i].room == ref.room &&
		    p->refs[i].first <= ref.first &&
		    ref.first < p->refs[i].first + p->refs[i].count)
			return true;
	return false;
}

/* Whole commands and replies in flight. */
static void pack_outgoing_again(struct session *s, struct packing *p)
{
	for (struct outgoing *o = s->busy->outgoing.first; o; o = o->next) {
		if (o->due || o->arrived || item_parts(o->len) > 1 || packed(p, outgoing_ref(s, o)))
			continue;
		if (!pack_bytes(p, slice_of(o->bytes, o->len), outgoing_ref(s, o)))
			return;
	}
}

/* What of a room's events in flight is wanted still, once more; false: the packet takes no more. */
static bool pack_range_again(struct session *s, struct packing *p, const struct ref *ref)
{
	const struct reader *r = readers_find(&s->server.readers, ref->room);

	if (!r)
		return true;
	uint64_t seq = ref->first < reader_confirmed(r) ? reader_confirmed(r) : ref->first;
	for (; seq < ref->first + ref->count && seq < r->next && seq <= r->last; seq++) {
		struct ref one = {.kind = REF_EVENTS, .room = ref->room, .first = seq, .count = 1};
		if (packed(p, one))
			continue;
		struct slice frame;
		if (follow_frame(s, ref->room, seq, &frame) != LOG_HERE)
			return true;
		if (!pack_bytes(p, frame, one))
			return false;
	}
	return true;
}

/* Whole events in flight that were sent up to `until`, oldest first. */
static void pack_events_again(struct session *s, struct packing *p, uint64_t until)
{
	const struct sent_packet *sent;

	for (uint32_t n = 0; (sent = recovery_packet(&s->busy->dgram.recovery, n)); n++) {
		if (sent->sent_us > until)
			return;
		for (size_t i = 0; i < sent->count && !sent->settled; i++)
			if (sent->refs[i].kind == REF_EVENTS &&
			    !pack_range_again(s, p, &sent->refs[i]))
				return;
	}
}

/*
 * What is in flight, once more, while there is room: commands and replies always, events when they
 * are overdue or when some of them are likely to be lost.
 */
static void pack_again(struct session *s, uint64_t now, struct packing *p)
{
	const struct dgram_link *d = &s->busy->dgram;
	bool likely = d->copying || d->probes > 0 || recovery_lossy(&d->recovery);
	uint64_t overdue = recovery_pto(&d->recovery);

	pack_outgoing_again(s, p);
	if (likely || now > overdue)
		pack_events_again(s, p, likely ? now : now - overdue);
}

/* Repeats fill a packet that goes out anyway; where much is lost, a client's acknowledgement, too. */
static bool may_repeat(const struct session *s, uint64_t now, const struct packing *p)
{
	const struct dgram_link *d = &s->busy->dgram;

	return p->eliciting || d->copying ||
	       (now >= d->ack_due && s->role == SESSION_CLIENT && recovery_lossy(&d->recovery));
}

static enum follow_step pack_event(struct session *s, void *to, struct reader *r,
				   const struct reader_item *item, const struct follow_run *run)
{
	struct packing *p = to;
	struct slice frames = run->frames;
	uint8_t parts = item_parts(frames.len); /* a run of more than one is never as long */
	struct ref ref = {.kind = parts == 1 ? REF_EVENTS : REF_EVENT_PART,
			  .first = item->seq,
			  .room = r->room,
			  .count = (uint16_t)run->count,
			  .part = item->part};

	(void)s;
	if (item->part >= parts && parts > 1) { /* it was longer before it was edited */
		reader_sent(r, item, parts);
		return FOLLOW_SENT;
	}
	if (parts == 1 ? !pack_bytes(p, frames, ref) : !pack_part(p, FRAME_EVENT_PART, frames, ref))
		return p->count == RECOVERY_REFS ? FOLLOW_PASSED : FOLLOW_FULL;
	if (parts == 1)
		reader_sent_run(r, item, run->count);
	else
		reader_sent(r, item, parts);
	return FOLLOW_SENT;
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
	bye_put(&p->frames, s->end_code, session_end_text(s));
	p->eliciting = true;
	s->bye_due = false;
	if (s->role == SESSION_CLIENT) /* a leaving client does not wait to hear that it left */
		session_end(s, s->end_code, "", 0, false);
}

static bool pack_ack(struct session *s, uint64_t now, struct packing *p)
{
	struct dgram_link *d = &s->busy->dgram;
	struct ack ack = {.delay_us = now - d->newest_at};

	bool once = !recovery_lossy(&d->recovery); /* or what may be lost is said again */

	if ((d->ack_eliciting == 0 && once) || !ackset_ranges(&d->arrived, &ack, ACK_RANGES))
		return false;
	ack_put(&p->frames, &ack);
	return true;
}

/* How far the client is, in so many rooms where that may be news. */
static void pack_cursors(struct session *s, struct packing *p, size_t most)
{
	uint32_t room;
	uint64_t next;

	while (most-- > 0 && buf_room(&p->frames) >= CURSOR_MAX_SIZE &&
	       hearing_pack(&s->client->hearing, &room, &next))
		cursor_put(&p->frames, room, next);
}

/* The window has room for a packet, and its turn has come; a probe asks for neither. */
static bool may_send(struct session *s, uint64_t now)
{
	struct dgram_link *d = &s->busy->dgram;
	bool probe = d->probes > 0 || (d->copying && d->probed);
	uint64_t release = recovery_release(&d->recovery);

	if (!recovery_may_send(&d->recovery, WIRE_PACKET_MAX, probe))
		return false;
	if (!probe && now < release)
		d->release_due = release;
	return probe || now >= release;
}

/* Replies and events; large replies and events take turns in being first. */
static void pack_server(struct session *s, uint64_t now, struct packing *p)
{
	struct follow_to events = {pack_event, p, &p->frames, WIRE_PART_SIZE};
	bool parts_first = s->parts_first;

	pack_due(s, p, true, parts_first);
	(void)follow_put(s, now, &events);
	pack_due(s, p, false, !parts_first);
	s->parts_first = !parts_first;
}

static void pack_rest(struct session *s, uint64_t now, struct packing *p)
{
	if (s->role == SESSION_SERVER)
		pack_server(s, now, p);
	else
		pack_due(s, p, true, true);
	pack_control(s, now, p);
	pack_bye(s, p);
	p->fresh = p->eliciting;
	if (may_repeat(s, now, p))
		pack_again(s, now, p);
}

void pack_frames(struct session *s, uint64_t now, struct packing *p)
{
	struct dgram_link *d = &s->busy->dgram;

	d->release_due = TIMERQ_NEVER;
	d->level = false;
	bool acks = pack_ack(s, now, p), client = s->role == SESSION_CLIENT;
	if (acks && client)
		pack_cursors(s, p, ACK_CURSORS);
	size_t own = p->frames.len;
	if (s->state != STATE_ENDED && may_send(s, now)) {
		pack_rest(s, now, p);
		d->level = s->role == SESSION_SERVER && p->frames.len == own && follow_level(s);
	}
	if (acks && client)
		pack_cursors(s, p, SIZE_MAX);
}

/* ---- probes ---------------------------------------------------------------------------------- */

static bool anything_due(struct session *s)
{
	bool events = s->role == SESSION_SERVER && follow_missed(s);

	return outgoing_due(&s->busy->outgoing) || events || session_bye_ready(s);
}

/* What was sent is still missing, as far as anybody knows. */
static bool missing(struct session *s, const struct ref *ref)
{
	if (ref->kind == REF_EVENTS || ref->kind == REF_EVENT_PART) {
		const struct reader *r = readers_find(&s->server.readers, ref->room);
		return r && ref->first + ref->count > reader_confirmed(r);
	}
	if (ref->kind == REF_BYE)
		return s->state == STATE_CLOSING;
	for (uint64_t id = ref->first; id < ref->first + ref->count; id++) {
		const struct outgoing *o = outgoing_find(&s->busy->outgoing, id);
		if (o && !(o->arrived >> (is_part(ref) ? ref->part : 0) & 1))
			return true;
	}
	return false;
}

static bool any_missing(struct session *s, const struct sent_packet *p)
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
void pack_probe(struct session *s)
{
	const struct sent_packet *p;

	s->busy->dgram.probes = 1;
	for (uint32_t n = 0; (p = recovery_packet(&s->busy->dgram.recovery, n)); n++) {
		if (p->settled || !any_missing(s, p))
			continue;
		for (size_t i = 0; i < p->count; i++)
			pack_settle(s, &p->refs[i], true);
		return;
	}
	if (!anything_due(s))
		s->ping_due = true;
}
