/*
 * Lines into commands, and what became of them.
 *
 * A line becomes a command at once, and waits in the seat for its turn, a server and the answer; it
 * gives its credit back when it is done with.  A line that says /quit, like the end of the input, waits
 * for all that was typed before it.  Which lines come here when is session_lines.c's.
 */
#include "session_state.h"

#include "session_lines.h"
#include "session_local.h"
#include "session_reads.h"
#include "session_rooms.h"
#include "session_said.h"
#include "session_unsent.h"
#include "sys/clock.h"

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

void client_forget(struct client *c)
{
	for (size_t i = 0; i < ASKED_LISTS; i++) {
		while (c->asked[i])
			free_asked(take_asked(c, c->asked[i]->ticket));
	}
	client_drop_lines(c);
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

/* QUIT uses up what the server knows our lines by: with lines that are to be sent by the next client, one
 * only says goodbye. */
void client_ask_quit(struct client *c)
{
	bool quit = c->joined && client_lines_kept(c) == 0;

	c->leaving = quit ? QUIT_SENT : LEFT;
	if (!quit)
		return;
	client_keep_left(c);
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
	if (c->leaving == QUIT_SENT || c->leaving == LEFT ||
	    c->give_up_at) { /* asked twice: at once */
		c->leaving = LEFT;
		return;
	}
	c->give_up_at = clock_mono_us() + INTERRUPT_WAIT_US;
	if (client_lines_kept(c) > 0 && seat_state(link_seat(c->link)) == SEAT_ONLINE) {
		client_leave_when_done(c);
		return;
	}
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
	here.mid = a.mid = client_keep(c, &here, 0);
	e = client_ask(c, &here, &a);
	if (e == ERR_NONE)
		return;
	client_keep_done(c, a.mid, false);
	client_line_failed(c, e);
}

static void run_talk(struct client *c, struct visit *at, struct slice text)
{
	enum err e = client_talk_in(c, at, text);

	if (e != ERR_NONE)
		client_line_failed(c, e);
}

/* "/me waves" is a talk like any other; who shows it knows how. */
static void run_me(struct client *c, struct slice words)
{
	char text[TEXT_MAX_BYTES + 8];
	struct buf b = buf_of(text, sizeof(text));

	buf_put_bytes(&b, "/me ", 4);
	buf_put_bytes(&b, words.data, words.len);
	run_talk(c, c->visits.here, slice_of(text, b.len));
}

/* NULL: there is none. */
static const struct recent_talk *answered(const struct client *c, const struct command_line *l)
{
	const struct recent *r = &c->visits.here->recent;

	if (l->number > 0)
		return recent_numbered(r, l->number);
	if (l->who.len > 0)
		return recent_by(r, l->who);
	return recent_not_by(r, message_text(c->nick));
}

/* An answer begins with a line of what it answers. */
static void run_reply(struct client *c, const struct command_line *l)
{
	const struct recent_talk *to = answered(c, l);
	char text[RECENT_QUOTE_SIZE + TEXT_MAX_BYTES];
	struct buf b = buf_of(text, sizeof(text));

	if (!to) {
		client_refuse(c, CODE_NO_SUCH_EVENT,
			      "nothing of the kind was said here lately: say whom you answer");
		return;
	}
	b.len = recent_quote(to, text);
	buf_put_bytes(&b, l->text.data, l->text.len);
	run_talk(c, c->visits.here, slice_of(text, b.len));
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

/* ---- being away --------------------------------------------------------------------------------- */

static void run_away(struct client *c, struct slice text)
{
	char words[80];

	snprintf(words, sizeof(words), "that is at most %d bytes long: say it shorter",
		 WIRE_AWAY_MAX);
	if (text.len > WIRE_AWAY_MAX) {
		client_refuse(c, CODE_TEXT_BAD, words);
		return;
	}
	if (text.len > 0)
		memcpy(c->away, text.data, text.len);
	c->away[text.len] = '\0';
	client_say_here(c, &(struct seat_line){.kind = COMMAND_AWAY, .text = text});
}

/* A server that was started again does not know it; to any other it is nothing new. */
void client_say_away_again(struct client *c)
{
	struct seat_line line = {.kind = COMMAND_AWAY, .text = message_text(c->away)};
	struct asked a = {.line = false};

	if (c->away[0] && !c->saying_away) /* without memory for it, the next time */
		c->saying_away = client_ask(c, &line, &a) == ERR_NONE;
}

/* ---- the person's lines ------------------------------------------------------------------------ */

/* A result like those of the server's, though it never saw the line. */
static void complain(struct client *c, const struct command_line *l)
{
	char text[MESSAGE_MAX_WORDS];

	command_complaint(l, text, sizeof(text));
	client_refuse(c, CODE_UNKNOWN_COMMAND, text);
}

/* Any command that changes nothing would do. */
static void run_ping(struct client *c)
{
	struct seat_line line = {.kind = COMMAND_LIST, .mode = LIST_MINE};
	struct asked a = {.line = true, .pinged_at = clock_mono_us()};
	enum err e = client_ask(c, &line, &a);

	if (e != ERR_NONE)
		client_line_failed(c, e);
}

static void ponged(struct client *c, const struct asked *a)
{
	const struct seat *seat = link_seat(c->link);
	double took = (double)(clock_mono_us() - a->pinged_at) / 1000;
	double usual = (double)seat_rtt(seat) / 1000;
	char words[128];

	if (usual > 0)
		snprintf(words, sizeof(words),
			 "%.2f ms to the server and back, over %s; its link takes %.2f", took,
			 transport_name(seat_transport(seat)), usual);
	else
		snprintf(words, sizeof(words), "%.2f ms to the server and back, over %s", took,
			 transport_name(seat_transport(seat)));
	client_notice(c, NOTICE_ANSWER, words);
	client_line_done(c, &(struct message_result){.code = CODE_OK});
}

static void quit_line(struct client *c, struct slice words)
{
	size_t len = text_clip((const char *)words.data, words.len, WIRE_REASON_MAX);

	if (len > 0)
		memcpy(c->quit_words, words.data, len);
	c->quit_words[len] = '\0';
	client_leave_when_done(c);
}

void client_run_line(struct client *c, const struct command_line *l)
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
	case COMMAND_LINE_WHOIS:
		client_run_whois(c, l->who);
		break;
	case COMMAND_LINE_AWAY:
		run_away(c, l->args);
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
	case COMMAND_LINE_ME:
		run_me(c, l->text);
		break;
	case COMMAND_LINE_REPLY:
		run_reply(c, l);
		break;
	case COMMAND_LINE_PING:
		run_ping(c);
		break;
	case COMMAND_LINE_MISUSED:
	case COMMAND_LINE_UNKNOWN:
		complain(c, l);
		break;
	default: /* session_local.c's */
		break;
	}
}

/* ---- what the server says ---------------------------------------------------------------------- */

static void keep_nick(struct client *c, struct slice name)
{
	size_t len = name.len < sizeof(c->nick) ? name.len : sizeof(c->nick) - 1;

	memcpy(c->nick, name.data, len);
	c->nick[len] = '\0';
	client_keep_nick(c);
	client_tell_status(c, true);
	client_heed_own_name(c);
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
	client_let_go(c);
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

	client_keep_done(c, a->mid, ok);
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
		client_let_go(c);
		break;
	case COMMAND_TALK:
		if (at)
			visit_answered(at, a->ticket, ok ? r->seq : 0);
		client_let_go(c);
		break;
	case COMMAND_AWAY:
		c->saying_away &= a->line;
		if (!ok && r->code != CODE_NOT_WRITTEN)
			c->away[0] = '\0';
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
	if (a->pinged_at) {
		ponged(c, a);
	} else if (client_said_answered(c, ev)) {
		if (a->line)
			client_give_credit(c, 1);
	} else if (!client_read_reply(c, ev, a) && a->line) {
		finish_line(c, ev);
	}
	free_asked(a);
}
