/*
 * Entries, as lines and as what they come to; the contract is in journal.h.
 *
 * The checksum (FNV-1a) is against accidents: a disk that lost its power, an editor.  Who can write the
 * file is the person themselves.
 */
#include "core/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUM_DIGITS = 8, FIELDS = 6 };

_Static_assert((int)JOURNAL_LABEL_MAX > (int)WIRE_ROOM_NAME_MAX &&
		       (int)JOURNAL_LABEL_MAX > (int)NAME_MAX_BYTES,
	       "a room and a name are labels");

static uint32_t sum(const uint8_t *bytes, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 16777619U;
	return h;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool is_plain(uint8_t c)
{
	return c >= ' ' && c != 0x7f && c != '\\';
}

static void put_text(struct buf *b, struct slice s)
{
	static const char hex[] = "0123456789abcdef";

	buf_put_u8(b, '\t');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];
		if (is_plain(c)) {
			buf_put_u8(b, c);
			continue;
		}
		buf_put_bytes(b, "\\x", 2);
		buf_put_u8(b, (uint8_t)hex[c >> 4]);
		buf_put_u8(b, (uint8_t)hex[c & 15]);
	}
}

void journal_put(struct buf *b, const struct journal_entry *e)
{
	size_t start = b->len;
	char head[96], digits[SUM_DIGITS + 1];
	int n = snprintf(head, sizeof(head), "%08x %c\t%llu\t%u\t%llu", 0U, (char)e->kind,
			 (unsigned long long)e->number, (unsigned)e->what,
			 (unsigned long long)e->target);

	buf_put_bytes(b, head, (size_t)n);
	put_text(b, e->name);
	put_text(b, e->text);
	if (b->failed)
		return;
	snprintf(digits, sizeof(digits), "%08x",
		 (unsigned)sum(b->data + start + SUM_DIGITS, b->len - start - SUM_DIGITS));
	memcpy(b->data + start, digits, SUM_DIGITS);
	buf_put_u8(b, '\n');
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A digit of base 16, as it is written here; -1: it is none. */
static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_sum(const uint8_t *line, size_t len)
{
	uint32_t v = 0;

	if (len < SUM_DIGITS)
		return false;
	for (size_t i = 0; i < SUM_DIGITS; i++) {
		int d = digit(line[i]);
		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	return v == sum(line + SUM_DIGITS, len - SUM_DIGITS);
}

/* Up to the next tab, or, the last one, the end, before which there is none. */
static struct slice take_field(struct slice *rest, bool last)
{
	const uint8_t *tab = rest->len > 0 ? memchr(rest->data, '\t', rest->len) : NULL;
	struct slice field = slice_bytes(rest, tab ? (size_t)(tab - rest->data) : rest->len);

	rest->failed |= last == (tab != NULL);
	if (tab)
		(void)slice_u8(rest);
	return field;
}

static uint64_t get_number(struct slice s, uint64_t max, bool *bad)
{
	uint64_t v = 0;

	*bad |= s.len == 0;
	for (size_t i = 0; i < s.len && !*bad; i++) {
		*bad = s.data[i] < '0' || s.data[i] > '9' || v > max / 10;
		v = v * 10 + (uint64_t)(s.data[i] - '0');
	}
	*bad |= v > max;
	return *bad ? 0 : v;
}

/* As it was before it was written; it is not longer, and stands where it stood. */
static struct slice get_text(char *line, struct slice s, size_t max, bool *bad)
{
	char *out = line + (s.data - (const uint8_t *)line);
	size_t n = 0;

	for (size_t i = 0; i < s.len && !*bad; i++) {
		int high, low;
		if (s.data[i] != '\\') {
			out[n++] = (char)s.data[i];
			continue;
		}
		if (s.len - i < 4 || s.data[i + 1] != 'x') {
			*bad = true;
			break;
		}
		high = digit(s.data[i + 2]);
		low = digit(s.data[i + 3]);
		*bad = high < 0 || low < 0;
		if (*bad)
			break;
		out[n++] = (char)(high << 4 | low);
		i += 3;
	}
	s.len = n;
	*bad |= n > max || memchr(out, '\0', n) || !text_valid(out, n);
	return s;
}

enum err journal_get(char *line, size_t len, struct journal_entry *e)
{
	struct slice rest = slice_of(line, len), field[FIELDS];
	struct journal_entry got = {.kind = 0};
	bool bad = !get_sum(rest.data, len);

	if (bad)
		return ERR_MALFORMED;
	(void)slice_bytes(&rest, SUM_DIGITS);
	for (size_t i = 0; i < FIELDS; i++)
		field[i] = take_field(&rest, i == FIELDS - 1);
	if (rest.failed || field[0].len != 2 || field[0].data[0] != ' ')
		return ERR_MALFORMED;
	got.kind = (enum journal_kind)field[0].data[1];
	got.number = get_number(field[1], BUF_VARINT_MAX, &bad);
	got.what = (enum command_kind)get_number(field[2], UINT8_MAX, &bad);
	got.target = get_number(field[3], BUF_VARINT_MAX, &bad);
	got.name = get_text(line, field[4], JOURNAL_LABEL_MAX, &bad);
	got.text = get_text(line, field[5], TEXT_MAX_BYTES, &bad);
	if (bad)
		return ERR_MALFORMED;
	*e = got;
	return ERR_NONE;
}

/* ---- what they come to ------------------------------------------------------------------------- */

static void remove_line(struct journal *j, struct journal_line **at)
{
	struct journal_line *line = *at;

	*at = line->next;
	j->line_count--;
	j->bytes -= line->len;
	free(line);
}

static void remove_draft(struct journal *j, struct journal_draft **at)
{
	struct journal_draft *draft = *at;

	*at = draft->next;
	j->draft_count--;
	j->bytes -= draft->len;
	free(draft);
}

void journal_wipe(struct journal *j)
{
	while (j->lines)
		remove_line(j, &j->lines);
	while (j->drafts)
		remove_draft(j, &j->drafts);
	*j = (struct journal){.instance = 0};
}

static bool is_called(const char *name, struct slice s)
{
	return strlen(name) == s.len && memcmp(name, s.data, s.len) == 0;
}

static void copy(char *out, struct slice s)
{
	if (s.len > 0)
		memcpy(out, s.data, s.len);
	out[s.len] = '\0';
}

static bool is_room(struct slice s)
{
	return s.len > 0 && s.len <= WIRE_ROOM_NAME_MAX;
}

/* Where it is, or else the end of the list. */
static struct journal_line **find(struct journal *j, uint64_t mid)
{
	struct journal_line **at = &j->lines;

	while (*at && (*at)->mid != mid)
		at = &(*at)->next;
	return at;
}

static enum err take_said(struct journal *j, const struct journal_entry *e)
{
	struct journal_line **end = &j->lines, *line;
	bool talk = e->what == COMMAND_TALK;

	if (e->number == 0 || !is_room(e->name) || e->text.len == 0 || *find(j, e->number) ||
	    (!talk && e->what != COMMAND_EDIT))
		return ERR_MALFORMED;
	if (j->line_count >= JOURNAL_LINES_MAX)
		return ERR_FULL;
	line = malloc(sizeof(*line) + e->text.len);
	if (!line)
		return ERR_MEMORY;
	*line = (struct journal_line){.mid = e->number,
				      .what = e->what,
				      .target = talk ? 0 : e->target,
				      .len = e->text.len};
	copy(line->room, e->name);
	memcpy(line->text, e->text.data, e->text.len);
	while (*end)
		end = &(*end)->next;
	*end = line;
	j->line_count++;
	j->bytes += line->len;
	if (j->mids < e->number)
		j->mids = e->number;
	end = find(j, talk ? e->target : 0);
	if (*end && *end != line)
		remove_line(j, end);
	return ERR_NONE;
}

static enum err take_failed(struct journal *j, const struct journal_entry *e)
{
	struct journal_line *line = *find(j, e->number);

	if (!line || line->what != COMMAND_TALK || e->text.len > JOURNAL_LABEL_MAX)
		return ERR_MALFORMED;
	line->failed = true;
	copy(line->reason, e->text);
	return ERR_NONE;
}

/* Of what is not there, nothing is to be done. */
static enum err take_done(struct journal *j, const struct journal_entry *e)
{
	struct journal_line **at = find(j, e->number);

	j->answered |= e->target != 0;
	if (j->mids < e->number)
		j->mids = e->number;
	if (*at)
		remove_line(j, at);
	return ERR_NONE;
}

static struct journal_draft **find_draft(struct journal *j, struct slice room)
{
	struct journal_draft **at = &j->drafts;

	while (*at && !is_called((*at)->room, room))
		at = &(*at)->next;
	return at;
}

static enum err take_draft(struct journal *j, const struct journal_entry *e)
{
	struct journal_draft **at, *draft = NULL;

	if (!is_room(e->name))
		return ERR_MALFORMED;
	at = find_draft(j, e->name);
	if (e->text.len > 0 && !*at && j->draft_count >= JOURNAL_DRAFTS_MAX)
		return ERR_FULL;
	if (e->text.len > 0 && !(draft = malloc(sizeof(*draft) + e->text.len)))
		return ERR_MEMORY;
	if (*at)
		remove_draft(j, at);
	if (!draft)
		return ERR_NONE;
	*draft = (struct journal_draft){.next = j->drafts, .len = e->text.len};
	copy(draft->room, e->name);
	memcpy(draft->text, e->text.data, e->text.len);
	j->drafts = draft;
	j->draft_count++;
	j->bytes += draft->len;
	return ERR_NONE;
}

static enum err take_room(struct journal *j, const struct journal_entry *e)
{
	struct journal_draft **was, **old;

	if (!is_room(e->name) || !is_room(e->text))
		return ERR_MALFORMED;
	for (struct journal_line *line = j->lines; line; line = line->next)
		if (is_called(line->room, e->name))
			copy(line->room, e->text);
	was = find_draft(j, e->name);
	if (!*was || is_called((*was)->room, e->text))
		return ERR_NONE;
	old = find_draft(j, e->text);
	if (*old) { /* the draft of the room that it has become one with */
		remove_draft(j, old);
		was = find_draft(j, e->name);
	}
	copy((*was)->room, e->text);
	return ERR_NONE;
}

static enum err take_client(struct journal *j, const struct journal_entry *e)
{
	if (e->number == 0 || j->lines || (j->instance != 0 && j->instance != e->number))
		return ERR_MALFORMED;
	j->instance = e->number;
	return ERR_NONE;
}

enum err journal_take(struct journal *j, const struct journal_entry *e)
{
	if (e->name.len > JOURNAL_LABEL_MAX || e->text.len > TEXT_MAX_BYTES)
		return ERR_MALFORMED;
	switch (e->kind) {
	case JOURNAL_CLIENT:
		return take_client(j, e);
	case JOURNAL_COUNT:
		j->mids = j->mids < e->number ? e->number : j->mids;
		j->answered |= e->target != 0;
		return ERR_NONE;
	case JOURNAL_SERVER:
		copy(j->server, e->name);
		return ERR_NONE;
	case JOURNAL_NICK:
		copy(j->nick, e->name);
		return ERR_NONE;
	case JOURNAL_LOG:
		j->epoch = e->number;
		return ERR_NONE;
	case JOURNAL_SAID:
		return take_said(j, e);
	case JOURNAL_FAILED:
		return take_failed(j, e);
	case JOURNAL_DONE:
		return take_done(j, e);
	case JOURNAL_ROOM:
		return take_room(j, e);
	case JOURNAL_DRAFT:
		return take_draft(j, e);
	case JOURNAL_LEFT:
		j->left = true;
		return ERR_NONE;
	}
	return ERR_MALFORMED;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static struct slice label(const char *s)
{
	return slice_of(s, strlen(s));
}

static bool tell_client(const struct journal *j,
			bool (*put)(void *ctx, const struct journal_entry *e), void *ctx)
{
	const struct journal_entry head[] = {
		{.kind = JOURNAL_CLIENT, .number = j->instance},
		{.kind = JOURNAL_COUNT, .number = j->mids, .target = j->answered},
		{.kind = JOURNAL_SERVER, .name = label(j->server)},
		{.kind = JOURNAL_NICK, .name = label(j->nick)},
		{.kind = JOURNAL_LOG, .number = j->epoch},
	};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		if (!put(ctx, &head[i]))
			return false;
	return !j->left || put(ctx, &(struct journal_entry){.kind = JOURNAL_LEFT});
}

static bool tell_line(const struct journal_line *line,
		      bool (*put)(void *ctx, const struct journal_entry *e), void *ctx)
{
	struct journal_entry said = {.kind = JOURNAL_SAID,
				     .number = line->mid,
				     .what = line->what,
				     .target = line->target,
				     .name = label(line->room),
				     .text = slice_of(line->text, line->len)};
	struct journal_entry failed = {
		.kind = JOURNAL_FAILED, .number = line->mid, .text = label(line->reason)};

	return put(ctx, &said) && (!line->failed || put(ctx, &failed));
}

/* The list begins with the newest. */
static bool tell_drafts(const struct journal_draft *draft,
			bool (*put)(void *ctx, const struct journal_entry *e), void *ctx)
{
	const struct journal_draft *all[JOURNAL_DRAFTS_MAX];
	size_t n = 0;

	for (; draft; draft = draft->next)
		all[n++] = draft;
	while (n-- > 0) {
		struct journal_entry e = {.kind = JOURNAL_DRAFT,
					  .name = label(all[n]->room),
					  .text = slice_of(all[n]->text, all[n]->len)};
		if (!put(ctx, &e))
			return false;
	}
	return true;
}

bool journal_tell(const struct journal *j, bool (*put)(void *ctx, const struct journal_entry *e),
		  void *ctx)
{
	if (!tell_client(j, put, ctx))
		return false;
	for (const struct journal_line *line = j->lines; line; line = line->next)
		if (!tell_line(line, put, ctx))
			return false;
	return tell_drafts(j->drafts, put, ctx);
}

bool journal_empty(const struct journal *j)
{
	return !j->lines && !j->drafts;
}

struct slice journal_draft(const struct journal *j, struct slice room)
{
	for (const struct journal_draft *d = j->drafts; d; d = d->next)
		if (is_called(d->room, room))
			return slice_of(d->text, d->len);
	return slice_of("", 0);
}
