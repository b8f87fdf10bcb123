/*
 * A round of event numbers for each sender, at the places of its newest mids.  It is as long as there are
 * mids to remember, up to SENDERS_REMEMBERED: who says nothing has none.  Where there is no memory for a
 * longer one, what it had to remember counts as refused, with all before it that was not said: nothing is
 * said twice, whatever happens.
 *
 * Each sender without a session is in its owner's list, in order of age, and one without a member in
 * the list of all of those: the two lists that senders are forgotten from.  Those of a member are a ring
 * of their own, whose oldest one the member knows.
 */
#include "core/senders.h"

#include "core/record.h"
#include "core/slab.h"
#include "core/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MASK	((UINT64_C(1) << 48) - 1)
#define SENDER_RESTORED BATCH_MASK /* as a batch's number */

enum { SENDERS_FIRST = 4 };
_Static_assert(SENDERS_REMEMBERED <= UINT8_MAX &&
		       (SENDERS_REMEMBERED & (SENDERS_REMEMBERED - 1)) == 0,
	       "a ring of all that are remembered has a place for each");

/* Of who has said something. */
struct said {
	uint64_t newest;  /* mid */
	uint64_t refused; /* as a sender's */
	uint32_t pending;
	uint64_t seqs[]; /* of mid m at m % cap; 0: not said */
};

struct sender {
	struct table_entry entry; /* first member */
	struct bearer *bearer;
	union {
		struct ring by_age;    /* linked as long as it is free: then it has no holder */
		struct ring by_member; /* … as it has one: the member's others, and nothing else */
	};
	struct sender **holder; /* where its member has the oldest of them */
	union {
		struct sender
			*next; /* if it is idle: the next younger one of its owner's that is */
		struct {       /* if not, and one of them is not 0 */
			uint32_t sessions, pins;
		};
	};
	uint64_t instance;
	uint64_t written : 48;
	/* Of what it said: a power of two, above the newest if it is not the last one; 0: nothing. */
	uint64_t cap : 8;
	uint64_t idle : 1, free : 1; /* it is in that list */
	uint64_t left : 1;
	union {
		struct said *said;
		uint64_t refused; /* of nothing: up to that mid is refused what was not said */
	};
};
_Static_assert(sizeof(struct sender) <= 72, "one for each member");

struct senders {
	size_t max, free_count;
	uint64_t seed;
	struct bearers *bearers;
	struct table table;
	struct slab slab;
	struct ring free; /* those without a holder, by `by_age` */
	struct senders_watch watch;
};

static uint64_t hash_of(const struct senders *s, const uint8_t owner[OWNER_BYTES],
			uint64_t instance)
{
	return table_hash(owner, OWNER_BYTES, s->seed ^ instance);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	const struct sender *sender = (const struct sender *)e; /* its first member */

	return hash_of(ctx, sender->bearer->identity, sender->instance);
}

struct senders *senders_new(size_t max, uint64_t seed, struct bearers *bearers)
{
	struct senders *s = calloc(1, sizeof(*s));

	assert(max > 0);
	if (!s)
		return NULL;
	s->max = max;
	s->seed = seed;
	s->bearers = bearers;
	ring_init(&s->free);
	table_init(&s->table, hash_of_entry, s);
	slab_init(&s->slab, sizeof(struct sender));
	return s;
}

void senders_watch(struct senders *s, const struct senders_watch *watch)
{
	s->watch = *watch;
}

size_t senders_count(const struct senders *s)
{
	return s->table.count;
}

struct sender **sender_holder(const struct sender *s)
{
	return s->holder;
}

/* ---- the two lists --------------------------------------------------------------------------- */

/* It is used by nobody, and the youngest of those. */
static void set_idle(struct sender *sender)
{
	struct sender **at = &sender->bearer->idle;

	while (*at)
		at = &(*at)->next;
	*at = sender;
	sender->next = NULL;
	sender->idle = true;
}

