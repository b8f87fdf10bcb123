/* The full screen; the contract is in screen_curses.h. */
#define NCURSES_WIDECHAR 1

#include "screen_curses.h"

#include "proto/utf8.h"
#include "ui/escapes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include <curses.h>
#include <term.h>

#define PASTE_ON  "\033[?2004h" /* bracketed paste; terminals without it ignore it */
#define PASTE_OFF "\033[?2004l"
#define MODES_ON  PASTE_ON ESCAPES_FOCUS_ON
#define MODES_OFF ESCAPES_FOCUS_OFF PASTE_OFF MOUSE_OFF
#define MOUSE_ON  "\033[?1000h\033[?1006h" /* buttons, in numbers */
#define MOUSE_OFF "\033[?1006l\033[?1000l"
#define RICH_TAIL "-256color"

enum { WIDE_MAX = CCHARW_MAX };

struct screen {
	SCREEN *curses;
	FILE *no_input;
	enum settings_colours colours; /* what there is of them, not AUTO */
	bool title_kept;	       /* as it was before */
	bool mouse;
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
	for (const char *s = MODES_OFF ESCAPES_BACK_TITLE; *s; s++)
		(void)collect(*s);
	collect_capability("sgr0");
	collect_capability("rmcup");
	collect_capability("cnorm");
	(void)del_curterm(cur_term);
	return move && move != (const char *)-1 ? collected.len : 0;
}

/* ---- styles -------------------------------------------------------------------------------- */

struct look {
	int exact;	/* foreground, 0xRRGGBB … */
	int rich, poor; /* … with 256 colours, with 8; -1: the terminal's own */
	attr_t attributes;
};

/* Of about the same luminance, so that they can be read on white and on black. */
static const struct look looks[STYLE_COUNT] = {
	[STYLE_PLAIN] = {-1, -1, -1, A_NORMAL},
	[STYLE_TITLE] = {-1, -1, -1, A_REVERSE},
	[STYLE_STATUS] = {-1, -1, -1, A_REVERSE},
	[STYLE_ALERT] = {-1, -1, -1, A_REVERSE | A_BOLD},
	[STYLE_FAULT] = {0xdf4a4a, 160, COLOR_RED, A_REVERSE | A_BOLD},
	[STYLE_DIM] = {0x808080, 244, -1, A_DIM},
	[STYLE_NOTICE] = {0x2f8e76, 30, COLOR_CYAN, A_NORMAL},
	[STYLE_ERROR] = {0xdf4a4a, 160, COLOR_RED, A_BOLD},
	[STYLE_ANNOUNCE] = {0xd75f00, 166, COLOR_YELLOW, A_BOLD},
	[STYLE_MENTION] = {0xd75f00, 166, COLOR_YELLOW, A_BOLD},
	[STYLE_UNREAD] = {0xdf4a4a, 160, COLOR_RED, A_NORMAL},
	[STYLE_PROMPT] = {-1, -1, -1, A_BOLD},
	[STYLE_NICK + 0] = {0xe85e5e, 167, COLOR_BLUE, A_NORMAL},
	[STYLE_NICK + 1] = {0x478e2f, 64, COLOR_GREEN, A_NORMAL},
	[STYLE_NICK + 2] = {0x2080df, 32, COLOR_MAGENTA, A_NORMAL},
	[STYLE_NICK + 3] = {0xcd68b3, 169, COLOR_CYAN, A_NORMAL},
	[STYLE_NICK + 4] = {0x828213, 100, COLOR_YELLOW, A_NORMAL},
	[STYLE_NICK + 5] = {0x2f8e76, 30, COLOR_RED, A_NORMAL},
	[STYLE_NICK + 6] = {0xac6fea, 134, COLOR_BLUE, A_BOLD},
	[STYLE_NICK + 7] = {0xc16446, 131, COLOR_GREEN, A_BOLD},
	[STYLE_NICK + 8] = {0x159315, 28, COLOR_MAGENTA, A_BOLD},
	[STYLE_NICK + 9] = {0x7189d0, 68, COLOR_CYAN, A_BOLD},
	[STYLE_NICK + 10] = {0xe2378d, 168, COLOR_YELLOW, A_BOLD},
	[STYLE_NICK + 11] = {0x71872d, 70, COLOR_RED, A_BOLD},
	[STYLE_NICK + 12] = {0x169c9c, 37, COLOR_BLUE, A_NORMAL},
	[STYLE_NICK + 13] = {0xae5cc9, 133, COLOR_GREEN, A_NORMAL},
	[STYLE_NICK + 14] = {0xba6b1b, 130, COLOR_MAGENTA, A_NORMAL},
	[STYLE_NICK + 15] = {0x359f4f, 71, COLOR_CYAN, A_NORMAL},
	[STYLE_NICK + 16] = {0x6f6fea, 62, COLOR_YELLOW, A_NORMAL},
	[STYLE_NICK + 17] = {0xc85a76, 132, COLOR_RED, A_NORMAL},
	[STYLE_NICK + 18] = {0x599c16, 106, COLOR_BLUE, A_BOLD},
	[STYLE_NICK + 19] = {0x3688a3, 67, COLOR_GREEN, A_BOLD},
	[STYLE_NICK + 20] = {0xdb1fdb, 164, COLOR_MAGENTA, A_BOLD},
	[STYLE_NICK + 21] = {0xa48937, 137, COLOR_CYAN, A_BOLD},
	[STYLE_NICK + 22] = {0x159053, 29, COLOR_YELLOW, A_BOLD},
	[STYLE_NICK + 23] = {0x876ecf, 98, COLOR_RED, A_BOLD},
};

