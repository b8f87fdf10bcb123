/* Two readers of the same bytes; that they agree is what the examples are for. */
#include "describe.h"

#include "check.h"

#include "proto/discovery.h"
#include "proto/noise.h"
#include "proto/packet.h"
#include "proto/whois.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- by the decoders ------------------------------------------------------------------------- */

static void describe_ack(struct fields *out, const struct ack *a)
{
	char ranges[400] = "";
	size_t len = 0;

	fields_number(out, "largest", a->ranges[0].last);
	fields_number(out, "delay", a->delay_us);
	fields_number(out, "further", a->count - 1);
	for (size_t i = 0; i < a->count; i++) {
		const struct ack_range *r = &a->ranges[i];
		if (i > 0)
			fields_number(out, "gap", r[-1].first - r->last - 2);
		fields_number(out, "run", r->last - r->first);
		len += (size_t)snprintf(ranges + len, sizeof(ranges) - len, "%s%lu..%lu",
					i ? " " : "", (unsigned long)r->first,
					(unsigned long)r->last);
		assert_true(len < sizeof(ranges));
	}
	fields_add(out, "ranges", ranges);
}

static void describe_part(struct fields *out, enum frame_type t, const struct part *p)
{
	if (t == FRAME_EVENT_PART)
		fields_number(out, "room", p->room);
	fields_number(out, t == FRAME_EVENT_PART ? "seq" : "id", p->id);
	if (t == FRAME_EVENT_PART)
		fields_number(out, "edit", p->edit);
	fields_number(out, "total", p->total);
	fields_number(out, "index", p->index);
	fields_string(out, "bytes", p->bytes);
}

static void describe_event(struct fields *out, const struct event *e)
{
	enum event_kind k = e->kind;

	fields_number(out, "room", e->room);
	fields_number(out, "seq", e->seq);
	fields_enum(out, "kind", "EVENT_", k);
	if (!event_known(k))
		return;
	fields_number(out, "time", (uint64_t)e->time_ms);
	if (k != EVENT_ANNOUNCE)
		fields_string(out, "from", e->from);
	if (k == EVENT_QUIT)
		fields_enum(out, "reason", "LEAVE_", e->reason);
	if (k == EVENT_RECALL || k == EVENT_EDIT)
		fields_number(out, "target", e->target);
	if (k == EVENT_EDITED)
		fields_number(out, "edit", e->target);
	if (k != EVENT_JOIN && k != EVENT_LOST && k != EVENT_BACK && k != EVENT_RECALL &&
	    k != EVENT_RECALLED)
		fields_string(out, "text", e->text);
}

static void describe_entering(struct fields *out, const struct command *c)
{
	fields_enum(out, "since_mode", "SINCE_", c->since_mode);
	fields_number(out, "since", c->since);
	fields_number(out, "epoch", c->epoch);
	if (c->kind == COMMAND_JOIN) {
		fields_number(out, "instance", c->instance);
		return;
	}
	fields_bytes(out, "room_key", c->key);
	fields_bytes(out, "proof", c->proof);
}

static void describe_command(struct fields *out, const struct command *c)
{
	enum command_kind k = c->kind;

	fields_number(out, "id", c->id);
	fields_enum(out, "kind", "COMMAND_", k);
	if (!command_known(k))
		return;
	if (k != COMMAND_QUIT && k != COMMAND_NICK && k != COMMAND_ENTER && k != COMMAND_LIST &&
	    k != COMMAND_AWAY && k != COMMAND_WHOIS)
		fields_number(out, "room", c->room);
	if (k == COMMAND_LIST)
		fields_enum(out, "list_mode", "LIST_", c->mode);
	if (k == COMMAND_RECALL || k == COMMAND_EDIT)
		fields_number(out, "seq", c->seq);
	if (k != COMMAND_RECALL && k != COMMAND_PAGE)
		fields_string(out, "text", c->text);
	if (k == COMMAND_TALK || k == COMMAND_EDIT)
		fields_number(out, "mid", c->mid);
	if (k == COMMAND_JOIN || k == COMMAND_ENTER)
		describe_entering(out, c);
	if (k == COMMAND_SEARCH)
		fields_number(out, "token", c->token);
	if (k != COMMAND_PAGE)
		return;
	fields_number(out, "before", c->before);
	fields_number(out, "count", c->count);
}

