/* See lossy.h. */
#include "lossy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t lossy_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool chance(struct lossy *l, unsigned percent)
{
	return lossy_random(&l->random) % 100 < percent;
}

static void append(struct lossy_queue *q, struct lossy_packet *p)
{
	p->next = NULL;
	*q->end = p;
	q->end = &p->next;
}

/* Takes out the packet that *at points to. */
static struct lossy_packet *unlink_packet(struct lossy_queue *q, struct lossy_packet **at)
{
	struct lossy_packet *p = *at;
	*at = p->next;
	if (!*at)
		q->end = at;
	return p;
}

static void empty(struct lossy_queue *q)
{
	while (q->first)
		free(unlink_packet(q, &q->first));
}

void lossy_init(struct lossy *l, const struct lossy_rates *rates, uint64_t seed)
{
	*l = (struct lossy){.rates = *rates, .random = seed};
	l->ready.end = &l->ready.first;
	l->held.end = &l->held.first;
}

void lossy_wipe(struct lossy *l)
{
	empty(&l->ready);
	empty(&l->held);
}

/* A packet has passed: those that were held back for it come one nearer. */
static void let_pass(struct lossy *l, uint64_t now)
{
	struct lossy_packet **at = &l->held.first;
	while (*at) {
		if (--(*at)->behind > 0) {
			at = &(*at)->next;
			continue;
		}
		struct lossy_packet *p = unlink_packet(&l->held, at);
		p->due = now + l->rates.delay_us;
		append(&l->ready, p);
	}
}

static void enqueue(struct lossy *l, uint64_t now, const void *data, size_t len)
{
	struct lossy_packet *p = malloc(sizeof(*p) + len);
	assert(p);
	*p = (struct lossy_packet){.due = now + l->rates.delay_us, .len = len};
	memcpy(p->data, data, len);
	l->waiting++;
	if (chance(l, l->rates.reorder)) {
		l->counts.reordered++;
		p->behind = 1 + (unsigned)(lossy_random(&l->random) % LOSSY_HOLD_MAX);
		p->due += LOSSY_HOLD_US;
		append(&l->held, p);
		return;
	}
	append(&l->ready, p);
	let_pass(l, now);
}

void lossy_put(struct lossy *l, uint64_t now, const void *data, size_t len)
{
	l->counts.taken++;
	if (chance(l, l->rates.loss) || l->waiting >= LOSSY_QUEUE_MAX) {
		l->counts.lost++;
		return;
	}
	enqueue(l, now, data, len);
	if (chance(l, l->rates.dup)) {
		l->counts.doubled++;
		enqueue(l, now, data, len);
	}
}

struct lossy_packet *lossy_take(struct lossy *l, uint64_t now)
{
	struct lossy_queue *queues[] = {&l->ready, &l->held};
	for (size_t i = 0; i < 2; i++) {
		struct lossy_queue *q = queues[i];
		if (!q->first || q->first->due > now)
			continue;
		l->waiting--;
		return unlink_packet(q, &q->first);
	}
	return NULL;
}

uint64_t lossy_deadline(const struct lossy *l)
{
	uint64_t ready = l->ready.first ? l->ready.first->due : UINT64_MAX;
	uint64_t held = l->held.first ? l->held.first->due : UINT64_MAX;
	return ready < held ? ready : held;
}
