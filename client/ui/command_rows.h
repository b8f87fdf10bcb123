/*
 * The table of the slash commands: what each is called, what it takes, and the words about it.
 *
 * It drives the parser (command.c), help and complaints (command_help.c), and the completion of what is
 * half typed.  Rows of a group stand together.
 */
#ifndef UI_COMMAND_ROWS_H
#define UI_COMMAND_ROWS_H

#include "ui/command.h"

#include <stdbool.h>

enum { COMMAND_ALIASES = 3, COMMAND_ARGS = 2 };

enum command_group {
	COMMAND_GROUP_SAY,
	COMMAND_GROUP_ROOMS,
	COMMAND_GROUP_PEOPLE,
	COMMAND_GROUP_SAID,
	COMMAND_GROUP_CLIENT,
	COMMAND_GROUPS,
};

struct command_arg_row {
	enum command_arg arg;
	bool must;
};

struct command_row {
	const char *name;
	const char *aliases[COMMAND_ALIASES]; /* NULL ends */
	enum command_line_kind kind;
	enum command_group group;
	bool local; /* it needs no server, and waits for nothing */
	struct command_arg_row args[COMMAND_ARGS];
	const char *usage;
	const char *help;
};

/* What follows a newline in a help text: as much as is before it in the first line. */
#define COMMAND_NEXT_LINE "\n                         "

const struct command_row *command_row(size_t i); /* NULL: there are no more */
/* By a name or an alias, without its '/'; capitals do not matter.  NULL: there is none. */
const struct command_row *command_find(struct slice word);

#endif
