/* One room of the model: its lines, who is in it, and how far the person has looked at it. */
#ifndef UI_MODEL_ROOM_H
#define UI_MODEL_ROOM_H

#include "ui/members.h"
#include "ui/pending.h"
#include "ui/scrollback.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_LABEL_SIZE = 512 };

/* The bottom row of the pane: `row` of line `line`; or, when not `back`, whatever is the newest. */
struct model_scroll {
	bool back;
	uint64_t line;
	size_t row;
	uint64_t seen; /* lines before this one were there when scrolling back began */
};

struct model_room {
	char name[MODEL_LABEL_SIZE]; /* "#dev", "@alice": unique */
	size_t name_len;
	char topic[MODEL_LABEL_SIZE];
	struct scrollback lines;
	struct pending pending; /* below them */
	struct model_scroll scroll;
	struct members members, listed; /* listed: pages of a list under way */
	/* Talks and announcements of others while it was not looked at, and those of them that call on the
	 * person: in a room of two, all. */
	uint64_t unread, mentions;
	/* The number of the first of them since the person last went away; 0: none.  It stays while they
	 * look. */
	uint64_t mark;
	uint64_t oldest, newest; /* of its events that were told, dropped lines aside; 0: none */
	bool missed;		 /* what comes, up to the person's joining, was missed */
	uint64_t found;		 /* the line after the one that was looked for; 0: none */
	bool loading;		 /* older ones were asked for */
	bool whole;		 /* there are no older ones */
};

#endif
