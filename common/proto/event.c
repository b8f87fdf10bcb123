/*
 * How events are written and read (protocol.md §3 and §6): one row for each kind says which fields it
 * has, in their order.
 */
#include "proto/event.h"

#include "proto/field.h"
#include "proto/wire.h"

enum event_field {
	FROM = 1,	/* a name */
	FROM_IF_MEMBER, /* … or nothing */
	NEW_NAME,
	ROOM_NAME,
	REASON,
	TARGET, /* an event before this one */
	EDIT,	/* … or after it */
	TEXT,
};

enum { FIELDS_MAX = 4 }; /* the last one is 0 */

static const struct {
	const char *name;
	uint8_t fields[FIELDS_MAX];
} kinds[] = {
	[EVENT_JOIN] = {"join", {FROM}},
	[EVENT_TALK] = {"talk", {FROM, TEXT}},
	[EVENT_QUIT] = {"quit", {FROM, REASON, TEXT}},
	[EVENT_NICK] = {"nick", {FROM, NEW_NAME}},
	[EVENT_ANNOUNCE] = {"announce", {TEXT}},
	[EVENT_LOST] = {"lost", {FROM}},
	[EVENT_BACK] = {"back", {FROM}},
	[EVENT_OPEN] = {"open", {FROM, ROOM_NAME}},
	[EVENT_TOPIC] = {"topic", {FROM_IF_MEMBER, TEXT}},
	[EVENT_RECALL] = {"recall", {FROM_IF_MEMBER, TARGET}},
	[EVENT_EDIT] = {"edit", {FROM, TARGET, TEXT}},
	[EVENT_RECALLED] = {"recalled", {FROM}},
	[EVENT_EDITED] = {"edited", {FROM, EDIT, TEXT}},
	[EVENT_AWAY] = {"away", {FROM, TEXT}},
};

_Static_assert(WIRE_EVENT_HEADER_MAX + TEXT_MAX_BYTES <= WIRE_REPLY_TEXT_MAX,
	       "a page holds the largest event");

bool event_known(enum event_kind k)
{
	return k >= EVENT_JOIN && (unsigned)k < sizeof(kinds) / sizeof(kinds[0]);
}

static const uint8_t *layout(enum event_kind k)
{
	static const uint8_t nothing[1];

	return event_known(k) ? kinds[k].fields : nothing;
}

const char *event_kind_name(enum event_kind k)
{
	return event_known(k) ? kinds[k].name : "unknown";
}

const char *leave_reason_name(enum leave_reason r)
{
	static const char *const names[] = {
		[LEAVE_QUIT] = "left",
		[LEAVE_LOST] = "connection lost",
		[LEAVE_TIMED_OUT] = "timed out",
		[LEAVE_KICKED] = "kicked",
		[LEAVE_TOO_SLOW] = "too slow",
		[LEAVE_PROTOCOL] = "protocol error",
		[LEAVE_SHUTDOWN] = "server shut down",
		[LEAVE_PARTED] = "left the room",
	};

	return (unsigned)r < sizeof(names) / sizeof(names[0]) ? names[r] : "left";
}

static void put(struct buf *b, const struct event *e, enum event_field f)
{
	switch (f) {
	case FROM:
	case FROM_IF_MEMBER:
		field_put(b, e->from);
		break;
	case NEW_NAME:
	case ROOM_NAME:
	case TEXT:
		field_put(b, e->text);
		break;
	case REASON:
		buf_put_u8(b, (uint8_t)e->reason);
		break;
	case TARGET:
	case EDIT:
		buf_put_varint(b, e->target);
		break;
	}
}

void event_put(struct buf *b, const struct event *e)
{
	buf_put_u8(b, FRAME_EVENT);
	buf_put_varint(b, e->room);
	buf_put_varint(b, e->seq);
	buf_put_u8(b, (uint8_t)e->kind);
	size_t body = buf_open_string(b);
	buf_put_varint(b, (uint64_t)e->time_ms);
	for (const uint8_t *f = layout(e->kind); *f; f++)
		put(b, e, *f);
	buf_close_string(b, body);
}

/* Member by member: a copy of the whole has to wait until its parts have been written. */
static void set(struct slice *to, struct slice it)
{
	to->data = it.data;
	to->len = it.len;
	to->failed = it.failed;
}

static void get(struct slice *s, struct event *e, enum event_field f)
{
	switch (f) {
	case FROM:
		set(&e->from, field_name(s, NAME_MAX_BYTES));
		break;
	case FROM_IF_MEMBER:
		set(&e->from, field_text(s, NAME_MAX_BYTES));
		break;
	case NEW_NAME:
		set(&e->text, field_name(s, NAME_MAX_BYTES));
		break;
	case ROOM_NAME:
		set(&e->text, field_name(s, WIRE_ROOM_NAME_MAX));
		break;
	case REASON:
		e->reason = slice_u8(s);
		break;
	case TARGET:
		e->target = slice_varint(s);
		if (e->target == 0 || e->target >= e->seq)
			s->failed = true;
		break;
	case EDIT:
		e->target = slice_varint(s);
		if (e->target <= e->seq)
			s->failed = true;
		break;
	case TEXT:
		set(&e->text, field_text(s, TEXT_MAX_BYTES));
		break;
	}
}

static bool body_get(struct slice body, struct event *e)
{
	e->time_ms = (int64_t)slice_varint(&body);
	for (const uint8_t *f = layout(e->kind); *f; f++)
		get(&body, e, *f);
	return field_end(&body);
}

void event_get(struct slice *s, struct event *e)
{
	e->room = field_room(s);
	e->seq = slice_varint(s);
	e->kind = slice_u8(s);
	struct slice body = slice_string(s, WIRE_ITEM_MAX);

	e->time_ms = 0;
	e->reason = 0;
	e->target = 0;
	set(&e->from, slice_of(NULL, 0));
	set(&e->text, slice_of(NULL, 0));
	if (s->failed || e->seq == 0)
		s->failed = true;
	else if (event_known(e->kind))
		s->failed = !body_get(body, e);
}

uint64_t event_edit(struct slice frame)
{
	(void)slice_u8(&frame); /* its type … */
	(void)slice_varint(&frame);
	(void)slice_varint(&frame);
	bool edited = slice_u8(&frame) == EVENT_EDITED;
	(void)slice_varint(&frame); /* … and its length */
	(void)slice_varint(&frame);
	(void)slice_string(&frame, NAME_MAX_BYTES);
	uint64_t edit = slice_varint(&frame);
	return edited && !frame.failed ? edit : 0;
}

uint64_t event_epoch_of_two(uint64_t epoch, uint32_t room)
{
	return epoch ^ room; /* stays below 2^62 */
}
