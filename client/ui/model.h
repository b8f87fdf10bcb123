/*
 * What the client has to show, without saying how: the rooms, with their lines so far, who is in them
 * and how far the person has scrolled back; where we stand; the half-typed line.
 *
 * Every text is made display-safe on its way in, so that the view need not ask.  Lines are dropped when
 * there are too many in all rooms together, or too many bytes of them: the oldest of the room that has
 * most.  Times are given as minutes of the local day: this file knows no clock and no time zone.
 */
#ifndef UI_MODEL_H
#define UI_MODEL_H

#include "proto/address.h"
#include "proto/wire.h"
#include "ui/members.h"
#include "ui/scrollback.h"
#include "ui/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_LINES = 10000, /* a good default of lines to keep */
	MODEL_MAX_BYTES = 16 * 1024 * 1024,
	MODEL_LABEL_SIZE = 512,
	MODEL_MAX_ROOMS = 128, /* what happens in yet another one is not shown */
	MODEL_CHANGES = 16,
};

/* The bottom row of the pane: `row` of line `line`; or, when not `back`, whatever is the newest. */
struct model_scroll {
	bool back;
	uint64_t line;
	size_t row;
	uint64_t seen; /* lines before this one were there when scrolling back began */
};

struct model_room {
	char name[MODEL_LABEL_SIZE]; /* "#dev", "@alice": unique */
	char topic[MODEL_LABEL_SIZE];
	struct scrollback lines;
	struct model_scroll scroll;
	struct members members, listed; /* listed: pages of a list under way */
	uint64_t unread;		/* talks and announcements while it was not looked at */
	uint64_t oldest, newest; /* of its events that were told, dropped lines aside; 0: none */
	bool loading;		 /* older ones were asked for */
	bool whole;		 /* there are no older ones */
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
	size_t max_lines;
	struct model_change changes[MODEL_CHANGES];
	size_t next_change;

	enum link_state link;
	enum transport transport; /* 0: none yet */
	uint64_t unsent;
	char nick[MODEL_LABEL_SIZE], server[MODEL_LABEL_SIZE];
	char prompt[MODEL_LABEL_SIZE]; /* "": the usual one */

	char *input; /* never NULL */
	size_t input_len, cursor;
	char input_prompt[MODEL_LABEL_SIZE]; /* "": model's prompt */
};

struct model_status {
	enum link_state link;
	enum transport transport;
	uint64_t unsent;
	struct slice nick, room, server, prompt; /* room: the one to show */
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
struct model_room *model_here(const struct model *m); /* the room that is shown */

/* All of these: ERR_MEMORY, and nothing is changed. */
NODISCARD enum err model_event(struct model *m, struct slice room, const struct event *e,
			       int minute);
NODISCARD enum err model_note(struct model *m, enum model_kind kind, struct slice text, int minute);
NODISCARD enum err model_edit(struct model *m, struct slice prompt, struct slice line,
			      size_t cursor);
NODISCARD enum err model_status(struct model *m, const struct model_status *s);
NODISCARD enum err model_topic(struct model *m, struct slice room, struct slice topic);

void model_leave(struct model *m, struct slice room); /* it is gone, with its lines */
/* It has another name; where there is a room of that name already, that one stays. */
void model_rename(struct model *m, struct slice was, struct slice room);
/* A page of the members' list of a room.  All of them, with the last page; before that NULL. */
const struct members *model_who(struct model *m, struct slice room, bool first, bool more,
				struct slice names);

/* Whether there is more to load of the room that is shown, and a place for it. */
bool model_may_load(const struct model *m);
/* What fits nowhere is left out.  ERR_MEMORY, ERR_MALFORMED: part of it may be there. */
NODISCARD enum err model_page(struct model *m, const struct model_page *p,
			      int (*minute)(int64_t ms));

#endif
