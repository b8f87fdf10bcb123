/*
 * Searching without a store: what is in the rooms' memory, looked through from the newest talk on.
 *
 * One call looks at so much and no more; what it has not come to, the next one goes on with, by its
 * token.  "Newer" is what has the later time; talks of a clock that was set back may be left out, or
 * come twice, where one page follows another.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include "core/registry.h"
#include "core/store.h"
#include "core/words.h"
#include "proto/name.h"

enum { SCAN_EFFORT = 512 * 1024 }; /* bytes of text in one call, and what it takes to get there */

/* Zero-initialise. */
struct scan {
	struct words *words; /* from the first call on */
};

void scan_wipe(struct scan *s);

struct scan_result {
	bool more;
	uint64_t token; /* for the next page */
};

/*
 * Whole EVENT frames of the talks that q (QUERY_SEARCH) finds, the newest first, as many as fit `page`.
 * ERR_NOT_FOUND, ERR_TOO_BIG, ERR_MALFORMED: that is no query; ERR_MEMORY.
 */
NODISCARD enum err scan_run(struct scan *s, const struct registry *registry,
			    struct name_checker *names, const struct store_query *q,
			    struct buf *page, struct scan_result *result);

#endif
