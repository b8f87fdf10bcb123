/*
 * One peer's session over any link: commands and replies, rooms' events, and what keeps them whole.
 * protocol.md §2 (links), §4 (commands), §5 (reliability).
 *
 * Both ends are this one type.  A client gives commands and gets replies as they come and, once it has
 * joined, every event of each of its rooms in order, once.  A server gets commands in order, once,
 * answers each when it can, and lets the session read what is due straight from the rooms' logs.
 *
 * Pure: time is an argument (microseconds, growing), bytes come in by session_feed() and go out by
 * session_output(), connection ids are drawn by the caller.  It never looks at who may do what.
 *
 *     feed or tick → session_event() until false → session_train() until it gives nothing →
 *     wait for bytes or session_deadline()
 */
#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

#include "proto/err.h"
#include "proto/secure.h"
#include "proto/session_event.h"
#include "proto/session_log.h"
#include "proto/stock.h"

struct assembly_pool;

/* Where all sessions that are worked on by one thread have what they need only while they are busy. */
struct session_stock {
	struct stock busy, rings[2]; /* rings: recovery.h's */
	struct session_terms *terms; /* what they have in common */
};

void session_stock_init(struct session_stock *s);
void session_stock_wipe(struct session_stock *s); /* when there is no session of it any more */

enum session_role { SESSION_CLIENT, SESSION_SERVER };
enum session_link { SESSION_DGRAM, SESSION_STREAM };

enum {						  /* microseconds */
       SESSION_OPEN_TIMEOUT = 10 * 1000 * 1000,	  /* from first contact to an open session */
       SESSION_IDLE_TIMEOUT = 45 * 1000 * 1000,	  /* nothing heard: the peer is gone */
       SESSION_KEEPALIVE = 15 * 1000 * 1000,	  /* a client is heard at least so often */
       SESSION_RECORD_TIMEOUT = 30 * 1000 * 1000, /* from a record's first byte to its last */
       SESSION_GAP_TIMEOUT = 60 * 1000 * 1000,	  /* commands are there, one before them is not */
       SESSION_DRAIN_TIMEOUT = 5 * 1000 * 1000, /* from session_close() to the end at the latest */
       SESSION_INIT_INTERVAL = 300 * 1000,	/* first repeat of INIT; doubles once */
};

struct session_config {
	enum session_role role;
	enum session_link link;
	uint64_t local_cid;	       /* SESSION_DGRAM: what the peer puts on packets to us */
	uint64_t remote_cid;	       /* SESSION_DGRAM, server: from the peer's INIT */
	const struct session_log *log; /* server */
	void *log_ctx;
	struct assembly_pool
		*pool; /* server; borrowed: bounds what waits in all sessions; NULL: none */
	struct session_stock *stock; /* borrowed; NULL: malloc()'s */
	/* Borrowed.  NULL: a stream that the kernel guards (AF_UNIX), in the clear. */
	const struct secure_identity *identity;
	const struct noise_cipher
		*cipher;	      /* of the thread that runs this; borrowed; see secure.h */
	uint8_t ephemeral[NOISE_KEY]; /* fresh random bytes for the handshake */
	/* Client: asked once the server has shown its key, before it learns ours.  NULL: any will do. */
	bool (*trust)(void *ctx, const uint8_t key[NOISE_KEY]);
	void *trust_ctx;
};

struct session;

/* NULL: no memory.  `config` is copied; the log is borrowed for the session's life. */
struct session *session_new(const struct session_config *config, uint64_t now);
void session_free(struct session *s);

/* The same in the caller's memory, of so many bytes and aligned as malloc()'s.  False: no memory. */
size_t session_size(const struct session_config *config);
NODISCARD bool session_init(struct session *s, const struct session_config *config, uint64_t now);
void session_wipe(struct session *s);

/*
 * Give a whole datagram, or the next bytes of the stream, in whatever pieces; they are borrowed until
 * session_event() returns false, and opened in place.  A datagram that makes no sense is dropped
 * without a trace; a stream that does ends the session: with CODE_PROTOCOL, or, where it is open and
 * that was not sealed by the peer, with CODE_LINK_SPOILT.  True: a datagram that is the peer's, and newer
 * than any before.
 */
bool session_feed(struct session *s, uint64_t now, void *bytes, size_t n);
/* The link is gone: the session ends, with CODE_NOT_ACCEPTED if it went while the server thought
 * about letting us in. */
void session_hangup(struct session *s, uint64_t now);
/* What happened, one at a time; borrowed until the next call on this session. */
bool session_event(struct session *s, uint64_t now, struct session_event *ev);

