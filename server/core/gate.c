/* protocol.md §2.1, §8. */
#include "core/gate.h"

static const struct throttle_rate of_all = {GATE_INITS_BURST, GATE_INITS};
static const struct throttle_rate of_proven = {GATE_PROVEN, GATE_PROVEN};
static const struct throttle_rate of_address = {GATE_BURST, GATE_PER_SECOND};

enum err gate_init(struct gate *g, uint64_t seed)
{
	g->inits = g->proven = (struct throttle_bucket){0};
	g->unproven = throttle_new(GATE_PLACES, of_address, seed);
	g->present = throttle_new(GATE_PLACES, of_address, seed);
	if (g->unproven && g->present)
		return ERR_NONE;
	gate_wipe(g);
	return ERR_MEMORY;
}

void gate_wipe(struct gate *g)
{
	throttle_free(g->unproven);
	throttle_free(g->present);
	g->unproven = g->present = NULL;
}

static bool take(struct throttle *t, uint64_t now, const struct address *from)
{
	struct throttle_key key = throttle_address_key(from);

	return address_is_loopback(from) || throttle_take(t, &key, now);
}

/* Of those who are where they say. */
static bool take_proven(struct gate *g, uint64_t now, const struct address *from)
{
	return address_is_loopback(from) ||
	       (take(g->present, now, from) && throttle_bucket_take(&g->proven, of_proven, now));
}

enum gate_verdict gate_knock(struct gate *g, uint64_t now, const struct address *from,
			     uint64_t client_cid, struct slice token, size_t half_open)
{
	if (token.len > 0 && retry_check(token, g->secret, from, client_cid, g->clock + now))
		return take_proven(g, now, from) ? GATE_ENTER : GATE_SILENT;
	/* Each that comes counts, whatever becomes of it: what is measured is the weather. */
	bool few = throttle_bucket_take(&g->inits, of_all, now);
	bool calm = few && half_open < GATE_HALF_OPEN;
	return calm && take(g->unproven, now, from) ? GATE_ENTER : GATE_RETRY;
}

void gate_token(const struct gate *g, uint64_t now, const struct address *from, uint64_t client_cid,
		uint8_t token[RETRY_TOKEN])
{
	retry_make(token, g->secret, from, client_cid, g->clock + now);
}

bool gate_connect(struct gate *g, uint64_t now, const struct address *from)
{
	return take(g->present, now, from);
}