/* What this terminal can do of what is wanted. */
static enum settings_colours colours_had(enum settings_colours wanted)
{
	if (wanted == SETTINGS_COLOURS_NONE || !has_colors() || start_color() == ERR)
		return SETTINGS_COLOURS_NONE;
	if (COLORS > 256 && tigetflag("RGB") > 0)
		return SETTINGS_COLOURS_TRUE;
	if (wanted == SETTINGS_COLOURS_16 || COLORS < 256 || COLOR_PAIRS <= STYLE_COUNT)
		return SETTINGS_COLOURS_16;
	return SETTINGS_COLOURS_256;
}

static int foreground(const struct look *look, enum settings_colours colours)
{
	if (colours == SETTINGS_COLOURS_TRUE)
		return look->exact;
	return colours == SETTINGS_COLOURS_256 ? look->rich : look->poor;
}

static void start_colours(struct screen *s, enum settings_colours wanted)
{
	s->colours = colours_had(wanted);
	if (s->colours == SETTINGS_COLOURS_NONE)
		return;
	(void)use_default_colors();
	for (int style = 0; style < STYLE_COUNT; style++)
		(void)init_extended_pair(style + 1, foreground(&looks[style], s->colours), -1);
}

/* Dim is for terminals that have no grey; bold beside a colour of eight makes it another one. */
static attr_t attributes_of(const struct screen *s, enum style style)
{
	bool few = s->colours == SETTINGS_COLOURS_16 || s->colours == SETTINGS_COLOURS_NONE;

	if (few)
		return looks[style].attributes;
	return looks[style].attributes & ~(style >= STYLE_NICK ? A_DIM | A_BOLD : A_DIM);
}

/* ---- taking and giving back ----------------------------------------------------------------- */

void screen_write(struct screen *s, const void *bytes, size_t n)
{
	const char *at = bytes;

	(void)s;
	while (n > 0) {
		ssize_t wrote = write(STDOUT_FILENO, at, n);
		if (wrote <= 0)
			return;
		at += wrote;
		n -= (size_t)wrote;
	}
}

static void write_out(struct screen *s, const char *bytes)
{
	screen_write(s, bytes, strlen(bytes));
}

/* What ncurses does not know of.  The title is kept once: another time it would be ours. */
static void take_modes(struct screen *s)
{
	if (!s->title_kept)
		write_out(s, ESCAPES_KEEP_TITLE);
	s->title_kept = true;
	write_out(s, MODES_ON);
	if (s->mouse)
		write_out(s, MOUSE_ON);
}

static void give_modes_back(struct screen *s)
{
	write_out(s, MODES_OFF);
	if (s->title_kept)
		write_out(s, ESCAPES_BACK_TITLE);
	s->title_kept = false;
}

/* The name under which this terminal is known with colours of 24 bits: "xterm-direct". */
static bool direct_name(char out[64])
{
	const char *term = getenv("TERM");
	size_t n = term ? strlen(term) : 0, tail = strlen(RICH_TAIL);

	if (n > tail && strcmp(term + n - tail, RICH_TAIL) == 0)
		n -= tail;
	return n > 0 && n < 40 && snprintf(out, 64, "%.*s-direct", (int)n, term) > 0;
}

static bool wants_direct(enum settings_colours wanted)
{
	const char *says = getenv("COLORTERM");

	if (wanted != SETTINGS_COLOURS_AUTO)
		return wanted == SETTINGS_COLOURS_TRUE;
	return says && (strcmp(says, "truecolor") == 0 || strcmp(says, "24bit") == 0);
}

