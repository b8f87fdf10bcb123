/* RFC 9002 in its own words; section numbers are of that document. */
#include "proto/recovery.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_RING = 4, /* packets */
	SECOND_RING = 32,
	PACKET_THRESHOLD = 3,  /* §6.1.1 */
	GRANULARITY_US = 1000, /* §6.1.2 */
	REORDER_MAX = 4, /* steps: each doubles PACKET_THRESHOLD, adds 1/4 round trip to the time */
	REORDER_LIFE = 16,   /* reductions that are not taken back, until a step is */
	LOSS_WEIGHT = 32,    /* the newest packet's part in `loss` is one of so many */
	LOSSY = 2621,	     /* 4 % of 65536: more than one packet lost by chance */
	PACE_BURST = 10,     /* §7.7: packets that may leave together */
	PACE_TRAIN = 5,	     /* … and after a wait */
	PACE_TICK_US = 1000, /* no wait is shorter; what is due within it leaves together */
	PATIENCE = 1,	     /* probes before the time-out doubles … */
	PATIENCE_LOSSY = 6,  /* … where it is known that they may be lost, too */
};

void recovery_init(struct recovery *r)
{
	*r = (struct recovery){
		.window = RECOVERY_INITIAL_WINDOW,
		.threshold = UINT32_MAX,
		.loss_time_us = TIMERQ_NEVER,
	};
}

void recovery_stocks_init(struct stock rings[RECOVERY_STOCKS])
{
	rings[0] = (struct stock){.size = FIRST_RING * sizeof(struct sent_packet)};
	rings[1] = (struct stock){.size = SECOND_RING * sizeof(struct sent_packet)};
}

/* Where a ring of so many packets comes from; NULL: malloc(). */
static struct stock *stock_of(const struct recovery *r, uint32_t cap)
{
	if (!r->rings || cap > SECOND_RING)
		return NULL;
	return &r->rings[cap == SECOND_RING];
}

static void free_ring(struct recovery *r)
{
	struct stock *stock = stock_of(r, r->cap);

	if (stock)
		stock_give(stock, r->ring);
	else
		free(r->ring);
	r->ring = NULL;
	r->cap = r->head = 0;
}

void recovery_wipe(struct recovery *r)
{
	free_ring(r);
	*r = (struct recovery){.loss_time_us = TIMERQ_NEVER};
}

enum { RTT_CUT = (1 << 24) - 1, PACKETS_CUT = UINT16_MAX };

static uint64_t cut(uint64_t us)
{
	return us < RTT_CUT ? us : RTT_CUT;
}

/* What is no whole packet is given up: a window may be too small. */
static uint16_t whole_packets(uint32_t bytes)
{
	return (uint16_t)(bytes / WIRE_PACKET_MAX < PACKETS_CUT ? bytes / WIRE_PACKET_MAX
								: PACKETS_CUT);
}

struct recovery_rest recovery_rest(const struct recovery *r)
{
	assert(r->count == 0);
	return (struct recovery_rest){.next_number = r->next_number,
				      .loss = r->loss,
				      .srtt_us = cut(r->srtt_us),
				      .rttvar_us = cut(r->rttvar_us),
				      .reorder = r->reorder,
				      .reorder_left = r->reorder_left,
				      .min_rtt_us = cut(r->min_rtt_us),
				      .window = whole_packets(r->window),
				      .threshold = whole_packets(r->threshold),
				      .any_rtt = r->any_rtt};
}

void recovery_wake(struct recovery *r, const struct recovery_rest *rest)
{
	recovery_init(r);
	r->next_number = rest->next_number;
	r->loss = rest->loss;
	r->srtt_us = r->latest_rtt_us = rest->srtt_us;
	r->rttvar_us = rest->rttvar_us;
	r->reorder = rest->reorder;
	r->reorder_left = rest->reorder_left;
	r->min_rtt_us = rest->min_rtt_us;
	r->window = rest->window * WIRE_PACKET_MAX;
	if (rest->threshold < PACKETS_CUT)
		r->threshold = rest->threshold * WIRE_PACKET_MAX;
	r->any_rtt = rest->any_rtt;
}

