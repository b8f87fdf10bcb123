/*
 * What one record says of another that was kept before, for stores that tests make of nothing but
 * records (core/record.h).
 */
#ifndef TEST_RECORD_KEY_H
#define TEST_RECORD_KEY_H

#include "core/record.h"

#include <stdbool.h>
#include <string.h>

static inline bool same_words(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Of one key: what is said last counts, and GONE or ABSENT takes away what was said. */
static inline bool same_key(const struct record *a, const struct record *b)
{
	switch (a->kind) {
	case RECORD_META:
		return b->kind == RECORD_META;
	case RECORD_ROOM:
		return b->kind == RECORD_ROOM && a->room.number == b->room.number;
	case RECORD_EVENT:
	case RECORD_REWRITE:
		return (b->kind == RECORD_EVENT || b->kind == RECORD_REWRITE) &&
		       a->event.room == b->event.room && a->event.seq == b->event.seq;
	case RECORD_NAME:
	case RECORD_NAME_GONE:
		return (b->kind == RECORD_NAME || b->kind == RECORD_NAME_GONE) &&
		       same_words(a->name.name, b->name.name);
	case RECORD_SENDER:
	case RECORD_SENDER_GONE:
		return (b->kind == RECORD_SENDER || b->kind == RECORD_SENDER_GONE) &&
		       a->sender.instance == b->sender.instance &&
		       owner_equal(a->sender.owner, b->sender.owner);
	case RECORD_PRESENT:
	case RECORD_ABSENT:
		return (b->kind == RECORD_PRESENT || b->kind == RECORD_ABSENT) &&
		       a->present.room == b->present.room &&
		       same_words(a->present.name, b->present.name);
	}
	return false;
}

#endif
