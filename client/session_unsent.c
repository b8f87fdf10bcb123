/*
 * What outlives this process of what a person says and is typing (core/journal.h, unsent.h).
 *
 * A line is in the file before the seat has it, and on the disk before a byte of it leaves; its answer
 * is in the file before the next one is given.  So whenever a client dies, the next one knows of all that
 * may be under way, and says it by the same numbers.  A script keeps nothing: who runs it has its input.
 */
#include "session_unsent.h"

#include "session_rooms.h"
#include "session_said.h"
#include "sys/clock.h"
#include "trust.h"
#include "ui/alias.h"
#include "unsent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACE_US = 1000 * 1000 }; /* between two half-typed lines that are written down */

/* ---- writing down ------------------------------------------------------------------------------ */

static void complain(struct client *c, enum err e, int error)
{
	char words[256];

	if (e == ERR_NONE || c->input.keep_failed)
		return;
	c->input.keep_failed = true; /* once is enough */
	snprintf(words, sizeof(words), "what is not sent cannot be kept for the next time: %s",
		 e == ERR_SYSTEM ? strerror(error) : "there is too much of it");
	client_notice(c, NOTICE_INFO, words);
}

static void note(struct client *c, const struct journal_entry *e)
{
	if (!c->unsent)
		return;
	enum err err = unsent_note(c->unsent, e);
	complain(c, err, errno);
}

uint64_t client_keep(struct client *c, const struct seat_line *line, uint64_t instead_of)
{
	bool edit = line->kind == COMMAND_EDIT;
	uint64_t mid;

	if (!c->unsent || (!edit && line->kind != COMMAND_TALK))
		return 0;
	mid = seat_draw(link_seat(c->link));
	note(c, &(struct journal_entry){.kind = JOURNAL_SAID,
					.number = mid,
					.what = line->kind,
					.target = edit ? line->target : instead_of,
					.name = line->room,
					.text = line->text});
	return mid;
}

uint64_t client_keep_young(struct client *c, const struct talk *talk)
{
	struct seat_line line = {
		.kind = COMMAND_TALK, .room = talk_room(talk), .text = talk_text(talk)};

	if (!c->unsent || unsent_journal(c->unsent)->mids - talk->mid < WIRE_COMMANDS_MAX)
		return talk->mid;
	return client_keep(c, &line, talk->mid);
}

size_t client_lines_kept(const struct client *c)
{
	return c->unsent ? unsent_on_file(c->unsent) : 0;
}

void client_keep_failed(struct client *c, uint64_t mid, const char *reason)
{
	size_t len = text_clip(reason, strlen(reason), JOURNAL_LABEL_MAX);

	if (mid != 0)
		note(c, &(struct journal_entry){.kind = JOURNAL_FAILED,
						.number = mid,
						.text = slice_of(reason, len)});
}

void client_keep_done(struct client *c, uint64_t mid, bool ok)
{
	if (mid != 0)
		note(c, &(struct journal_entry){.kind = JOURNAL_DONE, .number = mid, .target = ok});
}

void client_keep_nick(struct client *c)
{
	if (c->unsent && strcmp(unsent_journal(c->unsent)->nick, c->nick) != 0)
		note(c,
		     &(struct journal_entry){.kind = JOURNAL_NICK, .name = message_text(c->nick)});
}

void client_keep_log(struct client *c, uint64_t epoch)
{
	if (c->unsent && unsent_journal(c->unsent)->epoch != epoch)
		note(c, &(struct journal_entry){.kind = JOURNAL_LOG, .number = epoch});
}

void client_keep_room(struct client *c, struct slice was, struct slice name)
{
	note(c, &(struct journal_entry){.kind = JOURNAL_ROOM, .name = was, .text = name});
}

void client_keep_left(struct client *c)
{
	client_keep_line(c);
	note(c, &(struct journal_entry){.kind = JOURNAL_LEFT});
	client_keep_synced(c);
}

void client_keep_synced(struct client *c)
{
	if (c->unsent) {
		enum err err = unsent_sync(c->unsent);
		complain(c, err, errno);
	}
}

/* ---- whose it is ------------------------------------------------------------------------------- */

/* As client_know_server() has it; NULL: it was never met. */
static const char *key_of(const struct client *c, char out[KEY_TEXT + 1])
{
	uint8_t key[KEY_BYTES];

	if (c->server.kind == ENDPOINT_UNIX)
		return c->server.path;
	if (!c->o->trust || !trust_key(c->o->trust, key))
		return NULL;
	return key_format(key, out);
}

void client_keep_server(struct client *c)
{
	char text[KEY_TEXT + 1];
	const char *key = key_of(c, text);

	if (c->unsent && key && strcmp(unsent_journal(c->unsent)->server, key) != 0)
		note(c, &(struct journal_entry){.kind = JOURNAL_SERVER, .name = message_text(key)});
}

/* By which the server knows our lines when they come twice. */
static uint64_t draw_instance(void)
{
	uint64_t n;

	entropy_fill(&n, sizeof(n));
	return n % BUF_VARINT_MAX + 1;
}

void client_unsent_open(struct client *c)
{
	char key[KEY_TEXT + 1], words[UNSENT_WORDS];
	struct unsent_wanted wanted = {.dir = c->o->dir,
				       .label = c->label,
				       .key = key_of(c, key),
				       .nick = c->nick,
				       .instance = draw_instance()};

	if (!c->o->interactive || c->unsent)
		return;
	c->unsent = unsent_new(&wanted, words);
	if (!c->unsent)
		client_notice(c, NOTICE_ERROR, "out of memory: what is not sent is not kept");
	else if (words[0])
		client_notice(c, NOTICE_INFO, words);
}

