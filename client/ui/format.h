/*
 * One line of output for each thing that happens: plain words for people and pipes, JSON objects
 * for programs.  Both forms are fixed: scripts rest on them.  Nothing written here holds a newline
 * or a control character, whoever chose the text.
 */
#ifndef UI_FORMAT_H
#define UI_FORMAT_H

#include "proto/json.h"
#include "proto/text.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>

#define FORMAT_ACTION "/me "   /* what a talk begins with that tells what somebody does */
#define FORMAT_LOBBY  "#lobby" /* what is in it is shown without its name */

enum {
	FORMAT_ROOM_MAX = 320, /* bytes of a room's name, "#dev" or "@alice" */
	FORMAT_HAPPENING_SIZE = TEXT_SAFE_SIZE(2 * NAME_MAX_BYTES + WIRE_TOPIC_MAX) + 64,
	/* any event in either form, and what else is written here, with a NUL */
	FORMAT_LINE_SIZE =
		TEXT_SAFE_SIZE(TEXT_MAX_BYTES + 2 * NAME_MAX_BYTES + FORMAT_ROOM_MAX) + 1024,
};
_Static_assert(WIRE_TOPIC_MAX >= WIRE_REASON_MAX, "a happening has the one or the other");

/*
 * What is neither said nor announced: "alice joined", "alice left (timed out): back soon", "alice is
 * now known as bob", "alice recalled a message".  NUL-terminated; returns the length.
 */
size_t format_happening(const struct event *e, char out[FORMAT_HAPPENING_SIZE]);

/*
 * "alice: hello", "* alice waves", "* alice joined", "! announcement"; in another room than the lobby after its name,
 * "[#dev] ".  Nothing, and 0, for LOST and BACK.
 */
size_t format_plain(const struct event *e, struct slice room, char out[FORMAT_LINE_SIZE]);
/*
 * The same in words, for somebody who listens: "alice: hello", "alice, waves", "alice joined", "the
 * administrator announces: hello"; "in #dev, " before it.  Names have neither spaces nor commas, so nobody
 * can say one of these in the words of another.
 */
size_t format_spoken(const struct event *e, struct slice room, char out[FORMAT_LINE_SIZE]);
/* What a search has found: "#dev 120 (WHEN) alice: hello". */
size_t format_found(const struct event *e, struct slice room, const char *when,
		    char out[FORMAT_LINE_SIZE]);
/* A room in a list: "#dev, 3 here: topic". */
size_t format_room(const struct listed_room *r, char out[FORMAT_LINE_SIZE]);

enum format_how {
	FORMAT_LIVE, /* it happens */
	FORMAT_PAST, /* a page of history */
	FORMAT_FOUND,
};

/* As proto/event_json.h, with its newline; "past" and "found" say why it comes. */
void format_json_event(struct buf *out, const struct event *e, struct slice room,
		       enum format_how how);

/* How a command of ours ended. */
struct format_result {
	uint64_t id; /* 0: it never became a command of the protocol; not shown */
	enum code code;
	uint64_t seq;	   /* of its event; 0: none; not shown */
	struct slice room; /* which was entered; empty: none; not shown */
	bool paged, more;  /* it came in pages, and this was not the last */
	struct slice text; /* the reason in words; empty: code_reason() */
};

/* {"kind":"ok","id":7,"code":"ok","seq":12}, {"kind":"error","id":8,"code":…,"reason":…}. */
void format_json_result(struct buf *out, const struct format_result *r);

/* {"kind":"who","id":9,"name":"alice"}, "state":"reconnecting" where it is so: one for each member. */
void format_json_who(struct buf *out, uint64_t id, struct slice name, enum member_state state);

/* {"kind":"room","id":9,"room":"dev","members":3,"newest":120,"topic":"…","in":true}: one for each. */
void format_json_room(struct buf *out, uint64_t id, const struct listed_room *r);

#endif
