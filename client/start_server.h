/*
 * A chat-server that is started from here, for a person who found none: in the background, in a session
 * of its own, so that it outlives the client and its terminal.
 *
 * It listens where it always does, keeps its files beside the client's, and writes what it has to say to
 * "server.log" there.  Nobody looks after it: how to end it is for the person to know.
 */
#ifndef CLIENT_START_SERVER_H
#define CLIENT_START_SERVER_H

#include "sys/datadir.h"

#include <stdbool.h>
#include <sys/types.h>

enum { START_INVITATION = 512 };

struct started {
	pid_t pid;
	char log[DATADIR_MAX];
	char invitation[START_INVITATION]; /* an address for others, "" if it has none */
};

/* The program: beside our own, else in PATH.  False: there is none. */
bool start_server_find(char path[DATADIR_MAX]);

/*
 * `dir` is the data directory, `name` the room's on the network (NULL: the server's own choice).  Shows
 * what it says until it is ready; false: it has ended before that, or could not be started, which was
 * told.
 */
bool start_server(const char *path, const char *dir, const char *name, struct started *out);

#endif
