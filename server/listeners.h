/* The sockets that a server listens on, before they are anybody's. */
#ifndef SERVER_LISTENERS_H
#define SERVER_LISTENERS_H

#include "options.h"

enum {
	LISTENERS_PER_NAME = 4, /* addresses that one -b may mean */
	LISTENERS_MAX = OPTIONS_MAX_BINDS * 2 * LISTENERS_PER_NAME,
};

struct listeners {
	struct {
		int fd;
		enum transport transport;
	} all[LISTENERS_MAX];
	size_t count;
};

/*
 * Listens on every address and by every transport that the options name, all on one port; 0: any that
 * is free for all of them.  Errors as sock_listen(), with a sentence; nothing listens then.
 */
NODISCARD enum err listeners_open(struct listeners *l, const struct server_options *o,
				  uint16_t port, struct sock_error *why);
void listeners_close(struct listeners *l); /* those that are still here */

#endif
