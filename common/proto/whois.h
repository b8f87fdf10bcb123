/*
 * What a server says of somebody, in reply to WHOIS (protocol.md §4), and how that is written and read.
 * What is not known, or not the asker's to know, is 0 or empty.
 */
#ifndef PROTO_WHOIS_H
#define PROTO_WHOIS_H

#include "proto/command.h"

struct whois {
	struct slice name; /* as it was taken */
	enum member_state state;
	/* HERE, AWAY, RECONNECTING: since when it is here under that name; ABSENT: when it was, last;
	 * as milliseconds of Unix time, like the other times */
	uint64_t since_ms;
	uint64_t away_ms;   /* since when it is away, also where it is RECONNECTING; 0: it is not */
	struct slice words; /* that it gave for that */
	uint64_t said_ms;   /* when it said something last, where the asker could hear it */
	struct slice key;   /* fingerprint (proto/key.h) of its key; empty: it has none */
	unsigned transport; /* of its newest session, see proto/address.h; 0: it has none */
	struct slice rooms; /* public ones that the asker is in, too: for whois_room() */
};

/* Appends to the text of a reply; of `rooms` nothing is written: they follow by whois_put_room(). */
void whois_put(struct buf *text, const struct whois *w);
void whois_put_room(struct buf *text, struct slice name);

/* All of a reply's text.  False: it is none. */
bool whois_get(struct slice text, struct whois *w);
/* The next room; false: there is none left. */
bool whois_room(struct slice *rooms, struct slice *name);

#endif
