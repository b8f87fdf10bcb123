/*
 * The message catalogue (protocol.md §3 to §5): how each message is written and read.
 *
 * Every row of the protocol is one put and one get here, next to each other.  Nothing in this file
 * keeps state, and nothing in it decides.
 */
#include "proto/wire.h"

#include <string.h>

static const char hello_magic[4] = {'C', 'H', 'A', 'T'};

/* ---- names of things ------------------------------------------------------------------------- */

static bool event_known(enum event_kind k)
{
	return k >= EVENT_JOIN && k <= EVENT_BACK;
}

/* Some events are about one name and nothing else. */
static bool event_has_text(enum event_kind k)
{
	return k != EVENT_JOIN && k != EVENT_LOST && k != EVENT_BACK;
}

const char *event_kind_name(enum event_kind k)
{
	static const char *const names[] = {
		[EVENT_JOIN] = "join", [EVENT_TALK] = "talk",	      [EVENT_QUIT] = "quit",
		[EVENT_NICK] = "nick", [EVENT_ANNOUNCE] = "announce", [EVENT_LOST] = "lost",
		[EVENT_BACK] = "back",
	};

	return event_known(k) ? names[k] : "unknown";
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
	};

	return (unsigned)r <= LEAVE_SHUTDOWN ? names[r] : "left";
}

static const struct {
	const char *name, *reason;
} code_table[] = {
	[CODE_OK] = {"ok", "done"},
	[CODE_NAME_TAKEN] = {"name-taken", "that name belongs to another key: choose another"},
	[CODE_NAME_BAD] = {"name-bad",
			   "that cannot be a name: use 1 to 32 letters, digits or signs "
			   "without spaces, ':' or ','"},
	[CODE_NAME_RESERVED] = {"name-reserved", "that name is kept for the staff: choose another"},
	[CODE_NOT_JOINED] = {"not-joined", "join the room with a name first"},
	[CODE_ALREADY_JOINED] = {"already-joined", "you are in the room already"},
	[CODE_NO_SUCH_ROOM] = {"no-such-room", "there is no such room"},
	[CODE_TEXT_BAD] = {"text-bad",
			   "that cannot be said: text must be valid UTF-8, not empty and "
			   "at most 16 KiB"},
	[CODE_ROOM_FULL] = {"room-full", "the room is full: try again later"},
	[CODE_UNKNOWN_COMMAND] = {"unknown-command", "the server does not know this command"},
	[CODE_SERVER_FULL] = {"server-full", "the server is full: try again later"},
	[CODE_KICKED] = {"kicked", "you were removed from the room"},
	[CODE_SHUTDOWN] = {"shutdown", "the server is shutting down"},
	[CODE_TIMED_OUT] = {"timed-out", "the other side was silent for too long"},
	[CODE_TOO_SLOW] = {"too-slow", "too far behind what the room keeps: join again"},
	[CODE_PROTOCOL] = {"protocol-error",
			   "the other side broke the protocol: is it the same version?"},
	[CODE_LEFT] = {"left", "the session was left"},
	[CODE_KEY_CHANGED] = {"key-changed", "the server's key is not the one that is expected"},
	[CODE_NOT_ACCEPTED] = {"not-accepted",
			       "the server does not let us in: is the room's password right?"},
	[CODE_LINK_SPOILT] = {"link-spoilt",
			      "what came over the connection was not the other side's"},
	[CODE_TOO_MANY] = {"too-many", "too many sessions are open with this key: close others"},
};

enum { CODE_COUNT = sizeof(code_table) / sizeof(code_table[0]) };

const char *code_name(enum code c)
{
	return (unsigned)c < CODE_COUNT ? code_table[c].name : "unknown";
}

const char *code_reason(enum code c)
{
	return (unsigned)c < CODE_COUNT ? code_table[c].reason
					: "refused for a reason unknown to this version";
}

/* ---- parts of messages ----------------------------------------------------------------------- */

static struct slice get_text(struct slice *s, size_t max)
{
	struct slice text = slice_string(s, max);

	if (!s->failed && !text_valid((const char *)text.data, text.len))
		s->failed = true;
	return text;
}

static struct slice get_name(struct slice *s)
{
	struct slice name = get_text(s, NAME_MAX_BYTES);

