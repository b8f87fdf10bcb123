/*
 * The running server: composes reactor, sockets, peers, hub, console and transcript, and turns.
 *
 * A turn: wait → read all ready peers → the hub applies commands → pump everyone who is behind →
 * write the transcript.
 */
#ifndef SERVER_RUNTIME_H
#define SERVER_RUNTIME_H

#include "options.h"

/* Runs until it is told to end; the result is the program's exit status. */
int runtime_run(const struct server_options *o);

/* Prints the invitations of a server with these options; it may run meanwhile.  The exit status. */
int runtime_invite(const struct server_options *o);

#endif
