/* The parts put together: opening, writer, reader; the contract is in store.h. */
#include "store/store.h"

#include "store/opening.h"
#include "store/reader.h"
#include "store/restore.h"
#include "store/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct store {
	struct opened opened;
	struct words *words;
	uint32_t keep_days;
	struct db_options files;
	struct store_port port;
	struct writer writer;
	struct reader reader, searcher; /* nobody waits for a page while somebody searches */
	struct inbox results;
	struct inbox_entry *next; /* results that were taken out of the box */
	struct result *given;	  /* the one that store_next() gave last */
	size_t queries, searches; /* under way; the latter are among the former */
	uint8_t *records;
	size_t records_len;
};

/* ---- the port -------------------------------------------------------------------------------- */

static void port_commit(void *ctx, struct slice batch)
{
	writer_commit(&((struct store *)ctx)->writer, batch);
}

static enum err port_read(void *ctx, const struct store_query *wanted)
{
	struct store *s = ctx;
	bool search = wanted->kind == QUERY_SEARCH;
	struct query *q;

	if (s->queries >= STORE_QUERIES_MAX || (search && s->searches >= STORE_SEARCHES_MAX))
		return ERR_FULL;
	q = query_new(wanted);
	if (!q)
		return ERR_MEMORY;
	s->queries++;
	s->searches += search;
	reader_ask(search ? &s->searcher : &s->reader, q);
	return ERR_NONE;
}

/* ---- results --------------------------------------------------------------------------------- */

/* The writer's own stays with it. */
static void let_go(struct store *s, struct result *r)
{
	switch (r->kind) {
	case RESULT_COMMITTED:
		return;
	case RESULT_ANSWERED:
		s->queries--;
		s->searches -= ((struct query *)r)->wanted.kind == QUERY_SEARCH;
		query_free((struct query *)r);
		return;
	case RESULT_WARNING:
	case RESULT_TRIMMED:
		free(r);
		return;
	}
}

static struct result *take(struct store *s)
{
	struct inbox_entry *e;

	if (s->given)
		let_go(s, s->given);
	if (!s->next)
		s->next = inbox_poll(&s->results);
	e = s->next;
	if (e)
		s->next = e->next;
	return s->given = (struct result *)e;
}

bool store_next(struct store *s, struct store_result *out)
{
	struct result *r = take(s);

	if (!r)
		return false;
	*out = (struct store_result){.error = r->error, .why = r->why.text};
	switch (r->kind) {
	case RESULT_COMMITTED:
		out->kind = STORE_COMMITTED;
		break;
	case RESULT_WARNING:
		out->kind = STORE_WARNING;
		break;
	case RESULT_TRIMMED:
		out->kind = STORE_TRIMMED;
		out->room = ((struct trimmed *)r)->room;
		out->first = ((struct trimmed *)r)->first;
		break;
	case RESULT_ANSWERED:
		out->kind = STORE_ANSWERED;
		out->answer = &((struct query *)r)->answer;
		break;
	}
	return true;
}

int store_fd(const struct store *s)
{
	return s->results.fd;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static enum err explain(struct store *s, enum err e, struct db_why *why, const char *what)
{
	if (e != ERR_NONE)
		db_say(why, "the history %s cannot be read: %s%s", s->opened.path, what,
		       e == ERR_MALFORMED ? "; put back a backup, or move room.db* and lock of "
					    "that directory away and begin without what was said"
					  : "");
	return e;
}

static enum err open_all(struct store *s, const struct store_options *o, struct db_why *why)
{
	const struct opening wanted = {.dir = o->dir,
				       .vfs = o->vfs,
				       .lazy = o->lazy,
				       .words = s->words,
				       .new_epoch = o->new_epoch};
	enum err e = opening_begin(&s->opened, &wanted, why);

	if (e != ERR_NONE)
		return e;
	s->files = (struct db_options){
		.path = s->opened.path,
		.vfs = o->vfs,
		.use = DB_WRITE,
		.lazy = o->lazy,
		.words = s->words,
	};
	e = restore_read(&s->opened.db, s->opened.epoch, &s->records, &s->records_len);
	if (e != ERR_NONE) {
		(void)explain(s, e, why, s->opened.db.why.text);
		opening_drop(&s->opened);
	}
	return e;
}

static struct store *new_store(void)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->words = words_new();
	if (s->words && inbox_init(&s->results, true))
		return s;
	words_free(s->words);
	free(s);
	return NULL;
}

static void free_store(struct store *s)
{
	inbox_wipe(&s->results);
	words_free(s->words);
	free(s->records);
	free(s);
}

/* Nobody asks SQLite how much memory it has; counting it takes a lock that its threads share. */
static void count_no_memory(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* too late: then it counts */
}

struct store *store_open(const struct store_options *o, struct db_why *why)
{
	count_no_memory();
	struct store *s = new_store();
	if (!s) {
		db_say(why, "no memory or descriptor for the history, or ICU's data is missing");
		return NULL;
	}
	s->port = (struct store_port){s, port_commit, port_read};
	s->keep_days = o->keep_days;
	if (open_all(s, o, why) == ERR_NONE)
		return s;
	free_store(s);
	return NULL;
}

enum err store_start(struct store *s, struct db_why *why)
{
	enum err e = writer_start(&s->writer, &s->opened, &s->files, s->keep_days, &s->results);

	free(s->records);
	s->records = NULL;
	s->records_len = 0;
	if (e != ERR_NONE)
		return explain(s, e, why, s->opened.db.why.text);
	e = reader_start(&s->reader, &s->files, &s->results);
	if (e != ERR_NONE)
		return explain(s, e, why, s->reader.db.why.text);
	e = reader_start(&s->searcher, &s->files, &s->results);
	return explain(s, e, why, s->searcher.db.why.text);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	reader_stop(&s->reader);
	reader_stop(&s->searcher);
	writer_stop(&s->writer);
	while (take(s))
		;
	opening_end(&s->opened);
	free_store(s);
}

uint64_t store_epoch(const struct store *s)
{
	return s->opened.epoch;
}

struct slice store_records(const struct store *s)
{
	return slice_of(s->records, s->records_len);
}

const struct store_port *store_port(const struct store *s)
{
	return &s->port;
}
