/*
 * The file that a person's settings are kept in: $XDG_CONFIG_HOME/chat-room/client.ini, an INI file that
 * they may edit.  What it says is ui/preferences_text's.
 *
 * It is made by the first change.  A change is read, made and written under a lock, and the file replaced
 * as a whole: so clients that run beside each other lose nothing of each other's, and a reader finds the
 * old one or the new one.  What others can write to is not believed.
 */
#ifndef CLIENT_SETTINGS_FILE_H
#define CLIENT_SETTINGS_FILE_H

#include "sys/datadir.h"
#include "ui/preferences.h"

enum {
	SETTINGS_FILE_MAX = 256 * 1024, /* bytes */
	SETTINGS_FILE_WORDS = 2048,
};

/* `given`, else the usual one.  ERR_NOT_FOUND: there is no home; ERR_TOO_BIG. */
NODISCARD enum err settings_file_path(const char *given, char out[DATADIR_MAX]);

/*
 * Into p, which has its first values; what is wrong with the file is told in sentences, a line each, and
 * what is not wrong counts.  `words` is empty when all is well, or there is no file.
 */
void settings_file_read(const char *path, struct preferences *p, char words[SETTINGS_FILE_WORDS]);

/* Keeps one.  ERR_CLOSED: others can change the file; ERR_FULL: another client does, for more than a
 * second; ERR_TOO_BIG; ERR_SYSTEM (errno); ERR_MEMORY. */
NODISCARD enum err settings_file_put(const char *path, const struct preference *one);

#endif
