/* A ring of event numbers for each sender, at the places of its newest mids. */
#include "core/senders.h"

#include "core/ring.h"
#include "core/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sender {
	struct table_entry entry; /* first member */
	struct ring by_age;
	uint8_t owner[OWNER_BYTES];
	uint64_t instance;
	uint64_t newest;		   /* mid */
	uint64_t seqs[SENDERS_REMEMBERED]; /* of mid m at m % …; 0: not said */
};

struct senders {
	size_t max;
	uint64_t seed;
	struct table table;
	struct ring by_age;
};

struct senders *senders_new(size_t max, uint64_t seed)
{
	struct senders *s = calloc(1, sizeof(*s));

	assert(max > 0);
	if (!s)
		return NULL;
	s->max = max;
	s->seed = seed;
	ring_init(&s->by_age);
	return s;
}

static struct sender *oldest(const struct senders *s)
{
	struct ring *r = ring_oldest(&s->by_age);

	return r ? RING_OF(r, struct sender, by_age) : NULL;
}

static void forget(struct senders *s, struct sender *sender)
{
	ring_remove(&sender->by_age);
	table_remove(&s->table, &sender->entry);
	free(sender);
}

void senders_free(struct senders *s)
{
	struct sender *sender;

	if (!s)
		return;
	while ((sender = oldest(s)))
		forget(s, sender);
	table_wipe(&s->table);
	free(s);
}

size_t senders_count(const struct senders *s)
{
	return s->table.count;
}

static bool is(const struct sender *s, const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	return s->instance == instance && owner_equal(s->owner, owner);
}

static struct sender *add(struct senders *s, const uint8_t owner[OWNER_BYTES], uint64_t instance,
			  uint64_t hash)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (!sender || table_add(&s->table, &sender->entry, hash) != ERR_NONE) {
		free(sender);
		return NULL;
	}
	memcpy(sender->owner, owner, OWNER_BYTES);
	sender->instance = instance;
	ring_add(&s->by_age, &sender->by_age);
	if (s->table.count > s->max)
		forget(s, oldest(s));
	return sender;
}

struct sender *senders_of(struct senders *s, const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	uint64_t hash = table_hash(owner, OWNER_BYTES, s->seed ^ instance);
	struct sender *sender = (struct sender *)table_first(&s->table, hash);

	while (sender && !is(sender, owner, instance))
		sender = (struct sender *)table_next(&sender->entry);
	if (!sender)
		return add(s, owner, instance, hash);
	ring_remove(&sender->by_age);
	ring_add(&s->by_age, &sender->by_age);
	return sender;
}

bool sender_said(const struct sender *s, uint64_t mid, uint64_t *seq)
{
	assert(mid > 0);
	*seq = 0;
	if (mid > s->newest)
		return false;
	if (s->newest - mid >= SENDERS_REMEMBERED)
		return true;
	*seq = s->seqs[mid % SENDERS_REMEMBERED];
	return *seq != 0;
}

void sender_says(struct sender *s, uint64_t mid, uint64_t seq)
{
	assert(mid > 0 && seq > 0);
	if (mid > s->newest && mid - s->newest >= SENDERS_REMEMBERED)
		memset(s->seqs, 0, sizeof(s->seqs));
	for (uint64_t m = s->newest + 1; m < mid && mid - s->newest < SENDERS_REMEMBERED; m++)
		s->seqs[m % SENDERS_REMEMBERED] = 0;
	s->seqs[mid % SENDERS_REMEMBERED] = seq;
	if (mid > s->newest)
		s->newest = mid;
}
