/*
 * A program on a pseudo-terminal whose output is interpreted, as a terminal emulator does (libvterm,
 * xterm-256color): what a person would see, as rows of text, and in what state the terminal is.
 *
 * The program runs below a process that stands for the shell: it leads the session, and lives on,
 * so that the terminal does, when the program has ended.  Waiting is spawn.h's: until it is so or a
 * deadline passes, which fails the test and shows the screen.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct screen;

enum screen_role { SCREEN_SESSION, SCREEN_SENDER, SCREEN_RECEIVER };

/* argv[0] is the path; both lists end with NULL; `env` (may be NULL) is added to ours. */
struct screen *screen_start(int width, int height, const char *const argv[],
			    const char *const env[]);

void screen_type(struct screen *s, const char *bytes); /* keys, as a terminal sends them */
void screen_resize(struct screen *s, int width, int height);

/* Waits until the row shows exactly that, where '?' is any byte; `row` < 0 counts from the bottom. */
void screen_expect_row(struct screen *s, int row, const char *text);
/* Waits until some row holds the text. */
void screen_expect(struct screen *s, const char *text);
void screen_expect_cursor(struct screen *s, int row, int col);
/* What was written to the terminal, byte by byte: waits until it was so often; how often so far. */
void screen_expect_bytes(struct screen *s, const char *bytes, size_t times);
size_t screen_count_bytes(struct screen *s, const char *bytes);
bool screen_has_colour(struct screen *s); /* a cell is shown in another than the default one */

/* The three processes of chat-client; known once it has echoed something that was typed. */
pid_t screen_pid(struct screen *s, enum screen_role role);
void screen_kill(struct screen *s, enum screen_role role, int signal);

/* Waits until the program has ended: its exit status, or 128 + the signal. */
int screen_wait(struct screen *s);
/* Waits until all of its processes are gone, and takes what they wrote last. */
void screen_wait_all(struct screen *s);
/* The terminal is as it was before: modes, primary screen, cursor shown, no bracketed paste, no
 * reports of the focus, the title that was kept. */
void screen_expect_restored(struct screen *s);

/* A teardown, before programs_end(): ends all; false: a sanitizer had a finding. */
bool screens_end(void);

#endif
