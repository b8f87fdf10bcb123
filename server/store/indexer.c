/*
 * The index, behind the log; the contract is in indexer.h.
 *
 * FTS5 writes each transaction's words as a new piece, and would merge pieces when it likes, for as
 * long as that takes.  Here it merges when it is told to, a few pages at a time, so that no step keeps
 * a commit waiting.
 */
#include "store/indexer.h"

#include "proto/timerq.h"
#include "store/schema.h"
#include "store/tokenizer.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <string.h>

/* Is stored: to be raised when what is said of an event is another document. */
enum { DOCUMENTS = 1 };

enum statement {
	GET_UPTO,
	PUT_UPTO,
	NEXT_EVENTS,
	NEXT_ID,
	LAST_ID,
	ADD,
	DROP,
	MERGE,
	PUT_STALE,
};
_Static_assert((int)PUT_STALE + 1 == (int)INDEXER_STATEMENTS, "one text each");

static const char *const texts[INDEXER_STATEMENTS] = {
	[GET_UPTO] = "SELECT upto FROM indexed WHERE room = ?1",
	[PUT_UPTO] = "REPLACE INTO indexed(room, upto) VALUES(?1, ?2)",
	[NEXT_EVENTS] =
		"SELECT id, frame FROM events WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3",
	[NEXT_ID] = "SELECT id FROM events WHERE id > ?1 ORDER BY id LIMIT 1",
	[LAST_ID] = "SELECT id FROM events WHERE id < ?1 ORDER BY id DESC LIMIT 1",
	[ADD] = "INSERT INTO words(rowid, said) VALUES(?1, ?2)",
	[DROP] = "INSERT INTO words(words, rowid, said) VALUES('delete', ?1, ?2)",
	[MERGE] = "INSERT INTO words(words, rank) VALUES('merge', ?1)",
	[PUT_STALE] = "REPLACE INTO meta VALUES('stale', ?1)",
};

/* A room with events that are not in the index. */
struct waiting {
	struct table_entry entry;
	struct ring link;
	uint32_t room;
	uint64_t since; /* the first of them */
	uint64_t count;
};

/* ---- the rooms that wait ------------------------------------------------------------------- */

static uint64_t hash_of(uint32_t room)
{
	return table_hash(&room, sizeof(room), 0);
}

static uint64_t hash_of_entry(const void *ctx, const struct table_entry *e)
{
	(void)ctx;
	return hash_of(RING_OF(e, const struct waiting, entry)->room);
}

static struct waiting *find(const struct indexer *x, uint32_t room)
{
	struct table_entry *e = table_first(&x->rooms, hash_of(room));

	while (e && RING_OF(e, struct waiting, entry)->room != room)
		e = table_next(e);
	return e ? RING_OF(e, struct waiting, entry) : NULL;
}

/* Without memory the room waits for its next event: a search reads what is missing from the log. */
static struct waiting *add(struct indexer *x, uint32_t room, uint64_t now_us)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->room = room;
	w->since = now_us;
	if (table_add(&x->rooms, &w->entry) != ERR_NONE) {
		free(w);
		return NULL;
	}
	ring_add(&x->queue, &w->link);
	return w;
}

static void done(struct indexer *x, struct waiting *w)
{
	x->behind -= w->count;
	table_remove(&x->rooms, &w->entry);
	ring_remove(&w->link);
	free(w);
}

static struct waiting *oldest(const struct indexer *x)
{
	struct ring *link = ring_oldest(&x->queue);

	return link ? RING_OF(link, struct waiting, link) : NULL;
}

static void count_more(struct indexer *x, uint32_t room, uint64_t events, uint64_t now_us)
{
	struct waiting *w = find(x, room);

	if (!w)
		w = add(x, room, now_us);
	if (!w)
		return;
	w->count += events;
	x->behind += events;
}

void indexer_appended(struct indexer *x, uint32_t room, uint64_t now_us)
{
	count_more(x, room, 1, now_us);
}

/* ---- opening ------------------------------------------------------------------------------- */

