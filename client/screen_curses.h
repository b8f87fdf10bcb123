/*
 * A terminal's full screen, drawn with ncurses: the only file that knows it.
 *
 * It writes standard output and never reads anything: ncurses is given /dev/null for its input, and
 * sizes are asked from the kernel.  What is drawn is a grid of cells; ncurses finds what changed.
 */
#ifndef CLIENT_SCREEN_CURSES_H
#define CLIENT_SCREEN_CURSES_H

#include "ui/cells.h"
#include "ui/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct screen;

/*
 * What ends a full screen on this terminal, for terminal_save(): returns its length.  0: TERM names
 * no terminal that can be drawn on.
 */
size_t screen_goodbye(char *out, size_t cap);

/* Takes the screen, with raw modes; pastes are bracketed, and the terminal tells of its focus.
 * NULL: it cannot (no memory, no such TERM). */
struct screen *screen_open(enum settings_colours wanted);
void screen_close(struct screen *s); /* gives it back as it was; NULL: nothing */

/* Others from now on, as far as the terminal has them; the picture is gone.  False: there is no memory,
 * and no screen any more. */
NODISCARD bool screen_colours(struct screen *s, enum settings_colours wanted);
void screen_ambiguous(int width); /* of all screens: 1 or 2, ui/cells.h */

void screen_size(const struct screen *s, int *width, int *height); /* each >= 1 */
void screen_resize(struct screen *s);				   /* the terminal says SIGWINCH */
void screen_refresh(struct screen *s);				   /* the next draw repaints all */
void screen_mouse(struct screen *s, bool on); /* the terminal tells of its wheel */
void screen_suspend(struct screen *s);	      /* gives it back until screen_resume() and a draw */
void screen_resume(struct screen *s);	      /* after a stop: the modes and the picture are gone */

/* Bytes for the terminal that change nothing of the picture, after what was drawn last. */
void screen_write(struct screen *s, const void *bytes, size_t n);

void screen_draw(struct screen *s, const struct grid *g);

#endif
