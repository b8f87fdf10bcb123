/*
 * The slash commands: one table (command_rows.h) drives the parser, /help, the complaints and the
 * completion.
 *
 * A line that starts with '/' is a command and is never said in the room, known or not; "//text"
 * says "/text".  Anything else is a talk, as it was typed.
 */
#ifndef UI_COMMAND_H
#define UI_COMMAND_H

#include "proto/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COMMAND_HELP_SIZE = 4096 }; /* all of the help, with a NUL */

enum command_line_kind {
	COMMAND_LINE_TALK = 1, /* args: what to say */
	COMMAND_LINE_QUIT,     /* args: words, may be empty */
	COMMAND_LINE_NICK,     /* args: the name */
	COMMAND_LINE_WHO,
	COMMAND_LINE_WHOIS,  /* who: the member */
	COMMAND_LINE_AWAY,   /* args: words; empty: back */
	COMMAND_LINE_JOIN,   /* who: the room; text: its password, may be empty */
	COMMAND_LINE_PART,   /* args: words, may be empty */
	COMMAND_LINE_ROOMS,  /* those one is in */
	COMMAND_LINE_LIST,   /* all public ones */
	COMMAND_LINE_TOPIC,  /* args: the new one, may be empty */
	COMMAND_LINE_QUERY,  /* who: the member */
	COMMAND_LINE_MSG,    /* who: the member; text */
	COMMAND_LINE_RECALL, /* number: of the event; 0: one's newest */
	COMMAND_LINE_EDIT,   /* the same; text */
	COMMAND_LINE_AGAIN,  /* what was refused */
	COMMAND_LINE_DROP,
	COMMAND_LINE_HISTORY, /* number: how many; 0: as many as usual */
	COMMAND_LINE_SEARCH,  /* args: the words, may be empty */
	COMMAND_LINE_HELP,    /* who: about which command, may be empty */
	COMMAND_LINE_ME,      /* text: what one does */
	COMMAND_LINE_REPLY,   /* number: of what is answered, or who: said it, or none; text */
	COMMAND_LINE_PING,
	COMMAND_LINE_CONNECT, /* who: the address; text: a file with the password, may be empty */
	COMMAND_LINE_RECONNECT,
	COMMAND_LINE_SET,    /* who: the setting; text: its value; either may be empty */
	COMMAND_LINE_ALIAS,  /* who: its name; text: what it stands for; the same */
	COMMAND_LINE_IGNORE, /* who: the member, may be empty */
	COMMAND_LINE_UNIGNORE,
	COMMAND_LINE_MUTE_NOTIFY, /* who: what calls, may be empty */
	COMMAND_LINE_CLEAR,
	COMMAND_LINE_VERSION,
	COMMAND_LINE_MISUSED, /* a known command with too few, too many or wrong arguments */
	COMMAND_LINE_UNKNOWN,
};

/* What an argument is: how it is read, and what may complete it. */
enum command_arg {
	COMMAND_ARG_NONE,
	/* a word */
	COMMAND_ARG_NICK,
	COMMAND_ARG_ROOM, /* "#dev" or "@alice" */
	COMMAND_ARG_COMMAND,
	COMMAND_ARG_SETTING,
	COMMAND_ARG_ALIAS,   /* a command of one's own */
	COMMAND_ARG_LEVEL,   /* of notice: all, mentions, none, default */
	COMMAND_ARG_ADDRESS, /* of a server */
	/* a number, or for EVENT "last", and for ANSWERED "@alice"; it is not there if it is none */
	COMMAND_ARG_COUNT,
	COMMAND_ARG_EVENT,
	COMMAND_ARG_ANSWERED,
	/* all the rest of the line */
	COMMAND_ARG_TEXT,
	COMMAND_ARG_VALUE, /* of the SETTING before it */
	COMMAND_ARG_FILE,
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

/* It needs no server and waits for nothing. */
bool command_is_local(const struct command_line *c);

/* Where the cursor stands in a half-typed line. */
struct command_place {
	enum command_arg arg; /* TEXT in a talk; COMMAND in the first word of a command */
	size_t from, to;      /* the word around it, with a '/' before a command */
	struct slice first;   /* the argument before it; empty: none */
};

struct command_place command_place(const char *line, size_t n, size_t cursor);

/* What to tell the person about a MISUSED or UNKNOWN line.  NUL-terminated; returns its length. */
size_t command_complaint(const struct command_line *c, char *out, size_t cap);

/* Help about one command ("nick" or "/nick"), or about all, by groups, when `topic` is empty. */
size_t command_help(struct slice topic, char *out, size_t cap);

#endif
