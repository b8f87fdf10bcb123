/* The inside of the client's parent process: who is there, which rooms there are, history, searches. */
#ifndef CLIENT_SESSION_READS_H
#define CLIENT_SESSION_READS_H

#include "session_state.h"

void client_ask_who(struct client *c, struct slice room); /* quietly: who is there */
void client_ask_rooms(struct client *c);		  /* quietly: what they are about */
void client_older(struct client *c, const struct message_page *p);
/* What somebody typed. */
void client_run_who(struct client *c);
void client_run_whois(struct client *c, struct slice name);
void client_run_list(struct client *c, enum list_mode mode, struct slice room);
void client_run_history(struct client *c, uint64_t count);
void client_run_search(struct client *c, struct slice words);
/* Pages of what was asked.  True: there is more to wait for, `a` goes on with its errand. */
bool client_read_reply(struct client *c, const struct seat_event *ev, struct asked *a);
void client_errand_free(struct errand *e); /* may be NULL */

#endif
