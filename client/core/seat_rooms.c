/*
 * The rooms of a seat: which ones one is in, how much of each was given out, and how a new session
 * comes into all of them again.
 *
 * After the JOIN the server is asked which rooms of two there are, and every room is entered again,
 * from where it was left.  The person's own first ENTER of a room is a line like others (seat_said.c).
 * A room of two that somebody else opens just begins, with its first event.
 */
#include "core/seat_internal.h"

#include <string.h>

enum { RETRY_US = 100 * 1000 }; /* when there was no memory to ask */

/* ---- the table ------------------------------------------------------------------------------- */

struct slice room_name(const struct seat_room *r)
{
	return slice_of(r->name, r->name_len);
}

static bool called(const struct seat_room *r, struct slice name)
{
	return r->name_len == name.len && memcmp(r->name, name.data, name.len) == 0;
}

/* Of two with one name the younger: the other's owner goes by another name by now. */
struct seat_room *rooms_find(struct seat *s, struct slice name)
{
	struct seat_room *found = NULL;

	for (size_t i = 0; i < s->room_end; i++) {
		struct seat_room *r = &s->rooms[i];
		bool there = r->state == ROOM_ASKED || r->state == ROOM_IN;
		if (there && called(r, name) && (!found || r->number > found->number))
			found = r;
	}
	return found;
}

static struct seat_room *by_number(struct seat *s, uint32_t number)
{
	for (size_t i = 0; i < s->room_end; i++)
		if (s->rooms[i].state == ROOM_IN && s->rooms[i].number == number)
			return &s->rooms[i];
	return NULL;
}

/* Nothing refers to it. */
static bool vacant(const struct seat *s, const struct seat_room *r)
{
	bool gone = r->state == ROOM_OUT && !r->news && !outbox_has(&s->outbox, r);

	return r->state == ROOM_FREE || gone;
}

static void set_name(struct seat_room *r, struct slice name)
{
	r->name_len = (uint8_t)name.len;
	memcpy(r->name, name.data, name.len);
}

void room_ask_since(struct seat *s, struct seat_room *r)
{
	r->since = s->config.since;
	if (s->port.since)
		s->port.since(s->port.ctx, room_name(r), &r->since);
}

struct seat_room *rooms_add(struct seat *s, struct slice name, enum room_state state)
{
	size_t i = 0;

	while (i < s->room_end && !vacant(s, &s->rooms[i]))
		i++;
	if (i == SEAT_ROOMS_MAX || name.len == 0 || name.len > WIRE_ROOM_NAME_MAX)
		return NULL;
	struct seat_room *r = &s->rooms[i];
	s->room_end = i < s->room_end ? s->room_end : i + 1;
	*r = (struct seat_room){.state = state};
	set_name(r, name);
	room_ask_since(s, r);
	return r;
}

void rooms_init(struct seat *s)
{
	struct seat_room *lobby = rooms_add(s, slice_of(SEAT_LOBBY, strlen(SEAT_LOBBY)), ROOM_IN);

	lobby->number = WIRE_LOBBY;
	lobby->told = true; /* SEAT_JOINED tells it */
}

void rooms_forget(struct seat *s, struct seat_room *r)
{
	if (r && r->state == ROOM_ASKED && !outbox_has(&s->outbox, r))
		r->state = ROOM_FREE;
}

void room_lock(struct seat_room *r, const uint8_t *seed)
{
	r->has_seed = seed || (r->has_seed && r->state == ROOM_IN);
	if (seed)
		memcpy(r->seed, seed, sizeof(r->seed));
}

void rooms_wipe(struct seat *s)
{
	secure_zero(s->rooms, sizeof(s->rooms));
}

bool rooms_settled(const struct seat *s)
{
	for (size_t i = 0; i < s->room_end; i++) {
		const struct seat_room *r = &s->rooms[i];
		if (r->state == ROOM_IN && r->since.since < r->own)
			return false;
	}
	return true;
}

uint64_t seat_epoch(struct seat *s, struct slice room)
{
	const struct seat_room *r = rooms_find(s, room);

	return s->was_joined && r ? r->since.epoch : 0;
}

struct slice seat_room_name(const struct seat *s, uint32_t number)
{
	for (size_t i = 0; i < s->room_end; i++)
		if (s->rooms[i].state == ROOM_IN && s->rooms[i].number == number)
			return room_name(&s->rooms[i]);
	return slice_of(NULL, 0);
}

/* ---- coming in and going out ----------------------------------------------------------------- */

/* It may be called otherwise than it was asked for. */
static void rename_room(struct seat_room *r, struct slice name)
{
	if (name.len == 0 || name.len > WIRE_ROOM_NAME_MAX || called(r, name))
		return;
	if (r->was_len == 0) {
		memcpy(r->was, r->name, r->name_len);
		r->was_len = r->name_len;
	}
	set_name(r, name);
	r->news |= r->told;
}