static void describe_names(struct fields *out, struct slice page)
{
	struct slice name;
	enum member_state state;

	while (who_get(&page, &name, &state)) {
		fields_string(out, "name", name);
		fields_enum(out, "state", "MEMBER_", state);
	}
	assert_false(page.failed);
}

static void describe_rooms(struct fields *out, struct slice page)
{
	struct listed_room r;

	while (list_get(&page, &r)) {
		fields_number(out, "room", r.room);
		fields_number(out, "flags", r.flags);
		fields_number(out, "members", r.members);
		fields_number(out, "head", r.head);
		fields_string(out, "name", r.name);
		fields_string(out, "topic", r.topic);
	}
	assert_false(page.failed);
}

static void describe_events(struct fields *out, struct slice page)
{
	struct event e;
	struct slice raw;

	while (page_get(&page, &e, &raw)) {
		fields_add(out, "type", "EVENT");
		describe_event(out, &e);
	}
	assert_false(page.failed);
}

static void describe_about(struct fields *out, struct slice text)
{
	struct slice name;
	struct whois w;

	assert_true(whois_get(text, &w));
	fields_string(out, "name", w.name);
	fields_enum(out, "state", "MEMBER_", w.state);
	fields_number(out, "here", w.since_ms);
	fields_number(out, "away", w.away_ms);
	fields_string(out, "words", w.words);
	fields_number(out, "said", w.said_ms);
	fields_string(out, "fingerprint", w.key);
	fields_enum(out, "transport", "TRANSPORT_", w.transport);
	while (whois_room(&w.rooms, &name))
		fields_string(out, "name", name);
}

static void describe_reply(struct fields *out, const struct reply *r, enum inside inside)
{
	fields_number(out, "id", r->id);
	fields_enum(out, "code", "CODE_", r->code);
	fields_number(out, "seq", r->seq);
	fields_number(out, "first", r->first);
	fields_number(out, "more", r->more);
	fields_number(out, "epoch", r->epoch);
	fields_number(out, "room", r->room);
	if (inside == INSIDE_NAMES)
		describe_names(out, r->text);
	else if (inside == INSIDE_ROOMS)
		describe_rooms(out, r->text);
	else if (inside == INSIDE_EVENTS)
		describe_events(out, r->text);
	else if (inside == INSIDE_ABOUT)
		describe_about(out, r->text);
	else
		fields_string(out, "text", r->text);
}

void describe_frame(struct fields *out, const struct frame *f, enum inside inside)
{
	fields_enum(out, "type", "FRAME_", f->type);
	switch (f->type) {
	case FRAME_PADDING:
		break;
	case FRAME_PING:
	case FRAME_PONG:
		fields_number(out, "token", f->token);
		break;
	case FRAME_PATH_CHALLENGE:
	case FRAME_PATH_RESPONSE:
		fields_hex(out, "path_token", f->token);
		break;
	case FRAME_ACK:
		describe_ack(out, &f->ack);
		break;
	case FRAME_BYE:
		fields_enum(out, "code", "CODE_", f->bye.code);
		fields_string(out, "text", f->bye.text);
		break;
	case FRAME_HELLO:
		fields_add(out, "magic", "\"CHAT\"");
		fields_number(out, "version", f->version);
		break;
	case FRAME_COMMAND:
		describe_command(out, &f->command);
		break;
	case FRAME_REPLY:
		describe_reply(out, &f->reply, inside);
		break;
	case FRAME_EVENT:
		describe_event(out, &f->event);
		break;
	case FRAME_COMMAND_PART:
	case FRAME_REPLY_PART:
	case FRAME_EVENT_PART:
		describe_part(out, f->type, &f->part);
		break;
	case FRAME_CURSOR:
		fields_number(out, "room", f->cursor.room);
		fields_number(out, "next", f->cursor.next);
		break;
	}
}

static void raw(struct fields *out, const char *name, size_t n)
{
	char value[40];

	snprintf(value, sizeof(value), "%zu bytes", n);
	fields_add(out, name, value);
}

void describe_seal(struct fields *out)
{
	raw(out, "seal", WIRE_SEAL);
}

