/*
 * The person's lines: which are done at once, which wait, and what aliases make of them.
 *
 * A /recall or /edit of what was said last waits for that to have a number, /history and /reply for the
 * room's first event; and the lines after them with them, but for those that need no server.
 */
#include "session_lines.h"

#include "session_local.h"
#include "session_said.h"
#include "session_unsent.h"
#include "ui/alias.h"
#include "ui/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines that wait ----------------------------------------------------------------------------- */

/* For the number of what was said last; for what there is of the room, before one looks further back. */
static bool has_to_wait(const struct client *c, const struct visit *at,
			const struct command_line *l)
{
	switch (l->kind) {
	case COMMAND_LINE_RECALL:
	case COMMAND_LINE_EDIT:
		return l->number == 0 && at->said != 0;
	case COMMAND_LINE_HISTORY:
	case COMMAND_LINE_REPLY:
		return at->coming != 0;
	case COMMAND_LINE_PING: /* a script's, that comes before the server does */
		return !c->joined;
	default:
		return false;
	}
}

/* The first of them; the caller frees it. */
static struct held *take_held(struct client *c)
{
	struct held *h = c->held;

	c->held = h->next;
	return h;
}

void client_drop_lines(struct client *c)
{
	while (c->held)
		free(take_held(c));
}

static void set_room(struct held *h, struct slice room)
{
	h->room_len = room.len;
	memcpy(h->room, room.data, room.len);
}

static bool is_in(const struct held *h, struct slice room)
{
	return h->room_len == room.len && memcmp(h->room, room.data, room.len) == 0;
}

void client_rename_lines(struct client *c, struct slice was, struct slice room)
{
	for (struct held *h = c->held; h; h = h->next)
		if (is_in(h, was))
			set_room(h, room);
}

/* It is known already what the person will have said, and where: nothing that waits goes elsewhere, or
 * says something itself. */
static bool is_certain(const struct client *c)
{
	for (const struct held *h = c->held; h; h = h->next) {
		enum command_line_kind kind = command_parse(h->text, h->len).kind;
		if (kind != COMMAND_LINE_EDIT && kind != COMMAND_LINE_RECALL && h->said == 0)
			return false;
	}
	return true;
}

static void hold(struct client *c, struct slice text, const struct command_line *l)
{
	struct held *h = malloc(sizeof(*h) + text.len), **end = &c->held;

	if (!h) {
		client_line_failed(c, ERR_MEMORY);
		return;
	}
	*h = (struct held){.len = text.len};
	set_room(h, visit_name(c->visits.here));
	if (l->kind == COMMAND_LINE_TALK && is_certain(c))
		h->said = client_show_said(c, l->args);
	memcpy(h->text, text.data, text.len);
	while (*end)
		end = &(*end)->next;
	*end = h;
}

static void leave_out(struct client *c, const struct held *h)
{
	char words[MESSAGE_MAX_WORDS];

	snprintf(words, sizeof(words), "out of %.*s, so this was not done: %.*s", (int)h->room_len,
		 h->room, (int)text_clip(h->text, h->len, MESSAGE_MAX_WORDS / 2), h->text);
	client_refuse(c, CODE_NOT_JOINED, words);
}

/* Where it was typed, though the person may be elsewhere by now.  If it goes to another room, what was
 * typed there after it goes along. */
static void run_there(struct client *c, struct visit *at, const struct held *h,
		      const struct command_line *l)
{
	struct visit *here = c->visits.here;

	c->visits.here = at;
	client_run_line(c, l);
	if (c->visits.here == at)
		c->visits.here = here;
	else
		client_rename_lines(c, slice_of(h->room, h->room_len), visit_name(c->visits.here));
}

/* After a /quit none is looked at any more. */
void client_let_go(struct client *c)
{
	while (c->held) {
		struct command_line l = command_parse(c->held->text, c->held->len);
		struct visit *at =
			visits_find(&c->visits, slice_of(c->held->room, c->held->room_len));
		struct held *h;
		if (at && has_to_wait(c, at, &l))
			return;
		h = take_held(c);
		if (h->said > 0)
			client_say_shown(c, h->said);
		else if (at)
			run_there(c, at, h, &l);
		else
			leave_out(c, h);
		free(h);
		if (l.kind == COMMAND_LINE_QUIT)
			client_drop_lines(c);
	}
}

/* ---- taking lines --------------------------------------------------------------------------------- */

static void take_in_room(struct client *c, struct slice text, const struct command_line *l)
{
	if (command_is_local(l))
		client_run_local(c, l);
	else if (c->held || has_to_wait(c, c->visits.here, l))
		hold(c, text, l);
	else
		client_run_line(c, l);
}

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
	client_unsent_named(c);
	if (seat_join(link_seat(c->link), line) != ERR_NONE)
		c->naming = true; /* it does not happen: the seat takes every name of that length */
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
