/*
 * What the client has to show, without saying how: the lines so far, where we stand, the half-typed
 * line, who is there, and how far the person has scrolled back.
 *
 * Every text is made display-safe on its way in, so that the view need not ask; lines are dropped
 * from the oldest on when there are too many, or too many bytes of them.  Times are given as minutes
 * of the local day: this file knows no clock and no time zone.
 */
#ifndef UI_MODEL_H
#define UI_MODEL_H

#include "proto/address.h"
#include "proto/wire.h"
#include "ui/members.h"
#include "ui/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_LINES = 10000, /* a good default of lines to keep */
	MODEL_MAX_BYTES = 16 * 1024 * 1024,
	MODEL_LABEL_SIZE = 512,
};

enum model_kind {
	MODEL_TALK = 1,
	MODEL_HAPPENING, /* joins, quits, renames */
	MODEL_ANNOUNCE,
	MODEL_ANSWER, /* what the person asked for */
	MODEL_NOTICE,
	MODEL_ERROR,
};

struct model_line {
	enum model_kind kind;
	int minute;	/* 0 .. 1439 */
	size_t who_len; /* TALK: the name, then the text */
	size_t text_len;
	char bytes[];
};

/* The bottom row of the pane: `row` of line `line`; or, when not `back`, whatever is the newest. */
struct model_scroll {
	bool back;
	uint64_t line;
	size_t row;
	uint64_t seen; /* lines before this one were there when scrolling back began */
};

struct model {
	struct model_line **ring; /* line i is ring[i % cap], first <= i < end */
	size_t cap;
	uint64_t first, end;
	size_t bytes; /* of all lines */
	size_t talks; /* how many of the lines are talks */

	enum link_state link;
	enum transport transport; /* 0: none yet */
	uint64_t unsent;
	char nick[MODEL_LABEL_SIZE], room[MODEL_LABEL_SIZE], server[MODEL_LABEL_SIZE];
	char prompt[MODEL_LABEL_SIZE]; /* "": the usual one */

	char *input; /* never NULL */
	size_t input_len, cursor;
	char input_prompt[MODEL_LABEL_SIZE]; /* "": model's prompt */

	struct members members, listed; /* listed: pages of a list under way */
	struct model_scroll scroll;
};

struct model_status {
	enum link_state link;
	enum transport transport;
	uint64_t unsent;
	struct slice nick, room, server, prompt;
};

struct model *model_new(size_t max_lines); /* >= 1.  NULL: no memory */
void model_free(struct model *m);

/* All of these: ERR_MEMORY, and nothing is changed. */
NODISCARD enum err model_event(struct model *m, const struct event *e, int minute);
NODISCARD enum err model_note(struct model *m, enum model_kind kind, struct slice text, int minute);
NODISCARD enum err model_edit(struct model *m, struct slice prompt, struct slice line,
			      size_t cursor);

void model_status(struct model *m, const struct model_status *s);

/* A page of the members' list.  True, with the last page, when the list is whole. */
bool model_who(struct model *m, bool first, bool more, struct slice names);

const struct model_line *model_at(const struct model *m, uint64_t line);

#endif
