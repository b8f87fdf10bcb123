/*
 * RECALL and EDIT: what was said is taken back, or said otherwise (protocol.md §4).
 *
 * The event of the talk is written anew, in the batch that has the RECALL or EDIT, and so is the EDIT that
 * it had its text from before: of no text that is not said any more there is anything left.  What a talk
 * is to become is made when the batch is: only then are the numbers known, and what the changes before
 * this one made of it.  For that there is one struct change of each talk that has changes pending.
 */
#include "core/hub_edit.h"

#include "core/hub_internal.h"

#include <assert.h>
#include <stdlib.h>

/* The EDIT that a talk has its text from. */
struct source {
	uint64_t seq; /* 0: there is none */
	int64_t time_ms;
	size_t from_len;
	char from[NAME_MAX_BYTES];
};

struct change {
	struct table_entry entry; /* first member; in hub.changes */
	uint32_t room;
	uint64_t seq;	 /* of the talk … */
	int64_t time_ms; /* … when it was said … */
	size_t from_len; /* … and by whom */
	char from[NAME_MAX_BYTES];
	unsigned pending;
	bool recalled;	     /* by one of these */
	struct source put;   /* as of what is in the batch */
	struct source shown; /* as of what is published */
};

/* ---- changes under way ----------------------------------------------------------------------- */

static uint64_t hash_of(const struct hub *h, uint32_t room, uint64_t seq)
{
	uint64_t talk[2] = {room, seq};

	return table_hash(talk, sizeof(talk), h->config.seed);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	const struct change *c = (const struct change *)e; /* its first member */

	return hash_of(ctx, c->room, c->seq);
}

void hub_init_changes(struct hub *h)
{
	table_init(&h->changes, hash_of_entry, h);
}

static struct change *find_change(const struct hub *h, uint32_t room, uint64_t seq)
{
	struct table_entry *e = table_first(&h->changes, hash_of(h, room, seq));

	while (e && (((struct change *)e)->room != room || ((struct change *)e)->seq != seq))
		e = table_next(e);
	return (struct change *)e; /* its first member */
}

static size_t keep_name(char out[NAME_MAX_BYTES], struct slice name)
{
	size_t len = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;

	if (len > 0)
		memcpy(out, name.data, len);
	return len;
}

static struct source source_of(const struct event *edit)
{
	struct source s = {.seq = edit->seq, .time_ms = edit->time_ms};

	s.from_len = keep_name(s.from, edit->from);
	return s;
}

/* `edit`: where the talk has its text from; NULL: it is as it was said. */
static struct change *change_of(struct hub *h, const struct event *talk, const struct event *edit)
{
	struct change *c = find_change(h, talk->room, talk->seq);

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->room = talk->room;
	c->seq = talk->seq;
	if (table_add(&h->changes, &c->entry) != ERR_NONE) {
		free(c);
		return NULL;
	}
	c->time_ms = talk->time_ms;
	c->from_len = keep_name(c->from, talk->from);
	if (edit)
		c->put = c->shown = source_of(edit);
	return c;
}

static void let_go(struct hub *h, struct change *c)
{
	if (c->pending > 0)
		return;
	table_remove(&h->changes, &c->entry);
	free(c);
}

void hub_wipe_changes(struct hub *h)
{
	for (size_t i = 0; i < h->changes.cap; i++) {
		struct table_entry *next;
		for (struct table_entry *e = h->changes.buckets[i]; e; e = next) {
			next = e->next;
			free((struct change *)e); /* its first member */
		}
	}
	table_wipe(&h->changes);
}

/* ---- what becomes of a talk ------------------------------------------------------------------ */

typedef enum err rewrite_fn(struct hub *h, uint32_t room, uint64_t seq, struct slice frame);

static enum err write_down(struct hub *h, uint32_t room, uint64_t seq, struct slice frame)
{
	struct record r = {.kind = RECORD_REWRITE};

	r.event.room = room;
	r.event.seq = seq;
	r.event.frame = frame;
	return hub_put(h, &r);
}