/* The log may be another one, or have begun to forget, or have lost its end. */
static void set_cursor(struct seat_room *r, const struct reply *reply)
{
	struct seat_since *at = &r->since;
	bool same = at->epoch != 0 && at->epoch == reply->epoch;
	bool shorter = same && reply->first <= r->asked;

	if (same && reply->first > at->since + 1)
		r->missed += reply->first - at->since - 1;
	if (!same || shorter)
		r->own = 0;
	r->shorter |= shorter;
	if (!r->ahead || shorter || reply->first > at->since)
		at->since = reply->first - 1;
	if (reply->seq > r->own)
		r->own = reply->seq;
	at->mode = SINCE_SEQ;
	at->epoch = reply->epoch;
}

static void become_in(struct seat_room *r, const struct reply *reply)
{
	r->state = ROOM_IN;
	r->number = reply->room;
	r->entered = true;
	r->enter = 0;
	r->news |= !r->told;
	set_cursor(r, reply);
}

/* What was said in it, up to the line that asks for it again, has nowhere to go. */
void room_out(struct seat *s, struct seat_room *r, enum code code)
{
	enum code answer = code == CODE_OK ? CODE_NOT_JOINED : code;
	struct said *said = s->outbox.first;

	for (; said && !(said->room == r && said->line.kind == COMMAND_ENTER); said = said->next)
		if (said->room == r)
			outbox_settle(&s->outbox, said, answer);
	r->state = said ? ROOM_ASKED : ROOM_OUT;
	r->number = 0;
	r->own = r->enter = 0;
	r->entered = false;
	r->news = r->told;
	r->left = code;
}

/* Two names of one room: what was said in the one is said in the other. */
static struct seat_room *merge(struct seat *s, struct seat_room *r, struct seat_room *other)
{
	outbox_move(&s->outbox, r, other);
	memcpy(other->was, r->name, r->name_len);
	other->was_len = r->name_len;
	other->news = true;
	if (r->has_seed) {
		other->has_seed = true;
		memcpy(other->seed, r->seed, sizeof(other->seed));
	}
	secure_zero(r, sizeof(*r));
	return other;
}

struct seat_room *room_entered(struct seat *s, struct seat_room *r, const struct reply *reply)
{
	struct seat_room *other = by_number(s, reply->room);

	if (other && other != r)
		r = merge(s, r, other);
	if (!r->entered)
		become_in(r, reply);
	rename_room(r, reply->text);
	return r;
}

/* ---- a new session --------------------------------------------------------------------------- */

void rooms_new_session(struct seat *s)
{
	s->listing = 0;
	s->listed = s->list_again = false;
	s->list_after_len = 0;
	for (size_t i = 0; i < s->room_end; i++) {
		s->rooms[i].entered = s->rooms[i].waits = s->rooms[i].doubted = false;
		s->rooms[i].enter = 0;
	}
}

void rooms_wait_no_more(struct seat *s)
{
	for (size_t i = 0; i < s->room_end; i++)
		s->rooms[i].waits = false;
}

/* Another log knows other rooms by these numbers, and maybe other people by these names. */
static void begin_anew(struct seat *s)
{
	s->anew = true;
	for (size_t i = 1; i < s->room_end; i++) {
		struct seat_room *r = &s->rooms[i];
		if (r->state != ROOM_IN)
			continue;
		r->number = 0;
		r->own = r->missed = 0;
		r->since = (struct seat_since){.mode = SINCE_SEQ};
		if (r->name[0] == '@')
			room_out(s, r, CODE_NO_SUCH_ROOM);
	}
}

void rooms_joined(struct seat *s, const struct reply *reply)
{
	struct seat_room *lobby = &s->rooms[0];
	uint64_t epoch = lobby->since.epoch;

	if (epoch != 0 && epoch != reply->epoch)
		begin_anew(s);
	set_cursor(lobby, reply);
	lobby->entered = true;
}

static void try_later(struct seat *s)
{
	s->retry_at = s->now + RETRY_US;
}

/* False: not now. */
static bool ask(struct seat *s, struct command *c)
{
	enum err e = session_command(s->live->session, c);

	if (e == ERR_MEMORY)
		try_later(s);
	return e == ERR_NONE;
}

static bool ask_list(struct seat *s)
{
	struct command c = {.kind = COMMAND_LIST,
			    .mode = LIST_MINE,
			    .text = slice_of(s->list_after, s->list_after_len)};

	if (s->listed || s->listing)
		return true;
	for (size_t i = 0; i < s->room_end && c.text.len == 0; i++)
		s->rooms[i].listed = false;
	if (!ask(s, &c))
		return false;
	s->listing = c.id;
	return true;
}

