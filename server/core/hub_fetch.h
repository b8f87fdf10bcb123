/* Events of any age.  For the files hub*.c alone; what others may ask is in hub.h. */
#ifndef CORE_HUB_FETCH_H
#define CORE_HUB_FETCH_H

#include "core/hub.h"
#include "core/pages.h"
#include "core/registry.h"
#include "core/table.h"

enum {
	FETCH_AT_ONCE = 16,    /* pages under way */
	FETCH_REWRITES = 1024, /* remembered: more than come while one searches */
};

struct rewrite {
	uint32_t room;
	uint64_t seq;
	uint64_t ticket; /* of the question that was asked last, then */
};

struct fetching {
	struct pages *pages; /* NULL: there is no store */
	struct table wanted; /* by room and block */
	struct ring queue;   /* not asked for yet */
	size_t asked;	     /* under way */
	uint64_t turned_us;  /* the time, as it was told last */
	struct rewrite rewrites[FETCH_REWRITES];
	uint64_t rewrite_count; /* so far */
};

void hub_fetch_init(struct hub *h);
void hub_fetch_wipe(struct hub *h); /* when the questions are wiped */

/* The event that is in memory, be it as a page; data == NULL: it is not. */
struct slice hub_frame_here(struct hub *h, const struct registry_room *room, uint64_t seq);
/* Asks for what waits to be asked for. */
void hub_fetch_turn(struct hub *h, struct instant now);
uint64_t hub_fetch_deadline(const struct hub *h);

/* That event is another one now. */
void hub_note_rewrite(struct hub *h, uint32_t room, uint64_t seq);
/* Whether one of these events may be another one than the answer to that question has. */
bool hub_is_stale(const struct hub *h, uint64_t ticket, uint32_t room, uint64_t first,
		  uint64_t last);

#endif
