/*
 * What adapters of plain protocols share: a stream socket, what could not be sent yet, and the
 * beginning of what is not all here.  A member that is idle keeps no memory but its struct's.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "adapter.h"

struct plain {
	struct member member; /* first, as is this in the protocol's own struct */
	char *out, *rest;
	size_t out_size, out_cap, rest_size, rest_cap;
	bool leaving; /* the end of the stream is what is waited for */
};

/* What of n bytes is whole is taken, and how many bytes that were is said. */
typedef size_t plain_take_fn(struct plain *p, const char *bytes, size_t n);

struct plain *plain_of(struct member *m);
void plain_put(struct plain *p, const char *bytes, size_t n);
void plain_print(struct plain *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void plain_read(struct plain *p, plain_take_fn *take);

/* Those of struct adapter that are the same for all. */
bool plain_begin(struct member *m);
void plain_work(struct member *m);
void plain_end(struct member *m);

/* Where the line that begins at `at` ends ("\r\n" or "\n"): behind it; NULL if it is not all here. */
const char *plain_line(const char *at, const char *end);

#endif
