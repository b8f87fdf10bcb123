/* A session is in few rooms: to look through all of them is all the index there is. */
#include "proto/readers.h"

#include <stdlib.h>

enum { FIRST_CAP = 4 };

void readers_wipe(struct readers *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		reader_wipe(readers_at(r, i));
	if (r->cap > 0)
		free(r->all);
	*r = (struct readers){.count = 0};
}

struct reader *readers_at(struct readers *r, uint32_t i)
{
	assert(i < r->count);
	return r->cap > 0 ? &r->all[i] : &r->one;
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
	uint16_t cap = (uint16_t)(r->cap ? 2 * r->cap : FIRST_CAP);

	if (r->count == 0 || r->count < r->cap)
		return ERR_NONE;
	struct reader *all = realloc(r->cap ? r->all : NULL, cap * sizeof(*all));
	if (!all)
		return ERR_MEMORY;
	if (r->cap == 0)
		all[0] = r->one;
	r->all = all;
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
	if (r->count > 1 || r->cap == 0)
		return;
	struct reader *all = r->all;
	r->one = all[0];
	r->cap = 0;
	free(all);
}
