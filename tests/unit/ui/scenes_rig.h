/* Rooms in every state that a person may see, by name: what the golden screens are of. */
#ifndef TEST_SCENES_RIG_H
#define TEST_SCENES_RIG_H

#include "ui/view.h"

struct scene {
	struct model *model;
	struct settings settings;
	enum view_key key; /* pressed once it is drawn; 0: none */
	/* what happens then; NULL: nothing */
	void (*then)(struct model *m);
	struct grid grid;
};

struct scene_row {
	const char *name;
	void (*make)(struct scene *s); /* the model is there, in the lobby */
};

const struct scene_row *scene_row(size_t i); /* NULL: there are no more */
struct scene scene_new(const struct scene_row *row);
/* Draws s->grid: what a person sees on a screen of that size. */
void scene_shoot(struct scene *s, int width, int height);
void scene_free(struct scene *s);

#endif
