/*
 * What a person says is shown from the moment that they typed it, and what is refused stays until they
 * say it again or give it up (core/talks.h), be it to the next client.  Scripts are told of results
 * instead: nothing is kept here of what they say.
 */
#include "session_said.h"

#include "session_unsent.h"

#include <stdio.h>

#define OUT_OF_IT "you are out of it"
#define FORGOTTEN                                                                                  \
	"it may be there already: the server does not know any more what you had said before"

static void tell_said(struct client *c, const struct talk *talk, enum said_state state,
		      uint64_t seq, const char *reason)
{
	bool words = state == SAID_SENDING || state == SAID_FAILED;
	struct message m = {.type = MESSAGE_SAID};

	m.said = (struct message_said){.ticket = talk->number,
				       .room = talk_room(talk),
				       .state = state,
				       .seq = seq,
				       .reason = message_text(reason),
				       .text = words ? talk_text(talk) : slice_of("", 0)};
	client_tell(c, &m);
}

static void give_up(struct client *c, struct talk *talk)
{
	tell_said(c, talk, SAID_DROPPED, 0, "");
	client_keep_done(c, talk->mid, false);
	talks_remove(&c->talks, talk);
}

/* There is no place any more in which it could be shown as a line that was refused. */
static void tell_words(struct client *c, struct talk *talk, const char *why)
{
	char words[MESSAGE_MAX_WORDS];
	struct slice text = talk_text(talk);

	snprintf(words, sizeof(words), "not sent to %s (%s): %.*s", talk->room, why,
		 (int)text_clip((const char *)text.data, text.len, MESSAGE_MAX_WORDS / 2),
		 (const char *)text.data);
	client_notice(c, NOTICE_ERROR, words);
	give_up(c, talk);
}

static void fail(struct client *c, struct talk *talk, const char *why)
{
	talks_failed(&c->talks, talk);
	client_keep_failed(c, talk->mid, why);
	if (visits_find(&c->visits, talk_room(talk)))
		tell_said(c, talk, SAID_FAILED, 0, why);
	else
		tell_words(c, talk, why);
}

/* Those of all rooms. */
static void make_way(struct client *c)
{
	while (c->talks.failed >= TALKS_FAILED_MAX)
		tell_words(c, talks_oldest_failed(&c->talks, slice_of("", 0)),
			   "too many others were refused since");
}

/* ---- saying --------------------------------------------------------------------------------- */

static enum err say(struct client *c, struct visit *at, struct seat_line *line, struct asked *a)
{
	enum err e;

	line->kind = COMMAND_TALK;
	line->room = visit_name(at);
	e = client_ask(c, line, a);
	if (e == ERR_NONE)
		visit_said(at, a->ticket);
	return e;
}

/* It is written down, maybe in the place of a refused one. */
static struct talk *show(struct client *c, struct visit *at, struct slice text,
			 const struct talk *instead_of)
{
	struct seat_line line = {.kind = COMMAND_TALK, .room = visit_name(at), .text = text};
	struct talk *talk = talks_add(&c->talks, visit_name(at), text);

	if (!talk)
		return NULL;
	talk->mid = client_keep(c, &line, instead_of ? instead_of->mid : 0);
	tell_said(c, talk, SAID_SENDING, 0, "");
	return talk;
}

/* Where it cannot be said, it is a line that was refused. */
static void say_shown(struct client *c, struct talk *talk, struct asked *a, bool again)
{
	struct visit *at = visits_find(&c->visits, talk_room(talk));
	struct seat_line line = {.text = talk_text(talk), .mid = talk->mid, .again = again};
	char words[CLIENT_WHY_SIZE];
	enum err e = at ? say(c, at, &line, a) : ERR_NOT_FOUND;

	if (e == ERR_NONE) {
		talks_sent(&c->talks, talk, a->ticket);
		return;
	}
	fail(c, talk, at ? client_why(c, e, words) : OUT_OF_IT);
	if (a->line)
		client_give_credit(c, 1);
}

