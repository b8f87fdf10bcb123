/*
 * The sender: the client's process that reads standard input and passes lines to the session.
 *
 * On a terminal the lines are readline's (its keys, ~/.inputrc, a history kept in a file); it never
 * writes the terminal: what is being typed goes to the receiver, which draws.  Otherwise lines are
 * taken as they come, and no faster than the session grants credit for.
 */
#ifndef CLIENT_SENDER_PROC_H
#define CLIENT_SENDER_PROC_H

#include <stdbool.h>

struct sender_options {
	bool terminal;
	const char *history; /* file of lines typed before; NULL: none is kept */
};

/* Returns the process's exit status: 0 when it was told to end. */
int sender_proc(const struct sender_options *o, int channel);

#endif