/* What is there was made by the same rules if it has the same number. */
static int64_t version_of(const struct indexer *x)
{
	const char *rules = words_version(said_words(x->said));
	uint64_t hash = table_hash(rules, strlen(rules), DOCUMENTS);

	return (int64_t)(hash >> 1);
}

static enum err make(struct indexer *x)
{
	enum err e = db_exec(
		x->db,
		"DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS indexed;"
		"CREATE TABLE indexed(room INTEGER PRIMARY KEY, upto INTEGER NOT NULL);"
		"CREATE VIRTUAL TABLE words USING fts5(said, content='', columnsize=0, prefix=3,"
		" tokenize='" TOKENIZER_NAME "');"
		"INSERT INTO words(words, rank) VALUES('automerge', 0);"
		"INSERT INTO words(words, rank) VALUES('crisismerge', 1000);"
		"INSERT INTO words(words, rank) VALUES('usermerge', 4)");

	if (e == ERR_NONE)
		e = schema_put(x->db, "index", version_of(x));
	return e == ERR_NONE ? schema_put(x->db, "stale", 0) : e;
}

static enum err remake(struct indexer *x)
{
	enum err e = db_begin(x->db);

	if (e != ERR_NONE)
		return e;
	e = make(x);
	if (e == ERR_NONE)
		return db_commit(x->db);
	db_rollback(x->db);
	return e;
}

static enum err get_upto(struct indexer *x, uint32_t room, uint64_t *upto)
{
	int64_t v = 0;

	db_bind_int(x->all[GET_UPTO], 1, room);
	enum err e = db_value(x->db, x->all[GET_UPTO], 0, &v);
	*upto = (uint64_t)v;
	return e;
}

static enum err an_id(struct indexer *x, enum statement which, int64_t bound, int64_t *id)
{
	db_bind_int(x->all[which], 1, bound);
	return db_value(x->db, x->all[which], 0, id);
}

/* How far each room has got; from room to room, not from event to event. */
static enum err count_all(struct indexer *x, uint64_t now_us)
{
	int64_t id = 0, last;
	uint64_t upto;
	enum err e = an_id(x, NEXT_ID, 0, &id);

	while (e == ERR_NONE && id > 0) {
		uint32_t room = schema_room(id);
		e = an_id(x, LAST_ID, schema_id(room + 1, 0), &last);
		if (e == ERR_NONE)
			e = get_upto(x, room, &upto);
		if (e != ERR_NONE)
			break;
		if (schema_seq(last) > upto)
			count_more(x, room, schema_seq(last) - upto, now_us);
		if (schema_seq(id) <= upto)
			x->inside += upto - schema_seq(id) + 1;
		e = an_id(x, NEXT_ID, last, &id);
	}
	return e;
}

static void forget_all(struct indexer *x)
{
	struct waiting *w;

	while ((w = oldest(x)) != NULL)
		done(x, w);
}

static enum err prepare(struct indexer *x, uint64_t now_us)
{
	int64_t stale;
	enum err e = schema_get(x->db, "stale", 0, &stale);

	x->stale = stale != 0;
	x->scattered = true;
	x->renew_at = now_us;
	if (e == ERR_NONE)
		e = db_prepare_all(x->db, texts, INDEXER_STATEMENTS, x->all);
	return e == ERR_NONE ? count_all(x, now_us) : e;
}

static enum err make_or_keep(struct indexer *x)
{
	int64_t version = 0;
	enum err e = x->damaged ? ERR_NONE : schema_get(x->db, "index", 0, &version);

	if (e != ERR_NONE || (version == version_of(x) && !x->damaged))
		return e;
	x->made_again = x->damaged;
	e = remake(x);
	x->damaged = x->damaged && e != ERR_NONE;
	return e;
}

enum err indexer_open(struct indexer *x, struct db *db, struct said *said, uint64_t now_us)
{
	enum err e;

	*x = (struct indexer){
		.db = db, .said = said, .damaged = x->damaged, .made_again = x->made_again};
	ring_init(&x->queue);
	table_init(&x->rooms, hash_of_entry, x);
	e = make_or_keep(x);
	if (e == ERR_NONE)
		e = prepare(x, now_us);
	if (e != ERR_NONE)
		indexer_close(x);
	return e;
}

