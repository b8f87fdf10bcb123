/* Lost ranges are few and short-lived; a small array is all the order they need. */
#include "proto/reader.h"

#include <stdlib.h>

_Static_assert(WIRE_EVENTS_MAX <= UINT16_MAX && WIRE_PARTS_MAX < 1 << 6 &&
		       READER_AGAIN_MAX < 1 << 4,
	       "a reader stays small");

void reader_follow(struct reader *r, uint32_t room, uint64_t first)
{
	*r = (struct reader){.room = room, .next = first, .last = READER_NO_END};
}

void reader_wipe(struct reader *r)
{
	free(r->again);
	r->again = NULL;
	r->again_count = 0;
}

static void drop(struct reader *r, size_t i)
{
	for (size_t at = i; at + 1 < r->again_count; at++)
		r->again[at] = r->again[at + 1];
	r->again_count--;
	if (i == 0)
		r->again_part = 0;
	if (r->again_count == 0)
		reader_wipe(r);
}

static uint64_t end_of(const struct reader_range *a)
{
	return a->first + a->count;
}

void reader_end(struct reader *r, uint64_t last)
{
	if (last >= r->last)
		return;
	r->last = last;
	for (size_t i = r->again_count; i-- > 0;) {
		struct reader_range *a = &r->again[i];
		if (a->first > last)
			drop(r, i);
		else if (end_of(a) > last + 1)
			a->count = (uint16_t)(last + 1 - a->first);
	}
}

static uint8_t lowest(uint32_t set)
{
	uint8_t bit = 0;

	while (!(set >> bit & 1))
		bit++;
	return bit;
}

/* How many were never sent and may be. */
static uint32_t new_ones(const struct reader *r, uint64_t head)
{
	uint64_t last = r->last < head ? r->last : head;
	uint64_t most = WIRE_EVENTS_MAX - r->sent;

	return (uint32_t)(last - r->next < most ? last - r->next + 1 : most);
}

bool reader_due(const struct reader *r, uint64_t head, struct reader_item *item)
{
	if (r->room == 0)
		return false;
	if (r->again_count > 0) {
		const struct reader_range *a = r->again;
		uint8_t part = a->parts ? lowest(a->parts) : r->again_part;
		*item = (struct reader_item){
			.seq = a->first, .count = part ? 1 : a->count, .part = part, .again = true};
		return true;
	}
	if (r->next > head || reader_waits(r))
		return false;
	*item = (struct reader_item){.seq = r->next,
				     .count = r->next_part ? 1 : new_ones(r, head),
				     .part = r->next_part};
	return true;
}

/* The first of the lost ones went out. */
static void again_sent(struct reader *r, uint8_t parts)
{
	struct reader_range *a = r->again;

	if (a->parts) {
		a->parts &= a->parts - 1;
		if (!a->parts)
			drop(r, 0);
		return;
	}
	/* A merged range may hold events in parts: those go out part by part from its front. */
	if (r->again_part + 1 < parts) {
		r->again_part++;
		return;
	}
	r->again_part = 0;
	a->first++;
	if (--a->count == 0)
		drop(r, 0);
}

void reader_sent(struct reader *r, const struct reader_item *item, uint8_t parts)
{
	if (item->again) {
		again_sent(r, parts);
		return;
	}
	if (++r->next_part >= parts) {
		r->next_part = 0;
		r->next++;
		r->sent++;
	}
}

void reader_sent_run(struct reader *r, const struct reader_item *item, uint32_t count)
{
	struct reader_range *a = r->again;

	assert(count >= 1 && count <= item->count);
	if (!item->again || count == 1) {
		reader_sent(r, item, 1);
		r->next += item->again ? 0 : count - 1;
		r->sent = (uint16_t)(r->sent + (item->again ? 0 : count - 1));
		return;
	}
	a->first += count;
	a->count = (uint16_t)(a->count - count);
	if (a->count == 0)
		drop(r, 0);
}

/* ---- losses ------------------------------------------------------------------------------------ */

static struct reader_range range_of(const struct ref *ref)
{
	bool part = ref->kind == REF_EVENT_PART;

	return (struct reader_range){.first = ref->first,
				     .parts = part ? UINT32_C(1) << ref->part : 0,
				     .count = part ? 1 : ref->count};
}

