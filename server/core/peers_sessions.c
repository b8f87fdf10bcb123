/*
 * The sessions of one identity: found by its key, and not more than PEERS_SESSIONS open at a time.
 *
 * A client has one, two while it moves from one to the other, and a person has a few clients.  Who has
 * more has lost the oldest, most likely, and does not know it yet; or wants all there is room for.
 */
#include "core/peers_internal.h"

#include <string.h>

static uint64_t hash_of(const struct peers *p, const uint8_t identity[OWNER_BYTES])
{
	return table_hash(identity, OWNER_BYTES, p->half_open.seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	return hash_of(ctx, RING_OF(e, const struct peer, kin)->client.identity);
}

void peers_know_nobody(struct peers *p)
{
	table_init(&p->kin, hash_of_entry, p);
}

/* Others may be in the same bucket. */
static bool counts(const struct peer *peer, const uint8_t identity[OWNER_BYTES])
{
	return session_open(peer_session(peer)) && owner_equal(peer->client.identity, identity);
}

static void close_oldest(struct peers *p, struct instant now, const uint8_t identity[OWNER_BYTES])
{
	struct peer *oldest = NULL;
	size_t count = 0;

	for (struct table_entry *e = table_first(&p->kin, hash_of(p, identity)); e;
	     e = table_next(e)) {
		struct peer *peer = RING_OF(e, struct peer, kin);
		if (!counts(peer, identity))
			continue;
		count++;
		if (!oldest || (int32_t)(peer->opened - oldest->opened) < 0)
			oldest = peer;
	}
	if (count <= PEERS_SESSIONS)
		return;
	session_close(peer_session(oldest), now.mono_us, CODE_TOO_MANY, "");
	peer_mark_ready(oldest);
}

void peer_known(struct peers *p, struct instant now, struct peer *peer,
		const uint8_t key[OWNER_BYTES])
{
	memcpy(peer->client.identity, key, OWNER_BYTES);
	if (table_add(&p->kin, &peer->kin) != ERR_NONE) {
		session_close(peer_session(peer), now.mono_us, CODE_SERVER_FULL, "");
		return;
	}
	p->opened += p->opened < UINT32_MAX ? 1 : 2; /* not 0 */
	peer->opened = p->opened;
	close_oldest(p, now, key);
}

void peer_forgotten(struct peers *p, struct peer *peer)
{
	if (peer->opened > 0)
		table_remove(&p->kin, &peer->kin);
	peer->opened = 0;
}