void indexer_close(struct indexer *x)
{
	db_finish(x->all, INDEXER_STATEMENTS);
	if (x->db)
		forget_all(x);
	table_wipe(&x->rooms);
}

static enum err put_stale(struct indexer *x, int64_t stale)
{
	db_bind_int(x->all[PUT_STALE], 1, stale);
	return db_run(x->db, x->all[PUT_STALE]);
}

/* FTS5 tells by this, too, that it does not find what it has written. */
static enum err judge(const struct indexer *x, enum err e)
{
	bool collided = e == ERR_SYSTEM && (x->db->code & 0xff) == SQLITE_CONSTRAINT;

	return collided ? ERR_MALFORMED : e;
}

/* ---- what goes in and out ------------------------------------------------------------------ */

static enum err put_document(struct indexer *x, enum statement which, int64_t id,
			     struct slice frame)
{
	sqlite3_stmt *s = x->all[which];
	struct slice document;
	enum err e = said_document(x->said, frame, &document);

	if (e != ERR_NONE)
		return e == ERR_NOT_FOUND ? ERR_NONE : e;
	db_bind_int(s, 1, id);
	db_bind_text(s, 2, document);
	return judge(x, db_run(x->db, s));
}

enum err indexer_replace(struct indexer *x, int64_t id, struct slice old, struct slice frame)
{
	uint64_t upto;
	enum err e = get_upto(x, schema_room(id), &upto);

	if (e != ERR_NONE || schema_seq(id) > upto)
		return e;
	e = put_document(x, DROP, id, old);
	if (e == ERR_NONE && frame.len > 0)
		e = put_document(x, ADD, id, frame);
	x->damaged = x->damaged || e == ERR_MALFORMED;
	x->scattered = true;
	x->gone++;
	x->inside -= x->inside > 0;
	x->stale = true; /* if it is undone, there is nothing to throw out, and no harm */
	return e == ERR_NONE ? put_stale(x, 1) : e;
}

/* ---- steps --------------------------------------------------------------------------------- */

struct taken {
	int64_t last; /* id; 0: none */
	uint64_t events;
	bool all;
};

static enum err add_events(struct indexer *x, uint32_t room, uint64_t upto, struct taken *t)
{
	sqlite3_stmt *s = x->all[NEXT_EVENTS];
	size_t bytes = 0;
	bool row = true;
	enum err e = ERR_NONE;

	db_bind_int(s, 1, schema_id(room, upto));
	db_bind_int(s, 2, schema_id(room + 1, 0));
	db_bind_int(s, 3, INDEXER_STEP);
	while (e == ERR_NONE && bytes < INDEXER_STEP_BYTES) {
		e = db_next(x->db, s, &row);
		if (e != ERR_NONE || !row)
			break;
		struct slice frame = db_bytes(s, 1);
		t->last = sqlite3_column_int64(s, 0);
		t->events++;
		bytes += frame.len;
		e = put_document(x, ADD, t->last, frame);
	}
	t->all = !row && t->events < INDEXER_STEP;
	db_reset(s);
	return e;
}

static enum err put_upto(struct indexer *x, int64_t id)
{
	sqlite3_stmt *s = x->all[PUT_UPTO];

	db_bind_int(s, 1, schema_room(id));
	db_bind_int(s, 2, (int64_t)schema_seq(id));
	return db_run(x->db, s);
}

static enum err index_some(struct indexer *x, const struct waiting *w, struct taken *t)
{
	uint64_t upto;
	enum err e = get_upto(x, w->room, &upto);

	if (e == ERR_NONE)
		e = add_events(x, w->room, upto, t);
	return e == ERR_NONE && t->last > 0 ? put_upto(x, t->last) : e;
}

/* One transaction for what `work` does. */
static enum err within(struct indexer *x, enum err (*work)(struct indexer *, void *), void *arg)
{
	enum err e = db_begin(x->db);

	if (e != ERR_NONE)
		return e;
	e = work(x, arg);
	if (e == ERR_NONE)
		return judge(x, db_commit(x->db));
	db_rollback(x->db);
	return e;
}

