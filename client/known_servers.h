/*
 * The file of servers' keys, pinned at first contact:
 *
 *     # of the reading group
 *     chat.example.org:8888 quqpacmjgctvi5elpxolipxxlig36oqney4bv5hlusuy5ku3jzva
 *
 * Programs only ever add a line at its end, whole and under a lock, so several clients may do so at
 * once; changing and removing lines is for people.  The first line of a server counts.
 */
#ifndef CLIENT_KNOWN_SERVERS_H
#define CLIENT_KNOWN_SERVERS_H

#include "proto/key.h"
#include "sys/sock.h"

enum { KNOWN_SERVERS_NAME = sizeof(((struct endpoint *)0)->host) + sizeof("[]:65535") };

struct known_server {
	uint8_t key[KEY_BYTES];
	unsigned line; /* from 1 */
};

/* "host:port" as the file has it, in small letters; not for UNIX. */
void known_servers_name(const struct endpoint *e, char out[KNOWN_SERVERS_NAME]);

/* ERR_NOT_FOUND: no line, or no file; ERR_MALFORMED: found->line has no key; ERR_CLOSED: others can
 * write to the file; ERR_SYSTEM (errno). */
NODISCARD enum err known_servers_find(const char *path, const char *server,
				      struct known_server *found);

/* The same key there already is success.  ERR_EXISTS: *found is another one; and the above. */
NODISCARD enum err known_servers_add(const char *path, const char *server,
				     const uint8_t key[KEY_BYTES], struct known_server *found);

#endif
