/*
 * What the client has to show, without saying how: the rooms, with their lines so far, what the person
 * said there that is under way, who is in them, what was not looked at and how far the person has
 * scrolled back; where we stand; the half-typed line.  ui/look.h has the view's questions.
 *
 * Every text is made display-safe on its way in, so that the view need not ask.  Lines are dropped when
 * there are too many in all rooms together, or too many bytes of them: the oldest of the room that has
 * most.  What is under way is never dropped.  Times are days and seconds of the local clock: this file
 * knows no clock and no time zone.
 */
#ifndef UI_MODEL_H
#define UI_MODEL_H

#include "proto/address.h"
#include "proto/wire.h"
#include "ui/day.h"
#include "ui/mention.h"
#include "ui/model_room.h"
#include "ui/preferences.h"
#include "ui/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_LINES = 10000,		    /* a good default of lines to keep */
	MODEL_MAX_BYTES = 16 * 1024 * 1024, /* of them; or, if that is more, for each … */
	MODEL_LINE_BYTES = 256,		    /* … that is kept, so many */
	MODEL_MAX_ROOMS = 128,		    /* what happens in yet another one is not shown */
	MODEL_CHANGES = 16,
};

/* A talk that has changed, but is not here: as it has to be shown, should it come. */
struct model_change {
	const struct model_room *room;
	struct model_line *line; /* NULL: none */
};

struct model {
	struct model_room *rooms[MODEL_MAX_ROOMS]; /* in the order of their coming; at least one */
	size_t room_count;
	size_t current; /* the one that is shown */
	bool bare;	/* its lines are shown alone, to be copied by the terminal's own means */
	bool away;	/* … but nobody looks: the terminal has not the focus */
	struct model_change changes[MODEL_CHANGES];
	size_t next_change;

	size_t max_lines, max_bytes;
	size_t line_count, bytes; /* of all rooms */
	bool fold;
	char words[MODEL_LABEL_SIZE]; /* that call on the person, beside their name */
	struct mention mention;
	const struct preferences *preferences; /* NULL: nobody is ignored */

	enum link_state link;
	enum transport transport; /* 0: none yet */
	uint32_t lag_ms;	  /* 0: not known, or not worth words */
	uint64_t unsent;
	char nick[MODEL_LABEL_SIZE], server[MODEL_LABEL_SIZE];
	size_t nick_len;
	char prompt[MODEL_LABEL_SIZE]; /* "": the usual one */

	char *input; /* never NULL */
	size_t input_len, cursor;
	char input_prompt[MODEL_LABEL_SIZE]; /* "": model's prompt */
};

struct model_status {
	enum link_state link;
	enum transport transport;
	uint32_t lag_ms;
	uint64_t unsent;
	struct slice nick, room, server, prompt; /* room: the one to show */
};

/* What became of a talk of the person's own, client/messages.h. */
struct model_said {
	uint64_t ticket;
	struct slice room;
	enum said_state state;
	uint64_t seq;	     /* SENT */
	struct slice reason; /* FAILED */
	struct slice text;   /* SENDING, FAILED */
};

struct model_settings {
	size_t max_lines; /* >= 1 */
	bool fold;	  /* joins, quits and renames, from now on */
	const char *words;
	/* Of those whom the person ignores there will be no lines.  Borrowed; NULL: nobody is. */
	const struct preferences *preferences;
};

/* Older events of a room: an answer to PAGE with that `before`, or, if empty, that there is none. */
struct model_page {
	struct slice room;
	uint64_t before;
	bool more;
	struct slice events;
};

struct model *model_new(size_t max_lines); /* >= 1.  NULL: no memory */
void model_free(struct model *m);
void model_set(struct model *m, const struct model_settings *s); /* what is over the bounds goes */
void model_focus(struct model *m, bool looked_at);
struct model_room *model_here(const struct model *m); /* the room that is shown */
void model_clear(struct model *m); /* … has no lines any more; they can be loaded again */

/* All of these: ERR_MEMORY: there is no line, or no mark at a name, of what should be shown. */
NODISCARD enum err model_event(struct model *m, struct slice room, const struct event *e,
			       struct day_time at);
/* What an event that was told is to the person: somebody else's words, which call on them, in the room
 * that is shown. */
struct model_news {
	bool words, calls, shown;
};
struct model_news model_news(const struct model *m, struct slice room, uint64_t seq);
NODISCARD enum err model_note(struct model *m, enum model_kind kind, struct slice text,
			      struct day_time at);
NODISCARD enum err model_said(struct model *m, const struct model_said *s, struct day_time at);
NODISCARD enum err model_edit(struct model *m, struct slice prompt, struct slice line,
			      size_t cursor);
NODISCARD enum err model_status(struct model *m, const struct model_status *s);
/* What comes of the room now happened before the person joined it: it begins below a mark. */
NODISCARD enum err model_missed(struct model *m, struct slice room);
NODISCARD enum err model_topic(struct model *m, struct slice room, struct slice topic);

void model_leave(struct model *m, struct slice room); /* it is gone, with its lines */
/* It has another name; where there is a room of that name already, that one stays. */
void model_rename(struct model *m, struct slice was, struct slice room);
/* A page of the members' list of a room.  All of them, with the last page; before that NULL. */
const struct members *model_who(struct model *m, struct slice room, bool first, bool more,
				struct slice names);

/* What fits nowhere is left out.  ERR_MEMORY, ERR_MALFORMED: part of it may be there. */
NODISCARD enum err model_page(struct model *m, const struct model_page *p,
			      struct day_time (*at)(int64_t ms));

#endif
