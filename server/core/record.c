/* One function each to write and to read what each kind has beside its number. */
#include "core/record.h"

#include <assert.h>
#include <string.h>

/* ---- the parts ------------------------------------------------------------------------------- */

static void put_slice(struct buf *b, struct slice s)
{
	buf_put_string(b, s.data, s.len);
}

/* Times before 1970 are no times: they are kept as its beginning. */
static void put_time(struct buf *b, int64_t ms)
{
	buf_put_varint(b, ms > 0 ? (uint64_t)ms : 0);
}

static int64_t get_time(struct slice *s)
{
	return (int64_t)slice_varint(s);
}

static void get_owner(struct slice *s, uint8_t owner[OWNER_BYTES])
{
	struct slice bytes = slice_bytes(s, OWNER_BYTES);

	memset(owner, 0, OWNER_BYTES);
	if (bytes.data && bytes.len == OWNER_BYTES)
		memcpy(owner, bytes.data, OWNER_BYTES);
}

static uint32_t get_room(struct slice *s)
{
	uint64_t room = slice_varint(s);

	s->failed |= room == 0 || room > WIRE_MAX_ROOM;
	return (uint32_t)room;
}

static uint64_t get_seq(struct slice *s)
{
	uint64_t seq = slice_varint(s);

	s->failed |= seq == 0;
	return seq;
}

/* ---- each kind ------------------------------------------------------------------------------- */

static void meta_put(struct buf *b, const struct record *r)
{
	buf_put_varint(b, r->epoch);
}

static void meta_get(struct slice *s, struct record *r)
{
	r->epoch = slice_varint(s);
}

static void room_put(struct buf *b, const struct record *r)
{
	const struct record_room *room = &r->room;

	buf_put_varint(b, room->number);
	buf_put_u8(b, (uint8_t)room->kind);
	put_slice(b, room->name);
	put_slice(b, room->topic);
	put_slice(b, room->password);
	buf_put_u32(b, room->keep_days);
	put_time(b, room->made_ms);
	for (int i = 0; i < 2; i++) {
		buf_put_bytes(b, room->owners[i], OWNER_BYTES);
		put_slice(b, room->names[i]);
	}
	buf_put_varint(b, room->head);
	buf_put_varint(b, room->first);
}

static void room_get(struct slice *s, struct record *r)
{
	struct record_room *room = &r->room;

	room->number = get_room(s);
	room->kind = slice_u8(s);
	room->name = slice_string(s, RECORD_ROOM_NAME_MAX);
	room->topic = slice_string(s, TEXT_MAX_BYTES);
	room->password = slice_string(s, KEY_BYTES);
	room->keep_days = slice_u32(s);
	room->made_ms = get_time(s);
	for (int i = 0; i < 2; i++) {
		get_owner(s, room->owners[i]);
		room->names[i] = slice_string(s, NAME_MAX_BYTES);
	}
	room->head = slice_varint(s);
	room->first = slice_varint(s);
	s->failed |= room->kind > RECORD_DIRECT;
	s->failed |= room->password.len != 0 && room->password.len != KEY_BYTES;
}

static void event_put_record(struct buf *b, const struct record *r)
{
	const struct record_event *e = &r->event;

	buf_put_varint(b, e->room);
	buf_put_varint(b, e->seq);
	if (r->kind == RECORD_EVENT)
		buf_put_bytes(b, e->author, OWNER_BYTES);
	put_slice(b, e->frame);
}

static void event_get_record(struct slice *s, struct record *r)
{
	struct record_event *e = &r->event;

	e->room = get_room(s);
	e->seq = get_seq(s);
	if (r->kind == RECORD_EVENT)
		get_owner(s, e->author);
	e->frame = slice_string(s, WIRE_ITEM_MAX);
}

static void name_put(struct buf *b, const struct record *r)
{
	const struct record_name *n = &r->name;

	put_slice(b, n->name);
	if (r->kind == RECORD_NAME_GONE)
		return;
	buf_put_bytes(b, n->owner, OWNER_BYTES);
	put_time(b, n->first);
	put_time(b, n->last);
	put_time(b, n->used);
}