	if (name.len == 0)
		s->failed = true;
	return name;
}

static uint32_t get_room(struct slice *s)
{
	uint64_t room = slice_varint(s);

	if (room > WIRE_MAX_ROOM)
		s->failed = true;
	return (uint32_t)room;
}

static void put_slice(struct buf *b, struct slice s)
{
	buf_put_string(b, s.data, s.len);
}

/* A whole body was read, to its last byte. */
static bool complete(const struct slice *s)
{
	return !s->failed && s->len == 0;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void event_body_put(struct buf *b, const struct event *e)
{
	buf_put_varint(b, (uint64_t)e->time_ms);
	if (e->kind != EVENT_ANNOUNCE)
		put_slice(b, e->from);
	if (e->kind == EVENT_QUIT)
		buf_put_u8(b, (uint8_t)e->reason);
	if (event_has_text(e->kind))
		put_slice(b, e->text);
}

static size_t string_size(struct slice s)
{
	return buf_varint_size(s.len) + s.len;
}

static size_t event_body_size(const struct event *e)
{
	return buf_varint_size((uint64_t)e->time_ms) +
	       (e->kind != EVENT_ANNOUNCE ? string_size(e->from) : 0) + (e->kind == EVENT_QUIT) +
	       (event_has_text(e->kind) ? string_size(e->text) : 0);
}

void event_put(struct buf *b, const struct event *e)
{
	buf_put_u8(b, FRAME_EVENT);
	buf_put_varint(b, e->room);
	buf_put_varint(b, e->seq);
	buf_put_u8(b, (uint8_t)e->kind);
	buf_put_varint(b, event_body_size(e));
	event_body_put(b, e);
}

static bool event_body_get(struct slice body, struct event *e)
{
	e->time_ms = (int64_t)slice_varint(&body);
	if (e->kind != EVENT_ANNOUNCE)
		e->from = get_name(&body);
	if (e->kind == EVENT_QUIT)
		e->reason = slice_u8(&body);
	if (e->kind == EVENT_NICK)
		e->text = get_name(&body);
	else if (event_has_text(e->kind))
		e->text = get_text(&body, TEXT_MAX_BYTES);
	return complete(&body);
}

static void event_get(struct slice *s, struct event *e)
{
	*e = (struct event){.room = get_room(s)};
	e->seq = slice_varint(s);
	e->kind = slice_u8(s);
	struct slice body = slice_string(s, WIRE_ITEM_MAX);

	if (s->failed || e->seq == 0)
		s->failed = true;
	else if (event_known(e->kind))
		s->failed = !event_body_get(body, e);
}

/* ---- commands and replies -------------------------------------------------------------------- */

static bool command_known(enum command_kind k)
{
	return k >= COMMAND_JOIN && k <= COMMAND_WHO;
}

static bool command_has_room(enum command_kind k)
{
	return k == COMMAND_JOIN || k == COMMAND_TALK || k == COMMAND_WHO;
}

static void command_body_put(struct buf *b, const struct command *c)
{
	if (command_has_room(c->kind))
		buf_put_varint(b, c->room);
	put_slice(b, c->text);
	if (c->kind == COMMAND_JOIN) {
		buf_put_u8(b, (uint8_t)c->since_mode);
		buf_put_varint(b, c->since);
		buf_put_varint(b, c->epoch);
		buf_put_varint(b, c->instance);
	} else if (c->kind == COMMAND_TALK) {
		buf_put_varint(b, c->mid);
	}
}

static size_t command_body_size(const struct command *c)
{
	size_t n =
		(command_has_room(c->kind) ? buf_varint_size(c->room) : 0) + string_size(c->text);

	if (c->kind == COMMAND_JOIN)
		n += 1 + buf_varint_size(c->since) + buf_varint_size(c->epoch) +
		     buf_varint_size(c->instance);
	else if (c->kind == COMMAND_TALK)
		n += buf_varint_size(c->mid);
	return n;
}

void command_put(struct buf *b, const struct command *c)
{
	buf_put_u8(b, FRAME_COMMAND);
	buf_put_varint(b, c->id);
	buf_put_u8(b, (uint8_t)c->kind);
	buf_put_varint(b, command_body_size(c));
	command_body_put(b, c);
}

static bool command_body_get(struct slice body, struct command *c)
{
	if (command_has_room(c->kind))
		c->room = get_room(&body);
	c->text = slice_string(&body, WIRE_ITEM_MAX);
	if (c->kind == COMMAND_JOIN) {
		c->since_mode = slice_u8(&body);
		c->since = slice_varint(&body);
		c->epoch = slice_varint(&body);
		c->instance = slice_varint(&body);
	} else if (c->kind == COMMAND_TALK) {
		c->mid = slice_varint(&body);
	}
	return complete(&body) && c->since_mode <= SINCE_LAST;
}

static void command_get(struct slice *s, struct command *c)
{
	*c = (struct command){.id = slice_varint(s)};
	c->kind = slice_u8(s);
	struct slice body = slice_string(s, WIRE_ITEM_MAX);

	if (s->failed || c->id == 0)
		s->failed = true;
	else if (command_known(c->kind))
		s->failed = !command_body_get(body, c);
}

void reply_put(struct buf *b, const struct reply *r)
{
	buf_put_u8(b, FRAME_REPLY);
	buf_put_varint(b, r->id);
	buf_put_u8(b, (uint8_t)r->code);
	buf_put_varint(b, r->seq);
	buf_put_varint(b, r->first);
	buf_put_u8(b, r->more);
	buf_put_varint(b, r->epoch);
	put_slice(b, r->text);
}

static void reply_get(struct slice *s, struct reply *r)
{
	r->id = slice_varint(s);
	r->code = slice_u8(s);
	r->seq = slice_varint(s);
	r->first = slice_varint(s);
	uint8_t more = slice_u8(s);
	r->epoch = slice_varint(s);
	/* A page of names is text as well: their lengths and states are ASCII. */
	r->text = get_text(s, WIRE_REPLY_TEXT_MAX);
	r->more = more;
	if (more > 1 || r->id == 0)
		s->failed = true;
}

void who_put(struct buf *page, struct slice name, enum member_state state)
{
	put_slice(page, name);
	buf_put_u8(page, (uint8_t)state);
}

bool who_get(struct slice *page, struct slice *name, enum member_state *state)
{
	if (page->len == 0 || page->failed)
		return false;
	*name = get_name(page);
	*state = slice_u8(page);
	return !page->failed;
}

/* ---- frames of the session itself ------------------------------------------------------------ */

void part_put(struct buf *b, enum frame_type t, const struct part *p)
{
	buf_put_u8(b, (uint8_t)t);
	if (t == FRAME_EVENT_PART)
		buf_put_varint(b, p->room);
	buf_put_varint(b, p->id);
	buf_put_varint(b, p->total);
	buf_put_u8(b, p->index);
	put_slice(b, p->bytes);
}

static void part_get(struct slice *s, enum frame_type t, struct part *p)
{
	p->room = t == FRAME_EVENT_PART ? get_room(s) : 0;
	p->id = slice_varint(s);
	uint64_t total = slice_varint(s);
	p->index = slice_u8(s);
	p->bytes = slice_string(s, WIRE_PART_SIZE);

	uint64_t start = (uint64_t)p->index * WIRE_PART_SIZE;
	if (s->failed || p->id == 0 || total > WIRE_ITEM_MAX || start >= total) {
		s->failed = true;
		return;
	}
	p->total = (uint32_t)total;
	uint64_t want = total - start < WIRE_PART_SIZE ? total - start : WIRE_PART_SIZE;
	s->failed = p->bytes.len != want;
}

/* As RFC 9000 §19.3: the largest, then lengths and gaps downwards, each less what cannot be. */
void ack_put(struct buf *b, const struct ack *a)
{
	assert(a->count > 0 && a->count <= WIRE_ACK_RANGES_MAX);
	buf_put_u8(b, FRAME_ACK);
	buf_put_varint(b, a->ranges[0].last);
	buf_put_varint(b, a->delay_us);
	buf_put_varint(b, a->count - 1);
	buf_put_varint(b, a->ranges[0].last - a->ranges[0].first);
	for (size_t i = 1; i < a->count; i++) {
		buf_put_varint(b, a->ranges[i - 1].first - a->ranges[i].last - 2);
		buf_put_varint(b, a->ranges[i].last - a->ranges[i].first);
	}
}

/* One range that ends at `last` and is `length` packets longer than one. */
static void ack_range_get(struct slice *s, uint64_t last, struct ack_range *r)
{
	uint64_t length = slice_varint(s);

	if (length > last)
		s->failed = true;
	*r = (struct ack_range){.first = last - length, .last = last};
}

static void ack_get(struct slice *s, struct ack *a)
{
	uint64_t largest = slice_varint(s);
	a->delay_us = slice_varint(s);
	uint64_t more = slice_varint(s);

	if (more >= WIRE_ACK_RANGES_MAX)
		s->failed = true;
	ack_range_get(s, largest, &a->ranges[0]);
	a->count = 1;
	while (!s->failed && a->count <= more) {
		uint64_t gap = slice_varint(s), first = a->ranges[a->count - 1].first;
		if (first < 2 || gap > first - 2) {
			s->failed = true;
			return;
		}
		ack_range_get(s, first - gap - 2, &a->ranges[a->count++]);
	}
}

void cursor_put(struct buf *b, uint32_t room, uint64_t next)
{
	buf_put_u8(b, FRAME_CURSOR);
	buf_put_varint(b, room);
	buf_put_varint(b, next);
}

void ping_put(struct buf *b, enum frame_type t, uint64_t token)
{
	buf_put_u8(b, (uint8_t)t);
	buf_put_varint(b, token);
}

void path_put(struct buf *b, enum frame_type t, uint64_t token)
{
	buf_put_u8(b, (uint8_t)t);
	buf_put_u64(b, token);
}

void bye_put(struct buf *b, enum code c, const char *text)
{
	buf_put_u8(b, FRAME_BYE);
	buf_put_u8(b, (uint8_t)c);
	buf_put_string(b, text, text_clip(text, strlen(text), WIRE_REASON_MAX));
}

void hello_put(struct buf *b)
{
	buf_put_u8(b, FRAME_HELLO);
	buf_put_bytes(b, hello_magic, sizeof(hello_magic));
	buf_put_u8(b, WIRE_VERSION);
}

static void hello_get(struct slice *s, uint8_t *version)
{
	struct slice magic = slice_bytes(s, sizeof(hello_magic));

	*version = slice_u8(s);
	if (!s->failed && memcmp(magic.data, hello_magic, sizeof(hello_magic)) != 0)
		s->failed = true;
}

/* False: no frame of this type is known. */
static bool frame_body_get(struct slice *s, struct frame *f)
{
	switch (f->type) {
	case FRAME_PADDING:
		return true;
	case FRAME_PING:
	case FRAME_PONG:
		f->token = slice_varint(s);
		return true;
	case FRAME_ACK:
		ack_get(s, &f->ack);
		return true;
	case FRAME_PATH_CHALLENGE:
	case FRAME_PATH_RESPONSE:
		f->token = slice_u64(s);
		return true;
	case FRAME_BYE:
		f->bye.code = slice_u8(s);
		f->bye.text = get_text(s, WIRE_REASON_MAX);
		return true;
	case FRAME_HELLO:
		hello_get(s, &f->version);
		return true;
	case FRAME_COMMAND:
		command_get(s, &f->command);
		return true;
	case FRAME_COMMAND_PART:
	case FRAME_EVENT_PART:
		part_get(s, f->type, &f->part);
		return true;
	case FRAME_REPLY:
		reply_get(s, &f->reply);
		return true;
	case FRAME_EVENT:
		event_get(s, &f->event);
		return true;
	case FRAME_CURSOR:
		f->cursor.room = get_room(s);
		f->cursor.next = slice_varint(s);
		return true;
	}
	return false;
}

enum err frame_get(struct slice *s, struct frame *f)
{
	struct slice at = *s;

	f->type = slice_u8(&at);
	if (at.failed)
		return ERR_TRUNCATED;
	if (!frame_body_get(&at, f) || at.failed)
		return ERR_MALFORMED;
	f->raw = slice_of(s->data, s->len - at.len);
	*s = at;
	return ERR_NONE;
}

bool frame_eliciting(enum frame_type t)
{
	return t != FRAME_PADDING && t != FRAME_ACK && t != FRAME_CURSOR &&
	       t != FRAME_PATH_CHALLENGE;
}