/* Without memory for it, the room's memory begins behind it: it is not shown as it was. */
static enum err show(struct hub *h, uint32_t number, uint64_t seq, struct slice frame)
{
	struct registry_room *room = registry_find(h->registry, number);

	hub_note_rewrite(h, number, seq);
	if (room && room->log)
		(void)!room_rewrite(room->log, seq, frame);
	if (h->port.changed)
		h->port.changed(h->port.ctx, number, seq);
	return ERR_NONE;
}

static enum err rewrite(struct hub *h, const struct event *e, rewrite_fn *fn)
{
	struct buf b = buf_of(h->frame_bytes, sizeof(h->frame_bytes));

	event_put(&b, e);
	assert(!b.failed);
	return fn(h, e->room, e->seq, slice_of(b.data, b.len));
}

/* The EDIT stays, without its text. */
static enum err empty(struct hub *h, const struct change *c, const struct source *s, rewrite_fn *fn)
{
	const struct event edit = {.room = c->room,
				   .seq = s->seq,
				   .kind = EVENT_EDIT,
				   .time_ms = s->time_ms,
				   .target = c->seq,
				   .from = slice_of(s->from, s->from_len)};

	return s->seq ? rewrite(h, &edit, fn) : ERR_NONE;
}

/* `e`: the RECALL or EDIT, with its number.  *s is where the text is from, before and after. */
static enum err carry_out(struct hub *h, const struct change *c, const struct event *e,
			  struct source *s, rewrite_fn *fn)
{
	bool edit = e->kind == EVENT_EDIT;
	const struct event talk = {.room = c->room,
				   .seq = c->seq,
				   .kind = edit ? EVENT_EDITED : EVENT_RECALLED,
				   .time_ms = c->time_ms,
				   .target = edit ? e->seq : 0,
				   .from = slice_of(c->from, c->from_len),
				   .text = e->text};
	enum err error = rewrite(h, &talk, fn);

	if (error == ERR_NONE)
		error = empty(h, c, s, fn);
	*s = edit ? source_of(e) : (struct source){.seq = 0};
	return error;
}

static struct change *change_in(const struct pending *p)
{
	struct change *c;

	memcpy(&c, p->more, sizeof(struct change *));
	return c;
}

static enum err change_put(struct hub *h, struct pending *p)
{
	struct change *c = change_in(p);

	return carry_out(h, c, &p->event, &c->put, write_down);
}

static void change_kept(struct hub *h, struct pending *p, struct reply *r)
{
	struct change *c = change_in(p);

	(void)carry_out(h, c, &p->event, &c->shown, show);
	c->pending--;
	let_go(h, c);
	hub_reply(h, p->client, r);
}

/* With it go all the others of the same talk. */
static void change_undone(struct hub *h, struct pending *p, struct instant now)
{
	struct change *c = change_in(p);

	(void)now;
	c->pending--;
	let_go(h, c);
}

static const struct deed changing = {.kept = change_kept, .undo = change_undone, .put = change_put};

/* ---- may it be changed ----------------------------------------------------------------------- */

/* A talk as it is now, and who said it. */
struct subject {
	struct registry_room *room;
	struct event talk;
	bool author_known;
	uint8_t author[OWNER_BYTES];
};

static bool by_administrator(const struct context *x)
{
	return x->client == &x->hub->console;
}

static bool is_too_late(const struct context *x, const struct event *talk)
{
	int64_t age = hub_wall_ms(x->now) - talk->time_ms;

	return age > 0 ? (uint64_t)age > x->hub->config.recall_us / 1000
		       : x->hub->config.recall_us == 0;
}

/* A client that does not know whether its RECALL arrived gives it again. */
static enum code already_recalled(const struct context *x, const struct subject *s)
{
	bool own = owner_equal(s->author, client_identity(x->client));

	return own && x->command->kind == COMMAND_RECALL ? CODE_OK : CODE_NO_SUCH_EVENT;
}

