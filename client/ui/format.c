/* Events and results as lines; the contract is in format.h. */
#include "ui/format.h"

#include "proto/event_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Text that grows: what does not fit any more is left out, whole words of ours at a time. */
struct line {
	char *out;
	size_t cap, len;
};

static void say(struct line *l, const char *words)
{
	size_t n = strlen(words);

	if (n >= l->cap - l->len)
		return;
	memcpy(l->out + l->len, words, n + 1);
	l->len += n;
}

static void say_safe(struct line *l, struct slice s)
{
	l->len += text_safe(l->out + l->len, l->cap - l->len, (const char *)s.data, s.len, false);
}

static void say_number(struct line *l, uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	say(l, digits);
}

static void say_quit(struct line *l, const struct event *e)
{
	say(l, " left");
	if (e->reason != LEAVE_QUIT && e->reason != LEAVE_PARTED) {
		say(l, " (");
		say(l, leave_reason_name(e->reason));
		say(l, ")");
	}
	if (e->text.len > 0) {
		say(l, ": ");
		say_safe(l, e->text);
	}
}

static void say_topic(struct line *l, const struct event *e)
{
	say(l, e->text.len > 0 ? " set the topic: " : " cleared the topic");
	say_safe(l, e->text);
}

static void say_happening(struct line *l, const struct event *e)
{
	if (e->from.len > 0)
		say_safe(l, e->from);
	else
		say(l, "the administrator");
	switch (e->kind) {
	case EVENT_JOIN:
		say(l, " joined");
		break;
	case EVENT_QUIT:
		say_quit(l, e);
		break;
	case EVENT_NICK:
		say(l, " is now known as ");
		say_safe(l, e->text);
		break;
	case EVENT_OPEN:
		say(l, " opened the room");
		break;
	case EVENT_TOPIC:
		say_topic(l, e);
		break;
	case EVENT_AWAY:
		say(l, e->text.len > 0 ? " is away: " : " is back");
		say_safe(l, e->text);
		break;
	case EVENT_RECALL:
	case EVENT_RECALLED:
		say(l, " recalled a message");
		break;
	case EVENT_EDIT:
		say(l, e->text.len > 0 ? " edited: " : " edited a message");
		say_safe(l, e->text);
		break;
	case EVENT_TALK:
	case EVENT_EDITED:
	case EVENT_ANNOUNCE:
	case EVENT_LOST:
	case EVENT_BACK:
		break;
	}
}

size_t format_happening(const struct event *e, char out[FORMAT_HAPPENING_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_HAPPENING_SIZE};

	say_happening(&l, e);
	return l.len;
}

static bool is_lobby(struct slice room)
{
	return room.len == strlen(FORMAT_LOBBY) && memcmp(room.data, FORMAT_LOBBY, room.len) == 0;
}

/* "/me waves" tells what somebody does; the result is what is said, or done. */
static bool is_action(const struct event *e, struct slice *words)
{
	size_t n = strlen(FORMAT_ACTION);
	bool acts = e->text.len > n && memcmp(e->text.data, FORMAT_ACTION, n) == 0;

	*words = e->text;
	if (acts)
		(void)slice_bytes(words, n);
	return acts;
}

static void say_talk(struct line *l, const struct event *e)
{
	struct slice words;
	bool acts = is_action(e, &words);

	say(l, acts ? "* " : "");
	say_safe(l, e->from);
	say(l, acts ? " " : ": ");
	say_safe(l, words);
}

static void say_event(struct line *l, const struct event *e)
{
	switch (e->kind) {
	case EVENT_TALK:
	case EVENT_EDITED:
		say_talk(l, e);
		break;
	case EVENT_ANNOUNCE:
		say(l, "! ");
		say_safe(l, e->text);
		break;
	default:
		say(l, "* ");
		say_happening(l, e);
	}
}

static bool is_told(const struct event *e)
{
	return e->kind != EVENT_LOST && e->kind != EVENT_BACK && event_known(e->kind);
}

size_t format_plain(const struct event *e, struct slice room, char out[FORMAT_LINE_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_LINE_SIZE};

	*out = '\0';
	if (!is_told(e))
		return 0;
	if (!is_lobby(room)) {
		say(&l, "[");
		say_safe(&l, room);
		say(&l, "] ");
	}
	say_event(&l, e);
	return l.len;
}

