/* Events as JSON; the contract is in event_json.h. */
#include "proto/event_json.h"

static void json_slice(struct json *j, const char *key, struct slice s)
{
	json_string(j, key, s.data, s.len);
}

void event_json_room(struct json *j, struct slice room)
{
	if (room.len > 0 && room.data[0] == '#')
		room = slice_of(room.data + 1, room.len - 1);
	json_slice(j, "room", room);
}

static void json_words(struct json *j, const struct event *e)
{
	switch (e->kind) {
	case EVENT_TALK:
	case EVENT_ANNOUNCE:
	case EVENT_TOPIC:
	case EVENT_AWAY:
		json_slice(j, "text", e->text);
		break;
	case EVENT_EDITED:
		json_slice(j, "text", e->text);
		json_bool(j, "edited", true);
		break;
	case EVENT_QUIT:
		json_text(j, "reason", leave_reason_name(e->reason));
		if (e->text.len > 0)
			json_slice(j, "text", e->text);
		break;
	case EVENT_NICK:
		json_slice(j, "to", e->text);
		break;
	case EVENT_RECALL:
		json_uint(j, "target", e->target);
		break;
	case EVENT_EDIT:
		json_uint(j, "target", e->target);
		json_slice(j, "text", e->text);
		break;
	case EVENT_JOIN:
	case EVENT_LOST:
	case EVENT_BACK:
	case EVENT_OPEN:
	case EVENT_RECALLED:
		break;
	}
}

void event_json_put(struct json *j, const struct event *e, struct slice room)
{
	json_uint(j, "seq", e->seq);
	event_json_room(j, room);
	json_text(j, "kind", event_kind_name(e->kind == EVENT_EDITED ? EVENT_TALK : e->kind));
	if (e->from.len > 0)
		json_slice(j, "from", e->from);
	json_time(j, "time", e->time_ms);
	json_words(j, e);
}
