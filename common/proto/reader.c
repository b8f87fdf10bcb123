/* Lost ranges are few and short-lived; a small array is all the order they need. */
#include "proto/reader.h"

#include <string.h>

void reader_follow(struct reader *r, uint32_t room, uint64_t first)
{
	*r = (struct reader){
		.room = room, .next = first, .confirmed = first, .last = READER_NO_END};
}

static void drop(struct reader *r, size_t i)
{
	r->again_count--;
	memmove(&r->again[i], &r->again[i + 1], (r->again_count - i) * sizeof(r->again[0]));
}

static uint64_t end_of(const struct ref *a)
{
	return a->first + (a->kind == REF_EVENTS ? a->count : 1);
}

void reader_end(struct reader *r, uint64_t last)
{
	if (last >= r->last)
		return;
	r->last = last;
	for (size_t i = r->again_count; i-- > 0;) {
		struct ref *a = &r->again[i];
		if (a->first > last)
			drop(r, i);
		else if (end_of(a) > last + 1)
			a->count = (uint16_t)(last + 1 - a->first);
	}
}

bool reader_due(const struct reader *r, uint64_t head, struct reader_item *item)
{
	if (r->room == 0)
		return false;
	if (r->again_count > 0) {
		const struct ref *a = &r->again[0];
		*item = (struct reader_item){.seq = a->first, .part = a->part, .again = true};
		return true;
	}
	if (r->next > head || r->next > r->last || r->next >= r->confirmed + WIRE_EVENTS_MAX)
		return false;
	*item = (struct reader_item){.seq = r->next, .part = r->next_part};
	return true;
}

/* The first of the lost ones went out. */
static void again_sent(struct reader *r, uint8_t parts)
{
	struct ref *a = &r->again[0];

	/* A merged range may hold events in parts: those go out part by part from its front. */
	if (a->kind == REF_EVENTS && parts > 1 && a->part + 1 < parts) {
		a->part++;
		return;
	}
	a->part = 0;
	if (a->kind == REF_EVENT_PART || --a->count == 0)
		drop(r, 0);
	else
		a->first++;
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

static bool adjoins(const struct ref *a, const struct ref *b)
{
	return a->kind == REF_EVENTS && b->kind == REF_EVENTS && a->first <= end_of(b) &&
	       b->first <= end_of(a) && end_of(b) - a->first <= UINT16_MAX;
}

/* One range over all that is lost: sends some events once too often, and loses none. */
static void cover_all(struct reader *r, const struct ref *ref)
{
	uint64_t first = ref->first, end = end_of(ref);

	for (size_t i = 0; i < r->again_count; i++) {
		first = r->again[i].first < first ? r->again[i].first : first;
		end = end_of(&r->again[i]) > end ? end_of(&r->again[i]) : end;
	}
	r->again_count = 1;
	r->again[0] = (struct ref){.kind = REF_EVENTS,
				   .room = r->room,
				   .first = first,
				   .count = (uint16_t)(end - first)};
}

static bool same_part(const struct ref *a, const struct ref *b)
{
	return a->kind == REF_EVENT_PART && b->kind == REF_EVENT_PART && a->first == b->first &&
	       a->part == b->part;
}

/* What of a lost range is wanted, and was sent since the room is followed; false: nothing. */
static bool clip(const struct reader *r, struct ref *ref)
{
	uint64_t sent = r->next + (r->next_part > 0), last = r->last;
	uint64_t end = last < sent ? last + 1 : sent;

	if (ref->room != r->room || end_of(ref) <= r->confirmed || ref->first >= end)
		return false;
	if (end_of(ref) > end)
		ref->count = (uint16_t)(end - ref->first);
	if (ref->first < r->confirmed) {
		ref->count = (uint16_t)(end_of(ref) - r->confirmed);
		ref->first = r->confirmed;
	}
	return true;
}

void reader_lost(struct reader *r, const struct ref *lost)
{
	struct ref ref = *lost;

	if (!clip(r, &ref))
		return;
	for (size_t i = 0; i < r->again_count; i++) {
		struct ref *a = &r->again[i];
		if (same_part(a, &ref))
			return;
		/* the front one may be half sent in parts; it is left to itself */
		if ((i == 0 && a->part > 0) || !adjoins(a, &ref))
			continue;
		uint64_t end = end_of(a) > end_of(&ref) ? end_of(a) : end_of(&ref);
		a->first = a->first < ref.first ? a->first : ref.first;
		a->count = (uint16_t)(end - a->first);
		return;
	}
	if (r->again_count == READER_AGAIN_MAX)
		cover_all(r, &ref);
	else
		r->again[r->again_count++] = ref;
}

void reader_confirm(struct reader *r, uint64_t next)
{
	if (r->room == 0 || next <= r->confirmed || next > r->next)
		return;
	r->confirmed = next;
	for (size_t i = r->again_count; i-- > 0;) {
		struct ref *a = &r->again[i];
		if (end_of(a) <= next) {
			drop(r, i);
		} else if (a->first < next) {
			a->count = (uint16_t)(end_of(a) - next);
			a->first = next;
			a->part = 0;
		}
	}
}

bool reader_done(const struct reader *r, uint64_t head)
{
	return r->room == 0 || r->confirmed > (head < r->last ? head : r->last);
}
