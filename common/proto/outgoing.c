/* Few and short-lived: a list is all the index they need. */
#include "proto/outgoing.h"

#include <stdlib.h>
#include <string.h>

uint8_t item_parts(size_t len)
{
	return len <= WIRE_PART_SIZE ? 1 : (uint8_t)((len + WIRE_PART_SIZE - 1) / WIRE_PART_SIZE);
}

uint32_t outgoing_parts(const struct outgoing *o)
{
	uint8_t parts = item_parts(o->len);

	return parts < 32 ? (UINT32_C(1) << parts) - 1 : UINT32_MAX;
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
	struct outgoing *o = malloc(sizeof(*o) + frame->len);

	if (!o)
		return NULL;
	*o = (struct outgoing){.id = id, .len = (uint32_t)frame->len};
	o->due = outgoing_parts(o);
	memcpy(o->bytes, frame->data, frame->len);
	if (l->last)
		l->last->next = o;
	else
		l->first = o;
	l->last = o;
	if (l->count++ == 0 || id < l->lowest)
		l->lowest = id;
	l->bytes += o->len;
	return o;
}

/* Takes out the one behind that one, or the first. */
static void take_out(struct outgoing_list *l, struct outgoing *before)
{
	struct outgoing *o = before ? before->next : l->first;

	if (before)
		before->next = o->next;
	else
		l->first = o->next;
	if (l->last == o)
		l->last = before;
	l->count--;
	l->bytes -= o->len;
	free(o->reply);
	free(o);
}

/* Mostly it is the first. */
void outgoing_remove(struct outgoing_list *l, uint64_t id)
{
	struct outgoing *before = NULL, *o = l->first;

	for (; o && o->id != id; o = o->next)
		before = o;
	if (o)
		take_out(l, before);
}

void outgoing_forget(struct outgoing_list *l, uint64_t upto)
{
	struct outgoing *before = NULL, *next;

	if (l->count == 0 || upto < l->lowest)
		return;
	l->lowest = upto + 1;
	for (struct outgoing *o = l->first; o; o = next) {
		next = o->next;
		if (o->id <= upto)
			take_out(l, before);
		else
			before = o;
	}
}