uint64_t client_unsent_was(const struct client *c, struct seat_was *was)
{
	const struct journal *j = c->unsent ? unsent_journal(c->unsent) : NULL;

	if (!j)
		return draw_instance();
	*was = (struct seat_was){j->mids, j->epoch, j->answered};
	return j->instance;
}

void client_unsent_named(struct client *c)
{
	struct seat_was was = {.mids = 0};
	uint64_t instance;

	if (c->unsent) {
		client_keep_nick(c);
		return;
	}
	client_unsent_open(c);
	if (!c->unsent)
		return;
	instance = client_unsent_was(c, &was);
	seat_go_on(link_seat(c->link), instance, &was);
	client_unsent_begin(c);
}

/* ---- the half-typed line, as it is now --------------------------------------------------------- */

static struct slice input_text(const struct client *c)
{
	return slice_of(c->input.text, c->input.len);
}

/* Without memory it is as it was: it is only half a line. */
static void set_input(struct client *c, struct slice text)
{
	char *copy = text.len > 0 ? malloc(text.len) : NULL;

	if (text.len > 0 && !copy)
		return;
	if (copy)
		memcpy(copy, text.data, text.len);
	free(c->input.text);
	c->input.text = copy;
	c->input.len = text.len;
	c->input.unkept = true;
}

/* ---- what was left ------------------------------------------------------------------------------ */

static void say_left(struct client *c, const struct journal_line *line)
{
	struct slice room = message_text(line->room);
	struct visit *at = visits_find(&c->visits, room);

	if (!at) {
		client_be_in(c, line->room, false);
		at = visits_find(&c->visits, room);
	}
	if (at)
		client_say_left(c, at, line, line->mid <= unsent_was(c->unsent));
}

void client_unsent_begin(struct client *c)
{
	const struct journal_line *line, *next;
	struct message m = {.type = MESSAGE_DRAFT};

	if (!c->unsent)
		return;
	for (line = unsent_journal(c->unsent)->lines; line; line = next) {
		next = line->next; /* it may be gone when it was said */
		say_left(c, line);
	}
	m.draft.text = journal_draft(unsent_journal(c->unsent), visit_name(c->visits.here));
	if (m.draft.text.len == 0 || c->input.len > 0) /* or it is there already */
		return;
	client_tell_sender(c, &m);
	set_input(c, m.draft.text);
	c->input.unkept = false;
}

void client_unsent_end(struct client *c)
{
	size_t n = client_lines_kept(c);

	c->input.keep_at = 0;
	client_keep_line(c);
	client_keep_synced(c);
	if (n > 0 && !c->end->words[0])
		snprintf(c->end->words, sizeof(c->end->words),
			 "what is not sent (%zu) is kept for the next time", n);
	unsent_free(c->unsent);
	free(c->input.text);
}

/* ---- … and as it is kept ------------------------------------------------------------------------- */

/* What is told of a line again is not told of the one that was put in its place, and has yet to be. */
void client_note_edit(struct client *c, const struct message_edit *e)
{
	if (!c->unsent || e->prompt.len > 0 || e->serial == c->input.serial)
		return; /* a search's line is not theirs yet */
	c->input.serial = e->serial;
	if (c->input.len != e->line.len ||
	    (e->line.len > 0 && memcmp(c->input.text, e->line.data, e->line.len) != 0))
		set_input(c, e->line);
}

/* Half a line that is not to be written down is as good as none. */
static struct slice fit_to_keep(const struct client *c)
{
	struct slice s = input_text(c);
	bool fit = s.len <= TEXT_MAX_BYTES && text_valid((const char *)s.data, s.len) &&
		   (s.len == 0 || !memchr(s.data, '\0', s.len)) &&
		   !alias_is_secret(c->o->preferences, s);

	return fit ? s : slice_of("", 0);
}

static void keep_line_of(struct client *c, struct slice room)
{
	struct slice text, kept;

	if (!c->unsent || !c->input.unkept)
		return;
	c->input.unkept = false;
	text = fit_to_keep(c);
	kept = journal_draft(unsent_journal(c->unsent), room);
	if (text.len != kept.len || (text.len > 0 && memcmp(text.data, kept.data, text.len) != 0))
		note(c, &(struct journal_entry){.kind = JOURNAL_DRAFT, .name = room, .text = text});
}

void client_note_line(struct client *c)
{
	if (!c->unsent)
		return;
	set_input(c, slice_of("", 0));
	c->input.keep_at = 0; /* with the line itself, which would be there twice */
}

void client_swap_line(struct client *c, struct slice from)
{
	struct message m = {.type = MESSAGE_DRAFT};

	if (!c->unsent)
		return;
	keep_line_of(c, from);
	m.draft.serial = c->input.serial;
	m.draft.text = journal_draft(unsent_journal(c->unsent), visit_name(c->visits.here));
	if (c->input.len == 0 && m.draft.text.len == 0)
		return;
	client_tell_sender(c, &m);
	set_input(c, m.draft.text);
	c->input.unkept = false;
}

uint64_t client_keep_line_at(const struct client *c)
{
	return c->unsent && c->input.unkept ? c->input.keep_at : TIMERQ_NEVER;
}

void client_keep_line(struct client *c)
{
	uint64_t now = clock_mono_us();

	if (now < client_keep_line_at(c))
		return;
	c->input.keep_at = now + PACE_US;
	keep_line_of(c, visit_name(c->visits.here));
}
