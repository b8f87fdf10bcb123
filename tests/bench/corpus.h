/*
 * A room full of talk, for measurements: events that look like a group chat's, made from a seed.
 *
 * Two thirds of the words are Chinese, the others Latin, drawn by Zipf's law: few are everywhere, most
 * are rare; so are the members who say them.  The same seed makes the same talks, in however many calls.
 */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include "core/store.h"
#include "proto/wire.h"

enum {
	CORPUS_CHINESE = 40000, /* words; the first 200 have one character */
	CORPUS_LATIN = 30000,
	CORPUS_MEMBERS = 500,
	CORPUS_MAX_TEXT = 1024,
	CORPUS_WORD = 32,
};

struct corpus {
	uint64_t state;
	int64_t time_ms; /* of the newest talk */
	char text[CORPUS_MAX_TEXT], from[CORPUS_WORD];
};

void corpus_begin(struct corpus *c, uint64_t seed);

/* The next talk; borrowed until the one after.  Its room and number are the caller's to give. */
void corpus_talk(struct corpus *c, struct event *e);

/*
 * The next talks as records of a batch, with that room and numbers from `seq` on, as many as fit and not
 * more than `count`.  How many these were.
 */
uint64_t corpus_batch(struct corpus *c, uint32_t room, uint64_t seq, uint64_t count,
		      struct buf *records);

/* The n-th commonest (from 0), NUL-terminated. */
const char *corpus_chinese(unsigned n, char out[CORPUS_WORD]);
const char *corpus_latin(unsigned n, char out[CORPUS_WORD]);
const char *corpus_member(unsigned n, char out[CORPUS_WORD]);

#endif
