/*
 * Peers over datagrams: which one a packet belongs to, those that are half open, and those that move
 * (protocol.md §2.1).
 */
#include "core/peers_internal.h"

#include "proto/packet.h"

#include <stdlib.h>

_Static_assert((int)RETRY_TOKEN <= (int)WIRE_TOKEN_MAX, "a token fits a packet");

/* ---- the first packet ------------------------------------------------------------------------ */

static struct peer *peer_of(struct half_open_entry *e)
{
	return ((struct knock *)e)->peer; /* its first member */
}

/* The table is full of peers that did not go on: the one that had the most time for it goes. */
static void make_room_half_open(struct peers *p, struct instant now)
{
	if (p->half_open.count < HALF_OPEN_MAX)
		return;
	struct peer *oldest = peer_of(p->half_open.oldest);
	half_open_remove(&p->half_open, &oldest->knock->entry);
	peer_finish(oldest, now);
	peer_mark_ready(oldest);
}

static struct peer *new_half_open(struct peers *p, struct instant now, const struct address *from,
				  int via, uint64_t client_cid)
{
	struct session_config config = peer_terms(p, TRANSPORT_UDP);

	config.remote_cid = client_cid;
	make_room_half_open(p, now);
	struct peer *peer = peer_new(p, now, from, &config);
	if (!peer)
		return NULL;
	peer->via = via;
	peer->knock = calloc(1, sizeof(*peer->knock));
	if (!peer->knock) {
		peer_reap(p, peer);
		return NULL;
	}
	*peer->knock = (struct knock){
		.entry = {.from = *from, .client_cid = client_cid, .since = now.mono_us},
		.peer = peer};
	peer->knocks = true;
	half_open_add(&p->half_open, &peer->knock->entry);
	return peer;
}

/* A packet that is no session's affair goes at once. */
static void send_alone(const struct peers *p, const struct address *to, int via,
		       const struct buf *b)
{
	const struct peers_port *port = &p->port;

	port->send_train(port->ctx, 0, to, via, b->data, b->len, b->len);
	port->flush(port->ctx, 0);
}

static void send_retry(struct peers *p, struct instant now, const struct address *from, int via,
		       uint64_t client_cid)
{
	uint8_t token[RETRY_TOKEN], storage[WIRE_PACKET_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	gate_token(&p->gate, now.mono_us, from, client_cid, token);
	retry_put(&b, client_cid, slice_of(token, sizeof(token)));
	send_alone(p, from, via, &b);
}

/* Too many at once: who may enter comes again.  All others may go on getting their tokens meanwhile. */
static bool comes_too_soon(const struct peers *p, struct instant now, const struct packet *init)
{
	return init->token.len > 0 && half_open_crowded(&p->half_open, now.mono_us);
}

/* The peer that an INIT comes from: a repeat finds the one that the first made. */
static struct peer *init_peer(struct peers *p, struct instant now, const struct address *from,
			      int via, const struct packet *init)
{
	struct half_open_entry *e = half_open_find(&p->half_open, from, init->cid);

	if (e)
		return peer_of(e);
	if (peers_full(p) || comes_too_soon(p, now, init))
		return NULL;
	switch (gate_knock(&p->gate, now.mono_us, from, init->cid, init->token,
			   p->half_open.count)) {
	case GATE_ENTER:
		return new_half_open(p, now, from, via, init->cid);
	case GATE_RETRY:
		send_retry(p, now, from, via, init->cid);
		break;
	case GATE_SILENT:
		break;
	}
	return NULL;
}

void peer_shown(struct peers *p, struct peer *peer)
{
	if (!peer->knocks)
		return;
	half_open_remove(&p->half_open, &peer->knock->entry);
	free(peer->knock);
	peer->knock = NULL;
	peer->knocks = false;
}

/* ---- finding and following ------------------------------------------------------------------- */

/* Until a peer has shown where it is, it is at home at one address. */
struct peer *peer_by_cid(const struct peers *p, const struct address *from, uint64_t cid)
{
	uint32_t slot = peer_slot(cid);
	struct peer *peer = slot < p->slot_count ? p->slots[slot] : NULL;

	if (!peer || peer->stream || session_local_cid(peer_session(peer)) != cid)
		return NULL;
	if (peer->knocks && peer->knock->entry.listed &&
	    !address_equal(&peer->client.address, from))
		return NULL;
	return peer;
}

/* Its newest packet came from elsewhere.  It may have moved; or somebody else was quicker with it. */
static void challenge(struct peers *p, struct instant now, struct peer *peer,
		      const struct address *from, int via)
{
	uint8_t storage[WIRE_PACKET_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	if (peer->knocks || (!peer->move && !(peer->move = calloc(1, sizeof(*peer->move)))))
		return;
	if (!address_equal(&peer->move->to, from))
		p->port.entropy(p->port.ctx, &peer->move->token, sizeof(peer->move->token));
	peer->move->to = *from;
	peer->move->via = via;
	session_challenge(peer_session(peer), now.mono_us, peer->move->token, &b);
	if (b.len > 0)
		send_alone(p, from, via, &b);
}

/* It has answered from there. */
void peer_follow(struct instant now, struct peer *peer, uint64_t token)
{
	struct move *m = peer->knocks ? NULL : peer->move;

	if (!m || m->token != token)
		return;
	hub_moved(&peer->client, &m->to);
	peer->via = m->via;
	peer->move = NULL;
	free(m);
	session_rerouted(peer_session(peer), now.mono_us);
}

/* A third message costs a curve operation even when it is wrong, and is sent again when it is lost. */
static bool may_try(struct peer *peer)
{
	if (!peer->knocks || !peer->knock->entry.listed)
		return true; /* it is open: the session knows that it has been */
	return peer->knock->third_tries++ < PEERS_THIRD_TRIES;
}

void peers_datagram(struct peers *p, struct instant now, const struct address *from, int via,
		    void *bytes, size_t n)
{
	struct packet packet;
	struct peer *peer = NULL;

	if (packet_get(bytes, n, &packet) != ERR_NONE)
		return;
	if (packet.type == PACKET_INIT)
		peer = init_peer(p, now, from, via, &packet);
	else if (packet.type == PACKET_DATA || packet.type == PACKET_FIN)
		peer = peer_by_cid(p, from, packet.cid);
	if (!peer || peer->finished)
		return;
	if (packet.type == PACKET_FIN && !may_try(peer))
		return;
	bool newest = session_feed(peer_session(peer), now.mono_us, bytes, n);
	peer_attend(p, now, peer); /* first: it may be the answer from where it is now */
	if (newest && !peer->finished && !address_equal(&peer->client.address, from))
		challenge(p, now, peer, from, via);
}
