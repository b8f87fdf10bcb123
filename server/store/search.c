/*
 * Searching; the contract is in search.h.
 *
 * The log is looked through in windows of places, from the newest on, each four times as large as the
 * one before as long as they take little time.  In a window every room is looked into by itself, for
 * its events lie together; what is found goes into one list, the newest first, that has an end.  A
 * window is either looked through as a whole or not at all, so its edge is where the next page can go
 * on.  FTS5 cannot be interrupted within a window.
 *
 * A long log is cut where its clock passed the time that everything has to be before; and no more than
 * that, for the clock may have been wrong for a while.
 */
#include "store/search.h"

#include "store/row.h"
#include "store/schema.h"
#include "store/tokenizer.h"
#include "sys/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 4096, /* places, at first */
	WINDOW_GROWS = 4,
	WINDOW_EASY = 16,    /* as many of them would have been done in the time there is */
	BEFORE_SLACK = 4096, /* events that are looked at rather than left out */
	LOOK_AT_CLOCK = 64,  /* events that are read from the log before that */
};
#define WINDOW_MAX (INT64_C(1) << 22)

enum statement { BEGIN, END, NEWEST, PLACE, TIME, UPTO, MATCH, SCAN, ROW };
_Static_assert((int)ROW + 1 == (int)SEARCH_STATEMENTS, "one text each");

static const char *const texts[SEARCH_STATEMENTS] = {
	[BEGIN] = "BEGIN",
	[END] = "COMMIT",
	[NEWEST] =
		"SELECT id, place FROM events WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1",
	[PLACE] = "SELECT id, place FROM events WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
	[TIME] = "SELECT id, time FROM events WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
	[UPTO] = "SELECT upto FROM indexed WHERE room = ?1",
	[MATCH] =
		"SELECT e.id, e.place, e.time FROM words CROSS JOIN events e ON e.id = words.rowid"
		" WHERE words MATCH ?3 AND words.rowid >= ?1 AND words.rowid < ?2"
		" ORDER BY words.rowid DESC",
	[SCAN] = "SELECT id, place, time, frame FROM events WHERE id >= ?1 AND id < ?2"
		 " ORDER BY id DESC",
	[ROW] = "SELECT " ROW_EVENT " FROM events WHERE id = ?1",
};

enum err search_open(struct search *s, struct db *db, struct said *said)
{
	*s = (struct search){
		.db = db, .said = said, .limit_us = SEARCH_LIMIT_US, .clock = clock_mono_us};
	return db_prepare_all(db, texts, SEARCH_STATEMENTS, s->all);
}

void search_close(struct search *s)
{
	db_finish(s->all, SEARCH_STATEMENTS);
}

/* ---- what is looked for, and what was found ------------------------------------------------ */

struct hit {
	int64_t place, id;
};

struct place_in_room {
	uint32_t room;
	int64_t first, end; /* ids that may still be looked at: first … end - 1 */
	int64_t place;	    /* of the newest of them; 0: there is none */
};

struct task {
	struct search *s;
	bool any_words;
	struct phrases phrases;
	struct slice who; /* a name's key; empty: anybody */
	char key[NAME_MAX_KEY];
	char match[TOKENIZER_QUERY_MAX];
	int64_t before_ms;
	uint64_t until;
	bool late;
	struct place_in_room *rooms;
	size_t room_count;
	size_t wanted, count;
	size_t found;				/* so far, whether it is among the newest or not */
	struct hit hits[SEARCH_MAX_EVENTS + 1]; /* the newest first; one more than is given */
};

/* Whether something as old as that is still of interest. */
static bool wants(const struct task *t, int64_t place)
{
	return t->count <= t->wanted || t->hits[t->count - 1].place < place;
}

static void put_hit(struct task *t, struct hit hit)
{
	size_t at = t->count;

	if (t->count > t->wanted)
		at = --t->count;
	for (; at > 0 && t->hits[at - 1].place < hit.place; at--)
		t->hits[at] = t->hits[at - 1];
	t->hits[at] = hit;
	t->count++;
	t->found++;
}

static enum err read_who(struct task *t, struct slice name)
{
	struct slice key;
	enum err e;

	if (name.len == 0)
		return ERR_NONE;
	e = said_key(t->s->said, name, &key);
	if (e != ERR_NONE)
		return e;
	memcpy(t->key, key.data, key.len);
	t->who = slice_of(t->key, key.len);
	return ERR_NONE;
}

static enum err read_words(struct task *t, struct slice words)
{
	t->any_words = words.len > 0;
	return t->any_words ? phrases_parse(&t->phrases, said_words(t->s->said), words) : ERR_NONE;
}