/* That one knows the password of this room, in this session.  False: it was not given. */
static bool prove(const struct seat *s, const struct seat_room *r, uint8_t key[PROOF_KEY],
		  uint8_t proof[PROOF_BYTES])
{
	uint8_t binding[PROOF_BINDING];
	char name[NAME_MAX_KEY];
	size_t len;

	if (!r->has_seed || r->name_len == 0 ||
	    name_key(s->config.names, r->name + 1, r->name_len - 1u, name, &len) != ERR_NONE)
		return false;
	session_binding(s->live->session, binding);
	proof_key(r->seed, key);
	proof_make(r->seed, binding, slice_of(name, len), proof);
	return true;
}

void room_asked(struct seat_room *r)
{
	r->asked = r->since.mode == SINCE_LAST ? 0 : r->since.since;
	r->ahead = false;
}

enum err room_ask(struct seat *s, struct seat_room *r, uint64_t *id)
{
	uint8_t key[PROOF_KEY], proof[PROOF_BYTES];
	struct command c = {.kind = COMMAND_ENTER,
			    .text = room_name(r),
			    .since_mode = r->since.mode,
			    .since = r->since.since,
			    .epoch = r->since.epoch};

	if (prove(s, r, key, proof)) {
		c.key = slice_of(key, sizeof(key));
		c.proof = slice_of(proof, sizeof(proof));
	}
	enum err e = session_command(s->live->session, &c);
	*id = e == ERR_NONE ? c.id : 0;
	room_asked(r);
	return e;
}

/* One who is about to leave it does not come in for that. */
static bool is_left(const struct seat *s, const struct seat_room *r)
{
	const struct said *first = outbox_first_of(&s->outbox, r);

	return first && first->line.kind == COMMAND_PART;
}

static bool wanted(const struct seat *s, const struct seat_room *r)
{
	return r->state == ROOM_IN && !r->entered && !r->enter && !r->waits && !is_left(s, r);
}

void rooms_ask(struct seat *s)
{
	if (!ask_list(s))
		return;
	for (size_t i = 1; i < s->room_end; i++) {
		struct seat_room *r = &s->rooms[i];
		uint64_t id;
		if (!wanted(s, r))
			continue;
		enum err e = room_ask(s, r, &id);
		if (e == ERR_MEMORY)
			try_later(s);
		if (e != ERR_NONE)
			return;
		r->enter = id;
	}
}

/* ---- what comes of it ------------------------------------------------------------------------ */

/* One of ours; one of two may be new to the seat. */
static void note_listed(struct seat *s, const struct listed_room *listed)
{
	struct seat_room *r = by_number(s, listed->room);
	const struct seat_room *namesake = rooms_find(s, listed->name);

	if (r) {
		r->listed = listed->flags & LISTED_IN;
		rename_room(r, listed->name);
		return;
	}
	if (!(listed->flags & LISTED_DIRECT))
		return; /* a public one is for the person to enter */
	if (namesake && namesake->state == ROOM_ASKED)
		return; /* the answer to that will be this */
	r = rooms_add(s, listed->name, ROOM_IN);
	if (r)
		r->number = listed->room;
}

/* Who is in it after all is let into it once more: the session may have been left out.  Who is about to
 * leave it anyway learns from the answer to that. */
static void judge_doubted(struct seat *s)
{
	for (size_t i = 1; i < s->room_end; i++) {
		struct seat_room *r = &s->rooms[i];
		if (!r->doubted || r->state != ROOM_IN)
			continue;
		r->doubted = false;
		if (is_left(s, r))
			continue;
		r->entered = false;
		if (!r->listed)
			room_out(s, r, CODE_OK);
	}
}

static void take_list(struct seat *s, const struct reply *reply)
{
	struct slice page = reply->text;
	struct listed_room listed = {.room = 0};

	s->listing = 0;
	if (s->list_again) { /* it was asked before something came in between */
		s->list_again = false;
		return;
	}
	while (reply->code == CODE_OK && list_get(&page, &listed))
		note_listed(s, &listed);
	s->listed = !reply->more || listed.name.len == 0 || listed.name.len > WIRE_ROOM_NAME_MAX;
	if (s->listed) {
		if (reply->code == CODE_OK)
			judge_doubted(s);
		return;
	}
	memcpy(s->list_after, listed.name.data, listed.name.len);
	s->list_after_len = (uint8_t)listed.name.len;
}

/* The name has gone over to somebody else: what was to be said here is not for them. */
static bool is_another(const struct seat_room *r, const struct reply *reply)
{
	return r->number != 0 && r->number != reply->room;
}

