/*
 * Every live peer of the server, whatever it came over: from the first packet or accepted connection
 * to the last goodbye.
 *
 * Between the sockets (net/, or a simulated network) and the hub: finds the peer a datagram belongs
 * to, runs its session, carries commands to the hub and answers back, lets sessions send what the
 * room's log has for them, and ends those that are silent, stuck or finished.  A peer that has moved is
 * followed to its new address once it has answered a challenge from there.
 *
 * Nobody gets more than a share: of handshakes (core/gate.h), of the turn, of what memory there is for
 * commands that wait.  Commands of one identity above its rate wait, however many sessions they come
 * by; of too many sessions the oldest is closed.  Local peers have no such limits.
 *
 * Peers belong to shards.  What one pump sends, shards send side by side, if the outside has the threads
 * for it (peers_port.together): then nobody changes the hub, and what is more than to read a room's
 * memory and to write to one's own peers is done afterwards, by the one who called.  Pure: the outside
 * is struct peers_port.
 */
#ifndef CORE_PEERS_H
#define CORE_PEERS_H

#include "core/hub.h"
#include "proto/session.h"

enum {
	PEERS_TURN_BYTES = 64 * 1024,	   /* sent to one peer in one turn, at most about so many */
	PEERS_HELD_MAX = 64 * 1024 * 1024, /* commands that wait, of all peers */
	PEERS_COMMAND_BURST = 5, /* seconds' worth of commands that one identity may give at once */
	PEERS_IDENTITIES = 4096, /* that are counted at a time */
	PEERS_THIRD_TRIES = 32,	 /* third messages to one half-open session */
	PEERS_SESSIONS = 16,	 /* open at a time, of one identity that is a key */
	PEERS_REPLIES_MAX =
		64 * 1024,	 /* bytes of answers that one has not got, when it is given more */
	PEERS_SHARDS = 16,	 /* at the most */
	PEERS_TURN_PEERS = 1024, /* that one pump sends to in a shard, for each cause … */
	PEERS_TURN_SENT = 4 * 1024 * 1024, /* … and bytes, at most about so many */
	PEERS_TOGETHER = 64, /* peers that are due, from which on shards work side by side */
	PEERS_LAST_COMMIT =
		2 * 1000 * 1000, /* for which goodbyes wait for the store, microseconds */
};

struct peers;
struct peer;

struct peers_port {
	void *ctx;
	/*
	 * Datagrams to an address by socket `via`, one behind the other, each of `size` bytes; the last
	 * may be shorter.  What is not taken is as good as lost.  The bytes are borrowed until flush(), which is the
	 * latest at which they go; NULL: they have gone.
	 */
	void (*send_train)(void *ctx, unsigned shard, const struct address *to, int via,
			   const void *bytes, size_t n, size_t size);
	void (*flush)(void *ctx, unsigned shard);
	/* Bytes on a stream; returns how many were taken, fewer than n: say peers_writable() later. */
	size_t (*send_stream)(void *ctx, void *link, const void *p, size_t n);
	/* It took fewer: peers_writable() is wanted. */
	void (*await_writable)(void *ctx, void *link);
	/* The stream is done with: close it.  `link` is not used any more. */
	void (*close_stream)(void *ctx, void *link);
	void (*entropy)(void *ctx, void *p, size_t n);
	/*
	 * Calls fn(arg, shard) for every shard, each once, in any order or at the same time; returns when
	 * all have returned.  Meanwhile the port's other functions are called for different shards at
	 * the same time, but no more than send_train(), flush() and send_stream().  With one shard it is
	 * not called, and may be NULL.
	 */
	void (*together)(void *ctx, void (*fn)(void *arg, unsigned shard), void *arg);
};

struct peers_config {
	size_t max_peers;			/* of all transports; at most 2^24 - 1 */
	const struct secure_identity *identity; /* the server's; borrowed */
	const struct noise_cipher
		*ciphers[PEERS_SHARDS]; /* by shard; borrowed; NULL: noise_chachapoly */
	unsigned command_rate;		/* a second and identity, at most 10,000; 0: no limit */
	unsigned shards;		/* at most PEERS_SHARDS; 0: one */
	size_t together;		/* peers that are due, from which on; 0: PEERS_TOGETHER */
};

struct peers *peers_new(const struct peers_config *config, struct hub *hub,
			const struct peers_port *port);
void peers_free(struct peers *p); /* says nothing to anybody; close_stream for every stream */

/* A connection was accepted.  NULL: full (the caller closes it), or no memory. */
struct peer *peers_accept(struct peers *p, struct instant now, const struct address *from,
			  void *link);
/* A datagram came in by socket `via`; it is opened in place. */
void peers_datagram(struct peers *p, struct instant now, const struct address *from, int via,
		    void *bytes, size_t n);
/* Several, in the order in which they came, as by peers_datagram() one after the other. */
struct peers_arrival {
	struct address from;
	int via;
	void *bytes;
	size_t n;
};
void peers_datagrams(struct peers *p, struct instant now, const struct peers_arrival *all,
		     size_t count);
/* Bytes came in on a stream (opened in place); it is broken or at its end; it can be written again. */
void peers_stream(struct peers *p, struct instant now, struct peer *peer, void *bytes, size_t n);
/* Whether to go on reading its stream: false while commands of it wait for their turn. */
bool peers_reads(const struct peer *peer, struct instant now);
void peers_hangup(struct peers *p, struct instant now, struct peer *peer);
void peers_writable(struct peers *p, struct peer *peer);

/* Ends all sessions of the member of that name; ERR_NOT_FOUND. */
NODISCARD enum err peers_kick(struct peers *p, struct instant now, struct slice name,
			      struct slice words);
/*
 * Goodbye to all, once what is pending in the hub is kept; new ones and new commands are turned away.
 * Over once peers_count() is 0, in bounded time; what the hub has to keep of it then, is hub_idle()'s
 * to tell.
 */
void peers_shutdown(struct peers *p, struct instant now);

/* The end of a turn: what is due goes out, what has ended is freed.  True: there is more to send. */
bool peers_pump(struct peers *p, struct instant now);

uint64_t peers_deadline(const struct peers *p); /* TIMERQ_NEVER: none */
void peers_tick(struct peers *p, struct instant now);

size_t peers_count(const struct peers *p);

#endif
