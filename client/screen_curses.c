/* The full screen; the contract is in screen_curses.h. */
#define NCURSES_WIDECHAR 1

#include "screen_curses.h"

#include "proto/utf8.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>

#define PASTE_ON  "\033[?2004h" /* bracketed paste; terminals without it ignore it */
#define PASTE_OFF "\033[?2004l"

enum { WIDE_MAX = CCHARW_MAX };

struct screen {
	SCREEN *curses;
	FILE *no_input;
	bool colour, rich; /* rich: 256 of them */
};

/* ---- before the screen is taken ------------------------------------------------------------ */

/* Where tputs() puts its bytes: it passes them one by one, and nothing else. */
static struct {
	char *out;
	size_t len, cap;
} collected;

static int collect(int c)
{
	if (collected.len < collected.cap)
		collected.out[collected.len++] = (char)c;
	return c;
}

static void collect_capability(const char *name)
{
	const char *s = tigetstr(name);

	if (s && s != (const char *)-1)
		(void)tputs(s, 1, collect);
}

size_t screen_goodbye(char *out, size_t cap)
{
	int err = 0;
	const char *move;

	if (setupterm(NULL, STDOUT_FILENO, &err) == ERR)
		return 0;
	move = tigetstr("cup");
	collected.out = out;
	collected.len = 0;
	collected.cap = cap;
	for (const char *s = PASTE_OFF; *s; s++)
		(void)collect(*s);
	collect_capability("sgr0");
	collect_capability("rmcup");
	collect_capability("cnorm");
	(void)del_curterm(cur_term);
	return move && move != (const char *)-1 ? collected.len : 0;
}

/* ---- styles -------------------------------------------------------------------------------- */

struct look {
	short rich, poor; /* foreground with 256 colours, with 8; -1: the terminal's own */
	attr_t attributes;
};

static const struct look looks[STYLE_COUNT] = {
	[STYLE_PLAIN] = {-1, -1, A_NORMAL},
	[STYLE_TITLE] = {-1, -1, A_REVERSE},
	[STYLE_STATUS] = {-1, -1, A_REVERSE},
	[STYLE_ALERT] = {-1, -1, A_REVERSE | A_BOLD},
	[STYLE_DIM] = {244, -1, A_DIM},
	[STYLE_NOTICE] = {30, COLOR_CYAN, A_NORMAL},
	[STYLE_ERROR] = {160, COLOR_RED, A_BOLD},
	[STYLE_ANNOUNCE] = {166, COLOR_YELLOW, A_BOLD},
	[STYLE_PROMPT] = {-1, -1, A_BOLD},
	[STYLE_NICK + 0] = {32, COLOR_BLUE, A_NORMAL},
	[STYLE_NICK + 1] = {70, COLOR_GREEN, A_NORMAL},
	[STYLE_NICK + 2] = {169, COLOR_MAGENTA, A_NORMAL},
	[STYLE_NICK + 3] = {37, COLOR_CYAN, A_NORMAL},
	[STYLE_NICK + 4] = {136, COLOR_YELLOW, A_NORMAL},
	[STYLE_NICK + 5] = {203, COLOR_RED, A_NORMAL},
	[STYLE_NICK + 6] = {99, COLOR_BLUE, A_BOLD},
	[STYLE_NICK + 7] = {107, COLOR_GREEN, A_BOLD},
	[STYLE_NICK + 8] = {134, COLOR_MAGENTA, A_BOLD},
	[STYLE_NICK + 9] = {73, COLOR_CYAN, A_BOLD},
	[STYLE_NICK + 10] = {178, COLOR_YELLOW, A_BOLD},
	[STYLE_NICK + 11] = {131, COLOR_RED, A_BOLD},
};