static enum err read_query(struct task *t, const struct store_query *q)
{
	struct buf match = buf_of(t->match, sizeof(t->match));
	enum err e = read_who(t, q->from);

	if (e == ERR_NONE)
		e = read_words(t, q->words);
	if (e != ERR_NONE)
		return e;
	t->before_ms = q->before_ms > 0 ? q->before_ms : INT64_MAX;
	t->wanted = q->count < SEARCH_MAX_EVENTS ? q->count : SEARCH_MAX_EVENTS;
	if (!t->any_words && t->who.len == 0)
		return q->before_ms > 0 ? ERR_NONE : ERR_NOT_FOUND;
	tokenizer_query(&match, t->any_words ? &t->phrases : NULL, t->who);
	return match.failed ? ERR_TOO_BIG : ERR_NONE;
}

/* ---- places in rooms ----------------------------------------------------------------------- */

/* A row of two numbers for the ids of that range; none: *id is 0. */
static enum err row_of(struct task *t, enum statement which, int64_t first, int64_t end,
		       int64_t *id, int64_t *value)
{
	sqlite3_stmt *s = t->s->all[which];
	bool row;
	enum err e;

	*id = *value = 0;
	db_bind_int(s, 1, first);
	db_bind_int(s, 2, end);
	e = db_next(t->s->db, s, &row);
	if (e != ERR_NONE || !row)
		return e;
	*id = sqlite3_column_int64(s, 0);
	*value = sqlite3_column_int64(s, 1);
	db_reset(s);
	return ERR_NONE;
}

/* The first id of the range with at least that place; `end` if there is none.  Both grow together. */
static enum err first_with_place(struct task *t, int64_t first, int64_t end, int64_t least,
				 int64_t *out)
{
	int64_t low = first, high = end, id, value;
	enum err e = ERR_NONE;

	while (e == ERR_NONE && low < high) {
		int64_t middle = low + (high - low) / 2;
		e = row_of(t, PLACE, middle, high, &id, &value);
		if (id == 0 || value >= least)
			high = middle;
		else
			low = id + 1;
	}
	*out = low;
	return e;
}

/* What is not before that id is done with. */
static enum err cut(struct task *t, struct place_in_room *r, int64_t end)
{
	int64_t id;

	r->end = end;
	return row_of(t, NEWEST, r->first, r->end, &id, &r->place);
}

static enum err cut_by_place(struct task *t, struct place_in_room *r, int64_t place)
{
	int64_t end;
	enum err e = first_with_place(t, r->first, r->end, place, &end);

	return e == ERR_NONE ? cut(t, r, end) : e;
}

static void put_in_order(int64_t *times, size_t count, int64_t time_ms)
{
	for (; count > 0 && times[count - 1] > time_ms; count--)
		times[count] = times[count - 1];
	times[count] = time_ms;
}

/* What most clocks say there: of events behind it, ever further away.  There is one, at `id`. */
static enum err time_around(struct task *t, const struct place_in_room *r, int64_t id,
			    int64_t *time_ms)
{
	static const int64_t strides[] = {0, 1, 4, 16, 64, 256, 1024, 2048, BEFORE_SLACK};
	int64_t times[sizeof(strides) / sizeof(strides[0])], found, one;
	size_t count = 0;
	enum err e = ERR_NONE;

	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]) && e == ERR_NONE; i++) {
		e = row_of(t, TIME, id + strides[i], r->end, &found, &one);
		if (found > 0)
			put_in_order(times, count++, one);
	}
	*time_ms = count > 0 ? times[count / 2] : INT64_MAX;
	return e;
}

/* What is left has room for the error of that: it is looked at, event by event. */
static enum err cut_by_time(struct task *t, struct place_in_room *r)
{
	int64_t low = r->first, high = r->end, time_ms;
	enum err e = ERR_NONE;

	while (e == ERR_NONE && high - low > BEFORE_SLACK) {
		int64_t middle = low + (high - low) / 2;
		e = time_around(t, r, middle, &time_ms);
		if (time_ms >= t->before_ms)
			high = middle;
		else
			low = middle + 1;
	}
	high += BEFORE_SLACK;
	return e == ERR_NONE && high < r->end ? cut(t, r, high) : e;
}

/* Ids of a room have no holes: once its ends are known half of them is the half of its events. */
static enum err enter(struct task *t, struct place_in_room *r, uint32_t room, int64_t place)
{
	int64_t first, last;
	enum err e;

