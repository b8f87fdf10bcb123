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

struct said *outbox_add(struct outbox *o, enum command_kind kind, struct slice text)
{
	struct said *s = malloc(sizeof(*s) + text.len);

	if (!s)
		return NULL;
	*s = (struct said){.ticket = ++o->tickets, .kind = kind, .len = (uint32_t)text.len};
	if (kind == COMMAND_TALK)
		s->mid = ++o->mids;
	if (text.len > 0)
		memcpy(s->text, text.data, text.len);
	if (o->last)
		o->last->next = s;
	else
		o->first = s;
	o->last = s;
	if (!o->to_give)
		o->to_give = s;
	o->count++;
	return s;
}

void outbox_given(struct outbox *o, uint64_t id)
{
	o->to_give->id = id;
	o->to_give = o->to_give->next;
}

void outbox_give_again(struct outbox *o)
{
	for (struct said *s = o->first; s; s = s->next)
		s->id = 0;
	o->to_give = o->first;
}

struct said *outbox_find(const struct outbox *o, uint64_t id)
{
	struct said *s = o->first;

	while (s && s->id != id)
		s = s->next;
	return s;
}

void outbox_remove(struct outbox *o, struct said *s)
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
	if (o->to_give == s)
		o->to_give = s->next;
	o->count--;
	free(s);
}
