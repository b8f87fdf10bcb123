/*
 * What the store keeps, read from the beginning as a member would who was there all the time: who is in
 * which room, what was said, and what became of it.  Fails where an event cannot have happened then.
 */
#ifndef TEST_HUB_CHRONICLE_H
#define TEST_HUB_CHRONICLE_H

#include "core/hub_internal.h"

#include "hub_store_scene.h"

#include "fake_memory.h"

#include <stdio.h>

enum { ROOMS = 3, NUMBERS = 1 + ROOMS }; /* beside the lobby; and it */

static size_t rewritten_count;

enum { MEMBERS = 128, HEARD = 4096 };

struct heard_talk {
	uint64_t instance, mid;
};

/* One room, as its log tells it. */
static struct said {
	char names[MEMBERS][NAME_MAX_BYTES + 1];
	bool lost[MEMBERS], away[MEMBERS];
	size_t count;
	uint64_t head;
	struct heard_talk talks[HEARD]; /* by number */
	struct slice frames[HEARD];	/* as they are kept now */
} rooms[NUMBERS];

static inline size_t find_member(const struct said *s, struct slice name)
{
	for (size_t i = 0; i < s->count; i++)
		if (same_words(words(s->names[i]), name))
			return i;
	return s->count;
}

static inline void set_name(struct said *s, size_t i, struct slice name)
{
	memcpy(s->names[i], name.data, name.len);
	s->names[i][name.len] = '\0';
}

static inline void fold_talk(const struct said *at, const struct event *e)
{
	unsigned long long instance, mid;
	char text[64] = {0};

	memcpy(text, e->text.data, e->text.len);
	assert_int_equal(sscanf(text, "%llu says %llu", &instance, &mid), 2);
	for (const struct said *s = rooms; s < rooms + NUMBERS; s++) /* once */
		for (uint64_t n = 1; n < s->head; n++)
			assert_false(s->talks[n].instance == instance && s->talks[n].mid == mid);
	rooms[at - rooms].talks[e->seq] = (struct heard_talk){instance, mid};
}

static inline void fold_coming(struct said *s, const struct event *e, size_t i)
{
	if (e->kind == EVENT_JOIN) {
		set_name(s, i, e->from);
		s->lost[i] = s->away[i] = false;
		s->count++;
		assert_true(s->count < MEMBERS);
		return;
	}
	s->count--;
	memcpy(s->names[i], s->names[s->count], sizeof(s->names[i]));
	s->lost[i] = s->lost[s->count];
	s->away[i] = s->away[s->count];
}

static inline void fold(struct said *s, const struct event *e)
{
	size_t i = find_member(s, e->from);

	assert_true((e->kind == EVENT_OPEN) == (e->seq == 1 && e->room != WIRE_LOBBY));
	if (e->kind == EVENT_ANNOUNCE || e->kind == EVENT_OPEN)
		return;
	assert_true((i == s->count) == (e->kind == EVENT_JOIN));
	switch (e->kind) {
	case EVENT_JOIN:
	case EVENT_QUIT:
		fold_coming(s, e, i);
		break;
	case EVENT_NICK:
		assert_true(find_member(s, e->text) == s->count || same_words(e->from, e->text));
		set_name(s, i, e->text);
		break;
	case EVENT_LOST:
	case EVENT_BACK:
		assert_true(s->lost[i] == (e->kind == EVENT_BACK));
		s->lost[i] = e->kind == EVENT_LOST;
		break;
	case EVENT_AWAY:
		assert_true(e->text.len > 0 || s->away[i] || e->room != WIRE_LOBBY);
		s->away[i] = e->text.len > 0;
		break;
	case EVENT_TALK:
		fold_talk(s, e);
		break;
	case EVENT_RECALL:
	case EVENT_EDIT:
		assert_true(e->target < e->seq && s->talks[e->target].mid > 0);
		break;
	case EVENT_TOPIC:
		break;
	default:
		fail_msg("an event of kind %d", (int)e->kind);
	}
}

/* A talk is what was said of it last, or nothing; of what was said before nothing is left. */
static inline void fold_rewrite(struct said *s, const struct event *e, struct slice frame)
{
	struct slice bytes = s->frames[e->seq];
	struct frame before;

	assert_int_equal(frame_get(&bytes, &before), ERR_NONE);
	assert_true(before.event.kind != EVENT_RECALLED);
	if (before.event.kind == EVENT_EDIT)
		assert_true(e->kind == EVENT_EDIT && e->text.len == 0);
	else
		assert_true(e->kind == EVENT_EDITED || e->kind == EVENT_RECALLED);
	assert_true(e->time_ms == before.event.time_ms);
	s->frames[e->seq] = frame;
	rewritten_count++;
}

static inline void fold_record(const struct record_event *r, bool again)
{
	struct said *s = &rooms[r->room - 1];
	struct slice bytes = r->frame;
	struct frame f;

	assert_in_range(r->room, 1, NUMBERS);
	assert_int_equal(frame_get(&bytes, &f), ERR_NONE);
	assert_true(f.event.room == r->room && f.event.seq == r->seq);
	if (again) {
		assert_true(r->seq <= s->head);
		fold_rewrite(s, &f.event, r->frame);
		return;
	}
	assert_true(r->seq == ++s->head && s->head < HEARD);
	s->frames[r->seq] = r->frame;
	fold(s, &f.event);
}

/* What is in memory is what is kept. */
static inline void assert_memory(const struct said *s, uint32_t number)
{
	const struct room *log = hub_room(hub, number);

	for (uint64_t seq = log ? room_first(log) : 1; log && seq <= s->head; seq++)
		assert_true(same_words(room_frame(log, seq), s->frames[seq]));
}

/* All that the store keeps, from the beginning. */
static inline void fold_all(void)
{
	struct slice kept = fake_kept();
	struct record r;

	memset(rooms, 0, sizeof(rooms));
	while (kept.len > 0) {
		assert_int_equal(record_get(&kept, &r), ERR_NONE);
		if (r.kind == RECORD_EVENT || r.kind == RECORD_REWRITE)
			fold_record(&r.event, r.kind == RECORD_REWRITE);
	}
	for (uint32_t n = 1; n <= NUMBERS; n++)
		assert_memory(&rooms[n - 1], n);
	for (uint32_t n = 1; n <= NUMBERS; n++)
		assert_true(rooms[n - 1].head == hub_head(hub, n));
}

/* Who is in a room, is here. */
static inline void assert_members(const struct said *s, uint32_t number)
{
	const struct registry_room *room = registry_find(hub->registry, number);

	assert_int_equal(room ? room->member_count : 0, s->count);
	for (size_t i = 0; i < s->count; i++) {
		struct member *m = member(s->names[i]);
		assert_non_null(m);
		assert_true(hub_belongs(presence_of(m), room));
		assert_true(!s->lost[i] || m->state == MEMBER_RECONNECTING);
		/* the log is of several lives of the server */
		assert_true(s->away[i] || !presence_of(m)->away || number != WIRE_LOBBY);
	}
}

#endif
