/*
 * What the view asks of a model: one room's lines in a row, those under way below all others, and what
 * stands out among them.
 */
#ifndef UI_LOOK_H
#define UI_LOOK_H

#include "ui/model.h"

/*
 * Lines look_first() .. look_end() - 1.  An index below lines.end is a line's for good; above that are
 * those under way, which move up as others go.
 */
uint64_t look_first(const struct model_room *r);
uint64_t look_end(const struct model_room *r);
const struct model_line *look_at(const struct model_room *r, uint64_t i);

/* The line above which "unread from here" stands; false: nowhere. */
bool look_mark(const struct model_room *r, uint64_t *i);
/* Nobody has ever said anything in the room that is shown: it is time to tell what to type. */
bool look_empty(const struct model *m);
/* Whether there is more to load of the room that is shown, and a place for it. */
bool look_may_load(const struct model *m);

struct look_counts {
	uint64_t unread, mentions; /* of all rooms */
	size_t sending, failed;	   /* of what the person said */
};
struct look_counts look_counts(const struct model *m);

#endif
