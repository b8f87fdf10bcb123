/*
 * What sessions say becomes what happened to the seat.
 *
 * Which links there are is seat_links.c's; which rooms, and how far each was given out, seat_rooms.c's;
 * what was said and is not answered yet, seat_said.c's.
 */
#include "core/seat_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_US = 100 * 1000 }; /* when there was no memory to give a session what it should have */

/* ---- life ------------------------------------------------------------------------------------ */

struct seat *seat_new(const struct seat_config *config, const struct seat_port *port, uint64_t now)
{
	struct seat *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *config;
	s->port = *port;
	s->now = now;
	s->retry_at = s->quit_by = s->refused_at = s->again_at = TIMERQ_NEVER;
	outbox_init(&s->outbox);
	s->outbox.mids = config->was.mids;
	rooms_init(s);
	links_init(s, now);
	if (config->nick) {
		size_t len = strlen(config->nick);
		assert(len <= NAME_MAX_BYTES);
		memcpy(s->nick, config->nick, len);
	}
	return s;
}

void seat_free(struct seat *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < SEAT_SLOTS; i++) {
		if (s->slots[i].state == SLOT_FREE)
			continue;
		s->port.close(s->port.ctx, i);
		session_free(s->slots[i].session);
	}
	outbox_wipe(&s->outbox);
	rooms_wipe(s);
	free(s);
}

void seat_note_why(struct seat *s, const char *why)
{
	size_t len = text_clip(why, strlen(why), sizeof(s->why) - 1);

	if (len == 0)
		return;
	memcpy(s->why, why, len);
	s->why[len] = '\0';
}

void seat_finish(struct seat *s, enum seat_end how, enum code code, const char *text, size_t len)
{
	if (s->over)
		return;
	s->over = true;
	s->end = how;
	s->end_code = code;
	if (code != CODE_OK || len > 0) {
		len = text_clip(text, len, sizeof(s->why) - 1);
		memcpy(s->why, text, len);
		s->why[len] = '\0';
	}
	links_end(s, s->now, NULL);
}

enum seat_state seat_state(const struct seat *s)
{
	if (s->over)
		return SEAT_OVER;
	if (!s->found)
		return SEAT_CONNECTING;
	if (!s->was_joined && s->live && !s->doubt)
		return SEAT_JOINING;
	return s->live && s->live->joined && !s->doubt ? SEAT_ONLINE : SEAT_RECONNECTING;
}

enum transport seat_transport(const struct seat *s)
{
	return s->live ? s->live->transport : 0;
}

uint64_t seat_rtt(const struct seat *s)
{
	return s->live ? session_rtt(s->live->session) : 0;
}

/* ---- joining --------------------------------------------------------------------------------- */

enum err seat_ask_join(struct seat *s, struct slot *slot)
{
	const struct seat_since *since = &s->rooms[0].since;
	struct command c = {.kind = COMMAND_JOIN,
			    .room = WIRE_LOBBY,
			    .text = slice_of(s->nick, strlen(s->nick)),
			    .since_mode = since->mode,
			    .since = since->since,
			    .epoch = since->epoch,
			    .instance = s->config.instance};

	if (c.text.len == 0)
		return ERR_NONE;
	enum err e = session_command(slot->session, &c);
	slot->join = e == ERR_NONE ? c.id : 0;
	room_asked(&s->rooms[0]);
	return e;
}

/* On the live one, if that has not been asked. */
static void join_late(struct seat *s)
{
	bool wait = s->again_at != TIMERQ_NEVER;

	if (!s->live || s->live->join || wait || !session_open(s->live->session))
		return;
	if (seat_ask_join(s, s->live) != ERR_NONE)
		s->retry_at = s->now + RETRY_US;
}

void seat_go_on(struct seat *s, uint64_t instance, const struct seat_was *was)
{
	s->config.instance = instance;
	s->config.was = *was;
	s->outbox.mids = was->mids;
}

void seat_keep_name(struct seat *s, struct slice name)
{
	if (name.len > NAME_MAX_BYTES)
		return;
	memcpy(s->nick, name.data, name.len);
	s->nick[name.len] = '\0';
}

