/*
 * Lines into commands, replies into results.
 *
 * Lines are kept in order and turned into commands as the session takes them; each gives its credit
 * back when it is done with.  A line that says /quit, like the end of the input, waits for all that
 * was typed before it.
 */
#include "session_state.h"

#include "sys/clock.h"
#include "ui/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking the server ------------------------------------------------------------------------ */

/* session_command()'s errors: ERR_FULL means later, any other means never. */
static enum err ask(struct client *c, struct command *command, struct asked asked)
{
	struct session *s = link_session(c->link);
	enum err e = s ? session_command(s, command) : ERR_CLOSED;

	asked.kind = command->kind;
	if (e == ERR_NONE)
		c->asked[command->id % WIRE_COMMANDS_MAX] = asked;
	return e;
}

void client_ask_join(struct client *c)
{
	struct command join = {.kind = COMMAND_JOIN,
			       .room = WIRE_LOBBY,
			       .text = message_text(c->nick),
			       .since_mode = c->o->since_mode,
			       .since = c->o->since};

	c->naming = c->nick[0] == '\0';
	c->joining = !c->naming && ask(c, &join, (struct asked){0}) == ERR_NONE;
}

static void ask_who(struct client *c, struct slice after, struct asked asked)
{
	struct command who = {.kind = COMMAND_WHO, .room = WIRE_LOBBY, .text = after};

	if (ask(c, &who, asked) != ERR_NONE && asked.line)
		client_give_credit(c, 1);
}

void client_ask_quit(struct client *c)
{
	struct command quit = {.kind = COMMAND_QUIT, .text = message_text(c->quit_words)};

	if (!c->joined)
		c->leaving = LEFT;
	else if (ask(c, &quit, (struct asked){0}) == ERR_NONE)
		c->leaving = QUIT_SENT;
}

/* Everything that was typed is acknowledged, and what it became was shown. */
bool client_all_done(const struct client *c)
{
	const struct session *s = link_session(c->link);

	return c->line_count == 0 && s && session_unanswered(s) == 0 &&
	       session_heard(s) >= c->last_seq;
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
	if (line.len == 0 || line.len >= sizeof(c->nick)) {
		client_notice(c, NOTICE_ERROR, code_reason(CODE_NAME_BAD));
		return;
	}
	memcpy(c->nick, line.data, line.len);
	c->nick[line.len] = '\0';
	client_ask_join(c);
}

static bool run_talk(struct client *c, enum command_kind kind, struct slice text)
{
	struct command command = {.kind = kind, .room = WIRE_LOBBY, .text = text};

	enum err e = ask(c, &command, (struct asked){.line = true});

	if (e == ERR_NONE || e == ERR_FULL || e == ERR_CLOSED)
		return e == ERR_NONE;
	client_notice(c, NOTICE_ERROR,
		      e == ERR_MEMORY ? "out of memory: a line was not sent"
				      : code_reason(CODE_TEXT_BAD));
	client_give_credit(c, 1);
	return true;
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

/* One line; false: not now, the session's window is full. */
static bool run_line(struct client *c, const struct line *line)
{
	struct command_line l = command_parse(line->bytes, line->len);

	switch (l.kind) {
	case COMMAND_LINE_TALK:
		return run_talk(c, COMMAND_TALK, l.args);
	case COMMAND_LINE_NICK:
		return run_talk(c, COMMAND_NICK, l.args);
	case COMMAND_LINE_WHO:
		ask_who(c, message_text(""),
			(struct asked){.line = true, .shown = true, .first = true});
		return true;
	case COMMAND_LINE_QUIT:
		quit_line(c, l.args);
		return true;
	case COMMAND_LINE_HELP:
	case COMMAND_LINE_MISUSED:
	case COMMAND_LINE_UNKNOWN:
		answer_locally(c, &l);
		return true;
	}
	return true;
}

static void drop_line(struct client *c)
{
	struct line *line = c->lines;

	c->lines = line->next;
	if (!c->lines)
		c->lines_end = &c->lines;
	c->line_count--;
	free(line);
}

static bool window_full(const struct client *c)
{
	return session_full(link_session(c->link));
}

void client_drop_lines(struct client *c)
{
	while (c->lines)
		drop_line(c);
}

/* As many lines as the session takes; after a /quit none is looked at any more. */
void client_run_lines(struct client *c)
{
	while (c->joined && c->leaving == STAYING && c->lines && !window_full(c)) {
		if (!run_line(c, c->lines))
			return;
		drop_line(c);
	}
	if (c->leaving != STAYING)
		client_drop_lines(c);
}

static void keep_line(struct client *c, struct slice text)
{
	struct line *line = malloc(sizeof(*line) + text.len);

	if (!line) {
		client_notice(c, NOTICE_ERROR, "out of memory: a line was not sent");
		client_give_credit(c, 1);
		return;
	}
	line->next = NULL;
	line->len = text.len;
	memcpy(line->bytes, text.data, text.len);
	*c->lines_end = line;
	c->lines_end = &line->next;
	c->line_count++;
}

/* Before the room is joined a line may be the answer to "name:", or a way out. */
void client_take_line(struct client *c, struct slice text)
{
	struct command_line l = command_parse((const char *)text.data, text.len);

	bool way_out = c->o->interactive && l.kind == COMMAND_LINE_QUIT;

	if (c->joined || !(c->naming || way_out)) {
		keep_line(c, text);
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

static void joined(struct client *c, const struct reply *r)
{
	size_t len = r->text.len < sizeof(c->nick) ? r->text.len : sizeof(c->nick) - 1;

	memcpy(c->nick, r->text.data, len);
	c->nick[len] = '\0';
	c->joined = true;
	c->joining = c->naming = false;
	c->last_seq = r->seq;
	client_tell_status(c, true);
	if (c->o->interactive)
		ask_who(c, message_text(""), (struct asked){.first = true});
}

static void not_joined(struct client *c, const struct reply *r)
{
	bool another = r->code == CODE_NAME_TAKEN || r->code == CODE_NAME_BAD ||
		       r->code == CODE_NAME_RESERVED;
	char words[MESSAGE_MAX_WORDS];

	c->joining = false;
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

static void renamed(struct client *c, const struct reply *r)
{
	size_t len = r->text.len < sizeof(c->nick) ? r->text.len : sizeof(c->nick) - 1;

	if (r->code != CODE_OK)
		return;
	memcpy(c->nick, r->text.data, len);
	c->nick[len] = '\0';
	client_tell_status(c, true);
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
				     .first = asked.first,
				     .more = more,
				     .asked = asked.shown,
				     .names = r->text};
	client_tell(c, &m);
	if (more)
		ask_who(c, after, (struct asked){.shown = asked.shown});
}

void client_take_reply(struct client *c, const struct reply *r)
{
	struct asked asked = c->asked[r->id % WIRE_COMMANDS_MAX];

	if (asked.kind == COMMAND_JOIN) {
		if (r->code == CODE_OK)
			joined(c, r);
		else
			not_joined(c, r);
		if (r->code != CODE_OK)
			return;
	}
	if (asked.kind == COMMAND_QUIT) {
		c->leaving = LEFT;
		return;
	}
	if (r->code == CODE_OK && r->seq > c->last_seq)
		c->last_seq = r->seq;
	if (asked.kind == COMMAND_NICK)
		renamed(c, r);
	if (asked.kind == COMMAND_WHO && r->code == CODE_OK)
		who_page(c, r, asked);
	if (asked.line || asked.kind == COMMAND_JOIN)
		tell_result(c, r, asked.kind, NULL);
	if (asked.line)
		client_give_credit(c, 1);
}
