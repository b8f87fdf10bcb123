/*
 * The server behind the session of session_rig.h: its rooms, and what becomes of commands.
 *
 * What is said follows from its number and length, so that a mixed-up one shows.
 */
#include "rooms_rig.h"

#include "proto/timerq.h"

#include <stdlib.h>

enum { RIG_RUN_MAX = 2 * WIRE_ITEM_MAX };

struct rig_thought {
	struct rig_thought *next; /* in order of time */
	uint64_t at;
	struct command command;
	uint8_t text[];
};

/* Not malloc(): that one may fail where memory is what is tested. */
void *rig_own(void *p, size_t n)
{
	p = reallocarray(p, 1, n);
	assert_true(p || n == 0);
	return p;
}

/* ---- rooms ------------------------------------------------------------------------------------- */

uint64_t rig_head(const struct rig *r, uint32_t room)
{
	assert_in_range(room, WIRE_LOBBY, RIG_ROOMS - 1);
	return room == WIRE_LOBBY ? r->head : r->rooms[room].head;
}

struct slice rig_frame(const struct rig *r, uint32_t room, uint64_t seq)
{
	assert_true(seq >= 1 && seq <= rig_head(r, room));
	return room == WIRE_LOBBY ? r->frames[seq - 1] : r->rooms[room].frames[seq - 1];
}

static uint64_t log_head(void *ctx, uint32_t room)
{
	return rig_head(ctx, room);
}

/* Events lie in pieces of one to seven, as it happens; whatever lay in an earlier run is overwritten. */
static void fill_run(const struct rig *r, uint32_t room, uint64_t seq, size_t max_bytes,
		     struct slice *out, uint32_t *count)
{
	static uint8_t bytes[RIG_RUN_MAX];
	struct slice next = rig_frame(r, room, seq);
	uint32_t n = 0, most = *count;
	size_t len = 0;

	assert_true(most > 0);
	memset(bytes, 0xee, sizeof(bytes));
	do {
		memcpy(bytes + len, next.data, next.len);
		len += next.len;
		if (++n == most || seq + n > rig_head(r, room) || (seq + n) * 5 % 7 == 0)
			break;
		next = rig_frame(r, room, seq + n);
	} while (len + next.len <= max_bytes && len + next.len <= sizeof(bytes));
	*out = slice_of(bytes, len);
	*count = n;
}

static enum log_state log_run(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			      struct slice *out, uint32_t *count)
{
	struct rig *r = ctx;
	uint64_t kept_from = room == WIRE_LOBBY ? r->kept_from : r->rooms[room].kept_from;

	fill_run(r, room, seq, max_bytes, out, count);
	if (seq < kept_from)
		return LOG_GONE;
	r->rooms[room].fetched += r->rooms[room].later;
	return r->rooms[room].later ? LOG_LATER : LOG_HERE;
}

const struct session_log rig_log = {log_head, log_run};

void rig_fill(char *text, size_t len, uint64_t number)
{
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + (number * 7 + i + i / 1024) % 26);
}

