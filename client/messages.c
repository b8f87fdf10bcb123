/*
 * Bodies of the messages between the client's processes: strings as varint length and bytes,
 * numbers as varints, small values and flags as one byte.  A body is read to its very end: anything
 * left over means that the two sides do not agree, which is an error like any other.
 */
#include "messages.h"

#include <string.h>

enum {
	FLAG_FIRST = 1,
	FLAG_MORE = 2,
	FLAG_ASKED = 4,
	FLAG_PAST = 1,
	FLAG_CALLS = 2,
	EVENT_FLAGS = FLAG_PAST | FLAG_CALLS,
	WHO_FLAGS = FLAG_FIRST | FLAG_MORE | FLAG_ASKED,
};

struct slice message_text(const char *s)
{
	return slice_of(s, strlen(s));
}

static void put_string(struct buf *b, struct slice s, size_t max)
{
	if (s.len > max)
		b->failed = true;
	buf_put_string(b, s.data, s.len);
}

static void put_edit(struct buf *b, const struct message_edit *e)
{
	put_string(b, e->prompt, MESSAGE_MAX_LABEL);
	put_string(b, e->line, TEXT_MAX_BYTES);
	buf_put_varint(b, e->cursor);
	buf_put_varint(b, e->serial);
}

static void put_result(struct buf *b, const struct message_result *r)
{
	buf_put_varint(b, r->id);
	buf_put_u8(b, (uint8_t)r->kind);
	buf_put_u8(b, (uint8_t)r->code);
	buf_put_varint(b, r->seq);
	put_string(b, r->room, MESSAGE_MAX_LABEL);
	buf_put_u8(b, r->more);
	put_string(b, r->text, MESSAGE_MAX_WORDS);
}

static void put_status(struct buf *b, const struct message_status *s)
{
	buf_put_u8(b, (uint8_t)s->link);
	buf_put_u8(b, (uint8_t)s->transport);
	buf_put_varint(b, s->lag_ms);
	buf_put_varint(b, s->unsent);
	put_string(b, s->nick, MESSAGE_MAX_LABEL);
	put_string(b, s->room, MESSAGE_MAX_LABEL);
	put_string(b, s->server, MESSAGE_MAX_LABEL);
	put_string(b, s->prompt, MESSAGE_MAX_LABEL);
}

static void put_who(struct buf *b, const struct message_who *w)
{
	buf_put_varint(b, w->id);
	put_string(b, w->room, MESSAGE_MAX_LABEL);
	buf_put_u8(b, (uint8_t)((w->first ? FLAG_FIRST : 0) | (w->more ? FLAG_MORE : 0) |
				(w->asked ? FLAG_ASKED : 0)));
	put_string(b, w->names, WIRE_ITEM_MAX);
}

static void put_event(struct buf *b, const struct message_event *e)
{
	buf_put_varint(b, e->id);
	put_string(b, e->room, MESSAGE_MAX_LABEL);
	put_string(b, e->raw, WIRE_ITEM_MAX);
	buf_put_u8(b, (uint8_t)((e->past ? FLAG_PAST : 0) | (e->calls ? FLAG_CALLS : 0)));
}

static void put_room(struct buf *b, const struct message_room *r)
{
	put_string(b, r->room, MESSAGE_MAX_LABEL);
	put_string(b, r->topic, WIRE_TOPIC_MAX);
	put_string(b, r->was, MESSAGE_MAX_LABEL);
	buf_put_u8(b, r->left);
}

static void put_page(struct buf *b, const struct message_page *p)
{
	buf_put_varint(b, p->id);
	put_string(b, p->room, MESSAGE_MAX_LABEL);
	buf_put_varint(b, p->before);
	buf_put_u8(b, p->more);
	put_string(b, p->events, WIRE_ITEM_MAX);
}

static void put_setting(struct buf *b, const struct preference *s)
{
	buf_put_u8(b, (uint8_t)s->kind);
	put_string(b, s->name, PREFERENCES_NAME_MAX);
	put_string(b, s->value, PREFERENCES_VALUE_MAX);
}