bool recovery_troubled(const struct recovery *r)
{
	return r->lost_mask != 0 || r->swallowed_least != 0;
}

void recovery_rest_rerouted(struct recovery_rest *rest)
{
	rest->window = RECOVERY_INITIAL_WINDOW / WIRE_PACKET_MAX;
	rest->threshold = PACKETS_CUT;
}

static struct sent_packet *at(const struct recovery *r, uint32_t i)
{
	return &r->ring[(r->head + i) & (r->cap - 1)];
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * §5.3, but that a delay longer than the peer's usual one counts in full: it means that an
 * acknowledgement was lost and this one repeats it, which says nothing of the path.
 */
void recovery_rtt(struct recovery *r, uint64_t sample, uint64_t ack_delay)
{
	r->latest_rtt_us = sample;
	if (!r->any_rtt) {
		r->any_rtt = true;
		r->min_rtt_us = r->srtt_us = sample;
		r->rttvar_us = sample / 2;
		return;
	}
	if (sample < r->min_rtt_us)
		r->min_rtt_us = sample;
	if (sample >= r->min_rtt_us + ack_delay)
		sample -= ack_delay;
	uint64_t off = sample > r->srtt_us ? sample - r->srtt_us : r->srtt_us - sample;
	r->rttvar_us = (3 * r->rttvar_us + off) / 4;
	r->srtt_us = (7 * r->srtt_us + sample) / 8;
}

/* §6.2.1; a peer that had nothing to acknowledge lately does so at once. */
uint64_t recovery_pto(const struct recovery *r)
{
	uint64_t srtt = r->any_rtt ? r->srtt_us : RECOVERY_INITIAL_RTT;
	uint64_t var = r->any_rtt ? r->rttvar_us : RECOVERY_INITIAL_RTT / 2;
	uint64_t pto = srtt + larger(4 * var, GRANULARITY_US);

	if (!r->quiet)
		pto += RECOVERY_ACK_DELAY;
	return pto < RECOVERY_MAX_PTO ? pto : RECOVERY_MAX_PTO;
}

bool recovery_may_send(const struct recovery *r, size_t size, bool probe)
{
	return r->count < RECOVERY_MAX_FLIGHT && (probe || r->in_flight + size <= r->window);
}

uint64_t recovery_release(const struct recovery *r)
{
	return r->release_us;
}

/*
 * §7.7, at 5/4 of a window per round trip: of the shortest, since what queues in a busy end, as on this
 * machine, slows down nobody on the way.  Who has not sent for a while may send a burst; after that
 * there is a pause that is worth a train, so that no packet needs a timer of its own.
 */
static void pace_sent(struct recovery *r, uint64_t now, size_t size)
{
	const uint64_t bytes = PACE_BURST * WIRE_PACKET_MAX;

	if (!r->any_rtt)
		return;
	uint64_t worth = bytes * r->min_rtt_us * 4 / (UINT64_C(5) * r->window);
	uint64_t burst = larger(worth, 2 * PACE_TICK_US);
	if (r->paced_us + burst < now)
		r->paced_us = now - burst;
	r->paced_us += worth * size / bytes;
	if (r->paced_us >= now)
		r->release_us = r->paced_us + larger(worth * PACE_TRAIN / PACE_BURST, PACE_TICK_US);
}

static enum err grow(struct recovery *r)
{
	uint32_t cap = r->cap == 0 ? FIRST_RING : r->cap == FIRST_RING ? SECOND_RING : 2 * r->cap;
	struct stock *stock = stock_of(r, cap);
	struct sent_packet *ring = stock ? stock_take(stock) : malloc(cap * sizeof(*ring));

	if (!ring)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < r->count; i++)
		ring[i] = *at(r, i);
	free_ring(r);
	r->ring = ring;
	r->cap = cap;
	return ERR_NONE;
}

