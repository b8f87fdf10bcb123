/*
 * Whose names are whose, from a server that had no history: DIR/names, read once.
 *
 *     chat-room names 2
 *     unix:1000 1796083200000 1796086800000 3600000 小明
 *     quqpacmjgctvi5elpxolipxxlig36oqney4bv5hlusuy5ku3jzva 1796083200000 1796083200000 0 alice
 *
 * Whose it is; since when, until when and for how long in all it was used, in milliseconds (struct
 * names_past); the name.
 */
#ifndef SERVER_NAMES_IMPORT_H
#define SERVER_NAMES_IMPORT_H

#include "core/names.h"

enum { NAMES_IMPORT_WHY = 512 };

/*
 * Reads the file, if there is one; who has an owner keeps it.  False: `why` has a sentence, and the
 * names are some of those in it.
 */
bool names_import(const char *dir, struct names *names, bool *any, char why[NAMES_IMPORT_WHY]);

/* They are kept elsewhere: the file is DIR/names.imported from now on. */
void names_import_done(const char *dir);

#endif
