/*
 * What the person says, until it is in its room: waiting for an answer, or refused and kept until they say
 * it again or give it up.
 *
 * The seat gives a line up with its answer, whatever that is; here the words of a refused one are kept.
 * Pure.  Rooms are called as the seat tells.
 */
#ifndef CORE_TALKS_H
#define CORE_TALKS_H

#include "proto/err.h"
#include "proto/text.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALKS_FAILED_MAX = 256 };

struct talk {
	struct talk *next;
	uint64_t number; /* 1, 2, 3 … in the order in which they were said */
	uint64_t ticket; /* of the seat's answer to come; 0: the seat has it not yet, or no more */
	bool failed;	 /* it was refused */
	uint64_t mid;	 /* by which the server, and what is kept of it, knows it */
	size_t room_len, len;
	char room[WIRE_ROOM_NAME_MAX + 1];
	uint8_t text[];
};

/* Zero-initialised is empty. */
struct talks {
	struct talk *first; /* the oldest */
	uint64_t numbers;   /* drawn so far */
	size_t failed;
};

void talks_wipe(struct talks *t);

/* The newest.  NULL: no memory, or that is no room. */
struct talk *talks_add(struct talks *t, struct slice room, struct slice text);
void talks_sent(struct talks *t, struct talk *talk, uint64_t ticket);
void talks_failed(struct talks *t, struct talk *talk);
void talks_remove(struct talks *t, struct talk *talk); /* frees it */
void talks_rename(struct talks *t, struct slice was, struct slice room);

/* The one that waits for that answer; NULL: none. */
struct talk *talks_find(const struct talks *t, uint64_t ticket);
struct talk *talks_numbered(const struct talks *t, uint64_t number); /* NULL: there is none */
/* The oldest that was refused there; an empty room: anywhere.  NULL: none. */
struct talk *talks_oldest_failed(const struct talks *t, struct slice room);

struct slice talk_room(const struct talk *talk);
struct slice talk_text(const struct talk *talk);

#endif
