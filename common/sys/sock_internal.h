/* What sock.c, sock_unix.c and endpoint.c share, and nobody else needs. */
#ifndef SYS_SOCK_INTERNAL_H
#define SYS_SOCK_INTERNAL_H

#include "sys/sock.h"

/* Puts the sentence into `why`, if there is one, and returns `err`; keeps errno. */
__attribute__((format(printf, 3, 4))) enum err sock_fail(enum err err, struct sock_error *why,
							 const char *fmt, ...);

/* A socket as all of ours are; -1 and errno. */
int sock_open(int family, int type);
void sock_close(int fd); /* keeps errno */

/* The AF_UNIX part of sock_connect(). */
NODISCARD enum err sock_connect_unix(const struct endpoint *e, int *fd, struct sock_error *why);

#endif
