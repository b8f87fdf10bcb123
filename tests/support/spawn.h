/*
 * Real programs under test: started, talked to through pipes, waited for, and never left behind.
 *
 * Whatever waits here waits with poll() until something happens or a deadline passes, and reads
 * all programs meanwhile, so that no program stands still because nobody reads its output.  A
 * deadline that passes fails the running test and shows what the programs had said.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct program;

enum program_stream { PROGRAM_OUT, PROGRAM_ERR };

/* A deadline so many seconds from now, times CHAT_TEST_PATIENCE of the environment. */
uint64_t within(unsigned seconds);
enum { SOON = 60 }; /* seconds: for what a working program does at once on the slowest machine */

/*
 * argv[0] is the path; both lists end with NULL; env (may be NULL) is added to ours.  `in` becomes
 * standard input (borrowed), -1: a pipe for program_type().  It leads a session of its own.
 */
struct program *program_start(const char *const argv[], const char *const env[], int in);
pid_t program_pid(const struct program *p);

void program_type(struct program *p, const char *line); /* with a newline */
void program_write(struct program *p, const void *data, size_t n);
void program_end_input(struct program *p);

/* The next line without its newline, valid until the next call for the same stream; NULL: the end. */
const char *program_line(struct program *p, enum program_stream s, uint64_t deadline);
/* The same without waiting; NULL: no whole line is here. */
const char *program_line_now(struct program *p, enum program_stream s);
/* Reads on until a line holds `part`, and returns it; the stream's end fails the test. */
const char *program_expect(struct program *p, enum program_stream s, const char *part);
/* Everything that was not read as lines yet, up to the end of the stream. */
const char *program_rest(struct program *p, enum program_stream s, uint64_t deadline);

/*
 * Waits until some program has said something, `fd` (may be -1) has any of `events`, or the deadline,
 * which does not fail the test: false.
 */
bool programs_wait(int fd, short events, uint64_t deadline);

/* The exit status, or 128 + the signal that ended it. */
int program_wait(struct program *p, uint64_t deadline);
bool program_ended(struct program *p);			 /* now */
bool program_ends(struct program *p, uint64_t deadline); /* false: it does not, in time */
void program_signal(struct program *p, int signal);

/*
 * Kills and reaps all that still run and forgets every program.  False if one of them, at any time,
 * had a finding of a sanitizer or of valgrind on its standard error; that is shown.
 */
bool programs_end(void);

#endif
