/*
 * Who is in the room, as far as this client has been told: a sorted set of names.
 *
 * It is told twice, by a list (the pages of a WHO answer) and by the room's events.  Every name
 * ends, and is here, away or reconnecting, as its last event says, so a list that was made a little before or
 * after the events around it comes right by itself.
 */
#ifndef UI_MEMBERS_H
#define UI_MEMBERS_H

#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>

struct members_one {
	enum member_state state;
	bool away; /* also while it is reconnecting */
	size_t len;
	char name[]; /* NUL-terminated */
};

struct members {
	struct members_one **list; /* in the order of the names' bytes */
	size_t len, cap;
};

/* Zero-initialised is empty. */
void members_wipe(struct members *m);

/* There already: its state is set.  Who was away is that still when it is reconnecting. */
NODISCARD enum err members_put(struct members *m, struct slice name, enum member_state state);
void members_remove(struct members *m, struct slice name); /* not there: fine */
size_t members_reconnecting(const struct members *m);	   /* how many of them */
NODISCARD enum err members_event(struct members *m, const struct event *e);

/* Adds a page of a list, as who_put() writes it.  ERR_MALFORMED, ERR_MEMORY. */
NODISCARD enum err members_page(struct members *m, struct slice page);

/* "in the room (2): alice, bob (reconnecting)".  NULL: no memory; the caller frees. */
char *members_sentence(const struct members *m);

#endif
