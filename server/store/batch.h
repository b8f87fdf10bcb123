/*
 * From records to rows: a batch of the hub's, kept whole or not at all.
 *
 * Batches are counted in the database (meta: batch): what was committed last can be asked for after a
 * failure that leaves it open.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "core/record.h"
#include "store/indexer.h"

enum { BATCH_STATEMENTS = 13 };

struct batch {
	sqlite3_stmt *all[BATCH_STATEMENTS];
	struct indexer *indexer; /* borrowed; NULL: there is no index */
	int64_t place;		 /* of the newest event of all */
	/* For the writer, who takes them back: a room was said to keep so many days; a frame was replaced. */
	bool keeps, replaces;
	uint64_t now_us;
};

/* Statements for batch_keep(), on a connection that writes; batch_wipe() before it is closed. */
NODISCARD enum err batch_init(struct batch *b, struct db *db, struct indexer *indexer);
void batch_wipe(struct batch *b);

/* All records, and the batch's number, in one transaction.  ERR_*: as before; db->why. */
NODISCARD enum err batch_keep(struct batch *b, struct db *db, struct slice records,
			      uint64_t number);

#endif
