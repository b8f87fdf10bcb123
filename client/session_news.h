/* The inside of the client's parent process: what the server has to say. */
#ifndef CLIENT_SESSION_NEWS_H
#define CLIENT_SESSION_NEWS_H

#include "session_state.h"

void client_event(void *ctx, const struct seat_event *ev);
/* Whoever took the socket's place, at the start or while the server was away, hears nothing. */
void client_usurped(void *ctx, const char *sentence);

#endif
