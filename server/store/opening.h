/*
 * From a data directory to a database that may be written, and back.
 *
 * Nothing is begun on a history that is not whole: one that is damaged, was cut short, is gone, or was
 * written by a newer program is refused, with a sentence that says what is the matter and what to do.
 * What has been put there from elsewhere (a backup, say) is taken, under a new epoch: its numbers
 * may have been used for other events since.
 *
 * A log that ended in good order says so (meta: clean); of any other, everything is read once.
 */
#ifndef STORE_OPENING_H
#define STORE_OPENING_H

#include "store/claim.h"

#include "sys/datadir.h"

#define OPENING_FILE "room.db"
enum {
	OPENING_QUICK_BYTES = 256 * 1024 * 1024
}; /* a larger one is looked through with less care */

struct opening {
	const char *dir; /* has to be there */
	const char *vfs; /* as struct db_options */
	bool lazy;
	const struct words *words; /* as struct db_options */
	uint64_t new_epoch;	   /* for a log that begins */
};

struct opened {
	struct db db; /* to write */
	struct claim claim;
	char path[DATADIR_MAX];
	uint64_t epoch;
};

/* ERR_*: `why` is a sentence, and nothing is open. */
NODISCARD enum err opening_begin(struct opened *o, const struct opening *wanted,
				 struct db_why *why);
/* All is in the one file then, and marked as whole, as far as the disk lets it. */
void opening_end(struct opened *o);
/* As if the process had died there: nothing more is written. */
void opening_drop(struct opened *o);

#endif