enum err seat_join(struct seat *s, struct slice name)
{
	if (name.len > NAME_MAX_BYTES)
		return ERR_TOO_BIG;
	seat_keep_name(s, name);
	if (!s->was_joined)
		room_ask_since(s, &s->rooms[0]);
	join_late(s);
	return ERR_NONE;
}

static void join_refused(struct seat *s, struct slot *slot, enum code code)
{
	slot->join = 0;
	if (!s->was_joined)
		s->nick[0] = '\0';
	else if (code == CODE_NOT_WRITTEN)
		links_ask_later(s); /* it has not said no */
	else
		seat_finish(s, SEAT_END_REFUSED, code, "", 0);
}

/*
 * Whether the server can tell what the client that we go on as has said.  It has another log, then it
 * cannot; it remembers nothing of it, though it has answered, then it has forgotten that.
 */
static bool knows_us(const struct seat *s, const struct reply *r)
{
	const struct seat_was *was = &s->config.was;

	return was->epoch == 0 || (was->epoch == r->epoch && (r->more || !was->answered));
}

static bool join_answered(struct seat *s, struct slot *slot, const struct reply *r,
			  struct seat_event *ev)
{
	bool first = !s->was_joined;

	if (r->code == CODE_OK) {
		slot->joined = true;
		seat_keep_name(s, r->text);
		rooms_joined(s, r);
		links_joined(s, s->now);
		if (first && !knows_us(s, r))
			outbox_forget_again(&s->outbox);
		s->was_joined = true;
		s->refusals = 0;
	} else {
		join_refused(s, slot, r->code);
	}
	if (!first)
		return false;
	*ev = (struct seat_event){.kind = slot->joined ? SEAT_JOINED : SEAT_REFUSED};
	ev->answer.to = COMMAND_JOIN;
	ev->answer.reply = *r;
	ev->answer.reply.id = OUTBOX_FIRST_TICKET - 1;
	return true;
}

static bool take_reply(struct seat *s, struct slot *slot, const struct reply *r,
		       struct seat_event *ev)
{
	s->due = true;
	if (r->id == slot->join)
		return join_answered(s, slot, r, ev);
	if (r->id == s->quit)
		seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
	else if (!rooms_take_reply(s, r))
		return said_take_reply(s, r, ev);
	return false;
}

/* ---- how sessions end ------------------------------------------------------------------------ */

static void finish_by(struct seat *s, enum seat_end how, const struct session_event *ev)
{
	seat_finish(s, how, ev->ended.code, (const char *)ev->ended.text.data, ev->ended.text.len);
}

/* Said by our own end about who is there: not a matter of the network. */
static bool distrusted(const struct session_event *ev)
{
	enum code code = ev->ended.code;

	return !ev->ended.by_peer && (code == CODE_KEY_CHANGED || code == CODE_NOT_ACCEPTED);
}

/* Coming back would meet with the same, or send another client of ours away. */
static bool final(enum code code)
{
	return code == CODE_PROTOCOL || code == CODE_LEFT || code == CODE_TOO_MANY;
}

static bool unwanted(enum code code)
{
	return code == CODE_KICKED || code == CODE_SERVER_FULL;
}

void seat_not_accepted(struct seat *s)
{
	seat_finish(s, SEAT_END_REFUSED, CODE_NOT_ACCEPTED, "", 0);
}

/* A stream that broke looks the same, and anybody can break one: the other way may know better. */
static void note_refusal(struct seat *s)
{
	seat_note_why(s, code_reason(CODE_NOT_ACCEPTED));
	if (s->refused_at == TIMERQ_NEVER)
		s->refused_at = s->now;
}

/* At first contact a goodbye is an answer; later there may be a better one elsewhere. */
static void candidate_ended(struct seat *s, const struct session_event *ev)
{
	enum code code = ev->ended.code;

	if (code == CODE_NOT_ACCEPTED && s->found) /* it was let in before: the network's doing */
		seat_note_why(s, "nobody answers there");
	else if (code == CODE_NOT_ACCEPTED)
		note_refusal(s);
	else if (distrusted(ev))
		finish_by(s, SEAT_END_REFUSED, ev);
	else if (code == CODE_PROTOCOL)
		seat_note_why(s, "something else than a chat-server answers there");
	else if (!ev->ended.by_peer)
		seat_note_why(s, "nobody answers there");
	else if (!s->found || code == CODE_KICKED)
		finish_by(s, unwanted(code) ? SEAT_END_REFUSED : SEAT_END_LOST, ev);
	else
		seat_note_why(s, code_reason(code));
}

