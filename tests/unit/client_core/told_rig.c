/* What the seat of a rig tells, and what has to hold of it; see seat_rig.h. */
#include "seat_rig.h"

#include <stdio.h>
#include <string.h>

static void copy(char out[RIG_TEXT], struct slice text)
{
	snprintf(out, RIG_TEXT, "%.*s", (int)text.len, (const char *)text.data);
}

static struct rig_room *told_room(struct rig *r, struct slice name)
{
	char text[RIG_TEXT];

	copy(text, name);
	return rig_room(r, text);
}

static void note_answer(struct rig *r, const struct seat_event *ev)
{
	const struct reply *reply = &ev->answer.reply;

	r->answers++;
	r->last_code = reply->code;
	r->talked += ev->answer.to == COMMAND_TALK && reply->code == CODE_OK;
	copy(r->last_room, ev->room);
	assert_in_range(reply->id, 2, RIG_TICKETS - 1);
	assert_false(r->answered[reply->id]);
	r->answered[reply->id] = true;
}

static char *place_in(struct rig *r, const char *name)
{
	for (size_t i = 0; i < RIG_ROOMS; i++)
		if (strcmp(r->in[i], name) == 0)
			return r->in[i];
	return NULL;
}

static void note_entered(struct rig *r, const struct seat_event *ev)
{
	char name[RIG_TEXT];

	copy(name, ev->room);
	copy(r->was, ev->was);
	char *place = place_in(r, name);
	assert_true(!place || r->was[0]); /* nobody comes in who is in */
	if (!place)
		place = place_in(r, r->was);
	assert_non_null(place);
	strcpy(place, name);
	r->entered++;
}

static void note_left(struct rig *r, const struct seat_event *ev)
{
	char name[RIG_TEXT];

	copy(name, ev->room);
	char *place = place_in(r, name);
	assert_non_null(place);
	*place = '\0';
	r->left++;
	r->left_code = ev->left;
	struct rig_room *room = house_find(&r->house, name); /* it may be gone */
	if (room)
		room->begun = false;
}

/* A room of two that begins is told with its first event. */
static void note_heard(struct rig *r, const struct seat_event *ev)
{
	const struct event *e = &ev->heard.event;
	struct rig_room *room = house_by_number(&r->house, e->room);

	assert_ptr_equal(room, told_room(r, ev->room));
	assert_true(e->kind == EVENT_OPEN || room == r->house.rooms || place_in(r, room->name));
	if (!room->begun)
		room->heard = e->seq - 1 - room->hole;
	room->begun = true;
	assert_true(e->seq == room->heard + 1 + room->hole);
	room->hole = 0;
	room->heard = e->seq;
	if (e->kind != EVENT_TALK || r->heard_count == RIG_NOTES)
		return;
	snprintf(r->heard_from[r->heard_count++], sizeof(r->heard_from[0]), "%s%s%.*s",
		 e->room == WIRE_LOBBY ? "" : room->name, e->room == WIRE_LOBBY ? "" : ":",
		 (int)e->text.len, (const char *)e->text.data);
}

static void note_joined(struct rig *r, const struct seat_event *ev)
{
	assert_int_equal(ev->answer.to, COMMAND_JOIN);
	assert_true(ev->answer.reply.id == 1);
	r->joined++;
	r->house.rooms[0].heard = ev->answer.reply.first - 1;
	r->house.rooms[0].begun = r->known.room == NULL;
}

static void note_end(struct rig *r, const struct seat_event *ev)
{
	assert_false(r->ended);
	r->ended = true;
	r->how = ev->ended.how;
	r->end_code = ev->ended.code;
	snprintf(r->end_text, sizeof(r->end_text), "%.*s", (int)ev->ended.text.len,
		 (const char *)ev->ended.text.data);
}

void rig_note(struct rig *r, const struct seat_event *ev)
{
	assert_false(r->ended);
	switch (ev->kind) {
	case SEAT_STATE:
		r->state = ev->now.state;
		r->transport = ev->now.transport;
		break;
	case SEAT_JOINED:
		note_joined(r, ev);
		break;
	case SEAT_REFUSED:
		r->refused++;
		r->last_code = ev->answer.reply.code;
		break;
	case SEAT_REPLY:
		note_answer(r, ev);
		break;
	case SEAT_FORGOTTEN:
		assert_int_not_equal(ev->answer.reply.code, CODE_OK);
		note_answer(r, ev);
		r->forgotten++;
		break;
	case SEAT_ENTERED:
		note_entered(r, ev);
		break;
	case SEAT_LEFT:
		note_left(r, ev);
		break;
	case SEAT_HEARD:
		note_heard(r, ev);
		break;
	case SEAT_ANEW:
		r->anew++;
		if (ev->room.len > 0)
			told_room(r, ev->room)->begun = false;
		break;
	case SEAT_GAP:
		r->gaps++;
		r->missed += ev->missed;
		told_room(r, ev->room)->hole = ev->missed;
		break;
	case SEAT_ENDED:
		note_end(r, ev);
		break;
	}
}
