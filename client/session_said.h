/* What a person says, from the line to the room, or back to the person: session_said.c. */
#ifndef CLIENT_SESSION_SAID_H
#define CLIENT_SESSION_SAID_H

#include "core/journal.h"
#include "session_state.h"

/* A line that somebody typed, or a script wrote.  seat_say()'s errors, but to a person none but
 * ERR_MEMORY: they are shown what was refused. */
NODISCARD enum err client_talk_in(struct client *c, struct visit *at, struct slice text);
/* A line that waits is shown at once, and said when it may be.  0: it is not, and has to be said as one
 * that nobody has seen. */
uint64_t client_show_said(struct client *c, struct slice text);
void client_say_shown(struct client *c, uint64_t number);
/* Told to the person; false: it is not for them. */
bool client_said_answered(struct client *c, const struct seat_event *ev);

/* What a client before this one had said; `again`: and may have sent. */
void client_say_left(struct client *c, struct visit *at, const struct journal_line *left,
		     bool again);

/* The oldest line of the room that was refused, if there is one. */
void client_say_again(struct client *c);
void client_drop_said(struct client *c); /* its text goes back into the input */
/* One is no longer in that room. */
void client_said_out_of(struct client *c, struct slice room);

#endif
