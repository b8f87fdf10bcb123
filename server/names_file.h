/*
 * Whose names are whose, from one run of the server to the next: DIR/names.
 *
 *     chat-room names 1
 *     unix:1000 小明
 *     quqpacmjgctvi5elpxolipxxlig36oqney4bv5hlusuy5ku3jzva alice
 *
 * The longest unused name stands first.  The file is replaced as a whole, so that there is always a
 * whole one: within a second of a change (later, where that takes long), and at the end.  One server
 * at a time writes it; another one with the same directory reads it and says that it does not.
 */
#ifndef SERVER_NAMES_FILE_H
#define SERVER_NAMES_FILE_H

#include "core/names.h"
#include "sys/reactor.h"

enum { NAMES_FILE_WHY = 512 };

struct names_file;

/*
 * Reads the file, if there is one.  Borrows the names and the reactor.  NULL: `why` has a sentence;
 * with a damaged file the names are some of those in it.
 */
struct names_file *names_file_open(const char *dir, struct names *names, struct reactor *reactor,
				   char why[NAMES_FILE_WHY]);
void names_file_close(struct names_file *f); /* writes it; NULL: nothing */

/* To be called now and then, such as each turn: writes soon if there are changes.  NULL: nothing. */
void names_file_note(struct names_file *f);

#endif