/* What of a lost range is wanted, and was sent since the room is followed; false: nothing. */
static bool clip(const struct reader *r, struct reader_range *lost)
{
	uint64_t sent = r->next + (r->next_part > 0);
	uint64_t first = lost->first > reader_confirmed(r) ? lost->first : reader_confirmed(r);
	uint64_t end = r->last < sent ? r->last + 1 : sent;

	if (end_of(lost) < end)
		end = end_of(lost);
	if (first >= end)
		return false;
	lost->first = first;
	lost->count = (uint16_t)(end - first);
	return true;
}

/* Whether both are one; if so that one is in *a. */
static bool merge(struct reader_range *a, const struct reader_range *b)
{
	if (a->parts || b->parts) {
		if (!a->parts || !b->parts || a->first != b->first)
			return false;
		a->parts |= b->parts;
		return true;
	}
	uint64_t first = a->first < b->first ? a->first : b->first;
	uint64_t end = end_of(a) > end_of(b) ? end_of(a) : end_of(b);
	if (a->first > end_of(b) || b->first > end_of(a) || end - first > UINT16_MAX)
		return false;
	*a = (struct reader_range){.first = first, .count = (uint16_t)(end - first)};
	return true;
}

/* One range over all that is lost: sends some events once too often, and loses none. */
static void cover_all(struct reader *r, const struct reader_range *lost)
{
	uint64_t first = lost->first, end = end_of(lost);

	for (size_t i = 0; i < r->again_count; i++) {
		first = r->again[i].first < first ? r->again[i].first : first;
		end = end_of(&r->again[i]) > end ? end_of(&r->again[i]) : end;
	}
	r->again_part = 0;
	r->again_count = 1;
	*r->again = (struct reader_range){.first = first, .count = (uint16_t)(end - first)};
}

/* There is no memory to tell them apart: all that was sent from there on is as if it had not been. */
static void go_back(struct reader *r, uint64_t first)
{
	r->sent = (uint16_t)(first - reader_confirmed(r));
	r->next = first;
	r->next_part = 0;
}

void reader_lost(struct reader *r, const struct ref *ref)
{
	struct reader_range lost = range_of(ref);

	if (ref->room != r->room || !clip(r, &lost))
		return;
	/* the front one may be half sent in parts; it is left to itself then */
	for (size_t i = r->again_part > 0; i < r->again_count; i++)
		if (merge(&r->again[i], &lost))
			return;
	if (!r->again && !(r->again = malloc(READER_AGAIN_MAX * sizeof(*r->again))))
		go_back(r, lost.first);
	else if (r->again_count == READER_AGAIN_MAX)
		cover_all(r, &lost);
	else
		r->again[r->again_count++] = lost;
}

void reader_changed(struct reader *r, uint64_t seq)
{
	const struct ref whole = {.kind = REF_EVENTS, .room = r->room, .first = seq, .count = 1};

	if (seq == r->next)
		r->next_part = 0;
	else if (r->again_count > 0 && r->again_part > 0 && r->again[0].first == seq)
		r->again_part = 0;
	else
		reader_lost(r, &whole);
}

/* ---- what has arrived -------------------------------------------------------------------------- */

void reader_confirm(struct reader *r, uint64_t next)
{
	if (r->room == 0 || next <= reader_confirmed(r) || next > r->next)
		return;
	r->sent = (uint16_t)(r->next - next);
	for (size_t i = r->again_count; i-- > 0;) {
		struct reader_range *a = &r->again[i];
		if (end_of(a) <= next) {
			drop(r, i);
		} else if (a->first < next) {
			a->count = (uint16_t)(end_of(a) - next);
			a->first = next;
			if (i == 0)
				r->again_part = 0;
		}
	}
}

void reader_confirm_sent(struct reader *r)
{
	reader_confirm(r, r->next);
}

void reader_skip(struct reader *r)
{
	assert(r->last != READER_NO_END);
	r->next = r->last + 1;
	r->sent = 0;
	r->next_part = r->again_part = 0;
	reader_wipe(r);
}

bool reader_waits(const struct reader *r)
{
	return r->next > r->last || r->sent >= WIRE_EVENTS_MAX;
}

bool reader_done(const struct reader *r)
{
	return r->last != READER_NO_END && reader_confirmed(r) > r->last;
}
