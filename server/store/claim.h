/*
 * The one server of a data directory: DIR/lock.
 *
 * Who holds the lock is the only one to write there; it is the kernel's, and gone with the process.
 * The file also notes which log is in the directory and how far it went, so that a database that has
 * lost something is known for it: SQLite takes one whose last writes were cut off for a whole one.
 *
 *     chat-room log, full, epoch 01234567890123456789, batch 00000000000000000042
 *
 * The note is written after each commit, and never synced after the first: it may be behind the
 * database, and never ahead of it unless that has lost something.  This is the one file of the
 * history that does not go through SQLite.
 */
#ifndef STORE_CLAIM_H
#define STORE_CLAIM_H

#include "store/db.h"

struct claim_note {
	bool lazy; /* the last commits may be lost with the machine */
	uint64_t epoch;
	uint64_t batch; /* the last one that was committed, at least */
};

struct claim {
	int fd;
	bool noted; /* there is a note, this one: */
	struct claim_note note;
};

/*
 * Takes DIR/lock and reads the note.  ERR_EXISTS: another server has it; ERR_SYSTEM, ERR_TOO_BIG.
 * Then `why` is a sentence and nothing is held.
 */
NODISCARD enum err claim_take(struct claim *c, const char *dir, struct db_why *why);
void claim_drop(struct claim *c);

/* The note for a log whose writing begins now; it is on the disk then.  ERR_SYSTEM (errno). */
NODISCARD enum err claim_begin(struct claim *c, const struct claim_note *note);
/* Batches up to that one are committed.  No matter if it fails: then the note is behind. */
void claim_note_batch(struct claim *c, uint64_t batch);

#endif