enum err recovery_sent(struct recovery *r, uint64_t now, size_t size, const struct ref *refs,
		       size_t count)
{
	assert(count <= RECOVERY_REFS && size <= WIRE_PACKET_MAX);
	if (r->count == RECOVERY_MAX_FLIGHT)
		return ERR_FULL;
	if (r->count == r->cap && grow(r) != ERR_NONE)
		return ERR_MEMORY;
	struct sent_packet *p = at(r, r->count++);
	*p = (struct sent_packet){.number = r->next_number++,
				  .sent_us = now,
				  .size = (uint16_t)size,
				  .count = (uint8_t)count};
	memcpy(p->refs, refs, count * sizeof(*refs));
	r->in_flight += (uint32_t)size;
	r->quiet = now >= r->last_sent_us + 2 * RECOVERY_ACK_DELAY;
	r->last_sent_us = now;
	pace_sent(r, now, size);
	return ERR_NONE;
}

void recovery_padded(struct recovery *r, uint64_t number, size_t by)
{
	for (uint32_t i = r->count; i-- > 0 && i + 2 >= r->count;) {
		struct sent_packet *p = at(r, i);
		if (p->number != number)
			continue;
		p->size = (uint16_t)(p->size + by);
		r->in_flight += (uint32_t)by;
	}
}

static void settle(struct recovery *r, struct sent_packet *p, bool lost, recovery_settle_fn *fn,
		   void *ctx)
{
	p->settled = true;
	r->in_flight -= p->size;
	for (size_t i = 0; i < p->count; i++)
		fn(ctx, &p->refs[i], lost);
}

/* How many are lost, of those whose fate is known. */
static void count_fate(struct recovery *r, bool lost)
{
	int32_t off = (lost ? UINT16_MAX : 0) - (int32_t)r->loss;

	r->loss = (uint16_t)((int32_t)r->loss + off / LOSS_WEIGHT);
}

/*
 * Of large packets: how many are lost since one that was as large arrived.  What was sent before the
 * first was found lost does not count: that may have been an outage, which is over.
 */
static void large_lost(struct recovery *r, uint64_t now, const struct sent_packet *p)
{
	if (p->size < RECOVERY_LARGE)
		return;
	if (r->swallowed_least == 0) {
		r->swallowed_us = now;
		r->swallowed_least = p->size;
		r->swallowed = 0;
	}
	if (p->size < r->swallowed_least)
		r->swallowed_least = p->size;
	if (p->sent_us < r->swallowed_us)
		return;
	if (r->swallowed < RECOVERY_SWALLOWED)
		r->swallowed++;
	r->swallows = r->swallowed == RECOVERY_SWALLOWED &&
		      p->sent_us >= r->swallowed_us + RECOVERY_SWALLOWED_TIME;
}

static void forget_large(struct recovery *r)
{
	r->swallowed_least = 0;
	r->swallows = false;
}

static void arrived(struct recovery *r, const struct sent_packet *p)
{
	if (p->size >= r->swallowed_least)
		forget_large(r);
}

bool recovery_swallows(const struct recovery *r)
{
	return r->swallows;
}

/* Packets whose fate is known leave from the old end; an idle session holds no ring. */
static void drop_settled(struct recovery *r)
{
	while (r->count > 0 && at(r, 0)->settled) {
		r->head = (r->head + 1) & (r->cap - 1);
		r->count--;
	}
	if (r->count > 0)
		return;
	free_ring(r);
}

/* §7.3.2: one reduction for all that was in flight when the first loss was seen. */
static void congestion_event(struct recovery *r, uint64_t now, const struct sent_packet *p)
{
	if (r->recovery_start_us && p->sent_us <= r->recovery_start_us)
		return;
	r->recovery_start_us = now;
	r->event_first = p->number;
	r->window_before = r->window;
	r->threshold_before = r->threshold;
	r->window /= 2;
	if (r->window < RECOVERY_MIN_WINDOW)
		r->window = RECOVERY_MIN_WINDOW;
	r->threshold = r->window;
	if (r->reorder > 0 && --r->reorder_left == 0) {
		r->reorder--;
		r->reorder_left = REORDER_LIFE;
	}
}

/* §7.3.1, §7.3.3; a window that is not used does not grow (§7.8). */
static void window_grow(struct recovery *r, const struct sent_packet *p, uint32_t flight_before)
{
	if (r->recovery_start_us && p->sent_us <= r->recovery_start_us)
		return;
	if (flight_before < r->window / 2)
		return;
	if (r->window < r->threshold)
		r->window += p->size;
	else
		r->window += (uint32_t)((uint64_t)WIRE_PACKET_MAX * p->size / r->window);
}

