/*
 * Lines into commands, and what became of them.
 *
 * A line becomes a command at once, and waits in the seat for its turn, a server and the answer; it
 * gives its credit back when it is done with.  A line that says /quit, like the end of the input, waits
 * for all that was typed before it.  A /recall or /edit of what was said last waits for that to have a
 * number, and /history for the room's first event; and the lines after them with them.
 */
#include "session_state.h"

#include "session_local.h"
#include "session_reads.h"
#include "session_rooms.h"
#include "session_said.h"
#include "sys/clock.h"
#include "ui/alias.h"
#include "ui/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking the server ------------------------------------------------------------------------ */

enum err client_ask(struct client *c, const struct seat_line *line, struct asked *asked)
{
	struct asked *kept = malloc(sizeof(*kept)), **list;
	enum err e = kept ? ERR_NONE : ERR_MEMORY;
	uint64_t ticket;

	if (e == ERR_NONE)
		e = seat_say(link_seat(c->link), line, &ticket);
	if (e != ERR_NONE) {
		free(kept);
		return e;
	}
	*kept = *asked;
	asked->errand = NULL;
	kept->ticket = asked->ticket = ticket;
	list = &c->asked[ticket % ASKED_LISTS];
	kept->next = *list;
	*list = kept;
	return ERR_NONE;
}

/* NULL: it is not one of ours. */
static struct asked *take_asked(struct client *c, uint64_t ticket)
{
	struct asked **at = &c->asked[ticket % ASKED_LISTS], *found;

	while (*at && (*at)->ticket != ticket)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	return found;
}

static void free_asked(struct asked *a)
{
	client_errand_free(a->errand);
	free(a);
}

/* The first of them; the caller frees it. */
static struct held *take_held(struct client *c)
{
	struct held *h = c->held;

	c->held = h->next;
	return h;
}

void client_forget(struct client *c)
{
	for (size_t i = 0; i < ASKED_LISTS; i++) {
		while (c->asked[i])
			free_asked(take_asked(c, c->asked[i]->ticket));
	}
	while (c->held)
		free(take_held(c));
	talks_wipe(&c->talks);
	visits_wipe(&c->visits);
}

static void tell_result(struct client *c, const struct message_result *r)
{
	struct message m = {.type = MESSAGE_RESULT, .result = *r};

	client_tell(c, &m);
}

void client_line_done(struct client *c, const struct message_result *r)
{
	tell_result(c, r);
	client_give_credit(c, 1);
}

/* `words` instead of the code's own reason; empty: that one. */
void client_refuse(struct client *c, enum code code, const char *words)
{
	client_line_done(c, &(struct message_result){.code = code, .text = message_text(words)});
}

const char *client_why(const struct client *c, enum err e, char out[CLIENT_WHY_SIZE])
{
	switch (e) {
	case ERR_NOT_FOUND:
		snprintf(out, CLIENT_WHY_SIZE, "not in %s: /join it, or another room",
			 c->visits.here->name);
		return out;
	case ERR_TOO_BIG:
		return code_reason(CODE_TEXT_BAD);
	case ERR_FULL:
		return "too many lines wait to be sent";
	case ERR_CLOSED:
		return "the connection is closed";
	default:
		return "out of memory";
	}
}

void client_line_failed(struct client *c, enum err e)
{
	char words[CLIENT_WHY_SIZE];

	switch (e) {
	case ERR_NOT_FOUND:
		client_refuse(c, CODE_NOT_JOINED, client_why(c, e, words));
		break;
	case ERR_TOO_BIG:
		client_refuse(c, CODE_TEXT_BAD, "");
		break;
	case ERR_FULL:
		client_refuse(c, CODE_TOO_MANY_ROOMS, "");
		break;
	default:
		client_notice(c, NOTICE_ERROR, "out of memory: a line was not sent");
		client_give_credit(c, 1);
	}
}

void client_ask_quit(struct client *c)
{
	c->leaving = c->joined ? QUIT_SENT : LEFT;
	if (c->joined)
		seat_leave(link_seat(c->link), clock_mono_us(), c->quit_words);
}

bool client_all_done(const struct client *c)
{
	return seat_settled(link_seat(c->link)) && !c->held;
}