	*r = (struct place_in_room){room, schema_id(room, 0), schema_id(room + 1, 0), 0};
	e = row_of(t, PLACE, r->first, r->end, &first, &r->place);
	if (e != ERR_NONE || first == 0)
		return e;
	e = row_of(t, NEWEST, first, r->end, &last, &r->place);
	r->first = first;
	r->end = last + 1;
	if (e == ERR_NONE && t->before_ms != INT64_MAX)
		e = cut_by_time(t, r);
	if (e == ERR_NONE && r->place >= place)
		e = cut_by_place(t, r, place);
	return e;
}

/* ---- looking ------------------------------------------------------------------------------- */

static bool time_is_over(struct task *t)
{
	t->late = t->late || t->s->clock() >= t->until;
	return t->late;
}

static enum err by_index(struct task *t, int64_t first, int64_t end)
{
	sqlite3_stmt *s = t->s->all[MATCH];
	struct hit hit;
	bool row = true;
	enum err e = ERR_NONE;

	db_bind_int(s, 1, first);
	db_bind_int(s, 2, end);
	db_bind_text(s, 3, slice_of(t->match, strlen(t->match)));
	while (e == ERR_NONE && !time_is_over(t)) {
		e = db_next(t->s->db, s, &row);
		if (e != ERR_NONE || !row)
			return e;
		hit = (struct hit){sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 0)};
		if (!wants(t, hit.place))
			break;
		if (sqlite3_column_int64(s, 2) < t->before_ms)
			put_hit(t, hit);
	}
	db_reset(s);
	return e;
}

static enum err fits(struct task *t, struct slice frame, bool *found)
{
	struct said_text said;
	enum err e = said_read(t->s->said, frame, &said);

	*found = false;
	if (e == ERR_NOT_FOUND)
		return ERR_NONE;
	if (e != ERR_NONE)
		return e;
	if (t->who.len > 0 &&
	    (said.who.len != t->who.len || memcmp(said.who.data, t->who.data, t->who.len) != 0))
		return ERR_NONE;
	*found = true;
	return t->any_words ? phrases_find(&t->phrases, said_words(t->s->said), said.text, found)
			    : ERR_NONE;
}

static enum err by_reading(struct task *t, int64_t first, int64_t end)
{
	sqlite3_stmt *s = t->s->all[SCAN];
	struct hit hit;
	bool row = true, found;
	enum err e = ERR_NONE;

	db_bind_int(s, 1, first);
	db_bind_int(s, 2, end);
	for (unsigned i = 1; e == ERR_NONE; i++) {
		if (i % LOOK_AT_CLOCK == 0 && time_is_over(t))
			break;
		e = db_next(t->s->db, s, &row);
		if (e != ERR_NONE || !row)
			return e;
		hit = (struct hit){sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 0)};
		if (!wants(t, hit.place))
			break;
		e = fits(t, db_bytes(s, 3), &found);
		if (e == ERR_NONE && found && sqlite3_column_int64(s, 2) < t->before_ms)
			put_hit(t, hit);
	}
	db_reset(s);
	return e;
}

/* The writer makes a damaged index anew when it meets with it; until then the log has it all. */
static enum err by_index_or_reading(struct task *t, int64_t first, int64_t end)
{
	size_t found = t->found;
	enum err e = by_index(t, first, end);

	return e == ERR_MALFORMED && t->found == found ? by_reading(t, first, end) : e;
}

/* The events of a room from that id on, and they are done with then. */
static enum err look_into(struct task *t, struct place_in_room *r, int64_t first)
{
	int64_t upto = 0, indexed;
	enum err e;

	db_bind_int(t->s->all[UPTO], 1, r->room);
	e = db_value(t->s->db, t->s->all[UPTO], 0, &upto);
	if (e != ERR_NONE)
		return e;
	/* Without words all that was said is looked for: it is in no index. */
	indexed = t->any_words || t->who.len > 0 ? schema_id(r->room, (uint64_t)upto) + 1 : first;
	indexed = indexed < first ? first : indexed > r->end ? r->end : indexed;
	if (indexed < r->end)
		e = by_reading(t, indexed, r->end);
	if (e == ERR_NONE && first < indexed && !t->late)
		e = by_index_or_reading(t, first, indexed);
	return e;
}

static enum err look_through(struct task *t, int64_t from)
{
	enum err e = ERR_NONE;

	for (size_t i = 0; i < t->room_count && e == ERR_NONE && !t->late; i++) {
		struct place_in_room *r = &t->rooms[i];
		int64_t first;
		if (r->place < from || !wants(t, r->place))
			continue;
		e = first_with_place(t, r->first, r->end, from, &first);
		if (e == ERR_NONE)
			e = look_into(t, r, first);
		if (e == ERR_NONE)
			e = cut(t, r, first);
	}
	return e;
}

