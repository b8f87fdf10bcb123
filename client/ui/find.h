/* Looking for words in what there is of a room. */
#ifndef UI_FIND_H
#define UI_FIND_H

#include "ui/model.h"

/* The newest line below `before` in whose name and text the words are, capitals or not; false: none is. */
bool find_older(const struct model_room *r, uint64_t before, struct slice words, uint64_t *line);

#endif
