/* The newest talks of a room; the contract is in recent.h. */
#include "core/recent.h"

#include "proto/text.h"

#include <stdlib.h>
#include <string.h>

void recent_wipe(struct recent *r)
{
	for (size_t i = 0; i < RECENT_TALKS; i++)
		free(r->ring[i]);
	*r = (struct recent){.next = 0};
}

/* Where talk number `seq` is; NULL: nowhere. */
static struct recent_talk **place_of(struct recent *r, uint64_t seq)
{
	for (size_t i = 0; i < RECENT_TALKS; i++)
		if (r->ring[i] && r->ring[i]->seq == seq)
			return &r->ring[i];
	return NULL;
}

/* NULL: no memory. */
static struct recent_talk *talk_of(uint64_t seq, struct slice who, struct slice text)
{
	size_t len = text_clip((const char *)text.data, text.len, RECENT_BYTES);
	struct recent_talk *t = malloc(sizeof(*t) + who.len + len);

	if (!t)
		return NULL;
	*t = (struct recent_talk){.seq = seq, .who_len = who.len, .text_len = len};
	if (who.len > 0)
		memcpy(t->bytes, who.data, who.len);
	if (len > 0)
		memcpy(t->bytes + who.len, text.data, len);
	return t;
}

static void put(struct recent *r, struct recent_talk **at, struct recent_talk *talk)
{
	if (!talk)
		return;
	if (!at)
		at = &r->ring[r->next++ % RECENT_TALKS];
	free(*at);
	*at = talk;
}

static void change(struct recent *r, const struct event *e)
{
	struct recent_talk **at = place_of(r, e->target);

	if (at && e->text.len > 0)
		put(r, at, talk_of(e->target, slice_of((*at)->bytes, (*at)->who_len), e->text));
}

static void forget(struct recent *r, uint64_t seq)
{
	struct recent_talk **at = place_of(r, seq);

	if (!at)
		return;
	free(*at);
	*at = NULL;
}

void recent_take(struct recent *r, const struct event *e)
{
	switch (e->kind) {
	case EVENT_TALK:
	case EVENT_EDITED:
		put(r, place_of(r, e->seq), talk_of(e->seq, e->from, e->text));
		break;
	case EVENT_EDIT:
		change(r, e);
		break;
	case EVENT_RECALL:
		forget(r, e->target);
		break;
	default:
		break;
	}
}

/* ---- finding ------------------------------------------------------------------------------------- */

const struct recent_talk *recent_numbered(const struct recent *r, uint64_t seq)
{
	for (size_t i = 0; i < RECENT_TALKS; i++)
		if (r->ring[i] && r->ring[i]->seq == seq)
			return r->ring[i];
	return NULL;
}

static bool said_by(const struct recent_talk *t, struct slice who)
{
	return t->who_len == who.len && memcmp(t->bytes, who.data, who.len) == 0;
}

static const struct recent_talk *newest(const struct recent *r, struct slice who, bool by)
{
	const struct recent_talk *best = NULL;

	for (size_t i = 0; i < RECENT_TALKS; i++) {
		const struct recent_talk *t = r->ring[i];
		if (t && said_by(t, who) == by && (!best || t->seq > best->seq))
			best = t;
	}
	return best;
}

const struct recent_talk *recent_by(const struct recent *r, struct slice who)
{
	return newest(r, who, true);
}

const struct recent_talk *recent_not_by(const struct recent *r, struct slice who)
{
	return newest(r, who, false);
}

/* ---- repeating ----------------------------------------------------------------------------------- */

static bool begins(struct slice s, const char *with)
{
	return s.len >= strlen(with) && memcmp(s.data, with, strlen(with)) == 0;
}

static struct slice behind_line(struct slice s)
{
	const uint8_t *end = memchr(s.data, '\n', s.len);

	return end ? slice_of(end + 1, s.len - (size_t)(end + 1 - s.data)) : s;
}

/* Of what the talk itself says, the first line. */
static struct slice first_line(const struct recent_talk *t, bool *more)
{
	struct slice s = slice_of(t->bytes + t->who_len, t->text_len), rest;

	if (begins(s, "> "))
		s = behind_line(s);
	if (begins(s, "/me "))
		s = slice_of(s.data + 4, s.len - 4);
	rest = behind_line(s);
	*more = rest.data != s.data || t->text_len == RECENT_BYTES;
	return rest.data != s.data ? slice_of(s.data, s.len - rest.len - 1) : s;
}

static void add(char out[RECENT_QUOTE_SIZE], size_t *at, const char *s, size_t n)
{
	if (n > RECENT_QUOTE_SIZE - sizeof("…\n") - *at)
		return;
	memcpy(out + *at, s, n);
	*at += n;
}

size_t recent_quote(const struct recent_talk *t, char out[RECENT_QUOTE_SIZE])
{
	char safe[TEXT_SAFE_SIZE(RECENT_BYTES)];
	bool more;
	struct slice line = first_line(t, &more);
	struct text_cluster c;
	const char *s = safe;
	size_t n = text_safe(safe, sizeof(safe), (const char *)line.data, line.len, false);
	size_t at = 0;
	int cells = 0;

	add(out, &at, "> ", 2);
	add(out, &at, t->bytes, t->who_len);
	add(out, &at, ": ", 2);
	while (text_next_cluster(&s, &n, &c)) {
		cells += c.width;
		if (cells > RECENT_CELLS) {
			more = true;
			break;
		}
		add(out, &at, c.bytes, c.len);
	}
	if (more)
		memcpy(out + at, "…", strlen("…"));
	at += more ? strlen("…") : 0;
	memcpy(out + at, "\n", 2);
	return at + 1;
}
