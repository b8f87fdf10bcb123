/* The processes that a process has started, from /proc. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stddef.h>
#include <sys/types.h>

/* The children that live now, at most `max` of them, in no order; returns how many. */
size_t family_of(pid_t parent, pid_t *children, size_t max);

#endif