static struct slice encode(const struct event *e)
{
	static uint8_t bytes[WIRE_ITEM_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	event_put(&b, e);
	assert_false(b.failed);
	uint8_t *kept = rig_own(NULL, b.len);
	memcpy(kept, bytes, b.len);
	return slice_of(kept, b.len);
}

void rig_happen_in(struct rig *r, uint32_t room, size_t len)
{
	static char text[TEXT_MAX_BYTES];
	struct event e = {.room = room, .seq = rig_head(r, room) + 1, .kind = EVENT_TALK};
	struct slice **frames = room == WIRE_LOBBY ? &r->frames : &r->rooms[room].frames;

	rig_fill(text, len, e.seq + room - WIRE_LOBBY);
	e.from = slice_of("n", 1);
	e.text = slice_of(text, len);
	if ((e.seq & (e.seq - 1)) == 0) /* it holds one less, and that is full */
		*frames = rig_own(*frames, 2 * e.seq * sizeof(**frames));
	(*frames)[e.seq - 1] = encode(&e);
	*(room == WIRE_LOBBY ? &r->head : &r->rooms[room].head) = e.seq;
}

void rig_happen_often(struct rig *r, uint32_t room, int n, size_t len)
{
	while (n-- > 0)
		rig_happen_in(r, room, len);
}

void rig_happen(struct rig *r, size_t len)
{
	rig_happen_in(r, WIRE_LOBBY, len);
}

void rig_settle(struct rig *r)
{
	for (int i = 0; i < 20; i++) {
		rig_happen(r, 10);
		rig_run(r, 100 * 1000);
	}
}

void rig_forget(struct rig *r, uint64_t before)
{
	r->kept_from = before;
}

void rig_change(struct rig *r, uint64_t seq, size_t len)
{
	static char text[TEXT_MAX_BYTES];
	struct rig_past *past = rig_own(NULL, sizeof(*past));
	struct event e = {.room = WIRE_LOBBY,
			  .seq = seq,
			  .kind = len > 0 ? EVENT_EDITED : EVENT_RECALLED,
			  .from = slice_of("n", 1),
			  .target = r->head + 1};

	*past = (struct rig_past){r->past, seq, r->frames[seq - 1]};
	r->past = past;
	rig_fill(text, len, e.target * 3);
	e.text = slice_of(text, len);
	r->frames[seq - 1] = encode(&e);
	session_changed(r->end[SERVER], WIRE_LOBBY, seq);
	rig_happen(r, 1); /* stands for the EDIT */
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

void rig_expect_frame(const struct rig *r, uint32_t room, uint64_t seq, struct slice frame)
{
	bool was = same(frame, rig_frame(r, room, seq));

	for (const struct rig_past *p = r->past; p && room == WIRE_LOBBY; p = p->next)
		was = was || (p->seq == seq && same(frame, p->frame));
	assert_true(was);
}

static void wipe_frames(struct slice *frames, uint64_t head)
{
	for (uint64_t i = 0; i < head; i++)
		free((void *)(uintptr_t)frames[i].data);
	free(frames);
}

void rig_wipe_rooms(struct rig *r)
{
	wipe_frames(r->frames, r->head);
	while (r->past) {
		struct rig_past *p = r->past;
		r->past = p->next;
		free((void *)(uintptr_t)p->frame.data);
		free(p);
	}
	for (uint32_t room = WIRE_LOBBY + 1; room < RIG_ROOMS; room++)
		wipe_frames(r->rooms[room].frames, r->rooms[room].head);
	while (r->thoughts) {
		struct rig_thought *t = r->thoughts;
		r->thoughts = t->next;
		free(t);
	}
}

/* ---- commands ---------------------------------------------------------------------------------- */

static void join(struct rig *r, const struct command *c, struct reply *reply)
{
	reply->room = WIRE_LOBBY;
	if (c->text.len == 0) {
		reply->code = CODE_NAME_BAD;
		return;
	}
	rig_happen(r, 1);
	reply->seq = r->head;
	reply->first = c->since_mode == SINCE_SEQ ? c->since + 1 : r->head;
}

/* "#7" is room 7. */
static void enter(struct rig *r, const struct command *c, struct reply *reply)
{
	for (size_t i = 1; i < c->text.len; i++)
		reply->room = 10 * reply->room + c->text.data[i] - '0';
	rig_happen_in(r, reply->room, 1);
	reply->seq = rig_head(r, reply->room);
	reply->first = c->since + 1;
}

/* The newest events of the lobby, as many as fit. */
static void page(struct rig *r, struct reply *reply, struct buf *text)
{
	size_t len = 0;

	reply->room = WIRE_LOBBY;
	reply->first = r->head + 1;
	while (reply->first > 1 && len + r->frames[reply->first - 2].len <= text->cap)
		len += r->frames[--reply->first - 1].len;
	for (uint64_t seq = reply->first; seq <= r->head; seq++)
		buf_put_bytes(text, r->frames[seq - 1].data, r->frames[seq - 1].len);
	reply->text = slice_of(text->data, text->len);
}

static void talk(struct rig *r, const struct command *c, struct reply *reply)
{
	static char want[TEXT_MAX_BYTES];

	rig_fill(want, c->text.len, c->id);
	assert_memory_equal(c->text.data, want, c->text.len);
	rig_happen(r, c->text.len);
	reply->seq = r->head;
}

static void answer(struct rig *r, const struct command *c)
{
	static uint8_t storage[WIRE_REPLY_TEXT_MAX];
	struct buf text = buf_of(storage, sizeof(storage));
	struct session *s = r->end[SERVER];
	struct reply reply = {.id = c->id, .seq = r->head};

	if (c->kind == COMMAND_JOIN) {
		join(r, c, &reply);
	} else if (c->kind == COMMAND_ENTER) {
		enter(r, c, &reply);
	} else if (c->kind == COMMAND_TALK) {
		talk(r, c, &reply);
	} else if (c->kind == COMMAND_PAGE) {
		page(r, &reply, &text);
	} else if (c->kind == COMMAND_PART) {
		rig_happen_in(r, c->room, 1);
		reply.seq = rig_head(r, c->room);
		session_unfollow(s, c->room, reply.seq);
	}
	enum err e = session_reply(s, &reply);
	if (e == ERR_NONE && reply.code == CODE_OK &&
	    (c->kind == COMMAND_JOIN || c->kind == COMMAND_ENTER))
		e = session_follow(s, reply.room, reply.first);
	assert_true(e == ERR_NONE || (r->poor && e == ERR_MEMORY));
	if (e != ERR_NONE)
		session_close(s, r->now, CODE_SERVER_FULL, "");
	if (c->kind == COMMAND_QUIT)
		session_close(s, r->now, CODE_LEFT, "");
}

static void think(struct rig *r, const struct command *c)
{
	struct rig_thought *t = rig_own(NULL, sizeof(*t) + c->text.len), **place = &r->thoughts;

	t->command = *c;
	t->at = r->now + rig_random(r) % r->think;
	if (c->kind != COMMAND_PAGE && c->kind != COMMAND_WHO) {
		t->at = t->at > r->thought_at ? t->at : r->thought_at;
		r->thought_at = t->at;
	}
	if (c->text.len > 0)
		memcpy(t->text, c->text.data, c->text.len);
	t->command.text.data = t->text;
	while (*place && (*place)->at <= t->at)
		place = &(*place)->next;
	t->next = *place;
	*place = t;
}

void rig_carry_out(struct rig *r, const struct command *c)
{
	assert_true(c->id == ++r->commands); /* in order and once */
	assert_true(r->now >= r->free_at);
	r->free_at = r->pace > 0 ? r->now + r->pace : 0;
	if (r->think > 0)
		think(r, c);
	else
		answer(r, c);
}

uint64_t rig_thought_at(const struct rig *r)
{
	return r->thoughts ? r->thoughts->at : TIMERQ_NEVER;
}

void rig_answer_due(struct rig *r)
{
	while (r->thoughts && r->thoughts->at <= r->now) {
		struct rig_thought *t = r->thoughts;
		r->thoughts = t->next;
		answer(r, &t->command);
		free(t);
	}
}
