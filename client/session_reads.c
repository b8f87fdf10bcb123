/*
 * What is read and not said: who is there, which rooms there are, history, searches.
 *
 * An answer comes in pages, and each page asks for the next.  Where there is a screen, each goes to it as
 * it comes; it puts older events above newer ones.  Where lines are printed, pages of history wait for
 * those before them, up to a bound.
 */
#include "session_reads.h"

#include "session_rooms.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HISTORY_USUAL = 50,
	HISTORY_MAX = 10000,
	HISTORY_BYTES = 1024 * 1024, /* of pages that wait; then no older ones are asked for */
	PAGE_COUNT = 200,	     /* events to ask for at once */
};

/* ---- errands ----------------------------------------------------------------------------------- */

static void keep_string(char *out, size_t cap, struct slice s)
{
	size_t n = s.len < cap ? s.len : cap - 1;

	if (n > 0)
		memcpy(out, s.data, n);
	out[n] = '\0';
}

/* NULL: no memory. */
static struct errand *new_errand(struct slice room)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (e)
		keep_string(e->room, sizeof(e->room), room);
	return e;
}

void client_errand_free(struct errand *e)
{
	while (e && e->chunks) {
		struct chunk *next = e->chunks->next;
		free(e->chunks);
		e->chunks = next;
	}
	free(e);
}

/* ---- who is there ------------------------------------------------------------------------------ */

static enum err ask_who(struct client *c, struct slice room, struct slice after, struct asked *a)
{
	struct seat_line line = {.kind = COMMAND_WHO, .room = room, .text = after};

	return client_ask(c, &line, a);
}

void client_run_who(struct client *c)
{
	struct asked a = {.line = true, .shown = true, .first = true};
	enum err e = ask_who(c, visit_name(c->visits.here), slice_of("", 0), &a);

	if (e != ERR_NONE)
		client_line_failed(c, e);
}

void client_run_whois(struct client *c, struct slice name)
{
	struct seat_line line = {.kind = COMMAND_WHOIS, .text = name};
	struct asked a = {.line = true};
	enum err e = client_ask(c, &line, &a);

	if (e != ERR_NONE)
		client_line_failed(c, e);
}

static void tell_whois(struct client *c, const struct reply *r)
{
	struct message m = {.type = MESSAGE_WHOIS};

	m.list.id = r->id;
	m.list.entries = r->text;
	client_tell(c, &m);
}

