/* A list, since answers come nearly in order; the contract is in talks.h. */
#include "core/talks.h"

#include <stdlib.h>
#include <string.h>

void talks_wipe(struct talks *t)
{
	while (t->first)
		talks_remove(t, t->first);
}

struct slice talk_room(const struct talk *talk)
{
	return slice_of(talk->room, talk->room_len);
}

struct slice talk_text(const struct talk *talk)
{
	return slice_of(talk->text, talk->len);
}

static void set_room(struct talk *talk, struct slice room)
{
	talk->room_len = room.len;
	memcpy(talk->room, room.data, room.len);
	talk->room[room.len] = '\0';
}

struct talk *talks_add(struct talks *t, struct slice room, struct slice text)
{
	struct talk **end = &t->first, *talk;

	if (room.len == 0 || room.len > WIRE_ROOM_NAME_MAX)
		return NULL;
	talk = malloc(sizeof(*talk) + text.len);
	if (!talk)
		return NULL;
	*talk = (struct talk){.number = ++t->numbers, .len = text.len};
	set_room(talk, room);
	if (text.len > 0)
		memcpy(talk->text, text.data, text.len);
	while (*end)
		end = &(*end)->next;
	*end = talk;
	return talk;
}

void talks_sent(struct talks *t, struct talk *talk, uint64_t ticket)
{
	t->failed -= talk->failed;
	talk->failed = false;
	talk->ticket = ticket;
}

void talks_failed(struct talks *t, struct talk *talk)
{
	t->failed += !talk->failed;
	talk->failed = true;
	talk->ticket = 0;
}

void talks_remove(struct talks *t, struct talk *talk)
{
	struct talk **at = &t->first;

	while (*at != talk)
		at = &(*at)->next;
	*at = talk->next;
	t->failed -= talk->failed;
	free(talk);
}

static bool is_in(const struct talk *talk, struct slice room)
{
	return talk->room_len == room.len && memcmp(talk->room, room.data, room.len) == 0;
}

void talks_rename(struct talks *t, struct slice was, struct slice room)
{
	if (room.len == 0 || room.len > WIRE_ROOM_NAME_MAX)
		return;
	for (struct talk *talk = t->first; talk; talk = talk->next)
		if (is_in(talk, was))
			set_room(talk, room);
}

struct talk *talks_find(const struct talks *t, uint64_t ticket)
{
	struct talk *talk = ticket != 0 ? t->first : NULL;

	while (talk && talk->ticket != ticket)
		talk = talk->next;
	return talk;
}

struct talk *talks_numbered(const struct talks *t, uint64_t number)
{
	struct talk *talk = t->first;

	while (talk && talk->number != number)
		talk = talk->next;
	return talk;
}

struct talk *talks_oldest_failed(const struct talks *t, struct slice room)
{
	struct talk *talk = t->failed > 0 ? t->first : NULL;

	while (talk && (!talk->failed || (room.len > 0 && !is_in(talk, room))))
		talk = talk->next;
	return talk;
}
