/*
 * The slash commands: one table drives the parser, /help and the complaints.
 *
 * A line that starts with '/' is a command and is never said in the room, known or not; "//text"
 * says "/text".  Anything else is a talk, as it was typed.
 */
#ifndef UI_COMMAND_H
#define UI_COMMAND_H

#include "proto/buf.h"

#include <stddef.h>
#include <stdint.h>

enum command_line_kind {
	COMMAND_LINE_TALK = 1, /* args: what to say */
	COMMAND_LINE_QUIT,     /* args: words, may be empty */
	COMMAND_LINE_NICK,     /* args: the name */
	COMMAND_LINE_WHO,
	COMMAND_LINE_JOIN,    /* who: the room; text: its password, may be empty */
	COMMAND_LINE_PART,    /* args: words, may be empty */
	COMMAND_LINE_ROOMS,   /* those one is in */
	COMMAND_LINE_LIST,    /* all public ones */
	COMMAND_LINE_TOPIC,   /* args: the new one, may be empty */
	COMMAND_LINE_QUERY,   /* who: the member */
	COMMAND_LINE_MSG,     /* who: the member; text */
	COMMAND_LINE_RECALL,  /* number: of the event; 0: one's newest */
	COMMAND_LINE_EDIT,    /* the same; text */
	COMMAND_LINE_HISTORY, /* number: how many; 0: as many as usual */
	COMMAND_LINE_SEARCH,  /* args: the words, may be empty */
	COMMAND_LINE_HELP,    /* args: about which command, may be empty */
	COMMAND_LINE_MISUSED, /* a known command with too few, too many or wrong arguments */
	COMMAND_LINE_UNKNOWN,
};

struct command_row;

struct command_line {
	enum command_line_kind kind;
	struct slice word;	/* the command as typed, with its '/'; empty for a talk */
	struct slice args;	/* into the line; white space at its ends is left out */
	struct slice who, text; /* parts of args, where there are such */
	uint64_t number;
	const struct command_row *row; /* what is known of it; NULL: TALK, UNKNOWN */
};

struct command_line command_parse(const char *line, size_t n);

/* What to tell the person about a MISUSED or UNKNOWN line.  NUL-terminated; returns its length. */
size_t command_complaint(const struct command_line *c, char *out, size_t cap);

/* Help about one command ("nick" or "/nick"), or about all when `topic` is empty. */
size_t command_help(struct slice topic, char *out, size_t cap);

#endif
