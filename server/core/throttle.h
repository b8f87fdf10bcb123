/*
 * Token buckets: how much of something one address, one identity, or everybody together may have.
 *
 * A bucket holds at most `burst` tokens and gets `per_second` back each second, evenly; it begins
 * full.  Times are microseconds that grow.  A bucket is one number, the time at which it will be full
 * again, so that it needs no refilling and an old one is as good as none.
 *
 * struct throttle keeps a bucket for each key in a table whose size never changes.  Where a key has no
 * place left, the fullest bucket gives way, the longest unused first: a flood of keys makes the table
 * forget those that took little, never those that took much, and a key that comes anew has a full
 * bucket.  So a flood can have more than its share; it cannot take anybody else's.
 */
#ifndef CORE_THROTTLE_H
#define CORE_THROTTLE_H

#include "proto/address.h"

struct throttle_rate {
	uint32_t burst;	     /* tokens, at least 1 */
	uint32_t per_second; /* 1 to 10,000; 0: no limit at all */
};

/* One bucket.  Zero-initialise: full. */
struct throttle_bucket {
	uint64_t full_at;
};

/* Takes one token; false: there is none, and nothing changed. */
bool throttle_bucket_take(struct throttle_bucket *b, struct throttle_rate rate, uint64_t now);
/* When there is a token: `now` or later. */
uint64_t throttle_bucket_ready(const struct throttle_bucket *b, struct throttle_rate rate,
			       uint64_t now);

enum { THROTTLE_KEY = 32 };

struct throttle_key {
	uint8_t bytes[THROTTLE_KEY];
};

/*
 * Who is one by address: an IPv4 address, an IPv6 /64 (a subscriber's network, within which everybody
 * takes any address) in its zone, or a local user.  Ports and transports make no difference.
 */
struct throttle_key throttle_address_key(const struct address *a);
struct throttle_key throttle_identity_key(const uint8_t identity[THROTTLE_KEY]);

struct throttle;

/*
 * A table of at least `places` buckets (a power of two, at least 8).  `seed` is drawn by the caller:
 * nobody can aim at one place.  NULL: no memory; nothing is allocated later.
 */
struct throttle *throttle_new(size_t places, struct throttle_rate rate, uint64_t seed);
void throttle_free(struct throttle *t);

/* As for one bucket. */
bool throttle_take(struct throttle *t, const struct throttle_key *key, uint64_t now);
uint64_t throttle_ready(const struct throttle *t, const struct throttle_key *key, uint64_t now);

#endif