static void start_colours(struct screen *s, bool wanted)
{
	if (!wanted || !has_colors() || start_color() == ERR)
		return;
	(void)use_default_colors();
	s->colour = true;
	s->rich = COLORS >= 256 && COLOR_PAIRS > STYLE_COUNT;
	for (int style = 0; style < STYLE_COUNT; style++) {
		const struct look *look = &looks[style];
		(void)init_pair((short)(style + 1), s->rich ? look->rich : look->poor, -1);
	}
}

/* Dim is for terminals that have no grey. */
static attr_t attributes_of(const struct screen *s, enum style style)
{
	attr_t attributes = looks[style].attributes;

	return s->rich ? attributes & ~A_DIM : attributes;
}

/* ---- taking and giving back ----------------------------------------------------------------- */

static void write_out(const char *s)
{
	size_t n = strlen(s);

	while (n > 0) {
		ssize_t wrote = write(STDOUT_FILENO, s, n);
		if (wrote <= 0)
			return;
		s += wrote;
		n -= (size_t)wrote;
	}
}

struct screen *screen_open(bool colour)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->no_input = fopen("/dev/null", "r");
	s->curses = s->no_input ? newterm(NULL, stdout, s->no_input) : NULL;
	if (!s->curses) {
		if (s->no_input)
			(void)fclose(s->no_input);
		free(s);
		return NULL;
	}
	(void)set_term(s->curses);
	(void)raw();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, FALSE);
	start_colours(s, colour);
	(void)refresh();
	write_out(PASTE_ON);
	return s;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	(void)signal(SIGTTOU, SIG_IGN); /* from the background, too, if that is where we are now */
	write_out(PASTE_OFF);
	(void)endwin();
	delscreen(s->curses);
	(void)fclose(s->no_input);
	free(s);
}

void screen_size(const struct screen *s, int *width, int *height)
{
	(void)s;
	*width = COLS > 0 ? COLS : 1;
	*height = LINES > 0 ? LINES : 1;
}

void screen_resize(struct screen *s)
{
	struct winsize size;

	(void)s;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row == 0 || size.ws_col == 0)
		return;
	(void)resizeterm(size.ws_row, size.ws_col);
	(void)clearok(curscr, TRUE);
}

void screen_refresh(struct screen *s)
{
	(void)s;
	(void)clearok(curscr, TRUE);
}

void screen_resume(struct screen *s)
{
	(void)reset_prog_mode();
	write_out(PASTE_ON);
	screen_resize(s);
}

/* ---- drawing ------------------------------------------------------------------------------- */

/* The cell's characters, or a replacement where this libc would not give them the cell's width. */
static void wide_text(const struct cell *c, wchar_t out[WIDE_MAX + 1])
{
	const char *s = c->bytes;
	size_t n = c->len, count = 0;

	while (n > 0 && count < WIDE_MAX) {
		int32_t cp = 0;
		size_t len = utf8_next(s, n, &cp);
		out[count++] = (wchar_t)cp;
		s += len;
		n -= len;
	}
	if (count == 0) {
		out[count++] = L' ';
	} else if (wcwidth(out[0]) != c->width) {
		out[0] = UTF8_REPLACEMENT;
		count = 1;
	}
	out[count] = L'\0';
}

static void draw_cell(const struct screen *s, int row, int col, const struct cell *c)
{
	wchar_t text[WIDE_MAX + 1];
	short pair = s->colour ? (short)(c->style + 1) : 0;
	cchar_t out;

	wide_text(c, text);
	if (setcchar(&out, text, attributes_of(s, c->style), pair, NULL) == OK)
		(void)mvadd_wch(row, col, &out); /* ERR in the last cell, which is drawn still */
}

void screen_draw(struct screen *s, const struct grid *g)
{
	(void)erase();
	for (int row = 0; row < g->height; row++)
		for (int col = 0; col < g->width; col++)
			if (grid_cell(g, row, col)->width > 0)
				draw_cell(s, row, col, grid_cell(g, row, col));
	(void)move(g->cursor_y, g->cursor_x);
	(void)refresh();
}