/* For a title alone; what cannot be asked now is not missed by a script. */
void client_ask_who(struct client *c, struct slice room)
{
	struct asked a = {.first = true};

	if (!c->o->interactive || room.data[0] == '@')
		return;
	if (ask_who(c, room, slice_of("", 0), &a) != ERR_NONE)
		return;
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

static bool who_page(struct client *c, const struct seat_event *ev, struct asked *a)
{
	const struct reply *r = &ev->answer.reply;
	struct slice after = last_name(r->text);
	struct message m = {.type = MESSAGE_WHO};
	bool more = r->more && after.len > 0;

	m.who = (struct message_who){.id = r->id,
				     .room = ev->room,
				     .first = a->first,
				     .more = more,
				     .asked = a->shown,
				     .names = r->text};
	client_tell(c, &m);
	a->first = false;
	return more && ask_who(c, ev->room, after, a) == ERR_NONE;
}

/* ---- which rooms there are ---------------------------------------------------------------------- */

static enum err ask_list(struct client *c, enum list_mode mode, struct slice after, struct asked *a)
{
	struct seat_line line = {.kind = COMMAND_LIST, .mode = mode, .text = after};

	a->target = mode;
	return client_ask(c, &line, a);
}

void client_run_list(struct client *c, enum list_mode mode, struct slice room)
{
	struct asked a = {.line = true, .shown = true, .errand = new_errand(room)};
	enum err e = a.errand ? ask_list(c, mode, slice_of("", 0), &a) : ERR_MEMORY;

	client_errand_free(a.errand);
	if (e != ERR_NONE)
		client_line_failed(c, e);
}

void client_ask_rooms(struct client *c)
{
	struct asked a = {.errand = new_errand(slice_of("", 0))};

	c->list_again |= c->listing;
	if (!c->listing && c->o->screen && a.errand)
		c->listing = ask_list(c, LIST_MINE, slice_of("", 0), &a) == ERR_NONE;
	client_errand_free(a.errand);
}

static bool same_name(struct slice s, const char *name)
{
	return s.len == strlen(name) && memcmp(s.data, name, s.len) == 0;
}

static void tell_list(struct client *c, const struct reply *r, struct slice entries)
{
	struct message m = {.type = MESSAGE_LIST};

	m.list.id = r->id;
	m.list.entries = entries;
	client_tell(c, &m);
}

/* Whether it is asked for, and what ours are about now.  The name of the last one. */
static struct slice take_entries(struct client *c, const struct reply *r, const struct asked *a)
{
	struct slice rest = r->text;
	struct listed_room room = {.room = 0};

	for (;;) {
		const uint8_t *start = rest.data;
		if (!list_get(&rest, &room))
			break;
		if (room.flags & LISTED_IN)
			client_topic(c, room.name, room.topic);
		if (a->shown && same_name(room.name, a->errand->room))
			tell_list(c, r, slice_of(start, (size_t)(rest.data - start)));
	}
	return rest.failed ? slice_of(NULL, 0) : room.name;
}

static bool list_page(struct client *c, const struct reply *r, struct asked *a)
{
	enum list_mode mode = (enum list_mode)a->target;
	struct slice last = take_entries(c, r, a);

	if (a->shown && !a->errand->room[0])
		tell_list(c, r, r->text);
	if (!r->more || last.len == 0)
		return false;
	return ask_list(c, mode, last, a) == ERR_NONE;
}

/* What was asked for quietly is known, or cannot be. */
static void listed(struct client *c)
{
	c->listing = false;
	if (!c->list_again)
		return;
	c->list_again = false;
	client_ask_rooms(c);
}

/* ---- history ------------------------------------------------------------------------------------ */

static enum err ask_page(struct client *c, struct asked *a)
{
	struct errand *e = a->errand;
	struct seat_line line = {.kind = COMMAND_PAGE,
				 .room = slice_of(e->room, strlen(e->room)),
				 .before = e->before,
				 .count = e->wanted < PAGE_COUNT ? e->wanted : PAGE_COUNT};

	return client_ask(c, &line, a);
}

static enum err begin_history(struct client *c, struct slice room, uint64_t before, uint64_t count,
			      bool line)
{
	struct asked a = {.line = line, .errand = new_errand(room)};
	enum err e;

	if (!a.errand)
		return ERR_MEMORY;
	a.errand->before = before;
	a.errand->wanted = count < HISTORY_MAX ? count : HISTORY_MAX;
	e = ask_page(c, &a);
	client_errand_free(a.errand);
	return e;
}

void client_run_history(struct client *c, uint64_t count)
{
	const struct visit *at = c->visits.here;
	enum err e =
		begin_history(c, visit_name(at), at->oldest, count ? count : HISTORY_USUAL, true);

	if (e != ERR_NONE)
		client_line_failed(c, e);
}

static void tell_page(struct client *c, uint64_t id, const struct errand *e, uint64_t before,
		      bool more, struct slice events)
{
	struct message m = {.type = MESSAGE_PAGE};

	m.page = (struct message_page){.id = id,
				       .room = slice_of(e->room, strlen(e->room)),
				       .before = before,
				       .more = more,
				       .events = events};
	client_tell(c, &m);
}

/* The screen waits for an answer, whatever it is. */
static void tell_no_page(struct client *c, const struct errand *e, bool more)
{
	if (c->o->screen)
		tell_page(c, 0, e, e->before, more, slice_of("", 0));
}

static void no_page(struct client *c, enum code code, const struct asked *a)
{
	tell_no_page(c, a->errand, code != CODE_NOT_KEPT);
	if (!a->line)
		client_notice(c, NOTICE_ERROR, code_reason(code));
}

void client_older(struct client *c, const struct message_page *p)
{
	struct errand here = {.before = p->before};

	if (begin_history(c, p->room, p->before, HISTORY_USUAL, false) == ERR_NONE)
		return;
	keep_string(here.room, sizeof(here.room), p->room);
	tell_no_page(c, &here, true);
}

static uint64_t count_events(struct slice page)
{
	struct slice raw;
	struct event e;
	uint64_t n = 0;

	while (page_get(&page, &e, &raw))
		n++;
	return n;
}

/* False: no memory. */
static bool keep_chunk(struct errand *e, struct slice events)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + events.len);

	if (!chunk)
		return false;
	*chunk = (struct chunk){.next = e->chunks, .before = e->before, .len = events.len};
	memcpy(chunk->events, events.data, events.len);
	e->chunks = chunk;
	e->bytes += events.len;
	return true;
}

static void print_chunks(struct client *c, const struct reply *r, const struct errand *e)
{
	for (const struct chunk *at = e->chunks; at; at = at->next)
		tell_page(c, r->id, e, at->before, r->more, slice_of(at->events, at->len));
}

