/* The inside of the table of peers, shared by the files peers*.c.  Nobody else includes this. */
#ifndef CORE_PEERS_INTERNAL_H
#define CORE_PEERS_INTERNAL_H

#include "core/gate.h"
#include "core/half_open.h"
#include "core/peers.h"
#include "core/ring.h"
#include "core/table.h"
#include "proto/assembly.h"
#include "proto/timerq.h"

enum {
	PEER_SLOT_BITS = 24, /* of a connection id; the rest is drawn */
	PEER_UNIT = WIRE_RECORD_HEADER + WIRE_RECORD_MAX, /* what a session gives at the least */
	PEER_TRAIN = PEERS_TURN_BYTES + PEER_UNIT,	  /* … and at the most */
	PEER_BATCH = 256 * 1024, /* bytes of trains, before they are flushed */
};

_Static_assert((int)PEER_BATCH >= (int)PEER_TRAIN && (int)PEER_UNIT >= (int)WIRE_PACKET_MAX,
	       "a train fits, and whatever it is made of");

/* Where a peer seems to be now. */
struct move {
	struct address to;
	int via;
	uint64_t token; /* of the challenge that was sent there */
};

/* Who follows a room. */
struct audience {
	struct table_entry entry; /* first member; by room */
	uint32_t room;
	struct ring followers; /* by `of_room` */
	bool stirred;	       /* it is in peers.stirred, by `next` */
	struct audience *next;
};

/* That a peer does. */
struct follower {
	struct ring of_room, of_peer;
	struct audience *audience; /* NULL: it does not */
	struct peer *peer;
};

struct peer {
	struct timerq_entry timer; /* first member */
	struct hub_client client;
	struct session *session;
	void *link;	   /* streams: the outside's; NULL once hung up */
	int via;	   /* datagrams: the socket */
	struct move *move; /* datagrams: NULL: it is where it was */
	bool stream, queued, finished;
	uint64_t cid;
	struct half_open_entry half_open;
	struct table_entry kin; /* by identity, from when it is known */
	uint64_t opened;	/* how many were before it, and it; 0: it is not */
	uint32_t third_tries;	/* while it is half open: third messages, whoever sent them */
	uint64_t blocked_at;	/* streams: since when nothing was taken; 0: not blocked */
	uint64_t finished_at;
	uint8_t *leftover; /* streams: what the last write did not take */
	size_t leftover_len, leftover_at;
	struct peer *next_ready;
	struct ring follows;   /* rooms, by `of_peer` */
	struct follower first; /* the one that most have */
	enum code farewell;    /* it is to be closed in the next pump, with this; CODE_OK: not */
	char *farewell_words;  /* NUL-terminated; NULL: none */
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
	struct throttle *commands; /* by identity */
	struct table kin;
	uint64_t opened; /* sessions so far */
	struct assembly_pool held;
	struct peer *ready, **ready_end;
	struct timerq timers;
	struct table audiences;
	struct audience *stirred;     /* rooms whose followers may be behind */
	bool crowded;		      /* all commands wait, until the hub is less so */
	bool shutting_down, goodbyes; /* they are said */
	uint64_t goodbye_by;
	size_t batched; /* of `batch`: handed to send_train(), not flushed */
	uint8_t batch[PEER_BATCH];
};

static inline uint32_t peer_slot(uint64_t cid)
{
	return (uint32_t)(cid & ((UINT64_C(1) << PEER_SLOT_BITS) - 1));
}

/* peers.c */
bool peers_full(const struct peers *p);
struct peer *peer_new(struct peers *p, struct instant now, const struct address *from,
		      const struct session_config *config); /* NULL: no memory */
/* Something came in for this peer, or its time has come. */
void peer_attend(struct peers *p, struct instant now, struct peer *peer);
void peer_mark_ready(struct peers *p, struct peer *peer); /* it has its turn in the next pump */
void peer_finish(struct peer *peer, struct instant now);  /* it is over, and freed by the pump */

/* peers_rooms.c */
extern const struct session_log peers_log; /* its context: the table */
void peers_serve(struct peers *p);	   /* what the hub wants done is done here */
void peers_wake(struct peers *p);	   /* who follows a room that has something */
void peers_unfollow_all(struct peers *p, struct peer *peer);
void peers_wipe_rooms(struct peers *p);			   /* when nobody follows any more */
bool peer_holds(struct peers *p, const struct peer *peer); /* its next command waits */
void peer_farewell(struct peers *p, struct peer *peer, struct instant now);

/* peers_sessions.c */
/* It has shown its key.  Of too many sessions under it one is sent away. */
void peer_known(struct peers *p, struct instant now, struct peer *peer,
		const uint8_t key[OWNER_BYTES]);
void peer_forgotten(struct peers *p, struct peer *peer); /* not known: nothing */

/* peers_dgram.c */
void peer_follow(struct instant now, struct peer *peer,
		 uint64_t token); /* a challenge was answered */

#endif
