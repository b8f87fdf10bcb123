/*
 * The sessions of one identity, and not more than PEERS_SESSIONS of a key open at a time.
 *
 * A client has one, two while it moves from one to the other, and a person has a few clients.  Who has
 * more has lost the oldest, most likely, and does not know it yet; or wants all there is room for.
 *
 * Those of a key are listed, the newest first, until they are sent away or gone.  Local users may have
 * any number of them: those are counted, and no more.
 */
#include "core/peers_internal.h"

/* Nothing, if it was taken out before. */
static void unlist(const struct peers *p, struct peer *peer)
{
	uint32_t *at = &peer->client.bearer->session;

	while (*at && *at != peer_slot_of(peer) + 1)
		at = &p->slots[*at - 1]->client.session;
	if (*at)
		*at = peer->client.session;
	peer->client.session = 0;
}

static void close_oldest(const struct peers *p, struct instant now, const struct bearer *bearer)
{
	struct peer *oldest = NULL;
	size_t count = 0;

	for (uint32_t at = bearer->session; at; at = p->slots[at - 1]->client.session)
		if (session_open(peer_session(p->slots[at - 1]))) {
			oldest = p->slots[at - 1];
			count++;
		}
	if (count <= PEERS_SESSIONS)
		return;
	session_close(peer_session(oldest), now.mono_us, CODE_TOO_MANY, "");
	unlist(p, oldest);
	peer_mark_ready(oldest);
}

bool peer_known(struct peers *p, struct instant now, struct peer *peer,
		const uint8_t identity[OWNER_BYTES])
{
	struct bearer *bearer = bearer_of(hub_bearers(p->hub), identity);

	if (!bearer)
		return false;
	peer->client.bearer = bearer;
	bearer->session_count++;
	if (owner_is_user(identity))
		return true;
	peer->client.session = bearer->session;
	bearer->session = peer_slot_of(peer) + 1;
	close_oldest(p, now, bearer);
	return true;
}

void peer_forgotten(struct peers *p, struct peer *peer)
{
	struct bearer *bearer = peer->client.bearer;

	if (!bearer)
		return;
	if (!owner_is_user(bearer->identity))
		unlist(p, peer);
	bearer->session_count--;
	peer->client.bearer = NULL;
	bearer_let_go(hub_bearers(p->hub), bearer);
}
