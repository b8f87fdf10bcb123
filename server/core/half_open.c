/* A hash table with chains, and a list through the same entries from the oldest to the newest. */
#include "core/half_open.h"

#include <assert.h>

static size_t bucket_of(const struct half_open *h, const struct address *from, uint64_t client_cid)
{
	return address_hash(from, h->seed ^ client_cid) % HALF_OPEN_MAX;
}

struct half_open_entry *half_open_find(const struct half_open *h, const struct address *from,
				       uint64_t client_cid)
{
	struct half_open_entry *e = h->buckets[bucket_of(h, from, client_cid)];

	while (e && (e->client_cid != client_cid || !address_equal(&e->from, from)))
		e = e->next;
	return e;
}

bool half_open_crowded(const struct half_open *h, uint64_t now)
{
	return h->count == HALF_OPEN_MAX && now < h->oldest->since + HALF_OPEN_PATIENCE;
}

void half_open_add(struct half_open *h, struct half_open_entry *e)
{
	struct half_open_entry **bucket = &h->buckets[bucket_of(h, &e->from, e->client_cid)];

	assert(!e->listed && h->count < HALF_OPEN_MAX);
	e->listed = true;
	e->next = *bucket;
	*bucket = e;
	e->older = h->newest;
	e->newer = NULL;
	if (h->newest)
		h->newest->newer = e;
	else
		h->oldest = e;
	h->newest = e;
	h->count++;
}

void half_open_remove(struct half_open *h, struct half_open_entry *e)
{
	struct half_open_entry **at = &h->buckets[bucket_of(h, &e->from, e->client_cid)];

	if (!e->listed)
		return;
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	if (e->older)
		e->older->newer = e->newer;
	else
		h->oldest = e->newer;
	if (e->newer)
		e->newer->older = e->older;
	else
		h->newest = e->older;
	e->listed = false;
	h->count--;
}
