/* The inside of the client's parent process: which rooms the person is in, and which one lines go to. */
#ifndef CLIENT_SESSION_ROOMS_H
#define CLIENT_SESSION_ROOMS_H

#include "session_state.h"

/* What somebody typed.  The sigil is for a name without. */
void client_run_join(struct client *c, struct slice who, char sigil, struct slice password);
void client_run_msg(struct client *c, struct slice who, struct slice text);
void client_run_part(struct client *c, struct slice words);

void client_go(struct client *c, struct visit *to);
void client_go_beside(struct client *c, int step);
void client_be_in(struct client *c, const char *room, bool go); /* as nobody typed */

/* What is told of rooms. */
void client_entered(struct client *c, struct slice name, struct slice was);
void client_left(struct client *c, struct slice name, enum code code);
void client_enter_refused(struct client *c, struct slice name);
void client_not_in(struct client *c, struct slice name, enum code code); /* … and says why */
void client_topic(struct client *c, struct slice room, struct slice topic);
void client_heard(struct client *c, struct slice room, const struct event *e);
void client_begin_anew(struct client *c, struct slice room); /* empty: all of them */

#endif
