/* The two sessions of fuzz_session.c: what a server does for its client, and what the client is told. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "fuzz_log.h"

enum {
	DIRECT = LOG_ROOMS - 1, /* the server lets one hear it, nobody enters it */
	MAX_LATE = 32,		/* replies that the server has not given yet */
	MAX_FLIGHT = 256,	/* packets, or pieces of a stream, under way each way */
	HEAL_SECONDS = 200,
	CLIENT = 0,
	SERVER = 1,
};

enum kind { DATAGRAMS, CLEAR_STREAM, SEALED_STREAM };

struct piece {
	uint8_t *bytes;
	size_t len;
};

/* One end, and what is under way to it. */
struct end {
	struct session *session;
	struct piece flight[MAX_FLIGHT];
	size_t count;
	uint64_t cid;
	bool opened, ended;
};

struct world {
	struct end ends[2];
	bool stream, sealed, honest;
	uint64_t now;
	struct log logs[LOG_ROOMS]; /* by room */
	uint64_t next[LOG_ROOMS];   /* that is heard */
	uint64_t in[LOG_ROOMS];	    /* the newest answer about being in it */
	bool follows[LOG_ROOMS];    /* as the server knows it */
	bool hears[LOG_ROOMS];	    /* as the client does */
	struct command late[MAX_LATE];
	size_t late_count;
	uint64_t commands; /* given to the server */
	uint64_t asked, answered;
	struct {
		enum command_kind kind;
		uint32_t room;
	} asks[1 << 16];     /* by id */
	uint64_t challenges; /* given by the server: their tokens are 1 … that */
	bool joined;
	uint64_t last_number[2]; /* of the packets seen on their way to each end */
};

/* ---- what the ends are told -------------------------------------------------------------------- */

static struct session *server(struct world *w)
{
	return w->ends[SERVER].session;
}

/* The client, or the server by itself: the room is heard from there on. */
static void follow(struct world *w, uint32_t room, uint64_t first)
{
	w->follows[room] = true;
	CHECK(session_follow(server(w), room, first) == ERR_NONE);
}

static uint64_t first_of(const struct world *w, uint32_t room, uint64_t since)
{
	return (since < w->logs[room].head ? since : w->logs[room].head) + 1;
}

/* The lobby's newest events, as many as fit. */
static struct slice page_of(const struct world *w)
{
	static uint8_t storage[WIRE_REPLY_TEXT_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	const struct log *l = &w->logs[WIRE_LOBBY];
	uint64_t first = l->head + 1;

	for (size_t n = 0; first > 1 && n + l->frames[first - 2].len <= sizeof(storage); first--)
		n += l->frames[first - 2].len;
	for (; first <= l->head; first++)
		buf_put_bytes(&b, l->frames[first - 1].data, l->frames[first - 1].len);
	return slice_of(storage, b.len);
}

static void answer(struct world *w, const struct command *c)
{
	struct reply r = {.id = c->id};

	if (c->kind == COMMAND_PAGE)
		r.text = page_of(w);
	CHECK(session_reply(server(w), &r) == ERR_NONE);
}

static void answer_late_ones(struct world *w)
{
	while (w->late_count > 0)
		answer(w, &w->late[--w->late_count]);
}

/* "#2" is room 2; 0: there is none. */
static uint32_t entered(const struct command *c)
{
	uint8_t digit = c->text.len >= 2 ? c->text.data[1] : '0';

	return digit >= '2' && digit < '0' + DIRECT ? digit - (uint32_t)'0' : 0;
}

/* What it is about being in a room, at once and in order. */
static void serve_room(struct world *w, const struct command *c, struct reply *r)
{
	uint32_t room = c->kind == COMMAND_ENTER ? entered(c) : c->room;
	bool join = c->kind == COMMAND_JOIN;

	if (c->kind == COMMAND_PART) {
		if (room == WIRE_LOBBY || room >= DIRECT || !w->follows[room])
			return;
		r->seq = w->logs[room].head;
		session_unfollow(server(w), room, r->seq);
		w->follows[room] = false;
	} else {
		if (join ? w->joined || room != WIRE_LOBBY : !w->joined || room == 0)
			return;
		w->joined = true;
		r->room = room;
		r->first = first_of(w, room, c->since);
		follow(w, room, r->first);
	}
	r->code = CODE_OK;
}

static void serve(struct world *w, const struct command *c)
{
	struct reply r = {.id = c->id, .code = CODE_NOT_JOINED};

	CHECK(c->id == ++w->commands);
	if (c->kind == COMMAND_TALK && w->joined) {
		r.seq = log_append(&w->logs[WIRE_LOBBY], WIRE_LOBBY, c->text);
		r.code = r.seq ? CODE_OK : CODE_TEXT_BAD;
	} else if (c->kind == COMMAND_QUIT) {
		r.code = CODE_OK;
	} else if (c->kind == COMMAND_PAGE || c->kind == COMMAND_WHO) {
		if (w->late_count == MAX_LATE)
			answer_late_ones(w);
		w->late[w->late_count++] = (struct command){.id = c->id, .kind = c->kind};
		return;
	} else {
		serve_room(w, c, &r);
	}
	CHECK(session_reply(server(w), &r) == ERR_NONE);
	if (c->kind == COMMAND_QUIT)
		session_close(server(w), w->now, CODE_LEFT, "");
}

static void hear(struct world *w, const struct session_event *ev)
{
	const struct event *e = &ev->heard.event;

	CHECK(session_heard(w->ends[CLIENT].session, e->room) == e->seq);
	if (!w->honest)
		return;
	CHECK(e->room < LOG_ROOMS && e->seq == w->next[e->room]);
	const struct log *l = &w->logs[e->room];
	CHECK(e->seq <= l->head);
	struct slice frame = l->frames[e->seq - 1], raw = ev->heard.raw;
	bool same = raw.len == frame.len && memcmp(raw.data, frame.data, raw.len) == 0;
	CHECK(same || l->changed[e->seq - 1]);
	for (size_t i = 1; i < e->text.len;
	     i++) /* all that is said is one letter, again and again */
		CHECK(e->text.data[i] == e->text.data[0]);
	w->next[e->room]++;
}

/* Never back; and an older answer does not count after a newer one. */
static void take_place(struct world *w, const struct reply *r, uint32_t room, uint64_t next)
{
	if (r->id < w->in[room])
		return;
	w->in[room] = r->id;
	w->hears[room] = w->asks[r->id].kind != COMMAND_PART;
	if (next > w->next[room])
		w->next[room] = next;
}

static void take_reply(struct world *w, const struct reply *r)
{
	enum command_kind kind = w->asks[r->id].kind;

	w->answered++;
	CHECK(r->id >= 1 && r->id <= w->asked && w->answered <= w->asked);
	if (r->code != CODE_OK || !w->honest)
		return;
	if (kind == COMMAND_JOIN || kind == COMMAND_ENTER)
		take_place(w, r, r->room, r->first);
	else if (kind == COMMAND_PART)
		take_place(w, r, w->asks[r->id].room, r->seq + 1);
}

#endif
