/*
 * The files that secrets come from: a program's own key, and the room's password.
 *
 * A key file is text, mode 0600, made whole when there is none: of programs that start at once one
 * makes it, and all have the same key.  A file that others can read, or that is damaged, is refused and
 * left as it is: what to do about it is for people.  So is one that is another user's (root's is fine),
 * or lies where others can put another in its place.  Nothing here prints.
 */
#ifndef SYS_KEYFILE_H
#define SYS_KEYFILE_H

#include "proto/key.h"
#include "proto/noise.h"

#include <stdbool.h>
#include <sys/stat.h>

enum { KEYFILE_MAX_PASSWORD = 1024 }; /* bytes */

struct keyfile_error {
	char text[768]; /* a sentence: what is wrong, and what to do */
};

/*
 * Reads the key, or makes one.  ERR_MALFORMED: damaged, or others can read or replace it; ERR_NOT_FOUND: there is
 * none, and none can be made; ERR_SYSTEM: it cannot be read.  *keys is the caller's to wipe.
 */
NODISCARD enum err keyfile_open(const char *path, struct noise_keypair *keys,
				struct keyfile_error *why);

/* Only this user and root can change a file, or what a directory has, whose fstat() that is. */
bool keyfile_guarded(const struct stat *st);

/* A key that no file has. */
void keyfile_draw(struct noise_keypair *keys);

/*
 * The psk of the password in a file's first line, without its LF or CR LF.  ERR_MALFORMED: it is empty
 * or longer than KEYFILE_MAX_PASSWORD; ERR_SYSTEM; ERR_MEMORY.  *open_to_others: others can read it.
 */
NODISCARD enum err keyfile_password(const char *path, uint8_t psk[KEY_BYTES], bool *open_to_others,
				    struct keyfile_error *why);

#endif