struct taking {
	const struct waiting *w;
	struct taken taken;
};

static enum err take(struct indexer *x, void *arg)
{
	struct taking *t = arg;

	return index_some(x, t->w, &t->taken);
}

static enum err step_room(struct indexer *x, struct waiting *w)
{
	struct taking t = {.w = w};
	enum err e = within(x, take, &t);

	if (e != ERR_NONE)
		return e;
	x->scattered = true;
	x->inside += t.taken.events;
	if (t.taken.all || t.taken.events >= w->count) {
		done(x, w);
		return ERR_NONE;
	}
	w->count -= t.taken.events;
	x->behind -= t.taken.events;
	return ERR_NONE;
}

/* `pages` < 0: until nothing is left that is gone.  FTS5 tells that it had nothing to do by this. */
static enum err merge(struct indexer *x, int pages, bool *any)
{
	int64_t before = sqlite3_total_changes64(x->db->sql);

	db_bind_int(x->all[MERGE], 1, pages);
	enum err e = db_run(x->db, x->all[MERGE]);
	*any = sqlite3_total_changes64(x->db->sql) - before > 1;
	return judge(x, e);
}

static enum err step_gather(struct indexer *x)
{
	return merge(x, INDEXER_PAGES, &x->scattered);
}

static enum err renew(struct indexer *x, void *arg)
{
	bool *any = arg;
	enum err e = merge(x, -INDEXER_PAGES, any);

	return e == ERR_NONE && !*any ? put_stale(x, 0) : e;
}

static enum err step_renew(struct indexer *x, uint64_t now_us)
{
	uint64_t begun = clock_mono_us();
	bool any;
	enum err e = within(x, renew, &any);

	x->renewing += clock_mono_us() - begun;
	if (e != ERR_NONE || any)
		return e;
	x->stale = false;
	x->gone = 0;
	x->renew_at = now_us + INDEXER_REST * x->renewing;
	x->renewing = 0;
	return ERR_NONE;
}

/*
 * When much is gone at once, it has to be thrown out before more is: FTS5 reads through what cancels out
 * in one step, however much that is.
 */
static bool is_crowded(const struct indexer *x)
{
	return x->gone > INDEXER_GONE && x->gone > x->inside / INDEXER_PART;
}

static uint64_t renew_deadline(const struct indexer *x)
{
	if (!x->stale)
		return TIMERQ_NEVER;
	return is_crowded(x) ? 0 : x->renew_at;
}

/* The room whose turn it is; NULL: what is not in it is little, and young. */
static struct waiting *next_room(const struct indexer *x, uint64_t now_us)
{
	struct waiting *w = oldest(x);

	return w && (x->behind > INDEXER_LAG || w->since + INDEXER_SETTLE_US <= now_us) ? w : NULL;
}

uint64_t indexer_deadline(const struct indexer *x)
{
	const struct waiting *w = oldest(x);
	uint64_t at = renew_deadline(x);

	if (x->given_up)
		return TIMERQ_NEVER;
	if (x->damaged || x->scattered || x->behind > INDEXER_LAG)
		return 0;
	return w && w->since + INDEXER_SETTLE_US < at ? w->since + INDEXER_SETTLE_US : at;
}

static enum err make_again(struct indexer *x, uint64_t now_us)
{
	struct db *db = x->db;
	struct said *said = x->said;

	indexer_close(x);
	return indexer_open(x, db, said, now_us);
}

static enum err step(struct indexer *x, uint64_t now_us)
{
	struct waiting *w = next_room(x, now_us);

	if (x->scattered)
		return step_gather(x);
	if (w)
		return step_room(x, w);
	return renew_deadline(x) <= now_us ? step_renew(x, now_us) : ERR_NONE;
}

/* It is made again once: if it is the log that is damaged, there would be no end to it. */
enum err indexer_step(struct indexer *x, uint64_t now_us)
{
	bool again = x->damaged;
	enum err e = again ? make_again(x, now_us) : step(x, now_us);

	if (e != ERR_MALFORMED)
		return e;
	x->given_up = again || x->made_again;
	x->damaged = true;
	return x->given_up ? e : ERR_NONE;
}
