/*
 * Whether the server that answers is the one that is meant.
 *
 * The key in the address decides, if there is one; else the one that was pinned; else this is the first
 * contact, the key is taken, and pinned once the session is open (by then the server has shown that it
 * knows the password, too).  One run of the client talks to one key.
 *
 * A key that the local network told with the room was shown to people, so the server must have it; but
 * anybody can tell one, so it takes the place neither of the pinned key nor of the first contact.
 */
#ifndef CLIENT_TRUST_H
#define CLIENT_TRUST_H

#include "known_servers.h"
#include "sys/datadir.h"

enum { TRUST_WORDS = DATADIR_MAX + 1024 };

struct trust {
	char server[KNOWN_SERVERS_NAME];
	char file[DATADIR_MAX]; /* known_servers; "": nothing is kept */
	bool has_given, has_listed, has_accepted, to_pin, first_contact;
	uint8_t given[KEY_BYTES];    /* in the address */
	uint8_t listed[KEY_BYTES];   /* told by the local network */
	uint8_t accepted[KEY_BYTES]; /* the one of this run */
	char words[TRUST_WORDS];
};

/* Not for UNIX.  `dir` is the data directory, "": none. */
void trust_init(struct trust *t, const struct endpoint *server, const char *dir);

/* The room was listed with that key.  Before trust_decide(). */
void trust_expect(struct trust *t, const uint8_t key[KEY_BYTES]);

/* Nothing is known of the server's key yet: whoever answers is taken for it. */
bool trust_blind(const struct trust *t);

/* The key that the server has, or has to have.  False: it is not known yet. */
bool trust_key(const struct trust *t, uint8_t key[KEY_BYTES]);

/* For struct session_config.  False: t->words says why, for people. */
bool trust_decide(void *trust, const uint8_t key[KEY_BYTES]);

/* A session is open.  Pins what is to be pinned; a sentence that people should read, or NULL. */
const char *trust_opened(struct trust *t);

#endif
