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

#include <stddef.h>

enum {
	FORMAT_HAPPENING_SIZE = TEXT_SAFE_SIZE(2 * NAME_MAX_BYTES + WIRE_REASON_MAX) + 64,
	/* any event in either form, and what else is written here, with a NUL */
	FORMAT_LINE_SIZE = TEXT_SAFE_SIZE(TEXT_MAX_BYTES + 2 * NAME_MAX_BYTES) + 1024,
};

/*
 * What a JOIN, QUIT or NICK says: "alice joined", "alice left (timed out): back soon",
 * "alice is now known as bob".  NUL-terminated; returns the length.
 */
size_t format_happening(const struct event *e, char out[FORMAT_HAPPENING_SIZE]);

/* "alice: hello", "* alice joined", "! announcement".  Nothing, and 0, for LOST and BACK. */
size_t format_plain(const struct event *e, char out[FORMAT_LINE_SIZE]);

/*
 * {"seq":12,"room":"lobby","kind":"talk","from":"alice","time":"2026-…Z","text":"hello"}.  A quit
 * has a "reason" and, if there were words, a "text"; a nick has "to"; an announcement has no "from".
 * With its newline.
 */
void format_json_event(struct buf *out, const struct event *e, struct slice room);

/* How a command of ours ended. */
struct format_result {
	uint64_t id; /* 0: it never became a command of the protocol; not shown */
	enum code code;
	uint64_t seq;	   /* of its event; 0: none; not shown */
	struct slice text; /* the reason in words; empty: code_reason() */
};

/* {"kind":"ok","id":7,"code":"ok","seq":12}, {"kind":"error","id":8,"code":…,"reason":…}. */
void format_json_result(struct buf *out, const struct format_result *r);

/* {"kind":"who","id":9,"name":"alice"}, "state":"reconnecting" where it is so: one for each member. */
void format_json_who(struct buf *out, uint64_t id, struct slice name, enum member_state state);

#endif
