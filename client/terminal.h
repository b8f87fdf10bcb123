/*
 * The terminal's state, kept so that every process of the client can give it back.
 *
 * The parent saves it before it forks.  From terminal_taken() on (the receiver is about to draw)
 * until somebody has given it back, terminal_restore() of any of the processes puts back the modes
 * and leaves the full screen; afterwards it does nothing, in all of them.  A process that crashes or is
 * killed restores nothing itself: one of the others does, once that one is gone.
 */
#ifndef CLIENT_TERMINAL_H
#define CLIENT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `goodbye` are the bytes that leave the full screen (copied).  False: standard output is no
 * terminal, or there is no memory to share.
 */
bool terminal_save(const char *goodbye, size_t len);

void terminal_taken(void);
/* The same where nothing is drawn: keys are read one by one, and not shown.  False: errno. */
bool terminal_take_keys(void);
void terminal_give_back_keys(void);
void terminal_given_back(void); /* the receiver has done it by itself, cleanly */
void terminal_restore(void);
/* The receiver has given it back, and takes it again when this returns: in between all processes of the
 * client are stopped, as Ctrl-Z stops others.  At once, where no shell is there to go on with them. */
void terminal_suspend(void);

#endif