static void speak_event(struct line *l, const struct event *e)
{
	bool talk = e->kind == EVENT_TALK || e->kind == EVENT_EDITED;
	struct slice words = e->text;

	if (talk) {
		say_safe(l, e->from);
		say(l, is_action(e, &words) ? ", " : ": ");
		say_safe(l, words);
	} else if (e->kind == EVENT_ANNOUNCE) {
		say(l, "the administrator announces: ");
		say_safe(l, e->text);
	} else {
		say_happening(l, e);
	}
}

size_t format_spoken(const struct event *e, struct slice room, char out[FORMAT_LINE_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_LINE_SIZE};

	*out = '\0';
	if (!is_told(e))
		return 0;
	if (!is_lobby(room)) {
		say(&l, "in ");
		say_safe(&l, room);
		say(&l, ", ");
	}
	speak_event(&l, e);
	return l.len;
}

size_t format_found(const struct event *e, struct slice room, const char *when,
		    char out[FORMAT_LINE_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_LINE_SIZE};

	say_safe(&l, room);
	say(&l, " ");
	say_number(&l, e->seq);
	say(&l, " (");
	say(&l, when);
	say(&l, ") ");
	say_event(&l, e);
	return l.len;
}

size_t format_room(const struct listed_room *r, char out[FORMAT_LINE_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_LINE_SIZE};

	say_safe(&l, r->name);
	if (!(r->flags & LISTED_DIRECT)) {
		say(&l, ", ");
		say_number(&l, r->members);
		say(&l, " here");
	}
	if (r->flags & LISTED_PASSWORD)
		say(&l, ", with a password");
	if (r->topic.len > 0) {
		say(&l, ": ");
		say_safe(&l, r->topic);
	}
	return l.len;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_slice(struct json *j, const char *key, struct slice s)
{
	json_string(j, key, s.data, s.len);
}

void format_json_event(struct buf *out, const struct event *e, struct slice room,
		       enum format_how how)
{
	struct json j = json_open(out);

	event_json_put(&j, e, room);
	if (how != FORMAT_LIVE)
		json_bool(&j, how == FORMAT_PAST ? "past" : "found", true);
	json_close(&j);
}

void format_json_result(struct buf *out, const struct format_result *r)
{
	struct json j = json_open(out);

	json_text(&j, "kind", r->code == CODE_OK ? "ok" : "error");
	if (r->id > 0)
		json_uint(&j, "id", r->id);
	json_text(&j, "code", code_name(r->code));
	if (r->seq > 0)
		json_uint(&j, "seq", r->seq);
	if (r->room.len > 0)
		event_json_room(&j, r->room);
	if (r->paged)
		json_bool(&j, "more", r->more);
	if (r->code != CODE_OK && r->text.len > 0)
		json_slice(&j, "reason", r->text);
	else if (r->code != CODE_OK)
		json_text(&j, "reason", code_reason(r->code));
	json_close(&j);
}

void format_json_who(struct buf *out, uint64_t id, struct slice name, enum member_state state)
{
	struct json j = json_open(out);

	json_text(&j, "kind", "who");
	json_uint(&j, "id", id);
	json_slice(&j, "name", name);
	if (state == MEMBER_RECONNECTING)
		json_text(&j, "state", "reconnecting");
	else if (state == MEMBER_AWAY)
		json_text(&j, "state", "away");
	json_close(&j);
}

void format_json_room(struct buf *out, uint64_t id, const struct listed_room *r)
{
	struct json j = json_open(out);

	json_text(&j, "kind", "room");
	json_uint(&j, "id", id);
	event_json_room(&j, r->name);
	json_uint(&j, "members", r->members);
	json_uint(&j, "newest", r->head);
	if (r->topic.len > 0)
		json_slice(&j, "topic", r->topic);
	if (r->flags & LISTED_IN)
		json_bool(&j, "in", true);
	if (r->flags & LISTED_PASSWORD)
		json_bool(&j, "password", true);
	json_close(&j);
}