/* A page that brings nothing would be asked for for ever. */
static bool wants_more(const struct errand *e, const struct reply *r, uint64_t came)
{
	return r->more && came > 0 && e->wanted > 0 && e->bytes < HISTORY_BYTES;
}

static void note_oldest(struct client *c, const struct errand *e)
{
	struct visit *at = visits_find(&c->visits, slice_of(e->room, strlen(e->room)));

	if (at && (at->oldest == 0 || e->before < at->oldest))
		at->oldest = e->before;
}

static bool history_page(struct client *c, const struct reply *r, struct asked *a)
{
	struct errand *e = a->errand;
	uint64_t came = count_events(r->text);

	if (c->o->screen)
		tell_page(c, r->id, e, e->before, r->more, r->text);
	else if (came > 0 && !keep_chunk(e, r->text))
		came = 0;
	e->wanted -= came < e->wanted ? came : e->wanted;
	if (came > 0) {
		e->before = r->first;
		note_oldest(c, e);
	}
	if (wants_more(e, r, came) && ask_page(c, a) == ERR_NONE)
		return true;
	if (a->errand)
		print_chunks(c, r, a->errand);
	if (c->o->interactive && a->line && came == 0 && !r->more)
		client_notice(c, NOTICE_ANSWER, "there is nothing older");
	return false;
}

/* ---- searches ------------------------------------------------------------------------------------ */

static enum err ask_search(struct client *c, struct slice words, uint64_t token)
{
	struct seat_line line = {.kind = COMMAND_SEARCH, .text = words, .token = token};
	struct asked a = {.line = true, .errand = new_errand(slice_of("", 0))};
	enum err e;

	if (!a.errand)
		return ERR_MEMORY;
	keep_string(a.errand->query, sizeof(a.errand->query), words);
	e = client_ask(c, &line, &a);
	client_errand_free(a.errand);
	return e;
}

void client_run_search(struct client *c, struct slice words)
{
	enum err e;

	if (words.len > WIRE_QUERY_MAX)
		client_refuse(c, CODE_QUERY_BAD, "");
	else if (words.len == 0 && c->search_token == 0)
		client_refuse(c, CODE_QUERY_BAD, "there is no more: say what to search for");
	else {
		e = words.len > 0 ? ask_search(c, words, 0)
				  : ask_search(c, message_text(c->search), c->search_token);
		if (e != ERR_NONE)
			client_line_failed(c, e);
	}
}

static struct slice room_called(struct client *c, uint32_t number, char out[32])
{
	struct slice name = seat_room_name(link_seat(c->link), number);

	if (name.len > 0)
		return name;
	snprintf(out, 32, "room %lu", (unsigned long)number);
	return message_text(out);
}

static uint64_t tell_found(struct client *c, const struct reply *r)
{
	struct slice rest = r->text, raw;
	struct event e;
	uint64_t n = 0;

	for (; page_get(&rest, &e, &raw); n++) {
		char number[32];
		struct message m = {.type = MESSAGE_FOUND};
		m.event = (struct message_event){
			.id = r->id, .room = room_called(c, e.room, number), .raw = raw};
		client_tell(c, &m);
	}
	return n;
}

static void found(struct client *c, const struct reply *r, const struct asked *a)
{
	uint64_t n = tell_found(c, r);

	keep_string(c->search, sizeof(c->search), message_text(a->errand->query));
	c->search_token = r->more ? r->seq : 0;
	if (!c->o->interactive)
		return;
	if (r->more)
		client_notice(c, NOTICE_ANSWER, "there is more: /search");
	else if (n == 0)
		client_notice(c, NOTICE_ANSWER, "nothing was found");
}

/* -------------------------------------------------------------------------------------------------- */

static bool read_page(struct client *c, const struct seat_event *ev, struct asked *a)
{
	const struct reply *r = &ev->answer.reply;

	switch (ev->answer.to) {
	case COMMAND_WHO:
		return who_page(c, ev, a);
	case COMMAND_LIST:
		return list_page(c, r, a);
	case COMMAND_PAGE:
		return history_page(c, r, a);
	case COMMAND_WHOIS:
		tell_whois(c, r);
		return false;
	case COMMAND_SEARCH:
		found(c, r, a);
		return false;
	default:
		return false;
	}
}

bool client_read_reply(struct client *c, const struct seat_event *ev, struct asked *a)
{
	bool ok = ev->answer.reply.code == CODE_OK;

	if (ok && read_page(c, ev, a))
		return true;
	if (ev->answer.to == COMMAND_PAGE && !ok)
		no_page(c, ev->answer.reply.code, a);
	if (ev->answer.to == COMMAND_LIST && !a->shown)
		listed(c);
	return false;
}
