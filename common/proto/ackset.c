/* The window slides: bits of numbers that leave it are cleared as their places are taken. */
#include "proto/ackset.h"

#include <assert.h>

static bool bit(const struct ackset *s, uint64_t number)
{
	uint64_t at = number % ACKSET_WINDOW;

	return s->bits[at / 64] >> (at % 64) & 1;
}

static void put_bit(struct ackset *s, uint64_t number, bool on)
{
	uint64_t at = number % ACKSET_WINDOW, mask = UINT64_C(1) << (at % 64);

	s->bits[at / 64] = on ? s->bits[at / 64] | mask : s->bits[at / 64] & ~mask;
}

/* The oldest number that the window still tells about. */
static uint64_t window_start(const struct ackset *s)
{
	uint64_t start = s->largest < ACKSET_WINDOW ? 0 : s->largest - ACKSET_WINDOW + 1;

	return start > s->from ? start : s->from;
}

bool ackset_has(const struct ackset *s, uint64_t number)
{
	if (!s->any || number > s->largest)
		return false;
	return number < window_start(s) || bit(s, number);
}

void ackset_add(struct ackset *s, uint64_t number)
{
	if (s->any && number > s->largest) {
		uint64_t skipped = number - s->largest;
		for (uint64_t i = 1; i <= skipped && i <= ACKSET_WINDOW; i++)
			put_bit(s, s->largest + i, false);
	}
	if (!s->any || number > s->largest)
		s->largest = number;
	s->any = true;
	put_bit(s, number, true);
}

/* How many numbers from `from` downwards, and not below `start`, are there; or are not. */
static uint64_t run(const struct ackset *s, uint64_t from, uint64_t start, bool there)
{
	uint64_t n = 0, all = from - start + 1;

	while (n < all) {
		uint64_t at = (from - n) % ACKSET_WINDOW, word = s->bits[at / 64];
		uint64_t others = (there ? ~word : word) << (63 - at % 64);
		if (others) {
			n += (uint64_t)__builtin_clzll(others);
			break;
		}
		n += at % 64 + 1;
	}
	return n < all ? n : all;
}

bool ackset_ranges(const struct ackset *s, struct ack *out, size_t max)
{
	uint64_t start = window_start(s), n = s->largest;

	out->count = 0;
	if (!s->any)
		return false;
	for (;;) {
		struct ack_range *r = &out->ranges[out->count++];
		r->last = n;
		r->first = n - run(s, n, start, true) + 1;
		if (r->first == start || out->count == max)
			return true;
		uint64_t missing = run(s, r->first - 1, start, false);
		if (r->first - missing == start)
			return true;
		n = r->first - 1 - missing;
	}
}

bool ackset_fits(const struct ackset *s)
{
	return s->largest >> 48 == 0;
}

struct ackset_rest ackset_rest(const struct ackset *s)
{
	struct ackset_rest r = {.largest = s->largest};
	uint64_t newest = 0;

	assert(ackset_fits(s));
	for (uint64_t i = 0; s->any && i < ACKSET_NEWEST && i <= s->largest; i++)
		if (s->largest - i >= window_start(s) && bit(s, s->largest - i))
			newest |= UINT64_C(1) << i;
	r.newest = newest & UINT16_MAX;
	return r;
}

void ackset_wake(struct ackset *s, const struct ackset_rest *r)
{
	uint64_t largest = r->largest, newest = r->newest;

	s->any = newest != 0;
	s->largest = largest;
	for (uint64_t i = 0; i < ACKSET_NEWEST && i <= largest; i++)
		put_bit(s, largest - i, newest >> i & 1);
	s->from = largest >= ACKSET_NEWEST ? largest - ACKSET_NEWEST + 1 : 0;
}