static enum code may_change(const struct context *x, const struct subject *s)
{
	enum event_kind kind = s->talk.kind;

	if (kind == EVENT_RECALLED && !by_administrator(x))
		return already_recalled(x, s);
	if (kind != EVENT_TALK && kind != EVENT_EDITED)
		return CODE_NO_SUCH_EVENT;
	if (by_administrator(x))
		return CODE_OK;
	if (!owner_known(s->author) || !owner_equal(s->author, client_identity(x->client)))
		return CODE_NOT_YOURS;
	return is_too_late(x, &s->talk) ? CODE_TOO_LATE : CODE_OK;
}

/* ---- doing it -------------------------------------------------------------------------------- */

static enum code change(struct context *x);

/* An event that is needed, and nothing else, is in a page now; or it cannot be had. */
static enum code page_came(struct context *x, const struct store_answer *answer)
{
	struct slice rest = answer->page;
	struct frame f;

	if (answer->error == ERR_NOT_FOUND)
		return CODE_NO_SUCH_EVENT;
	if (answer->error != ERR_NONE || frame_get(&rest, &f) != ERR_NONE)
		return CODE_NOT_WRITTEN;
	if (!hub_is_stale(x->hub, answer->ticket, f.event.room, f.event.seq, f.event.seq) &&
	    pages_put(x->hub->fetch.pages, f.event.room, f.event.seq, answer->page) != ERR_NONE)
		return CODE_SERVER_FULL;
	return change(x);
}

static enum code read_event(struct context *x, const struct registry_room *room, uint64_t seq,
			    enum code (*resume)(struct context *x,
						const struct store_answer *answer))
{
	struct store_query q = {.kind = QUERY_RUN,
				.room = room->number,
				.first = seq,
				.last = seq,
				.max_bytes = WIRE_ITEM_MAX};

	return x->hub->store.read ? hub_park(x, &q, resume) : CODE_NO_SUCH_EVENT;
}

static bool event_here(struct hub *h, const struct registry_room *room, uint64_t seq,
		       struct event *out)
{
	struct slice frame = hub_frame_here(h, room, seq);
	struct frame f;

	if (!frame.data || frame_get(&frame, &f) != ERR_NONE)
		return false;
	*out = f.event;
	return true;
}

static enum code add_change(struct context *x, const struct subject *s, struct change *c)
{
	struct member *m = x->client->member;
	bool edit = x->command->kind == COMMAND_EDIT;
	struct event event = {.kind = edit ? EVENT_EDIT : EVENT_RECALL,
			      .time_ms = hub_wall_ms(x->now),
			      .target = s->talk.seq};
	struct sender *sender = edit && x->command->mid ? x->client->sender : NULL;
	struct wish wish = {.deed = &changing,
			    .x = x,
			    .room = s->room,
			    .event = &event,
			    .by = m ? presence_of(m) : NULL,
			    .sender = sender,
			    .mid = sender ? x->command->mid : 0,
			    .more = &c,
			    .more_len = sizeof(struct change *)};

	if (m)
		event.from = member_name(m);
	if (edit)
		event.text = x->command->text;
	if (!pending_add(x->hub, &wish))
		return CODE_SERVER_FULL;
	c->pending++;
	c->recalled = c->recalled || !edit;
	return hub_later(x);
}

static const struct deed waiting = {.kept = NULL};

/* A recall of it is pending: a second one is answered with it. */
static enum code behind_recall(struct context *x)
{
	struct wish wish = {.deed = &waiting, .x = x};

	if (x->command->kind != COMMAND_RECALL)
		return CODE_NO_SUCH_EVENT;
	return pending_add(x->hub, &wish) ? hub_later(x) : CODE_SERVER_FULL;
}

static enum code change_subject(struct context *x, const struct subject *s)
{
	bool edited = s->talk.kind == EVENT_EDITED;
	struct change *c = find_change(x->hub, s->room->number, s->talk.seq);
	struct event edit;

