/*
 * How commands and replies are written and read (protocol.md §3 and §4): one row for each kind of
 * command says which fields it has, in their order.
 */
#include "proto/command.h"

#include "proto/field.h"
#include "proto/whois.h"
#include "proto/wire.h"

#include <stddef.h>

enum command_field {
	ROOM = 1,
	TEXT,
	SINCE_MODE,
	SINCE,
	EPOCH,
	INSTANCE,
	MID,
	SEQ,
	BEFORE,
	COUNT,
	TOKEN,
	MODE,
	KEY,
	PROOF,
};

enum { FIELDS_MAX = 7 }; /* the last one is 0 */

static const uint8_t fields_of[][FIELDS_MAX] = {
	[COMMAND_JOIN] = {ROOM, TEXT, SINCE_MODE, SINCE, EPOCH, INSTANCE},
	[COMMAND_TALK] = {ROOM, TEXT, MID},
	[COMMAND_QUIT] = {TEXT},
	[COMMAND_NICK] = {TEXT},
	[COMMAND_WHO] = {ROOM, TEXT},
	[COMMAND_ENTER] = {TEXT, SINCE_MODE, SINCE, EPOCH, KEY, PROOF},
	[COMMAND_PART] = {ROOM, TEXT},
	[COMMAND_LIST] = {MODE, TEXT},
	[COMMAND_TOPIC] = {ROOM, TEXT},
	[COMMAND_RECALL] = {ROOM, SEQ},
	[COMMAND_EDIT] = {ROOM, SEQ, TEXT, MID},
	[COMMAND_PAGE] = {ROOM, BEFORE, COUNT},
	[COMMAND_SEARCH] = {ROOM, TEXT, TOKEN},
	[COMMAND_AWAY] = {TEXT},
	[COMMAND_WHOIS] = {TEXT},
};

bool command_known(enum command_kind k)
{
	return k >= COMMAND_JOIN && (unsigned)k < sizeof(fields_of) / sizeof(fields_of[0]);
}

static const uint8_t *layout(enum command_kind k)
{
	static const uint8_t nothing[1];

	return command_known(k) ? fields_of[k] : nothing;
}

/* ---- commands -------------------------------------------------------------------------------- */

enum form {
	NUMBER, /* varint, a uint64_t */
	NARROW, /* varint, a room's number */
	CHOICE, /* u8, an enum from 0 to `max` */
	STRING, /* of at most `max` bytes */
	EXACT,	/* string of `max` bytes, or of none */
};

static const struct {
	enum form form;
	size_t at;
	size_t max;
} fields[] = {
	[ROOM] = {NARROW, offsetof(struct command, room), 0},
	[TEXT] = {STRING, offsetof(struct command, text), WIRE_ITEM_MAX},
	[SINCE_MODE] = {CHOICE, offsetof(struct command, since_mode), SINCE_KNOWN},
	[SINCE] = {NUMBER, offsetof(struct command, since), 0},
	[EPOCH] = {NUMBER, offsetof(struct command, epoch), 0},
	[INSTANCE] = {NUMBER, offsetof(struct command, instance), 0},
	[MID] = {NUMBER, offsetof(struct command, mid), 0},
	[SEQ] = {NUMBER, offsetof(struct command, seq), 0},
	[BEFORE] = {NUMBER, offsetof(struct command, before), 0},
	[COUNT] = {NUMBER, offsetof(struct command, count), 0},
	[TOKEN] = {NUMBER, offsetof(struct command, token), 0},
	[MODE] = {CHOICE, offsetof(struct command, mode), LIST_MINE},
	[KEY] = {EXACT, offsetof(struct command, key), WIRE_ROOM_KEY},
	[PROOF] = {EXACT, offsetof(struct command, proof), WIRE_ROOM_PROOF},
};

static void put(struct buf *b, const struct command *c, enum command_field f)
{
	const void *at = (const char *)c + fields[f].at;

	switch (fields[f].form) {
	case NUMBER:
		buf_put_varint(b, *(const uint64_t *)at);
		break;
	case NARROW:
		buf_put_varint(b, *(const uint32_t *)at);
		break;
	case CHOICE:
		buf_put_u8(b, (uint8_t) * (const unsigned *)at);
		break;
	case STRING:
	case EXACT:
		field_put(b, *(const struct slice *)at);
		break;
	}
}

void command_put(struct buf *b, const struct command *c)
{
	buf_put_u8(b, FRAME_COMMAND);
	buf_put_varint(b, c->id);
	buf_put_u8(b, (uint8_t)c->kind);
	size_t body = buf_open_string(b);
	for (const uint8_t *f = layout(c->kind); *f; f++)
		put(b, c, *f);
	buf_close_string(b, body);
}