/* The first `n` bytes of a handshake message are keys, in the clear or sealed. */
static void describe_keys(struct fields *out, const struct packet *p)
{
	if (p->type != PACKET_FIN)
		raw(out, "ephemeral", NOISE_KEY);
	if (p->type != PACKET_INIT)
		raw(out, "static", NOISE_KEY + WIRE_SEAL);
}

struct slice packet_inside(const struct packet *p)
{
	static const size_t keys[] = {[PACKET_INIT] = NOISE_KEY,
				      [PACKET_RESP] = 2 * NOISE_KEY + WIRE_SEAL,
				      [PACKET_FIN] = NOISE_KEY + WIRE_SEAL};
	struct slice s = p->type == PACKET_DATA ? p->sealed : p->message;
	size_t skip = p->type == PACKET_DATA ? 0 : keys[p->type];

	return slice_of(s.data + skip, s.len - skip - WIRE_SEAL);
}

static void describe_payload(struct fields *out, const struct packet *p, bool opened)
{
	struct slice inside = packet_inside(p);

	if (p->type == PACKET_INIT) /* nothing is in it */
		describe_seal(out);
	else if (!opened)
		raw(out, "payload", inside.len + WIRE_SEAL);
	else if (p->type == PACKET_RESP)
		fields_hex(out, "server_cid", slice_u64(&inside));
}

void describe_packet(struct fields *out, const struct packet *p, bool opened)
{
	fields_enum(out, "type", "PACKET_", (uint64_t)p->type + p->phase);
	if (p->type == PACKET_DATA || p->type == PACKET_FIN) {
		fields_hex(out, "cid", p->cid);
	} else {
		fields_number(out, "version", WIRE_VERSION);
		fields_hex(out, "client_cid", p->cid);
	}
	if (p->type == PACKET_INIT || p->type == PACKET_RETRY)
		fields_string(out, "retry_token", p->token);
	if (p->type == PACKET_RETRY)
		return;
	if (p->type == PACKET_DATA)
		fields_number(out, "number", p->number);
	else
		describe_keys(out, p);
	describe_payload(out, p, opened);
}

bool describe_lan(struct fields *out, struct buf *again, struct slice s)
{
	struct found f;
	bool probe = discovery_probe_get(s.data, s.len, &f.nonce) == ERR_NONE;

	if (!probe && discovery_found_get(s.data, s.len, &f) != ERR_NONE)
		return false;
	fields_enum(out, "type", "LAN_", probe ? LAN_PROBE : LAN_FOUND);
	fields_number(out, "version", WIRE_VERSION);
	fields_hex(out, "nonce", f.nonce);
	if (probe) {
		discovery_probe_put(again, f.nonce);
		return true;
	}
	fields_bytes(out, "key", slice_of(f.key, sizeof(f.key)));
	fields_number(out, "udp_port", f.udp_port);
	fields_number(out, "tcp_port", f.tcp_port);
	fields_string(out, "name", f.name);
	fields_number(out, "members", f.members);
	discovery_found_put(again, &f);
	return true;
}

/* ---- back into bytes ------------------------------------------------------------------------- */

static bool encode_bye(struct buf *b, const struct frame *f)
{
	char text[WIRE_REASON_MAX + 1];

	snprintf(text, sizeof(text), "%.*s", (int)f->bye.text.len, (const char *)f->bye.text.data);
	bye_put(b, f->bye.code, text);
	return true;
}

static bool encode_item(struct buf *b, const struct frame *f)
{
	if (f->type == FRAME_REPLY)
		reply_put(b, &f->reply);
	else if (f->type == FRAME_EVENT && event_known(f->event.kind))
		event_put(b, &f->event);
	else if (f->type == FRAME_COMMAND && command_known(f->command.kind))
		command_put(b, &f->command);
	else
		return false;
	return true;
}

