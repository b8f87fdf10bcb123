/*
 * What happens on the full screen: messages change the model, and the model is drawn, at most some
 * thirty times a second however much happens.
 */
#ifndef CLIENT_RECEIVER_SCREEN_H
#define CLIENT_RECEIVER_SCREEN_H

#include "messages.h"
#include "sys/reactor.h"
#include "ui/notice.h"

#include <stdbool.h>

struct screen_output;

/* Takes the terminal's screen.  NULL: it cannot be had.  Reactor and preferences are borrowed for its
 * life. */
struct screen_output *screen_output_new(struct reactor *r, bool colour,
					const struct preferences *p);
NODISCARD enum err screen_output_prefer(struct screen_output *o); /* they have changed */
void screen_output_free(struct screen_output *o); /* gives the terminal back; NULL: nothing */

/* ERR_MALFORMED: no event; ERR_MEMORY. */
NODISCARD enum err screen_output_message(struct screen_output *o, const struct message *m);

/* What that makes the screen ask of the session; false: nothing (more). */
bool screen_output_wants(struct screen_output *o, struct message *m);

/* What the event of that message, which was taken, is to the person; and calling them. */
struct notice_news screen_output_news(const struct screen_output *o, const struct message_event *m,
				      const struct event *e);
void screen_output_call(struct screen_output *o, unsigned ways, const struct notice_words *w);
void screen_output_focus(struct screen_output *o, bool looked_at);

void screen_output_resize(struct screen_output *o); /* SIGWINCH */
void screen_output_resume(struct screen_output *o); /* SIGCONT */

#endif
