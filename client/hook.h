/*
 * The person's own program, run when they are called.
 *
 * It gets what happened on its standard input, and nothing on its command line; what it writes goes
 * nowhere; of the environment it has what a program needs to find its files and the person's desktop.
 * It has no terminal, and no descriptor of ours.  At most HOOK_MAX run at a time, and each is killed
 * after a while, or with the client; what it has left running is, too, when it ends.
 */
#ifndef CLIENT_HOOK_H
#define CLIENT_HOOK_H

#include "proto/err.h"
#include "sys/proc.h"
#include "sys/reactor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HOOK_MAX = 4,
	HOOK_TIME_US = 10 * 1000 * 1000,
	HOOK_NOT_RUN = 127, /* the status of a program that could not be run, as shells have it */
};

struct hooks;

struct hook_run {
	struct hooks *hooks;
	struct proc proc; /* pid 0: a free place */
	int ends;	  /* ready when it has ended */
	struct reactor_timer timer;
};

/* The first two are the caller's to set, all else is zero. */
struct hooks {
	struct reactor *reactor; /* borrowed */
	uint64_t time_us;	 /* HOOK_TIME_US; tests have less */
	/* One has ended by itself, with that status (HOOK_NOT_RUN …).  NULL: nobody wants to know. */
	void (*ended)(void *ctx, int status);
	void *ctx;
	struct hook_run runs[HOOK_MAX];
};

/*
 * `program`: a path, "~/…" of the home directory, or a name that PATH leads to; never a shell's words.
 * ERR_FULL: HOOK_MAX run; ERR_SYSTEM (errno), ERR_MEMORY: it was not started.
 */
NODISCARD enum err hooks_run(struct hooks *h, const char *program, const void *data, size_t n);
void hooks_end(struct hooks *h); /* kills what runs */

#endif
