/* The inside of the table of peers, shared by the files peers*.c.  Nobody else includes this. */
#ifndef CORE_PEERS_INTERNAL_H
#define CORE_PEERS_INTERNAL_H

#include "core/audiences.h"
#include "core/gate.h"
#include "core/peer.h"
#include "core/peers.h"
#include "core/ring.h"
#include "core/slab.h"
#include "proto/assembly.h"

enum {
	PEER_SLOT_BITS = 24, /* of a connection id; the rest is drawn */
	PEER_UNIT = WIRE_RECORD_HEADER + WIRE_RECORD_MAX, /* what a session gives at the least */
	PEER_TRAIN = PEERS_TURN_BYTES + PEER_UNIT,	  /* … and at the most */
	PEER_ARRIVALS = 256,	 /* datagrams that are opened before what is in them is done */
	PEER_BATCH = 256 * 1024, /* bytes of trains, before they are flushed */
	PEER_LOT = 8, /* streams whose turns are filled one after the other, then sent … */
	PEER_LOT_BYTES = 1024, /* … if a turn is no more than that */
};

_Static_assert((int)PEER_BATCH >= (int)PEER_TRAIN && (int)PEER_UNIT >= (int)WIRE_PACKET_MAX,
	       "a train fits, and whatever it is made of");

/* Peers one behind the other, by their slots; 0: none, else one more than the slot. */
struct peer_queue {
	uint32_t first, last;
	size_t count;
};

/* What a stream is to be sent, in its shard's batch; nothing else of the peer is left to be done. */
struct ready_turn {
	struct peer *peer;
	uint32_t at, len;
};

/*
 * Some of the peers, and all that sending to them changes.  Shards may be at work side by side; then
 * they read the hub, and nobody changes it.
 */
struct shard {
	struct peers *peers;
	unsigned number;
	bool beside;		     /* … at this moment */
	bool unread;		     /* the session at hand asked for what is not in memory */
	struct peer_queue ready;     /* they have their turn in the next pump, by next_ready */
	struct peer_queue behind;    /* who had more than its part of one; in one of both */
	struct peer_queue unsettled; /* by next_unsettled */
	struct timerq timers;
	struct assembly_pool held;
	struct session_stock stock; /* of its sessions */
	struct ready_turn lot[PEER_LOT];
	uint32_t lot_count;
	size_t batched; /* of `batch`: in the lot, or handed to send_train() and not flushed */
	uint8_t batch[PEER_BATCH];
};

/* What a shard has opened of what has just arrived. */
struct opened {
	struct peer *peer; /* NULL: it has not */
	bool any;	   /* the session says: */
	struct session_event event;
	uint8_t words[WIRE_REASON_MAX]; /* of that, at its end */
};

struct peers {
	struct peers_config config;
	struct hub *hub;
	struct peers_port port;
	struct peer **slots;
	size_t slot_count, slot_cap, count; /* slots in use at some time; peers alive */
	uint32_t *free_slots;
	size_t free_count;
	struct half_open half_open;
	struct gate gate;
	struct throttle *commands;	    /* by identity */
	struct slab blocks[TRANSPORT_UNIX]; /* peers with their sessions, by transport */
	struct shard *shards[PEERS_SHARDS];
	unsigned shard_count;
	struct opened *opened_now; /* PEER_ARRIVALS; NULL: there is one shard */
	uint32_t pumps;		   /* so far, but for 0; they begin anew */
	struct audiences audiences;
	bool crowded;		      /* all commands wait, until the hub is less so */
	bool shutting_down, goodbyes; /* they are said */
	uint64_t goodbye_by;
};

static inline uint32_t peer_slot(uint64_t cid)
{
	return (uint32_t)(cid & ((UINT64_C(1) << PEER_SLOT_BITS) - 1));
}

/* peers.c */
bool peers_full(const struct peers *p);
/* What every session over that transport has in common. */
struct session_config peer_terms(const struct peers *p, enum transport t);
struct peer *peer_new(struct peers *p, struct instant now, const struct address *from,
		      const struct session_config *config); /* NULL: no memory */
void peer_reap(struct peers *p, struct peer *peer);
/* Something came in for this peer, or its time has come. */
void peer_attend(struct peers *p, struct instant now, struct peer *peer);
void peer_drain(struct peers *p, struct instant now, struct peer *peer); /* what its session says */
void peer_take(struct peers *p, struct instant now, struct peer *peer,
	       const struct session_event *ev);		 /* that it has said */
void peer_mark_ready(struct peer *peer);		 /* it has its turn in the next pump */
void peer_finish(struct peer *peer, struct instant now); /* it is over, and freed by the pump */
void peer_hang_up(struct peers *p, struct instant now, struct peer *peer, enum leave_reason reason);

/* peers_pump.c */
enum {
	PEER_STALL_TIMEOUT = 60 * 1000 * 1000, /* a stream that takes nothing, microseconds */
	PEER_LINGER_TIMEOUT = 2 * 1000 * 1000, /* last bytes of a finished stream */
};
struct shard *shard_new(struct peers *p, unsigned number); /* NULL: no memory */
void shard_free(struct shard *s);
void shards_beside(struct peers *p, bool beside);
NODISCARD enum err peer_arm(struct peer *peer); /* ERR_MEMORY: only when it never was */
uint64_t peer_deadline(const struct peer *peer);

/* peers_rooms.c */
extern const struct session_log peers_log; /* its context: the peer's shard */
void peers_serve(struct peers *p);	   /* what the hub wants done is done here */
void peers_unfollow_all(struct peers *p, struct peer *peer);
bool peer_holds(struct peers *p, const struct peer *peer); /* its next command waits */
void peer_farewell(struct peer *peer, struct instant now);

/* peers_sessions.c */
/* Whose session it is.  False: no memory.  Of too many under one key the oldest is sent away. */
NODISCARD bool peer_known(struct peers *p, struct instant now, struct peer *peer,
			  const uint8_t identity[OWNER_BYTES]);
void peer_forgotten(struct peers *p, struct peer *peer); /* not known: nothing */

/* peers_dgram.c */
/* Whom that is an id of, as far as it goes for one who writes from there. */
struct peer *peer_by_cid(const struct peers *p, const struct address *from, uint64_t cid);
void peer_shown(struct peers *p, struct peer *peer); /* it is where it says, or it is over */
void peer_follow(struct instant now, struct peer *peer,
		 uint64_t token); /* a challenge was answered */

#endif
