/*
 * One peer in the table of peers, as the files peers*.c know it; its memory is one block, with its session.
 * Nobody else includes this.
 */
#ifndef CORE_PEER_H
#define CORE_PEER_H

#include "core/half_open.h"
#include "core/hub_port.h"
#include "proto/session.h"
#include "proto/timerq.h"

#include <stddef.h>

struct shard;

/* A peer that has not shown yet where it is; see peer.knock. */
struct knock {
	struct half_open_entry entry; /* first member */
	struct peer *peer;
	uint32_t third_tries; /* third messages, whoever sent them */
};

/* Where a peer seems to be now. */
struct move {
	struct address to;
	int via;
	uint64_t token; /* of the challenge that was sent there */
};

/* What a shard leaves to be settled when all are through: it is more than one may do beside others. */
enum peer_rest {
	REST_MORE = 1,	  /* it stopped for the others' sake */
	REST_UNREAD = 2,  /* what it needs of a room is not in the room's memory */
	REST_BLOCKED = 4, /* its stream took less than it was given */
	REST_LOST = 8,	  /* there was no memory for what was not taken */
};

/* What a stream did not take, while it stands still. */
struct stall {
	uint64_t since;	      /* nothing was taken */
	uint64_t finished_at; /* once its peer is over */
	size_t len, at;	      /* of `bytes`; what of them was taken */
	uint8_t bytes[];
};

/*
 * There is one for each member, and most are idle.  Its session lies behind it: see peer_session().
 *
 * What a walk through a room looks at comes first.
 */
struct peer {
	struct timerq_entry timer; /* may be early, see peers.c; its own: the slot */
	union {
		void *link;	     /* streams: the outside's; NULL once hung up */
		struct knock *knock; /* datagrams: while it `knocks` … */
		struct move *move;   /* … and then; NULL: it is where it was */
	};
	union {
		struct stall *stall; /* streams; NULL: it took all */
		int via;	     /* datagrams: the socket */
	};
	uint32_t visited; /* the pump that sent it what was due, last */
	uint16_t room_count;
	bool stream : 1, queued : 1, finished : 1;
	bool waits : 1;	   /* datagrams: what else of it has arrived is looked at later */
	bool wary : 1;	   /* streams: it took less than it was given, and has not got all since */
	bool knocks : 1;   /* datagrams: it has not shown yet where it is */
	unsigned rest : 4; /* of enum peer_rest, while it waits to be settled */
	enum code farewell : 6; /* it is to be closed in the next pump, with this; CODE_OK: not */
	struct hub_client client;
	union {
		uint32_t room;	 /* that it follows, if it is one */
		uint32_t *rooms; /* several */
	};
	uint32_t next_ready, next_unsettled; /* see struct peer_queue */
};
_Static_assert(offsetof(struct peer, client.address) + sizeof(struct address) <= 64,
	       "what a walk looks at lies in one line of the cache");

static inline uint32_t peer_slot_of(const struct peer *peer)
{
	return peer->timer.own;
}

static inline struct session *peer_session(const struct peer *peer)
{
	return (struct session *)(uintptr_t)(peer + 1);
}

static inline struct stall *peer_stall(const struct peer *peer)
{
	return peer->stream ? peer->stall : NULL;
}

static inline bool peer_linked(const struct peer *peer)
{
	return peer->stream && peer->link;
}

/* It is what the session's log is asked with. */
static inline struct shard *peer_shard(const struct peer *peer)
{
	return session_log_ctx(peer_session(peer));
}

#endif
