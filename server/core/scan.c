/*
 * The rooms' logs are gone through side by side.  A token is the time of the next talk to look at, and how
 * many of that very time were looked at before.
 */
#include "core/scan.h"

#include "core/phrases.h"

#include <stdlib.h>
#include <string.h>

enum {
	TOKEN_BITS = 20, /* for the count; a time has the others */
	TURN_EFFORT = 64,
	KNOWN_NAMES = 16,
};

struct cursor {
	const struct room *log;
	uint32_t room;
	uint64_t seq; /* the next one to look at, downwards; below room_first(): none */
	struct event event;
	struct slice frame;
};

struct known_name {
	size_t len;
	char name[NAME_MAX_BYTES];
	bool wanted;
};

struct task {
	const struct store_query *q;
	const struct words *words;
	struct name_checker *names;
	struct phrases phrases;
	bool any_words;
	char who[NAME_MAX_KEY];
	size_t who_len; /* 0: anybody */
	struct known_name known[KNOWN_NAMES];
	struct cursor *cursors;
	size_t count;
	size_t effort; /* that is left */
	int64_t time;  /* of the event that was looked at last … */
	uint64_t same; /* … and how many before the next had that */
};

void scan_wipe(struct scan *s)
{
	words_free(s->words);
	s->words = NULL;
}

/* ---- what is looked for ---------------------------------------------------------------------- */

static enum err read_query(struct task *t)
{
	enum err e = ERR_NONE;

	t->any_words = t->q->words.len > 0;
	if (t->any_words)
		e = phrases_parse(&t->phrases, t->words, t->q->words);
	if (e == ERR_NONE && t->q->from.len > 0)
		e = name_key(t->names, (const char *)t->q->from.data, t->q->from.len, t->who,
			     &t->who_len);
	return e;
}

static bool is_wanted(struct task *t, struct slice name)
{
	char key[NAME_MAX_KEY];
	size_t len;

	return name_key(t->names, (const char *)name.data, name.len, key, &len) == ERR_NONE &&
	       len == t->who_len && memcmp(key, t->who, len) == 0;
}

/* In a conversation few talk, and often. */
static bool said_by(struct task *t, struct slice name)
{
	struct known_name *k =
		&t->known[name.len > 0 ? (name.data[0] + name.len) % KNOWN_NAMES : 0];

	if (name.len == 0 || name.len > sizeof(k->name))
		return false;
	if (k->len != name.len || memcmp(k->name, name.data, name.len) != 0) {
		memcpy(k->name, name.data, name.len);
		k->len = name.len;
		k->wanted = is_wanted(t, name);
	}
	return k->wanted;
}

static enum err matches(struct task *t, const struct event *e, bool *yes)
{
	*yes = e->kind == EVENT_TALK || e->kind == EVENT_EDITED;
	if (*yes && t->who_len > 0)
		*yes = said_by(t, e->from);
	if (!*yes || !t->any_words)
		return ERR_NONE;
	t->effort -= e->text.len < t->effort ? e->text.len : t->effort;
	return phrases_find(&t->phrases, t->words, e->text, yes);
}

/* ---- where ----------------------------------------------------------------------------------- */

static bool is_over(const struct cursor *c)
{
	return c->seq < room_first(c->log) || c->seq == 0;
}

static void load(struct cursor *c)
{
	struct frame f;

	c->frame = is_over(c) ? slice_of(NULL, 0) : room_frame(c->log, c->seq);
	struct slice rest = c->frame;
	if (c->frame.data && frame_get(&rest, &f) == ERR_NONE)
		c->event = f.event;
	else
		c->seq = 0;
}

static int64_t time_at(struct cursor *c, uint64_t seq)
{
	c->seq = seq;
	load(c);
	return c->event.time_ms;
}

