/* Cheap questions first; a token is taken only when nothing else speaks against an answer. */
#include "core/announce.h"

#include "core/throttle.h"

#include <stdlib.h>
#include <string.h>

static const struct throttle_rate each = {ANNOUNCE_ADDRESS_BURST, ANNOUNCE_ADDRESS_RATE};
static const struct throttle_rate together = {ANNOUNCE_BURST, ANNOUNCE_RATE};

struct announce {
	struct announce_config config;
	struct throttle *by_address;
	struct throttle_bucket all;
};

struct announce *announce_new(const struct announce_config *config)
{
	struct announce *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->config = *config;
	a->by_address = throttle_new(ANNOUNCE_ADDRESSES, each, config->seed);
	if (!a->by_address) {
		free(a);
		return NULL;
	}
	return a;
}

void announce_free(struct announce *a)
{
	if (!a)
		return;
	throttle_free(a->by_address);
	free(a);
}

/* ---- where ----------------------------------------------------------------------------------- */

static bool is_wildcard(const struct address *a)
{
	static const uint8_t zeros[16];
	size_t from = address_is_ipv4(a) ? 12 : 0;

	return memcmp(a->ip + from, zeros, sizeof(zeros) - from) == 0;
}

static bool is_link_local(const struct address *a)
{
	return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

/*
 * IPv4: the kernel says which address of ours the question came in at.  IPv6: it does not, but who asks
 * has a link-local address, and ours on that link would be the one to answer from.
 */
static bool covers(const struct address *bound, const struct announce_question *q)
{
	if (address_is_ipv4(bound) != address_is_ipv4(&q->from))
		return false;
	if (is_wildcard(bound))
		return true;
	if (address_is_ipv4(bound))
		return memcmp(bound->ip, q->at.ip, sizeof(bound->ip)) == 0;
	return is_link_local(bound) && is_link_local(&q->from) && bound->scope == q->from.scope;
}

static bool reachable(const struct announce_config *c, const struct announce_question *q)
{
	for (size_t i = 0; i < c->bind_count; i++)
		if (covers(&c->binds[i], q))
			return true;
	return c->everywhere;
}

/* ---- how often ------------------------------------------------------------------------------- */

/* On a link everybody shares one /64, so that there the whole address counts. */
static struct throttle_key key_of(const struct address *from)
{
	struct throttle_key key = throttle_address_key(from);

	if (is_link_local(from))
		memcpy(key.bytes, from->ip, sizeof(from->ip));
	return key;
}

static bool seldom(struct announce *a, uint64_t now, const struct address *from)
{
	struct throttle_key key = key_of(from);

	return throttle_take(a->by_address, &key, now) &&
	       throttle_bucket_take(&a->all, together, now);
}

bool announce_answer(struct announce *a, uint64_t now, const struct announce_question *q,
		     uint64_t members, struct buf *out)
{
	const struct announce_config *c = &a->config;
	struct found f = {.udp_port = c->udp_port, .tcp_port = c->tcp_port, .members = members};

	if (!q->to_all || discovery_probe_get(q->bytes.data, q->bytes.len, &f.nonce) != ERR_NONE ||
	    !reachable(c, q) || !seldom(a, now, &q->from))
		return false;
	memcpy(f.key, c->key, sizeof(f.key));
	f.name = slice_of(c->name, strlen(c->name));
	discovery_found_put(out, &f);
	return true;
}
