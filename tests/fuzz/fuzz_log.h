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

/* Each run is in memory of its own, so that whoever reads past its end, or keeps it, is found out. */
static inline struct slice log_copy(const struct log *l, uint64_t seq, uint32_t n, size_t len)
{
	static uint8_t *run;
	size_t at = 0;

	free(run);
	run = malloc(len);
	CHECK(run);
	for (uint32_t i = 0; i < n; i++) {
		memcpy(run + at, l->frames[seq - 1 + i].data, l->frames[seq - 1 + i].len);
		at += l->frames[seq - 1 + i].len;
	}
	return slice_of(run, len);
}

static inline enum log_state log_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
				     struct slice *out, uint32_t *count)
{
	struct log *l = log_of(ctx, room);
	uint32_t n = 1;

	CHECK(seq >= 1 && seq <= l->head && *count > 0);
	size_t len = l->frames[seq - 1].len;
	for (; n < *count && seq + n <= l->head; n++) {
		size_t more = l->frames[seq - 1 + n].len;
		if (len + more > max_bytes)
			break;
		len += more;
	}
	*out = log_copy(l, seq, n, len);
	*count = n;
	if (seq <= l->evicted)
		return LOG_GONE;
	return l->later ? LOG_LATER : LOG_HERE;
}

static const struct session_log log_port = {log_head, log_run};

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
