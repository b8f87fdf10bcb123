/* Where programs keep files from one run to the next. */
#ifndef SYS_DATADIR_H
#define SYS_DATADIR_H

#include "proto/err.h"

#include <stddef.h>

enum { DATADIR_MAX = 4096 };

/*
 * The directory's path: `given` (-d), else $XDG_DATA_HOME/chat-room, else ~/.local/share/chat-room.
 * It is made, with its parents, for the user alone (mode 0700).  ERR_NOT_FOUND: there is no home;
 * ERR_TOO_BIG; ERR_SYSTEM (errno).
 */
NODISCARD enum err datadir_open(const char *given, char out[DATADIR_MAX]);

/*
 * $XDG_CONFIG_HOME/chat-room, else ~/.config/chat-room: where settings are kept.  Nothing is made.
 * ERR_NOT_FOUND: there is no home; ERR_TOO_BIG.
 */
NODISCARD enum err datadir_config(char out[DATADIR_MAX]);

/* As the data directory is.  ERR_TOO_BIG; ERR_SYSTEM (errno). */
NODISCARD enum err datadir_make(const char *path);

/* "DIR/name".  ERR_TOO_BIG. */
NODISCARD enum err datadir_file(const char *dir, const char *name, char out[DATADIR_MAX]);

#endif
