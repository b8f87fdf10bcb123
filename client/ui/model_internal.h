/* What model.c and model_lines.c share.  Nobody else includes this. */
#ifndef UI_MODEL_INTERNAL_H
#define UI_MODEL_INTERNAL_H

#include "ui/model.h"

/* model.c.  NULL: there is none of that name. */
struct model_room *model_find(const struct model *m, struct slice name);
/* The room of that name, made if there is none.  NULL: no memory, or (then *full) too many. */
struct model_room *model_open(struct model *m, struct slice name, bool *full);

/* model_lines.c */
void model_forget_changes(struct model *m, const struct model_room *room); /* NULL: of all */
bool model_is_direct(const struct model_room *room);

#endif
