/*
 * What somebody looks for; the contract is in phrases.h.
 *
 * A text is looked through once, with a bit for each token that is looked for: it is set while what
 * was read ends with that token and those before it in its phrase (shift-and).  So it takes no memory,
 * and no text makes it slow.
 */
#include "core/phrases.h"

#include "proto/utf8.h"

#include <string.h>
#include <unicode/uchar.h>

/* ---- reading ------------------------------------------------------------------------------- */

struct reading {
	struct phrases *p;
	bool begins; /* the next token is the first of its phrase */
	bool full;
	enum words_kind kind; /* of the last token */
};

static bool take_token(void *ctx, struct slice token, enum words_kind kind)
{
	struct reading *r = ctx;
	struct phrases *p = r->p;

	r->full = p->count == PHRASES_MAX_TOKENS || token.len > sizeof(p->bytes) - p->len;
	if (r->full)
		return false;
	memcpy(p->bytes + p->len, token.data, token.len);
	p->tokens[p->count++] = (struct phrases_token){
		.at = (uint16_t)p->len, .len = (uint16_t)token.len, .first = r->begins};
	p->len += token.len;
	r->begins = false;
	r->kind = kind;
	return true;
}

static size_t characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (s.data[i] & 0xC0) != 0x80;
	return n;
}

static enum err read_phrase(struct reading *r, const struct words *w, struct slice word)
{
	struct phrases *p = r->p;
	enum err e;

	r->begins = true;
	e = words_split(w, word, take_token, r);
	if (e != ERR_NONE)
		return e;
	if (r->full)
		return ERR_TOO_BIG;
	if (r->begins) /* it has no token */
		return ERR_NONE;
	struct phrases_token *last = &p->tokens[p->count - 1];
	last->last = true;
	last->prefix = r->kind == WORDS_WORD &&
		       characters(phrases_bytes(p, p->count - 1)) >= PHRASES_MIN_PREFIX;
	return ERR_NONE;
}

/* Up to the next blank of any script; `typed` is past it then. */
static struct slice next_word(struct slice *typed)
{
	size_t n = 0, step = 0;
	int32_t c = 0;

	while (n < typed->len) {
		step = utf8_next((const char *)typed->data + n, typed->len - n, &c);
		if (c != UTF8_BAD && u_isUWhiteSpace(c))
			break;
		n += step;
		step = 0;
	}
	struct slice word = slice_of(typed->data, n);
	*typed = slice_of(typed->data + n + step, typed->len - n - step);
	return word;
}

enum err phrases_parse(struct phrases *p, const struct words *w, struct slice typed)
{
	struct reading r = {.p = p};
	enum err e = ERR_NONE;

	p->count = 0;
	p->len = 0;
	while (typed.len > 0 && e == ERR_NONE)
		e = read_phrase(&r, w, next_word(&typed));
	if (e == ERR_NONE && p->count == 0)
		e = ERR_NOT_FOUND;
	return e;
}

struct slice phrases_bytes(const struct phrases *p, size_t token)
{
	const struct phrases_token *t = &p->tokens[token];

	return slice_of(p->bytes + t->at, t->len);
}

/* ---- looking ------------------------------------------------------------------------------- */

struct looking {
	const struct phrases *p;
	uint64_t first, last; /* of their phrases */
	uint64_t ends_here;   /* tokens that what was read ends with */
	uint64_t found;	      /* last tokens of phrases that were in it */
};

static uint64_t same_tokens(const struct phrases *p, struct slice token)
{
	uint64_t same = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct phrases_token *t = &p->tokens[i];
		bool fits = t->prefix ? token.len >= t->len : token.len == t->len;
		if (fits && memcmp(token.data, p->bytes + t->at, t->len) == 0)
			same |= UINT64_C(1) << i;
	}
	return same;
}

static bool look_at(void *ctx, struct slice token, enum words_kind kind)
{
	struct looking *l = ctx;

	(void)kind;
	l->ends_here = (l->ends_here << 1 | l->first) & same_tokens(l->p, token);
	l->found |= l->ends_here & l->last;
	return l->found != l->last;
}

enum err phrases_find(const struct phrases *p, const struct words *w, struct slice text,
		      bool *found)
{
	struct looking l = {.p = p};
	enum err e;

	for (size_t i = 0; i < p->count; i++) {
		l.first |= (uint64_t)p->tokens[i].first << i;
		l.last |= (uint64_t)p->tokens[i].last << i;
	}
	e = words_split(w, text, look_at, &l);
	if (e == ERR_NONE)
		*found = l.found == l.last;
	return e;
}