static void get(struct slice *s, struct command *c, enum command_field f)
{
	void *at = (char *)c + fields[f].at;
	struct slice *string = at;

	switch (fields[f].form) {
	case NUMBER:
		*(uint64_t *)at = slice_varint(s);
		break;
	case NARROW:
		*(uint32_t *)at = field_room(s);
		break;
	case CHOICE:
		*(unsigned *)at = slice_u8(s);
		s->failed |= *(unsigned *)at > fields[f].max;
		break;
	case STRING:
		*string = slice_string(s, fields[f].max);
		break;
	case EXACT:
		*string = slice_string(s, fields[f].max);
		s->failed |= string->len != 0 && string->len != fields[f].max;
		break;
	}
}

static bool body_get(struct slice body, struct command *c)
{
	for (const uint8_t *f = layout(c->kind); *f; f++)
		get(&body, c, *f);
	return field_end(&body);
}

void command_get(struct slice *s, struct command *c)
{
	*c = (struct command){.id = slice_varint(s)};
	c->kind = slice_u8(s);
	struct slice body = slice_string(s, WIRE_ITEM_MAX);

	if (s->failed || c->id == 0)
		s->failed = true;
	else if (command_known(c->kind))
		s->failed = !body_get(body, c);
}

/* ---- replies --------------------------------------------------------------------------------- */

void reply_put(struct buf *b, const struct reply *r)
{
	buf_put_u8(b, FRAME_REPLY);
	buf_put_varint(b, r->id);
	buf_put_u8(b, (uint8_t)r->code);
	buf_put_varint(b, r->seq);
	buf_put_varint(b, r->first);
	buf_put_u8(b, r->more);
	buf_put_varint(b, r->epoch);
	buf_put_varint(b, r->room);
	field_put(b, r->text);
}

void reply_get(struct slice *s, struct reply *r)
{
	r->id = slice_varint(s);
	r->code = slice_u8(s);
	r->seq = slice_varint(s);
	r->first = slice_varint(s);
	uint8_t more = slice_u8(s);
	r->epoch = slice_varint(s);
	r->room = field_room(s);
	r->text = slice_string(s, WIRE_REPLY_TEXT_MAX);
	r->more = more;
	if (more > 1 || r->id == 0)
		s->failed = true;
}

static bool is_text(struct slice s)
{
	return text_valid((const char *)s.data, s.len);
}

bool reply_sound(const struct reply *r, enum command_kind to)
{
	struct slice page = r->text, name;
	enum member_state state;
	struct listed_room room;
	struct event event;
	struct whois about;

	switch (to) {
	case COMMAND_WHO:
		while (who_get(&page, &name, &state))
			;
		return !page.failed;
	case COMMAND_LIST:
		while (list_get(&page, &room))
			;
		return !page.failed;
	case COMMAND_PAGE:
	case COMMAND_SEARCH:
		while (page_get(&page, &event, &name))
			;
		return !page.failed;
	case COMMAND_WHOIS:
		return r->code == CODE_OK ? whois_get(page, &about) : is_text(page);
	default:
		return is_text(page);
	}
}

void who_put(struct buf *page, struct slice name, enum member_state state)
{
	field_put(page, name);
	buf_put_u8(page, (uint8_t)state);
}

bool who_get(struct slice *page, struct slice *name, enum member_state *state)
{
	if (page->len == 0 || page->failed)
		return false;
	*name = field_name(page, NAME_MAX_BYTES);
	*state = slice_u8(page);
	return !page->failed;
}

void list_put(struct buf *page, const struct listed_room *r)
{
	buf_put_varint(page, r->room);
	buf_put_u8(page, r->flags);
	buf_put_varint(page, r->members);
	buf_put_varint(page, r->head);
	field_put(page, r->name);
	field_put(page, r->topic);
}

bool list_get(struct slice *page, struct listed_room *r)
{
	if (page->len == 0 || page->failed)
		return false;
	r->room = field_room(page);
	r->flags = slice_u8(page);
	r->members = slice_varint(page);
	r->head = slice_varint(page);
	r->name = field_name(page, WIRE_ROOM_NAME_MAX);
	r->topic = field_text(page, WIRE_TOPIC_MAX);
	return !page->failed;
}

bool page_get(struct slice *page, struct event *e, struct slice *raw)
{
	struct frame f;

	if (page->len == 0 || page->failed)
		return false;
	if (frame_get(page, &f) != ERR_NONE || f.type != FRAME_EVENT) {
		page->failed = true;
		return false;
	}
	*e = f.event;
	*raw = f.raw;
	return true;
}
