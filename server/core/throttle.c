/*
 * The table is cut into rows of eight places; a key's row is found by its hash, its place by looking
 * at all eight.  An empty place is a bucket that has been full since time 0: it needs no mark.
 */
#include "core/throttle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROW = 8, MICROSECONDS = 1000 * 1000 };

struct place {
	struct throttle_key key;
	struct throttle_bucket bucket;
};

struct throttle {
	struct throttle_rate rate;
	uint64_t seed;
	size_t rows; /* a power of two */
	struct place places[];
};

/* ---- one bucket ------------------------------------------------------------------------------ */

static uint64_t token_us(struct throttle_rate rate)
{
	assert(rate.burst > 0 && rate.per_second <= 10 * 1000);
	return MICROSECONDS / rate.per_second;
}

uint64_t throttle_bucket_ready(const struct throttle_bucket *b, struct throttle_rate rate,
			       uint64_t now)
{
	if (rate.per_second == 0)
		return now;
	/* There is a token as soon as no more than all the others are missing. */
	uint64_t others = (rate.burst - 1) * token_us(rate);
	return b->full_at > now + others ? b->full_at - others : now;
}

bool throttle_bucket_take(struct throttle_bucket *b, struct throttle_rate rate, uint64_t now)
{
	if (throttle_bucket_ready(b, rate, now) > now)
		return false;
	if (rate.per_second > 0)
		b->full_at = (b->full_at > now ? b->full_at : now) + token_us(rate);
	return true;
}

/* ---- keys ------------------------------------------------------------------------------------ */

enum { KIND_AT = 24, KIND_IPV4 = 1, KIND_IPV6, KIND_LOCAL };

struct throttle_key throttle_address_key(const struct address *a)
{
	struct throttle_key k = {{0}};

	if (a->transport == TRANSPORT_UNIX) {
		memcpy(k.bytes, &a->uid, sizeof(a->uid));
		k.bytes[KIND_AT] = KIND_LOCAL;
		return k;
	}
	bool v4 = address_is_ipv4(a);
	memcpy(k.bytes, a->ip, v4 ? sizeof(a->ip) : sizeof(a->ip) / 2);
	memcpy(k.bytes + sizeof(a->ip), &a->scope, sizeof(a->scope));
	k.bytes[KIND_AT] = v4 ? KIND_IPV4 : KIND_IPV6;
	return k;
}

struct throttle_key throttle_identity_key(const uint8_t identity[THROTTLE_KEY])
{
	struct throttle_key k;

	memcpy(k.bytes, identity, sizeof(k.bytes));
	return k;
}

/* ---- the table ------------------------------------------------------------------------------- */

struct throttle *throttle_new(size_t places, struct throttle_rate rate, uint64_t seed)
{
	assert(places >= ROW && (places & (places - 1)) == 0);
	struct throttle *t = calloc(1, sizeof(*t) + places * sizeof(struct place));

	if (!t)
		return NULL;
	t->rate = rate;
	t->seed = seed;
	t->rows = places / ROW;
	return t;
}

void throttle_free(struct throttle *t)
{
	free(t);
}

/* The finaliser of SplitMix64: each bit of x reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static size_t row_of(const struct throttle *t, const struct throttle_key *key)
{
	uint64_t h = t->seed;

	for (size_t i = 0; i < sizeof(key->bytes); i += sizeof(h)) {
		uint64_t word;

		memcpy(&word, key->bytes + i, sizeof(word));
		h = mix(h ^ word);
	}
	return (size_t)h & (t->rows - 1);
}

static size_t find(const struct throttle *t, const struct throttle_key *key, size_t row)
{
	for (size_t i = row * ROW; i < (row + 1) * ROW; i++)
		if (memcmp(&t->places[i].key, key, sizeof(*key)) == 0)
			return i;
	return SIZE_MAX;
}

/* The bucket that is full, or will be, before the others of its row. */
static size_t fullest(const struct throttle *t, size_t row)
{
	size_t best = row * ROW;

	for (size_t i = best + 1; i < (row + 1) * ROW; i++)
		if (t->places[i].bucket.full_at < t->places[best].bucket.full_at)
			best = i;
	return best;
}

bool throttle_take(struct throttle *t, const struct throttle_key *key, uint64_t now)
{
	size_t row = row_of(t, key), at = find(t, key, row);

	if (at == SIZE_MAX) {
		at = fullest(t, row);
		t->places[at] = (struct place){.key = *key};
	}
	return throttle_bucket_take(&t->places[at].bucket, t->rate, now);
}

uint64_t throttle_ready(const struct throttle *t, const struct throttle_key *key, uint64_t now)
{
	if (t->rate.per_second == 0)
		return now;
	size_t at = find(t, key, row_of(t, key));

	return at == SIZE_MAX ? now : throttle_bucket_ready(&t->places[at].bucket, t->rate, now);
}
