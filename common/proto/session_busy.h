/*
 * What a session has while something happens, and for a moment after: most sessions rest most of the time, and
 * have none of this.  For the files of a session alone.
 */
#ifndef PROTO_SESSION_BUSY_H
#define PROTO_SESSION_BUSY_H

#include "proto/ackset.h"
#include "proto/assembly.h"
#include "proto/outgoing.h"
#include "proto/record.h"
#include "proto/recovery.h"
#include "proto/secure.h"

/* Until the session is open.  The same message may have to go out again. */
struct handshake {
	uint8_t ephemeral[NOISE_KEY];
	uint8_t token[WIRE_TOKEN_MAX]; /* client: of a RETRY */
	uint8_t token_len, retries;
	uint16_t len, room; /* of `message` */
	uint8_t message[];  /* ours, said last; server, at the end: the frames of the third */
};

struct dgram_link {
	struct ackset arrived;
	struct recovery recovery;
	uint64_t ack_due;	 /* TIMERQ_NEVER: nothing to acknowledge */
	uint64_t retry_due;	 /* TIMERQ_NEVER: nothing had to wait for memory */
	uint64_t copy_due;	 /* TIMERQ_NEVER: what was sent last needs no early copy */
	uint64_t release_due;	 /* TIMERQ_NEVER: nothing waits for its turn (pacing) */
	uint64_t newest_at;	 /* when the largest number arrived */
	uint64_t heard_below;	 /* all numbers that were a sign of life, refused ones too */
	uint64_t eliciting_at;	 /* when something to be acknowledged arrived last */
	uint64_t handshake_due;	 /* client: INIT, then FIN; server: RESP, when asked */
	uint64_t handshake_wait; /* client: until the next */
	uint64_t handshake_sent;
	uint8_t ack_eliciting; /* packets since the last acknowledgement sent */
	uint8_t in_order;      /* packets without a gap, up to ACK_CALM */
	uint8_t probes;	       /* packets that may pass over the window */
	bool level;	       /* all that was due went out, the last time that anything might */
	bool copying;	       /* what is in flight goes out once more, now */
	bool probed;	       /* what was sent last was a probe: so is its copy */
};

struct stream_link {
	struct records records;
	uint64_t record_began_at;
};

/* Allocated by session_wake(). */
struct session_busy {
	struct handshake *handshake;   /* NULL once open */
	struct slice feed;	       /* stream bytes not yet cut into records */
	struct slice frames;	       /* of the packet or record under way */
	uint64_t packet_number;	       /* dgram: of the packet under way */
	struct outgoing_list outgoing; /* client: commands; server: replies */
	struct assembly commands;      /* server */
	uint64_t pong_token, path_token;
	uint64_t sent_at;
	uint64_t hold_until;	    /* server: no command is given out before */
	uint64_t gap_at, gap_since; /* server: the command that others wait for, 0: none do */
	uint8_t remote[NOISE_KEY];  /* the peer's static key, until that was told */
	uint64_t over_by;	    /* while it opens, or closes */
	char *end_text; /* why it ends, or is to end; NULL: no words, or no memory for them */
	union {		/* last: a stream's needs less, see busy_size() */
		struct stream_link stream;
		struct dgram_link dgram;
	};
};

#endif
