/*
 * What is written down of a hub, and read back when it starts: typed records, encoded one after
 * another in one buffer.
 *
 * A batch for the store is such a buffer, in the order in which things happened.  So is what
 * hub_restore() is given: META, then each ROOM, its newest EVENTs in order, NAMEs in the order in
 * which they may give way, SENDERs the longest silent first, PRESENTs.  The encoding is between the
 * hub and its store within one process: it is on no disk and on no wire.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/owner.h"
#include "core/senders.h"
#include "proto/buf.h"
#include "proto/name.h"
#include "proto/wire.h"

enum record_kind {
	RECORD_META = 1,
	RECORD_ROOM =
		2, /* it is made, or something about it has changed: replaces what was there */
	RECORD_EVENT = 3,
	RECORD_REWRITE =
		4,	 /* another frame stands under that number now; the old one is to be gone */
	RECORD_NAME = 5, /* has that owner, and that past: replaces what was there */
	RECORD_NAME_GONE = 6,
	RECORD_SENDER = 7, /* what it said: replaces what was there */
	RECORD_SENDER_GONE = 8,
	RECORD_PRESENT = 9, /* is in that room: replaces what was there under that name */
	RECORD_ABSENT = 10,
};

enum record_room_kind {
	RECORD_PUBLIC = 0,
	RECORD_DIRECT = 1, /* of two */
};

#define RECORD_KEEP_FOREVER UINT32_MAX

enum {
	RECORD_ROOM_NAME_MAX = 2 * NAME_MAX_BYTES,
	RECORD_SMALL = 1024,		    /* every record but ROOM, EVENT and REWRITE fits */
	RECORD_MAX = TEXT_MAX_BYTES + 1024, /* every record fits */
};
_Static_assert((int)RECORD_MAX >= (int)WIRE_ITEM_MAX + 128, "an event fits a record");

struct record_room {
	uint32_t number;
	enum record_room_kind kind;
	struct slice name, topic; /* name: empty for one of two */
	struct slice password;	  /* its public key, or empty: there is none */
	uint32_t keep_days;	  /* 0: as all rooms; RECORD_KEEP_FOREVER */
	int64_t made_ms;
	uint8_t owners[2][OWNER_BYTES]; /* the first: who made it; both: whose it is, of two */
	struct slice names[2];		/* theirs then; empty in a public one */
	uint64_t head, first;		/* restored alone: the newest number; the oldest kept */
};

struct record_event { /* EVENT, REWRITE (whose author is as it was: not told) */
	uint32_t room;
	uint64_t seq;
	uint8_t author[OWNER_BYTES]; /* zeros: nobody known */
	struct slice frame;	     /* as FRAME_EVENT */
};

struct record_name { /* NAME; NAME_GONE: the name alone */
	struct slice name;
	uint8_t owner[OWNER_BYTES];
	int64_t first, last, used; /* see struct names_past */
};

struct record_sender { /* SENDER; SENDER_GONE: owner and instance alone */
	uint8_t owner[OWNER_BYTES];
	uint64_t instance;
	bool left;
	uint64_t newest;		   /* mid */
	uint64_t seqs[SENDERS_REMEMBERED]; /* of mid newest - i; 0: was not said, or too long ago */
};

struct record_present { /* PRESENT; ABSENT: room and name alone */
	uint32_t room;
	struct slice name;
	uint8_t owner[OWNER_BYTES]; /* zeros: it has no identity */
	uint64_t instance;	    /* of the client that came last; 0: not told */
	bool lost;		    /* the others were told so */
};

struct record {
	enum record_kind kind;
	union {
		uint64_t epoch; /* META */
		struct record_room room;
		struct record_event event;
		struct record_name name;
		struct record_sender sender;
		struct record_present present;
	};
};

void record_put(struct buf *b, const struct record *r);

/* The next one, which borrows from the bytes; `s` is advanced.  ERR_TRUNCATED: there is none;
 * ERR_MALFORMED: what is there, is none. */
NODISCARD enum err record_get(struct slice *s, struct record *r);

#endif
