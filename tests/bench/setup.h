/* What chat-bench is asked to do: key=value on its command line. */
#ifndef SETUP_H
#define SETUP_H

#include "adapter.h"

enum { SETUP_OPTIONS = 8 };

struct scenario;

struct setup {
	const struct scenario *scenario;
	const struct adapter *adapter;
	unsigned long members, talkers, window, bytes, seconds, warm_ms;
	unsigned long rate, quiet, at_once, joiners, history, rooms, names, rounds;
	unsigned long threads, durable, pin;
	/* of a server that runs already: */
	unsigned long pid, port;
	const char *path;
	enum target_via via;
	const char *options[SETUP_OPTIONS]; /* more for our server */
	size_t option_count;
};

struct scenario {
	const char *name;
	const char *help; /* its keys with what they are when they are not given; what it does */
	void (*run)(const struct setup *w);
	bool needs_announcing, needs_memory; /* of the protocol */
	bool needs_own;			     /* a server that it starts itself */
	struct setup defaults;		     /* what is 0 has one default for all */
};

/* False: said why on standard error. */
bool setup_read(struct setup *w, int argc, char **argv);

#endif