static void live_ended(struct seat *s, const struct session_event *ev)
{
	enum code code = ev->ended.code;

	if (s->quit)
		seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
	else if (code == CODE_KICKED || distrusted(ev) ||
		 (code == CODE_SERVER_FULL && !s->was_joined))
		finish_by(s, SEAT_END_REFUSED, ev);
	else if (ev->ended.by_peer && final(code))
		finish_by(s, SEAT_END_LOST, ev);
	else
		seat_note_why(s, code_reason(code));
}

static void take_end(struct seat *s, struct slot *slot, const struct session_event *ev)
{
	if (slot == s->live)
		live_ended(s, ev);
	else
		candidate_ended(s, ev);
	links_gone(s, s->now, slot);
}

/* A server that closes when it has seen who we are does not let us in. */
static void hung_up(struct seat *s, struct slot *slot)
{
	struct session_event ev;

	session_hangup(slot->session, s->now);
	while (session_event(slot->session, s->now, &ev))
		if (ev.kind == SESSION_ENDED && ev.ended.code == CODE_NOT_ACCEPTED)
			candidate_ended(s, &ev);
}

void seat_link_failed(struct seat *s, uint64_t now, unsigned i, const char *why)
{
	struct slot *slot = &s->slots[i];

	s->now = now;
	if (slot->state == SLOT_FREE)
		return;
	if (slot->state == SLOT_LIVE || slot->state == SLOT_TRYING)
		seat_note_why(s, why);
	if (slot->state == SLOT_TRYING)
		hung_up(s, slot);
	if (slot == s->live && s->quit)
		seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
	links_gone(s, now, slot);
	slot->state = SLOT_DEAD;
}

