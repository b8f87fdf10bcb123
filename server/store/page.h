/*
 * Pages: runs of a room's older events, read from the disk as the hub asks for them.
 *
 * A page is EVENT frames one behind the other, the oldest first.  It never has a hole but where events
 * are no longer kept.
 */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include "core/record.h"
#include "core/store.h"
#include "store/db.h"

enum { PAGE_STATEMENTS = 2 };

struct page {
	sqlite3_stmt *all[PAGE_STATEMENTS];
};

NODISCARD enum err page_init(struct page *p, struct db *db);
void page_wipe(struct page *p);

/*
 * Answers QUERY_PAGE and QUERY_RUN.  Reads into `storage`, which has q->max_bytes; a->page is a part of
 * it.  ERR_NOT_FOUND: there is nothing in that range; ERR_MALFORMED: damaged; or as db.h.
 */
NODISCARD enum err page_read(struct page *p, struct db *db, const struct store_query *q,
			     uint8_t *storage, struct store_answer *a);

#endif