/* ---- losses that were none --------------------------------------------------------------------- */

/* Its number is kept for a while: it may only be late. */
static void declare_lost(struct recovery *r, uint64_t number)
{
	uint64_t up = number > r->lost_newest ? number - r->lost_newest : 0;
	uint64_t down = r->lost_newest - number; /* where it is not newer */

	if (up > 0) {
		r->lost_mask = up < 64 ? r->lost_mask << up : 0;
		r->lost_newest = number;
		down = 0;
	}
	if (down < 64)
		r->lost_mask |= UINT64_C(1) << down;
}

/* Takes the numbers of one range out of those that count as lost; how many were among them? */
static unsigned forgive_range(struct recovery *r, const struct ack_range *range)
{
	unsigned n = 0;

	for (uint64_t i = 0; i < 64 && i <= r->lost_newest; i++) {
		uint64_t number = r->lost_newest - i, bit = UINT64_C(1) << i;
		if (number < range->first)
			break;
		if (number > range->last || !(r->lost_mask & bit))
			continue;
		r->lost_mask &= ~bit;
		n++;
	}
	return n;
}

/* None of the losses that reduced the window is left. */
static bool event_refuted(const struct recovery *r)
{
	uint64_t since = r->lost_newest - r->event_first; /* bits 0 to since */

	if (!r->recovery_start_us || r->event_first > r->lost_newest || since >= 64)
		return false;
	return !(r->lost_mask & (UINT64_MAX >> (63 - since)));
}

/*
 * What counted as lost is acknowledged: the network swaps packets.  The reduction is taken back, and
 * from now on a packet has more time (§6.1.1 leaves that open; RFC 8985 §6.2 does so for TCP).
 */
static void forgive(struct recovery *r, const struct ack *a)
{
	unsigned n = 0;

	for (size_t i = 0; i < a->count && r->lost_mask; i++)
		n += forgive_range(r, &a->ranges[i]);
	if (n == 0)
		return;
	while (n-- > 0)
		r->loss -= r->loss < UINT16_MAX / LOSS_WEIGHT ? r->loss : UINT16_MAX / LOSS_WEIGHT;
	if (r->reorder < REORDER_MAX)
		r->reorder++;
	r->reorder_left = REORDER_LIFE;
	if (!event_refuted(r))
		return;
	r->recovery_start_us = 0;
	r->threshold = r->threshold_before;
	if (r->window < r->window_before)
		r->window = r->window_before;
}

/* ---- fates ------------------------------------------------------------------------------------- */

/* One sample can be of any length, when the acknowledgement was cut off or the peer asleep. */
static uint64_t latest_rtt(const struct recovery *r)
{
	return r->latest_rtt_us < RECOVERY_MAX_PTO ? r->latest_rtt_us : RECOVERY_MAX_PTO;
}

/* §6.1: lost is what was sent well before something that arrived. */
static bool detect_losses(struct recovery *r, uint64_t now, recovery_settle_fn *fn, void *ctx)
{
	uint64_t rtt = r->any_rtt ? larger(r->srtt_us, latest_rtt(r)) : RECOVERY_INITIAL_RTT;
	uint64_t wait = larger(rtt * (9 + 2 * r->reorder) / 8, GRANULARITY_US);
	uint64_t threshold = (uint64_t)PACKET_THRESHOLD << r->reorder;
	bool any = false;

	r->loss_time_us = TIMERQ_NEVER;
	for (uint32_t i = 0; r->any_acked && i < r->count; i++) {
		struct sent_packet *p = at(r, i);
		if (p->number > r->largest_acked)
			break;
		if (p->settled)
			continue;
		if (p->sent_us + wait <= now || r->largest_acked - p->number >= threshold) {
			congestion_event(r, now, p);
			count_fate(r, true);
			large_lost(r, now, p);
			declare_lost(r, p->number);
			settle(r, p, true, fn, ctx);
			any = true;
		} else if (p->sent_us + wait < r->loss_time_us) {
			r->loss_time_us = p->sent_us + wait;
		}
	}
	return any;
}

