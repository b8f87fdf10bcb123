/*
 * The rooms that the person is in or on the way to, in the order of their coming: which of them lines go
 * to, and what in each can be answered, or, of one's own, taken back.  The lobby is the first, and always there.
 *
 * Pure.  Names are those that the seat tells; on the way to a room, as the person called it.
 */
#ifndef CORE_VISITS_H
#define CORE_VISITS_H

#include "core/recent.h"
#include "core/seat.h"

enum { VISITS_OWN = 16 }; /* talks of one's own that are remembered in each room */

struct visit {
	size_t name_len;
	char name[WIRE_ROOM_NAME_MAX + 1];
	char topic[WIRE_TOPIC_MAX + 1];
	bool in;		  /* one is; else one is on the way, or was refused */
	bool shown;		  /* the person has gone there, or is in */
	uint64_t oldest;	  /* of its events that were told, or will be; 0: not known */
	uint64_t coming;	  /* ticket of the ENTER without an answer; 0: none */
	uint64_t own[VISITS_OWN]; /* numbers of talks, the newest last */
	size_t own_count;
	uint64_t said;	      /* ticket of the newest talk, while it has no answer; 0: none */
	bool refused;	      /* the newest talk was */
	struct recent recent; /* what can be answered */
};

struct visits {
	struct visit *all[SEAT_ROOMS_MAX];
	size_t count;
	struct visit *here, *last; /* where the person is, and was before */
};

/* ERR_MEMORY. */
/* On the way to the lobby, to which the JOIN is the ENTER; its ticket is 1. */
NODISCARD enum err visits_init(struct visits *v);
void visits_wipe(struct visits *v);

struct visit *visits_find(const struct visits *v, struct slice name);
/* Found, or new and not `in`.  NULL: there are too many, or no memory; or that cannot be a name. */
struct visit *visits_add(struct visits *v, struct slice name);
/* Who was there is where they were before.  The lobby stays. */
void visits_remove(struct visits *v, struct visit *at);
void visits_go(struct visits *v, struct visit *to);
/* The one `step` (1 or -1) after the one that the person is in, of those that are shown; round again. */
struct visit *visits_beside(const struct visits *v, int step);
/* It has another name.  If that is another visit's already, they are one; the result is what is left,
 * NULL: there is none called `was`. */
struct visit *visits_rename(struct visits *v, struct slice was, struct slice name);

struct slice visit_name(const struct visit *at);

/* The one whose ENTER has that ticket; NULL: none. */
struct visit *visits_coming(const struct visits *v, uint64_t ticket);
/* It was answered: `first` is the first event that will be told, 0 when one was refused. */
void visit_came(struct visit *at, uint64_t first);

void visit_said(struct visit *at, uint64_t ticket);
/* A talk of one's own was answered: with its number, or, if 0, refused. */
void visit_answered(struct visit *at, uint64_t ticket, uint64_t seq);
void visit_recalled(struct visit *at, uint64_t seq);
/* The newest talk of one's own; 0: none is known, or it was refused. */
uint64_t visit_newest(const struct visit *at);
void visit_forget(struct visit *at); /* all numbers: its log is another one */

#endif
