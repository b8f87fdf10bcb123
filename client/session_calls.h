/*
 * The inside of the client's parent process: what calls the person.  Which events happened before they
 * came, and so call nobody; and the program of their own that is told of those that do.
 */
#ifndef CLIENT_SESSION_CALLS_H
#define CLIENT_SESSION_CALLS_H

#include "session_state.h"

void client_calls_begin(struct client *c); /* with a reactor */
void client_calls_end(struct client *c);

/* The JOIN has that number; 0: there was none, we were here already by another client. */
void client_calls_joined(struct client *c, uint64_t seq);
/* To be asked of each event once, as it comes. */
bool client_is_past(struct client *c, struct slice room, const struct event *e);

void client_call(struct client *c, const struct message_event *m);

#endif
