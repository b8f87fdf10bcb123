/*
 * Joins, quits and renames that follow each other, as one sentence:
 *
 *     alice, bob and 3 others joined; carol left; dave is now known as eve
 *
 * The first names of each kind are known, the others counted.  Who comes and goes again, or goes and
 * comes back, is told once, as that; of those who are only counted that is not known, so they are told
 * as having done both.  Names are kept as they came, and made safe in the sentence.
 */
#ifndef UI_FOLD_H
#define UI_FOLD_H

#include "proto/buf.h"
#include "proto/text.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fold_kind {
	FOLD_JOINED,
	FOLD_LEFT,
	FOLD_VISITED,  /* joined, then left */
	FOLD_RETURNED, /* left, then joined */
	FOLD_RENAMED,
	FOLD_KINDS,
};

enum {
	FOLD_NAMES = 6, /* of each kind */
	FOLD_SHOWN = 3, /* of them, in the sentence */
	FOLD_BYTES_MAX = 4 + 8 + FOLD_KINDS * (8 + 1 + FOLD_NAMES * 2 * (2 + NAME_MAX_BYTES)),
	FOLD_WORDS_SIZE =
		TEXT_SAFE_SIZE(FOLD_KINDS * (FOLD_SHOWN + 1) * (2 * NAME_MAX_BYTES + 16) + 256),
};

struct fold_part {
	uint64_t count; /* of all, with names or without */
	size_t kept;
	struct slice names[FOLD_NAMES];	 /* borrowed */
	struct slice others[FOLD_NAMES]; /* RENAMED: the new ones */
};

struct fold {
	uint64_t events;
	struct fold_part parts[FOLD_KINDS];
};

/* Whether it is one of those that fold: a kick is not. */
bool fold_takes(const struct event *e);
/* It happened after all that is there, or (`before`) before it. */
void fold_add(struct fold *f, const struct event *e, bool before);

/* At most FOLD_BYTES_MAX. */
void fold_put(struct buf *b, const struct fold *f);
bool fold_get(struct slice s, struct fold *f); /* what fold_put() made; borrows it */

/* NUL-terminated, safe to show; returns the length. */
size_t fold_words(const struct fold *f, char out[FOLD_WORDS_SIZE]);

#endif
