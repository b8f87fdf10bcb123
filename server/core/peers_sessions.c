/*
 * The sessions of one identity: found by its key, and not more than PEERS_SESSIONS open at a time.
 *
 * A client has one, two while it moves from one to the other, and a person has a few clients.  Who has
 * more has lost the oldest, most likely, and does not know it yet; or wants all there is room for.
 */
#include "core/peers_internal.h"

#include <string.h>

/* Others may have the same hash. */
static bool counts(const struct peer *peer, const uint8_t identity[OWNER_BYTES])
{
	return session_open(peer_session(peer)) && owner_equal(peer->client.identity, identity);
}

static void close_oldest(struct peers *p, struct instant now, uint64_t hash,
			 const uint8_t identity[OWNER_BYTES])
{
	struct peer *oldest = NULL;
	size_t count = 0;

	for (struct table_entry *e = table_first(&p->kin, hash); e; e = table_next(e)) {
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
	uint64_t hash = table_hash(key, OWNER_BYTES, p->half_open.seed);

	memcpy(peer->client.identity, key, OWNER_BYTES);
	if (table_add(&p->kin, &peer->kin, hash) != ERR_NONE) {
		session_close(peer_session(peer), now.mono_us, CODE_SERVER_FULL, "");
		return;
	}
	p->opened += p->opened < UINT32_MAX ? 1 : 2; /* not 0 */
	peer->opened = p->opened;
	close_oldest(p, now, hash, key);
}

void peer_forgotten(struct peers *p, struct peer *peer)
{
	if (peer->opened > 0)
		table_remove(&p->kin, &peer->kin);
	peer->opened = 0;
}
