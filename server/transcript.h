/*
 * The transcript (--log FILE): everything that clients say and everything typed at the console, one
 * line an event, for people with grep.  An announcement is an event, typed at the console by
 * definition; what else is typed there has no number:
 *
 *     2026-11-21T07:00:00.123Z 12 join alice [udp://127.0.0.1:4000]
 *     2026-11-21T07:00:01.000Z 13 talk alice: hello
 *     2026-11-21T07:00:02.500Z - console: /who
 *
 * Text passes text_safe(), so a line is a line and holds no control byte.  Lines are gathered and
 * written once a turn.  A file that cannot be written is reported once and costs the room nothing.
 */
#ifndef SERVER_TRANSCRIPT_H
#define SERVER_TRANSCRIPT_H

#include "core/hub.h"

struct transcript;

enum { TRANSCRIPT_WHY = 256 };

/*
 * Opens (appends to, creates with mode 0600) the file, whose path is copied; NULL: `why` says what is wrong
 * and what to do.  A regular file or /dev/null: writing to anything else (a FIFO, a terminal) could wait.
 */
struct transcript *transcript_open(const char *path, char why[TRANSCRIPT_WHY]);
void transcript_close(struct transcript *t); /* flushes; NULL: nothing */

/* Opens the path anew: the old file may have been moved away.  Keeps the old one if that fails; `why`
 * as above. */
NODISCARD enum err transcript_reopen(struct transcript *t, char why[TRANSCRIPT_WHY]);

/* With the room's name, unless that is the lobby. */
void transcript_event(struct transcript *t, struct slice room, const struct event *e,
		      const struct address *who);
void transcript_console(struct transcript *t, int64_t wall_ms, const char *line, size_t len);
void transcript_flush(struct transcript *t);

#endif