void seat_link_doubtful(struct seat *s, uint64_t now, unsigned i, const char *why)
{
	struct slot *slot = &s->slots[i];

	s->now = now;
	if (slot->state == SLOT_TRYING) {
		seat_link_failed(s, now, i, why);
	} else if (slot == s->live && s->quit) {
		seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
	} else if (slot == s->live && !s->doubt) {
		seat_note_why(s, why);
		links_doubt(s, now);
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool tell_end(struct seat *s, struct seat_event *ev)
{
	if (s->over_told)
		return false;
	s->over_told = true;
	*ev = (struct seat_event){.kind = SEAT_ENDED};
	ev->ended.how = s->end;
	ev->ended.code = s->end_code;
	ev->ended.text = slice_of(s->why, strlen(s->why));
	return true;
}

static bool tell_state(struct seat *s, struct seat_event *ev)
{
	enum seat_state state = seat_state(s);
	enum transport transport = seat_transport(s);

	if (state == s->told_state && transport == s->told_transport)
		return false;
	s->told_state = state;
	s->told_transport = transport;
	*ev = (struct seat_event){.kind = SEAT_STATE};
	ev->now.state = state;
	ev->now.transport = transport;
	return true;
}

/* What the seat itself has to say. */
static bool tell(struct seat *s, struct seat_event *ev)
{
	if (s->over)
		return tell_end(s, ev);
	if (s->anew) {
		s->anew = false;
		*ev = (struct seat_event){.kind = SEAT_ANEW};
		return true;
	}
	return rooms_tell(s, ev) || said_tell(s, ev) || tell_state(s, ev);
}

static bool take(struct seat *s, struct slot *slot, const struct session_event *from,
		 struct seat_event *ev)
{
	switch (from->kind) {
	case SESSION_OPENED:
		links_won(s, s->now, slot);
		join_late(s);
		return false;
	case SESSION_REPLY:
		return take_reply(s, slot, &from->reply, ev);
	case SESSION_EVENT:
		return rooms_take_event(s, from, ev);
	case SESSION_ENDED:
		take_end(s, slot, from);
		return false;
	default:
		return false;
	}
}

static bool heeded(const struct slot *slot)
{
	return slot->state == SLOT_TRYING || slot->state == SLOT_LIVE;
}

/* The next thing that comes of what this slot's session says. */
static bool slot_event(struct seat *s, struct slot *slot, struct seat_event *ev)
{
	struct session_event from;

	while (!s->over && heeded(slot) && session_event(slot->session, s->now, &from))
		if (take(s, slot, &from, ev) || tell(s, ev))
			return true;
	if (slot == s->live && slot->asked && session_silence(slot->session, s->now + 1) == 0) {
		slot->asked = false;
		if (s->doubt)
			links_hear(s, s->now);
	}
	return false;
}

bool seat_event(struct seat *s, uint64_t now, struct seat_event *ev)
{
	s->now = now;
	if (tell(s, ev))
		return true;
	for (size_t i = 0; i < SEAT_SLOTS; i++)
		if (slot_event(s, &s->slots[i], ev))
			return true;
	return tell(s, ev);
}

/* ---- bytes and time -------------------------------------------------------------------------- */

void seat_feed(struct seat *s, uint64_t now, unsigned i, void *bytes, size_t n)
{
	struct slot *slot = &s->slots[i];

	s->now = now;
	if (!heeded(slot))
		return;
	slot->asked = slot->asked || session_silence(slot->session, now + 1) > 0;
	session_feed(slot->session, now, bytes, n);
}

/* What the session should be told, as much as it takes. */
static void give(struct seat *s)
{
	s->due = false;
	s->retry_at = TIMERQ_NEVER;
	rooms_ask(s);
	said_give(s);
}

bool seat_output(struct seat *s, uint64_t now, unsigned i, struct buf *out, size_t *size)
{
	struct slot *slot = &s->slots[i];

	s->now = now;
	if (slot == s->live && slot->joined && s->due && !s->quit && !s->over)
		give(s);
	if (!heeded(slot) && slot->state != SLOT_LEAVING)
		return false;
	if (session_train(slot->session, now, out, size))
		return true;
	if (slot->state == SLOT_LEAVING && session_ended(slot->session))
		slot->state = SLOT_DEAD;
	return false;
}

uint64_t seat_deadline(const struct seat *s)
{
	uint64_t at = links_deadline(s);

	if (s->outbox.settled > 0 && !s->over)
		return 0; /* there is something to tell */
	at = s->quit_by < at ? s->quit_by : at;
	at = s->again_at < at ? s->again_at : at;
	return s->retry_at < at ? s->retry_at : at;
}

/* The output that follows asks for, and gives, what had to wait. */
static void try_again(struct seat *s)
{
	bool ask = s->now >= s->again_at, give_more = s->now >= s->retry_at;

	if (!ask && !give_more)
		return;
	if (ask)
		rooms_wait_no_more(s);
	s->again_at = ask ? TIMERQ_NEVER : s->again_at;
	s->retry_at = give_more ? TIMERQ_NEVER : s->retry_at;
	s->due = true;
	join_late(s);
}

void seat_tick(struct seat *s, uint64_t now)
{
	s->now = now;
	try_again(s);
	if (now >= s->quit_by) {
		s->quit_by = TIMERQ_NEVER;
		seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
	}
	links_tick(s, now);
}

void seat_pause(struct seat *s, uint64_t now, bool paused)
{
	s->now = now;
	if (s->paused == paused)
		return;
	s->paused = paused;
	if (s->live)
		session_excuse_silence(s->live->session, now);
}

/* ---- leaving --------------------------------------------------------------------------------- */

void seat_leave(struct seat *s, uint64_t now, const char *words)
{
	struct command c = {.kind = COMMAND_QUIT, .text = slice_of(words, strlen(words))};
	bool can = s->live && s->live->joined && !s->over;

	s->now = now;
	if (s->quit)
		return;
	if (!can || session_command(s->live->session, &c) != ERR_NONE) {
		seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
		return;
	}
	s->quit = c.id;
	s->quit_by = now + SEAT_LEAVE_WAIT;
	links_end(s, now, NULL);
}

void seat_close(struct seat *s, uint64_t now, const char *words)
{
	s->now = now;
	seat_finish(s, SEAT_END_LEFT, CODE_OK, "", 0);
	links_end(s, now, words);
}
