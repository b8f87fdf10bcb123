/* Few and short-lived: a list in order of id is all the index they need. */
#include "proto/outgoing.h"

#include <stdlib.h>
#include <string.h>

uint8_t item_parts(size_t len)
{
	return len <= WIRE_PART_SIZE ? 1 : (uint8_t)((len + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE);
}

struct outgoing *outgoing_find(const struct outgoing_list *l, uint64_t id)
{
	struct outgoing *o = l->first;

	while (o && o->id != id)
		o = o->next;
	return o;
}

bool outgoing_due(const struct outgoing_list *l)
{
	const struct outgoing *o = l->first;

	while (o && !o->due)
		o = o->next;
	return o != NULL;
}

struct outgoing *outgoing_add(struct outgoing_list *l, uint64_t id, const struct buf *frame)
{
	uint8_t parts = item_parts(frame->len);
	struct outgoing *o = malloc(sizeof(*o) + frame->len);

	if (!o)
		return NULL;
	*o = (struct outgoing){.id = id, .len = (uint32_t)frame->len};
	o->due = parts < 32 ? (UINT32_C(1) << parts) - 1 : UINT32_MAX;
	memcpy(o->bytes, frame->data, frame->len);
	if (l->last)
		l->last->next = o;
	else
		l->first = o;
	l->last = o;
	l->count++;
	return o;
}

void outgoing_remove(struct outgoing_list *l, uint64_t id)
{
	struct outgoing *before = NULL;

	for (struct outgoing *o = l->first; o; before = o, o = o->next) {
		if (o->id != id)
			continue;
		if (before)
			before->next = o->next;
		else
			l->first = o->next;
		if (l->last == o)
			l->last = before;
		l->count--;
		free(o);
		return;
	}
}