static void name_get(struct slice *s, struct record *r)
{
	struct record_name *n = &r->name;

	n->name = slice_string(s, NAME_MAX_BYTES);
	if (r->kind == RECORD_NAME_GONE)
		return;
	get_owner(s, n->owner);
	n->first = get_time(s);
	n->last = get_time(s);
	n->used = get_time(s);
}

static void sender_put(struct buf *b, const struct record *r)
{
	const struct record_sender *n = &r->sender;
	size_t count = SENDERS_REMEMBERED;

	buf_put_bytes(b, n->owner, OWNER_BYTES);
	buf_put_u64(b, n->instance);
	if (r->kind == RECORD_SENDER_GONE)
		return;
	while (count > 0 && n->seqs[count - 1] == 0)
		count--;
	buf_put_u8(b, n->left);
	buf_put_varint(b, n->newest);
	buf_put_u8(b, (uint8_t)count);
	for (size_t i = 0; i < count; i++)
		buf_put_varint(b, n->seqs[i]);
}

static void sender_get(struct slice *s, struct record *r)
{
	struct record_sender *n = &r->sender;

	get_owner(s, n->owner);
	n->instance = slice_u64(s);
	if (r->kind == RECORD_SENDER_GONE)
		return;
	uint8_t left = slice_u8(s);
	n->newest = slice_varint(s);
	size_t count = slice_u8(s);
	s->failed |= left > 1 || count > SENDERS_REMEMBERED;
	n->left = left == 1;
	for (size_t i = 0; i < count && !s->failed; i++)
		n->seqs[i] = slice_varint(s);
}

static void present_put(struct buf *b, const struct record *r)
{
	const struct record_present *p = &r->present;

	buf_put_varint(b, p->room);
	put_slice(b, p->name);
	if (r->kind == RECORD_ABSENT)
		return;
	buf_put_bytes(b, p->owner, OWNER_BYTES);
	buf_put_u64(b, p->instance);
	buf_put_u8(b, p->lost);
}

static void present_get(struct slice *s, struct record *r)
{
	struct record_present *p = &r->present;

	p->room = get_room(s);
	p->name = slice_string(s, NAME_MAX_BYTES);
	if (r->kind == RECORD_ABSENT)
		return;
	get_owner(s, p->owner);
	p->instance = slice_u64(s);
	uint8_t lost = slice_u8(s);
	s->failed |= lost > 1;
	p->lost = lost == 1;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const struct {
	void (*put)(struct buf *b, const struct record *r);
	void (*get)(struct slice *s, struct record *r);
} kinds[] = {
	[RECORD_META] = {meta_put, meta_get},
	[RECORD_ROOM] = {room_put, room_get},
	[RECORD_EVENT] = {event_put_record, event_get_record},
	[RECORD_REWRITE] = {event_put_record, event_get_record},
	[RECORD_NAME] = {name_put, name_get},
	[RECORD_NAME_GONE] = {name_put, name_get},
	[RECORD_SENDER] = {sender_put, sender_get},
	[RECORD_SENDER_GONE] = {sender_put, sender_get},
	[RECORD_PRESENT] = {present_put, present_get},
	[RECORD_ABSENT] = {present_put, present_get},
};

void record_put(struct buf *b, const struct record *r)
{
	assert(r->kind >= RECORD_META && r->kind <= RECORD_ABSENT);
	buf_put_u8(b, (uint8_t)r->kind);
	kinds[r->kind].put(b, r);
}

enum err record_get(struct slice *s, struct record *r)
{
	struct slice at = *s;

	if (at.len == 0)
		return ERR_TRUNCATED;
	memset(r, 0, sizeof(*r));
	r->kind = slice_u8(&at);
	if (r->kind < RECORD_META || r->kind > RECORD_ABSENT)
		return ERR_MALFORMED;
	kinds[r->kind].get(&at, r);
	if (at.failed)
		return ERR_MALFORMED;
	*s = at;
	return ERR_NONE;
}