/* One datagram or record (at most WIRE_PACKET_MAX or WIRE_RECORD_HEADER + WIRE_RECORD_MAX bytes) into
 * `out`; false: nothing to send now. */
bool session_output(struct session *s, uint64_t now, struct buf *out);
/* As many of them as are due and fit, one behind the other; `out` has room for one.  Datagrams are *size
 * bytes each, but the last may be shorter.  False: nothing to send now; else there may be more. */
bool session_train(struct session *s, uint64_t now, struct buf *out, size_t *size);
/* Nothing more is due than what was given last: to ask again at once is to be given nothing. */
bool session_sated(const struct session *s);

uint64_t session_deadline(const struct session *s); /* TIMERQ_NEVER: none */
/* Server: there may be something to send, apart from what its rooms have had since all of that was sent. */
bool session_due(struct session *s, uint64_t now);
void session_tick(struct session *s, uint64_t now);
/* The caller did not look for input until now: that nothing was heard does not mean that nothing came. */
void session_excuse_silence(struct session *s, uint64_t now);

/*
 * Client: queue a command.  Its id is put into c->id; text is copied.  ERR_FULL: the command that is
 * 64 before it has no reply yet, wait for that; ERR_TOO_BIG, ERR_CLOSED, ERR_MEMORY.
 */
NODISCARD enum err session_command(struct session *s, struct command *c);
bool session_full(const struct session *s);	    /* client: the next would be ERR_FULL */
size_t session_unanswered(const struct session *s); /* client: commands without a reply yet */
/* Client: the newest event of a room that was given out, or passed over; 0: the room is not heard. */
uint64_t session_heard(const struct session *s, uint32_t room);

/* Server: answer a command that was given out, at any time and in any order.  ERR_MEMORY. */
NODISCARD enum err session_reply(struct session *s, const struct reply *r);
/* Server: bytes of replies that were not sent, or may not have arrived. */
size_t session_replies_bytes(const struct session *s);
/*
 * Server: deliver the room's events from `first` on; anew, if it is followed already.  The client takes
 * them from there on when the reply to its JOIN or ENTER says so (`first`), from 1 on when it never
 * entered; and never what it has heard in this session.  ERR_FULL: WIRE_ROOMS_MAX are followed;
 * ERR_MEMORY.
 */
NODISCARD enum err session_follow(struct session *s, uint32_t room, uint64_t first);
/* Server: … up to `last`, and no more.  What of that has to be fetched (LOG_LATER) is sent when it is
 * there, as ever. */
void session_unfollow(struct session *s, uint32_t room, uint64_t last);
/* Server: that event's frame is another one from now on. */
void session_changed(struct session *s, uint32_t room, uint64_t seq);

/*
 * Server: no command is given out before `until` (0: none waits; UINT64_MAX: until it is said
 * otherwise).  They are kept, in order, and come by session_event() when it is time, for which
 * session_deadline() is there.  A stream is not to be fed while session_holds(): TCP makes the peer
 * wait, then.
 */
void session_hold(struct session *s, uint64_t until);
bool session_holds(const struct session *s, uint64_t now); /* one waits for that */

/*
 * End it: what is due up to now still goes out, then the goodbye, then SESSION_ENDED; at the latest
 * after SESSION_DRAIN_TIMEOUT.
 */
void session_close(struct session *s, uint64_t now, enum code code, const char *text);
/* Server: the words of a session_close() that is to come, and has none of its own. */
void session_words(struct session *s, struct slice words);
bool session_ended(const struct session *s);
bool session_open(const struct session *s); /* opened and not closing */

/*
 * Server, datagrams: a packet for a peer that may have moved, to be sent where it seems to be now;
 * SESSION_PATH comes when it is answered.  Then everything in flight was sent to the wrong place:
 * session_rerouted() makes it due again.
 */
void session_challenge(struct session *s, uint64_t now, uint64_t token, struct buf *out);
void session_rerouted(struct session *s, uint64_t now);

/* What both ends of this session know and nobody else has (the handshake's hash): 32 zeros before it is
 * open, and in the clear. */
void session_binding(const struct session *s, uint8_t out[NOISE_KEY]);

/* How long an answer has been missing, microseconds; 0: none is, or the session is not open. */
uint64_t session_silence(const struct session *s, uint64_t now);
/* Client: ask for a sign of life now. */
void session_nudge(struct session *s);
void *session_log_ctx(const struct session *s); /* server: as it was configured */
/* Datagrams: what the peer puts on packets to us. */
uint64_t session_local_cid(const struct session *s);
/* The smoothed round trip, microseconds; 0: not known. */
uint64_t session_rtt(const struct session *s);

#endif