static void put_said(struct buf *b, const struct message_said *s)
{
	buf_put_varint(b, s->ticket);
	put_string(b, s->room, MESSAGE_MAX_LABEL);
	buf_put_u8(b, (uint8_t)s->state);
	buf_put_varint(b, s->seq);
	put_string(b, s->reason, MESSAGE_MAX_LABEL);
	put_string(b, s->text, TEXT_MAX_BYTES);
}

/* A turn's sign is by itself. */
static void put_complete(struct buf *b, const struct message_complete *c)
{
	buf_put_varint(b, c->serial);
	put_string(b, c->line, TEXT_MAX_BYTES);
	buf_put_varint(b, c->cursor);
	buf_put_u8(b, c->turn < 0);
	buf_put_varint(b, (uint64_t)(c->turn < 0 ? -c->turn : c->turn));
}

static void put_replace(struct buf *b, const struct message_replace *r)
{
	buf_put_varint(b, r->serial);
	buf_put_varint(b, r->from);
	buf_put_varint(b, r->to);
	put_string(b, r->text, COMPLETION_TEXT_MAX);
}

void message_put(struct buf *b, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_LINE:
	case MESSAGE_TAKE_BACK:
		put_string(b, m->line, TEXT_MAX_BYTES);
		break;
	case MESSAGE_EDIT:
		put_edit(b, &m->edit);
		break;
	case MESSAGE_INPUT_END:
	case MESSAGE_INTERRUPT:
	case MESSAGE_MARK:
	case MESSAGE_CLEAR:
		break;
	case MESSAGE_KEY:
		buf_put_u8(b, (uint8_t)m->key);
		break;
	case MESSAGE_CREDIT:
		buf_put_varint(b, m->credit);
		break;
	case MESSAGE_EVENT:
	case MESSAGE_FOUND:
	case MESSAGE_CALL:
		put_event(b, &m->event);
		break;
	case MESSAGE_RESULT:
		put_result(b, &m->result);
		break;
	case MESSAGE_NOTICE:
		buf_put_u8(b, (uint8_t)m->notice.level);
		put_string(b, m->notice.text, MESSAGE_MAX_WORDS);
		break;
	case MESSAGE_STATUS:
		put_status(b, &m->status);
		break;
	case MESSAGE_WHO:
		put_who(b, &m->who);
		break;
	case MESSAGE_ROOM:
		put_room(b, &m->room);
		break;
	case MESSAGE_LIST:
	case MESSAGE_WHOIS:
		buf_put_varint(b, m->list.id);
		put_string(b, m->list.entries, WIRE_ITEM_MAX);
		break;
	case MESSAGE_OLDER:
	case MESSAGE_PAGE:
		put_page(b, &m->page);
		break;
	case MESSAGE_STOP:
		put_string(b, m->words, MESSAGE_MAX_WORDS);
		break;
	case MESSAGE_SETTING:
		put_setting(b, &m->setting);
		break;
	case MESSAGE_SAID:
		put_said(b, &m->said);
		break;
	case MESSAGE_MISSED:
		put_string(b, m->missed, MESSAGE_MAX_LABEL);
		break;
	case MESSAGE_GO:
		put_string(b, m->go, MESSAGE_MAX_LABEL);
		break;
	case MESSAGE_COMPLETE:
		put_complete(b, &m->complete);
		break;
	case MESSAGE_FIND:
		buf_put_u8(b, (uint8_t)m->find.what);
		put_string(b, m->find.words, MESSAGE_MAX_LABEL);
		break;
	case MESSAGE_REPLACE:
		put_replace(b, &m->replace);
		break;
	case MESSAGE_DRAFT:
		buf_put_varint(b, m->draft.serial);
		put_string(b, m->draft.text, TEXT_MAX_BYTES);
		break;
	}
}

/* A byte that has to be one of first..last. */
static uint8_t get_choice(struct slice *s, unsigned first, unsigned last)
{
	uint8_t v = slice_u8(s);

	if (v < first || v > last)
		s->failed = true;
	return v;
}

static void get_edit(struct slice *s, struct message_edit *e)
{
	e->prompt = slice_string(s, MESSAGE_MAX_LABEL);
	e->line = slice_string(s, TEXT_MAX_BYTES);
	e->cursor = slice_varint(s);
	e->serial = slice_varint(s);
	if (e->cursor > e->line.len)
		s->failed = true;
}

