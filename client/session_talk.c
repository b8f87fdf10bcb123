/*
 * Lines into commands, replies into results.
 *
 * A line becomes a command at once, and waits in the seat for its turn, a server and the answer; it
 * gives its credit back when it is done with.  A line that says /quit, like the end of the input, waits
 * for all that was typed before it.
 */
#include "session_state.h"

#include "sys/clock.h"
#include "ui/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking the server ------------------------------------------------------------------------ */

/* seat_say()'s errors. */
static enum err ask(struct client *c, enum command_kind kind, struct slice text, struct asked asked)
{
	uint64_t ticket;
	struct seat_line line = {.kind = kind, .text = text};
	enum err e = seat_say(link_seat(c->link), &line, &ticket);

	if (e == ERR_NONE)
		c->asked[ticket % ASKED_MAX] = asked;
	return e;
}

static void ask_who(struct client *c, struct slice after, struct asked asked)
{
	if (ask(c, COMMAND_WHO, after, asked) != ERR_NONE && asked.line)
		client_give_credit(c, 1);
}

void client_list_anew(struct client *c)
{
	if (c->o->interactive)
		ask_who(c, message_text(""), (struct asked){.first = true});
}

void client_ask_quit(struct client *c)
{
	c->leaving = c->joined ? QUIT_SENT : LEFT;
	if (c->joined)
		seat_leave(link_seat(c->link), clock_mono_us(), c->quit_words);
}

bool client_all_done(const struct client *c)
{
	return seat_settled(link_seat(c->link));
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

/* `words` instead of the code's own reason; NULL: that one. */
static void tell_result(struct client *c, const struct reply *r, enum command_kind kind,
			const char *words)
{
	struct message m = {.type = MESSAGE_RESULT};

	m.result = (struct message_result){.id = r->id,
					   .kind = kind,
					   .code = r->code,
					   .seq = r->seq,
					   .text = message_text(words ? words : "")};
	client_tell(c, &m);
}

/* ---- the person's lines ------------------------------------------------------------------------ */

static void take_name(struct client *c, struct slice line)
{
	if (line.len == 0 || seat_join(link_seat(c->link), line) != ERR_NONE) {
		client_notice(c, NOTICE_ERROR, code_reason(CODE_NAME_BAD));
		return;
	}
	memcpy(c->nick, line.data, line.len);
	c->nick[line.len] = '\0';
	c->naming = false;
}

static void run_talk(struct client *c, enum command_kind kind, struct slice text)
{
	enum err e = ask(c, kind, text, (struct asked){.line = true});

	if (e == ERR_NONE)
		return;
	client_notice(c, NOTICE_ERROR,
		      e == ERR_TOO_BIG ? code_reason(CODE_TEXT_BAD)
				       : "out of memory: a line was not sent");
	client_give_credit(c, 1);
}

/* A result like those of the server's, though it never saw the line. */
static void complain(struct client *c, const struct command_line *l)
{
	char text[MESSAGE_MAX_WORDS];
	struct message m = {.type = MESSAGE_RESULT};

	command_complaint(l, text, sizeof(text));
	m.result =
		(struct message_result){.code = CODE_UNKNOWN_COMMAND, .text = message_text(text)};
	client_tell(c, &m);
}

static void help(struct client *c, struct slice topic)
{
	char text[MESSAGE_MAX_WORDS];

	command_help(topic, text, sizeof(text));
	client_notice(c, NOTICE_ANSWER, text);
}

static void answer_locally(struct client *c, const struct command_line *l)
{
	if (l->kind == COMMAND_LINE_HELP)
		help(c, l->args);
	else
		complain(c, l);
	client_give_credit(c, 1);
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
		run_talk(c, COMMAND_TALK, l->args);
		break;
	case COMMAND_LINE_NICK:
		run_talk(c, COMMAND_NICK, l->args);
		break;
	case COMMAND_LINE_WHO:
		ask_who(c, message_text(""),
			(struct asked){.line = true, .shown = true, .first = true});
		break;
	case COMMAND_LINE_QUIT:
		quit_line(c, l->args);
		break;
	case COMMAND_LINE_HELP:
	case COMMAND_LINE_MISUSED:
	case COMMAND_LINE_UNKNOWN:
		answer_locally(c, l);
		break;
	}
}

/* Before the room is joined a line may be the answer to "name:", or a way out. */
void client_take_line(struct client *c, struct slice text)
{
	struct command_line l = command_parse((const char *)text.data, text.len);

	bool way_out = c->o->interactive && l.kind == COMMAND_LINE_QUIT;

	if (c->leaving != STAYING) /* after a /quit none is looked at any more */
		return;
	if (c->joined || !(c->naming || way_out)) {
		run_line(c, &l);
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
	c->joined = true;
	c->naming = false;
	keep_nick(c, r->text);
	tell_result(c, r, COMMAND_JOIN, NULL);
	client_list_anew(c);
}

void client_not_joined(struct client *c, const struct reply *r)
{
	bool another = r->code == CODE_NAME_TAKEN || r->code == CODE_NAME_BAD ||
		       r->code == CODE_NAME_RESERVED;
	char words[MESSAGE_MAX_WORDS];

	snprintf(words, sizeof(words), "%s: %s", c->nick, code_reason(r->code));
	if (!c->o->interactive || !another || c->input_ended) {
		if (!c->o->interactive)
			tell_result(c, r, COMMAND_JOIN, words);
		client_finish(c, SESSION_REFUSED, c->o->interactive ? words : "");
		return;
	}
	client_notice(c, NOTICE_ERROR, words);
	c->naming = true;
}

/* The last of the names on a page; empty when the page is, or is broken. */
static struct slice last_name(struct slice page)
{
	struct slice name = slice_of(NULL, 0);
	enum member_state state;

	while (who_get(&page, &name, &state))
		;
	return page.failed ? slice_of(NULL, 0) : name;
}

static void who_page(struct client *c, const struct reply *r, struct asked asked)
{
	struct message m = {.type = MESSAGE_WHO};
	struct slice after = last_name(r->text);
	bool more = r->more && after.len > 0;

	m.who = (struct message_who){.id = r->id,
				     .room = message_text(SESSION_LOBBY),
				     .first = asked.first,
				     .more = more,
				     .asked = asked.shown,
				     .names = r->text};
	client_tell(c, &m);
	if (more)
		ask_who(c, after, (struct asked){.shown = asked.shown});
}

void client_take_reply(struct client *c, enum command_kind to, const struct reply *r)
{
	struct asked asked = c->asked[r->id % ASKED_MAX];

	if (to == COMMAND_NICK && r->code == CODE_OK)
		keep_nick(c, r->text);
	if (to == COMMAND_WHO && r->code == CODE_OK)
		who_page(c, r, asked);
	if (!asked.line)
		return;
	tell_result(c, r, to, NULL);
	client_give_credit(c, 1);
}
