/* Backward from the newest, or forward from the oldest, as far as it fits; the contract is in page.h. */
#include "store/page.h"

#include "store/row.h"
#include "store/schema.h"

#include <string.h>

enum statement { NEWEST_FIRST, OLDEST_FIRST };

#define RANGE "SELECT " ROW_EVENT " FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id"

static const char *const texts[PAGE_STATEMENTS] = {
	[NEWEST_FIRST] = RANGE " DESC",
	[OLDEST_FIRST] = RANGE,
};

enum err page_init(struct page *p, struct db *db)
{
	return db_prepare_all(db, texts, PAGE_STATEMENTS, p->all);
}

void page_wipe(struct page *p)
{
	db_finish(p->all, PAGE_STATEMENTS);
}

/* The part of the storage that is free yet: what comes newest first is put in from its end. */
struct gap {
	uint8_t *at;
	size_t len;
	bool from_end;
};

static bool put_frame(struct gap *g, struct slice frame)
{
	if (frame.len > g->len)
		return false;
	g->len -= frame.len;
	memcpy(g->from_end ? g->at + g->len : g->at, frame.data, frame.len);
	if (!g->from_end)
		g->at += frame.len;
	return true;
}

static enum err put_event(struct db *db, sqlite3_stmt *s, struct gap *g, struct store_answer *a)
{
	bool first = g->from_end || a->page.len == 0;
	struct row_event event;
	enum err e = row_get_event(db, s, &event);

	if (e != ERR_NONE)
		return e;
	a->more = !put_frame(g, event.frame);
	if (a->more)
		return ERR_NONE;
	a->page.len += event.frame.len;
	if (first)
		memcpy(a->author, event.author.data, OWNER_BYTES);
	return ERR_NONE;
}

static enum err fill(struct db *db, sqlite3_stmt *s, struct gap *g, struct store_answer *a)
{
	bool row = true;
	enum err e = ERR_NONE;

	while (e == ERR_NONE && row && !a->more) {
		e = db_next(db, s, &row);
		if (e == ERR_NONE && row)
			e = put_event(db, s, g, a);
	}
	db_reset(s);
	return e == ERR_NONE && a->page.len == 0 && !a->more ? ERR_NOT_FOUND : e;
}

enum err page_read(struct page *p, struct db *db, const struct store_query *q, uint8_t *storage,
		   struct store_answer *a)
{
	bool from_end = q->kind == QUERY_PAGE;
	sqlite3_stmt *s = p->all[from_end ? NEWEST_FIRST : OLDEST_FIRST];
	struct gap gap = {storage, q->max_bytes, from_end};
	enum err e;

	db_bind_int(s, 1, schema_id(q->room, q->first));
	db_bind_int(s, 2, schema_id(q->room, q->last));
	a->page = slice_of(storage, 0);
	a->more = false;
	e = fill(db, s, &gap, a);
	a->page.data = from_end ? storage + gap.len : storage;
	return e;
}
