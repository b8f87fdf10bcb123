/*
 * What of an event is searched: who said it, and what.
 *
 * Names are compared by their keys (proto/name.h), as everywhere: whoever was called so then.
 */
#ifndef STORE_SAID_H
#define STORE_SAID_H

#include "core/words.h"
#include "proto/event.h"
#include "proto/err.h"

struct said;

/* For one thread; `w` is borrowed.  NULL: no memory. */
struct said *said_new(const struct words *w);
void said_free(struct said *s);
const struct words *said_words(const struct said *s);

/*
 * The key of a name, borrowed until the next call of any of these.  ERR_MALFORMED: nobody can be called
 * that; ERR_MEMORY.
 */
NODISCARD enum err said_key(struct said *s, struct slice name, struct slice *key);

struct said_text {
	struct slice who;  /* the name's key; empty: nobody.  Borrowed as said_key() says */
	struct slice text; /* of the frame */
};

/* What is searched of a FRAME_EVENT.  ERR_NOT_FOUND: nothing; ERR_MEMORY. */
NODISCARD enum err said_read(struct said *s, struct slice frame, struct said_text *out);

/* The same as the index has it; borrowed until the next call. */
NODISCARD enum err said_document(struct said *s, struct slice frame, struct slice *out);

#endif