/* A server that cannot write has not said no. */
static void take_entered(struct seat *s, struct seat_room *r, const struct reply *reply)
{
	r->enter = 0;
	if (reply->code == CODE_OK && is_another(r, reply))
		room_out(s, r, CODE_NO_SUCH_NICK);
	else if (reply->code == CODE_OK)
		room_entered(s, r, reply);
	else if (reply->code == CODE_NOT_WRITTEN)
		r->waits = true;
	else
		room_out(s, r, reply->code);
	if (r->waits)
		links_ask_later(s);
}

bool rooms_take_reply(struct seat *s, const struct reply *reply)
{
	if (reply->id == s->listing) {
		take_list(s, reply);
		return true;
	}
	for (size_t i = 1; i < s->room_end; i++) {
		if (s->rooms[i].enter != reply->id)
			continue;
		take_entered(s, &s->rooms[i], reply);
		return true;
	}
	return false;
}

static bool is_ours(const struct seat *s, struct slice name)
{
	return name.len == strlen(s->nick) && memcmp(name.data, s->nick, name.len) == 0;
}

/* Somebody opens a room of two, with us or, at another of our clients, as us. */
static struct seat_room *opened(struct seat *s, const struct event *e)
{
	char name[WIRE_ROOM_NAME_MAX] = "@";
	bool ours = is_ours(s, e->from);
	struct slice other = ours ? e->text : e->from;
	struct seat_room *r;

	if (e->kind != EVENT_OPEN || e->seq != 1 || other.len > NAME_MAX_BYTES)
		return NULL;
	memcpy(name + 1, other.data, other.len);
	r = rooms_add(s, slice_of(name, 1 + other.len), ROOM_IN);
	if (!r)
		return NULL;
	r->number = e->room;
	r->since = (struct seat_since){
		.mode = SINCE_SEQ, .epoch = event_epoch_of_two(s->rooms[0].since.epoch, e->room)};
	r->entered = r->news = true;
	return r;
}

/* By another client, or long ago: the list of our rooms says whether we are in it. */
static void doubt(struct seat *s, struct seat_room *r, const struct event *e)
{
	bool parted = e->kind == EVENT_QUIT && e->reason == LEAVE_PARTED && is_ours(s, e->from);

	if (!parted || !r->entered || is_left(s, r))
		return;
	r->doubted = s->due = true;
	s->listed = false;
	s->list_again = s->listing != 0;
	s->list_after_len = 0;
}

bool rooms_take_event(struct seat *s, const struct session_event *from, struct seat_event *ev)
{
	const struct event *e = &from->heard.event;
	struct seat_room *r = by_number(s, e->room);

	if (!r)
		r = opened(s, e);
	if (r && r->since.mode != SINCE_SEQ) /* of two; it began before it was entered */
		r->since = (struct seat_since){
			.mode = SINCE_SEQ,
			.since = e->seq - 1,
			.epoch = event_epoch_of_two(s->rooms[0].since.epoch, e->room)};
	if (!r || e->seq <= r->since.since)
		return false;
	r->since.since = e->seq;
	r->ahead = true;
	r->news |= !r->told;	    /* a room of two that begins */
	s->due |= e->seq == r->own; /* who waited to leave may go */
	*ev = (struct seat_event){.kind = SEAT_HEARD, .room = room_name(r)};
	ev->heard.event = *e;
	ev->heard.raw = from->heard.raw;
	doubt(s, r, e);
	return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* That it is there, or no more. */
static void tell_news(struct seat_room *r, struct seat_event *ev)
{
	*ev = (struct seat_event){.kind = r->state == ROOM_IN ? SEAT_ENTERED : SEAT_LEFT,
				  .room = room_name(r)};
	r->news = false;
	r->told = r->state == ROOM_IN;
	if (r->state == ROOM_IN)
		ev->was = slice_of(r->was, r->was_len);
	else
		ev->left = r->left;
	r->was_len = 0;
}

static bool tell_room(struct seat_room *r, struct seat_event *ev)
{
	if (r->news) {
		tell_news(r, ev);
		return true;
	}
	if (r->shorter) {
		r->shorter = false;
		*ev = (struct seat_event){.kind = SEAT_ANEW, .room = room_name(r)};
		return true;
	}
	if (r->missed == 0)
		return false;
	*ev = (struct seat_event){.kind = SEAT_GAP, .room = room_name(r), .missed = r->missed};
	r->missed = 0;
	return true;
}

bool rooms_tell(struct seat *s, struct seat_event *ev)
{
	for (size_t i = 0; i < s->room_end; i++)
		if (tell_room(&s->rooms[i], ev))
			return true;
	return false;
}
