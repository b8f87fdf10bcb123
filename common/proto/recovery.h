/*
 * Loss detection and congestion control of one direction of a UDP session: RFC 9002.
 *
 * Remembers each packet in flight as references of 16 bytes to what it carried, never as bytes.
 * When the fate of a packet is known, its references are handed back: acknowledged, or lost and so
 * due again in some later packet.  Packets themselves are never resent.
 *
 * Times are microseconds of one growing clock.  What differs from RFC 9002: a PTO is at most
 * RECOVERY_MAX_PTO (a chat line should not wait for a backed-off minute), its back-off begins later and
 * ends when the peer is heard; the window never falls below RECOVERY_MIN_WINDOW; a loss that turns out
 * to be none is taken back, and makes the next one slower to believe; there is one packet number space.
 */
#ifndef PROTO_RECOVERY_H
#define PROTO_RECOVERY_H

#include "proto/stock.h"
#include "proto/timerq.h"
#include "proto/wire.h"

enum {
	RECOVERY_REFS = 4,	    /* a packet carries at most so many things by reference */
	RECOVERY_MAX_FLIGHT = 1024, /* packets */
	RECOVERY_MIN_WINDOW = 4 * WIRE_PACKET_MAX,
	RECOVERY_INITIAL_WINDOW = 10 * WIRE_PACKET_MAX,
	RECOVERY_INITIAL_RTT = 333 * 1000,
	RECOVERY_MAX_PTO = 3 * 1000 * 1000,
	RECOVERY_ACK_DELAY = 25 * 1000, /* how long an acknowledgement may wait for company */
	RECOVERY_LARGE = 600,		/* bytes; a smaller packet fits any path */
	RECOVERY_SWALLOWED = 16,	/* large packets in a row that were lost … */
	RECOVERY_SWALLOWED_TIME = 10 * 1000 * 1000, /* … over so long: the path takes none */
};

enum ref_kind {
	REF_EVENTS,	  /* room; first, count: sequence numbers */
	REF_EVENT_PART,	  /* room; first: sequence number; part */
	REF_COMMANDS,	  /* first, count: ids */
	REF_COMMAND_PART, /* first: id; part */
	REF_REPLIES,	  /* first, count: ids */
	REF_REPLY_PART,	  /* first: id; part */
	REF_BYE,
};

struct ref {
	uint64_t first;
	uint32_t room;
	uint16_t count;
	uint8_t kind;
	uint8_t part;
};
_Static_assert(sizeof(struct ref) == 16, "what a packet remembers stays small");

struct sent_packet {
	uint64_t number;
	uint64_t sent_us;
	uint16_t size;
	uint8_t count;
	bool settled; /* acknowledged or lost; leaves the ring when it is the oldest */
	struct ref refs[RECOVERY_REFS];
};

struct recovery {
	struct sent_packet *ring; /* allocated while anything is in flight */
	struct stock
		*rings; /* borrowed, RECOVERY_STOCKS: small ones are of these; NULL: malloc()'s */
	uint32_t head, count, cap;
	uint64_t next_number;
	uint64_t largest_acked;					/* once any_acked */
	uint64_t srtt_us, rttvar_us, min_rtt_us, latest_rtt_us; /* once any_rtt */
	uint64_t last_sent_us;		       /* the newest packet that wants an answer */
	uint64_t loss_time_us;		       /* when the time threshold loses the next packet */
	uint64_t recovery_start_us;	       /* losses before this are one congestion event */
	uint32_t window, threshold, in_flight; /* bytes */
	uint32_t pto_count;
	uint64_t paced_us, release_us;	 /* what was sent is paid for; what is next may go */
	uint64_t lost_newest, lost_mask; /* bit i: number lost_newest - i counts as lost */
	uint64_t event_first;		 /* the newest reduction is owed to it and later ones */
	uint32_t window_before, threshold_before; /* that reduction */
	uint64_t swallowed_us;			  /* when the first of `swallowed` was found lost */
	uint16_t loss; /* the share of packets that are lost, smoothed, in 1/65536 */
	uint8_t reorder, reorder_left; /* steps of patience; reductions until one less */
	uint8_t swallowed;	       /* large packets lost in a row, after the first */
	bool swallows;		       /* so many that there is no hope */
	uint16_t swallowed_least;      /* the smallest of them; 0: none is lost */
	bool any_acked, any_rtt;
	bool quiet; /* nothing wanted an answer for a while before the newest packet */
};

