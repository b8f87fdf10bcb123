/* A session is in few rooms: to look through all of them is all the index there is. */
#include "proto/readers.h"

#include <stdlib.h>

enum { FIRST_MORE = 3 };

void readers_wipe(struct readers *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		reader_wipe(readers_at(r, i));
	free(r->more);
	*r = (struct readers){.more = NULL};
}

struct reader *readers_at(struct readers *r, uint32_t i)
{
	assert(i < r->count);
	return i == 0 ? &r->first : &r->more[i - 1];
}

struct reader *readers_find(struct readers *r, uint32_t room)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (readers_at(r, i)->room == room)
			return readers_at(r, i);
	return NULL;
}

/* Room for one more behind the first. */
static enum err grow(struct readers *r)
{
	uint16_t cap = (uint16_t)(r->cap ? 2 * r->cap + 1 : FIRST_MORE);

	if (r->count == 0 || r->count - 1 < r->cap)
		return ERR_NONE;
	struct reader *more = realloc(r->more, cap * sizeof(*more));
	if (!more)
		return ERR_MEMORY;
	r->more = more;
	r->cap = cap;
	return ERR_NONE;
}

/* One that only has to come to its end; NULL: there is none. */
static struct reader *ending(struct readers *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (readers_at(r, i)->last != READER_NO_END)
			return readers_at(r, i);
	return NULL;
}

enum err readers_follow(struct readers *r, uint32_t room, uint64_t first)
{
	struct reader *reader = readers_find(r, room), *old = reader;
	enum err e = ERR_NONE;

	if (!reader && r->count == WIRE_ROOMS_MAX) {
		reader = old = ending(r);
		e = reader ? ERR_NONE : ERR_FULL;
	} else if (!reader) {
		e = grow(r);
		reader = e == ERR_NONE ? readers_at(r, r->count++) : NULL;
	}
	if (old)
		reader_wipe(old);
	if (reader)
		reader_follow(reader, room, first);
	return e;
}

/* The last takes its place. */
void readers_remove(struct readers *r, struct reader *reader)
{
	reader_wipe(reader);
	*reader = *readers_at(r, r->count - 1);
	r->count--;
	if (r->turn >= r->count)
		r->turn = 0;
	if (r->count > 1)
		return;
	free(r->more);
	r->more = NULL;
	r->cap = 0;
}
