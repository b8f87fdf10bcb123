/* What the person says, until it is in the room; the contract is in model.h. */
#include "ui/model_internal.h"

#include "proto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 320, NOTE_SIZE = TEXT_SAFE_SIZE(REASON_MAX) + 96 };

static const char *note_of(const struct model_said *s, char out[NOTE_SIZE])
{
	char reason[TEXT_SAFE_SIZE(REASON_MAX)];
	const char *words = (const char *)s->reason.data;

	text_safe(reason, sizeof(reason), words, text_clip(words, s->reason.len, REASON_MAX),
		  false);
	if (s->state == SAID_FAILED)
		snprintf(out, NOTE_SIZE, " (not sent: %s. Alt+R sends it again, /drop gives it up)",
			 reason);
	else
		snprintf(out, NOTE_SIZE, " …");
	return out;
}

/* The room that has it; NULL: none. */
static struct model_room *room_with(const struct model *m, uint64_t ticket)
{
	for (size_t i = 0; i < m->room_count; i++)
		if (pending_find(&m->rooms[i]->pending, ticket))
			return m->rooms[i];
	return NULL;
}

/* It was said when it was typed, whatever became of it. */
static void keep_time(struct model_line *line, const struct pending_one *was)
{
	if (!was)
		return;
	line->day = was->line->day;
	line->second = was->line->second;
}

static enum err put(struct model *m, const struct model_said *s, struct day_time at)
{
	struct model_room *r = room_with(m, s->ticket);
	struct pending_one one = {.ticket = s->ticket, .state = s->state};
	char note[NOTE_SIZE];
	bool full = false;

	if (!r)
		r = model_open(m, s->room, &full);
	if (!r)
		return full ? ERR_NONE : ERR_MEMORY;
	one.line = model_line_of_said(m, s->text, note_of(s, note), at);
	if (!one.line)
		return ERR_MEMORY;
	one.line->state = s->state == SAID_FAILED ? LINE_FAILED : LINE_SENDING;
	keep_time(one.line, pending_find(&r->pending, s->ticket));
	if (pending_put(&r->pending, &one) != ERR_NONE) {
		free(one.line);
		return ERR_MEMORY;
	}
	return ERR_NONE;
}

/* Its event may be there already: then it is not under way any more. */
static void settle(struct model_room *r, const struct model_said *s)
{
	struct pending_one *one = pending_find(&r->pending, s->ticket);

	one->state = SAID_SENT;
	one->seq = s->seq;
	one->line->state = LINE_SENT;
	one->line->text_len -= one->line->note_len;
	one->line->note_len = 0;
	pending_heard(&r->pending, r->newest);
}

enum err model_said(struct model *m, const struct model_said *s, struct day_time at)
{
	struct model_room *r;

	if (s->state == SAID_SENDING || s->state == SAID_FAILED)
		return put(m, s, at);
	r = room_with(m, s->ticket);
	if (r && s->state == SAID_SENT)
		settle(r, s);
	else if (r)
		pending_remove(&r->pending, s->ticket);
	return ERR_NONE;
}