uint64_t client_show_said(struct client *c, struct slice text)
{
	const struct talk *talk = c->o->interactive ? show(c, c->visits.here, text, NULL) : NULL;

	return talk ? talk->number : 0;
}

void client_say_shown(struct client *c, uint64_t number)
{
	struct talk *talk = talks_numbered(&c->talks, number);

	if (!talk)
		return;
	talk->mid = client_keep_young(c, talk);
	say_shown(c, talk, &(struct asked){.line = true}, false);
}

enum err client_talk_in(struct client *c, struct visit *at, struct slice text)
{
	struct seat_line line = {.text = text};
	struct asked a = {.line = true};
	struct talk *talk;

	if (!c->o->interactive)
		return say(c, at, &line, &a);
	make_way(c);
	talk = show(c, at, text, NULL);
	if (!talk)
		return ERR_MEMORY;
	say_shown(c, talk, &a, false);
	return ERR_NONE;
}

bool client_said_answered(struct client *c, const struct seat_event *ev)
{
	const struct reply *r = &ev->answer.reply;
	struct talk *talk = talks_find(&c->talks, r->id);

	if (!talk)
		return false;
	if (r->code != CODE_OK) {
		fail(c, talk, ev->kind == SEAT_FORGOTTEN ? FORGOTTEN : code_reason(r->code));
		return true;
	}
	tell_said(c, talk, SAID_SENT, r->seq, "");
	client_keep_done(c, talk->mid, true);
	talks_remove(&c->talks, talk);
	return true;
}

/* ---- what an earlier client has left --------------------------------------------------------- */

static void change_left(struct client *c, struct visit *at, const struct journal_line *left,
			bool again)
{
	struct asked a = {.target = left->target, .mid = left->mid};
	struct seat_line line = {.kind = COMMAND_EDIT,
				 .room = visit_name(at),
				 .text = slice_of(left->text, left->len),
				 .target = left->target,
				 .mid = left->mid,
				 .again = again};

	if (client_ask(c, &line, &a) != ERR_NONE)
		client_keep_done(c, left->mid, false);
}

void client_say_left(struct client *c, struct visit *at, const struct journal_line *left,
		     bool again)
{
	struct talk *talk;

	if (left->what == COMMAND_EDIT) {
		change_left(c, at, left, again);
		return;
	}
	talk = talks_add(&c->talks, visit_name(at), slice_of(left->text, left->len));
	if (!talk)
		return; /* it is kept, for a client with more memory */
	talk->mid = left->mid;
	if (left->failed) {
		talks_failed(&c->talks, talk);
		tell_said(c, talk, SAID_FAILED, 0, left->reason);
		return;
	}
	tell_said(c, talk, SAID_SENDING, 0, "");
	say_shown(c, talk, &(struct asked){.line = false}, again);
}

/* ---- what was refused -------------------------------------------------------------------------- */

static struct talk *refused_here(struct client *c)
{
	struct talk *talk = talks_oldest_failed(&c->talks, visit_name(c->visits.here));

	if (!talk)
		client_notice(c, NOTICE_ANSWER, "all that you said here was sent");
	return talk;
}

void client_say_again(struct client *c)
{
	struct talk *talk = refused_here(c), *again;

	if (!talk)
		return;
	again = show(c, c->visits.here, talk_text(talk), talk);
	if (!again) {
		client_notice(c, NOTICE_ERROR, "out of memory: a line was not sent");
		return;
	}
	give_up(c, talk);
	say_shown(c, again, &(struct asked){.line = false}, false);
}

void client_drop_said(struct client *c)
{
	struct talk *talk = refused_here(c);
	struct message m = {.type = MESSAGE_TAKE_BACK};

	if (!talk)
		return;
	m.line = talk_text(talk);
	if (message_queue(c->io->sender, &m) != ERR_NONE)
		c->input_ended = true;
	give_up(c, talk);
}

void client_said_out_of(struct client *c, struct slice room)
{
	struct talk *talk;

	while ((talk = talks_oldest_failed(&c->talks, room)))
		tell_words(c, talk, OUT_OF_IT);
}
