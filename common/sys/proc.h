/*
 * Processes: fork a role with a channel to it, know when it ends; signals as a descriptor.
 *
 * proc_fork() runs `role` in a child whose link to the parent is one end of a socketpair; the
 * child exits with the role's result.  Signals that a program wants are read from one descriptor (a
 * self-pipe), so that they arrive as events among others and no handler does work.
 *
 * Whose descriptors are whose: the child closes the parent's end of its own channel.  Everything
 * else that the parent had open at the fork is open in the child too (there is no exec), the
 * channels to earlier children among it: while it holds a copy of one, that child cannot see the
 * parent die.  So a role begins with proc_close_others(), or closes what it must not keep by hand.
 */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include "proto/err.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens what is closed of descriptors 0, 1 and 2, which the next pipe or socket would become: input
 * ends at once, output that nobody gets is an error.  For the start of main().  False: errno.
 */
bool proc_standard_descriptors(void);

/*
 * Runs in the child; `channel` is its end, and it closes it or not.  The result is the child's exit
 * status (0..255); stdio is flushed, atexit() functions are not run.  The parent's proc_signals()
 * are undone: their dispositions are the default ones.  An ignored SIGPIPE stays ignored.
 */
typedef int proc_role(void *ctx, int channel);

struct proc {
	pid_t pid;   /* 0: never started or already reaped */
	int channel; /* the parent's end; the caller closes it (or gives it to ipc_new) */
};

/* ERR_SYSTEM: no descriptors or no processes left (errno); *p is as it was. */
NODISCARD enum err proc_fork(struct proc *p, proc_role *role, void *ctx);

/* Closes every descriptor past standard error but `keep` (-1: none is kept).  For a role's start. */
void proc_close_others(int keep);

/*
 * True when it has ended since: *status (may be NULL) as of waitpid(), and pid becomes 0.  Never blocks.
 * Not running, not started, reaped before: false.
 */
bool proc_reap(struct proc *p, int *status);

/*
 * SIGTERM, and SIGKILL if it has not ended `grace_ms` later; reaps it.  Not running: nothing.  For
 * programs of one thread: the wait is for SIGCHLD, one of which is passed on afterwards.
 */
void proc_end(struct proc *p, int grace_ms);

/*
 * Ignores SIGPIPE and turns each of `signals` (0-terminated) into an event; returns the descriptor to
 * wait on, or -1 (errno).  One set per process: a second call replaces the first and closes its
 * descriptor.  A child starts without; it calls this anew for its own.
 */
int proc_signals(const int *signals);

/* A pending signal's number, 0 when none is left: call until then, or the rest goes unnoticed. */
int proc_next_signal(int fd);

#endif
