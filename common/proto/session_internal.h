/* The inside of struct session, for the files of a session alone; session_parts.h is what they do for
 * each other. */
#ifndef PROTO_SESSION_INTERNAL_H
#define PROTO_SESSION_INTERNAL_H

#include "proto/ackset.h"
#include "proto/hearing.h"
#include "proto/outgoing.h"
#include "proto/readers.h"
#include "proto/record.h"
#include "proto/recovery.h"
#include "proto/session.h"

#include <stddef.h>

enum session_state { STATE_OPENING, STATE_OPEN, STATE_CLOSING, STATE_ENDED };

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
	bool copying;	       /* what is in flight goes out once more, now */
	bool probed;	       /* what was sent last was a probe: so is its copy */
};

/*
 * What a session has while something happens, and for a moment after; it is allocated for that, see
 * session_wake().
 */
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
	struct dgram_link dgram;    /* SESSION_DGRAM; else it ends before this */
};

struct stream_link {
	uint64_t records_in, records_out; /* sealed ones so far */
	struct records records;
	uint64_t record_began_at;
};

/* Events of the packet under way that were decoded when it was looked through (session_hear.c). */
struct ahead;

/* What only one of the two ends needs. */
struct client_half {
	struct hearing hearing;
	uint64_t last_id;     /* of the newest command */
	uint32_t room;	      /* whose event was looked at last; its next one may be there, too */
	struct pieces *reply; /* was given out; until the next call */
	struct ahead *ahead;  /* until the packet's end; NULL: none, or no memory */
	uint64_t ping_sent_at, ping_token, rtt_us;
	uint64_t asked_at;
};

struct server_half {
	uint64_t next_command; /* while it rests; else the assembly knows */
	struct readers readers;
};

/*
 * What of the caller's configuration is needed for the whole life.  It is the same for many sessions: those
 * of one stock share it.
 */
struct session_terms {
	struct session_terms *next; /* of the same stock */
	enum session_role role : 8;
	const struct secure_identity *identity;
	const struct noise_cipher *cipher;
	struct session_stock *stock;
	union {
		struct { /* server */
			const struct session_log *log;
			void *log_ctx;
			struct assembly_pool *pool;
		};
		struct { /* client */
			bool (*trust)(void *ctx, const uint8_t key[NOISE_KEY]);
			void *trust_ctx;
		};
	};
};

/*
 * A server has many, and most of them are idle: what a link does not need is not there, see session_size().
 */
struct session {
	struct session_busy *busy; /* NULL while it rests */
	const struct session_terms *terms;
	enum session_state state : 2;
	enum session_role role : 1;
	enum session_link link : 1;

	/* input */
	bool in_unit : 1;      /* a packet or record is under way */
	bool unit_refused : 1; /* something in it had no place: as if it had not arrived */
	bool unit_eliciting : 1;
	bool given : 1; /* an item of session_incoming() was given out; it is used up by the next call */

	/* output */
	bool parts_first : 1; /* server: large replies go before events, every other time */

	/* keeping alive */
	bool ping_due : 1, pong_due : 1;
	bool hello_due : 1; /* streams in the clear */
	bool first_due : 1; /* sealed streams, client: the handshake's first message */
	bool path_due : 1;  /* client: a challenge is to be answered */
	bool path_told : 1; /* server: one was, the caller has yet to hear of it */
	bool asking : 1; /* client: something that wants an answer went out, nothing came since */

	/* ending */
	bool bye_due : 1;     /* the goodbye has yet to go out */
	bool bye_forced : 1;  /* … without waiting for what is due before it */
	bool bye_ack_due : 1; /* dgram: the peer's goodbye is to be acknowledged, after the end */
	bool end_by_peer : 1, end_told : 1, opened_told : 1;
	enum code end_code : 16;
	char *end_text; /* NULL: none, or no memory for it */

	uint64_t heard_at;
	union {
		uint64_t over_by; /* while it opens, or closes */
		uint64_t
			wake_due; /* open, at rest; 0: nothing is to be done, else no memory was for it */
	};

	/* what is exchanged */
	union {				    /* by role */
		struct client_half *client; /* it has few sessions, and most of this is larger */
		struct server_half server;
	};

	/* From here on there is only what the link has: see session_size(). */
	union {
		struct stream_link stream; /* SESSION_STREAM */
		struct {		   /* SESSION_DGRAM */
			uint64_t local_cid, remote_cid;
			struct ackset_rest arrived; /* while it rests */
		};
	};
	struct secure secure;	       /* but in the clear */
	struct recovery_rest recovery; /* SESSION_DGRAM: while it rests */
};

#endif
