/*
 * A line of somebody who searches (protocol.md §4): words, and what narrows them down.
 *
 *     from:NAME                    said by them
 *     in:#room  in:@nick           in that room alone
 *     before:2026-11-01            before that day begins, in UTC
 *     before:2026-11-01T12:00      before that minute
 *
 * What narrows may stand anywhere, each once; its word is in small letters, its colon may be a wide one.
 * All other words are what is looked for (core/phrases.h); so is one that begins with a quote.  Pure, and no memory of its own.
 */
#ifndef CORE_QUERY_H
#define CORE_QUERY_H

#include "proto/buf.h"
#include "proto/err.h"

enum { QUERY_MAX_BYTES = 512 }; /* of a line */

struct query {
	struct slice from, in; /* empty: anybody, anywhere; into the line */
	int64_t before_ms;     /* Unix time; 0: until now */
	size_t words_len;
	char words[QUERY_MAX_BYTES]; /* a blank between two; may be empty */
};

/* ERR_TOO_BIG; ERR_MALFORMED: no UTF-8, something twice, no date, a name or room that is empty;
 * ERR_NOT_FOUND: it asks for nothing at all. */
NODISCARD enum err query_parse(struct query *q, struct slice line);

#endif
