/*
 * The tokenizer of the index: core/words.h, as SQLite's FTS5 wants it; and what is given to FTS5.
 *
 * What is indexed is a document: who said it, and what was said.  What is looked for is put together
 * of tokens that are made already, each phrase in quotes, so that nobody's typing is ever read as
 * FTS5's syntax.
 */
#ifndef STORE_TOKENIZER_H
#define STORE_TOKENIZER_H

#include "core/phrases.h"
#include "core/words.h"
#include "proto/name.h"
#include "proto/text.h"
#include "store/db.h"

#define TOKENIZER_NAME "chat" /* tokenize = … */

enum {
	TOKENIZER_DOCUMENT_MAX = NAME_MAX_KEY + 2 + TEXT_MAX_BYTES,
	/* quotes doubled, and what stands between the tokens */
	TOKENIZER_QUERY_MAX = 2 * (PHRASES_MAX_BYTES + NAME_MAX_KEY) + 16 * PHRASES_MAX_TOKENS,
};

/* For all statements of that connection; `w` is borrowed until it is closed.  Errors as db.h. */
NODISCARD enum err tokenizer_install(struct db *db, const struct words *w);

/* `who` is a name's key, or empty; it holds no controls. */
void tokenizer_document(struct buf *out, struct slice who, struct slice text);

/* NUL-terminated, for MATCH.  `p` may be NULL and `who` empty, but not both. */
void tokenizer_query(struct buf *out, const struct phrases *p, struct slice who);

#endif
