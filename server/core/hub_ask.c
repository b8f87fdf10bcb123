/* Questions by their tickets; commands that wait for one are kept with all their bytes. */
#include "core/hub_ask.h"

#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

struct parked {
	struct asked asked; /* first member */
	struct hub_client *client;
	struct pending *pending; /* the client's, meanwhile */
	enum code (*resume)(struct context *x, const struct store_answer *answer);
	struct command command;
	uint8_t bytes[]; /* of its slices */
};

static uint64_t hash_of(const struct hub *h, uint64_t ticket)
{
	return table_hash(&ticket, sizeof(ticket), h->config.seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	return hash_of(ctx, ((const struct asked *)e)->ticket); /* its first member */
}

void hub_init_asked(struct hub *h)
{
	table_init(&h->asked, hash_of_entry, h);
}

enum err hub_ask(struct hub *h, struct asked *a, struct store_query *q)
{
	assert(h->store.read);
	a->ticket = q->ticket = ++h->tickets;
	enum err e = table_add(&h->asked, &a->by_ticket);
	if (e != ERR_NONE)
		return e;
	e = h->store.read(h->store.ctx, q);
	if (e != ERR_NONE)
		table_remove(&h->asked, &a->by_ticket);
	return e;
}

static struct asked *find(const struct hub *h, uint64_t ticket)
{
	struct table_entry *e = table_first(&h->asked, hash_of(h, ticket));

	while (e && ((struct asked *)e)->ticket != ticket)
		e = table_next(e);
	return (struct asked *)e; /* its first member */
}

void hub_answered(struct hub *h, const struct store_answer *answer, struct instant now)
{
	struct asked *a = find(h, answer->ticket);

	assert(a);
	table_remove(&h->asked, &a->by_ticket);
	a->answered(h, a, answer, now);
}

/* ---- commands that wait ---------------------------------------------------------------------- */

static struct slice keep(uint8_t **at, struct slice s)
{
	struct slice kept = slice_of(*at, s.len);

	if (s.len > 0)
		memcpy(*at, s.data, s.len);
	*at += s.len;
	return kept;
}

static struct parked *copy_of(const struct context *x)
{
	const struct command *c = x->command;
	struct parked *p = calloc(1, sizeof(*p) + c->text.len + c->key.len + c->proof.len);

	if (!p)
		return NULL;
	uint8_t *at = p->bytes;
	p->command = *c;
	p->command.text = keep(&at, c->text);
	p->command.key = keep(&at, c->key);
	p->command.proof = keep(&at, c->proof);
	p->client = x->client;
	return p;
}

/* The client's list of what is pending hangs on the command, as long as that is all there is room for. */
static void park(struct parked *p, struct hub_client *c)
{
	p->pending = c->pending;
	if (p->pending)
		p->pending->back = &p->pending;
	c->parked = p;
	c->asking = true;
}

static void unpark(struct parked *p, struct hub_client *c)
{
	c->asking = false;
	c->pending = p->pending;
	if (c->pending)
		c->pending->back = &c->pending;
	p->client = NULL;
}

static void go_on(struct hub *h, struct asked *a, const struct store_answer *answer,
		  struct instant now)
{
	struct parked *p = (struct parked *)a; /* its first member */
	struct reply reply = {.id = p->command.id};
	struct context x = {
		.hub = h, .client = p->client, .command = &p->command, .now = now, .reply = &reply};

	if (p->client) {
		unpark(p, p->client);
		hub_finish(&x, p->resume(&x, answer));
	}
	free(p);
}

enum code hub_park(struct context *x, struct store_query *q,
		   enum code (*resume)(struct context *x, const struct store_answer *answer))
{
	struct parked *p = copy_of(x);

	assert(!x->client->asking);
	if (!p)
		return CODE_SERVER_FULL;
	p->resume = resume;
	p->asked.answered = go_on;
	if (hub_ask(x->hub, &p->asked, q) != ERR_NONE) {
		free(p);
		return CODE_SERVER_FULL;
	}
	park(p, x->client);
	return hub_later(x);
}

void parked_forget_client(struct hub_client *c)
{
	if (c->asking)
		unpark(c->parked, c);
}

struct pending **parked_pending(struct hub_client *c)
{
	return c->asking ? &c->parked->pending : &c->pending;
}

/* Of what is under way only commands are the hub's own to free: pages' owners free theirs. */
void hub_wipe_asked(struct hub *h)
{
	for (size_t i = 0; i < h->asked.cap; i++) {
		struct table_entry *next;
		for (struct table_entry *e = h->asked.buckets[i]; e; e = next) {
			struct asked *a = (struct asked *)e; /* its first member */
			next = e->next;
			if (a->answered == go_on)
				free(a);
		}
	}
	table_wipe(&h->asked);
}
