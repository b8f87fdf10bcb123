/*
 * What happens as lines on standard output, plain or JSON; words about the link and refusals in
 * plain words on standard error.  Writing may block, for as long as nobody reads.
 */
#ifndef CLIENT_RECEIVER_LINES_H
#define CLIENT_RECEIVER_LINES_H

#include "messages.h"
#include "ui/notice.h"

#include <stdbool.h>

struct line_output;

/* Plain, those whom the person ignores are left out; borrowed for its life.  NULL: no memory. */
struct line_output *line_output_new(bool json, const struct preferences *p);
void line_output_free(struct line_output *o);

/*
 * Takes any message that is meant for the receiver; lines wait for line_output_flush() or until
 * there are many.  ERR_CLOSED: nobody reads standard output any more; ERR_SYSTEM: it cannot be
 * written; ERR_MALFORMED: no event; ERR_MEMORY.
 */
NODISCARD enum err line_output_message(struct line_output *o, const struct message *m);
NODISCARD enum err line_output_flush(struct line_output *o);

void line_output_prefer(struct line_output *o); /* the preferences have changed */

/* By which ways (ui/notice.h) a person can be called here; what the event of that message, which was
 * taken, is to them; and calling them. */
unsigned line_output_ways(const struct line_output *o);
struct notice_news line_output_news(const struct line_output *o, const struct message_event *m,
				    const struct event *e);
void line_output_bell(struct line_output *o);

/* One or more lines for the person, on standard error; each with the program's name. */
void line_output_say(struct slice words);

#endif
