/* For tests of the model and of what is drawn of it: rooms in which things happen, and the screen as text. */
#ifndef TEST_UI_RIG_H
#define TEST_UI_RIG_H

#include "ui/look.h"
#include "ui/settings.h"

enum { ROWS_MAX = 64, ROW_BYTES = 1024 };

struct slice text(const char *s);
struct day_time at_minute(int minute); /* of day 0 */

struct model *in_lobby(size_t lines);
void go_to(struct model *m, const char *room); /* as bob, online */
void note(struct model *m, const char *words);
/* At 10:01.  Without a number it gets the next one of its room. */
void happen_in(struct model *m, const char *room, struct event e);
void happen(struct model *m, enum event_kind kind, const char *from, const char *what);
void talk_in(struct model *m, const char *room, uint64_t seq, const char *what); /* alice does */

/* Of the room that is shown; i from 0. */
size_t count_lines(const struct model *m);
void line_is(const struct model *m, uint64_t i, enum model_kind kind, const char *who,
	     const char *what);

const struct settings *default_settings(void);

struct shot {
	char rows[ROWS_MAX][ROW_BYTES]; /* without the blanks at the end */
	int cursor_x, cursor_y;
};

/* Valid until the next. */
struct shot *shoot(const struct model *m, int width, int height);
/* `first` at the top, blank rows, `last` at the bottom; both lists end with NULL. */
void screen_is(const struct model *m, int width, int height, const char *const first[],
	       const char *const last[]);
#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