bool encode_frame(struct buf *b, const struct frame *f)
{
	switch (f->type) {
	case FRAME_PADDING:
		buf_put_u8(b, FRAME_PADDING);
		return true;
	case FRAME_PING:
	case FRAME_PONG:
		ping_put(b, f->type, f->token);
		return true;
	case FRAME_PATH_CHALLENGE:
	case FRAME_PATH_RESPONSE:
		path_put(b, f->type, f->token);
		return true;
	case FRAME_ACK:
		ack_put(b, &f->ack);
		return true;
	case FRAME_BYE:
		return encode_bye(b, f);
	case FRAME_HELLO:
		hello_put(b);
		return f->version == WIRE_VERSION;
	case FRAME_COMMAND_PART:
	case FRAME_REPLY_PART:
	case FRAME_EVENT_PART:
		part_put(b, f->type, &f->part);
		return true;
	case FRAME_CURSOR:
		cursor_put(b, f->cursor.room, f->cursor.next);
		return true;
	case FRAME_COMMAND:
	case FRAME_REPLY:
	case FRAME_EVENT:
		return encode_item(b, f);
	}
	return false;
}

void encode_packet(struct buf *b, const struct packet *p)
{
	switch (p->type) {
	case PACKET_INIT:
		init_put(b, p->cid, p->token, p->message);
		break;
	case PACKET_RETRY:
		retry_put(b, p->cid, p->token);
		break;
	case PACKET_RESP:
		resp_put(b, p->cid, p->message);
		break;
	case PACKET_FIN:
		fin_put(b, p->cid, p->message);
		break;
	case PACKET_DATA:
		data_header_put(b, p->phase, p->cid, p->number);
		buf_put_bytes(b, p->sealed.data, p->sealed.len);
		break;
	}
}

/* ---- by the table of fields ------------------------------------------------------------------ */

enum { CODINGS_MAX = 100 };

struct codings {
	size_t count;
	struct {
		char name[24], how[16];
	} rows[CODINGS_MAX];
};

struct codings *codings_read(const struct document *d)
{
	struct codings *c = calloc(1, sizeof(*c));
	struct row r;

	assert_non_null(c);
	for (size_t at = 0; document_row(d, "field", &at, &r); c->count++) {
		assert_true(c->count < CODINGS_MAX);
		snprintf(c->rows[c->count].name, sizeof(c->rows[0].name), "%.23s", r.cell[0]);
		snprintf(c->rows[c->count].how, sizeof(c->rows[0].how), "%.15s", r.cell[1]);
	}
	assert_true(c->count > 0);
	return c;
}

void codings_free(struct codings *c)
{
	free(c);
}

static const char *coding_of(const struct codings *c, const struct example *e,
			     const struct example_line *l)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->rows[i].name, l->name) == 0)
			return c->rows[i].how;
	fail_msg("%s:%d: the table of fields has no %s", e->path, l->line, l->name);
	return NULL;
}

/* On its own, so that an error in proto/buf is not read back by itself. */
static uint64_t number(struct slice *s, size_t n)
{
	uint64_t v = 0;

	s->failed |= s->len < n;
	for (; n > 0 && !s->failed; n--) {
		v = v * 256 + *s->data++;
		s->len--;
	}
	return v;
}

static uint64_t varint(struct slice *s)
{
	static const size_t sizes[4] = {1, 2, 4, 8};
	uint64_t first = s->len ? s->data[0] : 0;
	size_t size = sizes[first / 64];

	return number(s, size) - (first / 64 << (8 * size - 2));
}

static uint64_t number_as(struct slice *s, const char *how)
{
	if (strcmp(how, "varint") == 0)
		return varint(s);
	assert_int_equal(how[0], 'u');
	return number(s, (size_t)strtoul(how + 1, NULL, 10) / 8);
}

static struct slice string_as(struct slice *s, const char *how)
{
	struct slice text = *s;
	uint64_t n = strcmp(how, "string") == 0 ? varint(s) : strtoul(how, NULL, 10);

	text = slice_of(s->data, n);
	s->failed |= n > s->len;
	if (!s->failed)
		*s = slice_of(s->data + n, s->len - n);
	return text;
}

static uint64_t zeros(struct slice *s)
{
	uint64_t n = 0;

	for (; s->len > 0; n++)
		s->failed |= number(s, 1) != 0;
	return n;
}

enum inside example_inside(const struct example *e)
{
	if (example_is(e, "names"))
		return INSIDE_NAMES;
	if (example_is(e, "rooms"))
		return INSIDE_ROOMS;
	if (example_is(e, "about"))
		return INSIDE_ABOUT;
	return example_is(e, "events") ? INSIDE_EVENTS : INSIDE_TEXT;
}

