/*
 * A disk under SQLite that loses its power, or fails.
 *
 * A VFS over the system's own.  Of each file it knows what was synced, and every write since.  At a power
 * cut everything stops: from then on nothing can be written or read.  What the files hold after that is
 * drawn from a seed: of what was not synced each sector may be there, or not, or half of it, in any order,
 * as with a disk that has a cache.  Besides, it can let writes and syncs fail for a while.
 *
 * One at a time; any thread may be inside.  The shared memory of the WAL is the system's: it does not
 * survive.
 *
 *     shaky_begin(seed);                    then SQLite is opened with the VFS shaky_name
 *     shaky_cut_after(40);                  the power goes with the 40th write or sync from now
 *     … until shaky_is_cut(), all is closed …
 *     shaky_power_on();                     the files are as the cut left them; SQLite opens them again
 *     shaky_end();
 */
#ifndef SHAKY_H
#define SHAKY_H

#include <stdbool.h>
#include <stdint.h>

extern const char shaky_name[];

enum shaky_fault {
	SHAKY_NONE,
	SHAKY_FULL,	/* writes that make a file longer: no space */
	SHAKY_BROKEN,	/* writes: an error of the disk */
	SHAKY_UNSYNCED, /* syncs fail, and what was to be synced may be lost */
};

void shaky_begin(uint64_t seed);
void shaky_end(void); /* nothing is open any more */

void shaky_cut_after(unsigned operations); /* 0: never */
bool shaky_is_cut(void);
void shaky_power_on(void); /* all is closed; the fault is over, too */

void shaky_fail(enum shaky_fault fault); /* from now on */

#endif