static void get_result(struct slice *s, struct message_result *r)
{
	r->id = slice_varint(s);
	r->kind = (enum command_kind)get_choice(s, 0, COMMAND_WHOIS);
	r->code = (enum code)slice_u8(s); /* codes may grow: code_name() takes any */
	r->seq = slice_varint(s);
	r->room = slice_string(s, MESSAGE_MAX_LABEL);
	r->more = get_choice(s, 0, 1);
	r->text = slice_string(s, MESSAGE_MAX_WORDS);
}

static uint32_t get_u32(struct slice *s)
{
	uint64_t v = slice_varint(s);

	if (v > UINT32_MAX)
		s->failed = true;
	return (uint32_t)v;
}

static void get_status(struct slice *s, struct message_status *out)
{
	out->link = (enum link_state)get_choice(s, LINK_CONNECTING, LINK_CLOSED);
	out->transport = (enum transport)get_choice(s, 0, TRANSPORT_UNIX);
	out->lag_ms = get_u32(s);
	out->unsent = slice_varint(s);
	out->nick = slice_string(s, MESSAGE_MAX_LABEL);
	out->room = slice_string(s, MESSAGE_MAX_LABEL);
	out->server = slice_string(s, MESSAGE_MAX_LABEL);
	out->prompt = slice_string(s, MESSAGE_MAX_LABEL);
}

static void get_who(struct slice *s, struct message_who *w)
{
	uint8_t flags;

	w->id = slice_varint(s);
	w->room = slice_string(s, MESSAGE_MAX_LABEL);
	flags = get_choice(s, 0, WHO_FLAGS);
	w->first = flags & FLAG_FIRST;
	w->more = flags & FLAG_MORE;
	w->asked = flags & FLAG_ASKED;
	w->names = slice_string(s, WIRE_ITEM_MAX);
}

static void get_event(struct slice *s, struct message_event *e)
{
	uint8_t flags;

	e->id = slice_varint(s);
	e->room = slice_string(s, MESSAGE_MAX_LABEL);
	e->raw = slice_string(s, WIRE_ITEM_MAX);
	flags = get_choice(s, 0, EVENT_FLAGS);
	e->past = flags & FLAG_PAST;
	e->calls = flags & FLAG_CALLS;
}

static void get_room(struct slice *s, struct message_room *r)
{
	r->room = slice_string(s, MESSAGE_MAX_LABEL);
	r->topic = slice_string(s, WIRE_TOPIC_MAX);
	r->was = slice_string(s, MESSAGE_MAX_LABEL);
	r->left = get_choice(s, 0, 1);
}

static void get_page(struct slice *s, struct message_page *p)
{
	p->id = slice_varint(s);
	p->room = slice_string(s, MESSAGE_MAX_LABEL);
	p->before = slice_varint(s);
	p->more = get_choice(s, 0, 1);
	p->events = slice_string(s, WIRE_ITEM_MAX);
}

static void get_setting(struct slice *s, struct preference *p)
{
	p->kind = (enum preference_kind)get_choice(s, PREFERENCE_SETTING, PREFERENCE_ROOM);
	p->name = slice_string(s, PREFERENCES_NAME_MAX);
	p->value = slice_string(s, PREFERENCES_VALUE_MAX);
}

static void get_said(struct slice *s, struct message_said *out)
{
	out->ticket = slice_varint(s);
	out->room = slice_string(s, MESSAGE_MAX_LABEL);
	out->state = (enum said_state)get_choice(s, SAID_SENDING, SAID_DROPPED);
	out->seq = slice_varint(s);
	out->reason = slice_string(s, MESSAGE_MAX_LABEL);
	out->text = slice_string(s, TEXT_MAX_BYTES);
}

static void get_complete(struct slice *s, struct message_complete *c)
{
	bool back;
	uint64_t turns;

	c->serial = slice_varint(s);
	c->line = slice_string(s, TEXT_MAX_BYTES);
	c->cursor = slice_varint(s);
	back = get_choice(s, 0, 1);
	turns = slice_varint(s);
	if (c->cursor > c->line.len || turns > MESSAGE_MAX_TURN)
		s->failed = true;
	else
		c->turn = back ? -(int)turns : (int)turns;
}

