/* The inside of struct session, for the files of a session alone; session_parts.h is what they do for
 * each other. */
#ifndef PROTO_SESSION_INTERNAL_H
#define PROTO_SESSION_INTERNAL_H

#include "proto/hearing.h"
#include "proto/readers.h"
#include "proto/session.h"
#include "proto/session_busy.h"

#include <stddef.h>

enum session_state { STATE_OPENING, STATE_OPEN, STATE_CLOSING, STATE_ENDED };

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
	struct readers readers;
	uint64_t next_command; /* while it rests; else the assembly knows */
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
 *
 * What a walk through a room looks at in each of its members comes first, so that it is two lines of the
 * cache; one, where nothing is sealed.
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
	bool sated : 1;	      /* stream: all that was due is in the record that was given last */
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
	enum code end_code : 8;

	/* Open, at rest: something is to be done that no memory was for, so long after it was heard. */
	uint16_t wake_after; /* milliseconds; 0: nothing is */
	uint64_t heard_at;

	/* what is exchanged */
	union {				    /* by role */
		struct client_half *client; /* it has few sessions, and most of this is larger */
		struct server_half server;
	};

	/* From here on there is only what the link has: see session_size(). */
	union {
		uint64_t records_out; /* sealed streams: so far */
		uint64_t remote_cid;  /* SESSION_DGRAM */
	};
	struct secure secure; /* but in the clear */
	union {
		uint64_t records_in; /* as above */
		uint64_t local_cid;
	};
	struct ackset_rest arrived; /* SESSION_DGRAM: while it rests */
	struct recovery_rest recovery;
};
_Static_assert(offsetof(struct session, server.readers.one.again) <= 64 &&
		       offsetof(struct session, secure.last) <= 128,
	       "what a walk looks at lies in one line, and what it seals with in the next");

#endif
