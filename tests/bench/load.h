/*
 * The load: many members of one adapter in one process, one epoll under them, and what they heard.
 *
 * A turn waits for sockets, deadlines or a time, reads, and lets everybody who was touched do what is due.
 * The first `talkers` members talk; every text that any member hears is looked at (talk.h).
 */
#ifndef LOAD_H
#define LOAD_H

#include "adapter.h"
#include "talk.h"

struct histogram;

struct talker {
	uint32_t said, done; /* numbers: its talks, and those that it has heard itself */
};

struct load {
	const struct adapter *adapter;
	const struct target *target;
	size_t members, talkers;
	struct talker *talker;
	struct talk_check *check;
	struct histogram *latency; /* of each talk to each member; NULL: nobody asks */
	uint64_t epoch;		   /* what times in talks count from */
	size_t bytes;		   /* of a talk */
	size_t at_once;		   /* so many may be on their way in */

	/* counted from the beginning; of joins and quits those that members below `listeners` are told */
	uint64_t heard, told;
	size_t listeners;
	size_t present, over; /* members who came in, who have left */
	bool failed;

	/* the engine's own */
	int epoll;
	char *memory;
	uint32_t *touched;
	size_t touched_count;
	struct timerq timers;
	uint64_t now; /* of this turn */
};

/* So many descriptors and a few can be had from now on, and by programs that are started; or as many as
 * there may be, which is returned. */
size_t load_files(size_t files);
/* Ends the program with a sentence where there is no memory or no descriptor. */
void load_init(struct load *l, const struct adapter *a, const struct target *t, size_t members,
	       size_t talkers);
void load_wipe(struct load *l); /* ends all members */

struct member *load_member(const struct load *l, size_t index);
/* Lets a member (anew) connect and join as "m" and its index; false: it has said why. */
bool load_come(struct load *l, size_t index);
void load_leave(struct load *l, size_t index);
void load_end(struct load *l, size_t index); /* without a word */

/* A talk of that talker, if its adapter takes it; said, or due, at that time. */
bool load_talk(struct load *l, size_t talker, uint64_t at);
uint32_t load_outstanding(const struct load *l, size_t talker);

/* Until something happens, or that time. */
void load_turn(struct load *l, uint64_t until);

#endif