static void get_replace(struct slice *s, struct message_replace *r)
{
	r->serial = slice_varint(s);
	r->from = slice_varint(s);
	r->to = slice_varint(s);
	r->text = slice_string(s, COMPLETION_TEXT_MAX);
	if (r->from > r->to || r->to > TEXT_MAX_BYTES)
		s->failed = true;
}

static void get_body(struct slice *s, struct message *m)
{
	switch (m->type) {
	case MESSAGE_LINE:
	case MESSAGE_TAKE_BACK:
		m->line = slice_string(s, TEXT_MAX_BYTES);
		break;
	case MESSAGE_EDIT:
		get_edit(s, &m->edit);
		break;
	case MESSAGE_INPUT_END:
	case MESSAGE_INTERRUPT:
	case MESSAGE_MARK:
	case MESSAGE_CLEAR:
		break;
	case MESSAGE_KEY:
		m->key = (enum view_key)get_choice(s, VIEW_KEY_PAGE_UP, VIEW_KEY_LAST);
		break;
	case MESSAGE_CREDIT:
		m->credit = get_u32(s);
		break;
	case MESSAGE_EVENT:
	case MESSAGE_FOUND:
	case MESSAGE_CALL:
		get_event(s, &m->event);
		break;
	case MESSAGE_RESULT:
		get_result(s, &m->result);
		break;
	case MESSAGE_NOTICE:
		m->notice.level = (enum notice_level)get_choice(s, NOTICE_ANSWER, NOTICE_ERROR);
		m->notice.text = slice_string(s, MESSAGE_MAX_WORDS);
		break;
	case MESSAGE_STATUS:
		get_status(s, &m->status);
		break;
	case MESSAGE_WHO:
		get_who(s, &m->who);
		break;
	case MESSAGE_ROOM:
		get_room(s, &m->room);
		break;
	case MESSAGE_LIST:
	case MESSAGE_WHOIS:
		m->list.id = slice_varint(s);
		m->list.entries = slice_string(s, WIRE_ITEM_MAX);
		break;
	case MESSAGE_OLDER:
	case MESSAGE_PAGE:
		get_page(s, &m->page);
		break;
	case MESSAGE_STOP:
		m->words = slice_string(s, MESSAGE_MAX_WORDS);
		break;
	case MESSAGE_SETTING:
		get_setting(s, &m->setting);
		break;
	case MESSAGE_SAID:
		get_said(s, &m->said);
		break;
	case MESSAGE_MISSED:
		m->missed = slice_string(s, MESSAGE_MAX_LABEL);
		break;
	case MESSAGE_GO:
		m->go = slice_string(s, MESSAGE_MAX_LABEL);
		break;
	case MESSAGE_COMPLETE:
		get_complete(s, &m->complete);
		break;
	case MESSAGE_FIND:
		m->find.what = (enum find_what)get_choice(s, FIND_NEWEST, FIND_END);
		m->find.words = slice_string(s, MESSAGE_MAX_LABEL);
		break;
	case MESSAGE_REPLACE:
		get_replace(s, &m->replace);
		break;
	case MESSAGE_DRAFT:
		m->draft.serial = slice_varint(s);
		m->draft.text = slice_string(s, TEXT_MAX_BYTES);
		break;
	}
}

enum err message_get(const struct ipc_message *in, struct message *out)
{
	struct slice s = in->body;
	struct message m = {.type = (enum message_type)in->type};

	if (in->type < MESSAGE_LINE || in->type > MESSAGE_LAST)
		return ERR_MALFORMED;
	get_body(&s, &m);
	if (s.failed || s.len != 0)
		return ERR_MALFORMED;
	*out = m;
	return ERR_NONE;
}

static enum err hand_over(struct ipc *c, const struct message *m,
			  enum err (*how)(struct ipc *, uint8_t, const void *, size_t))
{
	uint8_t body[MESSAGE_MAX_BODY];
	struct buf b = buf_of(body, sizeof(body));

	message_put(&b, m);
	if (b.failed)
		return ERR_TOO_BIG;
	return how(c, (uint8_t)m->type, body, b.len);
}

enum err message_send(struct ipc *c, const struct message *m)
{
	return hand_over(c, m, ipc_send);
}

enum err message_queue(struct ipc *c, const struct message *m)
{
	return hand_over(c, m, ipc_queue);
}
