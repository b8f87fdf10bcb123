/* The inside of the client's parent process: the person's lines, until they are run. */
#ifndef CLIENT_SESSION_LINES_H
#define CLIENT_SESSION_LINES_H

#include "session_state.h"
#include "ui/command.h"

void client_take_line(struct client *c, struct slice text);
/* Those that need not wait any more. */
void client_let_go(struct client *c);
void client_drop_lines(struct client *c); /* the end of those that wait */
/* The room in which they were typed has another name. */
void client_rename_lines(struct client *c, struct slice was, struct slice room);

/* session_talk.c: what it says, now. */
void client_run_line(struct client *c, const struct command_line *l);

#endif
