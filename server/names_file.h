/*
 * Whose names are whose, from one run of the server to the next: DIR/names.
 *
 *     chat-room names 2
 *     unix:1000 1796083200000 1796086800000 3600000 小明
 *     quqpacmjgctvi5elpxolipxxlig36oqney4bv5hlusuy5ku3jzva 1796083200000 1796083200000 0 alice
 *
 * Whose it is; since when, until when and for how long in all it was used, in milliseconds (struct
 * names_past); the name.  The file is replaced as a whole, so that there is always a
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
