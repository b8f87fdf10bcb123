/*
 * Who a program is to others, from its files: the key in its directory, and the room's password.
 *
 * Without a directory that can be written the key is of this run alone, unless `insist`.
 */
#ifndef SYS_IDENTITY_H
#define SYS_IDENTITY_H

#include "proto/secure.h"
#include "sys/keyfile.h"

struct identity_wanted {
	const char *dir;	   /* "": there is none */
	const char *name;	   /* of the key file in it */
	const char *password_file; /* NULL: there is no password */
	bool insist;		   /* on the directory: a person has named it */
	const char
		*loss; /* what comes of having a key of this run alone, and what to do about it */
	/* What does not keep the program from running, but people should know: a sentence. */
	void (*warn)(const char *sentence);
};

/* In locked memory where that can be had; NULL: *why.  Takes about a second with a password. */
struct secure_identity *identity_open(const struct identity_wanted *w, struct keyfile_error *why);
void identity_free(struct secure_identity *id); /* wipes it; may be NULL */

#endif