static void set_busy(struct sender *sender)
{
	struct sender **at = &sender->bearer->idle;

	if (!sender->idle)
		return;
	while (*at != sender)
		at = &(*at)->next;
	*at = sender->next;
	sender->sessions = sender->pins = 0;
	sender->idle = false;
}

static void set_free(struct senders *s, struct sender *sender, bool is_free)
{
	if (is_free == sender->free)
		return;
	sender->free = is_free;
	if (is_free)
		ring_add(&s->free, &sender->by_age);
	else
		ring_remove(&sender->by_age);
	s->free_count += is_free ? 1 : (size_t)-1;
}

/* In the lists that it belongs in now. */
static void list(struct senders *s, struct sender *sender)
{
	bool pinned = !sender->idle && sender->pins > 0;

	if (!sender->idle && !pinned && sender->sessions == 0)
		set_idle(sender);
	set_free(s, sender, !sender->holder && !pinned);
}

/* ---- members --------------------------------------------------------------------------------- */

/* As the youngest. */
static void hold(struct senders *s, struct sender *sender, struct sender **member)
{
	set_free(s, sender, false);
	sender->holder = member;
	if (*member) {
		ring_add(&(*member)->by_member, &sender->by_member);
		return;
	}
	ring_init(&sender->by_member);
	*member = sender;
}

static void let_go(struct sender *sender)
{
	struct sender **member = sender->holder;

	if (!member)
		return;
	if (*member == sender) {
		struct ring *younger = ring_newer(&sender->by_member, &sender->by_member);
		*member = younger ? RING_OF(younger, struct sender, by_member) : NULL;
	}
	ring_remove(&sender->by_member);
	sender->holder = NULL;
}

/* ---- who is remembered ----------------------------------------------------------------------- */

static void forget(struct senders *s, struct sender *sender)
{
	struct bearer *i = sender->bearer;

	if (s->watch.gone && sender->written != 0)
		s->watch.gone(s->watch.ctx, i->identity, sender->instance);
	set_busy(sender);
	set_free(s, sender, false);
	let_go(sender);
	table_remove(&s->table, &sender->entry);
	if (sender->cap > 0)
		free(sender->said);
	slab_put(&s->slab, sender);
	i->sender_count--;
	bearer_let_go(s->bearers, i);
}

static bool has_too_many(const struct bearer *i)
{
	size_t n = 0;

	for (const struct sender *sender = i->idle; sender; sender = sender->next)
		n++;
	return n > SENDERS_PER_OWNER;
}

static void forget_too_many(struct senders *s, struct bearer *i)
{
	if (has_too_many(i))
		forget(s, i->idle);
	if (s->free_count > s->max)
		forget(s, RING_OF(ring_oldest(&s->free), struct sender, by_age));
}

void senders_free(struct senders *s)
{
	if (!s)
		return;
	s->watch = (struct senders_watch){.ctx = NULL};
	for (size_t i = 0; i < s->table.cap; i++)
		while (s->table.buckets[i])
			forget(s, (struct sender *)s->table.buckets[i]); /* its first member */
	table_wipe(&s->table);
	slab_wipe(&s->slab);
	free(s);
}

static struct sender *find(const struct senders *s, const uint8_t owner[OWNER_BYTES],
			   uint64_t instance)
{
	struct table_entry *e = table_first(&s->table, hash_of(s, owner, instance));
	struct sender *sender = (struct sender *)e; /* its first member */

	while (sender &&
	       (sender->instance != instance || !owner_equal(sender->bearer->identity, owner)))
		sender = (struct sender *)table_next(&sender->entry);
	return sender;
}

static struct sender *add(struct senders *s, struct bearer *i, uint64_t instance)
{
	struct sender *sender = slab_take(&s->slab);

