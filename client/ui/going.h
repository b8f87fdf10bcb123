/* Which room a key means: the session goes there. */
#ifndef UI_GOING_H
#define UI_GOING_H

#include "ui/keys.h"
#include "ui/model.h"

/*
 * A number of a room; where somebody calls, or else something was said: the next such room after the one
 * that is shown.  UNREAD: the first room with something that was not read, unless there is such a line
 * in the one that is shown.  NULL: nowhere.
 */
const struct model_room *going_to(const struct model *m, enum view_key key);

#endif
