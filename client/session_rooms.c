/*
 * Which rooms the person is in, and which of them lines go to.
 *
 * Going somewhere takes effect at once, on the way or not: what is typed next goes there, and is refused
 * if that comes to nothing.  It never goes to another room than the person meant: a script stays where
 * it was refused; a person is shown that they are back where they were.
 */
#include "session_rooms.h"

#include "session_lines.h"
#include "session_reads.h"
#include "session_said.h"
#include "session_unsent.h"
#include "proto/proof.h"
#include "sys/secret.h"

#include <stdio.h>
#include <string.h>

static void tell_room(struct client *c, const struct visit *at, struct slice was)
{
	struct message m = {.type = MESSAGE_ROOM};

	m.room = (struct message_room){
		.room = visit_name(at), .topic = message_text(at->topic), .was = was};
	client_tell(c, &m);
}

void client_go(struct client *c, struct visit *to)
{
	struct slice from = visit_name(c->visits.here);
	bool moves = to != c->visits.here;
	char name[WIRE_ROOM_NAME_MAX];

	memcpy(name, from.data, from.len);
	visits_go(&c->visits, to);
	if (moves)
		client_swap_line(c, slice_of(name, from.len));
	client_tell_status(c, true);
}

void client_go_beside(struct client *c, int step)
{
	client_go(c, visits_beside(&c->visits, step));
}

/* Out of it, or not let in. */
static void lose_room(struct client *c, struct visit *at)
{
	struct message m = {.type = MESSAGE_ROOM};
	char name[WIRE_ROOM_NAME_MAX + 1];

	at->in = false;
	if (!c->o->interactive && at == c->visits.here)
		return;
	memcpy(name, at->name, sizeof(name));
	visits_remove(&c->visits, at);
	client_tell_status(c, true);
	m.room = (struct message_room){.room = message_text(name), .left = true};
	client_tell(c, &m);
	client_said_out_of(c, message_text(name)); /* now: it is told where the person is */
}

/* A room of two that somebody opened whom the person ignores; not one that they went to. */
static bool is_unwanted(const struct client *c, const struct visit *at)
{
	return !at->shown && at->name[0] == '@' &&
	       preferences_ignores(c->o->preferences, message_text(at->name + 1));
}

static void show_room(struct client *c, struct visit *at, struct slice was)
{
	at->shown = true;
	tell_room(c, at, was);
	client_tell_status(c, true);
	client_ask_who(c, visit_name(at));
	client_ask_rooms(c);
}

void client_entered(struct client *c, struct slice name, struct slice was)
{
	struct visit *at;

	if (was.len > 0) {
		visits_rename(&c->visits, was, name);
		talks_rename(&c->talks, was, name);
		client_keep_room(c, was, name);
		client_rename_lines(c, was, name);
	}
	at = visits_add(&c->visits, name);
	if (!at)
		return;
	at->in = true;
	if (!is_unwanted(c, at))
		show_room(c, at, was);
}

void client_left(struct client *c, struct slice name, enum code code)
{
	struct visit *at = visits_find(&c->visits, name);
	char words[256];

	if (at)
		lose_room(c, at);
	if (code == CODE_OK)
		return;
	snprintf(words, sizeof(words), "out of %.*s: %s", (int)name.len, (const char *)name.data,
		 code_reason(code));
	client_notice(c, NOTICE_ERROR, words);
}

void client_enter_refused(struct client *c, struct slice name)
{
	struct visit *at = visits_find(&c->visits, name);

	if (at && !at->in)
		lose_room(c, at);
}

/* What may be otherwise the next time is tried again then. */
void client_not_in(struct client *c, struct slice name, enum code code)
{
	char words[256];

	snprintf(words, sizeof(words), "not in %.*s: %s", (int)name.len, (const char *)name.data,
		 code_reason(code));
	client_notice(c, NOTICE_ERROR, words);
	client_note_in(c, name, code == CODE_PASSWORD || code == CODE_NOT_WRITTEN);
}

void client_topic(struct client *c, struct slice room, struct slice topic)
{
	struct visit *at = visits_find(&c->visits, room);

	char text[WIRE_TOPIC_MAX + 1] = "";

	if (!at || topic.len > WIRE_TOPIC_MAX)
		return;
	if (topic.len > 0)
		memcpy(text, topic.data, topic.len);
	if (strcmp(at->topic, text) == 0)
		return;
	memcpy(at->topic, text, sizeof(text));
	tell_room(c, at, slice_of("", 0));
}

void client_heard(struct client *c, struct slice room, const struct event *e)
{
	struct visit *at = visits_add(&c->visits, room); /* somebody may just have opened it */

	if (!at)
		return;
	if (at->oldest == 0)
		at->oldest = e->seq;
	if (e->kind == EVENT_TOPIC)
		client_topic(c, room, e->text);
	if (!preferences_ignores_event(c->o->preferences, e))
		recent_take(&at->recent, e);
	if (at->in && !at->shown && !preferences_ignores(c->o->preferences, e->from))
		show_room(c, at, slice_of("", 0));
}

