/* A long history for benches: written by the store, as a server would, and looked at from aside. */
#ifndef BENCH_FILL_H
#define BENCH_FILL_H

#include "store/store.h"

/* A store on that directory; a failure ends the program. */
struct store *fill_open(const char *dir);
/* The next result that is no warning; an error ends the program.  Borrowed as store_next() says. */
void fill_await(struct store *s, struct store_result *r);
/* So many talks of corpus.h, from number 1 on, into the lobby. */
void fill_talks(struct store *s, uint64_t events);
/* Waits until the index has them, and is in one piece. */
void fill_await_index(const char *dir, uint64_t events);
/* A whole number out of the database. */
int64_t fill_number(const char *dir, const char *query);

/* So many public rooms beside the lobby, "#room0" and so on, a few made by each of their makers. */
void fill_rooms(struct store *s, size_t rooms);
/* So many names that have owners. */
void fill_names(struct store *s, size_t names);

#endif