struct place {
	const char *types; /* what the next `type` is one of: "PACKET_" … */
	uint64_t frame;	   /* the type of the frame under way */
};

static void add_number(struct fields *out, struct place *at, const char *name, uint64_t v)
{
	size_t len = strlen(name);

	if (strcmp(name, "type") == 0) {
		fields_enum(out, name, at->types, v);
		at->frame = v;
		at->types = "FRAME_";
	} else if (strcmp(name, "kind") == 0) {
		fields_enum(out, name, at->frame == FRAME_EVENT ? "EVENT_" : "COMMAND_", v);
	} else if (strcmp(name, "code") == 0) {
		fields_enum(out, name, "CODE_", v);
	} else if (strcmp(name, "reason") == 0) {
		fields_enum(out, name, "LEAVE_", v);
	} else if (strcmp(name, "state") == 0) {
		fields_enum(out, name, "MEMBER_", v);
	} else if (strcmp(name, "transport") == 0) {
		fields_enum(out, name, "TRANSPORT_", v);
	} else if (strcmp(name, "since_mode") == 0) {
		fields_enum(out, name, "SINCE_", v);
	} else if (strcmp(name, "list_mode") == 0) {
		fields_enum(out, name, "LIST_", v);
	} else if (strcmp(name, "nonce") == 0 || strcmp(name, "path_token") == 0 ||
		   (len >= 3 && strcmp(name + len - 3, "cid") == 0)) {
		fields_hex(out, name, v);
	} else {
		fields_number(out, name, v);
	}
}

/* The highest bit is the phase of the key. */
static void describe_sealed_size(struct fields *out, unsigned size)
{
	char value[40];

	snprintf(value, sizeof(value), "%u%s", size & 0x7fff, size >> 15 ? ", phase 1" : "");
	fields_add(out, "size", value);
}

static void describe_line(struct fields *out, struct place *at, const struct codings *c,
			  const struct example *e, const struct example_line *l)
{
	struct slice s = slice_of(e->bytes + l->start, l->end - l->start);
	const char *how = coding_of(c, e, l);

	if (strstr(how, "raw")) {
		raw(out, l->name, s.len);
		s.failed = how[0] != 'r' && s.len != strtoul(how, NULL, 10);
		s.len = 0;
	} else if (strcmp(l->name, "size") == 0 && example_is(e, "opened"))
		describe_sealed_size(out, (unsigned)number(&s, 2));
	else if (strcmp(l->name, "key") == 0 || strcmp(l->name, "room_key") == 0 ||
		 strcmp(l->name, "proof") == 0)
		fields_bytes(out, l->name, string_as(&s, how));
	else if (strcmp(how, "string") == 0 || strcmp(how, "4 bytes") == 0)
		fields_string(out, l->name, string_as(&s, how));
	else if (strcmp(how, "zeros") == 0)
		fields_number(out, l->name, zeros(&s));
	else
		add_number(out, at, l->name, number_as(&s, how));
	if (s.failed || s.len > 0)
		fail_msg("%s:%d: these bytes are not one %s, written as %s", e->path, l->line,
			 l->name, how);
}

void describe_lines(struct fields *out, const struct codings *c, const struct example *e)
{
	struct place at = {.types = "FRAME_"};
	bool refused = example_is(e, "refused");

	if (example_is(e, "packet"))
		at.types = "PACKET_";
	else if (example_is(e, "lan"))
		at.types = "LAN_";
	for (size_t i = 0; i < e->count; i++) {
		const struct example_line *l = &e->lines[i];
		if (l->has_bytes && !l->name[0] && !refused)
			fail_msg("%s:%d: bytes that nothing is said about", e->path, l->line);
		if (l->has_bytes && l->name[0])
			describe_line(out, &at, c, e, l);
	}
}

bool field_is_framing(const char *name)
{
	static const char *const framing[] = {"size",	"length",  "names", "rooms",
					      "events", "padding", "body",  "about"};

	for (size_t i = 0; i < COUNT_OF(framing); i++)
		if (strcmp(framing[i], name) == 0)
			return true;
	return false;
}
