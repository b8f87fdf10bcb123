/* protocol.md §2.1. */
#include "proto/retry.h"

#include <assert.h>
#include <sodium.h>

_Static_assert(RETRY_SECRET == crypto_auth_hmacsha256_KEYBYTES, "the secret is the key");
_Static_assert(RETRY_TOKEN == 8 + crypto_auth_hmacsha256_BYTES, "time and HMAC");

enum { BOUND = 8 + 16 + 4 + 2 + 8 };

/* What a token vouches for: all of it of fixed length, so no two cases look alike. */
static void put_bound(uint8_t bound[BOUND], const struct address *from, uint64_t client_cid,
		      uint64_t time)
{
	struct buf b = buf_of(bound, BOUND);

	buf_put_u64(&b, time);
	buf_put_bytes(&b, from->ip, sizeof(from->ip));
	buf_put_u32(&b, from->scope);
	buf_put_u16(&b, from->port);
	buf_put_u64(&b, client_cid);
	assert(!b.failed && b.len == BOUND);
}

void retry_make(uint8_t token[RETRY_TOKEN], const uint8_t secret[RETRY_SECRET],
		const struct address *from, uint64_t client_cid, uint64_t now)
{
	struct buf b = buf_of(token, RETRY_TOKEN);
	uint8_t bound[BOUND];

	put_bound(bound, from, client_cid, now);
	buf_put_u64(&b, now);
	(void)crypto_auth_hmacsha256(token + b.len, bound, sizeof(bound), secret); /* returns 0 */
}

bool retry_check(struct slice token, const uint8_t secret[RETRY_SECRET], const struct address *from,
		 uint64_t client_cid, uint64_t now)
{
	uint8_t bound[BOUND];

	if (token.len != RETRY_TOKEN)
		return false;
	uint64_t time = slice_u64(&token);
	if (time > now || now - time >= RETRY_LIFETIME)
		return false;
	put_bound(bound, from, client_cid, time);
	return crypto_auth_hmacsha256_verify(token.data, bound, sizeof(bound), secret) == 0;
}
