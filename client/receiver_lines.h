/*
 * What happens as lines on standard output, plain or JSON; words about the link and refusals in
 * plain words on standard error.  Writing may block, for as long as nobody reads.
 *
 * Spoken is for a terminal that is not drawn on, and a person who listens to it: everything is a line of
 * words there, and below the last one stands what is being typed.
 */
#ifndef CLIENT_RECEIVER_LINES_H
#define CLIENT_RECEIVER_LINES_H

#include "messages.h"
#include "ui/notice.h"

#include <stdbool.h>

struct line_output;

enum line_output_kind { LINE_OUTPUT_PLAIN, LINE_OUTPUT_JSON, LINE_OUTPUT_SPOKEN };

/* Those whom the person ignores are left out, but for JSON; borrowed for its life.  SPOKEN takes the
 * terminal, which has to be saved (terminal.h).  NULL: no memory, or that cannot be. */
struct line_output *line_output_new(enum line_output_kind kind, const struct preferences *p);
void line_output_free(struct line_output *o);

/*
 * Takes any message that is meant for the receiver; lines wait for line_output_flush() or until
 * there are many.  ERR_CLOSED: nobody reads standard output any more; ERR_SYSTEM: it cannot be
 * written; ERR_MALFORMED: no event; ERR_MEMORY.
 */
NODISCARD enum err line_output_message(struct line_output *o, const struct message *m);
NODISCARD enum err line_output_flush(struct line_output *o);

/* SPOKEN: what that message makes of the line that is typed, for the session; false: nothing. */
bool line_output_wants(struct line_output *o, const struct message *m, struct message *wish);

void line_output_prefer(struct line_output *o); /* the preferences have changed */

/* By which ways (ui/notice.h) a person can be called here; what the event of that message, which was
 * taken, is to them; and calling them. */
unsigned line_output_ways(const struct line_output *o);
struct notice_news line_output_news(const struct line_output *o, const struct message_event *m,
				    const struct event *e);
void line_output_bell(struct line_output *o);

/* SPOKEN, else nothing: the terminal may have another width; … or other modes.  As line_output_flush(). */
NODISCARD enum err line_output_fit(struct line_output *o);
NODISCARD enum err line_output_resume(struct line_output *o);

/* One or more lines for the person, on standard error; each with the program's name. */
void line_output_say(struct slice words);

#endif