/* The newest event that is not after that time. */
static void seek(struct cursor *c, int64_t time)
{
	uint64_t low = room_first(c->log) - 1, high = room_head(c->log); /* low: old enough */

	while (low < high) {
		uint64_t mid = low + (high - low + 1) / 2;
		if (time_at(c, mid) <= time)
			low = mid;
		else
			high = mid - 1;
	}
	c->seq = low;
	load(c);
}

/* The one with the newest event; NULL: all are at their ends. */
static struct cursor *newest(const struct task *t)
{
	struct cursor *found = NULL;

	for (size_t i = 0; i < t->count; i++) {
		struct cursor *c = &t->cursors[i];
		if (!is_over(c) &&
		    (!found || c->event.time_ms > found->event.time_ms ||
		     (c->event.time_ms == found->event.time_ms && c->room > found->room)))
			found = c;
	}
	return found;
}

static void step(struct task *t, struct cursor *c)
{
	size_t turn = TURN_EFFORT + t->count;

	t->effort -= turn < t->effort ? turn : t->effort;
	t->same = c->event.time_ms == t->time ? t->same + 1 : 1;
	t->time = c->event.time_ms;
	c->seq--;
	load(c);
}

static enum err begin(struct task *t, const struct registry *registry)
{
	int64_t before = t->q->before_ms > 0 ? t->q->before_ms - 1 : INT64_MAX;
	int64_t from = t->q->token ? (int64_t)(t->q->token >> TOKEN_BITS) : INT64_MAX;
	uint64_t skip = t->q->token & ((UINT64_C(1) << TOKEN_BITS) - 1);
	struct cursor *c;

	t->cursors = calloc(t->q->room_count ? t->q->room_count : 1, sizeof(*t->cursors));
	if (!t->cursors)
		return ERR_MEMORY;
	for (size_t i = 0; i < t->q->room_count; i++) {
		const struct registry_room *room = registry_find(registry, t->q->rooms[i]);
		if (!room || !room->log)
			continue;
		c = &t->cursors[t->count++];
		c->log = room->log;
		c->room = room->number;
		seek(c, from < before ? from : before);
	}
	for (; skip > 0 && (c = newest(t)) && c->event.time_ms == from; skip--)
		step(t, c);
	t->effort = SCAN_EFFORT; /* or a page might come to nothing new */
	return ERR_NONE;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void stop_before(const struct task *t, const struct cursor *c, struct scan_result *result)
{
	uint64_t same = c->event.time_ms == t->time ? t->same : 0;

	result->more = true;
	result->token = (uint64_t)c->event.time_ms << TOKEN_BITS | same;
}

static enum err look(struct task *t, struct buf *page, struct scan_result *result)
{
	unsigned found = 0;
	struct cursor *c;
	bool yes;

	while ((c = newest(t))) {
		enum err e = matches(t, &c->event, &yes);
		if (e != ERR_NONE)
			return e;
		if (t->effort == 0 ||
		    (yes && (found == t->q->count || buf_room(page) < c->frame.len))) {
			stop_before(t, c, result);
			return ERR_NONE;
		}
		if (yes) {
			buf_put_bytes(page, c->frame.data, c->frame.len);
			found++;
		}
		step(t, c);
	}
	return ERR_NONE;
}

enum err scan_run(struct scan *s, const struct registry *registry, struct name_checker *names,
		  const struct store_query *q, struct buf *page, struct scan_result *result)
{
	struct task *t = calloc(1, sizeof(*t));
	enum err e = ERR_MEMORY;

	*result = (struct scan_result){.more = false};
	if (!s->words)
		s->words = words_new();
	if (t && s->words) {
		*t = (struct task){
			.q = q, .words = s->words, .names = names, .effort = SCAN_EFFORT};
		t->time = -1;
		e = read_query(t);
	}
	if (e == ERR_NONE)
		e = begin(t, registry);
	if (e == ERR_NONE)
		e = look(t, page, result);
	if (t)
		free(t->cursors);
	free(t);
	return e;
}
