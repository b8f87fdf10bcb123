/*
 * The receiver: the client's process that shows what happens, on the screen or as lines on standard
 * output.  It never reads the terminal and knows nothing of the network.
 *
 * It may stand still while standard output is full; the session, which must not, queues.  It ends
 * when it is told to (MESSAGE_STOP), when the session is gone, or when nobody reads its output.
 */
#ifndef CLIENT_RECEIVER_PROC_H
#define CLIENT_RECEIVER_PROC_H

#include <stdbool.h>

enum receiver_mode {
	RECEIVER_SCREEN,
	RECEIVER_SPOKEN, /* lines on a terminal, for somebody who listens */
	RECEIVER_PLAIN,
	RECEIVER_JSON,
};

struct receiver_options {
	enum receiver_mode mode;
	bool colour; /* SCREEN */
};

/* Returns the process's exit status: 0 when it was told to end. */
int receiver_proc(const struct receiver_options *o, int channel);

#endif
