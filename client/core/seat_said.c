/*
 * What is said: kept in the outbox, given to the session that there is, and answered.
 *
 * Lines of one room go in order, and when it is entered; what is said elsewhere does not wait for
 * them.  What has its number waits for nothing that has none, or there might never be one for that.
 * An ENTER of a room that one is in, and what is said where one is not any more, is answered here, in
 * its turn.
 */
#include "core/seat_internal.h"

#include <assert.h>
#include <stdlib.h>

enum { RETRY_US = 100 * 1000 }; /* when there was no memory to give a session what it should have */

/* ---- saying ---------------------------------------------------------------------------------- */

static bool said_in_a_room(const struct seat_line *line)
{
	if (line->kind == COMMAND_SEARCH)
		return line->room.len > 0;
	return line->kind != COMMAND_NICK && line->kind != COMMAND_LIST &&
	       line->kind != COMMAND_AWAY && line->kind != COMMAND_WHOIS;
}

/* ERR_NOT_FOUND, ERR_FULL, ERR_TOO_BIG. */
static enum err find_room(struct seat *s, const struct seat_line *line, struct seat_room **room)
{
	*room = NULL;
	if (!said_in_a_room(line))
		return ERR_NONE;
	*room = line->room.len > 0 ? rooms_find(s, line->room) : &s->rooms[0];
	if (*room || line->kind != COMMAND_ENTER)
		return *room ? ERR_NONE : ERR_NOT_FOUND;
	if (line->room.len > WIRE_ROOM_NAME_MAX)
		return ERR_TOO_BIG;
	*room = rooms_add(s, line->room, ROOM_ASKED);
	return *room ? ERR_NONE : ERR_FULL;
}

enum err seat_say(struct seat *s, const struct seat_line *line, uint64_t *ticket)
{
	struct seat_room *room;

	if (s->over || s->quit)
		return ERR_CLOSED;
	if (line->text.len > TEXT_MAX_BYTES)
		return ERR_TOO_BIG;
	if (s->outbox.count >= SEAT_SAID_MAX)
		return ERR_FULL;
	enum err e = find_room(s, line, &room);
	if (e != ERR_NONE)
		return e;
	const struct said *said = outbox_add(&s->outbox, line, room);
	if (!said) {
		rooms_forget(s, room);
		return ERR_MEMORY;
	}
	if (line->kind == COMMAND_ENTER)
		room_lock(room, line->seed);
	s->due = true;
	if (ticket)
		*ticket = said->ticket;
	return ERR_NONE;
}

uint64_t seat_draw(struct seat *s)
{
	return outbox_draw(&s->outbox);
}

size_t seat_unanswered(const struct seat *s)
{
	return s->outbox.count;
}

bool seat_settled(const struct seat *s)
{
	return s->was_joined && s->outbox.count == 0 && rooms_settled(s);
}

/* ---- giving ---------------------------------------------------------------------------------- */

enum turn { NOW, LATER, NEVER };

/* What was said there before is answered, and heard, first.  One need not come in again to leave. */
static enum turn turn_to_leave(const struct seat *s, const struct said *said)
{
	const struct seat_room *r = said->room;

	if (r->state != ROOM_IN || outbox_first_of(&s->outbox, r) != said)
		return LATER;
	if (r->entered)
		return r->since.since >= r->own ? NOW : LATER;
	return r->number != 0 ? NOW : NEVER;
}

static enum turn turn_of(const struct seat *s, const struct said *said)
{
	const struct seat_room *r = said->room;

	if (!r)
		return NOW;
	if (said->line.kind == COMMAND_ENTER && r->state == ROOM_ASKED)
		return r->waits ? LATER : NOW;
	if (said->line.kind == COMMAND_ENTER)
		return r->entered ? NEVER : LATER;
	if (said->line.kind == COMMAND_PART)
		return turn_to_leave(s, said);
	return r->entered ? NOW : LATER;
}

/*
 * ERR_FULL, ERR_CLOSED: no more now; ERR_MEMORY.  When there is no number for it, it waits for what has
 * one: that goes first, though it may be younger.
 */
static enum err tell_session(struct seat *s, struct said *said)
{
	const struct seat_line *line = &said->line;
	struct command c = {.kind = line->kind,
			    .room = said->room ? said->room->number : 0,
			    .text = line->text,
			    .seq = line->target,
			    .before = line->before,
			    .count = line->count,
			    .token = line->token,
			    .mode = line->mode};

