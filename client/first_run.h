/*
 * What a person is asked who starts chat-client alone: which name they want, and, where there is no room,
 * whether to open one here.  On an ordinary terminal, before there are other processes.
 */
#ifndef CLIENT_FIRST_RUN_H
#define CLIENT_FIRST_RUN_H

#include "proto/name.h"
#include "sys/sock.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIRST_RUN_NOTICE = 1024 };

/* Whether a room would take that name. */
bool first_run_is_name(const char *name);

/* The login name, when a room would take it; NULL: none. */
const char *first_run_login(void);

/* Enter alone takes the login name.  False: they went away. */
bool first_run_ask_name(char nick[NAME_MAX_BYTES + 1]);

/*
 * Nobody listens on `local`, nor anywhere near, which was said: starts a server (start_server.h), with
 * its files in `dir`, if there is one and the person wants it.  True: it is ready, and listens there; `notice` says
 * how to invite others, and how to end it.
 */
bool first_run_offer_room(const struct endpoint *local, const char *dir,
			  char notice[FIRST_RUN_NOTICE]);

#endif