	if (sender) {
		sender->bearer = i;
		sender->instance = instance;
	}
	if (!sender || table_add(&s->table, &sender->entry) != ERR_NONE) {
		slab_put(&s->slab, sender);
		bearer_let_go(s->bearers, i);
		return NULL;
	}
	i->sender_count++;
	list(s, sender);
	forget_too_many(s, i);
	return sender;
}

struct sender *senders_of(struct senders *s, const uint8_t owner[OWNER_BYTES], uint64_t instance)
{
	struct sender *sender = find(s, owner, instance);

	if (!sender) {
		struct bearer *i = bearer_of(s->bearers, owner);
		return i ? add(s, i, instance) : NULL;
	}
	set_busy(sender); /* to be the newest */
	set_free(s, sender, false);
	list(s, sender);
	return sender;
}

/* ---- who uses them --------------------------------------------------------------------------- */

void senders_hold(struct senders *s, struct sender *sender, struct sender **member)
{
	assert(!sender->holder || sender->holder == member);
	set_busy(sender);
	sender->sessions++;
	if (!sender->holder)
		hold(s, sender, member);
	list(s, sender);
}

void senders_adopt(struct senders *s, struct sender *sender, struct sender **member)
{
	if (!sender->holder)
		hold(s, sender, member);
}

void senders_part(struct senders *s, struct sender *sender)
{
	assert(!sender->idle && sender->sessions > 0);
	sender->sessions--;
	list(s, sender);
	forget_too_many(s, sender->bearer);
}

void senders_release(struct senders *s, struct sender **member)
{
	struct sender *sender;

	while ((sender = *member)) {
		let_go(sender);
		if (!sender->idle)
			sender->sessions = 0;
		list(s, sender);
		forget_too_many(s, sender->bearer);
	}
}

void senders_pin(struct senders *s, struct sender *sender)
{
	set_busy(sender);
	sender->pins++;
	list(s, sender);
}

void senders_unpin(struct senders *s, struct sender *sender)
{
	assert(!sender->idle && sender->pins > 0);
	if (--sender->pins > 0)
		return;
	list(s, sender);
	forget_too_many(s, sender->bearer);
}

/* ---- what was said --------------------------------------------------------------------------- */

void sender_leave(struct sender *s)
{
	s->left = true;
}

bool sender_left(const struct sender *s)
{
	return s->left;
}

static uint64_t newest(const struct sender *s)
{
	return s->cap > 0 ? s->said->newest : 0;
}

static uint64_t refused(const struct sender *s)
{
	return s->cap > 0 ? s->said->refused : s->refused;
}

bool sender_has_said(const struct sender *s)
{
	return newest(s) > 0;
}

/* Where the number of a mid is, or is to be: one of those that are remembered now. */
static uint64_t *seq_of(const struct sender *s, uint64_t mid)
{
	return &s->said->seqs[mid & (s->cap - 1U)];
}

/* Whether it would be among those that are remembered, if it was said. */
static bool in_window(const struct sender *s, uint64_t mid)
{
	return mid <= newest(s) && newest(s) - mid < SENDERS_REMEMBERED;
}

bool sender_said(const struct sender *s, uint64_t mid, uint64_t *seq)
{
	assert(mid > 0);
	*seq = 0;
	if (mid <= newest(s) && !in_window(s, mid))
		return true;
	if (mid <= newest(s))
		*seq = *seq_of(s, mid);
	if (*seq == 0 && mid <= refused(s))
		*seq = SENDER_REFUSED;
	return *seq != 0;
}

static enum err grow(struct sender *s, uint64_t mid)
{
	size_t cap = s->cap ? s->cap : SENDERS_FIRST;

