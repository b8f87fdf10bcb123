/*
 * Many datagrams at once.  To open one and to take its frames in is the session's own affair: shards do it
 * for their peers, side by side.  What ends in the hub (commands, above all) is done afterwards by the
 * one who called, in the order in which they came; until then sessions hold it.
 *
 * Only packets of sessions that are open, from where these are at home, are for shards.  All others are
 * looked at afterwards, and so is what comes of the same peer behind one of those.
 */
#include "core/peers_internal.h"

#include "proto/packet.h"

#include <string.h>

struct reading {
	struct peers *peers;
	struct instant now;
	const struct peers_arrival *all;
	size_t count;
};

/* The peer that it is for, if that is one of the shard's, and its session open. */
static struct peer *receiver(const struct reading *r, const struct peers_arrival *a, unsigned shard)
{
	const struct peers *p = r->peers;
	struct packet packet;

	if (packet_get(a->bytes, a->n, &packet) != ERR_NONE || packet.type != PACKET_DATA ||
	    peer_slot(packet.cid) % p->shard_count != shard)
		return NULL;
	struct peer *peer = peer_by_cid(p, &a->from, packet.cid);
	return peer && !peer->finished && session_open(peer_session(peer)) ? peer : NULL;
}

/* The words are borrowed until something is asked of the session again. */
static void keep_words(struct opened *o)
{
	struct slice *text = &o->event.ended.text;

	if (o->event.kind != SESSION_ENDED)
		return;
	text->len = text->len < sizeof(o->words) ? text->len : sizeof(o->words);
	if (text->len > 0)
		memcpy(o->words, text->data, text->len);
	text->data = o->words;
}

static void open_one(const struct reading *r, const struct peers_arrival *a, struct opened *o,
		     struct peer *peer)
{
	session_hold(peer_session(peer), TIMERQ_NEVER);
	(void)session_feed(peer_session(peer), r->now.mono_us, a->bytes, a->n);
	o->peer = peer;
	o->any = session_event(peer_session(peer), r->now.mono_us, &o->event);
	keep_words(o);
	peer->waits = o->any;
}

static void open_own(void *arg, unsigned shard)
{
	const struct reading *r = arg;

	for (size_t i = 0; i < r->count; i++) {
		const struct peers_arrival *a = &r->all[i];
		struct peer *peer = receiver(r, a, shard);
		if (!peer || peer->waits)
			continue;
		if (address_equal(&peer->client.address, &a->from))
			open_one(r, a, &r->peers->opened_now[i], peer);
		else
			peer->waits = true;
	}
}

static void take_up(struct peers *p, struct instant now, const struct peers_arrival *a,
		    struct opened *o)
{
	if (!o->peer) {
		peers_datagram(p, now, &a->from, a->via, a->bytes, a->n);
		return;
	}
	if (o->any)
		peer_take(p, now, o->peer, &o->event);
	peer_attend(p, now, o->peer);
}

static void none_waits(struct reading *r)
{
	struct packet packet;

	for (size_t i = 0; i < r->count; i++) {
		const struct peers_arrival *a = &r->all[i];
		r->peers->opened_now[i].peer = NULL;
		if (packet_get(a->bytes, a->n, &packet) != ERR_NONE || packet.type != PACKET_DATA)
			continue;
		struct peer *peer = peer_by_cid(r->peers, &a->from, packet.cid);
		if (peer)
			peer->waits = false;
	}
}

static void take_together(struct reading *r)
{
	struct peers *p = r->peers;

	none_waits(r);
	shards_beside(p, true);
	p->port.together(p->port.ctx, open_own, r);
	shards_beside(p, false);
	for (size_t i = 0; i < r->count; i++)
		take_up(p, r->now, &r->all[i], &p->opened_now[i]);
}

void peers_datagrams(struct peers *p, struct instant now, const struct peers_arrival *all,
		     size_t count)
{
	bool worth = p->shard_count > 1 && 2 * count >= p->config.together;

	for (size_t i = 0; i < count && !worth; i++)
		peers_datagram(p, now, &all[i].from, all[i].via, all[i].bytes, all[i].n);
	for (size_t i = 0; i < count && worth; i += PEER_ARRIVALS) {
		size_t n = count - i < PEER_ARRIVALS ? count - i : PEER_ARRIVALS;
		struct reading r = {p, now, all + i, n};
		take_together(&r);
	}
}
