/*
 * The two processes beside the session: started with what they need and nothing more, told to end,
 * waited for, and ended.
 */
#ifndef CLIENT_CHILDREN_H
#define CLIENT_CHILDREN_H

#include "proto/err.h"
#include "receiver_proc.h"
#include "sender_proc.h"
#include "sys/ipc.h"
#include "sys/proc.h"

#include <stdbool.h>

struct children {
	struct proc sender_proc, receiver_proc;
	struct ipc *sender, *receiver; /* channels to them */
	int tether;		       /* at its end when the receiver is */
	bool on_terminal;
};

/* Forks both.  ERR_SYSTEM (errno), ERR_MEMORY: none is left. */
NODISCARD enum err children_start(struct children *c, const struct receiver_options *receiver,
				  const struct sender_options *sender);

/*
 * Tells both to stop, the receiver with the last words, and waits until they have ended: lines for
 * a pipe are written to the last one, however long its reader takes.  A signal (`signals`:
 * proc_signals()) ends the waiting, and so do 3 seconds where there is a screen or a `hurry`.  Then
 * reaps them.
 * False: not all was shown, the receiver failed or had to be killed.
 */
bool children_end(struct children *c, int signals, const char *words, bool hurry);

#endif
