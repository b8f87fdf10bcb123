/*
 * Commands of one's own: "/w $1 $*" and the like in the place of what was typed.
 *
 * $1 to $9 are the words after the command, $* is all of them, $$ is a '$'; what has none of these is
 * followed by all of them.  What comes of it may begin with another alias, up to ALIAS_DEPTH of them.
 */
#ifndef UI_ALIAS_H
#define UI_ALIAS_H

#include "proto/text.h"
#include "ui/preferences.h"

enum { ALIAS_DEPTH = 8 };

/* The line that `line` stands for. */
struct alias_line {
	size_t len;
	char text[TEXT_MAX_BYTES + 1]; /* with a NUL */
};

/*
 * ERR_NOT_FOUND: it does not begin with an alias; ERR_TOO_BIG: what it stands for is longer than a
 * line can be; ERR_FULL: it stands for itself, or for too many after each other.
 */
NODISCARD enum err alias_expand(const struct preferences *p, struct slice line,
				struct alias_line *out);

/* Whether the line is, or stands for, one with a password, which is not to be written down. */
bool alias_is_secret(const struct preferences *p, struct slice line);

#endif
