/*
 * Where a client's journal (core/journal.h) is kept, for the one that comes after it: a file of its own,
 * DATADIR/unsent/INSTANCE, which it has locked for as long as it lives.
 *
 * Whoever starts for the same server and name looks for files that nobody has locked: their clients have
 * ended, or died.  Of one that died with lines on their way it goes on with the instance and the mids, so
 * that the server tells which of them it has; there can be but one, others are left for other clients.
 * What the other files have, which waits for nobody's answer, it takes over into its own.
 *
 * The file is made with the first thing to be kept, and is there no more when nothing is.  An entry is in
 * the file when unsent_note() returns, so a killed client loses none; on the disk it is after
 * unsent_sync().
 */
#ifndef CLIENT_UNSENT_H
#define CLIENT_UNSENT_H

#include "core/journal.h"

enum { UNSENT_WORDS = 512 };

struct unsent;

/* What is looked for.  `key`: of the server, or its socket's path; NULL: not known yet. */
struct unsent_wanted {
	const char *dir;   /* the data directory; "": nothing is kept */
	const char *label; /* of the server, as the person calls it */
	const char *key;
	const char *nick;
	uint64_t instance; /* for a client that goes on as none */
};

/* `words`: what the person should know of the files, as sentences; "": nothing.  NULL: no memory. */
struct unsent *unsent_new(const struct unsent_wanted *w, char words[UNSENT_WORDS]);
/* What is not done with stays for the next one. */
void unsent_free(struct unsent *u);

const struct journal *unsent_journal(const struct unsent *u);
/* The highest mid that an earlier client drew, as which this one goes on; 0: as none. */
uint64_t unsent_was(const struct unsent *u);
/* Lines on their way, which the next client will send; 0 also when nothing is kept. */
size_t unsent_on_file(const struct unsent *u);

/*
 * It happened.  ERR_SYSTEM (errno): it cannot be kept, and is tried again with the next; ERR_FULL: it is
 * not kept, since there is too much; ERR_MALFORMED, ERR_MEMORY.
 */
NODISCARD enum err unsent_note(struct unsent *u, const struct journal_entry *e);
NODISCARD enum err unsent_sync(struct unsent *u); /* ERR_SYSTEM (errno) */

#endif
