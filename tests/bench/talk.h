/*
 * What chat-bench's members say: who says it, which of its talks that is, and when; in letters that
 * every protocol passes on.  And, for each member and talker, whether each came once and in order.
 */
#ifndef TALK_H
#define TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TALK_HEADER = 16, /* letters; a talk is at least so long */
	TALK_MAX = 1000,
};

struct talk {
	uint32_t talker; /* below 2^18 */
	uint32_t number; /* 1, 2, 3 … of its talker, below 2^30 */
	uint64_t time;	 /* microseconds, below 2^42 */
};

/* Writes `n` letters (TALK_HEADER to TALK_MAX). */
void talk_put(char *out, size_t n, const struct talk *t);
bool talk_get(const char *text, size_t n, struct talk *t); /* false: that is no talk of ours */

/* What went wrong at all members, and what did not. */
struct talk_count {
	uint64_t heard, lost, doubled, disordered, strange;
};

/* Who heard how much of whom. */
struct talk_check;

struct talk_check *talk_check_new(size_t members, size_t talkers);
void talk_check_free(struct talk_check *c);
/* From now on this member hears all: everybody's talks from the first on, or from whichever comes first. */
void talk_check_begin(struct talk_check *c, size_t member, bool all);
/* It has heard that one. */
void talk_check_heard(struct talk_check *c, size_t member, const struct talk *t);
/* It has heard that one, or a later one. */
bool talk_check_has(const struct talk_check *c, size_t member, size_t talker, uint32_t number);
/* It has to have heard all up to that number now, or what is missing is lost. */
void talk_check_last(struct talk_check *c, size_t member, size_t talker, uint32_t number);
/* Counts a text that is none of ours. */
void talk_check_strange(struct talk_check *c);
const struct talk_count *talk_check_count(const struct talk_check *c);
/* Members that began at the same time heard all talkers' talks in one order, all of them. */
bool talk_check_agree(const struct talk_check *c, size_t a, size_t b);

#endif