void client_leave_when_done(struct client *c)
{
	if (c->leaving == STAYING)
		c->leaving = WHEN_DONE;
}

void client_leave_now(struct client *c)
{
	if (c->leaving == QUIT_SENT || c->leaving == LEFT) { /* asked twice: at once */
		c->leaving = LEFT;
		return;
	}
	c->give_up_at = clock_mono_us() + INTERRUPT_WAIT_US;
	client_ask_quit(c);
	if (c->leaving != QUIT_SENT)
		c->leaving = LEFT;
}

/* ---- what is said ------------------------------------------------------------------------------- */

/* What is said where the person is; its answer is the line's. */
void client_say_here(struct client *c, const struct seat_line *line)
{
	struct asked a = {.line = true, .target = line->target};
	struct seat_line here = *line;
	enum err e;

	here.room = visit_name(c->visits.here);
	e = client_ask(c, &here, &a);
	if (e != ERR_NONE)
		client_line_failed(c, e);
}

static void run_talk(struct client *c, struct visit *at, struct slice text)
{
	enum err e = client_talk_in(c, at, text);

	if (e != ERR_NONE)
		client_line_failed(c, e);
}

/* A line without a text clears the topic: "/topic -". */
static void run_topic(struct client *c, struct slice text)
{
	bool clear = text.len == 1 && text.data[0] == '-';
	char words[64];

	snprintf(words, sizeof(words), "a topic is at most %d bytes long: say it shorter",
		 WIRE_TOPIC_MAX);
	if (text.len == 0)
		client_run_list(c, LIST_MINE, visit_name(c->visits.here));
	else if (text.len > WIRE_TOPIC_MAX)
		client_refuse(c, CODE_TEXT_BAD, words);
	else
		client_say_here(c, &(struct seat_line){.kind = COMMAND_TOPIC,
						       .text = clear ? slice_of("", 0) : text});
}

/* ---- taking back -------------------------------------------------------------------------------- */

/* `seq` 0: the newest of one's own. */
static void run_change(struct client *c, enum command_kind kind, uint64_t seq, struct slice text)
{
	if (seq == 0)
		seq = visit_newest(c->visits.here);
	if (seq == 0)
		client_refuse(c, CODE_NO_SUCH_EVENT,
			      "it is not known what you said last here: give its number");
	else
		client_say_here(c, &(struct seat_line){.kind = kind, .target = seq, .text = text});
}

/* ---- the person's lines ------------------------------------------------------------------------ */

static void take_name(struct client *c, struct slice line)
{
	if (line.len == 0 || line.len > NAME_MAX_BYTES) {
		client_notice(c, NOTICE_ERROR, code_reason(CODE_NAME_BAD));
		return;
	}
	memcpy(c->nick, line.data, line.len);
	c->nick[line.len] = '\0';
	c->naming = false;
	cursors_as(c->o->cursors, c->nick);
	if (seat_join(link_seat(c->link), line) != ERR_NONE)
		c->naming = true; /* it does not happen: the seat takes every name of that length */
}

/* A result like those of the server's, though it never saw the line. */
static void complain(struct client *c, const struct command_line *l)
{
	char text[MESSAGE_MAX_WORDS];

	command_complaint(l, text, sizeof(text));
	client_refuse(c, CODE_UNKNOWN_COMMAND, text);
}

static void quit_line(struct client *c, struct slice words)
{
	size_t len = text_clip((const char *)words.data, words.len, WIRE_REASON_MAX);

	if (len > 0)
		memcpy(c->quit_words, words.data, len);
	c->quit_words[len] = '\0';
	client_leave_when_done(c);
}

