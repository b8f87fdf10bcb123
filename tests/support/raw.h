/* Sockets without a client behind them: for what no client would do. */
#ifndef RAW_H
#define RAW_H

#include "room.h"

/* Connected and non-blocking; the caller closes it.  VIA_LOSSY is not for here. */
int raw_open(const struct server *s, enum via via);
/* All of it: waits while a stream is full.  False: the other side has closed. */
bool raw_send(int fd, const void *data, size_t n);
/* What comes next, at least a byte; 0: the other side has closed; fails the test at the deadline. */
size_t raw_receive(int fd, void *out, size_t cap, uint64_t deadline);
/* Reads and drops until the other side closes; false: it does not, in time. */
bool raw_closes(int fd, uint64_t deadline);

#endif
