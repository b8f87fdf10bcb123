/*
 * How far each room was shown, from one run of the client to the next: for a server (its key, or the
 * path of its socket), a name and a room, the newest event.  The file is cursors_file.h's.
 *
 * An event passes three stations: it is given to the process that shows it (noted), a mark is sent after
 * it (marked), and the mark comes back (shown).  Only what was shown is written.  Several clients write
 * at once: each its own changes, and none moves back what another has moved on.
 */
#ifndef CLIENT_CURSORS_H
#define CLIENT_CURSORS_H

#include "cursors_file.h"

struct cursors;

struct cursor {
	uint64_t epoch, seq; /* epoch 0: nothing was shown */
};

/*
 * `path` "": nothing is kept.  *err: what cursors_read() found there; but for ERR_MEMORY it does not
 * matter, and what cannot be read counts as nothing.  NULL: no memory.
 */
struct cursors *cursors_new(const char *path, enum err *err);
void cursors_free(struct cursors *c);

/* Whose they are, before anything is noted.  A server or a name that cannot be a field: nobody's. */
void cursors_at(struct cursors *c, const char *server);
void cursors_as(struct cursors *c, const char *nick);

/* What is known of the room from this run, or, if wanted, from the file.  ERR_NOT_FOUND. */
NODISCARD enum err cursors_find(const struct cursors *c, struct slice room, bool in_file,
				struct cursor *out);
/* The rooms that one was in, as the file has it; returns how many there are, at most `max`. */
size_t cursors_rooms_in(const struct cursors *c, char (*rooms)[CURSORS_ROOM], size_t max);

/* An event goes to who shows it. */
void cursors_note(struct cursors *c, struct slice room, uint64_t epoch, uint64_t seq);
void cursors_set_in(struct cursors *c, struct slice room, bool in);
bool cursors_mark(struct cursors *c);	       /* false: nothing was noted since the last mark */
void cursors_shown(struct cursors *c);	       /* … which has come back */
bool cursors_changed(const struct cursors *c); /* there is something to save */

/*
 * Writes what has changed.  `last`: waits a moment for others, and for the disk; else ERR_FULL: another
 * one is at it.  ERR_SYSTEM (errno), ERR_MEMORY.  After any of them the next one tries all of it again.
 */
NODISCARD enum err cursors_save(struct cursors *c, bool last);

#endif