static int64_t newest_place(const struct task *t)
{
	int64_t place = 0;

	for (size_t i = 0; i < t->room_count; i++)
		if (t->rooms[i].place > place)
			place = t->rooms[i].place;
	return place;
}

/*
 * Window by window.  *end: what is older was not looked at; 0: there is nothing older.  The first one
 * takes the time that it takes: so every page gets somewhere.
 */
static enum err look(struct task *t, int64_t *end)
{
	uint64_t now = t->s->clock(), begun = now;
	int64_t size = WINDOW, newest;
	enum err e = ERR_NONE;

	t->until = UINT64_MAX;
	while (t->count <= t->wanted && (newest = newest_place(t)) > 0) {
		int64_t from = newest > size ? newest - size + 1 : 1;
		size_t count = t->count;
		uint64_t before = now;
		e = look_through(t, from);
		if (t->late)
			t->count = count; /* half a window is none */
		if (e != ERR_NONE || t->late)
			return e;
		*end = from > 1 ? from : 0;
		now = t->s->clock();
		t->until = begun + t->s->limit_us;
		t->late = now >= t->until;
		if ((now - before) * WINDOW_EASY < t->s->limit_us && size < WINDOW_MAX)
			size *= WINDOW_GROWS;
	}
	if (newest_place(t) == 0)
		*end = 0;
	return ERR_NONE;
}

/* ---- giving it ----------------------------------------------------------------------------- */

static enum err frame_of(struct task *t, int64_t id, struct slice *frame)
{
	sqlite3_stmt *s = t->s->all[ROW];
	struct row_event row;
	bool there;
	enum err e;

	db_bind_int(s, 1, id);
	e = db_next(t->s->db, s, &there);
	if (e == ERR_NONE && there)
		e = row_get_event(t->s->db, s, &row);
	if (e == ERR_NONE && there)
		*frame = row.frame;
	return e;
}

/* As many as fit.  One that never will is passed over. */
static enum err give(struct task *t, struct buf *frames, struct search_page *page)
{
	size_t n = t->count < t->wanted ? t->count : t->wanted, i;
	enum err e = ERR_NONE;

	for (i = 0; i < n && e == ERR_NONE; i++) {
		struct slice frame = {.len = 0};
		e = frame_of(t, t->hits[i].id, &frame);
		bool fits = frame.len <= buf_room(frames);
		if (e == ERR_NONE && fits)
			buf_put_bytes(frames, frame.data, frame.len);
		db_reset(t->s->all[ROW]);
		if (!fits && frames->len > 0)
			break;
	}
	if (i < t->count && i > 0) {
		page->token = (uint64_t)t->hits[i - 1].place;
		page->more = true;
	}
	return e;
}

static enum err run(struct task *t, const struct store_query *q, struct buf *frames,
		    struct search_page *page)
{
	int64_t place = q->token > 0 && q->token < INT64_MAX ? (int64_t)q->token : INT64_MAX;
	int64_t end = place;
	enum err e = ERR_NONE;

	for (t->room_count = 0; t->room_count < q->room_count && e == ERR_NONE; t->room_count++)
		e = enter(t, &t->rooms[t->room_count], q->rooms[t->room_count], place);
	if (e == ERR_NONE)
		e = look(t, &end);
	*page = (struct search_page){.token = (uint64_t)end, .more = end > 0};
	return e == ERR_NONE ? give(t, frames, page) : e;
}

/* All of it sees the log as it is at the beginning. */
static enum err run_at_once(struct task *t, const struct store_query *q, struct buf *frames,
			    struct search_page *page)
{
	struct search *s = t->s;
	enum err e, ended;

	t->rooms = calloc(q->room_count + 1, sizeof(*t->rooms));
	if (!t->rooms)
		return db_error(s->db, SQLITE_NOMEM);
	e = db_run(s->db, s->all[BEGIN]);
	if (e == ERR_NONE) {
		e = run(t, q, frames, page);
		ended = db_run(s->db, s->all[END]);
		e = e == ERR_NONE ? ended : e;
	}
	free(t->rooms);
	return e;
}

enum err search_run(struct search *s, const struct store_query *q, struct buf *frames,
		    struct search_page *page)
{
	struct task t = {.s = s};
	enum err e = read_query(&t, q);

	if (e == ERR_MEMORY)
		return db_error(s->db, SQLITE_NOMEM);
	if (e != ERR_NONE)
		return ERR_MALFORMED;
	e = run_at_once(&t, q, frames, page);
	return e == ERR_MALFORMED ? ERR_SYSTEM : e;
}
