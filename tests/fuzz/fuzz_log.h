/* The logs of some rooms in memory, which a session of a fuzz target reads. */
#ifndef FUZZ_LOG_H
#define FUZZ_LOG_H

#include "fuzz.h"

#include "proto/session.h"

enum { LOG_MAX = 400, LOG_ROOMS = 5 }; /* rooms 1 to 4 */

struct log {
	struct slice frames[LOG_MAX]; /* owned; by sequence number less one */
	uint64_t head, evicted;	      /* it has evicted + 1 … head */
	uint64_t changes;	      /* of what was said */
	bool changed[LOG_MAX];
	bool later; /* and all of that has to be fetched */
};

/* The context is an array of LOG_ROOMS. */
static inline struct log *log_of(void *ctx, uint32_t room)
{
	CHECK(room >= WIRE_LOBBY && room < LOG_ROOMS);
	return (struct log *)ctx + room;
}

static inline uint64_t log_head(void *ctx, uint32_t room)
{
	return log_of(ctx, room)->head;
}

static inline enum log_state log_frame(void *ctx, uint32_t room, uint64_t seq, struct slice *out)
{
	struct log *l = log_of(ctx, room);

	CHECK(seq >= 1 && seq <= l->head);
	*out = l->frames[seq - 1];
	if (seq <= l->evicted)
		return LOG_GONE;
	return l->later ? LOG_LATER : LOG_HERE;
}

static const struct session_log log_port = {log_head, log_frame};

static inline struct slice log_encode(const struct event *e)
{
	static uint8_t storage[WIRE_ITEM_MAX];
	struct buf b = buf_of(storage, sizeof(storage));

	event_put(&b, e);
	CHECK(!b.failed);
	uint8_t *kept = malloc(b.len);
	CHECK(kept);
	memcpy(kept, storage, b.len);
	return slice_of(kept, b.len);
}

/* Appends a talk; 0: the log is full, or that is no text. */
static inline uint64_t log_append(struct log *l, uint32_t room, struct slice text)
{
	struct event e = {.room = room, .seq = l->head + 1, .kind = EVENT_TALK};

	if (l->head == LOG_MAX || !text_valid((const char *)text.data, text.len) ||
	    text.len > TEXT_MAX_BYTES)
		return 0;
	e.from = slice_of("bob", 3);
	e.text = text;
	l->frames[l->head++] = log_encode(&e);
	return l->head;
}

/* A talk says something else from now on, or, without a text, nothing any more. */
static inline void log_change(struct log *l, uint32_t room, uint64_t seq, struct slice text)
{
	struct event e = {.room = room, .seq = seq, .from = slice_of("bob", 3), .text = text};

	e.kind = text.len > 0 ? EVENT_EDITED : EVENT_RECALLED;
	e.target = LOG_MAX + ++l->changes;
	free((void *)(uintptr_t)l->frames[seq - 1].data);
	l->frames[seq - 1] = log_encode(&e);
	l->changed[seq - 1] = true;
}

static inline void log_wipe(struct log *l)
{
	for (uint64_t i = 0; i < l->head; i++)
		free((void *)(uintptr_t)l->frames[i].data);
}

#endif
