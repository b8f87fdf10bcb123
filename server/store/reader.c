/* One query after the other; the contract is in reader.h. */
#include "store/reader.h"

#include "store/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- queries --------------------------------------------------------------------------------- */

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(at, bytes, n);
	return at + n;
}

/* Behind the struct: the rooms, the words, the name. */
struct query *query_new(const struct store_query *wanted)
{
	size_t rooms = wanted->room_count * sizeof(uint32_t);
	struct query *q = calloc(1, sizeof(*q) + rooms + wanted->words.len + wanted->from.len);
	uint8_t *at;

	if (!q)
		return NULL;
	q->result.kind = RESULT_ANSWERED;
	q->wanted = *wanted;
	at = (uint8_t *)(q + 1);
	q->wanted.rooms = (uint32_t *)(q + 1);
	at = put_bytes(at, wanted->rooms, rooms);
	q->wanted.words = slice_of(at, wanted->words.len);
	at = put_bytes(at, wanted->words.data, wanted->words.len);
	q->wanted.from = slice_of(at, wanted->from.len);
	(void)put_bytes(at, wanted->from.data, wanted->from.len);
	return q;
}

void query_free(struct query *q)
{
	free(q->storage);
	free(q);
}

/* ---- answers --------------------------------------------------------------------------------- */

static enum err no_memory(struct reader *r)
{
	return db_error(&r->db, SQLITE_NOMEM);
}

static enum err read_page(struct reader *r, struct query *q)
{
	return page_read(&r->page, &r->db, &q->wanted, q->storage, &q->answer);
}

static enum err look_for(struct reader *r, struct query *q)
{
	struct buf frames = buf_of(q->storage, q->wanted.max_bytes);
	struct search_page page;
	enum err e = search_run(&r->search, &q->wanted, &frames, &page);

	if (e != ERR_NONE)
		return e;
	q->answer.page = slice_of(frames.data, frames.len);
	q->answer.more = page.more;
	q->answer.token = page.token;
	return ERR_NONE;
}

static enum err read_it(struct reader *r, struct query *q)
{
	q->storage = malloc(q->wanted.max_bytes ? q->wanted.max_bytes : 1);
	if (!q->storage)
		return no_memory(r);
	switch (q->wanted.kind) {
	case QUERY_PAGE:
	case QUERY_RUN:
		return read_page(r, q);
	case QUERY_SEARCH:
		return look_for(r, q);
	}
	return ERR_NOT_FOUND;
}

static void answer(struct reader *r, struct query *q)
{
	enum err e;

	r->db.why.text[0] = '\0';
	e = read_it(r, q);
	if (e != ERR_NONE) {
		q->result.why = r->db.why;
		q->answer = (struct store_answer){.page = slice_of(NULL, 0)};
	}
	q->answer.ticket = q->wanted.ticket;
	q->answer.error = q->result.error = e;
	inbox_put(r->out, &q->result.link);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *run(void *ctx)
{
	struct reader *r = ctx;
	struct inbox_entry *e;

	while ((e = inbox_take(&r->in, INBOX_FOREVER)))
		answer(r, (struct query *)e);
	return NULL;
}

static enum err prepare(struct reader *r, const struct words *words)
{
	enum err e = page_init(&r->page, &r->db);

	r->said = said_new(words);
	if (!r->said)
		return no_memory(r);
	return e == ERR_NONE ? search_open(&r->search, &r->db, r->said) : e;
}

static void wipe(struct reader *r)
{
	page_wipe(&r->page);
	search_close(&r->search);
	said_free(r->said);
	db_close(&r->db);
}

enum err reader_start(struct reader *r, const struct db_options *options, struct inbox *out)
{
	struct db_options reading = *options;
	enum err e;

	*r = (struct reader){.out = out};
	reading.use = DB_READ;
	e = db_open(&r->db, &reading);
	if (e != ERR_NONE)
		return e;
	e = prepare(r, options->words);
	if (e == ERR_NONE)
		e = worker_start(&r->thread, &r->in, run, r);
	r->running = e == ERR_NONE;
	if (e != ERR_NONE)
		wipe(r);
	return e;
}

void reader_stop(struct reader *r)
{
	if (!r->running)
		return;
	worker_stop(r->thread, &r->in);
	r->running = false;
	wipe(r);
}

void reader_ask(struct reader *r, struct query *q)
{
	inbox_put(&r->in, &q->result.link);
}
