/*
 * Which server, when the command line names none: the local socket when somebody listens there, else a
 * room that answers on the local network (protocol.md §2.5).  One room is taken; of several the person
 * chooses, where there is one.
 *
 * Runs before there are other processes, while the terminal still is an ordinary one, and takes a
 * second when it has to ask the network.  It says on standard error what is wrong.
 */
#ifndef CLIENT_DISCOVER_H
#define CLIENT_DISCOVER_H

#include "sys/sock.h"

#include <stdbool.h>

enum { DISCOVER_NOTICE = 1024 };

enum discovery {
	DISCOVERY_FOUND,
	DISCOVERY_NONE, /* nothing to join: that was said, or the person wanted it so */
	DISCOVERY_NOBODY, /* `interactive`: nobody answers, and nothing was said yet; the server is the local socket */
};

struct discovered {
	struct endpoint server; /* a room on the network has its key; a local one has to be ours */
	char notice
		[DISCOVER_NOTICE]; /* what was found and is joined, for the person; may be empty */
};

/* `interactive`: somebody is there to choose; `lan`: the network may be asked. */
enum discovery discover_server(bool interactive, bool lan, struct discovered *out);

/* Prints the rooms of the network on standard output.  False: there are none, which was said. */
bool discover_list(bool json);

#endif
