/* Answers come nearly in order: a list is all the index that is needed. */
#include "core/outbox.h"

#include <stdlib.h>
#include <string.h>

void outbox_init(struct outbox *o)
{
	*o = (struct outbox){.tickets = OUTBOX_FIRST_TICKET - 1};
}

void outbox_wipe(struct outbox *o)
{
	while (o->first)
		outbox_remove(o, o->first);
}

static bool is_counted(const struct seat_line *line)
{
	return line->kind == COMMAND_TALK || line->kind == COMMAND_EDIT;
}

struct said *outbox_add(struct outbox *o, const struct seat_line *line, struct seat_room *room)
{
	struct said *s = malloc(sizeof(*s) + line->text.len);

	if (!s)
		return NULL;
	*s = (struct said){.line = *line, .room = room, .ticket = ++o->tickets};
	if (line->text.len > 0)
		memcpy(s->text, line->text.data, line->text.len);
	s->line.text = slice_of(s->text, line->text.len);
	s->line.room = slice_of(NULL, 0);
	s->mid = is_counted(line) ? line->mid : 0;
	if (o->last)
		o->last->next = s;
	else
		o->first = s;
	o->last = s;
	o->count++;
	return s;
}

/* The server remembers the newest WIRE_COMMANDS_MAX of them. */
static bool remembered(const struct outbox *o, uint64_t mid)
{
	for (const struct said *s = o->first; s; s = s->next)
		if (s->mid != 0 && s->mid + WIRE_COMMANDS_MAX <= mid)
			return false;
	return true;
}

uint64_t outbox_draw(struct outbox *o)
{
	return ++o->mids;
}

bool outbox_number(struct outbox *o, struct said *s)
{
	uint64_t mid = s->mid != 0 ? s->mid : o->mids + 1;

	if (!is_counted(&s->line))
		return true;
	if (!remembered(o, mid))
		return false;
	s->mid = s->mid != 0 ? s->mid : outbox_draw(o);
	return true;
}

void outbox_give_again(struct outbox *o)
{
	for (struct said *s = o->first; s; s = s->next) {
		s->again = s->again || s->id != 0;
		s->id = 0;
	}
}

struct said *outbox_find(const struct outbox *o, uint64_t id)
{
	struct said *s = o->first;

	while (s && s->id != id)
		s = s->next;
	return s;
}

struct said *outbox_first_of(const struct outbox *o, const struct seat_room *room)
{
	struct said *s = o->first;

	while (s && (s->room != room || s->settled))
		s = s->next;
	return s;
}

bool outbox_has(const struct outbox *o, const struct seat_room *room)
{
	const struct said *s = o->first;

	while (s && s->room != room)
		s = s->next;
	return s;
}

void outbox_settle(struct outbox *o, struct said *s, enum code code)
{
	if (s->settled)
		return;
	s->settled = true;
	s->code = code;
	s->id = 0;
	o->settled++;
}

void outbox_forget_again(struct outbox *o)
{
	for (struct said *s = o->first; s; s = s->next) {
		if (!is_counted(&s->line) || !s->line.again || s->settled)
			continue;
		s->forgotten = true;
		outbox_settle(o, s, CODE_NOT_KEPT);
	}
}

struct said *outbox_settled(const struct outbox *o)
{
	struct said *s = o->settled ? o->first : NULL;

	while (s && !s->settled)
		s = s->next;
	return s;
}

void outbox_move(struct outbox *o, const struct seat_room *from, struct seat_room *to)
{
	for (struct said *s = o->first; s; s = s->next)
		if (s->room == from)
			s->room = to;
}

void outbox_unlink(struct outbox *o, struct said *s)
{
	struct said *before = NULL;

	for (struct said *at = o->first; at != s; at = at->next)
		before = at;
	if (before)
		before->next = s->next;
	else
		o->first = s->next;
	if (o->last == s)
		o->last = before;
	o->count--;
	o->settled -= s->settled;
}

void outbox_remove(struct outbox *o, struct said *s)
{
	outbox_unlink(o, s);
	free(s);
}
