/*
 * Whether a talk calls on the person: by their name as a word of its own, by "@name", by "@all" or
 * "@全体", or with one of the words that they want to be told of.
 *
 * Case does not matter.  In scripts that put no spaces between words a name is found anywhere; a name of
 * one letter, in any script, only after '@'.
 */
#ifndef UI_MENTION_H
#define UI_MENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MENTION_WORDS = 32,   /* the name among them; more are not looked for */
	MENTION_LETTERS = 64, /* of each; longer ones are not looked for */
};

struct mention_word {
	uint8_t len;
	bool after_at; /* it counts there alone */
	int32_t letters[MENTION_LETTERS];
};

struct mention {
	size_t count;
	struct mention_word words[MENTION_WORDS];
	/* Bytes that one of them may begin with, and that may come next: most of a talk is passed by. */
	bool first[256], second[256];
};

/* Both display-safe UTF-8, as the talks are; the words are separated by spaces, commas or
 * semicolons, Chinese ones too. */
void mention_set(struct mention *m, const char *nick, const char *words);
bool mention_in(const struct mention *m, const char *s, size_t n);

#endif
