/* The thread, a commit, a checkpoint; the contract is in writer.h. */
#include "store/writer.h"

#include "proto/timerq.h"
#include "store/schema.h"
#include "store/worker.h"
#include "sys/clock.h"

#include <stdlib.h>

/* ---- the connection -------------------------------------------------------------------------- */

/* Called by SQLite after each commit. */
static int note_wal(void *ctx, sqlite3 *sql, const char *name, int pages)
{
	struct writer *w = ctx;

	(void)sql;
	(void)name;
	if (pages < w->wal_pages)
		w->wal_moved = 0; /* it was begun anew */
	w->wal_pages = pages;
	return SQLITE_OK;
}

static enum err prepare(struct writer *w)
{
	struct db *db = &w->opened->db;
	enum err e;

	(void)sqlite3_wal_hook(db->sql, note_wal, w);
	e = indexer_open(&w->indexer, db, w->said, clock_mono_us());
	if (e == ERR_NONE)
		e = retention_open(&w->retention, db, &w->indexer, w->keep_days, clock_mono_us());
	return e == ERR_NONE ? batch_init(&w->batch, db, &w->indexer) : e;
}

static void let_go(struct writer *w)
{
	batch_wipe(&w->batch);
	retention_close(&w->retention);
	indexer_close(&w->indexer);
}

static enum err open_anew(struct writer *w)
{
	struct db *db = &w->opened->db;
	enum err e;

	let_go(w);
	db_close(db);
	e = db_open(db, &w->options);
	return e == ERR_NONE ? prepare(w) : e;
}

/* Whether the last batch that was kept is the last one that is there. */
static enum err look_back(struct writer *w)
{
	struct db *db = &w->opened->db;
	int64_t number;
	enum err e = schema_get(db, "batch", 0, &number);

	if (e != ERR_NONE || (uint64_t)number == w->number)
		return e;
	w->broken = true;
	return ERR_MALFORMED;
}

static enum err mend(struct writer *w)
{
	enum err e = open_anew(w);

