/*
 * Processes: fork a role with a channel to it, know when it ends; signals as a descriptor.
 *
 * proc_fork() runs `role` in a child whose only link to the parent is one end of a socketpair; the
 * child exits with the role's result.  Signals that a program wants are read from one descriptor (a
 * self-pipe), so that they arrive as events among others and no handler does work.
 */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include "proto/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Runs in the child; `channel` is its end.  The result is the child's exit status. */
typedef int proc_role(void *ctx, int channel);

struct proc {
	pid_t pid;   /* 0: never started or already reaped */
	int channel; /* the parent's end; the caller closes it (or gives it to ipc_new) */
};

NODISCARD enum err proc_fork(struct proc *p, proc_role *role, void *ctx);

/* True once it has ended: *status as of waitpid().  Never blocks. */
bool proc_reap(struct proc *p, int *status);
/* SIGTERM, and SIGKILL if it has not ended `grace_ms` later; reaps it. */
void proc_end(struct proc *p, int grace_ms);

/* Ignores SIGPIPE and turns each of `signals` (0-terminated) into an event; returns the descriptor to
 * wait on, or -1 (errno).  One set per process; after a fork the child calls it anew for its own. */
int proc_signals(const int *signals);
int proc_next_signal(int fd); /* the next pending signal number, 0 when none is left */

#endif