/* Ranges come highest first; the ring is walked from its new end alongside. */
static const struct sent_packet *settle_ranges(struct recovery *r, const struct ack *a,
					       recovery_settle_fn *fn, void *ctx)
{
	const struct sent_packet *newest = NULL;
	uint32_t flight_before = r->in_flight;
	size_t range = 0;

	for (uint32_t i = r->count; i-- > 0;) {
		struct sent_packet *p = at(r, i);
		while (range < a->count && a->ranges[range].first > p->number)
			range++;
		if (range == a->count)
			break;
		if (p->settled || p->number > a->ranges[range].last)
			continue;
		if (!newest)
			newest = p;
		window_grow(r, p, flight_before);
		count_fate(r, false);
		arrived(r, p);
		settle(r, p, false, fn, ctx);
	}
	return newest;
}

enum err recovery_acked(struct recovery *r, uint64_t now, const struct ack *a,
			recovery_settle_fn *fn, void *ctx)
{
	uint64_t largest = a->ranges[0].last;

	if (largest >= r->next_number)
		return ERR_MALFORMED;
	if (!r->any_acked || largest > r->largest_acked)
		r->largest_acked = largest;
	r->any_acked = true;

	forgive(r, a);
	const struct sent_packet *newest = settle_ranges(r, a, fn, ctx);
	if (newest) {
		if (newest->number == largest)
			recovery_rtt(r, now - newest->sent_us, a->delay_us);
		r->pto_count = 0;
		detect_losses(r, now, fn, ctx);
	}
	drop_settled(r);
	return ERR_NONE;
}

void recovery_rerouted(struct recovery *r, uint64_t now, recovery_settle_fn *fn, void *ctx)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (!at(r, i)->settled)
			settle(r, at(r, i), true, fn, ctx);
	drop_settled(r);
	r->window = RECOVERY_INITIAL_WINDOW;
	r->threshold = UINT32_MAX;
	r->recovery_start_us = now;
	r->loss_time_us = TIMERQ_NEVER;
	r->paced_us = r->release_us = r->lost_mask = 0;
	r->min_rtt_us = r->srtt_us; /* of the new path, less may be true */
	r->swallowed = 0;
	r->pto_count = 0;
}

bool recovery_lossy(const struct recovery *r)
{
	return r->loss > LOSSY;
}

static uint64_t pto_deadline(const struct recovery *r)
{
	uint32_t patience = recovery_lossy(r) ? PATIENCE_LOSSY : PATIENCE;
	uint32_t doublings = r->pto_count < patience ? 0 : r->pto_count - patience;
	uint64_t pto = recovery_pto(r) << (doublings < 8 ? doublings : 8);

	return r->last_sent_us + (pto < RECOVERY_MAX_PTO ? pto : RECOVERY_MAX_PTO);
}

void recovery_heard(struct recovery *r)
{
	if (r->pto_count > PATIENCE)
		r->pto_count = PATIENCE;
}

uint64_t recovery_deadline(const struct recovery *r)
{
	if (r->count == 0)
		return TIMERQ_NEVER;
	return r->loss_time_us != TIMERQ_NEVER ? r->loss_time_us : pto_deadline(r);
}

enum recovery_timeout recovery_tick(struct recovery *r, uint64_t now, recovery_settle_fn *fn,
				    void *ctx)
{
	if (now < recovery_deadline(r))
		return RECOVERY_NOTHING;
	if (r->loss_time_us != TIMERQ_NEVER) {
		bool any = detect_losses(r, now, fn, ctx);
		drop_settled(r);
		if (now < recovery_deadline(r)) /* else the probe time-out lay behind it */
			return any ? RECOVERY_LOST : RECOVERY_NOTHING;
	}
	/* A full ring has no place for a probe: the oldest, which is due again anyway, makes one. */
	if (r->count == RECOVERY_MAX_FLIGHT) {
		settle(r, at(r, 0), true, fn, ctx);
		drop_settled(r);
	}
	r->pto_count++;
	r->last_sent_us = now; /* the next probe is due a whole PTO from here, sent or not */
	return RECOVERY_PROBE;
}

const struct sent_packet *recovery_packet(const struct recovery *r, uint32_t i)
{
	return i < r->count ? at(r, i) : NULL;
}