static void run_line(struct client *c, const struct command_line *l)
{
	switch (l->kind) {
	case COMMAND_LINE_TALK:
		run_talk(c, c->visits.here, l->args);
		break;
	case COMMAND_LINE_NICK:
		client_say_here(c, &(struct seat_line){.kind = COMMAND_NICK, .text = l->args});
		break;
	case COMMAND_LINE_WHO:
		client_run_who(c);
		break;
	case COMMAND_LINE_JOIN:
		client_run_join(c, l->who, '#', l->text);
		break;
	case COMMAND_LINE_QUERY:
		client_run_join(c, l->who, '@', slice_of("", 0));
		break;
	case COMMAND_LINE_PART:
		client_run_part(c, l->args);
		break;
	case COMMAND_LINE_ROOMS:
		client_run_list(c, LIST_MINE, slice_of("", 0));
		break;
	case COMMAND_LINE_LIST:
		client_run_list(c, LIST_PUBLIC, slice_of("", 0));
		break;
	case COMMAND_LINE_TOPIC:
		run_topic(c, l->args);
		break;
	case COMMAND_LINE_MSG:
		client_run_msg(c, l->who, l->text);
		break;
	case COMMAND_LINE_RECALL:
		run_change(c, COMMAND_RECALL, l->number, slice_of("", 0));
		break;
	case COMMAND_LINE_EDIT:
		run_change(c, COMMAND_EDIT, l->number, l->text);
		break;
	case COMMAND_LINE_HISTORY:
		client_run_history(c, l->number);
		break;
	case COMMAND_LINE_SEARCH:
		client_run_search(c, l->args);
		break;
	case COMMAND_LINE_QUIT:
		quit_line(c, l->args);
		break;
	case COMMAND_LINE_MISUSED:
	case COMMAND_LINE_UNKNOWN:
		complain(c, l);
		break;
	default: /* session_local.c's */
		break;
	}
}

/* ---- lines that wait ----------------------------------------------------------------------------- */

/* For the number of what was said last; for what there is of the room, before one looks further back. */
static bool has_to_wait(const struct client *c, const struct command_line *l)
{
	const struct visit *at = c->visits.here;

	switch (l->kind) {
	case COMMAND_LINE_RECALL:
	case COMMAND_LINE_EDIT:
		return l->number == 0 && at->said != 0;
	case COMMAND_LINE_HISTORY:
		return at->coming != 0;
	default:
		return false;
	}
}

static void hold(struct client *c, struct slice text)
{
	struct held *h = malloc(sizeof(*h) + text.len), **end = &c->held;

	if (!h) {
		client_line_failed(c, ERR_MEMORY);
		return;
	}
	*h = (struct held){.len = text.len};
	memcpy(h->text, text.data, text.len);
	while (*end)
		end = &(*end)->next;
	*end = h;
}

/* After a /quit none is looked at any more. */
static void let_go(struct client *c)
{
	enum command_line_kind kind = COMMAND_LINE_TALK;

	while (c->held) {
		struct command_line l = command_parse(c->held->text, c->held->len);
		struct held *h;
		if (kind != COMMAND_LINE_QUIT && has_to_wait(c, &l))
			return;
		h = take_held(c);
		if (kind != COMMAND_LINE_QUIT)
			run_line(c, &l);
		kind = kind == COMMAND_LINE_QUIT ? kind : l.kind;
		free(h);
	}
}

/* ---- taking lines --------------------------------------------------------------------------------- */

static void take_in_room(struct client *c, struct slice text, const struct command_line *l)
{
	if (command_is_local(l))
		client_run_local(c, l);
	else if (c->held || has_to_wait(c, l))
		hold(c, text);
	else
		run_line(c, l);
}

/* Before the room is joined a line may be the answer to "name:", or a way out. */
static void take_line(struct client *c, struct slice text)
{
	struct command_line l = command_parse((const char *)text.data, text.len);
	bool way_out = c->o->interactive && l.kind == COMMAND_LINE_QUIT;

	if (c->joined || !(c->naming || way_out) || command_is_local(&l)) {
		take_in_room(c, text, &l);
		return;
	}
	if (l.kind == COMMAND_LINE_QUIT)
		c->leaving = LEFT;
	else if (l.kind == COMMAND_LINE_TALK || l.kind == COMMAND_LINE_NICK)
		take_name(c, l.args);
	else
		client_notice(c, NOTICE_ERROR, "not in the room: type a name first");
	client_give_credit(c, 1);
}

/* What an alias stands for is a line like any other. */
static void take_alias(struct client *c, struct slice line)
{
	enum lines_verdict verdict = lines_judge((const char *)line.data, line.len);
	char words[128];

	snprintf(words, sizeof(words), "the line is not sent: %s", lines_refusal(verdict));
	if (verdict == LINES_FINE)
		take_line(c, line);
	else
		client_refuse(c, CODE_TEXT_BAD, words);
}

