/*
 * Who is in the room, as far as this client has been told: a sorted set of names.
 *
 * It is told twice, by a list (the pages of a WHO answer) and by the room's joins, quits and
 * renames.  Every name ends as its last event says, so a list that was made a little before or
 * after the events around it comes right by itself.
 */
#ifndef UI_MEMBERS_H
#define UI_MEMBERS_H

#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>

struct members {
	char **names; /* NUL-terminated, in the order of their bytes */
	size_t len, cap;
};

/* Zero-initialised is empty. */
void members_wipe(struct members *m);

NODISCARD enum err members_add(struct members *m, struct slice name); /* there already: fine */
void members_remove(struct members *m, struct slice name);	      /* not there: fine */
NODISCARD enum err members_event(struct members *m, const struct event *e);

/* Adds a page of a list: names as varint-length strings.  ERR_MALFORMED, ERR_MEMORY. */
NODISCARD enum err members_page(struct members *m, struct slice page);

/* "in the room (2): alice, bob".  NULL: no memory; the caller frees. */
char *members_sentence(const struct members *m);

#endif
