/*
 * A hub with many rooms, for tests of what is done in them: every command is carried out and kept at
 * once, with a store or without.
 */
#ifndef TEST_HUB_HOUSE_H
#define TEST_HUB_HOUSE_H

#include "hub_store_scene.h"

#include "core/registry.h"

static bool stored;
static size_t small;	  /* what a room's memory is to have; 0: plenty */
static size_t heard_of;	  /* events that the observer was told of */
static uint32_t heard_in; /* the room of the last one */

static inline void overhear(void *ctx, const struct event *e, const struct address *who)
{
	(void)ctx;
	(void)who;
	heard_of++;
	heard_in = e->room;
}

static inline void open_house(bool with_store)
{
	struct hub_config config = {.room_bytes = small ? small : 1 << 20,
				    .page_bytes = 1 << 20,
				    .recall_us = 120 * (uint64_t)SECOND,
				    .max_members = 70,
				    .max_names = 200,
				    .grace_us = GRACE,
				    .epoch = EPOCH,
				    .store = with_store ? &fake_port : NULL};
	struct hub_observer observer = {overhear, NULL};

	begin(GRACE);
	hub_free(hub);
	fake_begin();
	stored = with_store;
	heard_of = 0;
	now = (struct instant){.mono_us = SECOND, .wall_ms = INT64_C(1795276800000)};
	hub = hub_new(&config, &observer);
	assert_non_null(hub);
	ear_begin(hub);
}

static inline int in_memory(void **state)
{
	(void)state;
	open_house(false);
	return 0;
}

static inline int on_disk(void **state)
{
	(void)state;
	open_house(true);
	return 0;
}

#define IN_BOTH(f)                                                                                 \
	{"memory: " #f, f, in_memory, tear_down, NULL},                                            \
	{                                                                                          \
		"store: " #f, f, on_disk, tear_down, NULL                                          \
	}

/* Whatever is pending is kept, or not. */
static inline void settle_as(enum err e)
{
	hub_turn(hub, now);
	if (fake.busy)
		fake_done(hub, e, now);
}

static inline void settle(void)
{
	settle_as(ERR_NONE);
}

/* Carries it out; the answer is in ear.reply. */
static inline enum code run(struct hub_client *c, struct command command)
{
	command.id = ++asked;
	hub_command(hub, c, &command, now);
	for (int i = 0; i < 3; i++) /* what waits for another batch, too */
		settle();
	assert_ptr_equal(ear.client, c);
	assert_true(ear.reply.id == asked);
	return ear.reply.code;
}

static inline struct hub_client *guest(size_t i, char key, const char *name)
{
	struct hub_client *c = session(i, key);

	assert_int_equal(run(c, (struct command){.kind = COMMAND_JOIN,
						 .room = WIRE_LOBBY,
						 .text = words(name),
						 .since_mode = SINCE_LAST,
						 .instance = 100 + i}),
			 CODE_OK);
	return c;
}

static inline enum code enter(struct hub_client *c, const char *name)
{
	return run(c, (struct command){.kind = COMMAND_ENTER,
				       .text = words(name),
				       .since_mode = SINCE_LAST});
}

/* … and the room's number. */
static inline uint32_t enter_ok(struct hub_client *c, const char *name)
{
	assert_int_equal(enter(c, name), CODE_OK);
	return ear.reply.room;
}

static inline enum code say_in(struct hub_client *c, uint32_t room, const char *text)
{
	return run(c, (struct command){.kind = COMMAND_TALK, .room = room, .text = words(text)});
}

static inline enum code part_from(struct hub_client *c, uint32_t room)
{
	return run(c, (struct command){.kind = COMMAND_PART, .room = room, .text = words("bye")});
}

static inline uint64_t head_of(uint32_t room)
{
	return hub_head(hub, room);
}

static inline struct event event_at(uint32_t room, uint64_t seq)
{
	struct slice s = room_frame(hub_room(hub, room), seq);
	struct frame f;

	assert_non_null(s.data);
	assert_int_equal(frame_get(&s, &f), ERR_NONE);
	return f.event;
}

/* That is the room's newest event. */
static inline void expect_in(uint32_t room, uint64_t seq, enum event_kind kind, const char *from)
{
	assert_true(head_of(room) == seq);
	struct event e = event_at(room, seq);
	assert_int_equal(e.kind, kind);
	assert_words(e.from, from);
}

static inline bool gets(const struct hub_client *c, uint32_t room)
{
	const struct ear_reader *r = ear_reader(c, room);

	return r && r->last == UINT64_MAX;
}

/* ---- what was kept is read again ------------------------------------------------------------- */

/* The frame under that number as the records have it, and who caused it; data == NULL: none. */
static inline struct slice kept_frame(uint32_t room, uint64_t seq, uint8_t author[OWNER_BYTES])
{
	struct slice records = fake_kept(), frame = slice_of(NULL, 0);
	struct record r;

	while (records.len > 0) {
		assert_int_equal(record_get(&records, &r), ERR_NONE);
		if ((r.kind != RECORD_EVENT && r.kind != RECORD_REWRITE) || r.event.room != room ||
		    r.event.seq != seq)
			continue;
		frame = r.event.frame;
		if (r.kind == RECORD_EVENT)
			memcpy(author, r.event.author, OWNER_BYTES);
	}
	return frame;
}

static uint8_t answer_bytes[256 * 1024];

static inline bool add_frame(struct buf *page, const struct store_query *q, uint64_t seq,
			     uint8_t author[OWNER_BYTES])
{
	struct slice frame = kept_frame(q->room, seq, author);

	if (!frame.data || frame.len > q->max_bytes - page->len)
		return false;
	if (q->kind == QUERY_RUN) {
		buf_put_bytes(page, frame.data, frame.len);
		return true;
	}
	memmove(page->data + frame.len, page->data, page->len);
	memcpy(page->data, frame.data, frame.len);
	page->len += frame.len;
	return true;
}

/* A PAGE or RUN, as a disk has it now. */
static inline struct store_answer read_kept(const struct store_query *q)
{
	struct buf page = buf_of(answer_bytes, sizeof(answer_bytes));
	struct store_answer a = {.ticket = q->ticket};
	uint8_t author[OWNER_BYTES];
	bool up = q->kind == QUERY_RUN;

	for (uint64_t n = 0; n <= q->last - q->first; n++) {
		if (!add_frame(&page, q, up ? q->first + n : q->last - n, author))
			break;
		if (n == 0 || !up)
			memcpy(a.author, author, OWNER_BYTES);
	}
	a.page = slice_of(page.data, page.len);
	if (page.len == 0)
		a.error = ERR_NOT_FOUND;
	return a;
}

static inline void drop_query(size_t i)
{
	fake.query_count--;
	memmove(&fake.queries[i], &fake.queries[i + 1],
		(fake.query_count - i) * sizeof(fake.queries[0]));
}

static inline void answer_with(size_t i, struct store_answer a)
{
	a.ticket = fake.queries[i].ticket;
	drop_query(i);
	hub_answered(hub, &a, now);
}

/* All that was asked, also because of answers. */
static inline void answer_all(void)
{
	while (fake.query_count > 0)
		answer_with(0, read_kept(&fake.queries[0]));
}

#endif
