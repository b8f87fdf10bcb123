/*
 * Between core/words and FTS5; the contract is in tokenizer.h.
 *
 * A document is: MARK, the name's key, MARK, the text.  The key is one token, with the MARK at its
 * front, so that no word of a text is taken for a name; no token of a text has a control character.
 * A phrase in a query is its tokens with SEPARATOR between them, and they are taken as they stand.
 */
#include "store/tokenizer.h"

#include <assert.h>
#include <string.h>

enum { MARK = 1, SEPARATOR = 2 };

typedef int emit_fn(void *ctx, int flags, const char *token, int len, int start, int end);

/* ---- for FTS5 ------------------------------------------------------------------------------ */

struct made {
	const struct words *words;
};

static int create(void *words, const char **args, int count, Fts5Tokenizer **out)
{
	struct made *m = sqlite3_malloc(sizeof(*m));

	(void)args;
	(void)count;
	if (!m)
		return SQLITE_NOMEM;
	m->words = words;
	*out = (Fts5Tokenizer *)m;
	return SQLITE_OK;
}

static void destroy(Fts5Tokenizer *t)
{
	sqlite3_free(t);
}

struct emitting {
	emit_fn *fn;
	void *ctx;
	int rc;
};

/* Where it stands in the text nobody asks: there is no text in the index. */
static bool emit(void *ctx, struct slice token, enum words_kind kind)
{
	struct emitting *e = ctx;

	(void)kind;
	e->rc = e->fn(e->ctx, 0, (const char *)token.data, (int)token.len, 0, 0);
	return e->rc == SQLITE_OK;
}

static int split_query(struct emitting *e, struct slice tokens)
{
	while (tokens.len > 0) {
		const uint8_t *end = memchr(tokens.data, SEPARATOR, tokens.len);
		size_t n = end ? (size_t)(end - tokens.data) : tokens.len;
		if (n > 0 && !emit(e, slice_of(tokens.data, n), WORDS_WORD))
			return e->rc;
		n += end != NULL;
		tokens = slice_of(tokens.data + n, tokens.len - n);
	}
	return SQLITE_OK;
}

/* The name's token, with the MARK before it; the text is what is left.  Failed: there is no head. */
static struct slice cut_head(struct slice *document)
{
	struct slice head = *document;
	const uint8_t *end = NULL;

	if (head.len > 0 && head.data[0] == MARK)
		end = memchr(head.data + 1, MARK, head.len - 1);
	if (!end)
		return (struct slice){.failed = true};
	head.len = (size_t)(end - head.data);
	*document = slice_of(end + 1, document->len - head.len - 1);
	return head;
}

static int split_document(const struct words *w, struct emitting *e, struct slice document)
{
	struct slice head = cut_head(&document);

	if (!head.failed && head.len > 1 && !emit(e, head, WORDS_WORD))
		return e->rc;
	return words_split(w, document, emit, e) == ERR_NONE ? e->rc : SQLITE_NOMEM;
}

static int tokenize(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int n, emit_fn *fn)
{
	struct emitting e = {fn, ctx, SQLITE_OK};
	struct slice s = slice_of(text, (size_t)n);

	if (flags & FTS5_TOKENIZE_QUERY)
		return split_query(&e, s);
	return split_document(((struct made *)t)->words, &e, s);
}

static fts5_api *api_of(struct db *db)
{
	fts5_api *api = NULL;
	sqlite3_stmt *s;

	if (db_prepare(db, "SELECT fts5(?1)", &s) != ERR_NONE)
		return NULL;
	if (sqlite3_bind_pointer(s, 1, (void *)&api, "fts5_api_ptr", NULL) == SQLITE_OK)
		(void)sqlite3_step(s);
	(void)sqlite3_finalize(s);
	return api;
}

enum err tokenizer_install(struct db *db, const struct words *w)
{
	fts5_tokenizer ours = {create, destroy, tokenize};
	fts5_api *api = api_of(db);
	union {
		const struct words *given;
		void *ctx;
	} words = {.given = w};

	if (!api) {
		db_say(&db->why, "this SQLite was built without FTS5");
		return ERR_SYSTEM;
	}
	return db_error(db, api->xCreateTokenizer(api, TOKENIZER_NAME, words.ctx, &ours, NULL));
}

/* ---- for the index ------------------------------------------------------------------------- */

void tokenizer_document(struct buf *out, struct slice who, struct slice text)
{
	assert(!who.len || !memchr(who.data, MARK, who.len));
	buf_put_u8(out, MARK);
	buf_put_bytes(out, who.data, who.len);
	buf_put_u8(out, MARK);
	buf_put_bytes(out, text.data, text.len);
}

static void put_quoted(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '"')
			buf_put_u8(out, '"');
		buf_put_u8(out, s.data[i]);
	}
}

static void put_words(struct buf *out, const char *s)
{
	buf_put_bytes(out, s, strlen(s));
}

static void put_token(struct buf *out, const struct phrases *p, size_t i)
{
	const struct phrases_token *t = &p->tokens[i];

	if (t->first)
		put_words(out, i > 0 ? " AND \"" : "\"");
	else
		buf_put_u8(out, SEPARATOR);
	put_quoted(out, phrases_bytes(p, i));
	if (t->last)
		put_words(out, t->prefix ? "\" *" : "\"");
}

void tokenizer_query(struct buf *out, const struct phrases *p, struct slice who)
{
	size_t count = p ? p->count : 0;

	for (size_t i = 0; i < count; i++)
		put_token(out, p, i);
	if (who.len > 0) {
		put_words(out, count > 0 ? " AND \"" : "\"");
		buf_put_u8(out, MARK);
		put_quoted(out, who);
		buf_put_u8(out, '"');
	}
	buf_put_u8(out, '\0');
}
