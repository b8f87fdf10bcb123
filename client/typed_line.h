/*
 * The line that is being typed, below the lines of a terminal that is not drawn on (ui/typed_row.h): what
 * is known of it, and the bytes that show it and take it away.  Whoever owns it writes them.
 */
#ifndef CLIENT_TYPED_LINE_H
#define CLIENT_TYPED_LINE_H

#include "messages.h"

struct typed_line;

struct typed_line *typed_line_new(void); /* NULL: no memory */
void typed_line_free(struct typed_line *t);

NODISCARD enum err typed_line_edit(struct typed_line *t,
				   const struct message_edit *e); /* ERR_MEMORY */
/* Where readline has no prompt of its own; at most MESSAGE_MAX_LABEL bytes. */
void typed_line_prompt(struct typed_line *t, struct slice prompt);

/* What happens, of which Tab makes names and rooms.  ERR_MALFORMED; ERR_MEMORY. */
NODISCARD enum err typed_line_heed(struct typed_line *t, const struct message *m);
/* The answer to a COMPLETE, valid until the next one. */
void typed_line_complete(struct typed_line *t, const struct message_complete *c,
			 struct message *answer);

/* What to write; valid until the next call. */
struct slice typed_line_show(struct typed_line *t, int ambiguous);
struct slice typed_line_hide(struct typed_line *t);
struct slice typed_line_fit(struct typed_line *t, int columns); /* as wide as the terminal is */

#endif