	if (line->kind == COMMAND_ENTER)
		return room_ask(s, said->room, &said->id);
	if (!outbox_number(&s->outbox, said)) {
		said->room->held_new = true;
		said->room->held |= said->mid != 0;
		return ERR_NONE;
	}
	c.mid = said->mid;
	enum err e = session_command(s->live->session, &c);
	assert(e != ERR_TOO_BIG); /* seat_say() looked */
	said->id = e == ERR_NONE ? c.id : 0;
	return e;
}

/* It has come to nothing, or to what it wants. */
static void settle(struct seat *s, struct said *said)
{
	outbox_settle(&s->outbox, said, CODE_OK);
	if (said->line.kind == COMMAND_PART)
		room_out(s, said->room, CODE_OK);
}

/* What follows these in their room depends on the answer. */
static bool decides(const struct said *said)
{
	return said->line.kind == COMMAND_ENTER || said->line.kind == COMMAND_PART;
}

/* It waits for what was said before it in its room. */
static bool held_back(const struct said *said)
{
	const struct seat_room *r = said->room;

	return r && (r->held || (r->held_new && said->mid == 0));
}

static enum err give_one(struct seat *s, struct said *said)
{
	enum turn turn;

	if (said->settled || held_back(said))
		return ERR_NONE;
	turn = said->id != 0 ? NOW : turn_of(s, said);
	if (turn == NEVER)
		settle(s, said);
	else if (said->room)
		said->room->held = turn == LATER || decides(said);
	return turn == NOW && said->id == 0 ? tell_session(s, said) : ERR_NONE;
}

void said_give(struct seat *s)
{
	enum err e = ERR_NONE;

	for (size_t i = 0; i < s->room_end; i++)
		s->rooms[i].held = s->rooms[i].held_new = false;
	for (struct said *said = s->outbox.first; said && e == ERR_NONE; said = said->next)
		e = give_one(s, said);
	if (e == ERR_MEMORY)
		s->retry_at = s->now + RETRY_US;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answer(struct seat_event *ev, const struct said *said, const struct reply *reply)
{
	*ev = (struct seat_event){.kind = SEAT_REPLY};
	ev->answer.to = said->line.kind;
	ev->answer.reply = *reply;
	ev->answer.reply.id = said->ticket;
	if (said->room)
		ev->room = room_name(said->room);
}

bool said_tell(struct seat *s, struct seat_event *ev)
{
	struct said *said = outbox_settled(&s->outbox);

	if (!said)
		return false;
	struct reply reply = {.code = said->code, .room = said->room ? said->room->number : 0};
	answer(ev, said, &reply);
	ev->kind = said->forgotten ? SEAT_FORGOTTEN : SEAT_REPLY;
	outbox_remove(&s->outbox, said);
	return true;
}

/* By a session that broke, or by another client: who wants to leave is not in it. */
static bool was_done(const struct said *said, enum code code)
{
	bool gone = code == CODE_NOT_JOINED || code == CODE_NO_SUCH_ROOM;

	return said->line.kind == COMMAND_PART && gone;
}

/* … or maybe done by it: a server that cannot write now does not say. */
static bool may_be_done(const struct said *said, enum code code)
{
	return said->line.kind == COMMAND_ENTER && said->again && code == CODE_NOT_WRITTEN;
}

/* The newest event of one's own is one to wait for. */
static void note_own(struct seat *s, const struct said *said, const struct reply *r)
{
	struct seat_room *room = said->room ? said->room : &s->rooms[0];

	if (said->line.kind != COMMAND_SEARCH && r->seq > room->own)
		room->own = r->seq;
}

/* What a success means for the seat. */
static void heed(struct seat *s, struct said *said, const struct reply *r)
{
	switch (said->line.kind) {
	case COMMAND_NICK:
		seat_keep_name(s, r->text);
		note_own(s, said, r);
		break;
	case COMMAND_ENTER:
		said->room = room_entered(s, said->room, r);
		break;
	case COMMAND_PART:
		room_out(s, said->room, CODE_OK);
		break;
	default:
		note_own(s, said, r);
	}
}

bool said_take_reply(struct seat *s, const struct reply *reply, struct seat_event *ev)
{
	struct said *said = outbox_find(&s->outbox, reply->id);
	struct reply r = *reply;

	if (!said)
		return false;
	if (may_be_done(said, r.code)) {
		said->id = 0;
		said->room->waits = true;
		links_ask_later(s);
		return false;
	}
	if (was_done(said, r.code))
		r.code = CODE_OK;
	outbox_unlink(&s->outbox, said);
	if (r.code == CODE_OK)
		heed(s, said, &r);
	else if (said->line.kind == COMMAND_ENTER)
		room_out(s, said->room, r.code);
	answer(ev, said, &r);
	free(said);
	return true;
}
