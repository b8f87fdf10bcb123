/*
 * The file of cursors, as it lies on disk:
 *
 *     # chat-room cursors 1: server, name, room, epoch, newest event shown, in it or out
 *     quqp…jzva  alice  #lobby  6184542  1207  in
 *     # end
 *
 * Fields are separated by tabs.  The line that was changed last comes first, and those behind the first
 * CURSORS_MAX are forgotten.  It is replaced as a whole, so a reader finds the old one or the new one.
 * What is not just like this is damaged.
 */
#ifndef CLIENT_CURSORS_FILE_H
#define CLIENT_CURSORS_FILE_H

#include "proto/err.h"
#include "proto/wire.h"

#include <stdbool.h>

enum {
	CURSORS_MAX = 1024,   /* lines */
	CURSORS_SERVER = 128, /* bytes of a key or of a socket's path, with a NUL */
	CURSORS_NICK = NAME_MAX_BYTES + 1,
	CURSORS_ROOM = WIRE_ROOM_NAME_MAX + 1,
};

struct cursors_row {
	char server[CURSORS_SERVER], nick[CURSORS_NICK], room[CURSORS_ROOM];
	uint64_t epoch, seq;
	bool in;
};

struct cursors_rows {
	struct cursors_row *at; /* the caller's to free() */
	size_t count;
};

/* Whether the string can be a field: text without controls, and not empty. */
bool cursors_field(const char *s);

/* NULL: there is none. */
struct cursors_row *cursors_row_of(const struct cursors_rows *rows, const char *server,
				   const char *nick, const char *room);

/*
 * *rows is empty after an error.  ERR_NOT_FOUND: there is no file; ERR_MALFORMED: it is damaged;
 * ERR_SYSTEM (errno); ERR_MEMORY.
 */
NODISCARD enum err cursors_read(const char *path, struct cursors_rows *rows);

/* ERR_FULL: another program changes it now.  The lock is given back by close(). */
NODISCARD enum err cursors_lock(const char *path, int *lock);
/* Under the lock.  `sync`: when this returns it is on the disk.  ERR_SYSTEM (errno), ERR_MEMORY. */
NODISCARD enum err cursors_write(const char *path, const struct cursors_rows *rows, bool sync);

#endif
