/* What the files of the model share.  Nobody else includes this. */
#ifndef UI_MODEL_INTERNAL_H
#define UI_MODEL_INTERNAL_H

#include "ui/fold.h"
#include "ui/model.h"

/* model.c.  NULL: there is none of that name. */
struct model_room *model_find(const struct model *m, struct slice name);
/* The room of that name, made if there is none.  NULL: no memory, or (then *full) too many. */
struct model_room *model_open(struct model *m, struct slice name, bool *full);
bool model_is_direct(const struct model_room *room);
bool model_looks_at(const struct model *m, const struct model_room *room);

/* model_lines.c: making lines.  NULL: no memory.  The caller frees. */
struct model_line *model_line_of_event(const struct model *m, const struct event *e,
				       struct day_time at);
/* What the person says, and after it words of ours. */
struct model_line *model_line_of_said(const struct model *m, struct slice text, const char *note,
				      struct day_time at);
/* … with `e` in it, too, which came just after it, or before it.  No fold: the event's own. */
struct model_line *model_line_grown(const struct model_line *fold, const struct event *e,
				    bool before, struct day_time at);
bool model_has_line(enum event_kind kind);
bool model_is_own(const struct model *m, const struct model_line *line);

/* model_lines.c: keeping them.  They take the line; NULL is no memory, too.  What was added may be over
 * the bounds: they are the caller's to keep, after which the line may be gone. */
NODISCARD enum err model_append(struct model *m, struct model_room *r, struct model_line *line);
NODISCARD enum err model_prepend(struct model *m, struct model_room *r, struct model_line *line);
void model_replace(struct model *m, struct model_room *r, uint64_t i, struct model_line *line);
void model_keep_bounds(struct model *m);
bool model_is_full(const struct model *m);

/* model_events.c */
bool model_passes_over(const struct model *m, const struct event *e); /* it is an ignored one's */
void model_forget_changes(struct model *m, const struct model_room *room); /* NULL: of all */
/* The newest change of that event; it is no longer kept, but the caller's.  NULL: there is none. */
struct model_line *model_take_change(struct model *m, const struct model_room *r, uint64_t seq);
/* Whether an event of that day goes into the fold that line i is. */
bool model_folds_into(const struct model *m, const struct model_room *r, uint64_t i,
		      const struct event *e, struct day_time at);

#endif