#define RECOVERY_STOCKS 2 /* one for each size of a small ring */

/*
 * What is kept of it where nothing was in flight for a while.  What was acknowledged then has numbers below
 * any that are sent later, and tells nothing of those.
 */
struct recovery_rest {
	uint64_t next_number : 48;
	uint64_t loss : 16;
	uint64_t srtt_us : 24, rttvar_us : 24; /* longer ones are cut */
	uint64_t reorder : 8, reorder_left : 8;
	uint64_t min_rtt_us : 24;
	uint64_t window : 16, threshold : 16; /* packets of WIRE_PACKET_MAX */
	uint64_t any_rtt : 1;
};
_Static_assert(sizeof(struct recovery_rest) == 24, "one for each member that is idle");

/* What happened to one reference. */
typedef void recovery_settle_fn(void *ctx, const struct ref *ref, bool lost);

enum recovery_timeout { RECOVERY_NOTHING, RECOVERY_LOST, RECOVERY_PROBE };

void recovery_init(struct recovery *r);
void recovery_wipe(struct recovery *r);
void recovery_stocks_init(struct stock rings[RECOVERY_STOCKS]);

/* Nothing is in flight. */
struct recovery_rest recovery_rest(const struct recovery *r);
void recovery_wake(struct recovery *r, const struct recovery_rest *rest);
bool recovery_troubled(const struct recovery *r); /* it knows of losses that a rest would forget */
void recovery_rest_rerouted(struct recovery_rest *rest); /* as recovery_rerouted() */

void recovery_rtt(struct recovery *r, uint64_t sample_us, uint64_t ack_delay_us);

/* Room for a packet of `size` bytes?  A probe may pass over the window, not over the ring. */
bool recovery_may_send(const struct recovery *r, size_t size, bool probe);
/* Packets leave in trains, and not sooner than the window is worth (RFC 9002 §7.7): the next one
 * may go then, in the past if at once.  Nobody has to ask for an acknowledgement or a probe. */
uint64_t recovery_release(const struct recovery *r);
/* A packet that wants an answer went out under r->next_number, which grows; ERR_MEMORY, ERR_FULL. */
NODISCARD enum err recovery_sent(struct recovery *r, uint64_t now, size_t size,
				 const struct ref *refs, size_t count);

/* That packet, one of the newest two, is so much larger than was said; if it is remembered at all. */
void recovery_padded(struct recovery *r, uint64_t number, size_t by);

/* ERR_MALFORMED: acknowledges what was never sent; then nothing changed. */
NODISCARD enum err recovery_acked(struct recovery *r, uint64_t now, const struct ack *a,
				  recovery_settle_fn *fn, void *ctx);

/* All that is in flight went where the peer is not any more: it is lost, and nobody's congestion.  The
 * new path is not known: RFC 9000 §9.4. */
void recovery_rerouted(struct recovery *r, uint64_t now, recovery_settle_fn *fn, void *ctx);
/* Something came from the peer: it is there, and probes need not be as rare as if it were not. */
void recovery_heard(struct recovery *r);

uint64_t recovery_deadline(const struct recovery *r);
/* PROBE: the peer is silent; send something that wants an answer, best what is oldest in flight.
 * What a probe carries again stays in flight as well: nothing was lost yet.  Only when the ring is
 * full is the oldest packet given up for lost, so that there is always a place for a probe. */
enum recovery_timeout recovery_tick(struct recovery *r, uint64_t now, recovery_settle_fn *fn,
				    void *ctx);
/* The i-th oldest packet that is remembered (some may be settled), or NULL past the newest. */
const struct sent_packet *recovery_packet(const struct recovery *r, uint32_t i);

uint64_t recovery_pto(const struct recovery *r); /* without back-off */
/* Small packets get through and large ones do not, as where the path's MTU is below what RFC 9000
 * §14 wants: nothing that is large will ever arrive. */
bool recovery_swallows(const struct recovery *r);
bool recovery_lossy(const struct recovery *r); /* copies pay: every 25th packet or more is lost */

#endif
