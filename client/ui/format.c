/* Events and results as lines; the contract is in format.h. */
#include "ui/format.h"

#include <stdbool.h>
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

static void say_quit(struct line *l, const struct event *e)
{
	say(l, " left");
	if (e->reason != LEAVE_QUIT) {
		say(l, " (");
		say(l, leave_reason_name(e->reason));
		say(l, ")");
	}
	if (e->text.len > 0) {
		say(l, ": ");
		say_safe(l, e->text);
	}
}

static void say_happening(struct line *l, const struct event *e)
{
	say_safe(l, e->from);
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
	case EVENT_TALK:
	case EVENT_EDITED:
	case EVENT_ANNOUNCE:
	case EVENT_LOST:
	case EVENT_BACK:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_RECALL:
	case EVENT_EDIT:
	case EVENT_RECALLED:
		break;
	}
}

size_t format_happening(const struct event *e, char out[FORMAT_HAPPENING_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_HAPPENING_SIZE};

	say_happening(&l, e);
	return l.len;
}

size_t format_plain(const struct event *e, char out[FORMAT_LINE_SIZE])
{
	struct line l = {.out = out, .cap = FORMAT_LINE_SIZE};

	*out = '\0';
	switch (e->kind) {
	case EVENT_TALK:
	case EVENT_EDITED:
		say_safe(&l, e->from);
		say(&l, ": ");
		say_safe(&l, e->text);
		break;
	case EVENT_ANNOUNCE:
		say(&l, "! ");
		say_safe(&l, e->text);
		break;
	case EVENT_JOIN:
	case EVENT_QUIT:
	case EVENT_NICK:
		say(&l, "* ");
		say_happening(&l, e);
		break;
	case EVENT_LOST:
	case EVENT_BACK:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_RECALL:
	case EVENT_EDIT:
	case EVENT_RECALLED:
		break;
	}
	return l.len;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_slice(struct json *j, const char *key, struct slice s)
{
	json_string(j, key, s.data, s.len);
}

static void json_words(struct json *j, const struct event *e)
{
	switch (e->kind) {
	case EVENT_TALK:
	case EVENT_EDITED:
	case EVENT_EDIT:
	case EVENT_OPEN:
	case EVENT_TOPIC:
	case EVENT_ANNOUNCE:
		json_slice(j, "text", e->text);
		break;
	case EVENT_QUIT:
		json_text(j, "reason", leave_reason_name(e->reason));
		if (e->text.len > 0)
			json_slice(j, "text", e->text);
		break;
	case EVENT_NICK:
		json_slice(j, "to", e->text);
		break;
	case EVENT_JOIN:
	case EVENT_LOST:
	case EVENT_BACK:
	case EVENT_RECALL:
	case EVENT_RECALLED:
		break;
	}
}

void format_json_event(struct buf *out, const struct event *e, struct slice room)
{
	struct json j = json_open(out);

	json_uint(&j, "seq", e->seq);
	json_slice(&j, "room", room);
	json_text(&j, "kind", event_kind_name(e->kind));
	if (e->kind != EVENT_ANNOUNCE)
		json_slice(&j, "from", e->from);
	json_time(&j, "time", e->time_ms);
	json_words(&j, e);
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
	json_close(&j);
}
