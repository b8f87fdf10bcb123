/*
 * Lines for somebody who may not be reading them: a terminal that was stopped (Ctrl-S), a pager.
 *
 * Nothing here waits.  What the kernel does not take now is kept, up to a limit, and goes out when
 * output_flush() is called on a writable descriptor.  Past the limit whole lines are left out, and
 * "(N lines not shown)" comes in their place.
 *
 * A program shares its terminal or pipe with the shell that started it, and O_NONBLOCK belongs to the
 * open file: so this opens the same thing anew for itself.  Where that cannot be done (a socket,
 * another user's terminal) the shared one is made non-blocking for as long as this lives.
 */
#ifndef SYS_OUTPUT_H
#define SYS_OUTPUT_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>

struct output;

/* The same file as `fd`, opened anew and non-blocking; a regular file's is a duplicate.  -1: errno. */
int output_reopen(int fd);

/* `fd` is borrowed.  At most `cap` bytes are kept.  NULL: no memory or no descriptor (errno). */
struct output *output_new(int fd, size_t cap);
void output_free(struct output *o); /* tries once more to write what is left; NULL: nothing */

int output_fd(const struct output *o);	      /* to wait for: it is another one than was given */
size_t output_queued(const struct output *o); /* bytes that are kept: wait for writable while > 0 */
size_t output_room(const struct output *o);   /* bytes before lines are left out */

/* One line with its newline: kept as a whole, or left out as a whole. */
void output_line(struct output *o, const void *line, size_t len);

/* Writes what is taken now.  ERR_CLOSED: nobody can read it any more; what was kept is dropped. */
NODISCARD enum err output_flush(struct output *o);

#endif