	while (cap <= mid && cap < SENDERS_REMEMBERED)
		cap *= 2;
	if (cap == s->cap)
		return ERR_NONE;
	struct said *said = calloc(1, sizeof(*said) + cap * sizeof(said->seqs[0]));
	if (!said)
		return ERR_MEMORY;
	said->newest = newest(s);
	said->refused = refused(s);
	said->pending = s->cap > 0 ? s->said->pending : 0;
	for (uint64_t m = said->newest; m > 0 && in_window(s, m); m--)
		said->seqs[m & (cap - 1)] = *seq_of(s, m);
	if (s->cap > 0)
		free(s->said);
	s->said = said;
	s->cap = (uint8_t)cap;
	return ERR_NONE;
}

/* It is the newest, and what is between it and the one before was not said. */
static void advance(struct sender *s, uint64_t mid)
{
	struct said *said = s->said;

	if (mid - said->newest >= SENDERS_REMEMBERED)
		memset(said->seqs, 0, s->cap * sizeof(said->seqs[0]));
	for (uint64_t m = said->newest + 1; m < mid && mid - said->newest < SENDERS_REMEMBERED; m++)
		*seq_of(s, m) = 0;
	said->newest = mid;
}

static void refuse_until(struct sender *s, uint64_t mid)
{
	uint64_t *until = s->cap > 0 ? &s->said->refused : &s->refused;

	if (*until < mid)
		*until = mid;
}

enum err sender_says(struct sender *s, uint64_t mid, uint64_t seq)
{
	assert(mid > 0 && seq > 0);
	if (grow(s, mid) != ERR_NONE) {
		refuse_until(s, mid);
		return ERR_MEMORY;
	}
	if (mid > newest(s))
		advance(s, mid);
	*seq_of(s, mid) = seq;
	return ERR_NONE;
}

enum err sender_begins(struct sender *s, uint64_t mid)
{
	enum err e = sender_says(s, mid, SENDER_UNNUMBERED);

	if (e == ERR_NONE)
		s->said->pending++;
	return e;
}

void sender_numbered(struct sender *s, uint64_t mid, uint64_t seq)
{
	if (in_window(s, mid))
		*seq_of(s, mid) = seq;
}

void sender_kept(struct sender *s)
{
	assert(sender_pending(s));
	s->said->pending--;
}

void sender_takes_back(struct sender *s, uint64_t mid)
{
	sender_kept(s);
	if (in_window(s, mid))
		*seq_of(s, mid) = SENDER_REFUSED;
}

void sender_refuses(struct sender *s, uint64_t mid)
{
	(void)!sender_says(s, mid, SENDER_REFUSED); /* without memory it is refused as well */
}

bool sender_pending(const struct sender *s)
{
	return s->cap > 0 && s->said->pending > 0;
}

/* ---- writing it down ------------------------------------------------------------------------- */

bool sender_unwritten(struct sender *s, uint64_t batch)
{
	bool unwritten = s->written != (batch & BATCH_MASK);

	s->written = batch & BATCH_MASK;
	return unwritten;
}

void sender_record(const struct sender *s, struct record_sender *r)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->owner, s->bearer->identity, OWNER_BYTES);
	r->instance = s->instance;
	r->left = s->left;
	r->newest = newest(s);
	for (uint64_t i = 0; i < SENDERS_REMEMBERED && i < r->newest; i++) {
		uint64_t seq;
		(void)sender_said(s, r->newest - i, &seq);
		r->seqs[i] = seq == SENDER_UNNUMBERED ? 0 : seq;
	}
}

enum err senders_restore(struct senders *s, const struct record_sender *r)
{
	struct sender *sender = senders_of(s, r->owner, r->instance);

	if (!sender)
		return ERR_MEMORY;
	if (sender->written != 0)
		return ERR_NONE;
	if (r->newest > 0 && grow(sender, r->newest) != ERR_NONE)
		return ERR_MEMORY;
	sender->written = SENDER_RESTORED;
	sender->left = r->left;
	if (r->newest > 0)
		sender->said->newest = r->newest;
	for (uint64_t i = 0; i < SENDERS_REMEMBERED && i < r->newest; i++)
		*seq_of(sender, r->newest - i) = r->seqs[i];
	return ERR_NONE;
}
