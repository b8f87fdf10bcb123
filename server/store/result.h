/* What the store's threads tell the loop: entries of its box of results. */
#ifndef STORE_RESULT_H
#define STORE_RESULT_H

#include "store/db.h"
#include "store/inbox.h"

enum result_kind {
	RESULT_COMMITTED, /* struct writer's own; what became of the batch */
	RESULT_ANSWERED,  /* struct query, the loop's to free */
	RESULT_WARNING,	  /* struct result alone, the loop's to free: `why` is to be said */
	RESULT_TRIMMED,	  /* struct trimmed, the loop's to free */
};

struct result {
	struct inbox_entry link; /* first member */
	enum result_kind kind;
	enum err error;
	struct db_why why; /* with an error */
};

/* A room keeps nothing before that number any more. */
struct trimmed {
	struct result result; /* first member */
	uint32_t room;
	uint64_t first;
};

#endif