void client_begin_anew(struct client *c, struct slice room)
{
	for (size_t i = 0; i < c->visits.count; i++) {
		struct visit *at = c->visits.all[i];
		if (room.len == 0 || at == visits_find(&c->visits, room))
			visit_forget(at);
	}
}

/* ---- going to rooms ------------------------------------------------------------------------------ */

/* "dev" and "#dev" are a room, "@bob" is a member; with another sigil, "bob" is. */
static struct slice room_called(struct slice who, char sigil, char out[1 + TEXT_MAX_BYTES])
{
	if (who.len > 0 && (who.data[0] == '#' || who.data[0] == '@'))
		return who;
	out[0] = sigil;
	memcpy(out + 1, who.data, who.len);
	return slice_of(out, 1 + who.len);
}

/* A tenth of a second of work, in which nothing else happens.  False: that cannot be. */
static bool make_seed(struct client *c, struct slice room, struct slice password,
		      uint8_t seed[PROOF_SEED])
{
	char key[NAME_MAX_KEY];
	uint8_t salt[PROOF_SALT];
	size_t len;

	if (name_key(c->names, (const char *)room.data + 1, room.len - 1, key, &len) != ERR_NONE)
		return false;
	proof_salt(slice_of(key, len), salt);
	return secret_from_room_password(password.data, password.len, salt, seed) == ERR_NONE;
}

static enum err enter(struct client *c, struct visit *at, const uint8_t *seed, struct asked *a)
{
	struct seat_line line = {.kind = COMMAND_ENTER, .room = visit_name(at), .seed = seed};
	enum err e = client_ask(c, &line, a);

	if (e == ERR_NONE)
		at->coming = a->ticket;
	return e;
}

static void enter_and_go(struct client *c, struct visit *at, struct slice password)
{
	uint8_t seed[PROOF_SEED];
	bool locked = password.len > 0;
	enum err e;

	if (locked && !make_seed(c, visit_name(at), password, seed)) {
		client_refuse(c, CODE_ROOM_NAME_BAD, "");
		return;
	}
	e = enter(c, at, locked ? seed : NULL, &(struct asked){.line = true});
	secret_wipe(seed, sizeof(seed));
	if (e != ERR_NONE)
		client_line_failed(c, e);
	else
		client_go(c, at);
}

void client_be_in(struct client *c, const char *room, bool go)
{
	struct visit *at = visits_add(&c->visits, message_text(room));
	struct asked a = {.alone = true};

	if (!at || enter(c, at, NULL, &a) != ERR_NONE)
		client_not_in(c, message_text(room), CODE_TOO_MANY_ROOMS);
	else if (go)
		client_go(c, at);
}

void client_run_join(struct client *c, struct slice who, char sigil, struct slice password)
{
	char name[1 + TEXT_MAX_BYTES];
	struct slice room = room_called(who, sigil, name);
	struct visit *at = visits_find(&c->visits, room);

	if (at && at->in && password.len == 0) {
		client_go(c, at);
		client_line_done(c, &(struct message_result){.kind = COMMAND_ENTER, .room = room});
		return;
	}
	if (!at)
		at = visits_add(&c->visits, room);
	if (at)
		enter_and_go(c, at, password);
	else
		client_refuse(
			c, room.len > WIRE_ROOM_NAME_MAX ? CODE_ROOM_NAME_BAD : CODE_TOO_MANY_ROOMS,
			"");
}

/* The room of two is not gone to; who has a screen is told that something was said there. */
void client_run_msg(struct client *c, struct slice who, struct slice text)
{
	char name[1 + TEXT_MAX_BYTES], words[MESSAGE_MAX_WORDS];
	struct slice room = room_called(who, '@', name);
	struct visit *at = visits_add(&c->visits, room);
	enum err e = at ? ERR_NONE : ERR_FULL;

	if (at && !at->in)
		e = enter(c, at, NULL, &(struct asked){.line = false});
	if (e == ERR_NONE)
		e = client_talk_in(c, at, text);
	if (e != ERR_NONE) {
		client_line_failed(c, e);
		return;
	}
	snprintf(words, sizeof(words), "to %s: %.*s", at->name,
		 (int)text_clip((const char *)text.data, text.len, MESSAGE_MAX_WORDS / 2),
		 (const char *)text.data);
	if (c->o->screen && at != c->visits.here)
		client_notice(c, NOTICE_ANSWER, words);
}

/* What is typed next goes where the person was before. */
void client_run_part(struct client *c, struct slice words)
{
	struct visit *at = c->visits.here;
	struct seat_line line = {
		.kind = COMMAND_PART,
		.text = slice_of(words.data,
				 text_clip((const char *)words.data, words.len, WIRE_REASON_MAX))};

	client_say_here(c, &line);
	if (at != c->visits.all[0])
		client_go(c, c->visits.last != at ? c->visits.last : c->visits.all[0]);
}
