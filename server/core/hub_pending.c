/* What is pending: one by one, and who waits for it. */
#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

void hub_note(struct hub *h, const struct record *r)
{
	if (!h->store.commit)
		return;
	record_put(&h->notes, r);
	assert(!h->notes.failed);
}

void hub_note_fact(struct hub *h, const struct record *r)
{
	const struct wish alone = {.deed = NULL};

	assert(h->notes.len == 0); /* those are of something else */
	if (!h->store.commit)
		return;
	hub_note(h, r);
	(void)!pending_add(h, &alone); /* without memory that is not written down */
}

static void await(struct pending *p, const struct context *x)
{
	struct pending **first = parked_pending(x->client); /* who is asking may be kicked */

	p->client = x->client;
	p->id = x->command->id;
	p->next = *first;
	p->back = first;
	if (p->next)
		p->next->back = &p->next;
	*first = p;
}

void pending_leave_client(struct pending *p)
{
	if (!p->client)
		return;
	*p->back = p->next;
	if (p->next)
		p->next->back = p->back;
	p->client = NULL;
}

static bool copy_slice(struct arena *a, struct slice *s)
{
	const uint8_t *copy = arena_copy(a, s->data, s->len);

	*s = slice_of(copy, s->len);
	return copy != NULL;
}

/* What it refers to, into memory of its own. */
static bool copy_parts(struct hub *h, const struct wish *w, struct pending *p)
{
	struct arena *a = &h->waiting.arena;

	p->records = slice_of(h->notes.data, h->notes.len);
	if (w->event) {
		p->event = *w->event;
		if (!copy_slice(a, &p->event.from) || !copy_slice(a, &p->event.text))
			return false;
	}
	if (p->records.len > 0 && !copy_slice(a, &p->records))
		return false;
	p->more_len = w->more_len;
	return w->more_len == 0 || (p->more = arena_copy(a, w->more, w->more_len));
}

static struct pending *make(struct hub *h, const struct wish *w)
{
	struct pending *p = arena_take(&h->waiting.arena, sizeof(*p));

	if (!p)
		return NULL;
	*p = (struct pending){.deed = w->deed, .room = w->event ? w->room : NULL};
	return copy_parts(h, w, p) ? p : NULL;
}

static void tie(struct hub *h, struct pending *p, const struct wish *w)
{
	if (w->x)
		await(p, w->x);
	if (w->by) {
		memcpy(p->author, presence_identity(w->by), OWNER_BYTES);
		p->by_somebody = true;
		p->address = w->x ? w->x->client->address : *w->by->member.address;
	}
	if (w->deed && w->deed->holds) {
		p->presence = w->held;
		p->presence->unsettled++;
	}
	if (w->sender) {
		p->sender = w->sender;
		p->mid = w->mid;
		senders_pin(h->senders, p->sender);
	}
}

struct pending *pending_add(struct hub *h, const struct wish *w)
{
	struct pending *p = make(h, w);

	h->notes.len = 0;
	if (!p || (w->mid && sender_begins(w->sender, w->mid) != ERR_NONE))
		return NULL;
	tie(h, p, w);
	ring_add(&h->waiting.all, &p->link);
	return p;
}

struct pending *pending_newest(struct hub *h)
{
	struct ring *newest = h->waiting.all.older;

	return newest == &h->waiting.all ? NULL : (struct pending *)newest; /* its first member */
}

void pending_drop(struct hub *h, struct pending *p)
{
	ring_remove(&p->link);
	pending_leave_client(p);
	if (p->sender)
		senders_unpin(h->senders, p->sender);
}

void pending_cancel_after(struct hub *h, struct pending *newest)
{
	struct pending *p;

	while ((p = pending_newest(h)) != newest) {
		if (p->presence)
			p->presence->unsettled--;
		if (p->mid)
			sender_takes_back(p->sender, p->mid);
		pending_drop(h, p);
	}
}

void hub_reply(struct hub *h, struct hub_client *c, const struct reply *r)
{
	if (c == &h->console)
		h->recalled(h->recalled_ctx, r->code);
	else if (c && h->port.reply)
		h->port.reply(h->port.ctx, c, r);
}

static struct pending *copy_of(struct arena *a, const struct pending *p)
{
	struct pending *copy = arena_copy(a, p, sizeof(*p));

	if (!copy || !copy_slice(a, &copy->event.from) || !copy_slice(a, &copy->event.text) ||
	    !copy_slice(a, &copy->records))
		return NULL;
	if (p->more_len > 0 && !(copy->more = arena_copy(a, p->more, p->more_len)))
		return NULL;
	return copy;
}

/* Without memory for it the rest stays where it is. */
void queue_compact(struct queue *q)
{
	struct arena arena = {.newest = NULL};
	struct ring *r, *next;

	for (r = ring_oldest(&q->all); r; r = next) {
		struct pending *p = (struct pending *)r, *copy = copy_of(&arena, p);
		next = ring_newer(&q->all, r);
		assert(!p->client);
		if (!copy)
			break;
		ring_replace(r, &copy->link);
	}
	if (r)
		arena_join(&arena, &q->arena);
	arena_wipe(&q->arena);
	q->arena = arena;
}

/* At the end: clients may be gone already. */
void queue_wipe(struct hub *h, struct queue *q)
{
	struct ring *r;

	while ((r = ring_oldest(&q->all))) {
		struct pending *p = (struct pending *)r; /* its first member */
		p->client = NULL;
		if (p->deed && p->deed->wipe)
			p->deed->wipe(p);
		pending_drop(h, p);
	}
	arena_wipe(&q->arena);
}
