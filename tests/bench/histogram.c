/*
 * See histogram.h.  Up to twice HISTOGRAM_FINE each value has a class; then each power of two has
 * HISTOGRAM_FINE of them.  The last class has all that is more.
 */
#include "histogram.h"

static unsigned shift_of(uint64_t v)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);

	return bits > 7 ? bits - 7 : 0; /* what is left of v is below 128 */
}

static size_t class_of(uint64_t v)
{
	unsigned shift = shift_of(v);
	size_t at = (size_t)shift * HISTOGRAM_FINE + (size_t)(v >> shift);

	return at < HISTOGRAM_CLASSES ? at : HISTOGRAM_CLASSES - 1;
}

/* The largest value of a class. */
static uint64_t top_of(size_t at)
{
	size_t shift = at < 2 * HISTOGRAM_FINE ? 0 : at / HISTOGRAM_FINE - 1;
	uint64_t v = at - shift * HISTOGRAM_FINE;

	return ((v + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t v)
{
	h->count++;
	h->max = v > h->max ? v : h->max;
	h->classes[class_of(v)]++;
}

uint64_t histogram_at(const struct histogram *h, double percent)
{
	uint64_t want = (uint64_t)((double)h->count * percent / 100), sum = 0;

	for (size_t at = 0; at + 1 < HISTOGRAM_CLASSES; at++) {
		sum += h->classes[at];
		if (sum > want || sum == h->count)
			return top_of(at) < h->max ? top_of(at) : h->max;
	}
	return h->max;
}
