/*
 * What a client has yet to get into its rooms, as it is written down: the talks and edits that have no
 * answer, the talks that were refused and wait for the person, and the half-typed line of each room.
 *
 * A journal is a file of entries, one a line, each with a checksum of its own, and is what they come to
 * when they are taken one after the other; taking none that is damaged leaves what the others say.  Pure:
 * writing, locking and finding files is client/unsent.c's.
 *
 *     5d0f26c1 c 6184542 0 0 - -                 fields are separated by tabs, and empty ones stay empty
 *
 * A text has no control characters in its line: they, and the backslash, are written as \xNN.
 */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/text.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JOURNAL_LINES_MAX = 2048,
	JOURNAL_DRAFTS_MAX = 128,
	JOURNAL_LABEL_MAX = 320, /* bytes of a server, name, room or reason */
	JOURNAL_ENTRY_MAX = 4 * (TEXT_MAX_BYTES + JOURNAL_LABEL_MAX) + 128, /* bytes, as a line */
};

enum journal_kind {
	JOURNAL_CLIENT = 'c', /* number: its instance; of all that follows */
	JOURNAL_COUNT =
		'n', /* number: as if it had drawn so many mids; target: one was answered OK */
	JOURNAL_SERVER = 's', /* name: a key, a path, or what the person called it */
	JOURNAL_NICK = 'w',   /* name: as whom */
	JOURNAL_LOG = 'l',    /* number: the lobby's epoch.  It has joined */
	JOURNAL_SAID = 't',   /* number: mid; what, target, name: the room, text */
	JOURNAL_FAILED = 'f', /* number: mid; text: the reason.  A talk that stays */
	JOURNAL_DONE = 'd',   /* number: mid; target: 1 when it was answered OK */
	JOURNAL_ROOM = 'r',   /* name: a room, which is called `text` now */
	JOURNAL_DRAFT = 'e',  /* name: a room; text: half-typed there, or empty */
	JOURNAL_LEFT = 'q',   /* it has quit: its instance is used up */
};

struct journal_entry {
	enum journal_kind kind;
	uint64_t number;
	enum command_kind what; /* TALK or EDIT; else 0 */
	/* EDIT: the talk; TALK: the refused mid that it says again, or 0 */
	uint64_t target;
	struct slice name, text;
};

struct journal_line {
	struct journal_line *next;
	uint64_t mid;
	enum command_kind what;
	uint64_t target;
	bool failed;
	char reason[JOURNAL_LABEL_MAX + 1];
	char room[WIRE_ROOM_NAME_MAX + 1];
	size_t len;
	uint8_t text[];
};

struct journal_draft {
	struct journal_draft *next;
	char room[WIRE_ROOM_NAME_MAX + 1];
	size_t len;
	char text[];
};

/* Zero-initialised is empty. */
struct journal {
	uint64_t instance; /* 0: not known */
	uint64_t mids;	   /* the highest that was drawn */
	uint64_t epoch;	   /* 0: it has never joined */
	bool answered, left;
	char server[JOURNAL_LABEL_MAX + 1], nick[JOURNAL_LABEL_MAX + 1];
	struct journal_line *lines; /* as they were said */
	struct journal_draft *drafts;
	size_t line_count, draft_count;
	size_t bytes; /* of their texts */
};

void journal_wipe(struct journal *j);

/* As a line, with its newline, of at most JOURNAL_ENTRY_MAX bytes. */
void journal_put(struct buf *b, const struct journal_entry *e);
/* Of a line without its newline, which is changed; *e points into it.  ERR_MALFORMED. */
NODISCARD enum err journal_get(char *line, size_t len, struct journal_entry *e);

/* ERR_MALFORMED: that cannot follow; ERR_FULL: no place for another one; ERR_MEMORY.  Nothing changes then. */
NODISCARD enum err journal_take(struct journal *j, const struct journal_entry *e);

/* All that there is, as the fewest entries: each goes to `put`, until one is refused. */
bool journal_tell(const struct journal *j, bool (*put)(void *ctx, const struct journal_entry *e),
		  void *ctx);
bool journal_empty(const struct journal *j); /* there is nothing to be kept */

struct slice journal_draft(const struct journal *j, struct slice room); /* may be empty */

#endif
