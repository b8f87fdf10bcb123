/*
 * The inside of the client's parent process: commands that need no server, and what the person has
 * chosen by them, now and in earlier runs.
 */
#ifndef CLIENT_SESSION_LOCAL_H
#define CLIENT_SESSION_LOCAL_H

#include "session_state.h"
#include "ui/command.h"

/* One of command_is_local(); it is done with then. */
void client_run_local(struct client *c, const struct command_line *l);

/* All that was chosen before, to both children; and what was wrong with the file. */
void client_tell_preferences(struct client *c);

/* Who is ignored stays so under another name. */
void client_follow_rename(struct client *c, const struct event *e);

/* Nobody ignores themselves, though they may take a name that they ignored. */
void client_heed_own_name(struct client *c);

#endif