/* Where nobody has told this machine of the terminal's 24 bits, it is taken as TERM says. */
static SCREEN *new_terminal(FILE *no_input, enum settings_colours wanted)
{
	char name[64];
	SCREEN *s = NULL;

	if (wants_direct(wanted) && direct_name(name))
		s = newterm(name, stdout, no_input);
	return s ? s : newterm(NULL, stdout, no_input);
}

static void set_up(struct screen *s, enum settings_colours wanted)
{
	(void)set_term(s->curses);
	(void)signal(SIGTSTP, SIG_DFL); /* ncurses would throw away what is typed after "fg" */
	(void)raw();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, FALSE);
	start_colours(s, wanted);
	(void)refresh();
}

struct screen *screen_open(enum settings_colours wanted)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->no_input = fopen("/dev/null", "r");
	s->curses = s->no_input ? new_terminal(s->no_input, wanted) : NULL;
	if (!s->curses) {
		if (s->no_input)
			(void)fclose(s->no_input);
		free(s);
		return NULL;
	}
	set_up(s, wanted);
	take_modes(s);
	return s;
}

bool screen_colours(struct screen *s, enum settings_colours wanted)
{
	(void)endwin();
	delscreen(s->curses); /* first: it takes what is shared with the next one along */
	s->curses = new_terminal(s->no_input, wanted);
	if (!s->curses)
		return false;
	set_up(s, wanted);
	screen_resize(s);
	return true;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	(void)signal(SIGTTOU, SIG_IGN); /* from the background, too, if that is where we are now */
	give_modes_back(s);
	if (s->curses) {
		(void)endwin();
		delscreen(s->curses);
	}
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

void screen_mouse(struct screen *s, bool on)
{
	if (on != s->mouse)
		write_out(s, on ? MOUSE_ON : MOUSE_OFF);
	s->mouse = on;
}

void screen_suspend(struct screen *s)
{
	give_modes_back(s);
	(void)endwin();
}

void screen_resume(struct screen *s)
{
	(void)reset_prog_mode();
	write_out(s, MODES_OFF); /* so that each is on but once, whoever had the terminal */
	take_modes(s);
	screen_resize(s);
}

/* ---- how wide things are ---------------------------------------------------------------------- */

static int ambiguous_width = 1;

void screen_ambiguous(int width)
{
	ambiguous_width = width;
}

/*
 * Libc's function, in its place: ncurses asks it, and so both count as the cells do, whatever libc
 * makes of a character that is newer than itself, or of one that may be wide.
 */
int wcwidth(wchar_t c)
{
	if (c < 0x20 || (c >= 0x7F && c < 0xA0))
		return c == 0 ? 0 : -1;
	return place_width((int32_t)c, ambiguous_width);
}

/* ---- drawing ------------------------------------------------------------------------------- */

/*
 * What is set apart stands in an embedding between marks: a terminal that reorders leaves what is around
 * it alone.  (Isolates would say just that, but there are terminals that show them as characters.)
 */
enum { LRM = 0x200E, LRE = 0x202A, RLE = 0x202B, PDF = 0x202C, BIDI_MAX = 3 };

static size_t add_bidi(const struct cell *c, wchar_t *out)
{
	size_t n = 0;

	if (c->bidi & CELL_CLOSES)
		out[n++] = PDF;
	if (c->bidi)
		out[n++] = LRM;
	if (c->bidi & (CELL_OPENS_LTR | CELL_OPENS_RTL))
		out[n++] = c->bidi & CELL_OPENS_RTL ? RLE : LRE;
	return n;
}

/* The cell's characters, or a replacement for one that this libc does not know. */
static void wide_text(const struct cell *c, wchar_t out[WIDE_MAX + 1])
{
	const char *s = c->bytes;
	size_t n = c->len, count = 0, most = WIDE_MAX - (c->bidi ? BIDI_MAX : 0);

	while (n > 0 && count < most) {
		int32_t cp = 0;
		size_t len = utf8_next(s, n, &cp);
		out[count++] = (wchar_t)cp;
		s += len;
		n -= len;
	}
	if (count == 0) {
		out[count++] = L' ';
	} else if (!iswprint((wint_t)out[0])) {
		out[0] = UTF8_REPLACEMENT;
		count = 1;
	}
	count += add_bidi(c, out + count);
	out[count] = L'\0';
}

static void draw_cell(const struct screen *s, int row, int col, const struct cell *c)
{
	wchar_t text[WIDE_MAX + 1];
	short pair = s->colours == SETTINGS_COLOURS_NONE ? 0 : (short)(c->style + 1);
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