	enum code code = may_change(x, s);
	if (code != CODE_OK || s->talk.kind == EVENT_RECALLED)
		return code;
	if (c && c->recalled)
		return behind_recall(x);
	if (!c && edited && s->talk.target >= s->room->first &&
	    !event_here(x->hub, s->room, s->talk.target, &edit))
		return read_event(x, s->room, s->talk.target, page_came);
	edited = edited && s->talk.target >= s->room->first;
	c = change_of(x->hub, &s->talk, !c && edited ? &edit : NULL);
	if (!c)
		return CODE_SERVER_FULL;
	code = add_change(x, s, c);
	let_go(x->hub, c);
	return code;
}

/* Who said it is known to the store alone. */
static enum code subject_came(struct context *x, const struct store_answer *answer)
{
	struct registry_room *room = hub_still_in(x);
	struct slice rest = answer->page;
	struct subject s = {.room = room};
	struct frame f;

	if (!room)
		return CODE_NO_SUCH_ROOM;
	if (answer->error == ERR_NOT_FOUND)
		return CODE_NO_SUCH_EVENT;
	if (answer->error != ERR_NONE || frame_get(&rest, &f) != ERR_NONE ||
	    f.event.seq != x->command->seq)
		return CODE_NOT_WRITTEN;
	if (hub_is_stale(x->hub, answer->ticket, room->number, f.event.seq, f.event.seq))
		return change(x);
	s.talk = f.event;
	memcpy(s.author, answer->author, OWNER_BYTES);
	return change_subject(x, &s);
}

static struct registry_room *room_of(const struct context *x)
{
	return by_administrator(x) ? registry_find(x->hub->registry, x->command->room)
				   : hub_still_in(x);
}

static enum code change(struct context *x)
{
	struct subject s = {.room = room_of(x)};
	uint64_t seq = x->command->seq;

	if (!s.room)
		return CODE_NO_SUCH_ROOM;
	if (x->hub->failing)
		return CODE_NOT_WRITTEN;
	if (seq < s.room->first || seq > registry_head(s.room) || seq == 0)
		return CODE_NO_SUCH_EVENT;
	bool in_memory = s.room->log && seq >= room_first(s.room->log);
	if (!in_memory && !by_administrator(x))
		return read_event(x, s.room, seq, subject_came);
	if (!event_here(x->hub, s.room, seq, &s.talk))
		return read_event(x, s.room, seq, page_came);
	if (in_memory)
		memcpy(s.author, room_author(s.room->log, seq), OWNER_BYTES);
	return change_subject(x, &s);
}

enum code hub_recall_talk(struct context *x)
{
	return change(x);
}

enum code hub_edit(struct context *x)
{
	struct sender *sender = x->command->mid != 0 ? x->client->sender : NULL;
	uint64_t seq;

	if (!hub_still_in(x))
		return CODE_NO_SUCH_ROOM;
	if (!hub_is_text(x->command->text))
		return CODE_TEXT_BAD;
	if (sender && sender_said(sender, x->command->mid, &seq))
		return hub_repeat(x, sender, seq);
	return x->hub->failing ? hub_not_written(x, sender) : change(x);
}

/* ---- the administrator ----------------------------------------------------------------------- */

enum err hub_recall(struct hub *h, struct slice room, uint64_t seq, struct instant now,
		    void (*done)(void *ctx, enum code code), void *ctx)
{
	const struct registry_room *found = hub_ordered_room(h, room);
	struct command command = {.kind = COMMAND_RECALL, .id = 1, .seq = seq};

	if (!found)
		return ERR_NOT_FOUND;
	if (h->console.asking || h->console.pending)
		return ERR_EXISTS;
	h->recalled = done;
	h->recalled_ctx = ctx;
	command.room = found->number;
	struct reply reply = {.id = command.id};
	struct context x = {
		.hub = h, .client = &h->console, .command = &command, .now = now, .reply = &reply};
	hub_finish(&x, change(&x));
	return ERR_NONE;
}
