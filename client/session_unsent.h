/* What a person says and is typing, as it outlives this process: session_unsent.c. */
#ifndef CLIENT_SESSION_UNSENT_H
#define CLIENT_SESSION_UNSENT_H

#include "session_state.h"

/* As soon as it is known who the person is; nothing for who is no person. */
void client_unsent_open(struct client *c);
/* The instance, and what was said as it; a new one, when nothing is kept. */
uint64_t client_unsent_was(const struct client *c, struct seat_was *was);
/* They have said who they are, for the first time or another name: before the seat is told. */
void client_unsent_named(struct client *c);
/* What an earlier client has left is said, shown, and put into the line. */
void client_unsent_begin(struct client *c);
void client_unsent_end(struct client *c); /* the last */

/* Written down before it is told to the seat: the mid by which it is told, 0: none. */
uint64_t client_keep(struct client *c, const struct seat_line *line, uint64_t instead_of);
/* A mid by which the server will know it: it may have waited while others were said. */
uint64_t client_keep_young(struct client *c, const struct talk *talk);
void client_keep_failed(struct client *c, uint64_t mid, const char *reason);
void client_keep_done(struct client *c, uint64_t mid, bool ok);
size_t client_lines_kept(const struct client *c); /* for the next client, as it is now */

/* By what it is to be found, and what it is worth. */
void client_keep_server(struct client *c);
void client_keep_nick(struct client *c);
void client_keep_log(struct client *c, uint64_t epoch);
void client_keep_room(struct client *c, struct slice was, struct slice name);
void client_keep_left(struct client *c);   /* it is going to quit */
void client_keep_synced(struct client *c); /* before anything leaves */

/* The half-typed line. */
void client_note_edit(struct client *c, const struct message_edit *e);
void client_note_line(struct client *c); /* it is typed, and gone */
/* The line of the room that the person has gone to, in the place of the other's. */
void client_swap_line(struct client *c, struct slice from);
void client_keep_line(struct client *c); /* when it is time */
uint64_t client_keep_line_at(const struct client *c);

#endif
