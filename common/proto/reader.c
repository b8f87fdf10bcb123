/* Lost ranges are few and short-lived; a small array is all the order they need. */
#include "proto/reader.h"

#include <stdlib.h>

void reader_follow(struct reader *r, uint32_t room, uint64_t first)
{
	*r = (struct reader){
		.room = room, .next = first, .confirmed = first, .last = READER_NO_END};
}

void reader_wipe(struct reader *r)
{
	free(r->more_again);
	r->more_again = NULL;
	r->again_count = 0;
}

/* The i-th range that is due again. */
static struct reader_range *again(const struct reader *r, size_t i)
{
	return i == 0 ? (struct reader_range *)(uintptr_t)&r->first_again : &r->more_again[i - 1];
}

static void drop(struct reader *r, size_t i)
{
	r->again_count--;
	for (size_t at = i; at < r->again_count; at++)
		*again(r, at) = *again(r, at + 1);
	if (i == 0)
		r->again_part = 0;
	if (r->again_count > 1)
		return;
	free(r->more_again);
	r->more_again = NULL;
}

/* One more; false: there is no room for it, or no memory. */
static bool add(struct reader *r, const struct reader_range *lost)
{
	if (r->again_count == READER_AGAIN_MAX)
		return false;
	if (r->again_count > 0 && !r->more_again)
		r->more_again = malloc((READER_AGAIN_MAX - 1) * sizeof(*r->more_again));
	if (r->again_count > 0 && !r->more_again)
		return false;
	*again(r, r->again_count++) = *lost;
	return true;
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
		struct reader_range *a = again(r, i);
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
	uint64_t most = r->confirmed + WIRE_EVENTS_MAX - r->next;

	return (uint32_t)(last - r->next < most ? last - r->next + 1 : most);
}

bool reader_due(const struct reader *r, uint64_t head, struct reader_item *item)
{
	if (r->room == 0)
		return false;
	if (r->again_count > 0) {
		const struct reader_range *a = again(r, 0);
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
	struct reader_range *a = again(r, 0);

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
	}
}

void reader_sent_run(struct reader *r, const struct reader_item *item, uint32_t count)
{
	struct reader_range *a = again(r, 0);

	assert(count >= 1 && count <= item->count);
	if (!item->again || count == 1) {
		reader_sent(r, item, 1);
		r->next += item->again ? 0 : count - 1;
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
	uint64_t first = lost->first > r->confirmed ? lost->first : r->confirmed;
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
		first = again(r, i)->first < first ? again(r, i)->first : first;
		end = end_of(again(r, i)) > end ? end_of(again(r, i)) : end;
	}
	reader_wipe(r);
	r->again_part = 0;
	r->again_count = 1;
	r->first_again = (struct reader_range){.first = first, .count = (uint16_t)(end - first)};
}

void reader_lost(struct reader *r, const struct ref *ref)
{
	struct reader_range lost = range_of(ref);

	if (ref->room != r->room || !clip(r, &lost))
		return;
	/* the front one may be half sent in parts; it is left to itself then */
	for (size_t i = r->again_part > 0; i < r->again_count; i++)
		if (merge(again(r, i), &lost))
			return;
	if (!add(r, &lost))
		cover_all(r, &lost);
}

void reader_changed(struct reader *r, uint64_t seq)
{
	const struct ref whole = {.kind = REF_EVENTS, .room = r->room, .first = seq, .count = 1};

	if (seq == r->next)
		r->next_part = 0;
	else if (r->again_count > 0 && r->again_part > 0 && r->first_again.first == seq)
		r->again_part = 0;
	else
		reader_lost(r, &whole);
}

/* ---- what has arrived -------------------------------------------------------------------------- */

void reader_confirm(struct reader *r, uint64_t next)
{
	if (r->room == 0 || next <= r->confirmed || next > r->next)
		return;
	r->confirmed = next;
	for (size_t i = r->again_count; i-- > 0;) {
		struct reader_range *a = again(r, i);
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
	r->next = r->confirmed = r->last + 1;
	r->next_part = r->again_part = 0;
	reader_wipe(r);
}

bool reader_waits(const struct reader *r)
{
	return r->next > r->last || r->next >= r->confirmed + WIRE_EVENTS_MAX;
}

bool reader_done(const struct reader *r)
{
	return r->last != READER_NO_END && r->confirmed > r->last;
}