void client_take_line(struct client *c, struct slice text)
{
	struct alias_line line;

	if (c->leaving != STAYING) /* after a /quit none is looked at any more */
		return;
	switch (alias_expand(c->o->preferences, text, &line)) {
	case ERR_NONE:
		take_alias(c, slice_of(line.text, line.len));
		break;
	case ERR_NOT_FOUND:
		take_line(c, text);
		break;
	case ERR_FULL:
		client_refuse(c, CODE_UNKNOWN_COMMAND, "that alias stands for itself");
		break;
	default:
		client_refuse(c, CODE_TEXT_BAD, "");
	}
}

/* ---- what the server says ---------------------------------------------------------------------- */

static void keep_nick(struct client *c, struct slice name)
{
	size_t len = name.len < sizeof(c->nick) ? name.len : sizeof(c->nick) - 1;

	memcpy(c->nick, name.data, len);
	c->nick[len] = '\0';
	client_tell_status(c, true);
}

void client_joined(struct client *c, const struct reply *r)
{
	struct message_result result = {
		.id = r->id, .kind = COMMAND_JOIN, .code = r->code, .seq = r->seq};

	c->joined = true;
	c->naming = false;
	keep_nick(c, r->text);
	tell_result(c, &result);
	visit_came(c->visits.all[0], r->first);
	let_go(c);
	client_ask_who(c, visit_name(c->visits.all[0]));
	client_ask_rooms(c);
}

void client_not_joined(struct client *c, const struct reply *r)
{
	bool another = r->code == CODE_NAME_TAKEN || r->code == CODE_NAME_BAD ||
		       r->code == CODE_NAME_RESERVED;
	char words[MESSAGE_MAX_WORDS];

	struct message_result result = {.id = r->id, .kind = COMMAND_JOIN, .code = r->code};

	snprintf(words, sizeof(words), "%s: %s", c->nick, code_reason(r->code));
	result.text = message_text(words);
	if (!c->o->interactive || !another || c->input_ended) {
		if (!c->o->interactive)
			tell_result(c, &result);
		client_finish(c, SESSION_REFUSED, c->o->interactive ? words : "");
		return;
	}
	client_notice(c, NOTICE_ERROR, words);
	c->naming = true;
}

/* What an answer means beside itself. */
static void heed(struct client *c, const struct seat_event *ev, const struct asked *a)
{
	struct visit *at = visits_find(&c->visits, ev->room);
	const struct reply *r = &ev->answer.reply;
	bool ok = r->code == CODE_OK;

	switch (ev->answer.to) {
	case COMMAND_NICK:
		if (ok)
			keep_nick(c, r->text);
		break;
	case COMMAND_ENTER:
		at = visits_coming(&c->visits, a->ticket);
		if (at)
			visit_came(at, ok ? r->first : 0);
		if (!ok && a->alone)
			client_not_in(c, ev->room, r->code);
		if (!ok)
			client_enter_refused(c, ev->room);
		let_go(c);
		break;
	case COMMAND_TALK:
		if (at)
			visit_answered(at, a->ticket, ok ? r->seq : 0);
		let_go(c);
		break;
	case COMMAND_RECALL:
		if (at && ok)
			visit_recalled(at, a->target);
		break;
	default:
		break;
	}
}

static void finish_line(struct client *c, const struct seat_event *ev)
{
	const struct reply *r = &ev->answer.reply;
	bool ok = r->code == CODE_OK;
	bool search = ev->answer.to == COMMAND_SEARCH; /* its number is not an event's */
	struct message_result result = {.id = r->id,
					.kind = ev->answer.to,
					.code = r->code,
					.seq = search ? 0 : r->seq,
					.more = ok && r->more};

	if (ok && ev->answer.to == COMMAND_ENTER)
		result.room = ev->room;
	client_line_done(c, &result);
}

void client_take_reply(struct client *c, const struct seat_event *ev)
{
	struct asked *a = take_asked(c, ev->answer.reply.id);

	if (!a)
		return;
	heed(c, ev, a);
	if (client_said_answered(c, &ev->answer.reply)) {
		if (a->line)
			client_give_credit(c, 1);
	} else if (!client_read_reply(c, ev, a) && a->line) {
		finish_line(c, ev);
	}
	free_asked(a);
}