	if (e == ERR_NONE)
		e = look_back(w);
	w->doubtful = e != ERR_NONE;
	return e;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static enum err keep(struct writer *w)
{
	enum err e = w->doubtful ? mend(w) : ERR_NONE;

	if (e == ERR_NONE)
		e = batch_keep(&w->batch, &w->opened->db, w->records, w->number + 1);
	if (e != ERR_NONE) {
		w->doubtful = true;
		return e;
	}
	w->number++;
	claim_note_batch(&w->opened->claim, w->number);
	if (w->batch.keeps)
		retention_changed(&w->retention);
	w->leftovers = w->leftovers || w->batch.replaces;
	w->batch.keeps = w->batch.replaces = false;
	return ERR_NONE;
}

static enum err refuse(struct writer *w)
{
	db_say(&w->opened->db.why,
	       "after a failure another batch is the last one than was written (%llu); start the "
	       "server again",
	       (unsigned long long)w->number);
	return ERR_MALFORMED;
}

static void commit(struct writer *w)
{
	w->commit.error = w->broken ? refuse(w) : keep(w);
	if (w->broken)
		w->commit.error = refuse(w);
	if (w->commit.error != ERR_NONE)
		w->commit.why = w->opened->db.why;
	inbox_put(w->out, &w->commit.link);
	w->idle_at = clock_mono_us() + WRITER_REST_US;
}

/* ---- chores ---------------------------------------------------------------------------------- */

static void warn(struct writer *w, enum err e)
{
	struct result *r = malloc(sizeof(*r));

	if (!r)
		return;
	*r = (struct result){.kind = RESULT_WARNING, .error = e, .why = w->opened->db.why};
	inbox_put(w->out, &r->link);
}

/* Batches are kept all the same, as long as there is place for the WAL. */
static void warn_once(struct writer *w, enum err e)
{
	if (e != ERR_NONE && !w->checkpoint_bad)
		warn(w, e);
	w->checkpoint_bad = e != ERR_NONE;
}

static int left_in_wal(const struct writer *w)
{
	return w->wal_pages - w->wal_moved;
}

/*
 * Who reads keeps pages back, and the WAL from being begun anew; nobody reads for long, but for a
 * backup.  When it has become long, who is reading is waited for, and that is all that waits.
 */
static bool checkpoint_as(struct writer *w, int mode)
{
	struct db *db = &w->opened->db;
	int there = 0, moved = 0, rc;

	(void)sqlite3_busy_timeout(db->sql, WRITER_READERS_MS);
	rc = sqlite3_wal_checkpoint_v2(db->sql, NULL, mode, &there, &moved);
	(void)sqlite3_busy_timeout(db->sql, DB_BUSY_MS);
	warn_once(w, rc == SQLITE_BUSY ? ERR_NONE : db_error(db, rc));
	if (there >= 0 && moved >= 0) {
		w->wal_pages = there;
		w->wal_moved = moved;
	}
	if (rc == SQLITE_OK && there == moved)
		return true;
	w->checkpoint_at = clock_mono_us() + WRITER_RETRY_US;
	return false;
}

static void checkpoint(struct writer *w)
{
	bool wait = w->wal_pages >= WRITER_WAL_LONG;

	(void)checkpoint_as(w, wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t checkpoint_deadline(const struct writer *w)
{
	if (left_in_wal(w) < WRITER_WAL_IDLE || w->doubtful)
		return TIMERQ_NEVER;
	return later(w->idle_at, w->checkpoint_at);
}

static bool checkpoint_urgent(const struct writer *w)
{
	return left_in_wal(w) >= WRITER_WAL_BUSY && !w->doubtful &&
	       clock_mono_us() >= w->checkpoint_at;
}

/* Not on a connection that has failed: the next batch opens it anew. */
static uint64_t step_deadline(const struct writer *w, uint64_t at)
{
	return w->doubtful || w->broken || at == TIMERQ_NEVER ? TIMERQ_NEVER
							      : later(at, w->step_at);
}

static void judge_step(struct writer *w, enum err e)
{
	if (e == ERR_NONE)
		return;
	warn(w, e);
	w->doubtful = true;
	w->step_at = clock_mono_us() + WRITER_RETRY_US;
}

static uint64_t index_deadline(const struct writer *w)
{
	return step_deadline(w, indexer_deadline(&w->indexer));
}

static void step_index(struct writer *w)
{
	judge_step(w, indexer_step(&w->indexer, clock_mono_us()));
}

static uint64_t trim_deadline(const struct writer *w)
{
	return step_deadline(w, retention_deadline(&w->retention));
}

static void step_trim(struct writer *w)
{
	struct trimmed *t = calloc(1, sizeof(*t));
	struct retention_trim trim;

	if (!t) {
		judge_step(w, db_error(&w->opened->db, SQLITE_NOMEM));
		return;
	}
	judge_step(w, retention_step(&w->retention, clock_mono_us(), clock_wall_ms(), &trim));
	if (trim.room == 0) {
		free(t);
		return;
	}
	w->leftovers = true;
	*t = (struct trimmed){{.kind = RESULT_TRIMMED}, trim.room, trim.first};
	inbox_put(w->out, &t->result.link);
}

/* When the index is rid of it, too. */
static uint64_t erase_deadline(const struct writer *w)
{
	bool due = w->leftovers && !w->indexer.stale && !w->doubtful;

	return due ? later(w->idle_at, w->checkpoint_at) : TIMERQ_NEVER;
}

/* Pages of before stay in the WAL's file until it is written over, or cut. */
static void erase(struct writer *w)
{
	if (checkpoint_as(w, SQLITE_CHECKPOINT_TRUNCATE))
		w->leftovers = false;
}

static const struct {
	uint64_t (*deadline)(const struct writer *w);
	void (*step)(struct writer *w);
} chores[] = {
	{checkpoint_deadline, checkpoint},
	{index_deadline, step_index},
	{trim_deadline, step_trim},
	{erase_deadline, erase},
};

enum { CHORES = sizeof(chores) / sizeof(chores[0]) };

/* How long there is nothing to do but a batch. */
static uint64_t rest(const struct writer *w)
{
	uint64_t nearest = TIMERQ_NEVER, now;

	for (size_t i = 0; i < CHORES; i++) {
		uint64_t at = chores[i].deadline(w);
		nearest = at < nearest ? at : nearest;
	}
	if (nearest == TIMERQ_NEVER)
		return INBOX_FOREVER;
	now = clock_mono_us();
	return nearest > now ? nearest - now : 0;
}

/* While batches come, most of them are to find nobody at work. */
static void rest_from(struct writer *w, uint64_t begin_us)
{
	uint64_t now = clock_mono_us();

	if (now < w->idle_at)
		w->step_at = later(w->step_at, now + WRITER_SHARE * (now - begin_us));
}

static void do_chore(struct writer *w)
{
	uint64_t now = clock_mono_us();

	for (size_t i = 0; i < CHORES; i++)
		if (chores[i].deadline(w) <= now) {
			chores[i].step(w);
			rest_from(w, now);
			return;
		}
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *run(void *ctx)
{
	struct writer *w = ctx;

	for (;;) {
		if (inbox_take(&w->in, rest(w)))
			commit(w);
		else if (inbox_closed(&w->in))
			return NULL;
		else
			do_chore(w);
		if (checkpoint_urgent(w))
			checkpoint(w);
	}
}

static void wipe(struct writer *w)
{
	let_go(w);
	said_free(w->said);
	w->said = NULL;
}

enum err writer_start(struct writer *w, struct opened *opened, const struct db_options *options,
		      uint32_t keep_days, struct inbox *out)
{
	int64_t number;
	enum err e = schema_get(&opened->db, "batch", 0, &number);

	*w = (struct writer){.opened = opened,
			     .options = *options,
			     .keep_days = keep_days,
			     .out = out,
			     .commit = {.kind = RESULT_COMMITTED}};
	w->said = said_new(options->words);
	if (e == ERR_NONE && !w->said)
		e = db_error(&opened->db, SQLITE_NOMEM);
	if (e == ERR_NONE)
		e = prepare(w);
	w->number = (uint64_t)number;
	if (e == ERR_NONE)
		e = worker_start(&w->thread, &w->in, run, w);
	w->running = e == ERR_NONE;
	if (e != ERR_NONE)
		wipe(w);
	return e;
}

void writer_stop(struct writer *w)
{
	if (!w->running)
		return;
	worker_stop(w->thread, &w->in);
	w->running = false;
	wipe(w);
}

void writer_commit(struct writer *w, struct slice records)
{
	w->records = records;
	inbox_put(&w->in, &w->commit.link);
}
